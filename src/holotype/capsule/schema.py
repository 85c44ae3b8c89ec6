"""What a model takes and what it gives: names, dtypes, categories, ranges, classes, methods.

The fitted model is asked, and data where some were handed over. Rule: names are kept as they are up
to a number, above which only the number is; of data only what ``statistics`` tells.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any, Literal

import msgspec
import numpy as np

from holotype.archive.theta import (
    Column,
    ColumnStatistics,
    Dataset,
    Inputs,
    Outputs,
    Scalar,
    Table,
)
from holotype.capsule.parts import attribute, end_of, has, named_steps, type_of
from holotype.digest import is_text
from holotype.errors import UnsupportedError

__all__ = ["METHODS", "OUTPUT", "inputs_of", "outputs_of"]

METHODS = (
    "predict",
    "predict_proba",
    "predict_log_proba",
    "decision_function",
    "score_samples",
    "transform",
    "inverse_transform",
    "forecast",
    "kneighbors",
    "forward",
)
OUTPUT = "output"
"""The name under which ``units`` give the unit of what the model predicts."""

_MAX_COLUMNS = 100_000
_MAX_CATEGORIES = 1000
_MAX_CLASSES = 10_000
_MAX_DEPTH = 20
_MAX_BITS = 1024
# Data frames, arrays and containers may have attributes of any name, but are no models.
_PLAIN = frozenset({"builtins", "collections", "numpy", "pandas", "scipy"})
_BOOSTERS = frozenset({"lightgbm", "xgboost"})
_TEXT = ("CountVectorizer", "TfidfVectorizer", "HashingVectorizer")
_ENCODERS = ("OneHotEncoder", "OrdinalEncoder", "TargetEncoder")
_SAME_COLUMNS = ("SimpleImputer",)


# ------------------------------------------------------------------------------------- inputs


def inputs_of(
    model: Any, data: Mapping[str, Dataset], units: Mapping[str, str] | None
) -> Inputs | None:
    """What the model takes, by itself and by the first data set; None where nothing is known."""
    known = _of_model(model)
    table = _first(data)
    if table is not None:
        known = _with_data(known, table)
    columns = _with_units(known.columns, units or {})
    known = msgspec.structs.replace(known, columns=columns)
    return None if known == Inputs(source="model") else known


def _first(data: Mapping[str, Dataset]) -> Table | None:
    chosen = data.get("train") or next(iter(data.values()), None)
    return None if chosen is None else chosen.features


def _of_model(model: Any) -> Inputs:
    if _library(model) in _PLAIN:
        return Inputs(source="model")
    first = end_of(model, "first")
    if _is_sequence(first):
        first = next((part for _, part, _ in named_steps(first)), first)
    fitted = _texts(_known(model, first, "feature_names_in_"))
    names = fitted or _names_of_framework(first)
    count = _count_of(model, first)
    if names and count is None:
        count = len(names)
    shape = _shape(attribute(model, "input_shape")) or _shape_of_layer(first, "in")
    if type_of(first).rpartition(".")[2] in _TEXT:
        return Inputs(source="model", form="text", shape=shape)
    # LightGBM has names for the columns of arrays too.
    frame = any(name != f"Column_{index}" for index, name in enumerate(fitted))
    return Inputs(
        source="model",
        form="frame" if frame else None,
        count=count,
        columns=_columns(model, first, names, count or 0),
        shape=shape,
    )


def _library(model: Any) -> str:
    return type_of(model).partition(".")[0]


def _known(model: Any, part: Any, name: str) -> Any:
    """What the model itself knows, or else its part: an old model has no properties."""
    found = attribute(model, name)
    return attribute(part, name) if found is None else found


def _columns(model: Any, first: Any, names: list[str], count: int) -> list[Column]:
    categories = _categories(model, names, 0)
    if not (names or categories) or count > _MAX_COLUMNS:
        return []
    types = attribute(first, "feature_types")
    dtypes = types if isinstance(types, list) and len(types) == count else [None] * count
    return [
        Column(
            name=names[index] if index < len(names) else None,
            dtype=None if dtypes[index] is None else str(dtypes[index]),
            **_listed(categories.get(index)),
        )
        for index in range(count)
    ]


def _names_of_framework(model: Any) -> list[str]:
    """The names that boosters and statsmodels' results know."""
    for name in ("feature_names", "feature_names_"):
        if found := _texts(attribute(model, name)):
            return found
    if _library(model) in _BOOSTERS and has(model, "feature_name"):
        return _texts(_asked(model.feature_name))
    fitted = attribute(model, "model")  # of statsmodels; a formula makes columns of its own
    return [] if attribute(fitted, "formula") else _texts(attribute(fitted, "exog_names"))


def _asked(method: Any) -> Any:
    try:
        return method()
    except Exception:  # noqa: BLE001 - it is some library's method, or the model is not fitted
        return None


def _count_of(model: Any, first: Any) -> int | None:
    for name in ("n_features_in_", "num_feature", "num_features"):
        found = _known(model, first, name)
        if callable(found) and _library(first) in _BOOSTERS:
            found = _asked(found)
        if isinstance(found, (int, np.integer)) and found >= 0:
            return int(found)
    return None


def _is_sequence(model: Any) -> bool:
    return type_of(model).startswith("torch.") and type_of(model).endswith(".Sequential")


def _shape_of_layer(layer: Any, end: Literal["in", "out"]) -> list[int | None] | None:
    """The features that a layer of torch takes or gives; of others nothing is known."""
    found = attribute(layer, f"{end}_features")
    return [None, found] if type(found) is int else None


def _shape(value: Any) -> list[int | None] | None:
    """A shape as Keras states it, of one input; of several it is left out."""
    if not isinstance(value, tuple) or not value:
        return None
    plain = all(each is None or (type(each) is int and each >= 0) for each in value)
    return list(value) if plain else None


def _categories(model: Any, names: list[str], depth: int) -> dict[int, list[Any]]:
    """Index of a feature → the categories that an encoder at the input knows of it."""
    kind = type_of(model).rpartition(".")[2]
    if depth > _MAX_DEPTH:
        return {}
    if kind in _ENCODERS:
        found = attribute(model, "categories_")
        return {i: _values(each) for i, each in enumerate(found or ())}
    best = attribute(model, "best_estimator_")
    if best is not None:
        return _categories(best, names, depth + 1)
    if kind == "Pipeline":
        for _, part, _ in named_steps(model):
            if type_of(part).rpartition(".")[2] in _SAME_COLUMNS:
                continue
            return _categories(part, names, depth + 1)
    if kind == "ColumnTransformer":
        categories: dict[int, list[Any]] = {}
        for _, part, columns in named_steps(model):
            places = _places(columns, names)
            for index, each in _categories(part, names, depth + 1).items():
                if index < len(places):
                    categories[places[index]] = each
        return categories
    return {}


def _places(columns: Any, names: list[str]) -> list[int]:
    """The numbers of the columns that a step is given."""
    if isinstance(columns, np.ndarray):
        columns = columns.tolist()
    listed = columns if isinstance(columns, list) else [columns]
    if all(type(each) is int for each in listed):
        return listed
    known = {name: index for index, name in enumerate(names)}
    found = [known.get(each, -1) if isinstance(each, str) else -1 for each in listed]
    return [] if -1 in found else found


def _with_data(known: Inputs, table: Table) -> Inputs:
    """What the data add: dtypes, ranges and the categories that may be named."""
    told = table.columns
    by_model = known.columns if len(known.columns) == len(told) else [Column()] * len(told)
    columns = [
        msgspec.structs.replace(
            of_model,
            name=seen.name or of_model.name,
            dtype=seen.dtype,
            minimum=None if seen.measure == "length" else seen.minimum,
            maximum=None if seen.measure == "length" else seen.maximum,
            **({} if of_model.categories or of_model.category_count else _seen_categories(seen)),
        )
        for of_model, seen in zip(by_model, told, strict=True)
    ]
    batch = len(table.shape) > 1
    return Inputs(
        source="data",
        form=table.form,
        dtype=table.dtype,
        shape=[None, *table.shape[1:]],
        count=table.shape[1] if batch and len(table.shape) == 2 else known.count,
        columns=[] if table.form == "text" else columns or known.columns,
    )


def _seen_categories(seen: ColumnStatistics) -> dict[str, Any]:
    """Those of a column that has no range, if all of them may be named, or else their number."""
    if seen.minimum is not None or seen.distinct is None:
        return {}
    if seen.top is None or seen.other:
        return {"category_count": seen.distinct}
    return {"categories": sorted((each.value for each in seen.top), key=str)}


def _with_units(columns: list[Column], units: Mapping[str, str]) -> list[Column]:
    names = {column.name for column in columns}
    for name in units:
        if name not in names and name != OUTPUT:
            raise UnsupportedError(
                f"units[{name!r}]",
                "is no feature that the model or the data name.",
                f"The unit of what the model predicts is units[{OUTPUT!r}].",
            )
    return [
        msgspec.structs.replace(column, unit=units[column.name])
        if column.name is not None and column.name in units
        else column
        for column in columns
    ]


# ------------------------------------------------------------------------------------ outputs


def outputs_of(model: Any, units: Mapping[str, str] | None) -> Outputs | None:
    """What the model gives; None where nothing is known."""
    unit = (units or {}).get(OUTPUT)
    if _library(model) in _PLAIN:
        return None if unit is None else Outputs(unit=unit)
    last = end_of(model, "last")
    classes = _known(model, last, "classes_")
    listed = _values(classes) if isinstance(classes, np.ndarray) and classes.ndim == 1 else None
    count = _known(model, last, "n_outputs_")
    found = Outputs(
        methods=[name for name in METHODS if has(model, name)],
        count=int(count) if isinstance(count, (int, np.integer)) and count >= 0 else None,
        names=_texts([attribute(attribute(model, "model"), "endog_names")]),
        classes=listed if listed is not None and len(listed) <= _MAX_CLASSES else None,
        class_count=len(listed) if listed is not None else None,
        shape=_shape(attribute(model, "output_shape")) or _shape_given(last),
        unit=unit,
    )
    return None if found == Outputs() else found


def _shape_given(model: Any) -> list[int | None] | None:
    """What the last layer of a sequence of torch that changes the width gives."""
    layers = [part for _, part, _ in named_steps(model)] if _is_sequence(model) else [model]
    shapes = [shape for each in layers if (shape := _shape_of_layer(each, "out")) is not None]
    return shapes[-1] if shapes else None


# --------------------------------------------------------------------------------------- values


def _texts(value: Any) -> list[str]:
    """A list of names, if it is one and all of them are text."""
    if isinstance(value, np.ndarray) and value.ndim == 1:
        value = value.tolist()
    plain = isinstance(value, list) and len(value) <= _MAX_COLUMNS
    return value if plain and all(type(each) is str and is_text(each) for each in value) else []


def _values(values: Iterable[Any]) -> list[Scalar]:
    """Categories or classes as JSON values; what is none is given in words."""
    listed = values.tolist() if isinstance(values, np.ndarray) else list(values)
    return [_scalar(each) for each in listed]


def _scalar(value: Any) -> Scalar:
    if type(value) is float and not np.isfinite(value):
        return str(value)
    if isinstance(value, int) and value.bit_length() > _MAX_BITS:
        return f"an integer of {value.bit_length()} bits"
    if value is None or isinstance(value, (bool, int, float)):
        return value
    text = str(value)
    return text if is_text(text) else ascii(text)


def _listed(categories: list[Scalar] | None) -> dict[str, Any]:
    if categories is None:
        return {}
    few = len(categories) <= _MAX_CATEGORIES
    return {"categories": categories} if few else {"category_count": len(categories)}
