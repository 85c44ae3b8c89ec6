"""LightGBM models of every kind of tree, and how they are asked.

Small ones, each trained in one thread, for a child of a process with threads cannot start its own.
"""

from __future__ import annotations

import copy
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse

from fuzz.data import CODES, HOLES, LABELS, REAL, ROWS, X, Y
from holotype.types.lightgbm.answers import answers

__all__ = ["others", "questions"]

_FEW: dict[str, Any] = {
    "n_estimators": 3,
    "num_leaves": 4,
    "min_child_samples": 3,
    "min_data_per_group": 2,
    "cat_smooth": 1,
    "n_jobs": 1,
    "random_state": 0,
    "verbose": -1,
}


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where LightGBM is not installed."""
    try:
        import lightgbm
    except ImportError:
        return {}
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def regressor(data: Any = HOLES, **more: Any) -> Any:
        return lightgbm.LGBMRegressor(**_FEW, **more).fit(data, REAL)

    return {
        "lightgbm": lambda: regressor().booster_,
        "lightgbm categories": lambda: lightgbm.LGBMRegressor(**_FEW).fit(
            CODES, REAL, categorical_feature=[0, 1, 2]
        ),
        "lightgbm linear": lambda: regressor(linear_tree=True).booster_,
        "lightgbm dart": lambda: regressor(
            boosting_type="dart", monotone_constraints=[1, 0, 0, -1]
        ),
        "lightgbm forest": lambda: (
            regressor(boosting_type="rf", subsample=0.6, subsample_freq=1).booster_
        ),
        "lightgbm classes": lambda: lightgbm.LGBMClassifier(**_FEW).fit(X, LABELS),
        "lightgbm two classes": lambda: make_pipeline(
            StandardScaler(), lightgbm.LGBMClassifier(**_FEW)
        ).fit(X, LABELS == "low"),
        "lightgbm ranker": lambda: lightgbm.LGBMRanker(**_FEW).fit(X, Y, group=[ROWS // 2] * 2),
        "lightgbm stumps": lambda: regressor(min_child_weight=1e6).booster_,
    }


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """All predictions, of dense and sparse rows, and what else walks the trees."""
    data = inputs[0]
    for name, ask in (answers(model) or {}).items():
        yield name, partial(ask, data)
        yield f"{name} of sparse rows", partial(ask, scipy.sparse.csr_matrix(np.nan_to_num(data)))
    booster = getattr(model, "_Booster", model)
    if type(booster).__name__ != "Booster":
        return
    yield "contributions", lambda: model.predict(data, pred_contrib=True)
    yield "two iterations", lambda: model.predict(data, start_iteration=1, num_iteration=2)
    yield "stopping early", lambda: model.predict(data, pred_early_stop=True)
    yield "model_to_string", booster.model_to_string
    yield "dump_model", booster.dump_model
    yield "importance", lambda: booster.feature_importance("gain")
    yield "bounds", lambda: (booster.lower_bound(), booster.upper_bound())
    yield "leaves", lambda: [booster.get_leaf_output(0, 0), booster.num_trees()]
    yield "shuffled", lambda: copy.deepcopy(booster).shuffle_models().predict(data)
