"""The program and its commit, with nothing that says where or by whom it was run."""

from __future__ import annotations

import getpass
import hashlib
import os
import platform
import shutil
import stat
import subprocess
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

from holotype.archive.theta import Origin
from holotype.capsule import origin
from holotype.capsule.origin import origin_of

needs_git = pytest.mark.skipif(shutil.which("git") is None, reason="git is not installed")


@pytest.fixture(autouse=True)
def fresh(monkeypatch: pytest.MonkeyPatch) -> None:
    """What was known before is not, and no setting of git's user counts."""
    monkeypatch.setattr(origin, "_known", {})
    origin._resolved.cache_clear()
    origin._is_installed.cache_clear()
    monkeypatch.setenv("GIT_CONFIG_GLOBAL", os.devnull)
    monkeypatch.setenv("GIT_CONFIG_NOSYSTEM", "1")
    monkeypatch.delenv("JPY_SESSION_NAME", raising=False)


def git(folder: Path, *arguments: str) -> str:
    identity = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org"]
    done = subprocess.run(
        ["git", *identity, *arguments], cwd=folder, capture_output=True, text=True, check=True
    )
    return done.stdout.strip()


@pytest.fixture
def repository(tmp_path: Path) -> Path:
    """A repository with one commit on the branch ``work``."""
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src" / "train.py").write_text("print()\n")
    git(folder, "init", "-q", "-b", "work")
    git(folder, "add", "-A")
    git(folder, "commit", "-q", "-m", "one")
    return folder


def run_as(monkeypatch: pytest.MonkeyPatch, path: Path | None, **more: Any) -> None:
    """Let this process be the program at ``path``."""
    main = ModuleType("__main__")
    main.__spec__ = None
    if path is not None:
        main.__file__ = str(path)
    vars(main).update(more)
    monkeypatch.setitem(sys.modules, "__main__", main)


@needs_git
def test_a_script_is_named_in_its_repository_with_the_commit(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    run_as(monkeypatch, repository / "src" / "train.py")
    monkeypatch.chdir(tmp_path)
    found = origin_of()
    assert found.git is not None
    assert found.program == "src/train.py"
    assert found.git.commit == git(repository, "rev-parse", "HEAD")
    assert (found.git.branch, found.git.dirty, found.git.diff) == ("work", False, None)
    assert str(tmp_path) not in repr(found)
    assert (found.user, found.host) == (None, None)


@needs_git
def test_what_was_changed_since_has_a_digest(
    repository: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_as(monkeypatch, repository / "src" / "train.py")
    (repository / "new.txt").write_text("git does not know it")
    (repository / "src" / "train.py").write_text("print(1)\n")
    found = origin_of().git
    assert found is not None
    diff = git(repository, "diff", "HEAD", "--full-index", "--binary") + "\n"
    assert (found.dirty, found.diff) == (
        True,
        f"sha256:{hashlib.sha256(diff.encode()).hexdigest()}",
    )
    git(repository, "add", "-A")
    monkeypatch.setattr(origin, "_known", {})
    assert origin_of().git != found  # what is staged counts too


@needs_git
def test_git_is_asked_once_a_minute(repository: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, repository / "src" / "train.py")
    now = [1000.0]
    monkeypatch.setattr(origin.time, "monotonic", lambda: now[0])
    first = origin_of()
    (repository / "src" / "train.py").write_text("print(2)\n")
    assert origin_of() == first
    now[0] += 61
    assert origin_of() != first


@needs_git
def test_no_program_of_the_repository_is_run(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    ran = tmp_path / "ran"
    program = tmp_path / "evil.sh"
    program.write_text(f"#!/bin/sh\ntouch {ran}\ncat\n")
    program.chmod(program.stat().st_mode | stat.S_IXUSR)
    (repository / ".gitattributes").write_text("*.py diff=evil\n")
    for setting in ("core.fsmonitor", "diff.external", "diff.evil.textconv", "core.pager"):
        git(repository, "config", setting, str(program))
    hooks = repository / ".git" / "hooks"
    hooks.mkdir(exist_ok=True)
    shutil.copy(program, hooks / "post-index-change")
    (repository / "src" / "train.py").write_text("print(3)\n")
    monkeypatch.setenv("GIT_EXTERNAL_DIFF", str(program))
    run_as(monkeypatch, repository / "src" / "train.py")
    found = origin_of().git
    assert found is not None
    assert found.dirty
    assert not ran.exists()


@needs_git
def test_a_repository_that_the_environment_names_is_another_one(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("GIT_DIR", str(repository / ".git"))
    run_as(monkeypatch, tmp_path / "alone.py")
    assert origin_of() == Origin(program="alone.py")


@needs_git
def test_a_detached_head_has_no_branch_and_an_empty_repository_no_commit(
    repository: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    git(repository, "checkout", "-q", "--detach")
    run_as(monkeypatch, repository / "src" / "train.py")
    found = origin_of().git
    assert found is not None
    assert found.branch is None
    empty = tmp_path / "empty"
    empty.mkdir()
    git(empty, "init", "-q")
    run_as(monkeypatch, empty / "x.py")
    assert origin_of() == Origin(program="x.py")


def fake_git(folder: Path, monkeypatch: pytest.MonkeyPatch, script: str) -> None:
    program = folder / "git"
    program.write_text(f"#!/bin/sh\n{script}\n")
    program.chmod(0o755)
    monkeypatch.setenv("PATH", f"{folder}{os.pathsep}{os.environ['PATH']}")


ANSWER = f'case "$*" in *rev-parse*) echo "$PWD"; echo {"a" * 40}; echo main;; *) %s;; esac'


@pytest.mark.parametrize(
    ("script", "commit", "dirty"),
    [
        ("exec sleep 60", False, None),
        ("exit 1", False, None),
        ("echo nonsense", False, None),
        ("printf 'a\\nb\\nc\\n'", False, None),
        ("kill -9 $$", False, None),
        (ANSWER % "exit 1", True, None),
        (ANSWER % "exec sleep 60", True, None),
        (ANSWER % "exec cat /dev/zero", True, None),
        (ANSWER % "true", True, False),
        (ANSWER % "echo x", True, True),
    ],
)
def test_a_git_that_fails_or_takes_too_long_is_done_without(
    script: str, commit: bool, dirty: bool | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    fake_git(tmp_path, monkeypatch, script)
    monkeypatch.setattr(origin, "_SECONDS", 0.3 if "sleep" in script else 30)
    monkeypatch.setattr(origin, "_MAX_DIFF", 1 << 20)
    run_as(monkeypatch, tmp_path / "train.py")
    found = origin_of()
    assert found.program == "train.py"
    assert (found.git is not None) is commit
    assert found.git is None or found.git.dirty is dirty


@pytest.mark.parametrize("path", ["", "."])
def test_without_git_there_is_no_commit(
    path: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", path)
    run_as(monkeypatch, tmp_path / "train.py")
    assert origin_of() == Origin(program="train.py")


def test_a_program_that_cannot_be_started_is_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "git").write_bytes(b"\x00")
    (tmp_path / "git").chmod(0o755)
    monkeypatch.setenv("PATH", str(tmp_path))
    run_as(monkeypatch, tmp_path / "train.py")
    assert origin_of() == Origin(program="train.py")


# ------------------------------------------------------------------------------------ programs


def test_a_module_is_named_as_it_was_started(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    spec = type("Spec", (), {"name": "package.train.__main__"})()
    run_as(monkeypatch, tmp_path / "__main__.py", __spec__=spec)
    assert origin_of() == Origin(program="-m package.train")


def test_a_notebook_is_the_program(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    run_as(monkeypatch, None, __vsc_ipynb_file__=str(tmp_path / "a.ipynb"))
    assert origin_of().program == "a.ipynb"
    run_as(monkeypatch, None)
    assert origin_of().program is None
    monkeypatch.setenv("JPY_SESSION_NAME", str(tmp_path / "b.ipynb"))
    assert origin_of().program == "b.ipynb"
    run_as(monkeypatch, tmp_path / "c.py")
    assert origin_of().program == "c.py"


def test_an_installed_program_counts_for_where_it_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[Path] = []
    monkeypatch.setattr(origin, "_ask", asked.append)
    monkeypatch.chdir(tmp_path)
    run_as(monkeypatch, Path(sys.prefix).resolve() / "bin" / "tool")
    assert origin_of().program == "tool"
    assert asked == [tmp_path.resolve()]


def test_a_folder_that_is_gone_is_none(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    gone = tmp_path / "gone"
    gone.mkdir()
    monkeypatch.chdir(gone)
    gone.rmdir()
    run_as(monkeypatch, None)
    assert origin_of() == Origin()


def test_few_folders_are_remembered(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(origin, "_ask", lambda folder: None)
    for index in range(100):
        run_as(monkeypatch, tmp_path / str(index) / "x.py")
        origin_of()
    assert len(origin._known) <= 65


def test_names_of_people_are_recorded_only_where_that_was_asked_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run_as(monkeypatch, tmp_path / "x.py")
    assert origin_of(identify=True) == Origin(
        program="x.py", user=getpass.getuser(), host=platform.node()
    )
    monkeypatch.setattr(getpass, "getuser", lambda: 1 / 0)
    assert origin_of(identify=True).user is None


def test_a_path_that_cannot_be_resolved_is_none(monkeypatch: pytest.MonkeyPatch) -> None:
    run_as(monkeypatch, None, __file__="a\0b")
    assert origin_of().program is None
    monkeypatch.delitem(sys.modules, "__main__")
    assert origin_of().program is None
