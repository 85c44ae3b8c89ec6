"""Timestamp, Timedelta, Period, Interval; NaT and NA by name.

A Timestamp is written as its UTC time to the last digit of its unit, which a person can read; a
Timedelta as a count of its unit. Rule: a version of pandas that has only nanoseconds refuses other
units instead of rounding them.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.contents import UNITS, arguments
from holotype.types.pandas.offsets import is_offset, plain_offset
from holotype.types.pandas.zones import check_zone, zone_of, zone_text

__all__ = ["CLOSED", "SINGLETONS", "entries"]

CLOSED = ("both", "left", "neither", "right")
"""Which ends belong to an interval."""

SINGLETONS = {
    "pandas.NA": ("pandas:NA", "pandas._libs.missing:NA"),
    "pandas.NaT": ("pandas:NaT", "pandas._libs.tslibs.nattype:NaT"),
}

_INSTANT = re.compile(
    r"-?[0-9]{3,16}-[0-9]{2}-[0-9]{2}T[0-9]{2}:[0-9]{2}:[0-9]{2}(?:\.[0-9]{3,9})?"
)
_INT64 = 2**63 - 1


def entries() -> Iterable[Entry]:
    """The scalar types, and the two constants for what is missing."""
    for key, where in SINGLETONS.items():
        yield Entry(key=key, where=where, kind="name")
    for name, module, reduce, build, check in (
        ("Timestamp", "timestamps", _reduce_timestamp, _build_timestamp, _check_timestamp),
        ("Timedelta", "timedeltas", _reduce_timedelta, _build_timedelta, _check_timedelta),
        ("Period", "period", _reduce_period, _build_period, _check_period),
    ):
        yield Entry(
            key=f"pandas.{name}",
            where=(f"pandas:{name}", f"pandas._libs.tslibs.{module}:{name}"),
            kind="call",
            reduce=reduce,
            build=build,
            check=check,
        )
    yield Entry(
        key="pandas.Interval",
        where=("pandas:Interval", "pandas._libs.interval:Interval"),
        kind="call",
        reduce=lambda interval: Reduced((interval.left, interval.right, interval.closed)),
        check=_check_interval,
    )


def _reduce_timestamp(stamp: Any) -> Reduced:
    instant = stamp.asm8  # in UTC, in the stamp's own unit
    unit = np.datetime_data(instant.dtype)[0]
    return Reduced((str(instant), unit, zone_text(stamp.tz), int(stamp.fold)))


def _build_timestamp(cls: Any, args: Sequence[Any]) -> Any:
    text, unit, zone, fold = args
    stamp = cls(np.datetime64(text, unit))
    if np.datetime_data(stamp.asm8.dtype)[0] != unit:
        raise ValueError(f"this version of pandas has no timestamps in {unit}")
    if zone is not None:
        stamp = stamp.tz_localize("UTC").tz_convert(zone_of(zone))
    return stamp if stamp.fold == fold else stamp.replace(fold=fold)


def _check_timestamp(shadow: Shadow) -> None:
    text, unit, zone, fold = arguments(shadow, 4)
    if unit not in UNITS:
        raise shadow.fail("the unit is not s, ms, us or ns")
    if not isinstance(text, str) or not _INSTANT.fullmatch(text):
        raise shadow.fail("the time is not in the form of ISO 8601")
    try:
        instant = np.datetime64(text, unit)
    except (ValueError, TypeError, OverflowError):
        raise shadow.fail(f"the time cannot be held in {unit}") from None
    if str(instant) != text:
        raise shadow.fail(f"the time is not written to the last digit of {unit}")
    check_zone(shadow, zone)
    shadow.as_integer(fold, "fold", 0, 1)


def _reduce_timedelta(delta: Any) -> Reduced:
    span = delta.asm8
    return Reduced((int(span.astype(np.int64)), np.datetime_data(span.dtype)[0]))


def _build_timedelta(cls: Any, args: Sequence[Any]) -> Any:
    count, unit = args
    delta = cls(np.timedelta64(count, unit))
    if np.datetime_data(delta.asm8.dtype)[0] != unit:
        raise ValueError(f"this version of pandas has no timedeltas in {unit}")
    return delta


def _check_timedelta(shadow: Shadow) -> None:
    count, unit = arguments(shadow, 2)
    if unit not in UNITS:
        raise shadow.fail("the unit is not s, ms, us or ns")
    shadow.as_integer(count, "count", -_INT64, _INT64)


def _reduce_period(period: Any) -> Reduced:
    return Reduced((int(period.ordinal), plain_offset(period.freq)))


def _build_period(cls: Any, args: Sequence[Any]) -> Any:
    return cls(ordinal=args[0], freq=args[1])


def _check_period(shadow: Shadow) -> None:
    ordinal, freq = arguments(shadow, 2)
    shadow.as_integer(ordinal, "ordinal", -_INT64, _INT64)
    if not is_offset(freq):
        raise shadow.fail("the frequency is not an offset")


def _check_interval(shadow: Shadow) -> None:
    left, right, closed = arguments(shadow, 3)
    for end in (left, right):
        number = isinstance(end, (int, float, np.number)) and not isinstance(end, bool)
        time = isinstance(end, Shadow) and end.key in ("pandas.Timestamp", "pandas.Timedelta")
        if not (number or time):
            raise shadow.fail("an end is neither a number nor a time")
    if closed not in CLOSED:
        raise shadow.fail("closed is not one of both, left, neither, right")
