"""One function or class as source and captured values, and the digest that a policy pins.

Rule: the digest covers all that decides what code is made, and nothing else. The values that a
definition captured are not part of it; they are objects with a trust level of their own.
"""

from __future__ import annotations

from types import CellType, ModuleType
from typing import Any, Literal, NamedTuple

import msgspec

from holotype.digest import Digest, canonical_json, sha256
from holotype.errors import UnsupportedError

__all__ = ["Captured", "Definition", "Method", "NoSourceError", "digest"]

Kind = Literal["function", "class"]


class NoSourceError(UnsupportedError):
    """The source is not to be had, or the object could not be made from it again."""

    def __init__(self, problem: str, advice: str = "") -> None:
        super().__init__("", problem, advice)


class Definition(msgspec.Struct, frozen=True, kw_only=True):
    """The static part: what a file states and a policy judges.

    name              ``__name__``
    qualname          ``__qualname__``
    module            where it came from; what ``__module__`` says again, never imported
    scope             the dotted path at which the compiler met it (``make.<locals>.inner``): what
                      names the code inside, and spells private names
    source            one definition, dedented: a ``def`` without its decorators, a ``class`` with
                      them, or a lambda expression
    text_annotations  whether ``from __future__ import annotations`` holds for it
    free              its closure variables, sorted
    """

    kind: Kind
    name: str
    qualname: str
    module: str
    scope: str
    source: str
    text_annotations: bool = False
    free: tuple[str, ...] = ()


class Method(NamedTuple):
    """What a method of a class has now: its defaults and its ``__dict__``."""

    defaults: tuple[Any, ...] | None
    kwdefaults: dict[str, Any] | None
    attributes: dict[str, Any]


class Captured(Definition, frozen=True, kw_only=True, eq=False):
    """A definition and the live values that it works on.

    cells        closure variables by name. Functions that share a variable share the cell. An empty
                 cell (a variable that has no value yet) is there too
    globals      the global names that the code really reads → values; builtins and names that
                 exist nowhere are absent
    eager        names of ``cells`` and ``globals`` that have to be there before a class is made
    namespace    the module's own dict, to tell which functions share one; not to be stored
    submodules   modules that the code reaches through an attribute of a captured module
    defaults     of a function: its live defaults; the source's expressions are not run again
    kwdefaults   of a function: the same for keyword-only arguments
    annotations  of a function: ``__annotations__``; those of a class come from its source
    attributes   of a function: its ``__dict__``, and ``__doc__`` and ``__type_params__`` where they
                 are not what the code says; of a class: what its source would not give it again,
                 by dotted path (``Inner.limit`` is of a class in its body)
    methods      of a class, by dotted path: what its source would not give a method again
    """

    cells: dict[str, CellType]
    globals: dict[str, Any]
    eager: frozenset[str] = frozenset()
    namespace: dict[str, Any]
    submodules: tuple[ModuleType, ...] = ()
    defaults: tuple[Any, ...] | None = None
    kwdefaults: dict[str, Any] | None = None
    annotations: dict[str, Any] = {}
    attributes: dict[str, Any] = {}
    methods: dict[str, Method] = {}

    @property
    def closure(self) -> dict[str, Any]:
        """The values of the closure variables that have one."""
        return {name: cell.cell_contents for name, cell in self.cells.items() if not _empty(cell)}

    @property
    def definition(self) -> Definition:
        """The static part alone."""
        return Definition(**{name: getattr(self, name) for name in Definition.__struct_fields__})


def _empty(cell: CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return True
    return False


def digest(definition: Definition) -> Digest:
    """``sha256:`` of what a policy pins: the exact source, and what else decides the code.

    ``name``, ``qualname`` and ``module`` are left out: they are labels that any decorator copies
    from one function to another.
    """
    return sha256(
        canonical_json(
            {
                "code": 1,
                "free": definition.free,
                "kind": definition.kind,
                "scope": definition.scope,
                "source": definition.source,
                "text_annotations": definition.text_annotations,
            }
        )
    )
