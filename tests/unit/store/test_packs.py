"""Packs: their bytes, read here by the letter of the format; and what is no pack."""

from __future__ import annotations

import hashlib
import json
import struct
from contextlib import closing
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
import zstandard
from tests.unit.store.stores import MemoryPlace

from holotype.errors import DamagedStoreError, NotInStoreError, StoreError
from holotype.store import packs
from holotype.store.forms import items, plain
from holotype.store.packs import (
    MAX_BLOCK,
    Base,
    Block,
    Content,
    New,
    Pack,
    PackWriter,
    pack_key,
    read_pack,
)
from holotype.store.texts import zip_text

DIGESTS = ["sha256:" + digit * 64 for digit in "abcdef"]
DATA = np.arange(100, dtype="<i8").view(np.uint8)


def block(digest: str, made: Any, size: int, **more: Any) -> Block:
    return Block(0, 0, made.form, made.coded, ((digest, size),), **more)


def written(place: MemoryPlace) -> Pack:
    """A pack of a block as it is, of a coded one, and of an object made of both."""
    raw, coded = plain(DATA, np.dtype("<i8")), items(DATA, np.dtype("<i8"), "balanced")
    with closing(PackWriter()) as writer:
        assert writer.empty
        writer.add(block(DIGESTS[0], coded, 800), coded.bodies)
        writer.take(New(block(DIGESTS[1], raw, 800), raw.bodies, align=True))
        writer.take(New(None, digest=DIGESTS[2], parts=(DIGESTS[0], DIGESTS[1])))
        assert not writer.empty
        return writer.finish(place)


def test_its_bytes_are_what_the_format_says() -> None:
    place = MemoryPlace()
    pack = written(place)
    data = place.read(pack_key(pack.name))
    assert pack.name == hashlib.sha256(data).hexdigest()
    assert pack_key(pack.name) == f"packs/{pack.name[:2]}/{pack.name}"
    assert data[:16] == b"holopack" + struct.pack("<I", 1) + bytes(4)
    assert data[48:64] == bytes(16)
    offset, stored, raw, digest, magic = struct.unpack("<QQQ32s8s", data[-64:])
    index = data[offset : offset + stored]
    assert (magic, offset + stored + 64) == (b"holopack", len(data))
    assert digest == hashlib.sha256(index).digest()
    text = zstandard.ZstdDecompressor().decompress(index)
    assert len(text) == raw
    told = json.loads(text)
    assert told.keys() == {"blocks", "objects"}
    assert told["objects"] == {DIGESTS[2]: DIGESTS[:2]}
    first, second = told["blocks"]
    assert first[0] == 64
    assert second[:2] == [-(-(64 + first[1]) // 64) * 64, 800]
    assert second[2:4] == [
        {"kind": "items", "dtype": "<i8"},
        {"codec": 1, "layer": "raw", "order": "C"},
    ]
    assert second[4:] == [[[DIGESTS[1], 800]], None, 0]
    assert data[second[0] : second[0] + 800] == DATA.tobytes()


def test_it_is_read_as_it_was_written() -> None:
    place = MemoryPlace()
    pack = written(place)
    assert read_pack(place, pack.name) == pack == read_pack(place, pack.name, pack.size)


def test_no_two_packs_are_equal() -> None:
    place = MemoryPlace()
    assert written(place).name != written(place).name


def test_an_index_larger_than_what_is_read_at_first_is_read() -> None:
    place = MemoryPlace()
    made = plain(DATA, np.dtype("<i8"))
    with closing(PackWriter()) as writer:
        for number in range(2_000):
            name = "sha256:" + hashlib.sha256(struct.pack("<I", number)).hexdigest()
            writer.add(block(name, made, 800), made.bodies)
        pack = writer.finish(place)
    assert pack.size - pack.blocks[-1].offset > 1 << 16
    assert read_pack(place, pack.name) == pack


def test_a_pack_that_is_gone_is_no_damaged_one() -> None:
    with pytest.raises(NotInStoreError):
        read_pack(MemoryPlace(), "0" * 64)


def test_every_changed_byte_of_index_and_end_is_seen() -> None:
    place = MemoryPlace()
    pack = written(place)
    key = pack_key(pack.name)
    data = place.read(key)
    (offset,) = struct.unpack("<Q", data[-64:-56])
    for where in [*range(12), *range(offset, len(data))]:
        place.write(key, data[:where] + bytes([data[where] ^ 0x10]) + data[where + 1 :])
        with pytest.raises(DamagedStoreError, match="is no pack") as caught:
            read_pack(place, pack.name)
        assert caught.value.keys == (key,)


@pytest.mark.parametrize("cut", [0, 1, 63, 64, 65, 200, -64, -1])
def test_a_pack_that_was_cut_is_none(cut: int) -> None:
    place = MemoryPlace()
    pack = written(place)
    key = pack_key(pack.name)
    place.write(key, place.read(key)[:cut])
    with pytest.raises(DamagedStoreError, match="is no pack"):
        read_pack(place, pack.name)


def forged(index: Any, *, bodies: bytes = bytes(1000), raw: int | None = None) -> bytes:
    """A pack of bodies from 64 on, with this index, hashed and compressed as it must be."""
    text = index if isinstance(index, bytes) else json.dumps(index).encode()
    told = zip_text(text)
    head = b"holopack" + struct.pack("<I", 1) + bytes(52)
    digest = hashlib.sha256(told).digest()
    size = len(text) if raw is None else raw
    end = struct.pack("<QQQ32s8s", 64 + len(bodies), len(told), size, digest, b"holopack")
    return head + bodies + told + end


def read_forged(data: bytes) -> Pack:
    place = MemoryPlace()
    place.write(pack_key("0" * 64), data)
    return read_pack(place, "0" * 64)


def told_block(*changes: tuple[int, Any]) -> list[Any]:
    told: list[Any] = [64, 10, {"kind": "text"}, {"layer": "text"}, [[DIGESTS[0], 10]], None, 0]
    for place, value in changes:
        told[place] = value
    return told


def index_of(*blocks: Any) -> dict[str, Any]:
    return {"blocks": blocks, "objects": {}}


def test_a_forged_index_that_is_sound_is_read() -> None:
    pack = read_forged(forged(index_of(told_block(), told_block((0, 74)))))
    assert [each.offset for each in pack.blocks] == [64, 74]
    base = [0, [DIGESTS[1]]]
    assert read_forged(forged(index_of(told_block((5, base), (6, 1))))).blocks[0].base == Base(
        0, (DIGESTS[1],)
    )


@pytest.mark.parametrize(
    "index",
    [
        b"",
        b"null",
        b"[" * 200_000,
        b'{"blocks":[[64,10,' + b'{"a":' * 50_000,
        {"blocks": []},
        {"blocks": [], "objects": {}, "more": 1},
        {"blocks": [], "objects": {"a": "b"}},
        index_of(told_block((0, 63))),
        index_of(told_block((0, -1))),
        index_of(told_block((1, -1))),
        index_of(told_block((1, 1001))),
        index_of(told_block((0, 1 << 70))),
        index_of(told_block(), told_block()),
        index_of(told_block((0, 100)), told_block()),
        index_of(told_block((4, []))),
        index_of(told_block((4, [[DIGESTS[0], -1]]))),
        index_of(told_block((4, [[DIGESTS[0], MAX_BLOCK + 1]]))),
        index_of(told_block((4, [[DIGESTS[0], MAX_BLOCK], [DIGESTS[1], MAX_BLOCK]]))),
        index_of(told_block((6, 1))),
        index_of(told_block((5, [0, [DIGESTS[1]]]))),
        index_of(told_block((5, [0, [DIGESTS[1]]]), (6, 65))),
        index_of(told_block((5, [0, [DIGESTS[1]]]), (6, -1))),
        index_of(told_block((5, [-1, [DIGESTS[1]]]), (6, 1))),
        index_of(told_block((5, [0, []]), (6, 1))),
        index_of(told_block()[:4]),
        index_of([*told_block(), 1]),
    ],
)
def test_an_index_that_does_not_agree_with_itself_is_refused(index: Any) -> None:
    with pytest.raises(DamagedStoreError, match="is no pack"):
        read_forged(forged(index))


def test_an_index_that_unpacks_to_far_more_is_refused() -> None:
    bomb = b'{"blocks":[],"objects":{' + b" " * (64 << 20) + b"}}"
    with pytest.raises(DamagedStoreError, match="larger than an index can be"):
        read_forged(forged(bomb))
    with pytest.raises(DamagedStoreError, match="is no pack"):
        read_forged(forged(index_of(), raw=1 << 60))


def test_a_pack_of_another_version_is_not_read() -> None:
    data = bytearray(forged(index_of(told_block())))
    data[8] = 2
    with pytest.raises(DamagedStoreError, match="of this version"):
        read_forged(bytes(data))


def test_nothing_is_written_that_could_not_be_read(monkeypatch: pytest.MonkeyPatch) -> None:
    made = plain(DATA, np.dtype("<i8"))
    place = MemoryPlace()
    with closing(PackWriter()) as writer:
        with pytest.raises(StoreError, match="more than can be read"):
            writer.add(block(DIGESTS[0], made, MAX_BLOCK + 1), made.bodies)
        writer.add(block(DIGESTS[0], made, 800), made.bodies)
        monkeypatch.setattr(packs, "_MAX_INDEX", 100)
        with pytest.raises(StoreError, match="more arrays"):
            writer.finish(place)
    assert not place.content


def test_a_pack_that_is_an_archive_says_so(tmp_path: Path) -> None:
    made = plain(DATA, np.dtype("<i8"))
    target = tmp_path / "one"
    with closing(PackWriter()) as writer:
        writer.add(block(DIGESTS[0], made, 800), made.bodies)
        size = writer.save(str(target), Content(DIGESTS[0], 800))
    data = target.read_bytes()
    assert len(data) == size
    assert read_forged(data).archive == Content(DIGESTS[0], 800)


def test_blocks_are_small_structs() -> None:
    told = msgspec.json.decode(msgspec.json.encode(told_block()), type=Block)
    assert msgspec.json.encode(told) == msgspec.json.encode(told_block())
