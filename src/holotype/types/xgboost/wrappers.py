"""XGBoost's scikit-learn estimators and callbacks: their attributes, around a Booster.

Rule: what they call by name is a function of the table, and their booster is one that was checked.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holotype.graph.shadow import ABSENT, Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced

__all__ = ["ESTIMATORS", "reduce_estimator", "wrapper_entries"]

ESTIMATORS = tuple(
    f"xgboost.{name}"
    for name in (
        "XGBClassifier",
        "XGBModel",
        "XGBRFClassifier",
        "XGBRFRegressor",
        "XGBRanker",
        "XGBRegressor",
    )
)
# Parameters that came after 2.1, without which later versions cannot list the parameters.
_LATER = {"feature_weights": None}
# What they do is written in Python. TrainingCheckPoint is not among them: it writes to a path.
_CALLBACKS = ("EarlyStopping", "EvaluationMonitor", "LearningRateScheduler")
_PRINT = "xgboost.collective.communicator_print"
_MAX_THREADS = 1 << 12


def wrapper_entries() -> Iterator[Entry]:
    """Their entries, under the names by which users import them."""
    for key in ESTIMATORS:
        yield Entry(
            key=key,
            where=(f"xgboost.sklearn:{key.rpartition('.')[2]}",),
            kind="object",
            reduce=reduce_estimator,
            check=_check_estimator,
        )
    for name in _CALLBACKS:
        yield Entry(
            key=f"xgboost.callback.{name}",
            where=(f"xgboost.callback:{name}",),
            kind="object",
            check=_check_callback,
        )
    yield Entry(key=_PRINT, where=("xgboost.collective:communicator_print",), kind="name")


def reduce_estimator(obj: Any) -> Reduced:
    """The attributes of an estimator, and the parameters that its version does not have yet."""
    return Reduced(state={**_LATER, **vars(obj)})


def _check_estimator(shadow: Shadow) -> None:
    if shadow.has("_Booster"):
        shadow.child("_Booster", "xgboost.Booster")
    for name in ("n_jobs", "nthread"):
        workers = shadow.get(name)
        if type(workers) is int and abs(workers) > _MAX_THREADS:
            raise shadow.fail(f"{name} asks for more than {_MAX_THREADS} threads")
    for name in ("objective", "eval_metric"):
        _check_called(shadow, name, shadow.get(name))
    callbacks = shadow.get("callbacks")
    if callbacks in (None, ABSENT):
        return
    if not isinstance(callbacks, (list, tuple)):
        raise shadow.fail("callbacks are no list")
    for each in callbacks:
        known = isinstance(each, Shadow) and each.key.startswith("xgboost.callback.")
        if not known and not is_trusted(each):
            raise shadow.fail("one of callbacks is none")


def _check_called(shadow: Shadow, name: str, value: Any) -> None:
    """A name that is called is one of a function: constructors take what nobody has checked."""
    from holotype.types.table import type_table

    for each in value if isinstance(value, (list, tuple)) else (value,):
        if not isinstance(each, Named) or is_trusted(each):
            continue
        entry = type_table().entry(each.key)
        if entry is None or entry.kind != "name":
            raise shadow.fail(f"{name} is {each.key}, whose contents nobody would check")


def _check_callback(shadow: Shadow) -> None:
    for name in ("_logger", "learning_rates"):
        _check_called(shadow, name, shadow.get(name))
