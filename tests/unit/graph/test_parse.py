"""A blueprint has one spelling; every other one, and every unknown form, is refused."""

from __future__ import annotations

import base64
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored
from tests.unit.graph.things import TABLE

from holotype.digest import canonical_json
from holotype.errors import BlueprintError, FormatError, LimitError, UntrustedError
from holotype.graph.nodes import Blueprint, DictNode, ObjectNode, RecordsColumn, SeqNode
from holotype.graph.parse import parse_blueprint, read_json

DIGEST = "sha256:" + "0" * 64
TREE = "sha256-tree:" + "0" * 64


def parse(root: Any, shared: list[Any] | None = None, stored: int = 0) -> Blueprint:
    value = {"format": 1, "root": root, "shared": shared or []}
    return parse_blueprint(canonical_json(value), TABLE, stored=stored)


def array(dtype: Any = "<f8", shape: Any = (2,), **changes: Any) -> dict[str, Any]:
    node = {"array": "a", "digest": DIGEST, "dtype": dtype, "order": "C", "shape": list(shape)}
    return {**node, **changes}


INTS, BYTES = array("|i1"), array("|u1")
LENGTHS = array("|i1", (2,))


# -- the bytes ---------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"nonsense",
        b'{"a":1}{"b":2}',
        b'"\xff"',
        b"[" * 100_000 + b"]" * 100_000,
        b'"\\ud800"',
        b"NaN",
        b"1e999",
    ],
    ids=lambda data: str(data[:20]),
)
def test_what_is_not_json_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"part is not JSON.*SPEC 1\.4"):
        read_json(data, "part")


@pytest.mark.parametrize(
    "data",
    [
        b' {"a":1}',
        b'{"a": 1}',
        b'{"a":1}\n',
        b'{"b":1,"a":2}',
        b'{"a":1,"a":1}',
        b'"\\u0041"',
        b'"\\/"',
        b"1.50",
        b"1E5",
        b"-0",
        b"1e2",
    ],
)
def test_json_that_is_not_canonical_is_refused(data: bytes) -> None:
    with pytest.raises(FormatError, match=r"canonical form.*SPEC 1\.4"):
        read_json(data, "part")


@pytest.mark.parametrize(
    "value",
    [
        [],
        None,
        {"format": 1, "root": None},
        {"format": 1, "root": None, "shared": [], "more": 1},
        {"format": 2, "root": None, "shared": []},
        {"format": True, "root": None, "shared": []},
        {"format": 1.0, "root": None, "shared": []},
        {"format": 1, "root": None, "shared": {}},
    ],
    ids=str,
)
def test_a_blueprint_of_another_form_is_refused(value: Any) -> None:
    with pytest.raises(FormatError, match=r"SPEC 3\.1"):
        parse_blueprint(canonical_json(value), TABLE, stored=0)


# -- nodes -------------------------------------------------------------------------------------


def deep(levels: int) -> Any:
    node: Any = None
    for _ in range(levels):
        node = {"list": [node]}
    return node


def deep_columns(levels: int) -> Any:
    column: Any = []
    for _ in range(levels):
        column = {"column": "list", "items": column, "lengths": LENGTHS}
    return {"list": column}


def b64(raw: bytes) -> str:
    return base64.b64encode(raw).decode()


REFUSED: dict[str, Any] = {
    # plain values
    "a JSON list": [1],
    "no members": {},
    "an unknown form": {"code": "1"},
    "two forms": {"list": [], "tuple": []},
    "a member too many": {"list": [], "x": 1},
    "a number of 2**53": 2**53,
    "a number of -2**53": -(2**53),
    "a float by another name": {"float": "NaN"},
    "a float by number": {"float": 1.0},
    "a float and more": {"float": "nan", "x": 1},
    "an int in decimal": {"int": "9007199254740992"},
    "an int by number": {"int": 5},
    "an int with a leading zero": {"int": "0x020000000000000"},
    "an int in capitals": {"int": "0X20000000000000"},
    "an int that is small": {"int": "0x1fffffffffffff"},
    "text in another alphabet": {"str": "!!!!"},
    "text by number": {"str": 1},
    "text that is no UTF-8": {"str": b64(b"\xff")},
    "base64 with spare bits": {"bytes": "YR=="},
    "base64 without its end": {"bytes": "YQ"},
    "base64 with a new line": {"bytes": "YQ==\n"},
    "base64 that is not ASCII": {"bytes": "é"},
    "bytes by number": {"bytes": [1]},
    "bytes of words": {"bytes": array("<u2")},
    "bytes in two dimensions": {"bytes": array("|u1", (2, 2))},
    "a complex number of one part": {"complex": [1.0]},
    "a complex number of integers": {"complex": [1, 2.0]},
    "a complex number of bytes": {"complex": [{"bytes": ""}, 2.0]},
    "a complex number by itself": {"complex": 1.0},
    "a reference to nowhere": {"ref": 1},
    "a reference backwards": {"ref": -1},
    "a reference by truth": {"ref": True},
    # scalars
    "a scalar without a value": {"scalar": "<i8"},
    "a scalar of truth as an integer": {"scalar": "<i8", "value": True},
    "a scalar of integers as truth": {"scalar": "|b1", "value": 1},
    "a scalar that does not fit": {"scalar": "|i1", "value": 128},
    "a scalar that is negative": {"scalar": "|u1", "value": -1},
    "a scalar that is text": {"scalar": "<i8", "value": "1"},
    "a float scalar by integer": {"scalar": "<f8", "value": 1},
    "a float scalar by text": {"scalar": "<f8", "value": {"float": "1"}},
    "a scalar of a wrong size": {"scalar": "<c8", "value": b64(b"1234567")},
    "a scalar that is not base64": {"scalar": "<c8", "value": 1},
    "a scalar of no characters": {"scalar": "<U1", "value": b64(b"\xff\xff\xff\xff")},
    "a scalar of objects": {"scalar": "|O", "value": None},
    # types
    "a name by number": {"name": 1},
    "a name and more": {"name": "builtins.int", "x": 1},
    "an object called": {"call": "things.Box", "args": []},
    "a call by attributes": {"object": "things.Pair", "state": {}},
    "a name that is built": {"object": "things.entry", "state": {}},
    "a call without arguments": {"call": "things.Pair"},
    "a call with a dict of arguments": {"call": "things.Pair", "args": {}},
    "a call and an object": {"call": "things.Pair", "args": [], "object": "things.Box"},
    "an object with arguments": {"object": "things.Box", "args": []},
    "a state for a call without": {"call": "things.Pair", "args": [], "state": None},
    "a state for calls without": {
        "list": {"column": "records", "count": 0, "call": "things.Pair", "args": [], "state": {}}
    },
    "an object with a list of attributes": {"object": "things.Box", "state": []},
    "an object with a private member": {"object": "things.Box", "state": {"__class__": 1}},
    "an object with items of no form": {"object": "things.Heap", "items": 1},
    "an object with pairs of no form": {"object": "things.Bag", "pairs": 1},
    # containers
    "a list of no form": {"list": 1},
    "a list with no column": {"list": {"items": []}},
    "a tuple of no form": {"tuple": None},
    "a dict of no form": {"dict": 1},
    "a dict with a pair of three": {"dict": [[1, 2, 3]]},
    "a dict with no pair": {"dict": [1]},
    "a dict with keys alone": {"dict": {"keys": []}},
    "a dict with more keys": {"dict": {"keys": [1, 2], "values": [1]}},
    "nodes that nest too deeply": deep(101),
    "columns that nest too deeply": deep_columns(101),
    # columns
    "a column of no kind": {"list": {"column": "tuples"}},
    "a column of a list": {"list": {"column": []}},
    "integers as floats": {"list": {"column": "int", "data": array("<f8")}},
    "integers without sign": {"list": {"column": "int", "data": array("|u1")}},
    "integers with the other end first": {"list": {"column": "int", "data": array(">i2")}},
    "integers in two dimensions": {"list": {"column": "int", "data": array("|i1", (1, 2))}},
    "floats of 32 bits": {"list": {"column": "float", "data": array("<f4")}},
    "truth as bytes": {"list": {"column": "bool", "data": BYTES}},
    "scalars of text": {"list": {"column": "scalar", "data": array("<U1")}},
    "a column and more": {"list": {"column": "int", "data": INTS, "x": 1}},
    "texts apart by a comma": {"list": {"column": "str", "data": BYTES, "separator": ","}},
    "texts apart by a list": {"list": {"column": "str", "data": BYTES, "separator": ["\n"]}},
    "texts of integers": {"list": {"column": "str", "data": INTS, "separator": "\n"}},
    "bytes without lengths": {"list": {"column": "bytes", "data": BYTES}},
    "bytes with lengths of floats": {
        "list": {"column": "bytes", "data": BYTES, "lengths": array("<f8")}
    },
    "repeated lists": {"list": {"column": "repeat", "count": 2, "value": {"list": []}}},
    "repeated floats": {"list": {"column": "repeat", "count": 2, "value": 1.0}},
    "repeated large numbers": {"list": {"column": "repeat", "count": 2, "value": 2**53}},
    "a negative count": {"list": {"column": "repeat", "count": -1, "value": 1}},
    "a count of truth": {"list": {"column": "repeat", "count": True, "value": 1}},
    "a count of everything": {"list": {"column": "repeat", "count": 10**15, "value": 1}},
    "lists with a flat table of no form": {
        "list": {"column": "list", "items": 1, "lengths": LENGTHS}
    },
    "arrays with flat shapes": {"list": {"column": "array", "data": array(), "shapes": LENGTHS}},
    "arrays of no dimension": {
        "list": {"column": "array", "data": array(), "shapes": array("|i1", (2, 0))}
    },
    "arrays of many dimensions": {
        "list": {"column": "array", "data": array(), "shapes": array("|i1", (1, 65))}
    },
    "arrays over a table": {
        "list": {
            "column": "array",
            "data": array("<f8", (2, 2)),
            "shapes": array("|i1", (2, 1)),
        }
    },
    # records
    "records of nothing": {"list": {"column": "records", "count": 2}},
    "records and more": {
        "list": {"column": "records", "count": 2, "object": "things.Box", "items": []}
    },
    "records called without arguments": {
        "list": {"column": "records", "count": 2, "call": "things.Pair"}
    },
    "records of a name": {
        "list": {"column": "records", "count": 2, "object": "things.entry", "state": {}}
    },
    "records with a list of state": {
        "list": {"column": "records", "count": 2, "object": "things.Box", "state": []}
    },
    "records with a dict of arguments": {
        "list": {"column": "records", "count": 2, "call": "things.Pair", "args": {}}
    },
    "records with a short column": {
        "list": {"column": "records", "count": 2, "object": "things.Box", "state": {"a": [1]}}
    },
    "records with a short argument": {
        "list": {"column": "records", "count": 2, "call": "things.Pair", "args": [[1], [1, 2]]}
    },
    "records with a private member": {
        "list": {
            "column": "records",
            "count": 1,
            "object": "things.Box",
            "state": {"__dict__": [1]},
        }
    },
    "records without number": {
        "list": {"column": "records", "count": 10**15, "object": "things.Box", "state": {}}
    },
    # arrays
    "an array without a digest": {k: v for k, v in array().items() if k != "digest"},
    "an array that is text": {"list": {"column": "int", "data": "a"}},
    "an array with a number for a name": array(array=1),
    "an array in another order": array(order="A"),
    "an array in a list of orders": array(order=["C"]),
    "an array with a short digest": array(digest="sha256:00"),
    "an array with a digest in capitals": array(digest="SHA256:" + "0" * 64),
    "an array with a number for a digest": array(digest=1),
    "a small array with a tree of digests": array(digest=TREE),
    "a large array with one digest": array("<f8", (2**20,)),
    "an array with a negative size": array(shape=[-1]),
    "an array with a size of truth": array(shape=[True]),
    "an array with a size of floats": array(shape=[1.0]),
    "an array with sizes by number": array(shape=[1]) | {"shape": 2},
    "an array of many dimensions": array(shape=[1] * 65),
    "an array that is larger than memory": array(shape=[2**31, 2**31, 2]),
    "an empty array that is larger than memory": array(shape=[2**40, 2**40, 0]),
    "an array of objects by bytes": array("|O"),
    "objects in another order": {"objects": [], "order": "K", "shape": [0]},
    "objects in another number": {"objects": [1], "order": "C", "shape": [2]},
    "objects without a shape": {"objects": [1], "order": "C"},
    "objects larger than memory": {"objects": [], "order": "C", "shape": [2**62, 0]},
    "more elements than texts": {"objects": [1, 2], "order": "C", "shape": [3]},
    "a scalar of an unknown number": {"scalar": "<i4", "value": {"str": ""}},
    "a scalar of no number": {"scalar": "<i4", "value": {}},
    "a dtype and more": {"dtype": "<i4", "x": 1},
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_node_of_another_form_is_refused_wherever_it_stands(what: str) -> None:
    node = REFUSED[what]
    for value in (node, {"tuple": [1, node]}, {"object": "things.Box", "state": {"a": node}}):
        with pytest.raises((BlueprintError, LimitError)) as caught:
            parse(value)
        assert not isinstance(caught.value, UntrustedError)
    with pytest.raises((BlueprintError, LimitError)):
        parse(None, [node])


def test_a_refusal_says_where() -> None:
    bad = {"float": "x"}
    for value, path in (
        (bad, "root"),
        ({"list": [1, bad]}, "root[1]"),
        ({"dict": [["a", bad]]}, "root['a']"),
        ({"dict": [[1, bad]]}, "root['0']"),
        ({"dict": [[bad, 1]]}, "root.keys[0]"),
        ({"object": "things.Box", "state": {"a": bad}}, "root.a"),
        ({"call": "things.Pair", "args": [bad]}, "root.args[0]"),
        ({"call": "things.Pair", "args": [], "state": bad}, "root.state"),
    ):
        with pytest.raises(BlueprintError) as caught:
            parse(value)
        assert caught.value.path == path
    with pytest.raises(BlueprintError, match=r"^shared\[1\]: "):
        parse(None, [1, bad])


def test_every_unknown_type_is_listed_at_once() -> None:
    node = {"list": [{"name": "os.system"}, {"object": "a.B", "state": {}}]}
    records = {"column": "records", "count": 0, "call": "c.D", "args": []}
    with pytest.raises(UntrustedError, match=r"a\.B, c\.D, os\.system") as caught:
        parse(node, [{"list": records}])
    assert caught.value.path == "shared[0]"


def test_a_fault_of_form_is_named_before_unknown_types() -> None:
    with pytest.raises(BlueprintError) as caught:
        parse({"list": [{"name": "os.system"}, {"float": 1}]})
    assert type(caught.value) is BlueprintError


def test_an_element_of_the_shared_table_is_no_reference() -> None:
    for shared in ([{"ref": 0}], [{"ref": 1}, {"ref": 0}], [{"list": []}, {"ref": 0}]):
        with pytest.raises(BlueprintError, match="only a reference"):
            parse({"ref": 0}, shared)


def test_counts_are_bounded_by_what_is_stored() -> None:
    def repeated(count: int) -> Any:
        return {"list": {"column": "repeat", "count": count, "value": None}}

    parse(repeated(4096))
    parse(repeated(10_000), stored=10_000)
    with pytest.raises(LimitError, match=r"root.* more elements .*SPEC 3\.2"):
        parse(repeated(5000))
    with pytest.raises(LimitError):
        parse({"list": [repeated(4000), repeated(4000)]})


def test_nodes_may_nest_as_deep_as_the_writer_writes() -> None:
    assert parse(deep(100)).root.kind == "list"
    assert parse(deep_columns(99)).root.kind == "list"


def test_parsed_nodes_hold_what_was_said() -> None:
    blueprint = parse(
        {
            "call": "things.Point",
            "args": [{"ref": 0}],
            "state": {"dict": {"keys": [1], "values": [2]}},
        },
        [{"list": {"column": "records", "count": 1, "object": "things.Box", "state": {"a": [1]}}}],
    )
    assert isinstance(blueprint.root, ObjectNode)
    assert blueprint.root.entry.key == "things.Point"
    assert isinstance(blueprint.root.state, DictNode)
    (shared,) = blueprint.shared
    assert isinstance(shared, SeqNode)
    assert isinstance(shared.items, RecordsColumn)
    assert shared.items.state == {"a": [1]}
    assert blueprint.objects == [shared.items, blueprint.root]
    assert blueprint.keys == {"things.Box", "things.Point"}


def test_all_arrays_of_a_blueprint_are_known() -> None:
    blueprint = parse({"list": {"column": "bytes", "data": BYTES, "lengths": LENGTHS}})
    assert sorted(node.dtype.str for node in blueprint.arrays) == ["|i1", "|u1"]
    large = parse(array("<f8", (2**17, 2), order="F", digest=TREE)).root
    assert (large.order, large.size, large.digest) == ("F", 2**21, TREE)
    empty = parse(array("<f8", (2**50, 0))).root
    assert (empty.size, empty.shape) == (0, (2**50, 0))
    assert parse(array("|V0", (9,))).root.size == 0


def test_scalars_are_read_to_the_bit() -> None:
    def scalar(dtype: Any, value: Any) -> Any:
        return parse({"scalar": dtype, "value": value}).root.value

    assert scalar("<u8", {"int": "0xffffffffffffffff"}) == np.uint64(2**64 - 1)
    assert np.isnan(scalar("<f4", {"float": "nan"}))
    assert scalar("<f2", 1e9) == np.float16(np.inf)
    assert scalar("|b1", True) is np.True_
    assert scalar(">U1", b64(b"\x00\x00\x00a")) == "a"
    assert scalar("|S2", b64(b"a\x00")) == b"a\x00"
    assert scalar("|V0", "").dtype == np.dtype("V0")
    assert scalar("<M8[D]", b64(bytes(8))) == np.datetime64("1970-01-01")


def test_a_column_of_texts_may_hold_as_many_as_its_bytes_can() -> None:
    node = {
        "objects": {"column": "str", "data": array("|u1", (5,)), "separator": "\n"},
        "order": "C",
        "shape": [2, 3],
    }
    value = {"format": 1, "root": node, "shared": []}
    assert Stored(value, {"a": b"a\n\n\n\n"}, TABLE).peek(parse(node).root.items.data).size == 5
    with pytest.raises(BlueprintError, match="another number"):
        Stored(value, {"a": b"abc\nd"}, TABLE).load()
