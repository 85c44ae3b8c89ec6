"""Python's own types come back exactly, or saving refuses; files cannot make them misbehave."""

from __future__ import annotations

import collections
import datetime
import decimal
import enum
import fractions
import functools
import math
import operator
import os
import pathlib
import re
import types
import uuid
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored, round_trip, store

from holotype.errors import HolotypeError, InvalidStateError, UnsupportedError
from holotype.graph.encode import encode
from holotype.graph.outside import Saving
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.graph.table import Entry
from holotype.trust.levels import Level
from holotype.types.builtins import entries, enum_entries
from holotype.types.table import TypeTable, type_table

Decimal = decimal.Decimal
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")
AUTUMN = datetime.datetime(2020, 10, 25, 2, 30, tzinfo=BERLIN, fold=1)
EAST = datetime.timezone(datetime.timedelta(hours=-3, microseconds=7), "east")

VALUES: list[Any] = [
    bytearray(b"abc"),
    bytearray(),
    bytearray(1000),
    slice(1, None, 2),
    slice("a", 2.5),
    range(3, 100, 7),
    range(10**30),
    range(5, 5, -1),
    collections.deque([1, [2], 3], 5),
    collections.deque(range(50)),
    collections.OrderedDict([("b", 1), ("a", [2])]),
    collections.OrderedDict((i, str(i)) for i in range(50)),
    collections.Counter("abracadabra"),
    collections.defaultdict(list, {"a": [1]}),
    collections.defaultdict(None, {1: 2}),
    datetime.date(2020, 2, 29),
    datetime.date.min,
    datetime.time(1, 2, 3, 4),
    datetime.time(2, 30, fold=1, tzinfo=BERLIN),
    datetime.datetime(1, 1, 1),  # noqa: DTZ001
    datetime.datetime.max,  # noqa: DTZ901
    AUTUMN,
    datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC),
    datetime.timedelta(-1, 3, 5),
    datetime.timedelta.min,
    datetime.UTC,
    EAST,
    BERLIN,
    Decimal("1.10"),
    Decimal("-0E+3"),
    Decimal("1E-400"),
    Decimal("123456789012345678901234567890.5"),
    Decimal("-Infinity"),
    fractions.Fraction(-3, 6),
    fractions.Fraction(10**40, 3),
    uuid.UUID(int=5),
    uuid.uuid1(),
    pathlib.Path("a//b/../c"),
    pathlib.Path("/"),
    pathlib.PurePosixPath("/x/y"),
    pathlib.PureWindowsPath("c:\\x\\y"),
    re.compile(r"(?i)a|b", re.VERBOSE),
    re.compile(b"\xff", re.LOCALE),
    re.compile("ä", re.ASCII | re.MULTILINE | re.DOTALL),
    types.SimpleNamespace(a=1, b=[2]),
    types.SimpleNamespace(),
]
NAMES: list[Any] = [
    *(Ellipsis, NotImplemented, type(None), int, float, str, dict, object, bytearray, range),
    *(collections.deque, ValueError, UserWarning, len, str.lower, str.split),
    *(operator.add, operator.getitem, math.sqrt, math.hypot, uuid.SafeUUID, uuid.SafeUUID.safe),
]


def show(value: Any) -> str:
    """The same in every process, as parallel test runs demand."""
    return type(value).__name__


@pytest.mark.parametrize("value", VALUES, ids=show)
def test_a_value_comes_back_equal_and_of_its_type(value: Any) -> None:
    back = round_trip(value)
    assert type(back) is type(value)
    assert back == value
    assert repr(back) == repr(value)


@pytest.mark.parametrize("value", VALUES, ids=show)
def test_many_values_of_a_type_come_back_one_by_one(value: Any) -> None:
    values = [value, *(round_trip(value) for _ in range(40))]
    back = round_trip(values)
    assert back == values
    assert {type(each) for each in back} == {type(value)}


@pytest.mark.parametrize("value", NAMES, ids=show)
def test_a_name_comes_back_as_the_very_object(value: Any) -> None:
    assert round_trip(value) is value
    assert round_trip({"key": [value]}) == {"key": [value]}


def test_every_entry_is_found_by_what_it_stands_for() -> None:
    table = type_table()
    for entry in entries():
        found = table.resolve(entry)
        if entry.kind == "name":
            assert table.name_of(found) == entry.key
        else:
            assert table.entry_of(found) is table.entry(entry.key)


# -- details that equality does not see --------------------------------------------------------


def test_nan_decimals_keep_their_payload() -> None:
    for text in ("NaN", "-NaN12", "sNaN7"):
        assert str(round_trip(Decimal(text))) == text


def test_a_decimal_is_written_alike_under_every_context() -> None:
    with decimal.localcontext() as context:
        context.capitals = 0
        context.prec = 2
        lower = store(Decimal("1.234E+50")).json
        assert round_trip(Decimal("1.234E+50")) == Decimal("1.234E+50")
    assert store(Decimal("1.234E+50")).json == lower


def test_the_bound_of_a_deque_is_kept() -> None:
    assert round_trip(collections.deque([1], 3)).maxlen == 3
    assert round_trip(collections.deque([1])).maxlen is None


def test_a_default_factory_works_again() -> None:
    nested: Any = collections.defaultdict(functools.partial(collections.defaultdict, int))
    nested["a"]["b"] += 2
    back = round_trip(nested)
    back["x"]["y"] += 1
    assert back == {"a": {"b": 2}, "x": {"y": 1}}
    assert type(back["x"]) is collections.defaultdict


def test_the_fold_of_an_ambiguous_time_is_kept() -> None:
    assert round_trip(AUTUMN).fold == 1
    assert round_trip(AUTUMN).utcoffset() == datetime.timedelta(hours=1)
    assert round_trip(datetime.time(2, fold=1)).fold == 1


def test_time_zones_keep_their_identity() -> None:
    assert round_trip(datetime.UTC) is datetime.UTC
    assert round_trip(BERLIN) is BERLIN
    apart = round_trip(zoneinfo.ZoneInfo.no_cache("Europe/Berlin"))
    assert apart is not BERLIN
    assert apart.key == "Europe/Berlin"
    assert round_trip(EAST).tzname(None) == "east"


def test_the_safety_of_a_uuid_is_kept() -> None:
    for safety in uuid.SafeUUID:
        assert round_trip(uuid.UUID(int=1, is_safe=safety)).is_safe is safety


def test_a_path_is_one_of_the_platform() -> None:
    assert store(pathlib.Path("a/b")).root == {"args": ["a/b"], "call": "pathlib.Path"}
    assert isinstance(round_trip(pathlib.Path("a/b")), os.PathLike)


def test_a_path_that_is_not_unicode_is_kept() -> None:
    path = pathlib.PurePosixPath(os.fsdecode(b"\xff/x"))
    assert os.fsencode(round_trip(path)) == b"\xff/x"


def test_a_container_may_contain_itself() -> None:
    ring: collections.deque[Any] = collections.deque([1])
    ring.append(ring)
    back = round_trip(ring)
    assert back[1] is back
    mapping: collections.OrderedDict[str, Any] = collections.OrderedDict()
    mapping["self"] = [mapping]
    back = round_trip(mapping)
    assert back["self"][0] is back
    space = types.SimpleNamespace()
    space.me = space
    back = round_trip(space)
    assert back.me is back


def test_partials_and_getters_do_what_they_did() -> None:
    clip = round_trip(functools.partial(np.clip, a_min=0, a_max=1))
    assert clip(np.array([-1.0, 0.5, 7.0])).tolist() == [0.0, 0.5, 1.0]
    assert clip.func is np.clip
    assert round_trip(functools.partial(pow, 2))(5) == 32
    assert round_trip(operator.itemgetter("b", 1))({"b": 7, 1: 8}) == (7, 8)
    assert round_trip(operator.itemgetter(0))([5]) == 5


class Colour(enum.Enum):
    RED = 1
    GREEN = "g"
    ALIAS = 1  # noqa: PIE796


def test_members_of_an_enumeration_of_the_table_come_back_as_themselves() -> None:
    table = TypeTable(enum_entries("demo.Colour", f"{__name__}:Colour", "RED GREEN"))
    back = round_trip([Colour.RED, Colour.GREEN, Colour.ALIAS, Colour], table)
    assert back[0] is back[2] is Colour.RED
    assert back[1] is Colour.GREEN
    assert back[3] is Colour
    assert store(Colour.RED, table).root == {"name": "demo.Colour.RED"}


# -- what saving refuses -----------------------------------------------------------------------


class Str(str):
    pass


class Int(int):
    pass


class Float(float):
    pass


class List(list[Any]):
    pass


class Dict(dict[Any, Any]):
    pass


class Set(set[Any]):
    pass


class Tuple(tuple[Any, ...]):
    pass


class Bytes(bytes):
    pass


class Deque(collections.deque[Any]):
    pass


class Pair(collections.namedtuple("Pair", "a b")):
    pass


class Day(datetime.date):
    pass


class Float64(np.float64):
    pass


def fresh_zone() -> zoneinfo.ZoneInfo:
    with (pathlib.Path(zoneinfo.TZPATH[0]) / "Europe/Berlin").open("rb") as file:
        return zoneinfo.ZoneInfo.from_file(file, "made/up")


def marked(obj: Any) -> Any:
    obj.note = 1
    return obj


REFUSED: list[tuple[Callable[[], Any], str]] = [
    (lambda: Str("a"), "root"),
    (lambda: Int(1), "root"),
    (lambda: Float(1), "root"),
    (List, "root"),
    (Dict, "root"),
    (Set, "root"),
    (Tuple, "root"),
    (Bytes, "root"),
    (Deque, "root"),
    (lambda: Pair([1], 2), "root"),
    (lambda: Day(2020, 1, 1), "root"),
    (lambda: Float64(1), "root"),
    (lambda: Colour.RED, "root"),
    (lambda: lambda: 1, "root"),
    (lambda: eval, "root"),
    (lambda: type, "root"),  # called with three arguments, it makes classes
    (lambda: open, "root"),
    (lambda: getattr, "root"),
    (lambda: operator.attrgetter("a"), "root"),
    (lambda: operator.methodcaller("a"), "root"),
    (lambda: operator.call, "root"),
    (lambda: [].append, "root"),
    (lambda: types.MappingProxyType({}), "root"),
    (lambda: iter([1]), "root"),
    (lambda: re.compile("a", re.DEBUG), "root"),
    (lambda: re.compile("a" * 100_001), "root"),
    (fresh_zone, "root"),
    (lambda: marked(collections.OrderedDict()), ".note"),
    (lambda: marked(collections.Counter()), ".note"),
    (lambda: marked(functools.partial(len)), ".note"),
    (lambda: functools.partial(lambda: 1), "args[0]"),
    (lambda: functools.partial(collections.UserDict), "args[0]"),
    (lambda: functools.partial(Decimal, "1"), ".func"),
    (lambda: collections.defaultdict(lambda: 1), "args[0]"),
]


@pytest.mark.parametrize(("make", "where"), REFUSED, ids=range(len(REFUSED)))
def test_what_could_not_come_back_is_refused_with_its_path(
    make: Callable[[], Any], where: str, capsys: pytest.CaptureFixture[str]
) -> None:
    value = make()
    with pytest.raises(UnsupportedError) as caught:
        encode({"a": [value]}, type_table(), saving=Saving(Level.DATA))
    assert caught.value.path.startswith("model.a[0]")
    assert caught.value.path.endswith(where if where != "root" else "[0]")


# -- what loading refuses ----------------------------------------------------------------------

NUMBER = {"scalar": "<i8", "value": 1}
TEXT_LIST = {"list": ["a"]}
UTC = {"call": "datetime.timezone", "args": [{"call": "datetime.timedelta", "args": [0, 0, 0]}]}
LEN = {"name": "builtins.len"}
EMPTY: dict[str, list[Any]] = {"tuple": []}
HOSTILE: list[tuple[str, list[Any]]] = [
    ("builtins.bytearray", [10**12]),
    ("builtins.bytearray", [TEXT_LIST]),
    ("builtins.bytearray", []),
    ("builtins.slice", [1]),
    ("builtins.range", [0, 1, 0]),
    ("builtins.range", [0, 1.5, 1]),
    ("builtins.range", [0, True, 1]),
    ("collections.deque", [-1]),
    ("collections.deque", ["a"]),
    ("collections.deque", [{"int": "0xffffffffffffffffff"}]),
    ("collections.OrderedDict", [{"list": [1]}]),
    ("collections.Counter", [TEXT_LIST]),
    ("collections.defaultdict", ["builtins.list"]),
    ("collections.defaultdict", [TEXT_LIST]),
    ("collections.defaultdict", [{"call": "decimal.Decimal", "args": ["1"]}]),
    ("decimal.Decimal", [1]),
    ("decimal.Decimal", ["\uff11"]),
    ("decimal.Decimal", ["1_0"]),
    ("decimal.Decimal", [" 1"]),
    ("decimal.Decimal", ["1E+99999999999999999999"]),
    ("fractions.Fraction", [2, 4]),
    ("fractions.Fraction", [1, 0]),
    ("fractions.Fraction", [1, -1]),
    ("fractions.Fraction", ["1/2", 1]),
    ("uuid.UUID", ["00000000-0000-0000-0000-000000000005", "safe"]),
    ("uuid.UUID", ["00000000-0000-0000-0000-000000000005", LEN]),
    ("uuid.UUID", ["{00000000-0000-0000-0000-000000000005}", {"name": "uuid.SafeUUID.safe"}]),
    ("re.Pattern", [1, 0]),
    ("re.Pattern", ["a", 128]),
    ("re.Pattern", ["a", -1]),
    ("re.Pattern", ["(", 32]),
    ("re.Pattern", ["a", 4]),
    ("re.Pattern", ["a" * 100_001, 32]),
    ("pathlib.Path", [1]),
    ("pathlib.Path", []),
    ("pathlib.PurePosixPath", [LEN]),
    ("datetime.date", [2020, 13, 1]),
    ("datetime.date", [2020, 1]),
    ("datetime.date", [2020, 1, True]),
    ("datetime.date", [{"bytes": "B+QBAQAAAAAAAA=="}, 1, 1]),
    ("datetime.time", [25, 0, 0, 0, None, 0]),
    ("datetime.time", [1, 0, 0, 0, LEN, 0]),
    ("datetime.time", [1, 0, 0, 0, None, 2]),
    ("datetime.datetime", [2020, 1, 1, 0, 0, 0, 0, "UTC", 0]),
    ("datetime.datetime", [2020, 1, 1, 0, 0, 0, 0, None, False]),
    ("datetime.timedelta", [10**10, 0, 0]),
    ("datetime.timedelta", [1.5, 0, 0]),
    ("datetime.timezone", [1]),
    ("datetime.timezone", [UTC]),
    ("datetime.timezone", [UTC["args"][0], 1]),
    ("datetime.timezone", [{"call": "datetime.timedelta", "args": [2, 0, 0]}]),
    ("zoneinfo.ZoneInfo", ["../../etc/passwd", True]),
    ("zoneinfo.ZoneInfo", ["Europe/Nowhere", False]),
    ("zoneinfo.ZoneInfo", ["Europe/Berlin", 1]),
    ("zoneinfo.ZoneInfo", [1, True]),
    ("functools.partial", [LEN, EMPTY]),
    ("functools.partial", ["len", EMPTY, {"dict": []}]),
    ("functools.partial", [{"name": "decimal.Decimal"}, EMPTY, {"dict": []}]),
    ("functools.partial", [{"name": "functools.partial"}, EMPTY, {"dict": []}]),
    ("functools.partial", [LEN, {"list": []}, {"dict": []}]),
    ("functools.partial", [LEN, EMPTY, {"list": []}]),
    ("functools.partial", [LEN, EMPTY, {"dict": [[1, 2]]}]),
    ("operator.itemgetter", []),
]


@pytest.mark.parametrize(("key", "args"), HOSTILE, ids=lambda each: str(each)[:50])
def test_arguments_that_were_never_written_are_refused(key: str, args: list[Any]) -> None:
    """Before anything is built: what Python would refuse is refused by the validator."""
    node = {"call": key, "args": args}
    stored = Stored({"format": 1, "root": node, "shared": []}, {})
    blueprint = parse_blueprint(stored.json, stored.table, stored=0)
    with pytest.raises(InvalidStateError):
        audit(blueprint, stored)


def test_no_name_of_the_standard_library_reads_files_or_code() -> None:
    forbidden = re.compile(
        r"open|eval|exec|import|compile|input|breakpoint|attr|globals|vars|call$|^type$"
    )
    names = [entry.key for entry in entries() if entry.kind == "name"]
    found = [name for name in names if forbidden.search(name.rpartition(".")[2])]
    assert not found


def test_items_for_a_type_that_has_none_are_refused() -> None:
    for extra in ({"items": [1]}, {"pairs": [[1, 2]]}):
        node = {"call": "fractions.Fraction", "args": [1, 2], **extra}
        with pytest.raises(HolotypeError):
            Stored({"format": 1, "root": node, "shared": []}, {}).load()


def test_an_entry_is_immutable() -> None:
    entry: Entry = next(iter(entries()))
    with pytest.raises(AttributeError):
        entry.key = "other"  # type: ignore[misc]
