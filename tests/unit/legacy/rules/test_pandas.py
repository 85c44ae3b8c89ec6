"""pandas: frames, series, indexes, extension arrays, dtypes, scalars and offsets, from pickles."""

from __future__ import annotations

import datetime
import pickle
import zoneinfo
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import assert_converted, model

from holotype.errors import UnsupportedError
from holotype.legacy.rebuild import model_of
from holotype.legacy.rules.pandas.dtypes import offset_of
from holotype.legacy.rules.taken import Odd
from holotype.legacy.symbols import Call, Dict, Global, Symbol

pd = pytest.importorskip("pandas", reason="these tests need pandas")

VERSION = tuple(map(int, pd.__version__.split(".")[:2]))
O = pd.offsets  # noqa: E741
BERLIN = zoneinfo.ZoneInfo("Europe/Berlin")


def days(**how: Any) -> Any:
    return pd.date_range("2020-01-01", periods=3, **how)


def mixed() -> Any:
    return pd.DataFrame(
        {
            "i": [1, 2, 3],
            "f": [1.0, np.nan, 2],
            "text": ["x", "y", "z"],
            "category": pd.Categorical(["u", "v", "u"]),
            "object": [[1], {}, None],
            "bool": [True, False, True],
            "nullable": pd.array([1, None, 3], dtype="Int64"),
            "zoned": days(tz="UTC"),
            "zoned too": days(tz="UTC"),
            "naive": days(),
            "period": pd.period_range("2020-01", periods=3, freq="M"),
            "span": pd.to_timedelta([1, 2, 3], unit="s"),
        }
    )


def in_pieces() -> Any:
    frame = pd.DataFrame({"a": [1, 2]})
    frame["b"], frame["c"] = [3, 4], [1.0, 2]
    frame.insert(0, "z", [5, 6])
    frame.attrs["from"] = "somewhere"
    return frame


def sharing() -> Any:
    index = pd.Index(["a", "b"])
    return [pd.Series([1, 2], index=index), pd.Series([1.0, 2], index=index), index]


FRAMES: dict[str, Callable[[], Any]] = {
    "mixed": mixed,
    "in pieces": in_pieces,
    "empty": pd.DataFrame,
    "columns only": lambda: pd.DataFrame(columns=["a", "b"]),
    "rows only": lambda: pd.DataFrame(index=[1, 2]),
    "flags": lambda: pd.DataFrame({"a": [1]}).set_flags(allows_duplicate_labels=False),
    "several levels": lambda: pd.DataFrame(
        np.eye(2), index=pd.MultiIndex.from_tuples([(1, "a"), (2, "b")], names=["x", "y"])
    ),
    "series": lambda: pd.Series([1, 2], name="s"),
    "objects": lambda: pd.Series(["a", None, 1], dtype=object),
    "texts": lambda: pd.Series(["a", "b"]),
    "zoned": lambda: pd.Series(days(tz="UTC")),
    "naive": lambda: pd.Series(days()),
    "categories": lambda: pd.Series(["a", "b"], dtype="category"),
    "sharing": sharing,
}
INDEXES: dict[str, Callable[[], Any]] = {
    "range": lambda: pd.RangeIndex(3, name="q"),
    "integers": lambda: pd.Index([1, 2], name="n"),
    "texts": lambda: pd.Index(["a", "b"]),
    "objects": lambda: pd.Index(["a", 1], dtype=object),
    "times": lambda: days(freq="2D", name="n"),
    "zones": lambda: [days(tz="UTC"), days(tz="Europe/Berlin")],
    "fixed": lambda: days(tz=datetime.timezone(datetime.timedelta(hours=2))),
    "spans": lambda: [pd.to_timedelta([1, 2]), pd.timedelta_range("1s", periods=3)],
    "intervals": lambda: [pd.interval_range(0, 2), pd.interval_range(0.0, 2, closed="both")],
    "times apart": lambda: pd.IntervalIndex.from_breaks(days(tz="UTC")),
    "categories": lambda: pd.CategoricalIndex(["a"]),
    "levels": lambda: pd.MultiIndex.from_product([days(), ["a"]], names=["x", None]),
    "names": lambda: pd.MultiIndex.from_tuples([(1, "a")]).names,
}
ARRAYS: dict[str, Callable[[], Any]] = {
    "categories": lambda: pd.Categorical(["a", "b", None], ordered=True),
    "integers": lambda: pd.array([1, None]),
    "truths": lambda: pd.array([True, None]),
    "floats": lambda: pd.array([1.5, None], dtype="Float64"),
    "times": lambda: [days().array, days(tz="UTC").array],
    "spans": lambda: pd.to_timedelta([1, 2]).array,
    "periods": lambda: pd.period_range("2020", periods=2, freq="M").array,
    "intervals": lambda: pd.IntervalIndex.from_breaks(days()).array,
    "sparse": lambda: pd.arrays.SparseArray([0, 1, 0]),
    "blocks": lambda: pd.arrays.SparseArray([0, 1, 1, 0, 3.0, 0], kind="block"),
    "texts": lambda: pd.array(["a", None, "ü"], dtype="string"),
    "python texts": lambda: pd.array(["a", None], dtype="string[python]"),
}
SCALARS: dict[str, Callable[[], Any]] = {
    "times": lambda: [pd.Timestamp("2020-01-01 12:00:01.5"), pd.Timestamp("2020", tz="UTC")],
    "folds": lambda: [
        pd.Timestamp(f"2020-10-25 0{hour}:30", tz="UTC").tz_convert(BERLIN) for hour in (0, 1, 2)
    ],
    "spans": lambda: [pd.Timedelta("1s"), pd.Timedelta(5)],
    "period": lambda: pd.Period("2020", freq="M"),
    "intervals": lambda: [pd.Interval(0, 1), pd.Interval(pd.Timestamp(0), pd.Timestamp(1))],
    "missing": lambda: [pd.NaT, pd.NA],
    "functions": lambda: [pd.isna, pd.cut],
    "dtypes": lambda: [pd.Int64Dtype(), pd.UInt8Dtype(), pd.BooleanDtype(), pd.SparseDtype("f8")],
    "category dtypes": lambda: [pd.CategoricalDtype(["a"]), pd.CategoricalDtype()],
    "time dtypes": lambda: [pd.DatetimeTZDtype("ns", "UTC"), pd.PeriodDtype("M")],
    "interval dtypes": lambda: [pd.IntervalDtype("int64", "left"), pd.IntervalDtype("M8[ns]")],
    "string dtype": lambda: pd.StringDtype("python"),
}
OFFSETS: list[Callable[[], Any]] = [
    O.BusinessHour,
    lambda: O.BusinessDay(offset=datetime.timedelta(hours=1)),
    O.CustomBusinessHour,
    lambda: O.CustomBusinessDay(holidays=["2020-01-01"]),
    O.CustomBusinessMonthEnd,
    lambda: O.FY5253(weekday=1, startingMonth=2),
    lambda: O.FY5253Quarter(weekday=1, startingMonth=2, qtr_with_extra_week=1),
    O.Easter,
    lambda: O.WeekOfMonth(week=1, weekday=1),
    lambda: O.LastWeekOfMonth(weekday=2),
    O.SemiMonthEnd,
    O.QuarterEnd,
    O.YearEnd,
    lambda: O.MonthEnd(2, normalize=True),
    lambda: O.Week(weekday=2),
    lambda: O.Nano(3),
    lambda: O.DateOffset(months=2, day=3),
]


@pytest.mark.parametrize("make", FRAMES.values(), ids=FRAMES.keys())
def test_frames_are_converted_as_if_they_were_dumped(make: Callable[[], Any]) -> None:
    assert_converted(make(), (0, 2, 5), reloaded=True)


@pytest.mark.parametrize("make", INDEXES.values(), ids=INDEXES.keys())
def test_indexes_are_converted_as_if_they_were_dumped(make: Callable[[], Any]) -> None:
    assert_converted(make(), (0, 2, 5), reloaded=True)


@pytest.mark.parametrize("make", ARRAYS.values(), ids=ARRAYS.keys())
def test_arrays_are_converted_as_if_they_were_dumped(make: Callable[[], Any]) -> None:
    assert_converted(make(), (0, 2, 5), reloaded=True)


@pytest.mark.parametrize("make", SCALARS.values(), ids=SCALARS.keys())
def test_scalars_and_dtypes_are_converted_as_if_they_were_dumped(make: Callable[[], Any]) -> None:
    assert_converted(make(), (0, 2, 5))


@pytest.mark.parametrize("make", OFFSETS)
def test_offsets_are_converted_as_if_they_were_dumped(make: Callable[[], Any]) -> None:
    assert_converted(make(), (2, 5))  # pandas itself fails with protocols 0 and 1


@pytest.mark.parametrize("freq", ["M", "2M", "D", "W", "W-WED", "Q", "Q-JAN", "s", "3min"])
def test_periods_of_every_frequency_are_converted(freq: str) -> None:
    if freq == "s" and VERSION < (2, 2):
        pytest.skip("was S before pandas 2.2")
    assert_converted(pd.period_range("2020", periods=2, freq=freq), (4,))
    assert_converted(pd.PeriodDtype(freq), (4,))


@pytest.mark.parametrize("text", ["period[C]", "period[M", "M", "period[1e9M]", "period[W-DEC]"])
def test_a_frequency_that_is_none_is_refused(text: str) -> None:
    with pytest.raises(Odd, match="frequency"):
        offset_of(text)


def test_arrays_of_arrow_are_converted_without_it() -> None:
    pa = pytest.importorskip("pyarrow", reason="pandas keeps these with pyarrow")
    for kind, values in (
        (pa.int64(), [1, None]),
        (pa.timestamp("us", tz="UTC"), [1, None]),
        (pa.string(), ["a", None, "üü"]),
        (pa.date32(), [datetime.date(2020, 1, 1), None]),
        (pa.bool_(), [True, False, None]),
        (pa.binary(), [b"a", None]),
    ):
        assert_converted(pd.array(values, dtype=pd.ArrowDtype(kind)), (2, 5), reloaded=True)
    texts = pd.array(["a", None, "ccc", "dd"], dtype="string[pyarrow]")
    assert_converted([texts, texts[1:3]], (2, 5), reloaded=True)


def test_zones_of_dateutil_are_converted() -> None:
    try:
        index = days(tz="dateutil/Europe/Berlin")
    except AttributeError:
        pytest.skip("this pandas and this dateutil do not go together")
    assert_converted(index, (2, 4))


# -- hostile forms -------------------------------------------------------------------------------

NEW_INDEX = Global("pandas.core.indexes.base", "_new_Index")
INDEX = Call(
    NEW_INDEX,
    (
        Global("pandas", "RangeIndex"),
        Dict([("start", 0), ("stop", 2), ("step", 1), ("name", None)]),
    ),
)


def array(*values: int) -> Call:
    data = np.array(values, "<i8")
    dtype = Call(Global("numpy", "dtype"), ("i8", False, True))
    state = (1, data.shape, dtype, False, data.tobytes())
    args = (Global("numpy", "ndarray"), (0,), b"b")
    return Call(Global("numpy._core.multiarray", "_reconstruct"), args, states=[state])


def frame(*blocks: Symbol) -> Call:
    manager = Call(
        Global("pandas.core.internals.managers", "BlockManager"), (tuple(blocks), [INDEX, INDEX])
    )
    return Call(
        Global("pandas", "DataFrame"), (), None, "newobj", states=[Dict([("_mgr", manager)])]
    )


def block(values: Symbol, *places: Any) -> Call:
    bounds = Call(Global("builtins", "slice"), tuple(places))
    return Call(Global("pandas._libs.internals", "_unpickle_block"), (values, bounds, 2))


@pytest.mark.parametrize(
    "symbol",
    [
        frame(block(array(1, 2), 0, 5, 1)),
        frame(block(array(1, 2), 0, 1, 0)),
        frame(block(array(1, 2), 0, 1 << 62, 1)),
        frame(block(array(1, 2), 0, 1, 1), block(array(1, 2), 0, 1, 1)),
        frame(block("x", 0, 1, 1)),
        frame(5),
        Call(Global("pandas", "DataFrame"), (), None, "newobj", states=[Dict([])]),
        Call(Global("pandas", "DataFrame"), (1,)),
        Call(NEW_INDEX, (Global("pandas", "DataFrame"), Dict([]))),
        Call(NEW_INDEX, (Global("pandas", "Index"), Dict([]))),
        Call(NEW_INDEX, (Global("pandas", "MultiIndex"), Dict([("levels", 1), ("codes", 2)]))),
        Call(Global("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"), ("x", None, None)),
        Call(Global("pandas._libs.tslibs.timestamps", "_unpickle_timestamp"), (1, None, "UTC", 9)),
        Call(Global("pandas._libs.tslibs.timedeltas", "_timedelta_unpickle"), (1, 3)),
        Call(Global("pandas", "Period"), (1, 2, 3)),
        Call(Global("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"), (5, 1, (1, 2))),
        Call(
            Global("pandas._libs.arrays", "__pyx_unpickle_NDArrayBacked"),
            (Global("pandas", "Categorical"), 1, (array(1), array(1))),
        ),
    ],
)
def test_a_form_that_pandas_does_not_write_is_refused(symbol: Symbol) -> None:
    with pytest.raises(UnsupportedError, match="1 thing of the file") as error:
        model_of([symbol])
    assert error.value.path.startswith("model[0]")


def test_a_zone_without_a_portable_name_is_refused() -> None:
    odd = datetime.timezone(datetime.timedelta(hours=1), "mine")
    data = pickle.dumps(pd.Timestamp("2020-01-01", tz=odd))
    with pytest.raises(UnsupportedError, match="no portable name"):
        model(data)
