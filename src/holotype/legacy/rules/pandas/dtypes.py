"""The dtypes of pandas."""

from __future__ import annotations

import re
from typing import Any

from holotype.graph.specimen import Named, Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.pandas.arrow import type_text
from holotype.legacy.rules.pandas.parts import made, zone_text
from holotype.legacy.rules.taken import Odd, Taken, TypeRule
from holotype.types.pandas.dtypes import masked_dtypes

__all__ = ["TYPES", "offset_of", "string_semantics"]


def _bare(taken: Taken) -> Reduced:
    taken.instance()  # it may keep a cache
    return Reduced()


def _categorical(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced((state["categories"], state["ordered"]))


def _zoned(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced((state["unit"], zone_text(state["tz"])))


def _interval(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced((state["subtype"], state.get("closed")))


def _sparse(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced((state["_dtype"], state["_fill_value"]))


def _arrow(taken: Taken) -> Reduced:
    kind = taken.instance()["pyarrow_dtype"] if taken.new else taken.arguments(1)[0]
    return Reduced((type_text(kind),))


# -- strings -------------------------------------------------------------------------------------


def _string(taken: Taken) -> Reduced:
    if taken.new:
        state = taken.instance()
        storage, missing = state["storage"], state.get("_na_value", state.get("na_value"))
    else:
        storage, missing = (*taken.arguments(1, 2), None)[:2]
        taken.no_state()
    return Reduced(string_semantics(storage, taken.plain(missing)))


def string_semantics(storage: Any, missing: Any) -> tuple[str, str]:
    """Where strings are kept and which value is a missing one, in the words of the table."""
    if storage == "pyarrow_numpy":  # pandas 2.1 and 2.2
        return "pyarrow", "nan"
    if storage not in ("python", "pyarrow"):
        raise Odd("its storage is not known")
    if type(missing) is float and missing != missing:
        return storage, "nan"
    if missing is None or (type(missing) is Named and missing.entry.key == "pandas.NA"):
        return storage, "NA"
    raise Odd("its missing value is not known")


# -- periods -------------------------------------------------------------------------------------

_PERIOD = re.compile(r"period\[([0-9]{0,9})([A-Za-z]{1,3})(?:-([A-Z]{3}))?\]", re.ASCII)
_PLAIN = {
    "B": "BusinessDay",
    "D": "Day",
    "H": "Hour",
    "L": "Milli",
    "M": "MonthEnd",
    "N": "Nano",
    "S": "Second",
    "T": "Minute",
    "U": "Micro",
    "h": "Hour",
    "min": "Minute",
    "ms": "Milli",
    "ns": "Nano",
    "s": "Second",
    "us": "Micro",
}
_DAYS = {name: day for day, name in enumerate(("MON", "TUE", "WED", "THU", "FRI", "SAT", "SUN"))}
_MONTHS = {
    "JAN": 1,
    "FEB": 2,
    "MAR": 3,
    "APR": 4,
    "MAY": 5,
    "JUN": 6,
    "JUL": 7,
    "AUG": 8,
    "SEP": 9,
    "OCT": 10,
    "NOV": 11,
    "DEC": 12,
}
_ANCHORED = {
    "A": ("YearEnd", "month", _MONTHS, "DEC"),
    "Q": ("QuarterEnd", "startingMonth", _MONTHS, "DEC"),
    "W": ("Week", "weekday", _DAYS, "SUN"),
    "Y": ("YearEnd", "month", _MONTHS, "DEC"),
}


def _period(taken: Taken) -> Reduced:
    (freq,) = taken.arguments(1)
    taken.no_state()
    return Reduced((offset_of(freq),))


def offset_of(freq: Any) -> Specimen:
    """The offset of a period's dtype, which is given as one or by the dtype's name."""
    if type(freq) is Specimen and freq.entry.key.startswith("pandas.offsets."):
        return Specimen(freq.entry, freq.reduced)
    found = _PERIOD.fullmatch(freq) if type(freq) is str else None
    if found is None:
        raise Odd("its frequency is not known")
    multiple, name, anchor = int(found[1] or 1), found[2], found[3]
    if name in _PLAIN and anchor is None:
        return made(f"pandas.offsets.{_PLAIN[name]}", multiple, False)
    if name in _ANCHORED:
        cls, keyword, anchors, usual = _ANCHORED[name]
        place = anchors.get(anchor or usual)
        if place is not None:
            return made(f"pandas.offsets.{cls}", multiple, False, {keyword: place})
    raise Odd("its frequency is not known")


TYPES: dict[str, TypeRule] = {
    **{f"pandas.{name}": _bare for name, _ in masked_dtypes()},
    "pandas.ArrowDtype": _arrow,
    "pandas.CategoricalDtype": _categorical,
    "pandas.DatetimeTZDtype": _zoned,
    "pandas.IntervalDtype": _interval,
    "pandas.PeriodDtype": _period,
    "pandas.SparseDtype": _sparse,
    "pandas.StringDtype": _string,
}
