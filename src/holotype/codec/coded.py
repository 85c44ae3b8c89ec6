"""What encoding gives: a small description, as JSON has it, and the frames that it describes.

The description says what was done, not what the array is: dtype and shape are the caller's, who
knows them from a record that is hashed. Rule: nothing in a description decides how much memory is
taken; it must agree with what the caller expects, or it is refused.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import accumulate
from typing import Any, Final, NamedTuple

from holotype.errors import FormatError

__all__ = ["VERSION", "Coded", "cut", "natural", "numbers", "opened"]

VERSION: Final = 1

_LAYERS = {
    "raw": {"order"},
    "planes": {"order", "chunk", "frames", "parent"},
    "trees": {"batches", "frames"},
    "columns": {"frames"},
}


class Coded(NamedTuple):
    """Compressed data. ``b"".join(frames)`` is what is stored; the header says where each ends."""

    header: dict[str, Any]
    frames: tuple[Any, ...]

    @property
    def size(self) -> int:
        """Bytes of all frames."""
        return sum(memoryview(frame).nbytes for frame in self.frames)

    @property
    def needs_parent(self) -> bool:
        """Whether decoding takes the parent's array."""
        return bool(self.header.get("parent", False))

    def body(self) -> bytes:
        """The frames as one piece."""
        return b"".join(self.frames)


def opened(header: Mapping[str, Any]) -> str:
    """The layer that ``header`` names, its keys being those of that layer and version."""
    if header.get("codec") != VERSION:
        raise FormatError(
            "compressed data are of a version that is not known; a newer Holotype may read them"
        )
    layer = header.get("layer")
    keys = _LAYERS.get(layer) if isinstance(layer, str) else None
    if keys is None:
        raise FormatError("compressed data name a layer that does not exist")
    if set(header) != keys | {"codec", "layer"}:
        raise FormatError(f"the description of compressed data is not one of layer {layer}")
    return str(layer)


def natural(value: object, most: int) -> int:
    """A whole number of a header, from 0 to ``most``."""
    if type(value) is not int or not 0 <= value <= most:
        raise FormatError("a number in the description of compressed data is out of bounds")
    return value


def numbers(value: object, count: int, most: int) -> list[int]:
    """``count`` whole numbers of a header."""
    if not isinstance(value, Sequence) or isinstance(value, str) or len(value) != count:
        raise FormatError("the description of compressed data has not as many numbers as it must")
    return [natural(number, most) for number in value]


def cut(body: memoryview, sizes: Sequence[int]) -> list[memoryview]:
    """The frames of ``body``, whose sizes must make up all of it."""
    if sum(sizes) != len(body):
        raise FormatError("compressed data are not as long as their description says")
    return [body[end - size : end] for size, end in zip(sizes, accumulate(sizes), strict=True)]
