"""Small boosters, taken apart once, for tests to change a copy."""

from __future__ import annotations

import copy
from functools import cache
from typing import Any

import numpy as np
import xgboost

from holotype.types.xgboost.export import Parts, parse

__all__ = ["KINDS", "export_of", "parts_of", "train"]

_RNG = np.random.default_rng(1)
_X = _RNG.normal(size=(80, 3))
_CODES = np.column_stack([_RNG.integers(0, 9, 80), _RNG.integers(0, 3, 80), _X[:, 0]])
_Y = _X[:, 0] * _X[:, 1] + _X[:, 2]

KINDS: dict[str, dict[str, Any]] = {
    "plain": {"max_depth": 3},
    "classes": {"objective": "multi:softprob", "num_class": 3, "max_depth": 2},
    "dart": {"booster": "dart", "rate_drop": 0.5},
    "linear": {"booster": "gblinear", "updater": "coord_descent"},
    "pruned": {"tree_method": "exact", "gamma": 1.0, "max_depth": 4},
    "vectors": {"multi_strategy": "multi_output_tree"},
    "categories": {"max_cat_to_onehot": 1},
    "frame": {},
    "ranker": {"objective": "rank:ndcg", "lambdarank_unbiased": True},
    "quantiles": {"objective": "reg:quantileerror", "quantile_alpha": [0.2, 0.8]},
}


def train(kind: str) -> Any:
    """A booster of this kind."""
    label: Any = _Y
    data: Any = _X
    more: dict[str, Any] = {}
    if kind == "classes":
        label = np.arange(80) % 3
    elif kind == "vectors":
        label = np.column_stack([_Y, _Y**2])
    elif kind == "categories":
        data, more = _CODES, {"feature_types": ["c", "c", "q"], "enable_categorical": True}
    elif kind == "ranker":
        label, more = np.arange(80) % 3, {"qid": np.arange(80) // 8}
    elif kind == "frame":
        import pandas as pd

        data = pd.DataFrame(_X, columns=["a", "b", "c"]).assign(
            kind=pd.Categorical.from_codes(_CODES[:, 0].astype(int), [*"zyxwvutsr"]),
            code=pd.Categorical(_CODES[:, 1].astype(int)),
        )
        more = {"enable_categorical": True}
    parameters = {"nthread": 1, **KINDS[kind]}
    return xgboost.train(parameters, xgboost.DMatrix(data, label, **more), 3)


@cache
def export_of(kind: str) -> bytes:
    """What XGBoost pickles of it."""
    return bytes(train(kind).__getstate__()["handle"])


@cache
def _parts(kind: str) -> Parts:
    return parse(export_of(kind))


def parts_of(kind: str) -> Parts:
    """Its parts, to be changed."""
    return copy.deepcopy(_parts(kind))
