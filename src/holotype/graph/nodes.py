"""The blueprint's nodes, parsed: the one value that is checked, audited and built from.

Plain JSON scalars stand for themselves; everything else is an instance of a class below. The
classes hold data only. ``path`` is dotted and serves error messages.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Any, Literal

import msgspec
import numpy as np

from holotype.code.definition import Definition
from holotype.graph.table import Entry
from holotype.trust.levels import Need

__all__ = [
    "ArrayColumn",
    "ArrayNode",
    "AtomColumn",
    "Blueprint",
    "BytesColumn",
    "BytesNode",
    "CellNode",
    "CodeNode",
    "Column",
    "DictNode",
    "DtypeNode",
    "InstanceNode",
    "ListColumn",
    "MemberNode",
    "ModuleNode",
    "NameNode",
    "Node",
    "ObjectArrayNode",
    "ObjectNode",
    "OpaqueNode",
    "RecordsColumn",
    "Ref",
    "RepeatColumn",
    "SameSize",
    "ScalarNode",
    "Seq",
    "SeqNode",
    "TextColumn",
    "ValueNode",
    "is_filled",
    "twice",
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


class CodeNode(msgspec.Struct, frozen=True, eq=False):
    """A function or class as source, and what it captured; see ``holotype.code.definition``.

    ``space`` tells which functions shared the names of their module. A cell is a CellNode or a Ref.
    """

    path: str
    definition: Definition
    space: int
    submodules: tuple[str, ...]
    cells: dict[str, Node]
    globals: dict[str, Node]
    eager: frozenset[str]
    defaults: tuple[Node, ...] | None
    kwdefaults: dict[str, Node]
    annotations: dict[str, Node]
    attributes: dict[str, Node]
    methods: dict[str, tuple[tuple[Node, ...] | None, dict[str, Node], dict[str, Node]]]


class CellNode(msgspec.Struct, frozen=True, eq=False):
    """A closure variable, which functions may share: one value, or none yet."""

    path: str
    content: tuple[Node, ...]


class ModuleNode(msgspec.Struct, frozen=True, eq=False):
    """A module that a name of some code stands for."""

    path: str
    name: str


class InstanceNode(msgspec.Struct, frozen=True, eq=False):
    """An object whose class, or maker, is itself a node: a CodeNode or a reference to one."""

    path: str
    maker: Node
    how: Literal["object", "new", "call"]
    args: tuple[Node, ...]
    state: Node
    items: Seq | None
    pairs: DictNode | None


class MemberNode(msgspec.Struct, frozen=True, eq=False):
    """What the class ``owner`` holds under a name; or a method of it, bound to ``owner``."""

    path: str
    name: str
    owner: Node
    bound: bool


class OpaqueNode(msgspec.Struct, frozen=True, eq=False):
    """Pickle bytes: ``python`` is the version that can read them, ``what`` the type inside."""

    path: str
    data: Node
    python: str
    tool: str
    what: str


class SameSize(msgspec.Struct, frozen=True, eq=False):
    """A demand that ``items`` are as many as ``others``, or a number; else ``problem``."""

    path: str
    items: Seq
    others: Seq | int
    problem: str


class Blueprint(msgspec.Struct, frozen=True, eq=False):
    """A whole parsed blueprint.

    arrays    all array nodes
    objects   all nodes of objects and calls, and columns of them
    keys      all table keys
    steps     in which order ``shared`` is built: 2 * index makes an entry, 2 * index + 1 fills it
    columns   those whose arrays have to fit each other
    sizes     what has to be of one length, where that shows only in the arrays
    distinct  dicts and sets whose keys or elements are still to be compared
    stored    the size of the archive in bytes
    read      keys (a list), elements (a set) and whole dicts of numbers that were compared and
              serve building, by id of the node: plain values, without identity
    trust     what must be trusted before anything is built
    codes     functions and classes that are carried as source, with the digest that a policy pins
    """

    root: Node
    shared: list[Node]
    arrays: list[ArrayNode]
    objects: list[ObjectNode | RecordsColumn]
    keys: set[str]
    steps: list[int]
    columns: list[TextColumn | BytesColumn | ListColumn | ArrayColumn]
    sizes: list[SameSize]
    distinct: list[DictNode | SeqNode]
    stored: int
    read: dict[int, Collection[Any]]
    trust: list[Need]
    codes: list[tuple[CodeNode, str]]


def is_filled(node: Node) -> bool:
    """Whether it is made empty and filled afterwards, so that it may contain itself."""
    if type(node) is SeqNode:
        return node.kind in ("list", "set")
    return type(node) in _FILLED


_FILLED = (DictNode, ObjectNode, ObjectArrayNode, CodeNode, CellNode, InstanceNode)


def twice(node: DictNode | SeqNode) -> str:
    """What is wrong with one whose keys or elements are not distinct."""
    what = "the same element" if isinstance(node, SeqNode) else "the same key"
    return f"a {node.kind if isinstance(node, SeqNode) else 'dict'} has {what} twice"
