"""Any array: in chunks of two megabytes, each field by itself, as a sample of it advises.

A sample is packed in every way first. Where none gains, the array's own memory is the one frame,
and no pass over it was wasted. Chunks do not know of each other: all cores work, and memory is
bounded by a few of them.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.coded import VERSION, Coded, cut, natural, numbers, opened
from holotype.codec.columns import Plan, make_plan, plan_with, read_column, write_column
from holotype.codec.frames import MATCHES, Bytes, Reader, Writer
from holotype.codec.layout import Column, columns_of, from_items, to_items
from holotype.codec.parallel import in_order
from holotype.errors import FormatError, SaveError

__all__ = ["decode", "encode", "read_items", "write_items"]

_CHUNK = 1 << 21  # bytes: threads that work on less wait for each other
_TINY = 64  # bytes: a description would be longer than what it saves
_WORTH = 0.97  # an array that gains less stays as it is, and can be mapped
_PARENT_WORTH = 0.95  # nor does it take a chain of arrays to read what is as small without one
_PIECES = 16  # of a sample
_SAMPLE = (8 << 10, 128 << 10)  # bytes: least and most; a 32nd of the array between


class _Plans(NamedTuple):
    """For each column: with a parent (where there is one), and without."""

    joined: Sequence[Plan] | None
    alone: Sequence[Plan]


def encode(
    array: npt.NDArray[Any], *, level: str = "balanced", parent: npt.NDArray[Any] | None = None
) -> Coded:
    """``array``, packed; ``parent`` may be another of its dtype, which it may be little apart from.

    ``level`` is ``fast``, ``balanced`` or ``small``. Raises `SaveError` for an array of objects.
    """
    if level not in MATCHES:
        raise ValueError(f"level is one of {', '.join(MATCHES)}, not {level!r}")
    if array.dtype.hasobject:
        raise SaveError("an array of Python objects is not data; encode what it holds instead")
    order, memory = _memory(array)
    raw = Coded({"codec": VERSION, "layer": "raw", "order": order}, (memory.data,))
    if memory.size < _TINY:
        return raw
    size = array.dtype.itemsize
    items = memory.reshape(-1, size)
    columns = columns_of(array.dtype)
    before = _parent_items(parent, array.dtype, order)
    plans = _make_plans(items, before, columns, level)
    chosen = plans.joined or plans.alone
    if sum(p.share * c.size for p, c in zip(chosen, columns, strict=True)) > _WORTH * size:
        return raw
    chunk = max(_CHUNK // size, 1)

    if plans.joined is None:
        before = None

    def work(start: int) -> bytes:
        own = items[start : start + chunk]
        # Where the parent ends early there is little to differ from.
        near = before is not None and 2 * (len(before) - start) > len(own)
        same = _same(before, start, chunk, items) if near else None
        return _encode_chunk(own, same, columns, plans)

    frames = tuple(in_order(work, range(0, len(items), chunk), memory.size))
    header = {
        "codec": VERSION,
        "layer": "planes",
        "order": order,
        "chunk": chunk,
        "parent": before is not None,
        "frames": [len(frame) for frame in frames],
    }
    return Coded(header, frames) if sum(map(len, frames)) < memory.size else raw


def _memory(array: npt.NDArray[Any], order: str = "") -> tuple[str, Bytes]:
    """C or F, and the bytes in that order: those of the array itself, if they lie so."""
    if not order:
        order = "F" if array.flags.f_contiguous and not array.flags.c_contiguous else "C"
    flat = np.ascontiguousarray(array.T if order == "F" else array).reshape(-1)
    if not flat.nbytes:
        return order, np.empty(0, np.uint8)
    return order, np.frombuffer(flat.view(f"V{flat.itemsize}"), np.uint8)


def _parent_items(
    parent: npt.NDArray[Any] | None, dtype: np.dtype[Any], order: str
) -> Bytes | None:
    if parent is None or parent.dtype != dtype or not parent.nbytes:
        return None
    return _memory(parent, order)[1].reshape(-1, dtype.itemsize)


def _same(before: Bytes | None, start: int, chunk: int, items: Bytes) -> Bytes | None:
    """What the parent has where this chunk stands; zeros behind its end."""
    if before is None or start >= len(before):
        return None
    stop = min(start + chunk, len(items))
    if stop <= len(before):
        return before[start:stop]
    longer = np.zeros((stop - start, before.shape[1]), np.uint8)
    longer[: len(before) - start] = before[start:]
    return longer


def _make_plans(
    items: Bytes, before: Bytes | None, columns: Sequence[Column], level: str
) -> _Plans:
    sample = _sample(items, items.size)
    whole = len(sample) == len(items)
    alone = [make_plan(from_items(sample, c), c.kind, level, whole=whole) for c in columns]
    if before is None:
        return _Plans(None, alone)
    common = min(len(items), len(before))
    now, then = _sample(items[:common], items.size), _sample(before[:common], items.size)
    joined = [
        min(
            plan, plan_with(from_items(now, c), from_items(then, c), level), key=attrgetter("share")
        )
        for plan, c in zip(alone, columns, strict=True)
    ]
    shares = [
        sum(p.share * c.size for p, c in zip(plans, columns, strict=True))
        for plans in (joined, alone)
    ]
    return _Plans(joined if shares[0] < _PARENT_WORTH * shares[1] else None, alone)


def _sample(items: Bytes, total: int) -> Bytes:
    """Some runs of neighbouring items from all over the array, or all of a small one."""
    size = items.shape[1]
    wanted = max(min(max(total // 32, _SAMPLE[0]), _SAMPLE[1]) // size, 1)
    if wanted >= len(items) // 2:
        return items
    length = max(wanted // _PIECES, 1)
    starts = np.linspace(0, len(items) - length, min(_PIECES, wanted)).astype(np.int64)
    return np.concatenate([items[start : start + length] for start in starts])


def _encode_chunk(
    items: Bytes, before: Bytes | None, columns: Sequence[Column], plans: _Plans
) -> bytes:
    writer = Writer()
    chosen = plans.alone if before is None or plans.joined is None else plans.joined
    for column, plan in zip(columns, chosen, strict=True):
        then = None if before is None else from_items(before, column)
        write_column(writer, from_items(items, column), plan, then)
    return writer.frame()


def decode(
    header: Mapping[str, Any],
    body: Any,
    *,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
    parent: npt.NDArray[Any] | None = None,
) -> npt.NDArray[Any]:
    """The array again, bit by bit, in its order; ``body`` is the joined frames (bytes-like).

    ``dtype`` and ``shape`` come from a record that can be trusted to say how much memory this may
    take. An array that was stored as it is may be a read-only view of ``body``. Raises
    `FormatError` for whatever does not decode to exactly that; that the values are right, only a
    digest can tell.
    """
    layer = opened(header)
    dtype = np.dtype(dtype)
    if dtype.hasobject:
        raise FormatError("an array of Python objects is never stored as data")
    order = header.get("order")
    data = memoryview(body).cast("B")
    count = int(np.prod(shape, dtype=object))
    if layer == "raw" and order in ("C", "F"):
        if len(data) != count * dtype.itemsize:
            raise FormatError("data are not as long as the array that they are")
        return _shaped(np.frombuffer(data, np.uint8), dtype, shape, order)
    if layer != "planes" or order not in ("C", "F") or not count * dtype.itemsize:
        raise FormatError("the description of compressed data is not one of a single array")
    chunk = natural(header["chunk"], max(_CHUNK // dtype.itemsize, 1))
    if not chunk:
        raise FormatError("compressed data are in chunks of nothing")
    starts = range(0, count, chunk)
    frames = cut(data, numbers(header["frames"], len(starts), len(data)))
    before = _parent_items(parent, dtype, order) if header["parent"] else None
    if header["parent"] and before is None:
        raise FormatError("compressed data are a difference from an array that is not at hand")
    columns = columns_of(dtype)
    direct = len(columns) == 1 and not columns[0].swapped
    items: Bytes = np.empty((count, dtype.itemsize), np.uint8)

    def work(job: tuple[int, memoryview]) -> None:
        start, frame = job
        reader = Reader(frame)
        target = items[start : start + chunk]
        same = _same(before, start, chunk, items)
        for column in columns:
            then = None if same is None else from_items(same, column)
            out = target.reshape(-1).view(column.dtype) if direct else None
            words = read_column(reader, len(target) * column.repeat, column.dtype, then, out)
            if words is not out:
                to_items(words, column, target)
        reader.end()

    for _ in in_order(work, zip(starts, frames, strict=True), items.size):
        pass
    return _shaped(items.reshape(-1), dtype, shape, order)


def _shaped(
    data: Bytes, dtype: np.dtype[Any], shape: tuple[int, ...], order: Any
) -> npt.NDArray[Any]:
    if not dtype.itemsize:
        return np.zeros(shape, dtype, order=order)
    return data.view(dtype).reshape(shape, order=order)


def write_items(writer: Writer, array: npt.NDArray[Any], level: str) -> None:
    """A small array, C order, inside another frame."""
    items = _memory(array, "C")[1].reshape(-1, array.dtype.itemsize)
    sample = _sample(items, items.size)
    for column in columns_of(array.dtype):
        plan = make_plan(from_items(sample, column), column.kind, level)
        write_column(writer, from_items(items, column), plan)


def read_items(reader: Reader, count: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
    """What `write_items` wrote: ``count`` items of ``dtype``."""
    items: Bytes = np.empty((count, dtype.itemsize), np.uint8)
    for column in columns_of(dtype):
        words = read_column(reader, count * column.repeat, column.dtype)
        to_items(words, column, items)
    return items.reshape(-1).view(dtype)
