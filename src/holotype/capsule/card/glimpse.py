"""Looking at stored objects as plain data: validated as for loading, and never built.

What a glimpse returns are numbers, text, arrays to look at, and Shadows of objects, as validators
see them. Rule: everything was hashed and validated before anything of it is returned.
"""

from __future__ import annotations

from typing import Any

import msgspec
import numpy as np

from holotype.archive.loaded import LoadedArrays
from holotype.archive.parameters import plan_parameters, stored_by_node
from holotype.archive.reader import ArchiveReader
from holotype.capsule.probe import PROBE_PARTS
from holotype.errors import FormatError, InvalidStateError, UntrustedError
from holotype.graph.nodes import Blueprint, ObjectNode, Ref
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import _View, audit
from holotype.types.table import type_table

__all__ = ["Golden", "golden_of", "model_of"]

_MAX_SIZES = (64 << 20, 256 << 20)


class Golden(msgspec.Struct, frozen=True):
    """Stored golden predictions: arrays, or dicts and lists of arrays, by method."""

    outputs: dict[str, Any]
    tolerance: dict[str, float]
    synthetic: bool


def model_of(reader: ArchiveReader, blueprint: Blueprint) -> Any:
    """The model of an archive as a Shadow, every byte of its arrays hashed; None if no object."""
    root = blueprint.root
    root = blueprint.shared[root.index] if isinstance(root, Ref) else root
    if not isinstance(root, ObjectNode):
        return None
    with reader.map_arrays(blueprint, verify=True) as arrays:
        return _seen(blueprint, arrays)


def golden_of(reader: ArchiveReader) -> Golden | None:
    """The golden predictions, without their inputs; None where there are none."""
    found = [name for name in PROBE_PARTS if name in reader.members]
    if not found:
        return None
    if len(found) < len(PROBE_PARTS):
        raise FormatError("a probe is two parts, and one of them is missing", clause="7.1")
    head, data = map(reader.content, PROBE_PARTS, _MAX_SIZES)
    blueprint = parse_blueprint(head, type_table(), stored=len(head) + len(data))
    if blueprint.trust:
        raise UntrustedError(
            blueprint.trust[0].path, "what an archive encloses is data, and asks for no trust"
        )
    layout = plan_parameters(map(stored_by_node, blueprint.arrays))
    if len(data) != layout.size or not data.startswith(layout.head):
        raise FormatError("the arrays of an enclosed part are not its blueprint's", clause="7.2")
    flat = np.frombuffer(bytearray(data), np.uint8)[len(layout.head) :]
    buffers = [
        flat[offset : offset + stored.size]
        for stored, offset in zip(layout.order, layout.offsets, strict=True)
    ]
    with LoadedArrays(blueprint, layout, buffers, read=None, verify=True) as arrays:
        value = _seen(blueprint, arrays)
    try:
        known = {name: value[name] for name in Golden.__struct_fields__}
        return msgspec.convert(known, Golden, strict=True)
    except (KeyError, TypeError, ValueError) as error:
        raise FormatError(f"the probe has another form: {error}", clause="7.3") from None


def _seen(blueprint: Blueprint, arrays: LoadedArrays) -> Any:
    arrays.check_booleans()
    audit(blueprint, arrays)
    try:
        return _View(blueprint, arrays).value(blueprint.root)
    except (RecursionError, TypeError):  # the latter for keys that cannot be compared
        raise InvalidStateError("root", "its contents cannot be looked at") from None
