"""The Index family: values and a name, and what each kind adds to them.

Rule: an index comes back as exactly its own class and dtype, or loading says why not.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.arrays import check_codes, check_freq, instants, time_dtype
from holotype.types.pandas.contents import ARRAYS, INDEXES, PLAIN, arguments, vector
from holotype.types.pandas.offsets import plain_offset
from holotype.types.pandas.zones import check_zone, zone_text

__all__ = ["entries", "plain_values"]

_CORE = "pandas.core.indexes"


def entries() -> Iterable[Entry]:
    """One entry for each class of index."""
    # The classes of pandas 1.5 come first, so that Index itself answers to its own name below.
    for name in ("Int64Index", "UInt64Index", "Float64Index"):
        yield _index_entry(f"pandas.{name}", (f"{_CORE}.numeric:{name}", f"{_CORE}.base:Index"))
    yield _index_entry("pandas.Index", ("pandas:Index", f"{_CORE}.base:Index"))
    for name, module, reduce, build, check in (
        ("RangeIndex", "range", _reduce_range, _build_range, _check_range),
        ("DatetimeIndex", "datetimes", _reduce_datetimes, _build_datetimes, _check_datetimes),
        ("TimedeltaIndex", "timedeltas", _reduce_spans, _build_spans, _check_spans),
        ("PeriodIndex", "period", _reduce_index, _build_wrapped, _check_wrapped),
        ("IntervalIndex", "interval", _reduce_index, _build_wrapped, _check_wrapped),
        ("CategoricalIndex", "category", _reduce_index, _build_wrapped, _check_wrapped),
        ("MultiIndex", "multi", _reduce_multi, _build_multi, _check_multi),
    ):
        yield Entry(
            key=f"pandas.{name}",
            where=(f"pandas:{name}", f"{_CORE}.{module}:{name}"),
            kind="call",
            reduce=reduce,
            build=build,
            check=check,
        )
    # The type of MultiIndex.names and .levels: a list that cannot be changed.
    yield Entry(
        key="pandas.api.typing.FrozenList",
        where=("pandas.api.typing:FrozenList", f"{_CORE}.frozen:FrozenList"),
        kind="call",
        reduce=lambda items: Reduced((list(items),)),
    )


def _index_entry(key: str, where: tuple[str, ...]) -> Entry:
    return Entry(
        key=key,
        where=where,
        kind="call",
        reduce=_reduce_index,
        build=_build_index,
        check=_check_index,
    )


def plain_values(holder: Any) -> Any:
    """The values of a Series or Index: an array of NumPy where it has such a dtype.

    An extension array is a view of its own, because which holders share one is up to pandas.
    """
    values = holder.array
    if not isinstance(holder.dtype, np.dtype):
        return values.view()
    values = np.asarray(values)
    if values.dtype.kind not in PLAIN + "O":
        raise UnsupportedError("", f"values of dtype {values.dtype} in pandas.")
    return values


def _reduce_index(index: Any) -> Reduced:
    return Reduced((plain_values(index), index.name))


def _build_index(_: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    values, name = args
    dtype = values.dtype if isinstance(values, np.ndarray) else None
    index = pd.Index(values, dtype=dtype, copy=False, name=name)
    if index.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no index of {values.dtype}")
    return index


# These arrays make an index of a class of its own.
_OWN_CLASS = {
    "pandas.Categorical": "pandas.CategoricalIndex",
    "pandas.arrays.DatetimeArray": "pandas.DatetimeIndex",
    "pandas.arrays.IntervalArray": "pandas.IntervalIndex",
    "pandas.arrays.PeriodArray": "pandas.PeriodIndex",
    "pandas.arrays.TimedeltaArray": "pandas.TimedeltaIndex",
}


def _check_index(shadow: Shadow) -> None:
    values, _ = arguments(shadow, 2)
    if not isinstance(values, Shadow):
        vector(shadow, values, "values", "biufcO")
    elif values.key not in ARRAYS or values.key in _OWN_CLASS:
        raise shadow.fail(f"values are {values.key}")


def _build_wrapped(cls: Any, args: Sequence[Any]) -> Any:
    values, name = args
    return cls(values, name=name, copy=False)


def _check_wrapped(shadow: Shadow) -> None:
    values, _ = arguments(shadow, 2)
    if not isinstance(values, Shadow) or _OWN_CLASS.get(values.key) != shadow.key:
        raise shadow.fail("the values belong to another kind of index")


# -- ranges and times --------------------------------------------------------------------------


def _reduce_range(index: Any) -> Reduced:
    return Reduced((index.start, index.stop, index.step, index.name))


def _build_range(cls: Any, args: Sequence[Any]) -> Any:
    start, stop, step, name = args
    return cls(start, stop, step, name=name)


def _check_range(shadow: Shadow) -> None:
    bounds = arguments(shadow, 4)[:3]
    if not all(type(bound) is int and -(2**63) <= bound < 2**63 for bound in bounds):
        raise shadow.fail("start, stop and step are integers of 64 bits")
    if bounds[2] == 0:
        raise shadow.fail("the step is zero")


def _reduce_datetimes(index: Any) -> Reduced:
    values = index.asi8.view(time_dtype(index.dtype))
    return Reduced((values, zone_text(index.tz), plain_offset(index.freq), index.name))


def _build_datetimes(cls: Any, args: Sequence[Any]) -> Any:
    values, zone, freq, name = args
    return cls(instants(values, zone), freq=freq, name=name, copy=False)


def _check_datetimes(shadow: Shadow) -> None:
    values, zone, freq, _ = arguments(shadow, 4)
    vector(shadow, values, "values", "M")
    check_zone(shadow, zone)
    check_freq(shadow, freq)


def _reduce_spans(index: Any) -> Reduced:
    return Reduced((index.asi8.view(index.dtype), plain_offset(index.freq), index.name))


def _build_spans(cls: Any, args: Sequence[Any]) -> Any:
    values, freq, name = args
    index = cls(values, freq=freq, name=name, copy=False)
    if index.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no {values.dtype}")
    return index


def _check_spans(shadow: Shadow) -> None:
    values, freq, _ = arguments(shadow, 3)
    vector(shadow, values, "values", "m")
    check_freq(shadow, freq)


# -- several levels ----------------------------------------------------------------------------


def _reduce_multi(index: Any) -> Reduced:
    levels = [level.rename(None) for level in index.levels]  # names belong to the whole
    codes = [np.asarray(code).view() for code in index.codes]
    return Reduced((levels, codes, list(index.names), index.sortorder))


def _build_multi(cls: Any, args: Sequence[Any]) -> Any:
    levels, codes, names, sortorder = args
    for level in levels:
        if not level.is_unique:
            raise ValueError("a level has the same value twice")
    return cls(levels, codes, sortorder, names, verify_integrity=False)


def _check_multi(shadow: Shadow) -> None:
    levels, codes, names, sortorder = arguments(shadow, 4)
    for part in (levels, codes, names):
        if not isinstance(part, list) or len(part) != len(levels) or not part:
            raise shadow.fail("levels, codes and names are lists of one length")
    lengths = set()
    for level, code in zip(levels, codes, strict=True):
        if not isinstance(level, Shadow) or level.key not in INDEXES:
            raise shadow.fail("a level is not an index")
        if level.key == "pandas.MultiIndex":
            raise shadow.fail("a level has levels of its own")
        lengths.add(check_codes(shadow, code, INDEXES[level.key](level), "codes"))
    if len(lengths) > 1:
        raise shadow.fail("codes are of different lengths")
    if sortorder is not None:
        known = shadow.as_integer(sortorder, "sortorder", 0, len(codes))
        if known > _sorted_levels(codes):
            raise shadow.fail("says that it is sorted by more levels than it is")


def _sorted_levels(codes: Sequence[np.ndarray[Any, Any]]) -> int:
    """By how many levels, from the first, the rows stand in lexical order."""
    tied = np.ones(max(len(codes[0]) - 1, 0), bool)
    for count, code in enumerate(codes):
        steps = np.diff(code.astype(np.int64))
        if (steps[tied] < 0).any():
            return count
        tied &= steps == 0
    return len(codes)
