"""The trees of LightGBM, split by split: all of them grow at one leaf at a time.

A split takes the place of a leaf, whose number its left child has from then on; its right child
gets the next new number. So children follow from which leaf each split split. Counts, weights,
values and gains of splits follow from leaves, to the six digits that the library's texts have.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from holotype.codec.boosters.decimals import to_decimals
from holotype.codec.boosters.streams import (
    get_by_feature,
    get_decimals,
    get_expected,
    get_floats,
    get_signed,
    put_by_feature,
    put_decimals,
    put_expected,
    put_floats,
    put_signed,
)
from holotype.codec.frames import Reader, Writer
from holotype.codec.trees import gradients
from holotype.codec.trees.shape import Misfit, Shape
from holotype.codec.trees.streams import estimate, get_numbers, put_numbers
from holotype.codec.words import fold

__all__ = ["LightGBM"]

Array = npt.NDArray[Any]
Indices = npt.NDArray[np.int64]


class LightGBM:
    """Writes and reads the columns of a booster; ``known`` are those that came before."""

    NAMES: Final = frozenset({"num_leaves", "left_child", "right_child", "split_feature"})
    DTYPES: Final = {
        "left_child": "<i4",
        "right_child": "<i4",
        "split_feature": "<i4",
        "threshold": "<f8",
        "leaf_count": "<i4",
        "internal_count": "<i4",
        "leaf_weight": "<f8",
        "internal_weight": "<f8",
        "leaf_value": "<f8",
        "internal_value": "<f8",
        "split_gain": "<f8",
    }
    FIRST: Final = ("num_leaves", "shrinkage")
    OF_TREES: Final = ("num_leaves", "shrinkage", "num_cat", "is_linear")  # one item for each tree
    OF_LEAVES: Final = ("leaf_value", "leaf_weight", "leaf_count")

    def __init__(self, level: str) -> None:
        self.known: dict[str, Array] = {}
        self._level = level
        self._penalty = 0.0
        self._made: tuple[Array, Array] | None = None  # the children, once they are known

    @classmethod
    def items_of_trees(cls, columns: Mapping[str, Array]) -> dict[str, Array]:
        """How many items of each column belong to each tree."""
        leaves = columns["num_leaves"]
        result = dict.fromkeys((*cls.DTYPES, "decision_type"), leaves - 1)
        return result | dict.fromkeys(cls.OF_LEAVES, leaves)

    def write(self, name: str, writer: Writer, array: Array) -> None:
        """``array``, by what is known; raises `Misfit` if it does not fit."""
        level = self._level
        if name == "left_child":
            split = self._leaves_split(array)
            children = self._children(split)
            if (children[0] != array).any():
                raise Misfit
            self._made = children
            put_numbers(writer, split.view(np.uint64), level)
        elif name == "right_child":
            if (self._right(len(array)) != array).any():
                raise Misfit
        elif name == "split_feature":
            put_numbers(writer, array.view(np.uint32), level)
        elif name == "threshold":
            put_by_feature(writer, array.view(np.uint64), self._features(len(array)), level)
        elif name == "leaf_count":
            put_numbers(writer, array.view(np.uint32), level)
        elif name == "internal_count":
            put_signed(writer, array - self._inner_counts(len(array)), level)
        elif name == "leaf_weight":
            put_expected(writer, array, self._leaf_counts(len(array)), level)
        elif name == "leaf_value":
            put_floats(writer, array, level)
        else:
            if len(array) != len(self._shape.inner):
                raise Misfit
            if name == "internal_value":
                self._penalty = self._best_penalty(array)
                writer.real(self._penalty)
            put_decimals(writer, array, self._expected(name, len(array)), level)

    def read(self, name: str, reader: Reader, count: int) -> Array:
        """The ``count`` items that were written."""
        if name == "left_child":
            self._made = self._children(get_numbers(reader, count).view(np.int64))
            return self._made[0]
        if name == "right_child":
            return self._right(count)
        if name in ("split_feature", "leaf_count"):
            return get_numbers(reader, count).astype(np.uint32).view(np.int32)
        if name == "threshold":
            return get_by_feature(reader, 8, self._features(count)).view(np.float64)
        if name == "internal_count":
            return (get_signed(reader, count) + self._inner_counts(count)).astype(np.int32)
        if name == "leaf_weight":
            return get_expected(reader, self._leaf_counts(count), np.dtype(np.float64))
        if name == "leaf_value":
            return get_floats(reader, count, np.dtype(np.float64))
        if name == "internal_value":
            self._penalty = reader.real()
        return get_decimals(reader, self._expected(name, count))

    # -- children ----------------------------------------------------------------------------------

    @cached_property
    def _splits(self) -> Indices:
        """How many each tree has."""
        splits = self.known["num_leaves"].astype(np.int64) - 1
        if not len(splits) or splits.min() < 0:
            raise Misfit
        return splits

    def _own(self, total: int) -> Indices:
        """Of each split, its number in its tree."""
        splits = self._splits
        if splits.sum() != total or not total:
            raise Misfit
        return np.arange(total) - np.repeat(np.cumsum(splits) - splits, splits)

    def _leaves_split(self, left: Array) -> Indices:
        """Of each split the leaf that it split: the one that is leftmost below it."""
        own = self._own(len(left))
        first = np.arange(len(left)) - own
        found = left.astype(np.int64)
        while True:
            further = np.flatnonzero(found >= 0)
            if not len(further):
                return ~found
            to = found[further] + first[further]
            if (found[further] <= own[further]).any() or to.max() >= len(left):
                raise Misfit
            found[further] = left[to]

    def _children(self, split: Indices) -> tuple[Array, Array]:
        """Left and right children, of splits of these leaves."""
        own = self._own(len(split))
        if (split.view(np.uint64) > own.view(np.uint64)).any():  # a leaf that is not yet there
            raise Misfit
        first = np.arange(len(split)) - own
        left, right = (~split).astype(np.int32), (~(own + 1)).astype(np.int32)
        of = first + split  # another number for each leaf of each tree
        of = of.astype(np.uint16) if len(of) <= 1 << 16 else of  # sorted ten times as fast
        order = np.argsort(of, kind="stable")  # those of one leaf next to each other, as they came
        again = of[order[1:]] == of[order[:-1]]
        left[order[:-1][again]] = own[order[1:][again]]
        new = np.concatenate([[True], ~again])
        fresh = order[new & (own[order] > 0)]
        fresh = fresh[split[fresh] > 0]
        right[first[fresh] + split[fresh] - 1] = own[fresh]
        return left, right

    def _right(self, count: int) -> Array:
        if self._made is None or len(self._made[1]) != count:
            raise Misfit
        return self._made[1]

    @cached_property
    def _shape(self) -> Shape:
        """Nodes are all splits, then all leaves."""
        left, right = self.known["left_child"], self.known["right_child"]
        splits = self._splits
        own = self._own(len(left))
        if len(right) != len(left):
            raise Misfit
        first = np.arange(len(left)) - own
        leaves = np.repeat(np.cumsum(splits + 1) - splits - 1, splits) + len(left)
        children = []
        for child in (left.astype(np.int64), right.astype(np.int64)):
            limit = np.repeat(splits, splits)
            if ((child >= 0) & ((child <= own) | (child >= limit))).any() or (~child > limit).any():
                raise Misfit
            children.append(np.where(child >= 0, child + first, ~child + leaves))
        leaf = np.ones(len(left) + int((splits + 1).sum()), np.bool_)
        leaf[: len(left)] = False
        met = np.zeros(len(leaf), np.bool_)
        met[np.concatenate(children)] = True
        if np.count_nonzero(met) != 2 * len(left):
            raise Misfit
        starts = np.where(splits > 0, np.cumsum(splits) - splits, 0)
        starts[splits == 0] = np.cumsum(splits + 1)[splits == 0] - 1 + len(left)
        inner = np.arange(len(left))
        outer = np.arange(len(left), len(leaf))
        return Shape(leaf, outer, inner, children[0], children[1], starts, is_depth_first=False)

    # -- what is expected --------------------------------------------------------------------------

    def _features(self, count: int) -> npt.NDArray[np.uint64]:
        features = self.known["split_feature"]
        if len(features) != count:
            raise Misfit
        return features.view(np.uint32).astype(np.uint64)

    def _of_leaves(self, name: str) -> Array:
        found = self.known.get(name)
        if found is None or len(found) != len(self._shape.leaves):
            raise Misfit
        return found

    def _leaf_counts(self, count: int) -> gradients.Floats:
        counts = self._of_leaves("leaf_count")
        if len(counts) != count:
            raise Misfit
        return counts.astype(np.float64)

    def _inner_counts(self, count: int) -> Indices:
        counts = self._of_leaves("leaf_count").astype(np.float64)
        if count != len(self._shape.inner):
            raise Misfit
        return gradients.up(counts, self._shape)[:count].astype(np.int64)

    @cached_property
    def _hessians(self) -> gradients.Floats:
        return gradients.up(self._of_leaves("leaf_weight"), self._shape)

    @property
    def _totals(self) -> gradients.Totals:
        values = self._of_leaves("leaf_value")
        training = gradients.Training(self._penalty, 1.0)
        return gradients.totals(values, self._hessians, training, self._shape)

    def _expected(self, name: str, count: int) -> gradients.Floats:
        if count != len(self._shape.inner):
            raise Misfit
        if name == "internal_weight":
            return self._hessians[:count]
        if name == "internal_value":
            return gradients.answers(self._totals, self._penalty, self._shape)
        rates = self.known.get("shrinkage", np.empty(0))
        if len(rates) != len(self._splits):
            raise Misfit
        rate = np.repeat(rates.astype(np.float64), self._splits)
        return gradients.gains(self._totals, self._penalty, self._shape) / (rate * rate)

    def _best_penalty(self, values: Array) -> float:
        """The one that suits the values of splits best, by some of the trees."""
        leaves = self.known["num_leaves"]
        trees, own = gradients.some_trees(leaves)
        _, splits = gradients.some_trees(leaves, self._splits)
        part = LightGBM(self._level)
        part.known = {"num_leaves": leaves[trees]}
        part.known |= {name: self.known[name][splits] for name in ("left_child", "right_child")}
        part.known |= {name: self._of_leaves(name)[own] for name in ("leaf_weight", "leaf_value")}
        return part.penalty(values[splits])

    def penalty(self, values: Array) -> float:
        """The one that suits these values of splits best."""
        every = np.concatenate([values, self._of_leaves("leaf_value")])
        actual = to_decimals(values)

        def size(penalty: float) -> float:
            self._penalty = penalty
            expected = to_decimals(self._expected("internal_value", len(values)))
            return estimate(fold((actual - expected).view(np.uint64)), self._level)

        trainings = gradients.trainings(every, self._hessians, self._shape)
        return min(sorted({training.penalty for training in trainings}), key=size)
