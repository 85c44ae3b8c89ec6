"""Trees are checked node by node before XGBoost loads them: its loader and predictors do not look.

``src/tree/tree_model.cc`` reads the children of whatever a node calls its parent; ``src/predictor``
reads ``X[row, feature]``, takes the node after the left child for the right one, adds to the output
that a tree names, and measures depth by recursion. Rule: every tree is a binary tree whose splits
name features and categories that exist, and what it claims to need is bounded by what is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.sklearn.checks_trees import Fault, Forest, check_nodes
from holotype.types.xgboost.layout import HOLE, holes_of, parents_of, starts_of
from holotype.types.xgboost.ubjson import Malformed

__all__ = ["COLUMNS", "Unsound", "check_linear", "check_trees", "demand"]

Array = npt.NDArray[Any]

_MAX_DEPTH = 1000  # contributions need memory in the square of it, and a stack as deep
_MAX_CATEGORY = 1 << 24  # what float32 counts exactly
_FREE_BITS = 64 << 20  # bytes of sets of categories that any model may have,
_BITS_FOR_EACH = 2 << 10  # and for each node and category that is stored
_FREE_FORESTS = 1 << 16  # trees in a round that a model without rounds may announce

COLUMNS = {
    "nodes": "<i4",
    "group": "<i4",
    "rounds": "<i4",
    "left": "<i4",
    "feature": "<i4",
    "threshold": "<f4",
    "default_left": "|b1",
    "weight": "<f4",
}
_OPTIONAL = {
    "gain": "<f4",
    "cover": "<f4",
    "parent": "<i4",
    "categorical": "<i8",
    "chosen": "<i4",
    "categories": "<i4",
    "leaf": "<i4",
    "leaf_value": "<f4",
}
_TOGETHER = ({"categorical", "chosen", "categories"}, {"leaf", "leaf_value"})


class Unsound(ValueError):
    """A booster breaks a rule; says which."""


def demand(good: Any, problem: str) -> None:
    """Raise Unsound unless it is so."""
    if not good:
        raise Unsound(problem)


def check_trees(trees: Mapping[str, Any], features: int, groups: int, *, dart: bool) -> None:
    """All columns of a forest for ``features`` columns of X and ``groups`` outputs."""
    _check_form(trees, dart)
    nodes = trees["nodes"]
    demand((nodes > 0).all(), "a tree has no nodes")
    total = int(nodes.sum(dtype=np.int64))
    for name in ("left", "feature", "threshold", "default_left", "gain", "cover", "parent", "leaf"):
        demand(name not in trees or len(trees[name]) == total, f"{name} is not there for each node")
    outputs = trees["outputs"]
    demand(type(outputs) is int and outputs in (1, groups), "outputs are not those of the booster")
    demand(len(trees["weight"]) == total * outputs, "weight is not there for each node and output")
    _check_rounds(trees, groups, outputs)
    _check_forest(trees, features)
    _check_categories(trees, total)
    if outputs > 1:
        _check_leaves(trees, outputs)
    else:
        demand("leaf" not in trees, "it has rows of leaves without vectors for leaves")


def _check_form(trees: Mapping[str, Any], dart: bool) -> None:
    columns = {**COLUMNS, **({"drop_weight": "<f4"} if dart else {})}
    known = columns.keys() | _OPTIONAL.keys() | {"outputs", "num_parallel_tree"}
    odd = sorted(str(name) for name in trees.keys() ^ known if name not in _OPTIONAL)
    demand(not odd, f"its trees lack or should not have {', '.join(odd)[:200]}")
    for name, dtype in {**columns, **_OPTIONAL}.items():
        column = trees.get(name)
        if name not in trees:
            continue
        demand(
            isinstance(column, np.ndarray) and column.ndim == 1 and column.dtype.str == dtype,
            f"{name} is not a column of {dtype}",
        )
    for names in _TOGETHER:
        demand(names <= trees.keys() or names.isdisjoint(trees), f"{names} go together")
    demand(
        not dart or len(trees["drop_weight"]) == len(trees["nodes"]),
        "drop_weight is not there for each tree",
    )


def _check_rounds(trees: Mapping[str, Any], groups: int, outputs: int) -> None:
    count = len(trees["nodes"])
    group, rounds, parallel = trees["group"], trees["rounds"], trees["num_parallel_tree"]
    demand(len(group) == count, "group is not there for each tree")
    last = 0 if outputs > 1 else groups - 1
    demand(((group >= 0) & (group <= last)).all(), "a tree adds to an output that does not exist")
    demand(
        len(rounds) > 0 and rounds[0] == 0 and rounds[-1] == count and (np.diff(rounds) >= 0).all(),
        "rounds do not rise from 0 to the number of trees",
    )
    demand(
        type(parallel) is int
        and 1 <= parallel <= max(count, _FREE_FORESTS)
        and parallel * groups < 1 << 31,
        "num_parallel_tree is out of bounds",
    )


def _check_forest(trees: Mapping[str, Any], features: int) -> None:
    nodes, left, feature = trees["nodes"], trees["left"], trees["feature"]
    sizes = nodes.astype(np.int64)
    here = np.arange(len(left)) - np.repeat(starts_of(nodes), sizes)
    inner = left != -1
    # The right child is the node after the left one.
    after = left[inner].astype(np.int64)
    demand(
        ((after > here[inner]) & (after + 1 < np.repeat(sizes, sizes)[inner])).all(),
        "a child is not one of the later nodes",
    )
    demand((feature >= 0).all(), "a feature is negative")
    starts = starts_of(nodes)
    demand(
        not ((feature[starts] == HOLE) & trees["default_left"][starts]).any(), "a root is a hole"
    )
    holes = holes_of(trees)
    live, lefts, counts = ~holes, left.astype(np.int64), sizes
    if holes.any() or "parent" in trees:
        _check_holes(trees, holes)
        rank = np.cumsum(live) - 1
        counts = np.add.reduceat(live, starts, dtype=np.int64)
        base = np.repeat(starts, sizes)
        child = lefts[inner] + base[inner]
        demand(live[child].all() and live[child + 1].all(), "a child is a hole")
        lefts[inner] = rank[child] - rank[base[inner]]
        demand((rank[child + 1] == rank[child] + 1).all(), "a hole stands between two children")
    lefts = lefts[live]
    try:
        check_nodes(
            Forest(
                lefts,
                np.where(lefts < 0, -1, lefts + 1),
                feature[live].astype(np.int64),
                counts,
                np.full(len(counts), features, np.int64),
                np.full(len(counts), _MAX_DEPTH, np.int64),
            )
        ) if len(counts) else None
    except Fault as fault:
        problem = fault.problem.replace("its max_depth", f"{_MAX_DEPTH} levels")
        raise Unsound(f"tree {fault.tree}: {problem}") from None


def _check_holes(trees: Mapping[str, Any], holes: Array) -> None:
    """What was pruned away has no children, and a parent that is looked at while loading."""
    demand(trees["outputs"] == 1, "trees with vectors for leaves have holes")
    demand("parent" in trees and holes.any(), "parent is there without holes, or not with them")
    demand((trees["left"][holes] == -1).all(), "a hole has children")
    parent = trees["parent"]
    limit = np.repeat(trees["nodes"], trees["nodes"])
    demand(((parent >= 0) & (parent < limit))[holes].all(), "the parent of a hole is no node")
    try:
        expected = parents_of(trees, -1)
    except Malformed as error:
        raise Unsound(str(error)) from None
    demand((parent == expected)[~holes].all(), "parent is not what the children say")


def _check_categories(trees: Mapping[str, Any], total: int) -> None:
    if "categorical" not in trees:
        return
    places, chosen, categories = (trees[name] for name in ("categorical", "chosen", "categories"))
    demand(
        len(places) > 0 and places[0] >= 0 and places[-1] < total and (np.diff(places) > 0).all(),
        "categorical are not nodes in their order",
    )
    demand(len(chosen) == len(places) and (chosen > 0).all(), "a split lists no categories")
    ends = np.cumsum(chosen, dtype=np.int64)
    demand(ends[-1] == len(categories), "categories are not as many as are chosen")
    demand(((categories >= 0) & (categories < _MAX_CATEGORY)).all(), "a category is out of bounds")
    rises = np.diff(categories) > 0
    rises[ends[:-1] - 1] = True  # between two splits
    demand(rises.all(), "the categories of a split do not rise")
    words = categories[ends - 1] // 32 + 1
    allowed = _FREE_BITS + _BITS_FOR_EACH * (total + len(categories))
    demand(4 * int(words.sum(dtype=np.int64)) <= allowed, "its sets of categories are too large")


def _check_leaves(trees: Mapping[str, Any], outputs: int) -> None:
    """Vectors for leaves: each row belongs to one leaf of its tree."""
    if "leaf" not in trees:
        return
    leaf, row = trees["left"] < 0, trees["leaf"]
    nodes = trees["nodes"].astype(np.int64)
    leaves = np.add.reduceat(leaf, starts_of(nodes), dtype=np.int64)
    demand(len(trees["leaf_value"]) == int(leaves.sum()) * outputs, "leaf_value has another size")
    demand((row[~leaf] == -1).all(), "a node that is no leaf has a row")
    rows, limit = row[leaf], np.repeat(leaves, leaves)
    demand(((rows >= 0) & (rows < limit)).all(), "the row of a leaf does not exist")
    flat = rows + np.repeat(np.cumsum(leaves) - leaves, leaves)
    demand((np.bincount(flat, minlength=len(flat)) == 1).all(), "two leaves have one row")


def check_linear(trees: Mapping[str, Any], features: int, groups: int) -> None:
    """A linear booster: a weight for each feature and output, and biases; none before training."""
    demand(trees.keys() == {"weight", "rounds"}, "its linear model is not weight and rounds")
    weight, rounds = trees["weight"], trees["rounds"]
    demand(
        isinstance(weight, np.ndarray) and weight.ndim == 1 and weight.dtype.str == "<f4",
        "weight is not a column of float32",
    )
    demand(len(weight) in (0, (features + 1) * groups), "weight has another size")
    demand(type(rounds) is int and 0 <= rounds < 1 << 31, "rounds is out of bounds")
