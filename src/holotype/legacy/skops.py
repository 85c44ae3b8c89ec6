"""Files of skops: the nodes of ``schema.json`` as the symbols that a pickle would give.

So the same rules make a model of both. Rule: which kinds of nodes there are is a literal table; a
node that is not one of these, or not of its form, refuses the file.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

import numpy as np

from holotype.errors import LegacyError
from holotype.legacy.files import Part
from holotype.legacy.rules.taken import Ready
from holotype.legacy.symbols import (
    ByteArray,
    Call,
    Dict,
    Global,
    RawArray,
    Set,
    Symbol,
)

__all__ = ["skops_symbols"]

Node = dict[str, Any]
_PROTOCOLS = (0, 1, 2)


def skops_symbols(part: Part) -> Symbol:
    """The symbols of a file of skops."""
    schema = part.schema
    if not isinstance(schema, dict) or schema.get("protocol") not in _PROTOCOLS:
        raise LegacyError("schema.json is not of a protocol of skops that is known")
    prefix = f"{part.name}/" if part.name else ""
    members = {member.name.removeprefix(prefix): member for member in part.members}
    return _Schema(members).read(schema)


class _Form(NamedTuple):
    """How one kind of node is read: the nodes inside of it, and what they make."""

    inside: Callable[[Node], Sequence[Any]]
    make: Callable[[_Schema, Node, list[Symbol]], Symbol]


class _Schema:
    def __init__(self, members: dict[str, Part]) -> None:
        self.members = members
        self.made: dict[int, Symbol] = {}  # by id of the node
        self.same: dict[int, int] = {}  # skops' own ids of objects → id of the first node
        self.open: set[int] = set()

    def read(self, root: Any) -> Symbol:
        stack: list[tuple[Any, bool]] = [(root, False)]
        while stack:
            node, ready = stack.pop()
            form = _form(node)
            if ready:
                inside = [self.symbol(child) for child in form.inside(node)]
                self.made[id(node)] = form.make(self, node, inside)
            elif self._first(node) == id(node) and id(node) not in self.open:
                self.open.add(id(node))
                stack.append((node, True))
                stack.extend((child, False) for child in form.inside(node))
        return self.symbol(root)

    def _first(self, node: Node) -> int:
        number = node.get("__id__")
        if type(number) is not int:
            return id(node)
        return self.same.setdefault(number, id(node))

    def symbol(self, node: Node) -> Symbol:
        try:
            return self.made[self._first(node)]
        except KeyError:
            raise LegacyError("a node of schema.json stands inside of itself") from None

    def member(self, node: Node) -> Part:
        name = node.get("file")
        found = self.members.get(name) if isinstance(name, str) else None
        if found is None:
            raise LegacyError("schema.json refers to a file that is not there")
        return found

    def array(self, node: Node) -> RawArray:
        array = self.member(node).array
        if type(array) is not RawArray:
            raise LegacyError("an array of a skops file is not one of plain data")
        return array


def _form(node: Any) -> _Form:
    loader = node.get("__loader__") if isinstance(node, dict) else None
    form = _FORMS.get(loader) if isinstance(loader, str) else None
    if form is None:
        raise LegacyError(f"schema.json has a node of an unknown kind: {str(loader)[:60]!a}")
    return form


def _global(node: Node) -> Global:
    module, name = node.get("__module__"), node.get("__class__")
    if not isinstance(module, str) or not isinstance(name, str):
        raise LegacyError("a node of schema.json does not say what it is")
    return Global(module, name)


def _is(node: Node, name: str) -> bool:
    return node.get("__module__") == "builtins" and node.get("__class__") == name


# -- the nodes inside of a node ------------------------------------------------------------------


def _none(node: Node) -> Sequence[Any]:
    return ()


def _content(node: Node) -> Sequence[Any]:
    return (node["content"],) if "content" in node else ()


def _many(node: Node) -> Sequence[Any]:
    content = node.get("content")
    if not isinstance(content, list):
        raise LegacyError("a node of schema.json does not have a list of others")
    return content


def _named(*names: str) -> Callable[[Node], Sequence[Any]]:
    def inside(node: Node) -> Sequence[Any]:
        content = node.get("content")
        if not isinstance(content, dict) or not set(names) <= content.keys():
            raise LegacyError("a node of schema.json lacks a part")
        return [content[name] for name in names]

    return inside


def _dict_inside(node: Node) -> Sequence[Any]:
    content = node.get("content")
    if not isinstance(content, dict) or "key_types" not in node:
        raise LegacyError("a dict of schema.json has no content")
    return [node["key_types"], *content.values()]


def _array_inside(node: Node) -> Sequence[Any]:
    if node.get("type") == "numpy":
        return ()
    if "shape" not in node:
        raise LegacyError("an array of schema.json has no shape")
    return [node["shape"], *_many(node)]


def _reduced_inside(node: Node) -> Sequence[Any]:
    reduced = node.get("__reduce__")
    if not isinstance(reduced, dict) or "args" not in reduced or "content" not in node:
        raise LegacyError("a node of schema.json lacks a part")
    return [reduced["args"], node["content"]]


# -- what they make ------------------------------------------------------------------------------


def _json(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    text = node.get("content")
    try:
        value = json.loads(text) if isinstance(text, str) else []
    except (ValueError, RecursionError):
        value = []
    if isinstance(value, (list, dict)):
        raise LegacyError("a JSON node of schema.json is no plain value")
    return value


def _bytes(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return bytes(schema.member(node).data)


def _bytearray(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return ByteArray(bytes(schema.member(node).data))


def _list(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return inside if _is(node, "list") else Call(_global(node), (inside,))


def _set(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Set(inside) if _is(node, "set") else Call(_global(node), (inside,))


def _tuple(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return tuple(inside) if _is(node, "tuple") else Call(_global(node), tuple(inside))


_KEYS: dict[tuple[str, str], Callable[[str], Any]] = {
    ("builtins", "float"): float,
    ("builtins", "int"): int,
    ("builtins", "str"): str,
    ("numpy", "float64"): lambda text: Ready(np.float64(text)),
    ("numpy", "int32"): lambda text: Ready(np.int32(text)),
    ("numpy", "int64"): lambda text: Ready(np.int64(text)),
    ("numpy", "str_"): lambda text: Ready(np.str_(text)),
}


def _dict(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    kinds, *values = inside
    if type(kinds) is not list or len(kinds) != len(values):
        raise LegacyError("a dict of schema.json does not say of what types its keys are")
    pairs = []
    for kind, text, value in zip(kinds, node["content"], values, strict=True):
        name = (kind.module, kind.name) if type(kind) is Global else ("", "")
        make = _KEYS.get(name)
        try:
            key = text if name == ("builtins", "str") or make is None else make(text)
        except (ValueError, OverflowError):
            make = None
        if make is None:
            raise LegacyError("a dict of schema.json has keys of a type that is not known")
        pairs.append((key, value))
    if _is(node, "dict"):
        return Dict(pairs)
    cls = _global(node)
    how = "reduce" if cls.module == "collections" else "newobj"
    return Call(cls, (), None, how, pairs=pairs)  # type: ignore[arg-type]


def _defaultdict(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    main, factory = inside
    if type(main) is not Dict:
        raise LegacyError("a defaultdict of schema.json holds no dict")
    return Call(Global("collections", "defaultdict"), (factory,), pairs=main.pairs)


def _function(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return _global(node)


def _partial(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    function, args, keywords, attributes = inside
    state = (function, args, keywords, attributes)
    return Call(Global("functools", "partial"), (function,), states=[state])


def _slice(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    content = node.get("content")
    parts = (
        [content.get(name) for name in ("start", "stop", "step")]
        if isinstance(content, dict)
        else []
    )
    if not parts or not all(part is None or type(part) is int for part in parts):
        raise LegacyError("a slice of schema.json is not made of numbers")
    return Call(Global("builtins", "slice"), tuple(parts))


def _object(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    states = [state for state in inside if state is not None]
    return Call(_global(node), (), None, "newobj", states=states)


def _constructed(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Call(_global(node), _arguments(inside[0]))


def _arguments(symbol: Symbol) -> tuple[Symbol, ...]:
    if type(symbol) is not tuple:
        raise LegacyError("the arguments of a node of schema.json are no tuple")
    return symbol


def _method(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Call(Global("builtins", "getattr"), (inside[0], str(node["content"].get("func"))))


def _operator(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Call(Global("operator", _global(node).name), _arguments(inside[0]))


def _operator_inside(node: Node) -> Sequence[Any]:
    if "attrs" not in node:
        raise LegacyError("a node of schema.json lacks a part")
    return (node["attrs"],)


def _reduced(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    args, state = inside
    empty = state == () or (type(state) is Dict and not state.pairs)
    return Call(_global(node), _arguments(args), states=[] if empty else [state])


def _array(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    cls = _global(node)
    if node.get("type") == "json":
        shape, *items = inside
        dtype = Ready(np.dtype(object))
        # NumPy makes an array of nested lists; its elements follow each other in C order.
        flat = _flat(items, len(shape) - 1 if type(shape) is tuple else 0)
        state = (1, shape, dtype, False, flat)
        made = Call(
            Global("numpy._core.multiarray", "_reconstruct"),
            (Global("numpy", "ndarray"), (0,), b"b"),
            states=[state],
        )
        return made if cls.name == "ndarray" else Call(cls, (made,))
    array = schema.array(node)
    if cls.module == "numpy" and not array.shape and cls.name != "ndarray":
        flat_array = np.frombuffer(array.data, array.dtype) if array.dtype.itemsize else None
        if flat_array is None:
            raise LegacyError("a scalar of a skops file is empty")
        return Ready(flat_array[0])
    return RawArray(array.dtype, array.shape, array.order, array.data, array.offset, cls)


def _flat(items: list[Symbol], depth: int) -> list[Symbol]:
    for _ in range(min(depth, 64)):
        if not all(type(item) is list for item in items):
            raise LegacyError("an array of a skops file does not have its shape")
        items = [inner for item in items for inner in item]
    return items


def _dtype(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    content = node["content"]
    if isinstance(content, dict) and content.get("type") == "json":
        return Ready(np.dtype(object))
    return Ready(schema.array(content).dtype)


def _masked(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Call(Global("numpy.ma.core", "MaskedArray"), tuple(inside))


def _random_state(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    return Call(
        Global("numpy.random._pickle", "__randomstate_ctor"),
        (_generator_name(inside[0]),),
        states=[inside[0]],
    )


def _generator(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    state, seed = inside
    parts = dict(seed.pairs) if type(seed) is Dict else {}
    names = ("entropy", "spawn_key", "pool_size", "n_children_spawned")
    if not set(names) <= parts.keys():
        raise LegacyError("the seed of a generator is not known")
    sequence = Call(
        Global("numpy.random.bit_generator", "SeedSequence"), tuple(parts[name] for name in names)
    )
    bits = Call(
        Global("numpy.random._pickle", "__bit_generator_ctor"),
        (_generator_name(state),),
        states=[(state, sequence)],
    )
    return Call(Global("numpy.random._pickle", "__generator_ctor"), (bits,))


def _generator_name(state: Symbol) -> str:
    pairs = state.pairs if type(state) is Dict else []
    for key, value in pairs:
        if key == "bit_generator" and isinstance(value, str):
            return value
    raise LegacyError("the state of a generator does not say of which kind it is")


def _sparse(schema: _Schema, node: Node, inside: list[Symbol]) -> Symbol:
    member = schema.member(node)
    parts: dict[str, Any] = {}
    for each in member.members:
        if type(each.array) is not RawArray:
            raise LegacyError("a sparse array of a skops file is not one")
        parts[each.name.rpartition("/")[2].removesuffix(".npy")] = each.array
    kind = _text(parts.pop("format", None))
    shape = tuple(_numbers(parts.pop("shape", None)))
    array = bool(_numbers(parts.pop("_is_array"))[0]) if "_is_array" in parts else False
    if kind == "coo" and "row" in parts and "col" in parts:
        parts["coords"] = (parts.pop("row"), parts.pop("col"))
    name = f"{kind}_{'array' if array else 'matrix'}"
    state = Dict([("_shape", shape), *parts.items()])
    return Call(Global(f"scipy.sparse._{kind}", name), (), None, "newobj", states=[state])


def _text(array: RawArray | None) -> str:
    if array is None or array.dtype.kind not in "SU" or array.shape:
        raise LegacyError("a sparse array of a skops file does not say of which format it is")
    value = np.frombuffer(array.data, array.dtype)[0]
    return value.decode("latin-1") if isinstance(value, bytes) else str(value)


def _numbers(array: RawArray | None) -> list[Any]:
    if array is None or array.dtype.kind not in "iub" or len(array.shape) > 1:
        raise LegacyError("a sparse array of a skops file has no shape")
    found: list[Any] = np.frombuffer(array.data, array.dtype).tolist()
    return found


_FORMS: dict[str, _Form] = {
    "BytearrayNode": _Form(_none, _bytearray),
    "BytesNode": _Form(_none, _bytes),
    "ConstructorFromReduceNode": _Form(_content, _constructed),
    "DTypeNode": _Form(_content, _dtype),
    "DefaultDictNode": _Form(_named("main", "default_factory"), _defaultdict),
    "DictNode": _Form(_dict_inside, _dict),
    "FunctionNode": _Form(_none, _function),
    "JsonNode": _Form(_none, _json),
    "ListNode": _Form(_many, _list),
    "LossNode": _Form(_reduced_inside, _reduced),
    "MaskedArrayNode": _Form(_named("data", "mask"), _masked),
    "MethodNode": _Form(_named("obj"), _method),
    "NdArrayNode": _Form(_array_inside, _array),
    "ObjectNode": _Form(_content, _object),
    "OperatorFuncNode": _Form(_operator_inside, _operator),
    "PartialNode": _Form(_named("func", "args", "kwds", "namespace"), _partial),
    "RandomGeneratorNode": _Form(_named("bit_generator", "seed_seq"), _generator),
    "RandomStateNode": _Form(_content, _random_state),
    "SetNode": _Form(_many, _set),
    "SliceNode": _Form(_none, _slice),
    "SparseMatrixNode": _Form(_none, _sparse),
    "TreeNode": _Form(_reduced_inside, _reduced),
    "TupleNode": _Form(_many, _tuple),
    "TypeNode": _Form(_none, _function),
}
