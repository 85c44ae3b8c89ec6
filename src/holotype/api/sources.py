"""What can be opened: an archive, a compressed one, or a version in a store.

The magic bytes decide; what a store is needed for is imported when one is met.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import AbstractContextManager, contextmanager
from typing import TYPE_CHECKING

from holotype.archive import seals
from holotype.archive.reader import ArchiveReader, Source, as_memory
from holotype.digest import Digest

if TYPE_CHECKING:
    from holotype.store.records import Version
    from holotype.store.vault import Vault

__all__ = ["COMPRESSED", "Stored", "ending", "open_source"]

COMPRESSED = b"holopack"
"""How a compressed archive begins."""


class Stored:
    """A version in a store, for every function that takes an archive."""

    def __init__(self, vault: Vault, version: Version) -> None:
        self._vault = vault
        self.version = version

    def __repr__(self) -> str:
        return f"<{self.version} in {self._vault.place.url}>"

    @property
    def name(self) -> str:
        """What to call it, where a file would have its name."""
        return str(self.version)

    def opened(self) -> AbstractContextManager[ArchiveReader]:
        """Its archive."""
        return self._vault.opened_version(self.version)


def ending(data: memoryview, more: Iterable[bytes], archive_id: Digest) -> tuple[int, list[bytes]]:
    """What becomes of an archive, or of a compressed one, when seals are added to it: how many of
    its bytes stay, and what follows them.
    """
    if bytes(data[: len(COMPRESSED)]) != COMPRESSED:
        return seals.ending(data, more, archive_id)
    from holotype.store import single

    return single.ending(data, more, archive_id)


@contextmanager
def open_source(source: Source | Stored) -> Iterator[ArchiveReader]:
    """Open whatever holds an archive, and check all but the arrays."""
    if isinstance(source, Stored):
        with source.opened() as reader:
            yield reader
        return
    with as_memory(source) as (view, descriptor):
        if bytes(view[: len(COMPRESSED)]) != COMPRESSED:
            yield ArchiveReader(view, descriptor)
            return
        from holotype.store.single import open_compressed

        with open_compressed(view) as archive:
            yield archive
