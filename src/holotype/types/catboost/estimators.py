"""CatBoost's estimators: parameters, and the model in columns.

Rule: the library is given bytes that were written here from validated columns, never a file's own.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from holotype.errors import InvalidStateError, UnsupportedError
from holotype.graph.reduce import methods_of
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.catboost.checks import DERIVED, IMPORTANCES, check_estimator, check_model
from holotype.types.catboost.columns import columns_of
from holotype.types.catboost.flatbuffer import MalformedError
from holotype.types.catboost.native import bytes_of

__all__ = ["CLASSES", "estimator_entries", "state_of"]

CLASSES = ("CatBoost", "CatBoostClassifier", "CatBoostRanker", "CatBoostRegressor")


def estimator_entries() -> Iterator[Entry]:
    """Their entries."""
    for name in CLASSES:
        yield Entry(
            key=f"catboost.{name}",
            where=(f"catboost.core:{name}", f"catboost:{name}"),
            kind="call",
            reduce=_reduce,
            build=_make,
            setstate=_set_state,
            check=check_estimator,
        )


def _reduce(obj: Any) -> Reduced:
    known = (*DERIVED, *IMPORTANCES)
    further = {name: value for name, value in vars(obj).items() if name not in known}
    return Reduced(state=state_of(obj.__getstate__(), further))


def state_of(pickled: Mapping[str, Any], attributes: Mapping[str, Any]) -> dict[str, Any]:
    """The state in the table's form, from the one that the library pickles.

    Args:
        pickled: what ``__getstate__`` gives: parameters, and under names of its own the native
            bytes of the model, its predictions for the evaluation sets (not kept: what the
            library does with these when it unpickles them is to forget them), and importances.
        attributes: what the estimator carries beside these.
    """
    params = dict(pickled)
    data = params.pop("__model", None)
    for name in ("_test_eval", "_test_evals"):  # which the library itself reads back as empty
        params.pop(name, None)
    importances = {
        name: np.array(params.pop(name), "<f8") for name in IMPORTANCES if name in params
    }
    return {
        "params": params,
        "model": None if data is None else _sound(data),
        "importances": importances or None,
        "attributes": dict(attributes) or None,
    }


def _sound(data: bytes) -> dict[str, Any]:
    """The columns of native bytes, which a reader would accept."""
    try:
        columns = columns_of(data)
        check_model(Shadow("catboost", "", (), {}), columns)
    except MalformedError as error:
        problem = f"this CatBoost model cannot be kept: {error}."
        raise UnsupportedError("", problem, "Its own save_model can.") from None
    except InvalidStateError as error:
        problem = error.problem.removeprefix("catboost: ")
        raise UnsupportedError("", f"this CatBoost model is not sound: {problem}.") from None
    return columns


def _make(cls: Any, args: Sequence[Any]) -> Any:
    return cls.__new__(cls)


def _set_state(obj: Any, state: Any) -> None:
    """What the library's own ``__setstate__`` does with the state in its form."""
    attributes = state["attributes"] or {}
    cls: Any = type(obj)
    if not methods_of(cls).isdisjoint(attributes):
        raise TypeError("an attribute has the name of a method")
    pickled = dict(state["params"])
    if state["model"] is not None:
        pickled["__model"] = bytes_of(state["model"])
    for name, values in (state["importances"] or {}).items():
        pickled[name] = list(values)
    obj.__setstate__(pickled)
    vars(obj).update(attributes)
