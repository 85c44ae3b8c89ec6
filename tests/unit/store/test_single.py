"""Compressed archives: every function opens one, the file comes back, damage and bombs do not."""

from __future__ import annotations

import hashlib
import io
import json
import struct
import tracemalloc
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import zstandard
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from tests.unit.store.stores import archive

import holotype
from holotype import Store
from holotype.archive.reader import open_archive
from holotype.archive.seals import sealed_bytes
from holotype.digest import data_digest
from holotype.errors import ArchiveError, DigestError, FormatError, HolotypeError, SealError
from holotype.store.cutting import cut
from holotype.store.recipes import make_recipe
from holotype.store.single import ending
from holotype.store.texts import unzip_text, zip_text

X, Y = load_iris(return_X_y=True)
FOREST = RandomForestClassifier(30, random_state=0).fit(X, Y)


@pytest.fixture(scope="module")
def pair(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path]:
    """An archive, and the same one compressed."""
    folder = tmp_path_factory.mktemp("pair")
    holotype.dump(FOREST, folder / "plain.holo", probe=X, author="somebody")
    holotype.compress(folder / "plain.holo", folder / "small.holo")
    return folder / "plain.holo", folder / "small.holo"


@pytest.mark.parametrize("level", ["fast", "balanced", "small"])
def test_the_archive_comes_back_byte_by_byte(
    pair: tuple[Path, Path], tmp_path: Path, level: str
) -> None:
    plain, _ = pair
    told = holotype.compress(plain, tmp_path / "c", level=level)
    size = (tmp_path / "c").stat().st_size
    assert (told.size, told.compressed) == (plain.stat().st_size, size)
    assert size < told.size / 4
    assert holotype.decompress(tmp_path / "c", tmp_path / "d").id == told.id
    assert (tmp_path / "d").read_bytes() == plain.read_bytes()


def test_every_function_opens_it(pair: tuple[Path, Path]) -> None:
    plain, small = pair
    for source in (small, small.read_bytes(), io.BytesIO(small.read_bytes())):
        assert (holotype.load(source).predict_proba(X) == FOREST.predict_proba(X)).all()
    found = holotype.load(small, mmap=True, verify=False, check="full")
    assert (found.predict_proba(X) == FOREST.predict_proba(X)).all()
    assert holotype.fingerprint(small) == holotype.fingerprint(plain)
    assert holotype.verify(small).ok
    assert holotype.verify(small).id == holotype.verify(plain).id
    assert holotype.show(small).id == holotype.show(plain).id
    assert holotype.card(small.read_bytes()) == holotype.card(plain.read_bytes())
    assert type(holotype.doctor(small)) is type(holotype.doctor(plain))


def test_one_may_be_compressed_again_and_pushed(pair: tuple[Path, Path], tmp_path: Path) -> None:
    plain, small = pair
    holotype.compress(small, tmp_path / "c", level="fast")
    holotype.decompress(tmp_path / "c", tmp_path / "d")
    assert (tmp_path / "d").read_bytes() == plain.read_bytes()
    store = Store(tmp_path / "store")
    assert store.push("m", small) == store.push("m", plain)
    store.pull("m", tmp_path / "e")
    assert (tmp_path / "e").read_bytes() == plain.read_bytes()


def test_a_target_that_cannot_be_written_stays(pair: tuple[Path, Path], tmp_path: Path) -> None:
    plain, small = pair
    target = tmp_path / "t"
    target.write_bytes(b"old")
    with pytest.raises(FormatError):
        holotype.decompress(plain, target)
    damaged = bytearray(plain.read_bytes())
    damaged[len(damaged) // 2] ^= 1
    with pytest.raises(ArchiveError):
        holotype.compress(bytes(damaged), target)
    spoilt = bytearray(small.read_bytes())
    spoilt[len(spoilt) // 3] ^= 1
    with pytest.raises(ArchiveError):
        holotype.decompress(bytes(spoilt), target)
    with pytest.raises(ValueError, match="level is one of"):
        holotype.compress(plain, target, level="none")
    assert [found.name for found in tmp_path.iterdir()] == ["t"]
    assert target.read_bytes() == b"old"


def test_every_damaged_region_is_seen(pair: tuple[Path, Path], tmp_path: Path) -> None:
    """Or changes nothing: zstd has bits that say nothing, such as how large a window would do."""
    data = pair[1].read_bytes()
    random = np.random.default_rng(0)
    seen = 0
    checked = [
        *range(12),
        *random.integers(64, len(data), 60),
        *range(len(data) - 64, len(data)),
    ]
    for where in map(int, checked):
        damaged = data[:where] + bytes([data[where] ^ 0x20]) + data[where + 1 :]
        try:
            holotype.decompress(damaged, tmp_path / "d")
        except HolotypeError:
            seen += 1
        else:
            assert (tmp_path / "d").read_bytes() == pair[0].read_bytes()
    assert seen > len(checked) - 5
    for size in (0, 1, 8, 64, 128, len(data) // 2, len(data) - 1):
        with pytest.raises((HolotypeError, ValueError)):
            holotype.loads(data[:size])


def pack(blocks: list[Any], bodies: bytes, archive_: Any, objects: Any = ()) -> bytes:
    """A compressed archive of these blocks."""
    told = {"blocks": blocks, "objects": dict(objects), "archive": archive_}
    text = json.dumps({key: value for key, value in told.items() if value is not None}).encode()
    index = zip_text(text)
    head = b"holopack" + struct.pack("<I", 1) + bytes(52)
    digest = hashlib.sha256(index).digest()
    end = struct.pack("<QQQ32s8s", 64 + len(bodies), len(index), len(text), digest, b"holopack")
    return head + bodies + index + end


def texts(*contents: bytes, sizes: dict[int, int] | None = None) -> tuple[list[Any], bytes]:
    """Blocks of texts, and their bodies."""
    blocks, bodies = [], b""
    for place, content in enumerate(contents):
        body = zip_text(content)
        size = (sizes or {}).get(place, len(content))
        form = [{"kind": "text"}, {"layer": "text"}]
        parts = [[data_digest(np.frombuffer(content, np.uint8)), size]]
        blocks.append([64 + len(bodies), len(body), *form, parts, None, 0])
        bodies += body
    return blocks, bodies


def whole(data: bytes) -> tuple[bytes, bytes]:
    """A recipe of an archive that is all rest, and its digest."""
    recipe = make_recipe(memoryview(data), [])
    return recipe, data_digest(np.frombuffer(recipe, np.uint8))


DATA = archive({"a": np.arange(1000.0)})


def test_a_compressed_archive_made_by_the_letter_of_the_format_is_read() -> None:
    recipe, digest = whole(DATA)
    found = holotype.loads(pack(*texts(recipe), [digest, len(DATA)]))
    assert found["a"].tolist() == list(range(1000))


# ------------------------------------------------------------------------------------------ seals

SEALS = [b'{"seal": %d}' % number for number in range(3)]


def id_of(data: bytes) -> str:
    return holotype.show(data).id


def given_back(data: bytes, folder: Path) -> bytes:
    """The archive that a compressed one holds."""
    holotype.decompress(data, folder / "back")
    return (folder / "back").read_bytes()


def index(data: bytes) -> Any:
    """What a pack says of itself."""
    start, stored, raw = struct.unpack_from("<QQQ", data, len(data) - 64)
    return json.loads(unzip_text(data[start : start + stored], raw))


def test_seals_are_those_that_the_archive_would_have(
    pair: tuple[Path, Path], tmp_path: Path
) -> None:
    plain, small = (path.read_bytes() for path in pair)
    once = sealed_bytes(small, SEALS[:1], id_of(plain), ending)
    assert given_back(once, tmp_path) == sealed_bytes(plain, SEALS[:1], id_of(plain))
    one = two = once
    for seal in SEALS:
        one = sealed_bytes(one, [seal], id_of(plain), ending)
    for seal in reversed(SEALS):
        two = sealed_bytes(two, [seal, seal], id_of(plain), ending)
    assert one == two
    assert given_back(one, tmp_path) == sealed_bytes(plain, SEALS, id_of(plain))
    assert holotype.show(one).id == id_of(plain)


def test_no_block_changes_but_that_of_the_recipe(pair: tuple[Path, Path]) -> None:
    small = pair[1].read_bytes()
    sealed = sealed_bytes(small, SEALS, id_of(small), ending)
    before, after = index(small), index(sealed)
    assert after["blocks"][:-1] == before["blocks"][:-1]
    assert after["objects"] == before["objects"]
    end = before["blocks"][-1][0]
    assert sealed[:end] == small[:end]
    assert len(sealed) - len(small) < 1000


def cut_up(data: bytes) -> tuple[bytes, bytes]:
    """A recipe of an archive with one array, and the array, which is its one object."""
    with open_archive(data) as reader:
        (span,) = (span for span in cut(reader) if span.name == "a")
    array = data[span.offset : span.offset + span.size]
    digest = data_digest(np.frombuffer(array, np.uint8))
    return make_recipe(memoryview(data), [(digest, span.offset, span.size)]), array


@pytest.mark.parametrize("order", ["first", "last", "between", "with others"])
def test_the_recipe_may_stand_anywhere(order: str, tmp_path: Path) -> None:
    recipe, array = cut_up(DATA)
    waste = b"nothing of this archive"
    contents = {
        "first": (recipe, array),
        "last": (array, recipe),
        "between": (waste, recipe, array),
        "with others": (recipe + array,),
    }
    blocks, bodies = texts(*contents[order])
    if order == "with others":
        blocks[0][4] = [
            [data_digest(np.frombuffer(each, np.uint8)), len(each)] for each in (recipe, array)
        ]
    digest = data_digest(np.frombuffer(recipe, np.uint8))
    data = pack(blocks, bodies, [digest, len(DATA)])
    assert given_back(data, tmp_path) == DATA
    for seals in (SEALS[:1], SEALS):
        data = sealed_bytes(data, seals, id_of(DATA), ending)
        assert given_back(data, tmp_path) == sealed_bytes(DATA, seals, id_of(DATA))
        assert len(index(data)["blocks"]) == 2  # no old recipe stays by itself


def test_what_is_no_such_archive_takes_no_seal(pair: tuple[Path, Path]) -> None:
    small = pair[1].read_bytes()
    with pytest.raises(DigestError, match="replaced by another"):
        sealed_bytes(small, SEALS, id_of(DATA), ending)
    recipe, _ = whole(DATA)
    for data in (small[:-1], small[:-70] + small[-69:], pack(*texts(recipe), None)):
        with pytest.raises(FormatError):
            sealed_bytes(data, SEALS, id_of(small), ending)
    with pytest.raises(SealError, match="64 seals"):
        sealed_bytes(small, [b"%d" % n for n in range(65)], id_of(small), ending)


def test_an_object_in_the_place_of_a_seal_is_refused() -> None:
    """A recipe that has a seal of zeros as an object: it would be written over."""
    sealed = sealed_bytes(DATA, [bytes(300)], id_of(DATA))
    with open_archive(sealed) as reader:
        (seal,) = reader.sealed
    zeros = data_digest(np.zeros(300, np.uint8))
    recipe = make_recipe(memoryview(sealed), [(zeros, seal.offset, 300)])
    digest = data_digest(np.frombuffer(recipe, np.uint8))
    data = pack(*texts(recipe, bytes(300)), [digest, len(sealed)])
    assert id_of(data) == id_of(DATA)
    with pytest.raises(FormatError, match="objects where its seals are"):
        sealed_bytes(data, SEALS, id_of(DATA), ending)


def refused(data: bytes, most: int = 32 << 20) -> None:
    tracemalloc.start()
    try:
        with pytest.raises(HolotypeError):
            holotype.loads(data)
        assert tracemalloc.get_traced_memory()[1] < most
    finally:
        tracemalloc.stop()


def test_a_pack_of_a_store_is_no_archive() -> None:
    recipe, _ = whole(DATA)
    refused(pack(*texts(recipe), None))


def test_what_it_says_of_itself_must_hold() -> None:
    recipe, digest = whole(DATA)
    for archive_ in (
        ["sha256:" + "0" * 64, len(DATA)],
        [digest, len(DATA) + 1],
        [digest, -1],
        [digest, 0],
        [digest, 1 << 62],
        [digest, 1 << 70],
        [digest, "9"],
        [digest],
    ):
        refused(pack(*texts(recipe), archive_))


def test_no_differences_are_followed() -> None:
    recipe, digest = whole(DATA)
    blocks, bodies = texts(recipe, b"x" * 99)
    blocks[0][5:] = [[0, [blocks[1][4][0][0]]], 1]
    refused(pack(blocks, bodies, [digest, len(DATA)]))


def test_a_recipe_that_unpacks_to_far_more_than_the_archive_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(400 << 20))
    digest = "sha256-tree:" + "1" * 64
    block = [64, len(bomb), {"kind": "text"}, {"layer": "text"}, [[digest, 400 << 20]], None, 0]
    refused(pack([block], bomb, [digest, 10_000]))


def test_an_object_larger_than_its_place_is_not_unpacked() -> None:
    bomb = zstandard.ZstdCompressor().compress(bytes(400 << 20))
    large = "sha256-tree:" + "1" * 64
    head = json.dumps(
        {"format": 1, "segments": [len(DATA) - 2000, [large, 1000], 1000], "size": len(DATA)}
    ).encode()
    rest = DATA[:-2000] + DATA[-1000:]
    recipe = struct.pack("<Q", len(head)) + head + rest
    blocks, bodies = texts(recipe)
    told = [[large, 400 << 20]]
    blocks.append([64 + len(bodies), len(bomb), {"kind": "text"}, {"layer": "text"}, told, None, 0])
    digest = data_digest(np.frombuffer(recipe, np.uint8))
    refused(pack(blocks, bodies + bomb, [digest, len(DATA)]))
    many = {"sha256:" + "2" * 64: [blocks[0][4][0][0]] * 100_000}
    refused(pack(blocks, bodies + bomb, ["sha256:" + "2" * 64, len(DATA)], many))


def test_a_file_that_only_begins_like_one_is_refused() -> None:
    for data in (b"holopack", b"holopack" + bytes(200), b"holopack" * 30):
        with pytest.raises(FormatError):
            holotype.loads(data)


def test_it_is_no_zip_file(pair: tuple[Path, Path]) -> None:
    assert zipfile.is_zipfile(pair[0])
    assert not zipfile.is_zipfile(pair[1])
