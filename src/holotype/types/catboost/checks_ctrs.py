"""The CTRs of a CatBoost model: which categories were seen how often, in tables of hashes.

The evaluator looks a hash up from bucket to bucket until it finds an empty one, then reads the row
that the bucket names, so every table has empty buckets often enough and rows for all that it names.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.graph.shadow import Shadow
from holotype.types.catboost.checks_features import Features, pairs
from holotype.types.catboost.columns import MEAN_TYPES
from holotype.types.catboost.sections import Section, are_in

__all__ = ["check_ctrs"]

Array = npt.NDArray[Any]

_EMPTY = np.uint64(0xFFFFFFFFFFFFFFFF)
_LONGEST_RUN = 2048  # of buckets in use, side by side: honest tables are half empty
_MOST_PARTS = 64  # of a combination
_MOST_CLASSES = 1 << 16
_PER_BUCKET = 254
_BORDERS, _BUCKETS = 0, 1
_LAST_TYPE = 5
_BASE = ("combination", "type", "classifier")


def check_ctrs(shadow: Shadow, model: Mapping[str, Any], features: Features) -> tuple[int, int]:
    """The parts about CTRs; how many splits there are on these, and how many buckets for them."""
    combinations = _check_combinations(shadow, model["combinations"], features)
    tables = _check_tables(shadow, model["ctr_tables"], combinations)
    return _check_ctr_features(shadow, model["ctr_features"], combinations, tables)


def _check_combinations(shadow: Shadow, value: Any, features: Features) -> int:
    if value is None:
        return 0
    kinds = {"cat": ("feature",), "float": ("feature", "border"), "one_hot": ("feature", "value")}
    names = [f"{kind}_{name}" for kind, more in kinds.items() for name in ("count", *more)]
    part = Section(shadow, "combinations", value, names)
    rows = part.rows("cat_count", "<i4")
    for kind in kinds:
        feature = part.column(f"{kind}_feature", "<i4")
        counts = part.counts(f"{kind}_count", rows, len(feature))
        part.demand((counts <= _MOST_PARTS).all(), "one has very many parts")
    cats = part["cat_feature"]
    part.demand(are_in(cats, features.used).all(), "one is of a category that is not used")
    floats, one_hots = part["float_feature"], part["one_hot_feature"]
    border = part.column("float_border", "<f4", len(floats))
    known = are_in(pairs(floats, border), features.borders)
    part.demand(known.all(), "one has a border that no feature has")
    wanted = pairs(one_hots, part.column("one_hot_value", "<i4", len(one_hots)))
    part.demand(are_in(wanted, features.values).all(), "one has a value that no feature has")
    return rows


def _check_bases(part: Section, rows: int, combinations: int) -> list[tuple[int, ...]]:
    combination = part.column("combination", "<i4", rows)
    kind = part.column("type", "|i1", rows)
    known = ((combination >= 0) & (combination < combinations)).all()
    part.demand(known, "a combination is not there")
    part.demand(((kind >= 0) & (kind <= _LAST_TYPE)).all(), "a type is not known")
    classifier = part.column("classifier", "<i4", rows)
    columns = (combination.tolist(), kind.tolist(), classifier.tolist())
    return list(zip(*columns, strict=True))


# -- tables --------------------------------------------------------------------------------------


def _check_tables(shadow: Shadow, value: Any, combinations: int) -> dict[tuple[int, ...], int]:
    """The tables by what they are of: how many classes each counts."""
    if value is None:
        return {}
    numbers = ("denominator", "classes", "bucket_count", "hash", "row", "value_count", "value")
    means = ("mean_count", "mean_sum", "mean_number")
    part = Section(shadow, "ctr_tables", value, (*_BASE, *numbers, *means))
    count = part.rows("combination", "<i4")
    bases = _check_bases(part, count, combinations)
    part.demand(len(set(bases)) == count, "there are two of the same")
    part.column("denominator", "<i4", count)
    classes = part.column("classes", "<i4", count).astype(np.int64)
    _check_buckets(part, count, _check_rows(part, count, classes))
    return dict(zip(bases, classes.tolist(), strict=True))


def _check_rows(part: Section, count: int, classes: Array) -> Array:
    """How many rows each table has."""
    values = part.counts("value_count", count, len(part.column("value", "<i4")))
    sums = part.column("mean_sum", "<f4")
    part.column("mean_number", "<i4", len(sums))
    means = part.counts("mean_count", count, len(sums))
    is_mean = are_in(part["type"], np.array(MEAN_TYPES))
    has_classes = part["type"] <= _BUCKETS
    part.demand(((classes >= 0) & (classes <= _MOST_CLASSES)).all(), "classes is out of bounds")
    part.demand((classes[has_classes] >= 2).all(), "one counts fewer than two classes")
    width = np.where(has_classes, classes, 1)
    part.demand((values % width == 0).all(), "a row is not complete")
    part.demand(not values[is_mean].any(), "one has counts instead of means")
    part.demand(not means[~is_mean].any(), "one has means instead of counts")
    rows: Array = np.where(is_mean, means, values // width)
    return rows


def _check_buckets(part: Section, count: int, rows: Array) -> None:
    hashes = part.column("hash", "<u8")
    row = part.column("row", "<u4", len(hashes))
    sizes = part.counts("bucket_count", count, len(hashes))
    part.demand(((sizes > 0) & (sizes & (sizes - 1) == 0)).all(), "buckets are not a power of two")
    empty = hashes == _EMPTY
    part.demand(
        ((row < np.repeat(rows, sizes)) | empty).all(), "a bucket names a row that is not there"
    )
    ends = np.cumsum(sizes)
    places = np.flatnonzero(empty)
    # Of each table: where its empty buckets begin and end among all of them.
    stops = np.searchsorted(places, ends)
    starts = np.searchsorted(places, ends - sizes)
    part.demand((stops > starts).all(), "a table has no empty bucket")
    runs = np.diff(places)
    inside = np.ones(len(runs), bool)
    inside[stops[:-1] - 1] = False  # from the last of a table to the first of the next
    around = places[starts] + sizes - places[stops - 1]
    longest = max(int(runs[inside].max(initial=0)), int(around.max()))
    part.demand(longest <= _LONGEST_RUN, "buckets in use stand too close together")


# -- features ------------------------------------------------------------------------------------


def _check_ctr_features(
    shadow: Shadow, value: Any, combinations: int, tables: dict[tuple[int, ...], int]
) -> tuple[int, int]:
    if value is None:
        return 0, 0
    floats = ("prior_num", "prior_denom", "shift", "scale")
    names = (*_BASE, "target_border", *floats, "border_count", "border")
    part = Section(shadow, "ctr_features", value, names)
    count = part.rows("combination", "<i4")
    bases = _check_bases(part, count, combinations)
    part.demand(tables.keys() >= set(bases), "one has no table")
    for name in floats:
        part.column(name, "<f4", count)
    target = part.column("target_border", "<i4", count)
    classes = np.array([tables[base] for base in bases])
    counted = (target >= 0) & (target < classes)
    part.demand((counted | (part["type"] > _BUCKETS)).all(), "target_border is no class")
    borders = part.rising_borders(count)
    buckets = (borders + _PER_BUCKET - 1) // _PER_BUCKET
    return int(borders.sum()), int(buckets.sum())
