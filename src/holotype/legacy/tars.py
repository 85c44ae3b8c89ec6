"""The members of a TAR file: ustar, with the long names of GNU and POSIX.

Rule: what is no regular file is reported and never followed.
"""

from __future__ import annotations

import msgspec

from holotype.legacy.buffers import Buffer

__all__ = ["TarListing", "TarMember", "is_tar", "list_tar"]

_BLOCK = 512
_REGULAR = (b"0", b"\0", b"7")
_MAX_NAME = 1 << 16


class TarMember(msgspec.Struct, eq=False):
    """One regular file and where it stands."""

    name: str
    start: int
    end: int


class TarListing(msgspec.Struct, eq=False):
    """The regular files in order, and what is wrong or unusual."""

    members: list[TarMember]
    problems: list[str]


def is_tar(data: Buffer, start: int, end: int) -> bool:
    """Whether a header with a right checksum begins here."""
    return end - start >= _BLOCK and _checked(bytes(data[start : start + _BLOCK]))


def _checked(header: bytes) -> bool:
    stated = _number(header[148:156])
    plain = sum(header[:148]) + 8 * 32 + sum(header[156:])
    signed = plain - 256 * sum(byte > 127 for byte in header[:148] + header[156:])
    return stated is not None and stated in (plain, signed) and any(header)


def _number(field: bytes) -> int | None:
    if field[:1] == b"\x80":  # GNU: binary
        return int.from_bytes(field[1:], "big")
    text = field.strip(b" \0")
    if not text:
        return 0
    return int(text, 8) if all(byte in b"01234567" for byte in text) else None


def list_tar(data: Buffer, start: int, end: int) -> TarListing:
    """Walk the headers up to the first empty block."""
    found = TarListing([], [])
    names: set[str] = set()
    position, long_name = start, ""
    while position + _BLOCK <= end:
        header = bytes(data[position : position + _BLOCK])
        if not any(header):
            _check_end(data, position, end, found)
            return found
        size = _number(header[124:136])
        if not _checked(header) or size is None:
            found.problems.append(f"the TAR header at byte {position} is damaged")
            return found
        body = position + _BLOCK
        if body + size > end:
            found.problems.append("the TAR file ends inside a member")
            return found
        position = body + -(-size // _BLOCK) * _BLOCK
        kind = header[156:157]
        if kind in (b"L", b"x", b"g"):
            text = bytes(data[body : body + min(size, _MAX_NAME)])
            long_name = _pax_name(text) if kind != b"L" else _text(text)
            if kind != b"L" and b" size=" in text:
                found.problems.append("a member's size is stated twice")
            continue
        name = long_name or _name(header)
        long_name = ""
        if kind in _REGULAR:
            if name in names:
                found.problems.append(f"{name}: two members of this name")
            names.add(name)
            found.members.append(TarMember(name, body, body + size))
        elif kind != b"5":
            found.problems.append(f"{name}: a link or a special file, which is not read")
    found.problems.append("the TAR file has no end")
    return found


def _check_end(data: Buffer, position: int, end: int, found: TarListing) -> None:
    while position < end:
        piece = bytes(data[position : min(end, position + (1 << 20))])
        if piece.strip(b"\0"):
            found.problems.append("bytes follow the end of the TAR file")
            return
        position += len(piece)


def _text(raw: bytes) -> str:
    return raw.partition(b"\0")[0].decode("utf-8", "replace")


def _name(header: bytes) -> str:
    name, prefix = _text(header[:100]), _text(header[345:500])
    return f"{prefix}/{name}" if prefix and header[257:262] == b"ustar" else name


def _pax_name(text: bytes) -> str:
    for line in text.split(b"\n"):
        key, _, value = line.partition(b" ")[2].partition(b"=")
        if key == b"path":
            return value.decode("utf-8", "replace")
    return ""
