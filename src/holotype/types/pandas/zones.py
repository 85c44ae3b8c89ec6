"""Time zones as text: ``UTC``, ``zoneinfo:Europe/Berlin``, ``pytz:Europe/Berlin``, ``fixed:3600``.

Which package a zone object comes from is kept, because pandas compares dtypes by it. Rule: a name
from a file selects one of the zones that the package lists; it never becomes a path or a module.
"""

from __future__ import annotations

import datetime
import importlib
import re
from functools import lru_cache
from typing import Any

from holotype.errors import MissingLibraryError, UnsupportedError
from holotype.graph.shadow import Shadow

__all__ = ["check_zone", "zone_of", "zone_text"]

_TEXT = re.compile(
    r"UTC|(?:zoneinfo|pytz|dateutil):[A-Za-z0-9_+\-]{1,32}(?:/[A-Za-z0-9_+\-]{1,32}){0,3}"
    r"|(?:fixed|pytz-fixed):(?:0|-?[1-9][0-9]{0,5})"
)
_ADVICE = "Convert to a zone of the IANA database, such as tz_convert('Europe/Berlin')."


def zone_text(zone: datetime.tzinfo | None) -> str | None:
    """The text of a time zone; refuses those that another machine could not find."""
    if zone is None:
        return None
    text = _describe(zone)
    if text is None or not _TEXT.fullmatch(text):
        raise UnsupportedError("", f"the time zone {zone!r} has no portable name.", _ADVICE)
    return text


def _describe(zone: Any) -> str | None:
    if zone is datetime.UTC:
        return "UTC"
    package = type(zone).__module__.partition(".")[0]
    if package == "zoneinfo":
        return f"zoneinfo:{zone.key}" if zone.key in _listed() else None
    if package == "pytz":
        if zone.zone is not None:
            return f"pytz:{zone.zone}"
        return f"pytz-fixed:{int(zone.utcoffset(None).total_seconds()) // 60}"
    if package == "dateutil":
        return _describe_dateutil(zone)
    if type(zone) is datetime.timezone:
        arguments = zone.__getinitargs__()  # type: ignore[attr-defined]  # with a name: two
        seconds = arguments[0].total_seconds()
        return f"fixed:{int(seconds)}" if len(arguments) == 1 and seconds == int(seconds) else None
    return None


def _describe_dateutil(zone: Any) -> str | None:
    tz = importlib.import_module("dateutil.tz")
    if zone == tz.UTC and type(zone) is type(tz.UTC):
        return "dateutil:UTC"
    if type(zone) is not tz.tzfile:
        return None
    parts = str(getattr(zone, "_filename", "")).split("/")
    for start in range(len(parts)):  # the zone's name ends the path of its file
        name = "/".join(parts[start:])
        if name in _listed() and tz.gettz(name) == zone:
            return f"dateutil:{name}"
    return None


def check_zone(shadow: Shadow, value: Any) -> None:
    """Demand that ``value`` is None or the text of a time zone."""
    if value is not None and not (isinstance(value, str) and _TEXT.fullmatch(value)):
        raise shadow.fail("the time zone is not one of the format")


def zone_of(text: str | None) -> Any:
    """The time zone that :func:`zone_text` described."""
    if text is None:
        return None
    if text == "UTC":
        return datetime.UTC
    kind, _, name = text.partition(":")
    if kind == "fixed":
        return datetime.timezone(datetime.timedelta(seconds=int(name)))
    if kind in ("pytz", "pytz-fixed"):
        try:
            pytz = importlib.import_module("pytz")
        except ImportError:
            raise MissingLibraryError(f"the zone {name} needs pytz: pip install pytz") from None
        return pytz.timezone(name) if kind == "pytz" else pytz.FixedOffset(int(name))
    if name not in _listed() and name != "UTC":
        raise MissingLibraryError(
            f"the time zone {name} is not known on this machine: pip install tzdata"
        )
    if kind == "dateutil":
        tz = importlib.import_module("dateutil.tz")
        return tz.UTC if name == "UTC" else tz.gettz(name)
    import zoneinfo

    return zoneinfo.ZoneInfo(name)


@lru_cache(maxsize=1)
def _listed() -> frozenset[str]:
    """Names of the zones on this machine; reading them takes some milliseconds."""
    import zoneinfo

    return frozenset(zoneinfo.available_timezones())
