"""The notes of a CatBoost model: text that the library reads as JSON, and believes.

It writes outputs to where ``class_to_label`` says, allocates by ``classes_count``, and goes through
the metrics of test sets by the number of iterations on the training set. Rule: these are as the
library itself writes them; what it only shows is left alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from holotype.graph.shadow import Shadow
from holotype.types.catboost.sections import are_texts

__all__ = ["check_info"]

_MOST_MORE_CLASSES = 1024  # that training did not see
_MOST_NESTED = 64


def check_info(shadow: Shadow, info: Any, dimension: int) -> None:
    """The part ``info`` of a model of so many outputs."""
    if not isinstance(info, dict) or not are_texts(info) or not are_texts(info.values()):
        raise shadow.fail("info is not text by text")
    for name, check in _JSON.items():
        if name in info:
            check(shadow, _parsed(shadow, name, info[name]), dimension)


def _parsed(shadow: Shadow, name: str, text: str) -> dict[str, Any]:
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        raise shadow.fail(f"info.{name} is not JSON") from None
    if not isinstance(value, dict) or _is_deep(value):
        raise shadow.fail(f"info.{name} is not an object, or nests too deeply")
    return value


def _is_deep(value: Any) -> bool:
    level = [value]
    for _ in range(_MOST_NESTED):
        level = [
            part
            for each in level
            if isinstance(each, (dict, list))
            for part in (each.values() if isinstance(each, dict) else each)
        ]
        if not level:
            return False
    return True


def _check_nothing(shadow: Shadow, value: dict[str, Any], dimension: int) -> None:
    """The library looks at every value of these with care."""


def _check_classes(shadow: Shadow, value: dict[str, Any], dimension: int) -> None:
    """Class labels, and which of the classes each output belongs to."""
    count = value.get("classes_count", 0)
    names, places = (value.get(name, []) for name in ("class_names", "class_to_label"))
    if type(count) is not int or not 0 <= count <= dimension + _MOST_MORE_CLASSES:
        raise shadow.fail("info: classes_count is out of bounds")
    if not isinstance(names, list) or not isinstance(places, list):
        raise shadow.fail("info: class_names or class_to_label is not a list")
    known = max(count, len(names))
    for place in places if known else []:
        if type(place) not in (int, float) or not 0 <= place < known:
            raise shadow.fail("info: class_to_label says a place that is not there")


def _check_training(shadow: Shadow, value: dict[str, Any], dimension: int) -> None:
    """Metrics of the training set and of test sets, by iteration."""
    metrics = value.get("metrics", {})
    if not isinstance(metrics, dict):
        raise shadow.fail("info.training: metrics is not an object")
    learn, test, bests = (
        metrics.get(name, [])
        for name in ("learn_metrics_history", "test_metrics_history", "test_best_error")
    )
    for each in (learn, test, bests):
        if not isinstance(each, list):
            raise shadow.fail("info.training: a history of metrics is not a list")
    if test and len(test) < len(learn):
        raise shadow.fail("info.training: metrics of test sets end too early")
    sets = [one for each in test for one in (each if isinstance(each, list) else [None])]
    for each in (metrics.get("learn_best_error", {}), *learn, *bests, *sets):
        if not isinstance(each, dict) or any(
            isinstance(one, (dict, list)) for one in each.values()
        ):
            raise shadow.fail("info.training: metrics are not numbers by name")


_JSON: dict[str, Callable[[Shadow, dict[str, Any], int], None]] = {
    "params": _check_nothing,
    "loss_function": _check_nothing,
    "class_params": _check_classes,
    "multiclass_params": _check_classes,
    "training": _check_training,
}
