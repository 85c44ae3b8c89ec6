"""Frames: the little binary records that compressed data is made of.

A frame is written by `Writer` and read by `Reader`. Rule: a reader checks each length against what
is there, and each unpacked size against what the caller knows it must be, before memory is taken.
"""

from __future__ import annotations

import struct
import threading
from collections.abc import Callable
from typing import Any, Final

import numpy as np
import numpy.typing as npt

from holotype.errors import FormatError, MissingLibraryError

try:
    import zstandard
except ImportError:
    raise MissingLibraryError(
        "making arrays smaller needs zstandard: pip install 'holotype[store]'"
    ) from None

__all__ = ["ENTROPY", "MATCHES", "Bytes", "Method", "Reader", "Writer", "pack", "size_packed"]

Bytes = npt.NDArray[np.uint8]
Method = tuple[str, int]
"""How bytes are packed: entropy alone, or matches at a zstd level."""

ENTROPY: Final[Method] = ("entropy", 0)
MATCHES: Final[dict[str, Method]] = {
    "fast": ("matches", 1),
    "balanced": ("matches", 3),
    "small": ("matches", 15),
}

_SAME, _RAW, _ZSTD = range(3)  # the forms of a block
_WORTH = 0.98  # a block that gains less is stored as it is

_own = threading.local()


def _compressor(method: Method) -> Callable[[Any], bytes]:
    """One compressor for each thread: they are not to be shared."""
    made: dict[Method, Callable[[Any], bytes]] = _own.__dict__.setdefault("compressors", {})
    if method not in made:
        if method == ENTROPY:
            # A search that finds next to nothing: what remains of zstd is its Huffman coder. On
            # exponents that is both smaller and three times as fast as level 1, whose many short
            # matches cost more than they save.
            parameters = zstandard.ZstdCompressionParameters(
                window_log=18, hash_log=6, chain_log=6, search_log=1, min_match=7, strategy=1
            )
            made[method] = zstandard.ZstdCompressor(compression_params=parameters).compress
        else:
            made[method] = zstandard.ZstdCompressor(level=method[1]).compress
    return made[method]


def pack(data: Bytes, method: Method) -> bytes:
    """``data`` as one zstd frame that states its size."""
    return _compressor(method)(data)


def size_packed(data: Bytes, method: Method) -> int:
    """What `Writer.block` would need for ``data``."""
    return 1 if _is_constant(data) else min(len(pack(data, method)), data.size)


def _unpack(data: memoryview, size: int) -> bytes:
    """Exactly ``size`` bytes: the frame must say so before anything is made room for."""
    try:
        if zstandard.get_frame_parameters(data).content_size != size:
            raise FormatError("a compressed block has not the size that it must have")
        if not hasattr(_own, "decompressor"):
            _own.decompressor = zstandard.ZstdDecompressor()
        result: bytes = _own.decompressor.decompress(data, allow_extra_data=False)
    except zstandard.ZstdError:
        raise FormatError("a compressed block is damaged") from None
    if len(result) != size:
        raise FormatError("a compressed block has not the size that it must have")
    return result


def _is_constant(data: Bytes) -> bool:
    return bool(data[0] == data[-1] and (data == data[0]).all())


class Writer:
    """Collects the pieces of one frame."""

    def __init__(self) -> None:
        self._pieces: list[Any] = []

    def number(self, value: int) -> None:
        """One byte."""
        self._pieces.append(struct.pack("<B", value))

    def count(self, value: int) -> None:
        """Eight bytes."""
        self._pieces.append(struct.pack("<Q", value))

    def real(self, value: float) -> None:
        """Eight bytes: a float64."""
        self._pieces.append(struct.pack("<d", value))

    def block(self, data: Bytes, method: Method | None) -> None:
        """Bytes whose number the reader knows; without a method, or where it gains nothing, raw."""
        if not data.size:
            return
        if _is_constant(data):
            self._pieces.append(struct.pack("<BB", _SAME, int(data[0])))
            return
        if method is not None:
            packed = pack(data, method)
            if len(packed) < _WORTH * data.size:
                self._pieces += [struct.pack("<BI", _ZSTD, len(packed)), packed]
                return
        self._pieces += [struct.pack("<B", _RAW), data.data]

    def frame(self) -> bytes:
        return b"".join(self._pieces)


class Reader:
    """Takes one frame apart, in the order in which it was written."""

    def __init__(self, data: memoryview) -> None:
        self._data = data
        self._at = 0

    def _take(self, size: int) -> memoryview:
        if size > len(self._data) - self._at:
            raise FormatError("compressed data end too early")
        self._at += size
        return self._data[self._at - size : self._at]

    def number(self, below: int = 256) -> int:
        """One byte, which must be less than ``below``."""
        value = self._take(1)[0]
        if value >= below:
            raise FormatError("compressed data use a form that does not exist")
        return value

    def count(self, most: int) -> int:
        """Eight bytes: at most ``most``."""
        value: int = struct.unpack("<Q", self._take(8))[0]
        if value > most:
            raise FormatError("compressed data declare more than there can be")
        return value

    def real(self) -> float:
        value: float = struct.unpack("<d", self._take(8))[0]
        return value

    def block(self, size: int) -> Bytes:
        """The next block, which has ``size`` bytes once it is unpacked; read-only."""
        if not size:
            return np.empty(0, np.uint8)
        form = self.number(below=3)
        if form == _SAME:
            return np.full(size, self._take(1)[0], np.uint8)
        if form == _RAW:
            return np.frombuffer(self._take(size), np.uint8)
        (length,) = struct.unpack("<I", self._take(4))
        return np.frombuffer(_unpack(self._take(length), size), np.uint8)

    def end(self) -> None:
        """Nothing may follow."""
        if self._at != len(self._data):
            raise FormatError("compressed data go on where they should end")
