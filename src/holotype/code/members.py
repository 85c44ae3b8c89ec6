"""Comparing a live class with what its source would make: what it has beyond that, or otherwise.

Rule: what the source says in so many words is left to the source. Data that differs from it, that
was computed, or that was set later is captured as it is now. What the class's own metaclass,
decorators and bases put there, they put there again.
"""

from __future__ import annotations

import ast
import inspect
import sys
from abc import ABCMeta
from collections.abc import Iterable, Iterator
from enum import EnumMeta
from types import CodeType, FunctionType, GetSetDescriptorType, MemberDescriptorType, ModuleType
from typing import Any, NamedTuple
from weakref import WeakKeyDictionary, ref

from holotype.code.compiling import same_code
from holotype.code.definition import Method
from holotype.code.names import mangle
from holotype.code.values import is_plain, same_plain

__all__ = [
    "GIVEN",
    "ORIGIN",
    "OWNER",
    "OWNERS",
    "Changes",
    "bindings",
    "changes",
    "class_bodies",
    "functions_in",
    "machinery",
]

ORIGIN = "__holotype__"
"""The attribute by which a class that was built here knows its source."""
OWNER = "__holotype_owner__"
"""The attribute by which a class in the body of such a class knows that."""

OWNERS: WeakKeyDictionary[FunctionType, ref[type]] = WeakKeyDictionary()
"""The class in whose body a function was made, of classes that were built here."""

GIVEN = frozenset(
    (
        "__dict__",
        "__weakref__",
        "__module__",
        "__qualname__",
        "__doc__",
        "__annotations__",
        "__annotate__",
        "__annotate_func__",
        "__annotations_cache__",
        "__abstractmethods__",
        "_abc_impl",
        "__slots__",
        "__orig_bases__",
        "__parameters__",
        "__type_params__",
        "__static_attributes__",
        "__firstlineno__",
        "__classdictcell__",
        ORIGIN,
        OWNER,
    )
)
"""Attributes that every class has, or has because of its body or ``class`` statement."""
_TYPING = frozenset({"_fields", "_field_defaults", "_is_protocol", "_is_runtime_protocol"})
_MAX_VISIBLE = 32  # functions that are looked for behind one attribute
_ABSENT = object()


class Changes(NamedTuple):
    """Attributes and methods of a class, by dotted path, that its source would not give it."""

    attributes: dict[str, Any]
    methods: dict[str, Method]


class _Body(NamedTuple):
    """One class body: the live class, its statement, and the code objects compiled from it."""

    cls: type
    node: ast.ClassDef
    codes: list[CodeType]
    machinery: frozenset[str]
    path: str


def changes(
    cls: type, node: ast.ClassDef, code: CodeType, roots: frozenset[str], path: str = ""
) -> Changes:
    """What ``cls`` is beyond what ``node``, compiled to the body ``code``, would make it."""
    found = Changes({}, {})
    body = _Body(cls, node, class_bodies(code), roots, path)
    bound: dict[str, Any] = dict(bindings(node))
    for name, value in vars(cls).items():
        if name in GIVEN or (name == "__hash__" and value is None and "__eq__" in vars(cls)):
            continue
        binding = bound.get(name, _ABSENT)
        if binding is _ABSENT:
            if _was_added(cls, value, name, roots):
                found.attributes[path + name] = value
        elif isinstance(binding, ast.FunctionDef | ast.AsyncFunctionDef):
            _compare_function(body, name, value, binding, found)
        elif isinstance(binding, ast.ClassDef):
            _compare_class(body, name, value, binding, found)
        elif _was_changed(body, name, value, binding):
            found.attributes[path + name] = value
    _compare_doc(body, found)
    return found


# -- what the source binds ------------------------------------------------------------------------


def bindings(node: ast.ClassDef) -> dict[str, ast.AST | None]:
    """Attribute names that a class body binds → definition, expression, or None where unclear."""
    found: dict[str, ast.AST | None] = {}
    waiting: list[ast.AST] = list(reversed(node.body))
    while waiting:
        each = waiting.pop()
        if isinstance(each, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            found[mangle(each.name, node.name)] = each
            continue
        if isinstance(each, ast.Assign):
            targets, value = each.targets, each.value
        elif isinstance(each, ast.AnnAssign):
            if each.value is None:
                continue
            targets, value = [each.target], each.value
        else:
            waiting.extend(reversed(list(ast.iter_child_nodes(each))))
            if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store):
                found[mangle(each.id, node.name)] = None
            elif isinstance(each, ast.alias):
                found[(each.asname or each.name).partition(".")[0]] = None
            continue
        for target in targets:
            for name in _names(target):
                simple = isinstance(target, ast.Name)
                found[mangle(name, node.name)] = value if simple else None
    return found


def _names(target: ast.AST) -> Iterator[str]:
    return (
        each.id
        for each in ast.walk(target)
        if isinstance(each, ast.Name) and isinstance(each.ctx, ast.Store)
    )


def class_bodies(code: CodeType) -> list[CodeType]:
    """The code objects that a class body makes functions and classes of."""
    found: list[CodeType] = []
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_name.startswith("<generic parameters"):
                found.extend(class_bodies(const))
            else:
                found.append(const)
    return found


# -- comparing ------------------------------------------------------------------------------------


def functions_in(value: Any) -> list[FunctionType]:
    """Functions that stand behind an attribute: unwrapped from descriptors and decorators."""
    found: list[FunctionType] = []
    waiting, seen = [value], set[int]()
    while waiting and len(seen) < _MAX_VISIBLE:
        each = waiting.pop(0)
        if each is None or id(each) in seen or isinstance(each, type | ModuleType):
            continue
        seen.add(id(each))
        if isinstance(each, FunctionType):
            found.append(each)
            waiting.append(vars(each).get("__wrapped__"))
            waiting.extend(_contents(each))
        elif isinstance(each, property):
            waiting.extend((each.fget, each.fset, each.fdel))
        else:
            names = ("__func__", "__wrapped__", "func", "fget")
            waiting.extend(inspect.getattr_static(each, name, None) for name in names)
            waiting.extend(_slots(each))
    return found


def _slots(value: Any) -> list[Any]:
    """``func`` and the like of objects written in C, where looking runs no code of the user's."""
    if type(value).__module__ not in ("builtins", "functools"):
        return []
    return [getattr(value, name, None) for name in ("__func__", "func", "__wrapped__")]


def _contents(function: FunctionType) -> Iterator[Any]:
    for cell in function.__closure__ or ():
        try:
            content = cell.cell_contents
        except ValueError:
            continue
        if isinstance(content, FunctionType | staticmethod | classmethod | property):
            yield content


def _compare_function(
    body: _Body,
    name: str,
    value: Any,
    node: ast.FunctionDef | ast.AsyncFunctionDef,
    found: Changes,
) -> None:
    ours = [
        function
        for function in functions_in(value)
        if any(same_code(function.__code__, code) for code in body.codes)
    ]
    if not ours:
        if not _from(value, body.machinery):
            found.attributes[body.path + name] = value
        return
    function = value.__func__ if isinstance(value, staticmethod | classmethod) else value
    if function is not ours[0]:
        return
    shown = {} if node.decorator_list else dict(vars(ours[0]))
    shown.pop("__wrapped__", None)
    if shown or _other_defaults(ours[0], node.args):
        found.methods[body.path + name] = Method(
            ours[0].__defaults__, ours[0].__kwdefaults__, dict(vars(ours[0]))
        )


def _other_defaults(function: FunctionType, args: ast.arguments) -> bool:
    """Whether the defaults of a method are data that its source does not state."""
    live = function.__defaults__ or ()
    by_name = function.__kwdefaults__ or {}
    stated = {arg.arg: each for arg, each in zip(args.kwonlyargs, args.kw_defaults, strict=True)}
    if len(live) != len(args.defaults):
        return True
    if {name for name, each in stated.items() if each is not None} != set(by_name):
        return True
    pairs = [*zip(args.defaults, live, strict=True)]
    pairs += [(each, by_name[name]) for name, each in stated.items() if each is not None]
    return any(_differs(expression, value) for expression, value in pairs)


def _compare_class(body: _Body, name: str, value: Any, node: ast.ClassDef, found: Changes) -> None:
    codes = [code for code in body.codes if code.co_name == node.name]
    if not isinstance(value, type) or value.__name__ != node.name or not codes:
        if not _from(value, body.machinery):
            found.attributes[body.path + name] = value
        return
    inner = changes(value, node, codes[-1], machinery(value, node, None), f"{body.path}{name}.")
    found.attributes.update(inner.attributes)
    found.methods.update(inner.methods)


def _compare_doc(body: _Body, found: Changes) -> None:
    live = vars(body.cls).get("__doc__")
    if body.machinery or (live is None and sys.flags.optimize > 1):
        return
    stated = ast.get_docstring(body.node)
    if "__doc__" in bindings(body.node):
        return
    if (inspect.cleandoc(live) if isinstance(live, str) else live) != stated:
        found.attributes[f"{body.path}__doc__"] = live


def _was_changed(body: _Body, name: str, value: Any, expression: ast.AST | None) -> bool:
    """Whether an attribute that the body assigns is not, for certain, what it assigns."""
    if isinstance(value, MemberDescriptorType | GetSetDescriptorType):
        return False
    if isinstance(body.cls, EnumMeta) and name in body.cls.__members__:
        return False
    visible = functions_in(value)
    if visible:
        known = any(
            same_code(function.__code__, code) for function in visible for code in body.codes
        )
        stated = isinstance(expression, ast.Lambda)
        return stated and not known
    return _differs(expression, value)


def _differs(expression: ast.AST | None, value: Any) -> bool:
    """Whether ``value`` is not the literal that stands in the source, and could be captured."""
    try:
        stated = ast.literal_eval(expression) if isinstance(expression, ast.expr) else _ABSENT
    except (ValueError, TypeError, SyntaxError, MemoryError, RecursionError):
        stated = _ABSENT
    if stated is _ABSENT:
        return is_plain(value)
    return not same_plain(stated, value)


# -- what others put there ------------------------------------------------------------------------


def machinery(cls: type, node: ast.ClassDef, values: dict[str, Any] | None) -> frozenset[str]:
    """Packages whose metaclass, bases, decorators or descriptors may add to a class."""
    found: set[str] = set()
    if type(cls) not in (type, ABCMeta):
        found |= {_root(each) for each in inspect.getmro(type(cls)) if each not in (type, object)}
    for base in cls.__mro__[1:]:
        if "__init_subclass__" in vars(base) and base is not object:
            found.add(_root(base))
    for base in vars(cls).get("__orig_bases__", ()):
        if not isinstance(base, type):
            found |= {_root(base), "collections"}
    for decorator in node.decorator_list:
        found.add(_root(resolve(decorator, values or {})))
    for value in vars(cls).values():
        if hasattr(type(value), "__set_name__"):
            found.add(_root(type(value)))
    return frozenset(found - {"builtins", "functools"})


def resolve(expression: ast.AST, values: dict[str, Any]) -> Any:
    """The live value of a name or attribute; None where it cannot be told without running code."""
    while isinstance(expression, ast.Call):
        expression = expression.func
    if isinstance(expression, ast.Name):
        return values.get(expression.id)
    if isinstance(expression, ast.Attribute):
        return inspect.getattr_static(resolve(expression.value, values), expression.attr, None)
    return None


def _root(obj: Any) -> str:
    module = obj.__name__ if isinstance(obj, ModuleType) else getattr(obj, "__module__", None)
    return module.partition(".")[0] if isinstance(module, str) else "?"


def _from(value: Any, roots: Iterable[str]) -> bool:
    """Whether one of these packages made ``value``."""
    if isinstance(value, MemberDescriptorType | GetSetDescriptorType):
        return True
    made_by = {_root(function) for function in functions_in(value)} or {_root(type(value))}
    return bool(roots) and (made_by <= {*roots, "collections", "functools", "dataclasses"})


def _was_added(cls: type, value: Any, name: str, roots: frozenset[str]) -> bool:
    """Whether somebody set, after the class was made, what its source does not bind."""
    if isinstance(value, MemberDescriptorType | GetSetDescriptorType):
        return False
    if not roots:
        return True
    written_beside = (
        isinstance(value, FunctionType)
        and value.__module__ == cls.__module__
        and "<locals>" not in value.__code__.co_qualname  # made by a decorator as it ran
        and value.__code__.co_filename != "<string>"
    )
    if written_beside:
        return True
    if (name.startswith("_") and name.endswith("_")) or (name in _TYPING and "typing" in roots):
        return False
    return not _from(value, roots) and type(value).__name__ != "_tuplegetter"
