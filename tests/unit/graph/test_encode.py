"""What a blueprint says of a live object, and which objects are refused."""

from __future__ import annotations

import copyreg
from collections import OrderedDict, deque
from typing import Any

import numpy as np
import pytest
from tests.fresh import run
from tests.memory import Stored, round_trip
from tests.memory import store as store_with
from tests.unit.graph.things import (
    TABLE,
    Able,
    Bag,
    Box,
    Boxes,
    Copied,
    Drawer,
    Fixed,
    Global,
    Heap,
    Odd,
    Pair,
    Point,
    Sealed,
    Slotted,
    Stack,
    Unlike,
    entry,
)

from holotype.errors import UnsupportedError
from holotype.graph.encode import MAX_NESTING, encode
from holotype.graph.outside import Saving
from holotype.graph.table import Entry, Reduced
from holotype.trust.levels import Level
from holotype.types.table import TypeTable


def store(obj: Any) -> Stored:
    return store_with(obj, TABLE)


def back(obj: Any) -> Any:
    return round_trip(obj, TABLE)


PADDED = np.frombuffer(b"\x01\xff\xff\xff\x02\x00\x00\x00", np.dtype("i1,i4", align=True))[0]
PADDED_DTYPE = {
    "aligned": True,
    "fields": [["f0", "|i1", 0], ["f1", "<i4", 4]],
    "itemsize": 8,
}

# -- what stands in a blueprint ----------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "node"),
    [
        (None, None),
        (True, True),
        (1, 1),
        (1.0, 1.0),
        ("é", "é"),
        (float("nan"), {"float": "nan"}),
        (float("inf"), {"float": "inf"}),
        (-float("inf"), {"float": "-inf"}),
        (2**53 - 1, 2**53 - 1),
        (2**53, {"int": "0x20000000000000"}),
        (-(2**53), {"int": "-0x20000000000000"}),
        ("\ud800", {"str": "7aCA"}),
        (b"ab", {"bytes": "YWI="}),
        (1 - 2j, {"complex": [1.0, -2.0]}),
        (complex("nanj"), {"complex": [0.0, {"float": "nan"}]}),
        ([1, [2]], {"list": [1, {"list": [2]}]}),
        ((1, "a"), {"tuple": [1, "a"]}),
        ({1: 2, "a": [3]}, {"dict": [[1, 2], ["a", {"list": [3]}]]}),
        ({3, 1, 2}, {"set": [1, 2, 3]}),
        (frozenset("ba"), {"frozenset": ["a", "b"]}),
        ({1, "a", None}, {"set": ["a", 1, None]}),
        (np.float32(1.5), {"scalar": "<f4", "value": 1.5}),
        (np.bool_(False), {"scalar": "|b1", "value": False}),
        (np.complex64(1), {"scalar": "<c8", "value": "AACAPwAAAAA="}),
        (PADDED, {"scalar": PADDED_DTYPE, "value": "AQAAAAIAAAA="}),
        (np.str_("a"), {"scalar": "<U1", "value": "YQAAAA=="}),
        (np.bytes_(b"a\x00"), {"scalar": "|S2", "value": "YQA="}),
        (np.dtype("f8"), {"dtype": "<f8"}),
        (np.dtype(object), {"dtype": "|O"}),
        (np.array([None, "a"]), {"objects": [None, "a"], "order": "C", "shape": [2]}),
        (int, {"name": "builtins.int"}),
        (entry, {"name": "things.entry"}),
        (Box(b=1, a=2), {"object": "things.Box", "state": {"a": 2, "b": 1}}),
        (Box(), {"object": "things.Box"}),
        (Box(a=1, cache=2), {"object": "things.Box", "state": {"a": 1}}),
        (Box(cache=2), {"object": "things.Box"}),
        (Pair(1, [2]), {"args": [1, {"list": [2]}], "call": "things.Pair"}),
        (deque([1]), {"args": [None], "call": "collections.deque", "items": [1]}),
        (OrderedDict(a=1), {"args": [], "call": "collections.OrderedDict", "pairs": [["a", 1]]}),
    ],
    ids=lambda each: type(each).__name__,
)
def test_a_value_has_one_node(value: Any, node: Any) -> None:
    assert store(value).value == {"format": 1, "root": node, "shared": []}


def test_an_array_is_named_after_the_place_where_it_stands() -> None:
    stored = store({"steps": [Box(coef_=np.ones(3)), np.zeros(2)], "ü": np.ones(4)})
    assert sorted(stored.data) == ["array", "steps[0].coef_", "steps[1]"]
    assert store(np.ones(3)).root["array"] == "root"
    assert store([np.ones(3)]).root["list"][0]["array"] == "[0]"
    assert store({"__metadata__": np.ones(3)}).root["dict"][0][1]["array"] == "array"


def test_arrays_of_equal_content_are_stored_once_and_come_back_as_two() -> None:
    stored = store([np.ones(3), np.ones(3)])
    assert len(stored.data) == 1
    one, other = back([np.ones(3), np.ones(3)])
    assert one is not other
    one[0] = 7
    assert other[0] == 1


def test_long_bytes_are_kept_as_an_array() -> None:
    assert store(b"x" * 64).data == {}
    assert list(store({"a": b"x" * 65}).data.values()) == [b"x" * 65]
    assert back(b"x" * 65) == b"x" * 65


def test_a_memory_mapped_array_comes_back_as_an_array(tmp_path: Any) -> None:
    np.save(tmp_path / "a.npy", np.arange(5))
    mapped = np.load(tmp_path / "a.npy", mmap_mode="r")
    assert type(mapped) is np.memmap
    copied = round_trip(mapped, TABLE)
    assert type(copied) is np.ndarray
    assert copied.tolist() == [0, 1, 2, 3, 4]
    assert len(round_trip([mapped, *(np.arange(5) for _ in range(40))], TABLE)) == 41


# -- objects -----------------------------------------------------------------------------------


def test_objects_come_back_by_their_attributes() -> None:
    assert vars(back(Box(a=[1], b=None))) == {"a": [1], "b": None}
    slotted = back(Slotted(1, [2]))
    assert (slotted.left, slotted.right) == (1, [2])
    drawer = back(Drawer(single=3))
    assert (drawer.left, drawer.right, drawer.single) == (1, 2, 3)
    boxes = back(Boxes(a=5))
    assert (boxes.left, boxes.right, boxes.a) == (1, [2], 5)


def test_an_attribute_may_cover_a_default_but_no_method() -> None:
    copied = back(Able(default=5, what=6))
    assert (copied.default, copied.what, copied.act()) == (5, 2, 1)
    assert vars(copied) == {"default": 5, "what": 6}


def test_lists_and_dicts_with_attributes_keep_both() -> None:
    heap: Any = Heap([1, [2]])
    heap.note = "a"
    copied: Any = back(heap)
    assert type(copied) is type(heap)
    assert copied == [1, [2]]
    assert copied.note == "a"
    stack: Any = Stack([1])
    stack.note = [2]
    copied = back(stack)
    assert (type(copied), list(copied), copied.note) == (Stack, [1], [2])
    bag: Any = Bag({1: 2, "a": 3})
    bag.note = bag
    copied = back(bag)
    assert type(copied) is type(bag)
    assert copied == {1: 2, "a": 3}
    assert copied.note is copied


def test_calls_come_back_with_arguments_and_state() -> None:
    point = back(Point(1, [2]))
    assert (point.x, point.y, point.extra) == (1, [2], None)
    marked = Point(1)
    marked.extra = (1, 2)
    assert back(marked).extra == (1, 2)
    fixed = Fixed(3)
    fixed.extra = {"b": [1]}
    copied = back(fixed)
    assert (copied.value, copied.extra) == (3, {"b": [1]})
    assert back(Pair(1, 2)) == Pair(1, 2)
    assert type(back(Pair(1, 2))) is Pair


def test_a_reduction_that_others_registered_is_respected(monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(box: Any) -> Any:
        raise TypeError("not this one")

    monkeypatch.setitem(copyreg.dispatch_table, Box, refuse)
    with pytest.raises(UnsupportedError, match="not this one"):
        store(Box())
    monkeypatch.undo()
    assert store(Box()).root == {"object": "things.Box"}


# -- sharing, depth, columns -------------------------------------------------------------------


def test_an_object_that_is_met_twice_moves_to_the_shared_table() -> None:
    inner = [1]
    stored = store([inner, {"a": inner}])
    assert stored.value["shared"] == [{"list": [1]}]
    assert stored.root == {"list": [{"ref": 0}, {"dict": [["a", {"ref": 0}]]}]}


def test_small_tuples_of_plain_values_have_no_identity() -> None:
    pure = (1, "a", b"b", (2.5, np.float32(1)))
    assert store([pure, pure]).value["shared"] == []
    mixed = (1, [2])
    assert len(store([mixed, mixed]).value["shared"]) == 1
    large = tuple(range(100))
    assert len(store([large, large]).value["shared"]) == 1


def test_a_set_that_is_met_twice_comes_back_as_one() -> None:
    one = {1, "a"}
    first, second, third = back([one, one, {1, "a"}])
    assert first is second
    assert first is not third


def test_what_nests_deeply_is_put_off_into_the_shared_table() -> None:
    chain: Any = None
    for _ in range(MAX_NESTING * 3):
        chain = [chain]
    stored = store(chain)
    assert len(stored.value["shared"]) == 2
    assert back(chain) == chain


def test_depth_has_no_limit() -> None:
    chain: Any = []
    boxes: Any = None
    mixed: Any = None
    for _ in range(20_000):
        chain = [chain]
        boxes = Box(next=boxes)
        mixed = ({"a": mixed},)
    copied, box, other = back([chain, boxes, mixed])
    depth = 0
    while copied:
        (copied,) = copied
        depth += 1
    assert depth == 20_000
    while box is not None:
        box = box.next
        depth += 1
    while other is not None:
        other = other[0]["a"]
        depth += 1
    assert depth == 60_000


def test_the_arrays_of_a_deep_chain_have_names_of_limited_length() -> None:
    chain: Any = None
    for index in range(300):
        chain = Box(next=chain, some_attribute=np.full(3, index))
    stored = store(chain)
    assert len(stored.data) == 300
    assert max(map(len, stored.data)) <= 170


def test_a_tuple_may_hold_a_container_that_holds_the_tuple() -> None:
    holder: list[Any] = []
    ring = (holder,)
    holder.append(ring)
    copied = back(ring)
    assert type(copied) is tuple
    assert copied[0][0] is copied
    box: Any = Box()
    twice = ((box, 1), [box])
    box.ring = twice
    copied = back({"a": twice})["a"]
    assert copied[0][0] is copied[1][0]
    assert copied[0][0].ring is copied


def test_an_object_in_its_own_arguments_is_refused() -> None:
    point = Point([1])
    point.x.append(point)
    with pytest.raises(UnsupportedError, match="stands in its own arguments") as caught:
        store({"a": point})
    assert caught.value.path == "model.a.args[0][1]"
    loose = Point(1)
    loose.extra = [loose]  # a state is set afterwards
    copied = back(loose)
    assert copied.extra[0] is copied


def column(obj: Any) -> Any:
    (tag,) = store(obj).root
    found = store(obj).root[tag]
    return found["column"] if isinstance(found, dict) else None


def test_long_sequences_of_one_type_are_columns() -> None:
    count = 40
    assert column(list(range(count))) == "int"
    assert column([0.5] * count) == "float"
    assert column([True, False] * 20) == "bool"
    assert column([str(i) for i in range(count)]) == "str"
    assert column([bytes([i]) for i in range(count)]) == "bytes"
    assert column([None] * count) == column(["a"] * count) == column([7] * count) == "repeat"
    assert column([np.float32(i) for i in range(count)]) == "scalar"
    assert column([[i] for i in range(count)]) == "list"
    assert column([np.arange(3) for _ in range(count)]) == "array"
    assert column([np.zeros((3, 4))[:, ::2] for _ in range(count)]) == "array"
    assert column([Box(a=i) for i in range(count)]) == "records"
    assert column([Pair(i, i) for i in range(count)]) == "records"
    assert column(tuple(range(100))) == "int"
    assert column(set(range(count))) == column(frozenset(range(count))) == "int"


def test_what_is_no_column_is_written_one_by_one() -> None:
    count = 40
    nothing: list[Any] = [
        list(range(31)),
        [1, 1.0] * 20,
        [2**70 + i for i in range(count)],
        [2**70] * count,
        ["\ud800"] * count,
        [f"\ud800{i}" for i in range(count)],
        [f"{i}\n\x00\x1f" for i in range(count)],
        [1j * i for i in range(count)],
        [(i,) for i in range(count)],
        [[] for _ in range(count)],
        [np.datetime64(i, "s") for i in range(count)],
        [np.array(i) for i in range(count)],
        [np.zeros(i % 2, "f4" if i else "f8") for i in range(count)],
        [np.zeros((1,) * (1 + i % 2)) for i in range(count)],
        [np.ones((3, 4), order="F") for _ in range(count)],
        [np.array([None]) for _ in range(count)],
        [np.zeros(5000) for _ in range(count)],
        [Box(**{f"a{i % 2}": i}) for i in range(count)],
        [Heap([i]) for i in range(count)],
        [Bag({i: i}) for i in range(count)],
        [Point(i, i) if i else marked_point() for i in range(count)],
        [marked_point() for _ in range(count)],
        [int] * count,
        [{i: i} for i in range(count)],
    ]
    for items in nothing:
        assert column(items) is None, items[:2]
        back(items)


def marked_point() -> Point:
    point = Point(1)
    point.extra = (1,)
    return point


def test_dtypes_that_are_equal_but_not_the_same_share_no_column() -> None:
    plain = np.zeros(1, [("a", "i4")])
    arrays = [plain, *(plain.astype(np.dtype((np.record, plain.dtype))) for _ in range(40))]
    assert arrays[0].dtype == arrays[1].dtype
    assert column(arrays) is None
    assert [array.dtype.type for array in back(arrays)[:2]] == [np.void, np.record]


def test_an_element_of_a_column_that_is_met_elsewhere_takes_the_column_apart() -> None:
    count = 40
    for make in (lambda i: [i], np.arange, lambda i: Box(a=i), lambda i: Pair(i, 1)):
        items = [make(i) for i in range(count)]
        copied = back([items, items[3], items[5]])
        assert copied[0][3] is copied[1]
        assert copied[0][5] is copied[2]
        copied = back([items[3], items])
        assert copied[1][3] is copied[0]
        twice = [items[0], *items]
        copied = back(twice)
        assert copied[0] is copied[1]


def test_many_columns_that_are_met_elsewhere_take_all_apart() -> None:
    lists = [[[i, j] for j in range(35)] for i in range(30)]
    copied = back([lists, [inner[7] for inner in lists]])
    assert all(inner[7] is met for inner, met in zip(copied[0], copied[1], strict=True))


def test_deep_columns_are_taken_apart_too() -> None:
    chain: Any = [[i, [i]] for i in range(40)]
    for _ in range(MAX_NESTING - 1):
        chain = [chain]
    assert back(chain) == chain


def test_records_keep_what_their_columns_hold() -> None:
    boxes: list[Any] = [Box(a=i, b=[i, {"c": i}], d=np.full(2, i), e="x") for i in range(40)]
    copied = back(boxes)
    assert [vars(box)["b"] for box in copied] == [box.b for box in boxes]
    assert [box.d.tolist() for box in copied] == [box.d.tolist() for box in boxes]
    fixed = [Fixed(i) for i in range(40)]
    for each in fixed:
        each.extra = {"k": [each.value]}
    assert [each.extra for each in back(fixed)] == [each.extra for each in fixed]
    assert [vars(box) for box in back([Box() for _ in range(40)])] == [{}] * 40


def test_long_dicts_are_columns_of_keys_and_values() -> None:
    words = {f"word{i}": i for i in range(1000)}
    stored = store(words)
    assert stored.root["dict"]["keys"]["column"] == "str"
    assert stored.root["dict"]["values"]["column"] == "int"
    assert len(stored.json) < 700
    assert list(back(words).items()) == list(words.items())
    mixed: dict[Any, Any] = {**words, (1, 2): [3], None: Box(a=1)}
    assert list(back(mixed)) == list(mixed)
    ordered = OrderedDict((i, [i]) for i in range(50))
    assert list(back(ordered).items()) == list(ordered.items())


def test_sets_are_ordered_by_value_and_not_by_hash() -> None:
    long_bytes = {b"a" * 100, b"b" * 100, "x"}
    nested = {frozenset(range(40)), frozenset("ab"), frozenset(["c" * 40]), (frozenset("d"), 1)}
    for value in (long_bytes, nested, {1.5, 2, "a", None, b"x", 1j, (1, (2,)), np.int8(3), int}):
        orders = [store(list_as_set(list(value)[::step])).json for step in (1, -1)]
        assert orders[0] == orders[1]
        assert back(value) == value


def test_a_blueprint_is_the_same_in_every_process() -> None:
    code = """
from holotype.graph.encode import encode
from holotype.types.table import type_table
words = {f"w{i}" for i in range(50)}
nested = {frozenset(words), frozenset("ab"), b"x" * 99, b"y" * 99, "z", 1.5, ("t", frozenset("cd"))}
model = [words, nested, {1: words, "a": {str, int}}, frozenset(words)]
print(encode(model, type_table()).to_json())
"""
    printed = {run(code, PYTHONHASHSEED=seed).stdout for seed in ("0", "1", "2")}
    assert len(printed) == 1
    assert len(printed.pop()) > 500


def list_as_set(items: list[Any]) -> set[Any]:
    return set(items)


# -- refusals ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("value", "path"),
    [
        ({"a": [object()]}, "model.a[0]"),
        ({1: object()}, "model[1]"),
        ({"a" * 99: {("k", 1): object()}}, f"model.{'a' * 99}[('k', 1)]"),
        ({Box(): object()}, "model[Box]"),
        ({(1,) * 99: object()}, "model[(1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, ...]"),
        (Box(a=Point(1, object())), "model.a.args[1]"),
        ({"a": {object()}}, "model.a"),
        (frozenset([Box()]), "model"),
        (np.array([object()]), "model[0]"),
        (np.zeros(2, [("a", object)]), "model"),
        (Odd(), "model"),
        (Global(), "model"),
        (Copied(), "model"),
        (Sealed(), "model"),
        (Box(a=Able(act=1)), "model.a.act"),
        (Unlike({1: 2}), "model"),
        (Unlike([1]), "model"),
        (Unlike(({}, {}, {})), "model"),
        (Unlike((1, {})), "model"),
        (Unlike(RuntimeError("no")), "model"),
        ([type("Local", (), {})], "model[0]"),
        (Box(__x=1), "model"),
        (Box(**{"\ud800": 1}), "model"),
        (lambda: 1, "model"),
        (store, "model"),
        ([].append, "model"),
    ],
    ids=range(26),
)
def test_a_refusal_says_where(value: Any, path: str) -> None:
    with pytest.raises(UnsupportedError) as caught:
        encode(value, TABLE, saving=Saving(Level.DATA))
    assert caught.value.path == path
    assert str(caught.value).startswith(f"{path}: ")


def test_the_model_may_have_another_name() -> None:
    with pytest.raises(UnsupportedError, match=r"^clf\[0\]: "):
        encode([object()], TABLE, name="clf")


def test_sets_that_nest_too_deeply_are_refused() -> None:
    nested: Any = frozenset()
    for _ in range(5000):
        nested = frozenset([nested])
    with pytest.raises(UnsupportedError, match="nests too deeply"):
        store(nested)


def test_an_encoded_model_knows_the_keys_that_it_uses() -> None:
    encoded = encode([Box(a=int), Pair(1, 2), [Fixed(i) for i in range(40)]], TABLE)
    assert encoded.keys == {"things.Box", "builtins.int", "things.Pair", "things.Fixed"}


class Parted:
    """Taken apart in a way that its entry does not speak of."""

    def __init__(self, reduced: Reduced) -> None:
        self.reduced = reduced


@pytest.mark.parametrize(
    ("reduced", "what"),
    [
        (Reduced(state=[1]), "a state"),
        (Reduced(items=[1]), "elements"),
        (Reduced(pairs=[(1, 2)]), "keys"),
    ],
)
def test_parts_that_no_reader_would_accept_are_refused(reduced: Reduced, what: str) -> None:
    entry = Entry(
        key="things.Parted",
        where=(f"{__name__}:Parted",),
        kind="call",
        reduce=lambda obj: obj.reduced,
    )
    table = TypeTable([entry])
    table._by_class[Parted] = entry
    with pytest.raises(UnsupportedError, match=f"has {what}, which no reader would accept"):
        encode([Parted(reduced)], table)


def test_a_set_of_classes_without_a_name_is_refused() -> None:
    class Local:
        pass

    with pytest.raises(UnsupportedError, match="no name of its own"):
        encode({Local, int}, TABLE)
