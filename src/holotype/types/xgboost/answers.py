"""What an XGBoost model answers: every kind of prediction, by name.

Rule: asking changes nothing in the model, and the same X gets the same answer every time.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Callable, Mapping
from typing import Any

__all__ = ["answers"]

Answer = Callable[[Any], Any]


def answers(model: Any) -> Mapping[str, Answer] | None:
    """The predictions of a booster or a fitted estimator; None for what is neither.

    X is an array, a sparse matrix or a DataFrame, as it was for training.
    """
    core, sklearn = sys.modules.get("xgboost.core"), sys.modules.get("xgboost.sklearn")
    if core is not None and isinstance(model, core.Booster):
        return _of_booster(model)
    if sklearn is None or not isinstance(model, sklearn.XGBModel):
        return None
    if not hasattr(model, "_Booster"):
        return {}
    found: dict[str, Answer] = {"predict": model.predict}
    if hasattr(model, "predict_proba"):
        found["predict_proba"] = model.predict_proba
    found["margin"] = lambda x: model.predict(x, output_margin=True)
    found.update(_of_trees(model.get_booster(), lambda x: _matrix_of(model, x)))
    return found


def _of_booster(booster: Any) -> dict[str, Answer]:
    def matrix(x: Any) -> Any:
        return _matrix(booster, x)

    return {
        "predict": lambda x: booster.predict(matrix(x)),
        "margin": lambda x: booster.predict(matrix(x), output_margin=True),
        **_of_trees(booster, matrix),
    }


def _of_trees(booster: Any, matrix: Answer) -> dict[str, Answer]:
    """In which leaves of all trees rows end, and what each feature contributes."""
    linear, vectors = _kind(booster)
    found: dict[str, Answer] = {}
    if not linear:
        found["leaves"] = lambda x: booster.predict(matrix(x), pred_leaf=True)
    if not vectors:  # XGBoost explains no trees with vectors for leaves
        found["contributions"] = lambda x: booster.predict(matrix(x), pred_contribs=True)
    return found


def _matrix_of(model: Any, x: Any) -> Any:
    from xgboost import DMatrix

    return DMatrix(
        x,
        missing=model.missing,
        feature_types=model.feature_types,
        enable_categorical=model.enable_categorical,
    )


def _matrix(booster: Any, x: Any) -> Any:
    from xgboost import DMatrix

    if hasattr(x, "columns"):
        return DMatrix(x, enable_categorical=True)
    return DMatrix(x, feature_names=booster.feature_names, feature_types=booster.feature_types)


def _kind(booster: Any) -> tuple[bool, bool]:
    """Whether it is linear, and whether its trees have vectors for leaves."""
    learner = json.loads(booster.save_config())["learner"]
    stated = learner["learner_train_param"]
    linear = stated["booster"] == "gblinear"
    return linear, not linear and stated.get("multi_strategy") == "multi_output_tree"
