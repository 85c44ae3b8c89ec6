"""Columns of checked trees become the array of trees that XGBoost loads.

Rule: what was not stored because it follows from other columns is computed here, as XGBoost would
have written it; versions before 3.2 keep the values of vectors for leaves elsewhere.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.xgboost.frame import DTYPES, Sizes, frame
from holotype.types.xgboost.layout import (
    NO_PARENT,
    holes_of,
    parents_of,
    segments_of,
    starts_of,
    sums,
)
from holotype.types.xgboost.ubjson import integer, length

__all__ = ["write_trees"]

Array = npt.NDArray[Any]
Columns = Mapping[str, Any]


def write_trees(columns: Columns, features: int, outputs: int, *, rows: bool) -> bytes:
    """The array of trees; ``rows`` says that leaves name their rows, as they do since 3.2."""
    members = _members(columns, outputs, rows)
    nodes = columns["nodes"]
    data = {name: values.astype(DTYPES[name]).tobytes() for name, (_, values) in members.items()}
    holes = np.add.reduceat(holes_of(columns), starts_of(nodes), dtype=np.int64)
    per_tree = (
        nodes,
        members["categories"][0],
        members["categories_sizes"][0],
        holes,
        members["leaf_weights"][0] if "leaf_weights" in members else np.full(len(nodes), -1),
    )
    out = [b"[#" + length(len(nodes))]
    at = dict.fromkeys(data, 0)
    each = zip(*(column.tolist() for column in per_tree), strict=True)
    for number, (count, categories, splits, deleted, values) in enumerate(each):
        sizes = Sizes(count, outputs, features, categories, splits, deleted, values)
        for chunk, name, size in frame(sizes):
            out.append(chunk)
            if size:
                start = at[name]
                at[name] = stop = start + size
                out.append(data[name][start:stop])
            elif name:
                out.append(integer(number))
    return b"".join(out)


def _members(columns: Columns, outputs: int, rows: bool) -> dict[str, tuple[Any, Array]]:
    """The members of all trees: how many elements each tree has, and all of them."""
    nodes = columns["nodes"].astype(np.int64)
    left = columns["left"]
    leaf = left < 0
    root = NO_PARENT if outputs == 1 else -1
    if "parent" in columns:
        parents = columns["parent"].copy()
        parents[starts_of(nodes)] = root
    else:
        parents = parents_of(columns, root)
    zero = np.zeros(len(left), np.float32)
    members: dict[str, tuple[Any, Array]] = {
        "base_weights": (nodes * outputs, columns["weight"]),
        "default_left": (nodes, columns["default_left"]),
        "left_children": (nodes, left),
        "loss_changes": (nodes, columns.get("gain", zero)),
        "parents": (nodes, parents),
        "right_children": (nodes, np.where(leaf, -1, left + 1)),
        "split_conditions": (nodes, columns["threshold"]),
        "split_indices": (nodes, columns["feature"]),
        "sum_hessian": (nodes, columns.get("cover", zero)),
        **_categories(columns, nodes),
    }
    if outputs > 1:
        _give_leaves(members, columns, outputs, rows)
    return members


def _give_leaves(
    members: dict[str, tuple[Any, Array]], columns: Columns, outputs: int, rows: bool
) -> None:
    """Values of leaves, which stood among the weights of nodes before 3.2."""
    nodes = columns["nodes"].astype(np.int64)
    leaf = columns["left"] < 0
    leaves = np.add.reduceat(leaf, starts_of(nodes), dtype=np.int64)
    weight = columns["weight"].reshape(-1, outputs)
    begins = np.repeat(np.cumsum(leaves) - leaves, nodes)
    row = columns.get("leaf")
    if row is None:
        row = np.where(leaf, np.cumsum(leaf) - 1 - begins, -1)
        value = weight[leaf]
    else:
        value = columns["leaf_value"].reshape(-1, outputs)
    if rows:
        members["leaf_weights"] = (leaves * outputs, value)
        members["right_children"] = (nodes, np.where(leaf, row, columns["left"] + 1))
    else:
        weight = weight.copy()
        weight[leaf] = value[(row + begins)[leaf]]
        members["base_weights"] = (nodes * outputs, weight)


def _categories(columns: Columns, nodes: Array) -> dict[str, tuple[Any, Array]]:
    none = np.zeros(0, np.int64)
    places = columns.get("categorical", none)
    chosen = columns.get("chosen", none).astype(np.int64)
    categories = columns.get("categories", none)
    starts = starts_of(nodes)
    tree = np.searchsorted(starts, places, side="right") - 1
    counts = np.bincount(tree, minlength=len(nodes))
    kinds = np.zeros(int(nodes.sum()), np.uint8)
    kinds[places] = 1
    return {
        "categories": (sums(chosen, counts), categories),
        "categories_nodes": (counts, places - starts[tree] if len(places) else places),
        "categories_segments": (counts, segments_of(chosen, counts)),
        "categories_sizes": (counts, chosen),
        "split_type": (nodes, kinds),
    }
