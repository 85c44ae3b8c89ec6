"""PyTorch's own small values: dtypes, devices, sizes, layouts and memory formats.

A tensor's elements are an array of a NumPy dtype. Where NumPy has none (bfloat16, the floats of
eight bits, complex numbers of two halves), they are stored as unsigned integers of the same bits,
and the blueprint says beside them which dtype is meant.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced

__all__ = ["DTYPES", "EXOTIC", "MAX_DIMENSIONS", "is_shape", "small_entries", "stored_dtype"]

# What stands in a blueprint for each dtype whose elements are arrays of NumPy.
DTYPES: dict[str, str] = {
    "bool": "|b1",
    "uint8": "|u1",
    "int8": "|i1",
    "uint16": "<u2",
    "int16": "<i2",
    "uint32": "<u4",
    "int32": "<i4",
    "uint64": "<u8",
    "int64": "<i8",
    "float16": "<f2",
    "float32": "<f4",
    "float64": "<f8",
    "complex64": "<c8",
    "complex128": "<c16",
}
# And for the others, with the array that holds their bits.
EXOTIC: dict[str, str] = {
    "bfloat16": "<u2",
    "complex32": "<u4",
    "float8_e4m3fn": "|u1",
    "float8_e4m3fnuz": "|u1",
    "float8_e5m2": "|u1",
    "float8_e5m2fnuz": "|u1",
    "float8_e8m0fnu": "|u1",
}
_OTHERS = "qint32 qint8 quint2x4 quint4x2 quint8"  # of which there are no tensors here

_DEVICES = (
    "cpu cuda fpga hip hpu ideep ipu lazy maia meta mkldnn mps mtia opencl opengl privateuseone ve "
    "vulkan xla xpu"
)
_LAYOUTS = "jagged sparse_bsc sparse_bsr sparse_coo sparse_csc sparse_csr strided _mkldnn"
_FORMATS = "channels_last channels_last_3d contiguous_format preserve_format"
_ALL = " ".join([*DTYPES, *EXOTIC, _OTHERS])
_MAX_SIZE = 1 << 62
MAX_DIMENSIONS = 64
"""As of NumPy; more occur in no model."""


def stored_dtype(name: str) -> np.dtype[Any]:
    """The dtype of the array that holds the elements of a tensor."""
    return np.dtype(DTYPES.get(name) or EXOTIC[name])


def is_shape(value: Any) -> bool:
    """Whether a value is a tuple of sizes, of as many dimensions as an array may have."""
    return (
        isinstance(value, tuple)
        and len(value) <= MAX_DIMENSIONS
        and all(type(size) is int and 0 <= size < _MAX_SIZE for size in value)
    )


def _attribute_of(torch: Any, name: str) -> Any:
    found = getattr(torch, name, None)
    if found is None:
        raise UnsupportedError("", f"this version of torch has no {name}.")
    return found


def _reduce_named(obj: Any) -> Reduced:
    return Reduced((str(obj).removeprefix("torch."),))


def _build_named(cls: Any, args: Sequence[Any]) -> Any:
    import torch

    return _attribute_of(torch, args[0])


def _check_named(listed: str) -> Callable[[Shadow], None]:
    names = frozenset(listed.split())

    def check(shadow: Shadow) -> None:
        (name,) = shadow.args(1)
        if not isinstance(name, str) or name not in names:
            raise shadow.fail("there is none of this name")

    return check


def _reduce_device(obj: Any) -> Reduced:
    return Reduced((obj.type, obj.index))


def _check_device(shadow: Shadow) -> None:
    kind, index = shadow.args(2)
    if not isinstance(kind, str) or kind not in _DEVICES.split():
        raise shadow.fail("there is no device of this kind")
    if index is not None:
        shadow.as_integer(index, "index", 0, 127)


def _build_device(cls: Any, args: Sequence[Any]) -> Any:
    kind, index = args
    return cls(kind) if index is None else cls(kind, index)


def _reduce_size(obj: Any) -> Reduced:
    return Reduced((tuple(map(int, obj)),))


def _check_size(shadow: Shadow) -> None:
    (sizes,) = shadow.args(1)
    if not isinstance(sizes, tuple) or not all(
        type(size) is int and abs(size) < _MAX_SIZE for size in sizes
    ):
        raise shadow.fail("it is not a tuple of sizes")


def small_entries() -> Iterable[Entry]:
    """The entries of these values."""
    for key, names in (
        ("torch.dtype", _ALL),
        ("torch.layout", _LAYOUTS),
        ("torch.memory_format", _FORMATS),
    ):
        yield Entry(
            key=key,
            where=(key.replace(".", ":"),),
            kind="call",
            reduce=_reduce_named,
            build=_build_named,
            check=_check_named(names),
            as_key=_key_of(key),
        )
    yield Entry(
        key="torch.device",
        where=("torch:device",),
        kind="call",
        reduce=_reduce_device,
        build=_build_device,
        check=_check_device,
        as_key=_key_of("torch.device"),
    )
    yield Entry(
        key="torch.Size",
        where=("torch:Size",),
        kind="call",
        reduce=_reduce_size,
        check=_check_size,
        as_key=lambda sizes: sizes,
    )


def _key_of(key: str) -> Callable[..., Any]:
    return lambda *args: (key, *args)
