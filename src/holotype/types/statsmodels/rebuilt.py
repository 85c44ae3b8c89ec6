"""Models and parts that hold methods of their own, which are made anew instead of being stored.

Rule: which method an attribute stands for follows from a word of the model (``loglike_method``,
``inflation``), that is one of a few; where it is any other function, the model is refused.
"""

from __future__ import annotations

import warnings
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.statsmodels.checks import check_contents, state_of
from holotype.types.statsmodels.objects import make_empty, reduce_covering, set_attributes

__all__ = ["LINEAR", "SCRATCH", "entries"]

_BINOMIAL = "statsmodels.discrete.discrete_model.NegativeBinomial"
_INFLATED = (
    "ZeroInflatedGeneralizedPoisson",
    "ZeroInflatedNegativeBinomialP",
    "ZeroInflatedPoisson",
)
LINEAR = (
    "statsmodels.gam.generalized_additive_model.GLMGam",
    "statsmodels.genmod.generalized_estimating_equations.GEE",
    "statsmodels.genmod.generalized_estimating_equations.NominalGEE",
    "statsmodels.genmod.generalized_estimating_equations.OrdinalGEE",
    "statsmodels.genmod.generalized_linear_model.GLM",
)
SCRATCH = "_tmp_like_exog"  # memory that they compute in
_DISTRIBUTIONS = {
    "genpoisson_p_gen": "genpoisson_p",
    "truncatednegbin_gen": "truncatednegbin",
    "truncatedpoisson_gen": "truncatedpoisson",
    "zigeneralizedpoisson_gen": "zigenpoisson",
    "zinegativebinomial_gen": "zinegbin",
    "zipoisson_gen": "zipoisson",
}


def entries() -> Iterable[Entry]:
    """Their entries."""
    yield _entry(
        _BINOMIAL, _reduce_without("hessian", "score", "loglikeobs"), _set_binomial, _check_binomial
    )
    for name in _INFLATED:
        yield _entry(
            f"statsmodels.discrete.count_model.{name}",
            _reduce_without("_hessian_inflate"),
            _set_inflated,
            _check_inflated,
        )
    yield _entry(
        "statsmodels.genmod.cov_struct.Autoregressive",
        _reduce_autoregressive,
        _set_autoregressive,
        check_contents,
    )
    for key in LINEAR:
        yield _entry(key, _reduce_without(SCRATCH), _set_linear, check_contents)
    for cls, name in _DISTRIBUTIONS.items():
        yield Entry(
            key=f"statsmodels.distributions.{name}",
            where=(f"statsmodels.distributions.discrete:{cls}",),
            kind="call",
            quiet=True,
            reduce=_reduce_distribution(name),
            build=_build_distribution,
            check=_check_distribution,
        )
    yield Entry(
        key="statsmodels.tools.Bunch",
        where=("statsmodels.tools.tools:Bunch",),
        kind="call",
        quiet=True,
        reduce=lambda obj: Reduced(pairs=list(obj.items())),
        check=_check_distribution,
        takes="pairs",
        as_key="never",
    )
    module = "statsmodels.tsa.statespace.dynamic_factor_mq"
    yield Entry(
        key=f"{module}.FactorBlock",
        where=(f"{module}:FactorBlock",),
        kind="call",
        quiet=True,
        reduce=_reduce_block,
        check=_check_block,
        as_key="never",
    )
    yield Entry(
        key=f"{module}.DynamicFactorMQStates",
        where=(f"{module}:DynamicFactorMQStates",),
        kind="call",
        quiet=True,
        reduce=_reduce_states,
        build=make_empty,
        setstate=set_attributes,
        check=check_contents,
        as_key="never",
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


def _reduce_without(*names: str) -> Any:
    def reduce(obj: Any) -> Reduced:
        again = make_empty(type(obj), ())
        vars(again).update({k: v for k, v in vars(obj).items() if k not in names})
        return reduce_covering(again)

    return reduce


def _set_binomial(obj: Any, state: dict[str, Any]) -> None:
    obj.loglike_method = state["loglike_method"]
    obj._initialize()
    set_attributes(obj, state)  # among which is what fitting changed since


def _check_binomial(shadow: Shadow) -> None:
    check_contents(shadow)
    if state_of(shadow).get("loglike_method") not in ("nb2", "nb1", "geometric"):
        raise shadow.fail("loglike_method is not nb2, nb1 or geometric")


def _set_inflated(obj: Any, state: dict[str, Any]) -> None:
    set_attributes(obj, state)
    obj._hessian_inflate = (
        obj._hessian_logit if state["inflation"] == "logit" else obj._hessian_probit
    )


def _check_inflated(shadow: Shadow) -> None:
    check_contents(shadow)
    if state_of(shadow).get("inflation") not in ("logit", "probit"):
        raise shadow.fail("inflation is not logit or probit")


def _set_linear(obj: Any, state: dict[str, Any]) -> None:
    set_attributes(obj, state)
    exog = state.get("exog")  # None after remove_data()
    setattr(obj, SCRATCH, None if exog is None else np.empty_like(exog, dtype=float))


def _reduce_autoregressive(obj: Any) -> Reduced:
    function = vars(obj).get("dist_func")
    usual = [f"Autoregressive.__init__.<locals>.{name}" for name in ("_dist_func", "<lambda>")]
    own = getattr(function, "__module__", "") == type(obj).__module__
    if not own or getattr(function, "__qualname__", "") not in usual:
        raise UnsupportedError(
            ".dist_func",
            "the distance between observations is computed by a function of your own.",
            "Compute the distances beforehand, or leave the function out.",
        )
    reduced: Reduced = _reduce_without("dist_func")(obj)
    return reduced


def _set_autoregressive(obj: Any, state: dict[str, Any]) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # that the default of grid will change
        obj.dist_func = type(obj)().dist_func
    set_attributes(obj, state)


# -- distributions of statsmodels, of each of which there is one ---------------------------------


def _reduce_distribution(name: str) -> Any:
    def reduce(obj: Any) -> Reduced:
        if obj is not _standard(name):
            raise UnsupportedError("", f"a {type(obj).__name__} that is not statsmodels' own.")
        return Reduced()

    return reduce


def _standard(name: str) -> Any:
    from statsmodels.distributions import discrete

    return getattr(discrete, name)


def _build_distribution(cls: Any, _: Sequence[Any]) -> Any:
    return _standard(_DISTRIBUTIONS[cls.__name__])


def _check_distribution(shadow: Shadow) -> None:
    shadow.args(0)


# -- dynamic factors, which statsmodels keeps in dicts with attributes ---------------------------

_BLOCK = ["factor_names", "factor_order", "endog_factor_map", "state_offset", "k_endog_Q"]
_MAX_STATES = 1 << 16


def _reduce_block(obj: Any) -> Reduced:
    return Reduced(tuple(vars(obj)[name] for name in _BLOCK))


def _check_block(shadow: Shadow) -> None:
    names, order, loadings, offset, _ = shadow.args(len(_BLOCK))
    if not isinstance(names, (list, tuple)) or not isinstance(loadings, Shadow):
        raise shadow.fail("its names are not a list, or its loadings not a table")
    shadow.as_integer(order, "its order", 0, _MAX_STATES // max(5 * len(names), 1))
    shadow.as_integer(offset, "its offset", 0, _MAX_STATES)


def _reduce_states(obj: Any) -> Reduced:
    if len(obj):
        raise UnsupportedError("", "a DynamicFactorMQStates holds keys, which it has no use for.")
    reduced: Reduced = _reduce_without("_endog_factor_iloc")(obj)
    reduced.state["_endog_factor_iloc"] = None  # it is found again when it is asked for
    return reduced
