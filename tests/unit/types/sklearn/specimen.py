"""A model's blueprint and arrays laid open, to change one thing and see whether it is noticed."""

from __future__ import annotations

import io
import json
import struct
import zipfile
from typing import Any

import numpy as np

import holotype
from holotype.digest import canonical_json
from holotype.graph.decode import decode
from holotype.graph.dtypes import dtype_node, parse_dtype
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.types.table import type_table


class Specimen:
    """The blueprint of ``model`` as a value, and its arrays by name, both to be changed."""

    def __init__(self, model: Any) -> None:
        with zipfile.ZipFile(io.BytesIO(holotype.dumps(model))) as archive:
            self.blueprint = json.loads(archive.read("blueprint.json"))
            parameters = archive.read("parameters.safetensors")
        (length,) = struct.unpack_from("<Q", parameters)
        data = parameters[8 + length :]
        self.arrays = {
            name: data[slice(*entry["data_offsets"])]
            for name, entry in json.loads(parameters[8 : 8 + length]).items()
        }

    def at(self, *path: str | int) -> Any:
        """The node at ``path``: members of objects, calls and dicts by name, items by number."""
        node = self.blueprint["root"]
        for part in path:
            node = self._follow(node)
            if isinstance(part, int):
                node = _items(node)[part]
            else:
                node = self._member(node, part)
        return self._follow(node)

    def _follow(self, node: Any) -> Any:
        while isinstance(node, dict) and "ref" in node:
            node = self.blueprint["shared"][node["ref"]]
        return node

    def _member(self, node: Any, name: str) -> Any:
        if "dict" in node:
            return dict(map(tuple, node["dict"]))[name]
        if name in ("args", "state") and name in node:
            return node[name]
        state = self._follow(node["state"])
        return dict(map(tuple, state["dict"]))[name] if "dict" in state else state[name]

    def put(self, value: Any, *path: str | int) -> None:
        """Replace the node at ``path``."""
        parent = self.at(*path[:-1])
        last = path[-1]
        if isinstance(last, int):
            _items(parent)[last] = value
            return
        state = self._follow(parent.get("state", parent))
        if "dict" in state:
            for pair in state["dict"]:
                if pair[0] == last:
                    pair[1] = value
                    return
            state["dict"].append([last, value])
        else:
            state[last] = value

    def graft(self, other: Specimen, *path: str | int) -> None:
        """Put the root of another specimen, with its arrays, at ``path``."""
        prefix = f"grafted-{len(self.arrays)}-"
        self.arrays.update({prefix + name: data for name, data in other.arrays.items()})

        def renamed(node: Any) -> Any:
            if isinstance(node, list):
                return [renamed(item) for item in node]
            if not isinstance(node, dict):
                return node
            copy = {name: renamed(item) for name, item in node.items()}
            return copy | {"array": prefix + node["array"]} if "array" in node else copy

        self.put(renamed(other.blueprint["root"]), *path)

    def read(self, *path: str | int) -> np.ndarray[Any, Any]:
        """A copy of the array at ``path``."""
        node = self.at(*path)
        return _as_array(
            node["shape"], node["order"], parse_dtype(node["dtype"], ""), self.arrays[node["array"]]
        ).copy(order="K")

    def write(self, array: np.ndarray[Any, Any], *path: str | int) -> None:
        """Put another array at ``path``, under a name of its own."""
        name = f"changed-{len(self.arrays)}"
        order = "C" if array.flags.c_contiguous else "F"
        self.arrays[name] = array.tobytes(order)
        node = self.at(*path)
        node.update(
            array=name,
            dtype=dtype_node(array.dtype, ""),
            order=order,
            shape=list(array.shape),
            digest=("sha256-tree:" if array.nbytes > 1 << 20 else "sha256:") + "0" * 64,
        )

    def change(self, where: Any, value: Any, *path: str | int) -> None:
        """Set what ``where`` selects in the array at ``path``: an index, or (field, index)."""
        array = self.read(*path)
        if isinstance(where, tuple) and isinstance(where[0], str):
            array[where[0]][where[1]] = value
        else:
            array[where] = value
        self.write(array, *path)

    def audit(self) -> Any:
        """Check it as ``load`` does; returns a way to build it."""
        data = canonical_json(self.blueprint)
        stored = len(data) + sum(map(len, self.arrays.values()))
        blueprint = parse_blueprint(data, type_table(), stored=stored)
        audit(blueprint, self)
        return lambda: decode(blueprint, type_table(), self)

    def peek(self, node: Any) -> np.ndarray[Any, Any]:
        return _as_array(node.shape, node.order, node.dtype, self.arrays[node.name])

    def take(self, node: Any) -> np.ndarray[Any, Any]:
        return self.peek(node).copy(order="K")


def _items(node: Any) -> Any:
    if isinstance(node, list):
        return node
    (content,) = (node[tag] for tag in ("list", "tuple", "args", "objects") if tag in node)
    return content


def _as_array(shape: Any, order: Any, dtype: np.dtype[Any], data: bytes) -> np.ndarray[Any, Any]:
    if not data:
        return np.empty(shape, dtype)
    return np.frombuffer(data, dtype).reshape(tuple(shape), order=order)
