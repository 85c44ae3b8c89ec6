"""Selectors of columns, and what some objects of skrub keep that is a method of a text.

A filter keeps the function by which it decides: one of skrub's own, or one of Python's that skrub's
pages recommend and that no table of ours knows. Rule: those of Python stand as words, and a word
only ever selects one of the functions below.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.registration import functions, objects
from holotype.types.sklearn.native import _check_attributes, _make_empty, _set_attributes

__all__ = ["WORDS", "entries"]

# Of skrub's own: each looks at a column, or its name, and says yes or no.
_PREDICATES = {
    "skrub._dataframe._common": (
        "is_any_date is_bool is_categorical is_float is_integer is_numeric is_object is_string"
    ),
    "skrub._table_vectorizer": "_created_by_predicate",
    "skrub.selectors._selectors": "_cardinality_below _has_dtype _null_count_check _regex",
}
WORDS: dict[str, Any] = {
    "fnmatch.fnmatchcase": fnmatch.fnmatchcase,
    **{
        f"str.{name}": getattr(str, name)
        for name in (
            *("endswith", "isalnum", "isalpha", "isascii", "isdecimal", "isdigit", "isidentifier"),
            *("islower", "isnumeric", "istitle", "isupper", "startswith"),
        )
    },
}
_KEYS = frozenset(entry.key for entry in functions(_PREDICATES))


def entries() -> Iterable[Entry]:
    """Selectors, and the functions that they keep."""
    yield from functions(_PREDICATES)
    yield from objects({"skrub.selectors._base": "All And Cols Inv Or Sub XOr"})
    for name in ("Filter", "NameFilter"):
        yield Entry(
            key=f"skrub.selectors.{name}",
            where=(f"skrub.selectors._base:{name}",),
            kind="call",
            reduce=_reduce_filter,
            build=_make_empty,
            setstate=_set_filter,
            check=_check_filter,
        )


def _reduce_filter(obj: Any) -> Reduced:
    state = dict(vars(obj))
    predicate = state.get("predicate")
    if isinstance(predicate, str):
        raise UnsupportedError(".predicate", "a text is no function.")
    for word, function in WORDS.items():
        if predicate is function or predicate == function:
            state["predicate"] = word
    return Reduced(state=state)


def _set_filter(obj: Any, state: Any) -> None:
    predicate = state["predicate"]
    if isinstance(predicate, str):
        predicate = WORDS[predicate]
    _set_attributes(obj, {**state, "predicate": predicate})


def _check_filter(shadow: Shadow) -> None:
    """Decided by a function of skrub, by one of the words, or by one that the reader trusts."""
    shadow.args(0)
    _check_attributes(shadow)
    predicate = shadow.get("predicate")
    known = isinstance(predicate, Named) and predicate.key in _KEYS
    if not (known or is_trusted(predicate) or (isinstance(predicate, str) and predicate in WORDS)):
        raise shadow.fail("predicate is no function that may decide about columns")
    if not isinstance(shadow.get("args"), tuple) or not isinstance(shadow.get("kwargs"), dict):
        raise shadow.fail("args or kwargs are not a tuple and a dict")
