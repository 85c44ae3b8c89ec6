"""Where bytes to be read come from: a file in place, or what a compressor hid, within a budget.

Rule: nothing is decompressed without asking the budget first, so a file of any size takes a known
amount of memory, disk and time. Large results go to a temporary file without a name.
"""

from __future__ import annotations

import bz2
import errno
import lzma
import mmap
import os
import stat
import tempfile
import zlib
from collections.abc import Iterator
from typing import Any, BinaryIO, Protocol

from holotype.errors import LegacyError
from holotype.legacy.lz4 import Lz4Decompressor

__all__ = [
    "LIMIT",
    "Budget",
    "Buffer",
    "compression_of",
    "decompress",
    "inflate",
    "open_buffer",
    "open_regular",
]

Buffer = bytes | mmap.mmap

LIMIT = 16 << 30  # bytes that one file may be unpacked to, in all its layers
_MAP_ABOVE = 1 << 20
_KEEP_IN_MEMORY = 32 << 20
_CHUNK = 1 << 20
_BOMB_RATIO = 200
_BOMB_FREE = 1 << 30

# As joblib, gzip and numpy know them. The first of lzma and zlib are weak marks.
_MARKS = (
    (b"\x1f\x8b", "gzip"),
    (b"BZh", "bz2"),
    (b"\xfd7zXZ", "xz"),
    (b"\x04\x22\x4d\x18", "lz4"),
    (b"\x5d\x00", "lzma"),
    (b"ZF0x", "z-file"),
)
_ZLIB_SECOND = frozenset({0x01, 0x5E, 0x9C, 0xDA})
_Z_HEADER = 2 + 19  # prefix, and the length in hexadecimal


class Budget:
    """How many bytes may still be unpacked."""

    def __init__(self, limit: int = LIMIT) -> None:
        self.limit = limit
        self.left = limit

    def take(self, size: int) -> None:
        """Account for ``size`` bytes, or raise LegacyError."""
        self.left -= size
        if self.left < 0:
            raise LegacyError(
                f"it unpacks to more than {self.limit} bytes; a higher limit would read on"
            )


def open_regular(path: str | os.PathLike[str], *, follow: bool = True) -> BinaryIO:
    """Open a regular file for reading. Raises OSError for all others, and never waits for one.

    ``follow`` says whether the path itself may be a symbolic link.
    """
    flags = os.O_RDONLY | getattr(os, "O_NONBLOCK", 0) | getattr(os, "O_BINARY", 0)
    handle = os.open(path, flags | (0 if follow else getattr(os, "O_NOFOLLOW", 0)))
    mode = os.fstat(handle).st_mode
    if stat.S_ISREG(mode):
        return os.fdopen(handle, "rb")
    os.close(handle)
    if stat.S_ISDIR(mode):
        raise IsADirectoryError(errno.EISDIR, os.strerror(errno.EISDIR), os.fspath(path))
    raise OSError(errno.EINVAL, "It is no regular file", os.fspath(path))


def open_buffer(file: BinaryIO) -> Buffer:
    """The whole content of a file that is open; mapped where that is worth it."""
    if os.fstat(file.fileno()).st_size <= _MAP_ABOVE:
        return file.read()
    return mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)


def compression_of(data: Buffer, start: int = 0) -> str | None:
    """By which compressor the bytes were written, as far as their beginning tells."""
    head = bytes(data[start : start + 8])
    for mark, name in _MARKS:
        if head.startswith(mark):
            return name
    if len(head) > 1 and head[0] == 0x78 and head[1] in _ZLIB_SECOND:
        return "zlib"
    return None


class _Decompressor(Protocol):
    @property
    def eof(self) -> bool: ...
    @property
    def unused_data(self) -> bytes: ...
    def decompress(self, data: bytes, max_length: int, /) -> bytes: ...


class _Zlib:
    """zlib's decompressor with the interface of the others."""

    def __init__(self, bits: int) -> None:
        self._inner = zlib.decompressobj(bits)
        self.needs_input = True

    @property
    def eof(self) -> bool:
        return self._inner.eof

    @property
    def unused_data(self) -> bytes:
        return self._inner.unused_data

    def decompress(self, data: bytes, max_length: int) -> bytes:
        found = self._inner.decompress(self._inner.unconsumed_tail + data, max_length)
        self.needs_input = not self._inner.unconsumed_tail and len(found) < max_length
        return found


_MAKERS: dict[str, Any] = {
    "gzip": lambda: _Zlib(31),
    "zlib": lambda: _Zlib(15),
    "z-file": lambda: _Zlib(15),
    "deflate": lambda: _Zlib(-15),
    "bz2": bz2.BZ2Decompressor,
    "xz": lambda: lzma.LZMADecompressor(lzma.FORMAT_XZ, memlimit=1 << 30),
    "lzma": lambda: lzma.LZMADecompressor(lzma.FORMAT_ALONE, memlimit=1 << 30),
    "lz4": Lz4Decompressor,
}
_MULTIPLE = frozenset({"gzip", "bz2", "xz", "lz4", "zlib"})


class Unpacked:
    """What was decompressed: its bytes, and whether and where the compressed data ended."""

    def __init__(self) -> None:
        self.data: Buffer = b""
        self.end = 0
        self.error: LegacyError | None = None


def decompress(data: Buffer, name: str, budget: Budget, start: int = 0, end: int = -1) -> Unpacked:
    """Decompress ``data[start:end]``; what could be read is kept where not all of it can.

    Streams that follow each other are read as one, as the readers of these formats do. ``end`` of
    the result is where in ``data`` the last of them ends.
    """
    if name == "z-file":
        start += _Z_HEADER + (data[start + _Z_HEADER : start + _Z_HEADER + 1] == b" ")
    return inflate(data, name, budget, start, len(data) if end < 0 else end)


def inflate(data: Buffer, name: str, budget: Budget, start: int, end: int) -> Unpacked:
    """The same for the bytes of a compressor without a header of ours to skip."""
    result = Unpacked()
    spool = tempfile.SpooledTemporaryFile(max_size=_KEEP_IN_MEMORY)  # noqa: SIM115
    try:
        size = 0
        try:
            for piece, position in _pieces(data, name, start, end):
                size += len(piece)
                result.end = position
                budget.take(len(piece))
                if size > _BOMB_FREE and size > _BOMB_RATIO * (position - start):
                    raise LegacyError(
                        f"a bomb: {position - start} bytes unpack to more than {size}"
                    )
                spool.write(piece)
        except LegacyError as error:
            result.error = error
        except (zlib.error, lzma.LZMAError, OSError, EOFError, ValueError) as error:
            result.error = LegacyError(f"the {name} data is damaged: {error}")
        result.data = _finished(spool)
    finally:
        spool.close()
    return result


def _finished(spool: Any) -> Buffer:
    size = spool.tell()
    spool.seek(0)
    if size <= _KEEP_IN_MEMORY:
        return bytes(spool.read())
    spool.rollover()
    spool.flush()
    return mmap.mmap(spool.fileno(), 0, access=mmap.ACCESS_READ)


def _pieces(data: Buffer, name: str, start: int, end: int) -> Iterator[tuple[bytes, int]]:
    """Decompressed pieces, each with the position up to which the compressed data was used."""
    position = start
    while True:
        decompressor = _MAKERS[name]()
        while not decompressor.eof:
            wanted = data[position : min(end, position + _CHUNK)] if _hungry(decompressor) else b""
            if not wanted and _hungry(decompressor):
                raise LegacyError(f"the {name} data ends too early", offset=position)
            position += len(wanted)
            piece = decompressor.decompress(wanted, _CHUNK)
            yield piece, position - len(decompressor.unused_data)
        position -= len(decompressor.unused_data)
        if name not in _MULTIPLE or compression_of(data, position) != name or position >= end:
            return


def _hungry(decompressor: Any) -> bool:
    return bool(decompressor.needs_input)
