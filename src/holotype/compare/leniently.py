"""A blueprint with types that are not known here, parsed all the same, to be looked at only.

Rule: what stands in for an unknown type can be neither imported nor built; every form and limit
holds for it as for others.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from holotype.archive.reader import ArchiveReader
from holotype.errors import UntrustedError
from holotype.graph.nodes import Blueprint
from holotype.graph.parse import parse_blueprint, read_json
from holotype.graph.table import Entry, Table
from holotype.types.table import type_table

__all__ = ["blueprint_to_look_at"]


def blueprint_to_look_at(reader: ArchiveReader) -> tuple[Blueprint, bool]:
    """The parsed blueprint, and whether all its types are known; a HolotypeError if unsound."""
    table = type_table()
    try:
        return parse_blueprint(reader.blueprint, table, stored=reader.size), True
    except UntrustedError:  # which comes last: all else is in order
        value = read_json(reader.blueprint, "blueprint.json")
        lenient: Any = _Lenient(table, dict(_unknown(value, table)))
        return parse_blueprint(reader.blueprint, lenient, stored=reader.size), False


def _unknown(value: Any, table: Table) -> Iterator[tuple[str, Entry]]:
    """What stands in for each type that is not in the table, by how it is written."""
    waiting = [value]
    while waiting:
        node = waiting.pop()
        if isinstance(node, list):
            waiting += node
        elif isinstance(node, dict):
            waiting += node.values()
            for kind in ("object", "call", "name"):
                key = node.get(kind)
                if isinstance(key, str) and ":" not in key and table.entry(key) is None:
                    takes: Any = next((each for each in ("items", "pairs") if each in node), "")
                    written: Any = kind
                    yield (
                        key,
                        Entry(key=key, where=(), kind=written, takes=takes, own_setstate=True),
                    )


class _Lenient:
    """The table, with stand-ins; only ever asked for entries."""

    def __init__(self, table: Table, others: dict[str, Entry]) -> None:
        self._table = table
        self._others = others

    def entry(self, key: str) -> Entry | None:
        return self._table.entry(key) or self._others.get(key)

    def knows(self, where: str) -> bool:
        return self._table.knows(where)
