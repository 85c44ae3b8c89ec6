"""Seals are members of an archive that come later: where they stand, and how they are added.

The rule: everything before the first seal is what it was, byte for byte, and so is the id. A seal
is named by the SHA-256 of its content, and seals stand in the order of their names (SPEC 9.1), so
the same seals on the same archive are the same file, in whatever order they were added. What a
seal says is read by ``signing/``: here they are bytes.
"""

from __future__ import annotations

import hashlib
import mmap as mmap_module
import os
import re
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any, BinaryIO, Final

from holotype.archive.atomic import copy, replacing, write_at
from holotype.archive.container import Member, directory, local_header, plan, read_directory
from holotype.archive.crc32 import crc32
from holotype.digest import Digest, sha256
from holotype.errors import DigestError, FormatError, LimitError, SealError

__all__ = [
    "MAX_SEAL",
    "MAX_SEALS",
    "SEALS",
    "Ending",
    "check_seal_members",
    "ending",
    "seal_content",
    "seal_members",
    "sealed_bytes",
    "sealed_file",
]

SEALS: Final = "seals/"
"""How the names of all seals begin; no part that the manifest lists has such a name."""

MAX_SEAL: Final = 4 << 20
"""Bytes of one seal; read whole before anything in it is believed (SPEC 9.1)."""

MAX_SEALS: Final = 64

_NAME = re.compile(r"seals/[0-9a-f]{64}\.json")


def seal_members(contents: Iterable[bytes]) -> dict[str, bytes]:
    """The members that hold these seals, by name and in their order."""
    named = {f"{SEALS}{hashlib.sha256(each).hexdigest()}.json": each for each in contents}
    for content in named.values():
        if len(content) > MAX_SEAL:
            raise SealError(f"a seal would have {len(content)} bytes; it may have {MAX_SEAL}")
    if len(named) > MAX_SEALS:
        raise SealError(f"an archive may have {MAX_SEALS} seals, not {len(named)}")
    return dict(sorted(named.items()))


def check_seal_members(members: Sequence[Member]) -> tuple[Member, ...]:
    """The seals among the members of a file; FormatError where they do not stand as they must."""
    at = next((i for i, m in enumerate(members) if m.name.startswith(SEALS)), len(members))
    seals = tuple(members[at:])
    if len(seals) > MAX_SEALS:
        raise LimitError(f"{len(seals)} seals, at most {MAX_SEALS} may be", clause="9.1")
    for seal in seals:
        if not _NAME.fullmatch(seal.name):
            raise FormatError(f"{seal.name}: seals stand last, named by a digest", clause="9.1")
        if seal.size > MAX_SEAL:
            raise LimitError(
                f"{seal.name} has {seal.size} bytes, more than {MAX_SEAL}", clause="9.1"
            )
    if [seal.name for seal in seals] != sorted(seal.name for seal in seals):
        raise FormatError("the seals do not stand in the order of their names", clause="9.1")
    return seals


def seal_content(data: Any, seal: Member) -> bytes:
    """The content of a seal; DigestError where it is not what its name says."""
    content = bytes(data[seal.offset : seal.offset + seal.size])
    if seal.name != f"{SEALS}{hashlib.sha256(content).hexdigest()}.json":
        raise DigestError(f"{seal.name} is not what its name says", clause="9.1")
    return content


def ending(data: Any, more: Iterable[bytes], archive_id: Digest) -> tuple[int, list[bytes]]:
    """An archive with further seals: how many bytes stay as they are, and those that follow them:
    all seals and the directory. Those that it has already stay once.
    """
    members = read_directory(data)
    if sha256(data[members[0].offset : members[0].offset + members[0].size]) != archive_id:
        raise DigestError("the archive was replaced by another while it was sealed")
    old = check_seal_members(members)
    parts = members[: len(members) - len(old)]
    seals = seal_members([*(seal_content(data, seal) for seal in old), *more])
    layout = plan(
        [
            *((part.name, part.size) for part in parts),
            *((name, len(content)) for name, content in seals.items()),
        ]
    )
    crcs = [*(part.crc for part in parts), *map(crc32, seals.values())]
    end: list[bytes] = []
    for slot, crc in zip(layout.slots[len(parts) :], crcs[len(parts) :], strict=True):
        end += [local_header(slot, crc), seals[slot.name]]
    return parts[-1].offset + parts[-1].size, [*end, directory(layout, crcs)]


Ending = Callable[[Any, Iterable[bytes], Digest], tuple[int, list[bytes]]]
"""What :func:`ending` is to an archive, for one in another form."""


def sealed_bytes(
    archive: bytes, more: Iterable[bytes], archive_id: Digest, ending: Ending = ending
) -> bytes:
    """The archive of this id with further seals, whose end ``ending`` knows how to write."""
    kept, end = ending(memoryview(archive), more, archive_id)
    return archive[:kept] + b"".join(end)


def sealed_file(
    path: str | os.PathLike[str],
    more: Iterable[bytes],
    archive_id: Digest,
    ending: Ending = ending,
) -> int:
    """Add seals to the archive of this id at ``path``, replaced atomically; its size in bytes.

    The bytes before the seals are copied by the system where it can, without passing through here.
    Whoever seals the same file at the same time waits, so that no seal is lost.

    Raises DigestError where the path holds another archive by now, and OSError as the system gives
    it; the file then is as it was before.
    """
    real = os.path.realpath(os.fspath(path))
    with _held(real) as file, _mapped(file) as view:
        kept, end = ending(view, more, archive_id)
        with replacing(real) as descriptor:
            copy(file.fileno(), descriptor, kept)
            write_at(descriptor, end, kept)
    return kept + sum(map(len, end))


@contextmanager
def _mapped(file: BinaryIO) -> Iterator[memoryview]:
    mapping = mmap_module.mmap(file.fileno(), 0, access=mmap_module.ACCESS_READ)
    view = memoryview(mapping)
    try:
        yield view
    finally:
        with suppress(BufferError):  # a traceback may still hold a slice; then it closes the map
            view.release()
            mapping.close()


def _held(path: str) -> BinaryIO:
    """The file at a path, open and locked; not one that another writer has replaced meanwhile."""
    import fcntl

    while True:
        file = open(path, "rb")  # noqa: SIM115 - the caller closes it
        with suppress(OSError):  # some network file systems have no locks
            fcntl.flock(file, fcntl.LOCK_EX)
        if os.path.samestat(os.fstat(file.fileno()), os.stat(path)):
            return file
        file.close()
