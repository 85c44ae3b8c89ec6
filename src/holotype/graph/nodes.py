"""The blueprint's nodes, parsed: the one value that is checked, audited and built from.

Plain JSON scalars stand for themselves; everything else is an instance of a class below. The
classes hold data only. ``path`` is dotted and serves error messages.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from holotype.graph.table import Entry

__all__ = [
    "ArrayColumn",
    "ArrayNode",
    "AtomColumn",
    "Blueprint",
    "BytesColumn",
    "BytesNode",
    "Column",
    "DictNode",
    "DtypeNode",
    "ListColumn",
    "NameNode",
    "Node",
    "ObjectArrayNode",
    "ObjectNode",
    "RecordsColumn",
    "Ref",
    "RepeatColumn",
    "ScalarNode",
    "Seq",
    "SeqNode",
    "TextColumn",
    "ValueNode",
]

Node = Any
"""None, bool, int, float, str, or one of the classes below."""


class ValueNode(msgspec.Struct, frozen=True, eq=False):
    """A plain immutable value that JSON has no form for: nan, big integers, bytes, complex."""

    value: Any


class ArrayNode(msgspec.Struct, frozen=True, eq=False):
    """An array: where its bytes are and what they mean. ``size`` is in bytes."""

    path: str
    name: str
    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    order: Literal["C", "F"]
    digest: str
    size: int


class BytesNode(msgspec.Struct, frozen=True, eq=False):
    """Bytes that are kept as an array of uint8."""

    data: ArrayNode


class DtypeNode(msgspec.Struct, frozen=True, eq=False):
    """A NumPy dtype as a value."""

    dtype: np.dtype[Any]


class ScalarNode(msgspec.Struct, frozen=True, eq=False):
    """A NumPy scalar; ``value`` is the scalar itself."""

    value: np.generic


class NameNode(msgspec.Struct, frozen=True, eq=False):
    """A class, function or constant of the table."""

    path: str
    entry: Entry


class Ref(msgspec.Struct, frozen=True, eq=False):
    """Entry ``index`` of the shared table."""

    path: str
    index: int


class AtomColumn(msgspec.Struct, frozen=True, eq=False):
    """int, float, bool or NumPy scalars, in one array."""

    kind: Literal["int", "float", "bool", "scalar"]
    data: ArrayNode
    count: int


class TextColumn(msgspec.Struct, frozen=True, eq=False):
    """str values, joined by a separator that none of them contains; their number is not stated."""

    path: str
    data: ArrayNode
    separator: str


class BytesColumn(msgspec.Struct, frozen=True, eq=False):
    """bytes values, one after the other."""

    path: str
    data: ArrayNode
    lengths: ArrayNode
    count: int


class RepeatColumn(msgspec.Struct, frozen=True, eq=False):
    """One plain value, ``count`` times."""

    value: Node
    count: int


class ListColumn(msgspec.Struct, frozen=True, eq=False):
    """Lists, one after the other."""

    path: str
    items: Seq
    lengths: ArrayNode
    count: int


class ArrayColumn(msgspec.Struct, frozen=True, eq=False):
    """C-ordered arrays of one dtype, one after the other; ``shapes`` has a row for each."""

    path: str
    data: ArrayNode
    shapes: ArrayNode
    count: int


class RecordsColumn(msgspec.Struct, frozen=True, eq=False):
    """Objects of one type with the same attributes, as columns of attributes."""

    path: str
    entry: Entry
    count: int
    args: tuple[Seq, ...]
    state: dict[str, Seq] | None


Column = (
    AtomColumn | TextColumn | BytesColumn | RepeatColumn | ListColumn | ArrayColumn | RecordsColumn
)
Seq = Sequence[Node] | Column
"""The elements of a container: nodes, or a column."""


class SeqNode(msgspec.Struct, frozen=True, eq=False):
    """A list, tuple, set or frozenset."""

    path: str
    kind: Literal["list", "tuple", "set", "frozenset"]
    items: Seq


class DictNode(msgspec.Struct, frozen=True, eq=False):
    """A dict; keys and values in order."""

    path: str
    keys: Seq
    values: Seq


class ObjectArrayNode(msgspec.Struct, frozen=True, eq=False):
    """A NumPy array of Python objects."""

    path: str
    items: Seq
    shape: tuple[int, ...]
    order: Literal["C", "F"]


class ObjectNode(msgspec.Struct, frozen=True, eq=False):
    """An object of the table: by attributes (``args`` is None) or by a call."""

    path: str
    entry: Entry
    args: tuple[Node, ...] | None
    state: Node  # of an object: dict of name → node
    items: Seq | None
    pairs: DictNode | None


class Blueprint(msgspec.Struct, frozen=True, eq=False):
    """A whole parsed blueprint. ``arrays`` are all the array nodes, ``keys`` all table keys."""

    root: Node
    shared: list[Node]
    arrays: list[ArrayNode]
    objects: list[ObjectNode | RecordsColumn]
    keys: set[str]
