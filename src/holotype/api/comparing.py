"""diff: what changed between two archives, without building anything of them."""

from __future__ import annotations

import os
from contextlib import ExitStack, nullcontext
from typing import Any

from holotype.api.common import Openable, collector_paused
from holotype.api.sources import Stored, open_source
from holotype.archive.reader import ArchiveReader
from holotype.compare import compare_archives
from holotype.compare.difference import Difference

__all__ = ["Difference", "diff"]


def diff(
    before: Openable | ArchiveReader,
    after: Openable | ArchiveReader,
    *,
    names: tuple[str, str] | None = None,
) -> Difference:
    """What changed from one archive to another; imports no framework, builds nothing.

    Hyper-parameters, steps, schema, classes, arrays and how far they are apart, trees, terms of
    vocabularies, libraries, metrics, metadata and golden predictions. Arrays of equal digest are
    not read, others are hashed and compared piece by piece, so memory does not grow with them.

    Args:
        before: the older archive: a path, a binary file object, its bytes, a version in a store, or
            an open reader.
        after: the newer one.
        names: what to call the two; by default the names of their files or versions.

    Raises:
        ArchiveError, BlueprintError: what is compared is damaged or unsafe.
    """
    with ExitStack() as stack:
        readers = [stack.enter_context(_opened(source)) for source in (before, after)]
        called = names or (_name_of(before, "before"), _name_of(after, "after"))
        with collector_paused():
            return compare_archives(readers[0], readers[1], called)


def _opened(source: Openable | ArchiveReader) -> Any:
    return nullcontext(source) if isinstance(source, ArchiveReader) else open_source(source)


def _name_of(source: Any, otherwise: str) -> str:
    """What to call an archive: the name of its file, where it has one."""
    if isinstance(source, Stored):
        return str(source.version)
    path = source if isinstance(source, str | os.PathLike) else getattr(source, "name", None)
    if not isinstance(path, str | os.PathLike):
        return otherwise
    return os.path.basename(os.fspath(path)).encode(errors="replace").decode()
