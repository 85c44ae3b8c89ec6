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
from contextlib import contextmanager
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.archive.container import REQUIRED
from holotype.archive.loaded import Buffer, LoadedArrays, allocate
from holotype.archive.reader import ArchiveReader
from holotype.digest import data_digest
from holotype.errors import DamagedStoreError, LimitError, NotInStoreError
from holotype.graph.nodes import Blueprint
from holotype.graph.parse import parse_blueprint
from holotype.store.catalog import Catalog, Where
from holotype.store.cutting import cut
from holotype.store.forms import Bytes
from holotype.store.packs import pack_key
from holotype.store.reading import Delivery, Reader, Want
from holotype.store.recipes import Recipe
from holotype.types.table import type_table

__all__ = ["StoredArchive", "open_stored"]

_NORESERVE = getattr(mmap, "MAP_NORESERVE", 0)


class StoredArchive(ArchiveReader):
    """An archive whose array data is still in the store."""

    def __init__(self, view: memoryview, recipe: Recipe, catalog: Catalog) -> None:
        self._recipe = recipe
        self._catalog = catalog
        self._whole = False
        self._digest_at = {offset: digest for digest, offset, _ in recipe.objects}
        super().__init__(view, None)

    def load_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        layout = self.parameters(blueprint)
        base = self.members[REQUIRED[2]].offset + len(layout.head)
        buffers = allocate([stored.size for stored in layout.order])
        starts = [base + offset for offset in layout.offsets]
        wanted = self._within(self.members[REQUIRED[2]].name)
        targets = [_target(buffers, starts, offset) for _, offset, _ in wanted]
        wants = [Want(digest, sink) for (digest, _, _), sink in zip(wanted, targets, strict=True)]
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
        layout = self.parameters(blueprint)
        base = self.members[REQUIRED[2]].offset + len(layout.head)
        buffers: list[Buffer] = []
        wants = []
        for stored, offset in zip(layout.order, layout.offsets, strict=True):
            digest = self._digest_at.get(base + offset)
            mapped = None if digest is None else self._mapped(digest)
            if mapped is None:
                mapped = np.empty(stored.size, np.uint8)
                if digest is None:
                    self._copy_rest(base + offset, mapped)
                else:
                    wants.append(Want(digest, _filler(mapped)))
            buffers.append(mapped)
        with Delivery(self._catalog, wants, verify=False) as delivery:
            delivery.finish()
        return LoadedArrays(blueprint, layout, buffers, read=None, verify=verify)

    def named(self) -> dict[str, tuple[str, int]]:
        """The objects of the archive by the names of what they hold: digest and size."""
        spans = [(span, self._digest_at.get(span.offset)) for span in cut(self)]
        return {span.name: (digest, span.size) for span, digest in spans if digest}

    def array(self, name: str) -> npt.NDArray[Any]:
        """One array by its name, compared with its digest."""
        blueprint = parse_blueprint(self.blueprint, type_table(), stored=self.size)
        layout = self.parameters(blueprint)
        base = self.members[REQUIRED[2]].offset + len(layout.head)
        node = next((node for node in blueprint.arrays if node.name == name), None)
        if node is None:
            raise NotInStoreError(f"the archive has no array {name!a}")
        place = [stored.name for stored in layout.order].index(name)
        data = np.empty(node.size, np.uint8)
        digest = self._digest_at.get(base + layout.offsets[place])
        if digest is not None and node.size:
            data[:] = Reader(self._catalog).object(digest)
        else:
            self._copy_rest(base + layout.offsets[place], data)
        if data_digest(data) != node.digest:
            raise DamagedStoreError(f"the array {name!a} is not what was saved")
        return data.view(node.dtype).reshape(node.shape, order=node.order)

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
        return self._catalog.place.map(pack_key(first.pack), start, stop - start)

    def _within(self, name: str) -> list[tuple[str, int, int]]:
        member = self.members[name]
        stop = member.offset + member.size
        return [each for each in self._recipe.objects if member.offset <= each[1] < stop]

    def _copy_rest(self, start: int, buffer: Buffer) -> None:
        """The bytes of an array that is in no object; of another one, what will be filled in."""
        if start not in self._digest_at:
            buffer[:] = np.frombuffer(self._view[start : start + buffer.nbytes], np.uint8)

    def _fill(self) -> None:
        """The whole file in memory, for those who look at it as one."""
        if not self._whole:
            _fill(self._view, self._catalog, self._within(REQUIRED[2]))
            self._whole = True

    def share(self) -> int:
        self._fill()
        return super().share()

    def digest(self) -> str:
        self._fill()
        return super().digest()

    def check_sums(self) -> None:
        self._fill()
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


def _raw_offset(where: Where) -> int | None:
    """Where a part lies in its pack as it is."""
    if where.block.coded.get("layer") != "raw":
        return None
    before = sum(size for _, size in where.block.parts[: where.part])
    return where.block.offset + before


def _target(
    buffers: Sequence[Buffer], starts: Sequence[int], offset: int
) -> Callable[[int, Bytes], None]:
    return _filler(buffers[bisect_right(starts, offset) - 1])


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


@contextmanager
def open_stored(recipe: Recipe, catalog: Catalog) -> Iterator[StoredArchive]:
    """Open the archive that a recipe describes."""
    if recipe.size > _memory():
        raise LimitError(
            f"the archive has {recipe.size} bytes, more than this machine has memory; "
            "holotype pull writes it to a file, which can be mapped"
        )
    flags = mmap.MAP_PRIVATE | mmap.MAP_ANONYMOUS | _NORESERVE
    view = memoryview(mmap.mmap(-1, max(recipe.size, 1), flags=flags))[: recipe.size]
    for offset, data in recipe.rest:
        view[offset : offset + len(data)] = data
    archive = StoredArchive(view, recipe, catalog)
    parameters = archive.members[REQUIRED[2]]
    others = [
        each
        for each in recipe.objects
        if not parameters.offset <= each[1] < parameters.offset + parameters.size
    ]
    _fill(view, catalog, others)
    yield archive


def _memory() -> int:
    return os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES")
