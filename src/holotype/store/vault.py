"""A store of archives at one place: what goes in, and how it comes out again.

Rule: what comes out is, byte by byte, what went in, or there is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy.typing as npt
from msgspec.structs import replace

from holotype.archive.reader import ArchiveReader
from holotype.errors import ConflictError, DamagedStoreError, NotInStoreError
from holotype.store.catalog import Catalog
from holotype.store.indexes import Indexes
from holotype.store.names import Number, check_name, parse_number
from holotype.store.packs import MAX_BLOCK
from holotype.store.places.opening import open_place
from holotype.store.places.place import ABSENT, Place
from holotype.store.pushing import Work, at_work, commit, store_archive
from holotype.store.reading import Reader
from holotype.store.recipes import Recipe, read_recipe
from holotype.store.records import Note, Version, render
from holotype.store.shelf import Shelf, now
from holotype.store.stored import Progress, StoredArchive, id_of, open_stored, save
from holotype.store.words import add_seals, notes_of, seals_of

__all__ = ["FIRST", "Numbering", "Vault", "patch_step", "recipe_of"]

FIRST = Number(1, 0, 0)
"""The number of a model's first version."""

_ATTEMPTS = 100
_LOOKS = 3

Numbering = Callable[[Version, ArchiveReader, StoredArchive], tuple[Number, Sequence[str]]]
"""(version before, new archive, the one before) → the number of the new one, and why that one."""


def patch_step(
    before: Version, _: ArchiveReader, __: StoredArchive
) -> tuple[Number, Sequence[str]]:
    """One patch step after the version before."""
    return parse_number(before.version).next_patch(), ()


class Vault(Shelf):
    """The archives at a place."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.catalog = Catalog(place, Indexes.of(place))

    @classmethod
    def at(cls, url: str | os.PathLike[str] | None, *, create: bool) -> Vault:
        """The store at an address; made there if ``create`` and there is nothing."""
        vault = cls(open_place(url, create=create))
        vault.open(create=create)
        return vault

    def push(
        self,
        name: str,
        reader: ArchiveReader,
        *,
        trust_level: str,
        number: str | None = None,
        level: str = "balanced",
        message: str | None = None,
        numbering: Numbering = patch_step,
        progress: Progress | None = None,
    ) -> Version:
        """Store an archive as a version of ``name``; the one that it is already, if there is one.

        The bytes of the archive must have been compared with its digests. Raises ConflictError if
        the number that is asked for is taken or too small, and StoreError if it cannot be written.
        """
        check_name(name)
        wanted = None if number is None else parse_number(number)
        known = self._known(name, reader, wanted)
        if known is not None:
            self._add(known, reader, message)
            return known
        with at_work(self.place, self.catalog) as work, ExitStack() as stack:
            before = self._before(name, wanted)
            like = next(iter(self.with_digest(reader.manifest.fingerprint)), before)
            parent = None
            with suppress(DamagedStoreError):  # what cannot be read is nothing to be like
                parent = None if like is None else stack.enter_context(self.opened_version(like))
            stored = store_archive(
                work,
                reader,
                parent,
                None if like is None or parent is None else like.recipe,
                level=level,
                progress=progress,
            )
            derived = FIRST if wanted is None else wanted
            reasons: Sequence[str] = ()
            if before is not None:
                old = parent if before is like else stack.enter_context(self.opened_version(before))
                if old is not None:
                    derived, reasons = numbering(before, reader, old)
                else:
                    derived = parse_number(before.version).next_patch()
            if wanted is not None and wanted[:3] < derived[:3]:
                raise ConflictError(
                    f"{number} is too small a step from {before}, at least {derived} is needed: "
                    f"{'; '.join(reasons)}"
                )
            version = Version(
                name=name,
                version=str(wanted or derived),
                id=reader.id,
                fingerprint=reader.manifest.fingerprint,
                size=reader.size,
                added=stored.added,
                pushed=now(),
                level=trust_level,
                recipe=stored.recipe,
                recipe_size=stored.recipe_size,
                packs=stored.packs,
                parent=None if before is None else before.version,
                message=message,
                reasons=tuple(reasons),
            )
            version = self._commit(work, version, free=wanted is None)
        # Where they can be seen without opening it.
        self.add_seals(version, reader.seals().values())
        return version

    def _known(self, name: str, reader: ArchiveReader, wanted: Number | None) -> Version | None:
        """The version that an archive is already: of its id, or of the same model and parts."""
        fit = [
            version
            for digest in (reader.id, reader.manifest.fingerprint)
            for version in self.with_digest(digest)
            if version.name == name and wanted in (None, parse_number(version.version))
        ]
        for version in fit:
            if version.id == reader.id:
                return version
        for version in reversed(fit if wanted is None else []):
            with suppress(DamagedStoreError), self.opened_version(version) as other:
                if _substance(other) == _substance(reader):
                    return version
        return None

    def _before(self, name: str, wanted: Number | None) -> Version | None:
        """The version that comes before a number, or before the next one."""
        if wanted is None:
            return self.latest(name)
        lower = [v for v in self.versions(name) if parse_number(v.version).order < wanted.order]
        return lower[-1] if lower else None

    def _commit(self, work: Work, version: Version, *, free: bool) -> Version:
        """Make it a version, of the next number that is not taken if it is ``free`` to be."""
        used = set(map(str, self.numbers(version.name)))
        for _ in range(_ATTEMPTS):
            while free and version.version in used:
                after = parse_number(version.version).next_patch()
                version = replace(version, version=str(after))
            try:
                commit(work, version)
            except ConflictError:
                work.renew()
                if not free:
                    raise ConflictError(
                        f"{version} is there already; a number stays with what it was given to"
                    ) from None
                used.add(version.version)
            else:
                return version
        raise ConflictError(
            f"{_ATTEMPTS} others pushed versions of {version.name} meanwhile; try again"
        )

    def _add(self, version: Version, reader: ArchiveReader, message: str | None) -> None:
        """Keep what an archive of a known version says beyond it: its seals, or its manifest."""
        if reader.id == version.id:
            self.add_seals(version, reader.seals().values())
            return
        note = Note(
            name=version.name,
            version=version.version,
            id=reader.id,
            noted=now(),
            manifest=reader.manifest.to_json().decode(),
            message=message,
        )
        with suppress(ConflictError):  # it was said before
            self.place.write(note.key, render(note), ABSENT)

    def add_seals(self, version: Version, seals: Iterable[bytes]) -> None:
        """Add seals to the archive of a version, of whatever number and name it is there."""
        add_seals(self.place, version, seals)

    def seals(self, version: Version) -> list[bytes]:
        """The seals of a version's archive: those that it came with, and those that came later."""
        return seals_of(self.place, version)

    def notes(self, version: Version) -> list[Note]:
        """What other archives of the same model said of it, the oldest first."""
        return notes_of(self.place, version)

    @contextmanager
    def opened(self, spec: str) -> Iterator[StoredArchive]:
        """The archive of a version, to be read like a file."""
        with self.opened_version(self.find(spec)) as archive:
            yield archive

    @contextmanager
    def opened_version(self, version: Version) -> Iterator[StoredArchive]:
        """The archive of a version that was found."""
        with open_stored(self.recipe(version), self.catalog, self.seals(version)) as archive:
            if archive.id != version.id:
                raise DamagedStoreError(f"{version} is not the archive that was pushed")
            yield archive

    def recipe(self, version: Version) -> Recipe:
        """How a version's file is put together; all of its parts are known afterwards."""
        with suppress(DamagedStoreError, NotInStoreError):  # parts have moved to other packs
            self.catalog.read(version.packs)
            return self._recipe(version)
        for _ in range(_LOOKS - 1):
            self.catalog.refresh()
            with suppress(DamagedStoreError, NotInStoreError):  # they moved while we looked
                return self._recipe(version)
        self.catalog.refresh()
        return self._recipe(version)

    def _recipe(self, version: Version) -> Recipe:
        recipe = recipe_of(version, self.catalog, Reader(self.catalog))
        self.catalog.needed([version.recipe, *(digest for digest, _, _ in recipe.objects)])
        return recipe

    def pull(
        self, version: Version, target: str | os.PathLike[str], progress: Progress | None = None
    ) -> Path:
        """Write a version to a file, atomically; every byte was compared with its digest."""
        recipe = self.recipe(version)
        if id_of(recipe, self.catalog) != version.id:
            raise DamagedStoreError(f"{version} is not the archive that was pushed")
        save(recipe, self.catalog, target, progress, self.seals(version))
        return Path(target)

    def array(self, version: Version, name: str) -> npt.NDArray[Any]:
        """One array, by its name in ``parameters.safetensors``; reads only its bytes."""
        with self.opened_version(version) as archive:
            return archive.array(name)


def recipe_of(version: Version, catalog: Catalog, reader: Reader) -> Recipe:
    """The recipe of a version; what it takes may not all be there."""
    size = sum(where.size for where in catalog.places(version.recipe))
    if size != version.recipe_size or size > MAX_BLOCK:
        raise DamagedStoreError(f"the recipe of {version} has another size", (version.recipe,))
    return read_recipe(reader.object(version.recipe), version.size)


def _substance(reader: ArchiveReader) -> dict[str, str]:
    """The parts of an archive that are more than what it says of itself, by their digests."""
    kept = ("blueprint", "probe", "portable")
    return {p.name: p.digest for p in reader.manifest.parts if p.name.startswith(kept)}
