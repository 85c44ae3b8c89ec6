"""What a rule is given: a call of an old file with its parts converted, and what may come of it.

A rule says in our words what a library's unpickling function would do with those parts. Rule: it
checks the form of whatever it reads, and says Odd where that is not the one that the library
writes; it never calls anything of a library.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from holotype.digest import is_text
from holotype.graph.foreign import foreign_entry, is_foreign_key
from holotype.graph.specimen import Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.symbols import ByteArray, OldString

__all__ = [
    "Foreign",
    "FunctionRule",
    "Likeness",
    "Odd",
    "Raw",
    "Ready",
    "StandIn",
    "Taken",
    "TypeRule",
    "raw_bytes",
]

# A converted part. Of the arguments themselves, and of the elements of a state that is a tuple,
# these stay as they are in the file until `Taken.plain` is asked for what they mean: bytes of an
# array (memoryview), ByteArray, OldString and Global.
Raw = Any


class Odd(Exception):
    """The parts do not have the form that the library gives them; says what is wrong."""


class Taken:
    """A call with its parts, which are converted.

    name    ``module:qualified.name`` of what is called or made an instance of, under today's path
    new     an instance was made without its constructor, as ``cls.__new__(cls, *args)``
    states  what it was given by BUILD: of tuples, the elements are raw
    items   what was appended, as to a list; ``pairs``: what was set, as on a dict
    base    of a subclass of a built-in type by protocols 0 and 1: the built-in value
    plain   raw part → value of a blueprint
    source  value that a StandIn stood for → what it was made of
    """

    __slots__ = (
        "args",
        "base",
        "items",
        "kwargs",
        "name",
        "new",
        "offset",
        "pairs",
        "plain",
        "source",
        "states",
    )

    def __init__(
        self,
        name: str,
        args: tuple[Raw, ...],
        *,
        plain: Callable[[Raw], Any],
        source: Callable[[Any], Taken | None] = lambda _: None,
        kwargs: Any = None,
        new: bool = False,
        states: Sequence[Raw] = (),
        items: Sequence[Any] = (),
        pairs: Sequence[tuple[Any, Any]] = (),
        base: Any = None,
        offset: int = 0,
    ) -> None:
        self.name = name
        self.args = args
        self.kwargs = kwargs
        self.new = new
        self.states = states
        self.items = items
        self.pairs = pairs
        self.base = base
        self.offset = offset
        self.plain = plain
        self.source = source

    def arguments(self, low: int, high: int | None = None) -> tuple[Raw, ...]:
        """The arguments, of which there are ``low`` to ``high``, and nothing else but states."""
        if not low <= len(self.args) <= (low if high is None else high):
            raise Odd(f"{len(self.args)} arguments are not what it takes")
        if self.items or self.pairs or self.kwargs or self.base is not None:
            raise Odd("it is given elements or keywords that it does not take")
        return self.args

    def state(self) -> Raw:
        """The one state, None where there is none."""
        if len(self.states) > 1:
            raise Odd("its state is set more than once")
        return self.states[0] if self.states else None

    def no_state(self) -> None:
        """Demand that there is none, or an empty one."""
        if self.state() not in (None, {}, ()):
            raise Odd("it has a state, which it should not have")

    def attributes(self) -> dict[str, Any]:
        """The state as attributes by name: of ``__dict__``, or of that and of slots."""
        state = self.state()
        if type(state) is tuple and len(state) == 2 and _mappings(state):
            return {**(state[0] or {}), **(state[1] or {})}
        if state is None:
            return {}
        if type(state) is not dict:
            raise Odd("its state is not a dict of attributes")
        return state

    def instance(self) -> dict[str, Any]:
        """The attributes of a plain new instance."""
        if not self.new:
            raise Odd("it is called, where an empty instance is expected")
        self.arguments(0)
        return self.attributes()

    def plain_args(self) -> tuple[Any, ...]:
        """All arguments as values of a blueprint."""
        return tuple(map(self.plain, self.args))

    def plain_state(self) -> Any:
        """The state as a value of a blueprint."""
        state = self.state()
        return tuple(map(self.plain, state)) if type(state) is tuple else self.plain(state)


def _mappings(state: tuple[Any, ...]) -> bool:
    return all(part is None or type(part) is dict for part in state)


_UNKNOWN = Entry(key="", where=(), kind="name")


class Foreign(Specimen):
    """An object, class or function that is not in the table, with its parts.

    It may be a part of something that a rule understands as a whole. Where it still stands in the
    model at the end, it is kept by name, if ``origin``, its ``module:qualified.name``, can be one,
    or else the file is refused. ``problem`` says why where it is not just its name.
    """

    __slots__ = ("name", "origin", "problem", "taken")

    def __init__(
        self, name: str, taken: Taken | None = None, problem: str = "", origin: str = ""
    ) -> None:
        super().__init__(_UNKNOWN)
        self.name = name
        self.origin = origin
        self.taken = taken
        self.problem = problem

    def keep_name(self) -> bool:
        """Become what the blueprint says by name, if it can be; whether it is."""
        if self.problem or not is_foreign_key(self.origin):
            return False
        if self.taken is None:
            self.entry = foreign_entry(self.origin, "name")
            return True
        taken = self.taken
        if not taken.new or taken.kwargs or taken.base is not None or len(taken.states) > 1:
            return False
        args, state = taken.plain_args(), taken.plain_state()
        items, pairs = list(taken.items) or None, list(taken.pairs) or None
        if items and pairs:
            return False
        plain = not (args or items or pairs) and _are_attributes(state)
        self.entry = foreign_entry(
            self.origin,
            "object" if plain else "new",
            "items" if items else "pairs" if pairs else "",
        )
        self.reduced = Reduced(args, state, items, pairs)
        return True


def _are_attributes(state: Any) -> bool:
    return state is None or (
        type(state) is dict
        and len(state) > 0
        and all(type(name) is str and name[:2] != "__" and is_text(name) for name in state)
    )


class StandIn:
    """A value together with what it was made of, which some rules need to know."""

    __slots__ = ("taken", "value")

    def __init__(self, value: Any, taken: Taken) -> None:
        self.value = value
        self.taken = taken


class Ready:
    """A symbol that stands for a value which needs no rule: a scalar or a dtype of NumPy."""

    __slots__ = ("value",)

    def __init__(self, value: Any) -> None:
        self.value = value


class Likeness:
    """Looks to the functions that take live objects apart like an object with these attributes."""

    def __init__(self, attributes: dict[str, Any], **more: Any) -> None:
        self.__dict__.update(attributes)
        self.__dict__.update(more)


FunctionRule = Callable[[Taken], Any]
"""(call of a function) → value, Specimen, Named, StandIn or Foreign."""

TypeRule = Callable[[Taken], Reduced]
"""(instance of a type of the table) → what the type's ``reduce`` gives for the live object."""


def raw_bytes(value: Raw) -> bytes | memoryview:
    """The bytes of a raw part; text of Python 2 stands for bytes."""
    if isinstance(value, bytes | memoryview):
        return value
    if type(value) is ByteArray or type(value) is OldString:
        return value.data
    if type(value) is str and value.isascii():
        return value.encode("ascii")
    raise Odd("bytes were expected")
