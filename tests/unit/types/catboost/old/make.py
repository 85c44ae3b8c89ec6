"""Write what a version of CatBoost pickled: run with that version, ``python make.py FOLDER``.

``<version>.pkl`` holds a dict of models; ``<version>.json`` some rows, and what each model answers.
"""

from __future__ import annotations

import json
import pickle
import random
import sys
from pathlib import Path
from typing import Any

import catboost

QUIET: dict[str, Any] = {
    "allow_writing_files": False,
    "iterations": 8,
    "thread_count": 1,
    "verbose": False,
}


def main(folder: Path) -> None:
    """Fit, pickle, answer."""
    chance = random.Random(0)
    rows = [
        [chance.choice("stuvwxyz"), chance.gauss(0, 1), f"c{chance.randrange(9)}", chance.random()]
        for _ in range(400)
    ]
    target = [(ord(a) * 7 + int(b[1:]) * 3 + 5 * (x > 0)) % 4 for a, x, b, _ in rows]
    for row in rows[::17]:
        row[3] = float("nan")
    cats = {"cat_features": [0, 2], "max_ctr_complexity": 3, "depth": 4}
    models = {
        "classes": catboost.CatBoostClassifier(**QUIET, **cats),
        "lossguide": catboost.CatBoostClassifier(
            **QUIET, **cats, grow_policy="Lossguide", max_leaves=9
        ),
        "regression": catboost.CatBoostRegressor(**QUIET, **cats, one_hot_max_size=20),
    }
    pool = catboost.Pool(rows, target, cat_features=cats["cat_features"])
    few = rows[:40]
    answers = {}
    for name, model in models.items():
        model.fit(pool)
        asked = catboost.Pool(few, cat_features=cats["cat_features"])
        answers[name] = model.predict(asked, prediction_type="RawFormulaVal").tolist()
    version = catboost.__version__
    folder.joinpath(f"{version}.pkl").write_bytes(pickle.dumps(models, 4))
    text = json.dumps({"rows": few, "answers": answers})
    folder.joinpath(f"{version}.json").write_text(text + "\n")


if __name__ == "__main__":
    main(Path(sys.argv[1]))
