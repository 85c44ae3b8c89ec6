"""Putting an archive into a store: what is not there yet into new packs, then the record.

The order makes it safe to be stopped anywhere. A writer first says that it is at work, then looks
at what is condemned, and takes for granted only what is not; packs come next; the record comes last
and makes it all a version. Whoever finds packs without a version may collect them once no writer
that could need them is at work.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import NamedTuple

import numpy as np

from holotype.archive.reader import ArchiveReader
from holotype.digest import data_digest
from holotype.errors import ConflictError
from holotype.store.catalog import Catalog
from holotype.store.cutting import cut
from holotype.store.encoding import Coder
from holotype.store.packs import PackWriter
from holotype.store.places.place import ABSENT, Place
from holotype.store.processes import this_process
from holotype.store.reading import Reader
from holotype.store.recipes import make_recipe
from holotype.store.records import Version, Writer, render
from holotype.store.stored import StoredArchive

__all__ = ["CONDEMNED", "WRITERS", "Stored", "Work", "at_work", "commit", "store_archive"]

WRITERS = "writers/"
CONDEMNED = "condemned/"
_PACK = 1 << 26  # bytes; then another pack is begun

Progress = Callable[[int, int], None]
"""Is told how many bytes were looked at, and of how many."""


class Stored(NamedTuple):
    """Where an archive is: its recipe, the packs that it takes, and what was added in bytes."""

    recipe: str
    recipe_size: int
    packs: tuple[str, ...]
    added: int


class Work:
    """A writer at work. ``catalog`` knows all that it may rely on."""

    def __init__(self, place: Place, catalog: Catalog) -> None:
        self.place = place
        self.catalog = catalog
        self.key = f"{WRITERS}{secrets.token_hex(16)}.json"

    def begin(self) -> None:
        """Say that it is at work, and what it will not rely on."""
        process = this_process()
        self.place.write(self.key, render(Writer(process=process)), ABSENT)
        avoids = {found.key.removeprefix(CONDEMNED) for found in self.place.list(CONDEMNED)}
        self.place.write(self.key, render(Writer(process=process, avoids=tuple(sorted(avoids)))))
        self.catalog.refresh(without=avoids)

    def still(self) -> None:
        """ConflictError if it was taken for dead meanwhile, so that its packs may be gone."""
        if self.place.find(self.key) is None:
            raise ConflictError(
                "this writer was taken for dead, as it was away for long: do the same once more"
            )

    def renew(self) -> None:
        """Show that it is alive."""
        self.still()
        self.place.write(self.key, bytes(self.place.read(self.key)))

    def end(self) -> None:
        self.place.delete(self.key)


@contextmanager
def at_work(place: Place, catalog: Catalog) -> Iterator[Work]:
    """Between beginning and end, nothing that the catalog knows is collected."""
    work = Work(place, catalog)
    try:
        work.begin()
        yield work
    finally:
        work.end()


def store_archive(
    work: Work,
    reader: ArchiveReader,
    parent: StoredArchive | None,
    parent_recipe: str | None,
    *,
    level: str,
    progress: Progress | None = None,
) -> Stored:
    """Write what the store lacks of an archive; there is no version of it yet."""
    catalog = work.catalog
    data = np.frombuffer(reader.view, np.uint8)
    spans = [
        (span, span.digest or data_digest(data[span.offset : span.offset + span.size]))
        for span in cut(reader)
    ]
    old = {} if parent is None else parent.named()
    coder = Coder(data, catalog, Reader(catalog), old, level)
    recipe = make_recipe(reader.view, [(digest, s.offset, s.size) for s, digest in spans])
    recipe_digest = data_digest(recipe)
    added = 0
    done, total = 0, sum(span.size for span, _ in spans)
    packer = PackWriter()
    try:
        for new in coder.code(spans):
            if packer.size > _PACK and (new.align or new.block is None or not new.mapped):
                added += _flush(work, packer)
                packer = PackWriter()
            if new.block is None:
                packer.compose(new.digest, new.parts)
                continue
            packer.add(new.block, new.bodies, align=new.align)
            done += new.block.raw
            if progress is not None:
                progress(done, total)
        if catalog.parts(recipe_digest) is None:
            new = coder.text(recipe, recipe_digest, parent_recipe)
            if new.block is not None:
                packer.add(new.block, new.bodies)
        if not packer.empty:
            added += _flush(work, packer)
    finally:
        packer.close()
    if progress is not None:
        progress(total, total)
    needed = catalog.needed([recipe_digest, *(digest for _, digest in spans)])
    packs = tuple(sorted({pack for pack, _ in needed}))
    return Stored(recipe_digest, len(recipe), packs, added)


def _flush(work: Work, packer: PackWriter) -> int:
    work.renew()
    pack = packer.finish(work.place)
    packer.close()
    work.catalog.add(pack)
    return pack.size


def commit(work: Work, version: Version) -> None:
    """Make it a version; ConflictError if the number is taken."""
    work.still()
    work.place.write(version.key, render(version), ABSENT)
