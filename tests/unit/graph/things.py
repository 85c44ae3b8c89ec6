"""Small classes with every way of saying what they are made of, and a table that knows them."""

from __future__ import annotations

from collections import namedtuple
from collections.abc import Iterable
from itertools import chain
from typing import Any

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types import builtins, numpy
from holotype.types.builtins import enum_entries
from holotype.types.table import TypeTable

__all__ = [
    "TABLE",
    "Able",
    "Bag",
    "Box",
    "Boxes",
    "Copied",
    "Drawer",
    "Fixed",
    "Global",
    "Heap",
    "Odd",
    "Pair",
    "Point",
    "Sealed",
    "Slotted",
    "Stack",
    "Strict",
    "Twin",
    "Unlike",
    "entry",
]


class Box:
    """Ordinary: attributes, and nothing else."""

    def __init__(self, **attributes: Any) -> None:
        vars(self).update(attributes)


class Able(Box):
    """Can do something, and says what it is by a property and by a default."""

    default = 1

    def act(self) -> int:
        return 1

    @property
    def what(self) -> int:
        return 2


class Slotted:
    """Attributes in slots only."""

    __slots__ = ("left", "right")

    def __init__(self, left: Any = None, right: Any = None) -> None:
        self.left = left
        self.right = right


class Drawer(Slotted):
    """Attributes in slots and beside them; one slot alone, by name."""

    __slots__ = "single"  # noqa: PLC0205

    def __init__(self, **attributes: Any) -> None:
        super().__init__(1, 2)
        for name, value in attributes.items():
            setattr(self, name, value)


class Boxes(Slotted):
    """Attributes in slots and in a dict."""

    def __init__(self, **attributes: Any) -> None:
        super().__init__(1, [2])
        vars(self).update(attributes)


class Heap(list[Any]):
    """A list with attributes."""


class Stack(list[Any]):
    """A list with attributes in slots."""

    __slots__ = ("note",)


class Bag(dict[Any, Any]):
    """A dict with attributes."""


Pair = namedtuple("Pair", "one other")


class Point:
    """Made by a call, with a state set afterwards."""

    def __init__(self, x: Any, y: Any = 0) -> None:
        self.x = x
        self.y = y
        self.extra: Any = None

    def __reduce__(self) -> Any:
        return (Point, (self.x, self.y)) if self.extra is None else (Point, (self.x,), self.extra)

    def __setstate__(self, state: Any) -> None:
        self.extra = state


class Fixed:
    """Made by a call of our own, with a validator."""

    def __init__(self, value: Any) -> None:
        self.value = value
        self.extra: Any = None


class Strict:
    """Cannot be made without an argument."""

    def __new__(cls, value: Any) -> Strict:
        return super().__new__(cls)


class Twin:
    """Equal to others of the same value, which only the class itself can tell."""

    def __init__(self, value: Any) -> None:
        self.value = value

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Twin) and other.value == self.value

    def __hash__(self) -> int:
        return hash(self.value) % 2**31

    def __reduce__(self) -> Any:
        return Twin, (self.value,)


class Odd:
    """Reduces to a function call where an object is expected."""

    def __reduce__(self) -> Any:
        return (Box, ())


class Global:
    """Reduces to a name."""

    def __reduce__(self) -> str:
        return "GLOBAL"


class Copied:
    """Needs arguments to be made anew."""

    def __new__(cls, value: Any = None) -> Copied:
        return super().__new__(cls)

    def __getnewargs__(self) -> tuple[Any, ...]:
        return (1,)


class Sealed:
    """Cannot be taken apart."""

    def __reduce_ex__(self, protocol: Any) -> Any:
        raise TypeError("no")


class Unlike:
    """Says what its state is, whatever that be."""

    def __init__(self, state: Any) -> None:
        self.state = state

    def __getstate__(self) -> Any:
        if isinstance(self.state, Exception):
            raise self.state
        return self.state


def entry(name: str, kind: Any, **how: Any) -> Entry:
    return Entry(key=f"things.{name}", where=(f"{__name__}:{name}",), kind=kind, **how)


def _take_fixed(obj: Fixed) -> Reduced:
    return Reduced((obj.value,), None if obj.extra is None else {"extra": obj.extra})


def _make_fixed(cls: Any, args: Any) -> Fixed:
    (value,) = args
    return Fixed(value)


def _set_fixed(obj: Fixed, state: Any) -> None:
    obj.extra = state["extra"]


def _check_fixed(shadow: Shadow) -> None:
    if type(shadow.arg(0)) is str:
        raise shadow.fail("it is evil")


def _entries() -> Iterable[Entry]:
    for name in ("Box", "Able", "Slotted", "Drawer", "Boxes", "Strict"):
        yield entry(name, "object", drop=frozenset({"cache"}))
    for name, takes in (("Heap", "items"), ("Stack", "items"), ("Bag", "pairs")):
        yield entry(name, "object", drop=frozenset({"cache"}), takes=takes)
    for name in ("Copied", "Global", "Odd", "Sealed", "Unlike"):
        yield entry(name, "object")
    yield entry("Pair", "call")
    yield entry("Point", "call", own_setstate=True)
    yield entry("Twin", "call")
    yield entry(
        "Fixed",
        "call",
        reduce=_take_fixed,
        build=_make_fixed,
        setstate=_set_fixed,
        check=_check_fixed,
    )
    yield entry("entry", "name")
    yield entry("Missing", "name")
    yield from enum_entries("things.Kind", f"{__name__}:Kind", "")
    yield from chain(builtins.entries(), numpy.entries())


TABLE = TypeTable(_entries())
