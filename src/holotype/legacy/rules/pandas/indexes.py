"""Indexes: what ``_new_Index`` and its relatives are given, by the class that they make."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.pandas.arrays import ends_of_intervals
from holotype.legacy.rules.pandas.parts import (
    again,
    class_key,
    is_of,
    made,
    zone_text,
)
from holotype.legacy.rules.pandas.scalars import offset_again
from holotype.legacy.rules.taken import FunctionRule, Odd, Taken
from holotype.types.pandas.contents import INDEXES

__all__ = ["FUNCTIONS"]

Parts = dict[str, Any]


def _new(taken: Taken) -> Specimen:
    cls, parts = taken.arguments(2)
    taken.no_state()
    key = class_key(cls)
    if key not in INDEXES or type(parts) is not dict:
        raise Odd(f"{key} is no index of the table")
    return made(key, *_RULES.get(key, _values)(parts))


def _values(parts: Parts) -> tuple[Any, ...]:
    data = parts["data"]
    return (data if type(data) is np.ndarray else again(data)), parts.get("name")


def _range(parts: Parts) -> tuple[Any, ...]:
    return parts["start"], parts["stop"], parts["step"], parts.get("name")


def _instants(parts: Parts) -> tuple[Any, ...]:
    data, name = parts["data"], parts.get("name")
    if is_of(data, "pandas.arrays.DatetimeArray"):
        values, zone, freq = data.reduced.args
    else:
        values, zone, freq = data, zone_text(parts.get("tz")), None
    return values.view(), zone, offset_again(parts.get("freq", freq)), name


def _spans(parts: Parts) -> tuple[Any, ...]:
    data, name = parts["data"], parts.get("name")
    values, freq = (
        data.reduced.args if is_of(data, "pandas.arrays.TimedeltaArray") else (data, None)
    )
    return values.view(), offset_again(parts.get("freq", freq)), name


def _intervals(parts: Parts) -> tuple[Any, ...]:
    name = parts.get("name")
    if "data" in parts:
        return again(parts["data"]), name
    left, right = ends_of_intervals(parts["left"]), ends_of_intervals(parts["right"])
    return made("pandas.arrays.IntervalArray", left, right, parts["closed"]), name


def _several(parts: Parts) -> tuple[Any, ...]:
    levels, codes = parts["levels"], parts["codes"] if "codes" in parts else parts["labels"]
    if type(levels) not in (list, tuple) or type(codes) not in (list, tuple):
        raise Odd("levels and codes are not lists")
    return (
        [_without_name(level) for level in levels],
        [code.view() for code in codes],
        list(parts["names"]),
        parts.get("sortorder"),
    )


def _without_name(level: Any) -> Specimen:
    """A level of its own, whose name belongs to the whole."""
    if type(level) is not Specimen or level.entry.key not in INDEXES:
        raise Odd("a level is not an index")
    if level.entry.key == "pandas.MultiIndex":
        raise Odd("a level has levels of its own")
    return Specimen(level.entry, Reduced((*level.reduced.args[:-1], None)))


_RULES: dict[str, Callable[[Parts], tuple[Any, ...]]] = {
    "pandas.DatetimeIndex": _instants,
    "pandas.IntervalIndex": _intervals,
    "pandas.MultiIndex": _several,
    "pandas.RangeIndex": _range,
    "pandas.TimedeltaIndex": _spans,
}

_CORE = "pandas.core.indexes"

FUNCTIONS: dict[str, FunctionRule] = {
    f"{_CORE}.base:_new_Index": _new,
    f"{_CORE}.datetimes:_new_DatetimeIndex": _new,
    f"{_CORE}.interval:_new_IntervalIndex": _new,
    f"{_CORE}.period:_new_PeriodIndex": _new,
    f"{_CORE}.timedeltas:_new_TimedeltaIndex": _new,
}
