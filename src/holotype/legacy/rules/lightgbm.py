"""LightGBM: what a Booster pickles is the text of its model and its attributes.

The text is taken apart by the function that takes a live Booster apart, and checked by the same
validators; no library reads it. The estimators around it are their attributes; those of before
version 4 said None where today's compare numbers, and get what today's start with.
"""

from __future__ import annotations

from typing import Any

from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import Odd, Taken, TypeRule
from holotype.types.lightgbm.booster import reduce_text
from holotype.types.lightgbm.columns import Fault

__all__ = ["TYPES"]

_UNKNOWN = ("_n_classes", "_n_features", "_n_features_in", "_best_iteration")


def _booster(taken: Taken) -> Reduced:
    state = taken.instance()
    text = state.get("_handle", state.get("handle"))  # the name of before 4.0
    if type(text) is not str:
        raise Odd("it has no text of a model")
    try:
        return reduce_text(text.encode(), state)
    except (Fault, UnicodeEncodeError) as error:
        raise Odd(str(error)) from None


def _estimator(taken: Taken) -> Reduced:
    state = taken.instance()
    if None in (state.get("_n_classes", 0), state.get("_evals_result", 0)):
        state = _of_today(state)
    return Reduced(state=state)


def _of_today(state: dict[str, Any]) -> dict[str, Any]:
    new = {**state, "_fitted_with_feature_names": False}
    new.setdefault("_n_features_in", new.get("_n_features"))
    for name in _UNKNOWN:
        if new.get(name) is None:
            new[name] = -1
    for name in ("_evals_result", "_best_score"):
        if new.get(name) is None:
            new[name] = {}
    if new.get("_Booster") is not None:
        new["fitted_"] = True
    return new


TYPES: dict[str, TypeRule] = {
    "lightgbm.Booster": _booster,
    **{
        f"lightgbm.LGBM{kind}": _estimator
        for kind in ("Model", "Classifier", "Regressor", "Ranker")
    },
}
