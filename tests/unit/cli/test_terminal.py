"""Text from files reaches the terminal escaped; sizes are written as people read them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.cli.terminal import human_size, plain, print_json, safe


@given(st.text(st.characters(codec=None)))
def test_safe_text_is_printable_and_keeps_what_was(text: str) -> None:
    assert safe(text).isprintable()
    if text.isprintable():
        assert safe(text) == text


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("\x1b[31m", "\\x1b[31m"),
        ("a\nb\tc", "a\\nb\\tc"),
        ("\u202e", "\\u202e"),
        ("\ud800", "\\ud800"),
        ("\x9b", "\\x9b"),
        ("\U000e0001", "\\U000e0001"),
        ("ä ×", "ä ×"),
    ],
)
def test_what_cannot_be_printed_is_escaped(text: str, shown: str) -> None:
    assert safe(text) == shown


def test_plain_text_is_no_markup() -> None:
    assert plain("[bold]x[/bold]\x1b").plain == "[bold]x[/bold]\\x1b"
    assert plain("x", "red").style == "red"


@pytest.mark.parametrize(
    ("size", "text"),
    [
        (0, "0 B"),
        (999, "999 B"),
        (1000, "1.0 kB"),
        (1_500_000, "1.5 MB"),
        (2_000_000_000, "2.0 GB"),
        (5_000_000_000_000, "5000.0 GB"),
    ],
)
def test_sizes_are_in_decimal_units(size: int, text: str) -> None:
    assert human_size(size) == text


def test_json_goes_to_standard_output_as_one_document(capsys: pytest.CaptureFixture[str]) -> None:
    print_json({"a": ["ä", 1]})
    said = capsys.readouterr()
    assert json.loads(said.out) == {"a": ["ä", 1]}
    assert said.err == ""
