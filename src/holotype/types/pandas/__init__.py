"""pandas: frames, series, indexes, extension arrays, dtypes, scalars and offsets.

Everything is written by its meaning (values, labels, frequencies), not by what the classes happen
to keep inside, so an archive opens in other versions of pandas. Rule: pandas is imported only
inside functions, when an object of it is taken apart or built.
"""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.pandas import arrays, dtypes, frames, indexes, offsets, scalars, strings

__all__ = ["entries"]

# Functions that read nothing, evaluate no text and change nothing outside their result.
_FUNCTIONS = {
    "concat": "reshape.concat",
    "cut": "reshape.tile",
    "factorize": "algorithms",
    "get_dummies": "reshape.encoding",
    "isna": "dtypes.missing",
    "notna": "dtypes.missing",
    "qcut": "reshape.tile",
    "to_datetime": "tools.datetimes",
    "to_numeric": "tools.numeric",
    "to_timedelta": "tools.timedeltas",
    "unique": "algorithms",
}


def entries() -> Iterable[Entry]:
    """Every type, function and constant of pandas that a blueprint may name."""
    for room in (frames, indexes, arrays, strings, dtypes, scalars, offsets):
        yield from room.entries()
    for name, module in _FUNCTIONS.items():
        yield Entry(
            key=f"pandas.{name}",
            where=(f"pandas:{name}", f"pandas.core.{module}:{name}"),
            kind="name",
        )
