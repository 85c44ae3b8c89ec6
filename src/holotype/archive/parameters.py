"""``parameters.safetensors``: where every array stands, and the head that says so (SPEC section 4).

The head follows from the arrays alone: names in order of falling alignment, then of name, without
gaps. A reader does not parse the head that it finds; it computes the one that must be there and
compares.
"""

from __future__ import annotations

import struct
from collections.abc import Iterable
from typing import NamedTuple

import msgspec

from holotype.digest import canonical_json
from holotype.errors import FormatError, LimitError
from holotype.graph.arrays import Tensor, alignment_of
from holotype.graph.dtypes import tensor_dtype
from holotype.graph.nodes import ArrayNode

__all__ = [
    "ALIGNMENT",
    "MAX_SHARED",
    "Parameters",
    "Stored",
    "plan_parameters",
    "stored_by_node",
    "stored_tensor",
]

MAX_SHARED = 1 << 10
"""Bytes of a tensor that several arrays may use; each of them gets a copy, so it must be small."""

_RESERVED = "__metadata__"  # safetensors means something else by it

ALIGNMENT = 64
"""Bytes; the array data begins at a multiple of it, in the member and in the file."""


class Stored(NamedTuple):
    """One tensor as the head describes it. ``size`` and ``alignment`` are in bytes."""

    name: str
    dtype: str
    shape: tuple[int, ...]
    size: int
    alignment: int
    digest: str


class Parameters(msgspec.Struct, frozen=True):
    """The plan of the member: its head, then the data of ``order`` without gaps."""

    head: bytes
    order: tuple[Stored, ...]
    offsets: tuple[int, ...]  # bytes, from the end of the head
    size: int  # bytes, head included


def stored_tensor(tensor: Tensor) -> Stored:
    """What the head says of a tensor on its way out; its digest is not known yet."""
    return Stored(tensor.name, tensor.dtype, tuple(tensor.shape), tensor.size, tensor.alignment, "")


def stored_by_node(node: ArrayNode) -> Stored:
    """What the head must say of an array, from the blueprint's description of it."""
    kind = tensor_dtype(node.dtype)
    if kind == "U8" and node.dtype.str != "|u1":
        shape: tuple[int, ...] = (node.size,)
    else:
        shape = node.shape if node.order == "C" else node.shape[::-1]
    return Stored(node.name, kind, shape, node.size, alignment_of(node.dtype), node.digest)


def plan_parameters(tensors: Iterable[Stored]) -> Parameters:
    """Lay out the member.

    The same tensor may come several times (several arrays of equal content); FormatError where two
    descriptions of one name differ.
    """
    unique: dict[str, Stored] = {}
    for tensor in tensors:
        known = unique.setdefault(tensor.name, tensor)
        if known is tensor:
            continue
        if known != tensor:
            raise FormatError(
                f"the blueprint describes the array {tensor.name!a} in two ways", clause="3.5"
            )
        if tensor.size > MAX_SHARED:
            raise LimitError(
                f"several arrays use the {tensor.size} bytes of {tensor.name!a}; "
                f"only {MAX_SHARED} may be used more than once",
                clause="3.5",
            )
    if _RESERVED in unique:
        raise FormatError(f"no array may have the name {_RESERVED}", clause="4.3")
    order = sorted(unique.values(), key=lambda tensor: (-tensor.alignment, tensor.name))
    entries = {}
    offsets = []
    position = 0
    for tensor in order:
        end = position + tensor.size
        entries[tensor.name] = {
            "data_offsets": [position, end],
            "dtype": tensor.dtype,
            "shape": tensor.shape,
        }
        offsets.append(position)
        position = end
    text = canonical_json(entries)
    text += b" " * (-(len(text) + 8) % ALIGNMENT)
    head = struct.pack("<Q", len(text)) + text
    return Parameters(head, tuple(order), tuple(offsets), len(head) + position)
