"""``blueprint.json`` becomes nodes: every form is checked here, before anything is imported.

Rules: the bytes are the canonical ones of the value that they hold, so there is one spelling of
every blueprint; every node has exactly the members of its form; every type stands in the table;
counts are bounded by what the file really stores (SPEC 3).
"""

from __future__ import annotations

import base64
import binascii
import math
import re
import sys
from collections.abc import Callable, Mapping
from typing import Any, Literal

import msgspec
import numpy as np

from holotype.digest import CHUNK, canonical_json
from holotype.errors import BlueprintError, FormatError, LimitError, UntrustedError
from holotype.graph.columns import FREE_COUNT, SEPARATORS
from holotype.graph.dtypes import parse_dtype, text_codec
from holotype.graph.nodes import (
    ArrayColumn,
    ArrayNode,
    AtomColumn,
    Blueprint,
    BytesColumn,
    BytesNode,
    Column,
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
from holotype.graph.table import Entry, Table

__all__ = ["parse_blueprint", "read_json"]

FORMAT = 1
_HEX_INT = re.compile(r"-?0x[1-9a-f][0-9a-f]*")
_DIGEST = re.compile(r"sha256(?:-tree)?:[0-9a-f]{64}")
_NON_FINITE = {"nan": math.nan, "inf": math.inf, "-inf": -math.inf}
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


class _Parser:
    def __init__(self, table: Table, shared: int, stored: int) -> None:
        self.table = table
        self.shared = shared
        self.budget = FREE_COUNT + stored
        self.depth = 0
        self.arrays: list[ArrayNode] = []
        self.objects: list[ObjectNode | RecordsColumn] = []
        self.keys: set[str] = set()
        self.unknown: dict[str, str] = {}
        self.forms: dict[str, Callable[[dict[str, Any], str], Node]] = {
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
            "float": self._float,
            "int": self._int,
            "str": self._str,
            "bytes": self._bytes,
            "complex": self._complex,
            "scalar": self._scalar,
        }

    def run(self, root: Any, shared: list[Any]) -> Blueprint:
        nodes = [self.node(item, f"shared[{i}]") for i, item in enumerate(shared)]
        top = self.node(root, "root")
        if self.unknown:
            keys = sorted(self.unknown)
            more = f" and {len(keys) - _MAX_LISTED} more" if len(keys) > _MAX_LISTED else ""
            listed = ", ".join(keys[:_MAX_LISTED]) + more
            raise UntrustedError(
                next(iter(self.unknown.values())),
                f"the table of this version does not know {listed}",
            )
        return Blueprint(top, nodes, self.arrays, self.objects, self.keys)

    def node(self, value: Any, path: str) -> Node:
        if value is None or isinstance(value, (bool, int, float, str)):
            if type(value) is int and abs(value) >= 1 << 53:
                raise BlueprintError(path, "an integer of 2**53 or more is written as text")
            return value
        if not isinstance(value, dict):
            raise BlueprintError(path, "a node is a plain value or an object, not a list")
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise LimitError(f"nodes nest deeper than {_MAX_NESTING} at {path[:80]}", clause="3.2")
        try:
            for tag, form in self.forms.items():
                if tag in value:
                    return form(value, path)
            if value.keys() == {"dtype"}:
                return self._dtype(value, path)
        finally:
            self.depth -= 1
        raise BlueprintError(path, f"a node with {_members(value)} is of no known form")

    # -- plain values --------------------------------------------------------------------------

    def _float(self, value: dict[str, Any], path: str) -> Node:
        (text,) = _exactly(value, path, "float")
        if not isinstance(text, str) or text not in _NON_FINITE:
            raise BlueprintError(path, "float is nan, inf or -inf")
        return ValueNode(_NON_FINITE[text])

    def _int(self, value: dict[str, Any], path: str) -> Node:
        (text,) = _exactly(value, path, "int")
        if not isinstance(text, str) or not _HEX_INT.fullmatch(text):
            raise BlueprintError(path, "int is hexadecimal text such as 0x1f")
        number = int(text, 16)
        if abs(number) < 1 << 53:
            raise BlueprintError(path, "an integer below 2**53 is written as a number")
        return ValueNode(number)

    def _str(self, value: dict[str, Any], path: str) -> Node:
        (text,) = _exactly(value, path, "str")
        try:
            result = _unbase64(text, path).decode("utf-8", "surrogatepass")
        except UnicodeDecodeError:
            raise BlueprintError(path, "str is not UTF-8 with surrogates") from None
        return ValueNode(result)

    def _bytes(self, value: dict[str, Any], path: str) -> Node:
        (content,) = _exactly(value, path, "bytes")
        if isinstance(content, dict):
            return BytesNode(self.plain_array(content, f"{path}.bytes", "|u1"))
        return ValueNode(_unbase64(content, path))

    def _complex(self, value: dict[str, Any], path: str) -> Node:
        (pair,) = _exactly(value, path, "complex")
        if not isinstance(pair, list) or len(pair) != 2:
            raise BlueprintError(path, "complex is a list of two floats")
        parts = [self.node(part, path) for part in pair]
        numbers = [part.value if isinstance(part, ValueNode) else part for part in parts]
        if not all(type(number) is float for number in numbers):
            raise BlueprintError(path, "complex is a list of two floats")
        return ValueNode(complex(*numbers))

    def _dtype(self, value: dict[str, Any], path: str) -> Node:
        if value["dtype"] == "|O":
            return DtypeNode(np.dtype(object))
        return DtypeNode(parse_dtype(value["dtype"], path))

    def _scalar(self, value: dict[str, Any], path: str) -> Node:
        described, content = _exactly(value, path, "scalar", "value")
        dtype = parse_dtype(described, path)
        if dtype.kind in "biu":
            number = self.node(content, path)
            number = number.value if isinstance(number, ValueNode) else number
            wanted = bool if dtype.kind == "b" else int
            if type(number) is not wanted:
                raise BlueprintError(path, f"the value of a {dtype} scalar is a {wanted.__name__}")
            if wanted is int and not np.iinfo(dtype).min <= number <= np.iinfo(dtype).max:
                raise BlueprintError(path, f"{number} does not fit into {dtype}")
            return ScalarNode(dtype.type(number))
        if dtype.kind == "f":
            number = self.node(content, path)
            number = number.value if isinstance(number, ValueNode) else number
            if type(number) is not float:
                raise BlueprintError(path, f"the value of a {dtype} scalar is a float")
            with np.errstate(over="ignore"):
                return ScalarNode(dtype.type(number))
        raw = _unbase64(content, path)
        if len(raw) != dtype.itemsize:
            raise BlueprintError(path, f"the value of a {dtype} scalar has another size")
        if dtype.kind == "S":  # trailing zeros belong to it
            return ScalarNode(np.bytes_(raw))
        if dtype.kind == "U":
            try:
                return ScalarNode(np.str_(raw.decode(*text_codec(dtype))))
            except UnicodeDecodeError:
                raise BlueprintError(path, "the value of a str scalar is not UTF-32") from None
        if not raw:
            return ScalarNode(np.zeros(1, dtype)[0])
        return ScalarNode(np.frombuffer(bytearray(raw), dtype)[0])

    # -- references and names ------------------------------------------------------------------

    def _ref(self, value: dict[str, Any], path: str) -> Node:
        (index,) = _exactly(value, path, "ref")
        if type(index) is not int or not 0 <= index < self.shared:
            raise BlueprintError(path, "a reference points outside the shared table")
        return Ref(path, index)

    def _name(self, value: dict[str, Any], path: str) -> Node:
        (key,) = _exactly(value, path, "name")
        return NameNode(path, self.entry(key, None, path))

    def entry(self, key: Any, kind: str | None, path: str) -> Entry:
        if not isinstance(key, str):
            raise BlueprintError(path, "the key of a type is text")
        entry = self.table.entry(key)
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
        (items,) = _exactly(value, path, kind)
        return SeqNode(path, kind, self.seq(items, path))

    def _dict(self, value: dict[str, Any], path: str) -> Node:
        (content,) = _exactly(value, path, "dict")
        return self.pairs(content, path)

    def pairs(self, content: Any, path: str) -> DictNode:
        if isinstance(content, dict):
            keys, values = _exactly(content, path, "keys", "values")
            node = DictNode(path, self.seq(keys, f"{path}.keys"), self.seq(values, path))
            counts = _count(node.keys), _count(node.values)
            if None not in counts and counts[0] != counts[1]:
                raise BlueprintError(path, "a dict has as many keys as values")
            return node
        if not isinstance(content, list):
            raise BlueprintError(path, "a dict is a list of pairs, or has keys and values")
        keys, values = [], []
        for index, pair in enumerate(content):
            if not isinstance(pair, list) or len(pair) != 2:
                raise BlueprintError(path, f"item {index} of a dict is not a pair")
            keys.append(self.node(pair[0], f"{path}.keys[{index}]"))
            label = pair[0] if isinstance(pair[0], str) else str(index)
            values.append(self.node(pair[1], f"{path}[{label[:80]!r}]"))
        return DictNode(path, keys, values)

    def seq(self, value: Any, path: str) -> Seq:
        if isinstance(value, list):
            return [self.node(item, f"{path}[{i}]") for i, item in enumerate(value)]
        if not isinstance(value, dict) or "column" not in value:
            raise BlueprintError(path, "elements are a list of nodes or a column")
        self.depth += 1
        if self.depth > _MAX_NESTING:
            raise LimitError(f"columns nest deeper than {_MAX_NESTING}", clause="3.2")
        try:
            return self._column(value, path)
        finally:
            self.depth -= 1

    def _column(self, value: dict[str, Any], path: str) -> Seq:
        kind = value["column"]
        if kind in ("int", "float", "bool", "scalar"):
            _, data = _exactly(value, path, "column", "data")
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
            _, data, separator = _exactly(value, path, "column", "data", "separator")
            if separator not in SEPARATORS:
                raise BlueprintError(path, "a column of str has an unknown separator")
            return TextColumn(path, self.plain_array(data, path, "|u1"), separator)
        if kind == "bytes":
            _, data, lengths = _exactly(value, path, "column", "data", "lengths")
            sizes = self.integers(lengths, path, 1)
            return BytesColumn(path, self.plain_array(data, path, "|u1"), sizes, sizes.shape[0])
        if kind == "repeat":
            _, count, item = _exactly(value, path, "column", "count", "value")
            if not (item is None or isinstance(item, (bool, int, str))):
                raise BlueprintError(path, "a repeated value is plain")
            return RepeatColumn(self.node(item, path), self.counted(count, path))
        if kind == "list":
            _, items, lengths = _exactly(value, path, "column", "items", "lengths")
            sizes = self.integers(lengths, path, 1)
            return ListColumn(path, self.seq(items, path), sizes, sizes.shape[0])
        if kind == "array":
            _, data, shapes = _exactly(value, path, "column", "data", "shapes")
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
            raise BlueprintError(path, f"records with {_members(value)} are of no known form")
        count = self.counted(value["count"], path)
        entry = self.entry(value[kind], kind, path)
        args = value.get("args", [])
        state = value.get("state", {} if kind == "object" else None)
        if not isinstance(args, list) or not (state is None or isinstance(state, dict)):
            raise BlueprintError(path, "records have a list of args and an object of state")
        node = RecordsColumn(
            path,
            entry,
            count,
            tuple(self.seq(arg, f"{path}.args[{i}]") for i, arg in enumerate(args)),
            None
            if state is None
            else {sys.intern(k): self.seq(v, f"{path}.{k}") for k, v in state.items()},
        )
        for column in (*node.args, *(node.state or _EMPTY).values()):
            if _count(column) not in (None, count):
                raise BlueprintError(path, "a column of records has another length than they")
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
        name, digest, described, order, shape = _exactly(
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
        items, order, shape = _exactly(value, path, "objects", "order", "shape")
        if order not in ("C", "F"):
            raise BlueprintError(path, "the order of an array is C or F")
        sizes, nbytes = _shape(shape, _POINTER, path)
        node = ObjectArrayNode(path, self.seq(items, path), sizes, order)
        total, count = nbytes // _POINTER, _count(node.items)
        if total != count if count is not None else total > _most(node.items):
            raise BlueprintError(path, "an object array has another number of elements")
        return node

    # -- objects -------------------------------------------------------------------------------

    def _object(self, value: dict[str, Any], path: str) -> Node:
        _within(value, path, {"object"}, {"state", "items", "pairs"})
        state = value.get("state", {})
        if not isinstance(state, dict):
            raise BlueprintError(path, "the state of an object has its attributes by name")
        nodes = {
            sys.intern(name): self.node(item, f"{path}.{name}") for name, item in state.items()
        }
        self._attributes(nodes, "object", path)
        return self._finish(value, "object", None, nodes, path)

    def _call(self, value: dict[str, Any], path: str) -> Node:
        _within(value, path, {"call", "args"}, {"state", "items", "pairs"})
        if not isinstance(value["args"], list):
            raise BlueprintError(path, "args is a list")
        args = tuple(self.node(a, f"{path}.args[{i}]") for i, a in enumerate(value["args"]))
        state = self.node(value["state"], f"{path}.state") if "state" in value else None
        return self._finish(value, "call", args, state, path)

    def _finish(
        self,
        value: dict[str, Any],
        kind: Literal["object", "call"],
        args: tuple[Node, ...] | None,
        state: Node,
        path: str,
    ) -> ObjectNode:
        entry = self.entry(value[kind], kind, path)
        items = self.seq(value["items"], path) if "items" in value else None
        pairs = self.pairs(value["pairs"], path) if "pairs" in value else None
        node = ObjectNode(path, entry, args, state, items, pairs)
        self.objects.append(node)
        return node

    def _attributes(self, names: Any, kind: str, path: str) -> None:
        if kind == "object" and any(name[:2] == "__" for name in names or ()):
            raise BlueprintError(path, "an attribute's name begins with two underscores")


_UNKNOWN = Entry(key="", where=(), kind="name")
_INTS = ("|i1", "<i2", "<i4", "<i8")
_COLUMN_DTYPES: dict[str, tuple[str, tuple[str, ...]]] = {
    "int": ("i", _INTS),
    "float": ("f", ("<f8",)),
    "bool": ("b", ()),
    "scalar": ("biufc", ()),
}


def _exactly(value: dict[str, Any], path: str, *names: str) -> list[Any]:
    if value.keys() != set(names):
        raise BlueprintError(path, f"a node with {_members(value)} is of no known form")
    return [value[name] for name in names]


def _within(value: dict[str, Any], path: str, required: set[str], optional: set[str]) -> None:
    if not required <= value.keys() <= required | optional:
        raise BlueprintError(path, f"a node with {_members(value)} is of no known form")


def _members(value: dict[str, Any]) -> str:
    return ", ".join(sorted(value))[:120] or "no members"


def _count(items: Seq) -> int | None:
    """How many elements there are, where that is known before the bytes are read."""
    if isinstance(items, TextColumn):
        return None
    return items.count if isinstance(items, Column) else len(items)


def _most(items: Any) -> int:
    """How many texts a column can hold, whose bytes are not read yet: separators stand between."""
    size: int = items.data.size
    return size + 1


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


def _unbase64(text: Any, path: str) -> bytes:
    if not isinstance(text, str):
        raise BlueprintError(path, "base64 text was expected")
    try:
        raw = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):
        raise BlueprintError(path, "text is not base64") from None
    if base64.b64encode(raw).decode() != text:
        raise BlueprintError(path, "base64 text is not in its one form")
    return raw
