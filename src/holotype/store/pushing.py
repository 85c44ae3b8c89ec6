"""Putting an archive into a store: what is not there yet into new packs, then the record.

The order makes it safe to be stopped anywhere. A writer first says that it is at work, then looks
at what is condemned, and takes for granted only what is not; packs come next; the record comes last
and makes it all a version. Whoever finds packs without a version may collect them once no writer
that could need them is at work.
"""

from __future__ import annotations

import secrets
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from typing import Any, NamedTuple

import msgspec

from holotype.archive.reader import ArchiveReader
from holotype.errors import ConflictError, StoreError
from holotype.store.catalog import Catalog
from holotype.store.packing import Packing
from holotype.store.packs import PackWriter
from holotype.store.places.place import ABSENT, Found, Place
from holotype.store.processes import this_process
from holotype.store.records import Version, Writer, id_key, render
from holotype.store.stored import Progress, StoredArchive

__all__ = [
    "CONDEMNED",
    "WRITERS",
    "Stored",
    "Work",
    "at_work",
    "commit",
    "complete",
    "store_archive",
]

WRITERS = "writers/"
CONDEMNED = "condemned/"


class Stored(NamedTuple):
    """Where an archive is: its recipe, the packs that it takes, and what was added in bytes."""

    recipe: str
    recipe_size: int
    packs: tuple[str, ...]
    added: int


class Work:
    """A writer at work. ``catalog`` knows all that it may rely on."""

    def __init__(self, place: Place, known: Catalog) -> None:
        self.place = place
        self.catalog = known.fork()
        self.key = f"{WRITERS}{secrets.token_hex(16)}.json"
        self._said = Writer(process=this_process())
        self._found: Found | None = None

    def begin(self) -> None:
        """Say that it is at work, and what it will not rely on."""
        self._found = self.place.write(self.key, render(self._said), ABSENT)
        avoids = {found.key.removeprefix(CONDEMNED) for found in self.place.list(CONDEMNED)}
        self._say(avoids=tuple(sorted(avoids)), begun=self._found.modified)
        self.catalog.refresh(without=avoids)

    def _say(self, **changes: Any) -> None:
        """ConflictError if it was taken for dead meanwhile, so that its packs may be gone."""
        said = msgspec.structs.replace(self._said, **changes)
        try:
            self._found = self.place.write(self.key, render(said), self._found)
        except ConflictError:
            raise ConflictError(
                "this writer was taken for dead, as it was away for long: do the same once more"
            ) from None
        self._said = said

    def renew(self) -> None:
        """Show that it is alive."""
        self._say()

    def announce(self, version: Version) -> None:
        """Say what is about to be a version: from now on it becomes one, whatever happens here."""
        self._say(version=version)

    def end(self) -> None:
        with suppress(StoreError):  # then a collector does it, once this process has ended
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
    packing = Packing(reader, work.catalog, level, parent, parent_recipe)
    added = 0
    packer = PackWriter()
    try:
        for new in packing.news(progress):
            if packer.full and not new.follows:
                added += _flush(work, packer)
                packer = PackWriter()
            packer.take(new)
        if not packer.empty:
            added += _flush(work, packer)
    finally:
        packer.close()
    needed = work.catalog.needed(packing.objects())
    packs = tuple(sorted({pack for pack, _ in needed}))
    return Stored(packing.digest, packing.size, packs, added)


def _flush(work: Work, packer: PackWriter) -> int:
    work.renew()
    pack = packer.finish(work.place)
    packer.close()
    work.catalog.add(pack)
    return pack.size


def commit(work: Work, version: Version) -> None:
    """Make it a version; ConflictError if the number is taken."""
    work.announce(version)
    complete(work.place, version)


def complete(place: Place, version: Version) -> None:
    """Write the record of a version, and before that where its id and its fingerprint are."""
    for digest in {version.id, version.fingerprint}:
        place.write(id_key(digest, version.name, version.version), b"")
    record = render(version)
    try:
        place.write(version.key, record, ABSENT)
    except ConflictError:  # our own, if an answer was lost or a collector did it in our place
        if bytes(place.read(version.key)) != record:
            raise
