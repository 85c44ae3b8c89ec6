"""How a LightGBM model is asked: its predictions by name.

Rule: a prediction changes nothing of the model; the parameters that are handed over go with the
call. Contributions (``pred_contrib``) are not asked for: they explain a prediction, and cost some
hundred times as much.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

__all__ = ["answers"]

Asked = Callable[[Any], Any]


def answers(model: Any) -> Mapping[str, Asked] | None:
    """The predictions of a Booster or an estimator by name; None for what is not LightGBM's."""
    library = sys.modules.get("lightgbm")
    if library is not None and isinstance(model, library.CVBooster):
        return {"predict": model.predict}  # a list: what each of its Boosters says
    if library is None or not isinstance(model, (library.Booster, library.LGBMModel)):
        return None
    if isinstance(model, library.LGBMModel) and vars(model).get("_Booster") is None:
        return {}
    asked: dict[str, Asked] = {"predict": model.predict}
    if hasattr(model, "predict_proba") and not callable(model.objective_):
        asked["predict_proba"] = model.predict_proba
    for way in ("raw_score", "pred_leaf"):
        asked[f"predict({way}=True)"] = partial(model.predict, **{way: True})
    return asked
