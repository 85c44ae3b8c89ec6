"""What the rules of pandas share: specimens by key, fresh copies, time zones as text."""

from __future__ import annotations

import zoneinfo
from functools import lru_cache
from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.names import entry_for
from holotype.legacy.rules.taken import Foreign, Odd, Raw
from holotype.legacy.symbols import Global
from holotype.types.table import type_table

__all__ = [
    "UNITS",
    "again",
    "array_of",
    "class_key",
    "is_of",
    "made",
    "parts_of",
    "time_array",
    "zone_text",
]

# NumPy's codes of the units that pandas computes in.
UNITS = {7: "s", 8: "ms", 9: "us", 10: "ns"}


def made(key: str, *args: Any) -> Specimen:
    """An object of the table's entry ``key``."""
    entry = type_table().entry(key)
    if entry is None:
        raise Odd(f"{key} is not in the table")
    return Specimen(entry, Reduced(args))


def is_of(value: Any, *keys: str) -> bool:
    """Whether a converted part is an object of one of the entries ``keys``."""
    return type(value) is Specimen and value.entry.key in keys


def parts_of(value: Any, key: str) -> tuple[Any, ...]:
    """The arguments of an object of the entry ``key``."""
    if not is_of(value, key):
        raise Odd(f"it is not {key}")
    args: tuple[Any, ...] = value.reduced.args
    return args


def again(value: Any) -> Any:
    """An equal object that no other shares: which ones pandas shares is chance."""
    return Specimen(value.entry, value.reduced) if type(value) is Specimen else value


def class_key(raw: Raw) -> str:
    """The key of a class that is given as an argument."""
    entry = entry_for(raw) if type(raw) is Global else None
    if entry is None:
        raise Odd(f"{raw.module}.{raw.name} is not in the table" if type(raw) is Global else "")
    return entry.key


def array_of(value: Any, kinds: str = "") -> np.ndarray[Any, Any]:
    """A part that must be an array, of one of these kinds of dtype."""
    if type(value) is not np.ndarray or (kinds and value.dtype.kind not in kinds):
        raise Odd("an array was expected")
    return value


def time_array(values: np.ndarray[Any, Any], dtype: Any, kind: str) -> np.ndarray[Any, Any]:
    """Instants or spans, whose dtype may stand beside them."""
    if isinstance(dtype, np.dtype):
        wanted = dtype
    elif is_of(dtype, "pandas.DatetimeTZDtype"):
        wanted = np.dtype(f"M8[{_unit(dtype.reduced.args[0])}]")
    else:
        raise Odd("its dtype is not one of times")
    if wanted.kind != kind or values.dtype.itemsize != 8 or values.dtype.kind not in "iMm":
        raise Odd("its values are not times")
    return values.view(wanted)


def _unit(unit: Any) -> str:
    if unit not in UNITS.values():
        raise Odd("its unit is not one of pandas")
    return str(unit)


# -- time zones ----------------------------------------------------------------------------------


def zone_text(zone: Any) -> str | None:
    """The text by which the table knows a time zone."""
    if zone is None:
        return None
    text = _described(zone)
    if text is None:
        raise Odd("its time zone has no portable name")
    return text


def _described(zone: Any) -> str | None:
    if is_of(zone, "datetime.timezone"):
        return _fixed(zone.reduced.args)
    if is_of(zone, "zoneinfo.ZoneInfo"):
        return f"zoneinfo:{zone.reduced.args[0]}"
    if type(zone) is not Foreign or zone.taken is None:
        return None
    args = zone.taken.args
    match zone.taken.name:
        case "pytz:_UTC":
            return "pytz:UTC"
        case "pytz:_p" if args and type(args[0]) is str:
            return f"pytz:{args[0]}"
        case "pytz:FixedOffset" if len(args) == 1 and type(args[0]) is int:
            return f"pytz-fixed:{args[0]}"
        case "dateutil.tz.tz:tzutc":
            return "dateutil:UTC"
        case "dateutil.tz.tz:tzfile" | "dateutil.tz._tzfile:_unpickle":
            return _of_file([part for part in args if type(part) is str])
    return None


def _fixed(args: tuple[Any, ...]) -> str | None:
    if len(args) != 1:  # with a name of its own
        return None
    days, seconds, micro = parts_of(args[0], "datetime.timedelta")
    if type(days) is not int or type(seconds) is not int or micro != 0:
        return None
    total = days * 86400 + seconds
    return f"fixed:{total}" if total else "UTC"


def _of_file(texts: list[str]) -> str | None:
    """Zones of dateutil, which are files: the name of the zone ends the path."""
    for path in reversed(texts):
        parts = path[:400].split("/")
        for start in range(len(parts)):
            name = "/".join(parts[start:])
            if name in _listed():
                return f"dateutil:{name}"
    return None


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    return frozenset(zoneinfo.available_timezones())
