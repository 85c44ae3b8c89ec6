"""Blocks on their way into other packs, of the same store or of another: as they are, and checked.

Rule: a block is only written where it decodes to the parts that it says it holds, so that damage is
never carried on under a new name. What can be mapped stays so: blocks keep their order, and where
one began at a multiple of 64 bytes, it does so again.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from holotype.codec.parallel import in_order
from holotype.errors import DamagedStoreError, StoreError
from holotype.store.catalog import Catalog
from holotype.store.packs import ALIGNMENT, Block, Pack, PackWriter, pack_key
from holotype.store.places.place import Place
from holotype.store.reading import Reader
from holotype.store.stored import Progress

__all__ = ["Moved", "check", "move"]

Listed = Sequence[tuple[str, Block]]


class Moved(NamedTuple):
    """The packs that were written, and the blocks that could not be read, by pack, with why."""

    packs: list[Pack]
    damaged: list[tuple[str, Block, StoreError]]


class _Fetched(NamedTuple):
    pack: str
    block: Block
    body: bytes | memoryview
    error: StoreError | None = None


def move(
    source: Catalog,
    blocks: Listed,
    notes: Mapping[str, tuple[str, ...]],
    target: Place,
    *,
    written: Callable[[Pack], None] | None = None,
    before: Callable[[], None] | None = None,
    progress: Progress | None = None,
) -> Moved:
    """Copy blocks of packs that ``source`` knows, and notes, into new packs of ``target``.

    ``before`` is called before a pack is written, ``written`` with each that was.
    """
    reader = Reader(source)

    def fetch(listed: tuple[str, Block]) -> _Fetched:
        pack, block = listed
        try:
            body = source.place.read(pack_key(pack), block.offset, block.size)
            reader.decode(pack, block, body)
        except StoreError as error:
            return _Fetched(pack, block, b"", error)
        return _Fetched(pack, block, body)

    moved = Moved([], [])
    packer = PackWriter()

    def flush() -> None:
        if before is not None:
            before()
        pack = packer.finish(target)
        packer.close()
        moved.packs.append(pack)
        if written is not None:
            written(pack)

    done, total = 0, sum(block.size for _, block in blocks)
    try:
        for digest, parts in notes.items():
            packer.compose(digest, parts)
        for fetched in in_order(fetch, blocks, total):
            block = fetched.block
            done += block.size
            if fetched.error is not None:
                moved.damaged.append((fetched.pack, block, fetched.error))
                continue
            mapped = block.coded.get("layer") == "raw"
            align = mapped and block.offset % ALIGNMENT == 0
            if packer.full and (align or not mapped):
                flush()
                packer = PackWriter()
            packer.add(block, (fetched.body,), align=align)
            if progress is not None:
                progress(done, total)
        if not packer.empty:
            flush()
    finally:
        packer.close()
    return moved


def check(moved: Moved) -> None:
    """DamagedStoreError if a block could not be read."""
    for pack, _, error in moved.damaged:
        raise DamagedStoreError(str(error), (pack_key(pack),)) from error
