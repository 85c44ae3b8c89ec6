"""The static analysis against the compiler, and the claims that it stands for."""

from __future__ import annotations

import ast
import dis
import os
import warnings
from collections.abc import Iterator
from pathlib import Path
from types import CodeType

import pytest

from holotype.code.names import bound_names, class_around, mangle, names_of
from holotype.code.source import _places


def names(source: str, scope: str = "f", **options):
    return names_of(ast.parse(source).body[0], scope, **options)


@pytest.mark.parametrize(
    ("source", "reads"),
    [
        ("def f(a, *b, c=D, **e): return a, b, c, e, g", {"g"}),
        ("def f(): x = y; return x", {"y"}),
        ("def f(): return [a for a in b if c]", {"b", "c"}),
        ("def f(): return [(a := b) for b in c], a", {"c"}),
        ("def f(): return lambda a=b: a + d", {"b", "d"}),
        ("def f():\n def g(a: b = c) -> d: return e\n return g", {"b", "c", "d", "e"}),
        ("def f():\n import a.b\n from c import d as e\n return a, d, e", {"d"}),
        ("def f():\n try: pass\n except a as b: return b", {"a"}),
        ("def f():\n match a:\n  case {'k': b, **c}: return b, c, d", {"a", "d"}),
        ("def f():\n class A(b, metaclass=c):\n  d = e\n  def m(self): return d\n", set("bced")),
        ("def f():\n class A:\n  a = 1\n  b = a\n", set()),
        ("def f():\n with a as b, c as (d, e): return b, d, e", {"a", "c"}),
        ("def f():\n for a in b: pass\n else: return a", {"b"}),
        ("def f(): a.b = c; d[e] += g", {"a", "c", "d", "e", "g"}),
        ("def f(a): return f'{a:{b}} {c!r}'", {"b", "c"}),
        ("async def f(): return [a async for a in b]", {"b"}),
    ],
)
def test_what_is_not_bound_inside_is_read_from_outside(source, reads):
    assert names(source).reads == reads


def test_global_names_are_told_from_those_that_a_closure_may_give():
    found = names("def f():\n global a\n a += 1\n def g(): return a, b\n return g")
    assert (found.reads, found.declared) == ({"b"}, {"a"})


def test_a_local_annotation_is_named_but_not_read():
    found = names("def f():\n x: a = 1\n return x")
    assert (found.reads, found.mentions) == (set(), {"a"})
    assert names("def f():\n x: a = 1", text_annotations=True).mentions == set()


def test_private_names_are_those_of_the_class_around():
    assert names("def f(self): return __a, __b__", "A.f").reads == {"_A__a", "__b__"}
    assert mangle("__a", "_B") == "_B__a"
    assert mangle("__a", "__") == "__a"
    assert class_around("f.<locals>.A.m.<locals>.g") == "A"
    assert class_around("f.<locals>.g") is None


def test_a_class_reads_some_names_while_it_is_made_and_others_later():
    found = names(
        "@deco\nclass A(base, key=word):\n"
        " x = one\n y = [two for _ in three]\n z = lambda: later\n"
        " def m(self, a=four): return last\n",
        "A",
    )
    early = {"deco", "base", "word", "one", "two", "three", "four"}
    assert found.eager == early
    assert found.reads == early | {"later", "last"}


def test_a_function_that_a_class_body_calls_runs_while_the_class_is_made():
    called = "class A:\n def h(): return deep\n x = h()\n def m(self): return late\n"
    assert names(called, "A").eager == {"deep"}
    assert names(called.replace("h()\n d", "1\n d"), "A").eager == set()


def test_text_annotations_of_a_class_are_kept_apart():
    found = names("class A:\n a: b\n c: 'd'\n", "A", text_annotations=True)
    assert (found.annotated, found.reads) == ({"b", "d"}, set())
    assert names("class A:\n a: b\n c: 'd'\n", "A").annotated == {"d"}


def test_local_names_of_a_function_are_those_it_binds():
    node = ast.parse("def f(a, *b):\n global c\n c = d = 1\n import e.f\n def g(): h = 1").body[0]
    assert bound_names(node) == {"a", "b", "d", "e", "g"}


def inner(code: CodeType) -> Iterator[CodeType]:
    yield code
    for const in code.co_consts:
        if isinstance(const, CodeType):
            yield from inner(const)


def looked_up(code: CodeType) -> set[str]:
    """Names that compiled code looks up outside of itself."""
    found = set()
    for each in inner(code):
        stored = set()
        for step in dis.get_instructions(each):
            if step.opname == "STORE_NAME":
                stored.add(step.argval)
            elif step.opname in ("LOAD_GLOBAL", "LOAD_FROM_DICT_OR_GLOBALS") or (
                step.opname == "LOAD_NAME" and step.argval not in stored
            ):
                found.add(step.argval)
    return found


# Written out by hand, so that the test is the same everywhere: large, old and new modules.
MODULES = ["argparse", "ast", "dataclasses", "enum", "functools", "inspect", "typing", "tarfile"]


@pytest.mark.parametrize("module", MODULES)
def test_the_compiler_agrees_on_every_function_of_the_standard_library(module):
    path = Path(os.__file__).with_name(f"{module}.py")
    text = path.read_text(encoding="utf-8")
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        whole = compile(text, str(path), "exec", dont_inherit=True)
    by_place: dict[tuple[int, str], list[CodeType]] = {}
    for code in inner(whole):
        by_place.setdefault((code.co_firstlineno, code.co_name), []).append(code)
    seen = 0
    for place in _places(ast.parse(text)):
        if isinstance(place.node, ast.ClassDef):
            continue
        codes = by_place.get((place.line, getattr(place.node, "name", "<lambda>")), [])
        if len(codes) != 1:
            continue
        found = names_of(place.node, place.scope)
        free = set(codes[0].co_freevars)
        wanted = looked_up(codes[0]) - {"__name__"}  # which every class body looks up
        assert free <= found.reads | found.mentions, place.scope
        assert ((found.reads - free) | found.declared) - {"__name__"} == wanted, place.scope
        seen += 1
    assert seen > 40
