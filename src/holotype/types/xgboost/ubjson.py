"""The UBJSON that XGBoost writes, read and written without it.

Its subset of the format has objects, arrays with a count, typed arrays (big-endian), text, numbers
and booleans (``src/common/json.cc``). Rule: bytes come from anywhere, an old model file too, so
every length is compared with what is left before anything is read.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["Malformed", "Reader", "array_head", "integer", "length", "read", "text", "write"]

_MAX_DEPTH = 64

_TYPES = {
    code: np.dtype(dtype)
    for code, dtype in zip(
        b"iUIlLdD", (">i1", ">u1", ">i2", ">i4", ">i8", ">f4", ">f8"), strict=True
    )
}
_INTEGERS = {b"i": 1, b"I": 2, b"l": 4, b"L": 8}  # those with a sign
_CODES = {dtype.newbyteorder("<").str: (bytes([code]), dtype) for code, dtype in _TYPES.items()}


class Malformed(ValueError):
    """The bytes are not what XGBoost writes; says what is wrong."""


class Reader:
    """Reads values one after the other; ``at`` is the place of the next byte.

    ``special`` has, by the key of an object's member, what reads its value instead: the trees, of
    which there are many alike.
    """

    def __init__(self, data: bytes, special: Mapping[str, Callable[[Reader], Any]]) -> None:
        self.data = data
        self.at = 0
        self.special = special

    def take(self, count: int) -> int:
        """Go ``count`` bytes further; where they begin."""
        start = self.at
        if not 0 <= count <= len(self.data) - start:
            raise Malformed(f"it ends within something at byte {start}")
        self.at = start + count
        return start

    def expect(self, token: bytes) -> None:
        """Demand these bytes next."""
        if not self.data.startswith(token, self.at):
            raise Malformed(f"something else than {token!r} stands at byte {self.at}")
        self.at += len(token)

    def size(self) -> int:
        """A length, which is always written in eight bytes after its type."""
        self.expect(b"L")
        start = self.take(8)
        return int.from_bytes(self.data[start : start + 8], "big", signed=True)

    def text(self) -> str:
        count = self.size()
        start = self.take(count)
        try:
            return self.data[start : start + count].decode()
        except UnicodeDecodeError:
            raise Malformed(f"the text at byte {start} is not UTF-8") from None

    def typed(self) -> npt.NDArray[Any]:
        """A typed array, after its ``[``; a view of the data."""
        self.expect(b"$")
        dtype = _TYPES.get(self.data[self.take(1)])
        if dtype is None:
            raise Malformed(f"the array at byte {self.at} has an unknown type")
        self.expect(b"#")
        count = self.size()
        if count < 0:
            raise Malformed(f"the array at byte {self.at} has a negative length")
        return np.frombuffer(self.data, dtype, count, self.take(count * dtype.itemsize))

    def count(self) -> int:
        """The number of elements of an array, after its ``[``."""
        self.expect(b"#")
        count = self.size()
        if not 0 <= count <= len(self.data) - self.at:  # each takes a byte at least
            raise Malformed(f"the array at byte {self.at} is longer than what follows")
        return count

    def value(self, depth: int = 0) -> Any:
        """One value: dict, list, array, text, int, float32, bool or None."""
        if depth > _MAX_DEPTH:
            raise Malformed("it nests too deeply")
        marker = self.data[self.take(1)]
        match marker:
            case 0x7B:  # {
                return self._object(depth)
            case 0x5B:  # [
                if self.data[self.at : self.at + 1] == b"$":
                    return self.typed()
                return self._list(self.count(), depth)
            case 0x53:  # S
                return self.text()
            case 0x54 | 0x46 | 0x5A:  # T, F, Z
                return {0x54: True, 0x46: False}.get(marker)
        dtype = _TYPES.get(marker)
        if dtype is None:
            raise Malformed(f"an unknown type stands at byte {self.at - 1}")
        start = self.take(dtype.itemsize)
        if dtype.kind in "iu":
            number = self.data[start : self.at]
            return int.from_bytes(number, "big", signed=dtype.kind == "i")
        return np.frombuffer(self.data, dtype, 1, start)[0].astype(dtype.newbyteorder("="))

    def _list(self, count: int, depth: int) -> list[Any]:
        """The elements of a list; the leading integers of it, often all, at once."""
        data, at = self.data, self.at
        found: list[Any] = []
        for _ in range(count):
            size = _INTEGERS.get(data[at : at + 1], 0)
            if not size or at + size >= len(data):
                break
            found.append(int.from_bytes(data[at + 1 : at + 1 + size], "big", signed=True))
            at += 1 + size
        self.at = at
        found.extend(self.value(depth + 1) for _ in range(count - len(found)))
        return found

    def _object(self, depth: int) -> dict[str, Any]:
        found: dict[str, Any] = {}
        while self.data[self.at : self.at + 1] != b"}":
            key = self.text()
            if key in found:
                raise Malformed(f"{key} stands there twice")
            read_member = self.special.get(key)
            found[key] = read_member(self) if read_member else self.value(depth + 1)
        self.at += 1
        return found


def read(data: bytes, special: Mapping[str, Callable[[Reader], Any]]) -> Any:
    """The one value that the bytes hold."""
    reader = Reader(data, special)
    value = reader.value()
    if reader.at != len(data):
        raise Malformed("something follows its end")
    return value


# -- writing -------------------------------------------------------------------------------------


def length(count: int) -> bytes:
    """A length as it stands in an array or a text."""
    return b"L" + count.to_bytes(8, "big")


def text(value: str) -> bytes:
    """Text as it stands for the key of a member."""
    data = value.encode()
    return length(len(data)) + data


def array_head(code: bytes) -> bytes:
    """What stands before the length of a typed array."""
    return b"[$" + code + b"#"


def write(value: Any, out: list[bytes]) -> None:
    """Append what XGBoost would write for a value; bytes are such output already."""
    match value:
        case bytes():
            out.append(value)
        case bool():
            out.append(b"T" if value else b"F")
        case str():
            out.append(b"S" + text(value))
        case int():
            out.append(integer(value))
        case np.ndarray():
            out.append(_typed(value))
        case dict():
            out.append(b"{")
            for key in sorted(value):
                out.append(text(key))
                write(value[key], out)
            out.append(b"}")
        case list() | tuple():
            out.append(b"[#" + length(len(value)))
            for item in value:
                write(item, out)
        case _:
            raise TypeError(f"{type(value).__name__} is not written")


def integer(value: int) -> bytes:
    """A number in as few bytes as XGBoost takes, which leaves out the extremes of each size."""
    for code, size in ((b"i", 1), (b"I", 2), (b"l", 4)):
        lowest = -1 << (8 * size - 1)
        if lowest < value < -lowest - 1:
            return code + value.to_bytes(size, "big", signed=True)
    return b"L" + value.to_bytes(8, "big", signed=True)


def _typed(values: npt.NDArray[Any]) -> bytes:
    code, dtype = _CODES[values.dtype.newbyteorder("<").str]
    return array_head(code) + length(values.size) + values.astype(dtype).tobytes()
