"""Opening an archive: structure, manifest, blueprint and arrays, each checked before it is used.

Array data is read into memory of our own, hashed there, and handed on from there: the bytes that
were hashed are the bytes that are loaded. A mapped archive skips the copy; its pages are private,
so arrays stay writable, but whoever may write to the file may change them until they are touched.
"""

from __future__ import annotations

import io
import mmap as mmap_module
import os
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from holotype.archive.container import REQUIRED, Member, read_directory
from holotype.archive.crc32 import combine, crc32
from holotype.archive.loaded import Buffer, LoadedArrays, allocate
from holotype.archive.manifest import MAX_BLUEPRINT, MAX_MANIFEST, Manifest, parse_manifest
from holotype.archive.parameters import Parameters, plan_parameters, stored_by_node
from holotype.archive.pipeline import Jobs
from holotype.archive.seals import check_seal_members, seal_content
from holotype.digest import sha256
from holotype.errors import DigestError, FormatError, LimitError
from holotype.graph.nodes import Blueprint

__all__ = ["ArchiveReader", "Source", "as_memory", "open_archive"]

_MANIFEST, _BLUEPRINT, _PARAMETERS = REQUIRED

Source = str | os.PathLike[str] | BinaryIO | bytes | bytearray | memoryview


class ArchiveReader:
    """An archive whose structure, manifest and blueprint are sound; no array was read yet."""

    def __init__(self, view: memoryview, descriptor: int | None) -> None:
        self._view = view
        self._descriptor = descriptor
        self.size = len(view)
        members = read_directory(view)
        self.sealed = check_seal_members(members)
        """The seals, of which only names and sizes were looked at."""
        self.members = {member.name: member for member in members}
        manifest = self._content(_MANIFEST, MAX_MANIFEST)
        if crc32(manifest) != self.members[_MANIFEST].crc:  # no digest in the file covers it
            raise DigestError("manifest.json is damaged: its CRC-32 is another", clause="5.1")
        self.id = sha256(manifest)
        self.manifest: Manifest = parse_manifest(manifest)
        self._check_parts()
        self.blueprint = self._content(_BLUEPRINT, MAX_BLUEPRINT)
        if sha256(self.blueprint) != self.manifest.part(_BLUEPRINT).digest:
            raise DigestError("blueprint.json is not what the manifest says", clause="5.3")
        if self.manifest.fingerprint != self.manifest.part(_BLUEPRINT).digest:
            raise DigestError("the fingerprint is not the digest of the blueprint", clause="5.4")

    @property
    def view(self) -> memoryview:
        """The bytes of the file."""
        return self._view

    def _content(self, name: str, limit: int) -> bytes:
        member = self.members[name]
        if member.size > limit:
            raise LimitError(f"{name} has {member.size} bytes, more than {limit}", clause="5.5")
        return bytes(self._view[member.offset : member.offset + member.size])

    def _check_parts(self) -> None:
        listed = [(part.name, part.size) for part in self.manifest.parts]
        seals = {seal.name for seal in self.sealed} | {_MANIFEST}
        found = [(m.name, m.size) for m in self.members.values() if m.name not in seals]
        if listed != found:
            raise FormatError(
                "the manifest's table of parts is not that of the members", clause="5.3"
            )
        for part in self.manifest.parts:
            if (part.head is not None) != (part.name == _PARAMETERS):
                raise FormatError(f"{part.name}: only parameters have a head", clause="5.3")

    def parameters(self, blueprint: Blueprint) -> Parameters:
        """The layout of the arrays; FormatError or DigestError where the file has another."""
        layout = plan_parameters(map(stored_by_node, blueprint.arrays))
        member, part = self.members[_PARAMETERS], self.manifest.part(_PARAMETERS)
        head = bytes(self._view[member.offset : member.offset + min(member.size, len(layout.head))])
        if part.head != len(layout.head) or part.digest != sha256(layout.head):
            raise DigestError("the head of parameters.safetensors is another one", clause="4.4")
        if head != layout.head or member.size != layout.size:
            raise FormatError(
                "parameters.safetensors does not hold the blueprint's arrays", clause="4.4"
            )
        return layout

    def check_others(self) -> None:
        """Compare the parts that are no model, such as a card, with their digests."""
        for part in self.manifest.parts:
            if part.name in REQUIRED:
                continue
            member = self.members[part.name]
            if sha256(self._view[member.offset : member.offset + member.size]) != part.digest:
                raise DigestError(f"{part.name} is not what the manifest says", clause="5.3")

    def complete(self) -> None:
        """See that ``view`` has all bytes of the file; here it always has."""

    def digest(self) -> str:
        """The digest of the whole file, which no part of it states."""
        return sha256(self._view)

    def content(self, name: str, limit: int) -> bytes:
        """A part that is no model, compared with its digest; LimitError above ``limit`` bytes."""
        content = self._content(name, limit)
        if sha256(content) != self.manifest.part(name).digest:
            raise DigestError(f"{name} is not what the manifest says", clause="5.3")
        return content

    def seals(self) -> dict[str, bytes]:
        """The seals by name, each compared with the digest that its name states."""
        return {seal.name: seal_content(self._view, seal) for seal in self.sealed}

    def share(self) -> int:
        """A descriptor of the very file that was checked, for another process; the caller's own."""
        given = self._descriptor
        if given is not None and os.lseek(given, 0, os.SEEK_CUR) == 0:
            return os.dup(given)
        import tempfile

        with tempfile.TemporaryFile() as file:
            file.write(self._view)
            file.seek(0)
            return os.dup(file.fileno())

    def load_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Read all array data into memory of our own; it goes on while the first are looked at."""
        layout = self.parameters(blueprint)
        base = self.members[_PARAMETERS].offset + len(layout.head)
        buffers = allocate([stored.size for stored in layout.order])

        def read(targets: Sequence[Buffer], offset: int) -> None:
            self._read_into(targets, base + offset)

        return LoadedArrays(blueprint, layout, buffers, read=read, verify=verify)

    def map_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Map all array data, private and writable."""
        layout = self.parameters(blueprint)
        base = self.members[_PARAMETERS].offset + len(layout.head)
        if self._descriptor is None:
            data = np.frombuffer(self._view, np.uint8).copy()
        else:
            mapping = mmap_module.mmap(self._descriptor, self.size, access=mmap_module.ACCESS_COPY)
            data = np.frombuffer(mapping, np.uint8)
        buffers = [
            data[base + offset : base + offset + stored.size]
            for stored, offset in zip(layout.order, layout.offsets, strict=True)
        ]
        return LoadedArrays(blueprint, layout, buffers, read=None, verify=verify)

    def _read_into(self, targets: Sequence[Buffer], offset: int) -> None:
        if self._descriptor is None:
            for target in targets:
                target[:] = np.frombuffer(self._view[offset : offset + target.nbytes], np.uint8)
                offset += target.nbytes
            return
        views = [target.data for target in targets if target.nbytes]
        while views:
            count = os.preadv(self._descriptor, views[:512], offset)
            if count == 0:
                raise FormatError("the file became shorter while it was read", clause="2.1")
            offset += count
            while views and count >= views[0].nbytes:
                count -= views.pop(0).nbytes
            if count:
                views[0] = views[0][count:]

    def check_sums(self) -> None:
        """Compare every member with its CRC-32, for ``verify``: loading relies on SHA-256."""
        for member in self.members.values():
            if self._crc(member) != member.crc:
                raise DigestError(f"{member.name} has another CRC-32", clause="2.12")

    def _crc(self, member: Member) -> int:
        step = 4 << 20
        spans = [
            (start, min(start + step, member.offset + member.size))
            for start in range(member.offset, member.offset + member.size, step)
        ]
        crc = 0
        with Jobs(lambda s: crc32(self._view[s[0] : s[1]]), spans, member.size) as parts:
            for (start, stop), part in zip(spans, parts, strict=True):
                crc = combine(crc, part, stop - start)
        return crc


@contextmanager
def open_archive(source: Source) -> Iterator[ArchiveReader]:
    """Open a path, a binary file object or bytes, and check all but the arrays."""
    with as_memory(source) as (view, descriptor):
        yield ArchiveReader(view, descriptor)


@contextmanager
def as_memory(source: Source) -> Iterator[tuple[memoryview, int | None]]:
    """The bytes of a path, a binary file object or bytes, mapped where they can be; then also the
    descriptor of the file.
    """
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield memoryview(source).cast("B"), None
        return
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            yield from _from_object(file)
        return
    if not hasattr(source, "read"):
        raise TypeError(f"a path, file object or bytes was expected, not {type(source).__name__}")
    yield from _from_object(source)


def _from_object(source: Any) -> Iterator[tuple[memoryview, int | None]]:
    if _is_whole_file(source):
        yield from _from_file(source)
        return
    data = None if isinstance(source, io.TextIOBase) else source.read()
    if not isinstance(data, bytes):
        raise TypeError("the file object is not binary: open it with 'rb'")
    yield memoryview(data), None


def _is_whole_file(source: Any) -> bool:
    """Whether it is an ordinary file, read from its start: such a one can be mapped.

    What decodes a file on the way, as GzipFile does, has a descriptor too, but no raw file.
    """
    if not isinstance(getattr(source, "raw", source), io.FileIO):
        return False
    return stat.S_ISREG(os.fstat(source.fileno()).st_mode) and source.tell() == 0


def _from_file(file: BinaryIO) -> Iterator[tuple[memoryview, int]]:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise FormatError("the file is empty", clause="2.1")
    mapping = mmap_module.mmap(file.fileno(), size, access=mmap_module.ACCESS_READ)
    view = memoryview(mapping)
    try:
        yield view, file.fileno()
    finally:
        with suppress(BufferError):  # a traceback may still hold a slice; then it closes the map
            view.release()
            mapping.close()
