"""The dtypes of pandas as values of their own.

Rule: a dtype is written by what it means (unit and zone, frequency, categories), never by its name,
which depends on the version and on options.
"""

from __future__ import annotations

import datetime
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.contents import INDEXES, UNITS, arguments
from holotype.types.pandas.offsets import is_offset, plain_offset
from holotype.types.pandas.scalars import CLOSED
from holotype.types.pandas.zones import check_zone, zone_of, zone_text

__all__ = ["entries", "masked_dtypes"]

_MASKED = {
    "integer": [f"{sign}nt{bits}" for sign in ("I", "UI") for bits in (8, 16, 32, 64)],
    "floating": ["Float32", "Float64"],
    "boolean": ["Boolean"],
}


def masked_dtypes() -> Iterable[tuple[str, str]]:
    """Class name and module of each nullable dtype; they have no parameters."""
    for module, names in _MASKED.items():
        for name in names:
            yield f"{name}Dtype", f"pandas.core.arrays.{module}"


def entries() -> Iterable[Entry]:
    """One entry for each class of dtype, those of strings and Arrow aside."""
    for name, module in masked_dtypes():
        yield _entry(name, (module,), lambda _: Reduced(), None, _check_bare)
    dtypes = "pandas.core.dtypes.dtypes"
    yield _entry("CategoricalDtype", (dtypes,), _reduce_categorical, None, _check_categorical)
    yield _entry("DatetimeTZDtype", (dtypes,), _reduce_zoned, _build_zoned, _check_zoned)
    yield _entry("PeriodDtype", (dtypes,), _reduce_period, None, _check_period)
    yield _entry("IntervalDtype", (dtypes,), _reduce_interval, None, _check_interval)
    yield _entry(
        "SparseDtype",
        (dtypes, "pandas.core.arrays.sparse.dtype"),
        lambda dtype: Reduced((dtype.subtype, dtype.fill_value)),
        None,
        _check_sparse,
    )


def _entry(
    name: str,
    modules: tuple[str, ...],
    reduce: Callable[[Any], Reduced],
    build: Callable[[Any, Sequence[Any]], Any] | None,
    check: Callable[[Shadow], None],
) -> Entry:
    return Entry(
        key=f"pandas.{name}",
        where=(f"pandas:{name}", *(f"{module}:{name}" for module in modules)),
        kind="call",
        reduce=reduce,
        build=build,
        check=check,
    )


def _check_bare(shadow: Shadow) -> None:
    arguments(shadow, 0)


def _reduce_categorical(dtype: Any) -> Reduced:
    return Reduced((dtype.categories, dtype.ordered))


def _check_categorical(shadow: Shadow) -> None:
    categories, ordered = arguments(shadow, 2)
    if categories is not None and not (
        isinstance(categories, Shadow) and categories.key in INDEXES
    ):
        raise shadow.fail("categories are neither an index nor None")
    if ordered is not None and not isinstance(ordered, bool):
        raise shadow.fail("ordered is not a bool")


def _reduce_zoned(dtype: Any) -> Reduced:
    return Reduced((dtype.unit, zone_text(dtype.tz)))


def _build_zoned(cls: Any, args: Sequence[Any]) -> Any:
    zone: datetime.tzinfo = zone_of(args[1])
    return cls(args[0], zone)


def _check_zoned(shadow: Shadow) -> None:
    unit, zone = arguments(shadow, 2)
    if unit not in UNITS or zone is None:
        raise shadow.fail("has a unit and a time zone")
    check_zone(shadow, zone)


def _reduce_period(dtype: Any) -> Reduced:
    return Reduced((plain_offset(dtype.freq),))


def _check_period(shadow: Shadow) -> None:
    (freq,) = arguments(shadow, 1)
    if not is_offset(freq):
        raise shadow.fail("the frequency is not an offset")


def _reduce_interval(dtype: Any) -> Reduced:
    return Reduced((dtype.subtype, dtype.closed))


def _check_interval(shadow: Shadow) -> None:
    subtype, closed = arguments(shadow, 2)
    plain = subtype is None or isinstance(subtype, np.dtype)
    if not plain and not (isinstance(subtype, Shadow) and subtype.key == "pandas.DatetimeTZDtype"):
        raise shadow.fail("the subtype is not the dtype of an interval's ends")
    if closed is not None and closed not in CLOSED:
        raise shadow.fail("closed is not one of both, left, neither, right")


def _check_sparse(shadow: Shadow) -> None:
    subtype, _ = arguments(shadow, 2)
    if not isinstance(subtype, np.dtype):
        raise shadow.fail("the subtype is not a dtype of NumPy")
