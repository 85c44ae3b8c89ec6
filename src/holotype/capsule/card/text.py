"""Text of a file as a page may show it: nothing invisible, nothing endless."""

from __future__ import annotations

import re
from collections.abc import Iterator

__all__ = ["MAX_CELL", "MAX_PROSE", "number", "one_line", "paragraphs", "short", "sides"]

MAX_CELL = 300
"""Characters of one cell of a table; more are cut."""
MAX_PROSE = 20_000
"""Characters of a description and the like."""

_SHORT = 12
_MAX_BITS = 1000  # of whole numbers: a float holds no larger ones, and printing is quadratic


def one_line(text: str, limit: int = MAX_CELL) -> str:
    """``text`` in one line, cut, with what cannot be seen written as its escape sequence."""
    cut = text if len(text) <= limit else text[: limit - 1] + "…"
    return "".join(c if c.isprintable() else c.encode("unicode_escape").decode() for c in cut)


def paragraphs(text: str) -> Iterator[str]:
    """The paragraphs of prose, each in one line."""
    for part in re.split(r"\n\s*\n", text[:MAX_PROSE].replace("\r\n", "\n")):
        line = re.sub(r"[ \t\n]+", " ", part).strip()
        if line:
            yield one_line(line, MAX_PROSE)
    if len(text) > MAX_PROSE:
        yield "…"


def number(value: object) -> str:
    """A figure to six places; whole numbers and text in full, but for absurd ones."""
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return "a number beyond all measure"
    return f"{value:.6g}" if isinstance(value, float) else str(value)


def sides(shape: list[int | None] | list[int] | tuple[int, ...]) -> str:
    """A shape: ``n × 3``."""
    return " × ".join("n" if side is None else str(side) for side in shape) or "one value"


def short(digest: str) -> str:
    """The beginning of a digest, enough to tell it from others."""
    return digest.partition(":")[2][:_SHORT]
