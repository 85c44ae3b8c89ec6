"""Numbers as unsigned words, and the exact ways of turning them into words that pack better.

Every function has its inverse beside it, and works for any bits: arithmetic is modulo the width.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.frames import Bytes

__all__ = [
    "Words",
    "fold",
    "from_deltas",
    "join",
    "narrow",
    "split",
    "to_deltas",
    "unfold",
]

Words = npt.NDArray[Any]
"""One-dimensional, contiguous, of an unsigned dtype in native order."""

_ONE, _SEVEN, _LOW, _HIGH = (np.uint8(number) for number in (1, 7, 0x7F, 0x80))

_SHIFTED = 4  # bytes: from wider words it is quicker to pick them

# Each call of NumPy is made on as much as there is, though less would stay in the cache: between
# two calls a thread needs the interpreter, and threads that wait for it are no quicker than one.


def split(words: Words, *, move_sign: bool = False) -> Bytes:
    """Byte planes: row ``i`` holds the ``i``-th byte of every word, the lowest first.

    ``move_sign`` is for floats: the sign goes from the first byte to the second, and the exponent
    fills the first. Of a float32 or a bfloat16 it is then in one plane, which alone packs.
    """
    count, width = len(words), words.itemsize
    if width == 1:
        return words.view(np.uint8).reshape(1, count)
    planes = np.empty((width, count), np.uint8)
    if width > _SHIFTED:
        for plane, row in zip(planes, _bytes_of(words), strict=True):
            plane[:] = row
    else:
        for place, plane in enumerate(planes):
            np.right_shift(words, 8 * place, out=plane, casting="unsafe")
    if move_sign:
        _move_sign(planes[-2], planes[-1])
    return planes


def join(
    planes: list[Bytes],
    dtype: np.dtype[Any],
    out: Words | None = None,
    *,
    sign_moved: bool = False,
) -> Words:
    """Words again, of as many bytes as there are planes; in ``out``, if there is one."""
    if len(planes) == 1 and out is None:
        return planes[0].view(dtype)
    words = np.empty(len(planes[0]), dtype) if out is None else out
    if sign_moved:
        planes = [*planes[:-2], *_signs_back(planes[-2], planes[-1])]
    if len(planes) == 2:
        np.left_shift(planes[1], 8, out=words, dtype=dtype)
        words |= planes[0]
        return words
    for plane, row in zip(planes, _bytes_of(words), strict=True):
        row[:] = plane
    return words


def _bytes_of(words: Words) -> Bytes:
    """Row ``i`` is the ``i``-th byte of every word, the lowest first, where it is in memory."""
    rows = words.view(np.uint8).reshape(len(words), words.itemsize).T
    return rows if sys.byteorder == "little" else rows[::-1]


def _move_sign(low: Bytes, high: Bytes) -> None:
    sign = high & _HIGH
    high <<= _ONE
    high |= low >> _SEVEN
    low &= _LOW
    low |= sign


def _signs_back(low: Bytes, high: Bytes) -> tuple[Bytes, Bytes]:
    """What `_move_sign` began with; ``low`` and ``high`` may be read-only."""
    first = high >> _ONE
    first |= low & _HIGH
    second = low & _LOW
    second |= high << _SEVEN
    return second, first


def fold(words: Words) -> Words:
    """Signed numbers in two's complement as small words: 0, -1, 1, -2 → 0, 1, 2, 3."""
    signs = words.view(words.dtype.str.replace("u", "i")) >> (8 * words.itemsize - 1)
    result: Words = words << 1
    result ^= signs.view(words.dtype)
    return result


def unfold(words: Words) -> Words:
    result: Words = words >> 1
    result ^= -(words & 1)
    return result


def to_deltas(words: Words) -> Words:
    """Each word's difference from the one before it, folded; the first one's from 0."""
    result = words.copy()
    result[1:] -= words[:-1]
    return fold(result)


def from_deltas(words: Words) -> Words:
    return np.cumsum(unfold(words), dtype=words.dtype)


def narrow(words: Words) -> Words:
    """The same numbers in the smallest width that holds them all."""
    most = int(words.max()) if len(words) else 0
    for width in (1, 2, 4):
        if most < 1 << 8 * width:
            return words.astype(f"u{width}", copy=False)
    return words
