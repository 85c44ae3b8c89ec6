"""Models, results and their parts, taken apart by their attributes.

Rule: the same result has the same fingerprint whatever was asked of it before. So what statsmodels
computes when it is first asked for, and keeps in ``_cache``, is left out, unless the data that it
was computed from was removed.
"""

from __future__ import annotations

import weakref
from collections.abc import Sequence
from types import MethodType
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.reduce import methods_of, type_name
from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.types.patsy.design import made_from
from holotype.types.sklearn.layouts import LaidOut, layout_of

__all__ = [
    "COVERED",
    "attributes",
    "make_empty",
    "reduce_covering",
    "reduce_data",
    "reduce_object",
    "set_attributes",
]

COVERED = frozenset({"_summary_cache", "normalized_cov_params", "scale", "variance"})
"""Attributes that statsmodels lets stand over methods of the same name, which only refuse."""

_CACHE = "_cache"
# What is left behind by summary(), by estimates of other covariances, by influence statistics and
# by predictions, which all compute it again.
_ROBUST = frozenset({"cov_HC0", "cov_HC1", "cov_HC2", "cov_HC3", "het_scale"})
_LEFT = _ROBUST | frozenset(
    {
        "_nobs_int",
        "_summary_cache",
        "_summary_statistics_cache",
        "df_resid_null",
        "diagn",
        "k_null",
    }
)
_PREDICTED = frozenset({"predict_dates", "predict_end", "predict_start"})
# What fitting was told, among which are methods that nothing asks for any more; statsmodels itself
# empties these when it is pickled.
_SETTINGS = ("callback", "cov_params_func")

# One for each array, so that objects which share the array share it in the blueprint too.
_standing: weakref.WeakValueDictionary[int, LaidOut] = weakref.WeakValueDictionary()


def attributes(obj: Any) -> dict[str, Any]:
    """The attributes that are the object's own, its matrices with their layouts."""
    state = dict(vars(obj))
    state.pop("__doc__", None)
    _forget(obj, state)
    settings = state.get("mle_settings")
    if isinstance(settings, dict):
        emptied: Any = type(settings)
        state["mle_settings"] = emptied(
            {name: None if name in _SETTINGS else value for name, value in settings.items()}
        )
    for name, value in list(state.items()):
        if type(value) is MethodType and value.__self__ is obj and value.__name__ == name:
            del state[name]  # as it is without an attribute of this name
        elif type(value) is np.ndarray and not value.flags.forc and value.dtype.kind in "fc":
            layout = layout_of(value)
            if layout is not None:
                state[name] = _standing.setdefault(id(value), LaidOut(value, layout))
    return state


def _forget(obj: Any, state: dict[str, Any]) -> None:
    """Leave out of ``state`` what using the object added to it."""
    cache = state.pop(_CACHE, None) or {}
    model = state.get("model")
    kept: dict[str, Any] = {}
    if model is not None and _endog_of(model) is None:  # remove_data() was called
        kept = {name: cache[name] for name in sorted(cache)}
        if isinstance(state.get("_summary_cache"), dict):
            state["_summary_cache"] = {
                name: tuple(value) if isinstance(value, tuple) else value
                for name, value in sorted(state["_summary_cache"].items())
            }
    else:
        robust = str(state.get("cov_type")).startswith("HC")  # fitted with such a covariance
        for name in (_LEFT - _ROBUST if robust else _LEFT) & state.keys():
            del state[name]
        if "_optim_kwds_null" in state and "llnull" in cache:  # set_null_options(llnull=…)
            kept = {"llnull": cache["llnull"]}
    if kept or model is not None:  # results reach for theirs before there is anything in it
        state[_CACHE] = kept


def _endog_of(model: Any) -> Any:
    """What a model was fitted to; also of one from an old file, which is in parts."""
    if isinstance(model, Specimen):
        parts = model.reduced.state
        return parts.get("endog") if isinstance(parts, dict) else None
    return getattr(model, "endog", None)


def reduce_object(obj: Any) -> Reduced:
    """The attributes of a model or a part of one."""
    return Reduced(state=attributes(obj))


def reduce_data(obj: Any) -> Reduced:
    """What a model was fitted to.

    statsmodels derives names from it when it is asked for them. Some models change these lists
    afterwards: only such are kept.
    """
    state = {name: value for name, value in vars(obj).items() if name not in _PREDICTED}
    cls: Any = type(obj)
    fresh = cls.__new__(cls)  # copy() would evaluate its formula
    fresh.__dict__ = {**state, _CACHE: {}}
    cache = state.get(_CACHE) or {}
    state[_CACHE] = {
        name: cache[name] for name in sorted(cache) if not _follows(fresh, name, cache[name])
    }
    columns = getattr(state.get("frame"), "columns", None)
    for name in ("model_spec", "design_info"):
        made_by = type(state.get(name)).__module__.partition(".")[0]
        if made_by == "formulaic":
            raise UnsupportedError(
                f".{name}",
                "the formula was read by formulaic, whose designs cannot be stored as data.",
                "Fit it with statsmodels.formula.options.formula_engine = 'patsy'.",
            )
        if columns is not None and made_by == "patsy":
            made_from(state[name], columns)
    return Reduced(state=state)


def _follows(data: Any, name: str, value: Any) -> bool:
    """Whether ``data`` would say the same if it were asked now."""
    again = getattr(data, name, None)
    return again is value or (type(again) is type(value) in (str, list) and again == value)


# -- classes that let attributes stand over methods ----------------------------------------------


def reduce_covering(obj: Any) -> Reduced:
    """The attributes of a result, or of a family of distributions."""
    state = attributes(obj)
    cls: Any = type(obj)
    for name in sorted((methods_of(cls) - COVERED) & state.keys()):
        raise UnsupportedError(
            f".{name}",
            f"an attribute covers the method of its class, {type_name(cls)}.",
            "Delete it.",
        )
    for name in sorted(state):
        if name.startswith("__"):
            raise UnsupportedError(f".{name}", "its name is not one of plain data.")
    return Reduced(state={name: state[name] for name in sorted(state)})


def make_empty(cls: Any, _: Sequence[Any]) -> Any:
    """A new object without attributes."""
    return cls.__new__(cls)


def set_attributes(obj: Any, state: dict[str, Any]) -> None:
    """Give it its attributes, none of which covers a method but those that may."""
    cls: Any = type(obj)
    covered = (methods_of(cls) - COVERED) & state.keys()
    if covered:
        raise TypeError(f"{min(covered)} is a method, and no attribute")
    vars(obj).update(state)
