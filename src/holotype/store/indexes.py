"""Indexes of packs that were read over a network, kept on this machine.

A pack is immutable and named by its SHA-256, so what is kept never goes stale; each store has a
folder of its own, so that none says what is in the packs of another. Rule: what is kept is believed
no more than what a store says, and whatever is wrong with it, the store is read instead: a cache
may be lost, full, damaged or forbidden, and nobody notices but by the time it takes.
"""

from __future__ import annotations

import hashlib
import os
import re
import secrets
import stat
import time
from contextlib import suppress
from pathlib import Path

from holotype.errors import DamagedStoreError
from holotype.store.packs import Pack, open_end
from holotype.store.places.files import READ
from holotype.store.places.place import Place
from holotype.trust.folders import cache_folder, is_own

__all__ = ["Indexes"]

_LIMIT = 512 << 20  # bytes on disk, of all stores
_LARGEST = _LIMIT // 8  # of one index
_FEWER = 0.75  # of the limit is left where it was exceeded
_BLOCK = 4096  # bytes: what even a small file takes
_DAY = 24 * 3600.0
_NAME = re.compile(r"[0-9a-f]{64}")


class Indexes:
    """Indexes of the packs of one store, in a folder below ``root``."""

    def __init__(self, root: Path, origin: str) -> None:
        self.root = root
        self.folder = root / hashlib.sha256(origin.encode()).hexdigest()[:32]
        self._grown = 0  # bytes, since it was trimmed; that threads may miscount does not matter

    @classmethod
    def of(cls, place: Place) -> Indexes | None:
        """Those of the store at a place; None where its indexes are as quickly read from there, or
        nothing is to be kept.
        """
        if place.local:
            return None
        with suppress(OSError, RuntimeError):  # RuntimeError: there is no home
            root = cache_folder()
            return None if root is None else cls(root / "indexes", _origin(place))
        return None

    def get(self, name: str, size: int) -> Pack | None:
        """The pack of this name, and of this size; None if it is not kept."""
        if not _NAME.fullmatch(name):
            return None
        try:
            if not self._usable():
                return None
            with open(os.open(self.folder / name, READ), "rb") as file:
                status = os.fstat(file.fileno())
                if not stat.S_ISREG(status.st_mode) or status.st_size > _LARGEST:
                    return None
                pack = open_end(name, memoryview(file.read()))
                if status.st_mtime < time.time() - _DAY:
                    os.utime(file.fileno())  # it was of use: others go first
        except (OSError, DamagedStoreError):
            return None
        return pack if size == pack.size else None

    def put(self, name: str, end: bytes | memoryview) -> None:
        """Keep the end of a pack: its index and what follows."""
        if len(end) > _LARGEST or not _NAME.fullmatch(name):
            return
        new = self.folder / f".{secrets.token_hex(16)}"
        with suppress(OSError):
            self.root.mkdir(mode=0o700, parents=True, exist_ok=True)
            self.folder.mkdir(mode=0o700, exist_ok=True)
            if not self._usable():
                return
            try:
                new.write_bytes(end)
                os.replace(new, self.folder / name)
            except BaseException:
                with suppress(OSError):
                    new.unlink()
                raise
        self._grown += _on_disk(len(end))
        if self._grown > _LARGEST:
            self.trim()

    def trim(self) -> None:
        """Delete what was of no use for longest, where all together has become too much."""
        if not self._grown:
            return
        self._grown = 0
        kept = sorted(_files(self.root))
        total = sum(size for _, size, _ in kept)
        if total <= _LIMIT:
            return
        for _, size, path in kept:
            if total <= _FEWER * _LIMIT:
                break
            with suppress(OSError):
                os.unlink(path)
            total -= size

    def _usable(self) -> bool:
        return is_own(os.stat(self.root)) and is_own(os.stat(self.folder))


def _files(root: Path) -> list[tuple[float, int, str]]:
    """All files: when each was written or used, its bytes on disk, and its path."""
    found = []
    for folder, _, names in os.walk(root):
        for name in names:
            with suppress(OSError):  # somebody else trims too
                path = os.path.join(folder, name)
                status = os.lstat(path)
                found.append((status.st_mtime, _on_disk(status.st_size), path))
    return found


def _on_disk(size: int) -> int:
    return -(-size // _BLOCK) * _BLOCK


def _origin(place: Place) -> str:
    """What tells the store from all others: its address, and where that leads from here."""
    return str(getattr(place, "origin", place.url))
