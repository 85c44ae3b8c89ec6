"""A model stored in memory, without an archive: to look at, to tamper with, to build again."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import msgspec
import numpy as np

from holotype.digest import canonical_json, data_digest
from holotype.errors import FormatError
from holotype.graph.decode import decode
from holotype.graph.encode import encode
from holotype.graph.nodes import ArrayNode
from holotype.graph.outside import Saving
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.graph.table import Table
from holotype.trust.levels import Level
from holotype.types.table import type_table

__all__ = ["Stored", "round_trip", "store"]

AnyArray = np.ndarray[Any, Any]


class Stored:
    """A blueprint as parsed JSON, and the bytes of its arrays by name: an ArraySource."""

    def __init__(self, value: Any, data: dict[str, bytes], table: Table | None = None) -> None:
        self.value = value
        self.data = data
        self.table = table or type_table()

    @property
    def root(self) -> Any:
        return self.value["root"]

    @property
    def json(self) -> bytes:
        return canonical_json(self.value)

    def peek(self, node: ArrayNode) -> AnyArray:
        data = self.data.get(node.name, b"")
        if len(data) != node.size:  # an archive's reader says so before anything is parsed
            raise FormatError(f"{node.name} has {len(data)} bytes instead of {node.size}")
        if not node.size:
            return np.ndarray(node.shape, node.dtype, order=node.order)
        return np.frombuffer(data, node.dtype).reshape(node.shape, order=node.order)

    def take(self, node: ArrayNode) -> AnyArray:
        return self.peek(node).copy(order="K")

    def load(self) -> Any:
        """Parse, audit and build, as the archive does."""
        stored = len(self.json) + sum(map(len, self.data.values()))
        blueprint = parse_blueprint(self.json, self.table, stored=stored)
        audit(blueprint, self)
        return decode(blueprint, self.table, self)

    def tampered(self, change: Callable[[Any], Any]) -> Stored:
        """A copy whose root ``change`` has altered in place, or replaced by what it returns."""
        value = copy.deepcopy(self.value)
        replaced = change(value["root"])
        if isinstance(replaced, dict):
            value["root"] = replaced
        return Stored(value, dict(self.data), self.table)

    def with_array(self, name: str, array: AnyArray) -> Stored:
        """A copy in which ``array`` stands in the place of the array of that name."""
        value = copy.deepcopy(self.value)
        found = [node for node in _array_nodes(value) if node["array"] == name]
        for node in found:
            node["dtype"], node["shape"] = array.dtype.str, list(array.shape)
            node["digest"] = data_digest(array.tobytes("A"))
        assert found, f"no array {name} among {sorted(self.data)}"
        return Stored(value, {**self.data, name: array.tobytes("A")}, self.table)


def _array_nodes(value: Any) -> list[dict[str, Any]]:
    if isinstance(value, dict):
        inner = [node for item in value.values() for node in _array_nodes(item)]
        return [value, *inner] if "array" in value else inner
    if isinstance(value, list):
        return [node for item in value for node in _array_nodes(item)]
    return []


def store(obj: Any, table: Table | None = None) -> Stored:
    """Take ``obj`` apart."""
    table = table or type_table()
    encoded = encode(obj, table, saving=Saving(Level.DATA))
    data = {}
    for tensor in encoded.tensors:
        data[tensor.name] = bytes(tensor.chunk(0, tensor.size))
        tensor.seal(data_digest(data[tensor.name]))
    return Stored(msgspec.json.decode(encoded.to_json()), data, table)


def round_trip(obj: Any, table: Table | None = None) -> Any:
    """Store and load ``obj``; the copy is stored as the same bytes again."""
    stored = store(obj, table)
    back = stored.load()
    again = store(back, table)
    assert again.json == stored.json
    assert again.data == stored.data
    return back
