"""Which values have no identity: they are written in place, and what they hold is all they are."""

from __future__ import annotations

from typing import Any

import numpy as np

__all__ = ["ATOMS", "INLINE_BYTES", "is_pure", "is_value"]

ATOMS = frozenset({str, int, float, bool, type(None)})
INLINE_BYTES = 64
_PURE_ATOMS = 64


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
    if cls in ATOMS or cls in (bytes, complex) or isinstance(item, (np.generic, type)):
        return True
    return cls in (tuple, frozenset) and all(map(is_value, item))
