"""The trees of a booster: as XGBoost exports each, and as columns over all of them.

Node ``i`` of tree ``t`` stands at ``starts[t] + i`` of every column, ``starts`` being the running
sum of ``nodes``. A row goes left where its feature is less than ``threshold`` (or, at a node of
``categorical``, where its category is not one of those listed); where the feature is missing, if
``default_left``. The columns:

nodes         number of nodes of each tree
group         output to which each tree adds
left          left child, counted within the tree, -1 in a leaf; the right child is the next node
feature       what is compared; nothing in a leaf
threshold     with what; in a leaf, the value that it adds (float32)
default_left  where a missing value goes
gain, cover   loss reduction by the split, and sum of hessians (float32)
weight        value that the node would add if it were a leaf (float32), for every output of a tree
parent        only where trees have pruned nodes, which remain as holes: -1 for a root
categorical   nodes that split by categories, counted over all trees
chosen        how many categories each of those lists
categories    which go right, one node after the other
leaf          in trees with vectors for leaves: the row of each leaf in ``leaf_value``, -1 elsewhere
leaf_value    those rows, one tree after the other

Rule: what follows from other columns is not stored, and export is refused where it does not follow.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.xgboost.frame import RawTrees
from holotype.types.xgboost.ubjson import Malformed

__all__ = [
    "HOLE",
    "NO_PARENT",
    "columns_of",
    "holes_of",
    "parents_of",
    "segments_of",
    "starts_of",
    "sums",
]

Array = npt.NDArray[Any]
Columns = Mapping[str, Any]

HOLE = (1 << 31) - 1  # the feature of a node that was pruned away
NO_PARENT = (1 << 31) - 1  # of a root, where it keeps one bit for other use
_OF_NODES = (
    "default_left",
    "left_children",
    "parents",
    "right_children",
    "split_conditions",
    "split_indices",
    "split_type",
)


def columns_of(raw: RawTrees, n_features: int) -> tuple[dict[str, Any], int]:
    """The columns of trees, and for how many outputs each has values."""
    nodes = raw.counts("left_children")
    stated = np.array(raw.stated, np.int64).reshape(-1, 4)
    outputs = max(1, int(stated[:, 3].max(initial=1)))
    _demand((stated[:, 2] == nodes).all() and (nodes > 0).all(), "another number of nodes")
    _demand((stated[:, 1] == n_features).all(), "another number of features than the booster")
    _demand((np.maximum(stated[:, 3], 1) == outputs).all(), "different sizes of leaves")
    for name in _OF_NODES:
        _demand((raw.counts(name) == nodes).all(), f"{name} not for every node")
    left = raw.values("left_children")
    columns: dict[str, Any] = {
        "nodes": nodes.astype("<i4"),
        "left": left,
        "feature": raw.values("split_indices"),
        "threshold": raw.values("split_conditions"),
        "default_left": raw.values("default_left") != 0,
    }
    for name, member in (("gain", "loss_changes"), ("cover", "sum_hessian")):
        if member in raw.members:
            _demand((raw.counts(member) == nodes).all(), f"{member} not for every node")
            columns[name] = raw.values(member)
    _demand((raw.counts("base_weights") == nodes * outputs).all(), "base_weights of another size")
    columns["weight"] = raw.values("base_weights")
    inner = left >= 0
    at = np.flatnonzero(inner)
    right = raw.values("right_children")
    _demand((right[at] == left[at] + 1).all(), "a right child that does not follow the left one")
    _take_leaves(raw, columns, right, outputs)
    _take_parents(raw, columns, stated[:, 0], outputs)
    _take_categories(raw, columns)
    return columns, outputs


def _demand(good: Any, problem: str) -> None:
    if not good:
        raise Malformed(f"its trees have {problem}")


def _take_leaves(raw: RawTrees, columns: dict[str, Any], right: Array, outputs: int) -> None:
    """What a leaf keeps where its right child would be."""
    leaf = columns["left"] < 0
    if "leaf_weights" not in raw.members:
        _demand((right[leaf] == -1).all(), "a leaf with a child")
        return
    _demand(outputs > 1, "leaf_weights without vectors for leaves")
    leaves = np.add.reduceat(leaf, starts_of(columns["nodes"]), dtype=np.int64)
    _demand((raw.counts("leaf_weights") == leaves * outputs).all(), "leaf_weights of another size")
    columns["leaf"] = np.where(leaf, right, -1).astype("<i4")
    columns["leaf_value"] = raw.values("leaf_weights")


def _take_parents(raw: RawTrees, columns: dict[str, Any], deleted: Array, outputs: int) -> None:
    """Parents follow from children, but for those of holes."""
    parents = raw.values("parents")
    starts = starts_of(columns["nodes"])
    root = NO_PARENT if outputs == 1 else -1
    _demand((parents[starts] == root).all(), "a root that has a parent")
    holes = holes_of(columns)
    _demand((np.add.reduceat(holes, starts, dtype=np.int64) == deleted).all(), "other holes")
    expected = parents_of(columns, -1)
    parents[starts] = -1
    if (parents == expected).all():
        return
    _demand(holes.any() and (parents == expected)[~holes].all(), "parents that are none")
    columns["parent"] = parents


def _take_categories(raw: RawTrees, columns: dict[str, Any]) -> None:
    names = ("categories", "categories_nodes", "categories_segments", "categories_sizes")
    counts = raw.counts("categories_nodes")
    kinds = raw.values("split_type")
    places = np.flatnonzero(kinds)
    chosen = raw.values("categories_sizes")
    nodes = raw.values("categories_nodes") + np.repeat(starts_of(columns["nodes"]), counts)
    _demand((kinds[places] == 1).all(), "an unknown type of split")
    for name in names[2:]:
        _demand((raw.counts(name) == counts).all(), f"{name} not for every categorical split")
    _demand(np.array_equal(places, nodes), "categories for other nodes")
    _demand((chosen > 0).all(), "a split by no categories")
    listed = raw.counts("categories")
    _demand(
        (segments_of(chosen, counts) == raw.values("categories_segments")).all(), "odd segments"
    )
    _demand((sums(chosen, counts) == listed).all(), "another number of categories")
    if len(places):
        columns["categorical"] = places.astype("<i8")
        columns["chosen"] = chosen.astype("<i4")
        columns["categories"] = raw.values("categories")


def sums(values: Array, counts: Array) -> Array:
    """Sums of as many values as ``counts`` says, one group after the other."""
    total = np.concatenate([[0], np.cumsum(values)])
    ends = np.cumsum(counts)
    result: Array = total[ends] - total[ends - counts]
    return result


def segments_of(chosen: Array, counts: Array) -> Array:
    """Where the categories of each split begin among those of its tree."""
    begins = np.cumsum(chosen) - chosen
    firsts = np.cumsum(counts) - counts
    base = begins[np.minimum(firsts, max(len(begins) - 1, 0))] if len(begins) else begins
    result: Array = begins - np.repeat(base, counts) if len(begins) else begins
    return result


def starts_of(nodes: Array) -> Array:
    """Where each tree begins."""
    sizes = nodes.astype(np.int64)
    result: Array = np.cumsum(sizes) - sizes
    return result


def holes_of(columns: Columns) -> Array:
    """Nodes that were pruned away: a feature that none has, and a bit beside it."""
    holes: Array = (columns["feature"] == HOLE) & columns["default_left"]
    holes[starts_of(columns["nodes"])] = False
    return holes


def parents_of(columns: Columns, root: int) -> Array:
    """The parent of each node, counted within its tree, as its children say."""
    nodes, left = columns["nodes"], columns["left"]
    parents = np.full(len(left), -1, "<i4")
    starts = starts_of(nodes)
    inner = np.flatnonzero(left >= 0)
    base = np.repeat(starts, nodes)[inner]
    children = left[inner] + base
    _demand((children + 1 < len(left)).all(), "a child that is no node")
    parents[children] = parents[children + 1] = inner - base
    parents[starts] = root
    return parents
