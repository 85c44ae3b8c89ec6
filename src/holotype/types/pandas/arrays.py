"""Extension arrays: plain vectors and what gives them their meaning.

What pandas keeps under a mask is left over from earlier computations; it is written as one and
False, so equal arrays have equal bytes. Rule: codes, masks and sparse indices are checked against
the lengths that they index before pandas, whose native code trusts them, sees them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.contents import INDEXES, PLAIN, arguments, rows, vector
from holotype.types.pandas.offsets import is_offset, plain_offset
from holotype.types.pandas.scalars import CLOSED
from holotype.types.pandas.zones import check_zone, zone_of, zone_text

__all__ = ["check_codes", "check_freq", "entries", "flat", "instants", "time_dtype"]

_CORE = "pandas.core.arrays"


def entries() -> Iterable[Entry]:
    """One entry for each class of extension array, those of strings and Arrow aside."""
    yield Entry(
        key="pandas.Categorical",
        where=("pandas:Categorical", f"{_CORE}.categorical:Categorical"),
        kind="call",
        reduce=lambda array: Reduced((flat(array).codes, array.categories, array.ordered)),
        build=_build_categorical,
        check=_check_categorical,
    )
    for name, modules, reduce, build, check in (
        ("IntegerArray", "integer", _reduce_masked, _build_masked, _check_masked),
        ("FloatingArray", "floating", _reduce_masked, _build_masked, _check_masked),
        ("BooleanArray", "boolean", _reduce_masked, _build_masked, _check_masked),
        ("DatetimeArray", "datetimes", _reduce_datetimes, _build_datetimes, _check_datetimes),
        ("TimedeltaArray", "timedeltas", _reduce_spans, _build_spans, _check_spans),
        ("PeriodArray", "period", _reduce_periods, _build_periods, _check_periods),
        ("IntervalArray", "interval", _reduce_intervals, _build_intervals, _check_intervals),
        ("SparseArray", "sparse.array", _reduce_sparse, _build_sparse, _check_sparse),
    ):
        yield Entry(
            key=f"pandas.arrays.{name}",
            where=(f"pandas.arrays:{name}", f"{_CORE}.{modules}:{name}"),
            kind="call",
            reduce=reduce,
            build=build,
            check=check,
        )
    yield Entry(
        key="pandas.arrays.NumpyExtensionArray",
        where=(
            "pandas.arrays:NumpyExtensionArray",
            f"{_CORE}.numpy_:NumpyExtensionArray",
            f"{_CORE}.numpy_:PandasArray",  # its name before pandas 2.1
        ),
        kind="call",
        reduce=lambda array: Reduced((np.asarray(flat(array)),)),
        check=_check_numpy,
    )


def flat(array: Any) -> Any:
    """``array`` itself; some extension arrays can have two dimensions, which nothing here needs."""
    if array.ndim != 1:
        raise UnsupportedError("", "an extension array with two dimensions.")
    return array


# -- categories --------------------------------------------------------------------------------


def _build_categorical(cls: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    codes, categories, ordered = args
    return cls.from_codes(codes, dtype=pd.CategoricalDtype(categories, ordered))


def _check_categorical(shadow: Shadow) -> None:
    codes, categories, ordered = arguments(shadow, 3)
    check_codes(shadow, codes, _index_rows(shadow, categories, "categories"), "codes")
    if not isinstance(ordered, bool):
        raise shadow.fail("ordered is not a bool")


def check_codes(shadow: Shadow, value: Any, count: int, what: str) -> int:
    """Demand codes of ``count`` values, -1 for a missing one; returns how many there are."""
    codes = vector(shadow, value, what, "i")
    if len(codes) and (codes.min() < -1 or codes.max() >= count):
        raise shadow.fail(f"{what} refer to values that are not there")
    return len(codes)


def _index_rows(shadow: Shadow, value: Any, what: str) -> int:
    if not isinstance(value, Shadow) or value.key not in INDEXES:
        raise shadow.fail(f"{what} are not an index")
    return rows(value)


# -- nullable numbers --------------------------------------------------------------------------


def _reduce_masked(array: Any) -> Reduced:
    values, mask = flat(array)._data, array._mask
    if not mask.any():
        return Reduced((values, None))
    values = values.copy()
    values[mask] = values.dtype.type(values.dtype.kind != "b")
    return Reduced((values, mask))


def _build_masked(cls: Any, args: Sequence[Any]) -> Any:
    values, mask = args
    return cls(values, np.zeros(len(values), bool) if mask is None else mask, copy=False)


_MASKED_KINDS = {
    "pandas.arrays.BooleanArray": "b",
    "pandas.arrays.FloatingArray": "f",
    "pandas.arrays.IntegerArray": "iu",
}


def _check_masked(shadow: Shadow) -> None:
    value, mask = arguments(shadow, 2)
    values = vector(shadow, value, "values", _MASKED_KINDS[shadow.key])
    if mask is not None and len(vector(shadow, mask, "mask", "b")) != len(values):
        raise shadow.fail("the mask is not as long as the values")


# -- times -------------------------------------------------------------------------------------


def time_dtype(dtype: Any) -> np.dtype[Any]:
    """The NumPy dtype behind naive and zoned datetimes and timedeltas."""
    return dtype if isinstance(dtype, np.dtype) else np.dtype(f"M8[{dtype.unit}]")


def instants(values: np.ndarray[Any, Any], zone: str | None) -> Any:
    """A DatetimeIndex of ``values``, which are in UTC, in a zone."""
    import pandas as pd

    index = pd.DatetimeIndex(values, copy=False)
    if index.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no {values.dtype}")
    return index if zone is None else index.tz_localize("UTC").tz_convert(zone_of(zone))


def _reduce_datetimes(array: Any) -> Reduced:
    values = flat(array).asi8.view(time_dtype(array.dtype))
    return Reduced((values, zone_text(array.tz), _freq(array)))


def _build_datetimes(_: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    values, zone, freq = args
    array = instants(values, zone).array
    # From pandas 3.1 only an index has a frequency.
    keeps = freq is not None and hasattr(array, "freq")
    return pd.DatetimeIndex(array, freq=freq).array if keeps else array


def _check_datetimes(shadow: Shadow) -> None:
    values, zone, freq = arguments(shadow, 3)
    vector(shadow, values, "values", "M")
    check_zone(shadow, zone)
    check_freq(shadow, freq)


def check_freq(shadow: Shadow, freq: Any) -> None:
    """Demand an offset or None."""
    if freq is not None and not is_offset(freq):
        raise shadow.fail("the frequency is not an offset")


def _freq(array: Any) -> Any:
    return plain_offset(getattr(array, "freq", None))


def _reduce_spans(array: Any) -> Reduced:
    return Reduced((flat(array).asi8.view(array.dtype), _freq(array)))


def _build_spans(_: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    values, freq = args
    index = pd.TimedeltaIndex(values, copy=False)
    if index.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no {values.dtype}")
    keeps = freq is not None and hasattr(index.array, "freq")
    return pd.TimedeltaIndex(index, freq=freq).array if keeps else index.array


def _check_spans(shadow: Shadow) -> None:
    values, freq = arguments(shadow, 2)
    vector(shadow, values, "values", "m")
    check_freq(shadow, freq)


def _reduce_periods(array: Any) -> Reduced:
    return Reduced((flat(array).asi8, plain_offset(array.dtype.freq)))


def _build_periods(cls: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    ordinals, freq = args
    return cls(ordinals, dtype=pd.PeriodDtype(freq), copy=False)


def _check_periods(shadow: Shadow) -> None:
    ordinals, freq = arguments(shadow, 2)
    shadow.as_array(ordinals, "ordinals", ndim=1, dtype="<i8")
    if not is_offset(freq):
        raise shadow.fail("the frequency is not an offset")


# -- intervals, sparse and plain ---------------------------------------------------------------


def _reduce_intervals(array: Any) -> Reduced:
    return Reduced((array.left, array.right, array.closed))


def _build_intervals(cls: Any, args: Sequence[Any]) -> Any:
    left, right, closed = args
    array = cls.from_arrays(left, right, closed)
    if array.dtype.subtype != left.dtype:
        raise ValueError(f"this version of pandas has no intervals of {left.dtype}")
    return array


def _check_intervals(shadow: Shadow) -> None:
    left, right, closed = arguments(shadow, 3)
    if _index_rows(shadow, left, "left ends") != _index_rows(shadow, right, "right ends"):
        raise shadow.fail("there are not as many left as right ends")
    if closed not in CLOSED:
        raise shadow.fail("closed is not one of both, left, neither, right")


def _reduce_sparse(array: Any) -> Reduced:
    places = array.sp_index.to_int_index().indices
    return Reduced((array.sp_values, places, len(array), array.fill_value, array.kind))


def _build_sparse(cls: Any, args: Sequence[Any]) -> Any:
    values, places, length, fill, kind = args
    if hasattr(cls, "from_indices"):  # since pandas 3.1
        array = cls.from_indices(values, places, length, fill, kind, values.dtype)
    else:
        from pandas._libs.sparse import IntIndex

        index = IntIndex(length, places)
        if kind == "block":
            index = index.to_block_index()
        array = cls(values, index, fill_value=fill, dtype=values.dtype, copy=False)
    if array.sp_values.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no sparse {values.dtype}")
    return array


def _check_sparse(shadow: Shadow) -> None:
    values, places, _, _, kind = arguments(shadow, 5)
    vector(shadow, values, "values", PLAIN + "O")
    places = shadow.as_array(places, "places", ndim=1, dtype="<i4")
    if len(places) != len(values):
        raise shadow.fail("there are not as many places as values")
    if len(places) and (
        places[0] < 0 or places[-1] >= rows(shadow) or (np.diff(places) <= 0).any()
    ):
        raise shadow.fail("places are out of bounds or not in order")
    if kind not in ("block", "integer"):
        raise shadow.fail("the kind is not block or integer")


def _check_numpy(shadow: Shadow) -> None:
    (values,) = arguments(shadow, 1)
    vector(shadow, values, "values", PLAIN + "OUS")
