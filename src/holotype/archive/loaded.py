"""The arrays of an archive on their way in: each is read and hashed before anyone looks at it.

A worker reads a piece of the file and hashes it while it is in its cache. Validators look at the
first arrays while the last ones are still being read: asking for an array waits for its digest.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.archive.parameters import Parameters
from holotype.archive.pipeline import Jobs, Piece, Tally, batches, pieces_of
from holotype.errors import DigestError, FormatError
from holotype.graph.nodes import ArrayNode, Blueprint

__all__ = ["Buffer", "LoadedArrays", "allocate"]

Buffer = npt.NDArray[np.uint8]
Read = Callable[[Sequence[Buffer], int], None]
"""Fills buffers, one after the other, with the array data that begins at an offset in bytes."""

_SMALL = 1 << 16  # bytes; smaller arrays are copied out of a common buffer


class LoadedArrays:
    """The arrays of one archive (an ArraySource): each handed out once for each of its nodes.

    Inside the ``with`` block they may be looked at. When it is left, every byte was read and has
    the digest that it must have, or DigestError is raised, whatever else went wrong inside. (An
    interruption is no fault of the file: it ends the work, and goes on.) ``read`` is None where the
    data is in the buffers already; ``verify=False`` leaves out the digests.
    """

    def __init__(
        self,
        blueprint: Blueprint,
        layout: Parameters,
        buffers: list[Buffer],
        *,
        read: Read | None,
        verify: bool,
    ) -> None:
        needed = read is not None or verify
        self._arrival = _Arrival(layout, buffers, read, verify) if needed else None
        self._buffers = {s.name: b for s, b in zip(layout.order, buffers, strict=True)}
        self._places = {stored.name: place for place, stored in enumerate(layout.order)}
        self._uses = Counter(node.name for node in blueprint.arrays)
        self._nodes = {node.name: node for node in blueprint.arrays}

    def __enter__(self) -> LoadedArrays:
        return self

    def __exit__(self, kind: type[BaseException] | None, *_: object) -> None:
        if self._arrival is not None:
            arrival, self._arrival = self._arrival, None  # it holds on to the memory
            with arrival:
                if kind is None or issubclass(kind, Exception):
                    arrival.finish()

    def check_booleans(self) -> None:
        """Demand that every boolean is 0 or 1: NumPy counts and selects by others wrongly."""
        for node in self._nodes.values():
            if _has_bool(node.dtype) and not _all_bool(self.peek(node)):
                raise FormatError(
                    f"a boolean in the array {node.name!a} is neither 0 nor 1", clause="4.2"
                )

    def peek(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, to look at only."""
        if self._arrival is not None:
            self._arrival.wait(self._places[node.name])
        array = _shaped(self._buffers[node.name], node)
        array.flags.writeable = False
        return array

    def take(self, node: ArrayNode) -> np.ndarray[Any, Any]:
        """The array, writable and the caller's own; only after the ``with`` block."""
        name = node.name
        self._uses[name] -= 1
        last = self._uses[name] == 0
        buffer = self._buffers.pop(name) if last else self._buffers[name]
        # A large array that no other node wants is handed over. What is copied is bytes: a copy of
        # structured items would leave their padding as the heap has it.
        return _shaped(buffer if last and node.size > _SMALL else buffer.copy(), node)


class _Arrival:
    """Reading and hashing, begun at once; tensors arrive in the order of the file."""

    def __init__(
        self, layout: Parameters, buffers: Sequence[Buffer], read: Read | None, verify: bool
    ) -> None:
        self._stored = layout.order
        self._sizes = [stored.size for stored in layout.order]
        self._tally = Tally(self._sizes) if verify else None
        self._arrived = 0

        def work(piece: Piece) -> tuple[Piece, list[bytes]]:
            digests = []
            offset = piece.offset
            for spans in batches(piece.spans):
                views = [buffers[span.tensor][span.start : span.stop] for span in spans]
                if read is not None:
                    read(views, offset)
                    offset += sum(view.nbytes for view in views)
                if verify:
                    digests += [hashlib.sha256(view.data).digest() for view in views]
            return piece, digests

        self._jobs = Jobs(work, pieces_of(self._sizes), sum(self._sizes))
        self._results = self._jobs.__enter__()

    def __enter__(self) -> _Arrival:
        return self

    def __exit__(self, *fault: Any) -> None:
        self._jobs.__exit__(*fault)

    def finish(self) -> None:
        """Wait for all; DigestError for the first array that has another digest."""
        for piece, digests in self._results:
            self._add(piece, digests)

    def wait(self, place: int) -> None:
        """Wait for the tensor of this place; DigestError for the first that has another digest."""
        while self._arrived <= place:
            self._add(*next(self._results))

    def _add(self, piece: Piece, digests: Sequence[bytes]) -> None:
        if self._tally is None:
            self._arrived += sum(span.stop == self._sizes[span.tensor] for span in piece.spans)
            return
        self._tally.add(piece.spans, digests)
        digests_so_far = self._tally.digests
        for place in range(self._arrived, len(digests_so_far)):
            if digests_so_far[place] != self._stored[place].digest:
                raise DigestError(
                    f"the array {self._stored[place].name} is not what was saved: its bytes have "
                    "another SHA-256. The file is damaged or was changed.",
                    clause="4.5",
                )
        self._arrived = len(digests_so_far)


def _shaped(buffer: np.ndarray[Any, Any], node: ArrayNode) -> np.ndarray[Any, Any]:
    if not node.size:  # np.zeros would make an S1 of an S0
        return np.ndarray(node.shape, node.dtype, order=node.order)
    return buffer.view(node.dtype).reshape(node.shape, order=node.order)


def _has_bool(dtype: np.dtype[Any]) -> bool:
    if dtype.subdtype is not None:
        return _has_bool(dtype.subdtype[0])
    if dtype.fields is None:
        return dtype.kind == "b"
    return any(_has_bool(field[0]) for field in dtype.fields.values())


def _all_bool(array: np.ndarray[Any, Any]) -> bool:
    if array.dtype.fields is None:
        return array.dtype.kind != "b" or not array.size or int(array.view(np.uint8).max()) <= 1
    return all(_all_bool(array[name]) for name in array.dtype.fields)


def allocate(sizes: Sequence[int]) -> list[Buffer]:
    """Memory for each tensor: large ones alone, so that it is freed with its array."""
    small = np.empty(sum(size for size in sizes if size <= _SMALL), np.uint8)
    buffers = []
    position = 0
    for size in sizes:
        if size > _SMALL:
            buffers.append(np.empty(size, np.uint8))
        else:
            buffers.append(small[position : position + size])
            position += size
    return buffers
