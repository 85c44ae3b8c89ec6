"""What `LocalPlace` does with descriptors of files and folders: copy, fill, lock, know and rename.

Rule: a file is reached through the descriptor of its folder, and a link is never followed.
"""

from __future__ import annotations

import errno
import fcntl
import hashlib
import os
import time
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from typing import BinaryIO

import numpy as np
import numpy.typing as npt

from holotype.errors import ConflictError, StoreError
from holotype.store.places.place import Found

__all__ = [
    "FOLDER",
    "NEW",
    "READ",
    "check_unchanged",
    "copy",
    "fill",
    "find",
    "found",
    "lock",
    "make_folders",
    "meaning",
    "modified",
    "open_folder",
    "sync_folder",
    "within",
]

_LOCK = ".lock"
_SMALL = 1 << 16  # contents up to this size are known by their digest, others by their file
_CHUNK = 1 << 20  # bytes that are copied at a time
_PATIENCE = 60.0  # seconds; the lock is held for the length of a rename
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

FOLDER = os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC
# Without O_NONBLOCK, a pipe that somebody put in the place of a file would hold the reader.
READ = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC
NEW = os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC

_MEANING = {
    errno.ENOSPC: "the disk is full; free some space and try again",
    errno.EDQUOT: "the quota is used up; free some space and try again",
    errno.EFBIG: "the file would be larger than is allowed (ulimit -f)",
    errno.EROFS: "the file system is read-only; mount it for writing, or use another store",
    errno.EACCES: "permission denied; ask whoever owns the folder for the right",
    errno.EPERM: "permission denied; ask whoever owns the folder for the right",
    errno.ENOTDIR: "a folder was expected, not a file or a link; remove what stands there",
    errno.ELOOP: "it is a link, and a store follows none; put the file itself there",
    errno.EISDIR: "it is a folder, and should be a file; remove what stands there",
    errno.EXDEV: "a folder in the store is a mount of its own; mount the whole store instead",
    errno.EMFILE: "too many files are open; raise the limit (ulimit -n)",
    errno.ENFILE: "too many files are open on this machine; try again later",
    errno.EIO: "the disk failed; check it, then scrub the store",
    errno.ESTALE: "the network file system lost it; mount it again",
}


def meaning(error: OSError) -> str:
    """What an error of the system means to a person, and what to do."""
    return _MEANING.get(error.errno or 0, error.strerror or str(error))


def make_folders(path: str) -> None:
    """Make a folder and those around it where they are missing, and durable."""
    if os.path.isdir(path):
        return
    outer = os.path.dirname(path)
    make_folders(outer)
    with suppress(FileExistsError):
        os.mkdir(path, 0o777)
    sync_folder(outer)


def sync_folder(path: str) -> None:
    """Make the names in a folder durable."""
    handle = os.open(path, FOLDER)
    try:
        os.fsync(handle)
    finally:
        os.close(handle)


def open_folder(folder: int, name: str) -> int:
    """A descriptor of a folder in a folder."""
    return os.open(name, FOLDER | os.O_NOFOLLOW, dir_fd=folder)


def lock(root: int) -> int:
    """A descriptor of the lock file, once the lock is ours."""
    until = time.monotonic() + _PATIENCE
    pause = 0.0005
    while True:
        try:
            handle = os.open(_LOCK, NEW & ~os.O_EXCL, 0o666, dir_fd=root)
        except PermissionError:  # another user's; a lock needs no right to write
            handle = os.open(_LOCK, READ, dir_fd=root)
        try:
            fcntl.flock(handle, fcntl.LOCK_EX | fcntl.LOCK_NB)
            if os.path.samestat(os.fstat(handle), os.stat(_LOCK, dir_fd=root)):
                return handle
        except BlockingIOError:
            pass
        except FileNotFoundError:  # somebody removed the lock file: a new one counts from now on
            pass
        except BaseException:
            os.close(handle)
            raise
        os.close(handle)
        if time.monotonic() > until:
            raise StoreError(
                f"another process has held the lock of the store for {_PATIENCE:.0f} seconds; "
                "see whether a writer is stopped, and end it"
            )
        time.sleep(pause)
        pause = min(2 * pause, 0.02)


def check_unchanged(condition: Found, key: str, folder: int) -> None:
    """ConflictError where a key does not hold any more what was found."""
    try:
        tag = find(key, folder).tag
    except FileNotFoundError:
        raise ConflictError(f"{key} was deleted meanwhile") from None
    if tag != condition.tag:
        raise ConflictError(f"{key} was changed meanwhile")


def find(key: str, folder: int) -> Found:
    """What is under a key, whose file is in this folder."""
    handle = os.open(key.rpartition("/")[2], READ, dir_fd=folder)
    try:
        return found(key, handle)
    finally:
        os.close(handle)


def found(key: str, handle: int) -> Found:
    """What a file holds. A small one, which may be replaced, is known by what is in it.

    Not by inode and time: a file system gives both again within a tick of its clock.
    """
    status = os.fstat(handle)
    if status.st_size <= _SMALL:
        content = np.empty(status.st_size, np.uint8)
        fill(key, handle, 0, content)
        tag = hashlib.sha256(content.data).hexdigest()
    else:
        tag = f"{status.st_ino:x}-{status.st_size:x}-{status.st_mtime_ns:x}"
    return Found(key, status.st_size, modified(status), tag)


def modified(status: os.stat_result) -> datetime:
    """When a file was written, by the clock of the file system."""
    return _EPOCH + timedelta(microseconds=status.st_mtime_ns // 1000)


def within(key: str, start: int, size: int, length: int) -> None:
    """StoreError unless a file of ``length`` bytes has ``size`` from ``start`` on."""
    if start < 0 or size < 0 or start + size > length:
        raise StoreError(
            f"{key} has {length} bytes; {size} from {start} on were expected: it is damaged"
        )


def fill(key: str, handle: int, start: int, target: npt.NDArray[np.uint8]) -> None:
    """Fill ``target`` with the bytes of a file from ``start`` on."""
    view = target.data.cast("B")
    while view.nbytes:
        count = os.preadv(handle, [view], start)
        if not count:
            raise StoreError(f"{key} ended at byte {start}: somebody cut it while it was read")
        start += count
        view = view[count:]


def copy(data: bytes | BinaryIO, handle: int) -> None:
    """Write all bytes, or all that a file object has from its position on."""
    if not isinstance(data, (bytes, bytearray, memoryview)):
        while chunk := data.read(_CHUNK):
            _put(handle, chunk)
    else:
        _put(handle, data)


def _put(handle: int, data: bytes | bytearray | memoryview) -> None:
    view = memoryview(data).cast("B")
    while view.nbytes:
        view = view[os.write(handle, view) :]
