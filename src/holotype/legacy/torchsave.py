"""What ``torch.save`` wrote before it wrote ZIP files, and the storages that its pickles refer to.

The stream: five pickles (a magic number, the protocol, facts on the system, the object, the keys of
the storages), then each storage as a count and its raw elements. Still older files are TAR files.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable
from typing import NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.errors import LegacyError
from holotype.legacy.machine import Log, Machine
from holotype.legacy.rules.taken import Foreign
from holotype.legacy.symbols import Global, Persistent, Symbol
from holotype.types.torch.dtypes import stored_dtype

__all__ = [
    "MAGIC",
    "Storage",
    "Storages",
    "read_storages",
    "storage_sizes",
    "walk_tar_storages",
    "walk_tar_tensors",
]

MAGIC = 0x1950A86A20F9469CFC6C
_HOMES = ("torch", "torch.cuda", "torch.storage")
_SIZES = {
    "BoolStorage": 1,
    "ByteStorage": 1,
    "CharStorage": 1,
    "QInt8Storage": 1,
    "QUInt8Storage": 1,
    "QUInt4x2Storage": 1,
    "QUInt2x4Storage": 1,
    "UntypedStorage": 1,
    "BFloat16Storage": 2,
    "HalfStorage": 2,
    "ShortStorage": 2,
    "FloatStorage": 4,
    "IntStorage": 4,
    "QInt32Storage": 4,
    "ComplexFloatStorage": 8,
    "DoubleStorage": 8,
    "LongStorage": 8,
    "ComplexDoubleStorage": 16,
}
_MAX_DIMENSIONS = 64
# torch's dtype of the elements; empty where the tensor says it.
_DTYPES = {
    "BFloat16Storage": "bfloat16",
    "BoolStorage": "bool",
    "ByteStorage": "uint8",
    "CharStorage": "int8",
    "ComplexDoubleStorage": "complex128",
    "ComplexFloatStorage": "complex64",
    "DoubleStorage": "float64",
    "FloatStorage": "float32",
    "HalfStorage": "float16",
    "IntStorage": "int32",
    "LongStorage": "int64",
    "ShortStorage": "int16",
    "UntypedStorage": "",
}

Run = Callable[[int], Machine]


def storage_sizes(log: Log) -> dict[str, int]:
    """The size in bytes of an element of each storage, by its key, as its references state it."""
    found: dict[str, int] = {}
    for reference in log.persistent:
        pid = reference.pid
        if type(pid) is tuple and len(pid) >= 5 and pid[0] == "storage" and type(pid[2]) is str:
            found.setdefault(pid[2], _size_of(pid[1]))
    return found


def _size_of(storage_type: Symbol) -> int:
    if type(storage_type) is Global and storage_type.module in _HOMES:
        size = _SIZES.get(storage_type.name)
        if size is not None:
            return size
    raise LegacyError("a storage of torch of a type that is not known")


def read_storages(
    machine: Machine, keys: Symbol, position: int, sizes: dict[str, int]
) -> tuple[dict[str, memoryview], int]:
    """The storages that follow the pickle of their keys, and where they end."""
    if type(keys) is not list:
        raise LegacyError("the keys of torch's storages are no list")
    storages: dict[str, memoryview] = {}
    for key in keys:
        if type(key) is not str or key not in sizes or key in storages:
            raise LegacyError("a storage of torch that nothing refers to", offset=position)
        storages[key], position = _storage(machine, position, sizes[key])
    return storages, position


def _storage(machine: Machine, position: int, size: int) -> tuple[memoryview, int]:
    (count,) = _unpack("<q", machine, position)
    start = position + 8
    end = start + count * size
    if count < 0 or end > machine.end:
        raise LegacyError("the file ends inside a storage of torch", offset=position)
    return machine.view[start:end], end


def _unpack(form: str, machine: Machine, position: int) -> tuple[int, ...]:
    size = struct.calcsize(form)
    if position + size > machine.end:
        raise LegacyError("the file ends inside a tensor of torch", offset=position)
    return struct.unpack(form, machine.data[position : position + size])


def walk_tar_storages(run: Run, start: int) -> tuple[dict[str, memoryview], int]:
    """The member ``storages`` of the TAR layout; ``run`` executes the pickle at a position."""
    machine = run(start)
    storages: dict[str, memoryview] = {}
    for _ in _counted(machine.value):
        machine = run(machine.position)
        given = machine.value
        if type(given) is not tuple or len(given) != 3:
            raise LegacyError("a storage in a TAR file of torch is not described")
        key, _, kind = given
        data, end = _storage(machine, machine.position, _size_of(kind))
        storages[str(key) if type(key) is int else "?"] = data
        machine.position = end
    machine = run(machine.position)  # views of storages
    return storages, machine.position


def walk_tar_tensors(run: Run, start: int) -> int:
    """The member ``tensors`` of the TAR layout: where it ends."""
    machine = run(start)
    for _ in _counted(machine.value):
        machine = run(machine.position)
        position = machine.position
        dimensions = _unpack("<i", machine, position)[0]
        if not 0 <= dimensions <= _MAX_DIMENSIONS:
            raise LegacyError("a tensor of torch of too many dimensions", offset=position)
        machine.position = position + 8 + 16 * dimensions + 8
        if machine.position > machine.end:
            raise LegacyError("the file ends inside a tensor of torch", offset=position)
    return machine.position


def _counted(count: Symbol) -> Iterable[int]:
    if type(count) is not int or not 0 <= count <= 1 << 24:
        raise LegacyError("a TAR file of torch does not say how much is in it")
    return range(count)


# -- the storages of a model -----------------------------------------------------------------------


class Storage(Foreign):
    """A storage of the file, for tensors to look into; by itself it is not part of a model."""

    __slots__ = ("big_endian", "data", "dtype", "key")

    def __init__(self, key: str, dtype: str, data: memoryview, *, big_endian: bool) -> None:
        super().__init__("a storage of torch", problem="stands by itself, without a tensor")
        self.key = key
        self.dtype = dtype
        self.data = data
        self.big_endian = big_endian

    def bytes_of(self, dtype: str) -> npt.NDArray[np.uint8]:
        """Its bytes, as a machine of today has them."""
        found = np.frombuffer(self.data, np.uint8)
        held = stored_dtype(dtype)
        if not self.big_endian or held.itemsize == 1 or not len(found):
            return found
        turned = found.view(held.newbyteorder(">")).astype(held)
        return turned.view(np.uint8)


class Storages(NamedTuple):
    """What a file of torch has beside its pickle: the storages by key, and their byte order."""

    data: dict[str, memoryview]
    big_endian: bool = False

    def find(self, reference: Persistent) -> Storage:
        """The storage that a persistent id means. Raises LegacyError for one that lies."""
        pid = reference.pid
        if type(pid) is not tuple or not 5 <= len(pid) <= 6 or pid[0] != "storage":
            raise LegacyError("a persistent id of torch that is not known")
        kind, key, _, count = pid[1:5]
        if len(pid) == 6 and pid[5] is not None:
            raise LegacyError("a storage of torch that is a view of another one")
        name = kind.name if type(kind) is Global and kind.module in _HOMES else ""
        dtype = _DTYPES.get(name)
        if dtype is None or type(key) is not str or type(count) is not int:
            raise LegacyError(f"a storage of torch of the type {name or '?':.40} is not kept")
        if key not in self.data:
            raise LegacyError(f"the storage {key[:40]!a} of torch is not in the file")
        data = self.data[key]
        size = stored_dtype(dtype).itemsize if dtype else 1
        if count * size != len(data):
            raise LegacyError(
                f"the storage {key[:40]!a} of torch has {len(data)} bytes, and states another size"
            )
        return Storage(key, dtype, data, big_endian=self.big_endian)
