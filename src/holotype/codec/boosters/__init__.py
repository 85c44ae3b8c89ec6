"""The arrays of one model together, as boosters have them: each by what follows from the others.

Names say which arrays belong together. An array that is not what it should be is packed as any
other; so are all of them if decoding does not give every bit again.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.codec.arrays import read_items, write_items
from holotype.codec.boosters.lightgbm import LightGBM
from holotype.codec.boosters.xgboost import XGBoost
from holotype.codec.coded import VERSION, Coded, cut, numbers, opened
from holotype.codec.frames import MATCHES, Reader, Writer
from holotype.codec.trees.shape import Misfit
from holotype.errors import FormatError, SaveError

__all__ = ["belong_together", "count_trees", "cut_by_trees", "decode_columns", "encode_columns"]

_FAMILIES = (XGBoost, LightGBM)
_GENERAL, _BY_OTHERS = range(2)

Columns = Mapping[str, npt.NDArray[Any]]


def belong_together(names: Iterable[str]) -> bool:
    """Whether arrays of these names gain by being encoded together."""
    return _family(names) is not None


def _family(names: Iterable[str]) -> type[XGBoost] | type[LightGBM] | None:
    given = set(names)
    return next((family for family in _FAMILIES if given >= family.NAMES), None)


def count_trees(columns: Columns) -> int:
    """How many trees a booster of these columns has."""
    family = _family(columns)
    if family is None:
        raise ValueError("these are no columns of a booster")
    return len(columns[family.FIRST[0]])


def cut_by_trees(columns: Columns, first: int, stop: int) -> dict[str, npt.NDArray[Any]]:
    """What the columns of a booster have of the trees from ``first`` to ``stop``.

    Columns that are not of all its trees are left out; the pieces of the others make them up again.
    """
    family = _family(columns)
    if family is None:
        raise ValueError("these are no columns of a booster")
    trees = columns[family.FIRST[0]]
    items = family.items_of_trees(columns)
    result = {}
    for name, column in columns.items():
        counts = np.ones_like(trees) if name in family.OF_TREES else items.get(name)
        if counts is None or column.ndim != 1:
            continue
        ends = np.cumsum(counts, dtype=np.int64)
        if len(ends) and counts.min() >= 0 and ends[-1] == len(column):
            result[name] = column[ends[first] - counts[first] : ends[min(stop, len(ends)) - 1]]
    return result


def _order(names: Iterable[str]) -> list[str]:
    """That in which arrays are written: those first that say something of others."""
    family = _family(names)
    known = [] if family is None else [*family.FIRST, *family.DTYPES]
    return sorted(
        names, key=lambda name: (known.index(name) if name in known else len(known), name)
    )


def encode_columns(columns: Columns, *, level: str = "balanced") -> Coded:
    """Arrays by their names, packed together. Of arrays with more than one axis, the order in
    memory is not kept: they are decoded in C order.
    """
    if level not in MATCHES:
        raise ValueError(f"level is one of {', '.join(MATCHES)}, not {level!r}")
    if any(array.dtype.hasobject for array in columns.values()):
        raise SaveError("an array of Python objects is not data; encode what it holds instead")
    with np.errstate(all="ignore"):
        frames = _encode(columns, level, _family(columns))
        coded = _coded(frames)
        if not _comes_back(coded, columns):
            coded = _coded(_encode(columns, level, None))
    return coded


def _coded(frames: list[bytes]) -> Coded:
    sizes = [len(frame) for frame in frames]
    return Coded({"codec": VERSION, "layer": "columns", "frames": sizes}, tuple(frames))


def _encode(
    columns: Columns, level: str, family: type[XGBoost] | type[LightGBM] | None
) -> list[bytes]:
    model = None if family is None else family(level)
    frames = []
    for name in _order(columns):
        array = columns[name]
        frame = None
        if model is not None:
            frame = _by_others(model, name, array)
            model.known[name] = array
        frames.append(_general(array, level) if frame is None else frame)
    return frames


def _by_others(model: XGBoost | LightGBM, name: str, array: npt.NDArray[Any]) -> bytes | None:
    if array.ndim != 1 or array.dtype.str != model.DTYPES.get(name):
        return None
    writer = Writer()
    writer.number(_BY_OTHERS)
    try:
        model.write(name, writer, np.ascontiguousarray(array))
    except (Misfit, ArithmeticError, IndexError, ValueError):  # whatever a model may hold
        return None
    return writer.frame()


def _general(array: npt.NDArray[Any], level: str) -> bytes:
    writer = Writer()
    writer.number(_GENERAL)
    write_items(writer, array, level)
    return writer.frame()


def _comes_back(coded: Coded, columns: Columns) -> bool:
    try:
        decoded = decode_columns(
            coded.header,
            coded.body(),
            dtypes={name: array.dtype for name, array in columns.items()},
            shapes={name: array.shape for name, array in columns.items()},
        )
    except FormatError:
        return False
    return all(decoded[name].tobytes() == array.tobytes() for name, array in columns.items())


def decode_columns(
    header: Mapping[str, Any],
    body: Any,
    *,
    dtypes: Mapping[str, np.dtype[Any]],
    shapes: Mapping[str, tuple[int, ...]],
) -> dict[str, npt.NDArray[Any]]:
    """The arrays again, bit by bit. Names, dtypes and shapes come from a record that can be trusted
    to say how much memory they may take. Raises `FormatError` for whatever does not decode to
    exactly that.
    """
    if opened(header) != "columns":
        raise FormatError("the description of compressed data is not one of several arrays")
    if any(dtype.hasobject for dtype in dtypes.values()):
        raise FormatError("an array of Python objects is never stored as data")
    data = memoryview(body).cast("B")
    names = _order(dtypes)
    frames = cut(data, numbers(header["frames"], len(names), len(data)))
    family = _family(names)
    model = None if family is None else family("")
    result = {}
    with np.errstate(all="ignore"):
        for name, frame in zip(names, frames, strict=True):
            result[name] = _decode(frame, model, name, dtypes[name], shapes[name])
            if model is not None:
                model.known[name] = result[name]
    return result


def _decode(
    frame: memoryview,
    model: XGBoost | LightGBM | None,
    name: str,
    dtype: np.dtype[Any],
    shape: tuple[int, ...],
) -> npt.NDArray[Any]:
    reader = Reader(frame)
    count = int(np.prod(shape, dtype=object))
    if reader.number(below=2) == _GENERAL:
        array = read_items(reader, count, dtype).reshape(shape)
    elif model is None or len(shape) != 1 or dtype.str != model.DTYPES.get(name):
        raise FormatError("compressed data are stored as what they cannot be")
    else:
        try:
            array = model.read(name, reader, count)
        except Misfit:
            raise FormatError("compressed trees do not fit each other") from None
    reader.end()
    return array
