"""The native bytes of a CatBoost model, written from its columns after these were validated.

Rule: nothing is asked of the columns here that their validators have not made sure of.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping, Sequence
from itertools import repeat
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.types.catboost.columns import BUCKET, FORMAT, MAGIC, MEAN, MEAN_TYPES, PARTS
from holotype.types.catboost.flatbuffer import write
from holotype.types.catboost.schema import CORE, CTR_TABLE, FLOAT_SPLIT, ONE_HOT_SPLIT, STEP_NODE

__all__ = ["bytes_of"]

Array = npt.NDArray[Any]
Columns = Mapping[str, Any]


def bytes_of(model: Columns) -> bytes:
    """What the library reads."""
    combinations = list(_combinations(model["combinations"]))
    tables = model["ctr_tables"]
    core = {
        "version": FORMAT,
        "trees": _trees(model, combinations),
        "info": [{"key": key, "value": value} for key, value in model["info"].items()],
        "parts": [] if tables is None else [PARTS],
    }
    blocks = [write(core, CORE)]
    if tables is not None:
        blocks += [write(table, CTR_TABLE) for table in _ctr_tables(tables, combinations)]
    sized = [struct.pack("<I", len(block)) + block for block in blocks]
    if tables is not None:
        sized.insert(1, struct.pack("<I", len(blocks) - 1))
    return b"".join([MAGIC, *sized])


def _rows(columns: Columns | None, names: Sequence[str]) -> Iterator[dict[str, Any]]:
    """The columns of these names, which have one element for each row, as rows."""
    if columns is None:
        return
    lists = [_plain(columns[name]) for name in names]
    for values in zip(*lists, strict=True):
        yield dict(zip(names, values, strict=True))


def _plain(column: Any) -> Any:
    return column.tolist() if isinstance(column, np.ndarray) else column


def _divided(count: Array, *columns: Array) -> Iterator[tuple[Array, ...]]:
    """The elements of each row, of columns that have ``count`` for it."""
    start = 0
    for size in count.tolist():
        yield tuple(column[start : start + size] for column in columns)
        start += size


def _with(rows: Iterator[dict[str, Any]], name: str, columns: Columns | None) -> Any:
    """Rows, and in each the elements of a column that has ``<name>_count`` for it."""
    if columns is None:
        return []
    parts = _divided(columns[f"{name}_count"], columns[name])
    return [{**row, name: part} for row, (part,) in zip(rows, parts, strict=True)]


def _pairs(dtype: np.dtype[Any], first: Array, second: Array) -> Array:
    made = np.empty(len(first), dtype)
    one, two = dtype.names or ()
    made[one], made[two] = first, second
    return made


def _combinations(columns: Columns | None) -> Iterator[dict[str, Any]]:
    if columns is None:
        return
    for (cats,), floats, one_hots in zip(
        _divided(columns["cat_count"], columns["cat_feature"]),
        _divided(columns["float_count"], columns["float_feature"], columns["float_border"]),
        _divided(columns["one_hot_count"], columns["one_hot_feature"], columns["one_hot_value"]),
        strict=True,
    ):
        yield {
            "cat_feature": cats,
            "float_split": _pairs(FLOAT_SPLIT, *floats),
            "one_hot_split": _pairs(ONE_HOT_SPLIT, *one_hots),
        }


def _bases(columns: Columns | None, combinations: list[dict[str, Any]]) -> Iterator[Any]:
    for row in _rows(columns, ("combination", "type", "classifier")):
        yield {**row, "combination": combinations[row["combination"]]}


def _trees(model: Columns, combinations: list[dict[str, Any]]) -> dict[str, Any]:
    floats, one_hots, ctrs = (model[f"{kind}_features"] for kind in ("float", "one_hot", "ctr"))
    trees = model["trees"]
    steps = trees["steps"]
    named = ("index", "flat_index", "name")
    texts = repeat([]) if one_hots is None or one_hots["text"] is None else one_hots["text"]
    numbers = _rows(ctrs, ("target_border", "prior_num", "prior_denom", "shift", "scale"))
    bases = _bases(ctrs, combinations)
    made = ({"ctr": {**row, "base": base}} for row, base in zip(numbers, bases, strict=True))
    return {
        "dimension": model["dimension"],
        "split": trees["split"],
        "size": trees["size"],
        "start": np.cumsum(trees["size"]) - trees["size"],
        "cat_features": list(_rows(model["cat_features"], (*named, "used"))),
        "float_features": _with(
            _rows(floats, (*named, "has_nans", "nan_treatment")), "border", floats
        ),
        "one_hot_features": [
            {**row, "text": text}
            for row, text in zip(
                _with(_rows(one_hots, ("feature",)), "value", one_hots), texts, strict=False
            )
        ],
        "ctr_features": _with(made, "border", ctrs),
        "leaf_value": trees["leaf_value"],
        "leaf_weight": trees["leaf_weight"],
        "step": [] if steps is None else _pairs(STEP_NODE, steps["left"], steps["right"]),
        "leaf": [] if steps is None else steps["leaf"],
        "scale": model["scale"],
        "one_bias": 0.0,
        "bias": model["bias"],
        "bins": [],
    }


def _ctr_tables(columns: Columns, combinations: list[dict[str, Any]]) -> Iterator[dict[str, Any]]:
    for row, base, buckets, (values,), means in zip(
        _rows(columns, ("denominator", "classes")),
        _bases(columns, combinations),
        _divided(columns["bucket_count"], columns["hash"], columns["row"]),
        _divided(columns["value_count"], columns["value"]),
        _divided(columns["mean_count"], columns["mean_sum"], columns["mean_number"]),
        strict=True,
    ):
        rows = _pairs(MEAN, *means) if base["type"] in MEAN_TYPES else values
        yield {
            **row,
            "base": base,
            "bucket": _pairs(BUCKET, *buckets).view(np.uint8),
            "blob": np.ascontiguousarray(rows).view(np.uint8),
        }
