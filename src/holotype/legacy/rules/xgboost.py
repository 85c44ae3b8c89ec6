"""XGBoost: a booster pickles its export, which is parsed here without XGBoost.

Its callbacks are their attributes, which needs no rule.
"""

from __future__ import annotations

from holotype.errors import UnsupportedError
from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import Likeness, Odd, Taken, TypeRule
from holotype.types.xgboost.booster import reduce_bytes
from holotype.types.xgboost.wrappers import ESTIMATORS, reduce_estimator

__all__ = ["TYPES"]


def _booster(taken: Taken) -> Reduced:
    state = taken.instance()
    handle = state.get("handle")
    if state.keys() != {"handle"} or type(handle) is not Specimen:
        raise Odd("its state is not the bytes of its handle")
    if handle.entry.key != "builtins.bytearray" or not handle.reduced.args:
        raise Odd("its handle is not bytes")
    (data,) = handle.reduced.args
    try:
        return reduce_bytes(data)
    except UnsupportedError as error:
        raise Odd(error.problem) from None


def _estimator(taken: Taken) -> Reduced:
    return reduce_estimator(Likeness(taken.instance()))


TYPES: dict[str, TypeRule] = {
    "xgboost.Booster": _booster,
    **dict.fromkeys(ESTIMATORS, _estimator),
}
