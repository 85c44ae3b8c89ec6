"""Where each part is: the indexes of packs together, as far as they were read.

Rule: the packs say what is in them; this only remembers it, and may forget it at any time.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from threading import RLock
from typing import NamedTuple, NoReturn

from holotype.errors import DamagedStoreError, NotInStoreError
from holotype.store.indexes import Indexes
from holotype.store.packs import Block, Pack, open_end, pack_key, read_end, read_pack
from holotype.store.places.place import Place

__all__ = ["Catalog", "Where", "check_order"]

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
    """The packs of a place that are known, and what is in them.

    What ``indexes`` has kept need not be read from the place.
    """

    def __init__(self, place: Place, indexes: Indexes | None = None) -> None:
        self.place = place
        self.indexes = indexes
        self.packs: dict[str, Pack] = {}
        self.broken: dict[str, DamagedStoreError] = {}
        self._parts: dict[str, tuple[str, int, int]] = {}
        self._objects: dict[str, list[tuple[str, ...]]] = {}
        self._without: frozenset[str] = frozenset()
        self._lock = RLock()  # several threads may read and load at once

    def fork(self) -> Catalog:
        """Another catalog that knows the same for now."""
        other = Catalog(self.place, self.indexes)
        with self._lock:
            other.packs, other._parts = self.packs.copy(), self._parts.copy()
            other._objects = {digest: [*each] for digest, each in self._objects.items()}
        return other

    def read(self, names: Iterable[str], sizes: dict[str, int] | None = None) -> None:
        """Read the indexes of these packs, as far as they are not known, and not gone or broken."""
        known = sizes or {}
        with self._lock:
            missing = [name for name in dict.fromkeys(names) if name not in self.packs]

        def fetch(name: str) -> Pack | None:
            try:
                return self._read(name, known.get(name))
            except NotInStoreError:
                return None
            except DamagedStoreError as error:
                self.broken[name] = error
                return None

        for pack in _each(fetch, missing):
            if pack is not None:
                self.add(pack)
        if self.indexes is not None:
            self.indexes.trim()

    def _read(self, name: str, size: int | None) -> Pack:
        if self.indexes is None:
            return read_pack(self.place, name, size)
        if size is None:  # that it was there once says nothing of now
            found = self.place.find(pack_key(name))
            if found is None:
                raise NotInStoreError(f"there is no {pack_key(name)}")
            size = found.size
        kept = self.indexes.get(name, size)
        if kept is not None:
            return kept
        end = read_end(self.place, name, size)
        pack = open_end(name, end)
        self.indexes.put(name, end)
        return pack

    def refresh(self, without: Collection[str] | None = None) -> None:
        """Know all packs that are there now, and no others; but none of ``without``, ever."""
        if without is not None:
            self._without = frozenset(without)
        listed = {f.key.rpartition("/")[2]: f for f in self.place.list("packs/")}
        there = {name: f.size for name, f in listed.items() if f.key == pack_key(name)}
        wanted = [name for name in there if name not in self._without]
        with self._lock:
            gone = self.packs.keys() - set(wanted)
            if gone:
                kept = [pack for name, pack in self.packs.items() if name not in gone]
                self.packs, self._parts, self._objects = {}, {}, {}
                for pack in kept:
                    self.add(pack)
            self.broken.clear()
        self.read(wanted, there)
        self._complete()

    def _complete(self) -> None:
        """Know only the parts of blocks for which all is here that they are differences from.

        What nobody needs may have lost its base already, or be about to: no writer may rely on it.
        """
        with self._lock:
            if all(self._has_base(b) for pack in self.packs.values() for b in pack.blocks):
                return
            blocks = sorted(
                (block.depth, name, number)
                for name, pack in self.packs.items()
                for number, block in enumerate(pack.blocks)
            )
            self._parts = {}
            for _, name, number in blocks:
                block = self.packs[name].blocks[number]
                if self._has_base(block):
                    for part, (digest, _) in enumerate(block.parts):
                        self._parts.setdefault(digest, (name, number, part))

    def _has_base(self, block: Block) -> bool:
        """Whether all that a block is the difference from is known, at a smaller depth."""
        for digest in () if block.base is None else block.base.parts:
            found = [self.where(part) for part in self.parts(digest) or ()]
            if not found or any(w is None or w.block.depth >= block.depth for w in found):
                return False
        return True

    def add(self, pack: Pack) -> None:
        """One more pack. What is in several blocks is taken from where fewest come before it:
        so a difference is never from something that is itself a difference from it.
        """
        with self._lock:
            if pack.name in self.packs:
                return
            self.packs[pack.name] = pack
            for number, block in enumerate(pack.blocks):
                for part, (digest, _) in enumerate(block.parts):
                    known = self._parts.get(digest)
                    if known is None or block.depth < self.packs[known[0]].blocks[known[1]].depth:
                        self._parts[digest] = (pack.name, number, part)
            for digest, parts in pack.objects.items():
                self._objects.setdefault(digest, []).append(parts)

    def where(self, digest: str) -> Where | None:
        """Where a part is, if that is known."""
        with self._lock:
            found = self._parts.get(digest)
            if found is None:
                return None
            pack, number, part = found
            return Where(pack, number, self.packs[pack].blocks[number], part)

    def parts(self, digest: str) -> tuple[str, ...] | None:
        """The parts of an object, in order, all of them known; of a part, itself. Or None."""
        with self._lock:
            if digest in self._parts:
                return (digest,)
            for parts in self._objects.get(digest, ()):
                if all(part in self._parts for part in parts):
                    return parts
        return None

    def places(self, digest: str) -> list[Where]:
        """Where the parts of an object are; DamagedStoreError if that is not known."""
        with self._lock:
            found = [self.where(part) for part in self.parts(digest) or self._lost(digest)]
        return [each for each in found if each is not None]

    def needed(self, digests: Iterable[str]) -> set[tuple[str, int]]:
        """The packs and numbers of all blocks that these objects take, differences followed."""
        blocks: set[tuple[str, int]] = set()
        waiting = list(digests)
        seen = set(waiting)
        with self._lock:
            while waiting:
                digest = waiting.pop()
                for part in self.parts(digest) or self._lost(digest):
                    pack, number, place = self._parts[part]
                    if (pack, number) in blocks:
                        continue
                    blocks.add((pack, number))
                    block = self.packs[pack].blocks[number]
                    if block.base is not None:
                        check_order(self, Where(pack, number, block, place))
                        new = [each for each in block.base.parts if each not in seen]
                        seen.update(new)
                        waiting += new
        return blocks

    def _lost(self, digest: str) -> NoReturn:
        keys = [f"packs/{name[:2]}/{name}" for name in sorted(self.broken)]
        hint = f"; damaged: {', '.join(keys[:3])}" if keys else ""
        raise DamagedStoreError(f"the store has lost {digest}{hint}", (digest, *keys))


def check_order(catalog: Catalog, where: Where) -> None:
    """DamagedStoreError if a block is a difference from what comes after it."""
    base = where.block.base
    for digest in () if base is None else base.parts:
        for before in catalog.places(digest):
            if before.block.depth >= where.block.depth:
                key = pack_key(where.pack)
                raise DamagedStoreError(f"{key} has a difference from what comes after it", (key,))


def _each(function: Callable[[str], Pack | None], names: Sequence[str]) -> list[Pack | None]:
    if len(names) < 2:
        return [function(name) for name in names]
    with ThreadPoolExecutor(min(_READERS, len(names)), thread_name_prefix="holotype") as pool:
        return list(pool.map(function, names))
