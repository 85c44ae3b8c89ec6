"""Changes to the values, sizes and dtype of an array: what indices and counts may become."""

from __future__ import annotations

from random import Random
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["anything", "change", "resized"]

Array = npt.NDArray[Any]

_NUMBERS = (0, 1, -1, 2, 255, -128, 2**15, 2**31 - 1, 2**31, -(2**31), 2**32 - 1, 2**62, -(2**63))
_REALS = (np.nan, np.inf, -np.inf, 0.0, -0.0, 1e-320, -1.0, 1e308, -1e308, 0.5, 1e19, 1.0, 2.5)


def change(values: Array, rng: Random) -> tuple[Array, str]:
    """A changed copy of an array, and what was done."""
    way = rng.random()
    if values.size and way < 0.62:
        return _elements(values, rng)
    if values.size > 1 and way < 0.72:
        return _order(values, rng)
    if values.ndim and way < 0.88:
        return _size(values, rng)
    if way < 0.95 or values.dtype.fields is not None:
        return _dimensions(values, rng)
    dtype = np.dtype(rng.choice(("<f8", "<f4", "<f2", "<i8", "<i4", "|i1", "<u8", "|b1", "<c16")))
    with np.errstate(all="ignore"):
        try:
            result = values.astype(dtype)
        except (TypeError, ValueError):
            result = np.zeros(values.shape, dtype)
    return result, f"became {dtype}"


def _elements(values: Array, rng: Random) -> tuple[Array, str]:
    result = values.copy(order="K")
    part, field = result, ""
    while part.dtype.names:
        field = rng.choice(part.dtype.names)
        part = part[field]
    if not part.size:
        return result, "nothing"
    count = rng.choice((1, 1, 1, 2, part.size))
    new: Any = None
    for _ in range(count):
        at = tuple(rng.randrange(size) for size in part.shape)
        new = _value(part, rng) if new is None or rng.random() < 0.3 else new
        part[at] = new
    return result, f"{count} {field or 'elements'} became {new!r:.40}"


def _value(part: Array, rng: Random) -> Any:
    kind = part.dtype.kind
    other = part[tuple(rng.randrange(size) for size in part.shape)]
    if rng.random() < 0.2:
        return other
    if kind in "iu":
        bounds = np.iinfo(part.dtype)
        near = int(other) + rng.choice((1, -1, 2, -2))
        new = rng.choice((near, near, part.size, part.size - 1, *part.shape, *_NUMBERS))
        return part.dtype.type(min(max(new, int(bounds.min)), int(bounds.max)))
    if kind in "fc":
        with np.errstate(all="ignore"):
            return part.dtype.type(rng.choice(_REALS))
    if kind == "b":
        return not other
    if kind in "mM":
        return np.array(rng.choice((0, -1, -(2**63), 2**63 - 1)), "<i8").view(part.dtype)[()]
    if kind == "V":
        return np.void(rng.randbytes(part.dtype.itemsize))
    return rng.choice(("", "z", "0")).encode() if kind == "S" else rng.choice(("", "z", "0"))


def _order(values: Array, rng: Random) -> tuple[Array, str]:
    flat = values.reshape(-1)
    way = rng.randrange(5)
    if way == 0:
        places = list(range(flat.size))
        rng.shuffle(places)
        return flat[places].reshape(values.shape), "shuffled"
    if way == 1:
        return flat[::-1].reshape(values.shape).copy(), "reversed"
    if way == 2:
        return np.full_like(values, flat[rng.randrange(flat.size)]), "all elements became one"
    if way == 3 and values.dtype.kind in "biufc":
        return np.sort(flat).reshape(values.shape), "sorted"
    if values.dtype.kind in "ifc":
        with np.errstate(all="ignore"):
            return -values, "negated"
    return np.roll(flat, 1).reshape(values.shape), "moved by one"


def _size(values: Array, rng: Random) -> tuple[Array, str]:
    axis = rng.randrange(values.ndim)
    size = values.shape[axis]
    other = max(0, rng.choice((size - 1, size - 1, size + 1, 0, 1, 2 * size, size // 2)))
    return _cut(values, axis, other), f"{size} along axis {axis} became {other}"


def _cut(values: Array, axis: int, size: int) -> Array:
    if values.shape[axis] == 0:
        shape = list(values.shape)
        shape[axis] = size
        return np.zeros(shape, values.dtype)
    places = np.arange(size) % values.shape[axis]
    return np.ascontiguousarray(np.take(values, places, axis=axis)).reshape(
        *values.shape[:axis], size, *values.shape[axis + 1 :]
    )


def resized(values: Array, size: int, other: int) -> Array:
    """With ``other`` elements along every axis that had ``size``."""
    for axis, length in enumerate(values.shape):
        if length == size:
            values = _cut(values, axis, other)
    return values


def _dimensions(values: Array, rng: Random) -> tuple[Array, str]:
    way = rng.randrange(5)
    if way == 0:
        return values.reshape(-1), "became flat"
    if way == 1:
        return np.ascontiguousarray(values.T), "was transposed"
    if way == 2:
        return np.asfortranarray(values), "turned to F order"
    if way == 3:
        return values.reshape(1, *values.shape), "has one more axis"
    return values.reshape(-1)[:1].reshape(()) if values.size else values, "became a scalar"


def anything(rng: Random) -> Array:
    """A small array that has nothing to do with what was there."""
    shape = rng.choice(((), (0,), (1,), (4,), (3, 4), (4, 3), (0, 4), (4, 0), (2, 2, 2), (30,)))
    dtype = rng.choice(("<f8", "<f4", "<i8", "<i4", "|b1", "|u1", "<c16"))
    with np.errstate(all="ignore"):
        return np.full(shape, rng.choice((0, 1, -1, 3)), "<f8").astype(dtype)
