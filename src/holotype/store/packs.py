"""A pack: the bodies of many blocks in one object, and the index that says what they are.

    64 bytes      magic, version, 32 random bytes: no two packs are equal, so a pack that somebody
                  is about to delete is never the one that somebody else is about to write
    bodies        one after the other; a body that can be mapped begins at a multiple of 64
    index         zstd of JSON: blocks with their parts, and objects made of several parts
    64 bytes      where the index is, its SHA-256, magic

A **part** is bytes with a digest: an array, or a piece of a large one. A **block** decodes to one
or several parts, one after the other. An **object** is several parts, one after the other. The name
of a pack is its SHA-256. Rule: an index is believed only as far as it agrees with itself; sizes are
checked before anything is allocated.
"""

from __future__ import annotations

import hashlib
import secrets
import struct
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from tempfile import TemporaryFile, gettempdir
from typing import Annotated, Any, NamedTuple

import msgspec

from holotype.archive.atomic import copy, replacing
from holotype.digest import canonical_json
from holotype.errors import DamagedStoreError, StoreError
from holotype.store.places.files import meaning
from holotype.store.places.place import Place
from holotype.store.texts import unzip_text, zip_text
from holotype.structs import reader_of

__all__ = [
    "ALIGNMENT",
    "BODIES",
    "MAX_BLOCK",
    "Base",
    "Block",
    "Content",
    "New",
    "Pack",
    "PackWriter",
    "open_end",
    "pack_end",
    "pack_key",
    "read_end",
    "read_pack",
]

ALIGNMENT = 64
"""Bytes; what can be mapped begins at a multiple of it."""

PACK = 1 << 26
"""Bytes of a pack; then another one is begun."""

MAX_BLOCK = 1 << 29
"""Bytes of a decoded block."""

MAX_DEPTH = 64
"""Blocks that may have to be decoded before another one."""

MAGIC = b"holopack"
"""How every pack begins, and ends."""

_VERSION = 1
_HEAD = struct.Struct("<8sI4x32s16x")
_TAIL = struct.Struct("<QQQ32s8s")
_MAX_INDEX = 1 << 27  # bytes, decompressed; objects of Python take seven times as many
BODIES = _HEAD.size
"""Where the first body of a pack may begin."""

_FULL_INDEX = 1 << 17  # parts and notes; with more another pack is begun
_INDEX_RATIO = 64  # of these to what is stored: digests do not compress
_GUESS = 1 << 16  # bytes: what is read from the end of a pack at first
_STEP = 1 << 20


# Nobody may fill memory with a hundred million entries that say nothing.
_Digest = Annotated[str, msgspec.Meta(min_length=71, max_length=76)]


class Base(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a block is the difference from: bytes from ``start`` on of these parts together."""

    start: int
    parts: tuple[_Digest, ...]


class Block(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``size`` bytes at ``offset`` of a pack decode, as ``form`` and ``coded`` say, to ``parts``:
    their digests and sizes. ``depth`` counts the blocks that must be decoded before it.
    """

    offset: int
    size: int
    form: dict[str, Any]
    coded: dict[str, Any]
    parts: tuple[tuple[_Digest, int], ...]
    base: Base | None = None
    depth: int = 0

    @property
    def raw(self) -> int:
        """Bytes after decoding."""
        return sum(size for _, size in self.parts)


class New(NamedTuple):
    """A block with its bodies, which may begin at a multiple of 64 (``align``) or must follow the
    block before it (``follows``), to be mapped; or the note of which parts an object is made.
    """

    block: Block | None
    bodies: tuple[Any, ...] = ()
    align: bool = False
    follows: bool = False
    digest: str = ""
    parts: tuple[str, ...] = ()


class Content(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """The one archive that a pack is: the digest of its recipe, and the size of the file."""

    recipe: str
    size: int


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    blocks: tuple[Block, ...]
    objects: Mapping[_Digest, tuple[_Digest, ...]]
    archive: Content | None = None


_read_index = reader_of(_Index)


class Pack(msgspec.Struct, frozen=True):
    """What is in a pack: its name, its size in bytes, and its index."""

    name: str
    size: int
    blocks: tuple[Block, ...]
    objects: Mapping[str, tuple[str, ...]]
    archive: Content | None = None


def pack_key(name: str) -> str:
    """Where the pack of this name (64 hexadecimal digits) is."""
    return f"packs/{name[:2]}/{name}"


class PackWriter:
    """Collects blocks in a temporary file, and puts them into a place as one pack."""

    def __init__(self) -> None:
        with _explained():
            self._file = TemporaryFile()  # noqa: SIM115 - until close
        self._hash = hashlib.sha256()
        self._blocks: list[Block] = []
        self._objects: dict[str, tuple[str, ...]] = {}
        self._entries = 0
        self.size = 0
        self._put(_HEAD.pack(MAGIC, _VERSION, secrets.token_bytes(32)))

    def close(self) -> None:
        """Forget what was collected and not written."""
        self._file.close()

    @property
    def full(self) -> bool:
        """Whether another pack should be begun, where that is possible."""
        return self.size > PACK or self._entries > _FULL_INDEX

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self._blocks and not self._objects

    def add(self, block: Block, bodies: tuple[Any, ...], *, align: bool = False) -> None:
        """One more block; its offset and size follow from where its bodies come to stand."""
        if block.raw > MAX_BLOCK:
            raise StoreError(f"a block of {block.raw} bytes would be more than can be read again")
        if align:
            self._put(bytes(-self.size % ALIGNMENT))
        offset = self.size
        for body in bodies:
            self._put(body)
        size = self.size - offset
        self._blocks.append(msgspec.structs.replace(block, offset=offset, size=size))
        self._entries += len(block.parts) + (0 if block.base is None else len(block.base.parts))

    def take(self, new: New) -> None:
        """A block, or the note of what an object is made of."""
        if new.block is None:
            self.compose(new.digest, new.parts)
        else:
            self.add(new.block, new.bodies, align=new.align)

    def compose(self, digest: str, parts: tuple[str, ...]) -> None:
        """Note of which parts an object is made."""
        self._objects[digest] = parts
        self._entries += len(parts)

    def _put(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        with _explained():
            for start in range(0, view.nbytes, _STEP):
                self._hash.update(view[start : start + _STEP])
                self._file.write(view[start : start + _STEP])
        self.size += view.nbytes

    def finish(self, place: Place) -> Pack:
        """Write the pack into a place, durably."""
        name = self._end(None)
        place.write(pack_key(name), self._file)
        return Pack(name, self.size, tuple(self._blocks), self._objects)

    def save(self, target: str, archive: Content) -> int:
        """Write the pack, which is one archive, to a file, atomically; its size in bytes."""
        self._end(archive)
        with replacing(target) as file:
            copy(self._file.fileno(), file, self.size)
        return self.size

    def _end(self, archive: Content | None) -> str:
        """Write index and end; the name that follows from all of it."""
        self._put(pack_end(self.size, self._blocks, self._objects, archive))
        with _explained():
            self._file.flush()
            self._file.seek(0)
        return self._hash.hexdigest()


def pack_end(
    size: int,
    blocks: Sequence[Block],
    objects: Mapping[str, tuple[str, ...]],
    archive: Content | None,
) -> bytes:
    """What stands behind the bodies of a pack, which end at ``size``: its index, and its end."""
    text = canonical_json(_Index(tuple(blocks), objects, archive))
    index = zip_text(text)
    if len(text) > min(_MAX_INDEX, _INDEX_RATIO * len(index) + _GUESS):
        raise StoreError("the model has more arrays than the index of a pack can hold")
    digest = hashlib.sha256(index).digest()
    return index + _TAIL.pack(size, len(index), len(text), digest, MAGIC)


@contextmanager
def _explained() -> Iterator[None]:
    """Errors of the temporary file, said so that a person knows what to do."""
    try:
        yield
    except OSError as error:
        raise StoreError(f"{gettempdir()} ($TMPDIR): {meaning(error)}") from error


def read_pack(place: Place, name: str, size: int | None = None) -> Pack:
    """The index of a pack; DamagedStoreError if it is not one, NotInStoreError if it is gone."""
    return open_end(name, read_end(place, name, size))


def read_end(place: Place, name: str, size: int | None = None) -> memoryview:
    """The bytes of a pack from its index on, to be opened with `open_end`."""
    key = pack_key(name)
    if size is None:
        found = place.find(key)
        size = found.size if found is not None else 0
    start = max(size - _GUESS, 0)
    end = memoryview(place.read(key, start, size - start))
    try:
        offset, stored, _, _ = _tail(end)
        if offset + stored + _TAIL.size != size:
            raise ValueError("its end is not that of a pack")
        if start == 0 and bytes(end[:12]) != _HEAD.pack(MAGIC, _VERSION, b"")[:12]:
            raise ValueError("its beginning is not that of a pack of this version")
    except ValueError as error:
        raise DamagedStoreError(f"{key} is no pack: {error}", (key,)) from None
    if offset < start:
        return memoryview(place.read(key, offset, size - offset))
    return end[offset - start :]


def open_end(name: str, end: memoryview) -> Pack:
    """The pack of which these are the bytes from its index on; DamagedStoreError if of none."""
    try:
        offset, stored, raw, digest = _tail(end)
        if stored + _TAIL.size != len(end):
            raise ValueError("its index has another size")
        index = end[:stored]
        if hashlib.sha256(index).digest() != digest:
            raise ValueError("its index has another SHA-256")
        return _opened(name, offset + len(end), offset, unzip_text(index, raw))
    except (ValueError, msgspec.DecodeError, RecursionError) as error:
        key = pack_key(name)
        raise DamagedStoreError(f"{key} is no pack: {error}", (key,)) from None


def _tail(end: memoryview) -> tuple[int, int, int, bytes]:
    """Where the index of a pack begins, its bytes as stored and as JSON, and its digest."""
    if len(end) < _TAIL.size:
        raise ValueError("it is too short")
    offset, stored, raw, digest, magic = _TAIL.unpack(end[-_TAIL.size :])
    if magic != MAGIC:
        raise ValueError("its end is not that of a pack")
    if raw > min(_MAX_INDEX, _INDEX_RATIO * stored + _GUESS):
        raise ValueError("its index would be larger than an index can be")
    return offset, stored, raw, digest


def _opened(name: str, size: int, end: int, text: bytes) -> Pack:
    index = _read_index(text)
    spans = [(block.offset, block.size) for block in index.blocks]
    if any(offset < 0 or length < 0 for offset, length in spans):
        raise ValueError("a block begins before the pack")
    ends = [_HEAD.size, *(offset + length for offset, length in spans), end]
    starts = [offset for offset, _ in spans] + [end]
    if any(start < before for before, start in zip(ends, starts, strict=False)):
        raise ValueError("its blocks overlap")
    for block in index.blocks:
        if not block.parts or any(size < 0 for _, size in block.parts) or block.raw > MAX_BLOCK:
            raise ValueError("a block has no size that a block may have")
        base = block.base
        sound = not block.depth if base is None else 0 < block.depth <= MAX_DEPTH
        if not sound or (base is not None and (base.start < 0 or not base.parts)):
            raise ValueError("a block is a difference from what cannot be")
    return Pack(name, size, index.blocks, index.objects, index.archive)
