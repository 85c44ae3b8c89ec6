"""Keras' wrappers for scikit-learn: estimators around a model, for pipelines and searches.

An estimator is its attributes, of which one is the trained model. Rule: what it asks for an answer
is a model of the table, or one that its reader trusts.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holotype.graph.shadow import ABSENT, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes

__all__ = ["entries"]

_MODELS = ("keras.Functional", "keras.Sequential")
_ESTIMATOR = Attributes(
    "model warm_start model_kwargs fit_kwargs",
    "model_ history_ classes_ n_features_in_ feature_names_in_ _target_encoder _metadata_request",
)
_HISTORY = Attributes("", "history epoch params")
_RESHAPER = Attributes("", "ndim_")
_VERSION = frozenset({"_sklearn_version"})  # of old files


def _check_estimator(shadow: Shadow) -> None:
    _ESTIMATOR.check(shadow)
    model = shadow.get("model_")
    known = isinstance(model, Shadow) and model.key in _MODELS
    if model is not ABSENT and not known and not is_trusted(model):
        raise shadow.fail("model_ is not a model of Keras")
    if shadow.has("n_features_in_"):
        shadow.integer("n_features_in_", 0)


def _reduce_history(obj: Any) -> Reduced:
    # What a callback refers to while it is at work: the model, which the estimator has anyway.
    kept = {name: vars(obj)[name] for name in ("history", "epoch", "params") if name in vars(obj)}
    return Reduced(state=kept)


def _check_reshaper(shadow: Shadow) -> None:
    _RESHAPER.check(shadow)
    if shadow.has("ndim_"):
        shadow.integer("ndim_", 1, 32)


def entries() -> Iterable[Entry]:
    """The three estimators, and what they keep."""
    for name in ("SKLearnClassifier", "SKLearnRegressor", "SKLearnTransformer"):
        yield Entry(
            key=f"keras.wrappers.{name}",
            where=(f"keras.src.wrappers.sklearn_wrapper:{name}",),
            kind="object",
            drop=_VERSION,
            reduce=_ESTIMATOR.reduce,
            check=_check_estimator,
        )
    yield Entry(
        key="keras.wrappers.TargetReshaper",
        where=("keras.src.wrappers.utils:TargetReshaper",),
        kind="object",
        drop=_VERSION,
        reduce=_RESHAPER.reduce,
        check=_check_reshaper,
    )
    yield Entry(
        key="keras.callbacks.History",
        where=("keras.src.callbacks.history:History",),
        kind="object",
        reduce=_reduce_history,
        check=_HISTORY.check,
    )
