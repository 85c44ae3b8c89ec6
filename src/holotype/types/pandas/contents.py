"""What the validators of pandas objects share: plain vectors, and how many rows anything has.

Rule: all that is compared here is data. pandas is not imported, and no length is believed that the
stored arrays do not have.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow

__all__ = [
    "ARRAYS",
    "INDEXES",
    "PLAIN",
    "UNITS",
    "arguments",
    "integer_list",
    "rows",
    "sequence_rows",
    "vector",
]

PLAIN = "biufcmM"
"""The kinds of NumPy dtype, object aside, that a pandas column may have."""

UNITS = ("s", "ms", "us", "ns")
"""The units of time that pandas computes in."""


def arguments(shadow: Shadow, count: int) -> list[Any]:
    """All arguments of a call that takes exactly ``count`` of them."""
    if shadow.arg_count() != count:
        raise shadow.fail(f"takes {count} arguments and has {shadow.arg_count()}")
    return [shadow.arg(index) for index in range(count)]


def vector(
    shadow: Shadow, value: Any, what: str, kinds: str, *, ndim: int = 1
) -> np.ndarray[Any, Any]:
    """``value`` as an array of one of the dtype ``kinds``; times have a unit of pandas."""
    array = shadow.as_array(value, what, ndim=ndim, kind=kinds)
    if array.dtype.kind in "mM" and np.datetime_data(array.dtype) not in _UNIT_STEPS:
        raise shadow.fail(f"{what} has dtype {array.dtype}, a unit that pandas does not have")
    return array


def integer_list(shadow: Shadow, value: Any, what: str) -> np.ndarray[Any, Any]:
    """A list of Python integers of at most 64 bits, as an array."""
    if not isinstance(value, list) or not all(type(item) is int for item in value):
        raise shadow.fail(f"{what} is not a list of integers")
    try:
        return np.array(value, np.int64)
    except OverflowError:
        raise shadow.fail(f"{what} holds an integer of more than 64 bits") from None


def rows(shadow: Shadow) -> int:
    """How many elements an array or index of pandas has."""
    count = _ROWS.get(shadow.key)
    if count is None:
        raise shadow.fail("is no array or index of pandas")
    return count(shadow)


def sequence_rows(shadow: Shadow, value: Any) -> int:
    """How many elements ``value``, an argument of ``shadow``, has."""
    if isinstance(value, Shadow):
        return rows(value)
    if isinstance(value, np.ndarray) and value.ndim == 1:
        return len(value)
    if isinstance(value, list):
        return len(value)
    raise shadow.fail("an argument is not a sequence")


def _first_rows(shadow: Shadow) -> int:
    return sequence_rows(shadow, shadow.arg(0))


def _second_rows(shadow: Shadow) -> int:
    return sequence_rows(shadow, shadow.arg(1))


def _range_rows(shadow: Shadow) -> int:
    start, stop, step = (shadow.as_integer(shadow.arg(i), "a bound") for i in range(3))
    if step == 0:
        raise shadow.fail("the step is zero")
    return len(range(start, stop, step))


def _multi_rows(shadow: Shadow) -> int:
    codes = shadow.arg(1)
    if not isinstance(codes, list) or not codes:
        raise shadow.fail("has no list of codes")
    return sequence_rows(shadow, codes[0])


def _sparse_rows(shadow: Shadow) -> int:
    return shadow.as_integer(shadow.arg(2), "length", 0, 2**31 - 1)


_UNIT_STEPS = frozenset((unit, 1) for unit in UNITS)

ARRAYS: dict[str, Callable[[Shadow], int]] = {
    "pandas.Categorical": _first_rows,
    "pandas.arrays.ArrowExtensionArray": _second_rows,
    "pandas.arrays.ArrowStringArray": _first_rows,
    "pandas.arrays.ArrowStringArrayNumpySemantics": _first_rows,
    "pandas.arrays.BooleanArray": _first_rows,
    "pandas.arrays.DatetimeArray": _first_rows,
    "pandas.arrays.FloatingArray": _first_rows,
    "pandas.arrays.IntegerArray": _first_rows,
    "pandas.arrays.IntervalArray": _first_rows,
    "pandas.arrays.NumpyExtensionArray": _first_rows,
    "pandas.arrays.PeriodArray": _first_rows,
    "pandas.arrays.SparseArray": _sparse_rows,
    "pandas.arrays.StringArray": _first_rows,
    "pandas.arrays.StringArrayNumpySemantics": _first_rows,
    "pandas.arrays.TimedeltaArray": _first_rows,
}
"""Extension arrays by key, and how each states its length."""

INDEXES: dict[str, Callable[[Shadow], int]] = {
    "pandas.CategoricalIndex": _first_rows,
    "pandas.DatetimeIndex": _first_rows,
    "pandas.Float64Index": _first_rows,
    "pandas.Index": _first_rows,
    "pandas.Int64Index": _first_rows,
    "pandas.IntervalIndex": _first_rows,
    "pandas.MultiIndex": _multi_rows,
    "pandas.PeriodIndex": _first_rows,
    "pandas.RangeIndex": _range_rows,
    "pandas.TimedeltaIndex": _first_rows,
    "pandas.UInt64Index": _first_rows,
}
"""Indexes by key, and how each states its length."""

_ROWS = {**ARRAYS, **INDEXES}
