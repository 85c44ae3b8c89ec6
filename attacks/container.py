"""Tricks with the ZIP file: two readings of one file, hidden bytes, members that are not there."""

from __future__ import annotations

import gzip
import io
import struct
import tarfile
import zipfile
import zlib

from attacks.forge import blueprint, reseal
from attacks.registry import attack
from holotype.errors import FormatError

HONEST = reseal(blueprint("honest"))
END = len(HONEST) - 22
DIRECTORY = int.from_bytes(HONEST[-6:-2], "little")
ZIP64_SIZE = struct.pack("<HHQQ", 1, 16, 1 << 60, 1 << 60)


def members() -> list[tuple[str, bytes]]:
    """The honest members, to be packed in another way."""
    with zipfile.ZipFile(io.BytesIO(HONEST)) as file:
        return [(info.filename, file.read(info)) for info in file.infolist()]


def put(at: int, form: str, *values: int, data: bytes = HONEST) -> bytes:
    """``data`` with these values, packed as ``struct`` does, in the place of what is at ``at``."""
    changed = bytearray(data)
    struct.pack_into(f"<{form}", changed, at, *values)
    return bytes(changed)


def central(index: int, data: bytes = HONEST) -> int:
    """Where the central header of member ``index`` begins."""
    at = data.index(b"PK\1\2", int.from_bytes(data[-6:-2], "little"))
    for _ in range(index):
        at = data.index(b"PK\1\2", at + 46)
    return at


def local(index: int, data: bytes = HONEST) -> int:
    """Where the local header of member ``index`` begins."""
    return int.from_bytes(data[central(index, data) + 42 :][:4], "little")


def spliced(at: int, inserted: bytes) -> bytes:
    """Bytes inserted at ``at``, every offset that is stated behind them corrected."""
    data = HONEST
    for index in range(3):
        if local(index) >= at:
            data = put(central(index) + 42, "I", local(index) + len(inserted), data=data)
    data = put(END + 16, "I", DIRECTORY + len(inserted) * (at <= DIRECTORY), data=data)
    return data[:at] + inserted + data[at:]


def with_extra(name: str, instead: str) -> bytes:
    """A fourth member whose name is then changed, in both headers, to one of the same length."""
    data = reseal(blueprint("honest"), extra=[(name, b"more")])
    return data.replace(name.encode(), instead.encode("latin-1"))


def zipped(parts: list[tuple[str, bytes]] | None = None, method: int = zipfile.ZIP_STORED) -> bytes:
    """Members, those of the honest archive by default, packed by another program."""
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", method) as file:
        for name, data in parts or members():
            info = zipfile.ZipInfo(name)
            info.external_attr, info.create_system = 0o100644 << 16, 3
            file.writestr(info, data, method)
    return stream.getvalue()


# ------------------------------------------------------------------------------ other kinds of file


@attack(FormatError, "2.1")
def empty_file() -> bytes:
    """No bytes at all."""
    return b""


@attack(FormatError, "2.1")
def pickle() -> bytes:
    """A pickle that runs a command when it is loaded, named as an archive."""
    return b"cos\nsystem\n(S'echo owned'\ntR."


@attack(FormatError, "2.1")
def pickle_before_archive() -> bytes:
    """A pickle in front of an archive: one file for two loaders."""
    return b"cos\nsystem\n(S'echo owned'\ntR." + HONEST


@attack(FormatError, "2.1")
def gzip_of_archive() -> bytes:
    """A compressed archive, in the hope of a loader that unpacks whatever it gets."""
    return gzip.compress(HONEST, mtime=0)


@attack(FormatError, "2.1")
def tar_of_archive() -> bytes:
    """A tar file with a link out of the folder."""
    stream = io.BytesIO()
    with tarfile.open(fileobj=stream, mode="w") as file:
        info = tarfile.TarInfo("manifest.json")
        info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
        file.addfile(info)
    return stream.getvalue()


@attack(FormatError, "2.1")
def script_before_archive() -> bytes:
    """A shell script in front, which other ZIP readers skip."""
    return b"#!/bin/sh\necho owned\nexit\n" + HONEST


@attack(FormatError, "2.1")
def script_with_right_offsets() -> bytes:
    """The same with every offset corrected, so that the ZIP file is sound."""
    return spliced(0, b"#!/bin/sh\necho owned\nexit\n")


@attack(FormatError, "2.1")
def header_before_archive() -> bytes:
    """Bytes in front that look like the beginning of an archive."""
    return spliced(0, HONEST[:30])


# ------------------------------------------------------------------------------------- hidden bytes


@attack(FormatError, "2.11")
def trailing_byte() -> bytes:
    """One byte after the end."""
    return HONEST + b"\0"


@attack(FormatError, "2.1")
def two_archives() -> bytes:
    """A second archive after the first: which one is it?"""
    return reseal(blueprint("evil")) + HONEST


@attack(FormatError, "2.11")
def comment() -> bytes:
    """A comment after the end record."""
    return put(END + 20, "H", 5) + b"hello"


@attack(FormatError, "2.1")
def second_end_record() -> bytes:
    """A second end record inside the comment of the first, with a directory of its own."""
    return put(END + 20, "H", 22) + HONEST[-22:]


@attack(FormatError, "2.1")
def hole_between_members() -> bytes:
    """Bytes between two members that no header speaks of."""
    return spliced(local(1), b"hidden")


@attack(FormatError, "2.1")
def hole_before_directory() -> bytes:
    """Bytes between the last member and the directory."""
    return spliced(DIRECTORY, b"hidden")


@attack(FormatError, "2.1")
def hole_after_directory() -> bytes:
    """Bytes between the directory and the end record."""
    return HONEST[:-22] + b"hidden" + HONEST[-22:]


@attack(FormatError, "2.1")
def foreign_extra_field() -> bytes:
    """A Unicode path field, by which some readers give a member another name."""
    field = struct.pack("<HHBI", 0x7075, 14, 1, zlib.crc32(b"blueprint.json")) + b"other.txt"
    data = spliced(local(1) + 30 + len("blueprint.json"), field)
    return put(local(1) + 28, "H", len(field), data=data)


@attack(FormatError, "2.11")
def cut_short() -> bytes:
    """The last byte is missing."""
    return HONEST[:-1]


# ------------------------------------------------------------------------------------------ members


@attack(FormatError, "2.4")
def duplicate_member() -> bytes:
    """Two members called blueprint.json: auditors read one, loaders the other."""
    return with_extra("blueprint.txt_", "blueprint.json")


@attack(FormatError, "2.4")
def duplicate_but_for_case() -> bytes:
    """BLUEPRINT.JSON beside blueprint.json: one file where names ignore case."""
    return with_extra("blueprint.txt_", "BLUEPRINT.JSON")


@attack(FormatError, "2.1")
def overlapping_members() -> bytes:
    """Two central headers that point to one local header."""
    return put(central(1) + 42, "I", local(0))


@attack(FormatError, "2.3")
def manifest_not_first() -> bytes:
    """The members in another order."""
    return zipped(members()[::-1])


@attack(FormatError, "2.3")
def member_missing() -> bytes:
    """No parameters."""
    return zipped(members()[:2])


@attack(FormatError, "2.4")
def name_climbs_out() -> bytes:
    """A member that would be extracted over another file."""
    return with_extra("aa/aa/etc/passwd", "../../etc/passwd")


@attack(FormatError, "2.4")
def name_is_absolute() -> bytes:
    """A member with an absolute name."""
    return with_extra("xetc/passwd", "/etc/passwd")


@attack(FormatError, "2.4")
def name_with_backslash() -> bytes:
    """A folder for Windows, a letter for all others."""
    return with_extra("source/x", "source\\x")


@attack(FormatError, "2.4")
def name_of_a_drive() -> bytes:
    """A name that begins with a drive."""
    return with_extra("C_x.py", "C:x.py")


@attack(FormatError, "2.4")
def name_with_nul() -> bytes:
    """A name that ends early for programs in C."""
    return with_extra("card.md_.exe", "card.md\0.exe")


@attack(FormatError, "2.4")
def name_not_ascii() -> bytes:
    """A letter that looks like another one."""
    return with_extra("card_md.md", "card\xb5md.md")


@attack(FormatError, "2.4")
def name_of_a_folder() -> bytes:
    """A member that is a folder."""
    return with_extra("source_", "source/")


@attack(FormatError, "2.4")
def name_inside_a_file() -> bytes:
    """A member inside another member."""
    return reseal(blueprint(1), extra=[("a", b""), ("b/c", b"")]).replace(b"b/c", b"a/c")


@attack(FormatError, "2.4")
def name_hidden() -> bytes:
    """A name that begins with a dot."""
    return with_extra("xgit/config", ".git/config")


# ------------------------------------------------------------------------------------------ headers


@attack(FormatError, "2.5")
def compressed() -> bytes:
    """Deflated members: a bomb can hide in them."""
    return zipped(method=zipfile.ZIP_DEFLATED)


@attack(FormatError, "2.5")
def compressed_says_only_the_local_header() -> bytes:
    """Readers that go by local headers would inflate what others take as it is."""
    return put(local(1) + 8, "H", 8)


@attack(FormatError, "2.5")
def encrypted() -> bytes:
    """The flag of encryption, in both headers."""
    return put(central(1) + 8, "H", 1, data=put(local(1) + 6, "H", 1))


@attack(FormatError, "2.5")
def data_descriptor() -> bytes:
    """Sizes that are said to follow the data."""
    return put(central(1) + 8, "H", 8, data=put(local(1) + 6, "H", 8))


@attack(FormatError, "2.6")
def local_name_differs() -> bytes:
    """The local header gives the member another name than the directory."""
    at = local(1) + 30
    return HONEST[:at] + b"BLUEPRINT.json" + HONEST[at + 14 :]


@attack(FormatError, "2.5")
def local_size_differs() -> bytes:
    """The local header states another size than the directory."""
    return put(local(1) + 18, "II", 3, 3)


@attack(FormatError, "2.12")
def checksum_differs() -> bytes:
    """The two headers state different CRC-32."""
    return put(local(1) + 14, "I", 12345)


@attack(FormatError, "2.8")
def symbolic_link() -> bytes:
    """A member that would be extracted as a link."""
    return put(central(1) + 38, "I", 0o120777 << 16)


@attack(FormatError, "2.10")
def other_disk() -> bytes:
    """An archive that goes on in another file."""
    return put(END + 4, "HH", 1, 1)


@attack(FormatError, "2.8")
def made_by_another_program() -> bytes:
    """A sound ZIP file of the right members in another layout, such as a careless tool writes."""
    return zipped().replace(struct.pack("<I", 0o100644 << 16), struct.pack("<I", 0o100600 << 16))


@attack(FormatError, "2.1")
def parameters_not_aligned() -> bytes:
    """Array data at an offset that cannot be mapped."""
    return zipped()


# ------------------------------------------------------------------------------------- huge numbers


@attack(FormatError, "2.1")
def huge_size() -> bytes:
    """A member of two gigabytes in a file of one kilobyte."""
    data = put(local(2) + 18, "II", 1 << 31, 1 << 31)
    return put(central(2) + 20, "II", 1 << 31, 1 << 31, data=data)


@attack(FormatError, "2.9")
def huge_size_by_zip64() -> bytes:
    """A member of an exabyte, stated by Zip64."""
    at = central(2)
    data = put(at + 4, "HH", 0x32D, 45)
    data = put(at + 20, "II", 0xFFFFFFFF, 0xFFFFFFFF, data=data)
    data = put(at + 30, "H", len(ZIP64_SIZE), data=data)
    size = int.from_bytes(HONEST[-10:-6], "little") + len(ZIP64_SIZE)
    data = put(END + 12, "I", size, data=data)
    return data[:END] + ZIP64_SIZE + data[END:]


@attack(FormatError, "2.3")
def too_many_members() -> bytes:
    """65,535 members, of which three are there."""
    return put(END + 8, "HH", 0xFFFF, 0xFFFF)


@attack(FormatError, "2.1")
def directory_outside() -> bytes:
    """A directory that begins behind the end of the file."""
    return put(END + 16, "I", 0xFFFFFFFE)


@attack(FormatError, "2.9")
def zip64_directory_elsewhere() -> bytes:
    """An end record that sends the reader to a Zip64 record, which is not there."""
    return put(END + 16, "I", 0xFFFFFFFF)
