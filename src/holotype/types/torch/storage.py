"""Where the elements of a tensor lie, and tensors that look into one storage.

A tensor is its elements in an array, or, where it is laid out otherwise than row by row, an array
and its *layout*: shape, strides and offset, counted in elements. Tensors that share memory are
layouts of one `torch.UntypedStorage`, and share memory again when they come back.

Rules: only what some tensor sees is stored, and what lies between is written as zero; nothing is
built whose layout reaches outside of its array.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.errors import UnsupportedError
from holotype.graph.notes import Notes
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.torch.dtypes import DTYPES, EXOTIC, is_shape, stored_dtype

__all__ = [
    "STORAGE",
    "BuiltStorage",
    "Layout",
    "Piece",
    "check_elements",
    "contiguous_strides",
    "is_whole",
    "plain_dtype",
    "relate_tensor",
    "storage_of",
]

AnyArray = npt.NDArray[Any]
_STORAGE_KEY = "torch.UntypedStorage"
_NAMES = {np.dtype(held): name for name, held in DTYPES.items()}
_ALIGNMENT = 16  # bytes: the largest element
_MAX_REPEATED = 1 << 26  # bytes that a tensor may seem to have beyond those of its storage


class Layout(NamedTuple):
    """Which elements of an array a tensor has."""

    shape: tuple[int, ...]
    strides: tuple[int, ...]
    offset: int = 0


def contiguous_strides(shape: Sequence[int]) -> tuple[int, ...]:
    """The strides that torch gives a tensor that lies row by row."""
    strides, step = [], 1
    for size in reversed(shape):
        strides.append(step)
        step *= max(size, 1)
    return tuple(reversed(strides))


def is_whole(layout: Layout) -> bool:
    """Whether there is an element in memory for each that a tensor has: none stands for several."""
    return _reach(layout) - layout.offset >= math.prod(layout.shape)


def _reach(layout: Layout) -> int:
    """How many elements there must be, up to the last one that the layout sees."""
    if 0 in layout.shape:
        return layout.offset
    steps = zip(layout.shape, layout.strides, strict=True)
    return layout.offset + sum((size - 1) * stride for size, stride in steps) + 1


class Piece:
    """A tensor on its way out: what it sees of a storage, whose bytes are ``memory``.

    ``storage`` tells storages apart within one model; ``dtype`` is torch's name of it.
    """

    __slots__ = ("dtype", "layout", "memory", "storage", "who")

    def __init__(
        self, storage: Any, memory: npt.NDArray[np.uint8], dtype: str, layout: Layout, who: int
    ) -> None:
        self.storage = storage
        self.memory = memory
        self.dtype = dtype
        self.layout = layout
        self.who = who

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, Piece):
            return NotImplemented
        return self.dtype == other.dtype and self.layout == other.layout

    def __hash__(self) -> int:
        return hash((self.dtype, self.layout))

    @property
    def itemsize(self) -> int:
        """Bytes of an element."""
        return stored_dtype(self.dtype).itemsize

    def span(self) -> tuple[int, int]:
        """The bytes of the storage from the first element to the last."""
        if 0 in self.layout.shape:
            return 0, 0
        return self.layout.offset * self.itemsize, _reach(self.layout) * self.itemsize

    def elements(self, start: int, stop: int) -> AnyArray:
        """These bytes of the storage as elements, one after the other."""
        return self.memory[start:stop].view(stored_dtype(self.dtype))


class SharedStorage:
    """Stands for a storage that several tensors look into, while a model is taken apart."""

    def __init__(self, array: AnyArray, start: int, natural: Piece | None) -> None:
        self.array = array
        self.start = start  # where the array begins, in bytes of the storage
        self.natural = natural  # of this layout, where the array has its shape


# -- on the way out ------------------------------------------------------------------------------


def relate_tensor(reduced: Reduced, notes: Notes) -> Reduced:
    """Arguments of a tensor: elements, dtype, layout; trailing ones that say nothing left out."""
    piece = reduced.args[0]
    if not isinstance(piece, Piece):
        return reduced
    pieces = notes.tell(("torch storage", piece.storage), piece.who, piece)
    _limit_empty(piece)
    if len(pieces) < 2 or not piece.memory.size:
        array, layout = _alone(piece)
        source: Any = array
    else:
        topic = ("torch storage", piece.storage)
        source = notes.made(topic, lambda: _together(pieces))
        layout = None if source.natural == piece else _moved(piece, source.start)
    dtype = piece.dtype if piece.dtype in EXOTIC or layout is not None else None
    given = (source, dtype, None if layout is None else tuple(layout))
    rest = reduced.args[1:]
    args = (*given, *rest)
    while len(args) > 1 and args[-1] is None:
        args = args[:-1]
    return reduced._replace(args=args)


def _moved(piece: Piece, start: int) -> Layout:
    if 0 in piece.layout.shape:
        return piece.layout._replace(offset=0)
    return piece.layout._replace(offset=piece.layout.offset - start // piece.itemsize)


def _alone(piece: Piece) -> tuple[AnyArray, Layout | None]:
    """The array of a tensor that shares its memory with none, and its layout where it needs one."""
    shape, strides, _ = piece.layout
    start, stop = piece.span()
    elements = piece.elements(start, stop)
    if strides == contiguous_strides(shape):
        return elements.reshape(shape), None
    layout = Layout(shape, strides)
    if len(elements) == math.prod(shape):
        # Dense, with its axes in another order: the array has them as they lie in memory.
        order = sorted(range(len(shape)), key=lambda axis: (-strides[axis], axis))
        dense = tuple(shape[axis] for axis in order)
        if all(
            strides[axis] == step or shape[axis] == 1
            for axis, step in zip(order, contiguous_strides(dense), strict=True)
        ):
            return elements.reshape(dense), layout
    _limit_repeats(piece, len(elements))
    return _seen([piece], start, elements), layout


def _limit_empty(piece: Piece) -> None:
    if _seeming(piece.layout.shape) * piece.itemsize > piece.memory.nbytes + _MAX_REPEATED:
        _limit_repeats(piece, piece.memory.nbytes // piece.itemsize)
        raise UnsupportedError("", "a tensor without elements has sizes that none would believe.")


def _seeming(shape: Sequence[int]) -> int:
    """Elements of a tensor of these sizes; what is empty may still be the shape of a result."""
    return math.prod(max(size, 1) for size in shape)


def _limit_repeats(piece: Piece, stored: int) -> None:
    more = math.prod(piece.layout.shape) - stored
    if more * piece.itemsize > _MAX_REPEATED:
        raise UnsupportedError(
            "",
            "a tensor repeats its elements (as expand does) to more bytes than a reader would "
            "believe.",
            "Store what it was expanded from.",
        )


def _together(pieces: Sequence[Piece]) -> SharedStorage:
    """One array for a storage that several tensors look into."""
    spans = [piece.span() for piece in pieces]
    start = min((a for a, b in spans if b), default=0)
    stop = max(b for _, b in spans)
    for piece in pieces:
        _limit_repeats(piece, (stop - start) // piece.itemsize)
    dtypes = {piece.dtype for piece in pieces}
    if len(dtypes) == 1:
        whole = next((p for p, s in zip(pieces, spans, strict=True) if s == (start, stop)), None)
        natural = next(
            (
                p
                for p, s in zip(pieces, spans, strict=True)
                if s == (start, stop) and p.layout.strides == contiguous_strides(p.layout.shape)
            ),
            None,
        )
        if natural is not None:
            return SharedStorage(_alone(natural)[0], start, natural)
        first = whole or pieces[0]
        return SharedStorage(_seen(pieces, start, first.elements(start, stop)), start, None)
    if "bool" in dtypes:
        raise UnsupportedError("", "one storage is read as booleans and as other numbers.")
    start -= start % _ALIGNMENT
    return SharedStorage(_seen(pieces, start, pieces[0].memory[start:stop]), start, None)


def _seen(pieces: Sequence[Piece], start: int, elements: AnyArray) -> AnyArray:
    """The elements, with those that no tensor sees set to zero."""
    unseen = np.ones(elements.nbytes, np.bool_)
    for piece in pieces:
        (low, high), size = piece.span(), piece.itemsize
        if high:
            shape, strides, _ = piece.layout
            steps = (*(stride * size for stride in strides), 1)
            mine = unseen[low - start : high - start]
            np.lib.stride_tricks.as_strided(mine, (*shape, size), steps)[...] = False
    if not unseen.any():
        return elements
    cleaned = np.array(elements)
    cleaned.view(np.uint8)[unseen] = 0
    return cleaned


# -- on the way in -------------------------------------------------------------------------------


def plain_dtype(source: Any, dtype: Any, layout: Any) -> str | None:
    """The dtype of a tensor that is simply an array with elements; None for all others."""
    if dtype is not None or layout is not None or not isinstance(source, np.ndarray):
        return None
    return _NAMES.get(source.dtype) if source.flags.c_contiguous and source.size else None


def check_elements(shadow: Shadow, source: Any, dtype: Any, layout: Any) -> tuple[str, Layout]:
    """Demand that a tensor lies within its array; its dtype and layout."""
    if isinstance(source, Shadow):
        if source.key != _STORAGE_KEY:
            raise shadow.fail("its elements are not an array")
        array = source.as_array(source.arg(0), "storage")
    else:
        array = shadow.as_array(source, "elements")
    name = _dtype_of(shadow, array, dtype, layout is not None)
    if layout is None:
        found = Layout(array.shape, contiguous_strides(array.shape))
    else:
        found = _checked_layout(shadow, array, name, layout)
    if _seeming(found.shape) * stored_dtype(name).itemsize > array.nbytes + _MAX_REPEATED:
        raise shadow.fail("it claims far more elements than it has")
    return name, found


def _dtype_of(shadow: Shadow, array: AnyArray, dtype: Any, laid_out: bool) -> str:
    if not array.flags.c_contiguous:
        raise shadow.fail("its elements are not in C order")
    if dtype is None:
        name = _NAMES.get(array.dtype)
        if name is None:
            raise shadow.fail(f"there are no tensors of dtype {array.dtype}")
        return name
    if not isinstance(dtype, str) or not (dtype in DTYPES or dtype in EXOTIC):
        raise shadow.fail("there are no tensors of this dtype")
    if dtype in DTYPES and not laid_out:
        raise shadow.fail("its dtype is stated twice")
    held = stored_dtype(dtype)
    as_bytes = laid_out and dtype != "bool" and array.dtype.str == "|u1" and array.ndim == 1
    if array.dtype != held and not as_bytes:
        raise shadow.fail("its elements are of another dtype")
    return dtype


def _checked_layout(shadow: Shadow, array: AnyArray, name: str, given: Any) -> Layout:
    if not isinstance(given, tuple) or len(given) != 3:
        raise shadow.fail("its layout is not shape, strides and offset")
    shape, strides, offset = given
    if not is_shape(shape) or not is_shape(strides) or len(shape) != len(strides):
        raise shadow.fail("its shape and strides do not fit each other")
    shadow.as_integer(offset, "offset", 0)
    layout = Layout(shape, strides, offset)
    if _reach(layout) * stored_dtype(name).itemsize > array.nbytes:
        raise shadow.fail("it reaches outside of its storage")
    return layout


def _reduce_storage(obj: Any) -> Reduced:
    return Reduced((obj.array,))


def _check_storage(shadow: Shadow) -> None:
    (array,) = shadow.args(1)
    found = shadow.as_array(array, "storage", kind="biufc")
    if not found.flags.c_contiguous or found.dtype.str not in DTYPES.values():
        raise shadow.fail("it is not an array of elements")


class BuiltStorage(NamedTuple):
    """A live storage, with the shape of the array that it came from."""

    storage: Any
    shape: tuple[int, ...]
    dtype: str


def storage_of(array: AnyArray) -> Any:
    """The array's memory as a storage of torch; nothing is copied."""
    import torch

    return torch.from_numpy(array.reshape(-1).view(np.uint8)).untyped_storage()


def _build_storage(cls: Any, args: Sequence[Any]) -> BuiltStorage:
    (array,) = args
    name = next(name for name, held in DTYPES.items() if held == array.dtype.str)
    return BuiltStorage(storage_of(array), array.shape, name)


STORAGE = Entry(
    key=_STORAGE_KEY,
    where=("holotype.types.torch.storage:SharedStorage",),
    kind="call",
    quiet=True,
    reduce=_reduce_storage,
    build=_build_storage,
    check=_check_storage,
    as_key="never",
)
"""A storage that several tensors look into."""
