"""The arrays of a model on their way out: named, each stored once, never copied whole.

An array is stored as its own memory where that is contiguous. Two rules keep its bytes the same on
every machine: what is not contiguous is brought into C order, and padding between the fields of a
structured dtype, where the heap leaves anything at all, is written as zero.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Sequence
from itertools import accumulate
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from holotype.digest import pending
from holotype.graph.dtypes import dtype_node, padding_of, tensor_dtype

__all__ = ["ArrayCollector", "Tensor"]

_SMALL = 1 << 10  # bytes; up to here, arrays of equal content are stored once
_NAME = re.compile(r"[A-Za-z0-9_\-.\[\]]{1,160}")

AnyArray = npt.NDArray[Any]


class Tensor(msgspec.Struct, eq=False):
    """One entry of ``parameters.safetensors`` and the blueprint nodes that speak of it.

    ``parts`` are C- or F-contiguous arrays whose bytes follow each other. ``shape`` is what the
    safetensors header says: of an F-ordered array the reverse, of plain bytes their number.
    """

    name: str
    dtype: str
    shape: list[int]
    size: int  # bytes
    alignment: int  # bytes
    parts: Sequence[AnyArray]
    padding: tuple[slice, ...]
    nodes: list[dict[str, Any]] = msgspec.field(default_factory=list)
    _ends: list[int] = msgspec.field(default_factory=list)  # of the parts, where there are many

    def chunk(self, start: int, stop: int) -> Any:
        """The bytes from ``start`` to ``stop`` as one buffer, without copying where possible."""
        if len(self.parts) == 1:
            return self._piece(self.parts[0], start, stop)
        if not self._ends:
            self._ends.extend(accumulate(part.nbytes for part in self.parts))
        pieces = []
        index = bisect_right(self._ends, start)
        while start < stop:
            part, end = self.parts[index], self._ends[index]
            begin = end - part.nbytes
            pieces.append(self._piece(part, start - begin, min(stop, end) - begin))
            start = max(start, end)
            index += 1
        return b"".join(pieces)

    def _piece(self, part: AnyArray, start: int, stop: int) -> Any:
        return self._zeroed(part, start, stop) if self.padding else _raw(part)[start:stop]

    def _zeroed(self, part: AnyArray, start: int, stop: int) -> Any:
        item = part.dtype.itemsize
        head = start // item * item
        copy = np.array(_raw(part)[head : -(-stop // item) * item])
        for unused in self.padding:
            _clear(copy, item, unused)
        return copy[start - head : stop - head]

    def seal(self, digest: str) -> None:
        """Put the digest into every node that refers to this tensor."""
        for node in self.nodes:
            node["digest"] = digest


def _clear(copy: npt.NDArray[np.uint8], item: int, unused: slice) -> None:
    """Make some bytes of every item zero."""
    word = unused.start // 8
    if item % 8 or (unused.stop - 1) // 8 != word:
        copy.reshape(-1, item)[:, unused] = 0
        return
    kept = np.full(8, 0xFF, np.uint8)  # one operation on words, not several on bytes
    kept[unused.start - 8 * word : unused.stop - 8 * word] = 0
    copy.view(np.uint64).reshape(-1, item // 8)[:, word] &= kept.view(np.uint64)[0]


def _raw(array: AnyArray) -> npt.NDArray[np.uint8]:
    flat = array.reshape(-1, order="A") if array.ndim != 1 else array
    return flat.view(np.uint8) if flat.nbytes else np.empty(0, np.uint8)


class ArrayCollector:
    """Gathers the arrays of one model and gives each its node in the blueprint."""

    def __init__(self) -> None:
        self.tensors: list[Tensor] = []
        self._names: set[str] = set()
        self._repeats: dict[str, int] = {}
        self._stored: dict[Any, Tensor] = {}

    def add(
        self,
        array: AnyArray,
        trail: Sequence[str],
        path: str = "",
        node: dict[str, Any] | None = None,
    ) -> dict[str, Any]:
        """The blueprint node of ``array``, which must not change until it is written.

        It is filled into ``node`` where one is given.
        """
        if type(array) is not np.ndarray:
            array = array.view(np.ndarray)
        flags = array.flags
        if flags.c_contiguous:
            order = "C"
        elif flags.f_contiguous:
            order = "F"
        else:
            array, order = np.ascontiguousarray(array), "C"
        dtype = array.dtype
        described = dtype_node(dtype, path or ".".join(trail))
        # By content alone: which arrays share memory may not show in the fingerprint.
        tensor = key = None
        if array.nbytes <= _SMALL and dtype.fields is None:
            key = (dtype.str, order, array.shape, array.tobytes("A"))
            tensor = self._stored.get(key)
        if tensor is None:
            tensor = self._tensor([array], order, trail)
            if key is not None:
                self._stored[key] = tensor
        return _describe(tensor, described, order, list(array.shape), {} if node is None else node)

    def add_joined(self, arrays: Sequence[AnyArray], trail: Sequence[str]) -> dict[str, Any]:
        """The node of one flat array that holds C-contiguous arrays of one dtype, in order."""
        described = dtype_node(arrays[0].dtype, ".".join(trail))
        tensor = self._tensor(arrays, "C", trail)
        return _describe(tensor, described, "C", [sum(array.size for array in arrays)], {})

    def _tensor(self, parts: Sequence[AnyArray], order: str, trail: Any) -> Tensor:
        first = parts[0]
        kind = tensor_dtype(first.dtype)
        size = first.nbytes if len(parts) == 1 else sum(part.nbytes for part in parts)
        if kind == "U8" and first.dtype.str != "|u1":
            shape = [size]
        elif len(parts) > 1:
            shape = [sum(part.size for part in parts)]
        else:
            shape = list(first.shape if order == "C" else first.shape[::-1])
        padding = padding_of(first.dtype) if first.dtype.fields is not None else ()
        tensor = Tensor(
            self._name(trail), kind, shape, size, alignment_of(first.dtype), parts, padding
        )
        self.tensors.append(tensor)
        return tensor

    def _name(self, trail: Sequence[str]) -> str:
        name = "".join(part if part[:1] == "[" else f".{part}" for part in trail if part)
        name = name.removeprefix(".") or "root"
        if not _NAME.fullmatch(name) or name == "__metadata__":
            name = "array"
        base = name
        while name in self._names:
            count = self._repeats[base] = self._repeats.get(base, 1) + 1
            name = f"{base}-{count}"
        self._names.add(name)
        return name


def _describe(
    tensor: Tensor, dtype: Any, order: str, shape: list[int], node: dict[str, Any]
) -> dict[str, Any]:
    node["array"] = tensor.name
    node["digest"] = pending(tensor.size)
    node["dtype"] = dtype
    node["order"] = order
    node["shape"] = shape
    tensor.nodes.append(node)
    return node


def alignment_of(dtype: np.dtype[Any]) -> int:
    """The power of two, at most 16, that every address and size of this dtype is a multiple of."""
    return min(dtype.itemsize & -dtype.itemsize, 16) or 1
