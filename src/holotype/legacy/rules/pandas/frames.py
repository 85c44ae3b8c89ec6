"""Series and DataFrame: the blocks that pandas had cut them into, put together by the table."""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.pandas.parts import again, is_of
from holotype.legacy.rules.taken import Foreign, Likeness, Odd, Taken, TypeRule
from holotype.types.pandas.contents import ARRAYS, INDEXES
from holotype.types.pandas.frames import _extras, _reduce_frame

__all__ = ["TYPES"]

_MANAGERS = "pandas.core.internals.managers:"
_TIMES = ("pandas.arrays.DatetimeArray", "pandas.arrays.TimedeltaArray")
_TWO = (*_TIMES, "pandas.arrays.PeriodArray")  # may have the rows of several columns


def _state(taken: Taken, manager: str) -> tuple[dict[str, Any], Taken]:
    """The attributes of a series or frame, and what its block manager is made of."""
    state = taken.instance()
    held = state.get("_mgr", state.get("_data"))
    if type(held) is not Foreign or held.taken is None or held.taken.name != _MANAGERS + manager:
        raise Odd("it is not kept in blocks")
    return state, held.taken


def _likeness(state: dict[str, Any], **more: Any) -> Likeness:
    flags = state.get("_flags") or {}
    attrs = state.get("attrs") or {}
    if type(flags) is not dict or type(attrs) is not dict:
        raise Odd("its flags or attrs are not dicts")
    duplicates = flags.get("allows_duplicate_labels", True)
    return Likeness(
        {}, attrs=attrs, flags=Likeness({}, allows_duplicate_labels=bool(duplicates)), **more
    )


def _index(value: Any) -> Specimen:
    if type(value) is not Specimen or value.entry.key not in INDEXES:
        raise Odd("its labels are not an index")
    return value


# -- Series --------------------------------------------------------------------------------------


def _series(taken: Taken) -> Reduced:
    state, manager = _state(taken, "SingleBlockManager")
    axes, values = _single(manager)
    if len(axes) != 1 or len(values) != 1:
        raise Odd("it has more than one axis or block")
    name = state.get("_name", state.get("name"))
    return Reduced((_column(values[0]), _index(axes[0]), name), _extras(_likeness(state)))


def _single(manager: Taken) -> tuple[list[Any], list[Any]]:
    """The axes and the values of a manager that has one block."""
    state = manager.state()
    if type(state) is tuple and len(state) == 4 and type(state[3]) is dict:
        newest = state[3]["0.14.1"]
        return list(newest["axes"]), [block["values"] for block in newest["blocks"]]
    block, axis = manager.arguments(2)[:2]
    values, _ = _block(block)
    return [axis], [values]


def _column(values: Any) -> Any:
    """One column: an array where it has a dtype of NumPy, else an extension array of its own."""
    if type(values) is np.ndarray:
        return values
    if type(values) is not Specimen or values.entry.key not in ARRAYS:
        raise Odd("its values are not known")
    if _is_plain(values):
        return values.reduced.args[0]
    return again(values)


def _is_plain(values: Specimen) -> bool:
    """Whether NumPy has a dtype for what an extension array holds."""
    if is_of(values, "pandas.arrays.NumpyExtensionArray"):
        return True
    return is_of(values, *_TIMES) and (
        len(values.reduced.args) == 2 or values.reduced.args[1] is None
    )


# -- DataFrame -----------------------------------------------------------------------------------


class _Columns:
    """Looks like the extension array of a block to the function that takes frames apart."""

    def __init__(self, values: Specimen) -> None:
        self.values = values
        self.dtype = values.entry.key  # anything but a dtype of NumPy
        held = values.reduced.args[0] if values.reduced.args else None
        self.ndim = held.ndim if is_of(values, *_TWO) and type(held) is np.ndarray else 1

    def __len__(self) -> int:
        return len(self.values.reduced.args[0]) if self.ndim == 2 else 1

    def __getitem__(self, row: int) -> Specimen:
        values, *rest = self.values.reduced.args
        return Specimen(self.values.entry, Reduced((values[row], *map(again, rest))))

    def view(self) -> Any:
        return again(self.values)


def _frame(taken: Taken) -> Reduced:
    state, manager = _state(taken, "BlockManager")
    blocks, axes = _several(manager)
    if len(axes) != 2:
        raise Odd("it does not have two axes")
    held: list[Any] = []
    height = width = 0
    for block in blocks:
        values, places = _block(block)
        values = _values(values)
        rows = len(values) if isinstance(values, _Columns) else values.shape[0]
        positions = _positions(places, rows)
        height = values.shape[1] if isinstance(values, np.ndarray) else height
        width += rows
        held.append(Likeness({}, values=values, mgr_locs=Likeness({}, as_array=positions)))
    placed = [block.mgr_locs.as_array for block in held]
    if placed and (np.sort(np.concatenate(placed)) != np.arange(width)).any():
        raise Odd("its columns do not have one place each")
    return _reduce_frame(
        _Frame(
            _likeness(
                state,
                _mgr=Likeness({}, blocks=held),
                columns=_index(axes[0]),
                index=_index(axes[1]),
                shape=(height, width),
            )
        )
    )


class _Frame(Likeness):
    def __init__(self, like: Likeness) -> None:
        super().__init__(vars(like))

    def __len__(self) -> int:
        return int(vars(self)["shape"][0])


def _several(manager: Taken) -> tuple[list[Any], list[Any]]:
    """The blocks and axes of a manager, from its arguments or its state."""
    if manager.args:
        blocks, axes = manager.args[:2]
        return list(blocks), list(axes)
    state = manager.state()
    if type(state) is not tuple or len(state) != 4 or type(state[3]) is not dict:
        raise Odd("its blocks are not known")
    newest = state[3]["0.14.1"]
    return list(newest["blocks"]), list(newest["axes"])


def _block(block: Any) -> tuple[Any, Any]:
    """The values of a block and the places of its columns."""
    if type(block) is dict:
        return block["values"], block["mgr_locs"]
    if (
        type(block) is not Foreign
        or block.taken is None
        or not block.taken.name.startswith("pandas.")
    ):
        raise Odd("a block of it is not known")
    values, places = block.taken.args[:2]
    return values, places


def _values(values: Any) -> Any:
    if type(values) is Specimen:
        if values.entry.key not in ARRAYS:
            raise Odd("a block of it is not known")
        if not _is_plain(values):
            return _Columns(values)
        values = values.reduced.args[0]
    if type(values) is not np.ndarray:
        raise Odd("a block of it is not known")
    return values.reshape(1, -1) if values.ndim == 1 else values


def _positions(places: Any, rows: int) -> np.ndarray[Any, Any]:
    """Where the ``rows`` columns of a block stand."""
    if type(places) is Foreign and places.taken is not None:  # BlockPlacement(places)
        (places,) = places.taken.arguments(1)
    if is_of(places, "builtins.slice"):
        start, stop, step = places.reduced.args
        found = range(start or 0, stop, 1 if step is None else step)
        if len(found) != rows:
            raise Odd("a block of it has more or fewer columns than places")
        return np.array(found, np.intp)
    if type(places) is not np.ndarray or places.shape != (rows,) or places.dtype.kind not in "iu":
        raise Odd("a block of it has more or fewer columns than places")
    return places.astype(np.intp)


TYPES: dict[str, TypeRule] = {
    "pandas.DataFrame": _frame,
    "pandas.Series": _series,
}
