"""How far arrays are apart: compared block by block, on all cores, hashed on the way.

Rule: memory does not grow with the arrays, and no figure is given of bytes whose digest was not
compared. Arrays of equal digest are the same and are not read.
"""

from __future__ import annotations

import hashlib
import math
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.archive.pipeline import Jobs
from holotype.compare.difference import Bins, Figures
from holotype.compare.reading import Half, damaged, flat_of
from holotype.digest import chunk_spans, join_chunks
from holotype.graph.nodes import ArrayNode

__all__ = ["Task", "all_figures", "verify_arrays"]

Array = npt.NDArray[Any]

_BLOCK = 1 << 14  # elements that are compared at a time: all that is made of them is in the cache
_JOB = 1 << 18  # elements of one job
_SAMPLE = 1 << 16  # changes that a histogram is made of
_BINS = 25
_PIECE = 4 << 20  # bytes of one job of hashing


class Task(NamedTuple):
    """Two arrays of one shape: those of nodes, or pieces that were looked at already."""

    left: Array
    right: Array


class _Sums(NamedTuple):
    equal: int
    largest: float
    square: float
    square_left: float
    total: float
    sample: Array


def verify_arrays(nodes: Sequence[tuple[Half, ArrayNode]]) -> None:
    """Compare the digests of arrays, on all cores; DigestError for the first that is another."""
    waiting = []
    for half, node in nodes:
        array = half.raw(node)
        if array is not None:
            data = flat_of(array).view(np.uint8) if array.nbytes else np.empty(0, np.uint8)
            waiting.append((half, node, data))
    jobs = [
        (place, span)
        for place, (_, _, data) in enumerate(waiting)
        for span in _pieces(list(chunk_spans(data.nbytes)))
    ]

    def work(job: tuple[int, list[tuple[int, int]]]) -> tuple[int, list[bytes]]:
        place, spans = job
        data = waiting[place][2]
        return place, [hashlib.sha256(data[a:b].data).digest() for a, b in spans]

    digests: list[list[bytes]] = [[] for _ in waiting]
    with Jobs(work, jobs, sum(data.nbytes for _, _, data in waiting)) as results:
        for place, found in results:
            digests[place] += found
    for (half, node, data), found in zip(waiting, digests, strict=True):
        if join_chunks(found, data.nbytes) != node.digest:
            raise damaged(node)
        half.mark(node)


def _pieces(spans: list[tuple[int, int]]) -> Iterator[list[tuple[int, int]]]:
    """Some chunks together: one job of about ``_PIECE`` bytes."""
    some = max(1, _PIECE // max(1, spans[0][1] - spans[0][0]))
    for start in range(0, len(spans), some):
        yield spans[start : start + some]


def all_figures(tasks: Sequence[Task]) -> list[Figures | None]:
    """The figures of each pair; None of what cannot be compared element by element."""
    prepared = [_prepared(task) for task in tasks]
    jobs = [
        (place, rows)
        for place, ready in enumerate(prepared)
        if ready is not None
        for rows in _blocks(slice(0, len(ready.left)), ready.left, _JOB)
    ]

    def work(job: tuple[int, slice]) -> tuple[int, _Sums]:
        place, rows = job
        left, right = prepared[place] or tasks[place]
        step = max(1, left.size // _SAMPLE)
        parts = [_compared(left[each], right[each], step) for each in _blocks(rows, left, _BLOCK)]
        return place, _added(parts)

    sums: list[list[_Sums]] = [[] for _ in tasks]
    size = sum(left.nbytes + right.nbytes for left, right in tasks)
    with Jobs(work, jobs, size) as results:
        for place, found in results:
            sums[place].append(found)
    return [
        None if ready is None else _figures(ready, found)
        for ready, found in zip(prepared, sums, strict=True)
    ]


def _prepared(task: Task) -> Task | None:
    """Both as they are walked: flat in one order of memory, or along their longest side."""
    left, right = task
    if left.shape != right.shape or left.dtype.fields or right.dtype.fields:
        same = left.shape == right.shape and left.dtype == right.dtype
        return Task(_items(left), _items(right)) if same else None
    if left.dtype.kind != right.dtype.kind and not (_is_number(left) and _is_number(right)):
        return None
    if left.dtype.kind in "VO" or right.dtype.kind in "VO":
        return Task(_items(left), _items(right)) if left.dtype == right.dtype else None
    if left.flags.f_contiguous == right.flags.f_contiguous:
        return Task(flat_of(left), flat_of(right))
    axis = int(np.argmax(left.shape))
    return Task(np.moveaxis(left, axis, 0), np.moveaxis(right, axis, 0))


def _items(array: Array) -> Array:
    """Elements without a meaning, as their bytes."""
    flat = flat_of(array)
    if not flat.dtype.itemsize or not flat.size:
        return np.empty(flat.size, "S1")
    return flat.view(np.dtype((np.void, flat.dtype.itemsize)))


def _is_number(array: Array) -> bool:
    return array.dtype.kind in "biufc"


def _blocks(rows: slice, array: Array, elements: int) -> Iterator[slice]:
    """``rows`` in parts of about so many elements."""
    row = max(1, array.size // max(1, len(array)))
    step = max(1, elements // row)
    for start in range(rows.start, rows.stop, step):
        yield slice(start, min(start + step, rows.stop))


def _added(parts: Sequence[_Sums]) -> _Sums:
    largest = [part.largest for part in parts]
    return _Sums(
        sum(part.equal for part in parts),
        math.nan if any(map(math.isnan, largest)) else max(largest),
        sum(part.square for part in parts),
        sum(part.square_left for part in parts),
        sum(part.total for part in parts),
        np.concatenate([part.sample for part in parts]),
    )


def _compared(left: Array, right: Array, step: int) -> _Sums:
    if not _is_number(left):
        return _Sums(int((left == right).sum()), 0.0, 0.0, 0.0, 0.0, np.empty(0))
    with np.errstate(all="ignore"):
        old, new = _real(left).reshape(-1), _real(right).reshape(-1)
        change = new - old
        square, square_left = map(_square, (change, old))
        if not math.isfinite(square + square_left) or change.dtype.kind == "c":
            return _carefully(old, new, change, step)
        if left.dtype.kind == "f" and right.dtype.kind == "f":
            equal = change.size - int(np.count_nonzero(change))
        else:  # whole numbers may be equal only in double precision
            equal = int((left == right).sum())
        largest = max(float(change.max()), -float(change.min()))
        sample = change[::step]
    return _Sums(equal, largest, square, square_left, float(change.sum()), sample[sample != 0])


def _square(values: Array) -> float:
    """The sum of squares; not by BLAS, whose own threads would fight with ours."""
    return float(np.einsum("i,i->", values, values.conj()).real)


def _carefully(old: Array, new: Array, change: Array, step: int) -> _Sums:
    """The same where there are NaN, infinities, complex numbers, or squares beyond all measure."""
    same = (old == new) | (np.isnan(old) & np.isnan(new))
    sizes = np.where(same, 0.0, np.abs(change))
    return _Sums(
        int(same.sum()),
        float(sizes.max()),
        float(np.square(sizes).sum()),
        float(np.square(np.abs(old)).sum()),
        float(np.where(same, 0.0, change.real).sum()),
        change.real[::step][~same[::step]],
    )


def _real(array: Array) -> Array:
    """In double precision; whole numbers beyond 2**53 lose their last digits."""
    if array.dtype.kind == "c":
        return array.astype(np.complex128)
    return array.view(np.uint8).astype(np.float64) if array.dtype == bool else array.astype(float)


def _figures(task: Task, sums: Sequence[_Sums]) -> Figures:
    elements = int(task.left.size)
    equal = sum(each.equal for each in sums)
    if not _is_number(task.left):
        return Figures(elements, equal)
    added = _added(sums)
    size = math.sqrt(added.square_left)
    norm = math.sqrt(added.square) / size if size else None
    return Figures(
        elements,
        equal,
        largest=_finite(added.largest),
        norm=None if norm is None else _finite(norm),
        mean=_finite(added.total / elements),
        bins=_bins(added.sample) if added.sample.size else None,
    )


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _bins(changes: Array) -> Bins | None:
    """A histogram that is as wide to both sides, so that its middle is no change at all."""
    finite = changes[np.isfinite(changes)]
    widest = float(np.abs(finite).max()) if finite.size else 0.0
    if not 0.0 < widest < math.inf or not widest * 2 < math.inf or widest / _BINS == 0.0:
        return None
    counts, _ = np.histogram(finite / widest, bins=_BINS, range=(-1.0, 1.0))
    return Bins(-widest, widest, [int(each) for each in counts], int(finite.size))
