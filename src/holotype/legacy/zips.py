"""The members of a ZIP file as its directory lists them, and whatever is odd about it.

Readers of ZIP files disagree where a file is not as it should be, and a file may be made so that a
scanner sees another archive than a loader. Rule: every byte of the file is accounted for, both
headers of each member are compared, and each difference is a problem that the caller must report.
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator

import msgspec

from holotype.errors import LegacyError
from holotype.legacy.buffers import Budget, Buffer, inflate

__all__ = ["Listing", "Member", "is_zip", "list_members", "read_member"]

_LOCAL = struct.Struct("<4sHHHHHIIIHH")
_CENTRAL = struct.Struct("<4sHHHHHHIIIHHHHHII")
_END = struct.Struct("<4sHHHHIIH")
_LOCATOR = struct.Struct("<4sIQI")
_END64 = struct.Struct("<4sQHHIIQQQQ")
_LOCAL_MARK = b"PK\x03\x04"
_CENTRAL_MARK = b"PK\x01\x02"
_END_MARK = b"PK\x05\x06"
_END64_MARK = b"PK\x06\x06"
_LOCATOR_MARK = b"PK\x06\x07"
_DESCRIPTOR_MARK = b"PK\x07\x08"
_TAIL = (1 << 16) + _END.size
_FULL = 0xFFFFFFFF
_ENCRYPTED = 0x1 | 0x40 | 0x2000
_DESCRIPTOR = 0x8
_UTF8 = 0x800
_METHODS = {8: "deflate", 12: "bz2"}
_CHUNK = 1 << 22


class Member(msgspec.Struct, eq=False):
    """One member: where its data stands, and how; ``readable`` is False where nobody should."""

    name: str
    method: int
    flags: int
    crc: int
    packed: int
    size: int
    header: int
    start: int = 0
    end: int = 0
    readable: bool = True


class Listing(msgspec.Struct, eq=False):
    """The members in the order of the directory, and what is wrong with the file."""

    members: list[Member]
    problems: list[str]


def find_end(data: Buffer, start: int, end: int) -> int:
    """Where the end record is that readers of ZIP files use; -1 if there is none."""
    if end - start < _END.size:
        return -1
    last = end - _END.size
    if data[last : last + 4] == _END_MARK and data[end - 2 : end] == b"\0\0":
        return last
    found = data.rfind(_END_MARK, max(start, end - _TAIL), end)
    return found if found <= last else -1


def is_zip(data: Buffer, start: int, end: int, *, strict: bool) -> bool:
    """Whether some reader takes it for a ZIP file, which may have anything in front.

    Some readers look for the end record of a ZIP file anywhere in the last bytes; ``strict`` is for
    files of another format, which may have a ZIP file as their last member.
    """
    if data[start : start + 4] == _LOCAL_MARK:
        return True
    at = find_end(data, start, end)
    return at >= 0 and (not strict or _reaches(data, at, end))


def list_members(data: Buffer, start: int, end: int) -> Listing:
    """Read the directory. Raises LegacyError where there is none that could be read."""
    at = find_end(data, start, end)
    if at < 0:
        raise LegacyError("the ZIP file has no directory: it was cut short, or is damaged")
    problems: list[str] = []
    tail = max(start, end - _TAIL)
    if any(_reaches(data, other, end) for other in _ends_before(data, tail, at)):
        problems.append("two end records: readers differ on which directory counts")
    *_, disk, directory_disk, _, count, size, offset, comment = _END.unpack_from(data, at)
    if at + _END.size + comment != end:
        problems.append("bytes follow the end of the ZIP file")
    if disk or directory_disk:
        problems.append("it claims to be one of several disks")
    finish = at
    locator = at - _LOCATOR.size
    if locator >= start and data[locator : locator + 4] == _LOCATOR_MARK:
        count, size, offset, finish = _zip64_end(data, start, locator, problems)
    first = finish - size  # where the directory begins
    if first < start:
        raise LegacyError("the directory of the ZIP file is said to be longer than the file")
    shift = first - start - offset
    if shift:
        problems.append(f"{shift} bytes stand before the ZIP file, or its offsets are wrong")
    members, after = _entries(data, first, finish, count, problems)
    if after != finish:
        problems.append(f"{finish - after} bytes follow the directory's last entry")
    _check_places(data, start + shift, start, first, members, problems)
    return Listing(members, problems)


def _ends_before(data: Buffer, tail: int, at: int) -> Iterator[int]:
    other = data.find(_END_MARK, tail, at)
    while other >= 0:
        yield other
        other = data.find(_END_MARK, other + 1, at)


def _reaches(data: Buffer, at: int, end: int) -> bool:
    """Whether the comment of this end record is as long as the rest of the file."""
    return at + _END.size + int.from_bytes(data[at + 20 : at + 22], "little") == end


def _zip64_end(
    data: Buffer, start: int, locator: int, problems: list[str]
) -> tuple[int, int, int, int]:
    at = locator - _END64.size
    if at < start or data[at : at + 4] != _END64_MARK:
        raise LegacyError("the ZIP file's Zip64 end record is not where it must be")
    *_, count, size, offset = _END64.unpack_from(data, at)
    if start + _LOCATOR.unpack_from(data, locator)[2] != at:
        problems.append("the Zip64 locator points elsewhere")
    return count, size, offset, at


def _entries(
    data: Buffer, at: int, finish: int, count: int, problems: list[str]
) -> tuple[list[Member], int]:
    members: list[Member] = []
    names: set[str] = set()
    while at + _CENTRAL.size <= finish and data[at : at + 4] == _CENTRAL_MARK:
        fields = _CENTRAL.unpack_from(data, at)
        _, _, _, flags, method, _, _, crc, packed, size, name_size, extra_size, note = fields[:13]
        offset = fields[16]
        name_at = at + _CENTRAL.size
        extra_at = name_at + name_size
        at = extra_at + extra_size + note
        if at > finish:
            problems.append("the directory ends inside an entry")
            break
        raw = bytes(data[name_at:extra_at])
        name = raw.decode("utf-8" if flags & _UTF8 else "cp437", "replace")
        extra = dict(_extra_fields(bytes(data[extra_at : extra_at + extra_size])))
        size, packed, offset = _wide(extra.get(1, b""), size, packed, offset)
        if 0x7075 in extra:
            problems.append(f"{name}: a second name in an extra field")
        if name in names:
            problems.append(f"{name}: two members of this name")
        names.add(name)
        members.append(Member(name, method, flags, crc, packed, size, offset))
    if len(members) != count:
        problems.append(f"{count} members are announced, {len(members)} are in the directory")
    return members, at


def _extra_fields(extra: bytes) -> Iterator[tuple[int, bytes]]:
    at = 0
    while at + 4 <= len(extra):
        kind, size = struct.unpack_from("<HH", extra, at)
        yield kind, extra[at + 4 : at + 4 + size]
        at += 4 + size


def _wide(extra: bytes, *values: int) -> tuple[int, ...]:
    """Sizes and offset, each from the Zip64 field where the header says so."""
    found, at = [], 0
    for value in values:
        if value == _FULL and at + 8 <= len(extra):
            value = int.from_bytes(extra[at : at + 8], "little")
            at += 8
        found.append(value)
    return tuple(found)


def _check_places(
    data: Buffer,
    origin: int,
    start: int,
    directory: int,
    members: list[Member],
    problems: list[str],
) -> None:
    """Find each member's data by its local header; compare; and look for what nobody lists."""
    position = start
    for member in sorted(members, key=lambda member: member.header):
        at = origin + member.header
        if at < position:
            problems.append(f"{member.name}: it overlaps another member, and is not read")
            member.readable = False
            continue
        if at + _LOCAL.size > directory or data[at : at + 4] != _LOCAL_MARK:
            problems.append(f"{member.name}: there is no local header where it must be")
            member.readable = False
            continue
        if at > position:
            problems.append(f"{at - position} bytes before {member.name} belong to no member")
        _check_local(data, at, member, problems)
        if member.end > directory:
            problems.append(f"{member.name}: its data is said to reach into the directory")
            member.readable = False
            position = at + _LOCAL.size
            continue
        position = member.end + _descriptor_size(data, member)
    if position != directory:
        problems.append(f"{directory - position} bytes before the directory belong to no member")


def _check_local(data: Buffer, at: int, member: Member, problems: list[str]) -> None:
    fields = _LOCAL.unpack_from(data, at)
    _, _, flags, method, _, _, crc, packed, size, name_size, extra_size = fields
    name_at = at + _LOCAL.size
    extra_at = name_at + name_size
    member.start = extra_at + extra_size
    member.end = member.start + member.packed
    name = bytes(data[name_at:extra_at]).decode("utf-8" if flags & _UTF8 else "cp437", "replace")
    extra = dict(_extra_fields(bytes(data[extra_at : member.start])))
    size, packed = _wide(extra.get(1, b""), size, packed)
    if (flags | member.flags) & _ENCRYPTED:
        problems.append(f"{member.name}: a flag says that it is encrypted; read as if it were not")
    found, listed = [name, method, flags], [member.name, member.method, member.flags]
    # With a data descriptor the local header need not know sum and sizes, and then has zeros.
    if not flags & _DESCRIPTOR or crc or packed or size:
        found += [crc, packed, size]
        listed += [member.crc, member.packed, member.size]
    if found != listed:
        problems.append(f"{member.name}: its two headers state different things")


def _descriptor_size(data: Buffer, member: Member) -> int:
    """The bytes of a data descriptor after a member, in any of its four forms."""
    if not member.flags & _DESCRIPTOR:
        return 0
    at = member.end
    sum_ = struct.pack("<I", member.crc)
    for size in (8, 4):
        sizes = (member.packed & (256**size - 1)).to_bytes(size, "little")
        sizes += (member.size & (256**size - 1)).to_bytes(size, "little")
        for form in (_DESCRIPTOR_MARK + sum_ + sizes, sum_ + sizes):
            if data[at : at + len(form)] == form:
                return len(form)
    return 0


def read_member(
    data: Buffer, member: Member, budget: Budget, problems: list[str]
) -> tuple[Buffer, int, int]:
    """The buffer that a member's plain bytes stand in, where they begin and where they end."""
    if member.method == 0:
        if member.size != member.packed:
            problems.append(f"{member.name}: two sizes, but it is not compressed")
        found, start, end = data, member.start, member.end
    elif member.method in _METHODS:
        compressor = _METHODS[member.method]
        unpacked = inflate(data, compressor, budget, member.start, member.end)
        if unpacked.error is not None:
            problems.append(f"{member.name}: {unpacked.error}")
        elif unpacked.end != member.end:
            problems.append(f"{member.name}: bytes follow its compressed data")
        found, start, end = unpacked.data, 0, len(unpacked.data)
        if end != member.size:
            problems.append(f"{member.name}: it unpacks to {end} bytes, not {member.size}")
    else:
        problems.append(f"{member.name}: compression method {member.method} is not known")
        return b"", 0, 0
    if _crc(found, start, end) != member.crc:
        problems.append(f"{member.name}: its checksum is wrong")
    return found, start, end


def _crc(data: Buffer, start: int, end: int) -> int:
    sum_ = 0
    with memoryview(data) as view:
        for at in range(start, end, _CHUNK):
            sum_ = zlib.crc32(view[at : min(end, at + _CHUNK)], sum_)
    return sum_
