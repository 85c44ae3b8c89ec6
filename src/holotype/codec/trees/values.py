"""What nodes predict: of leaves class counts or floats, of inner nodes what follows from them.

Where a fraction or a mean is not to the last bit what it should be, the difference is stored.
"""

from __future__ import annotations

from functools import cached_property

import numpy as np
import numpy.typing as npt

from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.pools import Pools, get_pooled, put_pooled
from holotype.codec.trees.shape import Shape
from holotype.codec.trees.streams import (
    Floats,
    apart,
    estimate,
    get_numbers,
    get_words,
    moved,
    put_numbers,
    put_words,
    towards,
)
from holotype.codec.trees.sums import AS_STORED, EXPECTED, MOST_WEIGHT, Sums, whole
from holotype.codec.words import unfold
from holotype.errors import FormatError

__all__ = ["Means", "mean_of", "read_values", "write_values"]

_FRACTIONS, _COUNTS, _MEANS = range(3)  # what values are


def write_values(
    writer: Writer, values: Floats, weights: Floats, shape: Shape, pools: Pools, level: str
) -> npt.NDArray[np.int64] | None:
    """``values`` are [outputs, classes, nodes]; gives the class counts, if they have any."""
    counts = None
    if values.shape[1] > 1 and whole(weights) is not None:
        counts, kind = _class_counts(values, weights, shape)
    if counts is not None:
        writer.number(kind)
        _write_class_counts(writer, counts, weights, shape, level)
        inner = shape.inner
        expected = _values_of(np.take(counts, inner, axis=-1), weights[inner], kind)
        difference = apart(np.take(values, inner, axis=-1), expected)
        put_numbers(writer, difference.reshape(-1), level)
        return counts
    writer.number(_MEANS)
    nothing = np.empty(0, np.uint64)
    for column in values.reshape(-1, values.shape[-1]):
        words = column.view(np.uint64)
        put_pooled(writer, words[shape.leaves], pools.leaves, nothing, level)
        _write_means(writer, column, weights, shape, level)
    return None


def _class_counts(
    values: Floats, weights: Floats, shape: Shape
) -> tuple[npt.NDArray[np.int64] | None, int]:
    for kind in (_FRACTIONS, _COUNTS):
        counts = np.rint(values * weights if kind == _FRACTIONS else values)
        if not (counts.min() >= 0 and counts.max() < MOST_WEIGHT):
            continue
        leaves = np.take(counts, shape.leaves, axis=-1)
        total = weights[shape.leaves]
        expected = leaves / total if kind == _FRACTIONS else leaves
        actual = np.take(values, shape.leaves, axis=-1)
        if (expected.view(np.uint64) == actual.view(np.uint64)).all() and (
            leaves.sum(axis=1) == total  # exact in any order: they are whole numbers
        ).all():
            return counts.astype(np.int64), kind
    return None, _MEANS


def _values_of(counts: npt.NDArray[np.int64], weights: Floats, kind: int) -> Floats:
    floats = counts.astype(np.float64)
    if kind == _FRACTIONS:
        floats /= weights
    return floats


def _write_class_counts(
    writer: Writer, counts: npt.NDArray[np.int64], weights: Floats, shape: Shape, level: str
) -> None:
    """Of pure leaves the class; of others the count of each class but the last."""
    total = weights[shape.leaves].astype(np.int64)
    for output in counts:
        leaves = [of_class[shape.leaves] for of_class in output]
        pure = np.zeros(len(total), np.uint8)
        major = np.zeros(len(total), np.uint64)
        for place, of_class in enumerate(leaves):
            whole_leaf = of_class == total
            pure |= whole_leaf
            major |= whole_leaf * np.uint64(place)
        put_numbers(writer, pure, level)
        put_numbers(writer, major[np.flatnonzero(pure)], level)
        rest = np.flatnonzero(pure == 0)
        mixed = [of_class[rest] for of_class in leaves[:-1]]
        put_numbers(writer, np.concatenate(mixed).view(np.uint64), level)


def _read_class_counts(
    reader: Reader, tail: tuple[int, int], weights: Floats, shape: Shape, sums: Sums
) -> npt.NDArray[np.int64]:
    outputs, classes = tail
    total = weights[shape.leaves].astype(np.int64)
    counts = np.empty((outputs, classes, len(shape.leaf)), np.int64)
    for output in counts:
        pure = get_numbers(reader, len(total))
        which, rest = np.flatnonzero(pure), np.flatnonzero(pure == 0)
        major = get_numbers(reader, len(which))
        if len(major) and major.max() >= classes:
            raise FormatError("compressed trees name a class that does not exist")
        leaves = np.zeros((classes, len(total)), np.int64)
        leaves[major.astype(np.int64), which] = total[which]
        mixed = get_numbers(reader, len(rest) * (classes - 1)).view(np.int64)
        mixed = mixed.reshape(classes - 1, -1)
        leaves[:-1, rest] = mixed
        leaves[-1, rest] = total[rest] - mixed.sum(axis=0)
        output[-1] = weights  # less what the other classes have
        for all_of_class, of_leaves in zip(output[:-1], leaves, strict=False):
            all_of_class[:] = sums(of_leaves)
            output[-1] -= all_of_class
    return counts


def _write_means(writer: Writer, column: Floats, weights: Floats, shape: Shape, level: str) -> None:
    actual = column[shape.inner]
    difference = apart(actual, mean_of(column, weights, shape))
    if estimate(difference, level) < estimate(actual.view(np.uint64), level):
        writer.number(EXPECTED)
        put_numbers(writer, difference, level)
    else:
        writer.number(AS_STORED)
        put_words(writer, actual.view(np.uint64), level)


def mean_of(column: Floats, weights: Floats, shape: Shape) -> Floats:
    """Of inner nodes: the weighted mean of their children."""
    left, right = shape.left, shape.right
    total = column[left] * weights[left] + column[right] * weights[right]
    result: Floats = total / weights[shape.inner]
    return result


class Means:
    """Fills in `mean_of` from the leaves up, and by how much each mean is another one."""

    def __init__(self, shape: Shape, weights: Floats) -> None:
        self._shape = shape
        self._weights = weights

    @cached_property
    def _steps(self) -> list[tuple[slice, Floats, Floats, Floats]]:
        """For each level, its part of everything below, and the weights of left, right and own."""
        weights, nodes = self._weights, self._nodes
        gathered = [weights[each] for each in nodes]
        steps, start = [], 0
        for level in reversed(self._shape.levels):
            part = slice(start, start + len(level))
            steps.append((part, gathered[0][part], gathered[1][part], gathered[2][part]))
            start = part.stop
        return steps

    @cached_property
    def _order(self) -> npt.NDArray[np.intp]:
        levels = self._shape.levels[::-1]
        return np.concatenate(levels) if levels else np.empty(0, np.intp)

    @cached_property
    def _nodes(self) -> tuple[npt.NDArray[np.int64], ...]:
        shape, order = self._shape, self._order
        return shape.left[order], shape.right[order], shape.inner[order]

    def fill(self, column: Floats, folded: npt.NDArray[np.uint64]) -> None:
        distance = unfold(folded)[self._order]
        lefts, rights, nodes = self._nodes
        for part, left, right, own in self._steps:
            total = column[lefts[part]] * left
            total += column[rights[part]] * right
            total /= own
            column[nodes[part]] = moved(total, distance[part])


def read_values(
    reader: Reader,
    tail: tuple[int, int],
    weights: Floats,
    shape: Shape,
    sums: Sums,
    means: Means,
    pools: Pools,
) -> tuple[Floats, npt.NDArray[np.int64] | None]:
    """[outputs × classes, nodes], and the class counts, if they have any."""
    kind = reader.number(below=3)
    total = len(shape.leaf)
    if kind != _MEANS:
        if tail[1] < 2 or not (np.abs(weights) < MOST_WEIGHT).all():
            raise FormatError("compressed trees count classes where there are none")
        counts = _read_class_counts(reader, tail, weights, shape, sums)
        values = _values_of(counts, weights, kind)
        differences = get_numbers(reader, tail[0] * tail[1] * len(shape.inner))
        if differences.any():
            differences = differences.reshape(*tail, -1)
            values[..., shape.inner] = towards(
                np.ascontiguousarray(values[..., shape.inner]), differences
            )
        return values.reshape(-1, total), counts
    values = np.empty((tail[0] * tail[1], total))
    nothing = np.empty(0, np.uint64)
    for column in values:
        words = get_pooled(reader, total - len(shape.inner), pools.leaves, nothing)
        column[shape.leaves] = words.view(np.float64)
        _read_means(reader, column, means, shape)
    return values, None


def _read_means(reader: Reader, column: Floats, means: Means, shape: Shape) -> None:
    if reader.number(below=2) == AS_STORED:
        column[shape.inner] = get_words(reader, len(shape.inner)).view(np.float64)
    else:
        means.fill(column, get_numbers(reader, len(shape.inner)))
