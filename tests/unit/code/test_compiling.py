"""A source becomes a code object, or is refused; nothing of it runs on the way."""

from __future__ import annotations

import builtins
from types import CellType

import pytest

from holotype.code.build import (
    check,
    complete_class,
    fill_function,
    make_class,
    make_namespace,
    shell_function,
)
from holotype.code.compiling import function_code, portable_scope, same_code
from holotype.code.definition import Definition, Method, digest
from holotype.errors import InvalidStateError


def define(source: str, scope: str = "f", kind: str = "function", free=(), **fields) -> Definition:
    name = scope.rpartition(".")[2]
    return Definition(
        kind=kind,
        name=name,
        qualname=scope,
        module="case",
        scope=scope,
        source=source,
        free=free,
        **fields,
    )


def check_and_shell(definition: Definition):
    check(definition, ())
    return shell(definition)


def shell(definition: Definition):
    cells = {name: CellType() for name in definition.free}
    return shell_function(definition, make_namespace("case"), cells)


@pytest.mark.parametrize(
    "definition",
    [
        define("def f(): pass\nimport os"),
        define("import os"),
        define("f = 1"),
        define("@print\ndef f(): pass"),
        define("class f: pass"),
        define("def f(): pass", kind="class"),
        define("def g(): pass"),
        define("lambda: 1"),
        define("lambda: 0)(print()", "<lambda>"),
        define("lambda: 0)\n(lambda: 1", "<lambda>"),
        define("lambda: 0, print()", "<lambda>"),
        define("def f(): return '\0'"),
        define("def f(): return '\ud800'"),
        define("def f(): yield 1; return (yield"),
        define("def f():\n from os import *"),
        define("def f(): return " + "(" * 9999 + ")" * 9999),
        define("def f(): return " + "-" * 99999 + "1"),
        define("def f(): return a" + ".b" * 99999),
        define("def f(): return " + "[" * 150 + "1" + "]" * 150 + "#" * (1 << 18)),
        define("def f(): pass", "<locals>.f"),
        define("def f(): pass", "a..f"),
        define("def f(): pass", "a b.f"),
        define("def f(): pass", "a.<locals>." * 99 + "f"),
        define("def f(): return x", free=("x", "y")),
        define("def f(): return x, y", free=("y", "x")),
        define("def f(): return x", "g.<locals>.f", free=("x", "x")),
    ],
)
def test_a_source_that_is_not_one_fitting_definition_is_refused(definition):
    with pytest.raises(InvalidStateError):
        check_and_shell(definition)


def test_globals_that_the_source_does_not_read_are_refused():
    assert check(define("def f(): return x"), ("x", "__name__")) == frozenset()
    with pytest.raises(InvalidStateError, match="does not read the global name 'len'"):
        check(define("def f(): return x"), ("x", "len"))
    with pytest.raises(InvalidStateError, match="__builtins__"):
        check(define("def f(): return __builtins__"), ("__builtins__",))


def test_making_a_function_evaluates_nothing_of_its_source(monkeypatch):
    ran = []
    monkeypatch.setattr(builtins, "tell", ran.append, raising=False)
    source = "def f(a: tell('annotation') = tell('default'), *, b=tell('kw')) -> tell('r'):\n pass"
    function = shell(define(source))
    assert ran == []
    assert (function.__defaults__, function.__annotations__) == (None, {})


def test_code_comes_out_as_it_was_at_home():
    text = "class A:\n  def make(self, n):\n    def f(x): return super().__init__, self.__p, x, n\n"
    namespace: dict = {}
    exec(compile(text + "    return f", "home", "exec", dont_inherit=True), namespace)
    live = namespace["A"]().make(1)
    definition = define(
        "def f(x): return super().__init__, self.__p, x, n",
        "A.make.<locals>.f",
        free=("__class__", "n", "self"),
    )
    assert same_code(function_code(definition), live.__code__)
    assert function_code(definition).co_qualname == live.__code__.co_qualname


@pytest.mark.parametrize(
    ("one", "other"),
    [
        ("lambda: 0.0", "lambda: -0.0"),
        ("lambda: 1", "lambda: True"),
        ("lambda: 1", "lambda: 1.0"),
        ("lambda x: x", "lambda y: y"),
        ("lambda: a", "lambda: b"),
        ("lambda: lambda: 1", "lambda: lambda: 2"),
        ("lambda x: x in {1, 2}", "lambda x: x in {1, 3}"),
        ("lambda *a: a", "lambda a: a"),
    ],
)
def test_code_that_does_something_else_is_another(one, other):
    codes = [function_code(define(source, "<lambda>")) for source in (one, other)]
    assert not same_code(*codes)
    assert same_code(codes[0], function_code(define(one, "<lambda>")))


def test_comprehensions_leave_no_trace_in_a_scope():
    assert portable_scope("f.<locals>.<listcomp>.<lambda>") == "f.<locals>.<lambda>"
    assert portable_scope("<genexpr>.<lambda>") == "<lambda>"


def test_the_digest_covers_what_decides_the_code_and_no_labels():
    base = define("def f(): return x")
    assert digest(base) == digest(Definition(**{**fields(base), "name": "g", "module": "m"}))
    for change in (
        {"source": "def f(): return  x"},
        {"scope": "A.f"},
        {"text_annotations": True},
        {"free": ("x",)},
        {"kind": "class"},
    ):
        assert digest(Definition(**{**fields(base), **change})) != digest(base)
    assert digest(base).startswith("sha256:")


def fields(definition: Definition) -> dict:
    return {name: getattr(definition, name) for name in Definition.__struct_fields__}


def test_a_class_statement_that_fails_is_an_error_of_ours():
    with pytest.raises(InvalidStateError, match="ZeroDivisionError"):
        make_class(define("class f: x = 1 / 0", kind="class"), make_namespace("case"), {})
    with pytest.raises(InvalidStateError, match="makes no class"):
        make_class(define("@len\nclass f(list): pass", kind="class"), {"len": lambda c: 3}, {})


def test_making_a_class_leaves_no_name_in_its_namespace():
    namespace = make_namespace("no.such.module")
    namespace["A"] = 5
    made = make_class(define("class A: pass", "A", "class"), namespace, {})
    assert (namespace["A"], made.__module__) == (5, "case")
    make_class(define("class B: pass", "B", "class"), namespace, {})
    assert "B" not in namespace


@pytest.mark.parametrize("name", ["__bases__", "__class__", "__dict__", "x.y", "Int.real"])
def test_a_class_cannot_be_completed_beyond_its_own_attributes(name):
    source = "class A:\n Int = int\n def m(self): pass"
    made = make_class(define(source, "A", "class"), make_namespace("case"), {})
    with pytest.raises(InvalidStateError):
        complete_class(made, attributes={name: 1})
    with pytest.raises(InvalidStateError):
        complete_class(made, methods={"Int": Method(None, None, {})})
    with pytest.raises(InvalidStateError):
        complete_class(made, methods={"m": Method(5, None, {})})  # type: ignore[arg-type]


def test_a_function_cannot_be_filled_with_other_code():
    function = shell(define("def f(): return 1"))
    other = (lambda: 2).__code__
    fill_function(function, attributes={"__code__": other, "__globals__": {}, "tag": 3})
    assert (function(), function.tag, function.__dict__["__code__"]) == (1, 3, other)
    with pytest.raises(InvalidStateError, match="the defaults of f"):
        fill_function(function, defaults=[1])  # type: ignore[arg-type]


def test_a_closure_variable_without_a_cell_is_refused():
    definition = define("def f(): return n", "make.<locals>.f", free=("n",))
    with pytest.raises(InvalidStateError, match="closure variable 'n' is missing"):
        shell_function(definition, make_namespace("case"), {})
