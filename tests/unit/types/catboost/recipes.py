"""The CatBoost models that tests fit: small, silent, leaving no files, the same every time."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

import catboost
import numpy as np
import pandas as pd

__all__ = ["FRAME", "MODELS", "QUIET", "REAL", "Fitted", "X", "Y", "fitted"]

QUIET: dict[str, Any] = {
    "allow_writing_files": False,
    "depth": 3,
    "iterations": 6,
    "thread_count": 1,
    "verbose": False,
}
RNG = np.random.default_rng(0)
ROWS = 200
X = RNG.normal(size=(ROWS, 5))
X[RNG.random(X.shape) < 0.05] = np.nan
FULL = np.nan_to_num(X)
REAL = FULL @ np.arange(1.0, 6.0) + FULL[:, 0] * FULL[:, 1]
Y = (REAL > 0).astype(int)
THREE = np.digitize(REAL, [-3.0, 3.0])
GROUPS = np.repeat(np.arange(ROWS // 10), 10)
CATS = ["letter", "code", "side"]


def _frame() -> pd.DataFrame:
    """Two columns of numbers, and three of categories which decide together with these."""
    rng = np.random.default_rng(1)
    return pd.DataFrame(
        {
            "letter": rng.choice(list("stuvwxyz"), 600),
            "x": rng.normal(size=600),
            "code": rng.choice([f"c{i}" for i in range(9)], 600),
            "side": rng.choice(["p", "q"], 600),
            "z": rng.normal(size=600),
        }
    )


FRAME = _frame()
MIXED = FRAME["letter"].map(ord) * 7 + FRAME["code"].str[1:].astype(int) * 3
MIXED = (MIXED + (FRAME["x"] > 0) * 5 + (FRAME["side"] == "p") * 2).to_numpy() % 4


class Fitted(NamedTuple):
    """A fitted model and what it may be asked about."""

    model: Any
    data: Any


def _classifier(y: Any, data: Any = X, **params: Any) -> Fitted:
    return Fitted(catboost.CatBoostClassifier(**QUIET | params).fit(data, y), data)


def _regressor(y: Any, data: Any = X, **params: Any) -> Fitted:
    return Fitted(catboost.CatBoostRegressor(**QUIET | params).fit(data, y), data)


def _by_categories(y: Any = MIXED < 2, **params: Any) -> Fitted:
    chosen = {"cat_features": CATS, "max_ctr_complexity": 4, "depth": 5, "iterations": 20}
    return _classifier(y.astype(int), FRAME, **chosen | params)


def _early() -> Fitted:
    model = catboost.CatBoostClassifier(
        **QUIET | {"iterations": 60},
        early_stopping_rounds=3,
        eval_metric="AUC",
        custom_metric=["Logloss"],
        learning_rate=0.5,
        metric_period=2,
    )
    return Fitted(model.fit(X[:120], Y[:120], eval_set=[(X[120:160], Y[120:160])] * 2), X)


def _base() -> Fitted:
    params = {name: value for name, value in QUIET.items() if name != "depth"}
    model = catboost.CatBoost({**params, "loss_function": "Logloss", "max_depth": 2})
    return Fitted(model.fit(catboost.Pool(X, Y)), X)


def _ranker() -> Fitted:
    model = catboost.CatBoostRanker(**QUIET, loss_function="YetiRank")
    return Fitted(model.fit(X, THREE, group_id=GROUPS), X)


def _sum() -> Fitted:
    models = [_by_categories(random_seed=seed, iterations=4).model for seed in (0, 1)]
    return Fitted(catboost.sum_models(models, weights=[0.3, 0.7]), FRAME)


def _dropped() -> Fitted:
    model = catboost.CatBoostRegressor(**QUIET | {"iterations": 1, "depth": 2}).fit(X, REAL)
    model.drop_unused_features()
    return Fitted(model, X)


def _loaded() -> Fitted:
    blob = _regressor(REAL).model._serialize_model()
    return Fitted(catboost.CatBoostRegressor().load_model(blob=blob), X)


MODELS: dict[str, Callable[[], Fitted]] = {
    "binary": lambda: _classifier(Y),
    "three classes": lambda: _classifier(THREE),
    "classes of text": lambda: _classifier(np.array(["low", "é", "top"])[THREE]),
    "classes of truth": lambda: _classifier(Y.astype(bool)),
    "classes of floats": lambda: _classifier(np.array([0.5, 1.5, 2.25])[THREE]),
    "classes named": lambda: _classifier(Y, class_names=[1, 0]),
    "one versus all": lambda: _classifier(THREE, loss_function="MultiClassOneVsAll"),
    "class weights": lambda: _classifier(Y, class_weights={0: 1.0, 1: 3.0}),
    "many labels": lambda: _classifier(np.c_[Y, 1 - Y, Y], loss_function="MultiLogloss"),
    "soft labels": lambda: _classifier(np.clip(REAL, 0, 1), loss_function="CrossEntropy"),
    "regression": lambda: _regressor(REAL),
    "missing values last": lambda: _regressor(REAL, nan_mode="Max"),
    "many borders": lambda: _regressor(REAL, border_count=600, depth=6),
    "poisson": lambda: _regressor(np.abs(REAL), loss_function="Poisson"),
    "several targets": lambda: _regressor(np.c_[REAL, REAL**2], loss_function="MultiRMSE"),
    "quantiles": lambda: _regressor(REAL, loss_function="MultiQuantile:alpha=0.1,0.5,0.9"),
    "uncertainty": lambda: _regressor(
        REAL, loss_function="RMSEWithUncertainty", posterior_sampling=True
    ),
    "depthwise": lambda: _regressor(REAL, grow_policy="Depthwise"),
    "lossguide": lambda: _classifier(THREE, grow_policy="Lossguide", depth=6, max_leaves=9),
    "ranking": _ranker,
    "categories": _by_categories,
    "categories, all kinds of tables": lambda: _by_categories(
        simple_ctr=["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"], y=MIXED
    ),
    "categories, one-hot": lambda: _by_categories(one_hot_max_size=20),
    "categories, lossguide": lambda: _by_categories(grow_policy="Lossguide", max_leaves=12),
    "early stopping": _early,
    "base class": _base,
    "sum of models": _sum,
    "without unused features": _dropped,
    "from a file": _loaded,
}


@cache
def fitted(name: str) -> Fitted:
    """One of the models; do not change it."""
    return MODELS[name]()
