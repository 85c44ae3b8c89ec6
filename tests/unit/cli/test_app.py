"""All commands: their help, their exit codes, and how their errors are told."""

from __future__ import annotations

import importlib
import re
import signal
import subprocess
import sys
import time
import types
from pathlib import Path
from typing import Any

import pytest
import typer
from tests import fresh
from tests.unit.cli.conftest import Run
from typer.testing import CliRunner

import holotype
from holotype.cli import app as module
from holotype.cli.app import app
from holotype.errors import FormatError, MissingLibraryError

COMMANDS = [
    *("demo", "show", "card", "bom", "load", "doctor", "wheels", "verify", "fingerprint"),
    *("scan", "convert", "bench", "diff", "keygen", "seal", "track"),
    *("init", "push", "pull", "list", "log", "tag", "remove", "gc", "scrub", "copy", "compress"),
]


def test_the_commands_are_these() -> None:
    assert sorted(typer.main.get_command(app).commands) == sorted(COMMANDS)  # type: ignore[attr-defined]


@pytest.mark.parametrize("command", COMMANDS)
def test_the_help_of_every_command_says_what_it_does_and_has_examples(
    command: str, run: Run
) -> None:
    result = run(command, "--help")
    assert result.code == 0
    assert "Examples" in result.out
    assert f"holotype {command}" in result.out.partition("Examples")[2]
    assert run(command, "-h").out == result.out


@pytest.mark.parametrize("command", COMMANDS)
def test_every_option_is_explained(command: str) -> None:
    commands: dict[str, Any] = typer.main.get_command(app).commands  # type: ignore[attr-defined]
    assert commands[command].help
    for parameter in commands[command].params:
        assert getattr(parameter, "help", None), f"{command} {parameter.name}"


def test_the_help_lists_all_commands(run: Run) -> None:
    for arguments in ([], ["--help"], ["-h"]):
        result = run(*arguments)
        assert result.code == (2 if not arguments else 0)
        for command in COMMANDS:
            assert command in result.out + result.err


def test_the_version_is_the_packages(run: Run) -> None:
    assert run("--version") == (0, f"holotype {holotype.__version__}\n", "")


@pytest.mark.parametrize("way", [["-m", "holotype"], ["-m", "holotype.cli"]])
def test_the_program_can_be_run_as_a_module(way: list[str]) -> None:
    done = fresh.run([*way, "--version"])
    assert done.stdout == f"holotype {holotype.__version__}\n"


@pytest.mark.parametrize(
    "arguments", [["nonsense"], ["show"], ["show", "a", "--depth", "0"], ["verify", "--what"]]
)
def test_wrong_usage_exits_with_2(arguments: list[str], run: Run) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert result.out == ""
    assert "Usage" in result.err


@pytest.mark.parametrize("command", ["show", "fingerprint", "verify", "bench"])
def test_a_file_that_is_not_there_exits_with_2_and_names_it(
    command: str, run: Run, tmp_path: Path
) -> None:
    result = run(command, tmp_path / "none.holo")
    assert (result.code, result.out) == (2, "")
    assert "none.holo: No such file or directory" in result.err


def test_a_folder_exits_with_2(run: Run, tmp_path: Path) -> None:
    result = run("show", tmp_path)
    assert result.code == 2
    assert "Is a directory" in result.err


@pytest.mark.parametrize("command", ["show", "fingerprint", "bench"])
def test_a_bad_archive_exits_with_1_and_says_why(command: str, run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.holo").write_bytes(b"nonsense" * 10)
    result = run(command, tmp_path / "bad.holo")
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: not a Holotype archive")
    assert "SPEC 2.1" in result.err


def raising(error: BaseException) -> Any:
    def fail() -> None:
        raise error

    return fail


@pytest.mark.parametrize(
    ("error", "code", "message"),
    [
        (
            FormatError("it is \x1b[2J wrong", clause="2.1"),
            1,
            "error: it is \\x1b[2J wrong (SPEC 2.1)",
        ),
        (FormatError("[red]not markup[/red]"), 1, "error: [red]not markup[/red]"),
        (MissingLibraryError("x needs y"), 2, "error: x needs y"),
        (FileNotFoundError(2, "No such file", "a\x1b.holo"), 2, "error: a\\x1b.holo: No such file"),
        (OSError("something"), 2, "error: something"),
        (KeyboardInterrupt(), 130, "interrupted"),
    ],
)
def test_every_error_is_one_message_and_a_code(
    error: BaseException, code: int, message: str, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "app", raising(error))
    result = run()
    assert (result.code, result.out) == (code, "")
    assert result.err.strip() == message


def test_ctrl_c_while_modules_are_imported_exits_with_130(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    class Interrupted(types.ModuleType):
        def __getattr__(self, name: str) -> Any:
            raise KeyboardInterrupt

    monkeypatch.setitem(sys.modules, "holotype.cli.app", Interrupted("holotype.cli.app"))
    assert run("--version") == (130, "", "")


def test_a_fault_of_ours_is_not_hidden(run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "app", raising(ZeroDivisionError()))
    with pytest.raises(ZeroDivisionError):
        run()


def test_each_command_is_a_module_of_its_own() -> None:
    for name in COMMANDS:
        room = importlib.import_module(f"holotype.cli.{name}")
        assert name == room.NAME
        assert f"holotype {name}" in room.EXAMPLES


def test_the_application_can_be_driven_by_typers_own_runner(tmp_path: Path) -> None:
    holotype.dump([1], tmp_path / "m.holo")
    result = CliRunner().invoke(app, ["fingerprint", str(tmp_path / "m.holo")])
    assert result.exit_code == 0
    assert re.fullmatch(r"sha256:[0-9a-f]{64}  .*m\.holo\n", result.stdout)


def test_a_reader_that_stops_reading_is_no_fault(tmp_path: Path) -> None:
    holotype.dump({f"key {i}": [i] for i in range(30)}, tmp_path / "m.holo")
    command = [sys.executable, "-m", "holotype", "show", str(tmp_path / "m.holo"), "--json"]
    process = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, env=fresh.ENVIRONMENT
    )
    assert process.stdout is not None
    assert process.stderr is not None
    process.stdout.close()
    said = process.stderr.read().decode()
    process.stderr.close()
    assert process.wait(30) in (0, 1, 120)
    assert "Traceback" not in said


def test_ctrl_c_exits_with_130_and_leaves_nothing_behind(tmp_path: Path) -> None:
    """An interrupted ``bench``, which had files in the temporary folder."""
    import numpy as np

    holotype.dump({"a": np.zeros(3_000_000)}, tmp_path / "m.holo")
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    command = [sys.executable, "-m", "holotype", "bench", str(tmp_path / "m.holo")]
    # A shell has it ignored in what it runs in the background, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*command, "--rounds", "2000"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**fresh.ENVIRONMENT, "TMPDIR": str(scratch)},
    )
    deadline = time.monotonic() + 30
    while not any(scratch.rglob("model")) and time.monotonic() < deadline:
        time.sleep(0.005)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate(timeout=30)
    assert process.returncode == 130
    assert out == ""
    assert "Traceback" not in err
    assert list(scratch.iterdir()) == []
