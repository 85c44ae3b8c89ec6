"""Date offsets, which are also the frequencies of indexes and periods.

An offset is its multiple, whether it normalises to midnight, and its keywords. Rule: which keywords
an offset may have is a literal table; a frequency's text, which pandas has renamed more than once,
is never stored.
"""

from __future__ import annotations

import datetime
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced

__all__ = ["entries", "is_offset", "plain_offset"]

_CUSTOM = ("weekmask", "holidays", "offset")
_HOURS = ("start", "end", "offset")
_QUARTER = ("startingMonth",)
_PARTS = ("year", "month", "day", "hour", "minute", "second", "millisecond", "microsecond")
_RELATIVE = ("nanosecond", "nanoseconds", "weekday", "weeks", *_PARTS, *(f"{p}s" for p in _PARTS))

_KEYWORDS: dict[str, Sequence[str]] = {
    "BHalfYearBegin": _QUARTER,
    "BHalfYearEnd": _QUARTER,
    "BQuarterBegin": _QUARTER,
    "BQuarterEnd": _QUARTER,
    "BYearBegin": ("month",),
    "BYearEnd": ("month",),
    "BusinessDay": ("offset",),
    "BusinessHour": _HOURS,
    "BusinessMonthBegin": (),
    "BusinessMonthEnd": (),
    "CustomBusinessDay": _CUSTOM,
    "CustomBusinessHour": ("weekmask", "holidays", *_HOURS),
    "CustomBusinessMonthBegin": _CUSTOM,
    "CustomBusinessMonthEnd": _CUSTOM,
    "DateOffset": _RELATIVE,
    "Day": (),
    "Easter": ("method",),
    "FY5253": ("weekday", "startingMonth", "variation"),
    "FY5253Quarter": ("weekday", "startingMonth", "qtr_with_extra_week", "variation"),
    "HalfYearBegin": _QUARTER,
    "HalfYearEnd": _QUARTER,
    "Hour": (),
    "LastWeekOfMonth": ("weekday",),
    "Micro": (),
    "Milli": (),
    "Minute": (),
    "MonthBegin": (),
    "MonthEnd": (),
    "Nano": (),
    "QuarterBegin": _QUARTER,
    "QuarterEnd": _QUARTER,
    "Second": (),
    "SemiMonthBegin": ("day_of_month",),
    "SemiMonthEnd": ("day_of_month",),
    "Week": ("weekday",),
    "WeekOfMonth": ("week", "weekday"),
    "YearBegin": ("month",),
    "YearEnd": ("month",),
}
_PREFIX = "pandas.offsets."
# Not written, so that a version which lacks the keyword can still read the offset.
_DEFAULTS: dict[str, Any] = {"offset": datetime.timedelta(0), "method": 3}


def entries() -> Iterable[Entry]:
    """One entry for each class of offset."""
    for name in _KEYWORDS:
        yield Entry(
            key=_PREFIX + name,
            where=(
                f"pandas.tseries.offsets:{name}",
                f"pandas._libs.tslibs.offsets:{name}",
                *(("pandas:DateOffset",) if name == "DateOffset" else ()),
            ),
            kind="call",
            reduce=_reduce,
            build=_build,
            check=_check,
        )


def plain_offset(offset: Any) -> Any:
    """An equal offset that no other object shares, or None: which ones pandas caches is chance."""
    if offset is None:
        return None
    cls = type(offset)
    if cls.__name__ not in _KEYWORDS:
        raise UnsupportedError("", f"the offset {offset!r} is of a class that is not known.")
    again = _build(cls, _arguments(offset))
    if again != offset or not _same_calendar(again, offset):
        raise UnsupportedError("", f"the offset {offset!r} is more than its keywords.")
    return again


def is_offset(value: Any) -> bool:
    """Whether a validator's value is an offset."""
    return isinstance(value, Shadow) and value.key.startswith(_PREFIX)


def _arguments(offset: Any) -> tuple[Any, ...]:
    # A calendar is made of the week mask and the holidays.
    keywords = {
        name: value
        for name, value in sorted(offset.kwds.items())
        if name != "calendar" and not (name in _DEFAULTS and value == _DEFAULTS[name])
    }
    plain = (offset.n, bool(offset.normalize))
    return (*plain, keywords) if keywords else plain


def _reduce(offset: Any) -> Reduced:
    return Reduced(_arguments(plain_offset(offset)))


def _build(cls: Any, args: Sequence[Any]) -> Any:
    multiple, normalize = args[:2]
    keywords = args[2] if len(args) > 2 else {}
    return cls(multiple, normalize=normalize, **keywords)


def _same_calendar(one: Any, other: Any) -> bool:
    first, second = getattr(one, "calendar", None), getattr(other, "calendar", None)
    if first is None or second is None:
        return first is second
    return np.array_equal(first.weekmask, second.weekmask) and np.array_equal(
        first.holidays, second.holidays
    )


def _check(shadow: Shadow) -> None:
    if shadow.arg_count() not in (2, 3):
        raise shadow.fail("takes two or three arguments")
    shadow.as_integer(shadow.arg(0), "n", -(2**63), 2**63 - 1)
    if not isinstance(shadow.arg(1), bool):
        raise shadow.fail("normalize is not a bool")
    keywords = shadow.arg(2) if shadow.arg_count() > 2 else {}
    if not isinstance(keywords, dict) or not keywords.keys() <= set(
        _KEYWORDS[shadow.key.removeprefix(_PREFIX)]
    ):
        raise shadow.fail("has keywords that it does not take")
