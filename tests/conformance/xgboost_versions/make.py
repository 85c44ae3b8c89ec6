"""A program that trains models of every kind and writes them, as joblib does, with their answers.

``python make.py FOLDER`` was run once with each of the XGBoost versions that the files are named
after. It uses nothing of Holotype: the files are what a user of that version has.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import joblib
import numpy as np
import xgboost

ROWS = 60
X = (np.arange(ROWS * 4, dtype=np.float32).reshape(ROWS, 4) * 37 % 101) / 7
X[::9, 1] = np.nan
FULL = np.nan_to_num(X)
REAL = FULL[:, 0] * 2 - FULL[:, 1] + np.sin(FULL[:, 2])
CODES = np.column_stack([np.arange(ROWS) % 9, np.arange(ROWS) % 5, FULL[:, 0]])
FEW: dict[str, Any] = {"n_estimators": 4, "max_depth": 3, "n_jobs": 1}


def native(data: Any, label: Any, rounds: int = 4, **parameters: Any) -> Any:
    """A Booster."""
    return xgboost.train({"nthread": 1, **parameters}, xgboost.DMatrix(data, label), rounds)


MODELS = {
    "booster": (lambda: native(X, REAL), X),
    "pruned": (lambda: native(X, REAL, tree_method="exact", gamma=3.0), X),
    "dart": (lambda: native(X, REAL, booster="dart", rate_drop=0.5), X),
    "linear": (
        lambda: native(FULL, REAL, booster="gblinear", updater="coord_descent"),
        FULL,
    ),
    "softmax": (
        lambda: native(X, np.arange(ROWS) % 3, objective="multi:softmax", num_class=3),
        X,
    ),
    "classifier": (lambda: xgboost.XGBClassifier(**FEW).fit(X, np.arange(ROWS) % 3), X),
    "two classes": (lambda: xgboost.XGBClassifier(**FEW).fit(X, REAL > 10), X),
    "categories": (
        lambda: xgboost.XGBRegressor(
            **FEW, enable_categorical=True, feature_types=["c", "c", "q"], max_cat_to_onehot=2
        ).fit(CODES, REAL),
        CODES,
    ),
    "vectors": (
        lambda: xgboost.XGBRegressor(**FEW, multi_strategy="multi_output_tree").fit(
            X, np.column_stack([REAL, -REAL])
        ),
        X,
    ),
    "quantiles": (
        lambda: xgboost.XGBRegressor(
            **FEW, objective="reg:quantileerror", quantile_alpha=[0.1, 0.9]
        ).fit(X, REAL),
        X,
    ),
    "ranker": (
        lambda: xgboost.XGBRanker(**FEW).fit(X, np.arange(ROWS) % 3, qid=np.arange(ROWS) // 6),
        X,
    ),
    "forest": (lambda: xgboost.XGBRFRegressor(**FEW, random_state=1).fit(X, REAL), X),
}


def answers(model: Any, data: Any) -> list[Any]:
    """Its predictions and margins."""
    if isinstance(model, xgboost.Booster):
        matrix = xgboost.DMatrix(data)
        return [model.predict(matrix), model.predict(matrix, output_margin=True)]
    return [model.predict(data), model.predict(data, output_margin=True)]


if __name__ == "__main__":
    made = {name: train() for name, (train, _) in MODELS.items()}
    content = {
        "models": made,
        "answers": {name: answers(model, MODELS[name][1]) for name, model in made.items()},
    }
    path = Path(sys.argv[1], f"{xgboost.__version__}.joblib")
    joblib.dump(content, path, compress=("zlib", 9))
