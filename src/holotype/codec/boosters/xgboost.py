"""The trees of XGBoost, node by node: children, covers, weights and gains follow from leaves.

Where nodes were added level by level, it is enough to know which are leaves. A leaf has the
learning rate in its weight, or else only in its answer, which then is its weight times that.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from holotype.codec.boosters.streams import (
    get_by_feature,
    get_expected,
    get_floats,
    put_by_feature,
    put_expected,
    put_floats,
    same_bits,
    size_apart,
)
from holotype.codec.columns import make_plan, read_column, write_column
from holotype.codec.frames import Reader, Writer
from holotype.codec.trees import gradients
from holotype.codec.trees.shape import Misfit, Shape, from_left
from holotype.codec.trees.streams import get_numbers, put_numbers, sampled

__all__ = ["XGBoost"]

Array = npt.NDArray[Any]

_AS_STORED, _LEVEL_BY_LEVEL = range(2)


class XGBoost:
    """Writes and reads the columns of a booster; ``known`` are those that came before."""

    NAMES: Final = frozenset({"nodes", "left", "feature", "threshold", "default_left", "weight"})
    DTYPES: Final = {
        "left": "<i4",
        "feature": "<i4",
        "default_left": "|b1",
        "cover": "<f4",
        "weight": "<f4",
        "threshold": "<f4",
        "gain": "<f4",
    }
    FIRST: Final = ("nodes",)
    OF_TREES: Final = ("nodes", "group")  # one item for each tree

    def __init__(self, level: str) -> None:
        self.known: dict[str, Array] = {}
        self._level = level
        self._training = gradients.Training(1.0, 1.0)

    @classmethod
    def items_of_trees(cls, columns: Mapping[str, Array]) -> dict[str, Array]:
        """How many items of each column belong to each tree."""
        return dict.fromkeys(cls.DTYPES, columns["nodes"])

    def write(self, name: str, writer: Writer, array: Array) -> None:
        """``array``, by what is known; raises `Misfit` if it does not fit."""
        if name == "left":
            self._write_left(writer, array)
            return
        shape = self._shape
        if len(array) != len(shape.leaf):
            raise Misfit
        leaves, inner = array[shape.leaves], array[shape.inner]
        if name in ("feature", "default_left", "gain") and leaves.view(f"u{leaves.itemsize}").any():
            raise Misfit
        if name == "feature":
            put_numbers(writer, inner.view(np.uint32), self._level)
        elif name == "default_left":
            flags = inner.view(np.uint8)
            write_column(writer, flags, make_plan(sampled(flags), "b", self._level))
        elif name == "cover":
            put_floats(writer, leaves, self._level)
            put_expected(writer, inner, self._up(leaves)[shape.inner], self._level)
        elif name == "weight":
            self._write_weight(writer, array)
        elif name == "threshold":
            put_by_feature(writer, inner.view(np.uint32), self._features(), self._level)
            rate = self._rate(leaves)
            writer.real(rate)
            put_expected(writer, leaves, self._answers(rate), self._level)
        else:
            put_expected(writer, inner, self._gains(), self._level)

    def read(self, name: str, reader: Reader, count: int) -> Array:
        """The ``count`` items that were written."""
        if name == "left":
            return self._read_left(reader, count)
        shape, dtype = self._shape, np.dtype(self.DTYPES[name])
        if count != len(shape.leaf):
            raise Misfit
        result = np.zeros(count, dtype)
        splits, leaves = len(shape.inner), len(shape.leaves)
        if name == "feature":
            result[shape.inner] = get_numbers(reader, splits)
        elif name == "default_left":
            result[shape.inner] = read_column(reader, splits, np.dtype(np.uint8)) != 0
        elif name == "cover":
            result[shape.leaves] = get_floats(reader, leaves, dtype)
            expected = self._up(result[shape.leaves])[shape.inner]
            result[shape.inner] = get_expected(reader, expected, dtype)
        elif name == "weight":
            result[shape.leaves] = get_floats(reader, leaves, dtype)
            self._training = gradients.Training(reader.real(), reader.real())
            expected = self._weights(result[shape.leaves])
            result[shape.inner] = get_expected(reader, expected, dtype)
        elif name == "threshold":
            words = get_by_feature(reader, 4, self._features())
            result[shape.inner] = words.view(dtype)
            expected = self._answers(reader.real())
            result[shape.leaves] = get_expected(reader, expected, dtype)
        else:
            result[shape.inner] = get_expected(reader, self._gains(), dtype)
        return result

    # -- children ----------------------------------------------------------------------------------

    def _write_left(self, writer: Writer, left: Array) -> None:
        leaf = left < 0
        counts = self._counts(len(left))
        if (left[leaf] != -1).any():
            raise Misfit
        bits = leaf.view(np.uint8)
        inner = left[~leaf].astype(np.int64)
        fits = bool((inner == _expected_left(leaf, counts)).all())
        write_column(writer, bits, make_plan(sampled(bits), "b", self._level))
        writer.number(_LEVEL_BY_LEVEL if fits else _AS_STORED)
        if fits:
            return
        if not (inner & 1).all():
            raise Misfit
        put_numbers(writer, (inner >> 1).view(np.uint64), self._level)

    def _read_left(self, reader: Reader, count: int) -> Array:
        counts = self._counts(count)
        leaf = read_column(reader, count, np.dtype(np.uint8)) != 0
        result = np.full(count, -1, np.int32)
        if reader.number(below=2) == _LEVEL_BY_LEVEL:
            result[~leaf] = _expected_left(leaf, counts)
        else:
            result[~leaf] = get_numbers(reader, int(np.count_nonzero(~leaf))) * 2 + 1
        return result

    def _counts(self, total: int) -> npt.NDArray[np.int64]:
        counts = self.known["nodes"].astype(np.int64)
        if not total or counts.min(initial=0) < 0 or (counts == 0).any() or counts.sum() != total:
            raise Misfit
        return counts

    @cached_property
    def _shape(self) -> Shape:
        left = self.known["left"]
        leaf = left < 0
        return from_left(leaf, self._counts(len(left)), left[~leaf].astype(np.int64))

    # -- what is expected --------------------------------------------------------------------------

    def _features(self) -> npt.NDArray[np.uint64]:
        return self.known["feature"][self._shape.inner].view(np.uint32).astype(np.uint64)

    def _up(self, leaves: Array) -> gradients.Floats:
        return gradients.up(leaves.astype(np.float64), self._shape)

    @cached_property
    def _hessians(self) -> gradients.Floats:
        if len(self.known.get("cover", ())) != len(self._shape.leaf):
            raise Misfit
        return self._up(self.known["cover"][self._shape.leaves])

    def _totals(self, leaves: Array) -> gradients.Totals:
        return gradients.totals(
            leaves.astype(np.float64),
            self._hessians,
            self._training,
            self._shape,
        )

    def _weights(self, leaves: Array) -> gradients.Floats:
        return gradients.answers(self._totals(leaves), self._training.penalty, self._shape)

    def _answers(self, rate: float) -> Array:
        """Of leaves."""
        return self._leaf_weights() * np.float32(rate)

    def _gains(self) -> gradients.Floats:
        totals = self._totals(self._leaf_weights())
        return gradients.gains(totals, self._training.penalty, self._shape)

    def _leaf_weights(self) -> Array:
        weights = self.known["weight"]
        if weights.dtype != np.float32 or weights.shape != self._shape.leaf.shape:
            raise Misfit
        return weights[self._shape.leaves]

    # -- what they were trained with ---------------------------------------------------------------

    def _write_weight(self, writer: Writer, weights: Array) -> None:
        shape = self._shape
        leaves, inner = weights[shape.leaves], weights[shape.inner]
        put_floats(writer, leaves, self._level)
        trees, nodes = gradients.some_trees(self.known["nodes"])
        part = XGBoost(self._level)
        part.known = {"nodes": self.known["nodes"][trees]}
        part.known |= {name: self.known[name][nodes] for name in ("left", "cover")}
        self._training = part.training(weights[nodes])
        writer.real(self._training.penalty)
        writer.real(self._training.scale)
        put_expected(writer, inner, self._weights(leaves), self._level)

    def training(self, weights: Array) -> gradients.Training:
        """What suits these weights best."""
        leaves, inner = weights[self._shape.leaves], weights[self._shape.inner]

        def size(training: gradients.Training) -> float:
            self._training = training
            return size_apart(inner, self._weights(leaves), self._level)

        floats = weights.astype(np.float64)
        trainings = gradients.trainings(floats, self._hessians, self._shape)
        return min(dict.fromkeys(trainings), key=size)

    def _rate(self, leaves: Array) -> float:
        """What leaves answer, over their weight."""
        weights = self._answers(1.0)
        if same_bits(weights, leaves):
            return 1.0
        some = (weights != 0) & np.isfinite(weights)
        if not some.any():
            return 1.0
        rates = gradients.rounded(float(np.median(leaves[some] / weights[some])))
        return min(
            [1.0, *rates], key=lambda rate: size_apart(leaves, self._answers(rate), self._level)
        )


def _expected_left(leaf: npt.NDArray[np.bool_], counts: npt.NDArray[np.int64]) -> Array:
    """Of the nodes that are no leaves, if their children were added in the order of the nodes."""
    splits = np.cumsum(~leaf)
    starts = np.cumsum(counts) - counts
    before = np.where(starts > 0, splits[starts - 1], 0)
    inner = ~leaf
    result: Array = 2 * (splits[inner] - 1 - np.repeat(before, counts)[inner]) + 1
    return result
