"""A file takes the place of another one whole, or not at all.

Temporary file, fsync, rename, fsync of the folder: after a crash the path holds the old content or
the new one.
"""

from __future__ import annotations

import fcntl
import io
import os
import secrets
import stat
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from typing import Any

from holotype.errors import FormatError, SaveError

__all__ = ["copy", "empty_file", "replacing", "write_at"]

_MAX_BUFFERS = 512  # of one write; the limit of the system is at least 1024
_PIECE = 16 << 20


def write_at(descriptor: int, buffers: Sequence[Any], offset: int) -> None:
    """Write these buffers, one after the other, from ``offset`` on."""
    views = [view for view in (memoryview(buffer) for buffer in buffers) if view.nbytes]
    while views:
        written = os.pwritev(descriptor, views[:_MAX_BUFFERS], offset)
        offset += written
        while views and written >= views[0].nbytes:
            written -= views.pop(0).nbytes
        if written:
            views[0] = views[0][written:]


def empty_file(stream: Any) -> int | None:
    """The descriptor of a file object, if it is a file in which every byte can be written at once.

    It is empty, and nobody else sees what is written or says where: there is no code of a caller's
    between the object and the file, and no pipe, and it is not opened for appending.
    """
    raw = stream.raw if type(stream) in (io.BufferedWriter, io.BufferedRandom) else stream
    if type(raw) is not io.FileIO or not raw.writable() or not raw.seekable() or stream.tell():
        return None
    status = os.fstat(raw.fileno())
    appends = fcntl.fcntl(raw.fileno(), fcntl.F_GETFL) & os.O_APPEND
    return None if appends or status.st_size or not stat.S_ISREG(status.st_mode) else raw.fileno()


def copy(source: int, target: int, size: int) -> None:
    """Copy the first ``size`` bytes of a file to the beginning of another.

    The system does it where it can: a file system that shares blocks then copies nothing.
    """
    position = 0
    shared = hasattr(os, "copy_file_range")
    while position < size:
        wanted = size - position
        if shared:
            try:
                count = os.copy_file_range(source, target, wanted, position, position)
            except OSError:  # not between these two; what is wrong with one of them shows below
                shared = False
                continue
        else:
            piece = os.pread(source, min(_PIECE, wanted), position)
            write_at(target, [piece], position)
            count = len(piece)
        if count == 0:
            raise FormatError("the file became shorter while it was read", clause="2.1")
        position += count


@contextmanager
def replacing(path: str) -> Iterator[int]:
    """A descriptor of a new file that takes the place of ``path`` when the block ends well."""
    folder, name = os.path.split(path)
    replaced = None
    with suppress(FileNotFoundError):
        replaced = os.stat(path)
    if replaced is not None and stat.S_ISDIR(replaced.st_mode):
        raise SaveError(f"{path} is a folder; give the name of a file in it")
    if replaced is not None and not stat.S_ISREG(replaced.st_mode):
        raise SaveError(f"{path} is not a regular file; open it and give the file object")
    # At most 178 bytes, whatever the letters: file systems allow 255.
    temporary = os.path.join(folder, f".{name[:40]}.{secrets.token_hex(6)}.tmp")
    try:
        descriptor = os.open(temporary, os.O_RDWR | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, 0o666)
    except OSError as error:  # the user knows the path, not the temporary's
        raise type(error)(error.errno, error.strerror, path) from None
    try:
        try:
            if replaced is not None:
                os.fchmod(descriptor, stat.S_IMODE(replaced.st_mode))
            yield descriptor
            os.fsync(descriptor)
        finally:
            os.close(descriptor)
        os.replace(temporary, path)
    except BaseException:
        with suppress(FileNotFoundError):
            os.unlink(temporary)
        raise
    folder_descriptor = os.open(folder or ".", os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(folder_descriptor)
    finally:
        os.close(folder_descriptor)
