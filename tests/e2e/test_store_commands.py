"""The commands on stores as whole processes: on a terminal, in a pipe, interrupted and killed."""

from __future__ import annotations

import fcntl
import json
import os
import pty
import re
import signal
import struct
import subprocess
import sys
import termios
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh

import holotype

HOLOTYPE = [sys.executable, "-m", "holotype"]
STYLE = re.compile(rb"\x1b\[[0-9;]*[0-9]m")


@pytest.fixture(scope="module")
def archive(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """40 MB that nothing makes small, so that storing it takes a while."""
    path = tmp_path_factory.mktemp("large") / "large.holo"
    random = np.random.default_rng(0)
    holotype.dump({f"w{i}": random.normal(size=500_000) for i in range(10)}, path)
    return path


@pytest.fixture
def store(tmp_path: Path) -> Path:
    holotype.Store(tmp_path / "store")
    return tmp_path / "store"


def environment(store: Path, **more: str) -> dict[str, str]:
    return {**fresh.ENVIRONMENT, "HOLOTYPE_STORE": str(store), **more}


def said(store: Path, *arguments: object) -> Any:
    """The JSON that a command prints; nothing else is said, on neither stream."""
    command = [*HOLOTYPE, *map(str, arguments), "--json"]
    done = subprocess.run(
        command, env=environment(store), capture_output=True, text=True, check=True, timeout=120
    )
    assert done.stderr == ""
    return json.loads(done.stdout)


def on_a_terminal(
    store: Path, *arguments: object, columns: int = 100, **variables: str
) -> tuple[int, bytes]:
    """The exit code of a command, and all that it writes to a terminal of so many columns."""
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", 40, columns, 0, 0))
    variables = {"TERM": "xterm-256color", **variables}
    told = {**environment(store), **variables}
    for name in ("COLUMNS", *({"NO_COLOR"} - set(variables))):
        del told[name]
    process = subprocess.Popen(
        [*HOLOTYPE, *map(str, arguments)], stdin=its, stdout=its, stderr=its, env=told
    )
    os.close(its)
    written = b""
    while True:
        try:
            piece = os.read(ours, 1 << 16)
        except OSError:  # how Linux says that nobody writes any more
            break
        if not piece:
            break
        written += piece
    os.close(ours)
    return process.wait(60), written


def stopped(
    store: Path, how: signal.Signals, begun: Callable[[], bool], *arguments: object
) -> tuple[int, str, str]:
    """Send a signal to a command once it has begun."""
    # A shell has it ignored in what it runs in the background, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [*HOLOTYPE, *map(str, arguments)],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env=environment(store),
    )
    while process.poll() is None and not begun():
        time.sleep(0.002)
    process.send_signal(how)
    out, err = process.communicate(timeout=120)
    return process.returncode, out, err


def files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


# ------------------------------------------------------------------------------------ on a terminal


def test_a_bar_with_bytes_and_rate_is_drawn_on_a_terminal_only(store: Path, archive: Path) -> None:
    code, drawn = on_a_terminal(store, "push", "a", archive)
    assert code == 0
    assert b"pushing large.holo" in drawn
    assert re.search(rb"40\.0/40\.0 MB.* MB/s", drawn)
    assert drawn.count(b"\x1b[?25l") == drawn.count(b"\x1b[?25h") == 1  # the cursor is shown again
    assert drawn.rstrip().splitlines()[-1].startswith(b"  ")

    code, drawn = on_a_terminal(store, "pull", "a", archive.parent / "back.holo")
    assert code == 0
    assert b"pulling a@1.0.0" in drawn
    assert re.search(rb"/40\.0 MB", drawn)

    code, drawn = on_a_terminal(store, "push", "b", "a@1.0.0", TERM="dumb")
    assert code == 0
    assert b"pushing" not in drawn
    assert b"\x1b" not in drawn


def test_with_json_the_output_is_json_and_the_bar_is_elsewhere(store: Path, archive: Path) -> None:
    code, drawn = on_a_terminal(store, "push", "a", archive, "--json", NO_COLOR="1")
    assert code == 0
    assert json.loads(drawn[drawn.index(b"{") :])["version"] == "1.0.0"
    assert said(store, "push", "a", archive)["new"] is False


def test_sizes_are_drawn_where_there_is_room_and_coloured_where_that_is_wanted(store: Path) -> None:
    made = holotype.Store(store)
    for number in range(2):
        made.push("churn", {"same": np.arange(1e5), "own": np.arange(3.0) + number})
    bars, colours = [], []
    for command, columns, variables in (
        (["list"], 80, {}),
        (["log", "churn"], 80, {"NO_COLOR": "1"}),
        (["log", "churn"], 40, {}),
    ):
        code, drawn = on_a_terminal(store, *command, columns=columns, **variables)
        assert (code, b"1.0.1" in drawn) == (0, True)
        lines = STYLE.sub(b"", drawn).decode().splitlines()
        assert all(len(line) <= columns for line in lines if "░" in line)
        bars.append(any("░" in line for line in lines))
        colours.append(re.search(rb"\x1b\[3[0-9]m", drawn) is not None)
    assert (bars, colours) == ([True, True, False], [True, False, False])


# ------------------------------------------------------------------------- interrupted and killed


def test_ctrl_c_while_pushing_leaves_the_store_as_it_was(store: Path, archive: Path) -> None:
    holotype.Store(store).push("before", [1])
    writers = store / "writers"
    code, out, err = stopped(
        store,
        signal.SIGINT,
        lambda: writers.is_dir() and any(writers.iterdir()),
        *("push", "large", archive, "--level", "small"),
    )
    assert (code, out) == (130, "")
    assert "Traceback" not in err
    assert files(writers) == []
    listed = said(store, "list")
    assert [model["name"] for model in listed["models"]] == ["before"]
    assert holotype.Store(store).load("before") == [1]

    said(store, "push", "large", archive)
    said(store, "pull", "large", store.parent / "out.holo")
    assert (store.parent / "out.holo").read_bytes() == archive.read_bytes()


def test_what_a_killed_push_leaves_is_collected(store: Path, archive: Path) -> None:
    holotype.Store(store).push("before", [1])
    writers, packs = store / "writers", set(store.glob("packs/*/*"))
    code, _, _ = stopped(
        store,
        signal.SIGKILL,
        lambda: writers.is_dir() and any(writers.iterdir()),
        *("push", "large", archive, "--level", "small"),
    )
    assert code == -signal.SIGKILL
    assert len(files(writers)) == 1
    assert [model["name"] for model in said(store, "list")["models"]] == ["before"]
    assert said(store, "gc")["writers"] == 1
    assert files(writers) == []
    assert set(store.glob("packs/*/*")) == packs
    assert holotype.Store(store).load("before") == [1]


def test_ctrl_c_while_pulling_leaves_the_file_as_it_was(
    store: Path, archive: Path, tmp_path: Path
) -> None:
    said(store, "push", "large", archive, "--level", "none")
    out = tmp_path / "out"
    out.mkdir()
    for _ in range(5):  # until it is not too late
        (out / "model.holo").write_text("mine")
        code, printed, err = stopped(
            store,
            signal.SIGINT,
            lambda: len(os.listdir(out)) > 1,
            *("pull", "large", out / "model.holo", "--force"),
        )
        if code:
            break
    assert (code, printed) == (130, "")
    assert "Traceback" not in err
    assert os.listdir(out) == ["model.holo"]
    assert (out / "model.holo").read_text() == "mine"
