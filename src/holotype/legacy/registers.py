"""What the machine of the pickle language keeps, and the opcodes of plain values, text and bytes.

Operands are read before anything changes. Rule: nothing is taken from beyond the end of the pickle,
and bytes of more than ``VIEW_ABOVE`` are not copied.
"""

from __future__ import annotations

import struct
from mmap import mmap

import msgspec

from holotype.legacy.literals import (
    parse_float,
    parse_int,
    parse_long,
    parse_string,
    parse_unicode,
)
from holotype.legacy.symbols import (
    VIEW_ABOVE,
    ByteArray,
    Call,
    Extension,
    Global,
    OldString,
    OutOfBand,
    Persistent,
    Symbol,
)

__all__ = ["Buffer", "Log", "Registers", "Use", "fault"]

Buffer = bytes | mmap

_MAX_INDEX_DIGITS = 20

_u16 = struct.Struct("<H").unpack_from
_i32 = struct.Struct("<i").unpack_from
_u32 = struct.Struct("<I").unpack_from
_u64 = struct.Struct("<Q").unpack_from
_f64 = struct.Struct(">d").unpack_from


def fault(problem: str) -> ValueError:
    """What an opcode raises where it cannot be executed; the machine says where that was."""
    return ValueError(problem)


class Use(msgspec.Struct, eq=False):
    """A global of a pickle: its symbol, how often it was asked for, and where first."""

    symbol: Global
    offset: int
    count: int = 1


class Log(msgspec.Struct, eq=False):
    """Everything that one or more machines would have done to the outside, in order.

    ``again`` has a global once for each time that it came from the memo or was duplicated.
    """

    globals: dict[tuple[str, str], Use] = msgspec.field(default_factory=dict)
    calls: list[Call] = msgspec.field(default_factory=list)
    persistent: list[Persistent] = msgspec.field(default_factory=list)
    extensions: list[Extension] = msgspec.field(default_factory=list)
    buffers: int = 0
    again: list[Global] = msgspec.field(default_factory=list)

    def __bool__(self) -> bool:
        return bool(
            self.globals or self.calls or self.persistent or self.extensions or self.buffers
        )


class Registers:
    """The state of one machine, executing ``data[start:end]``."""

    def __init__(self, data: Buffer, start: int, end: int | None, log: Log | None) -> None:
        self.data = data
        self.start = start
        self.end = len(data) if end is None else end
        self.view = memoryview(data).toreadonly()
        self.log = Log() if log is None else log
        self.stack: list[Symbol] = []
        self.below: list[list[Symbol]] = []  # the parts of the stack under each mark
        self.memo: dict[int, Symbol] = {}
        self.translate = True  # names of Python 2, until a protocol says otherwise
        self.protocol = 0
        self.frame_end = 0
        self.broken = ""
        self.position = start
        self.value: Symbol = None
        self.stopped = False

    # -- operands ------------------------------------------------------------------------------

    def _line(self, position: int) -> tuple[bytes, int]:
        end = self.data.find(b"\n", position, self.end)
        if end < 0:
            raise fault("the file ends inside its operand")
        return self.data[position:end], end + 1

    def _index(self, position: int) -> tuple[int, int]:
        line, position = self._line(position)
        if len(line) > _MAX_INDEX_DIGITS:
            raise fault("a memo index of too many digits")
        index = int(line)
        if index < 0:
            raise fault("a negative memo index")
        return index, position

    def _bytes(self, position: int, size: int) -> tuple[bytes, int]:
        end = position + size
        if end > self.end:
            raise fault(f"{size} bytes are announced, {self.end - position} are there")
        return self.data[position:end], end

    def _push_bytes(self, position: int, size: int) -> int:
        if size <= VIEW_ABOVE:
            data, position = self._bytes(position, size)
            self.stack.append(data)
            return position
        return self._push_view(position, size)

    def _push_view(self, position: int, size: int) -> int:
        end = position + size
        if end > self.end:
            raise fault(f"{size} bytes are announced, {self.end - position} are there")
        self.stack.append(self.view[position:end])
        return end

    def _push_text(self, position: int, size: int) -> int:
        end = position + size
        if end > self.end:
            raise fault(f"{size} bytes are announced, {self.end - position} are there")
        self.stack.append(str(self.data[position:end], "utf-8", "surrogatepass"))
        return end

    def _push_old(self, data: bytes) -> None:
        self.stack.append(data.decode("ascii") if data.isascii() else OldString(data))

    def _take_marked(self) -> list[Symbol]:
        items = self.stack
        self.stack = self.below.pop()
        return items

    # -- plain values --------------------------------------------------------------------------

    def _none(self, position: int) -> int:
        self.stack.append(None)
        return position

    def _newtrue(self, position: int) -> int:
        self.stack.append(True)
        return position

    def _newfalse(self, position: int) -> int:
        self.stack.append(False)
        return position

    def _int(self, position: int) -> int:
        line, position = self._line(position)
        self.stack.append(parse_int(line))
        return position

    def _long(self, position: int) -> int:
        line, position = self._line(position)
        self.stack.append(parse_long(line))
        return position

    def _float(self, position: int) -> int:
        line, position = self._line(position)
        self.stack.append(parse_float(line))
        return position

    def _binint(self, position: int) -> int:
        self.stack.append(_i32(self.data, position)[0])
        return position + 4

    def _binint2(self, position: int) -> int:
        self.stack.append(_u16(self.data, position)[0])
        return position + 2

    def _long1(self, position: int) -> int:
        data, position = self._bytes(position + 1, self.data[position])
        self.stack.append(int.from_bytes(data, "little", signed=True))
        return position

    def _long4(self, position: int) -> int:
        (size,) = _i32(self.data, position)
        if size < 0:
            raise fault("a negative size")
        data, position = self._bytes(position + 4, size)
        self.stack.append(int.from_bytes(data, "little", signed=True))
        return position

    def _binfloat(self, position: int) -> int:
        self.stack.append(_f64(self.data, position)[0])
        return position + 8

    # -- text and bytes ------------------------------------------------------------------------

    def _string(self, position: int) -> int:
        line, position = self._line(position)
        self._push_old(parse_string(line))
        return position

    def _unicode(self, position: int) -> int:
        line, position = self._line(position)
        self.stack.append(parse_unicode(line))
        return position

    def _binstring(self, position: int) -> int:
        (size,) = _i32(self.data, position)
        if size < 0:
            raise fault("a negative size")
        data, position = self._bytes(position + 4, size)
        self._push_old(data)
        return position

    def _short_binstring(self, position: int) -> int:
        data, position = self._bytes(position + 1, self.data[position])
        self._push_old(data)
        return position

    def _short_binunicode(self, position: int) -> int:
        return self._push_text(position + 1, self.data[position])

    def _binunicode(self, position: int) -> int:
        return self._push_text(position + 4, _u32(self.data, position)[0])

    def _binunicode8(self, position: int) -> int:
        return self._push_text(position + 8, _u64(self.data, position)[0])

    def _short_binbytes(self, position: int) -> int:
        return self._push_bytes(position + 1, self.data[position])

    def _binbytes(self, position: int) -> int:
        return self._push_bytes(position + 4, _u32(self.data, position)[0])

    def _binbytes8(self, position: int) -> int:
        return self._push_bytes(position + 8, _u64(self.data, position)[0])

    def _bytearray8(self, position: int) -> int:
        position = self._push_bytes(position + 8, _u64(self.data, position)[0])
        self.stack[-1] = ByteArray(self.stack[-1])
        return position

    def _next_buffer(self, position: int) -> int:
        self.stack.append(OutOfBand(self.log.buffers))
        self.log.buffers += 1
        return position

    def _readonly_buffer(self, position: int) -> int:
        top = self.stack[-1]
        if type(top) is OutOfBand:
            self.stack[-1] = OutOfBand(top.index, True)
        elif not isinstance(top, bytes | memoryview):
            raise fault("what is made read-only is no buffer")
        return position
