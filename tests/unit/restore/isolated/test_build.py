"""An environment is built whole or not at all, of wheels that are what they should be."""

from __future__ import annotations

import base64
import hashlib
import os
import signal
import stat
import subprocess
import sys
import zipfile
from pathlib import Path
from typing import Any

import pytest
from tests import fresh

from holotype.capsule.environment import _files as files_digest
from holotype.errors import IsolationError
from holotype.restore.isolated import installing, is_built
from holotype.restore.isolated.build import built, built_environment, cache_folder, keep_wheels
from holotype.restore.isolated.installed import distributions
from holotype.restore.isolated.interpreters import interpreters
from holotype.restore.isolated.plan import Plan
from holotype.restore.isolated.wheelhouse import (
    LIST,
    Wheel,
    kept_folder,
    kept_wheels,
    read_wheel,
    wheel_of,
    write_list,
)

MINOR = sys.version_info.minor
PYTHON = ".".join(map(str, sys.version_info[:3]))


def make_wheel(folder: Path, name: str, version: str = "1.0", *, record: bytes = b"") -> Wheel:
    """A wheel with one module; ``record``: the content that it says it has, if another."""
    content, info = b"answer = 42\n", f"{name}-{version}.dist-info"
    digest = base64.urlsafe_b64encode(hashlib.sha256(record or content).digest()).rstrip(b"=")
    stated = f"{name}.py,sha256={digest.decode()},{len(content)}\n{info}/RECORD,,\n"
    folder.mkdir(exist_ok=True)
    path = folder / f"{name}-{version}-py3-none-any.whl"
    with zipfile.ZipFile(path, "w") as wheel:
        wheel.writestr(f"{name}.py", content)
        wheel.writestr(
            f"{info}/METADATA", f"Metadata-Version: 2.1\nName: {name}\nVersion: {version}\n"
        )
        wheel.writestr(
            f"{info}/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n"
        )
        for line in ("METADATA", "WHEEL"):
            data = wheel.read(f"{info}/{line}")
            of = base64.urlsafe_b64encode(hashlib.sha256(data).digest()).rstrip(b"=").decode()
            stated += f"{info}/{line},sha256={of},{len(data)}\n"
        wheel.writestr(f"{info}/RECORD", stated)
    return read_wheel(path)


def plan(*own: Wheel, **more: Any) -> Plan:
    asked = {"recorded": PYTHON, "pythons": (MINOR,), "requirements": (), "own": own} | more
    return Plan(**asked)


@pytest.fixture(autouse=True)
def _without_uv(monkeypatch: pytest.MonkeyPatch) -> None:
    """pip, as it is everywhere."""
    monkeypatch.setattr(installing.shutil, "which", lambda *_, **__: None)


@pytest.fixture(scope="module")
def mine(tmp_path_factory: pytest.TempPathFactory) -> Wheel:
    return make_wheel(tmp_path_factory.mktemp("mine"), "mine")


def test_an_environment_is_built_once_and_found_again(cache: Path, mine: Wheel) -> None:
    wanted = plan(mine)
    assert not is_built(wanted)
    first = built_environment(wanted)
    assert first.libraries == {"mine": "1.0"}
    assert first.seconds > 0
    done = subprocess.run(
        [first.python, "-I", "-c", "import mine; print(mine.answer)"],
        capture_output=True,
        check=True,
    )
    assert done.stdout.strip() == b"42"
    before = os.stat(first.python, follow_symlinks=False)
    assert built_environment(wanted) == first
    assert os.stat(first.python, follow_symlinks=False) == before
    assert is_built(wanted)
    folders = [path.name for path in cache.iterdir() if path.is_dir()]
    assert folders == [wanted.digest.partition(":")[2]]


def test_an_environment_whose_python_is_gone_is_built_anew(mine: Wheel) -> None:
    wanted = plan(mine)
    first = built_environment(wanted)
    os.unlink(first.python)
    os.symlink("/nowhere/python", first.python)
    assert not is_built(wanted)
    assert built_environment(wanted).libraries == {"mine": "1.0"}
    assert is_built(wanted)


def test_a_wheel_that_is_not_what_it_says_is_refused(cache: Path, tmp_path: Path) -> None:
    wanted = plan(make_wheel(tmp_path / "wheels", "mine", record=b"answer = 41\n"))
    with pytest.raises(IsolationError, match=r"not what their wheels say: mine\.py"):
        built_environment(wanted)
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_files_that_were_recorded_are_demanded(mine: Wheel) -> None:
    there = built_environment(plan(mine)).python
    packages = Path(there).parent.parent / "lib" / f"python3.{MINOR}" / "site-packages"
    digest = files_digest(distributions(packages)["mine"])
    assert digest is not None
    assert built_environment(plan(mine, files={"mine": digest}, demanded=True)).notes == ()
    another = plan(mine, files={"mine": "sha256:" + "0" * 64}, demanded=True)
    with pytest.raises(IsolationError, match="mine: another build"):
        built_environment(another)
    found = built_environment(another, any_build=True)
    assert found.notes == ("mine: another build than what was recorded",)
    with pytest.raises(IsolationError, match="mine: another build"):
        built_environment(another)  # which is there now
    elsewhere = plan(mine, files={"mine": "sha256:" + "0" * 64})
    assert built_environment(elsewhere).notes == found.notes


def test_a_command_that_fails_is_told_with_its_last_words(cache: Path, tmp_path: Path) -> None:
    made = Path(make_wheel(tmp_path, "joblib").path)
    made.rename(made.with_name("joblib-1.0-cp27-cp27m-win32.whl"))
    write_list(tmp_path, "")
    with pytest.raises(IsolationError, match=r"-m pip .* failed with status 1: .*joblib==1\.0"):
        built_environment(plan(requirements=("joblib>=1",)), wheels=tmp_path)
    assert not [path for path in cache.iterdir() if path.is_dir()]


def test_wheels_that_lack_something_are_not_all_that_is_asked(tmp_path: Path) -> None:
    make_wheel(tmp_path, "mine")
    write_list(tmp_path, "")
    assert kept_folder(tmp_path, "x", {"mine": "1.0"}) == tmp_path
    assert kept_folder(tmp_path, "x", {"mine": None}) == tmp_path
    assert kept_folder(tmp_path, "x", {"mine": "1.1"}) is None
    assert kept_folder(tmp_path, "x", {"mine": "1.0", "joblib": None}) is None


def test_a_python_that_is_not_here_is_named() -> None:
    with pytest.raises(IsolationError, match=r"needs Python 3\.29, which was not found"):
        built_environment(plan(pythons=(29,)))


def test_interpreters_are_what_they_say() -> None:
    (found,) = interpreters([MINOR])
    assert found.version == sys.version_info[:3]
    assert list(interpreters([29])) == []


def test_a_cache_that_others_may_write_to_is_not_used(cache: Path) -> None:
    cache.mkdir(parents=True)
    cache.chmod(0o777)
    with pytest.raises(IsolationError, match="other users may write"):
        cache_folder()


def test_a_cache_that_cannot_be_made_is_said(
    tmp_path: Path, mine: Wheel, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").write_bytes(b"")
    monkeypatch.setenv("HOLOTYPE_CACHE", str(tmp_path / "file" / "cache"))
    assert not is_built(plan(mine))
    with pytest.raises(IsolationError, match="set HOLOTYPE_CACHE"):
        built_environment(plan(mine))


@pytest.mark.parametrize("off", ["0", "off"])
def test_without_a_cache_nothing_is_built(
    mine: Wheel, monkeypatch: pytest.MonkeyPatch, off: str
) -> None:
    monkeypatch.setenv("HOLOTYPE_CACHE", off)
    assert built(plan(mine)) is None
    with pytest.raises(IsolationError, match="set it to a folder"):
        built_environment(plan(mine))


# -- wheels that are kept --------------------------------------------------------------------------


def test_kept_wheels_need_no_index(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    folder = tmp_path / "wheels"
    own = make_wheel(folder, "mine")
    kept = keep_wheels(plan(own), folder)
    assert kept.parent == folder
    assert [wheel.name for wheel in kept_wheels(kept)] == ["mine"]
    assert keep_wheels(plan(own), folder) == kept
    # An older Holotype may have named the folder otherwise.
    kept.rename(folder / "other")
    (folder / Path(own.path).name).unlink()
    monkeypatch.setenv("PIP_INDEX_URL", "https://127.0.0.1:9/")
    found = built_environment(plan(requirements=("mine==1.0",)), wheels=folder)
    assert found.libraries == {"mine": "1.0"}


def test_a_kept_wheel_that_was_changed_is_refused(tmp_path: Path) -> None:
    folder = tmp_path / "wheels"
    own = make_wheel(folder, "mine")
    kept = keep_wheels(plan(own), folder)
    with open(kept / Path(own.path).name, "ab") as file:
        file.write(b"\0")
    with pytest.raises(IsolationError, match="is not the wheel that was kept"):
        built_environment(plan(own), wheels=folder)


@pytest.mark.parametrize(
    "content",
    [
        b"",
        b"[]",
        b'{"environment": "", "wheels": [{"name": "a"}]}',
        b'{"environment": "", "wheels": [], "more": 1}',
        b'{"environment":"","wheels":[{"name":"a","version":"1","path":"../a-1-py3-none-any.whl",'
        b'"digest":""}]}',
        b'{"environment":"","wheels":[{"name":"a","version":"1","path":"a-1-py3-none-any.whl",'
        b'"digest":""}]}',
    ],
)
def test_a_list_that_is_none_is_refused(tmp_path: Path, content: bytes) -> None:
    (tmp_path / LIST).write_bytes(content)
    with pytest.raises(IsolationError):
        kept_wheels(tmp_path)


@pytest.mark.parametrize(
    "name",
    ["mine.whl", "mine-1.0.tar.gz", "-r-1.0-py3-none-any.whl", "mine-$(x)-py3-none-any.whl"],
)
def test_what_is_not_named_as_a_wheel_is_none(tmp_path: Path, name: str) -> None:
    (tmp_path / name).write_bytes(b"")
    with pytest.raises(IsolationError, match="not the name of a wheel"):
        read_wheel(tmp_path / name)


def test_a_package_is_found_by_what_its_wheel_brings(tmp_path: Path) -> None:
    make_wheel(tmp_path, "mine")
    found = wheel_of(tmp_path, "mine")
    assert found is not None
    assert (found.name, found.version) == ("mine", "1.0")
    assert wheel_of(tmp_path, "yours") is None
    make_wheel(tmp_path, "mine", "2.0")
    with pytest.raises(IsolationError, match="several wheels with mine"):
        wheel_of(tmp_path, "mine")


# -- ends in the middle ----------------------------------------------------------------------------

_INSTALLER = """\
#!/bin/sh
[ "$1" = python ] && exit 1
echo $$ > {pid}
sleep 600
"""
_BUILD = """
import sys
from holotype.restore.isolated.build import built_environment
from holotype.restore.isolated.plan import Plan
minor = sys.version_info.minor
built_environment(Plan(recorded=None, pythons=(minor,), requirements=("joblib",)))
"""


@pytest.mark.parametrize("how", [signal.SIGINT, signal.SIGKILL])
def test_who_is_interrupted_leaves_no_half_environment(
    cache: Path, tmp_path: Path, mine: Wheel, how: signal.Signals
) -> None:
    pid = tmp_path / "pid"
    os.mkfifo(pid)
    uv = tmp_path / "uv"
    uv.write_text(_INSTALLER.format(pid=pid))
    uv.chmod(stat.S_IRWXU)
    own = {"PATH": f"{tmp_path}:{os.environ['PATH']}", "HOLOTYPE_CACHE": str(cache.parent)}
    with subprocess.Popen(
        fresh.arguments(_BUILD), env={**fresh.ENVIRONMENT, **own}, stderr=subprocess.PIPE
    ) as builder:
        installer = int(pid.read_text())  # it has begun
        there = [path.suffix for path in cache.iterdir() if path.is_dir()]
        builder.send_signal(how)
        _, said = builder.communicate()
    assert there == [".growing"]
    if how == signal.SIGINT:
        assert b"KeyboardInterrupt" in said
        assert not [path for path in cache.iterdir() if path.is_dir()]
        with pytest.raises(ProcessLookupError):
            os.kill(installer, 0)
    else:  # nothing could be done; the installer holds the lock until it ends, and then all is well
        os.killpg(installer, signal.SIGKILL)
        wanted = Plan(recorded=None, pythons=(MINOR,), requirements=("joblib",))
        assert built(wanted) is None
        wheels = tmp_path / "wheels"
        make_wheel(wheels, "joblib")
        write_list(wheels, "")
        assert built_environment(wanted, wheels=wheels).libraries == {"joblib": "1.0"}
        assert [path.suffix for path in cache.iterdir() if path.is_dir()] == [""]
