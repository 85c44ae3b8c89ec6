"""pandas objects come back exactly, whatever blocks pandas keeps them in, or saving refuses."""

from __future__ import annotations

import contextlib
import datetime
import json
import os
import subprocess
import sys
import zoneinfo
from collections.abc import Callable, Iterator
from typing import Any
from unittest import mock

import numpy as np
import pytest

from holotype.digest import canonical_json, data_digest
from holotype.errors import InvalidStateError, MissingLibraryError, UnsupportedError
from holotype.graph.decode import decode
from holotype.graph.encode import Encoded, encode
from holotype.graph.nodes import ArrayNode
from holotype.graph.outside import Saving
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.trust.levels import Level
from holotype.types.table import type_table

pd = pytest.importorskip("pandas")

VERSION = tuple(int(part) for part in pd.__version__.split(".")[:2])
NAN = float("nan")


# -- a round trip in memory --------------------------------------------------------------------


class Memory:
    """The arrays of an encoded model; remembers those that it gave away."""

    def __init__(self, encoded: Encoded) -> None:
        self.data = {
            tensor.name: b"".join(part.tobytes("A") for part in tensor.parts)
            for tensor in encoded.tensors
        }
        self.taken: list[np.ndarray[Any, Any]] = []

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        if not node.size:
            return np.empty(node.shape, node.dtype)
        flat = np.frombuffer(self.data[node.name], node.dtype)
        return flat.reshape(node.shape, order=node.order)

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        self.taken.append(self.peek(node).copy(order="K"))
        return self.taken[-1]


def encoded(obj: Any) -> tuple[bytes, Memory]:
    result = encode(obj, type_table(), saving=Saving(Level.DATA))
    memory = Memory(result)
    for tensor in result.tensors:
        tensor.seal(data_digest(memory.data[tensor.name]))
    return result.to_json(), memory


def blueprint_of(obj: Any) -> Any:
    return json.loads(encoded(obj)[0])


@contextlib.contextmanager
def without_pandas() -> Iterator[None]:
    """Whoever imports pandas in here fails: validators see data only."""
    with mock.patch.dict(sys.modules, {"pandas": None}):
        yield


def opened(blueprint: bytes, memory: Memory) -> Any:
    stored = len(blueprint) + sum(map(len, memory.data.values()))
    with without_pandas():
        parsed = parse_blueprint(blueprint, type_table(), stored=stored)
        audit(parsed, memory)
    return decode(parsed, type_table(), memory)


def again(obj: Any) -> Any:
    """``obj`` after a round trip; its copy must encode to the same bytes."""
    blueprint, memory = encoded(obj)
    copy = opened(blueprint, memory)
    assert encoded(copy)[0] == blueprint
    return copy


def problem(key: str, *args: Any, state: Any = None) -> str:
    """Why a hand-made call of ``key`` is refused."""
    blueprint, memory = encoded([list(args), state])
    tree = json.loads(blueprint)
    (items, extras) = tree["root"]["list"]
    tree["root"] = {"args": items["list"], "call": key}
    if state is not None:
        tree["root"]["state"] = extras
    with pytest.raises(InvalidStateError) as caught:
        opened(canonical_json(tree), memory)
    return caught.value.problem


# -- sameness ----------------------------------------------------------------------------------


def assert_same(one: Any, other: Any) -> None:
    """Equal in all that a user can see, which is more than pandas.testing looks at."""
    assert type(one) is type(other)
    if isinstance(one, pd.DataFrame):
        pd.testing.assert_frame_equal(one, other, check_exact=True, check_flags=True)
        assert_same(one.columns, other.columns)
        assert_same(one.index, other.index)
        assert list(one.dtypes) == list(other.dtypes)
        for position in range(one.shape[1]):
            assert_same(one.iloc[:, position].array, other.iloc[:, position].array)
        assert one.attrs == other.attrs
    elif isinstance(one, pd.Series):
        pd.testing.assert_series_equal(one, other, check_exact=True, check_flags=True)
        assert_same(one.index, other.index)
        assert_same(one.array, other.array)
        assert type(one.name) is type(other.name)
        assert one.attrs == other.attrs
    elif isinstance(one, pd.Index):
        assert_same_index(one, other)
    elif isinstance(one, pd.api.extensions.ExtensionArray):
        assert_same_array(one, other)
    elif isinstance(one, np.ndarray):
        assert one.dtype == other.dtype
        assert one.shape == other.shape
        for left, right in zip(one.tolist(), other.tolist(), strict=True):
            assert_same(left, right)
    elif isinstance(one, (float, complex)) and one != one:
        assert repr(other) == repr(one)
    elif one is pd.NA or one is pd.NaT:
        assert other is one
    else:
        assert one == other
        for name in SEEN.get(type(one).__name__, ("n", "normalize", "base")):
            assert getattr(one, name, None) == getattr(other, name, None)


SEEN = {
    "Timestamp": ("unit", "tz", "fold", "nanosecond", "asm8"),
    "Timedelta": ("unit", "asm8"),
    "Period": ("ordinal", "freq"),
    "Interval": ("left", "right", "closed"),
}


def assert_same_index(one: Any, other: Any) -> None:
    pd.testing.assert_index_equal(one, other, exact=True, check_exact=True)
    assert list(map(type, one.names)) == list(map(type, other.names))
    if isinstance(one, pd.MultiIndex):
        assert one.sortorder == other.sortorder
        for left, right in zip(one.levels, other.levels, strict=True):
            assert_same(left, right)
        for left, right in zip(one.codes, other.codes, strict=True):
            assert_same(left, right)
    elif isinstance(one, pd.RangeIndex):
        assert (one.start, one.stop, one.step) == (other.start, other.stop, other.step)
    else:
        assert getattr(one, "freq", None) == getattr(other, "freq", None)
        assert_same(one.array, other.array)


def assert_same_array(one: Any, other: Any) -> None:
    assert one.dtype == other.dtype
    assert type(one.dtype) is type(other.dtype)
    pd.testing.assert_extension_array_equal(one, other, check_exact=True)
    if isinstance(one, pd.Categorical):
        assert_same(np.asarray(one.codes), np.asarray(other.codes))
        assert_same(one.categories, other.categories)
        assert one.ordered is other.ordered
    elif isinstance(one, pd.arrays.SparseArray):
        assert one.kind == other.kind
        assert_same(one.sp_values, other.sp_values)
        assert_same(one.fill_value, other.fill_value)
    else:
        assert_same(np.asarray(one, dtype=object), np.asarray(other, dtype=object))
        assert getattr(one, "freq", None) == getattr(other, "freq", None)


# -- what is kept ------------------------------------------------------------------------------

HOUR = datetime.timedelta(hours=1)


def times(**keywords: Any) -> Any:
    return pd.date_range("2020-03-28", periods=5, **keywords)


def mixed_frame() -> Any:
    return pd.DataFrame(
        {
            "float": [1.5, NAN, -0.0],
            "int": [1, 2, 3],
            "float32": np.array([1, 2, 3], "f4"),
            "text": ["a", "b", None],
            "object": pd.Series([None, NAN, "x"], dtype=object),
            "bool": [True, False, True],
            "when": pd.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "zoned": pd.date_range("2020", periods=3, tz="Europe/Berlin"),
            "zoned2": pd.date_range("2021", periods=3, tz="Europe/Berlin"),
            "span": pd.to_timedelta([1, 2, None], unit="s"),
            "period": pd.period_range("2020-01", periods=3, freq="M"),
            "category": pd.Categorical(["b", None, "a"], categories=["b", "a"], ordered=True),
            "nullable": pd.array([1, None, 3], dtype="Int16"),
            "interval": pd.arrays.IntervalArray.from_breaks([0, 1, 2, 3]),
            "sparse": pd.arrays.SparseArray([0, 0, 1]),
            "complex": [1j, 2, NAN],
            "int again": [4, 5, 6],
        },
        index=pd.Index([10, 20, 30], name="row"),
    )


FRAMES: dict[str, Callable[[], Any]] = {
    "mixed dtypes": mixed_frame,
    "no columns": lambda: pd.DataFrame(index=[1, 2]),
    "no rows": lambda: mixed_frame().iloc[:0],
    "nothing": pd.DataFrame,
    "empty blocks": lambda: pd.DataFrame(np.empty((3, 0))),
    "one array": lambda: pd.DataFrame(np.arange(6.0).reshape(3, 2)),
    "one array by column": lambda: pd.DataFrame(np.arange(6.0).reshape(3, 2, order="F")),
    "duplicate labels": lambda: pd.DataFrame([[1, 2.0, 3]], columns=["a", "a", "b"]),
    "labels of many types": lambda: pd.DataFrame([[1, 2, 3, 4]], columns=[1, "1", True, (1, 2)]),
    "rows from the middle": lambda: mixed_frame().iloc[1:],
    "every other row": lambda: pd.DataFrame(np.arange(12.0).reshape(6, 2)).iloc[::2],
    "reversed columns": lambda: mixed_frame().iloc[:, ::-1],
    "several levels": lambda: pd.DataFrame(
        np.arange(8).reshape(4, 2),
        index=pd.MultiIndex.from_product([["a", "b"], [1, 2]], names=["x", None]),
        columns=pd.MultiIndex.from_tuples([("p", 1), ("q", 2)]),
    ),
    "big endian": lambda: pd.DataFrame(np.arange(4, dtype=">f8").reshape(2, 2)),
    "objects only": lambda: pd.DataFrame({"a": [None, 1], "b": [{"x": 1}, [2]]}, dtype=object),
    "only zoned": lambda: pd.DataFrame({"a": times(tz="UTC"), "b": times(tz="UTC")}),
}

SERIES: dict[str, Callable[[], Any]] = {
    "floats": lambda: pd.Series([1.0, NAN, -0.0, float("inf")], name="x"),
    "name is a tuple": lambda: pd.Series([1], name=("a", 1)),
    "int8": lambda: pd.Series(np.arange(3, dtype="i1")),
    "uint64": lambda: pd.Series([2**64 - 1, 0], dtype="u8"),
    "float16": lambda: pd.Series(np.array([1, 2], "f2")),
    "complex": lambda: pd.Series([1j, 2]),
    "booleans": lambda: pd.Series([True, False]),
    "texts": lambda: pd.Series(["a", "", None, "d"]),
    "None and NaN": lambda: pd.Series([None, NAN, pd.NaT, pd.NA, "x", 1, 2.5], dtype=object),
    "objects that pandas would infer": lambda: pd.Series([1, 2, 3], dtype=object),
    "many texts as objects": lambda: pd.Series([str(i) for i in range(100)], dtype=object),
    "lists": lambda: pd.Series([[1, 2], [3]]),
    "timestamps as objects": lambda: pd.Series(list(times(tz="UTC")) * 1, dtype=object),
    "many timestamps as objects": lambda: pd.Series(
        list(pd.date_range("2020", periods=50)), dtype=object
    ),
    "empty": lambda: pd.Series([], dtype="f8"),
    "strided": lambda: pd.Series(np.arange(10.0))[::3],
    "zoned": lambda: pd.Series(times(tz="America/New_York")),
    "category index": lambda: pd.Series([1, 2], index=pd.CategoricalIndex(["x", "y"])),
    "attrs": lambda: _with_attrs(pd.Series([1, 2])),
    "big endian": lambda: pd.Series(np.arange(4, dtype=">i4")),
}


def _with_attrs(obj: Any) -> Any:
    obj.attrs["unit"] = {"of": ["mass", 1]}
    return obj.set_flags(allows_duplicate_labels=False)


INDEXES: dict[str, Callable[[], Any]] = {
    "texts": lambda: pd.Index(["a", "b"], name="n"),
    "objects": lambda: pd.Index(["a", 1, None, NAN], dtype=object),
    "tuples": lambda: pd.Index([("a", 1), ("b", 2)], tupleize_cols=False, name=("t",)),
    "integers": lambda: pd.Index([3, 1, 1]),
    "unsigned": lambda: pd.Index([3, 1], dtype="u8"),
    "floats": lambda: pd.Index([1.5, NAN]),
    "booleans": lambda: pd.Index([True, False]),
    "nullable": lambda: pd.Index(pd.array([1, None], dtype="Int64")),
    "empty": lambda: pd.Index([], dtype=object),
    "range": lambda: pd.RangeIndex(5, -3, -2, name="r"),
    "times": lambda: times(name="t"),
    "times with frequency": lambda: times(freq="D"),
    "business hours": lambda: times(freq=pd.offsets.BusinessHour(2, start="10:00")),
    "month ends": lambda: times(freq=pd.offsets.MonthEnd(3)),
    "zoned": lambda: times(tz="Europe/Berlin", freq="D"),
    "across a change of clocks": lambda: times(tz="Europe/Berlin", freq=pd.offsets.Hour(12)),
    "utc": lambda: times(tz="UTC"),
    "fixed": lambda: times(tz=datetime.timezone(HOUR)),
    "zoneinfo": lambda: times(tz=zoneinfo.ZoneInfo("Asia/Tokyo")),
    "without frequency": lambda: pd.DatetimeIndex(["2020-01-01", None]),
    "spans": lambda: pd.timedelta_range("1h", periods=3, freq="2h", name="s"),
    "spans without frequency": lambda: pd.to_timedelta([1, 5, 2], unit="s"),
    "periods": lambda: pd.period_range("2020", periods=3, freq=pd.offsets.QuarterEnd(), name="q"),
    "weeks": lambda: pd.PeriodIndex(["2020-01-01", None], freq="W-WED"),
    "intervals": lambda: pd.interval_range(0.0, 3.0, closed="left", name="i"),
    "intervals of time": lambda: pd.interval_range(times(tz="UTC")[0], periods=3),
    "missing interval": lambda: pd.IntervalIndex.from_tuples([(0.0, 1.0), None]),
    "categories": lambda: pd.CategoricalIndex(["b", "a", None], ordered=True, name="c"),
    "levels": lambda: pd.MultiIndex.from_product([[1, 2], ["a", "b"]], names=["x", "y"]),
    "sorted levels": lambda: pd.MultiIndex.from_arrays([[2, 1], times()[:2]]).sortlevel(0)[0],
    "known to be sorted": lambda: pd.MultiIndex(
        levels=[["a", "b"], [1, 2]], codes=[[0, 0, 1], [0, 1, 0]], sortorder=2
    ),
    "missing in levels": lambda: pd.MultiIndex.from_arrays([[1.0, NAN], ["a", None]]),
    "unused levels": lambda: pd.MultiIndex.from_product([[1, 2], ["a", "b"]])[:1],
    "levels without rows": lambda: pd.MultiIndex.from_arrays([[], []], names=["x", "x"]),
}

ARRAYS: dict[str, Callable[[], Any]] = {
    "categorical": lambda: pd.Categorical([3, 1, None, 3], categories=[3, 1, 2]),
    "categorical of times": lambda: pd.Categorical(times()),
    "many categories": lambda: pd.Categorical(np.arange(300)),
    "boolean": lambda: pd.array([True, None, False], dtype="boolean"),
    "float nullable": lambda: pd.array([1.5, None], dtype="Float32"),
    "NaN beside NA": lambda: pd.arrays.FloatingArray(
        np.array([NAN, 1.0, 2.0]), np.array([False, True, False])
    ),
    "no missing": lambda: pd.array([1, 2], dtype="UInt8"),
    "python strings": lambda: pd.array(["a", None, "\n"], dtype="string[python]"),
    "many strings": lambda: pd.array([f"text {i}" for i in range(200)], dtype="string[python]"),
    "lone surrogate": lambda: pd.array(["\ud800"], dtype="string[python]"),
    "times": lambda: pd.array(times(), dtype="M8[ns]"),
    "zoned": lambda: times(tz="Europe/Berlin").array,
    "spans": lambda: pd.array(pd.to_timedelta([1, None])),
    "periods": lambda: pd.array(["2020", None], dtype="period[M]"),
    "intervals": lambda: pd.arrays.IntervalArray.from_breaks([1.0, 2.0, 4.0], closed="both"),
    "sparse floats": lambda: pd.arrays.SparseArray([NAN, 1.0, NAN, 2.0]),
    "sparse blocks": lambda: pd.arrays.SparseArray([0, 1, 2, 0, 3], kind="block"),
    "sparse booleans": lambda: pd.arrays.SparseArray([True, False], fill_value=True),
    "sparse nothing": lambda: pd.arrays.SparseArray([0, 0]),
    "numpy": lambda: pd.array(np.array([1.0, 2.0]), dtype=np.dtype("f8")),
    "numpy texts": lambda: pd.array(np.array(["a", "bc"], object), dtype=object),
}

SCALARS: dict[str, Callable[[], Any]] = {
    "timestamp": lambda: pd.Timestamp("2020-01-01 12:00:00.123456789"),
    "zoned timestamp": lambda: pd.Timestamp("1883-01-01", tz="America/New_York"),
    "first of an hour twice": lambda: _ambiguous(is_dst=True),
    "second of an hour twice": lambda: _ambiguous(is_dst=False),
    "naive fold": lambda: pd.Timestamp("2020-10-25 02:30").replace(fold=1),
    "before christ": lambda: pd.Timestamp(np.datetime64("1700-01-01", "ns")),
    "timedelta": lambda: pd.Timedelta("-3 days 1ns"),
    "period": lambda: pd.Period("2020-02", freq="M"),
    "period of weeks": lambda: pd.Period("2020-02-01", freq="2W-TUE"),
    "interval": lambda: pd.Interval(0, 1.5, closed="both"),
    "interval of time": lambda: pd.Interval(pd.Timestamp(0), pd.Timestamp(1)),
    "NaT": lambda: pd.NaT,
    "NA": lambda: pd.NA,
}


def _ambiguous(*, is_dst: bool) -> Any:
    return pd.Timestamp("2020-10-25 02:30").tz_localize("Europe/Berlin", ambiguous=is_dst)


OFFSETS: dict[str, Callable[[], Any]] = {
    "Day": lambda: pd.offsets.Day(3),
    "Nano": lambda: pd.offsets.Nano(-7),
    "BusinessDay": lambda: pd.offsets.BusinessDay(offset=HOUR, normalize=True),
    "BusinessHour": lambda: pd.offsets.BusinessHour(
        start=["9:00", "14:00"], end=["12:00", "18:00"]
    ),
    "CustomBusinessDay": lambda: pd.offsets.CustomBusinessDay(
        holidays=["2020-01-01", "2020-05-01"], weekmask="Mon Tue"
    ),
    "CustomBusinessHour": lambda: pd.offsets.CustomBusinessHour(weekmask="Mon"),
    "CustomBusinessMonthEnd": lambda: pd.offsets.CBMonthEnd(holidays=["2020-01-31"]),
    "Week": lambda: pd.offsets.Week(2, weekday=3),
    "any week": pd.offsets.Week,
    "WeekOfMonth": lambda: pd.offsets.WeekOfMonth(week=1, weekday=2),
    "LastWeekOfMonth": lambda: pd.offsets.LastWeekOfMonth(weekday=4),
    "SemiMonthEnd": lambda: pd.offsets.SemiMonthEnd(day_of_month=10),
    "QuarterBegin": lambda: pd.offsets.QuarterBegin(startingMonth=2),
    "YearEnd": lambda: pd.offsets.YearEnd(month=6),
    "FY5253": lambda: pd.offsets.FY5253(weekday=1, startingMonth=2, variation="last"),
    "FY5253Quarter": lambda: pd.offsets.FY5253Quarter(
        weekday=1, startingMonth=2, qtr_with_extra_week=3, variation="nearest"
    ),
    "Easter": lambda: pd.offsets.Easter(2),
    "DateOffset": lambda: pd.DateOffset(months=2, days=-1, hour=3),
    "plain DateOffset": lambda: pd.DateOffset(4),
}

DTYPES: dict[str, Callable[[], Any]] = {
    "Int8": pd.Int8Dtype,
    "UInt64": pd.UInt64Dtype,
    "Float64": pd.Float64Dtype,
    "boolean": pd.BooleanDtype,
    "category": pd.CategoricalDtype,
    "categories": lambda: pd.CategoricalDtype(["b", "a"], ordered=True),
    "string": lambda: pd.StringDtype("python"),
    "zoned": lambda: pd.DatetimeTZDtype(tz="Asia/Tokyo"),
    "period": lambda: pd.PeriodDtype("Q-FEB"),
    "interval": lambda: pd.IntervalDtype("f8", "left"),
    "any interval": pd.IntervalDtype,
    "interval of times": lambda: pd.IntervalDtype("datetime64[ns, UTC]", "both"),
    "sparse": lambda: pd.SparseDtype("i4", 7),
}

if VERSION >= (2, 0):
    INDEXES["small integers"] = lambda: pd.Index(np.array([1, 2], "i1"))
    INDEXES["seconds"] = lambda: pd.DatetimeIndex(np.array([0, 1], "M8[s]"))
    INDEXES["milliseconds"] = lambda: pd.TimedeltaIndex(np.array([0, 1], "m8[ms]"))
    SERIES["seconds"] = lambda: pd.Series(np.array([0, 1], "M8[s]"))
    SCALARS["seconds"] = lambda: pd.Timestamp(np.datetime64("9999-12-31T00:00:00", "s"), tz="UTC")
    SCALARS["long ago"] = lambda: pd.Timestamp(np.datetime64("-0044-03-15T12:00:00", "s"))
    SCALARS["milliseconds"] = lambda: pd.Timedelta(np.timedelta64(5, "ms"))
if VERSION >= (3, 0):
    ARRAYS["default strings"] = lambda: pd.array(["a", None])
    ARRAYS["python str"] = lambda: pd.array(["a", None], dtype=pd.StringDtype("python", NAN))
    DTYPES["str"] = lambda: pd.StringDtype("python", NAN)
    OFFSETS["HalfYearEnd"] = lambda: pd.offsets.HalfYearEnd(startingMonth=3)
    OFFSETS["western Easter"] = lambda: pd.offsets.Easter(method=1)


def cases(*tables: dict[str, Callable[[], Any]]) -> Any:
    return pytest.mark.parametrize(
        "make", [pytest.param(make, id=name) for table in tables for name, make in table.items()]
    )


@cases(FRAMES)
def test_a_frame_comes_back_exactly(make: Callable[[], Any]) -> None:
    frame = make()
    assert_same(again(frame), frame)


@cases(SERIES)
def test_a_series_comes_back_exactly(make: Callable[[], Any]) -> None:
    series = make()
    assert_same(again(series), series)


@cases(INDEXES)
def test_an_index_comes_back_exactly(make: Callable[[], Any]) -> None:
    index = make()
    assert_same(again(index), index)


@cases(INDEXES)
def test_every_index_can_label_rows_and_columns(make: Callable[[], Any]) -> None:
    index = make()
    frame = pd.DataFrame(np.zeros((len(index), len(index))), index=index, columns=index)
    assert_same(again(frame), frame)


@cases(ARRAYS)
def test_an_extension_array_comes_back_exactly(make: Callable[[], Any]) -> None:
    array = make()
    assert_same(again(array), array)
    assert_same(again(pd.Series(array)), pd.Series(array))
    frame = pd.DataFrame({"a": array, "b": array})
    assert_same(again(frame), frame)


@cases(SCALARS, OFFSETS)
def test_a_scalar_comes_back_exactly(make: Callable[[], Any]) -> None:
    scalar = make()
    assert_same(again(scalar), scalar)
    assert_same(again([scalar] * 2)[1], scalar)


@cases(OFFSETS)
def test_an_offset_does_what_it_did(make: Callable[[], Any]) -> None:
    offset, start = make(), pd.Timestamp("2020-02-28 13:00")
    assert start + again(offset) == start + offset


@cases(DTYPES)
def test_a_dtype_comes_back_exactly(make: Callable[[], Any]) -> None:
    dtype = make()
    copy = again(dtype)
    assert type(copy) is type(dtype)
    assert copy == dtype
    assert repr(copy) == repr(dtype)


@pytest.mark.parametrize(
    "name", ["Series", "DataFrame", "Index", "Timestamp", "isna", "to_numeric", "Int64Dtype"]
)
def test_a_class_or_function_of_the_list_is_a_name(name: str) -> None:
    assert again(getattr(pd, name)) is getattr(pd, name)


@pytest.mark.parametrize("name", ["read_csv", "read_pickle", "eval", "HDFStore", "ExcelFile"])
def test_what_reads_or_evaluates_has_no_name(name: str) -> None:
    with pytest.raises(UnsupportedError, match=name):
        encoded({"func": getattr(pd, name)})
    assert type_table().entry(f"pandas.{name}") is None


def test_the_names_of_levels_stay_a_frozen_list() -> None:
    names = pd.MultiIndex.from_arrays([[1], [2]], names=["a", None]).names
    assert type(again(names)) is type(names)
    assert again(names) == names


def test_long_lists_of_scalars_become_columns() -> None:
    stamps = list(pd.date_range("2020", periods=100, tz="Europe/Berlin"))
    blueprint, memory = encoded(stamps)
    assert len(blueprint) < 1500
    assert opened(blueprint, memory) == stamps
    periods = list(pd.period_range("2020", periods=50, freq="M"))
    assert again(periods) == periods
    assert again([pd.NaT, pd.NA] * 40) == [pd.NaT, pd.NA] * 40


# -- sharing -----------------------------------------------------------------------------------


def test_a_series_that_is_met_twice_comes_back_as_one() -> None:
    series = pd.Series([1.0, 2.0])
    first, second, third = again([series, series, pd.Series([1.0, 2.0])])
    assert first is second
    assert first is not third


def test_what_series_share_is_shared_again() -> None:
    index = pd.Index([f"row {i}" for i in range(10)])
    one, other = again([pd.Series(range(10), index=index), pd.Series(range(10, 20), index=index)])
    assert one.index is other.index
    dtype = pd.CategoricalDtype(["x", "y"])
    one, other = again([pd.Categorical(["x"], dtype=dtype), pd.Categorical(["y"], dtype=dtype)])
    assert one.categories is other.categories


def test_a_list_of_many_series_comes_back() -> None:
    index = pd.Index(["a", "b"])
    apart = [pd.Series([i, i + 1.0], name=str(i)) for i in range(40)]
    together = [pd.Series([i, i + 1.0], index=index, name=str(i)) for i in range(40)]
    for series in (apart, together):
        for copy, original in zip(again(series), series, strict=True):
            assert_same(copy, original)


def test_a_frame_may_hold_itself_in_its_attrs() -> None:
    frame = pd.DataFrame({"a": [1]})
    frame.attrs["whole"] = frame
    copy = opened(*encoded(frame))
    assert copy.attrs["whole"] is copy


# -- the blueprint -----------------------------------------------------------------------------


def test_a_wide_frame_is_one_array() -> None:
    frame = pd.DataFrame(np.arange(6000.0).reshape(3, 2000))
    blueprint, memory = encoded(frame)
    assert len(memory.data) == 1
    assert len(blueprint) < 1000
    assert_same(opened(blueprint, memory), frame)


def test_thousands_of_columns_of_several_dtypes_are_few_arrays() -> None:
    frame = pd.concat(
        [pd.DataFrame(np.full((2, 700), i, dtype)) for i, dtype in enumerate(("f8", "i4", "f4"))],
        axis=1,
    ).iloc[:, np.random.default_rng(0).permutation(2100)]
    _, memory = encoded(frame)
    assert len(memory.data) <= 5
    assert_same(again(frame), frame)


def test_how_pandas_cut_a_frame_into_blocks_leaves_no_trace() -> None:
    whole = pd.DataFrame({"a": [1, 2], "b": [1.5, 2.5], "c": [3, 4], "d": [0.5, NAN]})
    pieces = pd.DataFrame(index=whole.index)
    for name in ("c", "a"):
        pieces.insert(0, name, whole[name].copy())
    pieces.insert(1, "b", whole["b"].copy())
    pieces["d"] = whole["d"].copy()
    assert len(pieces._mgr.blocks) == 4
    assert encoded(pieces)[0] == encoded(whole)[0]
    assert_same(again(pieces), whole)


class Blockless:
    """A frame as the ArrayManager, an option of pandas 1.5 to 2.2, has it."""

    _mgr = object()

    def __init__(self, frame: Any) -> None:
        self.frame = frame

    def __len__(self) -> int:
        return len(self.frame)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.frame, name)


def test_a_frame_that_has_no_blocks_is_written_the_same() -> None:
    from holotype.types.pandas.frames import _reduce_frame

    frame = mixed_frame()
    whole, blockless = (list(_reduce_frame(f).args) for f in (frame, Blockless(frame)))
    assert encoded(blockless)[0] == encoded(whole)[0]


def test_what_lies_under_a_mask_leaves_no_trace() -> None:
    one = pd.arrays.IntegerArray(np.array([1, 2, 3]), np.array([False, True, False]))
    other = pd.arrays.IntegerArray(np.array([1, 9, 3]), np.array([False, True, False]))
    assert encoded(one)[0] == encoded(other)[0]
    assert one._data.tolist() == [1, 2, 3], "saving must not change the model"


def test_a_mask_without_a_missing_value_is_not_written() -> None:
    for array in (pd.array([1], dtype="Int8"), pd.array(["a"], dtype="string[python]")):
        assert blueprint_of(array)["root"]["args"][1] is None


def test_the_names_of_levels_are_written_once() -> None:
    index = pd.MultiIndex.from_product([[1], [2]], names=["first", "second"])
    assert encoded(index)[0].count(b'"first"') == 1


def test_cached_offsets_are_not_references() -> None:
    day = pd.offsets.MonthEnd()
    indexes = [
        pd.date_range("2020", periods=2, freq=day),
        pd.date_range("2021", periods=2, freq=day),
    ]
    assert blueprint_of(indexes)["shared"] == []


def test_a_blueprint_can_be_read() -> None:
    node = blueprint_of(pd.Timestamp("2020-01-01 12:30", tz=zoneinfo.ZoneInfo("Asia/Tokyo")))[
        "root"
    ]
    assert node["call"] == "pandas.Timestamp"
    assert node["args"][0].startswith("2020-01-01T03:30:00")
    assert node["args"][2:] == ["zoneinfo:Asia/Tokyo", 0]


def test_the_blueprint_is_the_same_in_another_process() -> None:
    code = (
        "import sys, hashlib; sys.path.insert(0, sys.argv[1]);"
        "import pandas as pd; from holotype.graph.encode import encode;"
        "from holotype.types.table import type_table;"
        "made = [pd.DateOffset(months=1, days=2, hours=3, minute=4),"
        " pd.DataFrame({'a': ['x', 'y'], 'b': pd.Categorical(['x', 'y'])}).set_index('b')];"
        "print(hashlib.sha256(encode(made, type_table()).to_json()).hexdigest())"
    )
    here = os.fspath(__import__("pathlib").Path(__import__("holotype").__file__).parents[1])
    digests = {
        subprocess.run(
            [sys.executable, "-c", code, here],
            env={**os.environ, "PYTHONHASHSEED": seed},
            check=True,
            capture_output=True,
        ).stdout
        for seed in ("1", "2")
    }
    assert len(digests) == 1


def test_large_values_are_used_as_they_were_read() -> None:
    frame = pd.DataFrame(np.arange(20.0).reshape(10, 2))
    blueprint, memory = encoded({"frame": frame, "series": pd.Series(np.arange(7))})
    copy = opened(blueprint, memory)
    by_size = {array.size: array for array in memory.taken}
    assert np.shares_memory(copy["frame"].to_numpy(), by_size[20])
    assert np.shares_memory(copy["series"].to_numpy(), by_size[7])
    copy["frame"].iloc[0, 0] = 5.0
    assert copy["frame"].iloc[0, 0] == 5.0


# -- refusals when saving ----------------------------------------------------------------------


class Column(pd.Series):
    pass


def test_a_subclass_is_refused_with_its_path() -> None:
    with pytest.raises(UnsupportedError) as caught:
        encoded({"x": [Column([1])]})
    assert caught.value.path == "model.x[0]"


@pytest.mark.parametrize(
    "zone",
    [
        datetime.timezone(HOUR, "mine"),
        datetime.timezone(datetime.timedelta(microseconds=1)),
        type("Odd", (datetime.tzinfo,), {"utcoffset": lambda self, _: HOUR})(),
    ],
)
def test_a_zone_without_a_portable_name_is_refused(zone: datetime.tzinfo) -> None:
    from holotype.types.pandas.zones import zone_text

    with pytest.raises(UnsupportedError, match="no portable name"):
        zone_text(zone)


def test_zones_of_other_packages_keep_their_package() -> None:
    from holotype.types.pandas.zones import zone_of, zone_text

    tz = pytest.importorskip("dateutil.tz")
    for zone in (tz.gettz("Europe/Berlin"), tz.UTC):
        assert zone_of(zone_text(zone)) == zone
    with pytest.raises(UnsupportedError):
        zone_text(tz.tzlocal())
    pytz = pytest.importorskip("pytz")
    for zone in (pytz.timezone("Europe/Berlin"), pytz.UTC, pytz.FixedOffset(90)):
        assert zone_of(zone_text(zone)) == zone


def test_a_zone_that_is_not_installed_is_named() -> None:
    from holotype.types.pandas.zones import zone_of

    with pytest.raises(MissingLibraryError, match="Atlantis is not known"):
        zone_of("zoneinfo:Ocean/Atlantis")
    absent = mock.patch.dict(sys.modules, {"pytz": None})
    with absent, pytest.raises(MissingLibraryError, match="pip install pytz"):
        zone_of("pytz:Europe/Berlin")


def test_an_array_with_two_dimensions_is_refused() -> None:
    array = times().array.reshape(5, 1)
    with pytest.raises(UnsupportedError, match="two dimensions"):
        encoded(array)


def test_an_offset_of_an_unknown_class_is_refused() -> None:
    class Odd(pd.DateOffset):
        pass

    index = pd.DatetimeIndex([], freq=None)
    odd = mock.patch.object(type(index), "freq", Odd())
    with odd, pytest.raises(UnsupportedError, match="offset"):
        encoded(index)


def test_an_offset_that_is_more_than_its_keywords_is_refused() -> None:
    calendar = np.busdaycalendar(weekmask="Mon", holidays=["2020-01-06"])
    offset = pd.offsets.CustomBusinessDay(calendar=calendar)
    with contextlib.suppress(UnsupportedError):  # where pandas keeps the calendar in keywords
        copy = again(offset)
        assert np.array_equal(copy.calendar.weekmask, offset.calendar.weekmask)
        assert np.array_equal(copy.calendar.holidays, offset.calendar.holidays)


# -- Arrow -------------------------------------------------------------------------------------


@pytest.fixture
def pa() -> Any:
    return pytest.importorskip("pyarrow")


def test_strings_stored_by_arrow_come_back(pa: Any) -> None:
    array = pd.array(["a", None, "", "d"], dtype="string[pyarrow]")
    assert_same(again(array), array)
    assert_same(again(array[:0]), array[:0])
    assert again(array.dtype) == array.dtype
    if VERSION >= (2, 1):
        dtype = "string[pyarrow_numpy]" if VERSION < (3, 0) else pd.StringDtype("pyarrow", NAN)
        assert_same(again(pd.array(["a", None], dtype=dtype)), pd.array(["a", None], dtype=dtype))


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("int8", [1, None, -3]),
        ("uint64", [2**64 - 1, None]),
        ("float64", [1.5, None, NAN]),
        ("float32", [1.5]),
        ("float16", [np.float16(1.5), np.float16(2)]),
        ("bool_", [True, None, False]),
        ("string", ["a", None, ""]),
        ("large_string", ["a", "b"]),
        ("binary", [b"\x00", None]),
        ("date32", [datetime.date(2020, 1, 1), None]),
        ("date64", [datetime.date(2020, 1, 1), None]),
    ],
)
def test_arrow_values_come_back(pa: Any, kind: str, values: list[Any]) -> None:
    check_arrow(pa, getattr(pa, kind)(), values)


def test_arrow_times_come_back(pa: Any) -> None:
    moment = datetime.datetime(2020, 1, 1, 12, 30)  # noqa: DTZ001 - Arrow's naive kind too
    check_arrow(pa, pa.timestamp("us"), [moment, None])
    check_arrow(pa, pa.timestamp("ms", tz="Europe/Berlin"), [moment, None])
    check_arrow(pa, pa.duration("s"), [HOUR, None])
    check_arrow(pa, pa.time64("us"), [datetime.time(1, 2, 3), None])
    check_arrow(pa, pa.time32("s"), [datetime.time(1, 2, 3), None])


def check_arrow(pa: Any, kind: Any, values: list[Any]) -> None:
    chunks = pa.chunked_array([pa.array(values, kind, from_pandas=False)] * 2)
    array = pd.arrays.ArrowExtensionArray(chunks)
    copy = again(array)
    assert type(copy) is type(array)
    assert copy.dtype == array.dtype
    back = copy.__arrow_array__()
    assert back.type == kind
    assert back.null_count == chunks.null_count
    assert str(back.to_pylist()) == str(chunks.to_pylist())
    assert again(array.dtype) == array.dtype
    assert_same(again(pd.Series(array[:0])).array, array[:0])


def test_an_arrow_type_outside_the_table_is_refused(pa: Any) -> None:
    array = pd.arrays.ArrowExtensionArray(pa.chunked_array([pa.array([[1], [2]])]))
    with pytest.raises(UnsupportedError, match="list"):
        encoded(array)


def test_without_pyarrow_its_values_are_refused_with_the_command() -> None:
    from holotype.types.pandas import strings

    with mock.patch.dict(sys.modules, {"pyarrow": None}):
        with pytest.raises(MissingLibraryError, match="pip install pyarrow"):
            strings._string_dtype("pyarrow", "NA")
        with pytest.raises(MissingLibraryError, match="pip install pyarrow"):
            strings._arrow_type("int64")


# -- refusals when opening ---------------------------------------------------------------------

I8 = np.array([0, 1, 2])
IDX = pd.RangeIndex(3)
AB = pd.Index(["a", "b"])
BLOCK = np.zeros((2, 3))
OBJ = np.array(["x", None, 1], object)
DAYS = np.array([0, 1], "M8[D]")
NS = np.array([0, 1], "M8[ns]")
DAY = pd.offsets.Day()
MASK = np.array([True, False, False])


@pytest.mark.parametrize(
    ("key", "args", "words"),
    [
        ("Series", (I8, pd.RangeIndex(2), None), "as many values as labels"),
        ("Series", (I8, I8, None), "index is not an index"),
        ("Series", (I8.reshape(1, 3), IDX, None), "dimensions"),
        ("Series", (pd.Series(I8), IDX, None), "cannot be a column"),
        ("Series", (DAYS, pd.RangeIndex(2), None), "unit that pandas does not have"),
        ("Series", (np.array(["a", "b", "c"]), IDX, None), "dtype"),
        ("Series", (I8, IDX), "takes 3 arguments"),
        ("DataFrame", (AB, IDX, [BLOCK], [0]), "not every column has a place"),
        ("DataFrame", (AB, IDX, [BLOCK], [0, 1]), "array that is not there"),
        ("DataFrame", (AB, IDX, [BLOCK], [0, -1]), "array that is not there"),
        ("DataFrame", (AB, IDX, [], [0, 0]), "array that is not there"),
        ("DataFrame", (AB, IDX, [BLOCK], [0, True]), "list of integers"),
        ("DataFrame", (AB, IDX, [BLOCK], [0, 2**70]), "64 bits"),
        ("DataFrame", (AB, IDX, [BLOCK, OBJ], [0, 0]), "one shape"),
        ("DataFrame", (AB, IDX, [OBJ], [0, 0]), "one shape"),
        ("DataFrame", (AB, pd.RangeIndex(2), [BLOCK], [0, 0]), "one shape"),
        ("DataFrame", (AB, IDX, [BLOCK[0], BLOCK[1]], [0, 1]), "dtype"),
        ("DataFrame", (AB, IDX, [BLOCK.astype("S1")], [0, 0]), "dtype"),
        ("DataFrame", (AB, IDX, [pd.array(["a"]), OBJ], [0, 1]), "one shape"),
        ("DataFrame", (AB, IDX, "ab", [0, 0]), "array that is not there"),
        ("Index", (NS, None), "dtype"),
        ("Index", (pd.Categorical(["a"]), None), "values are pandas.Categorical"),
        ("Index", (AB, None), "values are pandas.Index"),
        ("CategoricalIndex", (I8, None), "another kind of index"),
        ("IntervalIndex", (pd.Categorical(["a"]), None), "another kind of index"),
        ("RangeIndex", (0, 1, 0, None), "step is zero"),
        ("RangeIndex", (0, 2**63, 1, None), "64 bits"),
        ("DatetimeIndex", (I8, None, None, None), "dtype"),
        ("DatetimeIndex", (DAYS, None, None, None), "unit that pandas does not have"),
        ("DatetimeIndex", (NS, "zoneinfo:../../etc/passwd", None, None), "time zone"),
        ("DatetimeIndex", (NS, "zoneinfo:/etc/passwd", None, None), "time zone"),
        ("DatetimeIndex", (NS, None, "D", None), "not an offset"),
        ("TimedeltaIndex", (NS, None, None), "dtype"),
        ("MultiIndex", ([AB], [np.array([0, 2])], [None], None), "codes refer to values"),
        ("MultiIndex", ([AB], [np.array([0, -2])], [None], None), "codes refer to values"),
        ("MultiIndex", ([AB, AB], [I8[:1], I8[:2]], [None] * 2, None), "different lengths"),
        ("MultiIndex", ([AB, AB], [I8[:1]], [None] * 2, None), "lists of one length"),
        ("MultiIndex", ([], [], [], None), "lists of one length"),
        ("MultiIndex", ([I8], [I8], [None], None), "level is not an index"),
        ("MultiIndex", ([AB], [np.array([1, 0])], [None], 1), "sorted by more levels"),
        ("MultiIndex", ([AB], [np.array([0, 1])], [None], 2), "sortorder"),
        (
            "MultiIndex",
            ([pd.MultiIndex.from_arrays([[1], [2]])], [I8[:1]], [None], None),
            "levels of its own",
        ),
        ("Categorical", (np.array([0, 2]), AB, False), "codes refer to values"),
        ("Categorical", (np.array([0.0, 1.0]), AB, False), "codes has dtype"),
        ("Categorical", (np.array([0, 1]), I8, False), "not an index"),
        ("Categorical", (np.array([0, 1]), AB, None), "ordered is not a bool"),
        ("arrays.IntegerArray", (I8, MASK[:2]), "mask is not as long"),
        ("arrays.IntegerArray", (I8, I8), "mask has dtype"),
        ("arrays.IntegerArray", (I8.astype("f8"), MASK), "values has dtype"),
        ("arrays.BooleanArray", (I8, None), "values has dtype"),
        ("arrays.DatetimeArray", (NS, "Europe/Berlin", None), "time zone"),
        ("arrays.TimedeltaArray", (NS, None), "dtype"),
        ("arrays.PeriodArray", (I8.astype("i4"), DAY), "dtype"),
        ("arrays.PeriodArray", (I8, None), "not an offset"),
        ("arrays.IntervalArray", (IDX, AB, "left"), "as many left as right"),
        ("arrays.IntervalArray", (IDX, IDX, "up"), "closed is not"),
        ("arrays.SparseArray", (I8, np.array([0, 2, 2], "i4"), 5, 0, "block"), "not in order"),
        ("arrays.SparseArray", (I8, np.array([0, 1, 5], "i4"), 5, 0, "block"), "out of bounds"),
        ("arrays.SparseArray", (I8, np.array([-1, 1, 2], "i4"), 5, 0, "block"), "out of bounds"),
        ("arrays.SparseArray", (I8, np.array([0, 1], "i4"), 5, 0, "block"), "places as values"),
        ("arrays.SparseArray", (I8, I8, 5, 0, "block"), "dtype"),
        ("arrays.SparseArray", (I8, I8.astype("i4"), 2**40, 0, "block"), "length"),
        ("arrays.SparseArray", (I8, I8.astype("i4"), 3, 0, "tree"), "kind"),
        ("arrays.NumpyExtensionArray", (BLOCK,), "dimensions"),
        ("arrays.StringArray", (["a", 1], None, "python", "NA"), "not a list of str"),
        ("arrays.StringArray", (["a"], MASK, "python", "NA"), "mask is not as long"),
        ("arrays.StringArray", (["a"], None, "file", "NA"), "storage"),
        ("arrays.ArrowExtensionArray", ("list<int64>", I8, None), "not in the table"),
        ("arrays.ArrowExtensionArray", ("int32", I8, None), "dtype"),
        ("arrays.ArrowExtensionArray", ("string", [b"a"], None), "not a list of str"),
        ("arrays.ArrowExtensionArray", ("int64", I8, MASK[:1]), "mask is not as long"),
        ("ArrowDtype", ("map",), "not in the table"),
        ("StringDtype", ("python", "None"), "missing value"),
        ("CategoricalDtype", (I8, True), "neither an index nor None"),
        ("CategoricalDtype", (AB, 1), "ordered is not a bool"),
        ("DatetimeTZDtype", ("ns", None), "unit and a time zone"),
        ("DatetimeTZDtype", ("D", "UTC"), "unit and a time zone"),
        ("PeriodDtype", ("M",), "not an offset"),
        ("IntervalDtype", ("f8", "left"), "subtype"),
        ("IntervalDtype", (np.dtype("f8"), "up"), "closed is not"),
        ("SparseDtype", ("f8", 0), "subtype"),
        ("Int64Dtype", (1,), "takes 0 arguments"),
        ("Timestamp", ("2020-01-01T00:00:00", "D", None, 0), "unit is not"),
        ("Timestamp", ("now", "ns", None, 0), "ISO 8601"),
        ("Timestamp", ("2020-13-01T00:00:00", "s", None, 0), "cannot be held"),
        ("Timestamp", ("2020-01-01T00:00:00", "ns", None, 0), "last digit"),
        ("Timestamp", ("2020-01-01T00:00:00", "s", "Mars", 0), "time zone"),
        ("Timestamp", ("2020-01-01T00:00:00", "s", None, 2), "fold"),
        ("Timedelta", (1, "W"), "unit is not"),
        ("Timedelta", (2**63, "ns"), "count"),
        ("Period", (1, "M"), "not an offset"),
        ("Period", (2**63, DAY), "ordinal"),
        ("Interval", ("a", "b", "left"), "neither a number nor a time"),
        ("Interval", (1, 2, "up"), "closed is not"),
        ("offsets.Day", (1,), "two or three"),
        ("offsets.Day", (1.5, False), "n is not an integer"),
        ("offsets.Day", (1, 0), "normalize"),
        ("offsets.Day", (1, False, {"weekday": 1}), "keywords"),
        ("offsets.Week", (1, False, [1]), "keywords"),
    ],
)
def test_contents_that_cannot_be_are_refused(key: str, args: Any, words: str) -> None:
    assert words in problem(f"pandas.{key}", *args)


@pytest.mark.parametrize(
    ("state", "words"),
    [
        ({"attrs": {}, "_mgr": 1}, "more than attrs"),
        ([1], "more than attrs"),
        ({"allows_duplicate_labels": True}, "only where it is False"),
    ],
)
def test_a_frame_has_no_state_but_attrs_and_flags(state: Any, words: str) -> None:
    assert words in problem("pandas.Series", I8, IDX, None, state=state)


def test_what_pandas_itself_refuses_is_an_invalid_state() -> None:
    twice = pd.Index(["a", "a"])
    assert "same value twice" in problem("pandas.MultiIndex", [twice], [I8[:1]], [None], None)
    assert "unique" in problem("pandas.Categorical", I8[:1], twice, False)
    assert "left" in problem("pandas.arrays.IntervalArray", pd.Index([2]), pd.Index([1]), "left")
    uneven = np.array([0, 1, 5], "M8[ns]")
    assert "frequency" in problem("pandas.DatetimeIndex", uneven, None, DAY, None)
    state = {"allows_duplicate_labels": False}
    assert "duplicate" in problem("pandas.Series", I8[:2], twice, None, state=state).lower()


@pytest.mark.skipif(VERSION >= (2, 0), reason="pandas 1.5 has nanoseconds and 64 bits only")
def test_an_old_pandas_refuses_what_it_would_round() -> None:
    seconds = np.array([0, 1], "M8[s]")
    assert "no" in problem("pandas.Series", seconds, pd.RangeIndex(2), None)
    assert "no" in problem("pandas.DatetimeIndex", seconds, None, None, None)
    assert "no index" in problem("pandas.Index", np.array([1], "i1"), None)
    assert "no timestamps in s" in problem("pandas.Timestamp", "2020-01-01T00:00:00", "s", None, 0)
