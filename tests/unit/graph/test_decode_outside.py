"""Building what was trusted: in which order, and that whatever it raises is reported."""

from __future__ import annotations

import pickle
import sys
import textwrap
from collections.abc import Iterator
from pathlib import Path
from types import MethodType
from typing import Any

import numpy as np
import pytest
from attacks.forge import array, blueprint, reseal
from attacks.trust import code, opaque
from tests.memory import Stored
from tests.unit.graph.things import TABLE

import holotype
from holotype.digest import data_digest
from holotype.errors import DigestError, HolotypeError, InvalidStateError, MissingLibraryError

Json = dict[str, Any]
NAME = "holotype_decoded_module"


def load(root: Any, *shared: Any) -> Any:
    """Build it as if everything had been trusted."""
    return Stored({"format": 1, "root": root, "shared": list(shared)}, {}, TABLE).load()


def function(source: str, **more: Any) -> Json:
    return code(textwrap.dedent(source).strip(), **more)


def cls(body: str, **more: Any) -> Json:
    names = {"kind": "class", "name": "A", "qualname": "A", "scope": "A"}
    source = "class A:\n" + textwrap.indent(textwrap.dedent(body).strip("\n"), "    ")
    return code(source, **{**names, **more})


def made(maker: Any, how: str = "call", *args: Any, **more: Any) -> Json:
    return {"instance": maker, "how": how, "args": list(args), **more}


@pytest.fixture
def installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Any]:
    """A function that writes a module and makes it importable; it is forgotten afterwards."""
    monkeypatch.syspath_prepend(tmp_path)

    def write(text: str) -> None:
        (tmp_path / f"{NAME}.py").write_text(textwrap.dedent(text))

    yield write
    sys.modules.pop(NAME, None)


# -- code ----------------------------------------------------------------------------------------


def test_functions_have_all_that_they_had() -> None:
    back = load(
        code(
            "def f(x, y, *, k):\n    return x, y, k, z, c, np.sqrt(4.0)\n",
            cells={"c": {"cell": [5]}},
            globals={"z": 4, "np": {"module": "numpy"}},
            defaults=[2],
            kwdefaults={"k": 3},
            annotations={"x": "int"},
            attributes={"note": "n"},
            submodules=["json.tool"],
        )
    )
    assert back(1) == (1, 2, 3, 4, 5, 2.0)
    assert (back.__annotations__, back.note) == ({"x": "int"}, "n")
    assert "json.tool" in sys.modules


def test_a_class_statement_finds_what_it_reads() -> None:
    source = "class A(B):\n    module = np.__name__\n    def later(self):\n        return c, np\n"
    names = {"kind": "class", "name": "A", "qualname": "A", "scope": "f.<locals>.A"}
    base = cls("base = 1", space=1)
    node = code(
        source,
        **names,
        cells={"B": {"cell": [base]}, "c": {"cell": [7]}},
        globals={"np": {"module": "numpy"}},
        submodules=["json.tool"],
    )
    back = load(node)
    assert (back.module, back.base, back().later()) == ("numpy", 1, (7, np))
    shared = load(
        {**node, "cells": {"B": {"ref": 0}, "c": {"ref": 1}}}, {"cell": [base]}, {"cell": []}
    )
    assert shared.base == 1
    with pytest.raises(NameError):
        shared().later()


def test_classes_are_completed() -> None:
    given = {"defaults": [5], "kwdefaults": {"k": 6}, "attributes": {"note": 1}}
    body = "def g(self, x=1, *, k=2): return x, k"
    back = load(cls(body, attributes={"limit": 3}, methods={"g": given}))
    assert (back().g(), back.g.note, back.limit) == ((5, 6), 1, 3)
    none = {"defaults": None, "kwdefaults": {}, "attributes": {}}
    assert load(cls("def g(self, x): return x", methods={"g": none}))().g(4) == 4


def test_functions_share_cells_and_globals() -> None:
    up = function("def up():\n    nonlocal n\n    n += 1\n    return n", cells={"n": {"ref": 0}})
    up |= {"name": "up", "qualname": "up", "scope": "make.<locals>.up"}
    get = function("lambda: n", cells={"n": {"ref": 0}}, scope="make.<locals>.<lambda>")
    first, second = load({"list": [up, get]}, {"cell": [1]})
    assert (first(), second()) == (2, 2)
    assert first.__globals__ is second.__globals__


def test_the_name_of_the_globals_is_the_modules_and_not_the_label() -> None:
    back = load(code("lambda: __name__", globals={"__name__": "home"}, module="label"))
    assert (back(), back.__module__) == ("home", "label")
    assert back.__globals__["__name__"] == "home"
    assert load(code("lambda: 1", module="label")).__globals__["__name__"] == "label"


def test_the_globals_have_their_name_before_a_class_statement_runs() -> None:
    asked = code("lambda: globals()['__name__']", module="home")
    named = {"__name__": "home", "ask": asked}
    assert load(cls("x = ask()", module="label", globals=named)).x == "home"


def test_what_a_class_statement_calls_is_complete_wherever_it_stands() -> None:
    asked = code("lambda x: y", globals={"y": {"ref": 2}}, defaults=[1])
    assert load({"ref": 1}, asked, cls("x = f()", globals={"f": {"ref": 0}}, space=1), 5).x == 5


# -- objects and members -------------------------------------------------------------------------


def test_objects_are_made_in_three_ways() -> None:
    back = load({"instance": cls("def __init__(self): 1 / 0"), "how": "object", "state": {"x": 1}})
    assert vars(back) == {"x": 1}
    new = load(
        made(
            cls("def __new__(cls, *a): self = object.__new__(cls); self.a = a; return self"),
            "new",
            1,
            2,
            state={"dict": [["b", 3]]},
        )
    )
    assert vars(new) == {"a": (1, 2), "b": 3}
    body = """
    def __init__(self, x): self.x, self.got = x, []
    def __setstate__(self, state): self.state = state
    def extend(self, items): self.got += items
    def __setitem__(self, key, value): self.got.append((key, value))
    """
    call = load(made(cls(body), "call", 1, state=2, items=[3, 4], pairs=[["k", 5]]))
    assert (call.x, call.state, call.got) == (1, 2, [3, 4, ("k", 5)])
    assert load(made(function("lambda x: [x]"), "call", 1)) == [1]


def test_members_and_methods_are_found() -> None:
    body = """
    class Inner: pass
    def g(self): return self
    @classmethod
    def c(cls): return cls
    @staticmethod
    def s(): return 1
    """
    members = [{"member": name, "of": {"ref": 0}} for name in ("Inner", "g", "s")]
    bound = {"bound": "g", "self": {"ref": 1}}, {"bound": "c", "self": {"ref": 0}}
    one = {"instance": {"ref": 0}, "how": "object", "state": {"own": bound[0]}}
    inner, g, s, own, c, obj = load({"list": [*members, *bound, {"ref": 1}]}, cls(body), one)
    found = type(obj)
    assert (inner, g, s) == (found.Inner, found.g, found.s)
    assert type(own) is MethodType
    assert own() is obj.own() is obj
    assert c() is found


@pytest.mark.parametrize(
    "root",
    [
        {"member": "absent", "of": cls("x = 1")},
        {"member": "x", "of": cls("x = 1")},
        {"member": "__init__", "of": cls("x = 1")},
        {"bound": "absent", "self": cls("x = 1")},
        {"bound": "x", "self": {"instance": cls("x = 1"), "how": "object"}},
        {"member": "x", "of": opaque(pickle.dumps(1))},
    ],
)
def test_what_is_no_member_is_refused(root: Json) -> None:
    with pytest.raises(InvalidStateError, match="there is no method"):
        load(root)


@pytest.mark.parametrize(
    ("problem", "root"),
    [
        (
            "is a method, and no attribute",
            {"instance": cls("def g(self): pass"), "how": "object", "state": {"g": 1}},
        ),
        ("made by something that is not a class", made(opaque(pickle.dumps(1)), "new")),
        ("made by something that is not a class", made(opaque(pickle.dumps(len)), "new")),
        (
            "must have|__dict__",
            {"instance": cls("__slots__ = ()"), "how": "object", "state": {"g": 1}},
        ),
    ],
)
def test_objects_that_cannot_be_made_are_refused(problem: str, root: Json) -> None:
    with pytest.raises(InvalidStateError, match=problem):
        load(root)


# -- whatever it raises --------------------------------------------------------------------------

RAISING = ["1 / 0", "raise SystemExit(0)", "raise GeneratorExit", "raise MemoryError", "raise Mute"]


@pytest.mark.parametrize("raising", RAISING)
@pytest.mark.parametrize(
    "where",
    [
        "class A:\n    {}",
        "class A:\n    def __init__(self):\n        {}",
        "class A:\n    def __setstate__(self, state):\n        {}",
        "class A:\n    def extend(self, state):\n        {}",
        "class A:\n    def __setitem__(self, key, value):\n        {}",
        "class A:\n    def __new__(cls):\n        {}",
    ],
)
def test_errors_of_trusted_code_are_reported(where: str, raising: str) -> None:
    inside = raising
    if raising.endswith("Mute"):
        inside = "raise type('Mute', (Exception,), {'__str__': lambda self: 1 / 0})"
    names = {"kind": "class", "name": "A", "qualname": "A", "scope": "A"}
    node = made(code(where.format(inside), **names), state=1, items=[1], pairs=[["a", 1]])
    with pytest.raises(InvalidStateError):
        load(node)


def test_the_user_may_interrupt_it() -> None:
    with pytest.raises(KeyboardInterrupt):
        load(cls("raise KeyboardInterrupt"))


def test_names_that_are_missing_are_reported() -> None:
    with pytest.raises(InvalidStateError, match="NameError"):
        load(cls("x = absent"))


def test_labels_that_python_refuses_are_reported() -> None:
    with pytest.raises(InvalidStateError, match="null character"):
        load(cls("x = 1", name="A\0"))


@pytest.mark.parametrize("raising", RAISING[:2])
def test_modules_that_fail_are_reported(installed: Any, raising: str) -> None:
    installed(raising)
    for node in (
        code("lambda: m", globals={"m": {"module": NAME}}),
        code("lambda: 1", submodules=[NAME]),
        cls("x = m", globals={"m": {"module": NAME}}),
        cls("x = 1", submodules=[NAME]),
    ):
        with pytest.raises(MissingLibraryError, match=f"uses {NAME}, which cannot be imported"):
            load(node)


def test_the_user_may_interrupt_an_import(installed: Any) -> None:
    installed("raise KeyboardInterrupt")
    with pytest.raises(KeyboardInterrupt):
        load(code("lambda: m", globals={"m": {"module": NAME}}))


def test_errors_of_ours_pass_as_they_are() -> None:
    node = made(cls("def __init__(self): 1 / 0", space=1))
    outer = {"instance": cls("x = 1"), "how": "object", "state": {"inner": node}}
    with pytest.raises(InvalidStateError, match=r"inner: it could not be built: ZeroDivisionError"):
        load(outer)


# -- pickle --------------------------------------------------------------------------------------


class _Boom:
    def __reduce__(self) -> Any:
        return sys.exit, (0,)


def test_pickle_bytes_are_read() -> None:
    assert load(opaque(pickle.dumps([1]))) == [1]


@pytest.mark.parametrize("data", [b"", b"nonsense", pickle.dumps(_Boom())])
def test_pickle_bytes_that_fail_are_reported(data: bytes) -> None:
    with pytest.raises(InvalidStateError, match="could not be built"):
        load(opaque(data))


def test_another_python_is_told_which_one_reads_them() -> None:
    node = {**opaque(pickle.dumps(1)), "python": "2" * 1000, "what": "w" * 1000}
    with pytest.raises(MissingLibraryError, match="only Python 222222222 reads") as caught:
        load(node)
    assert len(str(caught.value)) < 400


def test_pickle_bytes_are_hashed_even_where_arrays_are_not() -> None:
    good, bad = (np.frombuffer(pickle.dumps(bytes([i]) * 100), np.uint8) for i in (1, 2))
    described = blueprint({**opaque(b""), "opaque": {"bytes": array("p", good)}})
    trust = [f"opaque:{data_digest(good.tobytes())}"]
    data = reseal(described, {"p": good})
    assert holotype.load(data, trust=trust, verify=False) == b"\1" * 100
    changed = reseal(described, {"p": bad})
    for verify in (True, False):
        with pytest.raises(DigestError):
            holotype.load(changed, trust=trust, verify=verify)


# -- nothing runs before it is allowed -----------------------------------------------------------


def test_looking_and_verifying_run_nothing(installed: Any) -> None:
    installed("raise SystemExit('imported')")
    nodes = [
        cls("raise SystemExit"),
        code("lambda: m", globals={"m": {"module": NAME}}, space=1),
        opaque(pickle.dumps(_Boom())),
        {"name": f"{NAME}:f"},
        {"call": f"{NAME}:f", "args": []},
    ]
    data = reseal(blueprint({"list": nodes}))
    assert holotype.verify(data)
    assert len(holotype.show(data).needs) == 4
    assert holotype.show(data).level == "opaque"
    with pytest.raises(HolotypeError):
        holotype.loads(data)
    assert NAME not in sys.modules
