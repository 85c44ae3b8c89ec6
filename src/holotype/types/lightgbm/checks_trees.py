"""Every tree is checked node by node before LightGBM's loader reads it and its code walks it.

``src/io/tree.cpp`` and ``include/LightGBM/tree.h`` follow children until one is a leaf, read
``features[split_feature]`` and the words of a category without looking, and measure how deep a tree
is by recursion. Rule: splits and leaves form one binary tree whose children come after their
parents, no deeper than recursion can go; every index lies in what it indexes.
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.lightgbm.columns import LEAVES, SPLITS, TREES, Array, Fault, Trees, columns_of

__all__ = ["check_trees"]

Ints = npt.NDArray[np.int64]

_MOST = (1 << 31) - 1  # LightGBM counts in int
# LightGBM descends by recursion to find a tree's depth, and explains a prediction with memory that
# grows with its square: 12 MB in each thread here.
_DEEPEST = 1024
# What is smaller is read with std::stod in linear trees, which throws where nobody catches.
_LEAST = float(np.finfo(np.float64).tiny)
_CATEGORICAL = 1
_HIGHEST_TYPE = 0b1011  # of the four kinds of missing values, the last is none


def check_trees(trees: Trees, features: int, classes: int) -> None:
    """Raise Fault for columns that are not trees on ``features``, ``classes`` in an iteration."""
    _check_columns(trees)
    leaves = trees["num_leaves"].astype(np.int64)
    if len(leaves) % classes:
        raise Fault("the last iteration has not a tree for each class")
    if len(leaves) and leaves.min() < 1:
        raise Fault("a tree has no leaf")
    splits = leaves - 1
    _check_lengths(trees, SPLITS, int(splits.sum()), "split")
    _check_lengths(trees, LEAVES, int(leaves.sum()), "leaf")
    if not np.isfinite(trees["shrinkage"]).all():
        raise Fault("shrinkage is not finite")
    if not _are_indices(trees["split_feature"], features):
        raise Fault("a split is on a feature that does not exist")
    kinds = trees["decision_type"]
    if len(kinds) and (kinds.min() < 0 or kinds.max() > _HIGHEST_TYPE):
        raise Fault("a decision_type is none")
    _check_categories(trees, splits)
    _check_linear(trees, leaves, features)
    _check_children(trees["left_child"], trees["right_child"], splits)


def _check_columns(trees: Any) -> None:
    """The columns are there, flat, and of their dtypes."""
    if not isinstance(trees, dict):
        raise Fault("its trees are not columns by name")
    expected = columns_of("cat_boundaries" in trees, "leaf_const" in trees)
    if trees.keys() != expected.keys():
        odd = sorted(map(str, trees.keys() ^ expected.keys()))
        raise Fault(f"it lacks or should not have {', '.join(odd)[:200]}")
    for name, dtype in expected.items():
        column = trees[name]
        if not isinstance(column, np.ndarray) or column.dtype.str != dtype or column.ndim != 1:
            raise Fault(f"{name} is not a flat array of {dtype}")
        if len(column) > _MOST:
            raise Fault(f"{name} is longer than LightGBM can count")
    _check_lengths(trees, TREES, len(trees["num_leaves"]), "tree")


def _check_lengths(trees: Trees, names: Any, length: int, what: str) -> None:
    for name in names:
        if len(trees[name]) != length:
            raise Fault(f"{name} has {len(trees[name])} numbers, and the trees need {length}")
    if length > _MOST:
        raise Fault(f"there is more than one {what} for each number that LightGBM can count")


def _are_indices(column: Array, size: int) -> bool:
    return not len(column) or (int(column.min()) >= 0 and int(column.max()) < size)


def _check_categories(trees: Trees, splits: Ints) -> None:
    """Each categorical split has a range of words, and ranges are parts of the tree's words."""
    cats = trees["num_cat"].astype(np.int64)
    if (len(cats) and cats.min() < 0) or (cats[splits == 0] != 0).any():
        raise Fault("num_cat is negative, or not 0 of a tree without splits")
    chosen = np.flatnonzero(trees["decision_type"] & _CATEGORICAL)
    index = trees["threshold"][chosen]
    if len(chosen):
        known = np.repeat(cats, splits)[chosen]
        with np.errstate(invalid="ignore"):
            if not ((index >= 0) & (index < known) & (index == np.floor(index))).all():
                raise Fault("the threshold of a categorical split is not the number of a category")
    if "cat_boundaries" not in trees:
        if cats.any():
            raise Fault("num_cat counts categories that are not there")
        return
    boundaries = trees["cat_boundaries"].astype(np.int64)
    sizes = cats[cats > 0] + 1
    if not len(sizes) or int(sizes.sum()) != len(boundaries):
        raise Fault("cat_boundaries are not one more for each tree than it has categories")
    ends = np.cumsum(sizes)
    steps = np.diff(boundaries)
    steps[ends[:-1] - 1] = 0  # from one tree to the next
    if boundaries[ends - sizes].any() or (steps < 0).any():
        raise Fault("cat_boundaries do not rise from 0")
    if int(boundaries[ends - 1].sum()) != len(trees["cat_threshold"]):
        raise Fault("cat_boundaries do not divide cat_threshold")


def _check_linear(trees: Trees, leaves: Ints, features: int) -> None:
    linear = trees["is_linear"]
    if "leaf_const" not in trees:
        if linear.any():
            raise Fault("a tree is linear and has no coefficients")
        return
    total = int(leaves[linear].sum())
    if not linear.any():
        raise Fault("there are coefficients, and no tree is linear")
    _check_lengths(trees, ("leaf_const", "num_features"), total, "leaf")
    counts = trees["num_features"].astype(np.int64)
    if len(counts) and counts.min() < 0:
        raise Fault("a leaf has less than no features")
    _check_lengths(trees, ("leaf_features", "leaf_coeff"), int(counts.sum()), "coefficient")
    for name in ("leaf_const", "leaf_coeff"):
        size = np.abs(trees[name])
        if ((size > 0) & (size < _LEAST)).any():
            raise Fault(
                f"{name} has a number so small that LightGBM ends the process on reading it"
            )
    if not _are_indices(trees["leaf_features"], features):
        raise Fault("a leaf multiplies a feature that does not exist")


def _check_children(left: Array, right: Array, splits: Ints) -> None:
    """One tree each: all children are later splits or leaves, and nothing is left out.

    A tree with ``n`` splits has ``2 n`` children, as many as it has leaves and splits without the
    root. So if each of these is somebody's child, it is so once.
    """
    total = int(splits.sum())
    if not total:
        return
    ends = np.cumsum(splits)
    base, stop = np.repeat(ends - splits, splits), np.repeat(ends, splits)
    # Leaf 0 of tree t stands at total + its first split + t: there is one leaf more in each tree.
    first_leaf = base + np.repeat(np.arange(len(splits)), splits) + total
    last_leaf = stop + np.repeat(np.arange(len(splits)), splits) + total
    here = np.arange(total)
    children = []
    for child in (left.astype(np.int64), right.astype(np.int64)):
        is_leaf = child < 0
        place = np.where(is_leaf, first_leaf + ~child, base + child)
        if not np.where(is_leaf, place <= last_leaf, (place > here) & (place < stop)).all():
            raise Fault("a child is neither a later split nor a leaf of its tree")
        children.append(place)
    reached = np.zeros(2 * total + len(splits), bool)
    grown = splits > 0
    roots = (ends - splits)[grown]
    reached[roots] = True
    reached[(total + ends - splits + np.arange(len(splits)))[~grown]] = True
    for place in children:
        reached[place] = True
    if not reached.all():
        raise Fault("a split or a leaf is the child of no split")
    _check_depth(roots, np.stack(children, axis=1), total)


def _check_depth(level: Ints, children: Ints, total: int) -> None:
    """Go down level by level, through all trees together, along splits."""
    for _ in range(_DEEPEST):
        below = children.take(level, axis=0).ravel()
        level = below.compress(below < total)
        if not len(level):
            return
    raise Fault(f"a tree is deeper than {_DEEPEST} splits")
