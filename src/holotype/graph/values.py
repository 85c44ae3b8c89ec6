"""Which values have no identity: they are written in place, and what they hold is all they are."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from typing import Any

import numpy as np

from holotype.graph.specimen import Named

__all__ = [
    "ATOMS",
    "INLINE_BYTES",
    "MAX_KEY_DEPTH",
    "MAX_KEY_PARTS",
    "check_keys",
    "is_pure",
    "is_value",
]

ATOMS = frozenset({str, int, float, bool, type(None)})
INLINE_BYTES = 64
_PURE_ATOMS = 64

MAX_KEY_DEPTH = 64
MAX_KEY_PARTS = 1 << 22  # of keys together, shared parts counted every time

_MAX_OF_ONE_HASH = 1000  # up to here, nobody minds
_MAX_COMPARISONS = 10_000_000
_NESTED = (tuple, frozenset, slice)
_RANDOMISED = frozenset({str, bytes, type(None), bool})  # nobody can choose their hashes


def is_pure(obj: tuple[Any, ...]) -> bool:
    """Whether a tuple is small and plain, so that it is written anew wherever it occurs."""
    return _pure_budget(obj, _PURE_ATOMS) >= 0


def _pure_budget(obj: tuple[Any, ...], budget: int) -> int:
    budget -= len(obj) + 1
    for item in obj:
        if budget < 0:
            return -1
        cls = type(item)
        if cls is tuple:
            budget = _pure_budget(item, budget)
        elif not _is_small(item, cls):
            return -1
    return budget


def _is_small(item: Any, cls: type) -> bool:
    """Whether it is written in place."""
    if cls in ATOMS or cls is complex or isinstance(item, np.generic):
        return True
    return cls is bytes and len(item) <= INLINE_BYTES


def is_value(item: Any) -> bool:
    """Whether an element of a set encodes by its value alone."""
    cls = type(item)
    if cls in ATOMS or cls in (bytes, complex) or isinstance(item, (np.generic, type, Named)):
        return True
    return cls in (tuple, frozenset) and all(map(is_value, item))


def check_keys(keys: Sequence[Any]) -> int:
    """How many parts keys of a dict, or elements of a set, have beside those of plain values.

    Raises ValueError for keys that could stop a process, TypeError where one has no hash. A tuple
    is hashed anew with all that it holds, however often parts are shared and however deep they
    are, and so is a slice, which is refused; and numbers that all have one hash make a dict look at
    every one for each of them.
    """
    kinds = set(map(type, keys)) - _RANDOMISED
    parts = 0
    if not kinds:
        return parts
    if any(issubclass(kind, _NESTED) for kind in kinds):
        known: dict[int, tuple[int, int]] = {}
        parts = sum(_parts(key, known, 0)[0] for key in keys)
        if parts > MAX_KEY_PARTS:
            raise ValueError("keys have too many parts")
    if len(keys) > _MAX_OF_ONE_HASH:
        hashed = [key for key in keys if type(key) not in _RANDOMISED]
        if len(hashed) - len(set(map(hash, hashed))) > _MAX_OF_ONE_HASH:
            groups = Counter(map(hash, hashed)).values()
            if sum(size * size for size in groups) > _MAX_COMPARISONS + 64 * len(hashed):
                raise ValueError("too many keys have the same hash")
    return parts


def _parts(key: Any, known: dict[int, tuple[int, int]], depth: int) -> tuple[int, int]:
    """How many parts hashing ``key`` visits, and how deep they nest."""
    if not isinstance(key, _NESTED):
        return 1, 0
    if isinstance(key, slice):
        raise ValueError("a slice is too free a key")
    if id(key) not in known:
        below = (
            [_parts(item, known, depth + 1) for item in key] if depth < MAX_KEY_DEPTH else [(1, 64)]
        )
        parts = 1 + sum(count for count, _ in below)
        height = 1 + max((height for _, height in below), default=0)
        if height > MAX_KEY_DEPTH or parts > MAX_KEY_PARTS:
            raise ValueError("a key nests too deeply or has too many parts")
        known[id(key)] = parts, height
    return known[id(key)]
