"""What was checked is built; what passes the checks and still makes no sense is refused."""

from __future__ import annotations

import functools
import sys
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored, round_trip
from tests.unit.graph.things import TABLE, Box, Drawer, Fixed, Pair, Twin, entry

import holotype
from holotype.digest import data_digest
from holotype.errors import BlueprintError, HolotypeError, InvalidStateError, MissingLibraryError
from holotype.graph.decode import decode
from holotype.graph.parse import parse_blueprint
from holotype.types.table import TypeTable


def load(root: Any, *shared: Any, **arrays: Any) -> Any:
    data = {name: array.tobytes() for name, array in arrays.items()}
    return Stored({"format": 1, "root": root, "shared": list(shared)}, data, TABLE).load()


def array(name: str, value: Any, **changes: Any) -> dict[str, Any]:
    node = {"array": name, "dtype": value.dtype.str, "order": "C", "shape": list(value.shape)}
    return {**node, "digest": data_digest(value.tobytes()), **changes}


def column(kind: str, **arrays: Any) -> tuple[dict[str, Any], dict[str, Any]]:
    return {"column": kind, **{n: array(n, a) for n, a in arrays.items()}}, arrays


I1 = np.dtype("<i1")
UNHASHABLE: dict[str, Any] = {"list": []}


# -- references --------------------------------------------------------------------------------


def test_references_may_point_forwards_and_backwards() -> None:
    value = load({"list": [{"ref": 0}, {"ref": 1}]}, {"list": [{"ref": 1}]}, {"list": [{"ref": 0}]})
    assert value[0][0] is value[1]
    assert value[1][0] is value[0]
    pair = load({"ref": 0}, {"tuple": [{"ref": 1}, {"ref": 1}]}, {"tuple": [1, {"ref": 2}]}, 5)
    assert pair == ((1, 5), (1, 5))
    assert pair[0] is pair[1]


@pytest.mark.parametrize(
    "shared",
    [
        [{"tuple": [{"ref": 0}]}],
        [{"tuple": [{"ref": 1}]}, {"tuple": [{"ref": 0}]}],
        [{"frozenset": [{"ref": 0}]}],
        [{"call": "things.Pair", "args": [{"ref": 0}, 1]}],
        [{"call": "things.Pair", "args": [{"list": [{"ref": 0}]}, 1]}],
        [{"tuple": [{"list": [{"ref": 0}]}]}],
    ],
    ids=str,
)
def test_a_value_that_cannot_be_changed_cannot_contain_itself(shared: list[Any]) -> None:
    with pytest.raises(BlueprintError, match="contains itself"):
        load({"ref": 0}, *shared)


def test_what_is_looked_at_at_once_is_complete() -> None:
    # The list is still empty when the first call meets it in the second entry.
    call = {"call": "collections.OrderedDict", "args": []}
    pair = {"call": "things.Pair", "args": [{"ref": 0}, 1]}
    value = load({"ref": 1}, {"list": [7]}, {"list": [{"ref": 0}, pair, call]})
    assert value[1] == Pair([7], 1)
    assert value[1][0] is value[0]
    key = {"dict": [[{"tuple": [{"ref": 0}]}, 1]]}
    assert load({"list": [key, {"ref": 0}]}, {"frozenset": [1, 2]})[0] == {(frozenset([1, 2]),): 1}


def test_chains_of_references_may_be_long_in_any_order() -> None:
    count = 5000
    forwards = [*({"tuple": [{"ref": i + 1}]} for i in range(count)), {"tuple": []}]
    backwards = [{"tuple": []}, *({"tuple": [{"ref": i}]} for i in range(count))]
    for shared, first in ((forwards, 0), (backwards, count)):
        depth, value = 0, load({"ref": first}, *shared)
        while value:
            depth, value = depth + 1, value[0]
        assert depth == count


def test_a_chain_that_a_writer_puts_backwards_comes_back() -> None:
    chain: Any = ([],)
    links = [chain]
    for _ in range(3000):
        chain = (chain,)
        links.append(chain)
    back = holotype.loads(holotype.dumps(links))
    assert all(back[i + 1][0] is back[i] for i in range(3000))


def test_a_call_gets_what_is_complete_unless_it_is_part_of_it() -> None:
    # Both are written first as parts of the list that holds them; the partial is met again.
    held: list[Any] = []
    bound = functools.partial(dict, held)
    held.extend([bound, bound, 1])
    back = holotype.loads(holotype.dumps(held))
    assert back[0] is back[1]
    assert back[0].args[0] is back


def test_what_does_not_fit_on_the_stack_is_an_error_of_ours() -> None:
    node: Any = 1
    for _ in range(90):
        node = {"list": [node]}
    stored = Stored({"format": 1, "root": node, "shared": []}, {}, TABLE)
    blueprint = parse_blueprint(stored.json, TABLE, stored=0)

    def deeper(levels: int) -> Any:
        return deeper(levels - 1) if levels else decode(blueprint, TABLE, stored)

    assert deeper(10)
    with pytest.raises(BlueprintError, match="left of the stack"):
        deeper(sys.getrecursionlimit() - 200)


# -- containers --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "node",
    [
        {"set": [UNHASHABLE]},
        {"frozenset": [{"tuple": [UNHASHABLE]}]},
        {"set": [1, 1]},
        {"set": [1, True]},
        {"frozenset": ["a", "a"]},
        {"dict": [[UNHASHABLE, 1]]},
        {"dict": [["a", 1], ["a", 2]]},
        {"dict": [[1, 1], [True, 2]]},
        {"dict": [[0.0, 1], [-0.0, 2]]},
        {"call": "collections.OrderedDict", "args": [], "pairs": [["a", 1], ["a", 2]]},
        {"call": "collections.OrderedDict", "args": [], "pairs": [[UNHASHABLE, 1]]},
        {"object": "things.Bag", "pairs": [["a", 1], ["a", 2]]},
        {"dict": [[{"call": "decimal.Decimal", "args": ["sNaN"]}, 1]]},
    ],
    ids=str,
)
def test_keys_and_elements_can_be_hashed_and_are_different(node: Any) -> None:
    with pytest.raises(BlueprintError):
        load(node)


def test_a_dict_of_columns_has_as_many_keys_as_values() -> None:
    keys, arrays = column("str", data=np.frombuffer(b"a\nb\nc", np.uint8))
    keys["separator"] = "\n"
    assert load({"dict": {"keys": keys, "values": [1, 2, 3]}}, **arrays) == {"a": 1, "b": 2, "c": 3}
    with pytest.raises(BlueprintError, match="as many keys"):
        load({"dict": {"keys": keys, "values": [1, 2]}}, **arrays)


# -- columns -----------------------------------------------------------------------------------


def bytes_column(lengths: Any, data: bytes = b"abc") -> Any:
    node, arrays = column("bytes", data=np.frombuffer(data, np.uint8), lengths=lengths)
    return load({"list": node}, **arrays)


def list_column(lengths: Any) -> Any:
    node, arrays = column("list", lengths=lengths)
    return load({"list": {**node, "items": [1, 2, 3]}}, **arrays)


@pytest.mark.parametrize("divide", [bytes_column, list_column])
def test_lengths_divide_what_there_is(divide: Any) -> None:
    assert list(map(len, divide(np.array([1, 0, 2], I1)))) == [1, 0, 2]
    for wrong in (
        np.array([1, 1], I1),
        np.array([4], I1),
        np.array([5, -2], I1),
        np.array([2**62, 2**62, 2**62, 2**62, 3], "<i8"),
        np.array([2**63 - 1, 2**63 - 1, 5], "<i8"),
        np.array([], I1),
    ):
        with pytest.raises(BlueprintError, match="length"):
            divide(wrong)


def test_no_lengths_divide_nothing() -> None:
    assert bytes_column(np.array([], I1), b"") == []
    assert bytes_column(np.array([0, 0], I1), b"") == [b"", b""]


def array_column(shapes: Any, size: int = 6) -> Any:
    node, arrays = column("array", data=np.arange(size, dtype="<f8"), shapes=shapes)
    return load({"list": node}, **arrays)


def test_shapes_divide_what_there_is() -> None:
    one, other = array_column(np.array([[2, 2], [1, 2]], I1))
    assert one.tolist() == [[0.0, 1.0], [2.0, 3.0]]
    assert other.tolist() == [[4.0, 5.0]]
    assert [part.tolist() for part in array_column(np.array([[2], [0], [1]], I1), 3)] == [
        [0.0, 1.0],
        [],
        [2.0],
    ]
    for wrong in (
        np.array([[2, 2]], I1),
        np.array([[2, 2], [2, 2]], I1),
        np.array([[-2, -2], [1, 2]], I1),
        np.array([[7, 1], [-1, 1]], I1),
        np.array([[2**32, 2**32], [6, 1]], "<i8"),
        np.array([[2**62, 4, 0], [6, 1, 1]], "<i8"),
        np.zeros((0, 1), I1),
    ):
        with pytest.raises(BlueprintError, match="sizes in a column"):
            array_column(wrong)


def test_texts_are_utf_8() -> None:
    node, arrays = column("str", data=np.frombuffer(b"a\n\xff", np.uint8))
    with pytest.raises(BlueprintError, match="UTF-8"):
        load({"list": {**node, "separator": "\n"}}, **arrays)
    arrays["data"] = np.frombuffer("é\n".encode(), np.uint8)
    node["data"] = array("data", arrays["data"])
    assert load({"list": {**node, "separator": "\n"}}, **arrays) == ["é", ""]


def records(count: int, state: Any = None, **how: Any) -> Any:
    node = {"column": "records", "count": count, **how}
    return {"list": node if state is None else {**node, "state": state}}


def test_records_have_columns_of_their_own_length() -> None:
    texts, arrays = column("str", data=np.frombuffer(b"a\nb", np.uint8))
    texts["separator"] = "\n"
    node = records(2, {"a": texts}, object="things.Box")
    assert [vars(box) for box in load(node, **arrays)] == [{"a": "a"}, {"a": "b"}]
    for wrong in (
        records(3, {"a": texts}, object="things.Box"),
        records(3, call="things.Fixed", args=[texts]),
        records(3, {"extra": texts}, call="things.Fixed", args=[[1, 2, 3]]),
    ):
        with pytest.raises(BlueprintError, match=r"long as|another length"):
            load(wrong, **arrays)


def test_records_may_have_no_columns_at_all() -> None:
    assert [vars(box) for box in load(records(3, object="things.Box"))] == [{}, {}, {}]
    assert [vars(box) for box in load(records(3, {}, object="things.Box"))] == [{}, {}, {}]
    maps = load(records(2, call="collections.OrderedDict", args=[]))
    assert maps == [{}, {}]
    assert maps[0] is not maps[1]


def test_records_that_are_called_may_have_a_state() -> None:
    built = load(records(2, {"extra": [[1], None][1:] * 2}, call="things.Fixed", args=[[1, 2]]))
    assert [(each.value, each.extra) for each in built] == [(1, None), (2, None)]
    plain = load(records(2, call="things.Fixed", args=[[1, 2]]))
    assert all(type(each) is Fixed for each in plain)


# -- objects -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "node",
    [
        {"object": "things.Strict", "state": {}},
        {"object": "things.Slotted", "state": {"elsewhere": 1}},
        {"object": "things.Able", "state": {"act": 1}},
        {"object": "things.Box", "items": [1]},
        {"object": "things.Box", "pairs": [["a", 1]]},
        {"object": "things.Heap", "pairs": [["a", 1]]},
        {"call": "things.Pair", "args": [1]},
        {"call": "things.Pair", "args": [1, 2], "state": 1},
        {"call": "things.Fixed", "args": [1], "state": {"dict": []}},
        {"call": "things.Fixed", "args": []},
        {"call": "things.Fixed", "args": [1], "items": [1]},
        records(1, {"elsewhere": [1]}, object="things.Slotted"),
        records(1, {"other": [1]}, call="things.Fixed", args=[[1]]),
        records(1, call="things.Fixed", args=[]),
        records(1, object="things.Strict"),
    ],
    ids=str,
)
def test_what_a_library_cannot_build_is_an_error_of_ours(node: Any) -> None:
    with pytest.raises(HolotypeError, match=r"things\.") as caught:
        load({"list": [node]})
    assert isinstance(caught.value, InvalidStateError)
    assert caught.value.path.startswith("root[0]")


def test_an_error_of_ours_keeps_its_own_words() -> None:
    def refuse(cls: Any, args: Any) -> Any:
        raise MissingLibraryError("it needs another one")

    table = TypeTable([entry("Pair", "call", build=refuse)])
    root = {"call": "things.Pair", "args": []}
    with pytest.raises(MissingLibraryError, match="another one"):
        Stored({"format": 1, "root": root, "shared": []}, {}, table).load()
    with pytest.raises(InvalidStateError, match="it is evil"):
        load({"call": "things.Fixed", "args": ["evil"]})
    inner = {"object": "things.Heap", "items": [{"dict": [[UNHASHABLE, 1]]}]}
    with pytest.raises(BlueprintError, match="cannot be hashed"):
        load(inner)


def test_keys_that_only_their_library_can_compare_are_compared_when_built() -> None:
    def twin(value: Any) -> Any:
        return {"call": "things.Twin", "args": [value]}

    assert load({"dict": [[twin(1), "a"], [twin(2), "b"]]}) == {Twin(1): "a", Twin(2): "b"}
    assert load({"set": [twin(1), twin(2)]}) == {Twin(1), Twin(2)}
    for node, words in (
        ({"dict": [[twin(1), "a"], [twin(1), "b"]]}, "same key twice"),
        ({"set": [twin(1), twin(1)]}, "same element twice"),
        ({"dict": [[twin(UNHASHABLE), "a"]]}, "cannot be hashed"),
        ({"set": [twin(UNHASHABLE)]}, "cannot be hashed"),
        ({"set": [twin(UNHASHABLE)] + [twin(i) for i in range(1001)]}, "cannot be hashed"),
        ({"set": [twin(2**31 * i) for i in range(6000)]}, "same hash"),
    ):
        with pytest.raises(BlueprintError, match=words):
            load(node)


def test_keys_that_could_stop_the_process_are_refused() -> None:
    key: Any = {"tuple": []}
    for _ in range(80):
        key = {"tuple": [key]}
    with pytest.raises(BlueprintError, match="nests too deeply"):
        load({"dict": [[key, 1]]})
    many = [[{"list": [i]}, 1] for i in range(2000)]
    with pytest.raises(BlueprintError, match="cannot be hashed"):
        load({"dict": many})


def test_a_type_that_is_not_installed_is_named() -> None:
    with pytest.raises(MissingLibraryError, match=r"things\.Missing"):
        load({"name": "things.Missing"})


def test_object_arrays_are_filled_in_their_order() -> None:
    node = {"objects": [1, 2, 3, 4, 5, 6], "order": "F", "shape": [2, 3]}
    value = load(node)
    assert value.tolist() == [[1, 3, 5], [2, 4, 6]]
    assert value.flags.f_contiguous
    boxed = load(
        {"object": "things.Box", "state": {"a": {"objects": [1], "order": "C", "shape": []}}}
    )
    assert type(boxed) is Box
    assert vars(boxed)["a"].shape == ()


def test_bytes_and_dtypes_come_back() -> None:
    raw = np.frombuffer(b"x" * 70, np.uint8)
    assert load({"bytes": array("raw", raw)}, raw=raw) == b"x" * 70
    assert load({"dtype": "|O"}) == np.dtype(object)
    assert load({"dtype": "<f4"}) == np.dtype("f4")
    assert load({"complex": [1.0, {"float": "inf"}]}) == complex(1, float("inf"))
    assert load({"int": "-0x20000000000000"}) == -(2**53)
    assert load({"scalar": "|V0", "value": ""}).dtype == np.dtype("V0")


# -- what is asked of a type once ----------------------------------------------------------------


def test_many_objects_with_slots_come_back() -> None:
    back = round_trip([Drawer(single=[i]) for i in range(50)], TABLE)
    for i, drawer in enumerate(back):
        assert (drawer.left, drawer.right, drawer.single) == (1, 2, [i])
