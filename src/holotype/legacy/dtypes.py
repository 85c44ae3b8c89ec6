"""NumPy dtypes as pickles and ``.npy`` headers spell them, made from checked parts.

Rule: a dtype is made of a kind, a size, an order and offsets that were each checked; no text of a
file goes to ``numpy.dtype`` but the few letters of its kind.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any

import numpy as np

from holotype.errors import LegacyError
from holotype.legacy.symbols import Call, Dict, Global, Symbol, bytes_of

__all__ = ["DtypeReader", "describe_dtype", "dtype_of", "size_of"]

_CODE = re.compile(r"[<>=|]?(?:\?|[biufcSaUVO]\d{0,9}|[Mm]8(?:\[\d{0,9}[a-zA-Zμ]{1,2}\])?)")
_UNIT = re.compile(r"generic|[YMWDhms]|ms|us|ns|ps|fs|as")
_MAX_DEPTH = 32
_MAX_FIELDS = 10_000
_ORDERS = ("<", ">", "|", "=")


def dtype_of(symbol: Symbol) -> np.dtype[Any]:
    """The dtype that ``numpy.dtype(code, align, copy)`` and its state describe.

    Raises LegacyError where the symbol says anything else.
    """
    return DtypeReader().symbol(symbol)


def describe_dtype(descr: Any) -> np.dtype[Any]:
    """The dtype of the ``descr`` of a ``.npy`` header, which is plain text, tuples and lists."""
    return DtypeReader().descr(descr, 0)


def size_of(dtype: np.dtype[Any], shape: Sequence[Symbol]) -> int:
    """The bytes that an array takes; LegacyError where ``shape`` is none."""
    count = 1
    for length in shape:
        if type(length) is not int or length < 0 or count > 1 << 62:
            raise LegacyError("an array's shape is not made of natural numbers")
        count *= length
    return count * dtype.itemsize


class DtypeReader:
    """Reads dtypes that may be parts of each other, each once.

    What a dtype is was decided when it got its state: changes to the parts that come later, which a
    hostile file may make, do not count if :meth:`note` was called in time.
    """

    def __init__(self) -> None:
        self.known: dict[int, tuple[Symbol, np.dtype[Any] | LegacyError]] = {}
        self.fields = 0

    def note(self, symbol: Symbol) -> None:
        """Read a dtype that just got its state; where it is odd, whoever asks for it is told."""
        self.known.pop(id(symbol), None)
        with suppress(LegacyError):
            self.symbol(symbol)

    def symbol(self, symbol: Symbol, depth: int = 0) -> np.dtype[Any]:
        """The dtype that a symbol stands for."""
        known = self.known.get(id(symbol))
        if known is None:
            if depth == 0:
                self.fields = 0
            found: np.dtype[Any] | LegacyError
            try:
                found = self._symbol(symbol, depth)
            except LegacyError as error:
                found = error
            self.known[id(symbol)] = (symbol, found)  # keeps the symbol, so that its id stays its
        else:
            found = known[1]
        if isinstance(found, LegacyError):
            raise found
        return found

    def _symbol(self, symbol: Symbol, depth: int) -> np.dtype[Any]:
        if depth > _MAX_DEPTH:
            raise LegacyError("a dtype nests too deep")
        if (
            type(symbol) is not Call
            or type(symbol.function) is not Global
            or (symbol.function.module, symbol.function.name) != ("numpy", "dtype")
            or type(symbol.args) is not tuple
            or not symbol.args
            or symbol.kwargs is not None
            or len(symbol.states) > 1
        ):
            raise LegacyError("an array's dtype is not given in the form that numpy gives it")
        dtype = _plain(symbol.args[0])
        if not symbol.states:
            return dtype
        state = symbol.states[0]
        if type(state) is not tuple or not 8 <= len(state) <= 9 or state[1] not in _ORDERS:
            raise LegacyError("the state of a dtype is not known")
        _, order, base, names, fields, itemsize, alignment, _, *metadata = state
        if base is not None:
            return self._subarray(base, depth)
        if names is not None:
            return self._structured(names, fields, itemsize, alignment, depth)
        if dtype.kind == "V" and type(itemsize) is int and itemsize >= 0:
            dtype = _plain(f"V{itemsize}")
        if dtype.kind in "US" and type(itemsize) is int and itemsize >= 0:
            dtype = _plain(f"{dtype.kind}{itemsize // (4 if dtype.kind == 'U' else 1)}")
        if metadata and dtype.kind in "Mm":
            dtype = _plain(f"{dtype.kind}8{_unit(metadata[0])}")
        return dtype.newbyteorder("=" if order == "|" else order)

    def _subarray(self, base: Symbol, depth: int) -> np.dtype[Any]:
        if type(base) is not tuple or len(base) != 2:
            raise LegacyError("the state of a dtype is not known")
        shape = base[1] if type(base[1]) is tuple else (base[1],)
        return _shaped(self.symbol(base[0], depth + 1), shape)

    def _structured(
        self, names: Symbol, fields: Symbol, itemsize: Symbol, alignment: Symbol, depth: int
    ) -> np.dtype[Any]:
        if type(names) is not tuple or type(fields) is not Dict or type(itemsize) is not int:
            raise LegacyError("the state of a dtype with fields is not known")
        self._count(len(names) + len(fields.pairs))
        known = {key: value for key, value in fields.pairs if type(key) is str}
        formats, offsets = [], []
        for name in names:
            field = known.get(name) if type(name) is str else None
            if type(field) is not tuple or len(field) < 2:
                raise LegacyError("the state of a dtype with fields is not known")
            formats.append(self.symbol(field[0], depth + 1))
            offsets.append(field[1])
        aligned = type(alignment) is int and alignment > 1
        return _fields(list(names), formats, offsets, itemsize, aligned)

    def _count(self, fields: int) -> None:
        self.fields += fields
        if self.fields > _MAX_FIELDS:
            raise LegacyError("a dtype of too many fields")

    def descr(self, descr: Any, depth: int) -> np.dtype[Any]:
        """The dtype of a ``descr``."""
        if depth > _MAX_DEPTH:
            raise LegacyError("a dtype nests too deep")
        if type(descr) is str:
            return _plain(descr)
        if type(descr) is tuple and len(descr) == 2:
            return _shaped(self.descr(descr[0], depth + 1), descr[1])
        if type(descr) is not list:
            raise LegacyError("the descr of an array is not known")
        self._count(len(descr))
        names, formats, offsets, offset = [], [], [], 0
        for field in descr:
            if type(field) is not tuple or len(field) not in (2, 3):
                raise LegacyError("the descr of an array is not known")
            dtype = self.descr(field[1] if len(field) == 2 else field[1:], depth + 1)
            name = field[0][1] if type(field[0]) is tuple and len(field[0]) == 2 else field[0]
            if type(name) is not str:
                raise LegacyError("the descr of an array is not known")
            if name or dtype.kind != "V" or dtype.names:  # else it is padding
                names.append(name)
                formats.append(dtype)
                offsets.append(offset)
            offset += dtype.itemsize
        return _fields(names, formats, offsets, offset, False)


def _plain(code: Symbol) -> np.dtype[Any]:
    if type(code) is not str or not _CODE.fullmatch(code):
        raise LegacyError(f"{str(code)[:40]!a} is no code of a dtype")
    try:
        return np.dtype(code.replace("a", "S"))
    except (TypeError, ValueError, OverflowError):
        raise LegacyError(f"{code!a} is no code of a dtype") from None


def _unit(metadata: Symbol) -> str:
    given = metadata[1] if type(metadata) is tuple and len(metadata) == 2 else None
    if type(given) is tuple and len(given) >= 2:
        unit, count = given[0], given[1]
        raw = bytes_of(unit)
        text = unit if raw is None else bytes(raw).decode("latin-1")
        if type(text) is str and _UNIT.fullmatch(text) and type(count) is int and 0 < count < 1e9:
            return "" if text == "generic" else f"[{count}{text}]"
    raise LegacyError("the unit of a dtype of times is not known")


def _shaped(dtype: np.dtype[Any], shape: Any) -> np.dtype[Any]:
    if type(shape) is not tuple or len(shape) > _MAX_DEPTH:
        raise LegacyError("the shape of a dtype is not known")
    if size_of(dtype, shape) >= 1 << 31:
        raise LegacyError("a dtype is too large")
    try:
        return np.dtype((dtype, shape))
    except (TypeError, ValueError, OverflowError):
        raise LegacyError("the shape of a dtype is not known") from None


def _fields(
    names: list[str],
    formats: list[np.dtype[Any]],
    offsets: list[Any],
    itemsize: int,
    aligned: bool,
) -> np.dtype[Any]:
    if any(type(offset) is not int or offset < 0 for offset in offsets):
        raise LegacyError("the offset of a field is not known")
    spec = {"names": names, "formats": formats, "offsets": offsets, "itemsize": itemsize}
    try:
        return np.dtype(spec, align=aligned)  # type: ignore[call-overload, no-any-return]
    except (TypeError, ValueError, OverflowError):
        raise LegacyError("the fields of a dtype do not fit together") from None
