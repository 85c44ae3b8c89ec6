"""A small archive, and the tools to damage it field by field.

The offsets of the fields are those of the SPEC's tables, written down here once more, so that
writer and reader cannot be wrong together unseen.
"""

from __future__ import annotations

import io
import struct
import zlib
from typing import Final

import pytest

from holotype.archive.container import ZIP64_AT, directory, local_header, plan, read_directory
from holotype.errors import FormatError

Parts = list[tuple[str, bytes]]

PARTS: Final[Parts] = [
    ("manifest.json", b'{"parts":[]}'),
    ("blueprint.json", b'{"format":1}'),
    ("parameters.safetensors", bytes(range(200))),
    ("source/one.py", b"one = 1\n"),
    ("source/two.py", b"two = 2\n"),
]

# Field → (offset, size in bytes): SPEC 2.6, 2.8, 2.9 and 2.10.
LOCAL: Final = {
    "signature": (0, 4),
    "version needed": (4, 2),
    "flags": (6, 2),
    "compression method": (8, 2),
    "time": (10, 2),
    "date": (12, 2),
    "CRC-32": (14, 4),
    "compressed size": (18, 4),
    "size": (22, 4),
    "name length": (26, 2),
    "extra length": (28, 2),
}
CENTRAL: Final = {
    "signature": (0, 4),
    "version made by": (4, 2),
    "version needed": (6, 2),
    "flags": (8, 2),
    "compression method": (10, 2),
    "time": (12, 2),
    "date": (14, 2),
    "CRC-32": (16, 4),
    "compressed size": (20, 4),
    "size": (24, 4),
    "name length": (28, 2),
    "extra length": (30, 2),
    "comment length": (32, 2),
    "disk": (34, 2),
    "internal attributes": (36, 2),
    "external attributes": (38, 4),
    "header offset": (42, 4),
}
END64: Final = {
    "signature": (0, 4),
    "record size": (4, 8),
    "version made by": (12, 2),
    "version needed": (14, 2),
    "disk": (16, 4),
    "directory disk": (20, 4),
    "members on disk": (24, 8),
    "members": (32, 8),
    "directory size": (40, 8),
    "directory offset": (48, 8),
}
LOCATOR: Final = {
    "signature": (0, 4),
    "disk": (4, 4),
    "record offset": (8, 8),
    "disks": (16, 4),
}
END: Final = {
    "signature": (0, 4),
    "disk": (4, 2),
    "directory disk": (6, 2),
    "members on disk": (8, 2),
    "members": (10, 2),
    "directory size": (12, 4),
    "directory offset": (16, 4),
    "comment length": (20, 2),
}


def build(parts: Parts = PARTS, *, zip64_at: int = ZIP64_AT) -> bytearray:
    """An archive, written the way a writer does: data first, then the headers into their places."""
    layout = plan([(name, len(data)) for name, data in parts], zip64_at=zip64_at)
    crcs = [zlib.crc32(data) for _, data in parts]
    file = io.BytesIO(bytes(layout.size))
    for slot, crc, (_, data) in zip(layout.slots, crcs, parts, strict=True):
        file.seek(slot.offset)
        file.write(data)
        file.seek(slot.header)
        file.write(local_header(slot, crc))
        assert file.tell() == slot.offset
    file.seek(layout.directory)
    file.write(directory(layout, crcs))
    assert file.tell() == layout.size
    return bytearray(file.getvalue())


def central_headers(archive: bytes | bytearray) -> list[int]:
    """Offsets of the central headers of an archive without Zip64."""
    position = int.from_bytes(archive[-6:-2], "little")
    offsets = []
    while archive[position : position + 4] == b"PK\1\2":
        offsets.append(position)
        position += 46 + sum(struct.unpack_from("<HHH", archive, position + 28))
    return offsets


def get(archive: bytearray, at: int, field: tuple[int, int]) -> int:
    return int.from_bytes(archive[at + field[0] : at + sum(field)], "little")


def put(archive: bytearray, at: int, field: tuple[int, int], value: int) -> None:
    archive[at + field[0] : at + sum(field)] = value.to_bytes(field[1], "little")


def splice(archive: bytearray, at: int, data: bytes) -> bytearray:
    """``data`` inserted at ``at``, with every stated offset moved, as a careful forger would do."""
    result = bytearray(archive)
    for header in central_headers(archive):
        offset = get(archive, header, CENTRAL["header offset"])
        if offset >= at:
            put(result, header, CENTRAL["header offset"], offset + len(data))
    start = get(archive, len(archive) - 22, END["directory offset"])
    if start >= at:
        put(result, len(result) - 22, END["directory offset"], start + len(data))
    result[at:at] = data
    return result


def refuse(archive: bytes | bytearray, clause: str, message: str, zip64_at: int = ZIP64_AT) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        read_directory(archive, zip64_at=zip64_at)
    assert caught.value.clause == clause


# Zip64 for nothing, everything, a large member and all behind it, the last member, the end records.
THRESHOLDS: Final = (ZIP64_AT, 0, 200, 443, 494)
