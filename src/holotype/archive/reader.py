"""Opening an archive: structure, manifest, blueprint and arrays, each checked before it is used.

Array data is read into memory of our own, hashed there, and handed on from there: the bytes that
were hashed are the bytes that are loaded. A mapped archive skips the copy; its pages are private,
so arrays stay writable, but whoever may write to the file may change them until they are touched.
"""

from __future__ import annotations

import hashlib
import io
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
from holotype.archive.manifest import MAX_BLUEPRINT, MAX_MANIFEST, Manifest, parse_manifest
from holotype.archive.parameters import Parameters, plan_parameters, stored_by_node
from holotype.archive.pipeline import Jobs, Piece, Tally, pieces_of
from holotype.digest import sha256
from holotype.errors import DigestError, FormatError, LimitError
from holotype.graph.nodes import ArrayNode, Blueprint

__all__ = ["ArchiveReader", "LoadedArrays", "open_archive"]

_MANIFEST, _BLUEPRINT, _PARAMETERS = REQUIRED
_SMALL = 1 << 16  # bytes; smaller arrays are copied out of a common buffer

Source = str | os.PathLike[str] | BinaryIO | bytes | bytearray | memoryview


class ArchiveReader:
    """An archive whose structure, manifest and blueprint are sound; no array was read yet."""

    def __init__(self, view: memoryview, descriptor: int | None) -> None:
        self._view = view
        self._descriptor = descriptor
        self.size = len(view)
        self.members = {member.name: member for member in read_directory(view)}
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

    def check_others(self) -> None:
        """Compare the parts that are no model, such as a card, with their digests."""
        for part in self.manifest.parts:
            if part.name in REQUIRED:
                continue
            member = self.members[part.name]
            if sha256(self._view[member.offset : member.offset + member.size]) != part.digest:
                raise DigestError(f"{part.name} is not what the manifest says", clause="5.3")

    def load_arrays(self, blueprint: Blueprint, *, verify: bool) -> LoadedArrays:
        """Read all array data into memory of our own."""
        layout = self.parameters(blueprint)
        base = self.members[_PARAMETERS].offset + len(layout.head)
        sizes = [stored.size for stored in layout.order]
        buffers = _allocate(sizes)

        def read(piece: Piece) -> None:
            targets = [buffers[span.tensor][span.start : span.stop] for span in piece.spans]
            self._read_into(targets, base + piece.offset)

        with Jobs(read, pieces_of(sizes), sum(sizes)) as done:
            for _ in done:
                pass
        return LoadedArrays(blueprint, layout, buffers, verify)

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
        return LoadedArrays(blueprint, layout, buffers, verify)

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
        with Jobs(lambda s: crc32(self._view[s[0] : s[1]]), spans, member.size) as parts:
            for (start, stop), part in zip(spans, parts, strict=True):
                crc = combine(crc, part, stop - start)
        return crc


class _Hashing:
    """SHA-256 of all array data: begun at once, beside whatever else is done before it ends."""

    def __init__(self, layout: Parameters, buffers: Sequence[np.ndarray[Any, Any]]) -> None:
        self._stored = layout.order
        self._sizes = [stored.size for stored in layout.order]

        def work(piece: Piece) -> tuple[Piece, list[bytes]]:
            views = [buffers[span.tensor][span.start : span.stop] for span in piece.spans]
            return piece, [hashlib.sha256(view.data).digest() for view in views]

        self._jobs = Jobs(work, pieces_of(self._sizes), sum(self._sizes))

    def stop(self) -> None:
        """Leave the rest unhashed."""
        with self._jobs:
            pass

    def finish(self) -> None:
        """Wait for the end; DigestError for the first array that has another digest."""
        tally = Tally(self._sizes)
        with self._jobs as results:
            for piece, digests in results:
                tally.add(piece.spans, digests)
        for stored, digest in zip(self._stored, tally.digests, strict=True):
            if digest != stored.digest:
                raise DigestError(
                    f"the array {stored.name} is not what was saved: its bytes have another "
                    "SHA-256. The file is damaged or was changed.",
                    clause="4.5",
                )


class LoadedArrays:
    """The arrays of one archive (an ArraySource): each handed out once for each of its nodes.

    They are hashed while the ``with`` block looks at them. When it is left, every byte has the
    digest that it must have, or DigestError is raised, whatever else went wrong inside. (An
    interruption is no fault of the file: it ends the hashing, and goes on.)
    """

    def __init__(
        self,
        blueprint: Blueprint,
        layout: Parameters,
        buffers: list[np.ndarray[Any, Any]],
        verify: bool,
    ) -> None:
        self._hashing = _Hashing(layout, buffers) if verify else None
        self._buffers = {s.name: b for s, b in zip(layout.order, buffers, strict=True)}
        self._uses = Counter(node.name for node in blueprint.arrays)
        self._nodes = {node.name: node for node in blueprint.arrays}

    def __enter__(self) -> LoadedArrays:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._hashing is not None:
            hashing, self._hashing = self._hashing, None  # it holds on to the memory
            if kind is None or issubclass(kind, Exception):
                hashing.finish()
            else:
                hashing.stop()

    def check_booleans(self) -> None:
        """Demand that every boolean is 0 or 1: NumPy counts and selects by others wrongly."""
        for node in self._nodes.values():
            if _has_bool(node.dtype) and not _all_bool(self.peek(node)):
                raise FormatError(
                    f"a boolean in the array {node.name!a} is neither 0 nor 1", clause="4.2"
                )

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, to look at only."""
        array = _shaped(self._buffers[node.name], node)
        array.flags.writeable = False
        return array

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, writable and the caller's own."""
        name = node.name
        self._uses[name] -= 1
        last = self._uses[name] == 0
        buffer = self._buffers.pop(name) if last else self._buffers[name]
        # A large array that no other node wants is handed over. What is copied is bytes: a copy of
        # structured items would leave their padding as the heap has it.
        return _shaped(buffer if last and node.size > _SMALL else buffer.copy(), node)


def _shaped(buffer: np.ndarray[Any, Any], node: ArrayNode) -> np.ndarray[Any, Any]:
    if not node.size:  # np.zeros would make an S1 of an S0
        return np.ndarray(node.shape, node.dtype, order=node.order)
    return buffer.view(node.dtype).reshape(node.shape, order=node.order)


def _has_bool(dtype: np.dtype[Any]) -> bool:
    if dtype.subdtype is not None:
        return _has_bool(dtype.subdtype[0])
    if dtype.fields is None:
        return dtype.kind == "b"
    return any(_has_bool(field[0]) for field in dtype.fields.values())


def _all_bool(array: np.ndarray[Any, Any]) -> bool:
    if array.dtype.fields is None:
        return array.dtype.kind != "b" or not array.size or int(array.view(np.uint8).max()) <= 1
    return all(_all_bool(array[name]) for name in array.dtype.fields)


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
            yield from _from_object(file)
        return
    if not hasattr(source, "read"):
        raise TypeError(f"a path, file object or bytes was expected, not {type(source).__name__}")
    yield from _from_object(source)


def _from_object(source: Any) -> Iterator[ArchiveReader]:
    if _is_whole_file(source):
        yield from _from_file(source)
        return
    data = None if isinstance(source, io.TextIOBase) else source.read()
    if not isinstance(data, bytes):
        raise TypeError("the file object is not binary: open it with 'rb'")
    yield ArchiveReader(memoryview(data), None)


def _is_whole_file(source: Any) -> bool:
    """Whether it is an ordinary file, read from its start: such a one can be mapped.

    What decodes a file on the way, as GzipFile does, has a descriptor too, but no raw file.
    """
    if not isinstance(getattr(source, "raw", source), io.FileIO):
        return False
    return stat.S_ISREG(os.fstat(source.fileno()).st_mode) and source.tell() == 0


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
