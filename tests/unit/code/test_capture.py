"""Where source comes from, what belongs to a definition, and what is refused."""

from __future__ import annotations

import functools
import linecache
import sys
import types

import pytest
from tests import fresh
from tests.unit.code.cases import load

from holotype.code.build import build
from holotype.code.capture import capture, owner_of
from holotype.code.definition import NoSourceError


class Notebook:
    """Runs cells as IPython does: compiled statement by statement, the text in linecache."""

    def __init__(self, monkeypatch):
        self.module = types.ModuleType("__main__")
        monkeypatch.setitem(sys.modules, "__main__", self.module)
        self.count = 0

    def run(self, text: str):
        import ast

        self.count += 1
        name = f"<ipython-input-{self.count}-0123456789ab>"
        lines = text.splitlines(keepends=True)
        linecache.cache[name] = (len(text), None, lines, name)
        for statement in ast.parse(text).body:
            code = compile(ast.Module([statement], []), name, "exec", dont_inherit=True)
            exec(code, vars(self.module))
        return self.module


@pytest.fixture
def notebook(monkeypatch):
    before = dict(linecache.cache)
    yield Notebook(monkeypatch)
    linecache.cache.clear()
    linecache.cache.update(before)


def test_functions_and_classes_of_notebook_cells_have_source(notebook):
    main = notebook.run("import math\nfrom dataclasses import dataclass\nk = 2\n")
    notebook.run("def f(x):\n    return math.sqrt(x) * k\ng = lambda x: math.floor(x)\n")
    notebook.run("@dataclass\nclass P:\n    x: int = 1\n")
    notebook.run("@dataclass\nclass P:\n    x: int = 2\n    y: int = 3\n")
    assert build(capture(main.f))(9) == 6
    assert capture(main.f).globals == {"k": 2, "math": main.math}
    assert build(capture(main.g))(2.5) == 2
    assert capture(main.P).source == "@dataclass\nclass P:\n    x: int = 2\n    y: int = 3"
    assert repr(build(capture(main.P))()) == "P(x=2, y=3)"
    assert capture(main.P).eager == {"dataclass"}


def test_a_base_that_a_notebook_redefined_is_noticed(notebook):
    main = notebook.run("class Base: pass\nclass A(Base):\n    def m(self): return 1\n")
    capture(main.A)
    notebook.run("class Base: pass\n")
    with pytest.raises(NoSourceError, match="when Base was another class"):
        capture(main.A)


def test_a_function_that_exec_made_has_no_source():
    namespace: dict = {}
    exec("def f(): pass\nclass A: pass\n", namespace)
    with pytest.raises(NoSourceError, match="not to be had"):
        capture(namespace["f"])
    with pytest.raises(NoSourceError, match="not to be had"):
        capture(namespace["A"])


@pytest.mark.parametrize("obj", [len, functools.partial(int), 3, functools.lru_cache(id), [].sort])
def test_what_is_no_python_function_or_class_is_left_to_the_caller(obj):
    with pytest.raises(NoSourceError, match="neither a Python function nor a class"):
        capture(obj)


@pytest.mark.parametrize("obj", [int, functools.partial, type("Made", (), {})])
def test_a_class_without_a_class_statement_has_no_source(obj):
    with pytest.raises(NoSourceError):
        capture(obj)


def test_a_script_is_captured_from_its_file(tmp_path):
    script = tmp_path / "script.py"
    script.write_text(
        "from holotype.code.capture import capture\n"
        "from holotype.code.build import build\n"
        "class A:\n    size = 3\n"
        "def f(x): return A.size + x\n"
        "print(capture(A).source, build(capture(f))(1), build(capture(A)).size)\n"
    )
    assert fresh.run([str(script)]).stdout == "class A:\n    size = 3 4 3\n"


def test_globals_are_those_that_the_code_reads_and_no_more(tmp_path):
    module = load("a = 1\nb = 2\nc = 3\nlen = 4\ndef f(x=c): return a, len, max\n", tmp_path)
    found = capture(module.f)
    assert (found.globals, found.defaults) == ({"a": 1, "len": 4}, (3,))
    assert found.namespace is vars(module)


def test_submodules_that_are_reached_by_attribute_are_named(tmp_path):
    module = load("import os.path, xml.dom\ndef f(): return os.path.join, xml.dom.Node\n", tmp_path)
    names = [each.__name__ for each in capture(module.f).submodules]
    assert names == ["xml.dom"]  # and os.path comes with os


def test_a_decorated_function_is_what_it_is_now(tmp_path):
    module = load(
        "import functools\n"
        "def deco(f):\n    @functools.wraps(f)\n    def wrapper(): return f()\n    return wrapper\n"
        "@deco\ndef f(): return 1\n",
        tmp_path,
    )
    found = capture(module.f)
    assert found.source == "def wrapper(): return f()"
    assert (found.name, found.scope) == ("f", "deco.<locals>.wrapper")
    assert capture(found.closure["f"]).source == "def f(): return 1"


def test_what_a_class_has_beyond_its_source_is_captured(tmp_path):
    module = load(
        "import time\n"
        "class A:\n"
        "    'Doc.'\n"
        "    stated = 1\n    changed = 1\n    seen = []\n    made = [i for i in range(2)]\n"
        "    other = time.struct_time\n"
        "    def m(self, a=1): pass\n    def n(self, a=[]): pass\n    def o(self): pass\n"
        "    class In:\n        x = 1\n"
        "A.changed = 2.0\nA.seen.append(1)\nA.later = 3\nA.n.__defaults__[0].append(1)\n"
        "A.o.tag = 1\nA.In.x = 5\nA.__doc__ = 'New.'\n",
        tmp_path,
    )
    found = capture(module.A)
    assert found.attributes == {
        "__doc__": "New.",
        "changed": 2.0,
        "seen": [1],
        "made": [0, 1],
        "later": 3,
        "In.x": 5,
    }
    assert {name: tuple(each) for name, each in found.methods.items()} == {
        "n": (([1],), None, {}),
        "o": (None, None, {"tag": 1}),
    }
    built = build(found)
    assert (built.In.x, built.o.tag, built.__doc__, built.later) == (5, 1, "New.", 3)


def test_what_a_local_class_reads_must_be_kept_somewhere(tmp_path):
    text = "def make(n):\n    class A:\n        k = n + 1\n    return A\n"
    module = load(text, tmp_path)
    with pytest.raises(NoSourceError, match="reads 'n' of the function around it"):
        capture(module.make(1))
    module = load(text.replace("        k", "        _n = n\n        k"), tmp_path / "kept")
    assert build(capture(module.make(1))).k == 2


def test_methods_and_inner_classes_belong_to_their_class(tmp_path):
    module = load(
        "class A:\n    def m(self): pass\n    @staticmethod\n    def s(): pass\n    class In:\n"
        "        def n(self): pass\n"
        "def f(): pass\nA.f = f\n"
        "def make():\n    class L:\n        def m(self): return super()\n    return L\n",
        tmp_path,
    )
    assert owner_of(module.A.m) is module.A
    assert owner_of(module.A.s) is module.A
    assert owner_of(module.A.In) is module.A
    assert owner_of(module.A.In.n) is module.A.In
    local = module.make()
    assert owner_of(local.m) is local
    assert [owner_of(each) for each in (module.A, module.f, module.make, local)] == [None] * 4


def test_functions_of_one_module_share_its_namespace(tmp_path):
    module = load("def f(): return 1\ndef g(): return f()\n", tmp_path)
    assert capture(module.f).namespace is capture(module.g).namespace


@pytest.mark.skipif(sys.version_info < (3, 12), reason="type parameters came with Python 3.12")
def test_type_parameters_are_closure_variables(tmp_path):
    module = load(
        "def f[T](x: T): return T.__name__, x\n"
        "class A[T]:\n    def m(self): return T.__name__\n"
        "    class In:\n        def n(self): return T\n"
        "class B(A[int]): pass\n",
        tmp_path,
    )
    assert build(capture(module.f))(1) == ("T", 1)
    assert capture(module.f).free == ("T",)
    assert build(capture(module.A))().m() == "T"
    assert build(capture(module.A.m))(None) == "T"
    assert build(capture(module.A.In))().n().__name__ == "T"
    assert build(capture(module.B))().m() == "T"
