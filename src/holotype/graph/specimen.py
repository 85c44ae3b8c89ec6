"""Objects that were taken apart elsewhere, for the encoder to write as if they were alive.

An old file says of each object what its reduction protocol said when it was saved. Nothing of a
library is needed to write that down: a specimen holds the entry and the parts.
"""

from __future__ import annotations

from holotype.graph.table import Entry, Reduced

__all__ = ["Named", "Specimen"]


class Specimen:
    """An object of ``entry``, as ``reduced`` parts; these may be set later, so cycles close."""

    __slots__ = ("entry", "reduced")

    def __init__(self, entry: Entry, reduced: Reduced = Reduced()) -> None:  # noqa: B008
        self.entry = entry
        self.reduced = reduced


class Named:
    """A class, function or constant by the key of its entry."""

    __slots__ = ("entry",)

    def __init__(self, entry: Entry) -> None:
        self.entry = entry
