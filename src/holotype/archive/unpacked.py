"""An archive that was unpacked into a folder, put together again.

Any ZIP tool unpacks an archive; with its files as they were there is one file that they came from
(SPEC 2.2), and the checks of a file are those of a folder. Rule: every file of the folder is a
member, and no link is followed.
"""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path
from typing import BinaryIO, Final

from holotype.archive.container import REQUIRED, directory, local_header, plan
from holotype.archive.crc32 import crc32
from holotype.archive.manifest import MAX_MANIFEST, parse_manifest
from holotype.archive.seals import SEALS
from holotype.errors import FormatError

__all__ = ["files_below", "repack"]

_PIECE: Final = 4 << 20
_MANIFEST: Final = REQUIRED[0]


def files_below(folder: str | os.PathLike[str], ignored: frozenset[str] = frozenset()) -> list[str]:
    """The files in a folder and its folders, by their path with slashes, sorted.

    ``ignored`` are paths of files and folders that are left out.

    Raises FormatError where one is neither a file nor a folder, such as a link.
    """
    return sorted(_below(os.fspath(folder), "", ignored))


def repack(
    folder: str | os.PathLike[str], target: BinaryIO, ignored: frozenset[str] = frozenset()
) -> None:
    """Write the archive that was unpacked into ``folder`` to a binary file object.

    Raises FormatError where the folder holds no archive, or other files than an archive's. What is
    in the files is checked by who reads the archive.
    """
    root = Path(folder)
    found = files_below(root, ignored)
    if _MANIFEST not in found:
        raise FormatError(f"{root} holds no {_MANIFEST}: it is no unpacked archive", clause="2.3")
    with open(root / _MANIFEST, "rb") as file:
        manifest = parse_manifest(file.read(MAX_MANIFEST + 1))
    seals = [name for name in found if name.startswith(SEALS)]
    names = [_MANIFEST, *(part.name for part in manifest.parts), *seals]
    if found != sorted(names):
        odd = min(set(found) ^ set(names), default=_MANIFEST)
        raise FormatError(f"{odd!a} is not both in {root} and in its manifest", clause="5.3")
    layout = plan([(name, (root / name).stat().st_size) for name in names])
    crcs = [_crc(root / slot.name) for slot in layout.slots]
    for slot, crc in zip(layout.slots, crcs, strict=True):
        target.write(local_header(slot, crc))
        target.writelines(_pieces(root / slot.name))
    target.write(directory(layout, crcs))


def _below(folder: str, prefix: str, ignored: frozenset[str]) -> Iterator[str]:
    with os.scandir(folder) as entries:
        for entry in entries:
            path = f"{prefix}{entry.name}"
            if path in ignored:
                continue
            if entry.is_dir(follow_symlinks=False):
                yield from _below(entry.path, f"{path}/", ignored)
            elif entry.is_file(follow_symlinks=False):
                yield path
            else:
                raise FormatError(f"{path!a} is a link or a special file", clause="2.4")


def _crc(path: Path) -> int:
    crc = 0
    for piece in _pieces(path):
        crc = crc32(piece, crc)
    return crc


def _pieces(path: Path) -> Iterator[bytes]:
    with open(path, "rb") as file:
        while piece := file.read(_PIECE):
            yield piece
