"""Sparse arrays and matrices, of every format and both flavours.

SciPy's C++ reads index arrays without looking. Rule: shape, lengths, dtypes and bounds of all of
them are verified, by the same function when saving and before building; the flags that say "sorted"
or "without duplicates" are not stored, so nobody has to believe them, and SciPy finds them again.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from itertools import pairwise
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes

__all__ = ["entries"]

Array = npt.NDArray[Any]
Parts = dict[str, Any]
Fault = Callable[[tuple[int, ...], Parts], str | None]

_INDEX = ("<i4", "<i8")
_NUMBERS = "biufc"
_MAX_SIDE = (1 << 63) - 1
_PLAIN = (np.ndarray, np.memmap)


# -- what must hold, format by format ----------------------------------------------------------


def _not_values(data: Any, ndim: int = 1) -> str | None:
    if not isinstance(data, np.ndarray) or data.ndim != ndim or data.dtype.kind not in _NUMBERS:
        return f"data is not an array of numbers in {ndim} dimensions"
    return None


def _not_indices(array: Any, name: str) -> str | None:
    if not isinstance(array, np.ndarray) or array.ndim != 1 or array.dtype.str not in _INDEX:
        return f"{name} is not a flat array of int32 or int64"
    return None


def _outside(indices: Array, size: int, name: str) -> str | None:
    if len(indices) and (int(indices.min()) < 0 or int(indices.max()) >= size):
        return f"{name} points outside of the shape"
    return None


def _rows_fault(count: int, parts: Parts, major: int, minor: int) -> str | None:
    """Of compressed rows: ``count`` stored elements in ``major`` rows of width ``minor``."""
    indices, indptr = parts["indices"], parts["indptr"]
    fault = _not_indices(indices, "indices") or _not_indices(indptr, "indptr")
    if fault:
        return fault
    if indices.dtype != indptr.dtype:
        return "indices and indptr have different dtypes"
    if len(indices) != count:
        return "there are more or fewer indices than values"
    if len(indptr) != major + 1 or indptr[0] != 0 or int(indptr[-1]) != count:
        return "indptr does not divide the values into the rows of the shape"
    if (indptr[1:] < indptr[:-1]).any():
        return "indptr decreases"
    return _outside(indices, minor, "indices")


def _compressed_fault(rows_first: bool) -> Fault:
    def fault(shape: tuple[int, ...], parts: Parts) -> str | None:
        if len(shape) not in (1, 2):
            return "its shape has neither one nor two sizes"
        major, minor = (1, *shape) if len(shape) == 1 else shape
        if not rows_first:
            major, minor = minor, major
        wrong = _not_values(parts["data"])
        return wrong or _rows_fault(len(parts["data"]), parts, major, minor)

    return fault


def _bsr_fault(shape: tuple[int, ...], parts: Parts) -> str | None:
    data = parts["data"]
    if len(shape) != 2:
        return "its shape does not have two sizes"
    if fault := _not_values(data, 3):
        return fault
    high, wide = data.shape[1:]
    if not high or not wide or shape[0] % high or shape[1] % wide:
        return "its blocks do not divide its shape"
    return _rows_fault(len(data), parts, shape[0] // high, shape[1] // wide)


def _coo_fault(shape: tuple[int, ...], parts: Parts) -> str | None:
    data, coords = parts["data"], parts["coords"]
    if fault := _not_values(data):
        return fault
    if not shape or not isinstance(coords, tuple) or len(coords) != len(shape):
        return "it does not have one array of coordinates for each dimension"
    for axis, (array, size) in enumerate(zip(coords, shape, strict=True)):
        name = f"coords[{axis}]"
        if fault := _not_indices(array, name):
            return fault
        if len(array) != len(data) or array.dtype != coords[0].dtype:
            return f"{name} has another length or dtype than the others"
        if fault := _outside(array, size, name):
            return fault
    return None


def _dia_fault(shape: tuple[int, ...], parts: Parts) -> str | None:
    data, offsets = parts["data"], parts["offsets"]
    if len(shape) != 2:
        return "its shape does not have two sizes"
    fault = _not_values(data, 2) or _not_indices(offsets, "offsets")
    if fault:
        return fault
    if len(offsets) != len(data) or len(np.unique(offsets)) != len(offsets):
        return "it does not have one offset of its own for each diagonal"
    # The C++ adds offsets to sizes in the offsets' own dtype.
    limit = np.iinfo(offsets.dtype).max - max(*shape, data.shape[1])
    if len(offsets) and (int(offsets.min()) < -limit or int(offsets.max()) > limit):
        return "an offset is out of bounds"
    return None


def _lil_fault(shape: tuple[int, ...], parts: Parts) -> str | None:
    rows, data = parts["rows"], parts["data"]
    if len(shape) != 2:
        return "its shape does not have two sizes"
    for array in (rows, data):
        if not isinstance(array, np.ndarray) or array.dtype != object or array.shape != shape[:1]:
            return "rows or data is not an array of one list for each row"
    for columns, values in zip(rows, data, strict=True):
        if type(columns) is not list or type(values) is not list or len(columns) != len(values):
            return "a row is not a list of columns and a list of as many values"
        if not all(map(_is_number, values)) or not all(map(_is_index, columns)):
            return "a row holds something else than numbers"
        if columns and (columns[0] < 0 or columns[-1] >= shape[1]):
            return "a row points outside of the shape"
        if any(a >= b for a, b in pairwise(columns)):
            return "the columns of a row are not in order"
    return None


def _dok_fault(shape: tuple[int, ...], parts: Parts) -> str | None:
    if len(shape) not in (1, 2):
        return "its shape has neither one nor two sizes"
    for key, value in parts["entries"].items():
        place = key if isinstance(key, tuple) else (key,)
        if len(place) != len(shape) or not all(map(_is_index, place)) or not _is_number(value):
            return "an entry is not a number at a place"
        if not all(0 <= index < size for index, size in zip(place, shape, strict=True)):
            return "an entry stands outside of the shape"
    return None


def _is_index(value: Any) -> bool:
    return type(value) is int or isinstance(value, np.integer)


def _is_number(value: Any) -> bool:
    return isinstance(value, (bool, int, float, complex, np.number, np.bool_))


_FAULTS: dict[str, Fault] = {
    "csr": _compressed_fault(rows_first=True),
    "csc": _compressed_fault(rows_first=False),
    "bsr": _bsr_fault,
    "coo": _coo_fault,
    "dia": _dia_fault,
    "lil": _lil_fault,
    "dok": _dok_fault,
}


# -- saving ------------------------------------------------------------------------------------

_COMPRESSED = Attributes(
    "_shape data indices indptr",
    "maxprint _has_sorted_indices _has_canonical_format",
)
# How much print() shows, `maxprint`, is no part of a model.
# SciPy 1.13 put `coords` in the place of `row` and `col`, and `_dict` in that of being a dict.
_ATTRIBUTES = {
    "csr": _COMPRESSED,
    "csc": _COMPRESSED,
    "bsr": _COMPRESSED,
    "coo": Attributes("_shape data", "maxprint row col coords has_canonical_format"),
    "dia": Attributes("_shape data offsets", "maxprint"),
    "lil": Attributes("_shape dtype rows data", "maxprint"),
    "dok": Attributes("_shape dtype", "maxprint _dict"),
}


def _reduce(obj: Any) -> Reduced:
    kind = obj.format
    found = _ATTRIBUTES[kind].of(obj)
    args: tuple[Any, ...] = (tuple(obj.shape),)
    parts: Parts
    if kind == "coo":
        parts = {"data": obj.data, "coords": _coords_of(obj)}
    elif kind == "dok":
        args = (*args, obj.dtype)
        parts = {"entries": found.get("_dict", obj)}
    else:
        if kind == "lil":
            args = (*args, obj.dtype)
        parts = {name: found[name] for name in _PARTS[kind]}
        if "indptr" in parts:
            _without_spare_room(parts)
    for name, part in parts.items():
        if isinstance(part, np.ndarray) and type(part) not in _PLAIN:
            raise UnsupportedError(f".{name}", "a sparse array over a subclass of ndarray.")
    if fault := _FAULTS[kind](obj.shape, parts):
        raise UnsupportedError("", f"this sparse array is not sound: {fault}.", "Build it anew.")
    if kind == "dok":
        parts = {"entries": dict(parts["entries"].items())}
    return Reduced(args, parts)


def _without_spare_room(parts: Parts) -> None:
    """Cut off what stands behind the last row: SciPy selects columns by sizes that leave it out."""
    indptr = parts["indptr"]
    if not _not_indices(indptr, "indptr") and len(indptr):
        end = max(0, int(indptr[-1]))
        for name in ("data", "indices"):
            if isinstance(parts[name], np.ndarray) and parts[name].ndim and len(parts[name]) > end:
                parts[name] = parts[name][:end]


def _coords_of(obj: Any) -> tuple[Array, ...]:
    return tuple(obj.coords) if "coords" in vars(obj) else (obj.row, obj.col)


_PARTS = {
    "csr": ("data", "indices", "indptr"),
    "csc": ("data", "indices", "indptr"),
    "bsr": ("data", "indices", "indptr"),
    "coo": ("data", "coords"),
    "dia": ("data", "offsets"),
    "lil": ("rows", "data"),
    "dok": ("entries",),
}


# -- loading -----------------------------------------------------------------------------------


def _check(kind: str) -> Callable[[Shadow], None]:
    members = Attributes(" ".join(_PARTS[kind]))
    takes_dtype = kind in ("lil", "dok")

    def check(shadow: Shadow) -> None:
        shape, *dtype = shadow.args(2 if takes_dtype else 1)
        if not isinstance(shape, tuple):
            raise shadow.fail("its shape is not a tuple of sizes")
        for size in shape:
            shadow.as_integer(size, "a size of its shape", 0, _MAX_SIDE)
        if takes_dtype and not (isinstance(dtype[0], np.dtype) and dtype[0].kind in _NUMBERS):
            raise shadow.fail("its dtype is not one of numbers")
        members.check(shadow)
        parts = {name: shadow.get(name) for name in _PARTS[kind]}
        if kind == "dok" and not isinstance(parts["entries"], dict):
            raise shadow.fail("its entries are not a dict")
        if fault := _FAULTS[kind](shape, parts):
            raise shadow.fail(fault)

    return check


def _build(cls: Any, args: Sequence[Any]) -> Any:
    # Empty: of the parts, the constructor would make others (cast, copied, pruned).
    shape, *dtype = args
    return cls(shape, dtype=dtype[0]) if dtype else cls(shape)


def _set_parts(obj: Any, state: Any) -> None:
    for name, part in state.items():
        if name == "coords" and "coords" not in vars(obj):
            obj.row, obj.col = part
        elif name == "entries":
            dict.update(vars(obj).get("_dict", obj), part)
        else:
            setattr(obj, name, part)
    for flag in ("_has_sorted_indices", "_has_canonical_format"):
        vars(obj).pop(flag, None)
    if "has_canonical_format" in vars(obj):
        obj.has_canonical_format = False


def entries() -> Iterable[Entry]:
    """Seven formats, each as an array and as a matrix."""
    for kind in _FAULTS:
        for flavour in ("array", "matrix"):
            name = f"{kind}_{flavour}"
            yield Entry(
                key=f"scipy.sparse.{name}",
                where=(f"scipy.sparse:{name}", f"scipy.sparse._{kind}:{name}"),
                kind="call",
                reduce=_reduce,
                build=_build,
                setstate=_set_parts,
                check=_check(kind),
            )
