"""How each library's pickled form becomes what the type table says of the live object.

One module for each library. Rule: a rule is found by what the file calls or makes, in tables that
are written down here; where there is none, an object is its attributes and a call its arguments.
"""

from __future__ import annotations

from functools import lru_cache

from holotype.graph.specimen import Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.rules.taken import FunctionRule, Odd, Taken, TypeRule

__all__ = ["constant", "function_rule", "type_rule"]


def function_rule(origin: str) -> FunctionRule | None:
    """The rule for a function ``module:name`` that makes something; None where there is none."""
    return _functions().get(origin)


def type_rule(entry: Entry) -> TypeRule:
    """The rule for the objects of an entry."""
    rule = _types().get(entry.key)
    if rule is not None:
        return rule
    return _attributes if entry.kind == "object" else _call


def _attributes(taken: Taken) -> Reduced:
    return Reduced(state=taken.instance())


def _call(taken: Taken) -> Reduced:
    args = taken.plain_args()
    if type(taken.base) is tuple and not args:  # a named tuple by protocols 0 and 1
        args = taken.base
    elif taken.base is not None:
        raise Odd("it is made of a built-in value, which is not known")
    return Reduced(args, taken.plain_state(), list(taken.items) or None, list(taken.pairs) or None)


@lru_cache(maxsize=1)
def _functions() -> dict[str, FunctionRule]:
    from holotype.legacy.rules import jax, numpy, pandas, python, random, scipy, sklearn, torch

    found: dict[str, FunctionRule] = {}
    for module in (python, numpy, random, sklearn, scipy, pandas, torch, jax):
        found.update(module.FUNCTIONS)
    return found


@lru_cache(maxsize=1)
def _types() -> dict[str, TypeRule]:
    from holotype.legacy.rules import (
        catboost,
        category_encoders,
        jax,
        lightgbm,
        numpy,
        pandas,
        python,
        scipy,
        sklearn,
        skrub,
        statsmodels,
        torch,
        xgboost,
    )

    found: dict[str, TypeRule] = {}
    for module in (
        catboost,
        lightgbm,
        python,
        numpy,
        sklearn,
        scipy,
        torch,
        jax,
        pandas,
        xgboost,
        category_encoders,
        skrub,
        statsmodels,
    ):
        found.update(module.TYPES)
    return found


def constant(origin: str) -> Specimen | None:
    """What a global is that is neither a class nor a function, such as a dtype of torch."""
    from holotype.legacy.rules import torch

    return torch.constant(origin)
