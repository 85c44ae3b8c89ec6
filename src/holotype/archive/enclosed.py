"""A second object graph inside an archive, such as its probe: a blueprint and its arrays, as bytes.

Both parts have the form of the model's own, and are believed as little: the same parser and the
same validators look at them. Rule: what is enclosed is data; it never asks for trust.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.archive.loaded import LoadedArrays
from holotype.archive.parameters import plan_parameters, stored_by_node, stored_tensor
from holotype.archive.writer import fingerprint_of
from holotype.errors import FormatError, UntrustedError
from holotype.graph.decode import decode
from holotype.graph.encode import encode
from holotype.graph.nodes import Blueprint
from holotype.graph.outside import Saving
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.graph.table import Table
from holotype.trust.levels import Level

__all__ = ["enclose", "open_enclosed", "read_enclosed"]


def enclose(value: Any, name: str, table: Table) -> tuple[bytes, bytes]:
    """Blueprint and parameters of ``value``; UnsupportedError, below ``name``, if no data."""
    encoded = encode(value, table, name=name, saving=Saving(Level.DATA))
    fingerprint_of(encoded)  # which enters the digests of the arrays
    layout = plan_parameters(map(stored_tensor, encoded.tensors))
    by_name = {tensor.name: tensor for tensor in encoded.tensors}
    arrays = (by_name[stored.name].chunk(0, stored.size) for stored in layout.order)
    return encoded.to_json(), b"".join([layout.head, *arrays])


def open_enclosed(blueprint: bytes, parameters: bytes, table: Table) -> Any:
    """The value of two parts whose own digests were compared; a HolotypeError if it is unsafe."""
    parsed, arrays = read_enclosed(blueprint, parameters, table)
    return decode(parsed, table, arrays)


def read_enclosed(
    blueprint: bytes, parameters: bytes, table: Table
) -> tuple[Blueprint, LoadedArrays]:
    """The same, validated and not built."""
    parsed = parse_blueprint(blueprint, table, stored=len(blueprint) + len(parameters))
    if parsed.trust:
        raise UntrustedError(
            parsed.trust[0].path, "what an archive encloses is data, and asks for no trust"
        )
    layout = plan_parameters(map(stored_by_node, parsed.arrays))
    if len(parameters) != layout.size or not parameters.startswith(layout.head):
        raise FormatError("the arrays of an enclosed part are not its blueprint's", clause="7.2")
    data = np.frombuffer(bytearray(parameters), np.uint8)[len(layout.head) :]
    buffers = [
        data[offset : offset + stored.size]
        for stored, offset in zip(layout.order, layout.offsets, strict=True)
    ]
    with LoadedArrays(parsed, layout, buffers, read=None, verify=True) as arrays:
        arrays.check_booleans()
        audit(parsed, arrays)
    return parsed, arrays
