"""CatBoost models of every kind of tree and table, and how they are asked.

Small ones, each trained in one thread, for a child of a process with threads cannot start its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from fuzz.data import BINARY, HOLES, LABELS, REAL, TEXTS, TWO, X, Y

__all__ = ["others", "questions"]

_FEW: dict[str, Any] = {
    "allow_writing_files": False,
    "depth": 3,
    "iterations": 4,
    "thread_count": 1,
    "verbose": False,
}
_MIXED = np.concatenate([TEXTS, X[:, :2].astype(object)], axis=1)
_KINDS = ("RawFormulaVal", "Class", "Probability", "LogProbability")
_EXPLANATIONS = ("PredictionValuesChange", "Interaction", "ShapValues")


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where CatBoost is not installed."""
    try:
        import catboost
    except ImportError:
        return {}

    def regressor(target: Any = REAL, **more: Any) -> Any:
        return catboost.CatBoostRegressor(**_FEW | more).fit(HOLES, target)

    def classifier(target: Any, data: Any = X, **more: Any) -> Any:
        return catboost.CatBoostClassifier(**_FEW | more).fit(data, target)

    def mixed(target: Any = BINARY, **more: Any) -> Any:
        chosen = {"cat_features": [0, 1], "max_ctr_complexity": 3, "iterations": 8, **more}
        return classifier(target, _MIXED, **chosen)

    return {
        "catboost": regressor,
        "catboost many targets": lambda: regressor(TWO, loss_function="MultiRMSE"),
        "catboost uncertainty": lambda: regressor(loss_function="RMSEWithUncertainty"),
        "catboost depthwise": lambda: regressor(grow_policy="Depthwise", min_data_in_leaf=2),
        "catboost classes": lambda: classifier(LABELS),
        "catboost labels": lambda: classifier(
            np.column_stack([BINARY, 1 - BINARY]), loss_function="MultiLogloss"
        ),
        "catboost early": lambda: catboost.CatBoostClassifier(**_FEW, eval_metric="AUC").fit(
            X, BINARY, eval_set=[(X, BINARY), (HOLES, BINARY)]
        ),
        "catboost categories": mixed,
        "catboost tables": lambda: mixed(
            Y, simple_ctr=["Borders", "Buckets", "BinarizedTargetMeanValue", "Counter"]
        ),
        "catboost one-hot": lambda: mixed(one_hot_max_size=9),
        "catboost lossguide": lambda: mixed(grow_policy="Lossguide", max_leaves=5),
    }


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Predictions of every type, explanations, and what the model says of itself."""
    import catboost

    if not isinstance(model, catboost.CatBoost):
        return
    cats = model._get_cat_feature_indices() if model.is_fitted() else []
    for rows in (None, 1, 9):
        data = (_MIXED if cats else inputs[0])[:rows]
        for kind in _KINDS:
            ask = partial(catboost.CatBoost.predict, model, data, thread_count=1)
            yield f"predict {kind}", partial(ask, prediction_type=kind)
        yield "predict", partial(model.predict, data, thread_count=1)
        yield "leaves", partial(model.calc_leaf_indexes, data, thread_count=1)
        yield "stages", partial(_staged, model, data)
        yield (
            "ensembles",
            partial(
                model.virtual_ensembles_predict,
                data,
                prediction_type="TotalUncertainty",
                virtual_ensembles_count=2,
                thread_count=1,
            ),
        )
    data = _MIXED if cats else inputs[0]
    for kind in _EXPLANATIONS:
        yield kind, partial(_explained, model, data, cats, kind)
    for name in ("feature_names_", "classes_", "evals_result_", "best_score_", "best_iteration_"):
        yield name, partial(getattr, model, name)
    for name in ("get_all_params", "get_leaf_values", "get_tree_leaf_counts", "get_borders"):
        yield name, partial(_called, model, name)
    yield "copy", model.copy
    yield "repr", partial(repr, model)


def _staged(model: Any, data: Any) -> Any:
    return list(model.staged_predict(data, thread_count=1))


def _explained(model: Any, data: Any, cats: Any, kind: str) -> Any:
    import catboost

    pool = catboost.Pool(data, cat_features=cats or None, thread_count=1)
    return model.get_feature_importance(pool, kind, thread_count=1)


def _called(model: Any, name: str) -> Any:
    return getattr(model, name)()
