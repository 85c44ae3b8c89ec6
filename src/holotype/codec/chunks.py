"""Where the bytes of an array are cut, so that arrays which are alike share most of their pieces.

A cut depends on the few items before it, never on where they stand: after rows were inserted,
appended, removed or changed, the cuts fall between the same items again.

The rule decides what the versions in a store share, so it never changes. Numbers are unsigned of
32 bits, modulo 2**32; words are little-endian.

- An item's number: its words of 8 bytes (of 4, 2 or 1 where it is smaller than that), the last
  one ending where the item ends. Up to 16 words w are combined by s = s × K + w modulo 2**64,
  from s = 0; of more, s is the sum of all whole words from the item's start. The number is the
  upper half of s × K; where the item is one word of 4 bytes or less, the lower half.
- A window's number v: of one item, that item's; of 2n items, v[i] + v[i - n] × M, with another M
  each time. A window has 64 items, or as many, a power of two, as 128 bytes hold, but at least
  one. Before the first item there are zeros.
- A cut's number: v of the window before it, plus A; then (v ^ v >> 15) × C.
- A chunk has ``least`` items, which are average / 4 bytes, or more, and at most average × 4
  bytes. It ends at the first cut, from ``least`` on, whose number is less than 2**32 / (average
  in items - least); if there is none, at the one with the smallest number, the last of equals. If
  what remains of the array is not more than a chunk may have, it is one, unless a number cuts it
  first.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final

import numpy as np
import numpy.typing as npt

__all__ = ["cut_points"]

Numbers = npt.NDArray[np.uint32]

_K: Final = np.uint64(0x9E3779B97F4A7C15)  # the golden ratio
_M: Final = (0x85EBCA6B, 0xC2B2AE35, 0x27D4EB2F, 0x165667B1, 0x9E3779B1, 0x85EBCA77)  # odd
_A: Final = np.uint32(0xB5297A4D)
_C: Final = np.uint32(0x2C1B3C6D)
_ITEMS, _BYTES = 64, 128  # of a window, at most
_COMBINED = 16  # words of an item; more of them are added up
_BLOCK = 1 << 18  # bytes looked at at a time: all of it stays in the cache


def cut_points(data: npt.NDArray[np.uint8], item: int, average: int) -> list[int]:
    """The ends of the chunks of ``data`` (flat), exclusive and ascending; the last is its length.

    ``item`` is the bytes of an item or a row, 1 to 65,536: cuts are multiples of it. ``average`` is
    the bytes that chunks should have. Equal arguments give equal cuts for ever.
    """
    count = len(data) // item
    least = max(-(-average // (4 * item)), 1)
    most = max(4 * average // item, least)
    below = np.uint32(min((1 << 32) // max(average // item - least, 1), (1 << 32) - 1))
    start, ends = 0, []
    for first, numbers in _blocks(data, item, count):
        stop = first + len(numbers)  # cuts behind items first .. stop - 1: at first + 1 .. stop
        found = np.flatnonzero(numbers < below) + (first + 1)
        while count - start > least:
            place = int(found.searchsorted(start + least))
            cut = int(found[place]) if place < len(found) else count + 1
            if cut > start + most:
                if start + most > min(stop, count - 1):
                    break
                cut = _smallest(data, item, start + least, start + most)
            if cut < count:
                ends.append(cut * item)
            start = cut
    return [*ends, len(data)] if len(data) else []


def _blocks(data: npt.NDArray[np.uint8], item: int, count: int) -> Iterator[tuple[int, Numbers]]:
    step = min(max(_BLOCK // item, 1), _BLOCK // 8)
    for first in range(0, count, step):
        yield first, _cut_numbers(data, item, first, min(first + step, count))


def _smallest(data: npt.NDArray[np.uint8], item: int, low: int, high: int) -> int:
    """The last of the cuts from ``low`` to ``high`` that have the smallest number."""
    best, least = high, 1 << 32
    step = max(_BLOCK // item, 1)
    for first in range(low - 1, high, step):
        numbers = _cut_numbers(data, item, first, min(first + step, high))[::-1]
        place = int(numbers.argmin())
        if int(numbers[place]) <= least:
            best, least = first + len(numbers) - place, int(numbers[place])
    return best


def _cut_numbers(data: npt.NDArray[np.uint8], item: int, first: int, stop: int) -> Numbers:
    """The numbers of the cuts behind the items from ``first`` to ``stop``."""
    window = 1
    while window < _ITEMS and 2 * window * item <= _BYTES:
        window *= 2
    begin = max(first - window + 1, 0)
    numbers = _item_numbers(data[begin * item : stop * item], item)
    missing = window - 1 - (first - begin)
    if missing:
        numbers = np.concatenate([np.zeros(missing, np.uint32), numbers])
    width = 1
    for multiplier in _M:
        if width == window:
            break
        earlier = numbers[:-width] * np.uint32(multiplier)
        earlier += numbers[width:]
        numbers, width = earlier, 2 * width
    numbers = numbers + _A
    numbers ^= numbers >> np.uint32(15)
    numbers *= _C
    return numbers


def _item_numbers(data: npt.NDArray[np.uint8], item: int) -> Numbers:
    size = min(1 << (item.bit_length() - 1), 8)
    count = len(data) // item

    def word(offset: int) -> npt.NDArray[Any]:
        return np.ndarray((count,), f"<u{size}", data.data, offset, (item,))

    if item == size < 8:
        return word(0).astype(np.uint32) * (_K & np.uint64(0xFFFFFFFF)).astype(np.uint32)
    if item <= 8 * _COMBINED:
        offsets = [*range(0, item - size, size), item - size]
        total = word(offsets[0]).astype(np.uint64)
        for offset in offsets[1:]:
            total *= _K
            total += word(offset)
    else:
        words = np.ndarray((count, item // 8), "<u8", data.data, 0, (item, 8))
        total = np.add.reduce(words, axis=1)
    total *= _K
    total >>= np.uint64(32)
    return total.astype(np.uint32)
