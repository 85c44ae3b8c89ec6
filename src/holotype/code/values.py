"""What a definition reads from around it, looked up among live objects."""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterable
from types import ModuleType
from typing import Any

__all__ = ["is_plain", "read_globals", "same_plain", "submodules"]

UNSAVED = frozenset({"__builtins__"})
"""Global names that belong to the interpreter, and are made anew."""

_SCALARS = (bool, int, float, complex, str, bytes, type(None), type(...))
_CONTAINERS = (list, tuple, set, frozenset)
_MAX_PLAIN = 10_000  # elements looked at before a value counts as something of its own


def read_globals(names: Iterable[str], namespace: dict[str, Any]) -> dict[str, Any]:
    """Those of ``names`` that the module's namespace has, in order of name."""
    return {name: namespace[name] for name in sorted(set(names) - UNSAVED) if name in namespace}


def submodules(node: ast.AST, values: dict[str, Any]) -> tuple[ModuleType, ...]:
    """Modules that code reaches as ``package.module``; importing the package need not load them."""
    found: dict[str, ModuleType] = {}
    for each in ast.walk(node):
        if isinstance(each, ast.Attribute):
            _resolve(each, values, found)
    return tuple(found[name] for name in sorted(found))


def _resolve(node: ast.Attribute, values: dict[str, Any], found: dict[str, ModuleType]) -> None:
    attributes: list[str] = []
    value: ast.expr = node
    while isinstance(value, ast.Attribute):
        attributes.append(value.attr)
        value = value.value
    module: Any = values.get(value.id) if isinstance(value, ast.Name) else None
    for name in reversed(attributes):
        if not isinstance(module, ModuleType):
            return
        path = f"{module.__name__}.{name}"
        module = vars(module).get(name)
        known = isinstance(module, ModuleType) and sys.modules.get(path) is module
        if known and module.__name__ == path:  # unlike os.path, which os itself brings along
            found[path] = module


def is_plain(value: Any, budget: int = _MAX_PLAIN) -> bool:
    """Whether a value is made of numbers, text, arrays and containers of them only."""
    waiting, seen = [value], 0
    while waiting:
        each = waiting.pop()
        seen += 1
        if seen > budget:
            return False
        if isinstance(each, _SCALARS) and type(each) in _SCALARS:
            continue
        if type(each) is dict:
            waiting += [*each.keys(), *each.values()]
        elif type(each) in _CONTAINERS:
            waiting += each
        elif not _is_array(each):
            return False
    return True


def _is_array(value: Any) -> bool:
    numpy = sys.modules.get("numpy")  # never imported for this: no array exists without it
    if numpy is None or not isinstance(value, (numpy.ndarray, numpy.generic)):
        return False
    return not bool(value.dtype.hasobject)


def same_plain(one: Any, other: Any) -> bool:
    """Whether two values are the same literal: type by type, with 0.0 and -0.0 apart."""
    if type(one) is not type(other):
        return False
    if isinstance(one, dict):
        pairs = zip(one.items(), other.items(), strict=False)
        return len(one) == len(other) and all(same_plain(*pair) for pair in pairs)
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same_plain, one, other))
    if isinstance(one, (set, frozenset)):
        return len(one) == len(other) and bool(one == other)
    return bool(repr(one) == repr(other))
