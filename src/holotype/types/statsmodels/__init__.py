"""statsmodels 0.14 and 0.15: results of fitted models, and the models and data that they keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry
from holotype.types.builtins import name_entries
from holotype.types.patsy import entries as designs
from holotype.types.statsmodels.checks import check_contents
from holotype.types.statsmodels.checks_series import SERIES
from holotype.types.statsmodels.checks_statespace import check_filtered, check_state_model
from holotype.types.statsmodels.classes import (
    FAMILIES,
    FUNCTIONS,
    MODELS,
    MOVED,
    PARTS,
    RESULTS,
    WRAPPERS,
)
from holotype.types.statsmodels.objects import (
    make_empty,
    reduce_covering,
    reduce_data,
    reduce_object,
    set_attributes,
)
from holotype.types.statsmodels.rebuilt import entries as rebuilt
from holotype.types.statsmodels.smoothing import entries as smoothing
from holotype.types.statsmodels.statespace import entries as statespace
from holotype.types.statsmodels.wrappers import (
    build_wrapper,
    check_wrapper,
    reduce_wrapper,
    set_wrapper,
)
from holotype.types.table import key_of

__all__ = ["entries"]


_STATE_MODELS = frozenset(
    f"statsmodels.{name}"
    for name in (
        "regression.recursive_ls.RecursiveLS",
        "tsa.arima.model.ARIMA",
        "tsa.statespace.dynamic_factor.DynamicFactor",
        "tsa.statespace.dynamic_factor_mq.DynamicFactorMQ",
        "tsa.statespace.exponential_smoothing.ExponentialSmoothing",
        "tsa.statespace.sarimax.SARIMAX",
        "tsa.statespace.structural.UnobservedComponents",
        "tsa.statespace.varmax.VARMAX",
    )
)


def entries() -> Iterable[Entry]:
    """The part of the table that statsmodels fills; importing nothing of it."""
    yield from designs()
    yield from rebuilt()
    yield from smoothing()
    yield from statespace()
    for names in (MODELS, PARTS):
        for key, where in _written(names):
            yield Entry(
                key=key,
                where=(where, *MOVED.get(key, ())),
                kind="object",
                reduce=reduce_object,
                check=_check(key),
            )
    for names in (RESULTS, FAMILIES):
        for key, where in _written(names):
            yield Entry(
                key=key,
                where=(where, *MOVED.get(key, ())),
                kind="call",
                quiet=True,
                reduce=reduce_covering,
                build=make_empty,
                setstate=set_attributes,
                check=_check(key),
            )
    for name in ("ModelData", "PandasData"):
        yield Entry(
            key=f"statsmodels.base.data.{name}",
            where=(f"statsmodels.base.data:{name}",),
            kind="object",
            reduce=reduce_data,
            check=check_contents,
        )
    for module, listed in FUNCTIONS.items():
        yield from name_entries(module, listed)
    for key, where in _written(WRAPPERS):
        yield Entry(
            key=key,
            where=(where, *MOVED.get(key, ())),
            kind="call",
            quiet=True,
            reduce=reduce_wrapper,
            build=build_wrapper,
            setstate=set_wrapper,
            check=check_wrapper,
        )


def _check(key: str) -> Callable[[Shadow], None]:
    if key in SERIES:
        return SERIES[key]
    module, _, name = key.rpartition(".")
    if key in _STATE_MODELS:
        return check_state_model
    if name.endswith("Results") and f"{module}.{name.removesuffix('Results')}" in _STATE_MODELS:
        return check_filtered
    return check_contents


def _written(names: dict[str, str]) -> Iterator[tuple[str, str]]:
    for module, listed in names.items():
        for name in listed.split():
            yield key_of(module, name), f"{module}:{name}"
