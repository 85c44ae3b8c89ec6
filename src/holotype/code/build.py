"""The way back: definitions and values become functions and classes.

In two steps, so that cycles close: a function is made empty and filled when its values are there;
a class is made when the values that its statement reads are there, and completed after. Rule:
making a function runs nothing of its source; making a class runs the class statement. Who may do
either is the caller's policy, asked before; what a file claims is checked before anything is
compiled.
"""

from __future__ import annotations

import builtins
import sys
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from types import CellType, FunctionType
from typing import Any
from weakref import ref

from holotype.code.classes import Origin
from holotype.code.compiling import (
    BrokenDefinitionError,
    claims,
    class_code,
    function_code,
    register,
)
from holotype.code.definition import Captured, Definition, Method
from holotype.code.members import GIVEN, ORIGIN, OWNER, OWNERS
from holotype.code.values import UNSAVED
from holotype.errors import InvalidStateError

__all__ = [
    "build",
    "check",
    "complete_class",
    "fill_function",
    "make_class",
    "make_namespace",
    "shell_function",
]

_FUNCTION_FIELDS = frozenset({"__doc__", "__type_params__"})
_FIXED = (GIVEN - {"__doc__"}) | {"__bases__", "__class__", "__mro__", "__name__"}
_ABSENT = object()


def check(definition: Definition, names: Iterable[str], *, path: str = "code") -> frozenset[str]:
    """Hold what a file states against what the source needs; nothing is compiled.

    ``names`` are the globals that the file gives. Raises InvalidStateError for a name that the
    source does not need. Returns the names that must be there before a class is made.
    """
    try:
        needed = claims(definition)
    except BrokenDefinitionError as error:
        raise InvalidStateError(path, f"{error}.") from None
    free = set(definition.free)
    if definition.free != tuple(sorted(free)) or not free <= needed.reads | needed.mentions:
        raise InvalidStateError(path, "its closure variables are not those of its source.")
    readable = (((needed.reads - free) | needed.declared | needed.annotated) - UNSAVED) | {
        "__name__"
    }
    for name in names:
        if name not in readable:
            raise InvalidStateError(path, f"its source does not read the global name {name!r}.")
    return needed.eager | needed.annotated


def make_namespace(module: str) -> dict[str, Any]:
    """The globals of the functions that came from one module: nothing but the builtins as yet."""
    return {"__builtins__": builtins, "__name__": module}


# -- functions ------------------------------------------------------------------------------------


def shell_function(
    definition: Definition,
    namespace: dict[str, Any],
    cells: Mapping[str, CellType],
    *,
    path: str = "code",
) -> FunctionType:
    """A function with its code and nothing else; cells and namespace may be filled later."""
    try:
        code = function_code(definition)
    except BrokenDefinitionError as error:
        raise InvalidStateError(path, f"{error}.") from None
    register(definition)
    closure = tuple(_cell(cells, name, path) for name in code.co_freevars)
    function = FunctionType(code, namespace, definition.name, None, closure)
    function.__qualname__ = definition.qualname
    function.__module__ = definition.module
    return function


def fill_function(
    function: FunctionType,
    *,
    defaults: tuple[Any, ...] | None = None,
    kwdefaults: dict[str, Any] | None = None,
    annotations: dict[str, Any] | None = None,
    attributes: dict[str, Any] | None = None,
    path: str = "code",
) -> None:
    """Give a function what it carried beside its code."""
    _set_defaults(function, defaults, kwdefaults, path)
    if annotations:
        function.__annotations__ = annotations
    for name, value in (attributes or {}).items():
        if name in _FUNCTION_FIELDS:
            setattr(function, name, value)
        else:
            vars(function)[name] = value  # and never ``__code__``, whatever a file says


def _set_defaults(function: FunctionType, defaults: Any, kwdefaults: Any, path: str) -> None:
    try:
        function.__defaults__ = defaults
        function.__kwdefaults__ = kwdefaults
    except TypeError as error:
        raise InvalidStateError(path, f"the defaults of {function.__name__}: {error}.") from None


# -- classes --------------------------------------------------------------------------------------


def make_class(
    definition: Definition,
    namespace: dict[str, Any],
    cells: Mapping[str, CellType],
    *,
    path: str = "code",
) -> type:
    """Run a class statement. What it reads on the way must be in ``namespace`` and ``cells``."""
    try:
        code, name = class_code(definition)
    except BrokenDefinitionError as error:
        raise InvalidStateError(path, f"{error}.") from None
    register(definition)
    own = {each: _cell(cells, each, path) for each in definition.free}
    maker = FunctionType(
        code, namespace, "make", None, tuple(own[each] for each in code.co_freevars)
    )
    before = namespace.get(name, _ABSENT) if name is not None else _ABSENT
    try:
        with _standing_in(definition.module, namespace):
            cls = maker()
    except Exception as error:
        raise InvalidStateError(
            path, f"the class statement of {definition.name} fails: {type(error).__name__}: {error}"
        ) from error
    if name is not None:
        if before is _ABSENT:
            namespace.pop(name, None)
        else:
            namespace[name] = before
    if not isinstance(cls, type):
        raise InvalidStateError(path, f"the class statement of {definition.name} makes no class.")
    labels = ("__name__", "__qualname__", "__module__")
    for label, value in zip(
        labels, (definition.name, definition.qualname, definition.module), strict=True
    ):
        if getattr(cls, label) != value:
            _set(cls, label, value, path)
    _set(cls, ORIGIN, Origin(definition, namespace, own), path)
    _tell_inner(cls, path)
    return cls


def _tell_inner(cls: type, path: str) -> None:
    """Let the classes and functions in the body of ``cls`` know by which class they are made."""
    for name, value in vars(cls).items():
        function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
        if isinstance(function, FunctionType):
            OWNERS.setdefault(function, ref(cls))
        if isinstance(value, type) and value.__qualname__ == f"{cls.__qualname__}.{name}":
            _set(value, OWNER, cls, path)
            _tell_inner(value, path)


def _set(cls: type, name: str, value: Any, path: str) -> None:
    """Set an attribute of a class, past any ``__setattr__`` that its metaclass has in Python."""
    try:
        type.__setattr__(cls, name, value)
    except TypeError:  # a metaclass written in C insists on its own
        try:
            setattr(cls, name, value)
        except Exception as error:
            raise InvalidStateError(path, f"{name} of {cls.__name__} cannot be set.") from error


def complete_class(
    cls: type,
    *,
    attributes: Mapping[str, Any] | None = None,
    methods: Mapping[str, Method] | None = None,
    path: str = "code",
) -> None:
    """Set what a class had beyond its source, past any ``__setattr__`` of its metaclass."""
    for name, value in (attributes or {}).items():
        inner, last = _inside(cls, name, path)
        if last in _FIXED:
            raise InvalidStateError(path, f"{last} of a class is not an attribute to be set.")
        _set(inner, last, value, path)
    for name, method in (methods or {}).items():
        inner, last = _inside(cls, name, path)
        function = vars(inner).get(last)
        if isinstance(function, staticmethod | classmethod):
            function = function.__func__
        if not isinstance(function, FunctionType):
            raise InvalidStateError(path, f"{name} is not a method of {cls.__name__}.")
        _set_defaults(function, method.defaults, method.kwdefaults, path)
        vars(function).update(method.attributes)


def _inside(cls: type, name: str, path: str) -> tuple[type, str]:
    """The class in the body of ``cls``, at any depth, that a dotted name leads to."""
    *around, last = name.split(".")
    found: Any = cls
    for each in around:
        found = vars(found).get(each)
        if not isinstance(found, type) or found.__module__ != cls.__module__:
            raise InvalidStateError(path, f"{each} is not a class in the body of {cls.__name__}.")
    return found, last


class _Module:
    """Something whose attributes are the names of a namespace."""


@contextmanager
def _standing_in(module: str, namespace: dict[str, Any]) -> Iterator[None]:
    """Let ``sys.modules`` know the class's module while its statement runs.

    A dataclass looks up there what its annotations, where they are text, may mean.
    """
    if not module or module in sys.modules:
        yield
        return
    stand_in: Any = _Module()
    stand_in.__dict__ = namespace
    sys.modules[module] = stand_in
    try:
        yield
    finally:
        if sys.modules.get(module) is stand_in:
            del sys.modules[module]


def _cell(cells: Mapping[str, CellType], name: str, path: str) -> CellType:
    try:
        return cells[name]
    except KeyError:
        raise InvalidStateError(path, f"its closure variable {name!r} is missing.") from None


# -- both at once ---------------------------------------------------------------------------------


def build(captured: Captured, namespace: dict[str, Any] | None = None) -> FunctionType | type:
    """A new function or class from what was captured: with globals, and cells, of its own.

    The values are used as they are. Pass the same ``namespace`` for functions that shared one.
    """
    check(captured, captured.globals)
    if namespace is None:
        namespace = make_namespace(captured.module)
    namespace.update(captured.globals)
    values = captured.closure
    cells = {
        name: CellType(values[name]) if name in values else CellType() for name in captured.free
    }
    if captured.kind == "function":
        function = shell_function(captured, namespace, cells)
        fill_function(
            function,
            defaults=captured.defaults,
            kwdefaults=captured.kwdefaults,
            annotations=dict(captured.annotations),
            attributes=captured.attributes,
        )
        return function
    cls = make_class(captured, namespace, cells)
    complete_class(cls, attributes=captured.attributes, methods=captured.methods)
    return cls
