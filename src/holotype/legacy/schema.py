"""What the ``schema.json`` of a skops file would construct."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, NamedTuple

from holotype.legacy.forms import is_known_name
from holotype.legacy.rules.names import canonical, entry_named
from holotype.legacy.symbols import Global

__all__ = ["SchemaName", "names_in"]

_LOADERS = frozenset(
    {
        "BytearrayNode",
        "BytesNode",
        "DTypeNode",
        "DatetimeNode",
        "DefaultDictNode",
        "DequeNode",
        "DictNode",
        "FunctionNode",
        "JsonNode",
        "ListNode",
        "LossNode",
        "MaskedArrayNode",
        "NdArrayNode",
        "ObjectNode",
        "OperatorFuncNode",
        "OrderedDictNode",
        "PartialNode",
        "RandomGeneratorNode",
        "RandomStateNode",
        "SGDNode",
        "SetNode",
        "SliceNode",
        "SparseMatrixNode",
        "TreeNode",
        "TupleNode",
        "TypeNode",
    }
)


class SchemaName(NamedTuple):
    """A class or function that a schema names; ``reason`` says why it is outside, or is empty."""

    module: str
    name: str
    reason: str


def names_in(schema: Any) -> Iterator[SchemaName]:
    """Every node of a schema, in no particular order; does not recurse."""
    waiting = [schema]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting.extend(node)
        elif isinstance(node, dict):
            waiting.extend(node.values())
            if "__loader__" in node or "__class__" in node or "__module__" in node:
                yield _judged(node)


def _judged(node: dict[str, Any]) -> SchemaName:
    module, name = node.get("__module__"), node.get("__class__")
    loader = node.get("__loader__")
    if not isinstance(module, str) or not isinstance(name, str) or not isinstance(loader, str):
        return SchemaName("?", "?", "a node that does not say what it is")
    if loader not in _LOADERS:
        return SchemaName(module, name, f"made by {loader[:60]}, which may call anything")
    if not is_known_name(Global(module, name)):
        return SchemaName(module, name, "it is not in the table")
    entry = entry_named(canonical(module, name))
    if loader == "ObjectNode" and (entry is None or entry.kind == "name"):
        return SchemaName(module, name, "an instance is made, and the table only names it")
    return SchemaName(module, name, "")
