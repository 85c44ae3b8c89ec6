"""A store of archives at one place: what goes in, and how it comes out again.

Rule: what comes out is, byte by byte, what went in, or there is an error.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import Any

import numpy.typing as npt

from holotype.archive.atomic import replacing, write_at
from holotype.archive.reader import ArchiveReader
from holotype.errors import ConflictError, DamagedStoreError
from holotype.store.catalog import Catalog
from holotype.store.names import Number, check_name, parse_number
from holotype.store.places.opening import open_place
from holotype.store.places.place import Place
from holotype.store.pushing import Progress, at_work, commit, store_archive
from holotype.store.reading import Bytes, Delivery, Reader, Want
from holotype.store.recipes import Recipe, read_recipe
from holotype.store.records import Version
from holotype.store.shelf import Shelf, now
from holotype.store.stored import StoredArchive, open_stored

__all__ = ["FIRST", "Numbering", "Vault", "patch_step"]

FIRST = Number(1, 0, 0)
"""The number of a model's first version."""

_ATTEMPTS = 100

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
        self.catalog = Catalog(place)

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
        the number that is asked for is taken, and StoreError if it cannot be written.
        """
        check_name(name)
        wanted = None if number is None else parse_number(number)
        for known in self.with_digest(reader.id):
            if known.name == name and wanted in (None, parse_number(known.version)):
                return known
        with at_work(self.place, self.catalog) as work, ExitStack() as stack:
            before = self.latest(name)
            like = next(iter(self.with_digest(reader.manifest.fingerprint)), before)
            parent = None if like is None else stack.enter_context(self._opened(like))
            stored = store_archive(
                work,
                reader,
                parent,
                None if like is None else like.recipe,
                level=level,
                progress=progress,
            )
            reasons: Sequence[str] = ()
            if wanted is None and before is not None:
                old = parent if before is like else stack.enter_context(self._opened(before))
                assert old is not None  # noqa: S101 - there is one if there is a version
                wanted, reasons = numbering(before, reader, old)
            used = set(self.numbers(name))
            wanted = wanted or FIRST
            for _ in range(_ATTEMPTS):
                while number is None and wanted in used:
                    wanted = wanted.next_patch()
                version = Version(
                    name=name,
                    version=str(wanted),
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
                self.note_digests(version)
                try:
                    commit(work, version)
                except ConflictError:
                    work.still()
                    if number is not None:
                        raise ConflictError(
                            f"{name} has a version {number} already; its number stays with it"
                        ) from None
                    used.add(wanted)
                else:
                    return version
        raise ConflictError(f"{_ATTEMPTS} others pushed versions of {name} meanwhile; try again")

    @contextmanager
    def opened(self, spec: str) -> Iterator[StoredArchive]:
        """The archive of a version, to be read like a file."""
        with self._opened(self.find(spec)) as archive:
            yield archive

    @contextmanager
    def _opened(self, version: Version) -> Iterator[StoredArchive]:
        with open_stored(self.recipe(version), self.catalog) as archive:
            if archive.id != version.id:
                raise DamagedStoreError(f"{version} is not the archive that was pushed")
            yield archive

    def recipe(self, version: Version) -> Recipe:
        """How a version's file is put together; all of its parts are known afterwards."""
        with suppress(DamagedStoreError):  # parts have moved to other packs, perhaps
            self.catalog.read(version.packs)
            return self._recipe(version)
        self.catalog.refresh()
        return self._recipe(version)

    def _recipe(self, version: Version) -> Recipe:
        data = Reader(self.catalog).object(version.recipe)
        recipe = read_recipe(data, version.size)
        self.catalog.needed([version.recipe, *(digest for digest, _, _ in recipe.objects)])
        return recipe

    def pull(
        self, version: Version, target: str | os.PathLike[str], progress: Progress | None = None
    ) -> Path:
        """Write a version to a file, atomically; every byte was compared with its digest."""
        recipe = self.recipe(version)
        done = 0

        with replacing(os.path.realpath(os.fspath(target))) as file:
            os.truncate(file, recipe.size)
            for offset, data in recipe.rest:
                write_at(file, [data], offset)

            def sink(begin: int) -> Callable[[int, Bytes], None]:
                return lambda offset, data: write_at(file, [data.data], begin + offset)

            wants = [Want(digest, sink(offset)) for digest, offset, _ in recipe.objects]
            with Delivery(self.catalog, wants, verify=True) as delivery:
                for size in delivery.each():
                    done += size
                    if progress is not None:
                        progress(done, delivery.total)
        return Path(target)

    def array(self, version: Version, name: str) -> npt.NDArray[Any]:
        """One array, by its name in ``parameters.safetensors``; reads only its bytes."""
        with self._opened(version) as archive:
            return archive.array(name)
