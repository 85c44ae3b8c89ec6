"""Finding the text of functions and classes: files, notebook cells, and what was built here.

Rule: this module only proposes. A proposal counts when its compiled code is that of the live
object; ``functions`` and ``classes`` see to that.
"""

from __future__ import annotations

import ast
import inspect
import linecache
import warnings
from collections.abc import Iterator
from functools import lru_cache
from types import CodeType
from typing import Any, NamedTuple

from holotype.code.names import Definition as Node
from holotype.code.names import bound_names

__all__ = ["Place", "Text", "class_places", "function_places", "read_text"]

_TOP_LEVEL_AWAIT = ast.PyCF_ALLOW_TOP_LEVEL_AWAIT


class Place(NamedTuple):
    """Where a definition stands in a text: its node, its path, and the functions around it."""

    node: Node
    scope: str
    around: tuple[Node, ...]

    @property
    def line(self) -> int:
        """The first line, as code objects count it."""
        decorators = getattr(self.node, "decorator_list", None)
        return decorators[0].lineno if decorators else self.node.lineno

    def closable(self) -> frozenset[str]:
        """The names of the functions around it that it may close over."""
        found: set[str] = set()
        for node in self.around:
            found.update(each.name for each in getattr(node, "type_params", ()))
            if not isinstance(node, ast.ClassDef):
                found |= bound_names(node)
        return frozenset(found)


class Text(NamedTuple):
    """A text that was parsed: the definitions in it, by kind and name, and what it imports."""

    filename: str
    lines: tuple[str, ...]
    places: dict[tuple[str, str], list[Place]]
    text_annotations: bool
    imports: tuple[str, ...]

    @property
    def compiled_with(self) -> tuple[tuple[str, ...], ...]:
        """The imports that the compiler may have seen: all, or in notebooks, none."""
        return (self.imports, ()) if self.imports else ((),)

    def source(self, place: Place) -> str:
        """The exact text of one definition, dedented."""
        node = place.node
        first, column = node.lineno - 1, node.col_offset
        if isinstance(node, ast.ClassDef) and node.decorator_list:
            first, column = self._decorator(node)
        last = _stop(node.end_lineno)
        lines = list(self.lines[first:last])
        start = lines[0]
        indent = start[: len(start) - len(start.lstrip(" \t"))]
        lines[-1] = lines[-1].encode()[: node.end_col_offset].decode()
        lines[0] = lines[0].encode()[column:].decode()
        inside = _inside_strings(node)
        for index in range(1, len(lines)):
            if first + index + 1 not in inside:
                lines[index] = _dedented(lines[index], indent)
        return "\n".join(lines)

    def _decorator(self, node: ast.ClassDef) -> tuple[int, int]:
        """Line index and column of the ``@`` of the first decorator."""
        line = node.decorator_list[0].lineno - 1
        while line > 0 and not self.lines[line].lstrip(" \t").startswith("@"):
            line -= 1
        return line, len(self.lines[line]) - len(self.lines[line].lstrip(" \t"))


def _stop(line: int | None) -> int:
    return 0 if line is None else line


def _dedented(line: str, indent: str) -> str:
    if line.startswith(indent):
        return line[len(indent) :]
    # A comment, or the inside of brackets, that stands further left than its definition.
    return line.lstrip(" \t") if line.strip() else ""


def _inside_strings(node: ast.AST) -> set[int]:
    """Lines that begin within a string, whose white space is therefore meant."""
    found: set[int] = set()
    waiting: list[ast.AST] = [node]
    while waiting:
        each = waiting.pop()
        text = isinstance(each, ast.Constant) and isinstance(each.value, str | bytes)
        if text or isinstance(each, ast.JoinedStr) or type(each).__name__ == "TemplateStr":
            found.update(range(each.lineno + 1, _stop(each.end_lineno) + 1))  # type: ignore[attr-defined]
        else:
            waiting.extend(ast.iter_child_nodes(each))
    return found


# -- reading --------------------------------------------------------------------------------------


def read_text(
    filename: str, namespace: dict[str, Any], code: CodeType | None = None
) -> Text | None:
    """The text that is known by a file name now, parsed; None where there is none."""
    linecache.checkcache(filename)
    lines = linecache.getlines(filename, namespace)
    if not lines and code is not None:
        try:
            lines = inspect.findsource(code)[0]
        except (OSError, TypeError, IndexError):
            return None
    return _parse(filename, "".join(lines)) if lines else None


@lru_cache(maxsize=32)
def _parse(filename: str, text: str) -> Text | None:
    tree: ast.Module | None = None
    lambda_ = False
    try:
        tree = _tree(text)
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        if not filename.startswith("<holotype:"):
            return None
        try:  # a lambda that was built here, by itself
            tree, lambda_ = _tree(f"(\n{text}\n)"), True
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None
    if lambda_:
        ast.increment_lineno(tree, -1)
    places: dict[tuple[str, str], list[Place]] = {}
    for place in _places(tree):
        kind = "class" if isinstance(place.node, ast.ClassDef) else "function"
        places.setdefault((kind, getattr(place.node, "name", "<lambda>")), []).append(place)
    future = any(
        isinstance(each, ast.ImportFrom)
        and each.module == "__future__"
        and any(alias.name == "annotations" for alias in each.names)
        for each in tree.body
    )
    return Text(filename, tuple(text.split("\n")), places, future, _imports(tree))


def _tree(text: str) -> ast.Module:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        tree = compile(
            text, "<source>", "exec", flags=ast.PyCF_ONLY_AST | _TOP_LEVEL_AWAIT, dont_inherit=True
        )
    assert isinstance(tree, ast.Module)  # noqa: S101 - what "exec" gives, for the type checker
    return tree


def _imports(tree: ast.Module) -> tuple[str, ...]:
    """The names that a module imports for itself."""
    found: set[str] = set()
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, ast.Import | ast.ImportFrom):
            found.update(each.asname or each.name.partition(".")[0] for each in node.names)
        elif not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            waiting.extend(each for each in ast.iter_child_nodes(node) if isinstance(each, _BLOCK))
    return tuple(sorted(found - {"*"}))


_BLOCK = (ast.stmt, ast.excepthandler, ast.match_case)


def _places(tree: ast.Module) -> Iterator[Place]:
    """All definitions of a text, outer ones first; without recursion, whatever the depth."""
    waiting: list[tuple[ast.AST, str, tuple[Node, ...]]] = [(tree, "", ())]
    while waiting:
        node, path, around = waiting.pop()
        inside = path, around
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef | ast.Lambda):
            scope = path + getattr(node, "name", "<lambda>")
            yield Place(node, scope, around)
            joint = "." if isinstance(node, ast.ClassDef) else ".<locals>."
            inside = scope + joint, (*around, node)
        waiting.extend((child, *inside) for child in reversed(list(ast.iter_child_nodes(node))))


# -- looking --------------------------------------------------------------------------------------


def function_places(text: Text, code: CodeType) -> list[Place]:
    """Functions that ``code`` may have been compiled from, the likeliest first."""
    start = _start(code)

    def unlikeliness(place: Place) -> tuple[bool, int]:
        elsewhere = start is not None and not _holds(place.node, start)
        return elsewhere, abs(place.line - code.co_firstlineno)

    return sorted(text.places.get(("function", code.co_name), ()), key=unlikeliness)


def class_places(text: Text, name: str, line: int | None) -> list[Place]:
    """Classes of this name, the one at ``line`` first and then the last before the others."""
    found = text.places.get(("class", name), [])[::-1]
    return sorted(found, key=lambda place: place.line != line)


def _start(code: CodeType) -> tuple[int, int] | None:
    """Line and column of the first thing in the source that ``code`` does."""
    for line, _, column, _ in code.co_positions():
        if line is not None and column is not None and (line, column) != (code.co_firstlineno, 0):
            return line, column
    return None


def _holds(node: Node, start: tuple[int, int]) -> bool:
    end = _stop(node.end_lineno), _stop(node.end_col_offset)
    return (node.lineno, node.col_offset) <= start < end
