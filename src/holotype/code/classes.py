"""Taking a class apart: the statement that made it, and what it reads and has become since.

A class keeps no code object of its own body, so its source is proved by its methods, its bases and
the names it has. Rule: every method that the live class has from its own body must compile from the
source; what else differs is captured as it is.
"""

from __future__ import annotations

import ast
import linecache
import sys
from collections.abc import Iterable, Iterator
from types import CellType, CodeType, FunctionType
from typing import Any, NamedTuple

import msgspec

from holotype.code.compiling import (
    BrokenDefinitionError,
    claims,
    class_code,
    parsed,
    portable_scope,
    same_code,
)
from holotype.code.definition import Captured, Definition, NoSourceError
from holotype.code.functions import FUTURE_ANNOTATIONS, describe
from holotype.code.members import (
    ORIGIN,
    bindings,
    changes,
    class_bodies,
    functions_in,
    machinery,
    resolve,
)
from holotype.code.source import Place, Text, class_places, read_text
from holotype.code.values import read_globals, submodules

__all__ = ["Origin", "capture_class"]

_DEF = (ast.FunctionDef, ast.AsyncFunctionDef)
_MAX_TRIES = 64  # classes of one name that are compiled in search of the right one


class Origin(NamedTuple):
    """What a class that was built here knows of its making."""

    definition: Definition
    namespace: dict[str, Any]
    cells: dict[str, CellType]


class _Found(NamedTuple):
    """A source that makes the class, and what was compiled from it."""

    definition: Definition
    node: ast.ClassDef
    code: CodeType
    functions: list[FunctionType]  # of the live class, from this body


def capture_class(cls: type) -> Captured:
    """Source and values of a class; NoSourceError where there is no source that makes it."""
    origin: Origin | None = vars(cls).get(ORIGIN)
    found = _find(cls) if origin is None else _prove(cls, origin.definition, None)
    if found is None:
        raise NoSourceError(
            f"the source of {describe(cls)} is not to be had, or is not what it was made from.",
            "Define it by a class statement in a file or a notebook, and do not edit that since.",
        )
    definition = found.definition
    namespace = _namespace(cls, found, origin)
    names = claims(definition)
    free = set(definition.free)
    needed = (names.reads - free) | names.declared
    eager = names.eager
    if found.node.decorator_list or machinery(cls, found.node, None):  # a dataclass, or the like
        needed |= names.annotated
        eager |= names.annotated
    values = read_globals(needed, namespace)
    cells = _cells(cls, found, origin, names.eager)
    filled = {name: cell.cell_contents for name, cell in cells.items() if _is_full(cell)}
    known = {**values, **filled}
    _check_bases(cls, found.node, known)
    changed = changes(cls, found.node, found.code, machinery(cls, found.node, known))
    if namespace.get("__name__") != definition.module:
        values["__name__"] = namespace.get("__name__")
    return Captured(
        **{name: getattr(definition, name) for name in Definition.__struct_fields__},
        cells=cells,
        globals=values,
        eager=frozenset(name for name in eager if known.get(name, cls) is not cls),
        namespace=namespace,
        submodules=submodules(found.node, values),
        attributes=changed.attributes,
        methods=changed.methods,
    )


# -- the statement --------------------------------------------------------------------------------


def _find(cls: type) -> _Found | None:
    functions = [each for value in vars(cls).values() for each in functions_in(value)]
    names = [cls.__name__]
    for function in functions:  # by another name, if it was renamed since
        path = function.__code__.co_qualname.split(".")
        if path[-1] == function.__code__.co_name and len(path) > 1 and path[-2] != "<locals>":
            names.append(path[-2])
    line = vars(cls).get("__firstlineno__")
    for filename, namespace in _files(cls, functions):
        text = read_text(filename, namespace)
        if text is None:
            continue
        for name in dict.fromkeys(names):
            for place in class_places(text, name, line)[:_MAX_TRIES]:
                definition = _definition(cls, text, place, functions)
                for imports in text.compiled_with:
                    found = _prove(cls, definition, filename, imports)
                    if found is not None:
                        return found
    return None


def _files(cls: type, functions: Iterable[FunctionType]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Files that may hold the class statement: of its methods, of its module, notebook cells."""
    seen: set[str] = set()
    module = sys.modules.get(cls.__module__)
    for function in functions:
        filename = function.__code__.co_filename
        ours = function.__code__.co_qualname.startswith(f"{cls.__qualname__}.")
        if (ours or function.__module__ == cls.__module__) and filename not in seen:
            seen.add(filename)
            yield filename, function.__globals__
    namespace = vars(module) if module is not None else {}
    named = namespace.get("__file__")
    if isinstance(named, str) and named not in seen:
        seen.add(named)
        yield named, namespace
    if cls.__module__ == "__main__":
        for filename, entry in list(linecache.cache.items())[::-1]:
            interactive = len(entry) > 1 and entry[1] is None
            if interactive and filename not in seen and not filename.startswith("<holotype:"):
                yield filename, namespace


def _definition(
    cls: type, text: Text, place: Place, functions: Iterable[FunctionType]
) -> Definition:
    own = [each for each in functions if each.__code__.co_filename == text.filename]
    future = text.text_annotations
    if own:
        future = bool(own[0].__code__.co_flags & FUTURE_ANNOTATIONS)
    definition = Definition(
        kind="class",
        name=cls.__name__,
        qualname=portable_scope(cls.__qualname__),
        module=str(cls.__module__),
        scope=place.scope,
        source=text.source(place),
        text_annotations=future,
    )
    try:
        names = claims(definition)
    except BrokenDefinitionError:
        return definition  # which fails to compile, too
    free = tuple(sorted((names.reads | names.mentions) & place.closable()))
    return msgspec.structs.replace(definition, free=free)


def _prove(
    cls: type, definition: Definition, filename: str | None, imports: tuple[str, ...] = ()
) -> _Found | None:
    """What the definition compiles to, if that is what the live class was made from.

    ``filename`` is where it was found; of a class that was built here, None.
    """
    try:
        maker, _ = class_code(definition, imports)
        node = parsed(definition)
    except BrokenDefinitionError:
        return None
    code = _body(maker, definition.scope)
    if code is None or not isinstance(node, ast.ClassDef):
        return None
    if filename is not None:  # what is only named is not always closed over
        definition = msgspec.structs.replace(definition, free=maker.co_freevars)
    made = class_bodies(code)
    functions = []
    for value in vars(cls).values():
        for function in functions_in(value):
            mine = [code for code in made if same_code(code, function.__code__)]
            if mine:
                functions.append(function)
            elif filename == function.__code__.co_filename and _is_of(function, definition):
                return None
    if not functions and not _needs_no_functions(cls, node, definition):
        return None
    if not _has_names(cls, node, definition):
        return None
    return _Found(definition, node, code, functions)


def _needs_no_functions(cls: type, node: ast.ClassDef, definition: Definition) -> bool:
    """Whether a class that shows no function of this body may have been made by it nevertheless."""
    plain = (isinstance(each, _DEF) and not each.decorator_list for each in node.body)
    return portable_scope(cls.__qualname__) == definition.scope and not any(plain)


def _body(code: CodeType, scope: str) -> CodeType | None:
    """The code object of the class body, within that of what makes the class."""
    for const in code.co_consts:
        if isinstance(const, CodeType):
            if const.co_qualname == scope:
                return const
            found = _body(const, scope)
            if found is not None:
                return found
    return None


def _is_of(function: FunctionType, definition: Definition) -> bool:
    code = function.__code__
    return portable_scope(code.co_qualname) == f"{definition.scope}.{code.co_name}"


def _has_names(cls: type, node: ast.ClassDef, definition: Definition) -> bool:
    """Whether the class has what its source binds in any case."""
    have = vars(cls)
    if not machinery(cls, node, None) and not any(
        isinstance(each, ast.Delete) for each in ast.walk(node)
    ):
        bound = bindings(node)
        sure = {each.name for each in node.body if isinstance(each, ast.FunctionDef)}
        if not all(name in have for name in bound if name in sure):
            return False
    annotated = have.get("__annotations__")
    if isinstance(annotated, dict) and not machinery(cls, node, None):
        stated = {
            each.target.id
            for each in node.body
            if isinstance(each, ast.AnnAssign) and isinstance(each.target, ast.Name)
        }
        return all(name in annotated or name.startswith("__") for name in stated)
    return True


# -- what it reads --------------------------------------------------------------------------------


def _namespace(cls: type, found: _Found, origin: Origin | None) -> dict[str, Any]:
    if origin is not None:
        return origin.namespace
    if found.functions:
        return found.functions[0].__globals__
    module = sys.modules.get(cls.__module__)
    if module is None:
        raise NoSourceError(f"the module of {describe(cls)} is not there any more.")
    return vars(module)


def _cells(
    cls: type, found: _Found, origin: Origin | None, eager: frozenset[str]
) -> dict[str, CellType]:
    """The closure variables of the class statement, by way of the methods that share them."""
    if origin is not None:
        return {name: origin.cells[name] for name in found.definition.free}
    live: dict[str, CellType] = {}
    for function in found.functions:
        live.update(zip(function.__code__.co_freevars, function.__closure__ or (), strict=True))
    cells: dict[str, CellType] = {}
    for name in found.definition.free:
        if name in live:
            cells[name] = live[name]
        elif name not in eager:
            cells[name] = CellType()
        else:
            cells[name] = CellType(_read_while_made(cls, found.node, name))
    return cells


def _read_while_made(cls: type, node: ast.ClassDef, name: str) -> Any:
    """The value of a local name around the class, from where the class statement put it."""
    bases = vars(cls).get("__orig_bases__", cls.__bases__)
    if len(bases) == len(node.bases):
        for stated, base in zip(node.bases, bases, strict=True):
            if _is_name(stated, name):
                return base
    for keyword in node.keywords:
        if keyword.arg == "metaclass" and _is_name(keyword.value, name):
            return type(cls)
    for attribute, expression in bindings(node).items():
        if _is_name(expression, name) and attribute in vars(cls):
            return vars(cls)[attribute]
        if isinstance(expression, ast.FunctionDef | ast.AsyncFunctionDef):
            for function in functions_in(vars(cls).get(attribute))[:1]:
                given = zip(
                    reversed(expression.args.defaults),
                    reversed(function.__defaults__ or ()),
                    strict=False,
                )
                for default, value in given:
                    if _is_name(default, name):
                        return value
    raise NoSourceError(
        f"{describe(cls)} reads {name!r} of the function around it while it is made, and that "
        "value is not kept anywhere.",
        f"Define the class outside of the function, or keep it in it: _{name} = {name}.",
    )


def _is_name(expression: ast.AST | None, name: str) -> bool:
    return isinstance(expression, ast.Name) and expression.id == name


def _check_bases(cls: type, node: ast.ClassDef, values: dict[str, Any]) -> None:
    """The names of the bases must still mean the bases: a notebook may have redefined one."""
    bases = vars(cls).get("__orig_bases__", cls.__bases__)
    if len(bases) != len(node.bases):
        return
    for expression, base in zip(node.bases, bases, strict=True):
        now = resolve(expression, values) if isinstance(expression, ast.Name) else None
        if now is not None and now is not base:
            name = ast.unparse(expression)
            raise NoSourceError(
                f"{describe(cls)} was made when {name} was another class than it is now.",
                "Define the class again.",
            )


def _is_full(cell: CellType) -> bool:
    try:
        _ = cell.cell_contents
    except ValueError:
        return False
    return True
