"""Trained XGBoost models of every kind, and the X that each is asked about."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pandas as pd
import xgboost

__all__ = ["FRAME", "MODELS", "ROWS", "Trained", "X"]

ROWS = 160
_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(ROWS, 4)).astype(np.float32)
X[::7, 1] = np.nan
_FULL = np.nan_to_num(X)
_TWO = (X[:, 0] > 0).astype(int)
_THREE = np.arange(ROWS) % 3
_REAL = _FULL[:, 0] * _FULL[:, 2] + _FULL[:, 1]
_PAIR = np.column_stack([_REAL, _REAL**2])
_GROUPS = np.repeat(np.arange(ROWS // 8), 8)
FRAME = pd.DataFrame(
    {
        "x": X[:, 0],
        "kind": pd.Categorical.from_codes(_RNG.integers(0, 7, ROWS), [*"hgfedc", "é"]),
        "code": pd.Categorical(_RNG.integers(0, 40, ROWS)),
        "hole": np.where(X[:, 1] > 1, np.nan, X[:, 1]),
    }
)
_FEW: dict[str, Any] = {"n_estimators": 6, "max_depth": 3, "n_jobs": 1}


class Trained(NamedTuple):
    """A way to train a model, and what it can be asked about."""

    train: Callable[[], Any]
    data: Any


def _native(data: Any, label: Any, rounds: int = 5, **parameters: Any) -> Any:
    matrix = xgboost.DMatrix(data, label, enable_categorical=True)
    return xgboost.train({"nthread": 1, **parameters}, matrix, rounds)


def _regressor(data: Any = X, label: Any = _REAL, **parameters: Any) -> Any:
    return xgboost.XGBRegressor(**{**_FEW, **parameters}).fit(data, label)


def _survival() -> Any:
    low = np.abs(_REAL) + 0.1
    matrix = xgboost.DMatrix(X, label_lower_bound=low, label_upper_bound=low + 1)
    return xgboost.train({"objective": "survival:aft", "nthread": 1}, matrix, 4)


def _stopped() -> Any:
    stop = xgboost.callback.EarlyStopping(rounds=2, save_best=True, data_name="validation_0")
    model = xgboost.XGBClassifier(
        n_estimators=30, n_jobs=1, eval_metric=["logloss", "auc"], callbacks=[stop]
    )
    return model.fit(X, _TWO, eval_set=[(X[::3], _TWO[::3])], verbose=False)


def _ranker() -> Any:
    model = xgboost.XGBRanker(
        **_FEW, lambdarank_unbiased=True, lambdarank_pair_method="topk", eval_metric="ndcg@3"
    )
    return model.fit(X, _THREE, qid=_GROUPS)


MODELS: dict[str, Trained] = {
    "booster": Trained(lambda: _native(X, _REAL), X),
    "booster of a frame": Trained(lambda: _native(FRAME, _REAL, base_score=0.25), FRAME),
    "booster without rounds": Trained(lambda: _native(X, _REAL, 0), X),
    "booster of counts": Trained(
        lambda: _native(X, np.arange(ROWS) % 5, objective="count:poisson"), X
    ),
    "booster, pruned": Trained(
        lambda: _native(X, _REAL, tree_method="exact", gamma=1.5, max_depth=6), X
    ),
    "booster by leaves": Trained(
        lambda: _native(X, _REAL, grow_policy="lossguide", max_leaves=9, max_depth=0), X
    ),
    "booster, approximate": Trained(
        lambda: _native(X, _REAL, tree_method="approx", monotone_constraints="(1,0,0,-1)"), X
    ),
    "booster of hinges": Trained(lambda: _native(X, _TWO, objective="binary:hinge"), X),
    "survival": Trained(_survival, X),
    "cox": Trained(lambda: _native(X, _REAL, objective="survival:cox"), X),
    "tweedie": Trained(lambda: _native(X, np.abs(_REAL), objective="reg:tweedie"), X),
    "huber": Trained(lambda: _regressor(objective="reg:pseudohubererror"), X),
    "absolute": Trained(lambda: _regressor(objective="reg:absoluteerror"), X),
    "quantiles": Trained(
        lambda: _regressor(objective="reg:quantileerror", quantile_alpha=[0.1, 0.5, 0.9]), X
    ),
    "regressor": Trained(lambda: _regressor(missing=-1.0, subsample=0.7, random_state=3), X),
    "regressor of a frame": Trained(lambda: _regressor(FRAME, enable_categorical=True), FRAME),
    "regressor of two": Trained(lambda: _regressor(label=_PAIR), X),
    "regressor of vectors": Trained(
        lambda: _regressor(label=_PAIR, multi_strategy="multi_output_tree"), X
    ),
    "classifier of two": Trained(lambda: xgboost.XGBClassifier(**_FEW).fit(X, _TWO), X),
    "classifier of three": Trained(lambda: xgboost.XGBClassifier(**_FEW).fit(X, _THREE), X),
    "classifier of labels": Trained(
        lambda: xgboost.XGBClassifier(**_FEW).fit(X, np.column_stack([_TWO, _THREE > 1])), X
    ),
    "classifier, softmax": Trained(
        lambda: _native(X, _THREE, objective="multi:softmax", num_class=3), X
    ),
    "classifier, stopped": Trained(_stopped, X),
    "dart": Trained(
        lambda: xgboost.XGBClassifier(
            **_FEW, booster="dart", rate_drop=0.5, one_drop=True, random_state=1
        ).fit(X, _THREE),
        X,
    ),
    "linear": Trained(
        lambda: _regressor(_FULL, booster="gblinear", updater="coord_descent", max_depth=None),
        _FULL,
    ),
    "linear classes": Trained(
        lambda: _native(
            _FULL,
            _THREE,
            booster="gblinear",
            objective="multi:softprob",
            num_class=3,
            updater="coord_descent",
        ),
        _FULL,
    ),
    "ranker": Trained(_ranker, X),
    "forest": Trained(lambda: xgboost.XGBRFClassifier(**_FEW, random_state=1).fit(X, _TWO), X),
    "forest of numbers": Trained(
        lambda: xgboost.XGBRFRegressor(**_FEW, random_state=1).fit(X, _PAIR), X
    ),
    "unfitted": Trained(lambda: xgboost.XGBRanker(n_estimators=7, lambdarank_unbiased=True), X),
}
