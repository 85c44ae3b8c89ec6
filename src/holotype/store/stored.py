"""An archive that lies in a store, opened like a file: the same checks, the same loader.

The file is laid out in memory that takes no room until it is written to; manifest, blueprint and
other small parts are put in their places, and arrays come straight from their blocks when they are
asked for. So nothing here decides what a model is: the reader of archives does.
"""

from __future__ import annotations

import mmap
import os
from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.archive.atomic import replacing, write_at
from holotype.archive.container import REQUIRED, read_directory
from holotype.archive.loaded import Buffer, LoadedArrays, allocate
from holotype.archive.reader import ArchiveReader
from holotype.archive.seals import ending
from holotype.digest import data_digest, sha256
from holotype.errors import DamagedStoreError, LimitError, NotInStoreError
from holotype.graph.nodes import ArrayNode, Blueprint
from holotype.graph.parse import parse_blueprint
from holotype.store.catalog import Catalog, Where
from holotype.store.cutting import cut
from holotype.store.forms import Bytes
from holotype.store.packs import pack_key
from holotype.store.reading import Delivery, Reader, Want
from holotype.store.recipes import Recipe
from holotype.types.table import type_table

__all__ = [
    "Progress",
    "Seals",
    "StoredArchive",
    "id_of",
    "laid_out",
    "open_stored",
    "save",
    "sealed_recipe",
]

Seals = Sequence[bytes]
"""What was sealed after the archive was pushed: the content of each seal."""

Progress = Callable[[int, int], None]
"""Is told how many bytes were done, and of how many."""

_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0)


class StoredArchive(ArchiveReader):
    """An archive whose array data is still in the store."""

    def __init__(self, view: memoryview, recipe: Recipe, catalog: Catalog) -> None:
        self._recipe = recipe
        self._catalog = catalog
        self._whole = False
        self._digest_at = {offset: digest for digest, offset, _ in recipe.objects}
        _check_sizes(recipe, catalog)
        super().__init__(view, None)

    def load_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        layout = self.parameters(blueprint)
        base = self.members[REQUIRED[2]].offset + len(layout.head)
        buffers = allocate([stored.size for stored in layout.order])
        starts = [base + offset for offset in layout.offsets]
        wanted = self._within(self.members[REQUIRED[2]].name)
        places = {start: b for start, b in zip(starts, buffers, strict=True) if b.nbytes}
        if any(o not in places or places[o].nbytes != size for _, o, size in wanted):
            raise DamagedStoreError("the recipe of an archive has objects that are no arrays of it")
        wants = [Want(digest, _filler(places[offset])) for digest, offset, _ in wanted]
        delivery = Delivery(self._catalog, wants, verify=False)
        for start, buffer in zip(starts, buffers, strict=True):
            self._copy_rest(start, buffer)
        ends = [offset + size for _, offset, size in wanted]

        def read(asked: Sequence[Buffer], offset: int) -> None:
            stop = base + offset + sum(target.nbytes for target in asked)
            number = bisect_right(ends, base + offset)
            while number < len(wanted) and wanted[number][1] < stop:
                delivery.wait(number)
                number += 1

        return _Delivered(delivery, blueprint, layout, buffers, read=read, verify=verify)

    def map_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Arrays that lie in one piece as they are, mapped; others decoded, all at once if they are
        to be hashed anyway, else one by one when they are asked for.
        """
        layout = self.parameters(blueprint)
        base = self.members[REQUIRED[2]].offset + len(layout.head)
        buffers: list[Buffer] = []
        waiting: dict[str, Want] = {}
        for stored, offset in zip(layout.order, layout.offsets, strict=True):
            digest = self._digest_at.get(base + offset) if stored.size else None
            mapped = None if digest is None else self._mapped(digest)
            if mapped is None:
                mapped = np.empty(stored.size, np.uint8)
                if digest is None:
                    self._copy_rest(base + offset, mapped)
                else:
                    waiting[stored.name] = Want(digest, _filler(mapped))
            buffers.append(mapped)
        if verify:
            with Delivery(self._catalog, waiting.values(), verify=False) as delivery:
                delivery.finish()
            waiting = {}
        return _Waiting(
            self._catalog, waiting, blueprint, layout, buffers, read=None, verify=verify
        )

    def named(self) -> dict[str, tuple[str, int]]:
        """The objects of the archive by the names of what they hold: digest and size."""
        spans = [(span, self._digest_at.get(span.offset)) for span in cut(self)]
        return {span.name: (digest, span.size) for span, digest in spans if digest}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array by its name, compared with its digest; no other one is read."""
        blueprint = parse_blueprint(self.blueprint, type_table(), stored=self.size)
        node = next((node for node in blueprint.arrays if node.name == name), None)
        if node is None:
            raise NotInStoreError(f"the archive has no array {name!a}")
        array: npt.NDArray[Any] = self.map_arrays(blueprint, verify=False).take(node)
        if data_digest(array.tobytes("A")) != node.digest:
            raise DamagedStoreError(f"the array {name!a} is not what was saved")
        return array

    def save(self, target: str | os.PathLike[str], progress: Progress | None = None) -> None:
        """Write the archive to a file; see :func:`save`."""
        save(self._recipe, self._catalog, target, progress)

    def _mapped(self, digest: str) -> Bytes | None:
        """An object that lies in one piece in a pack as it is, mapped."""
        places = self._catalog.places(digest)
        first = places[0]
        start = stop = _raw_offset(first)
        if start is None or any(where.pack != first.pack for where in places):
            return None
        for where in places:
            if _raw_offset(where) != stop or stop is None:
                return None
            stop += where.size
        if stop is None or start % 64:
            return None
        with suppress(NotInStoreError):  # it was collected just now, and is somewhere else
            return self._catalog.place.map(pack_key(first.pack), start, stop - start)
        return None

    def _within(self, name: str) -> list[tuple[str, int, int]]:
        member = self.members[name]
        stop = member.offset + member.size
        return [each for each in self._recipe.objects if member.offset <= each[1] < stop]

    def _copy_rest(self, start: int, buffer: Buffer) -> None:
        """The bytes of an array that is in no object; of another one, what will be filled in."""
        if start not in self._digest_at:
            buffer[:] = np.frombuffer(self._view[start : start + buffer.nbytes], np.uint8)

    def complete(self) -> None:
        if not self._whole:
            _fill(self._view, self._catalog, self._within(REQUIRED[2]))
            self._whole = True

    def share(self) -> int:
        self.complete()
        return super().share()

    def digest(self) -> str:
        self.complete()
        return super().digest()

    def check_sums(self) -> None:
        self.complete()
        super().check_sums()


class _Delivered(LoadedArrays):
    """Arrays that come from a delivery, which ends with them."""

    def __init__(self, delivery: Delivery, *args: Any, **kwargs: Any) -> None:
        self._delivery = delivery
        super().__init__(*args, **kwargs)

    def __exit__(self, kind: type[BaseException] | None, *rest: object) -> None:
        try:
            super().__exit__(kind, *rest)
        finally:
            self._delivery.__exit__()


class _Waiting(LoadedArrays):
    """Arrays of which some are decoded when they are first asked for."""

    def __init__(self, catalog: Catalog, wants: dict[str, Want], *args: Any, **kwargs: Any) -> None:
        self._catalog = catalog
        self._reader = Reader(catalog, verify=False)
        self._wants = wants
        super().__init__(*args, **kwargs)

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        self._fetch(node)
        return super().peek(node)

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        self._fetch(node)
        return super().take(node)

    def _fetch(self, node: ArrayNode) -> None:
        want = self._wants.pop(node.name, None)
        if want is None:
            return
        if len(self._catalog.places(want.digest)) == 1:  # its block has others: it is kept a while
            want.sink(0, self._reader.object(want.digest))
            return
        with Delivery(self._catalog, [want], verify=False) as delivery:
            delivery.finish()


def _raw_offset(where: Where) -> int | None:
    """Where a part lies in its pack as it is."""
    if where.block.coded.get("layer") != "raw":
        return None
    before = sum(size for _, size in where.block.parts[: where.part])
    return where.block.offset + before


def _filler(buffer: Buffer) -> Callable[[int, Bytes], None]:
    def fill(start: int, data: Bytes) -> None:
        buffer[start : start + len(data)] = data

    return fill


def _fill(view: memoryview, catalog: Catalog, objects: Sequence[tuple[str, int, int]]) -> None:
    whole = np.frombuffer(view, np.uint8)
    wants = [
        Want(digest, _filler(whole[offset : offset + size])) for digest, offset, size in objects
    ]
    with Delivery(catalog, wants, verify=True) as delivery:
        delivery.finish()


def _check_sizes(recipe: Recipe, catalog: Catalog) -> None:
    """DamagedStoreError if an object is not as large as the recipe says, so would fit nowhere."""
    for digest, _, size in recipe.objects:
        if sum(where.size for where in catalog.places(digest)) != size:
            raise DamagedStoreError(f"{digest} has another size than it should", (digest,))


@contextmanager
def open_stored(recipe: Recipe, catalog: Catalog, seals: Seals = ()) -> Iterator[StoredArchive]:
    """Open the archive that a recipe describes, with further seals."""
    if seals:
        recipe = sealed_recipe(recipe, seals)
    if recipe.size > _memory():
        raise LimitError(
            f"the archive has {recipe.size} bytes, more than this machine has memory; "
            "holotype pull writes it to a file, which can be mapped"
        )
    view = laid_out(recipe)
    archive = StoredArchive(view, recipe, catalog)
    parameters = archive.members[REQUIRED[2]]
    others = [
        each
        for each in recipe.objects
        if not parameters.offset <= each[1] < parameters.offset + parameters.size
    ]
    _fill(view, catalog, others)
    yield archive


def save(
    recipe: Recipe,
    catalog: Catalog,
    target: str | os.PathLike[str],
    progress: Progress | None = None,
    seals: Seals = (),
) -> None:
    """Write the archive of a recipe to a file, atomically, every byte compared with a digest."""
    done = 0
    _check_sizes(recipe, catalog)
    recipe = sealed_recipe(recipe, seals) if seals else recipe
    with replacing(os.path.realpath(os.fspath(target))) as file:
        try:
            os.truncate(file, recipe.size)
        except OSError as error:
            raise LimitError(
                f"the archive has {recipe.size} bytes, more than a file may have there "
                f"({error.strerror})"
            ) from None
        for offset, data in recipe.rest:
            write_at(file, [data], offset)

        def sink(begin: int) -> Callable[[int, Bytes], None]:
            return lambda offset, data: write_at(file, [data.data], begin + offset)

        wants = [Want(digest, sink(offset)) for digest, offset, _ in recipe.objects]
        with Delivery(catalog, wants, verify=True) as delivery:
            for size in delivery.each():
                done += size
                if progress is not None:
                    progress(done, delivery.total)


def id_of(recipe: Recipe, catalog: Catalog) -> str:
    """The id of the archive of a recipe; no object need be read for it."""
    _check_sizes(recipe, catalog)
    view = laid_out(recipe)
    manifest = read_directory(view)[0]
    return sha256(view[manifest.offset : manifest.offset + manifest.size])


def sealed_recipe(recipe: Recipe, seals: Seals, archive_id: str | None = None) -> Recipe:
    """The recipe of the same archive, which must be that of the id if one is given, with further
    seals.
    """
    view = laid_out(recipe)
    manifest = read_directory(view)[0]
    found = sha256(view[manifest.offset : manifest.offset + manifest.size])
    kept, end = ending(view, seals, archive_id or found)
    tail = b"".join(end)
    if any(offset + size > kept for _, offset, size in recipe.objects):
        raise DamagedStoreError("the recipe of an archive has objects where its seals are")
    rest = [(offset, data[: kept - offset]) for offset, data in recipe.rest if offset < kept]
    return Recipe(kept + len(tail), recipe.objects, (*rest, (kept, tail)))


def laid_out(recipe: Recipe) -> memoryview:
    """A file in memory that takes no room where nothing was put yet, with all but the objects."""
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE
    try:
        view = memoryview(mmap.mmap(-1, max(recipe.size, 1), flags=flags))[: recipe.size]
    except (OSError, OverflowError):
        raise LimitError(f"an archive of {recipe.size} bytes cannot be laid out") from None
    for offset, data in recipe.rest:
        view[offset : offset + len(data)] = data
    return view


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
