"""A directory as a place: one file a key, durable, and never half of it.

Rule: bytes are written to a temporary file in ``.writing`` and synced before they get their name:
by a hard link where nothing may be there, by a rename where something may. So a writer that is
killed leaves nothing but a temporary file, which is no key, and which `LocalPlace.sweep` removes.

What replaces or deletes holds a lock of the kernel on ``.lock`` for the length of a rename; the
kernel lets go of it when the process ends, however it ends. On NFS the lock is held by the server
(NFSv4, or v3 with lockd); mounts with ``local_lock`` or ``nolock`` do not see each other's locks,
and are only fit for one machine at a time.

Links are followed to the directory itself, and never inside it.
"""

from __future__ import annotations

import errno
import fcntl
import mmap
import os
import secrets
import stat
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime
from typing import BinaryIO, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.places.files import (
    FOLDER,
    NEW,
    READ,
    check_unchanged,
    copy,
    fill,
    find,
    found,
    lock,
    make_folders,
    meaning,
    modified,
    open_folder,
    within,
)
from holotype.store.places.place import ABSENT, Condition, Found, checked

__all__ = ["LocalPlace"]

_WRITING = ".writing"

_NO_LINKS = {errno.EPERM, errno.ENOTSUP, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK}
_SPENT = {errno.EMFILE, errno.ENFILE, errno.ENOMEM}

_Entries = list[tuple[str, Found | None]]


class _Temporary(NamedTuple):
    folder: int
    name: str
    handle: int


class LocalPlace:
    """A directory. ``create`` makes it where it is missing, with the rights that umask leaves."""

    local = True

    def __init__(self, root: str | os.PathLike[str], *, create: bool = False) -> None:
        self._root = os.path.abspath(os.fspath(root))
        self._durable: set[str] = set()
        with self._explained(""):
            if create:
                make_folders(self._root)
            elif not os.path.exists(self._root):
                raise NotInStoreError(f"there is no store at {self._root}; check the path")
            if not os.path.isdir(self._root):
                raise NotADirectoryError(errno.ENOTDIR, "", self._root)

    def __repr__(self) -> str:
        return f"LocalPlace({self._root!r})"

    @property
    def url(self) -> str:
        """The absolute path of the directory."""
        return self._root

    # -------------------------------------------------------------------------------- reading

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        """``size`` bytes from ``start`` on, or all. NotInStoreError, or StoreError if too short."""
        with self._opened(key) as handle:
            length = os.fstat(handle).st_size
            if size is None:
                size = max(0, length - start)
            within(key, start, size, length)
            target = np.empty(size, np.uint8)
            fill(key, handle, start, target)
            return target.data.toreadonly()

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        """Fill ``target`` with the bytes from ``start`` on."""
        with self._opened(key) as handle:
            within(key, start, target.nbytes, os.fstat(handle).st_size)
            fill(key, handle, start, target)

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        """The same bytes mapped, private and writable; None where nothing more can be mapped."""
        with self._opened(key) as handle:
            within(key, start, size, os.fstat(handle).st_size)
            if not size:
                return np.empty(0, np.uint8)
            skip = start % mmap.ALLOCATIONGRANULARITY
            try:
                mapped = mmap.mmap(
                    handle, size + skip, access=mmap.ACCESS_COPY, offset=start - skip
                )
            except OSError as error:
                if error.errno in _SPENT:  # each mapping costs a descriptor: reading does not
                    return None
                raise
        return np.frombuffer(mapped, np.uint8, size, skip)

    def find(self, key: str) -> Found | None:
        """What is under a key, or None."""
        try:
            with self._opened(key) as handle:
                return found(key, handle)
        except NotInStoreError:
            return None

    def list(self, prefix: str) -> Iterator[Found]:
        """All keys that begin with ``prefix``; what is no key, such as a temporary file, is not."""
        folder = checked(prefix[:-1]) if prefix.endswith("/") else prefix
        if folder == prefix != "":
            raise StoreError(f"{prefix!a} is no prefix of keys: it ends with no /")
        folders = [folder]
        while folders:
            folder = folders.pop()
            for name, each in self._entries(folder):
                if each is None:
                    folders.append(name)
                else:
                    yield each

    # -------------------------------------------------------------------------------- writing

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        """Write all of ``data`` (a file object: from its position on), durable when this returns.

        ConflictError where the condition does not hold.
        """
        path, _, name = checked(key).rpartition("/")
        with self._explained(key, writing=True), self._temporary() as temporary:
            copy(data, temporary.handle)
            os.fsync(temporary.handle)
            with self._folder(path, make=True) as folder:
                if condition is ABSENT:
                    self._put_new(temporary, folder, key)
                else:
                    with self._locked():
                        if isinstance(condition, Found):
                            check_unchanged(condition, key, folder)
                        _rename(temporary, folder, name)
                os.fsync(folder)
            return found(key, temporary.handle)

    def delete(self, key: str) -> None:
        """Remove a key; nothing happens where there is none."""
        path, _, name = checked(key).rpartition("/")
        with self._explained(key), suppress(FileNotFoundError), self._folder(path) as folder:
            os.stat(name, dir_fd=folder, follow_symlinks=False)
            with self._locked():
                os.unlink(name, dir_fd=folder)
            os.fsync(folder)

    def now(self) -> datetime:
        """The time that the file system gives to a file that is written now."""
        with self._explained(""), self._temporary() as temporary:
            os.write(temporary.handle, b".")
            os.fsync(temporary.handle)
            return modified(os.fstat(temporary.handle))

    def sweep(self, older_than: datetime) -> int:
        """Remove what killed writers left before ``older_than`` (see `now`); how many files."""
        count = 0
        with self._explained(""), suppress(FileNotFoundError), self._folder(_WRITING) as folder:
            with os.scandir(folder) as entries:
                names = [entry.name for entry in entries]
            for name in names:
                with suppress(FileNotFoundError):
                    status = os.stat(name, dir_fd=folder, follow_symlinks=False)
                    if stat.S_ISREG(status.st_mode) and modified(status) < older_than:
                        os.unlink(name, dir_fd=folder)
                        count += 1
        return count

    # -------------------------------------------------------------------------------- inside

    def _put_new(self, temporary: _Temporary, folder: int, key: str) -> None:
        name = key.rpartition("/")[2]
        taken = ConflictError(f"{key} is in {self._root} already")
        try:
            os.link(temporary.name, name, src_dir_fd=temporary.folder, dst_dir_fd=folder)
        except FileExistsError:
            # A server whose answer got lost is asked twice, and the second time finds our own link.
            if os.fstat(temporary.handle).st_nlink < 2:
                raise taken from None
        except OSError as error:
            if error.errno not in _NO_LINKS:
                raise
            with self._locked():
                with suppress(FileNotFoundError):
                    os.stat(name, dir_fd=folder, follow_symlinks=False)
                    raise taken from None
                _rename(temporary, folder, name)

    @contextmanager
    def _opened(self, key: str) -> Iterator[int]:
        """A descriptor of the file of a key."""
        path, _, name = checked(key).rpartition("/")
        with self._explained(key):
            with self._folder(path) as folder:
                handle = os.open(name, READ, dir_fd=folder)
            try:
                mode = os.fstat(handle).st_mode
                if stat.S_ISDIR(mode):
                    raise FileNotFoundError(errno.ENOENT, "", key)
                if not stat.S_ISREG(mode):
                    raise StoreError(f"{os.path.join(self._root, key)} is not a regular file")
                yield handle
            finally:
                os.close(handle)

    @contextmanager
    def _folder(self, path: str, *, make: bool = False) -> Iterator[int]:
        """A descriptor of a folder in the place, reached without following a link."""
        handle = os.open(self._root, FOLDER)
        try:
            reached = ""
            for name in path.split("/") if path else ():
                reached += name + "/"
                inner = self._enter(handle, name, reached) if make else open_folder(handle, name)
                handle, outer = inner, handle
                os.close(outer)
            yield handle
        finally:
            os.close(handle)

    def _enter(self, folder: int, name: str, reached: str) -> int:
        """Open a folder in a folder, and make it durable: somebody else may just have made it."""
        try:
            inner = open_folder(folder, name)
            if reached in self._durable:
                return inner
        except FileNotFoundError:
            with suppress(FileExistsError):
                os.mkdir(name, 0o777, dir_fd=folder)
            inner = open_folder(folder, name)
        try:
            os.fsync(folder)
        except BaseException:
            os.close(inner)
            raise
        self._durable.add(reached)
        return inner

    @contextmanager
    def _temporary(self) -> Iterator[_Temporary]:
        """A new file that is no key; it goes with the block, unless it was given another name."""
        with self._folder(_WRITING, make=True) as folder:
            name = secrets.token_hex(16)
            handle = os.open(name, NEW, 0o666, dir_fd=folder)
            try:
                yield _Temporary(folder, name, handle)
            finally:
                os.close(handle)
                with suppress(FileNotFoundError):
                    os.unlink(name, dir_fd=folder)

    @contextmanager
    def _locked(self) -> Iterator[None]:
        """While the block runs, nobody else replaces or deletes."""
        with self._folder("") as root:
            handle = lock(root)
            try:
                yield
            finally:
                # A process that was forked meanwhile would keep the lock if this only closed.
                fcntl.flock(handle, fcntl.LOCK_UN)
                os.close(handle)

    def _entries(self, path: str) -> _Entries:
        """The keys in a folder, and the folders in it, for which None stands."""
        result: _Entries = []
        with self._explained(path), suppress(FileNotFoundError), self._folder(path) as folder:
            with os.scandir(folder) as scanned:
                entries = list(scanned)
            for entry in entries:
                key = f"{path}/{entry.name}" if path else entry.name
                try:
                    checked(key)
                except StoreError:
                    continue
                if entry.is_dir(follow_symlinks=False):
                    result.append((key, None))
                elif entry.is_file(follow_symlinks=False):
                    with suppress(FileNotFoundError):  # it may have been deleted meanwhile
                        result.append((key, find(key, folder)))
        return result

    @contextmanager
    def _explained(self, key: str, *, writing: bool = False) -> Iterator[None]:
        """Errors of the system, said so that a person knows what to do."""
        try:
            yield
        except FileNotFoundError as error:
            if not os.path.isdir(self._root):
                raise StoreError(f"{self._root} is gone, or is no folder any more") from error
            if writing:
                raise StoreError(
                    f"{key} lost its temporary file to a sweep; write again"
                ) from error
            raise NotInStoreError(f"there is no {key} in {self._root}") from None
        except OSError as error:
            path = os.path.join(self._root, key) if key else self._root
            raise StoreError(f"{path}: {meaning(error)}") from error


def _rename(temporary: _Temporary, folder: int, name: str) -> None:
    os.replace(temporary.name, name, src_dir_fd=temporary.folder, dst_dir_fd=folder)
