"""What ``torch.save`` wrote before it wrote ZIP files, and the storages that its pickles refer to.

The stream: five pickles (a magic number, the protocol, facts on the system, the object, the keys of
the storages), then each storage as a count and its raw elements. Still older files are TAR files.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Iterable

from holotype.errors import LegacyError
from holotype.legacy.machine import Log, Machine
from holotype.legacy.symbols import Global, Symbol

__all__ = ["MAGIC", "read_storages", "storage_sizes", "walk_tar_storages", "walk_tar_tensors"]

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
