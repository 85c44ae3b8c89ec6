"""Many trees as compressed data: in batches of whole trees, each packed, unpacked and compared.

A batch that is not what this layer takes trees for, or does not come back bit by bit, is packed as
any other arrays are. So every array of nodes and values can be encoded, at worst no smaller.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.arrays import read_items, write_items
from holotype.codec.coded import VERSION, Coded, cut, numbers, opened
from holotype.codec.frames import ENTROPY, MATCHES, Bytes, Reader, Writer
from holotype.codec.parallel import in_order
from holotype.codec.trees.histogram import is_predictor, read_predictors, write_predictors
from holotype.codec.trees.nodes import (
    FIELDS,
    is_tree,
    read_batch,
    write_batch,
)
from holotype.codec.trees.pools import Pools, pool_of, read_pool, write_pool
from holotype.codec.trees.shape import Misfit, Shape
from holotype.codec.trees.streams import Table
from holotype.errors import FormatError

__all__ = ["Trees", "decode_trees", "encode_trees"]

_BATCH = 1 << 17  # nodes; a larger tree is a batch by itself
_MOST = 1 << 20  # in a batch of several trees that is read: its memory is bounded too
_GENERAL, _TREES, _PREDICTORS = range(3)


class Trees(NamedTuple):
    """The arrays of each tree: nodes, and their values."""

    nodes: Sequence[npt.NDArray[Any]]
    values: Sequence[npt.NDArray[Any]]


class _Batch(NamedTuple):
    nodes: npt.NDArray[Any]
    values: npt.NDArray[Any]
    counts: npt.NDArray[np.int64]


def encode_trees(trees: Trees, *, level: str = "balanced") -> Coded:
    """``trees`` in the layout of scikit-learn: nodes are structured, with the eight (before 1.3:
    seven) fields of its ``Tree``; values are float64 [nodes, outputs, classes]. Or nodes are those
    of the predictors of its histogram gradient boosting; these have values of no size [nodes, 0].

    All nodes must have one dtype, and so must all values, with one shape behind the first axis, or
    it is a ValueError.
    """
    if level not in MATCHES:
        raise ValueError(f"level is one of {', '.join(MATCHES)}, not {level!r}")
    _agree(trees)
    spans = _spans([len(nodes) for nodes in trees.nodes])
    total = sum(array.nbytes for part in trees for array in part)
    pools = _pools(trees, spans, total, level)
    head = Writer()
    write_pool(head, pools.thresholds, level)
    write_pool(head, pools.leaves, level)

    def work(span: tuple[int, int]) -> bytes:
        return _encode_batch(_batch(trees, span), pools, level)

    frames = (head.frame(), *in_order(work, spans, total))
    header = {
        "codec": VERSION,
        "layer": "trees",
        "batches": [stop - start for start, stop in spans],
        "frames": [len(frame) for frame in frames],
    }
    return Coded(header, frames)


def _agree(trees: Trees) -> None:
    nodes, values = trees
    fit = len(nodes) == len(values) > 0 and all(
        n.dtype == nodes[0].dtype
        and v.dtype == values[0].dtype
        and n.ndim == 1
        and v.shape == (len(n), *values[0].shape[1:])
        for n, v in zip(nodes, values, strict=True)
    )
    if not fit:
        raise ValueError("trees are as many arrays of nodes as of values, all of one kind")


def _spans(counts: Sequence[int]) -> list[tuple[int, int]]:
    """Neighbouring trees: the first of each batch, and the one after its last."""
    spans, start, size = [], 0, 0
    for index, count in enumerate(counts):
        if index > start and size + count > _BATCH:
            spans.append((start, index))
            start, size = index, 0
        size += count
    return [*spans, (start, len(counts))]


def _batch(trees: Trees, span: tuple[int, int]) -> _Batch:
    own = slice(*span)
    nodes, values = trees.nodes[own], trees.values[own]
    counts = np.array([len(each) for each in nodes], np.int64)
    return _Batch(_joined(nodes), _joined(values), counts)


def _joined(arrays: Sequence[npt.NDArray[Any]]) -> npt.NDArray[Any]:
    """One after the other, with what lies between fields, which NumPy may leave behind."""
    opaque = f"V{arrays[0].dtype.itemsize}"
    joined = np.concatenate([np.ascontiguousarray(array).view(opaque) for array in arrays])
    return joined.view(arrays[0].dtype)


def _pools(trees: Trees, spans: list[tuple[int, int]], total: int, level: str) -> Pools:
    if not set(FIELDS[:-1]) <= set(trees.nodes[0].dtype.names or ()):
        return Pools(None, None)

    first = trees.values[0]  # of regressors: one value for each output
    means = first.ndim == 3 and first.shape[2] == 1 and first.dtype == np.float64

    def work(span: tuple[int, int]) -> tuple[npt.NDArray[Any], ...]:
        found = []
        for index in range(*span):
            nodes = trees.nodes[index]
            leaf = nodes["left_child"] == -1
            inner = np.flatnonzero(~leaf)
            leaves = np.empty(0)
            if means:
                leaves = trees.values[index][np.flatnonzero(leaf)].reshape(-1)
            found.append((nodes["threshold"][inner], nodes["feature"][inner], leaves))
        return tuple(np.concatenate(part) for part in zip(*found, strict=True))

    try:
        parts = [np.concatenate(part) for part in zip(*in_order(work, spans, total), strict=True)]
        thresholds, leaves = (part.view(np.uint64) for part in (parts[0], parts[2]))
    except (TypeError, ValueError):
        return Pools(None, None)
    fine = parts[1].dtype == np.int64 and len(parts[1]) and parts[1].min() >= 0
    features = parts[1].view(np.uint64) if fine else None
    return Pools(
        pool_of(thresholds, features, level) if fine else None,
        pool_of(leaves, None, level),
    )


def _form_of(nodes: npt.NDArray[Any], values: npt.NDArray[Any]) -> int:
    """What these arrays may be."""
    if is_tree(nodes.dtype) and values.dtype.str == "<f8" and values.ndim == 3:
        return _TREES
    return _PREDICTORS if is_predictor(nodes.dtype) and not values.size else _GENERAL


def _encode_batch(batch: _Batch, pools: Pools, level: str) -> bytes:
    form = _form_of(batch.nodes, batch.values)
    if form != _GENERAL and batch.counts.all():
        try:
            frame = _encode_trees(form, batch, pools, level)
            if frame is not None:
                return frame
        except (Misfit, FormatError, ArithmeticError, IndexError, ValueError):
            pass
    writer = Writer()
    writer.number(_GENERAL)
    write_items(writer, batch.nodes, level)
    write_items(writer, batch.values, level)
    return writer.frame()


def _encode_trees(form: int, batch: _Batch, pools: Pools, level: str) -> bytes | None:
    """The batch as trees, unless it does not come back bit by bit."""
    writer = Writer()
    writer.number(form)
    table = _table_of(batch.nodes)
    with np.errstate(all="ignore"):
        if form == _TREES:
            shape = write_batch(writer, table, batch.values, batch.counts, pools, level)
        else:
            shape = write_predictors(writer, table, batch.counts, level)
        padding = _padding_in(batch.nodes)
        _write_padding(writer, padding)
        frame = writer.frame()
        fields, values, read = _read_trees(
            memoryview(frame), form, batch.nodes, batch.values, batch.counts, pools, shape
        )
    fits = (
        all(_same(column, fields[name]) for name, column in table.items())
        and (values is None or _same(values, batch.values))
        and _equal(padding, read)
    )
    return frame if fits else None


def _read_trees(
    frame: memoryview,
    form: int,
    nodes: npt.NDArray[Any],
    values: npt.NDArray[Any],
    counts: npt.NDArray[np.int64],
    pools: Pools,
    known: Shape | None = None,
) -> tuple[Table, npt.NDArray[Any] | None, Bytes | None]:
    """Fields, values and padding, of which ``nodes`` and ``values`` say the form only."""
    reader = Reader(frame)
    reader.number()
    decoded = None
    with np.errstate(all="ignore"):
        if form == _TREES:
            tail = (values.shape[1], values.shape[2])
            table, decoded = read_batch(reader, nodes.dtype, tail, counts, pools, known)
        else:
            table = read_predictors(reader, nodes.dtype, counts, known)
    padding = _read_padding(reader, nodes)
    reader.end()
    return table, decoded, padding


def _table_of(nodes: npt.NDArray[Any]) -> Table:
    names = nodes.dtype.names or ()
    table: Table = {name: np.empty(len(nodes), nodes.dtype[name]) for name in names}
    for start in range(0, len(nodes), 4096):  # these stay in the cache for all fields
        block = nodes[start : start + 4096]
        for name, column in table.items():
            column[start : start + 4096] = block[name]
    return table


def _equal(one: Bytes | None, other: Bytes | None) -> bool:
    return one is other if one is None or other is None else np.array_equal(one, other)


def _same(one: npt.NDArray[Any], other: npt.NDArray[Any]) -> bool:
    bits = f"u{one.dtype.itemsize}"
    return one.shape == other.shape and bool((one.view(bits) == other.view(bits)).all())


def decode_trees(
    header: Mapping[str, Any],
    body: Any,
    *,
    nodes: np.dtype[Any],
    values: np.dtype[Any],
    tail: tuple[int, ...],
    counts: Sequence[int],
) -> Trees:
    """The trees again, bit by bit: dtypes of nodes and values, the shape of one node's values, and
    how many nodes each tree has, come from a record that can be trusted to say how much memory this
    may take. Raises `FormatError` for whatever does not decode to exactly that.
    """
    if opened(header) != "trees":
        raise FormatError("the description of compressed data is not one of trees")
    data = memoryview(body).cast("B")
    batches = header["batches"]
    if not isinstance(batches, list) or len(batches) > len(counts):
        raise FormatError("compressed trees are in other batches than they can be")
    sizes = numbers(batches, len(batches), len(counts))
    if sum(sizes) != len(counts) or not all(sizes):
        raise FormatError("compressed trees are not as many as they should be")
    head, *frames = cut(data, numbers(header["frames"], len(sizes) + 1, len(data)))
    every = np.array(counts, np.int64)
    ends = [0, *np.cumsum(every).tolist()]
    total = ends[-1]
    reader = Reader(head)
    pools = Pools(read_pool(reader, total), read_pool(reader, total))
    reader.end()
    all_nodes = np.zeros(total, nodes)
    all_values = np.empty((total, *tail), values)

    def work(job: tuple[memoryview, int, int]) -> None:
        frame, start, stop = job
        own = slice(ends[start], ends[stop])
        _decode_batch(frame, all_nodes[own], all_values[own], every[start:stop], pools)

    stops = list(accumulate(sizes))
    if any(n > 1 and ends[e] - ends[e - n] > _MOST for n, e in zip(sizes, stops, strict=True)):
        raise FormatError("compressed trees are in batches that are too large")
    jobs = [(f, e - n, e) for f, n, e in zip(frames, sizes, stops, strict=True)]
    for _ in in_order(work, jobs, all_nodes.nbytes + all_values.nbytes):
        pass
    cuts = ends[1:-1]
    return Trees(np.split(all_nodes, cuts), np.split(all_values, cuts))


def _decode_batch(
    frame: memoryview,
    nodes: npt.NDArray[Any],
    values: npt.NDArray[Any],
    counts: npt.NDArray[np.int64],
    pools: Pools,
) -> None:
    """Fill ``nodes``, all zero before, and ``values``."""
    reader = Reader(frame)
    form = reader.number(below=3)
    if form == _GENERAL:
        items = read_items(reader, len(nodes), nodes.dtype)
        _rows(nodes)[:] = _rows(items)
        values.reshape(-1)[:] = read_items(reader, values.size, values.dtype)
        reader.end()
        return
    if form != _form_of(nodes, values):
        raise FormatError("compressed trees are stored as what they cannot be")
    if (counts < 1).any():
        raise FormatError("a compressed tree has no nodes")
    try:
        table, decoded, padding = _read_trees(frame, form, nodes, values, counts, pools)
    except Misfit:
        raise FormatError("compressed trees are no binary trees") from None
    if decoded is not None:
        values[:] = decoded
    for start in range(0, len(nodes), 4096):  # these stay in the cache for all fields
        block = nodes[start : start + 4096]
        for name, column in table.items():
            block[name] = column[start : start + 4096]
    if padding is not None:
        _padding(nodes)[:] = padding


def _rows(nodes: npt.NDArray[Any]) -> Bytes:
    return nodes.view(np.uint8).reshape(len(nodes), nodes.dtype.itemsize)


def _padding(nodes: npt.NDArray[Any]) -> Bytes:
    """What follows the fields, which a model in memory may have left as it found it."""
    used = sum(nodes.dtype[name].itemsize for name in nodes.dtype.names or ())
    return _rows(nodes)[:, used:]


def _padding_in(nodes: npt.NDArray[Any]) -> Bytes | None:
    """None if all of it is zero."""
    padding = _padding(nodes)
    words, width = nodes.dtype.itemsize // 8, padding.shape[1]
    if nodes.dtype.itemsize == 8 * words and width < 8:  # eight times as fast
        last = np.bitwise_or.reduce(nodes.view("<u8").reshape(-1, words)[:, -1])
        return padding if width and int(last) >> 8 * (8 - width) else None
    return padding if padding.any() else None


def _write_padding(writer: Writer, padding: Bytes | None) -> None:
    writer.number(int(padding is not None))
    for plane in () if padding is None else padding.T:
        writer.block(np.ascontiguousarray(plane), ENTROPY)


def _read_padding(reader: Reader, nodes: npt.NDArray[Any]) -> Bytes | None:
    if not reader.number(below=2):
        return None
    width = _padding(nodes).shape[1]
    return np.stack([reader.block(len(nodes)) for _ in range(width)], axis=1)
