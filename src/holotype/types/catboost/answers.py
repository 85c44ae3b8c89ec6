"""What a CatBoost model answers: each of its prediction methods, as a function of X."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

import numpy as np

from holotype.types.catboost.estimators import CLASSES

__all__ = ["answers"]

_STAGES = 4


def answers(model: Any) -> Mapping[str, Callable[[Any], Any]] | None:
    """Prediction methods by name, or None where it is no fitted model of CatBoost."""
    if not _is_estimator(type(model)) or not model.is_fitted():
        return None
    # Those first that say most: where asking takes long, the last ones are left out.
    methods = ("predict_proba", "predict", "predict_log_proba")
    found: dict[str, Callable[[Any], Any]] = {
        name: getattr(model, name) for name in methods if hasattr(model, name)
    }
    found["predict_raw"] = partial(_raw, model)
    found["staged_predict"] = partial(_staged, model)
    found["calc_leaf_indexes"] = model.calc_leaf_indexes
    return found


def _is_estimator(cls: type) -> bool:
    return any(
        base.__module__ == "catboost.core" and base.__name__ in CLASSES for base in cls.__mro__
    )


def _raw(model: Any, data: Any) -> Any:
    from catboost import CatBoost  # whose method a ranker's covers by one that takes no type

    return np.asarray(CatBoost.predict(model, data, prediction_type="RawFormulaVal"))


def _staged(model: Any, data: Any) -> list[Any]:
    """Raw values after a few stages of the ensemble: all of them would be very many."""
    from catboost import CatBoost

    period = max(1, -(-model.tree_count_ // _STAGES))
    stages = CatBoost.staged_predict(
        model, data, prediction_type="RawFormulaVal", eval_period=period
    )
    return [np.asarray(stage) for stage in stages]
