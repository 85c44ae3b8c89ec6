"""LZ4 frames, decoded in Python so that no library is needed.

After the published description of the LZ4 frame format (1.6.x) and block format. Checksums of the
content are not verified: the reader judges whatever bytes come out, and does not trust them.
"""

from __future__ import annotations

import struct

__all__ = ["Lz4Decompressor"]

_MAGIC = b"\x04\x22\x4d\x18"
_WINDOW = 1 << 16
_BLOCK_SIZES = {4: 1 << 16, 5: 1 << 18, 6: 1 << 20, 7: 4 << 20}


class Lz4Decompressor:
    """Takes the bytes of one frame in pieces of any size, and returns what it can decode."""

    def __init__(self) -> None:
        self.eof = False
        self.needs_input = True
        self.unused_data = b""
        self._pending = b""
        self._window = b""
        self._header = False
        self._independent = False
        self._block_checksum = False
        self._content_checksum = False
        self._max_block = 0

    def decompress(self, data: bytes, max_length: int = -1) -> bytes:
        """Decode the next whole blocks; the result may be longer than ``max_length`` by one."""
        self._pending += data
        found: list[bytes] = []
        size = 0
        position = 0 if self._header else self._read_header()
        while self._header and not self.eof and not 0 <= max_length <= size:
            block, after = self._read_block(position)
            if after == position:
                break
            position = after
            if block:
                found.append(block)
                size += len(block)
        else:
            self.needs_input = not (self._header and not self.eof)
            self._drop(position)
            return b"".join(found)
        self.needs_input = True
        self._drop(position)
        return b"".join(found)

    def _drop(self, position: int) -> None:
        self._pending = self._pending[position:]
        if self.eof:
            self.unused_data, self._pending = self._pending, b""

    def _read_header(self) -> int:
        """The position after the frame's header, or 0 where it is not all there."""
        data = self._pending
        if len(data) < 7:
            return 0
        flags, descriptor = data[4], data[5]
        if data[:4] != _MAGIC or flags >> 6 != 1 or flags & 0b10 or descriptor & 0b10001111:
            raise ValueError("its frame has no header that is known")
        size = 7 + (8 if flags & 0b1000 else 0) + (4 if flags & 0b1 else 0)
        if len(data) < size:
            return 0
        if flags & 0b1:
            raise ValueError("its frame needs a dictionary")
        if descriptor >> 4 not in _BLOCK_SIZES:
            raise ValueError("its blocks have no size that is known")
        self._independent = bool(flags & 0b100000)
        self._block_checksum = bool(flags & 0b10000)
        self._content_checksum = bool(flags & 0b100)
        self._max_block = _BLOCK_SIZES[descriptor >> 4]
        self._header = True
        return size

    def _read_block(self, position: int) -> tuple[bytes, int]:
        """The next block and the position after it; the same position where it is not all there."""
        data = self._pending
        if len(data) - position < 4:
            return b"", position
        (size,) = struct.unpack_from("<I", data, position)
        if size == 0:
            end = position + 4 + 4 * self._content_checksum
            if len(data) < end:
                return b"", position
            self.eof = True
            return b"", end
        stored, size = size >> 31, size & 0x7FFFFFFF
        if size > self._max_block:
            raise ValueError("a block is larger than its frame says")
        start, end = position + 4, position + 4 + size
        if len(data) < end + 4 * self._block_checksum:
            return b"", position
        block = data[start:end]
        if not stored:
            window = b"" if self._independent else self._window
            block = _decode(block, window, self._max_block)
        if not self._independent:
            self._window = (self._window + block)[-_WINDOW:]
        return block, end + 4 * self._block_checksum


def _decode(block: bytes, window: bytes, largest: int) -> bytes:
    """One compressed block; ``window`` is what stands before it."""
    out = bytearray(window)
    largest += len(window)
    position, size = 0, len(block)
    try:
        while position < size:
            token = block[position]
            literals, position = _length(block, position + 1, token >> 4)
            if position + literals > size:
                raise ValueError("a block ends inside a literal")
            out += block[position : position + literals]
            position += literals
            if position == size:
                break
            back = block[position] | block[position + 1] << 8
            length, position = _length(block, position + 2, token & 15)
            length += 4
            start = len(out) - back
            if back == 0 or start < 0:
                raise ValueError("a block refers to what is not there")
            if len(out) + length > largest:
                raise ValueError("a block is larger than its frame says")
            if back >= length:
                out += out[start : start + length]
            else:
                piece = bytes(out[start:])
                out += (piece * (length // back + 1))[:length]
    except IndexError:
        raise ValueError("a block ends too early") from None
    return bytes(out[len(window) :])


def _length(block: bytes, position: int, length: int) -> tuple[int, int]:
    if length == 15:
        while True:
            more = block[position]
            position += 1
            length += more
            if more != 255:
                break
    return length, position
