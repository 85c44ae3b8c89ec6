"""Long plain sequences become columns where that loses nothing (SPEC 3.6).

Rule: what is referred to from elsewhere cannot stand in a column; whoever meets such an element
later says so, and its list is written element by element.
"""

from __future__ import annotations

from collections.abc import Sequence
from enum import IntEnum
from typing import Any, Protocol

import numpy as np

from holotype.graph.arrays import ArrayCollector
from holotype.graph.columns import COLUMN_MIN, encode_atoms, narrowest
from holotype.graph.dtypes import is_extended, same_dtype
from holotype.graph.specimen import Specimen
from holotype.graph.table import Entry, Reduced, Table
from holotype.graph.values import ATOMS

__all__ = ["MAX_NESTING", "Columns", "Counting", "Seen"]

MAX_NESTING = 32
_JOIN_BELOW = 1 << 14  # bytes; arrays of a column that are larger on average stay apart

Node = Any


class Counting(IntEnum):
    """Which columns may state a number of elements that no stored byte backs (SPEC 3.2)."""

    ALL = 0
    NO_REPEAT = 1
    NONE = 2


class Seen:
    """What is known of an object that was already met; keeps it alive, so that its id stays its."""

    __slots__ = ("index", "node", "obj", "owner")

    def __init__(self, obj: Any, node: Node, owner: int = 0) -> None:
        self.obj = obj
        self.node = node
        self.owner = owner
        self.index: int | None = None


class Walk(Protocol):
    """The encoder, as far as it is needed here."""

    counting: Counting
    counted: int
    table: Table
    apart: set[int] | None
    arrays: ArrayCollector
    trail: list[str]
    depth: int
    seen: dict[int, Seen]
    kept: list[Any]
    keys: set[str]

    def named_sequence(
        self, items: list[Any], segment: str, owner: int, keys: Sequence[str] | None = None
    ) -> Node: ...
    def reduce(self, obj: Any, entry: Entry) -> Reduced: ...


class Columns:
    """Writes the columns of one model."""

    def __init__(self, walk: Walk) -> None:
        self.walk = walk

    def column(
        self, items: Sequence[Any], owner: int, names: Sequence[str] | None = None
    ) -> Node | None:
        kinds = set(map(type, items))
        if np.memmap in kinds:  # which comes back as an array
            kinds = kinds - {np.memmap} | {np.ndarray}
        if len(kinds) != 1:
            return None
        (kind,) = kinds
        repeats = self.walk.counting < Counting.NO_REPEAT
        node = encode_atoms(items, kind, self.walk.arrays, self.walk.trail, repeats=repeats)
        if node is not None and node["column"] == "repeat":
            self.walk.counted += len(items)
        if node is not None or kind in ATOMS:
            return node
        if (
            not owner
            or self.walk.apart is None
            or owner in self.walk.apart
            or self.walk.depth >= MAX_NESTING
        ):
            return None
        if kind is list:
            return self._lists(items, owner)
        if kind is np.ndarray:
            return self._arrays(items, owner)
        entry = self._common_entry(items, kind)
        counts = self.walk.counting < Counting.NONE
        if counts and entry is not None and entry.kind != "name":
            return self._records(items, entry, owner, names)
        return None

    def _common_entry(self, items: Sequence[Any], kind: type) -> Entry | None:
        """The entry of all the items, which are of one type."""
        if not issubclass(kind, Specimen):
            return self.walk.table.entry_of(kind)
        entry: Entry = items[0].entry
        return None if entry.foreign or any(i.entry is not entry for i in items) else entry

    def _claim(self, items: Sequence[Any], owner: int) -> bool:
        """Whether every item is met for the first time here; if so, they belong to ``owner``."""
        ids = set(map(id, items))
        if len(ids) != len(items) or not ids.isdisjoint(self.walk.seen):
            return False
        self.walk.seen.update(dict.fromkeys(ids, Seen(items, None, owner)))
        return True

    def _lists(self, items: Sequence[list[Any]], owner: int) -> Node | None:
        flat = [value for item in items for value in item]
        if len(flat) < COLUMN_MIN or not self._claim(items, owner):
            return None
        lengths = narrowest(np.fromiter(map(len, items), np.int64, len(items)))
        self.walk.kept.append(flat)
        return {
            "column": "list",
            "items": self.walk.named_sequence(flat, "items", owner),
            "lengths": self.walk.arrays.add(lengths, [*self.walk.trail, "lengths"]),
        }

    def _arrays(self, items: Sequence[Any], owner: int) -> Node | None:
        first = items[0]
        dtype, ndim = first.dtype, first.ndim
        if is_extended(dtype) or dtype.hasobject or ndim == 0:
            return None
        if sum(array.nbytes for array in items) > _JOIN_BELOW * len(items):
            return None
        if any(a.ndim != ndim or a.flags.fnc for a in items):  # Fortran's order is kept
            return None
        if any(a.dtype is not dtype and not same_dtype(a.dtype, dtype) for a in items):
            return None
        if not self._claim(items, owner):
            return None
        shapes = np.array([a.shape for a in items], np.int64)
        return {
            "column": "array",
            "data": self.walk.arrays.add_joined(
                list(map(np.ascontiguousarray, items)), self.walk.trail
            ),
            "shapes": self.walk.arrays.add(narrowest(shapes), [*self.walk.trail, "shapes"]),
        }

    def _records(
        self, items: Sequence[Any], entry: Entry, owner: int, called: Sequence[str] | None
    ) -> Node | None:
        reduced = [self.walk.reduce(item, entry) for item in items]
        first = reduced[0]
        if type(first.state) is not dict and first.state is not None:
            return None
        names = sorted(first.state) if first.state else []
        keys = set(names)
        for each in reduced:
            if (
                each.items is not None
                or each.pairs is not None
                or len(each.args) != len(first.args)
            ):
                return None
            if (each.state.keys() if each.state else set()) != keys:
                return None
        if not self._claim(items, owner):
            return None
        self.walk.kept.append(reduced)
        self.walk.keys.add(entry.key)
        self.walk.counted += len(items)
        node: dict[str, Any] = {"column": "records", "count": len(items)}
        node[entry.kind] = entry.key
        if entry.kind == "call":
            quiet = entry.quiet and called is not None
            node["args"] = [
                self.walk.named_sequence(
                    [each.args[i] for each in reduced],
                    "" if quiet else f"args[{i}]",
                    owner,
                    called if quiet else None,
                )
                for i in range(len(first.args))
            ]
        if first.state is not None:
            state = {}
            for name in names:
                column = [each.state[name] for each in reduced]
                self.walk.kept.append(column)
                state[name] = self.walk.named_sequence(column, name, owner)
            node["state"] = state
        return node
