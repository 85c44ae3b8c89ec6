"""Small Boosters of every kind of tree, each trained in one thread and the same way every time."""

from __future__ import annotations

from functools import cache
from typing import Any

import numpy as np

__all__ = ["CATEGORICAL", "KINDS", "X", "Y", "booster"]

_RNG = np.random.default_rng(0)
X = _RNG.normal(size=(240, 5))
X[:, 3] = _RNG.integers(0, 8, 240)
X[:, 4] = _RNG.integers(0, 70, 240)  # more categories than one word has bits
Y = X[:, 0] + np.where(X[:, 4] % 2, 1.0, -1.0) + _RNG.normal(size=240)
X[_RNG.random(X.shape) < 0.1] = np.nan
CATEGORICAL = [3, 4]

_CLASSES = _RNG.integers(0, 3, 240)
_SHARES = _RNG.random(240) * 0.9 + 0.05
_PARAMETERS = {"verbose": -1, "num_leaves": 6, "min_data_in_leaf": 5, "num_threads": 1, "seed": 0}

# Parameters, what is learnt, and more facts about the data.
KINDS: dict[str, tuple[dict[str, Any], Any, dict[str, Any]]] = {
    "plain": ({}, Y, {}),
    "categories": (
        {"min_data_per_group": 2, "cat_smooth": 1},
        Y,
        {"categorical_feature": CATEGORICAL},
    ),
    "linear": ({"linear_tree": True}, Y, {"categorical_feature": CATEGORICAL}),
    "zeros are missing": ({"zero_as_missing": True}, Y, {}),
    "nothing is missing": ({"use_missing": False}, Y, {}),
    "dart": ({"boosting": "dart", "drop_rate": 0.5}, Y, {}),
    "goss": ({"data_sample_strategy": "goss"}, Y, {}),
    "forest": ({"boosting": "rf", "bagging_fraction": 0.5, "bagging_freq": 1}, Y, {}),
    "monotone": ({"monotone_constraints": [1, 0, -1, 0, 0]}, Y, {}),
    "stumps": ({"min_data_in_leaf": 200}, Y, {}),
    "binary": ({"objective": "binary", "sigmoid": 0.7}, _CLASSES > 0, {}),
    "classes": ({"objective": "multiclass", "num_class": 3}, _CLASSES, {}),
    "one against all": ({"objective": "multiclassova", "num_class": 3}, _CLASSES, {}),
    "ranks": ({"objective": "lambdarank"}, _CLASSES, {"group": [120, 120]}),
    "ranks by entropy": ({"objective": "rank_xendcg"}, _CLASSES, {"group": [120, 120]}),
    "square root": ({"objective": "regression", "reg_sqrt": True}, np.abs(Y), {}),
    "own objective": (
        {"objective": lambda scores, _: (scores - 1, np.ones_like(scores)), "num_class": 3},
        _CLASSES,
        {},
    ),
    **{
        name: ({"objective": name}, _SHARES, {})
        for name in (
            *("regression_l1", "huber", "fair", "poisson", "quantile", "mape", "gamma"),
            *("tweedie", "cross_entropy", "cross_entropy_lambda"),
        )
    },
}


@cache
def booster(kind: str) -> Any:
    """A Booster of five iterations; not to be changed."""
    import lightgbm

    parameters, target, facts = KINDS[kind]
    data = lightgbm.Dataset(X, target, **facts)
    return lightgbm.train({**_PARAMETERS, **parameters}, data, 5)
