"""Functions that estimators call with whatever passes through them are functions, and no types.

A step of a pipeline may hand on anything: a tuple, a number. Called with that, the constructor of a
compiled class takes contents that no validator has seen (the three arrays of a sparse matrix, the
address of an object). Rule: what is called is a function of the table or one of its plain types.
"""

from __future__ import annotations

from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow, is_trusted
from holotype.graph.table import Reduced
from holotype.types.sklearn.leftovers import attributes

__all__ = ["check_callables", "reduce_callables"]

# The attributes of estimators and scorers by which something is called.
_CALLED = (
    "analyzer",
    "default",
    "func",
    "importance_getter",
    "inverse_func",
    "kernel",
    "metric",
    "preprocessor",
    "score_func",
    "_score_func",
    "scoring",
    "strategy",
    "tokenizer",
    "weights",
)

# Types with contents whose constructors are written in Python, or check what they are given.
_CHECK_THEMSELVES = ("pandas.DataFrame", "pandas.Index", "pandas.Series")
_PLAIN = ("collections.", "datetime.", "decimal.", "fractions.")


def check_callables(shadow: Shadow) -> None:
    """Demand that what is called by name is not the constructor of a type with contents."""
    for name in _CALLED:
        value = shadow.get(name)
        if isinstance(value, Named) and not is_trusted(value) and not _may_be_called(value.key):
            raise shadow.fail(f"{name} is {value.key}, whose contents nobody would check")


def reduce_callables(obj: Any) -> Reduced:
    """The attributes of a FunctionTransformer, whose functions loading would accept."""
    state = attributes(obj)
    for name in ("func", "inverse_func"):
        key = _table().name_of(state.get(name)) if isinstance(state.get(name), type) else None
        if key is not None and not _may_be_called(key):
            raise UnsupportedError(
                f".{name}",
                f"{key} would be called with contents that cannot be checked.",
                "Use a function instead.",
            )
    return Reduced(state=state)


def _may_be_called(key: str) -> bool:
    entry = _table().entry(key)
    known = entry is not None and entry.kind == "name"
    return known or key in _CHECK_THEMSELVES or key.startswith(_PLAIN)


def _table() -> Any:
    from holotype.types.table import type_table

    return type_table()
