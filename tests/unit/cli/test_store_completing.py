"""Tab completion, asked as the shells ask: names, versions and tags of a store."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from tests import fresh
from tests.unit.cli.conftest import Run

import holotype

Ask = Callable[..., list[str]]


@pytest.fixture(scope="module")
def store(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("completing")
    made = holotype.Store(folder / "store")
    for number in range(2):
        made.push("churn", {"a": np.arange(5.0) + number})
    made.push("team/risk", {"a": np.arange(3.0)})
    made.tag("churn@1.0.0", "production")
    return folder / "store"


@pytest.fixture
def asked(run: Run, monkeypatch: pytest.MonkeyPatch) -> Callable[..., str]:
    """What a shell is answered; it is told nothing else."""

    def ask(shell: str, store: Path | str, **variables: str) -> str:
        # Typer asks what program this is: not Python with a module.
        monkeypatch.setattr(sys.modules["__main__"], "__package__", None, raising=False)
        monkeypatch.setenv("HOLOTYPE_STORE", str(store))
        monkeypatch.setenv("_HOLOTYPE_COMPLETE", f"complete_{shell}")
        monkeypatch.setenv("_HOLOTYPE_WORD", "")
        for name, value in variables.items():
            monkeypatch.setenv(name, value)
        result = run()
        assert (result.code, result.err) == (0, "")
        return result.out

    return ask


@pytest.fixture
def bash(asked: Callable[..., str]) -> Ask:
    """What bash is answered, which has taken the words apart at : = and @."""

    def ask(store: Path | str, *words: str) -> list[str]:
        joined = "\n".join(["holotype", *words])
        return asked("bash", store, COMP_WORDS=joined, COMP_CWORD=str(len(words))).split()

    return ask


@pytest.mark.parametrize(
    ("words", "answers"),
    [
        (["pull", ""], ["churn", "team/risk"]),
        (["pull", "ch"], ["churn"]),
        (["log", "team/"], ["team/risk"]),
        (["push", "c"], ["churn"]),
        (["pull", "churn", "@"], ["@production", "@latest", "@1.0.1", "@1.0.0"]),
        (["pull", "churn", "@1.0.1"], ["@1.0.1"]),
        (["pull", "churn", "@", "p"], ["@production"]),
        (["tag", "churn", "@1.0.0", "p"], ["production"]),
        (["tag", "--delete", "churn", ""], ["production"]),
        (["tag", "--delete", "team/risk", ""], []),
        (["remove", "none", "@"], []),
        (["pull", "sha256", ":", "0"], []),
        (["pull", "a b", "@"], []),
        (["pull", "--store", "=", "/nowhere/at/all", "c"], []),
        (["pull", "--store", "s3", ":", "//bucket/models", "c"], []),
        (["pull", "--store", "az", ":"], []),
    ],
)
def test_bash_is_told_how_a_word_goes_on(
    words: list[str], answers: list[str], store: Path, bash: Ask
) -> None:
    assert bash(store, *words) == answers


def test_the_store_of_the_command_line_is_asked(store: Path, bash: Ask) -> None:
    for words in (["--store", str(store)], ["--store", "=", str(store)]):
        assert bash("/nowhere", "pull", *words, "ch") == ["churn"]


def test_other_shells_also_hear_when_and_which(store: Path, asked: Callable[..., str]) -> None:
    words = "holotype pull churn@p"
    said = asked("fish", store, _TYPER_COMPLETE_ARGS=words, _TYPER_COMPLETE_FISH_ACTION="get-args")
    assert said.split() == ["churn@production", "1.0.0"]
    assert '"churn@production":"1.0.0"' in asked("zsh", store, _TYPER_COMPLETE_ARGS=words)


def test_a_store_elsewhere_is_not_asked(store: Path) -> None:
    """Nobody answers there, and no library for it is loaded."""
    code = (
        "import sys, typer; from holotype.cli.completing import names;"
        "context = type('C', (), {'params': {}});"
        "assert names(context, '') == [];"
        "assert 'obstore' not in sys.modules"
    )
    for address in ("s3://bucket/models", "gs://bucket", "az://container/x", "memory://x"):
        fresh.run(code, HOLOTYPE_STORE=address)


def test_a_damaged_store_says_nothing(store: Path, tmp_path: Path, bash: Ask) -> None:
    shutil.copytree(store, tmp_path / "damaged")
    record = tmp_path / "damaged" / "versions" / "churn" / "1.0.0.json"
    record.chmod(0o600)
    record.write_bytes(b"\x1b[2J")
    assert bash(tmp_path / "damaged", "pull", "churn", "@") == []


@pytest.mark.skipif(shutil.which("bash") is None, reason="it asks a real bash")
def test_the_script_for_bash_works_in_bash(store: Path, tmp_path: Path) -> None:
    program = tmp_path / "holotype"
    program.write_text(f"#!{sys.executable}\nfrom holotype.cli import main\nmain()\n")
    program.chmod(0o700)
    code = """
        eval "$(holotype --show-completion bash)"
        COMP_WORDS=(holotype pull churn @ 1.0.1) COMP_CWORD=4
        _holotype_completion holotype
        echo "${COMPREPLY[@]}"
    """
    done = subprocess.run(
        ["bash", "--norc", "-c", code],
        env={
            **fresh.ENVIRONMENT,
            "PATH": f"{tmp_path}{os.pathsep}{os.environ['PATH']}",
            "HOLOTYPE_STORE": str(store),
        },
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert (done.stdout, done.stderr) == ("@1.0.1\n", "")
