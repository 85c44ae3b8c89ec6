"""Long plain sequences as arrays: a vocabulary of a million terms costs what its bytes cost.

Each column kind stands for a list of values of exactly one type, and gives back exactly that list
(SPEC 3.6). What fits no column returns None and is written element by element.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holotype.digest import is_text
from holotype.graph.arrays import ArrayCollector

__all__ = ["COLUMN_MIN", "FREE_COUNT", "SEPARATORS", "encode_atoms", "narrowest"]

COLUMN_MIN = 32
"""Shorter sequences are written element by element, so that a person can read them."""

FREE_COUNT = 4096
"""Elements that columns may count beside those that stored bytes back (SPEC 3.2)."""

SEPARATORS = ("\n", "\x00", "\x1f")
"""A str column joins its values with the first of these that none of them contains."""


def narrowest(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """The same integers in the smallest signed dtype that holds them all."""
    low, high = int(values.min()), int(values.max())
    for name in ("<i1", "<i2", "<i4"):
        info = np.iinfo(name)
        if info.min <= low and high <= info.max:
            return values.astype(name)
    return values.astype("<i8", copy=False)


def encode_atoms(
    items: Sequence[Any],
    kind: type,
    arrays: ArrayCollector,
    trail: Sequence[str],
    *,
    repeats: bool = True,
) -> dict[str, Any] | None:
    """The column of ``items``, all exactly of type ``kind``; None where there is no such column."""
    if repeats and kind in _CONSTANT and items.count(items[0]) == len(items):
        return _constant(items)
    encoder = _ENCODERS.get(kind)
    if encoder is not None:
        column: dict[str, Any] | None = encoder(items, arrays, trail)
        return column
    if issubclass(kind, np.generic) and kind in _SCALARS:
        return {"column": "scalar", "data": arrays.add(np.array(items, kind), trail)}
    return None


def _constant(items: Sequence[Any]) -> dict[str, Any] | None:
    value = items[0]
    if type(value) is int and abs(value) >= 1 << 53:
        return None
    if type(value) is str and not is_text(value):
        return None
    return {"column": "repeat", "count": len(items), "value": value}


def _ints(items: Sequence[int], arrays: ArrayCollector, trail: Sequence[str]) -> Any:
    try:
        values = np.fromiter(items, np.int64, len(items))
    except OverflowError:
        return None
    return {"column": "int", "data": arrays.add(narrowest(values), trail)}


def _floats(items: Sequence[float], arrays: ArrayCollector, trail: Sequence[str]) -> Any:
    return {"column": "float", "data": arrays.add(np.fromiter(items, "<f8", len(items)), trail)}


def _bools(items: Sequence[bool], arrays: ArrayCollector, trail: Sequence[str]) -> Any:
    return {"column": "bool", "data": arrays.add(np.fromiter(items, bool, len(items)), trail)}


def _texts(items: Sequence[str], arrays: ArrayCollector, trail: Sequence[str]) -> Any:
    for separator in SEPARATORS:
        joined = separator.join(items)
        if joined.count(separator) == len(items) - 1:
            break
    else:
        return None
    try:
        data = np.frombuffer(joined.encode(), np.uint8)
    except UnicodeEncodeError:  # lone surrogates
        return None
    return {"column": "str", "data": arrays.add(data, trail), "separator": separator}


def _bytes(items: Sequence[bytes], arrays: ArrayCollector, trail: Sequence[str]) -> Any:
    data = np.frombuffer(b"".join(items), np.uint8)
    lengths = np.fromiter(map(len, items), np.int64, len(items))
    return {
        "column": "bytes",
        "data": arrays.add(data, [*trail, "data"]),
        "lengths": arrays.add(narrowest(lengths), [*trail, "lengths"]),
    }


_CONSTANT = frozenset({int, bool, str, type(None)})
_ENCODERS: dict[type, Any] = {
    int: _ints,
    float: _floats,
    bool: _bools,
    str: _texts,
    bytes: _bytes,
}
_SCALARS = frozenset(np.dtype(code).type for code in "?bBhHiIlLqQefdFD")
