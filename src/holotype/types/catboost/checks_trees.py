"""The trees of a CatBoost model, which the evaluator walks without looking.

A symmetric tree has one split for each level; its leaves are found by arithmetic. In other trees
each node says how far away its children stand. Rules: every split exists; there are as many leaves
as trees ask for; the nodes of a tree form one binary tree, whose leaves are its own and nobody
else's.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.graph.shadow import Shadow
from holotype.types.catboost.sections import Section

__all__ = ["check_trees"]

Array = npt.NDArray[Any]

_DEEPEST = 16  # symmetric trees, by the library's own limit
_MANY_LEVELS = 256  # of other trees, which some of its functions walk by recursion


def check_trees(shadow: Shadow, value: Any, dimension: int, splits: int) -> None:
    """The part ``trees``, where ``splits`` exist and a leaf has ``dimension`` values."""
    names = ("size", "split", "leaf_value", "leaf_weight", "steps")
    part = Section(shadow, "trees", value, names)
    size = part.column("size", "<i4").astype(np.int64)
    split = part.column("split", "<i4", int(size.sum()))
    values = len(part.column("leaf_value", "<f8"))
    symmetric = part["steps"] is None
    if symmetric:
        part.demand(((size >= 0) & (size <= _DEEPEST)).all(), "a tree has too many levels")
        leaves = int((1 << size).sum())
    else:
        part.demand((size > 0).all() and len(size) > 0, "a tree has no nodes")
        leaves = values // dimension
    part.demand(leaves * dimension == values, "its leaves are not as many as its trees have")
    weights = len(part.column("leaf_weight", "<f8"))
    part.demand(weights in (0, leaves), "leaf_weight has not one number for each leaf")
    # The library itself crashes on those where a leaf stands for a split that is not there.
    part.demand(symmetric or splits > 0, "none of its trees has a split, which is not safe to use")
    part.demand(((split >= 0) & (split < splits)).all(), "a split does not exist")
    if not symmetric:
        _check_steps(shadow, part["steps"], size, (leaves, dimension))


def _check_steps(
    shadow: Shadow, value: Any, size: npt.NDArray[np.int64], leaves: tuple[int, int]
) -> None:
    part = Section(shadow, "steps", value, ("left", "right", "leaf"))
    nodes = int(size.sum())
    ends = np.cumsum(size)
    starts = ends - size
    left = part.column("left", "<u2", nodes).astype(np.int64)
    right = part.column("right", "<u2", nodes).astype(np.int64)
    here = np.arange(nodes)
    lefts, rights = here + left, here + right  # itself, where there is no child on that side
    limit = np.repeat(ends, size)
    part.demand(((lefts < limit) & (rights < limit)).all(), "a child is in another tree")
    children = np.concatenate([lefts[left > 0], rights[right > 0]])
    parents = np.bincount(children, minlength=nodes)
    parents[starts] += 1
    part.demand((parents == 1).all(), "a node is not the child of exactly one node")
    stops = (left == 0) | (right == 0)
    _check_leaves(part, stops, starts, leaves)
    level = starts
    for _ in range(_MANY_LEVELS):
        if not len(level):
            return
        below = np.concatenate([lefts[level], rights[level]])
        level = below[below > np.concatenate([level, level])]
    part.demand(False, "a tree has too many levels")


def _check_leaves(
    part: Section, stops: npt.NDArray[np.bool_], starts: Array, leaves: tuple[int, int]
) -> None:
    """Where a walk may stop there is a leaf; those of a tree stand together, tree after tree."""
    count, dimension = leaves
    leaf = part.column("leaf", "<u4", len(stops))[stops].astype(np.int64)
    part.demand(len(leaf) == count, "its leaves are not as many as its trees have")
    number, rest = np.divmod(leaf, dimension)
    part.demand(not rest.any(), "a leaf begins within another")
    part.demand((number < count).all(), "a leaf does not exist")
    part.demand((np.bincount(number, minlength=count) == 1).all(), "two nodes share a leaf")
    tree = np.repeat(np.arange(len(starts)), np.add.reduceat(stops.astype(np.int64), starts))
    owner = np.empty(count, np.int64)
    owner[number] = tree
    part.demand((owner == tree).all(), "a leaf stands among those of another tree")
