"""What the graph asks of the type table: entries, and how a live object is reduced.

The table is built in our own code (``holotype.types``) and is closed: a key read from a file is
looked up here and nowhere else. The graph knows this interface only, not the libraries behind it.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import TYPE_CHECKING, Any, Literal, NamedTuple, Protocol

import msgspec

if TYPE_CHECKING:
    from holotype.graph.notes import Notes
    from holotype.graph.shadow import Shadow

__all__ = ["Entry", "Kind", "Reduced", "Table"]

Kind = Literal["object", "call", "name"]


class Reduced(NamedTuple):
    """An object taken apart, in the terms of ``object.__reduce__``.

    ``state`` of an *object* is the mapping of its attributes; of a *call*, any value.
    ``items`` extend the rebuilt object as a list, ``pairs`` are set on it as on a dict.
    """

    args: tuple[Any, ...] = ()
    state: Any = None
    items: list[Any] | None = None
    pairs: list[tuple[Any, Any]] | None = None


class Entry(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """One type, function or constant that a blueprint may name.

    key       what stands in the blueprint; stable across versions of the library
    where     ``module:qualified.name`` candidates, tried in order; ours, never the file's
    aliases   ``module:name`` by which a class calls itself where nothing can be imported from (some
              compiled modules lose their package); never imported
    kind      *object*: ``cls.__new__(cls)`` and attributes; *call*: ``build`` with arguments and
              state; *name*: only ever referred to
    drop      attributes that are not part of the model (process identity, library versions)
    reduce    takes a live object apart; None asks the object's own ``__reduce_ex__``
    relate    (parts, notes) → parts, where they depend on other objects of the model
    quiet     whether its parts are named as if they stood in its place, without "args" and "state"
    build     (class, arguments) → object, for calls; None calls the class
    setstate  (object, state) after building, for calls
    own_setstate  whether a call's state goes to the object's ``__setstate__``; a call with neither
              takes no state: what a validator does not expect must not reach the object
    check     raises InvalidStateError where the contents would be unsafe; sees plain data only
    check_all the same for many objects of the type at once, where that is faster
    foreign   whether it is no entry of the table, but something installed that the caller trusts
    refused   whether it is known only to be refused, with words of its own
    takes     whether its objects are extended by *items*, as a list, or given *pairs*, as a dict
    as_key    what its objects are as a key of a dict or an element of a set: *identity*, each
              another one; *never*, refused; or a function of a call's arguments that makes the
              value which is compared (of Python's own types: nothing is imported for it)
    """

    key: str
    where: tuple[str, ...]
    kind: Kind
    drop: frozenset[str] = frozenset()
    reduce: Callable[[Any], Reduced] | None = None
    relate: Callable[[Reduced, Notes], Reduced] | None = None
    quiet: bool = False
    build: Callable[[Any, Sequence[Any]], Any] | None = None
    setstate: Callable[[Any, Any], None] | None = None
    check: Callable[[Shadow], None] | None = None
    check_all: Callable[[Sequence[Shadow]], None] | None = None
    aliases: tuple[str, ...] = ()
    foreign: bool = False
    refused: bool = False
    own_setstate: bool = False
    takes: Literal["", "items", "pairs"] = ""
    as_key: Literal["identity", "never"] | Callable[..., Any] = "identity"

    @property
    def tag(self) -> str:
        """The member of a node that holds the key: its kind, or *new* (SPEC 3.12)."""
        return "new" if self.foreign and self.build is not None else self.kind


class Table(Protocol):
    """The closed set of entries."""

    def entry(self, key: str) -> Entry | None:
        """The entry of this key, importing nothing."""
        ...

    def resolve(self, entry: Entry) -> Any:
        """Import and return what the entry stands for; MissingLibraryError where it is absent."""
        ...

    def entry_of(self, cls: type) -> Entry | None:
        """The object or call entry whose class is exactly ``cls``."""
        ...

    def knows(self, where: str) -> bool:
        """Whether ``module:qualified.name`` is something that an entry stands for."""
        ...

    def name_of(self, obj: Any) -> str | None:
        """The key under which a class, function or constant may be named."""
        ...

    def refusal(self, obj: Any) -> tuple[str, str]:
        """Why ``obj``, which is not of the table, cannot be saved, and what to do about it."""
        ...
