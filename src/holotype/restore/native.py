"""The native rung of the ladder: the model as an object of the libraries that are installed here.

The order is the safety: structure, digests, types, contents, and only then the first import.
"""

from __future__ import annotations

from typing import Any

from holotype.archive.reader import ArchiveReader
from holotype.graph.decode import decode
from holotype.graph.nodes import Blueprint
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import audit
from holotype.types.table import type_table

__all__ = ["checked_blueprint", "restore"]


def checked_blueprint(reader: ArchiveReader) -> Blueprint:
    """The blueprint of an open archive, every form and every type key checked."""
    return parse_blueprint(reader.blueprint, type_table(), stored=reader.size)


def restore(reader: ArchiveReader, *, mmap: bool = False, verify: bool = True) -> Any:
    """Build the model of an open archive.

    1. Parse the blueprint: every form, every type key (nothing is imported).
    2. Read or map the arrays and hash every byte of them.
    3. Validate the contents of every object whose library would read them unchecked.
    4. Import what the table says, and build.
    """
    blueprint = checked_blueprint(reader)
    if mmap:
        arrays = reader.map_arrays(blueprint, verify=verify)
    else:
        arrays = reader.load_arrays(blueprint, verify=verify)
    audit(blueprint, arrays)
    return decode(blueprint, type_table(), arrays)
