"""What versions need: which blocks and notes of which packs, so that the rest can go.

A part may be in several packs. One place is chosen for it: in a pack that stays, where there is
one, and there the block before which fewest others must be decoded. A block that is a difference
asks for its base at a smaller depth than its own, as readers do. Rule: what is needed and not found
is an error; nobody may delete anything on the strength of an inventory that has a gap.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable
from typing import NamedTuple

from holotype.errors import DamagedStoreError
from holotype.store.catalog import Catalog
from holotype.store.packs import Block, Pack

__all__ = ["Inventory"]


class _Place(NamedTuple):
    depth: int
    pack: str
    number: int


class Inventory:
    """The packs of a catalog, and what of them is needed. ``leaving`` are those to do without."""

    def __init__(self, catalog: Catalog, leaving: Collection[str] = ()) -> None:
        self.packs: dict[str, Pack] = dict(catalog.packs)
        self.blocks: dict[str, set[int]] = {name: set() for name in self.packs}
        self.notes: dict[str, set[str]] = {name: set() for name in self.packs}
        self._staying: dict[str, _Place] = {}
        self._all: dict[str, _Place] = {}
        self._compositions: dict[str, list[str]] = {}
        self._chosen: dict[str, int] = {}
        for name in sorted(self.packs, key=lambda name: (name in leaving, name)):
            for digest in self.packs[name].objects:
                self._compositions.setdefault(digest, []).append(name)
        self._enter(leaving)

    def _enter(self, leaving: Collection[str]) -> None:
        """Find a place for each part, by depth; of equal ones, that in a pack that stays.

        What is a difference from something that is not there is of no use, wherever it stands.
        """
        blocks = sorted(
            (block.depth, name in leaving, name, number)
            for name, pack in self.packs.items()
            for number, block in enumerate(pack.blocks)
        )
        for depth, leaves, name, number in blocks:
            block = self.packs[name].blocks[number]
            if block.base is not None and not all(
                self._is_below(d, depth) for d in block.base.parts
            ):
                continue
            for digest, _ in block.parts:
                for places in (self._all,) if leaves else (self._all, self._staying):
                    places.setdefault(digest, _Place(depth, name, number))

    def _is_below(self, digest: str, depth: int) -> bool:
        place = self._all.get(digest)
        if place is not None:
            return place.depth < depth
        return any(
            all(part in self._all and self._all[part].depth < depth for part in parts)
            for name in self._compositions.get(digest, ())
            if (parts := self.packs[name].objects[digest])
        )

    def need(self, digests: Iterable[str]) -> None:
        """Take note that these objects are needed; DamagedStoreError if one is not there."""
        waiting: list[tuple[str, int | None]] = [(digest, None) for digest in digests]
        while waiting:
            digest, limit = waiting.pop()
            for part in self._parts(digest):
                known = self._chosen.get(part)
                if known is not None and (limit is None or known < limit):
                    continue
                place = self._choose(part, limit)
                self._chosen[part] = place.depth
                numbers = self.blocks[place.pack]
                if place.number in numbers:
                    continue
                numbers.add(place.number)
                block = self.packs[place.pack].blocks[place.number]
                if block.base is not None:
                    waiting += [(each, block.depth) for each in block.base.parts]

    def _parts(self, digest: str) -> tuple[str, ...]:
        if digest in self._all:
            return (digest,)
        for name in self._compositions.get(digest, ()):
            parts = self.packs[name].objects[digest]
            if parts and all(part in self._all for part in parts):
                self.notes[name].add(digest)
                return parts
        raise DamagedStoreError(f"the store has lost {digest}", (digest,))

    def _choose(self, part: str, limit: int | None) -> _Place:
        for places in (self._staying, self._all):
            place = places.get(part)
            if place is not None and (limit is None or place.depth < limit):
                return place
        raise DamagedStoreError(f"the store has lost what {part} is a difference from", (part,))

    def needed(self, name: str) -> bool:
        """Whether anything in a pack is needed."""
        return bool(self.blocks[name] or self.notes[name])

    def sparse(self, name: str) -> bool:
        """Whether something in a pack is needed, but less than half of its blocks' bytes."""
        blocks = self.packs[name].blocks
        needed = sum(blocks[number].size for number in self.blocks[name])
        return self.needed(name) and 2 * needed < sum(block.size for block in blocks)

    def taken(
        self, names: Iterable[str]
    ) -> tuple[list[tuple[str, Block]], dict[str, tuple[str, ...]]]:
        """The blocks and notes of these packs that are needed, in the order of the packs."""
        blocks = []
        notes = {}
        for name in sorted(names):
            pack = self.packs[name]
            blocks += [(name, pack.blocks[number]) for number in sorted(self.blocks[name])]
            notes.update({digest: pack.objects[digest] for digest in self.notes[name]})
        return blocks, notes
