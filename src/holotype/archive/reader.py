"""Opening an archive: structure, manifest, blueprint and arrays, each checked before it is used.

Array data is read into memory of our own, hashed there, and handed on from there: the bytes that
were hashed are the bytes that are loaded. A mapped archive skips the copy; its pages are private,
so arrays stay writable, but whoever may write to the file may change them until they are touched.
"""

from __future__ import annotations

import mmap as mmap_module
import os
import stat
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO

import numpy as np

from holotype.archive.container import REQUIRED, Member, read_directory
from holotype.archive.crc32 import combine, crc32
from holotype.archive.manifest import MAX_BYTES, Manifest, parse_manifest
from holotype.archive.parameters import Parameters, plan_parameters, stored_by_node
from holotype.archive.pipeline import Piece, Tally, hash_buffers, pieces_of, run
from holotype.digest import sha256
from holotype.errors import DigestError, FormatError, LimitError
from holotype.graph.nodes import ArrayNode, Blueprint

__all__ = ["ArchiveReader", "LoadedArrays", "open_archive"]

_MANIFEST, _BLUEPRINT, _PARAMETERS = REQUIRED
_SMALL = 1 << 16  # bytes; smaller arrays are copied out of a common buffer
_MAX_BLUEPRINT = 1 << 30

Source = str | os.PathLike[str] | BinaryIO | bytes | bytearray | memoryview


class ArchiveReader:
    """An archive whose structure, manifest and blueprint are sound; no array was read yet."""

    def __init__(self, view: memoryview, descriptor: int | None) -> None:
        self._view = view
        self._descriptor = descriptor
        self.size = len(view)
        self.members = {member.name: member for member in read_directory(view)}
        manifest = self._content(_MANIFEST, MAX_BYTES)
        self.id = sha256(manifest)
        self.manifest: Manifest = parse_manifest(manifest)
        self._check_parts()
        self.blueprint = self._content(_BLUEPRINT, _MAX_BLUEPRINT)
        if sha256(self.blueprint) != self.manifest.part(_BLUEPRINT).digest:
            raise DigestError("blueprint.json is not what the manifest says", clause="5.3")
        if self.manifest.fingerprint != self.manifest.part(_BLUEPRINT).digest:
            raise DigestError("the fingerprint is not the digest of the blueprint", clause="5.4")

    def _content(self, name: str, limit: int) -> bytes:
        member = self.members[name]
        if member.size > limit:
            raise LimitError(f"{name} has {member.size} bytes, more than {limit}", clause="5.5")
        return bytes(self._view[member.offset : member.offset + member.size])

    def _check_parts(self) -> None:
        listed = [(part.name, part.size) for part in self.manifest.parts]
        found = [(m.name, m.size) for m in self.members.values() if m.name != _MANIFEST]
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

    def load_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Read all array data into memory, hashed on the way where ``verify``."""
        layout = self.parameters(blueprint)
        base = self.members[_PARAMETERS].offset + len(layout.head)
        buffers = _allocate([stored.size for stored in layout.order])

        def work(piece: Piece) -> tuple[Piece, list[bytes]]:
            targets = [buffers[span.tensor][span.start : span.stop] for span in piece.spans]
            self._read_into(targets, base + piece.offset)
            return piece, [hash_buffers((target,)) for target in targets] if verify else []

        self._finish(layout, work, verify)
        return LoadedArrays(blueprint, layout, buffers)

    def map_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Map all array data, private and writable, hashed in place where ``verify``."""
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
        if verify:

            def work(piece: Piece) -> tuple[Piece, list[bytes]]:
                views = [buffers[span.tensor][span.start : span.stop] for span in piece.spans]
                return piece, [hash_buffers((view,)) for view in views]

            self._finish(layout, work, verify)
        return LoadedArrays(blueprint, layout, buffers)

    def _finish(self, layout: Parameters, work: Any, verify: bool) -> None:
        sizes = [stored.size for stored in layout.order]
        tally = Tally(sizes)
        for piece, digests in run(work, pieces_of(sizes), sum(sizes)):
            if verify:
                tally.add(piece.spans, digests)
        if verify:
            for stored, digest in zip(layout.order, tally.digests, strict=True):
                if digest != stored.digest:
                    raise DigestError(
                        f"the array {stored.name} is not what was saved: its bytes have another "
                        "SHA-256. The file is damaged or was changed.",
                        clause="4.5",
                    )

    def _read_into(self, targets: Sequence[np.ndarray[Any, Any]], offset: int) -> None:
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
        for (start, stop), part in zip(
            spans, run(lambda s: crc32(self._view[s[0] : s[1]]), spans, member.size), strict=True
        ):
            crc = combine(crc, part, stop - start)
        return crc


class LoadedArrays:
    """The arrays of one archive (an ArraySource): each handed out once for each of its nodes."""

    def __init__(
        self, blueprint: Blueprint, layout: Parameters, buffers: list[np.ndarray[Any, Any]]
    ) -> None:
        self._buffers = {s.name: b for s, b in zip(layout.order, buffers, strict=True)}
        self._uses = Counter(node.name for node in blueprint.arrays)

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, to look at only."""
        array = _shaped(self._buffers[node.name], node)
        array.flags.writeable = False
        return array

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, writable and the caller's own."""
        name = node.name
        self._uses[name] -= 1
        if self._uses[name] == 0:
            buffer = self._buffers.pop(name)
            if node.size > _SMALL:
                return _shaped(buffer, node)
        else:
            buffer = self._buffers[name]
        return _shaped(buffer, node).copy(order="K")


def _shaped(buffer: np.ndarray[Any, Any], node: ArrayNode) -> np.ndarray[Any, Any]:
    if node.dtype.itemsize == 0 or not node.size:
        return np.zeros(node.shape, node.dtype, order=node.order)
    return buffer.view(node.dtype).reshape(node.shape, order=node.order)


def _allocate(sizes: Sequence[int]) -> list[np.ndarray[Any, Any]]:
    """Memory for each tensor: large ones alone, so that it is freed with its array."""
    small = np.empty(sum(size for size in sizes if size <= _SMALL), np.uint8)
    buffers = []
    position = 0
    for size in sizes:
        if size > _SMALL:
            buffers.append(np.empty(size, np.uint8))
        else:
            buffers.append(small[position : position + size])
            position += size
    return buffers


@contextmanager
def open_archive(source: Source) -> Iterator[ArchiveReader]:
    """Open a path, a binary file object or bytes, and check all but the arrays."""
    if isinstance(source, (bytes, bytearray, memoryview)):
        yield ArchiveReader(memoryview(source).cast("B"), None)
        return
    if isinstance(source, (str, os.PathLike)):
        with open(source, "rb") as file:
            yield from _from_file(file)
        return
    if not hasattr(source, "read"):
        raise TypeError(f"a path, file object or bytes was expected, not {type(source).__name__}")
    yield from _from_object(source)


def _from_object(source: BinaryIO) -> Iterator[ArchiveReader]:
    if _is_whole_file(source):
        yield from _from_file(source)
        return
    data = source.read()
    if not isinstance(data, bytes):
        raise TypeError("the file object is not binary: open it with 'rb'")
    yield ArchiveReader(memoryview(data), None)


def _is_whole_file(source: BinaryIO) -> bool:
    """Whether it is an ordinary file, read from its start: such a one can be mapped."""
    try:
        status = os.fstat(source.fileno())
        return stat.S_ISREG(status.st_mode) and source.tell() == 0 and "b" in source.mode
    except (AttributeError, OSError, TypeError):
        return False


def _from_file(file: BinaryIO) -> Iterator[ArchiveReader]:
    size = os.fstat(file.fileno()).st_size
    if size == 0:
        raise FormatError("the file is empty", clause="2.1")
    mapping = mmap_module.mmap(file.fileno(), size, access=mmap_module.ACCESS_READ)
    view = memoryview(mapping)
    try:
        yield ArchiveReader(view, file.fileno())
    finally:
        with suppress(BufferError):  # a traceback may still hold a slice; then it closes the map
            view.release()
            mapping.close()
