"""Encoders and vectorisers are checked before SciPy believes the columns that they write.

They give SciPy the column of each number as the model has it, and SciPy's compiled code looks at
none of them when it makes the matrix dense or multiplies it. Rule: no column lies outside of the
width that the model says its answer has.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.graph.shadow import ABSENT, Shadow

__all__ = [
    "check_hasher",
    "check_multi_label",
    "check_one_hot",
    "check_polynomial",
    "check_vocabulary",
]

_MOST_COLUMNS = (1 << 31) - 1
_MANY = 64  # of features as of degrees: more products than any number of theirs that is stored


def check_one_hot(shadow: Shadow) -> None:
    """OneHotEncoder: as many columns for a feature as it has codes that are kept."""
    if not shadow.has("_n_features_outs"):
        return
    categories, widths = shadow.get("categories_"), shadow.get("_n_features_outs")
    if not isinstance(categories, list) or not isinstance(widths, list):
        raise shadow.fail("categories_ or _n_features_outs is not a list")
    if len(categories) != len(widths):
        raise shadow.fail("_n_features_outs has not one number for each feature")
    dropped = _dropped(shadow, len(categories))
    mappings, first = _infrequent(shadow, len(categories))
    for at, known in enumerate(categories):
        codes = len(shadow.as_array(known, "categories_", ndim=1))
        if mappings[at] is not None:
            codes = _grouped(shadow, mappings[at], first[at], codes)
        drop = dropped[at]
        kept = codes - (drop is not None)
        if drop is not None:
            shadow.as_integer(drop, "a dropped category", 0, codes - 1)
        if shadow.as_integer(widths[at], "_n_features_outs") != kept:
            raise shadow.fail(f"_n_features_outs is not the number of categories of feature {at}")


def _dropped(shadow: Shadow, count: int) -> list[Any]:
    value = shadow.get("_drop_idx_after_grouping")
    if value is None or value is ABSENT:
        return [None] * count
    if not isinstance(value, np.ndarray) or value.shape != (count,):
        raise shadow.fail("_drop_idx_after_grouping has not one entry for each feature")
    return list(value)


def _infrequent(shadow: Shadow, count: int) -> tuple[list[Any], list[Any]]:
    """For each feature: the code that each category gets, and which of them are infrequent."""
    if shadow.get("_infrequent_enabled") is not True:
        if shadow.get("_infrequent_enabled") not in (False, ABSENT):
            raise shadow.fail("_infrequent_enabled is neither true nor false")
        return [None] * count, [None] * count
    mappings = shadow.get("_default_to_infrequent_mappings")
    indices = shadow.get("_infrequent_indices")
    for value in (mappings, indices):
        if not isinstance(value, list) or len(value) != count:
            raise shadow.fail("its infrequent categories are not listed for each feature")
    if any((a is None) != (b is None) for a, b in zip(mappings, indices, strict=True)):
        raise shadow.fail("its infrequent categories are not those that it groups")
    return mappings, indices


def _grouped(shadow: Shadow, value: Any, infrequent: Any, categories: int) -> int:
    """How many codes are left where some categories share one."""
    mapping = shadow.as_array(value, "a mapping of infrequent categories", ndim=1, kind="iu")
    indices = shadow.as_array(infrequent, "_infrequent_indices", ndim=1, kind="iu")
    codes = categories - len(indices) + 1
    if len(mapping) != categories or not 0 < len(indices) <= categories:
        raise shadow.fail("a mapping of infrequent categories has another length than they")
    if mapping.min() < 0 or mapping.max() >= codes or not 0 <= int(indices[0]) < categories:
        raise shadow.fail("a mapping of infrequent categories leads nowhere")
    return codes


def check_vocabulary(shadow: Shadow) -> None:
    """CountVectorizer, TfidfVectorizer and DictVectorizer: each word has one of the columns."""
    if not shadow.has("vocabulary_"):
        return
    places = shadow.dict_values("vocabulary_")
    if isinstance(places, np.ndarray):
        numbers = places.dtype.kind in "biu"
    else:
        numbers = all(issubclass(kind, (int, np.integer)) for kind in set(map(type, places)))
    if not numbers:
        raise shadow.fail("vocabulary_ does not give a number for each word")
    try:
        columns = np.asarray(places, dtype=np.int64)
    except OverflowError:
        raise shadow.fail("vocabulary_ names a column that does not exist") from None
    if len(columns) and (columns.min() < 0 or columns.max() >= len(places)):
        raise shadow.fail("vocabulary_ names a column that does not exist")


def check_hasher(shadow: Shadow) -> None:
    """FeatureHasher and HashingVectorizer: a number of columns that a remainder can be taken by."""
    if shadow.has("n_features"):
        shadow.integer("n_features", 1, _MOST_COLUMNS)


def check_multi_label(shadow: Shadow) -> None:
    """MultiLabelBinarizer: its cache is made of ``classes_``, and never stored."""
    if shadow.get("_cached_dict") not in (None, ABSENT):
        raise shadow.fail("_cached_dict is made anew from classes_")


def check_polynomial(shadow: Shadow) -> None:
    """PolynomialFeatures: the room that it makes is what its degrees need."""
    if not shadow.has("n_output_features_"):
        return
    features = shadow.integer("n_features_in_", 0, _MOST_COLUMNS)
    lowest, highest = (shadow.integer(name, 0) for name in ("_min_degree", "_max_degree"))
    room = shadow.integer("_n_out_full", 0)
    if shadow.integer("n_output_features_", 0) > room or lowest > highest:
        raise shadow.fail("n_output_features_ is larger than _n_out_full")
    # Products of interactions only are fewer.
    if min(features, highest) < _MANY and room > math.comb(features + highest, features):
        raise shadow.fail("_n_out_full is larger than its degrees need")
