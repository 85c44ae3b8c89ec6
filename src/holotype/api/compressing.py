"""compress and decompress: an archive in a tenth of the space, and byte by byte back again."""

from __future__ import annotations

import os
from collections.abc import Callable

import msgspec

from holotype.api.checking import verify
from holotype.api.common import Openable
from holotype.api.sources import COMPRESSED, open_source
from holotype.archive.reader import Source, as_memory
from holotype.errors import FormatError

__all__ = ["Compressed", "compress", "decompress"]


class Compressed(msgspec.Struct, frozen=True):
    """What was written: the archive's id, and bytes before and after."""

    id: str
    size: int
    compressed: int


def compress(
    source: Openable,
    target: str | os.PathLike[str],
    *,
    level: str = "balanced",
    progress: Callable[[int, int], None] | None = None,
) -> Compressed:
    """Write an archive to ``target`` in compressed form, which :func:`load` opens like any other.

    Everything of the archive is checked before, and nothing of it is lost: :func:`decompress` gives
    the same bytes again. A compressed archive cannot be mapped. Needs ``holotype[store]``.

    Args:
        source: a path, a binary file object, the archive's bytes, or a version of a store.
        target: where to; replaced atomically.
        level: ``fast``, ``balanced`` or ``small``: how hard to look for what repeats.
        progress: is told how many bytes of arrays were done, and of how many.

    Raises:
        ArchiveError: the source is damaged, or no archive.
        OSError: the target could not be written; it is as it was before.
    """
    from holotype.store.single import compress as write

    verify(source).require()
    with open_source(source) as reader:
        reader.complete()
        size = write(reader, target, level, progress)
        return Compressed(reader.id, reader.size, size)


def decompress(
    source: Source,
    target: str | os.PathLike[str],
    *,
    progress: Callable[[int, int], None] | None = None,
) -> Compressed:
    """Write the archive that a compressed one holds; every byte was compared with its digest.

    Raises:
        ArchiveError: the source is damaged, or no archive.
        OSError: the target could not be written; it is as it was before.
    """
    with as_memory(source) as (view, _):
        if bytes(view[: len(COMPRESSED)]) != COMPRESSED:
            raise FormatError("the file is not a compressed archive: holotype show says what it is")
        from holotype.store.single import open_compressed

        with open_compressed(view) as archive:
            archive.save(target, progress)
            return Compressed(archive.id, archive.size, len(view))
