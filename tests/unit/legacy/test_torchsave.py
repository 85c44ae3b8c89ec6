"""What torch wrote before ZIP files, made here by hand: pickles and raw storages in turn."""

from __future__ import annotations

import io
import pickle
import struct
import tarfile
from typing import Any

import pytest

from holotype.legacy.files import read_bytes
from holotype.legacy.symbols import Call, Persistent
from holotype.legacy.torchsave import MAGIC

STORAGE = b"(X\x07\x00\x00\x00storagectorch\n%s\nX\x01\x00\x00\x00%sX\x03\x00\x00\x00cpuK\x03tQ"


def stream(*storages: tuple[str, str, bytes], keys: Any = None) -> bytes:
    """A file of these (type, key, elements)."""
    first = [pickle.dumps(value, 2) for value in (MAGIC, 1001, {"little_endian": True})]
    references = b"".join(STORAGE % (kind.encode(), key.encode()) for kind, key, _ in storages)
    listed = pickle.dumps([key for _, key, _ in storages] if keys is None else keys, 2)
    raw = b"".join(data for _, _, data in storages)
    return b"".join(first) + b"\x80\x02(" + references + b"l." + listed + raw


def raw(count: int, size: int) -> bytes:
    return struct.pack("<q", count) + bytes(range(count * size))


def test_storages_are_found_by_their_keys_and_sizes() -> None:
    data = stream(("FloatStorage", "a", raw(3, 4)), ("LongStorage", "b", raw(2, 8)))
    part = read_bytes(data)
    assert (part.formats, part.problems) == (["torch-stream"], [])
    assert {key: bytes(value) for key, value in part.storages.items()} == {
        "a": bytes(range(12)),
        "b": bytes(range(16)),
    }
    first, second = part.pickles[3].value
    assert type(first) is type(second) is Persistent
    assert (first.pid[2], second.pid[2]) == ("a", "b")


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (stream(("FloatStorage", "a", raw(3, 4)[:-1])), "ends inside a storage"),
        (stream(("FloatStorage", "a", struct.pack("<q", -1))), "ends inside a storage"),
        (stream(("FloatStorage", "a", struct.pack("<q", 1 << 62))), "ends inside a storage"),
        (stream(("FloatStorage", "a", b"")), "ends inside"),
        (stream(("EvilStorage", "a", raw(3, 4))), "a type that is not known"),
        (stream(("FloatStorage", "a", raw(3, 4)), keys=["b"]), "nothing refers to"),
        (stream(("FloatStorage", "a", raw(3, 4)), keys=["a", "a"]), "nothing refers to"),
        (stream(("FloatStorage", "a", raw(3, 4)), keys="a"), "no list"),
        (stream(("FloatStorage", "a", raw(3, 4))) + b"more", "4 bytes follow"),
    ],
)
def test_a_stream_that_is_not_sound_has_a_problem(data: bytes, problem: str) -> None:
    assert any(problem in text for text in read_bytes(data).problems)


def tarred(storages: bytes, tensors: bytes, program: bytes = b"\x80\x02N.") -> bytes:
    target = io.BytesIO()
    with tarfile.open(fileobj=target, mode="w") as file:
        for name, data in (("storages", storages), ("tensors", tensors), ("pickle", program)):
            info = tarfile.TarInfo(name)
            info.size = len(data)
            file.addfile(info, io.BytesIO(data))
    return target.getvalue()


def storages_of(*elements: bytes) -> bytes:
    head = pickle.dumps(len(elements), 2)
    each = b"".join(
        b"\x80\x02(K%cX\x03\x00\x00\x00cpuctorch\nFloatStorage\nt." % (index + 1) + data
        for index, data in enumerate(elements)
    )
    return head + each + pickle.dumps([], 2)


def tensors_of(dimensions: int) -> bytes:
    tensor = pickle.dumps((1, 1, "type"), 2)
    shape = struct.pack("<i4x", dimensions) + bytes(16 * dimensions + 8)
    return pickle.dumps(1, 2) + tensor + shape


def test_the_tar_layout_is_read() -> None:
    part = read_bytes(tarred(storages_of(raw(3, 4), raw(1, 4)), tensors_of(2)))
    assert part.problems == []
    assert part.formats == ["tar", "torch-tar"]
    assert {key: len(value) for key, value in part.storages.items()} == {"1": 12, "2": 4}
    assert all(member.problems == [] for member in part.members)


@pytest.mark.parametrize(
    ("storages", "tensors"),
    [
        (storages_of(raw(3, 4)[:-1]), tensors_of(1)),
        (storages_of(raw(3, 4)) + b"x", tensors_of(1)),
        (pickle.dumps("many"), tensors_of(1)),
        (pickle.dumps(1) + pickle.dumps(2), tensors_of(1)),
        (storages_of(), tensors_of(1)[:-1]),
        (storages_of(), tensors_of(1) + b"x"),
        (storages_of(), pickle.dumps(1) + pickle.dumps(1) + struct.pack("<i4x", -1)),
        (storages_of(), pickle.dumps(1 << 60)),
    ],
)
def test_a_tar_layout_that_is_not_sound_has_a_problem(storages: bytes, tensors: bytes) -> None:
    part = read_bytes(tarred(storages, tensors))
    assert [problem for member in part.members for problem in member.problems]


def test_calls_in_a_stream_are_symbols() -> None:
    data = stream().replace(b"\x80\x02(l.", b"\x80\x02cos\ngetcwd\n)R.")
    assert type(read_bytes(data).pickles[3].value) is Call
