"""statsmodels: results of regressions and of other models that keep nothing compiled.

What is left out of a live object is left out here. A pickle does not hold the design of a formula,
which statsmodels works out again by evaluating its text: such results are not converted.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import FunctionRule, Likeness, Odd, Taken, TypeRule
from holotype.types.statsmodels.classes import FAMILIES, MODELS, PARTS, RESULTS, WRAPPERS
from holotype.types.statsmodels.objects import reduce_covering, reduce_data, reduce_object
from holotype.types.statsmodels.rebuilt import LINEAR, SCRATCH
from holotype.types.table import key_of

__all__ = ["FUNCTIONS", "TYPES"]

_DATA = tuple(f"statsmodels.base.data.{name}" for name in ("ModelData", "PandasData"))


def _by(reduce: Callable[[Any], Reduced], *without: str) -> TypeRule:
    """What is done to the attributes of a live object is done to those in the file."""

    def rule(taken: Taken) -> Reduced:
        found = {k: v for k, v in taken.instance().items() if k not in without}
        return reduce(Likeness(found))

    return rule


def _wrapper(taken: Taken) -> Reduced:
    found = dict(taken.instance())
    results = found.pop("_results", None)
    found.pop("__doc__", None)
    return Reduced((results,), {name: found[name] for name in sorted(found)} or None)


def _data(taken: Taken) -> Reduced:
    found = taken.instance()
    if {"restore_design_info", "restore_model_spec"} & found.keys():
        raise Odd("it was made by a formula, whose design a pickle does not hold")
    return reduce_data(Likeness(found))


def _keys(*written: dict[str, str]) -> list[str]:
    return [
        key_of(module, name)
        for names in written
        for module, listed in names.items()
        for name in listed.split()
    ]


FUNCTIONS: dict[str, FunctionRule] = {}

TYPES: dict[str, TypeRule] = {
    **dict.fromkeys(_keys(MODELS, PARTS), _by(reduce_object)),
    **dict.fromkeys(_keys(RESULTS, FAMILIES), _by(reduce_covering)),
    **dict.fromkeys(_keys(WRAPPERS), _wrapper),
    **dict.fromkeys(_DATA, _data),
    **dict.fromkeys(LINEAR, _by(reduce_covering, SCRATCH)),
    "statsmodels.discrete.discrete_model.NegativeBinomial": _by(reduce_covering),
}
