"""Matrices that an estimator cut from larger ones, kept so that they compute alike.

What BLAS answers depends, in the last bit, on whether the rows that it is given follow each other,
leave gaps, or run backwards: ``TruncatedSVD.components_`` is a part of a larger array, and a
contiguous copy of it transforms otherwise. Rule: the kind of layout is kept, not the layout: gaps
come back as the smallest gaps that make an array of the same kind.
"""

from __future__ import annotations

import math
import weakref
from collections.abc import Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.sklearn.leftovers import attributes

__all__ = ["LAID_OUT", "LaidOut", "Layout", "is_kept", "lay_out", "layout_of", "reduce_estimator"]

AnyArray = npt.NDArray[Any]
Order = Literal["C", "F"]

_MAX_GROWTH = 8  # items of memory for one item of the array: gaps never cost more


class Layout(NamedTuple):
    """Which axis runs fastest, along which there are gaps, and which run backwards; both rising.

    A gap along the fastest axis leaves out every second item, along another axis one more item of
    the next faster one.
    """

    order: Order
    gaps: tuple[int, ...] = ()
    backwards: tuple[int, ...] = ()


def layout_of(array: AnyArray) -> Layout | None:
    """The layout of an array of one or two axes that is contiguous in neither order.

    None where it is, or where axes share memory: a plain copy has to do.
    """
    if array.flags.forc or not 1 <= array.ndim <= 2 or not array.nbytes:
        return None
    steps = [abs(stride) for stride in array.strides]
    order: Order = "C" if steps == sorted(steps, reverse=True) else "F"
    gaps = []
    span = expected = array.itemsize  # bytes: what the faster axes cover, and with their last gap
    for axis in _fastest_first(array.ndim, order):
        if steps[axis] < span:
            return None
        if steps[axis] > expected:
            gaps.append(axis)
        span += steps[axis] * (array.shape[axis] - 1)
        expected = steps[axis] * array.shape[axis]
    backwards = (axis for axis, stride in enumerate(array.strides) if stride < 0)
    layout = Layout(order, tuple(sorted(gaps)), tuple(backwards))
    too_large = math.prod(_memory_shape(array.shape, layout)) > _MAX_GROWTH * array.size
    return None if too_large else layout


def is_kept(dtype: np.dtype[Any], shape: tuple[int, ...], layout: Layout) -> bool:
    """Whether there is an array of this description that has this layout; allocates nothing."""
    axes = _fastest_first(len(shape), layout.order)
    if not dtype.itemsize or 0 in shape or not {*layout.gaps, *layout.backwards} <= set(axes):
        return False
    strides = [0] * len(shape)
    expected = dtype.itemsize
    for axis, size in zip(axes, (_memory_shape(shape, layout)[axis] for axis in axes), strict=True):
        strides[axis] = expected
        expected *= size
    if axes and axes[0] in layout.gaps:
        strides[axes[0]] *= 2
    for axis in layout.backwards:
        strides[axis] *= -1
    pattern = np.lib.stride_tricks.as_strided(np.empty(1, dtype), shape, strides)
    return layout_of(pattern) == layout


def lay_out(array: AnyArray, layout: Layout) -> AnyArray:
    """A new array equal to ``array``, laid out so; it is writable and its gaps hold zeros."""
    memory = np.zeros(_memory_shape(array.shape, layout), array.dtype, order=layout.order)
    fastest = _fastest_first(array.ndim, layout.order)[0]
    part = []
    for axis, length in enumerate(array.shape):
        step = 2 if axis == fastest and axis in layout.gaps else 1
        part.append(slice(0, length * step, step))
    result = np.flip(memory[tuple(part)], layout.backwards)
    result[...] = array
    return result


def _memory_shape(shape: tuple[int, ...], layout: Layout) -> tuple[int, ...]:
    """Sizes of the contiguous memory that such an array is cut from."""
    sizes = list(shape)
    axes = _fastest_first(len(shape), layout.order)
    for faster, axis in zip([None, *axes], axes, strict=False):
        if axis in layout.gaps:
            if faster is None:
                sizes[axis] *= 2
            else:
                sizes[faster] += 1
    return tuple(sizes)


def _fastest_first(ndim: int, order: Order) -> list[int]:
    return list(range(ndim - 1, -1, -1) if order == "C" else range(ndim))


# -- in the blueprint ----------------------------------------------------------------------------


class LaidOut:
    """Stands for such an array while its estimator is taken apart."""

    __slots__ = ("__weakref__", "array", "layout")

    def __init__(self, array: AnyArray, layout: Layout) -> None:
        self.array = array
        self.layout = layout


# One for each array, so that estimators that share the array share it in the blueprint too.
_standing: weakref.WeakValueDictionary[int, LaidOut] = weakref.WeakValueDictionary()


def reduce_estimator(obj: Any) -> Reduced:
    """The attributes of an estimator, its matrices with their layouts."""
    state = attributes(obj)
    for name, value in state.items():
        if type(value) is np.ndarray and not value.flags.forc and value.dtype.kind in "fc":
            layout = layout_of(value)
            if layout is not None:
                state[name] = _standing.setdefault(id(value), LaidOut(value, layout))
    return Reduced(state=state)


def _reduce(obj: LaidOut) -> Reduced:
    plain = np.array(obj.array, order=obj.layout.order)
    return Reduced((plain, *obj.layout))


def _build(cls: Any, args: Sequence[Any]) -> Any:
    array, order, gaps, backwards = args
    return lay_out(array, Layout(order, gaps, backwards))


def _check(shadow: Shadow) -> None:
    value, order, gaps, backwards = shadow.args(4)
    array = shadow.as_array(value, "the array", kind="fc")
    for axes in (gaps, backwards):
        if not isinstance(axes, tuple) or not all(type(axis) is int for axis in axes):
            raise shadow.fail("its gaps and what runs backwards are not tuples of axes")
    if not is_kept(array.dtype, array.shape, Layout(order, gaps, backwards)):
        raise shadow.fail("no array of this shape is laid out like this")


LAID_OUT = Entry(
    key="numpy.ndarray.laid_out",
    where=("holotype.types.sklearn.layouts:LaidOut",),
    kind="call",
    reduce=_reduce,
    build=_build,
    check=_check,
)
