"""An archive cut up: which spans of the file are arrays and other parts that are kept by digest.

What lies between them (headers, manifest, blueprint, small arrays) is the rest, which goes into the
recipe. Rule: the spans and the rest together are the file, byte by byte.
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Mapping
from typing import Any, NamedTuple

import msgspec
import numpy as np

from holotype.archive.container import REQUIRED
from holotype.archive.reader import ArchiveReader
from holotype.archive.seals import SEALS
from holotype.codec.boosters import belong_together
from holotype.graph.nodes import ArrayNode
from holotype.graph.parse import parse_blueprint
from holotype.structs import reader_of
from holotype.types.table import type_table

__all__ = ["Span", "cut"]

_PROBE = "probe.safetensors"
_SMALL_ARRAY = 256  # bytes; a digest costs about as much as what would be shared
_SMALL_PART = 1 << 10
_LARGE_PART = 1 << 24  # bytes; a larger one is no text but an array of bytes: it goes in chunks
_MAX_HEAD = 1 << 24
_DTYPES = {
    "BOOL": "|b1", "I8": "|i1", "U8": "|u1", "I16": "<i2", "U16": "<u2", "I32": "<i4", "U32": "<u4",
    "I64": "<i8", "U64": "<u8", "F16": "<f2", "BF16": "<u2", "F32": "<f4", "F64": "<f8",
}  # fmt: skip


class Span(NamedTuple):
    """``size`` bytes at ``offset`` of the file: an array of a name, or a whole part of the archive.

    ``digest`` is empty where the archive states none. ``dtype`` is None for a text. ``row`` is the
    bytes of one row of an array. ``shape`` is that of the array in memory order.
    """

    name: str
    offset: int
    size: int
    digest: str = ""
    dtype: np.dtype[Any] | None = None
    row: int = 1
    shape: tuple[int, ...] = ()


def cut(reader: ArchiveReader) -> list[Span]:
    """All spans of an archive, in the order of the file."""
    spans = [*_arrays(reader), *_others(reader)]
    return sorted(spans, key=lambda span: span.offset)


def _arrays(reader: ArchiveReader) -> Iterator[Span]:
    blueprint = parse_blueprint(reader.blueprint, type_table(), stored=reader.size)
    layout = reader.parameters(blueprint)
    base = reader.members[REQUIRED[2]].offset + len(layout.head)
    nodes: dict[str, ArrayNode] = {node.name: node for node in blueprint.arrays}
    whole = _of_boosters(nodes)
    for stored, offset in zip(layout.order, layout.offsets, strict=True):
        node = nodes[stored.name]
        if stored.size >= _SMALL_ARRAY or (stored.name in whole and stored.size):
            shape = node.shape if node.order == "C" else node.shape[::-1]
            row = stored.size // max(shape[0], 1) if shape else stored.size
            yield Span(
                stored.name, base + offset, stored.size, stored.digest, node.dtype, row, shape
            )


def _of_boosters(nodes: Mapping[str, ArrayNode]) -> set[str]:
    """The arrays of trees, which are coded together, however small they are."""
    groups: dict[str, set[str]] = {}
    for name in nodes:
        prefix, _, last = name.rpartition(".")
        groups.setdefault(prefix, set()).add(last)
    boosters = [prefix for prefix, names in groups.items() if belong_together(names)]
    structured = {name for name, node in nodes.items() if node.dtype.names is not None}
    return structured | {f"{prefix}.{last}" for prefix in boosters for last in groups[prefix]}


def _others(reader: ArchiveReader) -> Iterator[Span]:
    for name, member in reader.members.items():
        if name == _PROBE:
            yield from _tensors(reader, name)
        elif name.startswith(SEALS):
            continue  # in the recipe, where those that come later are put beside them
        elif name not in REQUIRED and member.size >= _SMALL_PART:
            text = member.size <= _LARGE_PART
            yield Span(name, member.offset, member.size, "", None if text else np.dtype("|u1"))


def _tensors(reader: ArchiveReader, name: str) -> Iterator[Span]:
    """The tensors of a part that is a safetensors file, by its own head; none if that is odd."""
    member = reader.members[name]
    view = reader.view
    (length,) = struct.unpack_from("<Q", view, member.offset) if member.size > 8 else (0,)
    if not 0 < length <= min(member.size - 8, _MAX_HEAD):
        return
    start = member.offset + 8 + length
    try:
        head = _read_head(view[member.offset + 8 : start])
    except msgspec.MsgspecError:
        return
    end = start
    for tensor, told in sorted(head.items(), key=lambda item: item[1].data_offsets):
        low, high = told.data_offsets
        if not end - start <= low <= high <= member.offset + member.size - start:
            return
        end = start + high
        dtype = np.dtype(_DTYPES.get(told.dtype, "|u1"))
        if high - low >= _SMALL_ARRAY and (high - low) % dtype.itemsize == 0:
            row = (high - low) // max(told.shape[0], 1) if told.shape else high - low
            yield Span(f"{name}/{tensor}", start + low, high - low, "", dtype, max(row, 1))


class _Tensor(msgspec.Struct):
    dtype: str
    shape: list[int]
    data_offsets: tuple[int, int]


_read_head = reader_of(dict[str, _Tensor])
