"""A CatBoost model as columns: its native bytes become these, and are written again from these.

    dimension, scale, bias    outputs of a tree; prediction = scale * sum of leaves + bias
    info                      what the library notes: parameters, class labels, metrics (JSON text)
    float_features            index, flat_index (place among all columns of X), name, has_nans,
                              nan_treatment (0 as is, 1 left, 2 right), border_count, border
    cat_features              index, flat_index, name, used
    one_hot_features          feature (index of a cat feature), value_count, value (hashes), text
    combinations              of features, by which CTRs are looked up: cat_count, cat_feature,
                              float_count, float_feature, float_border, one_hot_count,
                              one_hot_feature, one_hot_value
    ctr_features              combination, type, classifier, target_border, prior_num, prior_denom,
                              shift, scale, border_count, border
    ctr_tables                combination, type, classifier, denominator, classes; a hash table of
                              bucket_count buckets: hash (all ones: empty) and row; its rows:
                              value_count, value (counts), or mean_count, mean_sum and mean_number
    trees                     size, split, leaf_value, leaf_weight; where trees are not symmetric
                              also steps: left, right (distance to the child, 0 for none), leaf

``split`` numbers all float borders, then all one-hot values, then all CTR borders. A symmetric tree
has one split for each level, a leaf for each of their outcomes. ``*_count`` columns say how many
elements of the column after it belong to each row. A part that the model lacks is None.

Rules: the same model gives the same columns, whatever order the library wrote its parts in; what
follows from other columns is not kept, and checked where it was written; nothing is dropped.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.catboost.flatbuffer import MalformedError, read
from holotype.types.catboost.schema import CORE, CTR_TABLE

__all__ = ["BUCKET", "FORMAT", "MAGIC", "MEAN_TYPES", "PARTS", "columns_of"]

Array = npt.NDArray[Any]
Columns = dict[str, Any]

MAGIC = b"CBM1"
FORMAT = "FlabuffersModel_v1"  # as the library spells it
PARTS = "static_provider_v1"
BUCKET = np.dtype([("hash", "<u8"), ("row", "<u4")])
MEAN = np.dtype([("sum", "<f4"), ("number", "<i4")])
MEAN_TYPES = (2, 3)
"""Of a CTR: its table has rows of a sum and a number instead of counts."""


def columns_of(data: bytes | memoryview) -> Columns:
    """The columns of a model's native bytes. Raises MalformedError where these are not sound."""
    view = memoryview(data).cast("B")
    if bytes(view[:4]) != MAGIC:
        raise MalformedError("they do not begin as a CatBoost model does")
    block, rest = _block(view[4:])
    core = read(block, CORE)
    if core["version"] != FORMAT:
        raise MalformedError(f"the format {core['version'][:50]!r} is not known")
    tables = _tables(core["parts"], rest)
    trees = core["trees"]
    if trees is None:
        raise MalformedError("there are no trees")
    combinations = _Combinations(
        [each["ctr"] and each["ctr"]["base"] for each in trees["ctr_features"]]
        + [each["base"] for each in tables]
    )
    return {
        "dimension": trees["dimension"],
        "scale": trees["scale"],
        "bias": _bias(trees),
        "info": _info(core["info"]),
        "float_features": _float_features(trees["float_features"]),
        "cat_features": _cat_features(trees["cat_features"]),
        "one_hot_features": _one_hot_features(trees["one_hot_features"]),
        "combinations": combinations.columns(),
        "ctr_features": _ctr_features(trees["ctr_features"], combinations),
        "ctr_tables": _ctr_tables(tables, combinations),
        "trees": _trees(trees),
    }


def _block(view: memoryview) -> tuple[memoryview, memoryview]:
    """What stands after its own size in four bytes, and the rest."""
    if len(view) < 4:
        raise MalformedError("they are cut off")
    (size,) = struct.unpack_from("<I", view)
    if size > len(view) - 4:
        raise MalformedError("they are cut off")
    return view[4 : 4 + size], view[4 + size :]


def _tables(parts: list[str], rest: memoryview) -> list[dict[str, Any]]:
    found = []
    if parts:
        if parts != [PARTS]:
            named = ", ".join(part[:50] for part in parts if part != PARTS)
            raise MalformedError(f"it has parts that are not supported ({named})")
        if len(rest) < 4:
            raise MalformedError("they are cut off")
        (count,) = struct.unpack_from("<I", rest)
        rest = rest[4:]
        for _ in range(count):
            block, rest = _block(rest)
            found.append(read(block, CTR_TABLE))
    if len(rest):
        raise MalformedError("there is more after the model")
    return found


def _bias(trees: dict[str, Any]) -> Array:
    """One for each output; a model of a time when there was one only has it in its own field."""
    bias, single = trees["bias"], trees["one_bias"]
    if len(bias):
        if single:
            raise MalformedError("it has two kinds of bias")
        return np.array(bias)
    if not 0 <= trees["dimension"] <= len(trees["leaf_value"]) + 1:
        raise MalformedError("its dimension is out of bounds")
    return np.full(trees["dimension"], single)


def _info(pairs: list[dict[str, str]]) -> dict[str, str]:
    found = {pair["key"]: pair["value"] for pair in pairs}
    if len(found) != len(pairs):
        raise MalformedError("a key of its notes stands there twice")
    return dict(sorted(found.items()))


# -- features ------------------------------------------------------------------------------------


def _column(rows: Sequence[Mapping[str, Any]], name: str, dtype: npt.DTypeLike) -> Array:
    return np.array([row[name] for row in rows], dtype)


def _spread(rows: Sequence[Mapping[str, Any]], name: str, dtype: npt.DTypeLike) -> Columns:
    """``<name>_count`` and ``<name>``: a vector of each row, one after the other."""
    parts = [row[name] for row in rows]
    return {
        f"{name}_count": np.array([len(part) for part in parts], "<i4"),
        name: np.concatenate([np.empty(0, dtype), *parts]).astype(dtype),
    }


def _positions(rows: list[dict[str, Any]]) -> Columns:
    return {
        "index": _column(rows, "index", "<i4"),
        "flat_index": _column(rows, "flat_index", "<i4"),
        "name": [row["name"] for row in rows],
    }


def _float_features(rows: list[dict[str, Any]]) -> Columns | None:
    if not rows:
        return None
    return {
        **_positions(rows),
        "has_nans": _column(rows, "has_nans", "?"),
        "nan_treatment": _column(rows, "nan_treatment", "|i1"),
        **_spread(rows, "border", "<f4"),
    }


def _cat_features(rows: list[dict[str, Any]]) -> Columns | None:
    return {**_positions(rows), "used": _column(rows, "used", "?")} if rows else None


def _one_hot_features(rows: list[dict[str, Any]]) -> Columns | None:
    if not rows:
        return None
    texts = [row["text"] for row in rows]
    return {
        "feature": _column(rows, "feature", "<i4"),
        **_spread(rows, "value", "<i4"),
        "text": texts if any(texts) else None,
    }


class _Combinations:
    """The combinations of features that CTRs are of: each once, in order of its contents."""

    def __init__(self, bases: Sequence[Any]) -> None:
        if any(base is None or base["combination"] is None for base in bases):
            raise MalformedError("a CTR is of no features")
        # The library writes one that many refer to once, so each is looked at once here.
        self._keys = {
            id(base["combination"]): _key_of(base["combination"])
            for base in {id(base["combination"]): base for base in bases}.values()
        }
        self._rows = {self._keys[id(base["combination"])]: base["combination"] for base in bases}
        self._places = {key: place for place, key in enumerate(sorted(self._rows))}

    def bases(self, bases: list[dict[str, Any]]) -> Columns:
        places = [self._places[self._keys[id(base["combination"])]] for base in bases]
        return {
            "combination": np.array(places, "<i4"),
            "type": _column(bases, "type", "|i1"),
            "classifier": _column(bases, "classifier", "<i4"),
        }

    def columns(self) -> Columns | None:
        rows = [self._rows[key] for key in self._places]
        if not rows:
            return None
        found = _spread(rows, "cat_feature", "<i4")
        for name, second in (("float_split", "border"), ("one_hot_split", "value")):
            parts = [row[name] for row in rows]
            kind = name.removesuffix("_split")
            flat = np.concatenate(parts)
            found[f"{kind}_count"] = np.array([len(part) for part in parts], "<i4")
            found[f"{kind}_feature"] = flat["feature"].copy()
            found[f"{kind}_{second}"] = flat[second].copy()
        return {"cat_count": found.pop("cat_feature_count"), **found}


def _key_of(combination: dict[str, Any]) -> tuple[Any, ...]:
    names = ("cat_feature", "float_split", "one_hot_split")
    return tuple(tuple(combination[name].tolist()) for name in names)


# -- CTRs ----------------------------------------------------------------------------------------


def _ctr_features(rows: list[dict[str, Any]], combinations: _Combinations) -> Columns | None:
    if not rows:
        return None
    ctrs = [row["ctr"] for row in rows]
    return {
        **combinations.bases([ctr["base"] for ctr in ctrs]),
        "target_border": _column(ctrs, "target_border", "<i4"),
        **{
            name: _column(ctrs, name, "<f4")
            for name in ("prior_num", "prior_denom", "shift", "scale")
        },
        **_spread(rows, "border", "<f4"),
    }


def _ctr_tables(rows: list[dict[str, Any]], combinations: _Combinations) -> Columns | None:
    if not rows:
        return None
    bases = combinations.bases([row["base"] for row in rows])
    order = np.lexsort([bases[name] for name in ("classifier", "type", "combination")])
    rows = [rows[place] for place in order]
    for row in rows:
        row["bucket"] = _cut(row["bucket"], BUCKET)
        is_mean = row["base"]["type"] in MEAN_TYPES
        row["value"] = _cut(row["blob"], np.dtype("<i4"))[: 0 if is_mean else None]
        row["mean"] = _cut(row["blob"], MEAN) if is_mean else np.empty(0, MEAN)
    buckets, means = _spread(rows, "bucket", BUCKET), _spread(rows, "mean", MEAN)
    return {
        **{name: column[order] for name, column in bases.items()},
        "denominator": _column(rows, "denominator", "<i4"),
        "classes": _column(rows, "classes", "<i4"),
        "bucket_count": buckets["bucket_count"],
        "hash": buckets["bucket"]["hash"].copy(),
        "row": buckets["bucket"]["row"].copy(),
        **_spread(rows, "value", "<i4"),
        "mean_count": means["mean_count"],
        "mean_sum": means["mean"]["sum"].copy(),
        "mean_number": means["mean"]["number"].copy(),
    }


def _cut(data: Array, dtype: np.dtype[Any]) -> Array:
    if len(data) % dtype.itemsize:
        raise MalformedError("a table of CTRs is cut off")
    return data.view(dtype)


# -- trees ---------------------------------------------------------------------------------------


def _trees(trees: dict[str, Any]) -> Columns:
    size = np.array(trees["size"])
    starts = np.cumsum(size, dtype=np.int64) - size
    if not np.array_equal(starts, trees["start"]):
        raise MalformedError("its trees do not stand one after the other")
    step, leaf = trees["step"], trees["leaf"]
    steps = {"left": step["left"].copy(), "right": step["right"].copy(), "leaf": np.array(leaf)}
    return {
        "size": size,
        "split": np.array(trees["split"]),
        "leaf_value": np.array(trees["leaf_value"]),
        "leaf_weight": np.array(trees["leaf_weight"]),
        "steps": steps if len(step) or len(leaf) else None,
    }
