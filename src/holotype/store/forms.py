"""What a block's bytes are, and how they are coded: items of one dtype, trees, or a text.

A form is what decoding must know to be safe: it says, with the sizes of the parts, how much memory
may be taken. Rule: whatever does not decode to just that is refused; that the values are right,
only the digests of the parts can tell.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec import (
    Trees,
    decode,
    decode_columns,
    decode_trees,
    encode,
    encode_columns,
    encode_trees,
)
from holotype.errors import ArchiveError, BlueprintError, DamagedStoreError
from holotype.graph.dtypes import dtype_node, parse_dtype
from holotype.store.forests import Piece
from holotype.store.packs import Block
from holotype.store.texts import unzip_text, zip_text

__all__ = ["Bytes", "Made", "columns", "decode_block", "items", "plain", "text", "trees"]

Bytes = npt.NDArray[np.uint8]
_PATH = "block"
_RAW = {"codec": 1, "layer": "raw", "order": "C"}


class Made(NamedTuple):
    """A coded block: its form, what was done, the bodies, and whether it needs its base."""

    form: dict[str, Any]
    coded: dict[str, Any]
    bodies: tuple[Any, ...]
    needs_base: bool = False

    @property
    def mappable(self) -> bool:
        """Whether the bodies are the bytes themselves."""
        return self.coded.get("layer") == "raw"


def items(data: Bytes, dtype: np.dtype[Any], level: str, base: Bytes | None = None) -> Made:
    """Items of ``dtype``, one after the other; ``base`` are as many or fewer that are like them."""
    size = dtype.itemsize
    array = data.view(dtype)
    parent = None if base is None else base[: len(base) // size * size].view(dtype)
    coded = encode(array, level=level, parent=parent)
    form = {"kind": "items", "dtype": dtype_node(dtype, _PATH)}
    return Made(form, coded.header, coded.frames, coded.needs_parent)


def plain(data: Bytes, dtype: np.dtype[Any]) -> Made:
    """Items of ``dtype`` as they are: to be mapped."""
    return Made({"kind": "items", "dtype": dtype_node(dtype, _PATH)}, _RAW, (data.data,))


def text(data: Any, base: Any = b"") -> Made:
    """A text, and the text before it."""
    body = zip_text(data, base)
    return Made({"kind": "text"}, {"layer": "text"}, (body,), bool(memoryview(base)))


def trees(pieces: Sequence[Piece], level: str) -> Made:
    """Trees: the nodes of all pieces, then their values, if they have any."""
    nodes, values = [], []
    for piece in pieces:
        cuts = np.cumsum(piece.counts)[:-1]
        nodes += np.split(piece.nodes, cuts)
        values += np.split(piece.values, cuts)
    coded = encode_trees(Trees(nodes, values), level=level)
    form = {
        "kind": "trees",
        "nodes": dtype_node(nodes[0].dtype, _PATH),
        "values": dtype_node(values[0].dtype, _PATH),
        "tail": list(values[0].shape[1:]),
        "counts": [] if len(nodes) == len(pieces) else [len(tree) for tree in nodes],
    }
    return Made(form, coded.header, coded.frames)


def columns(columns: Mapping[str, npt.NDArray[Any]], level: str) -> Made:
    """Arrays that follow from each other, by name, and one after the other in that order."""
    coded = encode_columns(columns, level=level)
    form = {
        "kind": "columns",
        "columns": [
            [name, dtype_node(columns[name].dtype, _PATH), len(columns[name])]
            for name in sorted(columns)
        ],
    }
    return Made(form, coded.header, coded.frames)


def decode_block(block: Block, body: Any, base: Bytes | None) -> list[Bytes]:
    """The parts of a block. DamagedStoreError if it does not decode to what it says that it is."""
    sizes = [size for _, size in block.parts]
    try:
        whole = _decode(block, body, base, sizes)
    except (
        ArchiveError,
        BlueprintError,
        ValueError,
        LookupError,
        TypeError,
        ArithmeticError,
    ) as error:
        raise DamagedStoreError(f"a block does not decode: {error}") from None
    if isinstance(whole, list):
        return whole
    return _regrouped([whole], sizes)


def _decode(
    block: Block, body: Any, base: Bytes | None, sizes: Sequence[int]
) -> Bytes | list[Bytes]:
    kind = block.form.get("kind")
    if kind == "text" and block.form.keys() == {"kind"}:
        content = unzip_text(body, block.raw, b"" if base is None else base)
        return np.frombuffer(content, np.uint8)
    if kind == "items" and block.form.keys() == {"kind", "dtype"}:
        dtype = parse_dtype(block.form["dtype"], _PATH)
        count, rest = divmod(block.raw, dtype.itemsize or 1)
        if rest or not dtype.itemsize:
            raise ValueError("its size is not that of whole items")
        parent = None
        if base is not None:
            parent = base[: len(base) // dtype.itemsize * dtype.itemsize].view(dtype)
        array = decode(block.coded, body, dtype=dtype, shape=(count,), parent=parent)
        return array.view(np.uint8)
    if kind == "trees" and block.form.keys() == {"kind", "nodes", "values", "tail", "counts"}:
        return _decode_trees(block, body, sizes)
    if kind == "columns" and block.form.keys() == {"kind", "columns"}:
        return _regrouped(_decode_columns(block, body), sizes)
    raise ValueError("its form is not known; a newer Holotype may read it")


def _decode_columns(block: Block, body: Any) -> list[Bytes]:
    told = {name: (parse_dtype(dtype, _PATH), n) for name, dtype, n in block.form["columns"]}
    if not all(isinstance(n, str) and type(c) is int and c >= 0 for n, (_, c) in told.items()):
        raise ValueError("its arrays have no lengths")
    if sum(dtype.itemsize * count for dtype, count in told.values()) != block.raw:
        raise ValueError("its arrays do not have the sizes of its parts")
    found = decode_columns(
        block.coded,
        body,
        dtypes={name: dtype for name, (dtype, _) in told.items()},
        shapes={name: (count,) for name, (_, count) in told.items()},
    )
    return [_flat(found[name]) for name in told]


def _decode_trees(block: Block, body: Any, sizes: Sequence[int]) -> list[Bytes]:
    nodes, values = (parse_dtype(block.form[key], _PATH) for key in ("nodes", "values"))
    tail = tuple(block.form["tail"])
    if not all(type(length) is int and 0 <= length <= 1 << 24 for length in tail) or len(tail) > 2:
        raise ValueError("its trees have values of no shape")
    each = values.itemsize * int(np.prod(tail, dtype=object))
    of_nodes = list(sizes[: len(sizes) // 2 if each else len(sizes)])
    lengths = [size // (nodes.itemsize or 1) for size in of_nodes]
    if list(sizes) != [n * nodes.itemsize for n in lengths] + [n * each for n in lengths if each]:
        raise ValueError("its trees do not have the sizes of its parts")
    counts = block.form["counts"] or lengths
    if not all(type(count) is int and count > 0 for count in counts):
        raise ValueError("a tree has no nodes")
    if sum(counts) != sum(lengths):
        raise ValueError("its trees are not as many as its parts hold")
    found = decode_trees(block.coded, body, nodes=nodes, values=values, tail=tail, counts=counts)
    whole = [_flat(array) for part in found[: 1 + bool(each)] for array in part]
    return whole if not block.form["counts"] else _regrouped(whole, sizes)


def _regrouped(arrays: Sequence[Bytes], sizes: Sequence[int]) -> list[Bytes]:
    """Arrays one after the other, in pieces of these sizes."""
    joined = arrays[0] if len(arrays) == 1 else np.concatenate(arrays)
    ends = accumulate(sizes)
    return [joined[end - size : end] for end, size in zip(ends, sizes, strict=True)]


def _flat(array: npt.NDArray[Any]) -> Bytes:
    if not array.nbytes:
        return np.empty(0, np.uint8)
    return np.frombuffer(array.reshape(-1).view(f"V{array.dtype.itemsize}"), np.uint8)
