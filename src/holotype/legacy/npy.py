"""``.npy``: the header as a literal read by a small grammar of its own, and what follows it.

Rule: nothing is evaluated; the header may hold text, numbers, booleans, tuples, lists and one dict.
"""

from __future__ import annotations

import re
from typing import Any, NamedTuple

import numpy as np

from holotype.errors import LegacyError
from holotype.legacy.buffers import Buffer
from holotype.legacy.dtypes import describe_dtype, size_of

__all__ = ["MAGIC", "Header", "read_header"]

MAGIC = b"\x93NUMPY"
_MAX_HEADER = 1 << 20
_MAX_DEPTH = 40
_TOKEN = re.compile(
    r"""\s*(?:
        (?P<number>-?\d{1,19})L?
      | (?P<word>True|False|None)
      | [uUbB]?'(?P<single>(?:[^'\\\n]|\\.)*)'
      | [uUbB]?"(?P<double>(?:[^"\\\n]|\\.)*)"
      | (?P<mark>[\[\](){},:])
    )\s*""",
    re.VERBOSE,
)
_WORDS = {"True": True, "False": False, "None": None}
_ESCAPES = re.compile(r"\\(?:x([0-9a-fA-F]{2})|u([0-9a-fA-F]{4})|(.))", re.DOTALL)


class Header(NamedTuple):
    """What an ``.npy`` header states; ``offset`` is where the elements begin."""

    dtype: np.dtype[Any]
    shape: tuple[int, ...]
    fortran_order: bool
    offset: int
    size: int


def read_header(data: Buffer, start: int, end: int) -> Header:
    """Read the header at ``start``. Raises LegacyError where it is none."""
    head = data[start : start + 12]
    if head[:6] != MAGIC or len(head) < 12:
        raise LegacyError("no header of numpy", offset=start)
    if head[6] == 1:
        begin, size = start + 10, int.from_bytes(head[8:10], "little")
    elif head[6] in (2, 3):
        begin, size = start + 12, int.from_bytes(head[8:12], "little")
    else:
        raise LegacyError(f"version {head[6]} of .npy is not known", offset=start)
    if size > _MAX_HEADER or begin + size > end:
        raise LegacyError("the header of an array is not all there", offset=start)
    raw = bytes(data[begin : begin + size])
    try:
        value = _parse(raw.decode("utf-8" if head[6] == 3 else "latin-1"))
    except UnicodeDecodeError:
        raise LegacyError("the header of an array is not text", offset=start) from None
    if type(value) is not dict or value.keys() != {"descr", "fortran_order", "shape"}:
        raise LegacyError("the header of an array does not state what it must", offset=start)
    shape, order = value["shape"], value["fortran_order"]
    if type(shape) is not tuple or type(order) is not bool:
        raise LegacyError("the header of an array does not state what it must", offset=start)
    dtype = describe_dtype(value["descr"])
    return Header(dtype, shape, order, begin + size, size_of(dtype, shape))


class _Frame:
    """A bracket that is open: its items so far, and the key that waits for its value."""

    __slots__ = ("closing", "comma", "items")

    def __init__(self, closing: str) -> None:
        self.closing = closing
        self.items: list[Any] = []
        self.comma = False


_CLOSING = {"(": ")", "[": "]", "{": "}"}


def _parse(text: str) -> Any:
    position, frames = 0, [_Frame("")]
    while position < len(text):
        token = _TOKEN.match(text, position)
        if token is None:
            if text[position:].strip():
                raise _wrong()
            break
        position = token.end()
        mark = token["mark"]
        if mark is None:
            frames[-1].items.append(_value(token))
        elif mark in _CLOSING:
            if len(frames) > _MAX_DEPTH:
                raise _wrong()
            frames.append(_Frame(_CLOSING[mark]))
        elif mark in (",", ":"):
            frames[-1].comma |= mark == ","
        else:
            frame = frames.pop()
            if frame.closing != mark or not frames:
                raise _wrong()
            frames[-1].items.append(_closed(frame))
    if len(frames) != 1 or len(frames[0].items) != 1:
        raise _wrong()
    return frames[0].items[0]


def _value(token: re.Match[str]) -> Any:
    if token["number"] is not None:
        return int(token["number"])
    if token["word"] is not None:
        return _WORDS[token["word"]]
    text = token["single"] if token["single"] is not None else token["double"]
    return _ESCAPES.sub(_unescaped, text) if "\\" in text else text


def _unescaped(found: re.Match[str]) -> str:
    code = found[1] or found[2]
    return chr(int(code, 16)) if code else found[3]


def _closed(frame: _Frame) -> Any:
    items = frame.items
    if frame.closing == "]":
        return items
    if frame.closing == ")":
        return items[0] if len(items) == 1 and not frame.comma else tuple(items)
    if len(items) % 2 or any(type(key) is not str for key in items[::2]):
        raise _wrong()
    if len(set(items[::2])) * 2 != len(items):
        raise _wrong()
    return dict(zip(items[::2], items[1::2], strict=True))


def _wrong() -> LegacyError:
    return LegacyError("the header of an array is no literal that numpy writes")
