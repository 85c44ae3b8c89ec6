"""A blueprint as an outline: objects, hyper-parameters, arrays and sizes, for a person to read.

Works on the parsed JSON, so an archive with types that are not known here can be looked at too.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any

from rich.text import Text
from rich.tree import Tree

from holotype.cli.terminal import human_size, plain
from holotype.errors import BlueprintError
from holotype.graph.dtypes import parse_dtype

__all__ = ["outline"]

_MAX_CHILDREN = 40
_MAX_LINES = 2000
_MAX_TEXT = 120
_MAX_INLINE = 8
_SCALARS = (str, int, float, bool, type(None))


def outline(blueprint: dict[str, Any], *, depth: int = 6) -> Tree:
    """The tree of a blueprint down to ``depth`` levels; shared parts are drawn once."""
    return _Outline(blueprint["shared"], depth).tree(blueprint["root"])


class _Outline:
    def __init__(self, shared: list[Any], depth: int) -> None:
        self.shared = shared
        self.depth = depth
        self.drawn: set[int] = set()
        self.lines = 0

    def tree(self, root: Any) -> Tree:
        tree = Tree(self.label("", root), guide_style="dim")
        self.add(tree, root, 1)
        return tree

    def add(self, tree: Tree, node: Any, level: int) -> None:
        node = self.follow(node)
        if node is None:
            return
        plain_values, parts = [], []
        for name, child in _children(node):
            target = self.target(child)
            short = _short(target)
            if short is not None:
                child = target  # short enough to be drawn wherever it is referred to
            if short is not None and name and not name.startswith("["):
                plain_values.append((name, short))
            else:
                parts.append((name, child))
        if plain_values:
            tree.add(_parameters(plain_values))
        for index, (name, child) in enumerate(parts):
            if index == _MAX_CHILDREN or self.lines == _MAX_LINES:
                tree.add(plain(f"… {len(parts) - index} more", "dim"))
                break
            self.lines += 1
            name, child = _named_step(name or "", child)
            branch = tree.add(self.label(_cut(name), child))
            if level < self.depth and _short(child) is None:
                self.add(branch, child, level + 1)

    def target(self, node: Any) -> Any:
        """What one reference refers to; anything else as it is."""
        if isinstance(node, dict) and "ref" in node and _valid(node["ref"], self.shared):
            return self.shared[node["ref"]]
        return node

    def follow(self, node: Any) -> Any:
        """The node behind references; None where it was drawn before or is none."""
        for _ in range(len(self.shared) + 1):
            if not (isinstance(node, dict) and "ref" in node):
                return node
            index = node["ref"]
            if index in self.drawn or not _valid(index, self.shared):
                return None
            self.drawn.add(index)
            node = self.shared[index]
        return None

    def label(self, name: str, node: Any) -> Text:
        text = Text()
        if name:
            text.append_text(plain(f"{name}  ", "cyan"))
        target = self.target(node)
        if target is not node:
            seen = node["ref"] in self.drawn
            if isinstance(target, dict) and "ref" not in target:
                text.append_text(self.label("", target))
            text.append(f"  (shared #{node['ref']}{', above' if seen else ''})", "dim")
            return text
        return text.append_text(_describe(node))


def _valid(index: Any, shared: list[Any]) -> bool:
    return isinstance(index, int) and 0 <= index < len(shared)


def _describe(node: Any) -> Text:
    short = _short(node)
    if short is not None:
        return plain(short)
    if isinstance(node, list):
        return plain(f"{len(node)} elements")
    if "array" in node:
        return _array(node)
    outside = _outside(node)
    if outside is not None:
        return outside
    for tag in ("object", "call", "new"):
        if tag in node and node.get("column") == "records":
            return plain(f"{node.get('count')} × {_class(node[tag])}", "bold")
        if tag in node:
            return plain(_class(node[tag]), "bold")
    if "column" in node:
        return _column(node)
    if "objects" in node:
        return plain(f"object array {tuple(node.get('shape', ()))}")
    for tag in ("list", "tuple", "set", "frozenset", "dict"):
        if tag in node:
            inner = node[tag]
            if isinstance(inner, list):
                return plain(f"{tag} of {len(inner)}")
            keys = inner.get("keys", inner) if isinstance(inner, dict) else inner
            text = plain(f"{tag} of ")
            return text.append_text(_describe(keys))
    return plain("…")


def _outside(node: dict[str, Any]) -> Text | None:
    """What the type table does not know, in the colour of a warning."""
    if "code" in node:
        return plain(f"{node.get('kind')} {_cut(str(node.get('qualname')))} as source", "yellow")
    if "opaque" in node:
        return plain(f"pickle bytes of {_cut(str(node.get('what')))}", "red")
    if "instance" in node:
        return plain("object of a class as source", "bold yellow")
    for tag in ("member", "bound"):
        if tag in node:
            return plain(f"method {_cut(str(node[tag]))}", "yellow")
    if "module" in node:
        return plain(f"module {_cut(str(node['module']))}", "yellow")
    return None


def _class(key: Any) -> str:
    return _cut(str(key).rpartition(".")[2])


def _cut(text: str) -> str:
    """What stands in a line of its own accord is short; what a hostile file puts there is cut."""
    return text if len(text) <= _MAX_TEXT else text[: _MAX_TEXT - 1] + "…"


def _array(node: dict[str, Any]) -> Text:
    try:
        dtype = parse_dtype(node.get("dtype"), "")
        shape = [int(size) for size in node.get("shape", [])]
    except (BlueprintError, TypeError, ValueError):
        return plain("array that is described wrongly", "red")
    name = "structured" if dtype.fields else str(dtype)
    size = human_size(math.prod(shape) * dtype.itemsize)
    sides = " × ".join(map(str, shape)) or "scalar"
    return plain(f"{name} array {sides}", "green").append(f"  {size}", "dim")


def _column(node: dict[str, Any]) -> Text:
    kind = node.get("column")
    if kind == "repeat":
        return plain(f"{node.get('count')} × {_short(node.get('value'))}")
    data = node.get("data", node.get("lengths"))
    text = plain(f"column of {kind}  ")
    return text.append_text(_array(data)) if isinstance(data, dict) else text


def _children(node: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(node, list):
        yield from ((f"[{index}]", child) for index, child in enumerate(node))
    elif isinstance(node, dict) and "code" in node:
        for member in ("cells", "globals", "kwdefaults", "attributes"):
            values = node.get(member)
            yield from values.items() if isinstance(values, dict) else ()
        yield from _children(node.get("defaults"))
    elif isinstance(node, dict) and not {"object", "call", "new", "instance"}.isdisjoint(node):
        yield from _members(node)
    elif isinstance(node, dict) and "dict" in node:
        yield from _items(node["dict"])
    elif isinstance(node, dict) and node.get("column") == "list":
        yield "", node.get("items")
    elif isinstance(node, dict):
        for tag in ("list", "tuple", "set", "frozenset", "objects"):
            if tag in node:
                yield from _children(node[tag])


def _named_step(name: str, node: Any) -> tuple[str, Any]:
    """A pair of a name and an object, such as a pipeline's step, as one line with both."""
    items = node.get("tuple") if isinstance(node, dict) else None
    if isinstance(items, list) and len(items) == 2 and isinstance(items[0], str):
        return f"{name} {items[0]!r}", items[1]
    return name, node


def _members(node: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    """Arguments, attributes and elements of an object or of records."""
    args, state = node.get("args"), node.get("state")
    if isinstance(args, list):
        yield from ((f"args{name}", child) for name, child in _children(args))
    by_name = "object" in node or "column" in node or node.get("how") == "object"
    if isinstance(state, dict) and by_name:
        yield from state.items()
    else:
        yield from _children(state)
    yield from _children(node.get("items"))
    yield from _items(node.get("pairs"))


def _items(content: Any) -> Iterator[tuple[str, Any]]:
    if isinstance(content, dict):
        yield from _children(content.get("values"))
    for pair in content if isinstance(content, list) else ():
        if isinstance(pair, list) and len(pair) == 2:
            key = pair[0]
            yield key if isinstance(key, str) else _short(key) or "…", pair[1]


def _short(node: Any, level: int = 0) -> str | None:
    """A plain value in a few characters, or None for what needs a line of its own."""
    if isinstance(node, str):
        return repr(node if len(node) <= 60 else node[:57] + "…")
    if isinstance(node, _SCALARS):
        return repr(node)
    if isinstance(node, dict) and isinstance(node.get("cell"), list) and len(node["cell"]) == 1:
        return _short(node["cell"][0], level + 1) if level < _MAX_INLINE else None
    if not isinstance(node, dict) or len(node) > 2:
        return None
    if "module" in node:
        return f"module {_cut(str(node['module']))}"
    if "name" in node:
        return _cut(str(node["name"]))
    if "scalar" in node:
        return _short(node.get("value"))
    for tag in ("float", "int", "str", "bytes", "dtype"):
        if tag in node and isinstance(node[tag], str):
            return _cut(node[tag]) if tag in ("float", "int") else f"{tag} {node[tag][:40]}"
    for tag, left, right in (("tuple", "(", ")"), ("list", "[", "]")):
        items = node.get(tag)
        if isinstance(items, list) and level < _MAX_INLINE:
            parts = [_short(item, level + 1) for item in items[:_MAX_INLINE]]
            if None not in parts:
                more = f", … {len(items)} in all" if len(items) > len(parts) else ""
                return left + _cut(", ".join(map(str, parts))) + more + right
    return None


def _parameters(values: list[tuple[str, str]]) -> Text:
    """Plain attributes on one line: hyper-parameters first, then what fitting left."""
    text = Text()
    ordered = sorted(values, key=lambda item: item[0].endswith("_") or item[0].startswith("_"))
    for index, (name, value) in enumerate(ordered[:_MAX_CHILDREN]):
        text.append("  " if index else "").append_text(plain(_cut(name), "dim"))
        text.append("=").append_text(plain(value))
    if len(values) > _MAX_CHILDREN:
        text.append(f"  … {len(values) - _MAX_CHILDREN} more", "dim")
    return text
