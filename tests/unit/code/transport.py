"""Carries live functions and classes to another process, by way of their source."""

from __future__ import annotations

import importlib
import io
import pickle
import sys
from pathlib import Path
from types import CellType, FunctionType, ModuleType
from typing import Any, TypeVar

from holotype.code.build import (
    check,
    complete_class,
    fill_function,
    make_class,
    make_namespace,
    shell_function,
)
from holotype.code.capture import capture, owner_of
from holotype.code.definition import Definition

HOME = frozenset({"case"})
"""The modules whose functions and classes travel as source."""


class Sender(pickle.Pickler):
    """Pickles all that is of the modules in ``home`` as source and values."""

    def __init__(self, file: Any, home: frozenset[str]) -> None:
        super().__init__(file, 5)
        self.home = home
        self.spaces: dict[int, str] = {}

    def reducer_override(self, obj: Any) -> Any:
        if isinstance(obj, ModuleType):
            return importlib.import_module, (obj.__name__,)
        if isinstance(obj, CellType):
            return self.cell(obj)
        if isinstance(obj, property):
            return property, (obj.fget, obj.fset, obj.fdel)
        if isinstance(obj, staticmethod | classmethod):
            return type(obj), (obj.__func__,)
        if isinstance(obj, TypeVar):
            return TypeVar, (obj.__name__,)
        if isinstance(obj, FunctionType | type) and self.is_own(obj):
            owner = owner_of(obj)
            if owner is not None and owner is not obj:
                return take_member, (owner, obj.__name__)
            return self.function(obj) if isinstance(obj, FunctionType) else self.cls(obj)
        return NotImplemented

    def is_own(self, obj: Any) -> bool:
        return obj.__module__ in self.home or (
            isinstance(obj, FunctionType) and obj.__globals__.get("__name__") in self.home
        )

    def cell(self, cell: CellType) -> Any:
        try:
            content = cell.cell_contents
        except ValueError:
            return make_cell, ()
        return make_cell, (), (content,), None, None, fill_cell

    def space(self, namespace: dict[str, Any]) -> str:
        return self.spaces.setdefault(id(namespace), f"{len(self.spaces)}")

    def function(self, obj: FunctionType) -> Any:
        found = capture(obj)
        state = {
            "globals": found.globals,
            "defaults": found.defaults,
            "kwdefaults": found.kwdefaults,
            "annotations": found.annotations,
            "attributes": found.attributes,
            "submodules": found.submodules,
        }
        args = found.definition, self.space(found.namespace), tuple(found.globals), found.cells
        return receive_function, args, state, None, None, finish_function

    def cls(self, obj: type) -> Any:
        found = capture(obj)
        early = {name: each for name, each in found.globals.items() if name in found.eager}
        late = {name: each for name, each in found.globals.items() if name not in found.eager}
        args = found.definition, self.space(found.namespace), early, found.cells
        state = {
            "globals": late,
            "attributes": found.attributes,
            "methods": found.methods,
            "submodules": found.submodules,
        }
        return receive_class, args, state, None, None, finish_class


def make_cell() -> CellType:
    return CellType()


def fill_cell(cell: CellType, state: tuple[Any]) -> None:
    cell.cell_contents = state[0]


_spaces: dict[str, dict[str, Any]] = {}


def _space(key: str, module: str) -> dict[str, Any]:
    return _spaces.setdefault(key, make_namespace(module))


def receive_function(
    definition: Definition, space: str, names: tuple[str, ...], cells: dict[str, CellType]
) -> FunctionType:
    check(definition, names)
    return shell_function(definition, _space(space, definition.module), cells)


def finish_function(function: FunctionType, state: dict[str, Any]) -> None:
    function.__globals__.update(state.pop("globals"))
    state.pop("submodules")
    fill_function(function, **state)


def receive_class(
    definition: Definition, space: str, early: dict[str, Any], cells: dict[str, CellType]
) -> type:
    check(definition, early)
    namespace = _space(space, definition.module)
    namespace.update(early)
    return make_class(definition, namespace, cells)


def finish_class(cls: type, state: dict[str, Any]) -> None:
    vars(cls)["__holotype__"].namespace.update(state.pop("globals"))
    state.pop("submodules")
    complete_class(cls, **state)


def take_member(owner: type, name: str) -> Any:
    value = vars(owner)[name]
    return value.__func__ if isinstance(value, staticmethod | classmethod) else value


def send(obj: Any, home: frozenset[str]) -> bytes:
    file = io.BytesIO()
    Sender(file, home).dump(obj)
    return file.getvalue()


def receive(data: bytes) -> Any:
    _spaces.clear()
    return pickle.loads(data)


def main() -> None:
    """Print, for each case and file that a list names, what the case's question gives, twice.

    First on what was sent, then on that taken apart and built once more.
    """
    from tests.unit.code.cases import ask

    for line in Path(sys.argv[1]).read_text().splitlines():
        name, path = line.split()
        model = receive(Path(path).read_bytes())
        again = receive(send(model, HOME))
        print(name, repr(ask(name, model)), repr(ask(name, again)), sep="\t")
