"""What objects say about each other is heard before the last walk, and nothing else counts."""

from __future__ import annotations

from typing import Any

import pytest

from holotype.errors import UnsupportedError
from holotype.graph.encode import encode
from holotype.graph.notes import Notes
from holotype.graph.table import Entry, Reduced
from holotype.types.table import TypeTable


def test_what_only_one_object_says_needs_no_second_walk() -> None:
    notes = Notes()
    assert list(notes.tell("memory", 1, "a")) == ["a"]
    assert notes.settled()


def test_what_several_say_is_known_in_the_next_walk() -> None:
    notes = Notes()
    for who, fact in ((1, "a"), (2, "b"), (2, "b")):
        assert list(notes.tell("memory", who, fact)) == [fact]
    assert not notes.settled()
    assert list(notes.tell("memory", 1, "a")) == ["a", "b"]
    made = notes.made("memory", object)
    assert notes.made("memory", list) is made
    notes.tell("memory", 2, "b")
    assert notes.settled()


def test_a_walk_that_was_broken_off_counts_for_nothing() -> None:
    notes = Notes()
    notes.tell("memory", 1, "a")
    notes.tell("memory", 2, "b")
    notes.forget()
    assert notes.settled()


class Restless:
    """Says something else each time it is taken apart."""


def test_a_model_that_changes_with_each_walk_is_refused() -> None:
    said: list[int] = []

    def relate(reduced: Reduced, notes: Notes) -> Reduced:
        said.append(len(said))
        notes.tell("topic", len(said), len(said))
        return reduced

    entry = Entry(
        key="tests.Restless",
        where=(f"{__name__}:Restless",),
        kind="call",
        reduce=lambda obj: Reduced(),
        relate=relate,
    )

    class Table(TypeTable):
        def entry_of(self, cls: type) -> Any:
            return entry if cls is Restless else super().entry_of(cls)

    with pytest.raises(UnsupportedError, match="another one each time"):
        encode([Restless(), Restless()], Table([entry]))
