"""The streams of a batch of trees: numbers in the least width, floats as what they differ by."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.columns import DELTAS, PLANES, plan_for, read_column, write_column
from holotype.codec.frames import Reader, Writer
from holotype.codec.words import Words, fold, narrow, unfold
from holotype.errors import FormatError

__all__ = [
    "Floats",
    "Table",
    "apart",
    "estimate",
    "get_numbers",
    "get_words",
    "moved",
    "put_numbers",
    "put_words",
    "sampled",
    "towards",
]

Floats = npt.NDArray[np.float64]
Table = dict[str, npt.NDArray[Any]]
"""The fields of nodes, each by itself."""

_SAMPLE = 1 << 12  # words
_RUNS = 8


def sampled(words: Words) -> Words:
    """Some runs of words from all over, or all of them if they are few."""
    if len(words) <= _SAMPLE:
        return words
    length = _SAMPLE // _RUNS
    starts = np.linspace(0, len(words) - length, _RUNS).astype(np.int64)
    return np.concatenate([words[start : start + length] for start in starts])


def estimate(words: Words, level: str) -> float:
    """About how many bytes `put_numbers` takes for ``words``."""
    sample = narrow(sampled(words))
    return plan_for(sample, PLANES, level=level).share * sample.itemsize * len(words)


def put_numbers(writer: Writer, words: Words, level: str, *, sorted_: bool = False) -> None:
    """Unsigned numbers, in the width that the largest of them takes."""
    words = narrow(words)
    writer.number(words.itemsize)
    put_words(writer, words, level, sorted_=sorted_)


def get_numbers(reader: Reader, count: int) -> npt.NDArray[np.uint64]:
    """What `put_numbers` wrote, as 64-bit words."""
    width = reader.number(below=9)
    if width not in (1, 2, 4, 8):
        raise FormatError("compressed trees hold numbers of a width that does not exist")
    return read_column(reader, count, np.dtype(f"u{width}")).astype(np.uint64)


def put_words(writer: Writer, words: Words, level: str, *, sorted_: bool = False) -> None:
    """Words as they are: floats, seen as such."""
    if len(words):
        way = DELTAS if sorted_ else PLANES
        write_column(writer, words, plan_for(sampled(words), way, level=level))


def get_words(reader: Reader, count: int) -> npt.NDArray[np.uint64]:
    return read_column(reader, count, np.dtype(np.uint64))


def apart(actual: Floats, expected: Floats) -> npt.NDArray[np.uint64]:
    """How far floats are from what is expected, in units in the last place, folded."""
    return fold(actual.view(np.uint64) - _bits(expected))


def towards(expected: Floats, folded: npt.NDArray[Any]) -> Floats:
    """The floats that are that far from what is expected."""
    return moved(expected, unfold(folded))


def moved(expected: Floats, distance: npt.NDArray[Any]) -> Floats:
    """The floats that are that many units in the last place further than what is expected."""
    result: Floats = (_bits(expected) + distance).view(np.float64)
    return result


def _bits(expected: Floats) -> npt.NDArray[np.uint64]:
    """As words; NaN, which has other bits on other processors, as zero."""
    bits = expected.view(np.uint64)
    nothing = np.isnan(expected)
    return np.where(nothing, np.uint64(0), bits) if nothing.any() else bits
