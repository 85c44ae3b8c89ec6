"""``blueprint.json`` becomes nodes: every form is checked here, before anything is imported.

Rules: the bytes are the canonical ones of the value that they hold, so there is one spelling of
every blueprint; every node has exactly the members of its form; every type stands in the table;
counts are bounded by what the file really stores (SPEC 3).
"""

from __future__ import annotations

import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal, TypeVar

import msgspec
import numpy as np

from holotype.digest import CHUNK, canonical_json
from holotype.errors import (
    BlueprintError,
    FormatError,
    InvalidStateError,
    LimitError,
    UntrustedError,
)
from holotype.graph.atoms import ATOM_FORMS, exactly, members, plain, raw_bytes, within
from holotype.graph.columns import FREE_COUNT, SEPARATORS
from holotype.graph.dtypes import parse_dtype
from holotype.graph.foreign import How, foreign_entry, is_foreign_key
from holotype.graph.nodes import (
    ArrayColumn,
    ArrayNode,
    AtomColumn,
    Blueprint,
    BytesColumn,
    BytesNode,
    Column,
    DictNode,
    ListColumn,
    NameNode,
    Node,
    ObjectArrayNode,
    ObjectNode,
    RecordsColumn,
    Ref,
    RepeatColumn,
    SameSize,
    Seq,
    SeqNode,
    TextColumn,
    ValueNode,
    is_filled,
    twice,
)
from holotype.graph.order import Needs, steps_of
from holotype.graph.parse_outside import OutsideForms
from holotype.graph.table import Entry, Table

__all__ = ["parse_blueprint", "read_json"]

FORMAT = 1
_DIGEST = re.compile(r"sha256(?:-tree)?:[0-9a-f]{64}")
_MAX_LISTED = 50
_MAX_NESTING = 100  # nodes inside nodes; the writer nests no deeper than about 70
_MAX_DIMENSIONS = 32 if np.__version__.startswith("1.") else 64
_POINTER = 8  # bytes
_EMPTY: Mapping[str, Any] = {}


def read_json(data: bytes, what: str) -> Any:
    """The value of canonical JSON bytes; FormatError for any other spelling of it."""
    try:
        value = msgspec.json.decode(data)
        again = canonical_json(value)
    except (msgspec.MsgspecError, RecursionError, UnicodeError, ValueError) as error:
        raise FormatError(f"{what} is not JSON: {error}", clause="1.4") from None
    if again != data:
        raise FormatError(f"{what} is not written in canonical form", clause="1.4")
    return value


def parse_blueprint(data: bytes, table: Table, *, stored: int) -> Blueprint:
    """Parse and check ``blueprint.json``.

    ``stored`` is the size in bytes of the archive: what columns may count is bounded by it.
    Raises FormatError, LimitError, BlueprintError, or UntrustedError that lists every type that is
    not in the table.
    """
    value = read_json(data, "blueprint.json")
    if not isinstance(value, dict) or value.keys() != {"format", "root", "shared"}:
        raise FormatError("blueprint.json has format, root and shared", clause="3.1")
    if value["format"] != FORMAT or type(value["format"]) is not int:
        raise FormatError(
            f"blueprint format {value['format']!r} is not known to this version of Holotype; "
            "a newer one may open it",
            clause="3.1",
        )
    if not isinstance(value["shared"], list):
        raise FormatError("blueprint.json: shared is a list", clause="3.1")
    parser = _Parser(table, len(value["shared"]), stored)
    try:
        return parser.run(value["root"], value["shared"])
    finally:
        parser.forms.clear()  # they refer to the parser
        del parser.outside


class _Parser:
    def __init__(self, table: Table, shared: int, stored: int) -> None:
        self.table = table
        self.shared = shared
        self.stored = stored
        self.budget = FREE_COUNT + stored
        self.depth = 0
        self.strict = 0  # above 0 where contents are looked at at once
        self.needs: list[int] = []  # of the shared entry that is being parsed
        self.making = 0  # how many of them its making has, where it is a call
        self.arrays: list[ArrayNode] = []
        self.objects: list[ObjectNode | RecordsColumn] = []
        self.columns: list[Any] = []
        self.sizes: list[SameSize] = []
        self.distinct: list[DictNode | SeqNode] = []
        self.keys: set[str] = set()
        self.unknown: dict[str, str] = {}
        self.outside = OutsideForms(self)
        self.forms: dict[str, Callable[[dict[str, Any], str], Node]] = {
            **ATOM_FORMS,
            "ref": self._ref,
            "list": self._seq_node,
            "tuple": self._seq_node,
            "set": self._seq_node,
            "frozenset": self._seq_node,
            "dict": self._dict,
            "array": self.array,
            "objects": self._object_array,
            "object": self._object,
            "call": self._call,
            "name": self._name,
            "bytes": self._bytes,
            "new": self._call,
            **self.outside.forms,
        }

    def run(self, root: Any, shared: list[Any]) -> Blueprint:
        nodes: list[Node] = []
        needs: list[Needs] = []
        for index, item in enumerate(shared):
            self.needs, self.making = [], 0
            node = self.node(item, f"shared[{index}]")
            if type(node) is Ref:
                raise BlueprintError(node.path, "an element of shared is only a reference")
            filled = is_filled(node)
            made = self.making if filled else len(self.needs)
            needs.append(Needs(self.needs[:made], self.needs[made:], filled))
            nodes.append(node)
        top = self.node(root, "root")
        if self.unknown:
            keys = sorted(self.unknown)
            more = f" and {len(keys) - _MAX_LISTED} more" if len(keys) > _MAX_LISTED else ""
            listed = ", ".join(keys[:_MAX_LISTED]) + more
            raise UntrustedError(
                next(iter(self.unknown.values())),
                f"the table of this version does not know {listed}",
            )
        steps = steps_of(needs)
        trust, codes = self.outside.trust(nodes)
        return Blueprint(
            root=top,
            shared=nodes,
            arrays=self.arrays,
            objects=self.objects,
            keys=self.keys,
            steps=steps,
            columns=self.columns,
            sizes=self.sizes,
            distinct=self.distinct,
            stored=self.stored,
            read={},
            trust=trust,
            codes=codes,
        )

    def node(self, value: Any, path: str) -> Node:
        if value is None or isinstance(value, (bool, int, float, str)):
            return plain(value, path)
        if not isinstance(value, dict):
            raise BlueprintError(path, "a node is a plain value or an object, not a list")
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise LimitError(f"nodes nest deeper than {_MAX_NESTING} at {path[:80]}", clause="3.2")
        try:
            for name in value:
                form = self.forms.get(name)
                if form is not None:
                    return form(value, path)
        finally:
            self.depth -= 1
        raise BlueprintError(path, f"a node with {members(value)} is of no known form")

    def _bytes(self, value: dict[str, Any], path: str) -> Node:
        (content,) = exactly(value, path, "bytes")
        if isinstance(content, dict):
            return BytesNode(self.plain_array(content, f"{path}.bytes", "|u1"))
        return ValueNode(raw_bytes(content, path))

    # -- references and names ------------------------------------------------------------------

    def _ref(self, value: dict[str, Any], path: str) -> Node:
        (index,) = exactly(value, path, "ref")
        if type(index) is not int or not 0 <= index < self.shared:
            raise BlueprintError(path, "a reference points outside the shared table")
        self.needs.append(2 * index + (self.strict > 0))
        return Ref(path, index)

    def _name(self, value: dict[str, Any], path: str) -> Node:
        (key,) = exactly(value, path, "name")
        return NameNode(path, self.entry(key, None, path, "name"))

    def entry(
        self,
        key: Any,
        kind: str | None,
        path: str,
        how: How | Literal["name", ""] = "",
        takes: Literal["", "items", "pairs"] = "",
    ) -> Entry:
        """The entry of a key; ``how`` is said where something outside the table may stand."""
        if not isinstance(key, str):
            raise BlueprintError(path, "the key of a type is text")
        if how and is_foreign_key(key):
            if self.table.knows(key):  # by another name its contents would go unchecked
                raise BlueprintError(path, f"{key[:200]} is of the table, and has its key there")
            self.keys.add(key)
            self.outside.named.setdefault(key, path)
            return foreign_entry(key, how, takes)
        entry = self.table.entry(key) if how != "new" else None
        if entry is None:
            self.unknown.setdefault(key[:200], path)
            return _UNKNOWN
        if kind is not None and entry.kind != kind:
            raise BlueprintError(path, f"{key} is not written as {kind!r}")
        self.keys.add(key)
        return entry

    # -- containers ----------------------------------------------------------------------------

    def _seq_node(self, value: dict[str, Any], path: str) -> Node:
        kind: Any = next(tag for tag in ("list", "tuple", "set", "frozenset") if tag in value)
        (items,) = exactly(value, path, kind)
        if kind in ("list", "tuple"):
            return SeqNode(path, kind, self.seq(items, path))
        node = SeqNode(path, kind, self.looked_at(items, path))
        self._distinct(node, node.items)
        return node

    def _dict(self, value: dict[str, Any], path: str) -> Node:
        (content,) = exactly(value, path, "dict")
        return self.pairs(content, path)

    def pairs(self, content: Any, path: str) -> DictNode:
        if isinstance(content, dict):
            keys, values = exactly(content, path, "keys", "values")
            columns = self.looked_at(keys, f"{path}.keys"), self.seq(values, path)
            self._same_size(path, *columns, "a dict has as many keys as values")
            return self._distinct(DictNode(path, *columns), columns[0])
        if not isinstance(content, list):
            raise BlueprintError(path, "a dict is a list of pairs, or has keys and values")
        keys, values = [], []
        for index, pair in enumerate(content):
            if not isinstance(pair, list) or len(pair) != 2:
                raise BlueprintError(path, f"item {index} of a dict is not a pair")
            self.strict += 1
            keys.append(self.node(pair[0], f"{path}.keys[{index}]"))
            self.strict -= 1
            label = pair[0] if isinstance(pair[0], str) else str(index)
            values.append(self.node(pair[1], f"{path}[{label[:80]!r}]"))
        return self._distinct(DictNode(path, keys, values), keys)

    def looked_at(self, value: Any, path: str) -> Seq:
        """Elements whose contents are looked at at once, so what they refer to is complete."""
        self.strict += 1
        items = self.seq(value, path)
        self.strict -= 1
        return items

    def _distinct(self, node: _Distinct, items: Seq) -> _Distinct:
        """Demand that keys or elements differ: at once where they are text, later where not."""
        if not isinstance(items, list) or not set(map(type, items)) <= {str}:
            self.distinct.append(node)
        elif len(set(items)) != len(items):
            raise BlueprintError(node.path, twice(node))
        return node

    def _same_size(self, path: str, items: Seq, others: Seq | int, problem: str) -> None:
        """Demand as many elements: at once, or later where only the bytes of a text tell."""
        count, other = _count(items), others if isinstance(others, int) else _count(others)
        if count is None or other is None:
            self.sizes.append(SameSize(path, items, others, problem))
        elif count != other:
            raise BlueprintError(path, problem)

    def seq(self, value: Any, path: str) -> Seq:
        if isinstance(value, list):
            return [self.node(item, f"{path}[{i}]") for i, item in enumerate(value)]
        if not isinstance(value, dict) or "column" not in value:
            raise BlueprintError(path, "elements are a list of nodes or a column")
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise LimitError(f"columns nest deeper than {_MAX_NESTING}", clause="3.2")
        try:
            column = self._column(value, path)
        finally:
            self.depth -= 1
        if isinstance(column, _DIVIDED):
            self.columns.append(column)
        return column

    def _column(self, value: dict[str, Any], path: str) -> Seq:
        kind = value["column"]
        if kind in ("int", "float", "bool", "scalar"):
            _, data = exactly(value, path, "column", "data")
            array = self.array(data, path)
            letters, allowed = _COLUMN_DTYPES[kind]
            if (
                len(array.shape) != 1
                or array.dtype.kind not in letters
                or (allowed and array.dtype.str not in allowed)
            ):
                raise BlueprintError(path, f"a column of {kind} has the wrong dtype or shape")
            return AtomColumn(kind, array, array.shape[0])
        if kind == "str":
            _, data, separator = exactly(value, path, "column", "data", "separator")
            if separator not in SEPARATORS:
                raise BlueprintError(path, "a column of str has an unknown separator")
            return TextColumn(path, self.plain_array(data, path, "|u1"), separator)
        if kind == "bytes":
            _, data, lengths = exactly(value, path, "column", "data", "lengths")
            sizes = self.integers(lengths, path, 1)
            return BytesColumn(path, self.plain_array(data, path, "|u1"), sizes, sizes.shape[0])
        if kind == "repeat":
            _, count, item = exactly(value, path, "column", "count", "value")
            if not (item is None or isinstance(item, (bool, int, str))):
                raise BlueprintError(path, "a repeated value is plain")
            return RepeatColumn(self.node(item, path), self.counted(count, path))
        if kind == "list":
            _, items, lengths = exactly(value, path, "column", "items", "lengths")
            sizes = self.integers(lengths, path, 1)
            return ListColumn(path, self.seq(items, path), sizes, sizes.shape[0])
        if kind == "array":
            _, data, shapes = exactly(value, path, "column", "data", "shapes")
            rows = self.integers(shapes, path, 2)
            array = self.array(data, path)
            if len(array.shape) != 1 or not 1 <= rows.shape[1] <= _MAX_DIMENSIONS:
                raise BlueprintError(path, "a column of arrays has flat data and one row of sizes")
            return ArrayColumn(path, array, rows, rows.shape[0])
        if kind == "records":
            return self._records(value, path)
        raise BlueprintError(path, f"{str(kind)[:40]!r} is no kind of column")

    def _records(self, value: dict[str, Any], path: str) -> RecordsColumn:
        kind = "call" if "call" in value else "object"
        required = {"column", "count", kind} | ({"args"} if kind == "call" else set())
        if not required <= value.keys() <= required | {"state"}:
            raise BlueprintError(path, f"records with {members(value)} are of no known form")
        count = self.counted(value["count"], path)
        entry = self.entry(value[kind], kind, path)
        self._takes_state(entry, "state" in value, path)
        args = value.get("args", [])
        state = value.get("state", {} if kind == "object" else None)
        if not isinstance(args, list) or not (state is None or isinstance(state, dict)):
            raise BlueprintError(path, "records have a list of args and an object of state")
        self.strict += kind == "call"
        node = RecordsColumn(
            path,
            entry,
            count,
            tuple(self.seq(arg, f"{path}.args[{i}]") for i, arg in enumerate(args)),
            None
            if state is None
            else {sys.intern(k): self.seq(v, f"{path}.{k[:80]}") for k, v in state.items()},
        )
        self.strict -= kind == "call"
        for column in (*node.args, *(node.state or _EMPTY).values()):
            self._same_size(path, column, count, "a column of records has another length than they")
        self._attributes(node.state, kind, path)
        self.objects.append(node)
        return node

    def counted(self, count: Any, path: str) -> int:
        """A count that no array backs; the sum of all is bounded by the size of the file."""
        if type(count) is not int or count < 0:
            raise BlueprintError(path, "a count is a non-negative integer")
        self.budget -= count
        if self.budget < 0:
            raise LimitError(f"{path} counts more elements than the file has bytes", clause="3.2")
        return count

    # -- arrays --------------------------------------------------------------------------------

    def array(self, value: Any, path: str) -> ArrayNode:
        if not isinstance(value, dict):
            raise BlueprintError(path, "an array is described by an object")
        name, digest, described, order, shape = exactly(
            value, path, "array", "digest", "dtype", "order", "shape"
        )
        if not isinstance(name, str):
            raise BlueprintError(path, "the name of an array is text")
        dtype = parse_dtype(described, path)
        if order not in ("C", "F"):
            raise BlueprintError(path, "the order of an array is C or F")
        sizes, nbytes = _shape(shape, dtype.itemsize, path)
        prefix = "sha256:" if nbytes <= CHUNK else "sha256-tree:"
        if not isinstance(digest, str) or not _DIGEST.fullmatch(digest):
            raise BlueprintError(path, "the digest of an array is not one")
        if not digest.startswith(prefix):
            raise BlueprintError(path, f"the digest of {nbytes} bytes begins with {prefix}")
        node = ArrayNode(path, name, dtype, sizes, order, digest, nbytes)
        self.arrays.append(node)
        return node

    def plain_array(self, value: Any, path: str, dtype: str) -> ArrayNode:
        node = self.array(value, path)
        if node.dtype.str != dtype or len(node.shape) != 1:
            raise BlueprintError(path, f"a flat array of {dtype} was expected")
        return node

    def integers(self, value: Any, path: str, dimensions: int) -> ArrayNode:
        node = self.array(value, path)
        if node.dtype.str not in _INTS or len(node.shape) != dimensions:
            raise BlueprintError(path, f"signed integers in {dimensions} dimensions were expected")
        return node

    def _object_array(self, value: dict[str, Any], path: str) -> Node:
        items, order, shape = exactly(value, path, "objects", "order", "shape")
        if order not in ("C", "F"):
            raise BlueprintError(path, "the order of an array is C or F")
        sizes, nbytes = _shape(shape, _POINTER, path)
        node = ObjectArrayNode(path, self.seq(items, path), sizes, order)
        problem = "an object array has another number of elements"
        self._same_size(path, node.items, nbytes // _POINTER, problem)
        return node

    # -- objects -------------------------------------------------------------------------------

    def _object(self, value: dict[str, Any], path: str) -> Node:
        within(value, path, {"object"}, {"state", "items", "pairs"})
        state = value.get("state", {})
        if not isinstance(state, dict):
            raise BlueprintError(path, "the state of an object has its attributes by name")
        nodes = {
            sys.intern(name): self.node(item, f"{path}.{name[:80]}") for name, item in state.items()
        }
        self._attributes(nodes, "object", path)
        return self._finish(value, "object", None, nodes, path)

    def _call(self, value: dict[str, Any], path: str) -> Node:
        how: Literal["new", "call"] = "new" if "new" in value else "call"
        within(value, path, {how, "args"}, {"state", "items", "pairs"})
        if not isinstance(value["args"], list):
            raise BlueprintError(path, "args is a list")
        self.strict += 1
        args = tuple(self.node(a, f"{path}.args[{i}]") for i, a in enumerate(value["args"]))
        if self.depth == 1:
            self.making = len(self.needs)
        state = self.node(value["state"], f"{path}.state") if "state" in value else None
        self.strict -= 1
        return self._finish(value, how, args, state, path)

    def _finish(
        self,
        value: dict[str, Any],
        how: How,
        args: tuple[Node, ...] | None,
        state: Node,
        path: str,
    ) -> ObjectNode:
        takes: Any = next((what for what in ("items", "pairs") if what in value), "")
        entry = self.entry(value[how], how, path, how, takes)
        items = self.seq(value["items"], path) if "items" in value else None
        pairs = self.pairs(value["pairs"], path) if "pairs" in value else None
        for what in ("items", "pairs"):
            if what in value and entry.takes != what and entry is not _UNKNOWN:
                raise InvalidStateError(path, f"{entry.key} takes no {what}")
        self._takes_state(entry, "state" in value, path)
        node = ObjectNode(path, entry, args, state, items, pairs)
        self.objects.append(node)
        return node

    def _takes_state(self, entry: Entry, given: bool, path: str) -> None:
        if given and entry.kind == "call" and not entry.setstate and not entry.own_setstate:
            raise InvalidStateError(path, f"{entry.key} takes no state")

    def _attributes(self, names: Any, kind: str, path: str) -> None:
        if kind == "object" and any(name[:2] == "__" for name in names or ()):
            raise BlueprintError(path, "an attribute's name begins with two underscores")


_Distinct = TypeVar("_Distinct", DictNode, SeqNode)
_DIVIDED = (TextColumn, BytesColumn, ListColumn, ArrayColumn)
_UNKNOWN = Entry(key="", where=(), kind="name")
_INTS = ("|i1", "<i2", "<i4", "<i8")
_COLUMN_DTYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "int": ("i", _INTS),
    "float": ("f", ("<f8",)),
    "bool": ("b", ()),
    "scalar": ("biufc", ()),
}


def _count(items: Seq) -> int | None:
    """How many elements there are, where that is known before the bytes are read."""
    if isinstance(items, TextColumn):
        return None
    return items.count if isinstance(items, Column) else len(items)


def _shape(shape: Any, itemsize: int, path: str) -> tuple[tuple[int, ...], int]:
    """Checked sizes and the number of bytes; a product with a zero in it is zero, but bounded."""
    if not isinstance(shape, list) or len(shape) > _MAX_DIMENSIONS:
        raise BlueprintError(path, f"a shape is a list of at most {_MAX_DIMENSIONS} sizes")
    product = max(itemsize, 1)
    for size in shape:
        if type(size) is not int or size < 0:
            raise BlueprintError(path, "the sizes of a shape are non-negative integers")
        product *= max(size, 1)
        if product > 1 << 62:
            raise BlueprintError(path, "a shape is larger than any memory")
    return tuple(shape), 0 if 0 in shape else product if itemsize else 0
