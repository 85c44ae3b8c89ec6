"""The features of a CatBoost model: places in X, borders, categories.

The evaluator sizes its buffers by the last feature and looks columns up by index, so indices rise,
lie within bounds and are never taken twice. Rule: what is said of a feature that is not there is
an error.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.graph.shadow import Shadow
from holotype.types.catboost.sections import Section, are_in, are_texts

__all__ = ["Features", "check_features", "pairs"]

Array = npt.NDArray[Any]

_MORE_COLUMNS = 1 << 20
_PER_BUCKET = 254  # MAX_VALUES_PER_BIN: so many outcomes fit into a byte
_POSITIONS = ("index", "flat_index", "name")


class Features(NamedTuple):
    """What trees and CTRs may refer to.

    ``splits`` are all float borders and one-hot values, ``buckets`` the bytes which the evaluator
    keeps for them; the rest are keys of ``pairs`` and indices of categorical features in use.
    """

    splits: int
    buckets: int
    borders: Array
    values: Array
    used: Array


def check_features(shadow: Shadow, model: Mapping[str, Any]) -> Features:
    """The parts ``float_features``, ``cat_features`` and ``one_hot_features``."""
    borders, float_flat, splits, buckets = _check_floats(shadow, model["float_features"])
    used, cat_flat = _check_cats(shadow, model["cat_features"])
    flat = np.sort(np.concatenate([float_flat, cat_flat]))
    if (flat[1:] == flat[:-1]).any():
        raise shadow.fail("two features have the same flat_index")
    if len(flat) and flat.max() >= len(flat) + _MORE_COLUMNS:
        raise shadow.fail("a flat_index is far beyond the features that there are")
    values, more, further = _check_one_hots(shadow, model["one_hot_features"], used)
    return Features(splits + more, buckets + further, borders, values, used)


def pairs(first: Array, second: Array) -> Array:
    """One number for each pair of a feature and a border or value, equal for equal ones."""
    if second.dtype.kind == "f":
        second = (second + np.float32(0)).view("<u4")  # minus zero is zero
    low = second.astype(np.int64) & 0xFFFFFFFF
    return (first.astype(np.int64) << 32) | low


def _buckets(counts: npt.NDArray[np.int64]) -> int:
    return int(((counts + _PER_BUCKET - 1) // _PER_BUCKET).sum())


def _check_positions(part: Section) -> tuple[Array, Array]:
    count = part.rows("index", "<i4")
    index, flat = part.column("index", "<i4"), part.column("flat_index", "<i4", count)
    part.names(count)
    for column in (index, flat):
        rises = column[0] >= 0 and (column[1:] > column[:-1]).all()
        part.demand(rises, "its indices do not rise from zero on")
    part.demand((index <= flat).all(), "an index is greater than the flat_index")
    return index, flat


def _check_floats(shadow: Shadow, value: Any) -> tuple[Array, Array, int, int]:
    if value is None:
        return np.empty(0, np.int64), np.empty(0, "<i4"), 0, 0
    names = (*_POSITIONS, "has_nans", "nan_treatment", "border_count", "border")
    part = Section(shadow, "float_features", value, names)
    index, flat = _check_positions(part)
    part.column("has_nans", "?", len(index))
    treatment = part.column("nan_treatment", "|i1", len(index))
    known = ((treatment >= 0) & (treatment <= 2)).all()
    part.demand(known, "nan_treatment is not 0, 1 or 2")
    counts = part.rising_borders(len(index))
    borders = pairs(np.repeat(index, counts), part["border"])
    return borders, flat, len(borders), _buckets(counts)


def _check_cats(shadow: Shadow, value: Any) -> tuple[Array, Array]:
    if value is None:
        return np.empty(0, "<i4"), np.empty(0, "<i4")
    part = Section(shadow, "cat_features", value, (*_POSITIONS, "used"))
    index, flat = _check_positions(part)
    return index[part.column("used", "?", len(index))], flat


def _check_one_hots(shadow: Shadow, value: Any, used: Array) -> tuple[Array, int, int]:
    if value is None:
        return np.empty(0, np.int64), 0, 0
    names = ("feature", "value_count", "value", "text")
    part = Section(shadow, "one_hot_features", value, names)
    rows = part.rows("feature", "<i4")
    feature = part.column("feature", "<i4")
    part.demand(are_in(feature, used).all(), "a feature is no categorical one that is used")
    part.demand((feature[1:] > feature[:-1]).all(), "its features do not rise")
    values = part.column("value", "<i4")
    counts = part.counts("value_count", rows, len(values))
    texts = part["text"]
    if texts is not None:
        good = isinstance(texts, list) and len(texts) == rows
        for text, count in zip(texts if good else (), counts.tolist(), strict=False):
            good = good and isinstance(text, list) and len(text) in (0, count) and are_texts(text)
        part.demand(good, "text is not one for each value")
    return pairs(np.repeat(feature, counts), values), len(values), _buckets(counts)
