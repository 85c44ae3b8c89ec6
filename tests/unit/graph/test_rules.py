"""What goes together fits, and keys differ: refused before anything is imported or built."""

from __future__ import annotations

import datetime
import decimal
import fractions
import itertools
import pathlib
import random
import re
import uuid
import zoneinfo
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored, round_trip, store
from tests.unit.graph.things import TABLE, Box, Pair, entry

import holotype
from holotype.digest import data_digest
from holotype.errors import BlueprintError, InvalidStateError, UnsupportedError
from holotype.graph.decode import decode
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.types import builtins
from holotype.types.table import TypeTable, type_table

I1 = np.dtype("<i1")


def check(root: Any, *shared: Any, table: Any = TABLE, **arrays: Any) -> None:
    """What ``verify`` does: nothing is built."""
    data = {name: array.tobytes() for name, array in arrays.items()}
    stored = Stored({"format": 1, "root": root, "shared": list(shared)}, data, table)
    audit(parse_blueprint(stored.json, table, stored=len(stored.json) + (1 << 16)), stored)


def array(name: str, value: Any) -> dict[str, Any]:
    node = {"array": name, "dtype": value.dtype.str, "order": "C", "shape": list(value.shape)}
    return {**node, "digest": data_digest(value.tobytes())}


def column(kind: str, **arrays: Any) -> Any:
    return {"column": kind, **{name: array(name, value) for name, value in arrays.items()}}


def texts(text: str) -> tuple[Any, Any]:
    data = np.frombuffer(text.encode(), np.uint8)
    return {**column("str", data=data), "separator": "\n"}, data


def call(key: str, *args: Any) -> Any:
    return {"call": key, "args": list(args)}


def keyed(*keys: Any) -> Any:
    return {"dict": [[key, None] for key in keys]}


DAY = call("datetime.date", 2026, 1, 1)
ONE = call("decimal.Decimal", "1")
HALF = call("fractions.Fraction", 1, 2)
SPAN = call("datetime.timedelta", 0, 3600, 0)
ZONE = call("datetime.timezone", SPAN)
ROME = call("zoneinfo.ZoneInfo", "Europe/Rome", True)
NOON = call("datetime.datetime", 2026, 1, 1, 12, 0, 0, 0, ZONE, 0)
UTC = call("datetime.timezone", call("datetime.timedelta", 0, 0, 0))
ELEVEN = call("datetime.datetime", 2026, 1, 1, 11, 0, 0, 0, UTC, 0)
BOX = {"object": "things.Box", "state": {}}
BYTES = np.frombuffer(b"x" * 99, np.uint8)
LONG = {"bytes": array("a", BYTES)}


# -- keys and elements -------------------------------------------------------------------------


@pytest.mark.parametrize(
    "keys",
    [
        ("a", 3, 2.5, None, True, "b"),
        ({"float": "nan"}, {"float": "nan"}),
        ({"int": hex(1 << 60)}, {"complex": [0.0, 1.0]}, {"bytes": ""}, LONG),
        ({"dtype": "<f4"}, {"dtype": "|O"}, {"scalar": "<i4", "value": 1}),
        ({"tuple": []}, {"tuple": [{"tuple": [1]}]}, {"frozenset": [1, 2]}),
        ({"name": "builtins.int"}, {"name": "builtins.float"}),
        (BOX, BOX, {"ref": 0}, {"ref": 1}),
        ({"tuple": [{"ref": 0}, {"ref": 0}]}, {"tuple": [{"ref": 1}, {"ref": 0}]}),
        ({"ref": 2}, {"ref": 3}),
        (DAY, ONE, HALF, SPAN, ZONE, ROME, NOON),
        (call("things.Pair", 1, 2), call("things.Pair", 1, 2)),
    ],
    ids=range(11),
)
def test_keys_that_differ_are_permitted(keys: Any) -> None:
    shared = (BOX, BOX, {"tuple": [{"ref": 0}]}, "a")
    check(keyed(*keys), *shared, a=BYTES)
    check({"set": list(keys)}, *shared, a=BYTES)
    check({"frozenset": list(keys)}, *shared, a=BYTES)


@pytest.mark.parametrize(
    "keys",
    [
        ("a", "a"),
        (1, True),
        (0.0, -0.0),
        (2, {"scalar": "<f4", "value": 2.0}),
        (LONG, LONG),
        ({"tuple": [1]}, {"tuple": [1.0]}),
        ({"frozenset": [1, 2]}, {"frozenset": [2, 1]}),
        ({"name": "builtins.int"}, {"name": "builtins.int"}),
        ({"ref": 0}, {"ref": 0}),
        ({"tuple": [{"ref": 0}]}, {"ref": 1}),
        ("a", {"ref": 2}),
        (DAY, DAY),
        (1, ONE),
        (0.5, HALF),
        (NOON, ELEVEN),
        (SPAN, SPAN),
        (ROME, ROME),
    ],
    ids=str,
)
def test_equal_keys_are_refused(keys: Any) -> None:
    shared = (BOX, {"tuple": [{"ref": 0}]}, "a")
    for node, words in (
        (keyed(*keys), "a dict has the same key twice"),
        ({"set": list(keys)}, "a set has the same element twice"),
        ({"tuple": [{"frozenset": list(keys)}]}, "a frozenset has the same element twice"),
        (keyed({"frozenset": list(keys)}), "a frozenset has the same element twice"),
    ):
        with pytest.raises(BlueprintError, match=words):
            check(node, *shared, a=BYTES)


@pytest.mark.parametrize(
    "key",
    [
        {"list": []},
        {"dict": []},
        {"set": []},
        array("a", BYTES),
        {"objects": [], "order": "C", "shape": [0]},
        {"tuple": [{"list": []}]},
        {"frozenset": [{"list": []}]},
        {"ref": 0},
        {"object": "things.Heap"},
        call("collections.OrderedDict"),
        call("collections.deque", None),
        call("builtins.bytearray", {"bytes": ""}),
        call("builtins.slice", 1, 2, 3),
        {"object": "types.SimpleNamespace"},
        call("decimal.Decimal", "sNaN"),
    ],
    ids=str,
)
def test_what_has_no_hash_is_no_key(key: Any) -> None:
    for node in (keyed(key), {"set": [key]}, {"frozenset": [key]}):
        with pytest.raises(BlueprintError, match="cannot be hashed"):
            check(node, {"list": []}, a=BYTES)


def test_contents_of_a_key_are_validated_before_it_is_compared() -> None:
    with pytest.raises(InvalidStateError, match="not a decimal number"):
        check(keyed(call("decimal.Decimal", "1_0")))
    with pytest.raises(InvalidStateError, match="its parts are not integers"):
        check(keyed(call("datetime.date", 2026, 1.0, 1)))


def test_a_key_that_cannot_be_made_is_an_error_of_ours() -> None:
    def refuse(*_: Any) -> Any:
        raise InvalidStateError("here", "in its own words")

    for make, words in ((lambda x: 1 / x, "ZeroDivisionError"), (refuse, "in its own words")):
        table = TypeTable([entry("Pair", "call", as_key=make)])
        with pytest.raises(InvalidStateError, match=words):
            check(keyed(call("things.Pair", 0)), table=table)


def test_columns_of_keys_are_compared() -> None:
    numbers, floats = np.array([1, 2, 3], I1), np.array([np.nan, np.nan, 1.0])
    for right, wrong in (
        (column("int", data=numbers), column("int", data=np.array([1, 1], I1))),
        (column("float", data=floats), column("float", data=np.zeros(2))),
        (column("scalar", data=floats), column("scalar", data=numbers - numbers)),
        ({"column": "repeat", "count": 1, "value": "a"}, 2),
        (
            column("bytes", data=BYTES[:3], lengths=np.array([1, 2], I1)),
            column("bytes", data=BYTES[:2], lengths=np.array([1, 1], I1)),
        ),
        (texts("a\nb")[0], texts("a\nb\na")[0]),
        (column("list", lengths=numbers[:0]) | {"items": []}, None),
    ):
        check({"set": right}, **arrays_of(right))
        if isinstance(wrong, int):
            wrong = right | {"count": wrong}
        if wrong is not None:
            with pytest.raises(BlueprintError, match="twice"):
                check({"set": wrong}, **arrays_of(wrong))
    for unhashable in (
        column("list", lengths=numbers[:1]) | {"items": [1]},
        column("array", data=floats, shapes=np.array([[3]], I1)),
    ):
        with pytest.raises(BlueprintError, match="cannot be hashed"):
            check({"set": unhashable}, **arrays_of(unhashable))


KEPT: dict[str, Any] = {
    data_digest(each.tobytes()): each
    for each in (
        *(np.array(numbers, I1) for numbers in ([1, 2, 3], [1, 1], [0, 0, 0], [1, 2], [1], [])),
        *(np.array([[3]], I1), np.array([np.nan, np.nan, 1.0]), np.zeros(2)),
        *(BYTES[:3], BYTES[:2], texts("a\nb")[1], texts("a\nb\na")[1]),
    )
}


def arrays_of(node: dict[str, Any]) -> dict[str, Any]:
    return {name: KEPT[part["digest"]] for name, part in node.items() if type(part) is dict}


def test_records_are_keys_by_value_or_by_identity() -> None:
    def records(key: str, *args: Any, count: int = 2) -> Any:
        return {"set": {"column": "records", "call": key, "count": count, "args": list(args)}}

    check(records("datetime.date", [1, 2], [1, 1], [1, 1]))
    check(records("things.Pair", [1, 1], [1, 1]))
    check(records("collections.Counter", count=0))
    with pytest.raises(BlueprintError, match="twice"):
        check(records("datetime.date", [1, 1], [1, 1], [1, 1]))
    with pytest.raises(BlueprintError, match="cannot be hashed"):
        check(records("collections.Counter"))
    with pytest.raises(InvalidStateError, match="parts"):
        check(records("datetime.date", [1, "x"], [1, 1], [1, 1]))
    empty = TypeTable([entry("Pair", "call", as_key=lambda: 1)])
    check(records("things.Pair", count=1), table=empty)
    with pytest.raises(BlueprintError, match="twice"):
        check(records("things.Pair"), table=empty)


# -- what could stop a process -----------------------------------------------------------------


def doubled(levels: int) -> list[Any]:
    return [*({"tuple": [{"ref": i + 1}] * 2} for i in range(levels)), "a"]


def test_shared_parts_of_keys_are_counted_in_all_containers_together() -> None:
    check(keyed({"ref": 0}), *doubled(20))
    with pytest.raises(BlueprintError, match="too many parts"):
        check(keyed({"ref": 0}), *doubled(22))
    with pytest.raises(BlueprintError, match="too many parts"):
        check({"list": [keyed({"ref": 0})] * 20}, *doubled(20))


def test_keys_nest_at_most_64_deep() -> None:
    chain = [*({"tuple": [{"ref": i + 1}]} for i in range(63)), {"tuple": []}]
    check(keyed({"ref": 0}), *chain)
    with pytest.raises(BlueprintError, match="too deeply"):
        check(keyed({"tuple": [{"ref": 0}]}), *chain)
    # Each of them is fine alone, and known when the next is looked at.
    deep = [{"ref": i} for i in range(len(chain) - 1, -1, -1)]
    check({"set": deep}, *chain)
    with pytest.raises(BlueprintError, match="too deeply"):
        check({"set": [*deep, {"tuple": [{"ref": 0}]}]}, *chain)


def test_numbers_of_one_hash_are_refused() -> None:
    many = [{"int": hex(((1 << 61) - 1) * i)} for i in range(1, 10_001)]
    with pytest.raises(BlueprintError, match="same hash"):
        check({"set": many})
    terms = [call("fractions.Fraction", 0, 1)] + [
        call("decimal.Decimal", str(((1 << 61) - 1) * i)) for i in range(1, 5000)
    ]
    with pytest.raises(BlueprintError, match="same hash"):
        check({"set": terms})


# -- lengths -----------------------------------------------------------------------------------


def test_what_goes_together_is_of_one_length() -> None:
    column, data = texts("a\nb\nc")
    other, others = texts("d\ne")
    for node, words in (
        ({"dict": {"keys": column, "values": [1, 2]}}, "as many keys"),
        ({"dict": {"keys": [1, 2], "values": column}}, "as many keys"),
        ({"objects": column, "order": "C", "shape": [2]}, "number of elements"),
        ({"list": records(2, column)}, "another length"),
        ({"list": records(4, column)}, "another length"),
    ):
        with pytest.raises(BlueprintError, match=words):
            check(node, data=data)
    other["data"] = {**other["data"], "array": "other"}
    with pytest.raises(BlueprintError, match="as many keys"):
        check({"dict": {"keys": column, "values": other}}, data=data, other=others)
    check({"dict": {"keys": column, "values": [1, 2, 3]}}, data=data)
    check({"objects": column, "order": "C", "shape": [3]}, data=data)
    check({"list": records(3, column)}, data=data)


def records(count: int, values: Any) -> Any:
    return {"column": "records", "object": "things.Box", "count": count, "state": {"a": values}}


def test_lengths_are_compared_before_keys_are_made_of_columns() -> None:
    column, data = texts("1\n2\n3")
    for args in ([column], [["4", "5"], column], [column, ["4", "5"]]):
        node = {"column": "records", "call": "decimal.Decimal", "count": 2, "args": args}
        with pytest.raises(BlueprintError, match="another length"):
            check({"set": node}, data=data)


def test_arguments_of_a_key_are_looked_at_before_its_validator_is_asked() -> None:
    """It would hash the keys of a dict among them, which no rule has seen yet."""
    bomb = keyed({"ref": 2})
    tuples = [{"tuple": [{"ref": i + 3}] * 2} for i in range(60)]
    shared = [keyed(call("decimal.Decimal", {"ref": 1})), bomb, *tuples, "a"]
    with pytest.raises(BlueprintError, match="cannot be hashed"):
        check({"ref": 0}, *shared)
    shared[0] = {
        "set": {"column": "records", "call": "decimal.Decimal", "count": 1, "args": [[{"ref": 1}]]}
    }
    with pytest.raises(BlueprintError, match="cannot be hashed"):
        check({"ref": 0}, *shared)


def test_lists_of_texts_are_divided_as_there_are_texts() -> None:
    inner, data = texts("a\nb\nc")
    for lengths, right in (([1, 2], True), ([1, 1], False), ([2, 2], False)):
        sizes = np.array(lengths, I1)
        node = {"list": {"column": "list", "items": inner, "lengths": array("n", sizes)}}
        if right:
            check(node, data=data, n=sizes)
        else:
            with pytest.raises(BlueprintError, match="add up"):
                check(node, data=data, n=sizes)


def test_a_column_is_checked_wherever_it_stands() -> None:
    bad = np.frombuffer(b"\xff", np.uint8)
    column = {**texts("")[0], "data": array("data", bad)}
    for node in (
        {"list": column},
        keyed({"tuple": column}),
        {"set": column},
        {"dict": {"keys": ["a"], "values": column}},
    ):
        with pytest.raises(BlueprintError, match="UTF-8"):
            check(node, data=bad)


# -- verify and load ---------------------------------------------------------------------------


@pytest.mark.parametrize("key", ["builtins.dict", "things.Box", "things.Pair", "things.Bag"])
def test_items_and_pairs_are_only_for_types_that_take_them(key: str) -> None:
    form = {"call": key, "args": [1, 2]} if key == "things.Pair" else {"object": key}
    node = {**form, "items": []}
    with pytest.raises(BlueprintError, match=r"takes no items|is not written as"):
        check(node)
    if key != "things.Bag":
        with pytest.raises(BlueprintError, match=r"takes no pairs|is not written as"):
            check({**form, "pairs": []})


def test_the_table_says_which_of_its_types_are_lists_or_dicts() -> None:
    """A list or dict whose contents the protocol takes out needs an entry that takes them."""
    table = type_table()
    named = {"collections.deque": "items", "scipy.optimize.OptimizeResult": "pairs"}
    named |= {f"collections.{name}": "pairs" for name in ("OrderedDict", "Counter", "defaultdict")}
    named["sklearn.utils.Bunch"] = named["statsmodels.tools.Bunch"] = "pairs"
    entries = {key: table.entry(key) for key in table.keys()}  # noqa: SIM118 - no mapping
    assert {key: each.takes for key, each in entries.items() if each and each.takes} == named


PLAIN_KEYS = [
    datetime.date(2026, 1, 1),
    datetime.time(1, 2, tzinfo=datetime.UTC, fold=1),
    datetime.datetime(2026, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Rome")),
    datetime.timedelta(1),
    datetime.timezone(datetime.timedelta(hours=1), "x"),
    decimal.Decimal("1.5"),
    fractions.Fraction(1, 3),
    uuid.UUID(int=1),
    pathlib.PurePosixPath("a/b"),
    pathlib.PureWindowsPath("a/b"),
    pathlib.Path("a"),
    range(3),
    re.compile("a+"),
    zoneinfo.ZoneInfo("Europe/Rome"),
    (1, (2.0, frozenset({"a"}))),
    np.dtype("f4"),
    np.float32(3),
    2**70,
    b"x" * 99,
    1j,
]


@pytest.mark.parametrize("key", PLAIN_KEYS, ids=str)
def test_every_value_may_be_a_key(key: Any) -> None:
    data = holotype.dumps({key: 1, "other": key, (key, key): 2})
    holotype.verify(data).require()
    assert next(iter(holotype.loads(data).items())) == (key, 1)


def test_every_value_of_python_knows_what_it_is_as_a_key() -> None:
    """What is compared before it is built is what is built: one equals the other."""
    made = {each.key for each in builtins.entries() if callable(each.as_key)}
    used = {TABLE.entry_of(type(key)) for key in PLAIN_KEYS}
    assert made == {each.key for each in used if each is not None and callable(each.as_key)}


def test_dicts_and_sets_come_back_whatever_their_keys_are() -> None:
    box = Box()
    back = round_trip({box: 1, Pair(1, 2): 2, int: 3, (box,): 4}, TABLE)
    first, _, _, last = back
    assert last[0] is first
    for many in (
        {str(i): i for i in range(100)},
        {i: i for i in range(100)},
        {(i, str(i)): i for i in range(100)},
        {bytes([i]): i for i in range(100)},
        {float("nan"): 1, float("inf"): 2},
        {(float("nan"),): 1, (1,): 2},
    ):
        assert list(map(repr, round_trip(many, TABLE))) == list(map(repr, many))
        assert sorted(map(repr, round_trip(set(many), TABLE))) == sorted(map(repr, many))
        ((back, _),) = round_trip({frozenset(many): 1}, TABLE).items()
        assert sorted(map(repr, back)) == sorted(map(repr, many))
    days = {datetime.date(2000 + i, 1, 1): i for i in range(100)}
    assert round_trip(days, TABLE) == days


def test_nans_are_keys_of_their_own() -> None:
    pair = {float("nan"): 1, -float("nan"): 2}
    assert len(round_trip(pair, TABLE)) == 2


def test_saving_refuses_what_is_no_list_or_dict_but_has_contents() -> None:
    class Odd:
        def __reduce__(self) -> Any:
            return Odd, (), None, iter([1])

    table = TypeTable([entry("Odd", "call")])
    table._by_class[Odd] = table.entry("things.Odd")
    with pytest.raises(UnsupportedError, match="contents of a list"):
        store(Odd(), table)


def test_saving_refuses_what_another_function_than_the_class_makes() -> None:
    class Made:
        def __reduce__(self) -> Any:
            return itertools.count, (1,)

    table = TypeTable([entry("Made", "call")])
    table._by_class[Made] = table.entry("things.Made")
    with pytest.raises(UnsupportedError, match="reduces in a way that is not known"):
        store(Made(), table)


# -- any blueprint -----------------------------------------------------------------------------

PURE = TypeTable(
    [
        entry("Box", "object"),
        entry("Heap", "object", takes="items", as_key="never"),
        entry("Pair", "call", as_key=lambda one, other: (one, other)),
        *builtins.entries(),
    ]
)


class Maker:
    """Random nodes of types that any process can build, with references to anywhere."""

    def __init__(self, seed: int) -> None:
        self.random = random.Random(seed)
        self.shared = self.random.randint(1, 5)

    def some(self, depth: int) -> list[Any]:
        return [self.node(depth - 1) for _ in range(self.random.randint(0, 2))]

    def node(self, depth: int) -> Any:
        kinds = ("plain", "ref") if depth <= 0 else KINDS
        kind = self.random.choice(kinds)
        if kind == "plain":
            return self.random.choice((None, True, 0, 1, 1.0, "a", {"float": "nan"}))
        if kind == "ref":
            return {"ref": self.random.randrange(self.shared)}
        if kind == "pair":
            return call("things.Pair", self.node(depth - 1), self.node(depth - 1))
        if kind == "box":
            return {
                "object": "things.Box",
                "state": dict(zip("ab", self.some(depth), strict=False)),
            }
        if kind == "heap":
            return {"object": "things.Heap", "state": {}, "items": self.some(depth)}
        pairs = [[self.node(depth - 1), self.node(depth - 1)] for _ in range(2)]
        if kind == "dict":
            return {"dict": pairs}
        if kind == "ordered":
            return {"call": "collections.OrderedDict", "args": [], "pairs": pairs}
        if kind == "objects":
            items = self.some(depth)
            return {"objects": items, "order": "C", "shape": [len(items)]}
        return {kind: self.some(depth)}

    def container(self) -> Any:
        while True:
            node = self.node(3)
            if type(node) is dict and "ref" not in node:
                return node


OFTEN = {"ref": 3, "list": 2, "tuple": 3, "frozenset": 2, "pair": 2, "box": 2}
KINDS = [
    kind
    for kind in (*OFTEN, "plain", "set", "heap", "dict", "ordered", "objects")
    for _ in range(OFTEN.get(kind, 1))
]


def test_what_passes_the_checks_is_built_and_all_else_is_refused_before() -> None:
    built = 0
    for seed in range(6000):
        maker = Maker(seed)
        shared = [maker.container() for _ in range(maker.shared)]
        stored = Stored({"format": 1, "root": maker.node(3), "shared": shared}, {}, PURE)
        try:
            blueprint = parse_blueprint(stored.json, PURE, stored=1 << 16)
            audit(blueprint, stored)
        except BlueprintError:
            continue
        decode(blueprint, PURE, stored)
        built += 1
    assert 800 < built < 5500
