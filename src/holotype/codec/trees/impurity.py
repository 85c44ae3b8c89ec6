"""What a tree's impurities should be, from its values: formulas that every machine rounds alike.

Only +, −, × and ÷ of IEEE 754 are used, one after the other in a stated order, so that a reader
expects to the last bit what the writer expected. The formulas are those of scikit-learn's
``tree/_criterion.pyx``; what differs in the last places is stored.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.shape import Shape
from holotype.codec.trees.streams import (
    Floats,
    apart,
    estimate,
    get_numbers,
    put_numbers,
    towards,
)
from holotype.codec.trees.values import Means, mean_of
from holotype.errors import FormatError

__all__ = ["read_impurity", "write_impurity"]

_RAW, _GINI, _ENTROPY, _VARIANCE = range(4)  # what impurities are

Counts = npt.NDArray[np.int64]


def gini(counts: Counts, weights: Floats) -> Floats:
    """1 - Σ c² / w², the mean over outputs; ``counts`` are [outputs, classes, nodes]."""
    total = np.zeros(counts.shape[2])
    square = weights * weights
    for output in counts:
        squares = np.zeros(counts.shape[2], np.int64)
        for count in output:
            squares += count * count
        total += 1.0 - squares / square
    return total / len(counts)


def entropy(counts: Counts, weights: Floats) -> Floats:
    """- Σ c/w log2(c/w), the mean over outputs."""
    total = np.zeros(counts.shape[2])
    for output in counts:
        for count in output:
            share = count / weights
            total -= share * _log2(np.where(count > 0, share, 1.0))
    return total / len(counts)


_INVERSE_LN2 = 1.4426950408889634
_TERMS = 12


def _log2(x: Floats) -> Floats:
    """Base-2 logarithm of positive numbers, by the series of artanh; not the C library's, which
    differs between machines in the last place.
    """
    mantissa, exponent = np.frexp(x)
    low = mantissa < 0.7071067811865476
    mantissa = np.where(low, mantissa * 2.0, mantissa)
    z = (mantissa - 1.0) / (mantissa + 1.0)
    square = z * z
    series = np.full(x.shape, 1.0 / (2 * _TERMS + 1))
    for term in range(_TERMS - 1, -1, -1):
        series = series * square + 1.0 / (2 * term + 1)
    result: Floats = (exponent - low) + 2.0 * z * series * _INVERSE_LN2
    return result


def variance(squares: Floats, values: Floats) -> Floats:
    """The mean of squares less the squares of means; ``values`` are [outputs, nodes]."""
    result = squares
    for value in values:
        result = result - value * value
    return result / len(values)


def mean_square(values: Floats) -> Floats:
    """The mean of squares that a node without variance has."""
    result = np.zeros(values.shape[1])
    for value in values:
        result = result + value * value
    return result


def with_variance(impurity: Floats, values: Floats) -> Floats:
    """The mean of squares whose `variance` is ``impurity``, or nearly."""
    return mean_square(values) + impurity * len(values)


def write_impurity(
    writer: Writer,
    actual: Floats,
    columns: Floats,
    classes: npt.NDArray[np.int64] | None,
    weights: Floats,
    shape: Shape,
    level: str,
) -> None:
    best, kind = actual.view(np.uint64), _RAW
    least = estimate(best, level)
    if classes is not None:
        for other, formula in ((_GINI, gini), (_ENTROPY, entropy)):
            difference = apart(actual, formula(classes, weights))
            size = estimate(difference, level)
            if size < least:
                best, kind, least = difference, other, size
            if least * 50 < len(actual):
                break
    else:
        squares = with_variance(actual, columns)
        rest = apart(actual, variance(squares, columns))
        leaf = apart(squares[shape.leaves], mean_square(columns[:, shape.leaves]))
        inner = apart(squares[shape.inner], mean_of(squares, weights, shape))
        streams = (leaf, inner, rest)
        if sum(estimate(stream, level) for stream in streams) < least:
            writer.number(_VARIANCE)
            for stream in streams:
                put_numbers(writer, stream, level)
            return
    writer.number(kind)
    put_numbers(writer, best, level)


def read_impurity(
    reader: Reader,
    columns: Floats,
    classes: npt.NDArray[np.int64] | None,
    weights: Floats,
    shape: Shape,
    means: Means,
) -> Floats:
    kind = reader.number(below=4)
    total = len(shape.leaf)
    if kind == _VARIANCE:
        squares = np.empty(total)
        differences = get_numbers(reader, total - len(shape.inner))
        pure = mean_square(columns[:, shape.leaves])
        squares[shape.leaves] = towards(pure, differences)
        means.fill(squares, get_numbers(reader, len(shape.inner)))
        expected = variance(squares, columns)
        return towards(expected, get_numbers(reader, total))
    words = get_numbers(reader, total)
    if kind == _RAW:
        return words.view(np.float64)
    if classes is None:
        raise FormatError("compressed trees have an impurity of classes, and no classes")
    formula = gini if kind == _GINI else entropy
    return towards(formula(classes, weights), words)
