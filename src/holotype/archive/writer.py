"""Writing an archive: the layout is known before any content is, and the file appears whole.

All sizes follow from the blueprint, in which digests that are still open already have their length.
So array data goes to its final place while it is hashed, and the parts that depend on the digests
are written last. Further parts, such as a probe, are given as bytes and follow the arrays. A path
is replaced atomically: temporary file, fsync, rename, fsync of the folder.
"""

from __future__ import annotations

import hashlib
import io
import os
import secrets
import stat
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from holotype.archive.container import REQUIRED, Slot, directory, local_header, plan
from holotype.archive.crc32 import combine, crc32
from holotype.archive.manifest import MAX_BLUEPRINT, MAX_MANIFEST, Manifest, Part
from holotype.archive.parameters import Parameters, plan_parameters, stored_tensor
from holotype.archive.pipeline import Jobs, Piece, Tally, pieces_of
from holotype.digest import chunk_spans, pending, sha256
from holotype.errors import SaveError
from holotype.graph.arrays import Tensor
from holotype.graph.encode import Encoded

__all__ = ["Written", "fingerprint_of", "write_archive"]

_MAX_BUFFERS = 512  # of one write; the limit of the system is at least 1024
_MANIFEST, _BLUEPRINT, _PARAMETERS = REQUIRED
_NOTHING: Mapping[str, bytes] = MappingProxyType({})

MakeManifest = Callable[[str, list[Part]], Manifest]
"""(fingerprint, parts) → manifest; its JSON has the same length whatever the digests are."""


class Written(NamedTuple):
    """What was written: identity, fingerprint, and size in bytes."""

    id: str
    fingerprint: str
    size: int


def fingerprint_of(encoded: Encoded) -> str:
    """Hash the arrays of a model and return its fingerprint, writing nothing."""
    tensors = _in_order(encoded.tensors, plan_parameters(map(stored_tensor, encoded.tensors)))
    _move(tensors, None, 0)
    return sha256(encoded.to_json())


def write_archive(
    target: str | os.PathLike[str] | BinaryIO,
    encoded: Encoded,
    make_manifest: MakeManifest,
    extras: Mapping[str, bytes] = _NOTHING,
) -> Written:
    """Write the archive of an encoded model to a path, atomically, or to a binary file object.

    ``extras`` are further parts, by name (SPEC 2.4): they follow the parameters in this order, and
    the manifest states their digests.

    Raises OSError as the system gives it; the path then is as it was before.
    """
    if isinstance(target, (str, os.PathLike)):
        with _replacing(os.path.realpath(os.fspath(target))) as descriptor:
            return _write(encoded, make_manifest, extras, descriptor, None)
    if not hasattr(target, "write"):
        raise TypeError(f"a path or a binary file object was expected, not {type(target).__name__}")
    return _write(encoded, make_manifest, extras, None, _binary(target))


def _binary(stream: Any) -> Any:
    if isinstance(stream, io.TextIOBase):
        raise TypeError("the file object is not binary: open it with 'wb'")
    return stream


def _write(
    encoded: Encoded,
    make_manifest: MakeManifest,
    extras: Mapping[str, bytes],
    descriptor: int | None,
    stream: Any,
) -> Written:
    parameters = plan_parameters(map(stored_tensor, encoded.tensors))
    tensors = _in_order(encoded.tensors, parameters)
    blueprint = encoded.to_json()
    others = [Part(name, len(content), sha256(content)) for name, content in extras.items()]
    draft = make_manifest(pending(0), [*_parts(blueprint, parameters), *others]).to_json()
    for name, text, limit in (
        (_MANIFEST, draft, MAX_MANIFEST),
        (_BLUEPRINT, blueprint, MAX_BLUEPRINT),
    ):
        if len(text) > limit:
            raise SaveError(f"{name} would have {len(text)} bytes; it may have {limit} (SPEC 5.5)")
    layout = plan(
        [
            (_MANIFEST, len(draft)),
            (_BLUEPRINT, len(blueprint)),
            (_PARAMETERS, parameters.size),
            *((part.name, part.size) for part in others),
        ]
    )
    data_at = layout.slots[2].offset + len(parameters.head)
    data_end = layout.slots[2].offset + parameters.size

    data_crc = _move(tensors, descriptor, data_at)
    blueprint = encoded.to_json()
    fingerprint = sha256(blueprint)
    manifest = make_manifest(fingerprint, [*_parts(blueprint, parameters), *others]).to_json()
    crcs = [
        crc32(manifest),
        crc32(blueprint),
        combine(crc32(parameters.head), data_crc, parameters.size - len(parameters.head)),
        *map(crc32, extras.values()),
    ]
    front = _rendered(layout.slots[:3], crcs, (manifest, blueprint, parameters.head))
    end = [*_rendered(layout.slots[3:], crcs[3:], extras.values()), directory(layout, crcs)]
    if sum(map(len, front)) != data_at:
        raise AssertionError("a part has not the size that was planned")
    if descriptor is not None:
        _write_at(descriptor, front, 0)
        _write_at(descriptor, end, data_end)
    else:
        _put(stream, b"".join(front))
        for tensor in tensors:
            for buffer in _buffers(tensor):
                _put(stream, buffer)
        for each in end:
            _put(stream, each)
        if hasattr(stream, "flush"):
            stream.flush()  # so that a full disk is an error here
    return Written(sha256(manifest), fingerprint, layout.size)


def _in_order(tensors: Sequence[Tensor], parameters: Parameters) -> list[Tensor]:
    by_name = {tensor.name: tensor for tensor in tensors}
    return [by_name[stored.name] for stored in parameters.order]


def _parts(blueprint: bytes, parameters: Parameters) -> list[Part]:
    head = parameters.head
    return [
        Part(_BLUEPRINT, len(blueprint), sha256(blueprint)),
        Part(_PARAMETERS, parameters.size, sha256(head), head=len(head)),
    ]


def _rendered(slots: Sequence[Slot], crcs: Sequence[int], contents: Iterable[bytes]) -> list[bytes]:
    """The local header and the content of each of some members."""
    pieces = []
    for slot, crc, content in zip(slots, crcs[: len(slots)], contents, strict=True):
        pieces += [local_header(slot, crc), content]
    return pieces


def _buffers(tensor: Tensor) -> Iterator[Any]:
    for start, stop in chunk_spans(tensor.size):
        yield tensor.chunk(start, stop)


def _move(tensors: Sequence[Tensor], descriptor: int | None, base: int) -> int:
    """Hash all array data, write it from offset ``base`` on, seal the tensors; CRC-32 of it all."""
    sizes = [tensor.size for tensor in tensors]

    def work(piece: Piece) -> tuple[Piece, list[bytes], int]:
        buffers: list[Any] = []
        digests = []
        crc = 0
        for span in piece.spans:
            buffer = tensors[span.tensor].chunk(span.start, span.stop)
            digests.append(hashlib.sha256(buffer).digest())
            crc = crc32(buffer, crc)
            buffers.append(buffer)
        if descriptor is not None:
            _write_at(descriptor, buffers, base + piece.offset)
        return piece, digests, crc

    tally = Tally(sizes)
    crc = 0
    with Jobs(work, pieces_of(sizes), sum(sizes)) as results:
        for piece, digests, piece_crc in results:
            tally.add(piece.spans, digests)
            crc = combine(crc, piece_crc, piece.size)
    for tensor, digest in zip(tensors, tally.digests, strict=True):
        tensor.seal(digest)
    return crc


def _write_at(descriptor: int, buffers: Sequence[Any], offset: int) -> None:
    views = [view for view in (memoryview(buffer) for buffer in buffers) if view.nbytes]
    while views:
        written = os.pwritev(descriptor, views[:_MAX_BUFFERS], offset)
        offset += written
        while views and written >= views[0].nbytes:
            written -= views.pop(0).nbytes
        if written:
            views[0] = views[0][written:]


def _put(stream: Any, data: Any) -> None:
    view = memoryview(data)
    while view.nbytes:
        count = stream.write(view)
        if count is None and not isinstance(stream, io.RawIOBase):
            return  # many objects with a method ``write`` say nothing, and take everything
        if not count:
            raise SaveError("the file object does not take all bytes; give one that blocks")
        view = view[count:]


@contextmanager
def _replacing(path: str) -> Iterator[int]:
    """A descriptor of a new file that takes the place of ``path`` when the block ends well."""
    folder, name = os.path.split(path)
    replaced = None
    with suppress(FileNotFoundError):
        replaced = os.stat(path)
    if replaced is not None and stat.S_ISDIR(replaced.st_mode):
        raise SaveError(f"{path} is a folder; give the name of a file in it")
    if replaced is not None and not stat.S_ISREG(replaced.st_mode):
        raise SaveError(f"{path} is not a regular file; open it and give the file object")
    # At most 178 bytes, whatever the letters: file systems allow 255.
    temporary = os.path.join(folder, f".{name[:40]}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:  # the user knows the path, not the temporary's
        raise type(error)(error.errno, error.strerror, path) from None
    try:
        try:
            if replaced is not None:
                os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode))
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder_descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)
