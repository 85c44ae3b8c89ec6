"""Bars show shares; columns line up, and give way where a terminal is narrow."""

from __future__ import annotations

import io

import pytest
from rich.console import Console
from rich.text import Text

from holotype.cli import drawing
from holotype.cli.drawing import bar, draw

ROWS = [
    [Text("a"), Text("▏░░"), Text("9 kB"), Text("")],
    [Text("longer"), Text("██░"), Text("120 kB"), Text("")],
]


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Console:
    """A terminal of 80 columns, in place of the console."""
    console = Console(file=io.StringIO(), force_terminal=True, width=80)
    monkeypatch.setattr(drawing, "console", console)
    return console


@pytest.mark.parametrize(
    ("part", "whole", "drawn"),
    [
        (0, 100, "░░░░"),
        (1, 10**9, "▏░░░"),
        (25, 100, "█░░░"),
        (30, 100, "█▎░░"),
        (100, 100, "████"),
        (700, 100, "████"),
        (0, 0, "░░░░"),
    ],
)
def test_a_bar_is_as_long_as_the_share(
    part: int, whole: int, drawn: str, terminal: Console
) -> None:
    assert bar(part, whole, 4).plain == drawn


def test_a_terminal_of_ascii_gets_ascii(terminal: Console, monkeypatch: pytest.MonkeyPatch) -> None:
    ascii_only = io.TextIOWrapper(io.BytesIO(), encoding="ascii")
    monkeypatch.setattr(drawing, "console", Console(file=ascii_only, force_terminal=True))
    assert [bar(part, 100, 4).plain for part in (0, 1, 30, 100)] == ["----", "#---", "##--", "####"]


def test_columns_line_up_and_empty_ones_are_left_out(terminal: Console) -> None:
    lines = [line.plain for line in draw(ROWS, bars=[1], right=[2])]
    assert lines == ["a       ▏░░    9 kB", "longer  ██░  120 kB"]


@pytest.mark.parametrize(
    ("width", "line"), [(19, "a       ▏░░    9 kB"), (18, "a         9 kB"), (10, "a"), (2, "a")]
)
def test_a_narrow_terminal_leaves_columns_out_in_turn(
    width: int, line: str, terminal: Console
) -> None:
    terminal.width = width
    assert draw(ROWS, bars=[1], right=[2], spare=[1, 2])[0].plain == line


def test_a_pipe_gets_all_but_the_bars(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(drawing, "console", Console(file=io.StringIO(), width=5))
    lines = [line.plain for line in draw(ROWS, bars=[1], right=[2], spare=[1, 2])]
    assert lines == ["a         9 kB", "longer  120 kB"]


def test_nothing_is_drawn_of_nothing() -> None:
    assert draw([]) == []
