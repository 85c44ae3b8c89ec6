"""Inputs made up from what is known of a model's inputs, for a probe when nobody gave one.

They are the same for the same model on every machine, and cover what the schema says: each
category, both ends of each range, text of known words. Where nothing is known of a column's scale,
the model's own first scaler or trees say where its data was.
"""

from __future__ import annotations

import sys
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.archive.theta import Column, Inputs

__all__ = ["ROWS", "made_up"]

ROWS = 16
_MOST_COLUMNS = 100_000
_WORDS = ("the", "model", "answers", "what", "it", "answered", "before", "and", "1", "2", "2024")

Floats = npt.NDArray[np.float64]


def made_up(model: Any, inputs: Inputs | None) -> Any:
    """Inputs of ``ROWS`` rows, in the form that the model takes; None where too little is known."""
    try:
        return None if inputs is None else _made_up(model, inputs)
    except Exception:  # noqa: BLE001 - a class of the user's gives its attributes any meaning
        return None


def _made_up(model: Any, inputs: Inputs) -> Any:
    if inputs.form == "text":
        return _texts(model)
    width = inputs.count
    if width is None or not 1 <= width <= _MOST_COLUMNS:
        return None
    numbers = _numbers(model, width)
    if inputs.form == "frame":
        return _frame(inputs, numbers)
    if inputs.form not in (None, "array", "sparse"):
        return None
    for index, column in enumerate(inputs.columns):
        if column.categories is not None:
            return _objects(inputs, numbers)
        numbers[:, index] = _within(column, numbers[:, index])
    dtype = np.dtype(inputs.dtype) if inputs.dtype in ("float32", "float64") else np.float64
    return numbers.astype(dtype)


def _numbers(model: Any, width: int) -> Floats:
    """Normal numbers around where the model's data was, and a row each of zeros and ones."""
    generator = np.random.Generator(np.random.Philox(key=[0x686F6C6F, width]))
    numbers = generator.standard_normal((ROWS, width))
    centre, spread = _scale(model, width)
    numbers = np.asarray(centre + spread * numbers)
    numbers[0], numbers[1] = 0.0, 1.0
    return numbers


def _scale(model: Any, width: int) -> tuple[Any, Any]:
    first = _first(model)
    mean, scale = _row(first, "mean_", width), _row(first, "scale_", width)
    if mean is not None and scale is not None:
        return mean, scale
    low, high = _row(first, "data_min_", width), _row(first, "data_max_", width)
    if low is not None and high is not None:
        return (low + high) / 2, (high - low) / 2
    trees = np.ravel(np.asarray(getattr(first, "estimators_", first), dtype=object))
    tree = getattr(trees[0] if trees.size else None, "tree_", None)
    return _of_tree(tree, width) if hasattr(tree, "threshold") else (0.0, 1.0)


def _of_tree(tree: Any, width: int) -> tuple[Floats, Floats]:
    centre, spread = np.zeros(width), np.ones(width)
    inner = tree.feature >= 0
    for feature in np.unique(tree.feature[inner]):
        if feature < width:
            thresholds = tree.threshold[inner & (tree.feature == feature)]
            centre[feature] = np.median(thresholds)
            spread[feature] = np.ptp(thresholds) or abs(centre[feature]) or 1.0
    return centre, spread


def _first(model: Any) -> Any:
    """What sees the inputs first: the first step of a pipeline, the estimator inside a search."""
    for _ in range(8):
        inner = getattr(model, "best_estimator_", None)
        if inner is None and getattr(model, "steps", None):
            inner = model.steps[0][1]
        if inner is None:
            return model
        model = inner
    return model


def _row(model: Any, name: str, width: int) -> Floats | None:
    value = getattr(model, name, None)
    if isinstance(value, np.ndarray) and value.shape == (width,) and np.isfinite(value).all():
        return value.astype(np.float64)
    return None


def _within(column: Column, numbers: Floats) -> Floats:
    low, high = column.minimum, column.maximum
    if not isinstance(low, (int, float)) or not isinstance(high, (int, float)) or not low <= high:
        return numbers
    ranks = np.argsort(np.argsort(numbers, kind="stable"))
    return np.asarray(np.linspace(low, high, ROWS)[ranks])


def _values(column: Column, numbers: Floats) -> Any:
    """One column: its categories in turn, whole numbers or others within its range."""
    if column.categories:
        chosen = [column.categories[row % len(column.categories)] for row in range(ROWS)]
        return (
            chosen
            if not all(isinstance(each, str) for each in chosen)
            else np.array(chosen, object)
        )
    values = _within(column, numbers)
    kind = column.dtype or ""
    if kind.startswith(("int", "uint")):
        return np.rint(values).astype(np.int64)
    if kind.startswith("bool"):
        return values > 0
    return values.astype(np.float32) if kind == "float32" else values


def _frame(inputs: Inputs, numbers: Floats) -> Any:
    pandas = sys.modules.get("pandas")
    names = [column.name for column in inputs.columns]
    if pandas is None or len(names) != inputs.count or None in names:
        return None
    columns = {
        column.name: _values(column, numbers[:, index])
        for index, column in enumerate(inputs.columns)
    }
    frame = pandas.DataFrame(columns)
    categorical = [column.name for column in inputs.columns if column.dtype == "category"]
    return frame.astype(dict.fromkeys(categorical, "category")) if categorical else frame


def _objects(inputs: Inputs, numbers: Floats) -> Any:
    table = np.empty(numbers.shape, object)
    for index, column in enumerate(inputs.columns[: numbers.shape[1]]):
        table[:, index] = list(_values(column, numbers[:, index]))
    return table


def _texts(model: Any) -> list[str]:
    first = _first(model)
    known = getattr(first, "vocabulary_", None)
    words = [*_WORDS]
    if isinstance(known, dict):
        step = max(1, len(known) // 200)
        words += [word for word in list(known)[::step] if isinstance(word, str)][:200]
    return [" ".join(words[row::ROWS]) for row in range(ROWS)]
