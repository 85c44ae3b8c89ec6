"""State-space models: their matrices, and how the compiled filters come back.

A representation keeps compiled objects beside its matrices, made when a filter first runs and made
again whenever they are not there. They are left out, and so are copies of the matrices in other
precisions. Rule: nothing compiled is ever restored from a file; statsmodels makes it from matrices
that were checked here (``checks_statespace``).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.table import Entry, Reduced
from holotype.types.statsmodels.checks_statespace import (
    check_initialization,
    check_representation,
    check_smoother_results,
)
from holotype.types.statsmodels.objects import (
    make_empty,
    reduce_covering,
    set_attributes,
)

__all__ = ["entries"]

_MODULE = "statsmodels.tsa.statespace"
_COMPILED = (
    "_cfa_simulators",
    "_initializations",
    "_kalman_filters",
    "_kalman_smoothers",
    "_representations",
    "_simulators",
    "_statespaces",
)
# Which compiled classes there are, by precision: the same in every model.
_MAPS = (
    "prefix_cfa_simulation_smoother_map",
    "prefix_initialization_map",
    "prefix_kalman_filter_map",
    "prefix_kalman_smoother_map",
    "prefix_simulation_smoother_map",
    "prefix_statespace_map",
)
_CLASSES = {
    "results_class": (f"{_MODULE}.kalman_smoother", "SmootherResults"),
    "simulation_smooth_results_class": (
        f"{_MODULE}.simulation_smoother",
        "SimulationSmoothResults",
    ),
}


def entries() -> Iterable[Entry]:
    """Representations, how they start, and what filtering and smoothing gave."""
    for module, name, check in (
        ("initialization", "Initialization", check_initialization),
        ("simulation_smoother", "SimulationSmoother", check_representation),
        ("kalman_smoother", "SmootherResults", check_smoother_results),
    ):
        plain = name == "SmootherResults"
        yield Entry(
            key=f"{_MODULE}.{module}.{name}",
            where=(f"{_MODULE}.{module}:{name}",),
            kind="call",
            quiet=True,
            reduce=reduce_covering if plain else _reduce,
            build=make_empty,
            setstate=set_attributes if plain else _restore,
            check=check,
        )


def _reduce(obj: Any) -> Reduced:
    reduced = reduce_covering(obj)
    state: dict[str, Any] = reduced.state
    for name, usual in _usual(state).items():
        if state.pop(name) != usual:
            raise UnsupportedError(
                f".{name}", "a state-space model with compiled classes or results of your own."
            )
    for name in _COMPILED:
        state.pop(name, None)
    return reduced


def _restore(obj: Any, state: dict[str, Any]) -> None:
    set_attributes(obj, state)
    initialization = type(obj).__name__ == "Initialization"
    names = ("_initializations", "_representations") if initialization else _COMPILED
    for name in names:
        vars(obj).setdefault(name, {})
    maps = ("prefix_initialization_map",) if initialization else (*_MAPS, *_CLASSES)
    for name, usual in _usual(maps).items():
        setattr(obj, name, usual)


def _usual(names: Iterable[str]) -> dict[str, Any]:
    """What each of these attributes is unless somebody chose otherwise."""
    import importlib

    from statsmodels.tsa.statespace import tools

    found: dict[str, Any] = {}
    for name in names:
        if name in _MAPS and hasattr(tools, name):
            found[name] = dict(getattr(tools, name))
        elif name in _CLASSES:
            module, cls = _CLASSES[name]
            found[name] = getattr(importlib.import_module(module), cls)
    return found
