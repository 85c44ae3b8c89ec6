"""What Python's own types become: the same as dumping the live object, from every protocol."""

from __future__ import annotations

import collections
import datetime
import decimal
import fractions
import functools
import math
import operator
import pathlib
import pickle
import re
import types
import uuid
import zoneinfo
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import ALL, assert_converted, model

from holotype.errors import UnsupportedError

OBJECTS: dict[str, Any] = {
    "atoms": [None, True, 0, -1, 2**31, 2**70, -(2**70), 1.5, math.inf, math.nan, "a", "ü", "\n"],
    "bytes": [b"", b"x", b"x" * 300, b"\x00\xff" * 5000],
    "surrogates": "\ud800",
    "complex": [1j, complex(math.nan, -0.0)],
    "tuples": [(), (1,), (1, "a", (None,)), ([],)],
    "sets": [set(), {1, 2}, {"a"}, frozenset({1, (2, 3)}), {frozenset({1}), frozenset()}],
    "dicts": {1: "a", "b": {(1, 2): [3]}, None: 1.5, b"k": ()},
    "constants": [..., NotImplemented, type(None), int, dict, ValueError],
    "functions": [len, str.lower, math.sqrt, operator.add, np.log1p],
    "columns": [list(range(5000)), [f"t{i}" for i in range(99)], [0.5] * 40, [b"x"] * 40],
    "slice": slice(1, None, -2),
    "range": range(3, 40, 4),
    "bytearray": [bytearray(), bytearray(b"abc"), bytearray(9999)],
    "deque": [collections.deque(), collections.deque([1, [2]], 4)],
    "counter": [collections.Counter(), collections.Counter("abba")],
    "ordered": [collections.OrderedDict(), collections.OrderedDict(b=1, a=[2])],
    "defaultdict": [collections.defaultdict(list, {1: [2]}), collections.defaultdict(None)],
    "namespace": types.SimpleNamespace(a=1, b=[2]),
    "decimal": [decimal.Decimal("1.50"), decimal.Decimal("1E+20"), decimal.Decimal("-Infinity")],
    "fraction": fractions.Fraction(-3, 7),
    "uuid": [uuid.UUID(int=5), uuid.UUID(int=7, is_safe=uuid.SafeUUID.safe)],
    "pattern": [re.compile("a+", re.IGNORECASE), re.compile(b"x")],
    "paths": [pathlib.Path("/a/b"), pathlib.PurePosixPath("a"), pathlib.PureWindowsPath("c:/x")],
    "date": datetime.date(2020, 2, 29),
    "times": [datetime.time(1, 2, 3, 4), datetime.time(23, fold=1, tzinfo=datetime.UTC)],
    "datetimes": [
        datetime.datetime(1, 1, 1),  # noqa: DTZ001
        datetime.datetime(2020, 10, 25, 2, 30, 1, 999999, fold=1, tzinfo=datetime.UTC),
        datetime.datetime(2020, 1, 1, tzinfo=zoneinfo.ZoneInfo("Europe/Berlin")),
    ],
    "timedelta": datetime.timedelta(-1, 5, 7),
    "zones": [
        datetime.UTC,
        datetime.timezone(datetime.timedelta(hours=2)),
        datetime.timezone(datetime.timedelta(minutes=-90), "x"),
    ],
    "partial": functools.partial(max, 1, key=abs),
    "itemgetter": operator.itemgetter(1, "a"),
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_converted_as_if_it_were_dumped(name: str) -> None:
    # Protocols 0 and 1 know nothing of a time's fold.
    lossy = name in ("times", "datetimes")
    assert_converted(OBJECTS[name], ALL, reloaded=lossy)


def test_what_is_shared_stays_shared_and_what_refers_to_itself_does() -> None:
    common: list[Any] = [1, 2]
    circle: dict[str, Any] = {"common": common}
    circle["self"] = (circle, [circle])
    loop: list[Any] = []
    loop.append((loop,))
    ordered: Any = collections.OrderedDict()
    ordered["self"] = [ordered]
    assert_converted([common, common, (common, circle), loop, ordered])


class _Says:
    """Pickles as a call of ``function`` with ``args`` and a state."""

    def __init__(self, *reduced: Any) -> None:
        self.reduced = reduced

    def __reduce__(self) -> Any:
        return self.reduced


@pytest.mark.parametrize(
    ("reduced", "says"),
    [
        ((complex, ("1", "2")), "two floats"),
        ((set, (5,)), "list of its elements"),
        ((frozenset, ([[]],)), "form"),
        ((type, (1,)), "type of an object"),
        ((getattr, ("a", "lower")), "of an object"),
        ((bytearray, ("a", "utf-8")), "not bytes"),
        ((collections.deque, ([1], 2)), "empty"),
        ((collections.Counter, (5,)), "pairs"),
        ((collections.defaultdict, (1, 2)), "factory"),
        ((decimal.Decimal, ("one",)), "decimal"),
        ((decimal.Decimal, (1,)), "text"),
        ((fractions.Fraction, ("1/0",)), "ZeroDivisionError"),
        ((fractions.Fraction, ("a",)), "fraction"),
        ((re._compile, (1, 2)), "text and flags"),  # type: ignore[attr-defined]
        ((pathlib.PurePosixPath, (1,)), "text"),
        ((datetime.date, (b"abc",)), "3 bytes"),
        ((datetime.date, (2020, 1, 1)), "arguments"),
        ((zoneinfo.ZoneInfo._unpickle, (1, 2)), "name"),  # type: ignore[attr-defined]
        ((functools.partial, (max,), (min, (), {}, None)), "function and arguments"),
        ((functools.partial, (max,), (max, (), {}, {"a": 1})), "attributes"),
        ((uuid.SafeUUID, (7,)), "member"),
        ((collections.OrderedDict, (), {"a": 1}), "state"),
    ],
)
def test_a_form_that_the_library_does_not_write_is_refused(
    reduced: tuple[Any, ...], says: str
) -> None:
    try:
        data = pickle.dumps([_Says(*reduced)], 4)
    except AttributeError:
        pytest.skip("this Python does not pickle it")
    with pytest.raises(UnsupportedError, match=says) as error:
        model(data)
    assert error.value.path.startswith("model[0]")


def test_a_uuid_that_is_none_is_refused() -> None:
    broken = uuid.UUID(int=3)
    object.__setattr__(broken, "int", -1)
    with pytest.raises(UnsupportedError, match="128 bits"):
        model(pickle.dumps(broken))


def test_a_path_of_another_system_becomes_one_of_this() -> None:
    data = pickle.dumps([pathlib.PureWindowsPath("c:/x", "y")], 0)
    windows = data.replace(b"PureWindowsPath", b"WindowsPath")
    (path,) = model(windows)
    assert (path.entry.key, path.reduced.args) == ("pathlib.Path", ("c:/x/y",))


def test_names_that_rules_make_up_are_not_mixed_up() -> None:
    safe = [uuid.UUID(int=i, is_safe=kind) for i, kind in enumerate([*uuid.SafeUUID] * 50)]
    assert_converted(safe, (0, 4))
