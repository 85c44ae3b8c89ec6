"""How much a model would take to write, of what is written wherever it stands.

Text, numbers, small tuples and sets have no identity: a blueprint repeats them at every place, and
a pickle refers to them with two bytes. Rule: a file that would become far larger than it is ends
with an error before anything of that size is made.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np

from holotype.errors import LegacyError
from holotype.legacy.symbols import Dict, Symbol

__all__ = ["LIGHT", "WEIGHED", "Weights"]

LIGHT = frozenset({type(None), bool, float, complex})
"""What weighs nothing to speak of."""

WEIGHED = frozenset({str, bytes, int, memoryview, tuple, frozenset})

_FREE = 1 << 27  # bytes
_RATIO = 32  # and for each byte of the file
_MAX_AGAIN = 1 << 22  # parts that objects may have in common, counted each time but the first
_MAX_PURE = 64  # parts; larger tuples are written once
_FIELD = 32  # bytes, of a dtype


class Weights:
    """What one file of ``size`` bytes may still say."""

    def __init__(self, size: int) -> None:
        self.left = _FREE + _RATIO * size
        # Of tuples and frozensets that are written wherever they stand, by id: parts and bytes.
        self.known: dict[int, tuple[int, int]] = {}
        self.used: set[int] = set()  # ids of what some object is made of
        self.again = 0

    def add(self, value: Any) -> None:
        """Account for a value at one of its places."""
        self.left -= self._of(value)
        if self.left < 0:
            raise LegacyError("what it says would take far more bytes to write than it has")

    def note(self, value: tuple[Any, ...] | frozenset[Any]) -> None:
        """Remember what it takes to write a tuple or frozenset, if it has no identity."""
        parts = 1 + len(value) + sum([self.known.get(id(item), (0, 0))[0] for item in value])
        if type(value) is frozenset or parts <= _MAX_PURE:
            self.known[id(value)] = parts, parts + sum(map(self._of, value))

    def use(self, part: Symbol) -> None:
        """Account for arguments, a state or a part of these, which another object may have too."""
        kind = type(part)
        if kind not in WEIGHED and kind is not list and kind is not Dict:
            return
        if id(part) in self.used:
            if kind is list or kind is tuple or kind is Dict:
                self.again += len(part.pairs if kind is Dict else part)
                if self.again > _MAX_AGAIN:
                    raise LegacyError("too many objects are made of the same parts")
            else:
                self.add(part)
        self.used.add(id(part))

    def _of(self, value: Any) -> int:
        kind = type(value)
        if kind is str or kind is bytes or kind is memoryview:
            return len(value)
        if kind is int:
            return int(value.bit_length()) >> 2
        if kind is tuple or kind is frozenset:
            return self.known.get(id(value), (0, 0))[1]
        if isinstance(value, np.generic):
            return int(value.nbytes)
        return _FIELD * _fields(value) if isinstance(value, np.dtype) else 0


def _fields(dtype: np.dtype[Any]) -> int:
    """How many fields there are in a dtype, at all depths."""
    if dtype.subdtype is not None:
        return _fields(dtype.subdtype[0])
    if dtype.fields is None:
        return 0
    names: Sequence[str] = dtype.names or ()
    return sum([1 + _fields(dtype.fields[name][0]) for name in names])
