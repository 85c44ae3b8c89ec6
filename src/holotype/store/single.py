"""A compressed archive: one pack that is one archive, in a file by itself.

It is made and read by what a store is made of. Rule: the file of the archive comes back byte by
byte, and nothing of a compressed one is believed that would not be believed of a store.
"""

from __future__ import annotations

import os
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import BinaryIO

import numpy as np
import numpy.typing as npt
from msgspec.structs import replace

from holotype.archive.reader import ArchiveReader
from holotype.digest import Digest, data_digest
from holotype.errors import DamagedStoreError, FormatError, SealError, StoreError
from holotype.store.catalog import Catalog
from holotype.store.forms import text as coded_text
from holotype.store.packing import Packing
from holotype.store.packs import (
    BODIES,
    MAX_BLOCK,
    Block,
    Content,
    Pack,
    PackWriter,
    pack_end,
    read_pack,
)
from holotype.store.places.place import Condition, Found
from holotype.store.reading import Reader
from holotype.store.recipes import Recipe, make_recipe, read_recipe
from holotype.store.stored import Progress, StoredArchive, laid_out, open_stored, sealed_recipe

__all__ = ["compress", "ending", "open_compressed"]

_NAME = "0" * 64  # of the only pack
_MOST_OF_RECIPE = 4  # times what it describes: the smallest objects are smaller than digests
_LEVELS = ("fast", "balanced", "small")


class _OneFile:
    """A place that has one pack, whatever it is asked for, and takes nothing."""

    local = True
    url = "a compressed archive"

    def __init__(self, data: memoryview) -> None:
        self._data = data

    def read(self, key: str, start: int = 0, size: int | None = None) -> memoryview:
        stop = len(self._data) if size is None else start + size
        if not 0 <= start <= stop <= len(self._data):
            raise StoreError("a compressed archive is shorter than its index says")
        return self._data[start:stop]

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        target[:] = np.frombuffer(self.read(key, start, len(target)), np.uint8)

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        return None

    def find(self, key: str) -> Found:
        return Found(key, len(self._data), self.now(), "")

    def list(self, prefix: str) -> Iterator[Found]:
        yield self.find(prefix)

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        raise StoreError("a compressed archive is not written to")

    def delete(self, key: str) -> None:
        raise StoreError("a compressed archive is not written to")

    def now(self) -> datetime:
        return datetime.now(UTC)


def compress(
    reader: ArchiveReader,
    target: str | os.PathLike[str],
    level: str,
    progress: Progress | None = None,
) -> int:
    """Write an archive, whose bytes were compared with its digests, to a file; its new size."""
    if level not in _LEVELS:
        raise ValueError(f"level is one of {', '.join(_LEVELS)}, not {level!r}")
    packing = Packing(reader, Catalog(_OneFile(memoryview(b""))), level)
    packer = PackWriter()
    try:
        for new in packing.news(progress):
            packer.take(new)
        content = Content(packing.digest, reader.size)
        return packer.save(os.path.realpath(os.fspath(target)), content)
    finally:
        packer.close()


def _recipe(catalog: Catalog, archive: Content) -> Recipe:
    size = sum(where.size for where in catalog.places(archive.recipe))
    if size > _MOST_OF_RECIPE * archive.size:
        raise FormatError(
            "the compressed archive describes a file at more length than the file has"
        )
    return read_recipe(Reader(catalog).object(archive.recipe), archive.size)


def ending(data: memoryview, more: Iterable[bytes], archive_id: Digest) -> tuple[int, list[bytes]]:
    """What :func:`holotype.archive.seals.ending` is to an archive: how many bytes of a compressed
    one stay as they are when it is sealed, and those that follow them.

    Seals stand in the recipe, so there is another one; all other blocks stay.
    """
    with _opened(data) as (pack, catalog, old):
        recipe = sealed_recipe(old, list(more), archive_id)
        needed = {digest for digest, _, _ in recipe.objects}
        parts = {part for digest in needed for part in catalog.parts(digest) or ()}
    kept = at = BODIES
    blocks: list[Block] = []
    end: list[bytes] = []
    for number, block in enumerate(pack.blocks):
        if parts.isdisjoint(digest for digest, _ in block.parts):
            continue
        if number == len(blocks):  # every block before it stayed, and so does its place
            blocks.append(block)
            kept = at = block.offset + block.size
        else:
            blocks.append(replace(block, offset=at))
            end.append(bytes(data[block.offset : block.offset + block.size]))
            at += block.size
    text = make_recipe(laid_out(recipe), recipe.objects)
    if len(text) > MAX_BLOCK:
        raise SealError(f"the recipe would have {len(text)} bytes; it may have {MAX_BLOCK}")
    digest, made = data_digest(np.frombuffer(text, np.uint8)), coded_text(text)
    (body,) = made.bodies
    blocks.append(Block(at, len(body), made.form, made.coded, ((digest, len(text)),)))
    notes = {each: pack.objects[each] for each in pack.objects if each in needed}
    last = pack_end(at + len(body), blocks, notes, Content(digest, recipe.size))
    return kept, [*end, body, last]


@contextmanager
def open_compressed(view: memoryview) -> Iterator[StoredArchive]:
    """Open a compressed archive, given as its bytes."""
    with _opened(view) as (_, catalog, recipe), open_stored(recipe, catalog) as archive:
        yield archive


@contextmanager
def _opened(view: memoryview) -> Iterator[tuple[Pack, Catalog, Recipe]]:
    """The one pack of a compressed archive, whose index holds, with all that its recipe takes."""
    catalog = Catalog(_OneFile(view))
    try:
        pack = read_pack(catalog.place, _NAME, len(view))
        if pack.archive is None:
            raise FormatError("the file is a pack of a store and no archive")
        if any(block.base is not None for block in pack.blocks):
            raise FormatError("the compressed archive is the difference from something else")
        catalog.add(pack)
        recipe = _recipe(catalog, pack.archive)
        catalog.needed(digest for digest, _, _ in recipe.objects)
        yield pack, catalog, recipe
    except DamagedStoreError as error:
        raise FormatError(f"the compressed archive is damaged: {error}") from None
