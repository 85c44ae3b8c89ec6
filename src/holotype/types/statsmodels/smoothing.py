"""Exponential smoothing, by Holt and Winters and as a state-space model (ETS).

Rule: the compiled smoother of an ETS model follows from its components, and is looked up among
four; the compiled loops over observations and seasons are given as many of each as there are.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.statsmodels.checks import check_contents, state_of
from holotype.types.statsmodels.objects import make_empty, reduce_covering, set_attributes

__all__ = ["entries"]

_HOLT_WINTERS = "statsmodels.tsa.holtwinters"
_ETS = "statsmodels.tsa.exponential_smoothing.ets"
_SMOOTHER = "_smoothing_func"


def entries() -> Iterable[Entry]:
    """Their models and results, and what an optimisation ended with."""
    for name in ("ExponentialSmoothing", "Holt", "SimpleExpSmoothing"):
        yield _entry(
            f"{_HOLT_WINTERS}.model.{name}", _reduce_winters, set_attributes, _check_winters
        )
    yield _entry(
        f"{_HOLT_WINTERS}.results.HoltWintersResults",
        _reduce_results,
        set_attributes,
        check_contents,
    )
    yield _entry(f"{_ETS}.ETSModel", _reduce_ets, _set_ets, _check_ets)
    yield Entry(
        key="statsmodels.InverseHessian",
        where=("holotype.types.statsmodels.smoothing:InverseHessian",),
        kind="call",
        quiet=True,
        reduce=lambda obj: Reduced((obj.steps, obj.changes)),
        build=_build_hessian,
        check=_check_hessian,
    )


def _entry(key: str, reduce: Any, setstate: Any, check: Any) -> Entry:
    module, _, name = key.rpartition(".")
    return Entry(
        key=key,
        where=(f"{module}:{name}",),
        kind="call",
        quiet=True,
        reduce=reduce,
        build=make_empty,
        setstate=setstate,
        check=check,
    )


def _check_length(shadow: Shadow, state: dict[str, Any], *names: str) -> int:
    """How many observations there are, in each of these arrays."""
    for name in names:
        shadow.as_array(state.get(name), name, kind="f")
    lengths = {state[name].shape[0] for name in names if state[name].ndim}
    if len(lengths) != 1:
        raise shadow.fail(f"{' and '.join(names)} are not of one length")
    return int(lengths.pop())


def _check_seasons(shadow: Shadow, state: dict[str, Any], low: int, count: int) -> None:
    shadow.as_integer(state.get("seasonal_periods"), "seasonal_periods", low, max(count, 1))


# -- Holt and Winters ----------------------------------------------------------------------------


def _reduce_winters(obj: Any) -> Reduced:
    """Its attributes; the parameters of the last prediction are not among them."""
    reduced = reduce_covering(obj)
    if "params" in reduced.state:
        reduced.state["params"] = {}
    return reduced


def _check_winters(shadow: Shadow) -> None:
    check_contents(shadow)
    state = state_of(shadow)
    if state.get("endog") is None:  # remove_data() was called
        return
    count = _check_length(shadow, state, "endog", "_y")
    shadow.as_integer(state.get("nobs", count), "nobs", count, count)
    _check_seasons(shadow, state, 0, count)


class InverseHessian:
    """Stands for SciPy's operator of that name: the steps and changes that it is made from."""

    def __init__(self, steps: Any, changes: Any) -> None:
        self.steps = steps
        self.changes = changes


def _reduce_results(obj: Any) -> Reduced:
    reduced = reduce_covering(obj)
    known = reduced.state.get("_mle_retvals")
    product: Any = known.get("hess_inv") if isinstance(known, dict) else None
    if type(product).__name__ == "LbfgsInvHessProduct":
        stands: Any = type(known)(known)
        stands["hess_inv"] = InverseHessian(product.sk, product.yk)
        reduced.state["_mle_retvals"] = stands
    return reduced


def _build_hessian(_: Any, args: Sequence[Any]) -> Any:
    from scipy.optimize import LbfgsInvHessProduct

    return LbfgsInvHessProduct(*args)


def _check_hessian(shadow: Shadow) -> None:
    steps, changes = shadow.args(2)
    first = shadow.as_array(steps, "its steps", ndim=2, dtype="<f8")
    second = shadow.as_array(changes, "its changes", ndim=2, dtype="<f8")
    if first.shape != second.shape:
        raise shadow.fail("its steps and changes are not of one shape")


# -- ETS -----------------------------------------------------------------------------------------


def _reduce_ets(obj: Any) -> Reduced:
    reduced = reduce_covering(obj)
    reduced.state.pop(_SMOOTHER, None)
    return reduced


def _set_ets(obj: Any, state: dict[str, Any]) -> None:
    from statsmodels.tsa.exponential_smoothing import _ets_smooth

    set_attributes(obj, state)
    name = f"_ets_smooth_{state['trend'] or 'add'}_{state['seasonal'] or 'add'}"
    setattr(obj, _SMOOTHER, getattr(_ets_smooth, name))


def _check_ets(shadow: Shadow) -> None:
    check_contents(shadow)
    state = state_of(shadow)
    for name in ("trend", "seasonal"):
        if state.get(name, "") not in ("add", "mul", None):
            raise shadow.fail(f"{name} is not add, mul or None")
    if _SMOOTHER in state:
        raise shadow.fail(f"{_SMOOTHER} is not of a file")
    endog = state.get("endog")
    if endog is None:
        return
    shadow.as_array(endog, "endog", ndim=1, kind="f")
    shadow.as_integer(state.get("nobs", len(endog)), "nobs", len(endog), len(endog))
    _check_seasons(shadow, state, 1, len(endog))
    for name in ("initial_seasonal", "_initial_seasonal"):
        seasonal = state.get(name)
        if isinstance(seasonal, np.ndarray) and seasonal.ndim != 1:
            raise shadow.fail(f"{name} is not a row")
