"""The shape of binary trees: from one bit for each node, or from where each left child stands.

In depth-first order a left child follows its parent, and a right child follows the left one's last
descendant; so it is enough to know which nodes are leaves. Rule: a `Shape` is always that of trees
in which every node but the roots has one parent, whatever it was made from.
"""

from __future__ import annotations

from functools import cached_property
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Misfit", "Shape", "depth_first", "from_left"]

_MOST_LEVELS = 4096  # each costs a pass of its own; fitted trees have some dozens

Flags = npt.NDArray[np.bool_]
Indices = npt.NDArray[np.int64]


class Misfit(Exception):
    """The data are not what this layer takes them for; another one will do."""


class Shape:
    """Nodes of many trees, one tree after the other; indices count from the first of all."""

    def __init__(
        self,
        leaf: Flags,
        leaves: Indices,
        inner: Indices,
        left: Indices,
        right: Indices,
        starts: Indices,
        *,
        is_depth_first: bool,
    ) -> None:
        self.leaf = leaf
        self.leaves = leaves  # those that are leaves, in order
        self.inner = inner  # those that are no leaves, in order
        self.left = left  # of each of `inner`
        self.right = right
        self.starts = starts  # the root of each tree
        self.is_depth_first = is_depth_first

    @cached_property
    def _position(self) -> Indices:
        """Of each node that is no leaf: its place in ``inner``; of others, -1."""
        result = np.full(len(self.leaf), -1, np.int64)
        result[self.inner] = np.arange(len(self.inner))
        return result

    @cached_property
    def levels(self) -> list[npt.NDArray[np.intp]]:
        """Positions in ``inner``, level by level, from the roots on."""
        left, right = self._position[self.left], self._position[self.right]
        result: list[npt.NDArray[np.intp]] = []
        level = _inner_ones(self._position[self.starts])
        while len(level):
            if len(result) == _MOST_LEVELS:
                raise Misfit
            result.append(level)
            level = _inner_ones(np.concatenate([left[level], right[level]]))
        return result

    @cached_property
    def ends(self) -> Indices | None:
        """Of each node, the one after the last below it; None if they are not in such an order."""
        if not self.is_depth_first:
            return None
        end = np.arange(1, len(self.leaf) + 1)
        end[self.starts] = np.append(self.starts[1:], len(self.leaf))
        end[self.left] = self.right
        end[self.inner] = end[self.inner[self._first_above()]]
        return end

    def _first_above(self) -> npt.NDArray[np.intp]:
        """Of each inner node, as positions in ``inner``: the nearest that is no right child, itself
        or above. Nodes between the two end where that one does.
        """
        above = np.arange(len(self.inner))
        below = self._position[self.right]
        parents = np.flatnonzero(below >= 0)
        above[below[parents]] = parents
        while True:  # each pass goes twice as far up
            higher = above[above]
            if np.array_equal(higher, above):
                return above
            above = higher

    def first_of_tree(self, counts: Indices) -> Indices:
        """For each inner node: the root of its tree."""
        return np.repeat(self.starts, counts)[self.inner]


def _inner_ones(positions: Indices) -> npt.NDArray[np.intp]:
    # Picking by a mask takes five times as long, as no processor can guess which nodes are leaves.
    return positions[np.flatnonzero(positions >= 0)]


def _starts(counts: Indices) -> Indices:
    return np.cumsum(counts) - counts


def depth_first(leaf: Flags, counts: Indices, known: Shape | None = None) -> Shape:
    """The shape of trees of ``counts`` nodes, in depth-first order, left before right.

    If it is that of ``known``, it is taken from there, with all that has been found out about it.
    """
    starts = _starts(counts)
    if (
        known is not None
        and known.is_depth_first
        and np.array_equal(known.leaf, leaf)
        and np.array_equal(known.starts, starts)
    ):
        return known
    total = len(leaf)
    # How many nodes were still to be visited, in its tree, when a node's turn came. Everything
    # under a left child is visited with more of them to come: the next node with as many as its
    # parent is the right child.
    steps = np.int8(1) - np.int8(2) * leaf.view(np.int8)
    after = np.cumsum(steps, dtype=np.int32)
    trees = np.arange(len(counts), dtype=np.int32)
    pending = after + np.repeat(trees, counts)
    pending -= steps
    pending += 1
    if total and (
        pending.min() < 1
        or pending.max() > 0xFFFF
        or (after[starts + counts - 1] != -1 - trees).any()
    ):
        raise Misfit
    small = np.uint8 if total and pending.max() <= 0xFF else np.uint16
    order = np.argsort(pending.astype(small), kind="stable")
    following = np.empty(total, np.int64)
    following[order[:-1]] = order[1:]
    inner = np.flatnonzero(~leaf)
    return Shape(
        leaf, np.flatnonzero(leaf), inner, inner + 1, following[inner], starts, is_depth_first=True
    )


def from_left(leaf: Flags, counts: Indices, left: npt.NDArray[Any]) -> Shape:
    """The shape of trees whose right children follow the left ones; ``left`` counts in the tree."""
    starts = _starts(counts)
    inner = np.flatnonzero(~leaf)
    limits = np.repeat(counts, counts)[inner]
    if (left.astype(np.uint64) + 1 >= limits.astype(np.uint64)).any():
        raise Misfit
    first = np.repeat(starts, counts)[inner]
    absolute = left.astype(np.int64) + first
    if (absolute <= inner).any():  # children after their parents: there are no circles
        raise Misfit
    met = np.zeros(len(leaf), np.bool_)
    met[starts] = met[absolute] = met[absolute + 1] = True
    if len(starts) + 2 * len(inner) != len(leaf) or not met.all():  # one parent for each
        raise Misfit
    return Shape(
        leaf, np.flatnonzero(leaf), inner, absolute, absolute + 1, starts, is_depth_first=False
    )
