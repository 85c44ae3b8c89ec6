"""What is written is read back, by us and by other ZIP tools; names are as the SPEC demands."""

from __future__ import annotations

import io
import mmap
import shutil
import struct
import subprocess
import zipfile
import zlib
from pathlib import Path
from typing import Final

import pytest
from hypothesis import given
from hypothesis import strategies as st
from tests.unit.archive.damage import (
    PARTS,
    THRESHOLDS,
    Parts,
    build,
    refuse,
)

from holotype.archive.container import (
    MAX_MEMBERS,
    REQUIRED,
    ZIP64_AT,
    Member,
    directory,
    local_header,
    plan,
    read_directory,
)
from holotype.errors import FormatError

# ------------------------------------------------------------------------------------- what is read


def test_an_archive_is_read_as_it_was_written() -> None:
    archive = build()
    members = read_directory(archive)
    assert [(member.name, member.size) for member in members] == [
        (name, len(data)) for name, data in PARTS
    ]
    for member, (_, data) in zip(members, PARTS, strict=True):
        assert archive[member.offset : member.offset + member.size] == data
        assert member.crc == zlib.crc32(data)


def test_members_may_be_empty() -> None:
    members = read_directory(build([(name, b"") for name in REQUIRED]))
    assert [member.size for member in members] == [0, 0, 0]


def test_the_file_begins_with_the_manifest() -> None:
    assert build()[:4] == b"PK\3\4"
    assert build()[30:43] == b"manifest.json"


@pytest.mark.parametrize("length", range(64))
def test_safetensors_are_aligned_whatever_stands_before_them(length: int) -> None:
    parts: Parts = [
        ("manifest.json", bytes(length)),
        ("blueprint.json", b""),
        ("parameters.safetensors", b"123"),
        ("probe.safetensors", b"456"),
    ]
    members = read_directory(build(parts))
    assert members[2].offset % 64 == members[3].offset % 64 == 0


def test_bytes_memoryview_and_mmap_are_read_alike(tmp_path: Path) -> None:
    archive = bytes(build())
    path = tmp_path / "model.holo"
    path.write_bytes(archive)
    expected = read_directory(archive)
    assert read_directory(memoryview(archive)) == expected
    with path.open("rb") as file, mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        assert read_directory(mapped) == expected


def test_a_refused_map_can_be_closed_while_the_error_is_held(tmp_path: Path) -> None:
    path = tmp_path / "model.holo"
    for damaged in (build()[:-1], build().replace(b"source/two", b"source/six", 1)):
        path.write_bytes(damaged)
        with path.open("rb") as file:
            mapped = mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ)
            with pytest.raises(FormatError) as held:
                read_directory(mapped)
            mapped.close()
        assert held.value.problem


def test_an_archive_of_the_greatest_number_of_members_is_read() -> None:
    names = [f"card-{index}.md" for index in range(MAX_MEMBERS - len(REQUIRED))]
    assert len(read_directory(build([(name, b"") for name in [*REQUIRED, *names]]))) == MAX_MEMBERS


def test_a_zip_inside_a_member_is_data() -> None:
    inner = bytes(build())
    members = read_directory(build([*PARTS, ("inner.zip", inner)]))
    assert members[-1].size == len(inner)
    assert len(members) == len(PARTS) + 1


# ------------------------------------------------------------------------------------ other readers


def test_the_thresholds_of_these_tests_reach_every_use_of_zip64() -> None:
    used = []
    for zip64_at in THRESHOLDS:
        layout = plan([(name, len(data)) for name, data in PARTS], zip64_at=zip64_at)
        large = sum(slot.large for slot in layout.slots)
        used.append((large, sum(slot.far for slot in layout.slots), layout.zip64))
    assert used == [(0, 0, False), (5, 5, True), (1, 2, True), (0, 1, True), (0, 0, True)]


@pytest.mark.parametrize("zip64_at", THRESHOLDS)
def test_zipfile_reads_what_is_written(zip64_at: int) -> None:
    archive = build(zip64_at=zip64_at)
    members = read_directory(archive, zip64_at=zip64_at)
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        assert file.testzip() is None
        assert {info.filename: file.read(info) for info in file.infolist()} == dict(PARTS)
        assert [(info.filename, info.CRC) for info in file.infolist()] == [
            (member.name, member.crc) for member in members
        ]
        assert {info.external_attr >> 16 for info in file.infolist()} == {0o100644}
        assert {info.date_time for info in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}


@pytest.mark.skipif(shutil.which("unzip") is None, reason="unzip is not installed")
@pytest.mark.parametrize("zip64_at", THRESHOLDS)
def test_unzip_reads_what_is_written(zip64_at: int, tmp_path: Path) -> None:
    path = tmp_path / "model.holo"
    path.write_bytes(build(zip64_at=zip64_at))
    done = subprocess.run(["unzip", "-t", str(path)], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "No errors detected" in done.stdout
    assert done.stdout.count(" OK") == len(PARTS)


def test_a_file_beyond_4_gib_is_read_by_us_and_by_zipfile(tmp_path: Path) -> None:
    sizes = {"manifest.json": 2, "blueprint.json": 2, "parameters.safetensors": 5 << 30, "a.md": 2}
    layout = plan(list(sizes.items()))
    crcs = [zlib.crc32(b"{}")] * 4  # that of the parameters is wrong, and nobody asks for it
    path = tmp_path / "model.holo"
    with path.open("wb") as file:
        file.truncate(layout.size)  # a hole in the file system: it takes no space
        for slot, crc in zip(layout.slots, crcs, strict=True):
            file.seek(slot.header)
            file.write(local_header(slot, crc))
            if slot.size == 2:
                file.write(b"{}")
        file.seek(layout.directory)
        file.write(directory(layout, crcs))
    with path.open("rb") as big, mmap.mmap(big.fileno(), 0, access=mmap.ACCESS_READ) as mapped:
        members = read_directory(mapped)
    assert {member.name: member.size for member in members} == sizes
    assert members[3].offset > 5 << 30
    with zipfile.ZipFile(path) as archive:
        assert {info.filename: info.file_size for info in archive.infolist()} == sizes
        assert archive.read("a.md") == b"{}"


# -------------------------------------------------------------------------------------------- names

BAD_NAMES: Final = [
    "../one.py",
    "a/../b.py",
    "a/b..c.py",
    "/etc/passwd",
    "a//b.py",
    "a/b/",
    "a\\b.py",
    "C:one.py",
    "./one.py",
    ".hidden",
    "a/.hidden",
    "-option",
    "a/-option",
    "dot.",
    "a./b",
    "sp ace",
    "new\nline",
    "end\n",
    "nul\0",
    "délicat",
    "\N{ARABIC-INDIC DIGIT ONE}",
    "~",
    "",
]


@pytest.mark.parametrize("name", BAD_NAMES, ids=ascii)
def test_a_bad_name_is_not_written(name: str) -> None:
    with pytest.raises(FormatError, match="is not a permitted name") as caught:
        plan([*((required, 0) for required in REQUIRED), (name, 0)])
    assert caught.value.clause == "2.4"


@pytest.mark.parametrize(
    "name", [name for name in BAD_NAMES if all(letter < "\u0100" for letter in name)], ids=ascii
)
def test_a_bad_name_is_not_read(name: str) -> None:
    stand_in = "Q" * len(name) or "Q"
    archive = build([*PARTS, (stand_in, b"")])
    archive = archive.replace(stand_in.encode(), (name or "/").encode("latin-1"))
    refuse(archive, "2.4", "is not a permitted name")


@pytest.mark.parametrize("name", ["a", "__init__.py", "seals/a-b.tlog-proof", "x" * 255, "0/1/2.3"])
def test_a_good_name_is_written_and_read(name: str) -> None:
    assert read_directory(build([*PARTS, (name, b"!")]))[-1].name == name


def test_a_name_of_256_bytes_is_not_written() -> None:
    with pytest.raises(FormatError, match="is not a permitted name"):
        build([*PARTS, ("x" * 256, b"")])


@pytest.mark.parametrize("name", [b"source/one.py", b"SOURCE/ONE.py", b"manifest.json"])
def test_two_members_of_one_name_are_refused(name: bytes) -> None:
    archive = build().replace(b"source/two.py", name)
    refuse(archive, "2.4", f"{name.decode()}: there are two members of this name")


def test_a_name_that_is_also_a_folder_is_refused() -> None:
    with pytest.raises(FormatError, match="source: the name of a member and of a folder"):
        build([*PARTS, ("Source", b"")])
    with pytest.raises(FormatError, match="a/b: the name of a member and of a folder"):
        build([*PARTS, ("a/b/c/d", b""), ("a/b", b"")])


def test_a_name_in_the_local_header_alone_is_refused() -> None:
    archive = build().replace(b"source/two.py", b"source/six.py", 1)
    refuse(archive, "2.6", "source/two.py: local header: the name or the extra field")


def test_a_name_in_the_central_header_alone_is_refused() -> None:
    archive = build()
    at = archive.rindex(b"source/two.py")
    archive[at : at + 13] = b"source/six.py"
    refuse(archive, "2.6", "source/six.py: local header: the name or the extra field")


@pytest.mark.parametrize(
    ("names", "message"),
    [
        ([], "member 0 is nothing, must be 'manifest.json'"),
        (["manifest.json"], "member 1 is nothing, must be 'blueprint.json'"),
        (["blueprint.json", "manifest.json"], "member 0 is 'blueprint.json'"),
        (["manifest.json", "parameters.safetensors"], "member 1 is 'parameters.safetensors'"),
        (["manifest.json", "blueprint.json", "card.md"], "member 2 is 'card.md'"),
    ],
)
def test_the_first_members_are_required_in_order(names: list[str], message: str) -> None:
    with pytest.raises(FormatError, match=message) as caught:
        plan([(name, 0) for name in names])
    assert caught.value.clause == "2.3"


def test_swapped_members_are_not_read() -> None:
    archive = build([*PARTS[:3], ("card-a.md", b"")])
    swapped = archive.replace(b"manifest.json", b"card-a-md.txt")
    refuse(swapped, "2.3", "member 0 is 'card-a-md.txt', must be 'manifest.json'")


def test_too_many_members_are_not_written() -> None:
    names = [*REQUIRED, *(str(index) for index in range(MAX_MEMBERS - 2))]
    with pytest.raises(FormatError, match="10001 members, at most 10000") as caught:
        plan([(name, 0) for name in names])
    assert caught.value.clause == "2.3"


@pytest.mark.parametrize("size", [-1, 2**63 - 1, 2**64, 2**80])
def test_a_size_that_is_not_possible_is_refused(size: int) -> None:
    with pytest.raises(FormatError, match=f"blueprint.json: a size of {size} bytes") as caught:
        plan([("manifest.json", 0), ("blueprint.json", size), ("parameters.safetensors", 0)])
    assert caught.value.clause == "2.9"


def test_sums_and_members_must_be_of_one_number() -> None:
    layout = plan([(name, 0) for name in REQUIRED])
    with pytest.raises(ValueError, match="zip"):
        directory(layout, [0, 0])


# -------------------------------------------------------------------------------------------- Zip64


def large(size: int) -> tuple[bytes, bytes, bytes]:
    layout = plan([("manifest.json", 0), ("blueprint.json", 0), ("parameters.safetensors", size)])
    tail = directory(layout, [0, 0, 0])
    header = local_header(layout.slots[2], 0)
    central = tail[tail.rindex(b"PK\1\2") :]
    return header, central, tail


def test_zip64_begins_at_the_size_that_is_its_mark() -> None:
    header, central, _ = large(0xFFFFFFFE)
    assert header[4:6] == central[6:8] == b"\x14\0"
    assert header[18:26] == central[20:28] == struct.pack("<II", 0xFFFFFFFE, 0xFFFFFFFE)
    assert central[30:32] == b"\0\0"

    header, central, _ = large(0xFFFFFFFF)
    extra = struct.pack("<HHQQ", 1, 16, 0xFFFFFFFF, 0xFFFFFFFF)
    assert header[4:6] == central[6:8] == b"\x2d\0"
    assert header[18:26] == central[20:28] == b"\xff" * 8
    assert header[30 + 22 :].startswith(extra + b"\x35\xd9")
    assert central[46 + 22 :].startswith(extra)


def test_zip64_end_records_begin_at_the_offset_that_is_its_mark() -> None:
    before = plan([(name, 0) for name in REQUIRED]).directory
    assert b"PK\6\6" not in large(0xFFFFFFFE - before)[2]
    _, central, tail = large(0xFFFFFFFF - before)
    assert central[30:32] == b"\0\0"  # no member needs Zip64
    assert tail[-98:-94] == b"PK\6\6"
    assert struct.unpack_from("<Q", tail, len(tail) - 98 + 48)[0] == 0xFFFFFFFF
    assert tail[-6:-2] == b"\xff" * 4


def test_the_longest_central_headers_are_read() -> None:
    longest = [(f"{index:0255}", b"") for index in range(100)]
    archive = build([*PARTS, *longest], zip64_at=0)
    assert len(read_directory(archive, zip64_at=0)) == len(PARTS) + 100


# --------------------------------------------------------------------------------------- properties

WORD: Final = st.text("aZ09_", min_size=1, max_size=9)
NAME: Final = st.builds(
    lambda words, joint, ending: joint.join(words) + ending,
    st.lists(WORD, min_size=1, max_size=3),
    st.sampled_from("./"),
    st.sampled_from(["", "-1.py", ".safetensors"]),
)
DATA: Final = st.one_of(st.binary(max_size=100), st.binary(max_size=3).map(lambda b: b * 100))


@st.composite
def archives(draw: st.DrawFn) -> Parts:
    names = draw(st.lists(NAME, max_size=4, unique_by=lambda name: name.lower().split("/")[0]))
    names = [name for name in names if name not in REQUIRED]
    return [(name, draw(DATA)) for name in (*REQUIRED, *names)]


@given(archives(), st.one_of(st.just(ZIP64_AT), st.integers(0, 1000)))
def test_every_archive_is_read_back(parts: Parts, zip64_at: int) -> None:
    archive = build(parts, zip64_at=zip64_at)
    members = read_directory(archive, zip64_at=zip64_at)
    assert members == tuple(
        Member(member.name, member.offset, len(data), zlib.crc32(data))
        for member, (_, data) in zip(members, parts, strict=True)
    )
    assert parts == [
        (member.name, bytes(archive[member.offset : member.offset + member.size]))
        for member in members
    ]
    aligned = [member for member in members if member.name.endswith(".safetensors")]
    assert all(member.offset % 64 == 0 for member in aligned)


def header_bytes(archive: bytes | bytearray, zip64_at: int) -> list[int]:
    """Offsets of all bytes of an archive that are no member's data."""
    positions = set(range(len(archive)))
    for member in read_directory(archive, zip64_at=zip64_at):
        positions -= set(range(member.offset, member.offset + member.size))
    return sorted(positions)


@pytest.mark.parametrize("zip64_at", THRESHOLDS)
def test_every_flipped_bit_of_a_header_is_refused(zip64_at: int) -> None:
    archive = build(zip64_at=zip64_at)
    for position in header_bytes(archive, zip64_at):
        for bit in range(8):
            archive[position] ^= 1 << bit
            with pytest.raises(FormatError) as caught:
                read_directory(archive, zip64_at=zip64_at)
            assert caught.value.clause.startswith("2.")
            archive[position] ^= 1 << bit


@given(st.data(), archives(), st.one_of(st.just(ZIP64_AT), st.integers(0, 1000)))
def test_every_changed_byte_of_a_header_is_refused(
    data: st.DataObject, parts: Parts, zip64_at: int
) -> None:
    archive = build(parts, zip64_at=zip64_at)
    position = data.draw(st.sampled_from(header_bytes(archive, zip64_at)))
    archive[position] ^= data.draw(st.integers(1, 255))
    with pytest.raises(FormatError):
        read_directory(archive, zip64_at=zip64_at)
