"""From a definition to a code object, by which live code is checked and saved code is made.

The definition is compiled inside a skeleton of empty functions and classes that its ``scope``
names, so that names, closure variables, private names and ``super`` come out as they did at home.
Rule: a source is exactly one definition, and of a function the code object alone is taken: no
default, decorator or annotation of it is evaluated.
"""

from __future__ import annotations
import __future__

import ast
import linecache
import re
import warnings
from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from types import CodeType
from typing import Any

from holotype.code.definition import Definition, digest
from holotype.code.names import PARSED_ONLY, Names, mangle, names_of
from holotype.code.names import Definition as Node
from holotype.digest import is_text

__all__ = [
    "BrokenDefinitionError",
    "claims",
    "class_code",
    "filename_of",
    "function_code",
    "parsed",
    "portable_scope",
    "register",
    "same_code",
]

MAX_SOURCE = 1 << 18  # characters; the longest in the standard library has 70 000
MAX_SCOPE = 32  # functions and classes around a definition; Python itself allows twenty blocks
_IMPLIED = ("__class__", "__classdict__")
_COMPREHENSION = re.compile(r"<(?:listcomp|setcomp|dictcomp|genexpr)>\.(?:<locals>\.)?")
_HOLDER = "<holder>"
_MAKER = "<maker>"
_TEXT_ANNOTATIONS = __future__.annotations.compiler_flag
_NO_MATTER = 0x10  # CO_NESTED, which nothing reads
for _name in __future__.all_feature_names:
    _NO_MATTER |= getattr(__future__, _name).compiler_flag
_NO_MATTER &= ~_TEXT_ANNOTATIONS


class BrokenDefinitionError(ValueError):
    """The definition is not what it has to be; the message says how."""


def portable_scope(qualname: str) -> str:
    """A qualified name without comprehensions, some of which have a scope in Python 3.11 only."""
    return _COMPREHENSION.sub("", qualname)


# -- parsing --------------------------------------------------------------------------------------


def parsed(definition: Definition) -> Node:
    """The syntax tree of a definition's source, after checking that it is one definition."""
    source = definition.source
    if len(source) > MAX_SOURCE or not is_text(source):
        raise BrokenDefinitionError("the source is too long, or is not text")
    lambda_ = definition.kind == "function" and definition.scope.endswith("<lambda>")
    try:
        with warnings.catch_warnings():  # of invalid escapes: its author has seen them
            warnings.simplefilter("ignore")
            tree = ast.parse(f"(\n{source}\n)" if lambda_ else source, PARSED_ONLY)
    except (SyntaxError, ValueError, RecursionError, MemoryError) as error:
        raise BrokenDefinitionError(f"the source cannot be parsed: {_why(error)}") from None
    node = tree.body[0] if len(tree.body) == 1 else None
    if lambda_:
        if isinstance(node, ast.Expr) and isinstance(node.value, ast.Lambda):
            ast.increment_lineno(node, -1)
            return node.value
        raise BrokenDefinitionError("the source is not one lambda expression")
    if definition.kind == "class" and isinstance(node, ast.ClassDef):
        return node
    if definition.kind == "function" and isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
        if not node.decorator_list:
            return node
        raise BrokenDefinitionError("the source of a function has decorators")
    raise BrokenDefinitionError(f"the source is not one definition of a {definition.kind}")


def claims(definition: Definition) -> Names:
    """The names that a definition needs from outside, from its source alone."""
    node = parsed(definition)
    try:
        return names_of(node, definition.scope, text_annotations=definition.text_annotations)
    except RecursionError:
        raise BrokenDefinitionError("the source nests too deeply") from None


# -- the skeleton ---------------------------------------------------------------------------------


def function_code(definition: Definition, imports: Iterable[str] = ()) -> CodeType:
    """The code object of a function; BrokenDefinitionError where it cannot be made.

    ``imports`` are names that its module imports. The compiler calls their attributes in another
    way, to the same effect, which matters only where code objects are compared.
    """
    node = parsed(definition)
    if isinstance(node, ast.ClassDef):
        raise BrokenDefinitionError("the source is that of a class")
    around = _around(definition, "<lambda>" if isinstance(node, ast.Lambda) else node.name)
    _strip(node)
    inner: ast.stmt = ast.Expr(node) if isinstance(node, ast.Lambda) else node
    body = _within(around, [inner], definition, definition.scope)
    if definition.scope == "<lambda>" and definition.free:  # of a comprehension in a module
        held = f"{_HOLDER}.<locals>.<lambda>"
        code = _find(_compile(definition, body, imports), held)
        code = _renamed(code, len(held) - len("<lambda>"))
    else:
        code = _find(_compile(definition, body, imports), definition.scope)
    if code.co_freevars != tuple(sorted(definition.free)):
        raise BrokenDefinitionError("its closure variables are not those that the source needs")
    return code


def class_code(definition: Definition, imports: Iterable[str] = ()) -> tuple[CodeType, str | None]:
    """Code that makes a class when it is called without arguments, and gives it back.

    With it, the global name that it sets on the way, if any. Its closure variables are those of the
    definition.
    """
    node = parsed(definition)
    if not isinstance(node, ast.ClassDef):
        raise BrokenDefinitionError("the source is that of a function")
    around = _around(definition, node.name)
    functions = [index for index, (_, kind) in enumerate(around) if kind == "function"]
    cut = functions[-1] + 1 if functions else 0
    scopes, classes = around[:cut], around[cut:]
    path = [*(name for name, _ in classes), node.name]
    body: list[ast.stmt] = [node]
    for name, kind in reversed(classes):
        body = [_block(name, kind, body, ())]
    if not scopes:
        body.insert(0, ast.Global([path[0]]))
    elif path[0] in definition.free:
        body.insert(0, ast.Nonlocal([path[0]]))
    body.append(ast.Return(_attribute(path)))
    wanted = definition.scope.rsplit(".<locals>.", 1)[0] if scopes else _MAKER
    # The innermost function takes no parameters: what it closes over stands one further out.
    body = [_block(*(scopes.pop() if scopes else (_MAKER, "function")), body, ())]
    body = _within(scopes, body, definition, wanted)
    code = _find(_compile(definition, body, imports), wanted)
    if not set(definition.free) >= set(code.co_freevars):
        raise BrokenDefinitionError("its closure variables are not those that the source needs")
    return code, None if functions else path[0]


def _within(
    around: Sequence[tuple[str, str]], body: list[ast.stmt], definition: Definition, path: str
) -> list[ast.stmt]:
    """``body`` inside the skeleton, the innermost function of which declares what is free."""
    free = definition.free
    if any(kind == "class" for _, kind in around):  # by which the compiler knows these
        free = tuple(name for name in free if name not in _IMPLIED)
    for name, kind in reversed(around):
        body = [_block(name, kind, body, free if kind == "function" else ())]
        if kind == "function":
            free = ()
    if free:  # no function is around: one more that leaves no trace in the qualified names
        outermost = path.partition(".")[0]
        if outermost != "<lambda>":
            body = [ast.Global([outermost]), *body]
        body = [_block(_HOLDER, "function", body, free)]
    return body


def _around(definition: Definition, name: str) -> list[tuple[str, str]]:
    """The functions and classes around a definition, outermost first."""
    parts = definition.scope.split(".")
    around: list[tuple[str, str]] = []
    for part, after in zip(parts, [*parts[1:], ""], strict=True):
        if part == "<locals>":
            if not around or after in ("", "<locals>"):
                raise BrokenDefinitionError("the scope is not a dotted path")
        elif part.isidentifier() or (part == "<lambda>" and after in ("<locals>", "")):
            around.append((part, "function" if after == "<locals>" else "class"))
        else:
            raise BrokenDefinitionError("the scope is not a dotted path")
    if not around or len(around) > MAX_SCOPE or around[-1][0] != name:
        raise BrokenDefinitionError("the scope does not lead to the definition")
    if not all(free.isidentifier() for free in definition.free):
        raise BrokenDefinitionError("a closure variable is not a name")
    return around[:-1]


def _block(name: str, kind: str, body: Sequence[ast.stmt], free: Sequence[str]) -> ast.stmt:
    fields: dict[str, Any] = {"name": name, "body": list(body), "decorator_list": []}
    if kind == "class":
        return ast.ClassDef(**fields, bases=[], keywords=[], **_TYPE_PARAMS)
    parameters = _arguments([ast.arg(arg=each, annotation=None) for each in free])
    return ast.FunctionDef(**fields, args=parameters, returns=None, **_TYPE_PARAMS)


_TYPE_PARAMS: dict[str, Any] = {"type_params": []} if "type_params" in ast.ClassDef._fields else {}


def _arguments(args: list[ast.arg]) -> ast.arguments:
    return ast.arguments(
        posonlyargs=[],
        args=args,
        vararg=None,
        kwonlyargs=[],
        kw_defaults=[],
        kwarg=None,
        defaults=[],
    )


def _attribute(path: Sequence[str]) -> ast.expr:
    found: ast.expr = ast.Name(path[0], ast.Load())
    for private, name in pairwise(path):
        found = ast.Attribute(found, mangle(name, private), ast.Load())
    return found


def _strip(node: ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda) -> None:
    """Take away what is evaluated around a function and not in it."""
    args = node.args
    args.defaults = []
    args.kw_defaults = [None] * len(args.kwonlyargs)
    for each in (*args.posonlyargs, *args.args, *args.kwonlyargs, args.vararg, args.kwarg):
        if each is not None:
            each.annotation = None
    if not isinstance(node, ast.Lambda):
        node.returns = None


def _compile(definition: Definition, body: list[ast.stmt], imports: Iterable[str]) -> CodeType:
    body = [*(ast.Import([ast.alias(name)]) for name in imports), *body]  # never executed
    try:
        tree = ast.fix_missing_locations(ast.Module(body, type_ignores=[]))
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            code: CodeType = compile(
                tree,
                filename_of(definition),
                "exec",
                flags=_TEXT_ANNOTATIONS if definition.text_annotations else 0,
                dont_inherit=True,
            )
            return code
    except (SyntaxError, ValueError, TypeError, RecursionError, MemoryError) as error:
        raise BrokenDefinitionError(f"the source cannot be compiled: {_why(error)}") from None


def _why(error: Exception) -> str:
    return error.msg if isinstance(error, SyntaxError) else str(error) or "it nests too deeply"


def _find(code: CodeType, qualname: str) -> CodeType:
    """The outermost code object of this qualified name."""
    waiting = deque(_inner(code))
    while waiting:
        code = waiting.popleft()
        if code.co_qualname == qualname:
            return code
        waiting.extend(_inner(code))
    raise BrokenDefinitionError("the scope does not lead to the definition")


def _renamed(code: CodeType, cut: int) -> CodeType:
    """A code object, and those inside it, without the first ``cut`` characters of their path."""
    return code.replace(
        co_qualname=code.co_qualname[cut:],
        co_consts=tuple(
            _renamed(const, cut) if isinstance(const, CodeType) else const
            for const in code.co_consts
        ),
    )


def _inner(code: CodeType) -> Iterator[CodeType]:
    return (const for const in code.co_consts if isinstance(const, CodeType))


# -- comparing ------------------------------------------------------------------------------------


def same_code(one: CodeType, other: CodeType) -> bool:
    """Whether two code objects do the same, wherever their source stands."""
    return _facts(one) == _facts(other) and _same_constants(one.co_consts, other.co_consts)


def _facts(code: CodeType) -> tuple[Any, ...]:
    return (
        code.co_name,
        code.co_code,
        code.co_flags & ~_NO_MATTER,
        code.co_names,
        code.co_varnames,
        code.co_freevars,
        code.co_cellvars,
        code.co_argcount,
        code.co_posonlyargcount,
        code.co_kwonlyargcount,
        code.co_exceptiontable,
    )


def _same_constants(one: Any, other: Any) -> bool:
    if type(one) is not type(other):
        return False
    if isinstance(one, CodeType):
        return same_code(one, other)
    if isinstance(one, tuple):
        return len(one) == len(other) and all(map(_same_constants, one, other))
    if isinstance(one, frozenset):
        return sorted(map(_constant_key, one)) == sorted(map(_constant_key, other))
    return _constant_key(one) == _constant_key(other)


def _constant_key(value: Any) -> str:
    """Tells 0.0 from -0.0, and 1 from True; a nan equals a nan."""
    return f"{type(value).__name__} {value!r}"


# -- where tracebacks and inspect find the source -------------------------------------------------


def filename_of(definition: Definition) -> str:
    """The name under which a definition's code is known to tracebacks."""
    return f"<holotype:{digest(definition)}>"


def register(definition: Definition) -> None:
    """Let tracebacks, ``inspect.getsource`` and saving again find the source."""
    source = definition.source
    lines = [f"{line}\n" for line in source.split("\n")]
    name = filename_of(definition)
    linecache.cache[name] = (len(source), None, lines, name)
