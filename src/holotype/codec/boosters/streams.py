"""How the arrays of boosters are written: as what they differ by from what was expected of them."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.boosters.decimals import from_decimals, to_decimals
from holotype.codec.columns import make_plan, read_column, write_column
from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.shape import Misfit
from holotype.codec.trees.streams import estimate, get_numbers, put_numbers, sampled
from holotype.codec.words import Words, fold, unfold
from holotype.errors import FormatError

__all__ = [
    "get_by_feature",
    "get_decimals",
    "get_expected",
    "get_floats",
    "get_signed",
    "put_by_feature",
    "put_decimals",
    "put_expected",
    "put_floats",
    "put_signed",
    "same_bits",
    "size_apart",
]

Array = npt.NDArray[Any]
Words64 = npt.NDArray[np.uint64]

_AS_STORED, _EXPECTED = range(2)
_WHOLE_BELOW = 1 << 24  # whole numbers that every float holds


def words_of(floats: Array) -> Words:
    return floats.view(f"u{floats.itemsize}")


def same_bits(one: Array, other: Array) -> bool:
    return one.shape == other.shape and bool((words_of(one) == words_of(other)).all())


def put_floats(writer: Writer, floats: Array, level: str) -> None:
    """Floats of which nothing is known, but that they may be whole numbers."""
    whole = np.where(np.abs(floats) < _WHOLE_BELOW, floats, 0).astype(np.int64)
    fits = same_bits(whole.astype(floats.dtype), floats)
    writer.number(_EXPECTED if fits else _AS_STORED)
    if fits:
        put_signed(writer, whole, level)
    else:
        _put_words(writer, words_of(floats), level)


def get_floats(reader: Reader, count: int, dtype: np.dtype[Any]) -> Array:
    if reader.number(below=2) == _EXPECTED:
        return get_signed(reader, count).astype(dtype)
    return read_column(reader, count, np.dtype(f"u{dtype.itemsize}")).view(dtype)


def _put_words(writer: Writer, words: Words, level: str) -> None:
    write_column(writer, words, make_plan(sampled(words), "f", level))


def put_signed(writer: Writer, numbers: Array, level: str) -> None:
    put_numbers(writer, fold(numbers.astype(np.int64).view(np.uint64)), level)


def get_signed(reader: Reader, count: int) -> npt.NDArray[np.int64]:
    return unfold(get_numbers(reader, count)).view(np.int64)


def put_expected(writer: Writer, floats: Array, expected: Array, level: str) -> None:
    """By how many units in the last place they differ, if that is less than the floats are."""
    words = words_of(floats)
    difference = fold(words - _bits(expected.astype(floats.dtype)))
    fits = estimate(difference, level) < estimate(words, level)
    writer.number(_EXPECTED if fits else _AS_STORED)
    if fits:
        put_numbers(writer, difference, level)
    else:
        put_floats(writer, floats, level)


def get_expected(reader: Reader, expected: Array, dtype: np.dtype[Any]) -> Array:
    if reader.number(below=2) == _AS_STORED:
        return get_floats(reader, len(expected), dtype)
    bits = _bits(expected.astype(dtype))
    difference = get_numbers(reader, len(bits)).astype(bits.dtype)
    return (bits + unfold(difference)).view(dtype)


def size_apart(floats: Array, expected: Array, level: str) -> float:
    """About how many bytes `put_expected` takes."""
    return estimate(fold(words_of(floats) - _bits(expected.astype(floats.dtype))), level)


def _bits(floats: Array) -> Words:
    """As words; NaN, which has other bits on other processors, as zero."""
    words = words_of(floats)
    return np.where(np.isnan(floats), words.dtype.type(0), words)


def put_decimals(writer: Writer, floats: Array, expected: Array, level: str) -> None:
    """Floats read from texts of six digits; `Misfit` if they are not."""
    codes = to_decimals(floats)
    if not same_bits(from_decimals(codes), floats):
        raise Misfit
    put_signed(writer, codes - to_decimals(expected), level)


def get_decimals(reader: Reader, expected: Array) -> Array:
    return from_decimals(get_signed(reader, len(expected)) + to_decimals(expected))


def put_by_feature(writer: Writer, words: Words, features: Words64, level: str) -> None:
    """Thresholds: those of each feature once, sorted, and which of them each split has."""
    distinct, which = np.unique(words, return_inverse=True)
    if not len(words) or features.max() >= 1 << 32:
        raise Misfit
    size = np.uint64(len(distinct))
    pairs, index = np.unique(features * size + which.astype(np.uint64), return_inverse=True)
    values, of = distinct[pairs % size], pairs // size
    places = np.arange(int(features.max()) + 1 if features.max() < len(words) else 0)
    first = np.searchsorted(of, places.astype(np.uint64))
    fits = len(places) and 1.2 * (len(values) + len(first)) < len(words)
    writer.number(_EXPECTED if fits else _AS_STORED)
    if not fits:
        _put_words(writer, words, level)
        return
    writer.count(len(first))
    put_numbers(writer, np.diff(first, append=len(values)).astype(np.uint64), level)
    _put_words(writer, values, level)
    put_numbers(writer, index.astype(np.uint64) - first[features].astype(np.uint64), level)


def get_by_feature(reader: Reader, width: int, features: Words64) -> Words:
    dtype: np.dtype[Any] = np.dtype(f"u{width}")
    count = len(features)
    if reader.number(below=2) == _AS_STORED:
        return read_column(reader, count, dtype)
    each = get_numbers(reader, reader.count(most=count))
    if not len(each) or features.max() >= len(each) or each.max() > count or each.sum() > count:
        raise FormatError("compressed trees have other thresholds than features")
    values = read_column(reader, int(each.sum()), dtype)
    index = get_numbers(reader, count)
    if (index >= each[features]).any():
        raise FormatError("compressed trees choose a value that is not there")
    first = np.cumsum(each) - each
    result: Words = values[first[features] + index]
    return result
