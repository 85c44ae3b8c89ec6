"""Which names a definition needs from outside, by reading its syntax tree alone.

This is what a file's claim is held against before anything is compiled. Rule: the scopes are those
of the language (comprehensions, classes, walrus, ``global``, private names, type parameters), and
the answer does not depend on the Python version that gives it.
"""

from __future__ import annotations

import ast
from collections.abc import Iterable, Sequence
from itertools import pairwise
from typing import Literal, NamedTuple

__all__ = [
    "PARSED_ONLY",
    "Definition",
    "Names",
    "bound_names",
    "class_around",
    "mangle",
    "names_of",
]

Definition = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda | ast.ClassDef
_Function = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
PARSED_ONLY = "/dev/null/parsed only"
"""The file name under which text becomes a syntax tree, so that whoever watches can tell.

For an error message, the parser looks for the line in the file of that name: it can never exist.
"""

_IMPLIED = frozenset({"__class__", "__classdict__"})


class Names(NamedTuple):
    """Names that a definition does not bind itself.

    reads      read when it runs, at any depth: closure variables, globals or builtins
    mentions   only named (a local annotation, a ``nonlocal`` that is written, what ``super``
               implies): no globals, but the compiler makes closure variables of them
    declared   read under a ``global`` statement: globals or builtins for certain
    eager      of a class, those of ``reads`` and ``declared`` that are read while it is made
    annotated  named in class annotations that are text: nothing reads them but what evaluates
               annotations, such as a dataclass
    """

    reads: frozenset[str]
    mentions: frozenset[str]
    declared: frozenset[str]
    eager: frozenset[str]
    annotated: frozenset[str]


def names_of(node: Definition, scope: str = "", *, text_annotations: bool = False) -> Names:
    """The names that ``node`` needs from outside.

    ``scope`` is the dotted path of the definition (``A.method``): the class around it decides how
    private names are spelt. ``text_annotations`` is ``from __future__ import annotations``. A
    function's own defaults, decorators and annotations do not count, since they are not run again;
    those of a class, and of all that stands inside, do. RecursionError where the tree is too deep.
    """
    top = _Scope("function")
    reader = _Reader(top, class_around(scope), text_annotations)
    if isinstance(node, ast.ClassDef):
        reader.visit(node)
        top.bound.clear()  # its own name is what stands around it, until the statement has run
        found, early = _outside(top), _outside(top, eager=True)
    else:
        reader.function(node, runs=False)
        found, early = _outside(top.children[0].scope), _Open(set(), set(), set())
    return Names(
        frozenset(found.reads),
        frozenset(found.mentions),
        frozenset(found.declared),
        frozenset(early.reads | early.declared),
        frozenset(reader.annotated) if isinstance(node, ast.ClassDef) else frozenset(),
    )


def bound_names(node: _Function, scope: str = "") -> frozenset[str]:
    """The local names of a function: those that definitions inside it may close over."""
    top = _Scope("function")
    _Reader(top, class_around(scope), False).function(node, runs=False)
    made = top.children[0].scope
    return frozenset(made.bound - made.declared - made.outer)


def class_around(scope: str) -> str | None:
    """The innermost class around a definition: of ``f.<locals>.A.method``, ``A``."""
    parts = scope.split(".")
    around = [part for part, after in pairwise(parts) if "<locals>" not in (part, after)]
    return around[-1] if around else None


def mangle(name: str, private: str | None) -> str:
    """A name as the compiler spells it inside the class ``private``."""
    if private is None or not name.startswith("__") or name.endswith("__") or "." in name:
        return name
    stripped = private.lstrip("_")
    return f"_{stripped}{name}" if stripped else name


class _Child(NamedTuple):
    scope: _Scope
    name: str
    runs: bool  # while its parent runs


class _Scope:
    """What one scope binds and names, and the scopes inside."""

    def __init__(
        self,
        kind: Literal["function", "class", "comprehension", "types"],
        around: _Scope | None = None,
    ) -> None:
        self.kind = kind
        self.around = around  # of a comprehension: where its walrus binds
        self.bound: set[str] = set()
        self.reads: set[str] = set()
        self.mentions: set[str] = set()
        self.declared: set[str] = set()
        self.outer: set[str] = set()
        self.called: set[str] = set()  # of a class: its own names that may be called on the way
        self.children: list[_Child] = []


class _Open(NamedTuple):
    reads: set[str]
    mentions: set[str]
    declared: set[str]


def _outside(scope: _Scope, *, eager: bool = False) -> _Open:
    """What a scope and those inside it leave to the scopes around."""
    hidden: frozenset[str] | set[str]
    hidden = _IMPLIED if scope.kind == "class" else scope.bound - scope.declared - scope.outer
    found = _Open(set(), set(), set())
    if scope.kind == "class":  # whose own reads are noted only where nothing was bound before
        found.reads.update(scope.reads - scope.declared - scope.bound)
        found.mentions.update(scope.mentions - scope.declared)
        # What the body binds is its own or a global, even within a function that has the name.
        found.declared.update(scope.reads & scope.bound)
    else:
        found.reads.update(scope.reads - hidden - scope.declared)
        found.mentions.update(scope.mentions - hidden - scope.declared)
    found.declared.update(scope.reads & scope.declared)
    found.mentions.update(scope.outer)
    for child in scope.children:
        called = child.name in scope.called
        if eager and not child.runs and not called:
            continue
        inner = _outside(child.scope, eager=eager and not called)
        if scope.kind == "class":
            found.reads.update(inner.reads - hidden)
            found.mentions.update(inner.mentions - hidden)
        else:
            found.reads.update(inner.reads - hidden - scope.declared)
            found.mentions.update(inner.mentions - hidden - scope.declared)
            found.declared.update(inner.reads & scope.declared)
        found.declared.update(inner.declared)
    return found


class _Reader(ast.NodeVisitor):
    """Walks a tree and notes in each scope what it binds and reads."""

    def __init__(self, scope: _Scope, private: str | None, text_annotations: bool) -> None:
        self.scope = scope
        self.private = private
        self.text_annotations = text_annotations
        self.mentioning = False
        self.annotated: set[str] = set()
        self.certain: set[str] = set()  # names that the class body has bound by now in any case
        self.latest: set[str] = set()  # names bound by the statement at hand

    # -- names ---------------------------------------------------------------------------------

    def bind(self, name: str | None) -> None:
        if name is not None:
            name = mangle(name, self.private)
            self.scope.bound.add(name)
            if self.scope.kind == "class":
                self.latest.add(name)

    def read(self, name: str) -> None:
        name = mangle(name, self.private)
        if name == "__debug__" or (self.scope.kind == "class" and name in self.certain):
            return
        (self.scope.mentions if self.mentioning else self.scope.reads).add(name)
        if name == "super" and self.scope.kind in ("function", "comprehension"):
            self.scope.mentions.add("__class__")

    def visit_Name(self, node: ast.Name) -> None:
        if isinstance(node.ctx, ast.Load):
            self.read(node.id)
        else:
            self.bind(node.id)
            if isinstance(node.ctx, ast.Del):
                self.read(node.id)
                self.certain.discard(mangle(node.id, self.private))

    def visit_Global(self, node: ast.Global) -> None:
        self.scope.declared.update(mangle(name, self.private) for name in node.names)

    def visit_Nonlocal(self, node: ast.Nonlocal) -> None:
        self.scope.outer.update(mangle(name, self.private) for name in node.names)

    def visit_Import(self, node: ast.Import | ast.ImportFrom) -> None:
        for alias in node.names:
            self.bind(alias.asname or alias.name.partition(".")[0])

    visit_ImportFrom = visit_Import  # noqa: N815 - names of the ast module

    def visit_ExceptHandler(self, node: ast.ExceptHandler) -> None:
        self.bind(node.name)
        self.generic_visit(node)

    def visit_MatchAs(self, node: ast.MatchAs) -> None:
        self.bind(node.name)
        self.generic_visit(node)

    def visit_MatchStar(self, node: ast.MatchStar) -> None:
        self.bind(node.name)

    def visit_MatchMapping(self, node: ast.MatchMapping) -> None:
        self.bind(node.rest)
        self.generic_visit(node)

    # -- statements whose order matters --------------------------------------------------------

    def visit_Assign(self, node: ast.Assign) -> None:
        self.value(node.value)
        for target in node.targets:
            self.visit(target)

    def visit_AugAssign(self, node: ast.AugAssign) -> None:
        if isinstance(node.target, ast.Name):
            self.read(node.target.id)
        self.visit(node.value)
        self.visit(node.target)

    def visit_AnnAssign(self, node: ast.AnnAssign) -> None:
        if node.value is not None:
            self.value(node.value)
        if not self.text_annotations:
            mentioning, self.mentioning = self.mentioning, self.scope.kind != "class"
            self.visit(node.annotation)
            self.mentioning = mentioning
        if self.scope.kind == "class":
            self.annotated |= _names_in_text(node.annotation, self.text_annotations)
        if node.simple or node.value is not None or not isinstance(node.target, ast.Name):
            self.visit(node.target)

    def value(self, node: ast.expr) -> None:
        """What an assignment gives a name: a lambda is not called by that."""
        if isinstance(node, ast.Lambda):
            self.defaults(node.args)
            self.function(node, runs=False)
        else:
            self.visit(node)

    def visit_Call(self, node: ast.Call) -> None:
        if self.scope.kind == "class":
            given = (node.func, *node.args, *(keyword.value for keyword in node.keywords))
            self.call(given)
        self.generic_visit(node)

    def call(self, nodes: Iterable[ast.expr]) -> None:
        names = (node.id for node in nodes if isinstance(node, ast.Name))
        self.scope.called.update(mangle(name, self.private) for name in names)

    # -- scopes --------------------------------------------------------------------------------

    def enter(self, scope: _Scope, name: str = "", *, runs: bool) -> _Scope:
        """Go into ``scope``; gives the one to come back to."""
        self.scope.children.append(_Child(scope, mangle(name, self.private), runs))
        before, self.scope = self.scope, scope
        return before

    def visit_FunctionDef(self, node: ast.FunctionDef | ast.AsyncFunctionDef) -> None:
        self.call(node.decorator_list)
        for each in node.decorator_list:
            self.visit(each)
        self.defaults(node.args)
        self.bind(node.name)
        before = self.parameters(node)
        if not self.text_annotations:
            for annotation in (*(arg.annotation for arg in _arguments(node.args)), node.returns):
                if annotation is not None:
                    self.visit(annotation)
        self.function(node, runs=False)
        self.scope = before

    visit_AsyncFunctionDef = visit_FunctionDef  # noqa: N815 - names of the ast module

    def visit_Lambda(self, node: ast.Lambda) -> None:
        self.defaults(node.args)
        self.function(node, runs=True)

    def defaults(self, args: ast.arguments) -> None:
        for default in (*args.defaults, *args.kw_defaults):
            if default is not None:
                self.visit(default)

    def parameters(self, node: ast.stmt) -> _Scope:
        """Go into the scope of type parameters, if there are any; gives the one around."""
        before = self.scope
        given: Sequence[ast.AST] = getattr(node, "type_params", ())
        if given:
            self.enter(_Scope("types"), runs=True)
            for each in given:
                self.bind(each.name)  # type: ignore[attr-defined]
                self.generic_visit(each)
        return before

    def function(self, node: _Function, *, runs: bool) -> None:
        """The inside of a function; what is evaluated around it is the caller's to visit."""
        name = "" if isinstance(node, ast.Lambda) else node.name
        before = self.enter(_Scope("function"), name, runs=runs)
        for arg in _arguments(node.args):
            self.bind(arg.arg)
        for each in node.body if isinstance(node.body, list) else [node.body]:
            self.visit(each)
        self.scope = before

    def visit_ClassDef(self, node: ast.ClassDef) -> None:
        self.call(node.decorator_list)
        for each in node.decorator_list:
            self.visit(each)
        before = self.parameters(node)
        for each in (*node.bases, *(keyword.value for keyword in node.keywords)):
            self.visit(each)
        self.enter(_Scope("class"), node.name, runs=True)
        kept = self.private, self.certain, self.latest
        self.private, self.certain = node.name, set()
        for statement in node.body:
            self.latest = set()
            self.visit(statement)
            if isinstance(statement, _BINDING) and getattr(statement, "value", 0) is not None:
                self.certain |= self.latest
        self.private, self.certain, self.latest = kept
        self.scope = before
        self.bind(node.name)

    def visit_ListComp(
        self, node: ast.ListComp | ast.SetComp | ast.DictComp | ast.GeneratorExp
    ) -> None:
        self.visit(node.generators[0].iter)
        before = self.enter(_Scope("comprehension", self.scope), runs=True)
        for index, each in enumerate(node.generators):
            self.visit(each.target)
            if index:
                self.visit(each.iter)
            for test in each.ifs:
                self.visit(test)
        if isinstance(node, ast.DictComp):
            self.visit(node.key)
            self.visit(node.value)
        else:
            self.visit(node.elt)
        self.scope = before

    visit_SetComp = visit_DictComp = visit_GeneratorExp = visit_ListComp  # noqa: N815 - names of the ast module

    def visit_NamedExpr(self, node: ast.NamedExpr) -> None:
        self.visit(node.value)
        before = self.scope
        while self.scope.around is not None:
            self.scope = self.scope.around
        self.visit(node.target)
        self.scope = before

    def visit_TypeAlias(self, node: ast.AST) -> None:
        self.visit(node.name)  # type: ignore[attr-defined]
        before = self.scope
        self.parameters(node)  # type: ignore[arg-type]
        self.enter(_Scope("function"), runs=False)
        self.visit(node.value)  # type: ignore[attr-defined]
        self.scope = before


def _names_in_text(annotation: ast.expr, all_text: bool) -> set[str]:
    """The names in an annotation, if that is kept as text."""
    tree: ast.AST = annotation
    if isinstance(annotation, ast.Constant) and isinstance(annotation.value, str):
        try:
            tree = ast.parse(annotation.value, PARSED_ONLY, "eval")
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return set()
    elif not all_text:
        return set()
    return {each.id for each in ast.walk(tree) if isinstance(each, ast.Name)}


_BINDING = (
    ast.Assign,
    ast.AnnAssign,
    ast.FunctionDef,
    ast.AsyncFunctionDef,
    ast.ClassDef,
    ast.Import,
    ast.ImportFrom,
)


def _arguments(args: ast.arguments) -> list[ast.arg]:
    last = [each for each in (args.vararg, args.kwarg) if each is not None]
    return [*args.posonlyargs, *args.args, *args.kwonlyargs, *last]
