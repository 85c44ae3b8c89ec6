"""Wrappers, which put names on the numbers of a result.

A wrapper is made from its result, and carries nothing of its own but what its user hung onto it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.reduce import methods_of
from holotype.graph.shadow import Shadow
from holotype.graph.table import Reduced

__all__ = ["build_wrapper", "check_wrapper", "reduce_wrapper", "set_wrapper"]

_MADE = frozenset({"_results", "__doc__"})


def reduce_wrapper(obj: Any) -> Reduced:
    """The result, and the attributes that somebody added."""
    attributes = object.__getattribute__(obj, "__dict__")
    added = {name: attributes[name] for name in sorted(attributes.keys() - _MADE)}
    for name in sorted(_offered(obj) & added.keys()):
        raise UnsupportedError(f".{name}", "an attribute covers a method.", "Delete it.")
    return Reduced((attributes["_results"],), added or None)


def _offered(obj: Any) -> frozenset[str]:
    cls: Any = type(obj)
    results: Any = type(object.__getattribute__(obj, "_results"))
    return methods_of(cls) | methods_of(results)


def build_wrapper(cls: Any, args: Sequence[Any]) -> Any:
    """Wrap the result again."""
    (results,) = args
    made = cls.__new__(cls)
    object.__getattribute__(made, "__dict__").update(_results=results, __doc__=results.__doc__)
    return made


def set_wrapper(obj: Any, state: dict[str, Any]) -> None:
    """Hang onto it what was added to it, which covers nothing that it offers."""
    covered = _offered(obj) & state.keys()
    if covered:
        raise TypeError(f"{min(covered)} is a method, and no attribute")
    object.__getattribute__(obj, "__dict__").update(state)


def check_wrapper(shadow: Shadow) -> None:
    """Demand that a result of statsmodels is wrapped, and that nothing covers a method."""
    (results,) = shadow.args(1)
    if not isinstance(results, Shadow) or not results.key.startswith("statsmodels."):
        raise shadow.fail("it does not wrap a result of statsmodels")
    if not all(name.isidentifier() and not name.startswith("_") for name in shadow.names()):
        raise shadow.fail("what was added to it has a name that is not one of plain data")
