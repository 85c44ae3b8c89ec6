"""skrub: what its caches, its filters and its joiner pickle.

Most of it is attributes, which needs no rule.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import Foreign, FunctionRule, Likeness, Odd, Taken, TypeRule
from holotype.types.skrub import leftovers, selectors

__all__ = ["FUNCTIONS", "TYPES"]


def _by(reduce: Callable[[Any], Reduced]) -> TypeRule:
    """What is done to the attributes of a live object is done to those in the file."""

    def rule(taken: Taken) -> Reduced:
        return reduce(Likeness(taken.instance()))

    return rule


def _filter(taken: Taken) -> Reduced:
    state = dict(taken.instance())
    predicate = state.get("predicate")
    if isinstance(predicate, str):
        raise Odd("it decides by a text")
    if type(predicate) is Foreign:
        word = predicate.name.removeprefix("builtins.")
        if word in selectors.WORDS:
            state["predicate"] = word
    return Reduced(state=state)


def _joiner(taken: Taken) -> Reduced:
    """``getattr(text, "format")`` is the text that its type keeps of it."""
    state = dict(taken.instance())
    method = state.get(leftovers.RENAMING)
    if type(method) is Foreign and method.taken is not None:
        match method.taken.args:
            case (str() as text, "format") if method.name == "builtins.getattr":
                state[leftovers.RENAMING] = text
    return leftovers.reduce_joiner(Likeness(state))


FUNCTIONS: dict[str, FunctionRule] = {}

TYPES: dict[str, TypeRule] = {
    "skrub.Joiner": _joiner,
    "skrub.LRUDict": _by(leftovers.reduce_cache),
    "skrub.selectors.Filter": _filter,
    "skrub.selectors.NameFilter": _filter,
    **{f"skrub.{name}": _by(reduce) for name, reduce in leftovers.REDUCED.items()},
}
