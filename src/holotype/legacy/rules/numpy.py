"""NumPy's arrays, scalars and array subclasses, as all protocols and versions pickle them.

Rule: an array is made of bytes of the file and a dtype that was checked, and of exactly as many
bytes as its shape says; nothing is copied where the file has the bytes in one piece.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.graph.dtypes import text_codec
from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.dtypes import dtype_of
from holotype.legacy.rules.names import entry_for
from holotype.legacy.rules.taken import FunctionRule, Likeness, Odd, Raw, Taken, TypeRule, raw_bytes
from holotype.legacy.symbols import Call, Global, RawArray
from holotype.types import numpy as table

__all__ = ["FUNCTIONS", "TYPES", "array_of", "object_array_of", "record_dtype"]

AnyArray = np.ndarray[Any, Any]

_PLAIN_CLASSES = frozenset({("numpy", "ndarray"), ("numpy", "memmap")})
_RECORDS = frozenset({("numpy", "record"), ("numpy.rec", "record")})
_VIEWS = frozenset({"numpy.matrix", "numpy.recarray", "numpy.chararray"})
_MAX_DIMENSIONS = 64


# -- arrays --------------------------------------------------------------------------------------


def array_of(symbol: RawArray) -> Any:
    """The array that joblib or NumPy wrote into the file."""
    return _as_class(_filled(symbol.data, symbol.dtype, symbol.shape, symbol.order), symbol.cls)


def object_array_of(value: Any) -> Any:
    """The array of objects that joblib or NumPy pickled apart."""
    if type(value) is not np.ndarray or value.dtype != object:
        raise Odd("an array of objects is not one")
    return value


def record_dtype(symbol: Call) -> np.dtype[Any] | None:
    """The dtype of records, which are pickled with their class in the place of a code."""
    args = symbol.args
    first = args[0] if type(args) is tuple and args else None
    if type(first) is not Global or (first.module, first.name) not in _RECORDS:
        return None
    fields = dtype_of(Call(symbol.function, ("V0", *args[1:]), states=symbol.states))
    return np.dtype((np.record, fields))


def _as_class(array: AnyArray, cls: Raw) -> Any:
    """``array`` as an object of an array class of the table; only plain ones are arrays here."""
    if cls is None or (type(cls) is Global and (cls.module, cls.name) in _PLAIN_CLASSES):
        return array
    entry = entry_for(cls) if type(cls) is Global else None
    if entry is None or entry.key not in _VIEWS:
        name = f"{cls.module}.{cls.name}" if type(cls) is Global else "something"
        raise Odd(f"{name} is no class of arrays of the table")
    return Specimen(entry, Reduced((array,)))


def _shape(shape: Any) -> tuple[int, ...]:
    if type(shape) is int:
        shape = (shape,)
    if (
        type(shape) is not tuple
        or len(shape) > _MAX_DIMENSIONS
        or not all(type(size) is int and 0 <= size < 1 << 62 for size in shape)
    ):
        raise Odd("its shape is not made of sizes")
    return shape


def _filled(data: Any, dtype: np.dtype[Any], shape: Any, order: str) -> AnyArray:
    shape = _shape(shape)
    size = math.prod(shape) * dtype.itemsize
    if dtype.hasobject or dtype.subdtype is not None:
        raise Odd(f"elements of {dtype!r} do not stand in the file as bytes")
    if len(data) != size:
        raise Odd(f"it has {len(data)} bytes, and its shape and dtype ask for {size}")
    if not size:
        return np.empty(shape, dtype, order="F" if order == "F" else "C")
    flat = np.frombuffer(data, dtype)
    return flat.reshape(shape, order="F" if order == "F" else "C")


def _of_objects(items: Any, shape: Any, order: str) -> AnyArray:
    shape = _shape(shape)
    if type(items) is not list or len(items) != math.prod(shape):
        raise Odd("an array of objects does not have the objects of its shape")
    flat = np.empty(len(items), object)
    for index, item in enumerate(items):
        flat[index] = item
    array = flat.reshape(shape)  # the list is in C order whatever the array's was
    return np.asfortranarray(array) if order == "F" else array


def _of_state(state: Raw) -> AnyArray:
    """The array of a state of ``ndarray.__setstate__``: version, shape, dtype, order, elements."""
    if type(state) is tuple and len(state) == 5:
        state = state[1:]
    if type(state) is not tuple or len(state) != 4:
        raise Odd("the state of an array is not known")
    shape, dtype, fortran, data = state
    if not isinstance(dtype, np.dtype) or type(fortran) not in (bool, int):
        raise Odd("the state of an array is not known")
    order = "F" if fortran else "C"
    if dtype.kind == "O":
        return _of_objects(data, shape, order)
    return _filled(raw_bytes(data), dtype, shape, order)


def _reconstruct(taken: Taken) -> Any:
    cls = taken.arguments(3)[0]
    state = taken.state()
    if state is None:
        raise Odd("an array has no state")
    return _as_class(_of_state(state), cls)


def _from_buffer(taken: Taken) -> Any:
    data, dtype, shape, order, *axes = taken.arguments(4, 5)
    taken.no_state()
    if not isinstance(dtype, np.dtype):
        raise Odd("its dtype is none")
    if order == "K" and axes and axes[0] is not None:
        turned = axes[0]
        if type(turned) is not tuple or sorted(turned) != list(range(len(_shape(shape)))):
            raise Odd("the order of its axes is none")
        # The shape is that of the memory, whose axes are then put in their order.
        return _filled(raw_bytes(data), dtype, shape, "C").transpose(turned)
    if order not in ("C", "F"):
        raise Odd("its order is none")
    return _filled(raw_bytes(data), dtype, shape, order)


def _scalar(taken: Taken) -> Any:
    dtype, *rest = taken.arguments(1, 2)
    taken.no_state()
    if not isinstance(dtype, np.dtype) or dtype.hasobject or dtype.subdtype is not None:
        raise Odd("a scalar's dtype is not one of plain data")
    raw = raw_bytes(rest[0]) if rest else b""
    if len(raw) != dtype.itemsize:
        raise Odd("a scalar has another size than its dtype")
    if dtype.kind == "S":  # trailing zeros belong to it
        return np.bytes_(bytes(raw))
    if dtype.kind == "U":
        try:
            return np.str_(bytes(raw).decode(*text_codec(dtype)))
        except UnicodeDecodeError:
            raise Odd("a scalar's text is not UTF-32") from None
    if not raw:
        return np.zeros(1, dtype)[0]
    return np.frombuffer(bytearray(raw), dtype)[0]


# -- masked arrays -------------------------------------------------------------------------------


def _masked(taken: Taken) -> Any:
    cls, base = taken.arguments(4)[:2]
    entry = entry_for(cls) if type(cls) is Global else None
    plain = type(base) is Global and (base.module, base.name) in _PLAIN_CLASSES
    if entry is None or entry.key != "numpy.ma.MaskedArray" or not plain:
        raise Odd("only a plain MaskedArray over a plain array can be kept")
    state = taken.state()
    if type(state) is not tuple or len(state) != 7:
        raise Odd("the state of a masked array is not known")
    *array, bits, fill = state
    data = _of_state(tuple(array))
    order = "F" if array[3] else "C"
    mask = _filled(raw_bytes(bits), np.ma.make_mask_descr(data.dtype), data.shape, order)
    if fill is not None and not isinstance(fill, np.ndarray):
        raise Odd("its fill value is not known")
    if fill is not None and table._is_default_fill(fill, data):
        fill = None
    return Specimen(entry, Reduced((data, mask, fill, False)))


def _masked_called(taken: Taken) -> Reduced:
    """``MaskedArray(data, mask)``, as skops makes one."""
    data, mask = taken.arguments(2)
    taken.no_state()
    if type(data) is not np.ndarray:
        raise Odd("its data is not an array")
    if type(mask) is not np.ndarray:  # a scalar: all of it or nothing
        mask = np.full(data.shape, bool(mask), np.ma.make_mask_descr(data.dtype))
    return Reduced((data, mask, None, False))


def _no_arguments(taken: Taken) -> Reduced:
    taken.arguments(0)
    taken.no_state()
    return Reduced()


def _series(taken: Taken) -> Reduced:
    attributes = dict(taken.instance())
    attributes.pop("symbol", None)  # NumPy writes it beside the attribute that it comes from,
    default = [0, 1] if taken.name.endswith(":Laguerre") else [-1, 1]
    for name in ("domain", "window"):  # and those of the class, which the object does not have
        if np.array_equal(attributes.get(name, ()), default):
            del attributes[name]
    return table._SERIES.reduce(Likeness(attributes))


def _poly1d(taken: Taken) -> Reduced:
    return table._POLY1D.reduce(Likeness(taken.instance()))


def _ufunc(taken: Taken) -> Any:
    """A ufunc by module and name, as NumPy before 1.19 pickled it."""
    module, name = taken.arguments(2)
    taken.no_state()
    entry = None
    if type(module) is str and type(name) is str:
        entry = entry_for(Global(module, name))
    if entry is None or entry.kind != "name":
        raise Odd("it names no function of the table")
    return Global(module, name)


FUNCTIONS: dict[str, FunctionRule] = {
    "numpy._core.multiarray:_reconstruct": _reconstruct,
    "numpy._core.multiarray:scalar": _scalar,
    "numpy._core.numeric:_frombuffer": _from_buffer,
    "numpy._core:_ufunc_reconstruct": _ufunc,
    "numpy.ma.core:_mareconstruct": _masked,
}

TYPES: dict[str, TypeRule] = {
    "numpy.ma.MaskedArray": _masked_called,
    "numpy.ma.masked": _no_arguments,
    "numpy.poly1d": _poly1d,
    **{
        f"numpy.polynomial.{pair.partition(':')[0]}": _series
        for pair in table._SERIES_MODULES.split()
    },
}
