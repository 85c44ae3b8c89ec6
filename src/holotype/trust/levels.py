"""The four levels of trust that the parts of a model ask for.

*data* is made of types of the table only, and asks for none. The others say what would run: classes
and functions of a package that is installed, code that the archive carries as source, and pickle
bytes. Rule: what a part needs is computed from the part, never read from the file.
"""

from __future__ import annotations

from collections.abc import Iterable
from enum import IntEnum

import msgspec

from holotype.errors import UntrustedError

__all__ = ["Level", "Need", "level_of", "untrusted"]

_MAX_LISTED = 50


class Level(IntEnum):
    """How much must be trusted, from nothing to everything."""

    DATA = 0
    NAMED = 1
    CODE = 2
    OPAQUE = 3

    def __str__(self) -> str:
        return self.name.lower()


class Need(msgspec.Struct, frozen=True):
    """One thing that must be trusted before a model is built.

    what      what it is: ``mypackage.models:Scaler`` of *named*, else words for people
    argument  what in ``load(..., trust=[...])`` would allow exactly this
    path      where the blueprint asks for it first
    """

    level: Level
    what: str
    argument: str
    path: str


def level_of(needs: Iterable[Need]) -> Level:
    """The level of a whole model: the highest that any part of it asks for."""
    return max((need.level for need in needs), default=Level.DATA)


def untrusted(missing: list[Need]) -> UntrustedError:
    """The refusal, listing everything that is missing and the argument that would allow it all."""
    listed = ", ".join(f"{need.what} at {need.path}" for need in missing[:_MAX_LISTED])
    more = f" and {len(missing) - _MAX_LISTED} more" if len(missing) > _MAX_LISTED else ""
    arguments = list(dict.fromkeys(need.argument for need in missing))
    level = level_of(missing)
    return UntrustedError(
        missing[0].path,
        f"the model is not data alone, and this is not trusted: {listed}{more}. "
        f"Where you know who made the file, load(file, trust={arguments!r}) opens it; "
        f"{_WARNINGS[level]}.",
        missing=tuple(missing),
    )


_WARNINGS = {
    Level.DATA: "it runs nothing",
    Level.NAMED: "code of these installed packages then decides what happens",
    Level.CODE: "the code in the file then runs; read it with `holotype show --source`",
    Level.OPAQUE: "the pickle bytes in the file can then do anything",
}
