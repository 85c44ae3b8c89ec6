"""A recipe: how the bytes of an archive follow from objects, and what is in none of them.

8 bytes       length of the JSON, little-endian
JSON          the size of the file, and its segments in order: a number of bytes of the rest,
              or the digest and the size of an object
rest          the bytes that are in no object, one after the other
"""

from __future__ import annotations

import struct
from collections.abc import Iterator, Sequence
from typing import Any

import msgspec

from holotype.digest import canonical_json
from holotype.errors import DamagedStoreError
from holotype.structs import reader_of

__all__ = ["Recipe", "make_recipe", "read_recipe"]

_LENGTH = struct.Struct("<Q")


class _Head(msgspec.Struct, forbid_unknown_fields=True):
    size: int
    segments: list[int | tuple[str, int]]
    format: int = 1


_read_head = reader_of(_Head)


class Recipe(msgspec.Struct, frozen=True):
    """``objects`` are digests, offsets in the file and sizes; ``rest`` are offsets and bytes."""

    size: int
    objects: tuple[tuple[str, int, int], ...]
    rest: tuple[tuple[int, Any], ...]


def make_recipe(view: memoryview, objects: Sequence[tuple[str, int, int]]) -> bytes:
    """The recipe of a file whose ``objects`` (digest, offset, size) stand in ascending order."""
    segments: list[Any] = []
    rest = []
    position = 0
    for digest, offset, size in objects:
        if offset > position:
            segments.append(offset - position)
            rest.append(view[position:offset])
        segments.append((digest, size))
        position = offset + size
    if position < len(view):
        segments.append(len(view) - position)
        rest.append(view[position:])
    head = canonical_json(_Head(len(view), segments))
    return b"".join([_LENGTH.pack(len(head)), head, *rest])


def read_recipe(data: Any, size: int) -> Recipe:
    """The recipe of a file of ``size`` bytes; DamagedStoreError if it is none."""
    view = memoryview(data).cast("B")
    try:
        (length,) = _LENGTH.unpack_from(view)
        head = _read_head(view[8 : 8 + length])
        if head.format != 1 or head.size != size:
            raise ValueError("it is of another file, or of a later version")
        objects, rest = [], []
        position, at = 0, 8 + length
        in_rest = False
        for segment in head.segments:
            if isinstance(segment, int):
                if segment <= 0 or at + segment > len(view) or in_rest:
                    raise ValueError("its rest is too short, or in needless pieces")
                rest.append((position, view[at : at + segment]))
                at += segment
                position += segment
                in_rest = True
            else:
                in_rest = False
                digest, bytes_ = segment
                if bytes_ <= 0:
                    raise ValueError("an object has no size")
                objects.append((digest, position, bytes_))
                position += bytes_
        if position != size or at != len(view):
            raise ValueError("its segments are not as long as the file")
    except (ValueError, struct.error, msgspec.DecodeError) as error:
        raise DamagedStoreError(f"a recipe cannot be read: {error}") from None
    return Recipe(size, tuple(objects), tuple(rest))


def digests_of(recipe: Recipe) -> Iterator[str]:
    """The objects that the file takes, each once."""
    return iter(dict.fromkeys(digest for digest, _, _ in recipe.objects))
