"""The scikit-learn estimators: their attributes, checked when they are saved and when they load.

Rule: what an estimator says of its Booster is so, and its parameters, all of which it hands to
LightGBM when it predicts, set nothing but themselves.
"""

from __future__ import annotations

from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import ABSENT, Shadow
from holotype.graph.table import Reduced
from holotype.types.lightgbm.booster import sizes_of
from holotype.types.lightgbm.checks_header import MOST_CLASSES
from holotype.types.lightgbm.checks_parameters import check_parameters
from holotype.types.lightgbm.columns import Fault

__all__ = ["check_estimator", "reduce_estimator"]

_HIDDEN = ("_objective", "_eval_at")  # parameters too, under another name


def reduce_estimator(estimator: Any) -> Reduced:
    """Its attributes, of which loading would accept the parameters."""
    state = dict(estimator.__getstate__())
    try:
        _check_parameters(state)
    except Fault as fault:
        raise UnsupportedError(
            "", f"its parameters cannot be kept: {fault}.", "Set others."
        ) from None
    return Reduced(state=state)


def check_estimator(shadow: Shadow) -> None:
    """Its parameters, and that its numbers are those of its Booster."""
    try:
        _check_parameters({name: shadow.get(name) for name in shadow.names()})
    except Fault as fault:
        raise shadow.fail(str(fault)) from None
    for name in ("_n_classes", "_n_features", "_n_features_in"):
        if shadow.get(name) not in (None, ABSENT):  # before 4.0, None where it is not fitted
            shadow.integer(name, -1, MOST_CLASSES if name == "_n_classes" else None)
    if shadow.get("_Booster") in (None, ABSENT):
        return
    features, trees = sizes_of(shadow.child("_Booster", "lightgbm.Booster"))
    if shadow.integer("_n_features") != features:
        raise shadow.fail("_n_features is not the number of features of its Booster")
    classes = shadow.get("_classes")
    if shadow.key == "lightgbm.LGBMClassifier" or (classes is not None and classes is not ABSENT):
        labels = shadow.as_array(classes, "_classes", ndim=1)
        if shadow.integer("_n_classes") != len(labels):
            raise shadow.fail("_n_classes is not the number of its classes")
        if len(labels) > 2 and trees not in (1, len(labels)):
            raise shadow.fail("its Booster has another number of classes")


def _check_parameters(state: dict[str, Any]) -> None:
    """Public attributes are parameters, and so are those that ``set_params`` put aside."""
    others = state.get("_other_params", {})
    if not isinstance(others, dict):
        raise Fault("_other_params is not a dict")
    check_parameters({name: state[name] for name in state if name[:1] != "_" or name in _HIDDEN})
    check_parameters(others)
