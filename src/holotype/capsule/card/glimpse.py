"""Looking at stored objects as plain data: validated as for loading, and never built.

What a glimpse returns are numbers, text, arrays to look at, and Shadows of objects, as validators
see them. Rule: everything was hashed and validated before anything of it is returned.
"""

from __future__ import annotations

from typing import Any

import msgspec

from holotype.archive.enclosed import read_enclosed
from holotype.archive.loaded import LoadedArrays
from holotype.archive.reader import ArchiveReader
from holotype.capsule.probe import probe_parts
from holotype.errors import FormatError, InvalidStateError
from holotype.graph.nodes import Blueprint, ObjectNode, Ref
from holotype.graph.shadow import View, audit
from holotype.structs import converter_of
from holotype.types.table import type_table

__all__ = ["Golden", "golden_of", "model_of"]


class Golden(msgspec.Struct, frozen=True):
    """Stored golden predictions: arrays, or dicts and lists of arrays, by method; and targets."""

    outputs: dict[str, Any]
    tolerance: dict[str, float]
    synthetic: bool
    targets: Any = None


def model_of(reader: ArchiveReader, blueprint: Blueprint) -> Any:
    """The model of an archive as a Shadow, every byte of its arrays hashed; None if no object."""
    root = blueprint.root
    root = blueprint.shared[root.index] if isinstance(root, Ref) else root
    if not isinstance(root, ObjectNode):
        return None
    with reader.map_arrays(blueprint, verify=True) as arrays:
        arrays.check_booleans()
        audit(blueprint, arrays)
        return _seen(blueprint, arrays)


_golden = converter_of(Golden)


def golden_of(reader: ArchiveReader) -> Golden | None:
    """The golden predictions, without their inputs; None where there are none."""
    parts = probe_parts(reader)
    if parts is None:
        return None
    value = _seen(*read_enclosed(*parts, type_table()))
    try:
        known = {name: value[name] for name in Golden.__struct_fields__ if name in value}
        return _golden(known)
    except (TypeError, ValueError) as error:
        raise FormatError(f"the probe has another form: {error}", clause="7.3") from None


def _seen(blueprint: Blueprint, arrays: LoadedArrays) -> Any:
    try:
        return View(blueprint, arrays).value(blueprint.root)
    except (RecursionError, TypeError):  # the latter for keys that cannot be compared
        raise InvalidStateError("root", "its contents cannot be looked at") from None
