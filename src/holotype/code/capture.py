"""The way in: a live function or class becomes a definition and values.

Rule: what comes out can be made again by ``holotype.code.build``, or this raises NoSourceError.
"""

from __future__ import annotations

import ast
import sys
from types import FunctionType
from typing import Any

from holotype.code.classes import capture_class
from holotype.code.compiling import BrokenDefinitionError
from holotype.code.definition import Captured, NoSourceError
from holotype.code.functions import capture_function, describe
from holotype.code.members import OWNER, OWNERS
from holotype.code.names import PARSED_ONLY

__all__ = ["annotation_texts", "capture", "owner_of"]


def capture(obj: Any) -> Captured:
    """Source and values of a function or a class.

    Raises NoSourceError, with the reason, where the source is not to be had or does not make the
    object again. Bound methods, partials and cached functions are the caller's to take apart.
    """
    if not isinstance(obj, FunctionType | type):
        raise NoSourceError(f"a {type(obj).__name__} is neither a Python function nor a class.")
    try:
        return capture_function(obj) if isinstance(obj, FunctionType) else capture_class(obj)
    except BrokenDefinitionError as error:
        raise NoSourceError(f"{describe(obj)}: {error}.") from None


def annotation_texts(source: str) -> dict[str, str]:
    """The annotations of a function's parameters, and its ``return``, as its source has them."""
    (node,) = ast.parse(source, PARSED_ONLY).body
    if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        return {}
    own = node.args
    named = [*own.posonlyargs, *own.args, *own.kwonlyargs, own.vararg, own.kwarg]
    given = {arg.arg: arg.annotation for arg in named if arg is not None}
    given["return"] = node.returns
    return {name: ast.unparse(text) for name, text in given.items() if text is not None}


def owner_of(obj: FunctionType | type, namespace: dict[str, Any] | None = None) -> type | None:
    """The class in whose body ``obj`` was made and stands now, if it can be found.

    A class that is rebuilt makes its methods and nested classes itself: to save one of those apart
    would give two. It is ``vars(owner)[obj.__name__]``, perhaps behind a static or class method.
    """
    if isinstance(obj, type) and OWNER in vars(obj):
        owner = vars(obj)[OWNER]
        return owner if _stands_in(obj, owner) else None
    if isinstance(obj, FunctionType) and obj in OWNERS:
        owner = OWNERS[obj]()
        return owner if _stands_in(obj, owner) else None
    path = obj.__qualname__.rpartition("<locals>.")
    if path[1]:
        return _owner_by_cell(obj)
    names = path[2].split(".")
    if namespace is None:
        module = sys.modules.get(obj.__module__)
        own = vars(module) if module is not None else {}
        namespace = obj.__globals__ if isinstance(obj, FunctionType) else own
    found: Any = namespace.get(names[0])
    for name in names[1:-1]:
        found = vars(found).get(name) if isinstance(found, type) else None
    return found if len(names) > 1 and _stands_in(obj, found) else None


def _owner_by_cell(obj: FunctionType | type) -> type | None:
    """The class of a local method, which it refers to where it says ``super`` or ``__class__``."""
    if isinstance(obj, FunctionType) and "__class__" in obj.__code__.co_freevars:
        cell = (obj.__closure__ or ())[obj.__code__.co_freevars.index("__class__")]
        try:
            found = cell.cell_contents
        except ValueError:
            return None
        return found if _stands_in(obj, found) else None
    return None


def _stands_in(obj: FunctionType | type, owner: Any) -> bool:
    if not isinstance(owner, type):
        return False
    value = vars(owner).get(obj.__name__)
    if isinstance(value, staticmethod | classmethod):
        value = value.__func__
    return value is obj
