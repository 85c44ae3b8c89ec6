"""Bytes out of packs: what was asked for, no more than it takes, and nothing that is not right."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.store.stores import MemoryPlace, archive, new_vault, pulled, push

from holotype.digest import data_digest
from holotype.errors import DamagedStoreError, HolotypeError, StoreError
from holotype.store import reading
from holotype.store.catalog import Catalog
from holotype.store.moving import move
from holotype.store.packs import Base, Block, Pack, pack_key
from holotype.store.reading import Bytes, Delivery, Reader, Want
from holotype.store.vault import Vault
from holotype.testing.places import CountingPlace, FaultyPlace

RANDOM = np.random.default_rng(0)
STEPS = [RANDOM.standard_normal(60_000)]
for _ in range(4):
    STEPS.append(STEPS[-1] + 1e-13)
FEW = {f"a{n}": RANDOM.standard_normal(100) for n in range(6)}


def filled() -> tuple[MemoryPlace, Vault]:
    """Five versions of one array, each the difference from the one before; and small arrays."""
    place = MemoryPlace()
    vault = new_vault(place)
    for step in STEPS:
        push(vault, "m", archive({"w": step, **FEW}))
    return place, new_vault(place)


def known(place: Any) -> Catalog:
    catalog = Catalog(place)
    catalog.refresh()
    return catalog


def digest(array: Any) -> str:
    return data_digest(array.view(np.uint8))


def test_an_object_is_all_of_its_bytes() -> None:
    place, _ = filled()
    reader = Reader(known(place))
    for array in [*STEPS, *FEW.values()]:
        assert reader.object(digest(array)).tobytes() == array.tobytes()
    with pytest.raises(DamagedStoreError, match="has lost"):
        reader.object("sha256:" + "0" * 64)


@pytest.mark.parametrize(
    ("start", "size"), [(0, 1), (0, 480_000), (7, 100_000), (479_999, 1), (479_999, 99), (5, 0)]
)
def test_a_span_is_the_bytes_between(start: int, size: int) -> None:
    place, _ = filled()
    catalog = known(place)
    parts = catalog.parts(digest(STEPS[3]))
    assert parts is not None
    assert len(parts) > 5
    found = Reader(catalog).span(parts, start, size)
    assert found.tobytes() == STEPS[3].tobytes()[start : start + size]


def test_a_span_reads_only_what_it_touches() -> None:
    place = CountingPlace(filled()[0])
    catalog = known(place)
    parts = catalog.parts(digest(STEPS[0])) or ()
    blocks = {(w.pack, w.number): w.block for part in parts for w in catalog.places(part)}
    place.bytes_read = 0
    Reader(catalog).span(parts, 100, 50)
    first = catalog.where(parts[0])
    assert first is not None
    assert place.bytes_read == first.block.size
    assert place.bytes_read <= sum(block.size for block in blocks.values())


def test_what_is_needed_again_soon_is_not_read_again(monkeypatch: pytest.MonkeyPatch) -> None:
    place = CountingPlace(filled()[0])
    catalog = known(place)
    reader = Reader(catalog)
    reader.object(digest(FEW["a0"]))
    place.bytes_read = 0
    reader.object(digest(FEW["a1"]))
    assert place.bytes_read == 0  # they are in one block
    monkeypatch.setattr(reading, "_REMEMBERED", 1)
    reader.object(digest(STEPS[0]))
    place.bytes_read = 0
    reader.object(digest(FEW["a1"]))
    assert place.bytes_read > 0


def test_a_delivery_hands_out_every_byte_once() -> None:
    place = CountingPlace(filled()[0])
    catalog = known(place)
    arrays = [*STEPS[:1], *FEW.values()]
    got = [np.zeros(array.nbytes, np.uint8) for array in arrays]

    def sink(target: Bytes) -> Any:
        def take(offset: int, data: Bytes) -> None:
            target[offset : offset + len(data)] += data

        return take

    place.bytes_read = 0
    wants = [Want(digest(a), sink(t)) for a, t in zip(arrays, got, strict=True)]
    with Delivery(catalog, wants, verify=True) as delivery:
        delivery.wait(3)
        assert got[3].tobytes() == arrays[3].tobytes()
        assert sum(delivery.each()) == delivery.total
    assert [each.tobytes() for each in got] == [each.tobytes() for each in arrays]
    blocks = {(w.pack, w.number): w.block for a in arrays for w in catalog.places(digest(a))}
    assert place.bytes_read == sum(block.size for block in blocks.values())


def test_from_afar_neighbours_are_read_together() -> None:
    place = CountingPlace(filled()[0])
    place.place.local = False  # type: ignore[misc]
    catalog = known(place)
    noise = {f"n{n}": np.frombuffer(RANDOM.bytes(200_000), "<u8") for n in range(10)}
    vault = new_vault(place)
    push(vault, "noise", archive(noise))
    catalog.refresh()
    got = {name: np.zeros(200_000, np.uint8) for name in noise}

    def sink(target: Bytes) -> Any:
        return lambda at, data: target.__setitem__(slice(at, at + len(data)), data)

    wants = [Want(digest(array), sink(got[name])) for name, array in noise.items()]
    place.calls.clear()
    with Delivery(catalog, wants, verify=True) as delivery:
        delivery.finish()
    assert place.calls["read"] <= 2
    assert all(got[name].tobytes() == array.tobytes() for name, array in noise.items())


def test_a_changed_byte_of_any_body_is_never_handed_out() -> None:
    place, _ = filled()
    catalog = known(place)
    spoilt = 0
    for name, pack in catalog.packs.items():
        for block in pack.blocks:
            key = pack_key(name)
            data, time = place.content[key]
            where = block.offset + block.size // 2
            damaged = data[:where] + bytes([data[where] ^ 4]) + data[where + 1 :]
            place.content[key] = (damaged, time)
            reader = Reader(catalog)
            for digest_, _ in block.parts:
                with pytest.raises(DamagedStoreError):
                    reader.object(digest_)
                spoilt += 1
            place.content[key] = (data, time)
    assert spoilt > 30


def test_an_error_of_the_place_is_the_error() -> None:
    place, _ = filled()
    catalog = known(faulty := FaultyPlace(place, 1 << 30))
    faulty.fail_at = 0
    with (
        pytest.raises(StoreError, match="as it should"),
        Delivery(catalog, [Want(digest(STEPS[0]), lambda *_: None)], verify=True) as delivery,
    ):
        delivery.finish()


def test_a_pack_that_was_moved_meanwhile_is_found_again() -> None:
    place, vault = filled()
    stale = known(place)
    blocks = [(name, block) for name, pack in stale.packs.items() for block in pack.blocks]
    notes = {key: parts for pack in stale.packs.values() for key, parts in pack.objects.items()}
    assert not move(known(place), blocks, notes, place).damaged
    for name in stale.packs:
        place.delete(pack_key(name))
    assert Reader(stale).object(digest(STEPS[4])).tobytes() == STEPS[4].tobytes()
    assert pulled(vault, vault.find("m@1.0.4")) == archive({"w": STEPS[4], **FEW})


def block(depth: int, parts: tuple[tuple[str, int], ...], *base: str) -> Block:
    told = Base(0, base) if base else None
    return Block(64, 0, {"kind": "text"}, {"layer": "text"}, parts, told, depth)


def test_blocks_that_wait_for_each_other_are_refused() -> None:
    place = MemoryPlace()
    catalog = Catalog(place)
    one, two = "sha256:" + "1" * 64, "sha256:" + "2" * 64
    place.write(pack_key("p" * 64), bytes(200))
    catalog.add(Pack("p" * 64, 200, (block(1, ((one, 9),), two), block(1, ((two, 9),), one)), {}))
    with pytest.raises(HolotypeError, match="difference from what comes after"):
        Reader(catalog).object(one)
