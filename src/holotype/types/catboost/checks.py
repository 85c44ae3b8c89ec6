"""What a CatBoost model in a file must be, before its native bytes are written and read.

The library's loader verifies little beyond the outer form of its format, and its evaluator nothing:
sizes, indices, hash tables and class labels are taken at their word.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.types.catboost.checks_ctrs import check_ctrs
from holotype.types.catboost.checks_features import check_features
from holotype.types.catboost.checks_info import check_info
from holotype.types.catboost.checks_trees import check_trees

__all__ = ["DERIVED", "IMPORTANCES", "check_estimator", "check_model"]

_PARTS = (
    "dimension",
    "scale",
    "bias",
    "info",
    "float_features",
    "cat_features",
    "one_hot_features",
    "combinations",
    "ctr_features",
    "ctr_tables",
    "trees",
)
_STATE = {"params", "model", "importances", "attributes"}
# What the library's own __setstate__ would take for something else than a parameter.
_NO_PARAMETERS = (
    "__model",
    "_test_eval",
    "_test_evals",
    "_prediction_values_change",
    "_loss_value_change",
)
IMPORTANCES = ("_prediction_values_change", "_loss_value_change")
DERIVED = (
    "_init_params",
    "_canonized_params",
    "_object",
    "_is_fitted_",
    "_random_seed",
    "_learning_rate",
    "_tree_count",
    "_n_features_in",
)
_UNCERTAIN = "RMSEWithUncertainty"
_MOST_BUCKETS = 0x10000  # numbered in two bytes


def check_estimator(shadow: Shadow) -> None:
    """An estimator: its parameters, its model, and what else it carries."""
    shadow.args(0)
    state = shadow.state()
    if not isinstance(state, dict) or set(state) != _STATE:
        raise shadow.fail("its state is not that of a CatBoost estimator")
    params = state["params"]
    if not isinstance(params, dict) or not all(type(name) is str for name in params):
        raise shadow.fail("its parameters have no names")
    if not params.keys().isdisjoint(_NO_PARAMETERS):
        raise shadow.fail("one of its parameters is none")
    _check_attributes(shadow, state["attributes"])
    model = state["model"]
    if model is None:
        if state["importances"] is not None:
            raise shadow.fail("it has importances, but no model")
        return
    check_model(shadow, model)
    uncertain = any(params.get(name) == _UNCERTAIN for name in ("loss_function", "objective"))
    if uncertain and model["dimension"] != 2:
        raise shadow.fail("it predicts with uncertainty, and its model does not")
    _check_importances(shadow, state["importances"])


def _check_attributes(shadow: Shadow, value: Any) -> None:
    taken = (*DERIVED, *IMPORTANCES)
    if value is not None and not (
        isinstance(value, dict)
        and all(type(name) is str and name[:2] != "__" and name not in taken for name in value)
    ):
        raise shadow.fail("its other attributes are not attributes by name")


def _check_importances(shadow: Shadow, value: Any) -> None:
    if value is None:
        return
    if not isinstance(value, dict) or not set(value) <= set(IMPORTANCES):
        raise shadow.fail("importances are not known")
    for array in value.values():
        shadow.as_array(array, "importances", ndim=1, dtype="<f8")


def check_model(shadow: Shadow, model: Any) -> None:
    """The columns of a model."""
    if not isinstance(model, dict) or set(model) != set(_PARTS):
        raise shadow.fail("its model is not its parts")
    dimension = shadow.as_integer(model["dimension"], "dimension", 1, (1 << 31) - 1)
    bias = shadow.as_array(model["bias"], "bias", ndim=1, dtype="<f8")
    if len(bias) != dimension or not np.isfinite(bias).all():
        raise shadow.fail("bias is not one number for each dimension")
    if type(model["scale"]) is not float or not math.isfinite(model["scale"]):
        raise shadow.fail("scale is not a number")
    features = check_features(shadow, model)
    more, buckets = check_ctrs(shadow, model, features)
    if features.buckets + buckets > _MOST_BUCKETS:
        raise shadow.fail("it has more features than the library can number")
    check_trees(shadow, model["trees"], dimension, features.splits + more)
    check_info(shadow, model["info"], dimension)
