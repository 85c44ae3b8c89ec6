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
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from types import MappingProxyType
from typing import Any, BinaryIO, NamedTuple

from holotype.archive.atomic import empty_file, replacing, write_at
from holotype.archive.container import REQUIRED, Slot, directory, local_header, plan
from holotype.archive.crc32 import combine, crc32
from holotype.archive.manifest import MAX_BLUEPRINT, MAX_MANIFEST, Manifest, Part
from holotype.archive.parameters import Parameters, plan_parameters, stored_tensor
from holotype.archive.pipeline import Jobs, Piece, Tally, batches, pieces_of
from holotype.archive.seals import seal_members
from holotype.digest import chunk_spans, pending, sha256
from holotype.errors import SaveError
from holotype.graph.arrays import Tensor
from holotype.graph.encode import Encoded

__all__ = ["MakeSeals", "Written", "fingerprint_of", "unsealed", "write_archive"]

_MANIFEST, _BLUEPRINT, _PARAMETERS = REQUIRED
_NOTHING: Mapping[str, bytes] = MappingProxyType({})

MakeManifest = Callable[[str, list[Part]], Manifest]
"""(fingerprint, parts) → manifest; its JSON has the same length whatever the digests are."""

MakeSeals = Callable[[bytes], Iterable[bytes]]
"""The bytes of the manifest → seals over it."""


class Written(NamedTuple):
    """What was written: identity, fingerprint, and size in bytes."""

    id: str
    fingerprint: str
    size: int


def unsealed(manifest: bytes) -> Iterable[bytes]:
    """No seals."""
    return ()


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
    make_seals: MakeSeals = unsealed,
) -> Written:
    """Write the archive of an encoded model to a path, atomically, or to a binary file object.

    ``extras`` are further parts, by name (SPEC 2.4): they follow the parameters in this order, and
    the manifest states their digests. ``make_seals`` is asked last, and what it gives goes along.

    Raises OSError as the system gives it; the path then is as it was before.
    """
    if isinstance(target, (str, os.PathLike)):
        with replacing(os.path.realpath(os.fspath(target))) as descriptor:
            return _write(encoded, make_manifest, extras, make_seals, descriptor, None)
    if not hasattr(target, "write"):
        raise TypeError(f"a path or a binary file object was expected, not {type(target).__name__}")
    empty = empty_file(target)
    if empty is None:
        return _write(encoded, make_manifest, extras, make_seals, None, _binary(target))
    written = _write(encoded, make_manifest, extras, make_seals, empty, None)
    target.seek(written.size)
    return written


def _binary(stream: Any) -> Any:
    if isinstance(stream, io.TextIOBase):
        raise TypeError("the file object is not binary: open it with 'wb'")
    return stream


def _write(
    encoded: Encoded,
    make_manifest: MakeManifest,
    extras: Mapping[str, bytes],
    make_seals: MakeSeals,
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
    sizes = [
        (_MANIFEST, len(draft)),
        (_BLUEPRINT, len(blueprint)),
        (_PARAMETERS, parameters.size),
        *((part.name, part.size) for part in others),
    ]
    layout = plan(sizes)
    data_at = layout.slots[2].offset + len(parameters.head)
    data_end = layout.slots[2].offset + parameters.size

    data_crc = _move(tensors, descriptor, data_at)
    blueprint = encoded.to_json()
    fingerprint = sha256(blueprint)
    manifest = make_manifest(fingerprint, [*_parts(blueprint, parameters), *others]).to_json()
    seals = seal_members(make_seals(manifest))
    if seals:
        layout = plan([*sizes, *((name, len(content)) for name, content in seals.items())])
        extras = {**extras, **seals}
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
        write_at(descriptor, front, 0)
        write_at(descriptor, end, data_end)
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
        digests = []
        offset, crc = base + piece.offset, 0
        for spans in batches(piece.spans):
            buffers = [tensors[span.tensor].chunk(span.start, span.stop) for span in spans]
            for buffer in buffers:
                digests.append(hashlib.sha256(buffer).digest())
                crc = crc32(buffer, crc)
            if descriptor is not None:
                write_at(descriptor, buffers, offset)
            offset += sum(span.stop - span.start for span in spans)
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


def _put(stream: Any, data: Any) -> None:
    view = memoryview(data)
    while view.nbytes:
        count = stream.write(view)
        if count is None and not isinstance(stream, io.RawIOBase):
            return  # many objects with a method ``write`` say nothing, and take everything
        if not count:
            raise SaveError("the file object does not take all bytes; give one that blocks")
        view = view[count:]
