"""The container of an archive: a strict profile of ZIP (SPEC section 2).

The rule: every byte outside the members' data follows from the list of (name, size, CRC-32), so
that an archive has one spelling. ``plan`` computes the layout, ``local_header`` and ``directory``
render it; ``read_directory`` takes the list from a file, plans it again and demands the bytes that
the writer would have written. What the writer cannot write is thereby refused: holes, overlaps,
data before or after, headers that disagree, encryption, compression, comments, foreign fields.

Pure functions on bytes: nothing here opens a file. All offsets and sizes are in bytes.
"""

from __future__ import annotations

import re
import struct
from collections.abc import Iterator, Mapping, Sequence
from mmap import mmap
from types import MappingProxyType
from typing import Final, NamedTuple

import msgspec

from holotype.errors import FormatError

__all__ = [
    "ALIGN",
    "MAX_MEMBERS",
    "MAX_NAME",
    "REQUIRED",
    "ZIP64_AT",
    "Member",
    "Plan",
    "Slot",
    "directory",
    "local_header",
    "plan",
    "read_directory",
]

REQUIRED: Final = ("manifest.json", "blueprint.json", "parameters.safetensors")
"""The first members of every archive, in this order (SPEC 2.3)."""

MAX_MEMBERS: Final = 10_000
MAX_NAME: Final = 255

ALIGN: Final[Mapping[str, int]] = MappingProxyType({".safetensors": 64})
"""Ending of a member's name → alignment of its data, in bytes (SPEC 2.7)."""

ZIP64_AT: Final = 0xFFFF_FFFF
"""A size or an offset from here on is stated by Zip64 (SPEC 2.9)."""

_MARK: Final = 0xFFFF_FFFF  # in a 32-bit field: "the Zip64 record or extra field says it"
_MAX_FILE: Final = 2**63 - 1

_VERSION: Final = 20
_VERSION_ZIP64: Final = 45
_UNIX: Final = 3 << 8
_DATE: Final = 1 << 5 | 1  # 1980-01-01, the first day that ZIP can state
_REGULAR_FILE_0644: Final = 0o100644 << 16

_ZIP64: Final = 0x0001
_ALIGNMENT: Final = 0xD935

# A letter, digit or "_" begins the name and follows every "/" and ".": no "..", no hidden file, no
# option "-x", no folder, no drive, no absolute path. A character matches in one way: linear time.
_NAME: Final = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_-]*(?:[./][A-Za-z0-9_][A-Za-z0-9_-]*)*")


class Member(msgspec.Struct, frozen=True):
    """A member of a file that was read: its data is ``file[offset : offset + size]``."""

    name: str
    offset: int
    size: int
    crc: int


class Slot(msgspec.Struct, frozen=True):
    """Where one member will stand: its local header at ``header``, its data at ``offset``."""

    name: str
    size: int
    header: int
    offset: int
    extra: bytes  # of the local header
    large: bool  # its size needs Zip64
    far: bool  # its header's offset needs Zip64


class Plan(msgspec.Struct, frozen=True):
    """Where everything will stand: first the members, then the directory, then the end records."""

    slots: tuple[Slot, ...]
    directory: int  # offset of the first central header
    directory_size: int  # of all central headers
    zip64: bool  # the directory's offset needs Zip64
    size: int  # of the whole file


class _Field(NamedTuple):
    label: str
    code: str  # of struct
    clause: str
    why: str = ""


class _Record:
    """One of the fixed layouts of ZIP, as the SPEC's table gives it; little-endian, unpadded."""

    def __init__(self, title: str, clause: str, *fields: _Field) -> None:
        self.title = title
        self.clause = clause
        self.fields = fields
        self._layout = struct.Struct("<" + "".join(field.code for field in fields))
        self.size = self._layout.size

    def pack(self, *values: int) -> bytes:
        return self._layout.pack(*values)

    def unpack(self, data: bytes, offset: int = 0) -> dict[str, int]:
        values = self._layout.unpack_from(data, offset)
        return {field.label: value for field, value in zip(self.fields, values, strict=True)}

    def require(self, found: bytes, expected: bytes, subject: str) -> None:
        """Refuse ``found`` unless it is ``expected``; the message names the first wrong field.

        A name and extra fields may follow the fixed fields. ``found`` may be cut short.
        """
        if found == expected:
            return
        if len(found) < self.size:
            raise FormatError(f"{subject}: the {self.title} is missing", clause=self.clause)
        got, must = self.unpack(found), self.unpack(expected)
        for label, _, clause, why in self.fields:
            if got[label] != must[label]:
                problem = f"{label} is {got[label]:#x}, must be {must[label]:#x}"
                raise FormatError(
                    f"{subject}: {self.title}: {problem}" + (f" ({why})" if why else ""),
                    clause=clause,
                )
        raise FormatError(
            f"{subject}: {self.title}: the name or the extra field is not what the format defines",
            clause=self.clause,
        )


# SPEC 2.6 and 2.8: the fields that a member's two headers share.
_SHARED: Final = (
    _Field("version needed", "H", "2.5"),
    _Field("flags", "H", "2.5", "no encryption, no data descriptor"),
    _Field("compression method", "H", "2.5", "members are stored"),
    _Field("time", "H", "2.5", "every member is dated 1980-01-01 00:00:00"),
    _Field("date", "H", "2.5", "every member is dated 1980-01-01 00:00:00"),
    _Field("CRC-32", "I", "2.12", "both headers state the same"),
    _Field("compressed size", "I", "2.5", "members are stored, so both sizes are equal"),
    _Field("size", "I", "2.9", "both headers state the same, by Zip64 only where it is needed"),
    _Field("name length", "H", "2.4", "both headers state the same name"),
    _Field("extra length", "H", "2.7", "no extra field but alignment and Zip64 where needed"),
)
_LOCAL: Final = _Record("local header", "2.6", _Field("signature", "I", "2.6"), *_SHARED)
_CENTRAL: Final = _Record(
    "central header",
    "2.8",
    _Field("signature", "I", "2.8"),
    _Field("version made by", "H", "2.5"),
    *_SHARED,
    _Field("comment length", "H", "2.8", "no comment"),
    _Field("disk", "H", "2.8", "one file, not a set of disks"),
    _Field("internal attributes", "H", "2.8"),
    _Field("external attributes", "I", "2.8", "a regular file, mode 0644"),
    _Field("header offset", "I", "2.1", "each member begins where the one before it ends"),
)
_END64: Final = _Record(
    "Zip64 end record",
    "2.9",
    _Field("signature", "I", "2.9"),
    _Field("record size", "Q", "2.9", "no extensible data"),
    _Field("version made by", "H", "2.9"),
    _Field("version needed", "H", "2.9"),
    _Field("disk", "I", "2.9", "one file, not a set of disks"),
    _Field("directory disk", "I", "2.9", "one file, not a set of disks"),
    _Field("members on disk", "Q", "2.9"),
    _Field("members", "Q", "2.9"),
    _Field("directory size", "Q", "2.9"),
    _Field("directory offset", "Q", "2.1", "the directory begins where the last member ends"),
)
_LOCATOR: Final = _Record(
    "Zip64 locator",
    "2.9",
    _Field("signature", "I", "2.9"),
    _Field("disk", "I", "2.9", "one file, not a set of disks"),
    _Field("record offset", "Q", "2.9", "the Zip64 end record stands right before its locator"),
    _Field("disks", "I", "2.9", "one file, not a set of disks"),
)
_END: Final = _Record(
    "end record",
    "2.10",
    _Field("signature", "I", "2.10"),
    _Field("disk", "H", "2.10", "one file, not a set of disks"),
    _Field("directory disk", "H", "2.10", "one file, not a set of disks"),
    _Field("members on disk", "H", "2.10"),
    _Field("members", "H", "2.10"),
    _Field("directory size", "I", "2.10"),
    _Field("directory offset", "I", "2.1", "the directory begins where the last member ends"),
    _Field("comment length", "H", "2.10", "no comment"),
)
_LOCAL_SIGNATURE: Final = 0x04034B50
_CENTRAL_SIGNATURE: Final = 0x02014B50
_END64_SIGNATURE: Final = 0x06064B50
_LOCATOR_SIGNATURE: Final = 0x07064B50
_END_SIGNATURE: Final = 0x06054B50

_MAX_CENTRAL_EXTRA: Final = 4 + 3 * 8


# ---------------------------------------------------------------------------------------- writing


def plan(
    parts: Sequence[tuple[str, int]],
    *,
    align: Mapping[str, int] = ALIGN,
    zip64_at: int = ZIP64_AT,
) -> Plan:
    """Lay out an archive of these (name, size) parts before any content is known.

    ``align`` gives, by the ending of a name, the number of which the data's offset is a multiple: a
    power of two up to 32768. An archive uses the defaults; tests lower ``zip64_at``.

    Raises FormatError if the names, their order or their number break the profile, or the file
    would be too large.
    """
    _check_names([name for name, _ in parts])
    slots = []
    position = 0
    for name, size in parts:
        if not 0 <= size <= _MAX_FILE - position:
            raise FormatError(f"{name}: a size of {size} bytes is not possible", clause="2.9")
        large, far = size >= zip64_at, position >= zip64_at
        zip64 = _zip64_extra(size, size) if large else b""
        data = position + _LOCAL.size + len(name) + len(zip64)
        alignment = _alignment_extra(
            data, next((to for ending, to in align.items() if name.endswith(ending)), 1)
        )
        data += len(alignment)
        slots.append(Slot(name, size, position, data, zip64 + alignment, large, far))
        position = data + size
    headers = sum(_CENTRAL.size + len(slot.name) + len(_central_extra(slot)) for slot in slots)
    zip64_end = position >= zip64_at
    ends = (_END64.size + _LOCATOR.size) * zip64_end + _END.size
    return Plan(tuple(slots), position, headers, zip64_end, position + headers + ends)


def local_header(slot: Slot, crc: int) -> bytes:
    """What stands from ``slot.header`` to ``slot.offset`` (SPEC 2.6)."""
    shared = _shared(slot, crc, slot.extra)
    return _LOCAL.pack(_LOCAL_SIGNATURE, *shared) + slot.name.encode() + slot.extra


def directory(layout: Plan, crcs: Sequence[int]) -> bytes:
    """What stands from ``layout.directory`` to the end: central headers and end records.

    ``crcs`` are the CRC-32 of the members' data, in order.
    """
    headers = [_central_header(slot, crc) for slot, crc in zip(layout.slots, crcs, strict=True)]
    ends = [record for _, record in _end_records(layout)]
    return b"".join(headers + ends)


def _check_names(names: Sequence[str]) -> None:
    if len(names) > MAX_MEMBERS:
        raise FormatError(f"{len(names)} members, at most {MAX_MEMBERS} may be", clause="2.3")
    for index, required in enumerate(REQUIRED):
        if index >= len(names) or names[index] != required:
            found = ascii(names[index]) if index < len(names) else "nothing"
            raise FormatError(f"member {index} is {found}, must be '{required}'", clause="2.3")
    files: set[str] = set()
    folders: set[str] = set()
    for name in names:
        if len(name) > MAX_NAME or not _NAME.fullmatch(name):
            raise FormatError(f"{name[:MAX_NAME]!a} is not a permitted name", clause="2.4")
        # File systems that ignore case must be able to hold all members side by side.
        folded = name.lower()
        if folded in files:
            raise FormatError(f"{name}: there are two members of this name", clause="2.4")
        files.add(folded)
        folders.update(folded[:at] for at, letter in enumerate(folded) if letter == "/")
    for name in sorted(files & folders):
        raise FormatError(f"{name}: the name of a member and of a folder", clause="2.4")


def _zip64_extra(*values: int) -> bytes:
    return struct.pack(f"<HH{len(values)}Q", _ZIP64, 8 * len(values), *values)


def _alignment_extra(position: int, alignment: int) -> bytes:
    """The field that, written at ``position``, ends at a multiple of ``alignment`` (SPEC 2.7)."""
    if alignment == 1:
        return b""
    padding = -(position + 6) % alignment
    return struct.pack("<HHH", _ALIGNMENT, 2 + padding, alignment) + bytes(padding)


def _central_extra(slot: Slot) -> bytes:
    values = (slot.size, slot.size) * slot.large + (slot.header,) * slot.far
    return _zip64_extra(*values) if values else b""


def _shared(slot: Slot, crc: int, extra: bytes) -> tuple[int, ...]:
    version = _VERSION_ZIP64 if slot.large or slot.far else _VERSION
    size = _MARK if slot.large else slot.size
    return (version, 0, 0, 0, _DATE, crc, size, size, len(slot.name), len(extra))


def _central_header(slot: Slot, crc: int) -> bytes:
    extra = _central_extra(slot)
    shared = _shared(slot, crc, extra)
    offset = _MARK if slot.far else slot.header
    return (
        _CENTRAL.pack(
            _CENTRAL_SIGNATURE, _UNIX | shared[0], *shared, 0, 0, 0, _REGULAR_FILE_0644, offset
        )
        + slot.name.encode()
        + extra
    )


def _end_records(layout: Plan) -> Iterator[tuple[_Record, bytes]]:
    # The limits of 2.3 and 2.4 keep the number of members and the size of the directory small, so
    # the offset alone can need Zip64; the other fields always state the true values (SPEC 2.9).
    count, offset, size = len(layout.slots), layout.directory, layout.directory_size
    if layout.zip64:
        version = _VERSION_ZIP64
        yield (
            _END64,
            _END64.pack(
                _END64_SIGNATURE,
                _END64.size - 12,  # APPNOTE 4.3.14.1: without the signature and this field
                _UNIX | version,
                version,
                *(0, 0, count, count, size, offset),
            ),
        )
        yield _LOCATOR, _LOCATOR.pack(_LOCATOR_SIGNATURE, 0, offset + size, 1)
        offset = _MARK
    yield _END, _END.pack(_END_SIGNATURE, 0, 0, count, count, size, offset, 0)


# ---------------------------------------------------------------------------------------- reading


def read_directory(
    data: bytes | bytearray | memoryview | mmap,
    *,
    align: Mapping[str, int] = ALIGN,
    zip64_at: int = ZIP64_AT,
) -> tuple[Member, ...]:
    """The members of a whole file, in order; their data is not read and their CRC-32 not checked.

    ``data`` is a buffer of single bytes; no reference to it is kept. The steps are those of SPEC
    2.13. Raises FormatError, and nothing else, if the file breaks the profile.
    """
    with memoryview(data) as view:
        # 1. The end record, at the one place where it may stand, says where the directory is.
        start, end, count = _find_directory(view)
        # 2. Its entries state names, sizes and sums. They are copied once: what is checked is used.
        tail = bytes(view[start:])
        listed = list(_entries(tail, end - start, count))
        # 3. The writer's layout of these names and sizes.
        layout = plan([(name, size) for name, size, _ in listed], align=align, zip64_at=zip64_at)
        crcs = [crc for _, _, crc in listed]
        # 4. Directory and end records are what the writer writes, which also places the directory
        #    right after the last member and the end of the last record at the end of the file.
        _require_tail(tail, layout, crcs)
        # 5. So is every local header; by step 4 they all lie inside the file.
        for slot, crc in zip(layout.slots, crcs, strict=True):
            found = bytes(view[slot.header : slot.offset])
            _LOCAL.require(found, local_header(slot, crc), slot.name)
    return tuple(
        Member(slot.name, slot.offset, slot.size, crc)
        for slot, crc in zip(layout.slots, crcs, strict=True)
    )


def _find_directory(view: memoryview) -> tuple[int, int, int]:
    """Start and end of the central headers and their number, as the end records state them.

    There is no search for the end record: it has no comment, so it is the last 22 bytes or the file
    is refused. A reader that searches backwards looks there first and finds the same record, and
    no place behind it has room for another (SPEC 2.11).
    """
    if len(view) < _END.size:
        raise FormatError(f"{len(view)} bytes are too few for an archive", clause="2.1")
    if bytes(view[:4]) != _LOCAL_SIGNATURE.to_bytes(4, "little"):
        raise FormatError(
            "not a Holotype archive: it does not begin with a member's local header", clause="2.1"
        )
    end = len(view) - _END.size
    stated = _END.unpack(bytes(view[end:]))
    if stated["signature"] != _END_SIGNATURE:
        raise FormatError(
            "the last 22 bytes are not the end record: the file was cut short, "
            "or something was appended to it",
            clause="2.11",
        )
    if stated["directory offset"] == _MARK:
        end -= _LOCATOR.size + _END64.size
        if end < 0:
            raise FormatError("the file is too short for its Zip64 end record", clause="2.9")
        stated = _END64.unpack(bytes(view[end : end + _END64.size]))
        if stated["signature"] != _END64_SIGNATURE:
            raise FormatError("the Zip64 end record is not where it must be", clause="2.9")
    start, size, count = stated["directory offset"], stated["directory size"], stated["members"]
    if start + size != end:
        raise FormatError(
            f"the directory is said to be {size} bytes from offset {start}, but its end record is "
            f"at {end}: the file was cut, or bytes stand before or between its parts",
            clause="2.1",
        )
    if count > MAX_MEMBERS:
        raise FormatError(f"{count} members, at most {MAX_MEMBERS} may be", clause="2.3")
    if size > count * (_CENTRAL.size + MAX_NAME + _MAX_CENTRAL_EXTRA):
        raise FormatError(f"{size} bytes of directory for {count} members", clause="2.8")
    return start, end, count


def _entries(tail: bytes, end: int, count: int) -> Iterator[tuple[str, int, int]]:
    """Name, size and CRC-32 of ``count`` central headers that fill ``tail[:end]``."""
    position = 0
    for index in range(count):
        if end - position < _CENTRAL.size:
            raise FormatError(f"the directory ends before member {index}", clause="2.8")
        stated = _CENTRAL.unpack(tail, position)
        if stated["signature"] != _CENTRAL_SIGNATURE:
            raise FormatError(f"member {index} has no central header", clause="2.8")
        if stated["name length"] > MAX_NAME:
            raise FormatError(f"member {index}: its name is too long", clause="2.4")
        name_at = position + _CENTRAL.size
        extra_at = name_at + stated["name length"]
        comment_at = extra_at + stated["extra length"]
        position = comment_at + stated["comment length"]
        if position > end:
            raise FormatError(f"the directory ends inside member {index}", clause="2.8")
        name = tail[name_at:extra_at].decode("latin-1")  # plan() refuses what is not ASCII
        size = stated["size"]
        if size == _MARK:
            size = _zip64_size(tail[extra_at:comment_at], name)
        yield name, size, stated["CRC-32"]
    if position != end:
        raise FormatError(f"{end - position} bytes follow the last central header", clause="2.8")


def _zip64_size(extra: bytes, name: str) -> int:
    if len(extra) < 12 or extra[:2] != _ZIP64.to_bytes(2, "little"):
        raise FormatError(f"{name!a}: its size is in a Zip64 field that is missing", clause="2.9")
    return int.from_bytes(extra[4:12], "little")


def _require_tail(tail: bytes, layout: Plan, crcs: Sequence[int]) -> None:
    position = 0
    for slot, crc in zip(layout.slots, crcs, strict=True):
        expected = _central_header(slot, crc)
        _CENTRAL.require(tail[position : position + len(expected)], expected, slot.name)
        position += len(expected)
    for record, expected in _end_records(layout):
        record.require(tail[position : position + len(expected)], expected, "the archive")
        position += len(expected)
