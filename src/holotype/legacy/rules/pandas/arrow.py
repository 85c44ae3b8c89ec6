"""Arrays that Apache Arrow keeps: its buffers, read without it.

Rule: offsets and lengths from a file are checked against the buffers before any of them is used.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import Foreign, Odd, Taken, TypeRule
from holotype.types.pandas import strings as table

__all__ = ["TYPES", "type_text"]

_LIB = "pyarrow.lib:"
Column = tuple[Any, np.ndarray[Any, Any] | None]
"""Values, those of missing elements set to zero or empty, and the mask of missing ones."""


def _call(value: Any, name: str) -> tuple[Any, ...]:
    """The arguments of a call of pyarrow."""
    if type(value) is not Foreign or value.taken is None or value.taken.name != _LIB + name:
        raise Odd(f"it is not what pyarrow.{name} makes")
    return value.taken.args


def type_text(kind: Any) -> str:
    """The table's text of an Arrow type."""
    if type(kind) is not Foreign or kind.taken is None:
        raise Odd("its Arrow type is not known")
    args = kind.taken.args
    if kind.taken.name == _LIB + "timestamp" and len(args) == 2:
        unit, zone = args
        text = f"timestamp[{unit}]" if zone is None else f"timestamp[{unit}, tz={zone}]"
    elif kind.taken.name == _LIB + "type_for_alias" and len(args) == 1:
        text = str(args[0])
    else:
        raise Odd("its Arrow type is not known")
    if text in table._FIXED or text in table._VARIABLE or table._INSTANT.fullmatch(text):
        return text
    raise Odd(f"the Arrow type {text[:60]} is not in the table")


def _chunks(value: Any) -> tuple[str | None, list[Any]]:
    """The type, if it is stated, and the chunks of an array; newer versions join them first."""
    taken = value.taken if type(value) is Foreign else None
    if taken is not None and taken.name == _LIB + "chunked_array":
        chunks, kind = _call(value, "chunked_array")
        if type(chunks) is not list:
            raise Odd("its chunks are not a list")
        return type_text(kind), chunks
    return None, [value]


def _column(value: Any) -> tuple[str, Column]:
    text, chunks = _chunks(value)
    read = [_chunk(chunk) for chunk in chunks]
    kinds = {kind for kind, _ in read} | ({text} if text is not None else set())
    if len(kinds) != 1:
        raise Odd("its chunks are not of one type")
    (kind,) = kinds
    columns = [column for _, column in read]
    if kind in table._VARIABLE:
        values: Any = [item for items, _ in columns for item in items]
    else:
        empty = np.empty(0, table._FIXED.get(kind, "<i8"))
        values = np.concatenate([empty, *(items for items, _ in columns)])
    if all(mask is None for _, mask in columns):
        return kind, (values, None)
    masks = [np.zeros(len(items), bool) if mask is None else mask for items, mask in columns]
    return kind, (values, np.concatenate(masks))


def _chunk(value: Any) -> tuple[str, Column]:
    (parts,) = _call(value, "_restore_array")
    if type(parts) is not tuple or len(parts) < 7:
        raise Odd("the parts of an Arrow array are not known")
    kind, length, _, offset, buffers, children, dictionary = parts[:7]
    text = type_text(kind)
    if type(length) is not int or type(offset) is not int or length < 0 or offset < 0:
        raise Odd("the length of an Arrow array is not a number")
    if type(buffers) is not list or children != [] or dictionary is not None:
        raise Odd("an Arrow array of arrays")
    held = [_buffer(buffer) for buffer in buffers]
    if len(held) != (3 if text in table._VARIABLE else 2):
        raise Odd("an Arrow array does not have its buffers")
    mask = _bits(held[0], offset, length) if held[0] is not None else None
    missing = None if mask is None or mask.all() else ~mask
    if text in table._VARIABLE:
        return text, (_texts(text, held[1:], offset, length, missing), missing)
    return text, (_numbers(text, held[1], offset, length, missing), missing)


def _buffer(value: Any) -> bytes | None:
    if value is None:
        return None
    (content,) = _call(value, "py_buffer")
    if type(content) is Specimen and content.entry.key == "builtins.bytearray":
        content = content.reduced.args[0]
    else:
        content = getattr(content, "data", content)
    if not isinstance(content, bytes | memoryview):
        raise Odd("a buffer of Arrow is not bytes")
    return bytes(content)


def _bits(data: bytes | None, offset: int, length: int) -> np.ndarray[Any, Any]:
    if data is None or len(data) * 8 < offset + length:
        raise Odd("a buffer of Arrow is too short")
    raw = np.frombuffer(data, np.uint8)
    return np.unpackbits(raw, bitorder="little")[offset : offset + length].astype(bool)


def _numbers(text: str, data: bytes | None, offset: int, length: int, missing: Any) -> Any:
    dtype = np.dtype(table._FIXED.get(text, "<i8"))
    if text == "bool":
        values = _bits(data, offset, length)
    else:
        if data is None or len(data) < (offset + length) * dtype.itemsize:
            raise Odd("a buffer of Arrow is too short")
        values = np.frombuffer(data, dtype, length, offset * dtype.itemsize).copy()
    if missing is not None:
        values[missing] = 0
    return values


def _texts(
    text: str, buffers: list[bytes | None], offset: int, length: int, missing: Any
) -> list[Any]:
    places, data = buffers[0] or b"", buffers[1] or b""
    dtype = np.dtype("<i8" if text.startswith("large_") else "<i4")
    if not length:
        return []
    if len(places) < (offset + length + 1) * dtype.itemsize:
        raise Odd("a buffer of Arrow is too short")
    ends = np.frombuffer(places, dtype, length + 1, offset * dtype.itemsize).astype(np.int64)
    if ends[0] < 0 or ends[-1] > len(data) or (np.diff(ends) < 0).any():
        raise Odd("the texts of Arrow lie outside of their buffer")
    found = [
        data[start:end] for start, end in zip(ends[:-1].tolist(), ends[1:].tolist(), strict=True)
    ]
    if missing is not None:
        found = [b"" if gone else item for item, gone in zip(found, missing.tolist(), strict=True)]
    return [item.decode() for item in found] if table._VARIABLE[text] is str else found


def _held(taken: Taken) -> tuple[dict[str, Any], Any]:
    state = taken.instance()
    for name in ("_pa_array", "_data"):  # the second before pandas 2.1
        if name in state:
            return state, state[name]
    raise Odd("it has no array of Arrow")


def _arrow_texts(taken: Taken) -> Reduced:
    state, held = _held(taken)
    text, (values, mask) = _column(held)
    if table._VARIABLE.get(text) is not str:
        raise Odd("its texts are not kept as texts")
    dtype = state["_dtype"]
    if type(dtype) is not Specimen or dtype.entry.key != "pandas.StringDtype":
        raise Odd("its dtype is not one of strings")
    return Reduced((values, mask, *dtype.reduced.args))


def _arrow_array(taken: Taken) -> Reduced:
    text, (values, mask) = _column(_held(taken)[1])
    return Reduced((text, values, mask))


TYPES: dict[str, TypeRule] = {
    "pandas.arrays.ArrowExtensionArray": _arrow_array,
    "pandas.arrays.ArrowStringArray": _arrow_texts,
    "pandas.arrays.ArrowStringArrayNumpySemantics": _arrow_texts,
}
