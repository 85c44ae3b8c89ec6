"""XGBoost models of every kind of booster and tree, and how they are asked.

Small ones, each trained in one thread, for a child of a process with threads cannot start its own.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np
import scipy.sparse

from fuzz.data import CODES, HOLES, REAL, ROWS, TWO, WIDTH, X, Y
from holotype.types.xgboost.answers import answers

__all__ = ["others", "questions"]

_FEW: dict[str, Any] = {"n_estimators": 3, "max_depth": 3, "n_jobs": 1, "random_state": 0}


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where XGBoost is not installed."""
    try:
        import xgboost
    except ImportError:
        return {}
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    def regressor(data: Any = HOLES, target: Any = REAL, **more: Any) -> Any:
        return xgboost.XGBRegressor(**_FEW, **more).fit(data, target)

    return {
        "xgboost": lambda: regressor().get_booster(),
        "xgboost names": lambda: regressor(_frame()).get_booster(),
        "xgboost categories": lambda: regressor(
            CODES, enable_categorical=True, feature_types=["c", "c", "c", "q"]
        ),
        "xgboost classes": lambda: xgboost.XGBClassifier(**_FEW).fit(X, Y),
        "xgboost two classes": lambda: make_pipeline(
            StandardScaler(), xgboost.XGBClassifier(**_FEW, early_stopping_rounds=2)
        ).fit(X, Y > 0, xgbclassifier__eval_set=[(X, Y > 0)], xgbclassifier__verbose=False),
        "xgboost dart": lambda: regressor(booster="dart", rate_drop=0.5),
        "xgboost linear": lambda: regressor(X, booster="gblinear", updater="coord_descent"),
        "xgboost pruned": lambda: regressor(tree_method="exact", gamma=2.0).get_booster(),
        "xgboost vectors": lambda: regressor(
            X, TWO, multi_strategy="multi_output_tree"
        ).get_booster(),
        "xgboost ranker": lambda: xgboost.XGBRanker(**_FEW, lambdarank_unbiased=True).fit(
            X, Y, qid=np.arange(ROWS) // 6
        ),
        "xgboost forest": lambda: xgboost.XGBRFRegressor(**_FEW).fit(X, TWO),
        "xgboost quantiles": lambda: regressor(
            objective="reg:quantileerror", quantile_alpha=[0.2, 0.8]
        ),
    }


def _frame() -> Any:
    import pandas as pd

    columns = [pd.Series(X[:, at]) for at in range(WIDTH)]
    return pd.DataFrame({f"x{at}": column for at, column in enumerate(columns)})


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """All predictions, of dense and sparse, few and narrow rows, and what else walks the trees."""
    data = inputs[0]
    found = answers(model)
    if found is None:
        return
    for name, ask in found.items():
        yield name, partial(ask, data)
        yield f"{name} of sparse rows", partial(ask, scipy.sparse.csr_matrix(np.nan_to_num(data)))
        yield f"{name} of one row", partial(ask, data[:1])
        yield f"{name} of narrow rows", partial(ask, data[:, :1])
    booster = getattr(model, "_Booster", model)
    if type(booster).__name__ != "Booster":
        return
    yield "in place", lambda: booster.inplace_predict(data, validate_features=False)
    yield "a round", lambda: booster.predict(_matrix(data), iteration_range=(1, 2))
    yield "shapes", lambda: booster.predict(_matrix(data), pred_leaf=True, strict_shape=True)
    yield (
        "interactions",
        lambda: booster.predict(_matrix(data), pred_interactions=True, validate_features=False),
    )
    yield "dump", lambda: booster.get_dump(with_stats=True, dump_format="json")
    yield "frame", booster.trees_to_dataframe
    yield "score", lambda: booster.get_score(importance_type="total_gain")
    yield "slice", lambda: booster[0:2].predict(_matrix(data))
    yield "raw", booster.save_raw
    yield "config", booster.save_config
    yield "categories", lambda: booster.get_categories(export_to_arrow=True).to_arrow()
    yield "goes on", partial(_train_on, booster, data)


def _matrix(data: Any) -> Any:
    from xgboost import DMatrix

    return DMatrix(data)


def _train_on(booster: Any, data: Any) -> None:
    from xgboost import DMatrix

    label = np.arange(len(data) * booster.predict(_matrix(data[:1])).size) % 2
    matrix = DMatrix(data, label=label.reshape(len(data), -1))
    booster.update(matrix, booster.num_boosted_rounds())
