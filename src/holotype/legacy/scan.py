"""``scan``: what a file would construct, call and import, and which of it is outside the table.

The judgement is by permission: *data* is a file that was read to its last byte and says nothing but
what the table has. Rule: a file that could not be read in full, or could be read in two ways, is
never *data*.
"""

from __future__ import annotations

import gc
import os
from collections.abc import Iterable, Iterator
from typing import Literal

import msgspec

from holotype.legacy.buffers import LIMIT
from holotype.legacy.files import Part, read_bytes, read_file
from holotype.legacy.judge import Finding, Judge, Name

__all__ = ["PartReport", "ScanReport", "Verdict", "files_in", "scan"]

Verdict = Literal["data", "outside", "unreadable", "other"]
_MAX_PROBLEMS = 1000
_CONTAINERS = frozenset(
    {"bz2", "gzip", "holotype", "lz4", "lzma", "tar", "xz", "z-file", "zip", "zlib"}
)
# Files that a model is kept in: of such a name, what is no model is not passed over.
_SUFFIXES = frozenset(
    f".{suffix}"
    for suffix in (
        *("bin", "bz2", "ckpt", "cloudpickle", "dat", "data", "dill", "gz", "jl", "joblib", "lz4"),
        *("lzma", "model", "npy", "npz", "p", "pck", "pcl", "pickle", "pk", "pkl", "pt", "pth"),
        *("sav", "skops", "tar", "tgz", "th", "torch", "xz", "z", "zip"),
    )
)


class PartReport(msgspec.Struct, kw_only=True):
    """One part of a file: itself, a member of an archive, or what a compressor hid.

    ``formats`` are its readings, ``protocols`` those of its pickles. ``size`` in bytes. ``packed``
    says that it is a compressor's work, and that what it hid is the next part, of the same name.
    """

    name: str
    size: int
    formats: list[str]
    protocols: list[int]
    problems: list[str]
    notes: list[str]
    packed: bool


class ScanReport(msgspec.Struct, kw_only=True):
    """What :func:`scan` found in one file.

    verdict   *data*: read in full, and all of it is in the table. *outside*: something is not.
              *unreadable*: not read in full, and nothing outside so far. *other*: no format that
              keeps models in pickles, so nothing of it was read
    complete  every byte was read, in every way in which it can be read
    names     what the file imports, in order
    findings  what is outside the table
    """

    path: str
    size: int
    verdict: Verdict
    complete: bool
    parts: list[PartReport]
    names: list[Name]
    findings: list[Finding]

    @property
    def formats(self) -> list[str]:
        """All formats that were met, each once."""
        return list(dict.fromkeys(name for part in self.parts for name in part.formats))

    @property
    def problems(self) -> list[str]:
        """Why the file is not complete, each with the part it is about."""
        return [
            f"{part.name}: {problem}" if part.name else problem
            for part in self.parts
            for problem in part.problems
        ]

    def __bool__(self) -> bool:
        """Whether the file is data and nothing else."""
        return self.verdict == "data"


def scan(
    source: str | os.PathLike[str] | bytes | bytearray | memoryview,
    *,
    limit: int = LIMIT,
    name: str | None = None,
) -> ScanReport:
    """Say what a file would construct, call and import; nothing of it is run or imported.

    Reads pickles of all protocols, joblib, cloudpickle, dill, torch, NumPy, skops, and archives and
    compressed files of them; tells formats by their bytes.

    Args:
        source: a path, or the bytes of a file.
        limit: to how many bytes the file may be unpacked, in all its layers.
        name: what to call it in the report; the path by default.

    Raises:
        OSError: the file cannot be opened. Whatever its contents, no other error is raised.
    """
    judge = Judge()
    parts: list[PartReport] = []

    def visit(part: Part) -> None:
        judge.part(part)
        parts.append(_report(part))
        part.members.clear()
        part.pickles.clear()
        part.array, part.data = None, memoryview(b"")

    collecting = gc.isenabled()
    gc.disable()  # symbols by the million, nearly none of them garbage
    try:
        if isinstance(source, bytes | bytearray | memoryview):
            root = read_bytes(bytes(source), limit=limit, visit=visit)
            path = name or "<bytes>"
        else:
            root = read_file(source, limit=limit, visit=visit)
            path = name or os.fspath(source)
    finally:
        if collecting:
            gc.enable()
    parts.reverse()  # the file first, then its members
    if judge.dropped:
        parts[0].notes.append(f"{judge.dropped} more findings are not listed")
    return _judged(path, root.size, parts, judge)


def _judged(path: str, size: int, parts: list[PartReport], judge: Judge) -> ScanReport:
    complete = not any(part.problems for part in parts)
    known = any(not _CONTAINERS.issuperset(part.formats) for part in parts)
    if not known and not judge.findings and complete:
        complete = False
        what = "it is empty" if not size else "it is of no format that scan reads"
        parts[0].problems.append(what)
        verdict: Verdict = "unreadable" if _suffix(path) in _SUFFIXES else "other"
    elif judge.findings:
        verdict = "outside"
    else:
        verdict = "data" if complete else "unreadable"
    return ScanReport(
        path=path,
        size=size,
        verdict=verdict,
        complete=complete,
        parts=parts,
        names=judge.names,
        findings=judge.findings,
    )


def _suffix(path: str) -> str:
    return os.path.splitext(path)[1].lower()


def _report(part: Part) -> PartReport:
    return PartReport(
        name=part.name,
        size=part.size,
        formats=part.formats,
        protocols=sorted({stream.protocol for stream in part.pickles}),
        problems=part.problems[:_MAX_PROBLEMS],
        notes=part.notes,
        packed=not part.pickles and any(each.name == part.name for each in part.members),
    )


def files_in(paths: Iterable[str | os.PathLike[str]]) -> Iterator[tuple[str, bool]]:
    """The files that paths stand for, each with whether it was named itself.

    Folders are walked in the order of names; symbolic links inside them are not followed.
    """
    for given in paths:
        path = os.fspath(given)
        if not os.path.isdir(path):
            yield path, True
            continue
        for folder, folders, files in os.walk(path):
            folders.sort()
            for file in sorted(files):
                found = os.path.join(folder, file)
                if not os.path.islink(found) and os.path.isfile(found):
                    yield found, False
