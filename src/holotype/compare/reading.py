"""One archive as it is compared: its checked blueprint, and arrays that are hashed when read.

Columns and lists look the same from here: a child is a node, or a ``Cell`` (an element of a column)
and ``Half.part`` says what stands there. Rule: nothing is built, and no byte of an array is looked
at before its digest was compared.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.archive.loaded import LoadedArrays
from holotype.archive.reader import ArchiveReader
from holotype.digest import data_digest
from holotype.errors import DigestError
from holotype.graph.divide import spans, split_arrays, split_bytes, split_texts
from holotype.graph.nodes import (
    ArrayColumn,
    ArrayNode,
    AtomColumn,
    Blueprint,
    BytesColumn,
    BytesNode,
    CellNode,
    CodeNode,
    DictNode,
    DtypeNode,
    InstanceNode,
    ListColumn,
    MemberNode,
    ModuleNode,
    NameNode,
    Node,
    ObjectArrayNode,
    ObjectNode,
    OpaqueNode,
    RecordsColumn,
    Ref,
    RepeatColumn,
    ScalarNode,
    SeqNode,
    TextColumn,
    ValueNode,
)
from holotype.graph.shadow import audit

__all__ = ["Cell", "Child", "Foreign", "Half", "Items", "Listed", "Pairs", "Part", "Plain", "Thing"]

Array = npt.NDArray[Any]


class Cell(NamedTuple):
    """The element of a column at a place."""

    column: Any
    place: int


class Span(NamedTuple):
    """Elements ``start`` to ``stop`` of a sequence or column: one list of a column of lists."""

    items: Any
    start: int
    stop: int


Child = Any  # a Node or a Cell
Items = Any  # a Seq or a Span


class Plain(NamedTuple):
    """A plain value; a name of the table and a dtype are given in words."""

    value: Any
    word: str = ""


class Listed(NamedTuple):
    """A list, tuple, set, frozenset, or array of objects."""

    kind: str
    items: Items


class Pairs(NamedTuple):
    """A dict."""

    keys: Items
    values: Items


class Thing(NamedTuple):
    """An object: its type's key, what it is made with, and its attributes or state."""

    key: str
    kind: Literal["object", "call", "instance"]
    args: Sequence[Child]
    named: Mapping[str, Child]
    state: Child
    items: Items | None = None
    pairs: Pairs | None = None


class Foreign(NamedTuple):
    """Code or pickle bytes: ``text`` is what is compared of them, ``named`` what they hold."""

    word: str
    text: str
    named: Mapping[str, Child]


Part = Plain | Listed | Pairs | Thing | Foreign | ArrayNode | Array


class Half:
    """One archive that is compared with another."""

    def __init__(self, blueprint: Blueprint, arrays: LoadedArrays) -> None:
        self.blueprint = blueprint
        self._arrays = arrays
        self._hashed: set[str] = set()
        self._known: dict[int, Any] = {}  # what columns were divided into, by id

    @classmethod
    def of(cls, reader: ArchiveReader, blueprint: Blueprint) -> Half:
        """The half of an open archive; a HolotypeError where its containers break a rule."""
        half = cls(blueprint, reader.map_arrays(blueprint, verify=False))
        audit(blueprint, half, contents=False)
        return half

    # -- arrays ----------------------------------------------------------------------------------

    def peek(self, node: ArrayNode) -> Array:
        """The array, after its digest was compared."""
        array = self._arrays.peek(node)
        if node.name not in self._hashed:
            if data_digest(_bytes_of(array)) != node.digest:
                raise damaged(node)
            self._hashed.add(node.name)
        return array

    def take(self, node: ArrayNode) -> Array:
        """The same: nothing here is handed out to be written."""
        return self.peek(node)

    def raw(self, node: ArrayNode) -> Array | None:
        """The array, for who compares its digest while reading; None where that was done."""
        return None if node.name in self._hashed else self._arrays.peek(node)

    def mark(self, node: ArrayNode) -> None:
        """Say that the digest of an array was found to be right."""
        self._hashed.add(node.name)

    # -- parts -----------------------------------------------------------------------------------

    def follow(self, child: Child) -> Child:
        """What a reference refers to."""
        return self.blueprint.shared[child.index] if type(child) is Ref else child

    def part(self, child: Child) -> Part:
        """What stands at a node or in a column."""
        child = self.follow(child)
        if type(child) is Cell:
            return self._cell(child)
        match child:
            case ArrayNode():
                return child
            case BytesNode():
                return child.data
            case ValueNode() | ScalarNode():
                return Plain(child.value)
            case DtypeNode():
                return Plain(str(child.dtype), "dtype")
            case NameNode():
                return Plain(child.entry.key, "name")
            case ModuleNode():
                return Plain(child.name, "module")
            case SeqNode():
                return Listed(child.kind, child.items)
            case ObjectArrayNode():
                return Listed("objects", child.items)
            case DictNode():
                return Pairs(child.keys, child.values)
            case ObjectNode():
                return self._object(child)
        return self._outside(child)

    def _object(self, node: ObjectNode) -> Part:
        if node.entry.key == "builtins.slice" and not any(map(_is_part, node.args or ())):
            ends = ["" if end is None else str(end) for end in node.args or ()]
            return Plain(":".join(ends[:2] if ends[-1:] == [""] else ends), "slice")
        pairs = None if node.pairs is None else Pairs(node.pairs.keys, node.pairs.values)
        named: Mapping[str, Child] = {}
        state = None
        if node.args is None:
            named = node.state
        else:
            found = self.names_of(node.state)
            named, state = ({}, node.state) if found is None else (found, None)
        kind: Any = "object" if node.args is None else "call"
        return Thing(node.entry.key, kind, node.args or (), named, state, node.items, pairs)

    def names_of(self, child: Child) -> dict[str, Child] | None:
        """The members of a small dict with text keys; None for anything else."""
        node = self.follow(child)
        if type(node) is not DictNode or not isinstance(node.keys, list | tuple):
            return None
        if not all(type(key) is str for key in node.keys):
            return None
        return {key: self.at(node.values, index) for index, key in enumerate(node.keys)}

    def _outside(self, node: Node) -> Part:
        match node:
            case CodeNode():
                parts: dict[str, Child] = {
                    **node.cells,
                    **node.globals,
                    **node.kwdefaults,
                    **node.attributes,
                }
                parts |= {f"default[{i}]": each for i, each in enumerate(node.defaults or ())}
                return Foreign(f"code of {node.definition.qualname}", node.definition.source, parts)
            case CellNode():
                return Foreign("variable of a function", "", dict(enumerated(node.content)))
            case OpaqueNode():
                return Foreign(f"pickle bytes of {node.what}", node.tool, {"bytes": node.data})
            case MemberNode():
                return Foreign(f"method {node.name}", node.name, {"owner": node.owner})
            case InstanceNode():
                maker = self.follow(node.maker)
                named = node.state if isinstance(node.state, dict) else self.names_of(node.state)
                word = maker.definition.qualname if isinstance(maker, CodeNode) else "object"
                members = {**(named or {}), "class": node.maker}
                state = None if named is not None else node.state
                pairs = None if node.pairs is None else Pairs(node.pairs.keys, node.pairs.values)
                return Thing(word, "instance", node.args, members, state, node.items, pairs)
        return Plain(node)

    def _cell(self, cell: Cell) -> Part:
        column, index = cell
        match column:
            case AtomColumn():
                value = self.peek(column.data)[index]
                return Plain(value if column.kind == "scalar" else value.item())
            case RepeatColumn():
                return self.part(column.value)
            case TextColumn():
                return Plain(self.texts(column)[index])
            case BytesColumn():
                return Plain(self._divided(column)[index])
            case ArrayColumn():
                piece: Array = self._divided(column)[index]
                return piece
            case ListColumn():
                start, stop = self._divided(column)[index]
                return Listed("list", Span(column.items, start, stop))
            case RecordsColumn():
                args = [self.at(each, index) for each in column.args]
                named = {name: self.at(each, index) for name, each in (column.state or {}).items()}
                kind: Any = "call" if column.args else "object"
                return Thing(column.entry.key, kind, args, named, None)
        raise TypeError(f"no column: {type(column).__name__}")

    def _divided(self, column: Any) -> Any:
        known = self._known.get(id(column))
        if known is None:
            if isinstance(column, BytesColumn):
                known = split_bytes(self.peek(column.data), self.peek(column.lengths))
            elif isinstance(column, ArrayColumn):
                known = split_arrays(self.peek(column.data), self.peek(column.shapes))
            else:
                known = spans(self.peek(column.lengths))
            self._known[id(column)] = known
        return known

    def texts(self, column: TextColumn) -> list[str]:
        """All texts of a column."""
        known = self._known.get(id(column))
        if known is None:
            known = self._known[id(column)] = split_texts(column, self.peek(column.data))
        found: list[str] = known
        return found

    # -- sequences -------------------------------------------------------------------------------

    def count(self, items: Items) -> int:
        """How many elements a sequence, column or span has."""
        if isinstance(items, Span):
            return items.stop - items.start
        if isinstance(items, TextColumn):
            return len(self.texts(items))
        return len(items) if isinstance(items, list | tuple) else int(items.count)

    def at(self, items: Items, index: int) -> Child:
        """One element of a sequence, column or span."""
        if isinstance(items, Span):
            return self.at(items.items, items.start + index)
        return items[index] if isinstance(items, list | tuple) else Cell(items, index)

    def each(self, items: Items) -> list[Child]:
        """All elements, to be looked at one by one."""
        return [self.at(items, index) for index in range(self.count(items))]

    def words(self, items: Items) -> list[str] | None:
        """The elements where all of them are text; None where they are not, or there are none."""
        start, stop = (items.start, items.stop) if isinstance(items, Span) else (0, None)
        inner = items.items if isinstance(items, Span) else items
        if isinstance(inner, TextColumn):
            return self.texts(inner)[start:stop]
        if not isinstance(inner, list | tuple):
            return None
        found = list(inner[start:stop])
        return found if found and all(type(each) is str for each in found) else None

    def numbers(self, items: Items) -> Array | None:
        """The elements where all are numbers: those of a column at once, few others one by one."""
        if isinstance(items, AtomColumn):
            return self.peek(items.data)
        if isinstance(items, list | tuple) and all(type(each) in (int, float) for each in items):
            return np.array(items)
        return None


def _is_part(node: Node) -> bool:
    return not (node is None or isinstance(node, int | str))


def enumerated(children: Sequence[Child]) -> list[tuple[str, Child]]:
    """Children by their number."""
    return [(f"[{index}]", child) for index, child in enumerate(children)]


def damaged(node: ArrayNode) -> DigestError:
    """The error for an array whose bytes are not those that were saved."""
    return DigestError(
        f"the array {node.name} is not what was saved: its bytes have another SHA-256. "
        "The file is damaged or was changed.",
        clause="4.5",
    )


def _bytes_of(array: Array) -> Array:
    return flat_of(array).view(np.uint8) if array.nbytes else np.empty(0, np.uint8)


def flat_of(array: Array) -> Array:
    """The elements in the order of memory, without copying."""
    return array.reshape(-1, order="F" if array.flags.f_contiguous else "C")
