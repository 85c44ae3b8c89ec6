"""What nodes count: of inner ones it is the sum of their children's, so leaves are enough.

Weights that are no whole numbers add up with rounding: what the last places differ by is stored.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.shape import Shape
from holotype.codec.trees.streams import (
    Floats,
    apart,
    get_numbers,
    get_words,
    put_numbers,
    put_words,
    towards,
)
from holotype.codec.words import fold, unfold

__all__ = [
    "AS_STORED",
    "EXPECTED",
    "MOST_WEIGHT",
    "Sums",
    "larger_left",
    "read_samples",
    "read_weights",
    "whole",
    "write_samples",
    "write_weights",
]

AS_STORED, EXPECTED = 0, 1
_STORED, _SAME, _WHOLE, _SUMS = range(4)  # what weights are

MOST_WEIGHT = 1 << 26  # the squares of whole weights are exact up to here


class Sums:
    """Fills in, for whole numbers of leaves, what they add up to in inner nodes."""

    def __init__(self, shape: Shape) -> None:
        self._shape = shape

    def __call__(self, leaves: npt.NDArray[np.int64]) -> npt.NDArray[np.int64]:
        shape = self._shape
        if shape.ends is not None:
            until = np.zeros(len(shape.leaf) + 1, np.int64)
            until[shape.leaves + 1] = leaves
            np.cumsum(until, out=until)
            return until[shape.ends] - until[:-1]
        result = np.empty(len(shape.leaf), np.int64)
        result[shape.leaves] = leaves
        for level in reversed(shape.levels):
            result[shape.inner[level]] = result[shape.left[level]] + result[shape.right[level]]
        return result


def larger_left(samples: npt.NDArray[np.int64], shape: Shape) -> npt.NDArray[np.uint8]:
    """Where nothing was missing in training, what is missing goes with the larger child."""
    result = np.zeros(len(samples), np.uint8)
    result[shape.inner] = samples[shape.left] > samples[shape.right]
    return result


def _adds_up(numbers: npt.NDArray[Any], shape: Shape) -> bool:
    return bool((numbers[shape.inner] == numbers[shape.left] + numbers[shape.right]).all())


def write_samples(writer: Writer, samples: npt.NDArray[np.int64], shape: Shape, level: str) -> None:
    fits = _adds_up(samples, shape)
    writer.number(EXPECTED if fits else AS_STORED)
    put_numbers(writer, (samples[shape.leaves] if fits else samples).view(np.uint64), level)


def read_samples(reader: Reader, shape: Shape, sums: Sums) -> npt.NDArray[np.int64]:
    if reader.number(below=2) == AS_STORED:
        return get_numbers(reader, len(shape.leaf)).view(np.int64)
    leaves = len(shape.leaves)
    return sums(get_numbers(reader, leaves).view(np.int64))


def write_weights(
    writer: Writer, weights: Floats, samples: npt.NDArray[np.int64], shape: Shape, level: str
) -> None:
    words = weights.view(np.uint64)
    if (words == samples.astype(np.float64).view(np.uint64)).all():
        writer.number(_SAME)
        return
    exact = whole(weights)
    if exact is not None and _adds_up(exact, shape):
        writer.number(_WHOLE)
        more = exact[shape.leaves] - samples[shape.leaves]  # of a bootstrap: what was drawn again
        put_numbers(writer, fold(more.view(np.uint64)), level)
        return
    if (weights > 0).all():
        writer.number(_SUMS)
        put_words(writer, words[shape.leaves], level)
        expected = weights[shape.left] + weights[shape.right]
        put_numbers(writer, apart(weights[shape.inner], expected), level)
        return
    writer.number(_STORED)
    put_words(writer, words, level)


def whole(floats: Floats) -> npt.NDArray[np.int64] | None:
    """The same as whole numbers, if they are, and small enough to be exact."""
    if not (np.abs(floats) < MOST_WEIGHT).all():
        return None
    result = np.rint(floats).astype(np.int64)
    same = result.astype(np.float64).view(np.uint64) == floats.view(np.uint64)
    return result if same.all() else None


def read_weights(
    reader: Reader,
    samples: npt.NDArray[np.int64],
    shape: Shape,
    sums: Sums,
) -> Floats:
    how = reader.number(below=4)
    total, leaves = len(shape.leaf), len(shape.leaves)
    if how == _SAME:
        return samples.astype(np.float64)
    if how == _STORED:
        return get_words(reader, total).view(np.float64)
    if how == _WHOLE:
        more = unfold(get_numbers(reader, leaves)).view(np.int64)
        return sums(samples[shape.leaves] + more).astype(np.float64)
    result = np.empty(total)
    result[shape.leaves] = get_words(reader, leaves).view(np.float64)
    differences = get_numbers(reader, len(shape.inner))
    for level in reversed(shape.levels):
        expected = result[shape.left[level]] + result[shape.right[level]]
        result[shape.inner[level]] = towards(expected, differences[level])
    return result
