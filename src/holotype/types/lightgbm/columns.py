"""A LightGBM model as plain data: what stands in a blueprint for a ``lightgbm.Booster``.

``Model.header`` is a dict: ``num_class`` (also the trees in one iteration), ``label_index``,
``objective`` (``"binary sigmoid:1"``; None for one of the user's own), ``average_output`` (random
forests), ``feature_names``, ``feature_infos`` (``"[min:max]"``, ``"none"``, or the categories
``"1:2:5"``), ``monotone_constraints`` (a list, or None) and ``parameters`` (of training, as text).

``Model.trees`` has the columns below over all trees, one after the other: tree ``t`` has
``num_leaves[t]`` leaves and one split fewer. Split 0 is its root. A child ``c >= 0`` is split ``c``
of the same tree, any other is leaf ``~c``. Bit 0 of ``decision_type`` says categorical, bit 1 that
a missing value goes left, bits 2 and 3 what is missing: nothing, zero, or NaN. A value goes left if
it is ``<= threshold``; where the split is categorical, if its bit is set in words
``cat_boundaries[i]`` to ``cat_boundaries[i + 1]`` of the tree's ``cat_threshold``, ``i`` being the
threshold. A leaf answers ``leaf_value``; of a linear tree, ``leaf_const`` plus the sum of
``leaf_coeff`` times ``leaf_features``, of which it has ``num_features``, unless one is NaN.

Rule: the columns are those that are listed here, each of its own dtype, and nothing else.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy.typing as npt

__all__ = [
    "CATEGORICAL",
    "HEADER",
    "LEAVES",
    "LINEAR",
    "REALS",
    "SPLITS",
    "TREES",
    "Array",
    "Fault",
    "Model",
    "Trees",
    "columns_of",
]

Array = npt.NDArray[Any]
Trees = Mapping[str, Array]

HEADER = (
    "num_class",
    "label_index",
    "objective",
    "average_output",
    "feature_names",
    "feature_infos",
    "monotone_constraints",
    "parameters",
)
# One number for each tree.
TREES = {"num_leaves": "<i4", "num_cat": "<i4", "is_linear": "|b1", "shrinkage": "<f8"}
# One for each split.
SPLITS = {
    "split_feature": "<i4",
    "split_gain": "<f8",
    "threshold": "<f8",
    "decision_type": "|i1",
    "left_child": "<i4",
    "right_child": "<i4",
    "internal_value": "<f8",
    "internal_weight": "<f8",
    "internal_count": "<i4",
}
# One for each leaf.
LEAVES = {"leaf_value": "<f8", "leaf_weight": "<f8", "leaf_count": "<i4"}
# Where there are categorical splits: ``num_cat + 1`` boundaries for each tree that has some.
CATEGORICAL = {"cat_boundaries": "<i4", "cat_threshold": "<u4"}
# Where there are linear trees: the first two for each of their leaves.
LINEAR = {
    "leaf_const": "<f8",
    "num_features": "<i4",
    "leaf_features": "<i4",
    "leaf_coeff": "<f8",
}
REALS = frozenset(
    name
    for columns in (SPLITS, LEAVES, LINEAR)
    for name, dtype in columns.items()
    if dtype == "<f8"
)


class Fault(ValueError):
    """What is wrong with a model."""


class Model(NamedTuple):
    """The header and the columns of the trees."""

    header: Mapping[str, Any]
    trees: Trees


def columns_of(categorical: bool, linear: bool) -> dict[str, str]:
    """The columns that a model has, with their dtypes."""
    more = (CATEGORICAL if categorical else {}) | (LINEAR if linear else {})
    return TREES | SPLITS | LEAVES | more
