"""Extension arrays, those of Arrow aside."""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.pandas.dtypes import offset_of
from holotype.legacy.rules.pandas.parts import (
    array_of,
    class_key,
    is_of,
    made,
    parts_of,
    time_array,
)
from holotype.legacy.rules.pandas.scalars import offset_again
from holotype.legacy.rules.taken import Foreign, FunctionRule, Likeness, Odd, Taken, TypeRule
from holotype.types.pandas.arrays import _reduce_masked

__all__ = ["FUNCTIONS", "TYPES", "ends_of_intervals"]


# -- arrays that are backed by one of NumPy ------------------------------------------------------


def _backed(taken: Taken) -> Specimen:
    """Its dtype, its values, and attributes; the order of the first two differs with versions."""
    cls, _, given = taken.arguments(3)
    state = taken.state() if given is None else given
    if type(state) is not tuple or not 2 <= len(state) <= 3:
        raise Odd("the state of an extension array is not known")
    dtype, values = state[:2]
    if type(values) is not np.ndarray:
        dtype, values = values, dtype
    attributes = state[2] if len(state) == 3 else {}
    if type(attributes) is not dict:
        raise Odd("the attributes of an extension array are not known")
    key = class_key(cls)
    rule = _BACKED.get(key)
    if rule is None:
        raise Odd(f"{key} is no array that NumPy backs")
    return made(key, *rule(dtype, array_of(values), attributes))


def _categorical(dtype: Any, codes: Any, _: dict[str, Any]) -> tuple[Any, ...]:
    categories, ordered = parts_of(dtype, "pandas.CategoricalDtype")
    return codes.view(), categories, ordered


def _instants(dtype: Any, values: Any, attributes: dict[str, Any]) -> tuple[Any, ...]:
    zone = dtype.reduced.args[1] if is_of(dtype, "pandas.DatetimeTZDtype") else None
    return time_array(values, dtype, "M"), zone, offset_again(attributes.get("_freq"))


def _spans(dtype: Any, values: Any, attributes: dict[str, Any]) -> tuple[Any, ...]:
    return time_array(values, dtype, "m"), offset_again(attributes.get("_freq"))


def _periods(dtype: Any, ordinals: Any, _: dict[str, Any]) -> tuple[Any, ...]:
    (freq,) = parts_of(dtype, "pandas.PeriodDtype")
    return ordinals.view(), offset_of(freq)


def _plain(dtype: Any, values: Any, _: dict[str, Any]) -> tuple[Any, ...]:
    return (values,)


def _texts(dtype: Any, values: Any, _: dict[str, Any]) -> tuple[Any, ...]:
    semantics = parts_of(dtype, "pandas.StringDtype")
    texts = array_of(values, "O").tolist()
    mask = np.fromiter((type(text) is not str for text in texts), bool, len(texts))
    if not mask.any():
        return (texts, None, *semantics)
    return ([text if type(text) is str else "" for text in texts], mask, *semantics)


_BACKED = {
    "pandas.Categorical": _categorical,
    "pandas.arrays.DatetimeArray": _instants,
    "pandas.arrays.NumpyExtensionArray": _plain,
    "pandas.arrays.PeriodArray": _periods,
    "pandas.arrays.StringArray": _texts,
    "pandas.arrays.StringArrayNumpySemantics": _texts,
    "pandas.arrays.TimedeltaArray": _spans,
}


# -- the others ----------------------------------------------------------------------------------


def _masked(taken: Taken) -> Reduced:
    state = taken.instance()
    values, mask = array_of(state["_data"], "biuf"), array_of(state["_mask"], "b")
    if values.shape != mask.shape:
        raise Odd("its mask is not as long as its values")
    return _reduce_masked(Likeness({"_data": values, "_mask": mask, "ndim": values.ndim}))


def _intervals(taken: Taken) -> Specimen:
    cls, _, given = taken.arguments(3)
    state = taken.state() if given is None else given
    if type(state) is tuple and len(state) == 1:
        (state,) = state
    if type(state) is not dict or class_key(cls) != "pandas.arrays.IntervalArray":
        raise Odd("the state of intervals is not known")
    closed = state.get("_closed")
    if closed is None:
        closed = parts_of(state["_dtype"], "pandas.IntervalDtype")[1]
    left, right = (ends_of_intervals(state[name]) for name in ("_left", "_right"))
    return made("pandas.arrays.IntervalArray", left, right, closed)


def ends_of_intervals(values: Any) -> Specimen:
    """The index that pandas makes of one side of intervals."""
    if is_of(values, "pandas.arrays.DatetimeArray"):
        return made("pandas.DatetimeIndex", *values.reduced.args, None)
    if is_of(values, "pandas.arrays.TimedeltaArray"):
        return made("pandas.TimedeltaIndex", *values.reduced.args, None)
    if type(values) is np.ndarray:
        return made("pandas.Index", values, None)
    if type(values) is Specimen and values.entry.key.endswith("Index"):  # of pandas 1
        return Specimen(values.entry, Reduced((*values.reduced.args[:-1], None)))
    raise Odd("the ends of its intervals are not known")


def _sparse(taken: Taken) -> Reduced:
    state = taken.instance()
    values = array_of(state["_sparse_values"])
    length, places, kind = _places(state["_sparse_index"], len(values))
    _, fill = parts_of(state["_dtype"], "pandas.SparseDtype")
    return Reduced((values, places, length, fill, kind))


def _places(index: Any, count: int) -> tuple[int, Any, str]:
    name = index.taken.name if type(index) is Foreign and index.taken is not None else ""
    args: tuple[Any, ...] = index.taken.args if name else ()
    if name == "pandas._libs.sparse:IntIndex" and len(args) >= 2:
        return args[0], array_of(args[1], "i"), "integer"
    if name != "pandas._libs.sparse:BlockIndex" or len(args) != 3:
        raise Odd("its index is not known")
    length, starts, sizes = args[0], array_of(args[1], "i"), array_of(args[2], "i")
    if starts.shape != sizes.shape or (sizes < 0).any() or int(sizes.sum(dtype=object)) != count:
        raise Odd("its blocks do not hold its values")
    before = np.repeat(np.cumsum(sizes) - sizes, sizes)
    places = np.repeat(starts, sizes) + (np.arange(count) - before)
    return length, places.astype("<i4"), "block"


def _list(taken: Taken) -> Reduced:
    (items,) = taken.arguments(1)
    if type(items) is not list:
        raise Odd("it is not made of a list")
    return Reduced((list(items),))


FUNCTIONS: dict[str, FunctionRule] = {
    "pandas._libs.arrays:__pyx_unpickle_NDArrayBacked": _backed,
    "pandas._libs.interval:__pyx_unpickle_IntervalMixin": _intervals,
}

TYPES: dict[str, TypeRule] = {
    "pandas.api.typing.FrozenList": _list,
    "pandas.arrays.BooleanArray": _masked,
    "pandas.arrays.FloatingArray": _masked,
    "pandas.arrays.IntegerArray": _masked,
    "pandas.arrays.SparseArray": _sparse,
}
