"""Which attributes objects of a type may have: one list serves saving and loading.

Rule: what a validator would refuse to load is refused when it is saved, with its name.
"""

from __future__ import annotations

from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Reduced

__all__ = ["Attributes", "no_attributes"]


class Attributes:
    """The names that the instances of a type carry, ``required`` and ``optional`` ones."""

    def __init__(self, required: str, optional: str = "") -> None:
        self.required = frozenset(required.split())
        self.allowed = self.required | frozenset(optional.split())

    def of(self, obj: Any) -> dict[str, Any]:
        """The attributes of a live object; UnsupportedError for any other one."""
        found = dict(vars(obj))
        for name in sorted(found.keys() - self.allowed):
            raise UnsupportedError(
                f".{name}",
                f"a {type(obj).__name__} has no such attribute of its own.",
                "Delete it.",
            )
        for name in sorted(self.required - found.keys()):
            raise UnsupportedError("", f"a {type(obj).__name__} is incomplete: it has no {name}.")
        return found

    def reduce(self, obj: Any) -> Reduced:
        """Take an object apart by its attributes."""
        return Reduced(state=self.of(obj))

    def check(self, shadow: Shadow) -> None:
        """Demand the same of an object that is about to be built."""
        found = set(shadow.names())
        if not self.required <= found <= self.allowed:
            odd = sorted(self.required - found | found - self.allowed)
            raise shadow.fail(f"it lacks or should not have {', '.join(odd)[:200]}")


def no_attributes(obj: Any) -> None:
    """Refuse to save an object that somebody gave an attribute, as its type would forget it."""
    Attributes("").of(obj)
