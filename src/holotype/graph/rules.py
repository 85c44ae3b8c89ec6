"""What must hold between the parts of containers, checked before anything is built (SPEC 3.2-3.6).

Arrays of columns fit each other, what goes together is of one length, and keys and elements can be
hashed, are distinct, and cannot stop a process. Rule: nothing is imported for it. An object is a
key by its identity, or, if it is of Python's own types and its contents are in order, by its value;
whether two objects of a library are equal, only that library can tell.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence
from typing import Any, TypeVar

from holotype.errors import BlueprintError, HolotypeError, InvalidStateError
from holotype.graph.divide import (
    ArraySource,
    check_lengths,
    check_shapes,
    split_atoms,
    split_bytes,
    split_texts,
    text_of,
)
from holotype.graph.nodes import (
    ArrayColumn,
    AtomColumn,
    Blueprint,
    BytesColumn,
    BytesNode,
    CodeNode,
    DictNode,
    DtypeNode,
    InstanceNode,
    ListColumn,
    MemberNode,
    NameNode,
    Node,
    ObjectNode,
    OpaqueNode,
    RecordsColumn,
    Ref,
    RepeatColumn,
    ScalarNode,
    Seq,
    SeqNode,
    TextColumn,
    ValueNode,
    twice,
)
from holotype.graph.table import Entry
from holotype.graph.values import ATOMS, MAX_KEY_DEPTH, MAX_KEY_PARTS, check_keys

__all__ = ["check_rules"]

Audit = Callable[[ObjectNode | RecordsColumn], None]
_Made = TypeVar("_Made", bound=Collection[Any])
_PARTS_PER_BYTE = 16


def check_rules(blueprint: Blueprint, arrays: ArraySource, audit: Audit) -> None:
    """Raise BlueprintError for what breaks a rule; ``audit`` validates the contents of one object.

    Keys and elements that are plain values are left in ``blueprint.read`` for whoever builds.
    """
    rules = _Rules(blueprint, arrays, audit)
    for node in blueprint.distinct:
        if isinstance(_items(node), TextColumn):
            rules.distinct(node)  # first, so that the text is read only once
    for column in blueprint.columns:
        rules.column(column)
    for size in blueprint.sizes:
        others = size.others if isinstance(size.others, int) else rules.count(size.others)
        if rules.count(size.items) != others:
            raise BlueprintError(size.path, size.problem)
    for node in blueprint.distinct:
        if not isinstance(_items(node), TextColumn):
            rules.distinct(node)


def _items(node: DictNode | SeqNode) -> Seq:
    return node.keys if isinstance(node, DictNode) else node.items


class _Rules:
    def __init__(self, blueprint: Blueprint, arrays: ArraySource, audit: Audit) -> None:
        self.blueprint = blueprint
        self.arrays = arrays
        self.audit = audit
        self.counts: dict[int, int] = {}  # of texts in a column, by its id
        self.known: dict[int, Any] = {}  # what shared nodes and names are as keys, by id
        self.plain = True  # whether all keys that were read are values without identity
        self.parts = MAX_KEY_PARTS + _PARTS_PER_BYTE * blueprint.stored

    # -- columns -------------------------------------------------------------------------------

    def column(self, node: TextColumn | BytesColumn | ListColumn | ArrayColumn) -> None:
        peek = self.arrays.peek
        if isinstance(node, TextColumn):
            if id(node) not in self.counts:
                text = text_of(node, peek(node.data))
                self.counts[id(node)] = text.count(node.separator) + 1
        elif isinstance(node, ArrayColumn):
            check_shapes(peek(node.shapes), peek(node.data), node.path)
        elif isinstance(node, BytesColumn):
            check_lengths(peek(node.lengths), node.data.size, node.path)
        else:
            check_lengths(peek(node.lengths), self.count(node.items), node.path)

    def count(self, items: Seq) -> int:
        if isinstance(items, TextColumn):
            return self.counts[id(items)]
        return len(items) if isinstance(items, Sequence) else items.count

    # -- keys and elements ---------------------------------------------------------------------

    def distinct(self, node: DictNode | SeqNode) -> None:
        self.plain = True
        if isinstance(node, DictNode):
            read: Any = self._values(node.keys, node.path, 0)
            column = node.values
            if isinstance(column, AtomColumn) and column.count == len(read):
                # A vocabulary is made here as a whole, so that its keys are hashed only once.
                pairs = zip(read, split_atoms(column, self.arrays.peek(column.data)), strict=True)
                read = self._compared(read, node.keys, node, lambda _: dict(pairs))
            else:
                self._compared(read, node.keys, node, set)
        else:
            read = self._elements(node, 0)
        if self.plain:
            self.blueprint.read[id(node)] = read

    def _elements(self, node: SeqNode, depth: int) -> set[Any]:
        return self._compared(self._values(node.items, node.path, depth), node.items, node, set)

    def _compared(
        self,
        keys: list[Any],
        items: Seq,
        node: DictNode | SeqNode,
        make: Callable[[list[Any]], _Made],
    ) -> _Made:
        """Keys or elements as ``make`` collects them; BlueprintError where they are not fit."""
        try:
            if not isinstance(items, TextColumn):
                self.parts -= check_keys(keys)
            if self.parts < 0:
                raise ValueError("keys have too many parts")
            different = make(keys)
        except ValueError as error:
            raise BlueprintError(node.path, str(error)) from None
        except (TypeError, ArithmeticError):  # decimal.InvalidOperation is one
            raise _unhashable(node.path) from None
        if len(different) != len(keys):
            raise BlueprintError(node.path, twice(node))
        return different

    def _values(self, items: Seq, path: str, depth: int) -> list[Any]:
        if isinstance(items, (list, tuple)):
            plain, value = ATOMS, self._value
            return [item if type(item) in plain else value(item, depth, path) for item in items]
        match items:
            case TextColumn():
                texts = split_texts(items, self.arrays.peek(items.data))
                self.counts[id(items)] = len(texts)
                return texts
            case AtomColumn():
                return split_atoms(items, self.arrays.peek(items.data))
            case BytesColumn():
                return split_bytes(self.arrays.peek(items.data), self.arrays.peek(items.lengths))
            case RepeatColumn():
                return [items.value] * items.count
            case RecordsColumn():
                return self._records(items, depth)
        if self.count(items):
            raise _unhashable(path)
        return []

    def _value(self, node: Node, depth: int, path: str) -> Any:
        if depth > MAX_KEY_DEPTH:
            raise BlueprintError(path, "a key nests too deeply or has too many parts")
        if type(node) is SeqNode and node.kind in ("tuple", "frozenset"):
            if node.kind == "tuple":
                return tuple(self._values(node.items, path, depth + 1))
            return frozenset(self._elements(node, depth + 1))
        match node:
            case ValueNode() | ScalarNode():
                return node.value
            case DtypeNode():
                return node.dtype
            case BytesNode():
                return self.arrays.peek(node.data).tobytes()
            case Ref():
                self.plain = False
                node = self.blueprint.shared[node.index]
                if type(node) in ATOMS:
                    return node
                if id(node) not in self.known:
                    self.known[id(node)] = self._value(node, depth, path)
                return self.known[id(node)]
            case NameNode():
                self.plain = False
                return self.known.setdefault(id(node.entry), object())
            case CodeNode() | InstanceNode() | MemberNode() | OpaqueNode():
                self.plain = False
                return object()
            case ObjectNode():
                self.plain = False
                self._hashable(node.entry, node.path)
                if not callable(node.entry.as_key):
                    return object()
                args = self._values(node.args or (), path, depth + 1)  # which ends at containers
                self.audit(node)
                return _made(node.entry, args, node.path)
        raise _unhashable(path)

    def _records(self, node: RecordsColumn, depth: int) -> list[Any]:
        self.plain = False
        if node.count:
            self._hashable(node.entry, node.path)
        if not callable(node.entry.as_key):
            return [object() for _ in range(node.count)]
        columns = [self._values(column, node.path, depth + 1) for column in node.args]
        self.audit(node)
        rows = zip(*columns, strict=True) if columns else [()] * node.count
        return [_made(node.entry, row, node.path) for row in rows]

    def _hashable(self, entry: Entry, path: str) -> None:
        if entry.takes or entry.as_key == "never":
            raise _unhashable(path)


def _made(entry: Entry, args: Sequence[Any], path: str) -> Any:
    try:
        return entry.as_key(*args)  # type: ignore[operator]
    except HolotypeError:
        raise
    except Exception as error:
        raise InvalidStateError(
            path, f"{entry.key} could not be built: {type(error).__name__}: {error}"
        ) from error


def _unhashable(path: str) -> BlueprintError:
    return BlueprintError(path, "a key of a dict or an element of a set cannot be hashed")
