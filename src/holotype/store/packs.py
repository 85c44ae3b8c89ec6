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
from collections.abc import Mapping
from tempfile import TemporaryFile
from typing import Any

import msgspec

from holotype.digest import canonical_json
from holotype.errors import DamagedStoreError
from holotype.store.places.place import Place
from holotype.store.texts import unzip_text, zip_text

__all__ = ["MAX_BLOCK", "Base", "Block", "Pack", "PackWriter", "pack_key", "read_pack"]

ALIGNMENT = 64
"""Bytes; what can be mapped begins at a multiple of it."""

MAX_BLOCK = 1 << 29
"""Bytes of a decoded block."""

_MAGIC = b"holopack"
_VERSION = 1
_HEAD = struct.Struct("<8sI4x32s16x")
_TAIL = struct.Struct("<QQQ32s8s")
_MAX_INDEX = 1 << 28  # bytes, decompressed
_GUESS = 1 << 16  # bytes: what is read from the end of a pack at first
_STEP = 1 << 20


class Base(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """What a block is the difference from: bytes from ``start`` on of these parts together."""

    start: int
    parts: tuple[str, ...]


class Block(msgspec.Struct, frozen=True, array_like=True, forbid_unknown_fields=True):
    """``size`` bytes at ``offset`` of a pack decode, as ``form`` and ``coded`` say, to ``parts``:
    their digests and sizes. ``depth`` counts the blocks that must be decoded before it.
    """

    offset: int
    size: int
    form: dict[str, Any]
    coded: dict[str, Any]
    parts: tuple[tuple[str, int], ...]
    base: Base | None = None
    depth: int = 0

    @property
    def raw(self) -> int:
        """Bytes after decoding."""
        return sum(size for _, size in self.parts)


class _Index(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    blocks: tuple[Block, ...]
    objects: dict[str, tuple[str, ...]]


class Pack(msgspec.Struct, frozen=True):
    """What is in a pack: its name, its size in bytes, and its index."""

    name: str
    size: int
    blocks: tuple[Block, ...]
    objects: Mapping[str, tuple[str, ...]]


def pack_key(name: str) -> str:
    """Where the pack of this name (64 hexadecimal digits) is."""
    return f"packs/{name[:2]}/{name}"


class PackWriter:
    """Collects blocks in a temporary file, and puts them into a place as one pack."""

    def __init__(self) -> None:
        self._file = TemporaryFile()  # noqa: SIM115 - until close
        self._hash = hashlib.sha256()
        self._blocks: list[Block] = []
        self._objects: dict[str, tuple[str, ...]] = {}
        self.size = 0
        self._put(_HEAD.pack(_MAGIC, _VERSION, secrets.token_bytes(32)))

    def close(self) -> None:
        """Forget what was collected and not written."""
        self._file.close()

    @property
    def empty(self) -> bool:
        """Whether there is nothing to write."""
        return not self._blocks and not self._objects

    def add(self, block: Block, bodies: tuple[Any, ...], *, align: bool = False) -> None:
        """One more block; its offset and size follow from where its bodies come to stand."""
        if align:
            self._put(bytes(-self.size % ALIGNMENT))
        offset = self.size
        for body in bodies:
            self._put(body)
        size = self.size - offset
        self._blocks.append(msgspec.structs.replace(block, offset=offset, size=size))

    def compose(self, digest: str, parts: tuple[str, ...]) -> None:
        """Note of which parts an object is made."""
        self._objects[digest] = parts

    def _put(self, data: Any) -> None:
        view = memoryview(data).cast("B")
        for start in range(0, view.nbytes, _STEP):
            self._hash.update(view[start : start + _STEP])
            self._file.write(view[start : start + _STEP])
        self.size += view.nbytes

    def finish(self, place: Place) -> Pack:
        """Write the pack, durably."""
        text = canonical_json(_Index(tuple(self._blocks), self._objects))
        index = zip_text(text)
        digest = hashlib.sha256(index).digest()
        tail = _TAIL.pack(self.size, len(index), len(text), digest, _MAGIC)
        self._put(index)
        self._put(tail)
        self._file.seek(0)
        name = self._hash.hexdigest()
        place.write(pack_key(name), self._file)
        return Pack(name, self.size, tuple(self._blocks), self._objects)


def read_pack(place: Place, name: str, size: int | None = None) -> Pack:
    """The index of a pack; DamagedStoreError if it is not one, NotInStoreError if it is gone."""
    key = pack_key(name)
    if size is None:
        found = place.find(key)
        size = found.size if found is not None else 0
    start = max(size - _GUESS, 0)
    end = memoryview(place.read(key, start, size - start))
    try:
        if len(end) < _TAIL.size:
            raise ValueError("it is too short")
        offset, stored, raw, digest, magic = _TAIL.unpack(end[-_TAIL.size :])
        if magic != _MAGIC or offset + stored + _TAIL.size != size or raw > _MAX_INDEX:
            raise ValueError("its end is not that of a pack")
        if offset < start:
            end = memoryview(place.read(key, offset, size - offset))
            start = offset
        index = end[offset - start : offset - start + stored]
        if hashlib.sha256(index).digest() != digest:
            raise ValueError("its index has another SHA-256")
        return _opened(name, size, offset, unzip_text(index, raw))
    except (ValueError, msgspec.DecodeError) as error:
        raise DamagedStoreError(f"{key} is no pack: {error}", (key,)) from None


def _opened(name: str, size: int, end: int, text: bytes) -> Pack:
    index = msgspec.json.decode(text, type=_Index)
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
        if block.base is not None and (block.base.start < 0 or not 0 < block.depth <= 1 << 10):
            raise ValueError("a block is a difference from what cannot be")
    return Pack(name, size, index.blocks, index.objects)
