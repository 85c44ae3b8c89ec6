"""What a card is made of: blocks that have no markup yet, for renderers to write.

A ``str`` is prose and ``Code`` is an identifier or a value; both are text of a file, unescaped.
Drawings are SVG that this program wrote, with all text in them escaped.
"""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

__all__ = ["Block", "Cell", "Code", "Drawing", "Facts", "Grid", "Listing", "Prose", "Section"]


class Code(msgspec.Struct, frozen=True):
    """A name, digest or value, shown in the letters of a typewriter."""

    text: str


Cell = str | Code


class Prose(msgspec.Struct, frozen=True):
    """Text in paragraphs."""

    text: str


class Facts(msgspec.Struct, frozen=True):
    """Labels, which are ours, and what is known under each."""

    rows: list[tuple[str, Cell]]


class Grid(msgspec.Struct, frozen=True):
    """A table under a ``head`` of ours; ``more`` rows were left out.

    ``drawings`` has a small picture for each row, or an empty text, where there are any.
    """

    head: tuple[str, ...]
    rows: Sequence[tuple[Cell, ...]]
    more: int = 0
    drawings: tuple[str, ...] = ()


class Listing(msgspec.Struct, frozen=True):
    """Lines of a program."""

    text: str
    language: str = "python"


class Drawing(msgspec.Struct, frozen=True):
    """A picture; ``caption`` says of what, ``instead`` the same in words where there are none."""

    svg: str
    caption: str
    instead: Grid | None = None


Block = Prose | Facts | Grid | Listing | Drawing


class Section(msgspec.Struct, frozen=True):
    """A heading of ours with what stands below it; one without blocks is not shown."""

    title: str
    blocks: list[Block]
