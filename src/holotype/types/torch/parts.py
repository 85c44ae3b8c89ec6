"""What a layer of torch.nn consists of, of a live one and of one that a file describes.

Both are looked at by the same checks, so what would be refused when it is loaded is refused when it
is saved.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from holotype.types.torch.tensors import Facts

__all__ = ["OTHER", "Child", "Odd", "Parts"]

OTHER = "other"
"""The name of a child that is a module of the user's own."""


class Odd(Exception):
    """A layer is not as its class makes it; says what is wrong."""


class Child(NamedTuple):
    """A module within another: ``key`` tells it from others, ``open`` takes it apart."""

    key: int
    open: Callable[[], Parts]


class Parts(NamedTuple):
    """One layer.

    name        of its class in torch.nn, OTHER for one of the user's own
    attributes  numbers, text, tuples; of functions, their keys
    parameters  None for one that its class has and that is switched off
    buffers     the same
    children    the modules that it calls, by name, or None in the place of one
    """

    name: str
    attributes: Mapping[str, Any]
    parameters: Mapping[str, Facts | None]
    buffers: Mapping[str, Facts | None]
    children: Mapping[str, Child | None]

    def child(self, name: str, *allowed: str) -> Parts:
        """A child that must be there, of one of these classes or of the user's own."""
        child = self.children.get(name)
        if child is None:
            raise Odd(f"it has no {name}")
        parts = child.open()
        if parts.name not in (*allowed, OTHER):
            raise Odd(f"{name} is a {parts.name}, not a {' or '.join(allowed)}")
        return parts

    def demand(self, condition: object, problem: str) -> None:
        """Raise Odd unless the condition holds."""
        if not condition:
            raise Odd(problem)
