"""Where each part is: the indexes of packs together, as far as they were read.

Rule: the packs say what is in them; this only remembers it, and may forget it at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from typing import NamedTuple

from holotype.errors import DamagedStoreError, NotInStoreError
from holotype.store.packs import Block, Pack, read_pack
from holotype.store.places.place import Place

__all__ = ["Catalog", "Where"]

_READERS = 16


class Where(NamedTuple):
    """One part: which of the parts of which block of which pack."""

    pack: str
    number: int
    block: Block
    part: int

    @property
    def size(self) -> int:
        """Bytes of the part."""
        return self.block.parts[self.part][1]


class Catalog:
    """The packs of a place that are known, and what is in them."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.packs: dict[str, Pack] = {}
        self._parts: dict[str, tuple[str, int, int]] = {}
        self._objects: dict[str, tuple[str, ...]] = {}

    def read(self, names: Iterable[str], sizes: dict[str, int] | None = None) -> None:
        """Read the indexes of these packs, as far as they are not known and not gone."""
        known = sizes or {}
        missing = [name for name in dict.fromkeys(names) if name not in self.packs]

        def fetch(name: str) -> Pack | None:
            try:
                return read_pack(self.place, name, known.get(name))
            except NotInStoreError:
                return None

        for pack in _each(fetch, missing):
            if pack is not None:
                self.add(pack)

    def refresh(self, without: Collection[str] = ()) -> None:
        """Know all packs that are there now, but not those of ``without``, and no others."""
        there = {f.key.rpartition("/")[2]: f.size for f in self.place.list("packs/")}
        wanted = [name for name in there if name not in without]
        gone = self.packs.keys() - set(wanted)
        if gone:
            kept = [pack for name, pack in self.packs.items() if name not in gone]
            self.packs, self._parts, self._objects = {}, {}, {}
            for pack in kept:
                self.add(pack)
        self.read(wanted, there)

    def add(self, pack: Pack) -> None:
        """One more pack. What is in several is taken from the one that was known first."""
        if pack.name in self.packs:
            return
        self.packs[pack.name] = pack
        for number, block in enumerate(pack.blocks):
            for part, (digest, _) in enumerate(block.parts):
                self._parts.setdefault(digest, (pack.name, number, part))
        for digest, parts in pack.objects.items():
            self._objects.setdefault(digest, parts)

    def where(self, digest: str) -> Where | None:
        """Where a part is, if that is known."""
        found = self._parts.get(digest)
        if found is None:
            return None
        pack, number, part = found
        return Where(pack, number, self.packs[pack].blocks[number], part)

    def parts(self, digest: str) -> tuple[str, ...] | None:
        """The parts of an object, in order, all of them known; of a part, itself. Or None."""
        if digest in self._parts:
            return (digest,)
        parts = self._objects.get(digest)
        return parts if parts is not None and all(p in self._parts for p in parts) else None

    def places(self, digest: str) -> list[Where]:
        """Where the parts of an object are; DamagedStoreError if that is not known."""
        found = [self.where(part) for part in self.parts(digest) or ()]
        places = [each for each in found if each is not None]
        if not places:
            raise DamagedStoreError(f"the store has lost {digest}", (digest,))
        return places

    def needed(self, digests: Iterable[str]) -> set[tuple[str, int]]:
        """The packs and numbers of all blocks that these objects take, differences followed."""
        blocks: set[tuple[str, int]] = set()
        waiting = list(digests)
        seen = set(waiting)
        while waiting:
            for where in self.places(waiting.pop()):
                if (where.pack, where.number) in blocks:
                    continue
                blocks.add((where.pack, where.number))
                if where.block.base is not None:
                    new = [part for part in where.block.base.parts if part not in seen]
                    seen.update(new)
                    waiting += new
        return blocks


def _each(function: Callable[[str], Pack | None], names: Sequence[str]) -> list[Pack | None]:
    if len(names) < 2:
        return [function(name) for name in names]
    with ThreadPoolExecutor(min(_READERS, len(names)), thread_name_prefix="holotype") as pool:
        return list(pool.map(function, names))
