"""Trees in arrays: which arrays hold the nodes and the values of trees, and where each tree ends.

Small trees stand in one array one after the other. They are cut into pieces of whole trees, by what
the trees are, so that an ensemble which was trained on shares the pieces of the trees it had.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterator, Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.trees.histogram import is_predictor
from holotype.codec.trees.nodes import is_tree
from holotype.store.cutting import Span

__all__ = ["Grove", "Piece", "groves", "pieces"]

_LEAST, _MOST = 1 << 12, 1 << 16  # bytes of a piece of several trees
_ONE_IN = 4  # trees from which a piece may end, as chance has it
_MAX = 1 << 27  # bytes; what is larger is an array like any other
_LEAF = -1

AnyArray = npt.NDArray[Any]


class Grove(NamedTuple):
    """An array of the nodes of trees, and that of their values, where they have one."""

    nodes: tuple[Span, str]
    values: tuple[Span, str] | None
    tail: tuple[int, ...]  # the shape of one node's values

    @property
    def kind(self) -> str:
        """Groves of one kind can be coded together."""
        values = None if self.values is None else self.values[0].dtype
        return repr((self.nodes[0].dtype, values, self.tail))


class Piece(NamedTuple):
    """Some whole trees: their nodes, values [nodes, …], and how many nodes each tree has."""

    nodes: AnyArray
    values: AnyArray
    counts: tuple[int, ...]


def groves(spans: Sequence[tuple[Span, str]]) -> list[Grove]:
    """The arrays among these, with their digests, that hold trees."""
    by_name = {span.name: (span, digest) for span, digest in spans}
    found: list[Grove] = []
    taken: set[str] = set()
    for named in spans:
        span, digest = named
        if span.dtype is None or digest in taken or span.size > _MAX:
            continue
        if is_predictor(span.dtype):
            found.append(Grove(named, None, (0,)))
            taken.add(digest)
        elif is_tree(span.dtype):
            values = by_name.get("values".join(span.name.rsplit("nodes", 1)))
            tail = None if values is None else _tail(span, values[0])
            if values is not None and tail is not None and values[1] not in taken:
                found.append(Grove(named, values, tail))
                taken |= {digest, values[1]}
    return found


def _tail(nodes: Span, values: Span) -> tuple[int, ...] | None:
    """The shape of the values of one node; None where the arrays do not belong together."""
    if values.dtype is None or values.dtype.str != "<f8" or values.size > _MAX:
        return None
    if len(values.shape) == 3 and values.shape[:1] == nodes.shape:
        return values.shape[1:]
    count, rest = divmod(values.size // 8, nodes.shape[0])
    return (1, count) if len(values.shape) == 1 and count and not rest else None


def pieces(nodes: AnyArray, values: AnyArray) -> Iterator[Piece]:
    """The trees in pieces; in one, if these are no trees."""
    ends = _ends(nodes)
    if not ends or ends[-1] != len(nodes):
        ends = [len(nodes)]
    begin = start = 0
    counts: list[int] = []
    for end in ends:
        counts.append(end - start)
        tree = nodes[start:end]
        start = end
        size = (end - begin) * (nodes.itemsize + values[:1].nbytes)
        chance = size >= _MOST or zlib.crc32(tree.view(np.uint8).data) % _ONE_IN == 0
        if end == ends[-1] or (size >= _LEAST and chance):
            yield Piece(nodes[begin:end], values[begin:end], tuple(counts))
            begin, counts = end, []


def _ends(nodes: AnyArray) -> list[int]:
    """Behind which nodes a binary tree is whole: each inner node opens a place, a leaf closes one.

    That holds in any order in which parents come before their children.
    """
    names = nodes.dtype.names or ()
    leaf = nodes["is_leaf"] != 0 if "is_leaf" in names else nodes["left_child"] == _LEAF
    places = np.cumsum(np.int8(1) - np.int8(2) * leaf.view(np.int8), dtype=np.int32)
    if places[-1] == -1 and places[:-1].min(initial=0) == 0:  # most arrays are one tree
        return [len(nodes)]
    lowest = np.minimum(np.minimum.accumulate(places), 0)
    return [int(index) + 1 for index in np.flatnonzero(np.diff(lowest, prepend=0) < 0)]
