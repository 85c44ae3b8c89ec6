"""Taking a function apart: its source, proved by its code object, and what it works on.

Rule: the source counts only if compiling it gives the code object that the live function has. A
file that was edited since, a function that a tool rewrote, or one that was made by ``exec`` is
refused here.
"""

from __future__ import annotations

from types import CodeType, FunctionType
from typing import Any

from holotype.code.compiling import (
    BrokenDefinitionError,
    claims,
    function_code,
    parsed,
    portable_scope,
    same_code,
)
from holotype.code.definition import Captured, Definition, NoSourceError
from holotype.code.source import Text, function_places, read_text
from holotype.code.values import read_globals, submodules

__all__ = ["FUTURE_ANNOTATIONS", "capture_function", "describe"]

FUTURE_ANNOTATIONS = 0x1000000  # CO_FUTURE_ANNOTATIONS
_MAX_TRIES = 256  # functions of one name in one file that are compiled in search of the right one


def capture_function(function: FunctionType) -> Captured:
    """Source and values of a function; NoSourceError where there is no source that makes it."""
    code = function.__code__
    definition = _define(function)
    names = claims(definition)
    free = set(definition.free)
    needed = (names.reads - free) | names.declared
    cells = dict(zip(code.co_freevars, function.__closure__ or (), strict=True))
    found = read_globals(needed, function.__globals__)
    return Captured(
        **{name: getattr(definition, name) for name in Definition.__struct_fields__},
        cells=cells,
        globals=found,
        namespace=function.__globals__,
        submodules=submodules(parsed(definition), found),
        defaults=function.__defaults__,
        kwdefaults=function.__kwdefaults__,
        annotations=_annotations(function),
        attributes=_attributes(function),
    )


def _define(function: FunctionType) -> Definition:
    code = function.__code__
    text = read_text(code.co_filename, function.__globals__, code)
    if text is None:
        raise NoSourceError(
            f"the source of {describe(function)} is not to be had.",
            "Define it in a file or a notebook.",
        )
    definition = matching(code, text, function)
    if definition is None:
        raise NoSourceError(
            f"the source of {describe(function)} in {code.co_filename} is not what it was made "
            "from: it has changed since, or a tool has rewritten the code.",
            "Import the module again, or define the function anew.",
        )
    return definition


def matching(code: CodeType, text: Text, function: FunctionType) -> Definition | None:
    """The definition in ``text`` that compiles to ``code``."""
    for place in function_places(text, code)[:_MAX_TRIES]:
        definition = Definition(
            kind="function",
            name=function.__name__,
            qualname=portable_scope(function.__qualname__),
            module=str(function.__module__ or ""),
            scope=portable_scope(code.co_qualname),
            source=text.source(place),
            text_annotations=bool(code.co_flags & FUTURE_ANNOTATIONS),
            free=tuple(sorted(code.co_freevars)),
        )
        for imports in text.compiled_with:
            try:
                made = function_code(definition, imports)
            except BrokenDefinitionError:
                break
            if same_code(made, code):
                return definition
    return None


def describe(obj: Any) -> str:
    """A function or class, for messages."""
    kind = "class" if isinstance(obj, type) else "function"
    return f"the {kind} {obj.__module__}.{obj.__qualname__}"


def _annotations(function: FunctionType) -> dict[str, Any]:
    try:
        return dict(function.__annotations__)
    except NameError as error:  # from Python 3.14 on they are evaluated when asked for
        raise NoSourceError(
            f"an annotation of {describe(function)} cannot be evaluated: {error}."
        ) from None


def _attributes(function: FunctionType) -> dict[str, Any]:
    found = dict(vars(function))
    shell = FunctionType(function.__code__, {}, closure=function.__closure__)
    if function.__doc__ != shell.__doc__:
        found["__doc__"] = function.__doc__
    types = getattr(function, "__type_params__", ())
    if types:
        found["__type_params__"] = types
    return found
