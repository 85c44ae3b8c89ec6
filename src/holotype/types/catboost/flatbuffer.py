"""FlatBuffers, as far as CatBoost's model format uses them: tables by a schema, both ways.

A schema is a tuple of fields in the order of the format's ``.fbs`` files. Rules: every byte that is
read lies inside the buffer; a table is read once, however many refer to it, and all bytes that are
read together are no more than the buffer has; a field that the schema does not know is an error.
"""

from __future__ import annotations

import struct
from collections.abc import Mapping
from typing import Any, Literal, NamedTuple

import numpy as np
import numpy.typing as npt

__all__ = ["MalformedError", "Schema", "field", "read", "write"]

_CODES = {"?": "<?", "<i1": "<b", "<i4": "<i", "<f4": "<f", "<f8": "<d"}
"""Of scalars, for ``struct``."""

_BYTE, _OFFSET = np.dtype("|u1"), np.dtype("<u4")

Kind = Literal["scalar", "vector", "text", "texts", "table", "tables", "absent"]


class MalformedError(Exception):
    """The bytes are not a buffer of this schema; says what is wrong."""


class Field(NamedTuple):
    """One field of a table.

    ``dtype`` is that of the elements of a vector, ``code`` that of a scalar; ``default`` is what a
    scalar that is not written stands for, ``width`` how many bytes the field takes in its table. A
    field that is *absent* may be there as an empty vector only.
    """

    name: str
    kind: Kind
    dtype: np.dtype[Any]
    code: str
    width: int
    default: Any
    schema: Any


Schema = tuple[Field, ...]


def field(
    name: str, kind: Kind, dtype: npt.DTypeLike = "|u1", default: Any = 0, schema: Any = ()
) -> Field:
    """A field of a schema."""
    code = _CODES[str(dtype)] if kind == "scalar" else ""
    width = struct.calcsize(code) if code else 4
    return Field(name, kind, np.dtype(dtype), code, width, default, schema)


# -- reading -------------------------------------------------------------------------------------


def read(buffer: bytes | memoryview, schema: Schema) -> dict[str, Any]:
    """The root table as a dict: scalars, arrays (views), text, dicts, and lists of these."""
    reader = _Reader(memoryview(buffer).cast("B"))
    try:
        return reader.table(reader.follow(0), schema)
    except (struct.error, UnicodeDecodeError, ValueError) as error:
        raise MalformedError(f"it is cut off or garbled ({error})") from None


class _Reader:
    def __init__(self, buffer: memoryview) -> None:
        self._buffer = buffer
        self._left = len(buffer)
        self._known: dict[tuple[int, int], dict[str, Any]] = {}

    def _number(self, code: str, at: int) -> Any:
        if at < 0:
            raise MalformedError("an offset leads out of it")
        return struct.unpack_from(code, self._buffer, at)[0]

    def follow(self, at: int) -> int:
        return at + int(self._number("<I", at))

    def _spend(self, size: int) -> None:
        self._left -= size
        if self._left < 0:
            raise MalformedError("its parts overlap, or reach beyond its end")

    def table(self, at: int, schema: Schema) -> dict[str, Any]:
        known = self._known.get((at, id(schema)))
        if known is not None:
            return known
        start = at - self._number("<i", at)
        size = self._number("<H", start)
        self._spend(4)
        if size < 4 or size % 2:
            raise MalformedError("a table of fields has no valid size")
        slots = struct.unpack_from(f"<{size // 2 - 2}H", self._buffer, start + 4)
        if any(slots[len(schema) :]):
            raise MalformedError("it has a field that this version of Holotype does not know")
        slots += (0,) * (len(schema) - len(slots))
        found = {
            field.name: self._field(field, at + slot if slot else None)
            for field, slot in zip(schema, slots, strict=False)
        }
        self._known[at, id(schema)] = found
        return found

    def _field(self, field: Field, at: int | None) -> Any:
        match field.kind:
            case "scalar":
                if at is None:
                    return field.default
                self._spend(field.width)
                return self._number(field.code, at)
            case "vector":
                dtype = field.dtype
                return np.empty(0, dtype) if at is None else self._vector(self.follow(at), dtype)
            case "text":
                return "" if at is None else self._text(self.follow(at))
            case "texts":
                return [] if at is None else [self._text(place) for place in self._places(at)]
            case "table":
                return None if at is None else self.table(self.follow(at), field.schema)
            case "tables":
                places = [] if at is None else self._places(at)
                return [self.table(place, field.schema) for place in places]
        if at is not None and self._number("<I", self.follow(at)):
            raise MalformedError(f"it has {field.name}, which are not supported")
        return None

    def _vector(self, at: int, dtype: np.dtype[Any]) -> npt.NDArray[Any]:
        count = self._number("<I", at)
        self._spend(4 + count * dtype.itemsize)
        return np.frombuffer(self._buffer, dtype, count, at + 4)

    def _text(self, at: int) -> str:
        return self._vector(at, _BYTE).tobytes().decode("utf-8")

    def _places(self, at: int) -> list[int]:
        start = self.follow(at)
        offsets = self._vector(start, _OFFSET).astype(np.int64)
        places: list[int] = (offsets + (start + 4 + 4 * np.arange(len(offsets)))).tolist()
        if len(set(places)) != len(places):  # or a list of many could be of one that is large
            raise MalformedError("a list has the same element twice")
        return places


# -- writing -------------------------------------------------------------------------------------


def write(value: Mapping[str, Any], schema: Schema) -> bytes:
    """The buffer whose root table is ``value``; parts follow what refers to them."""
    writer = _Writer()
    writer.out += bytes(4)
    writer.refer(0, writer.table(value, schema))
    return bytes(writer.out)


class _Layout(NamedTuple):
    """Where the fields that are written stand in a table, whose beginning is ``head``."""

    head: bytes
    size: int
    fields: list[tuple[Field, int]]


class _Writer:
    def __init__(self) -> None:
        self.out = bytearray()
        self._layouts: dict[tuple[int, tuple[bool, ...]], _Layout] = {}

    def refer(self, at: int, target: int) -> None:
        struct.pack_into("<I", self.out, at, target - at)

    def _align(self, size: int, ahead: int = 0) -> None:
        """Make what follows ``ahead`` bytes from here start at a multiple of ``size``."""
        self.out += bytes(-(len(self.out) + ahead) % size)

    def table(self, value: Mapping[str, Any], schema: Schema) -> int:
        written = tuple([_is_written(field, value.get(field.name)) for field in schema])
        layout = self._layouts.get((id(schema), written))
        if layout is None:
            layout = self._layouts[id(schema), written] = _layout_of(schema, written)
        self._align(8, len(layout.head))
        self.out += layout.head
        at = len(self.out)
        self.out += struct.pack("<i", len(layout.head)) + bytes(layout.size - 4)
        for field, offset in layout.fields:
            self._field(field, value[field.name], at + offset)
        return at

    def _field(self, field: Field, value: Any, at: int) -> None:
        match field.kind:
            case "scalar":
                struct.pack_into(field.code, self.out, at, value)
            case "vector":
                self.refer(at, self._vector(np.asarray(value, field.dtype)))
            case "text":
                self.refer(at, self._text(value))
            case "table":
                self.refer(at, self.table(value, field.schema))
            case _:
                start = self._vector(np.zeros(len(value), _OFFSET))
                self.refer(at, start)
                for slot, item in enumerate(value, start=start // 4 + 1):
                    is_text = field.kind == "texts"
                    made = self._text(item) if is_text else self.table(item, field.schema)
                    self.refer(4 * slot, made)

    def _vector(self, array: npt.NDArray[Any]) -> int:
        # Structures hold numbers of at most four bytes; bytes may be looked at as wider numbers.
        self._align(8, 4)
        at = len(self.out)
        self.out += struct.pack("<I", len(array))
        self.out += array.tobytes()
        return at

    def _text(self, text: str) -> int:
        data = text.encode("utf-8")
        self._align(4)
        at = len(self.out)
        self.out += struct.pack("<I", len(data)) + data + b"\0"
        return at


def _layout_of(schema: Schema, written: tuple[bool, ...]) -> _Layout:
    # The widest first, so that none needs padding after the four bytes that begin the table.
    fields = [field for field, is_there in zip(schema, written, strict=True) if is_there]
    fields.sort(key=lambda field: field.width, reverse=True)
    places: list[tuple[Field, int]] = []
    end = 8 if fields and fields[0].width == 8 else 4
    for field in fields:
        places.append((field, end))
        end += field.width
    offsets = {field.name: offset for field, offset in places}
    slots = [offsets.get(field.name, 0) for field in schema]
    head = struct.pack(f"<{2 + len(slots)}H", 4 + 2 * len(slots), end, *slots)
    return _Layout(head, end, places)


def _is_written(field: Field, value: Any) -> bool:
    if field.kind in ("text", "texts", "table"):
        return bool(value)
    return field.kind != "absent"
