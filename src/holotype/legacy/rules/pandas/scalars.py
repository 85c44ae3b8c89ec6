"""Timestamps, spans of time, periods, intervals, and date offsets."""

from __future__ import annotations

import datetime
import zoneinfo
from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.pandas.parts import UNITS, is_of, made, zone_text
from holotype.legacy.rules.taken import FunctionRule, Odd, Taken, TypeRule
from holotype.legacy.symbols import Global
from holotype.types.pandas import offsets as table

__all__ = ["FUNCTIONS", "TYPES", "offset_again"]


def _instant(taken: Taken) -> tuple[Any, ...]:
    """(value, freq, zone, code of the unit), of which pandas 1 has no unit: nanoseconds."""
    value, _, zone, code = (*taken.arguments(1, 4), None, None, None)[:4]
    taken.no_state()
    unit = UNITS.get(code if type(code) is int else 10 if code is None else 0)
    if type(value) is not int or unit is None or not -(1 << 63) < value < 1 << 63:
        raise Odd("its value is not a count of units of time")
    text = zone_text(zone)
    instant: Any = np.datetime64
    return str(instant(value, unit)), unit, text, _fold(value, unit, text)


def _fold(value: int, unit: str, text: str | None) -> int:
    """Which of two equal local times it is, as pandas finds it where a zone changes."""
    kind, _, name = (text or "").partition(":")
    if kind not in ("zoneinfo", "dateutil", "pytz") or name not in zoneinfo.available_timezones():
        return 0
    seconds = value // {"s": 1, "ms": 1_000, "us": 1_000_000, "ns": 1_000_000_000}[unit]
    try:
        return datetime.datetime.fromtimestamp(seconds, zoneinfo.ZoneInfo(name)).fold
    except (ValueError, OverflowError, OSError):
        return 0


def _timestamp(taken: Taken) -> Specimen:
    return made("pandas.Timestamp", *_instant(taken))


def _timestamp_called(taken: Taken) -> Reduced:
    return Reduced(_instant(taken))


def _span(taken: Taken) -> tuple[Any, ...]:
    value, code = (*taken.arguments(1, 2), 10)[:2]
    taken.no_state()
    unit = UNITS.get(code) if type(code) is int else None
    if type(value) is not int or unit is None:
        raise Odd("its value is not a count of units of time")
    return value, unit


def _timedelta(taken: Taken) -> Specimen:
    return made("pandas.Timedelta", *_span(taken))


def _timedelta_called(taken: Taken) -> Reduced:
    return Reduced(_span(taken))


def _not_a_time(taken: Taken) -> Global:
    taken.arguments(0, 1)
    return Global("pandas", "NaT")


def _period(taken: Taken) -> Reduced:
    """``Period(None, freq, ordinal)``, by the constructor or as a state."""
    parts = taken.state() if taken.states else taken.args
    if type(parts) is not tuple or len(parts) != 3 or parts[0] is not None:
        raise Odd("it is not made of a frequency and an ordinal")
    return Reduced((parts[2], offset_again(parts[1])))


def _interval(taken: Taken) -> Reduced:
    taken.no_state()
    return Reduced(taken.arguments(3))


# -- offsets -------------------------------------------------------------------------------------

_CUSTOM = ("weekmask", "holidays", "calendar", "offset")
# The arguments after the multiple and whether to normalise, where these are not the keywords.
_ORDER: dict[str, tuple[str, ...]] = {
    "CustomBusinessDay": _CUSTOM,
    "CustomBusinessHour": ("weekmask", "holidays", "calendar", "start", "end", "offset"),
    "CustomBusinessMonthBegin": _CUSTOM,
    "CustomBusinessMonthEnd": _CUSTOM,
}


def _offset(name: str) -> TypeRule:
    order = _ORDER.get(name, tuple(table._KEYWORDS[name]))

    def rule(taken: Taken) -> Reduced:
        multiple, normalize, *rest = taken.arguments(2, 2 + len(order))
        taken.no_state()
        return _kept(multiple, normalize, dict(zip(order, rest, strict=False)))

    return rule


def _kept(multiple: Any, normalize: Any, keywords: dict[str, Any]) -> Reduced:
    kept = {
        name: value
        for name, value in sorted(keywords.items())
        if name != "calendar" and not _is_default(name, value) and value is not None
    }
    plain = (multiple, bool(normalize))
    return Reduced((*plain, kept) if kept else plain)


def _is_default(name: str, value: Any) -> bool:
    if is_of(value, "datetime.timedelta"):
        return name == "offset" and value.reduced.args == (0, 0, 0)
    return name in table._DEFAULTS and type(value) is int and value == table._DEFAULTS[name]


def _date_offset(taken: Taken) -> Reduced:
    taken.arguments(0)
    state = taken.attributes()
    keywords = {name: value for name, value in state.items() if name in table._RELATIVE}
    return _kept(state["n"], state["normalize"], keywords)


def offset_again(offset: Any) -> Any:
    """An equal offset that no other object shares, or None."""
    if offset is None:
        return None
    if type(offset) is not Specimen or not offset.entry.key.startswith(table._PREFIX):
        raise Odd("its frequency is not an offset of pandas")
    return Specimen(offset.entry, offset.reduced)


FUNCTIONS: dict[str, FunctionRule] = {
    "pandas._libs.tslibs.nattype:__nat_unpickle": _not_a_time,
    "pandas._libs.tslibs.nattype:_nat_unpickle": _not_a_time,
    "pandas._libs.tslibs.timedeltas:_timedelta_unpickle": _timedelta,
    "pandas._libs.tslibs.timestamps:_unpickle_timestamp": _timestamp,
}

TYPES: dict[str, TypeRule] = {
    "pandas.Interval": _interval,
    "pandas.Period": _period,
    "pandas.Timedelta": _timedelta_called,
    "pandas.Timestamp": _timestamp_called,
    **{f"pandas.offsets.{name}": _offset(name) for name in table._KEYWORDS},
    "pandas.offsets.DateOffset": _date_offset,
}
