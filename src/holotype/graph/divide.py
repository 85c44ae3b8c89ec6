"""Columns become values: how the arrays of a column are divided into its elements (SPEC 3.6).

Rule: whether the arrays of a column fit each other is checked before any column is divided. The
functions that divide rely on it.
"""

from __future__ import annotations

from itertools import pairwise
from typing import Any, Protocol

import numpy as np

from holotype.errors import BlueprintError
from holotype.graph.nodes import ArrayNode, AtomColumn, TextColumn

__all__ = [
    "ArraySource",
    "check_lengths",
    "check_shapes",
    "spans",
    "split_arrays",
    "split_atoms",
    "split_bytes",
    "split_texts",
    "text_of",
]

AnyArray = np.ndarray[Any, Any]


class ArraySource(Protocol):
    """Where the bytes of arrays come from. All have been verified."""

    def peek(self, node: ArrayNode) -> AnyArray:
        """The array, to look at only."""
        ...

    def take(self, node: ArrayNode) -> AnyArray:
        """The array, writable and the caller's own; called once for each node."""
        ...


def check_lengths(lengths: AnyArray, size: int, path: str) -> None:
    """Raise BlueprintError for lengths that are not those of the parts of ``size`` elements."""
    if len(lengths) and int(lengths.min()) < 0:
        raise BlueprintError(path, "a length is negative")
    ends = np.cumsum(lengths, dtype=np.int64)
    # Lengths are at most 2**63 each: a sum that wrapped around shows as a decrease.
    if (int(ends[-1]) if len(ends) else 0) != size or (ends[1:] < ends[:-1]).any():
        raise BlueprintError(path, "lengths do not add up to the data that they divide")


def check_shapes(shapes: AnyArray, data: AnyArray, path: str) -> None:
    """Raise BlueprintError for shapes that are not those of the arrays that ``data`` holds."""
    sizes = np.prod(shapes, axis=1, dtype=np.float64)  # exact for all that can be, else too large
    extents = np.prod(np.maximum(shapes, 1), axis=1, dtype=np.float64) * data.itemsize
    if (
        (shapes < 0).any()
        or (sizes > len(data)).any()
        or sizes.sum() != len(data)
        or (extents > 1 << 62).any()  # even where a size of zero leaves nothing of it
    ):
        raise BlueprintError(path, "the sizes in a column of arrays do not fit its data")


def spans(lengths: AnyArray) -> list[tuple[int, int]]:
    """Where each part begins and ends."""
    return list(pairwise([0, *np.cumsum(lengths, dtype=np.int64).tolist()]))


def split_atoms(node: AtomColumn, data: AnyArray) -> list[Any]:
    """The numbers of a column of int, float, bool or NumPy scalars."""
    return list(data) if node.kind == "scalar" else data.tolist()


def split_texts(node: TextColumn, data: AnyArray) -> list[str]:
    """The str values of a text column."""
    return text_of(node, data).split(node.separator)


def text_of(node: TextColumn, data: AnyArray) -> str:
    """All texts of a column, joined; BlueprintError where the bytes are no text."""
    try:
        return str(data.data, "utf-8")
    except UnicodeDecodeError:
        raise BlueprintError(node.path, "a column of str is not UTF-8") from None


def split_bytes(data: AnyArray, lengths: AnyArray) -> list[bytes]:
    """The bytes values of a bytes column."""
    raw = data.tobytes()
    return [raw[a:b] for a, b in spans(lengths)]


def split_arrays(data: AnyArray, shapes: AnyArray) -> list[AnyArray]:
    """The arrays of an array column, as parts of ``data``."""
    parts = [data[a:b] for a, b in spans(np.prod(shapes, axis=1, dtype=np.int64))]
    if shapes.shape[1] == 1:
        return parts
    rows: list[list[int]] = shapes.tolist()
    return [part.reshape(row) for part, row in zip(parts, rows, strict=True)]
