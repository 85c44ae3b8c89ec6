"""What fitted objects of skrub carry that is no data: caches, and methods of a text.

Rule: what loading would refuse is refused when it is saved, and using a model does not change its
fingerprint.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.table import Reduced
from holotype.types.sklearn.leftovers import attributes
from holotype.types.sklearn.native import _set_attributes
from holotype.types.skrub.checks import is_pattern

__all__ = ["REDUCED", "RENAMING", "reduce_cache", "reduce_joiner", "set_joiner"]

RENAMING = "_right_cols_renaming"


def reduce_cache(obj: Any) -> Reduced:
    """LRUDict: how much it may hold, and not what passed through it."""
    return Reduced(state={**vars(obj), "cache": OrderedDict()})


def reduce_renaming(obj: Any) -> Reduced:
    """The attributes of what renames columns by a pattern."""
    state = attributes(obj)
    pattern = state.get("rename_columns")
    if isinstance(pattern, str) and not is_pattern(pattern):
        raise UnsupportedError(
            ".rename_columns",
            "it does more than to put the name of a column in its place.",
            "Write {} for the name, and no format or attribute of it.",
        )
    return Reduced(state=state)


def reduce_joiner(obj: Any) -> Reduced:
    """Joiner: the method ``format`` of a text, once it is fitted, as that text."""
    state = attributes(obj)
    method = state.get(RENAMING)
    if method is not None:
        text = method if isinstance(method, str) else getattr(method, "__self__", None)
        if not isinstance(text, str) or getattr(method, "__name__", "format") != "format":
            raise UnsupportedError(f".{RENAMING}", "it is no format of names.")
        if not is_pattern(text):
            raise UnsupportedError(
                ".suffix", "it does more than to follow a name.", "Use a suffix without braces."
            )
        state[RENAMING] = text
    return Reduced(state=state)


def set_joiner(obj: Any, state: Any) -> None:
    """Give a Joiner its attributes, and its text the method again."""
    text = state.get(RENAMING)
    _set_attributes(obj, state if text is None else {**state, RENAMING: text.format})


REDUCED: dict[str, Callable[[Any], Reduced]] = dict.fromkeys(
    ("ApplyToCols", "ApplyToEachCol", "ApplyToFrame", "ApplyToSubFrame"), reduce_renaming
)
