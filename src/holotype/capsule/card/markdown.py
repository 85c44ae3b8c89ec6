"""A card as Markdown, as GitHub and the Hugging Face Hub read it.

Escaping: punctuation that could begin anything is preceded by a backslash, so text stays text. What
renderers make links of by themselves (addresses of pages and people) becomes code, in which they
do not. A pipe is an entity everywhere, so that no renderer sees the end of a cell in it.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

from holotype.capsule.card.document import (
    Block,
    Cell,
    Code,
    Drawing,
    Facts,
    Grid,
    Listing,
    Prose,
    Section,
)
from holotype.capsule.card.text import one_line, paragraphs

__all__ = ["escape", "to_markdown"]

_SPECIAL = re.compile(r"[\\`*_{}\[\]<>#~$&!^]")
_LINKED = re.compile(r":/|www\.|@|mailto:|xmpp:", re.IGNORECASE)
# What begins a block where it stands first in a line.
_FIRST = re.compile(r"^(?:[-+=:]|\d+(?=[.)](?: |$)))")
_PIPE = "&#124;"


def to_markdown(title: str, sections: Sequence[Section]) -> str:
    """The card without its metadata."""
    lines = [f"# {escape(title)}", ""]
    for section in sections:
        if section.blocks:
            lines += [f"## {section.title}", ""]
            for block in section.blocks:
                lines += _block(block)
    return "\n".join(lines).rstrip("\n") + "\n"


def escape(text: str) -> str:
    """Text in one line that means nothing but itself."""
    line = one_line(text, len(text)) if text else ""
    return " ".join(
        _code(word) if _LINKED.search(word) else _plain(word) for word in line.split(" ")
    )


def _line(text: str) -> str:
    """The same for a whole line, in which the first character counts for more."""
    first = _FIRST.match(text)
    if first is None:
        return escape(text)
    mark = f"{first[0]}\\" if first[0].isdigit() else f"\\{first[0]}"
    return mark + escape(text[first.end() :])


def _plain(text: str) -> str:
    return _SPECIAL.sub(r"\\\g<0>", text).replace("|", _PIPE)


def _code(text: str) -> str:
    """Text as a code span; in several, where it has pipes."""
    return _PIPE.join(_span(part) for part in text.split("|"))


def _span(text: str) -> str:
    if not text:
        return ""
    fence = "`" * (1 + max((len(run) for run in re.findall("`+", text)), default=0))
    space = " " if text[0] in "` " or text[-1] in "` " else ""
    return f"{fence}{space}{text}{space}{fence}"


def _cell(cell: Cell) -> str:
    if isinstance(cell, Code):
        return _code(one_line(cell.text))
    return escape(one_line(cell))


def _block(block: Block) -> Iterator[str]:
    match block:
        case Prose():
            for line in paragraphs(block.text):
                yield from (_line(line), "")
        case Facts():
            yield from _table(("", ""), [(label, cell) for label, cell in block.rows])
        case Grid():
            yield from _table(block.head, block.rows)
            if block.more:
                yield from (f"… and {block.more} more.", "")
        case Drawing():
            if block.instead is not None:
                yield from _block(block.instead)
        case Listing():
            lines = [one_line(line, 100_000) for line in block.text.splitlines()]
            longest = max((len(run) for run in re.findall("`+", block.text)), default=0)
            fence = "`" * max(3, longest + 1)
            yield from (f"{fence}{block.language}", *lines, fence, "")


def _table(head: Sequence[str], rows: Sequence[Sequence[Cell]]) -> Iterator[str]:
    yield f"| {' | '.join(head)} |"
    yield f"|{' --- |' * len(head)}"
    for row in rows:
        yield f"| {' | '.join(map(_cell, row))} |"
    yield ""
