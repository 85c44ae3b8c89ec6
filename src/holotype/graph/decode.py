"""Checked nodes become live objects.

Everything was parsed, audited and validated before this module runs; it only builds. Containers
and objects are made empty first and filled afterwards, so cycles close on themselves. The shared
table is built from its end, because the writer puts deeper parts there later: that is what keeps
the stack flat however long the chain is.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from enum import IntEnum
from itertools import pairwise
from typing import Any, Protocol, cast

import numpy as np

from holotype.errors import BlueprintError, HolotypeError, InvalidStateError
from holotype.graph.nodes import (
    ArrayColumn,
    ArrayNode,
    AtomColumn,
    Blueprint,
    BytesColumn,
    BytesNode,
    DictNode,
    DtypeNode,
    ListColumn,
    NameNode,
    Node,
    ObjectArrayNode,
    ObjectNode,
    RecordsColumn,
    Ref,
    RepeatColumn,
    ScalarNode,
    Seq,
    SeqNode,
    TextColumn,
    ValueNode,
)
from holotype.graph.reduce import methods_of
from holotype.graph.table import Entry, Table
from holotype.graph.values import check_keys

__all__ = ["ArraySource", "array_sizes", "decode", "split_arrays", "split_bytes", "split_texts"]


class ArraySource(Protocol):
    """Where the bytes of arrays come from. All have been verified."""

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, to look at only."""
        ...

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, writable and the caller's own; called once for each node."""
        ...


class _State(IntEnum):
    EMPTY = 0
    MAKING = 1  # an immutable value is being built; meeting it again is an impossible cycle
    SHELL = 2
    FILLING = 3
    DONE = 4


def decode(blueprint: Blueprint, table: Table, arrays: ArraySource) -> Any:
    """Build the model of a checked blueprint."""
    decoder = _Decoder(blueprint, table, arrays)
    try:
        return decoder.run()
    except RecursionError:
        raise BlueprintError("root", "references nest too deeply to be followed") from None
    finally:
        decoder.builders.clear()  # they refer to the decoder, which refers to all that was built


class _Decoder:
    def __init__(self, blueprint: Blueprint, table: Table, arrays: ArraySource) -> None:
        self.blueprint = blueprint
        self.table = table
        self.arrays = arrays
        self.values: list[Any] = [None] * len(blueprint.shared)
        self.states = [_State.EMPTY] * len(blueprint.shared)
        self.strict = 0
        self.slots: dict[type, frozenset[str]] = {}
        self.builders: dict[type, Callable[[Any], Any]] = {
            Ref: self._ref,
            SeqNode: self._whole,
            DictNode: self._whole,
            ObjectNode: self._whole,
            ObjectArrayNode: self._whole,
            ArrayNode: arrays.take,
            BytesNode: lambda node: arrays.take(node.data).tobytes(),
            ValueNode: lambda node: node.value,
            ScalarNode: lambda node: node.value,
            DtypeNode: lambda node: node.dtype,
            NameNode: lambda node: table.resolve(node.entry),
        }

    def run(self) -> Any:
        for index in range(len(self.values) - 1, -1, -1):
            self._complete(index)
        return self.value(self.blueprint.root)

    def value(self, node: Node) -> Any:
        builder = self.builders.get(type(node))
        return node if builder is None else builder(node)

    def _complete(self, index: int) -> None:
        """Bring one shared entry from whatever state it is in to DONE."""
        node = self.blueprint.shared[index]
        if self.states[index] is _State.EMPTY:
            if not _has_shell(node):
                self.states[index] = _State.MAKING
                self.values[index] = self.value(node)
                self.states[index] = _State.DONE
                return
            self._make_shell(index, node)
        if self.states[index] is _State.SHELL:
            self.states[index] = _State.FILLING
            self._fill(self.values[index], node)
            self.states[index] = _State.DONE

    def _make_shell(self, index: int, node: Node) -> None:
        self.states[index] = _State.MAKING
        self.values[index] = self._shell(node)
        self.states[index] = _State.SHELL

    def _ref(self, node: Ref) -> Any:
        index = node.index
        state = self.states[index]
        if state is _State.MAKING:
            raise BlueprintError(node.path, "a value that cannot be changed contains itself")
        if state is _State.EMPTY:
            target = self.blueprint.shared[index]
            if _has_shell(target) and not self.strict:
                self._make_shell(index, target)  # filled when its turn comes
            else:
                self._complete(index)
        elif state is _State.SHELL and self.strict:
            self._complete(index)
        return self.values[index]

    def strictly(self, node: Node) -> Any:
        """A value whose contents are looked at at once, so references in it must be complete."""
        self.strict += 1
        value = self.value(node)
        self.strict -= 1
        return value

    # -- shells and filling --------------------------------------------------------------------

    def _whole(self, node: Any) -> Any:
        if type(node) is SeqNode and node.kind in ("tuple", "frozenset"):
            if node.kind == "tuple":
                return tuple(self.seq(node.items))
            return frozenset(self._distinct(node))
        shell = self._shell(node)
        self._fill(shell, node)
        return shell

    def _shell(self, node: Any) -> Any:
        if type(node) is SeqNode:
            return [] if node.kind == "list" else set()
        if type(node) is DictNode:
            return {}
        if type(node) is ObjectArrayNode:
            return np.empty(node.shape, object, order=node.order)
        entry = node.entry
        cls = self.table.resolve(entry)
        if node.args is None:
            return _new(cls, entry, node.path)
        args = [self.strictly(arg) for arg in node.args]
        return self._guard(node.path, entry, _build, cls, entry, args)

    def _fill(self, shell: Any, node: Any) -> None:
        if type(node) is SeqNode:
            if node.kind == "list":
                shell.extend(self.seq(node.items))
            else:
                shell.update(self._distinct(node))
        elif type(node) is DictNode:
            self._set_pairs(shell, node)
        elif type(node) is ObjectArrayNode:
            self._fill_objects(shell, node)
        else:
            self._fill_object(shell, node)

    def _fill_object(self, shell: Any, node: ObjectNode) -> None:
        if node.args is None:
            state = {name: self.value(item) for name, item in node.state.items()}
            self._guard(node.path, node.entry, self._assign, shell, state)
        elif node.state is not None:
            state = self.strictly(node.state)
            self._guard(node.path, node.entry, _set_state, node.entry, shell, state)
        if node.items is not None:
            self._guard(node.path, node.entry, _extend, shell, self.seq(node.items))
        if node.pairs is not None:
            self._guard(node.path, node.entry, self._set_pairs, shell, node.pairs)

    def _fill_objects(self, shell: np.ndarray[Any, Any], node: ObjectArrayNode) -> None:
        items = self.seq(node.items)
        if len(items) != shell.size:
            raise BlueprintError(node.path, "an object array has another number of elements")
        flat = np.empty(shell.size, object)
        for index, item in enumerate(items):
            flat[index] = item
        shell[...] = flat.reshape(shell.shape, order=node.order)

    def _set_pairs(self, target: Any, node: DictNode) -> None:
        self.strict += 1
        keys = self.seq(node.keys)
        self.strict -= 1
        values = self.seq(node.values)
        if len(keys) != len(values):
            raise BlueprintError(node.path, "a dict has as many keys as values")
        _check_keys(keys, node.path)
        if type(target) is dict:
            try:
                target.update(zip(keys, values, strict=True))
            except TypeError:
                raise BlueprintError(node.path, "a key of a dict cannot be hashed") from None
        else:
            for key, item in zip(keys, values, strict=True):
                target[key] = item
        if len(target) != len(keys):
            raise BlueprintError(node.path, "a dict has the same key twice")

    def _distinct(self, node: SeqNode) -> Iterable[Any]:
        self.strict += 1
        items = self.seq(node.items)
        self.strict -= 1
        _check_keys(items, node.path)
        try:
            result = set(items)
        except TypeError:
            raise BlueprintError(node.path, "an element of a set cannot be hashed") from None
        if len(result) != len(items):
            raise BlueprintError(node.path, "a set has the same element twice")
        return result

    def _assign(self, obj: Any, state: dict[str, Any]) -> None:
        cls: Any = type(obj)
        slots = self.slots.get(cls)
        if slots is None:
            slots = self.slots[cls] = _slots(cls)
        if slots:
            for name in slots & state.keys():
                object.__setattr__(obj, name, state.pop(name))
        covered = methods_of(cls)
        if not covered.isdisjoint(state):
            raise TypeError(f"{min(covered & state.keys())} is a method, and no attribute")
        if state:
            obj.__dict__.update(state)

    def _guard(self, path: str, entry: Entry, function: Callable[..., Any], *args: Any) -> Any:
        """Call into a library; whatever it raises about its contents is ours to explain."""
        try:
            return function(*args)
        except HolotypeError:
            raise
        except Exception as error:
            raise InvalidStateError(
                path, f"{entry.key} could not be built: {type(error).__name__}: {error}"
            ) from error

    # -- sequences -----------------------------------------------------------------------------

    def seq(self, items: Seq) -> list[Any]:
        if isinstance(items, (list, tuple)):
            return [self.value(item) for item in items]
        match items:
            case AtomColumn():
                data = self.arrays.take(items.data)
                return list(data) if items.kind == "scalar" else data.tolist()
            case TextColumn():
                return split_texts(items, self.arrays.take(items.data))
            case RepeatColumn():
                return [self.value(items.value)] * items.count
            case ArrayColumn():
                return split_arrays(
                    items, self.arrays.take(items.data), self.arrays.take(items.shapes)
                )
            case BytesColumn():
                return split_bytes(
                    items, self.arrays.take(items.data), self.arrays.take(items.lengths)
                )
            case ListColumn():
                lists: list[list[Any]] = [[] for _ in range(items.count)]
                flat = self.seq(items.items)
                lengths = self.arrays.take(items.lengths)
                for target, (a, b) in zip(
                    lists, _spans(lengths, len(flat), items.path), strict=True
                ):
                    target.extend(flat[a:b])
                return lists
        return self._records(cast("RecordsColumn", items))

    def _records(self, node: RecordsColumn) -> list[Any]:
        cls = self.table.resolve(node.entry)
        if node.entry.kind == "object":
            objects = [_new(cls, node.entry, node.path) for _ in range(node.count)]
            columns = [self._column_of(node, column) for column in (node.state or {}).values()]
            names = tuple(node.state or ())
            for obj, row in zip(objects, zip(*columns, strict=True), strict=bool(columns)):
                attributes = dict(zip(names, row, strict=True))
                self._guard(node.path, node.entry, self._assign, obj, attributes)
            return objects
        self.strict += 1
        args = [self._column_of(node, column) for column in node.args]
        states = {k: self._column_of(node, column) for k, column in (node.state or {}).items()}
        self.strict -= 1
        sources = [*args, *states.values()]
        built = []
        for index in range(node.count):
            given = [column[index] for column in args]
            obj = self._guard(node.path, node.entry, _build, cls, node.entry, given)
            if node.state is not None:
                state = {name: column[index] for name, column in states.items()}
                self._guard(node.path, node.entry, _set_state, node.entry, obj, state)
            built.append(obj)
            for column in sources:
                column[index] = None  # a type that copies its arrays needs no second set of them
        return built

    def _column_of(self, node: RecordsColumn, column: Seq) -> list[Any]:
        values = self.seq(column)
        if len(values) != node.count:
            raise BlueprintError(node.path, "a column of records has another length than they")
        return values


def split_texts(node: TextColumn, data: np.ndarray[Any, Any]) -> list[str]:
    """The str values of a text column."""
    try:
        return str(data.data, "utf-8").split(node.separator)
    except UnicodeDecodeError:
        raise BlueprintError(node.path, "a column of str is not UTF-8") from None


def split_bytes(
    node: BytesColumn, data: np.ndarray[Any, Any], lengths: np.ndarray[Any, Any]
) -> list[bytes]:
    """The bytes values of a bytes column."""
    raw = data.tobytes()
    return [raw[a:b] for a, b in _spans(lengths, len(raw), node.path)]


def split_arrays(
    node: ArrayColumn, data: np.ndarray[Any, Any], shapes: np.ndarray[Any, Any]
) -> list[np.ndarray[Any, Any]]:
    """The arrays of an array column, as parts of ``data``."""
    sizes = array_sizes(node, data, shapes)
    parts = [data[a:b] for a, b in _spans(sizes, len(data), node.path)]
    if shapes.shape[1] == 1:
        return parts
    rows: list[list[int]] = shapes.tolist()
    return [part.reshape(row) for part, row in zip(parts, rows, strict=True)]


def array_sizes(
    node: ArrayColumn, data: np.ndarray[Any, Any], shapes: np.ndarray[Any, Any]
) -> np.ndarray[Any, Any]:
    """How many elements each array of a column has; they add up to those of ``data``."""
    sizes: np.ndarray[Any, Any]
    sizes = np.prod(shapes, axis=1, dtype=np.float64)  # exact for all that can be, else too large
    extents = np.prod(np.maximum(shapes, 1), axis=1, dtype=np.float64) * data.itemsize
    if (
        (shapes < 0).any()
        or (sizes > len(data)).any()
        or sizes.sum() != len(data)
        or (extents > 1 << 62).any()  # even where a size of zero leaves nothing of it
    ):
        raise BlueprintError(node.path, "the sizes in a column of arrays do not fit its data")
    return sizes.astype(np.int64)


def _spans(lengths: np.ndarray[Any, Any], size: int, path: str) -> list[tuple[int, int]]:
    if len(lengths) and int(lengths.min()) < 0:
        raise BlueprintError(path, "a length is negative")
    ends = np.cumsum(lengths, dtype=np.int64)
    # Lengths are at most 2**63 each: a sum that wrapped around shows as a decrease.
    if (
        (len(ends) and int(ends[-1]) != size)
        or (ends[1:] < ends[:-1]).any()
        or (size and not len(ends))
    ):
        raise BlueprintError(path, "lengths do not add up to the data that they divide")
    bounds = [0, *ends.tolist()]
    return list(pairwise(bounds))


def _check_keys(keys: Sequence[Any], path: str) -> None:
    try:
        check_keys(keys)
    except ValueError as error:
        raise BlueprintError(path, str(error)) from None
    except TypeError:
        raise BlueprintError(path, "a key or an element cannot be hashed") from None


def _has_shell(node: Node) -> bool:
    if type(node) is SeqNode:
        return node.kind in ("list", "set")
    return type(node) in (DictNode, ObjectNode, ObjectArrayNode)


def _new(cls: Any, entry: Entry, path: str) -> Any:
    try:
        return cls.__new__(cls)
    except TypeError as error:
        raise InvalidStateError(path, f"{entry.key} cannot be created empty: {error}") from None


def _build(cls: Any, entry: Entry, args: Any) -> Any:
    return entry.build(cls, args) if entry.build else cls(*args)


def _set_state(entry: Entry, obj: Any, state: Any) -> None:
    if entry.setstate:
        entry.setstate(obj, state)
    else:
        obj.__setstate__(state)


def _extend(obj: Any, items: list[Any]) -> None:
    obj.extend(items)


def _slots(cls: type) -> frozenset[str]:
    names: set[str] = set()
    for base in cls.__mro__:
        slots = base.__dict__.get("__slots__", ())
        names.update((slots,) if isinstance(slots, str) else slots)
    return frozenset(names - {"__dict__", "__weakref__"})
