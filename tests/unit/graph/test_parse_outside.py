"""Forms of code, its objects and pickle: one spelling, in their places only, and what they pin."""

from __future__ import annotations

from typing import Any

import pytest
from attacks.trust import code, opaque
from tests.unit.graph.things import TABLE

from holotype.digest import canonical_json, sha256
from holotype.errors import BlueprintError, InvalidStateError
from holotype.graph.nodes import Blueprint, CodeNode, InstanceNode, MemberNode, OpaqueNode
from holotype.graph.parse import parse_blueprint
from holotype.trust.levels import Level

Json = dict[str, Any]


def parse(root: Any, *shared: Any) -> Blueprint:
    value = {"format": 1, "root": root, "shared": list(shared)}
    return parse_blueprint(canonical_json(value), TABLE, stored=0)


def pins(root: Any, *shared: Any) -> list[str]:
    return [pin for _, pin in parse(root, *shared).codes]


def refused(problem: str, root: Any, *shared: Any) -> None:
    with pytest.raises(BlueprintError, match=problem):
        parse(root, *shared)


def cls(body: str = "    pass\n", **more: Any) -> Json:
    names = {"kind": "class", "name": "A", "qualname": "A", "scope": "A"}
    return code(f"class A:\n{body}", **names, **more)


F = "def f(x):\n    return y\n"
LAMBDA = code("lambda: 1")
BYTES = {"array": "a", "digest": sha256(b"12345"), "dtype": "|u1", "order": "C", "shape": [5]}
BOX = "things.Box"
BOX_BY_MODULE = "tests.unit.graph.things:Box"


# -- sound ---------------------------------------------------------------------------------------


def test_code_is_read_with_all_that_it_has() -> None:
    node = parse(
        code(
            "def f(x, *, k):\n    return y, z, numpy\n",
            cells={"y": {"cell": [1]}},
            globals={"z": {"list": []}, "numpy": {"module": "numpy"}},
            defaults=[1, {"tuple": []}],
            kwdefaults={"k": 2},
            annotations={"x": "int"},
            attributes={"note": "n"},
            submodules=["numpy.fft", "numpy.linalg"],
            text_annotations=True,
        )
    ).root
    assert type(node) is CodeNode
    assert node.definition.free == ("y",)
    assert node.definition.text_annotations
    assert node.submodules == ("numpy.fft", "numpy.linalg")
    assert node.defaults is not None
    assert node.defaults[0] == 1
    assert (node.kwdefaults, node.annotations, node.attributes) == (
        {"k": 2},
        {"x": "int"},
        {"note": "n"},
    )
    assert parse(LAMBDA).root.defaults is None
    assert parse(code("lambda: 1", defaults=[])).root.defaults == ()


def test_classes_have_methods() -> None:
    body = "    def g(self, x=1):\n        return x\n"
    given = {"defaults": None, "kwdefaults": {}, "attributes": {}}
    methods = {"g": {**given, "defaults": [1], "attributes": {"a": 2}}, "h": given}
    node = parse(cls(body, methods=methods)).root
    assert node.methods == {"g": ((1,), {}, {"a": 2}), "h": (None, {}, {})}


def test_what_a_class_statement_reads_comes_first() -> None:
    source = "class A(B):\n    def g(self):\n        return C, D\n"
    node = {**cls(), "code": source, "globals": {"B": {"ref": 1}, "C": {"ref": 0}}}
    cells = {"D": {"ref": 2}}
    blueprint = parse({"ref": 0}, {**node, "cells": cells}, cls(space=1), {"cell": [{"ref": 0}]})
    assert blueprint.shared[0].eager == {"B"}
    made = blueprint.steps.index
    assert made(2) < made(0)  # B is made before A
    assert made(4) < made(0)  # and so is the cell, but it is filled later
    assert made(0) < made(5)


def test_cells_may_be_eager_and_shared() -> None:
    source = "class A(B):\n    pass\n"
    node = {**cls(), "code": source, "scope": "f.<locals>.A", "cells": {"B": {"ref": 1}}}
    blueprint = parse({"ref": 0}, node, {"cell": [cls(space=1)]})
    made = blueprint.steps.index
    assert made(3) < made(0)  # the cell is filled before the class statement reads it
    inline = {**node, "cells": {"B": {"cell": [cls(space=1)]}}}
    assert parse(inline).root.cells["B"].content[0].space == 1


def test_objects_of_code_are_read() -> None:
    root = parse({"instance": cls(), "how": "object", "state": {"a": 1}}).root
    assert type(root) is InstanceNode
    assert root.state == {"a": 1}
    made: Any = {
        "instance": {"ref": 0},
        "how": "call",
        "args": [{"list": [1]}],
        "state": {"dict": []},
    }
    made |= {"items": [1, 2], "pairs": [["a", 1]]}
    root = parse(made, LAMBDA).root
    assert len(root.args) == 1
    assert root.items == [1, 2]
    for maker in ({"member": "Inner", "of": cls()}, opaque(b"1")):
        assert parse({"instance": maker, "how": "new", "args": []}).root.how == "new"


def test_an_object_may_stand_in_what_it_is_filled_with() -> None:
    instance = {"instance": {"ref": 1}, "how": "object", "state": {"own": {"ref": 0}}}
    assert parse({"ref": 0}, instance, cls()).steps == [2, 3, 0, 1]
    called = {"instance": {"ref": 1}, "how": "call", "args": [], "items": [{"ref": 0}]}
    assert parse({"ref": 0}, called, cls()).steps == [2, 3, 0, 1]


@pytest.mark.parametrize(
    "owner",
    [
        cls(),
        {"member": "Inner", "of": cls()},
        {"name": "package:A"},
        opaque(b""),
        {"ref": 0},
    ],
)
@pytest.mark.parametrize("form", ["member", "bound"])
def test_members_are_of_what_asks_for_trust(form: str, owner: Any) -> None:
    root = parse({form: "x", "of" if form == "member" else "self": owner}, cls(space=2)).root
    assert type(root) is MemberNode
    assert root.bound is (form == "bound")


@pytest.mark.parametrize(
    "owner",
    [
        {"instance": cls(), "how": "object"},
        {"object": "package:A", "state": {}},
        {"call": "package:f", "args": []},
        {"new": "package:A", "args": []},
    ],
)
def test_methods_are_bound_to_objects_that_ask_for_trust(owner: Any) -> None:
    assert parse({"bound": "x", "self": owner}).root.bound
    refused("a part of", {"member": "x", "of": owner})


def test_pickle_bytes_are_read() -> None:
    small, large = opaque(b"1"), {**opaque(b""), "opaque": {"bytes": BYTES}}
    blueprint = parse({"list": [small, large]})
    assert all(type(item) is OpaqueNode for item in blueprint.root.items)
    arguments = [f"opaque:{sha256(data)}" for data in (b"1", b"12345")]
    assert [(need.level, need.argument) for need in blueprint.trust] == [
        (Level.OPAQUE, arguments[0]),
        (Level.OPAQUE, arguments[1]),
    ]


def test_every_level_says_what_it_needs() -> None:
    nodes = [opaque(b"1"), LAMBDA, {"name": "package.sub:f"}]
    needs = parse({"list": nodes}).trust
    assert {need.level: need.what for need in needs} == {
        Level.NAMED: "package.sub:f",
        Level.CODE: "the function <lambda>",
        Level.OPAQUE: "pickle bytes of builtins.function",
    }
    assert [need.argument for need in needs if need.level is Level.NAMED] == ["package"]


# -- refused -------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("code is not text", {"code": 1}),
        ("kind is not text", {"kind": {}}),
        ("name is not text", {"name": None}),
        ("qualname is not text", {"qualname": 3}),
        ("module is not text", {"module": []}),
        ("scope is not text", {"scope": True}),
        ("kind is function or class", {"kind": "module"}),
        ("space is a number", {"space": -1}),
        ("space is a number", {"space": True}),
        ("space is a number", {"space": "0"}),
        ("text_annotations is true or absent", {"text_annotations": False}),
        ("text_annotations is true or absent", {"text_annotations": 1}),
        ("an object of names", {"cells": []}),
        ("an object of names", {"globals": None}),
        ("an object of names", {"kwdefaults": [1]}),
        ("an object of names", {"attributes": 1}),
        ("defaults are a list", {"defaults": None}),
        ("defaults are a list", {"defaults": {"tuple": []}}),
        ("submodules is a list", {"submodules": "numpy"}),
        ("submodules are sorted", {"submodules": ["b", "a"]}),
        ("submodules are sorted", {"submodules": ["a", "a"]}),
        ("a module has a dotted name", {"submodules": ["a b"]}),
        ("a module has a dotted name", {"submodules": ["__main__"]}),
        ("a module has a dotted name", {"submodules": [1]}),
        ("left out where it is empty", {"submodules": []}),
        ("left out where it is empty", {"attributes": {}}),
        ("left out where it is empty", {"annotations": None}),
        ("form", {"methods": {"x": 1}}),
        ("form", {"eager": []}),
    ],
)
def test_code_has_one_form(problem: str, changes: Json) -> None:
    refused(problem, code("lambda: 1", **changes))


@pytest.mark.parametrize("name", ["defaults", "kwdefaults", "annotations"])
def test_classes_have_nothing_of_functions(name: str) -> None:
    refused("form", cls(**{name: [1] if name == "defaults" else {"x": 1}}))


@pytest.mark.parametrize(
    "method",
    [
        1,
        {"defaults": None},
        {"defaults": 1, "kwdefaults": {}, "attributes": {}},
        {"defaults": None, "kwdefaults": [], "attributes": {}},
    ],
)
def test_methods_have_one_form(method: Any) -> None:
    with pytest.raises(BlueprintError):
        parse(cls(methods={"g": method}))


@pytest.mark.parametrize(
    ("problem", "cell"),
    [
        ("a closure variable is a cell", 3),
        ("a closure variable is a cell", {"ref": 0}),
        ("form", {"list": []}),
        ("one value or none", {"cell": 1}),
        ("one value or none", {"cell": [1, 2]}),
    ],
)
def test_closure_variables_are_cells(problem: str, cell: Any) -> None:
    refused(problem, code(F, cells={"y": cell}), {"list": []})


def test_cells_stand_only_where_code_closes_over_them() -> None:
    refused("no code closes over it", {"cell": []})
    refused("no code closes over it", {"list": [{"cell": [1]}]})
    refused("no code closes over it", 1, {"cell": [{"module": "antigravity"}]})
    own = code(F, cells={"y": {"ref": 0}})
    refused("no code closes over it", own, {"cell": [1]}, {"cell": [1]})
    assert parse({"list": [own, {"ref": 0}]}, {"cell": [1]}).codes


@pytest.mark.parametrize("name", ["a b", "", 1, None, "a..b", "__main__"])
def test_modules_have_dotted_names(name: Any) -> None:
    refused("a module has a dotted name", code(F, globals={"y": {"module": name}}))


def test_a_module_has_no_more_than_a_name() -> None:
    with pytest.raises(BlueprintError):
        parse(code(F, globals={"y": {"module": "numpy", "name": "f"}}))


def test_globals_are_those_that_the_source_reads() -> None:
    with pytest.raises(InvalidStateError, match="does not read the global name 'z'"):
        parse(code(F, globals={"z": 1}))


@pytest.mark.parametrize(
    ("problem", "changes"),
    [
        ("object, new or call", {"how": "make"}),
        ("object, new or call", {"how": []}),
        ("form", {"args": []}),
        ("form", {"items": []}),
        ("form", {"how": "new"}),
        ("args is a list", {"how": "new", "args": {"list": []}}),
        ("an object of names", {"state": [1]}),
        ("two underscores", {"state": {"__class__": 1}}),
        ("made by", {"instance": {"name": BOX}}),
        ("made by", {"instance": "A"}),
        ("made by", {"instance": LAMBDA}),
        ("made by", {"instance": {"name": "package:A"}}),
        ("made by", {"instance": {"bound": "x", "self": cls()}}),
        ("made by", {"instance": {"instance": cls(), "how": "object"}}),
        ("made by", {"instance": {"ref": 0}}),
    ],
)
def test_objects_of_code_have_one_form(problem: str, changes: Json) -> None:
    refused(problem, {"instance": cls(), "how": "object", **changes}, {"list": []})


@pytest.mark.parametrize("name", ["a.b", "", 1, "a b"])
def test_members_have_one_name(name: Any) -> None:
    refused("a member has a name", {"member": name, "of": cls()})


@pytest.mark.parametrize(
    "owner", [{"name": BOX}, {"object": BOX}, "text", {"ref": 0}, {"list": []}]
)
@pytest.mark.parametrize("form", ["member", "bound"])
def test_members_of_the_table_are_out_of_reach(form: str, owner: Any) -> None:
    refused("a part of", {form: "x", "of" if form == "member" else "self": owner}, {"list": []})


@pytest.mark.parametrize("changes", [{"python": 3}, {"tool": None}, {"what": []}])
def test_pickle_bytes_are_described_by_text(changes: Json) -> None:
    refused("are text", {**opaque(b""), **changes})


@pytest.mark.parametrize("data", ["text", {"list": []}, {"int": "0x20000000000000"}, {"ref": 0}])
def test_pickle_bytes_are_bytes(data: Any) -> None:
    refused("opaque is bytes", {**opaque(b""), "opaque": data}, {"list": []})


@pytest.mark.parametrize("root", [{"name": BOX_BY_MODULE}, {"object": BOX_BY_MODULE, "state": {}}])
def test_what_the_table_knows_has_its_own_key(root: Json) -> None:
    refused("is of the table", root)


# -- one space -----------------------------------------------------------------------------------


def g(source: str = "def g(x):\n    return y\n", **more: Any) -> Json:
    return code(source, **{"name": "g", "qualname": "g", "scope": "g", **more})


def test_names_of_one_space_stand_for_one_thing() -> None:
    both = [code(F, globals={"y": 1}), g(globals={"y": 1})]
    assert len(parse({"list": both}).codes) == 2
    refused("y is bound twice", {"list": [both[0], g(globals={"y": 2})]})
    assert parse({"list": [both[0], g(globals={"y": 2}, space=1)]}).codes


def test_equal_bytes_are_one_thing_wherever_they_are_kept() -> None:
    first, other = ({"bytes": {**BYTES, "array": name}} for name in "ab")
    assert parse({"list": [code(F, globals={"y": first}), g(globals={"y": other})]}).codes
    other["bytes"]["digest"] = sha256(b"54321")
    refused("bound twice", {"list": [code(F, globals={"y": first}), g(globals={"y": other})]})


def test_a_space_is_of_one_module() -> None:
    refused("the module is bound twice", {"list": [LAMBDA, g(module="other")]})
    labelled = g("def g(x):\n    return x\n", module="other", globals={"__name__": "m"})
    assert parse({"list": [LAMBDA, labelled]}).codes


def test_a_neighbour_does_not_bind_what_is_a_builtin() -> None:
    known = code("def f(x):\n    return len(x)\n")
    neighbour = g("def g(x):\n    return len(x)\n", globals={"len": 1})
    refused("bound by what shares its globals alone", {"list": [known, neighbour]})
    assert parse({"list": [code("def f(x, len):\n    return len\n"), neighbour]}).codes
    declared = code("def f(x):\n    global len\n    return len\n")
    refused("bound by what shares its globals alone", {"list": [neighbour, declared]})
    closing = code("def f(x):\n    return len\n", cells={"len": {"cell": [1]}})
    assert parse({"list": [closing, neighbour]}).codes


# -- pins ----------------------------------------------------------------------------------------

BASE = code(F, globals={"y": {"module": "numpy"}})
INSTANCE = {"instance": {"ref": 0}, "how": "object"}


@pytest.mark.parametrize(
    "changed",
    [
        {**BASE, "code": "def f(x):\n    return y, 1\n"},
        {**BASE, "module": "other"},
        {**BASE, "text_annotations": True},
        {**BASE, "submodules": ["os.path"]},
        {**BASE, "defaults": [{"name": BOX}]},
        {**BASE, "kwdefaults": {"k": 1}},
        {**BASE, "attributes": {"note": 1}},
        {**BASE, "globals": {"__name__": "m2", **BASE["globals"]}},
        {**BASE, "globals": {}},
        *(
            {**BASE, "globals": {"y": value}}
            for value in (
                1,
                {"module": "os"},
                {"name": BOX},
                {"name": "package:f"},
                {"object": BOX},
                {"ref": 0},
                {"ref": 1},
                INSTANCE,
                {"member": "x", "of": {"ref": 0}},
                {"bound": "z", "self": {"ref": 0}},
                opaque(b"1"),
                opaque(b"2"),
            )
        ),
        *(
            {**BASE, "globals": {}, "cells": {"y": {"cell": c}}}
            for c in ([], [1], [{"module": "os"}])
        ),
    ],
)
def test_a_pin_covers_what_decides_what_runs(changed: Json) -> None:
    others = cls(space=1), code("lambda: 2", space=2)
    seen = [pin for code, pin in parse(changed, *others).codes if code.definition.scope == "f"]
    assert seen != [pin for code, pin in parse(BASE, *others).codes if code.definition.scope == "f"]


def test_a_pin_tells_what_names_are_bound_to_apart() -> None:
    others = cls(space=1), code("lambda: 2", space=2)
    instances = [
        {"instance": maker, "how": "call", "args": []} for maker in ({"ref": 0}, {"ref": 1})
    ]
    members = [{"member": name, "of": {"ref": 0}} for name in "xy"]
    of_other = {"member": "x", "of": {"name": "package:A"}}
    names = [{form: key} for form in ("name", "module") for key in ("package", "other")]
    names = [{"name": f"{each['name']}:f"} if "name" in each else each for each in names]
    made: list[Json] = [{"object": BOX}, {"object": "package:A"}, opaque(b"1"), opaque(b"2")]
    bound = [*instances, *members, of_other, *names, *made, {"ref": 0}, {"ref": 1}, 1]
    found = [
        next(pin for each, pin in parse(node, *others).codes if each.definition.scope == "f")
        for node in ({**BASE, "globals": {"y": value}} for value in bound)
    ]
    assert len(set(found)) == len(bound)


def test_a_pin_covers_methods() -> None:
    body = "    def g(self, x=1):\n        return x\n"
    given = {"defaults": None, "kwdefaults": {}, "attributes": {}}
    changes: list[Json] = [
        {},
        {"methods": {"g": given}},
        {"methods": {"g": {**given, "defaults": [{"name": BOX}]}}},
        {"methods": {"g": {**given, "kwdefaults": {"x": 1}}}},
        {"methods": {"g": {**given, "attributes": {"x": 1}}}},
    ]
    assert len({pins(cls(body, **each))[0] for each in changes}) == len(changes)


def test_a_pin_does_not_cover_values_and_labels() -> None:
    same = [
        {**BASE, "defaults": [1]},
        {**BASE, "defaults": [{"list": [2]}], "annotations": {"x": "int"}},
        {**BASE, "defaults": ["text"], "name": "other", "qualname": "a.other", "space": 7},
    ]
    assert len({pins(each)[0] for each in same}) == 1


def test_a_pin_is_the_same_where_the_parts_stand_elsewhere() -> None:
    inline = code(F, cells={"y": {"cell": [{"module": "numpy"}]}})
    shared = code(F, cells={"y": {"ref": 0}})
    assert pins(inline) == pins(shared, {"cell": [{"module": "numpy"}]})


def test_bindings_that_lead_on_and_on_are_refused() -> None:
    chain: list[Any] = [{"member": "x", "of": {"ref": i + 1}} for i in range(40)]
    refused(
        "leads from one thing to another", code(F, globals={"y": {"ref": 0}}), *chain, cls(space=1)
    )


def test_a_long_name_is_not_repeated_by_all_below_it() -> None:
    name = "y" * 5000
    node = code(f"def f(x):\n    return {name}\n", globals={name: {"list": [{"list": []}]}})
    (inner,) = parse(node).root.globals[name].items
    assert len(inner.path) < 200
    need = parse({**LAMBDA, "qualname": name}).trust[0]
    assert len(need.what) < 200
