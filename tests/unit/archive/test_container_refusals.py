"""A file that the writer would not have written is refused, whatever was forged in it."""

from __future__ import annotations

import io
import struct
import zipfile
from typing import Final

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.archive.damage import (
    CENTRAL,
    END,
    END64,
    LOCAL,
    LOCATOR,
    PARTS,
    THRESHOLDS,
    build,
    central_headers,
    get,
    put,
    refuse,
    splice,
)

from holotype.archive.container import (
    MAX_MEMBERS,
    ZIP64_AT,
    read_directory,
)
from holotype.errors import FormatError

# -------------------------------------------------------------------------------- what a field says


@pytest.mark.parametrize("field", LOCAL)
@pytest.mark.parametrize("index", [1, 2, 4])
def test_a_local_header_with_a_wrong_field_is_refused(field: str, index: int) -> None:
    archive = build()
    at = get(archive, central_headers(archive)[index], CENTRAL["header offset"])
    put(archive, at, LOCAL[field], get(archive, at, LOCAL[field]) ^ 1)
    name = PARTS[index][0]
    with pytest.raises(FormatError, match=f"^{name}: local header: {field} is ") as caught:
        read_directory(archive)
    assert caught.value.clause.startswith("2.")


@pytest.mark.parametrize(
    "field",
    sorted(CENTRAL.keys() - {"signature", "size", "name length", "extra length", "comment length"}),
)
@pytest.mark.parametrize("index", [0, 2, 4])
def test_a_central_header_with_a_wrong_field_is_refused(field: str, index: int) -> None:
    archive = build()
    at = central_headers(archive)[index]
    put(archive, at, CENTRAL[field], get(archive, at, CENTRAL[field]) ^ 1)
    name = PARTS[index][0]
    # The reader takes a member's sum from here, so it is the local header that disagrees.
    header = "local" if field == "CRC-32" else "central"
    with pytest.raises(FormatError, match=f"^{name}: {header} header: {field} is ") as caught:
        read_directory(archive)
    assert caught.value.clause.startswith("2.")


@pytest.mark.parametrize("field", sorted(END.keys() - {"signature", "directory size", "members"}))
def test_an_end_record_with_a_wrong_field_is_refused(field: str) -> None:
    archive = build()
    at = len(archive) - 22
    put(archive, at, END[field], get(archive, at, END[field]) ^ 1)
    clause, message = "2.10", f"the archive: end record: {field} is "
    if field == "directory offset":
        clause, message = "2.1", "the directory is said to be"
    refuse(archive, clause, message)


@pytest.mark.parametrize(
    "field", sorted(END64.keys() - {"signature", "directory size", "directory offset", "members"})
)
def test_a_zip64_end_record_with_a_wrong_field_is_refused(field: str) -> None:
    archive = build(zip64_at=494)
    at = len(archive) - 98
    put(archive, at, END64[field], get(archive, at, END64[field]) ^ 1)
    refuse(archive, "2.9", f"the archive: Zip64 end record: {field} is ", zip64_at=494)


@pytest.mark.parametrize("field", LOCATOR)
def test_a_zip64_locator_with_a_wrong_field_is_refused(field: str) -> None:
    archive = build(zip64_at=494)
    at = len(archive) - 42
    put(archive, at, LOCATOR[field], get(archive, at, LOCATOR[field]) ^ 1)
    refuse(archive, "2.9", f"the archive: Zip64 locator: {field} is ", zip64_at=494)


@pytest.mark.parametrize(
    ("field", "value", "clause", "reason"),
    [
        ("flags", 1, "2.5", "no encryption, no data descriptor"),
        ("flags", 8, "2.5", "no encryption, no data descriptor"),
        ("flags", 0x800, "2.5", "no encryption, no data descriptor"),
        ("compression method", 8, "2.5", "members are stored"),
        ("disk", 1, "2.8", "one file, not a set of disks"),
        ("external attributes", 0o120777 << 16, "2.8", "a regular file"),
        ("compressed size", 7, "2.5", "members are stored"),
    ],
)
def test_the_message_says_why(field: str, value: int, clause: str, reason: str) -> None:
    archive = build()
    put(archive, central_headers(archive)[1], CENTRAL[field], value)
    refuse(archive, clause, reason)


# --------------------------------------------------------------------------------- where things are


@pytest.mark.parametrize("size", [0, 1, 4, 21])
def test_a_file_that_is_too_short_is_refused(size: int) -> None:
    refuse(build()[:size], "2.1", f"{size} bytes are too few")


@pytest.mark.parametrize("magic", [b"\x80\x04\x95", b"\x93NUMPY", b"{", b"PK\5\6", bytes(4)])
def test_a_file_of_another_kind_is_refused(magic: bytes) -> None:
    refuse(magic + bytes(100), "2.1", "not a Holotype archive")


def test_every_shorter_file_is_refused() -> None:
    archive = bytes(build())
    for size in range(len(archive)):
        with pytest.raises(FormatError):
            read_directory(archive[:size])


@pytest.mark.parametrize("rest", [b"\0", b"PK", bytes(22), b"PK\5\6" + bytes(17), b"x" * 1000])
def test_bytes_after_the_end_are_refused(rest: bytes) -> None:
    refuse(build() + rest, "2.11", "something was appended")


def test_a_comment_is_refused() -> None:
    archive = build()
    put(archive, len(archive) - 22, END["comment length"], 5)
    refuse(archive + b"hello", "2.11", "something was appended")


def test_a_second_end_record_in_a_comment_is_refused() -> None:
    archive = build()
    end = bytes(archive[-22:])
    put(archive, len(archive) - 22, END["comment length"], len(end))
    refuse(archive + end, "2.1", "the directory is said to be")


def test_a_second_archive_after_the_first_is_refused() -> None:
    refuse(build() + build(), "2.1", "bytes stand before or between")
    first, second = build(), build()
    for header in central_headers(second):
        offset = get(second, header, CENTRAL["header offset"])
        put(second, header, CENTRAL["header offset"], offset + len(first))
    start = get(second, len(second) - 22, END["directory offset"])
    put(second, len(second) - 22, END["directory offset"], start + len(first))
    refuse(first + second, "2.1", "manifest.json: central header: header offset")


def test_bytes_before_the_first_member_are_refused() -> None:
    refuse(b"#!" + build(), "2.1", "does not begin with a member's local header")
    refuse(splice(build(), 0, b"MZ"), "2.1", "does not begin with a member's local header")
    refuse(splice(build(), 0, b"PK\3\4"), "2.1", "manifest.json: central header: header offset")


@pytest.mark.parametrize("index", [1, 2, 3, 4])
def test_a_hole_between_members_is_refused(index: int) -> None:
    archive = build()
    at = get(archive, central_headers(archive)[index], CENTRAL["header offset"])
    refuse(splice(archive, at, b"?"), "2.1", f"{PARTS[index][0]}: central header: header offset")


def test_a_hole_before_the_directory_is_refused() -> None:
    archive = build()
    start = central_headers(archive)[0]
    refuse(splice(archive, start, b"?"), "2.1", "the archive: end record: directory offset")


def test_a_hole_between_directory_and_end_record_is_refused() -> None:
    archive = build()
    archive[-22:-22] = b"?"
    refuse(archive, "2.1", "bytes stand before or between")
    end = len(archive) - 22
    put(archive, end, END["directory size"], get(archive, end, END["directory size"]) + 1)
    refuse(archive, "2.8", "1 bytes follow the last central header")


def test_two_members_of_one_place_are_refused() -> None:
    archive = build()
    one, two = central_headers(archive)[3:]
    put(archive, two, CENTRAL["header offset"], get(archive, one, CENTRAL["header offset"]))
    refuse(archive, "2.1", "source/two.py: central header: header offset")


def test_members_that_overlap_are_refused() -> None:
    archive = build()
    one = central_headers(archive)[3]
    at = get(archive, one, CENTRAL["header offset"])
    for header, fields in ((one, CENTRAL), (at, LOCAL)):
        put(archive, header, fields["size"], 100)
        put(archive, header, fields["compressed size"], 100)
    refuse(archive, "2.1", "source/two.py: central header: header offset")


def test_a_size_beyond_the_file_is_refused() -> None:
    archive = build()
    put(archive, central_headers(archive)[4], CENTRAL["size"], 0xFFFFFFFE)
    refuse(archive, "2.5", "source/two.py: central header: compressed size")


# ------------------------------------------------------------------------------------ the directory


def test_a_member_without_a_central_header_is_refused() -> None:
    archive = build()
    archive[central_headers(archive)[2]] ^= 1
    refuse(archive, "2.8", "member 2 has no central header")


@pytest.mark.parametrize("field", ["name length", "extra length", "comment length"])
def test_a_central_header_beyond_the_directory_is_refused(field: str) -> None:
    archive = build()
    put(archive, central_headers(archive)[4], CENTRAL[field], 200)
    refuse(archive, "2.8", "the directory ends inside member 4")


def test_a_name_that_is_too_long_is_refused() -> None:
    archive = build()
    put(archive, central_headers(archive)[0], CENTRAL["name length"], 256)
    refuse(archive, "2.4", "member 0: its name is too long")


@pytest.mark.parametrize(
    ("members", "clause", "message"),
    [
        (4, "2.8", "bytes follow the last central header"),
        (6, "2.8", "the directory ends before member 5"),
        (0, "2.8", "bytes of directory for 0 members"),
        (MAX_MEMBERS, "2.8", "the directory ends before member 5"),
        (MAX_MEMBERS + 1, "2.3", "10001 members, at most 10000"),
        (0xFFFF, "2.3", "65535 members, at most 10000"),
    ],
)
def test_a_wrong_number_of_members_is_refused(members: int, clause: str, message: str) -> None:
    archive = build()
    put(archive, len(archive) - 22, END["members on disk"], members)
    put(archive, len(archive) - 22, END["members"], members)
    refuse(archive, clause, message)


def test_an_empty_zip_is_refused() -> None:
    refuse(b"PK\5\6" + bytes(18), "2.1", "not a Holotype archive")
    end = b"PK\5\6" + bytes(12) + (4).to_bytes(4, "little") + bytes(2)
    refuse(b"PK\3\4" + end, "2.3", "member 0 is nothing, must be 'manifest.json'")


FOREIGN: Final = struct.pack("<HHI", 0x7875, 4, 0)


def test_a_foreign_extra_field_in_a_local_header_is_refused() -> None:
    archive = build()
    at = get(archive, central_headers(archive)[1], CENTRAL["header offset"])
    put(archive, at, LOCAL["extra length"], len(FOREIGN))
    archive = splice(archive, at + 30 + len("blueprint.json"), FOREIGN)
    refuse(archive, "2.1", "parameters.safetensors: central header: header offset")


def test_a_foreign_extra_field_instead_of_data_is_refused() -> None:
    archive = build()
    at = get(archive, central_headers(archive)[4], CENTRAL["header offset"])
    put(archive, at, LOCAL["extra length"], 8)
    refuse(archive, "2.7", "source/two.py: local header: extra length")


def test_a_foreign_extra_field_in_a_central_header_is_refused() -> None:
    archive = build()
    at = central_headers(archive)[1]
    put(archive, at, CENTRAL["extra length"], len(FOREIGN))
    archive[at + 60 : at + 60] = FOREIGN
    put(archive, len(archive) - 22, END["directory size"], 305 + len(FOREIGN))
    refuse(archive, "2.7", "blueprint.json: central header: extra length")


def test_an_alignment_of_another_spelling_is_refused() -> None:
    archive = build()
    at = archive.index(b"\x35\xd9")
    for position in range(at, read_directory(archive)[2].offset):
        damaged = bytearray(archive)
        damaged[position] ^= 1
        refuse(damaged, "2.6", "parameters.safetensors: local header: the name or the extra field")


# -------------------------------------------------------------------------------------------- Zip64


def test_zip64_where_it_is_not_needed_is_refused() -> None:
    refuse(build(zip64_at=200), "2.5", "parameters.safetensors: central header: version")
    refuse(build(zip64_at=443), "2.5", "source/two.py: central header: version")
    refuse(build(zip64_at=494), "2.10", "the archive: end record: signature")


def test_zip64_missing_where_it_is_needed_is_refused() -> None:
    refuse(build(), "2.5", "parameters.safetensors: central header: version", zip64_at=200)
    refuse(build(), "2.5", "source/two.py: central header: version", zip64_at=443)
    refuse(build(), "2.9", "the archive: the Zip64 end record is missing", zip64_at=494)


@pytest.mark.parametrize("size", [0xFFFFFFFF, 5 << 30, 2**63 - 1, 2**64 - 1])
def test_a_zip64_size_beyond_the_file_is_refused(size: int) -> None:
    """The last member declares it, so that every offset before it is right."""
    archive = build()
    at = central_headers(archive)[-1]
    put(archive, at, CENTRAL["version made by"], 0x032D)
    put(archive, at, CENTRAL["version needed"], 45)
    put(archive, at, CENTRAL["size"], 0xFFFFFFFF)
    put(archive, at, CENTRAL["compressed size"], 0xFFFFFFFF)
    put(archive, at, CENTRAL["extra length"], 20)
    archive[-22:-22] = struct.pack("<HHQQ", 1, 16, size, size)
    put(archive, len(archive) - 22, END["directory size"], 305 + 20)
    message = "source/two.py: a size of" if size > 5 << 30 else "the Zip64 end record is missing"
    refuse(archive, "2.9", message)


def test_a_zip64_end_record_that_is_not_there_is_refused() -> None:
    archive = build()
    put(archive, len(archive) - 22, END["directory offset"], 0xFFFFFFFF)
    refuse(archive, "2.9", "the Zip64 end record is not where it must be")
    refuse(b"PK\3\4" + archive[-93:], "2.9", "too short for its Zip64 end record")
    archive = build(zip64_at=494)
    archive[-98] ^= 1
    refuse(archive, "2.9", "the Zip64 end record is not where it must be", zip64_at=494)


def test_a_zip64_field_with_two_different_sizes_is_refused() -> None:
    archive = build(zip64_at=200)
    size = struct.pack("<QQ", 200, 200)
    first, last = archive.index(size), archive.rindex(size)
    for at, clause, header in ((first, "2.6", "local"), (last, "2.8", "central")):
        damaged = bytearray(archive)
        damaged[at + 8] ^= 1
        message = f"parameters.safetensors: {header} header: the name or the extra field"
        refuse(damaged, clause, message, zip64_at=200)


def test_a_size_in_a_missing_zip64_field_is_refused() -> None:
    archive = build()
    put(archive, central_headers(archive)[1], CENTRAL["size"], 0xFFFFFFFF)
    refuse(archive, "2.9", "'blueprint.json': its size is in a Zip64 field that is missing")


@pytest.mark.parametrize("extra", [struct.pack("<HH7s", 1, 7, b""), struct.pack("<HHQ", 2, 8, 0)])
def test_a_size_in_another_field_than_zip64_is_refused(extra: bytes) -> None:
    archive = build()
    at = central_headers(archive)[4]
    put(archive, at, CENTRAL["size"], 0xFFFFFFFF)
    put(archive, at, CENTRAL["extra length"], len(extra))
    archive[-22:-22] = extra
    put(archive, len(archive) - 22, END["directory size"], 305 + len(extra))
    refuse(archive, "2.9", "'source/two.py': its size is in a Zip64 field that is missing")


# ---------------------------------------------------------------------------------- other ZIP files


def written_by_zipfile(method: int = zipfile.ZIP_STORED) -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", method) as archive:
        for name, data in PARTS:
            archive.writestr(zipfile.ZipInfo(name), data, method)
    return file.getvalue()


def test_a_compressed_zip_is_refused() -> None:
    message = "manifest.json: central header: compression method is 0x8, must be 0x0"
    refuse(written_by_zipfile(zipfile.ZIP_DEFLATED), "2.5", message)


def test_a_zip_of_another_layout_is_refused() -> None:
    refuse(written_by_zipfile(), "2.8", "manifest.json: central header: external attributes")


def test_a_zip_with_data_descriptors_is_refused() -> None:
    class Pipe(io.BytesIO):
        """What cannot be rewound makes zipfile write sizes and sums after the data."""

        def seekable(self) -> bool:
            return False

        def tell(self) -> int:
            raise io.UnsupportedOperation

    pipe = Pipe()
    with zipfile.ZipFile(pipe, "w") as archive:
        for name, data in PARTS:
            archive.writestr(zipfile.ZipInfo(name), data)
    refuse(pipe.getvalue(), "2.5", "manifest.json: central header: flags is 0x8, must be 0x0")


# --------------------------------------------------------------------------------------- properties


@given(st.binary(max_size=200), st.booleans(), st.booleans())
def test_no_bytes_raise_anything_but_a_format_error(data: bytes, head: bool, tail: bool) -> None:
    archive = b"PK\3\4" * head + data + bytes(build()[-22:]) * tail
    with pytest.raises(FormatError):
        read_directory(archive)


FIELDS: Final = [
    (prefix, field)
    for prefix, table in (
        (b"PK\3\4", LOCAL),
        (b"PK\1\2", CENTRAL),
        (b"PK\6\6", END64),
        (b"PK\6\7", LOCATOR),
        (b"PK\5\6", END),
    )
    for field in table.values()
]
EXTREMES: Final = st.sampled_from([0, 1, 2, 8, 45, 46, 200, 305, 494, 2**16, 2**31, 2**63, 2**64])
DAMAGE: Final = st.lists(
    st.tuples(st.sampled_from(FIELDS), st.integers(0, 4), EXTREMES, st.integers(-1, 1)),
    max_size=8,
)


@settings(max_examples=500)
@given(st.sampled_from(THRESHOLDS), st.booleans(), DAMAGE)
def test_what_is_read_after_any_damage_is_what_zipfile_reads(
    zip64_at: int,
    lowered: bool,
    damage: list[tuple[tuple[bytes, tuple[int, int]], int, int, int]],
) -> None:
    """No forged field leads out of the file or to members that another reader would not see."""
    archive = build(zip64_at=zip64_at)
    for (prefix, field), index, value, change in damage:
        at = -1
        for _ in range(index + 1):
            at = archive.find(prefix, at + 1)
        if at >= 0 and at + sum(field) <= len(archive):
            put(archive, at, field, (value + change) % 256 ** field[1])
    try:
        members = read_directory(archive, zip64_at=zip64_at if lowered else ZIP64_AT)
    except FormatError:
        return
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        assert [(info.filename, info.file_size, info.CRC) for info in file.infolist()] == [
            (member.name, member.size, member.crc) for member in members
        ]
        for member in members:
            assert file.read(member.name) == archive[member.offset :][: member.size]
