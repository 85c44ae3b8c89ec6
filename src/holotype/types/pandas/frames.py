"""Series and DataFrame: an index, a name or columns, and values.

The columns of one NumPy dtype are one array, a row for each column; object and extension columns
stand alone. How pandas happens to have cut a frame into blocks, which changes while it is used,
leaves no trace in the blueprint. Rule: every column has exactly one place, and every value array as
many rows as the index, before a frame is put together from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import ABSENT, Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.contents import (
    ARRAYS,
    INDEXES,
    PLAIN,
    arguments,
    integer_list,
    rows,
    vector,
)
from holotype.types.pandas.indexes import plain_values

__all__ = ["entries"]

Positions = np.ndarray[Any, np.dtype[np.intp]]


def entries() -> Iterable[Entry]:
    """Series and DataFrame."""
    yield Entry(
        key="pandas.Series",
        where=("pandas:Series", "pandas.core.series:Series"),
        kind="call",
        reduce=_reduce_series,
        build=_build_series,
        setstate=_set_extras,
        check=_check_series,
    )
    yield Entry(
        key="pandas.DataFrame",
        where=("pandas:DataFrame", "pandas.core.frame:DataFrame"),
        kind="call",
        reduce=_reduce_frame,
        build=_build_frame,
        setstate=_set_extras,
        check=_check_frame,
    )


# -- what both have ----------------------------------------------------------------------------


def _extras(obj: Any) -> dict[str, Any] | None:
    """What is stored only where it is not as usual."""
    extras: dict[str, Any] = {}
    if obj.attrs:
        extras["attrs"] = obj.attrs
    if not obj.flags.allows_duplicate_labels:
        extras["allows_duplicate_labels"] = False
    return extras or None


def _set_extras(obj: Any, extras: dict[str, Any]) -> None:
    if "attrs" in extras:
        obj.attrs = extras["attrs"]
    if "allows_duplicate_labels" in extras:
        obj.flags.allows_duplicate_labels = extras["allows_duplicate_labels"]


def _check_extras(shadow: Shadow) -> None:
    names = set(shadow.names())
    known = names <= {"attrs", "allows_duplicate_labels"}
    if not known or not (names or shadow.state() in (ABSENT, {})):
        raise shadow.fail("the state is more than attrs and allows_duplicate_labels")
    if "allows_duplicate_labels" in names and shadow.get("allows_duplicate_labels") is not False:
        raise shadow.fail("allows_duplicate_labels is written only where it is False")


def _index_rows(shadow: Shadow, index: Any, what: str) -> int:
    if not isinstance(index, Shadow) or index.key not in INDEXES:
        raise shadow.fail(f"{what} is not an index")
    return rows(index)


# -- Series ------------------------------------------------------------------------------------


def _reduce_series(series: Any) -> Reduced:
    return Reduced((plain_values(series), series.index, series.name), _extras(series))


def _build_series(cls: Any, args: Sequence[Any]) -> Any:
    values, index, name = args
    dtype = values.dtype if isinstance(values, np.ndarray) else None
    series = cls(values, index=index, dtype=dtype, name=name, copy=False)
    if series.dtype != values.dtype:
        raise ValueError(f"this version of pandas has no series of {values.dtype}")
    return series


def _check_series(shadow: Shadow) -> None:
    values, index, _ = arguments(shadow, 3)
    count = _index_rows(shadow, index, "the index")
    if _column_rows(shadow, values) != count:
        raise shadow.fail("there are not as many values as labels")
    _check_extras(shadow)


def _column_rows(shadow: Shadow, values: Any) -> int:
    if isinstance(values, Shadow):
        if values.key not in ARRAYS:
            raise shadow.fail(f"{values.key} cannot be a column")
        return rows(values)
    return len(vector(shadow, values, "a column", PLAIN + "O"))


# -- DataFrame ---------------------------------------------------------------------------------


def _reduce_frame(frame: Any) -> Reduced:
    plain: dict[np.dtype[Any], list[tuple[Positions, Any]]] = {}
    blocks: list[tuple[Positions, Any]] = []
    for positions, values in _pieces(frame):
        if not isinstance(values.dtype, np.dtype) or values.dtype == object:
            columns = values if values.ndim == 2 else [values.view()]
            blocks.extend((positions[i : i + 1], columns[i]) for i in range(len(positions)))
        elif values.dtype.kind not in PLAIN:
            raise UnsupportedError("", f"columns of dtype {values.dtype} in pandas.")
        elif len(positions):
            plain.setdefault(values.dtype, []).append((positions, np.asarray(values)))
    blocks.extend(_joined(pieces, len(frame)) for pieces in plain.values())
    blocks.sort(key=lambda block: int(block[0][0]))
    placement = np.empty(frame.shape[1], np.int64)
    for number, (positions, _) in enumerate(blocks):
        placement[positions] = number
    return Reduced(
        (frame.columns, frame.index, [values for _, values in blocks], placement.tolist()),
        _extras(frame),
    )


def _pieces(frame: Any) -> Iterator[tuple[Positions, Any]]:
    """The values of a frame as pandas holds them, with the positions of their columns.

    pandas has no public way to read them without a copy; pyarrow reads them like this too.
    """
    blocks = getattr(frame._mgr, "blocks", None)
    if blocks is None:  # the experimental ArrayManager of pandas 1.5 to 2.2
        for position in range(frame.shape[1]):
            values = plain_values(frame.iloc[:, position])
            plain = isinstance(values, np.ndarray)
            yield np.array([position]), values.reshape(1, -1) if plain else values
        return
    for block in blocks:
        yield block.mgr_locs.as_array, block.values


def _joined(pieces: list[tuple[Positions, Any]], count: int) -> tuple[Positions, Any]:
    """The columns of one dtype as one array in the order of the frame; copied only if need be."""
    positions = np.concatenate([places for places, _ in pieces])
    if len(pieces) == 1 and (np.diff(positions) > 0).all():
        return positions, pieces[0][1]
    ordered = np.sort(positions)
    values = np.empty((len(positions), count), pieces[0][1].dtype)
    for places, piece in pieces:
        values[np.searchsorted(ordered, places)] = piece
    return ordered, values


def _build_frame(_: Any, args: Sequence[Any]) -> Any:
    columns, index, blocks, placement = args
    where = np.asarray(placement, np.intp)
    order = np.argsort(where, kind="stable")
    ends = np.cumsum(np.bincount(where, minlength=len(blocks)))
    placed: list[tuple[Any, Positions]] = []
    objects: list[tuple[Any, Positions]] = []
    for values, positions in zip(blocks, np.split(order, ends)[:-1], strict=True):
        alone = isinstance(values, np.ndarray) and values.ndim == 1
        (objects if alone else placed).append((values, positions))
    if objects:
        together = np.empty((len(objects), len(index)), object)
        for row, (values, _positions) in enumerate(objects):
            together[row] = values
        placed.append((together, np.concatenate([positions for _, positions in objects])))
    frame = _from_blocks(placed, index, columns)
    dtypes = frame.dtypes.array
    for values, positions in placed:
        if len(positions) and dtypes[positions[0]] != values.dtype:
            raise ValueError(f"this version of pandas has no columns of {values.dtype}")
    return frame


def _from_blocks(blocks: list[tuple[Any, Positions]], index: Any, columns: Any) -> Any:
    try:
        from pandas.api.internals import create_dataframe_from_blocks
    except ImportError:  # before pandas 3
        import pandas as pd
        from pandas.core.internals import BlockManager, make_block

        made = [make_block(values, placement=places, ndim=2) for values, places in blocks]
        manager = BlockManager(made, [columns, index])
        if hasattr(pd.DataFrame, "_from_mgr"):  # since 2.1
            return pd.DataFrame._from_mgr(manager, manager.axes)
        return pd.DataFrame(manager, copy=False)
    return create_dataframe_from_blocks(blocks, index, columns)


def _check_frame(shadow: Shadow) -> None:
    columns, index, blocks, placement = arguments(shadow, 4)
    width = _index_rows(shadow, columns, "columns")
    height = _index_rows(shadow, index, "the index")
    where = integer_list(shadow, placement, "the placement")
    if len(where) != width:
        raise shadow.fail("not every column has a place")
    if not isinstance(blocks, list) or (
        len(where) and not 0 <= where.min() <= where.max() < len(blocks)
    ):
        raise shadow.fail("a column has its place in an array that is not there")
    counts = np.bincount(where, minlength=len(blocks)).tolist()
    for block, count in zip(blocks, counts, strict=True):
        if isinstance(block, np.ndarray) and block.ndim == 2:
            held, length = vector(shadow, block, "columns", PLAIN, ndim=2).shape
        elif isinstance(block, np.ndarray):
            held, length = 1, len(vector(shadow, block, "a column", "O"))
        else:
            held, length = 1, _column_rows(shadow, block)
        if held != count or length != height:
            raise shadow.fail("columns, labels and values are not of one shape")
    _check_extras(shadow)
