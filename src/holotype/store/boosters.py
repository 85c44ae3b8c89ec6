"""The arrays of a booster: which belong together, and their pieces of some trees each.

What was boosted further has the trees that it had, so pieces of a fixed number of trees are shared.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.boosters import belong_together, count_trees, cut_by_trees
from holotype.store.cutting import Span

__all__ = ["Booster", "boosters", "columns_of", "slices"]

_TREES = 64  # of a piece

Booster = Mapping[str, tuple[Span, str]]
"""Arrays and their digests, by the last part of their names."""


def boosters(spans: Sequence[tuple[Span, str]]) -> list[Booster]:
    """The arrays among these, with their digests, that are those of a booster."""
    groups: dict[str, dict[str, tuple[Span, str]]] = {}
    for span, digest in spans:
        prefix, _, last = span.name.rpartition(".")
        if span.dtype is not None:
            groups.setdefault(prefix, {})[last] = (span, digest)
    return [group for group in groups.values() if belong_together(group)]


def columns_of(booster: Booster, data: npt.NDArray[np.uint8]) -> dict[str, npt.NDArray[Any]]:
    """The arrays of a booster, out of the bytes of the archive."""
    return {
        name: data[span.offset : span.offset + span.size].view(span.dtype).reshape(span.shape)
        for name, (span, _) in booster.items()
        if span.dtype is not None
    }


def slices(columns: Mapping[str, npt.NDArray[Any]]) -> Iterator[dict[str, npt.NDArray[Any]]]:
    """The columns in pieces of whole trees; in one, if they are not as a booster's are."""
    starts = range(0, count_trees(columns), _TREES)
    pieces = [cut_by_trees(columns, first, first + _TREES) for first in starts]
    whole = {name for name in columns if pieces and all(name in piece for piece in pieces)}
    fits = all(sum(p[name].nbytes for p in pieces) == columns[name].nbytes for name in whole)
    yield from ({n: p[n] for n in sorted(whole)} for p in pieces if fits and belong_together(whole))
