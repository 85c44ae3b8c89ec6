"""A copy is the same version in another store, and only what is missing there travels."""

from __future__ import annotations

import threading

import msgspec
import numpy as np
import pytest
from tests.unit.store.stores import (
    MemoryPlace,
    archive,
    arrays,
    check_clean,
    check_versions,
    new_vault,
    pulled,
    push,
)

import holotype
from holotype.errors import ConflictError, DamagedStoreError, NotInStoreError
from holotype.store.collecting import collect
from holotype.store.copying import copy
from holotype.store.packs import pack_key
from holotype.store.records import render
from holotype.store.vault import Vault
from holotype.testing.places import CountingPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

RANDOM = np.random.default_rng(0)
WEIGHTS = [RANDOM.normal(size=40_000)]
for _ in range(3):
    WEIGHTS.append(WEIGHTS[-1].copy())
    WEIGHTS[-1][:: len(WEIGHTS) + 2] *= 1 + 1e-12
HISTORY = [archive({"w": w, "n": number}) for number, w in enumerate(WEIGHTS)]
NAMES = [f"m@1.0.{number}" for number in range(len(HISTORY))]


@pytest.fixture
def source() -> Vault:
    """Four versions, each the difference from the one before; and another model."""
    vault = new_vault(MemoryPlace())
    for number, data in enumerate(HISTORY):
        push(vault, "m", data, message=f"number {number}")
    push(vault, "other", archive(arrays(3)), level="none")
    vault.tag("m@1.0.2", "production")
    return vault


def deepest(vault: Vault) -> int:
    vault.catalog.refresh()
    return max(block.depth for pack in vault.catalog.packs.values() for block in pack.blocks)


def test_the_whole_store_is_copied_and_nothing_the_second_time(source: Vault) -> None:
    place = CountingPlace(MemoryPlace())
    target = new_vault(place)
    done = copy(source, None, target, tags=True)
    assert [str(version) for version in done.versions] == [*NAMES, "other@1.0.0"]
    assert done.tags == ("m@production",)
    assert target.find("m@production").version == "1.0.2"
    assert deepest(target) == deepest(source) > 1
    pushed = dict(zip(NAMES, HISTORY, strict=True)) | {"other@1.0.0": archive(arrays(3))}
    check_versions(place, pushed)
    for ours, theirs in zip(source.versions(), target.versions(), strict=True):
        same = {"packs": (), "added": 0}
        assert msgspec.structs.replace(ours, **same) == msgspec.structs.replace(theirs, **same)
    assert target.usage().stored < 1.2 * source.usage().stored
    before = place.bytes_written
    again = copy(source, None, new_vault(place), tags=True)
    assert (again.versions, again.tags, again.added) == ((), (), 0)
    assert len(again.known) == 5
    assert place.bytes_written == before
    check_clean(place)


def test_one_version_takes_along_what_it_is_a_difference_from_and_no_more(source: Vault) -> None:
    target = new_vault(MemoryPlace())
    (version,) = copy(source, "m@1.0.1", target).versions
    assert version.message == "number 1"
    assert pulled(target, target.find("m")) == HISTORY[1]
    assert {str(each) for each in target.versions()} == {"m@1.0.1"}
    assert target.usage().stored < 0.95 * source.usage().stored
    rest = copy(source, "m", target)
    assert [str(each) for each in rest.versions] == [NAMES[0], *NAMES[2:]]
    assert rest.added < target.usage().stored / 2
    check_versions(target.place, dict(zip(NAMES, HISTORY, strict=True)))
    check_clean(target.place)


def test_what_the_target_has_otherwise_is_not_sent_again(source: Vault) -> None:
    place = CountingPlace(MemoryPlace())
    target = new_vault(place)
    push(target, "mine", HISTORY[0])
    before = target.usage().stored
    done = copy(source, "m@1.0.1", target)
    assert done.added < before / 3, "the base is there, so only the difference travels"
    check_versions(place, {"mine@1.0.0": HISTORY[0], "m@1.0.1": HISTORY[1]})


def test_a_base_that_is_deeper_there_is_taken_along(source: Vault) -> None:
    target = new_vault(MemoryPlace())
    pushed = dict(zip(NAMES, HISTORY, strict=True))
    for data in reversed(HISTORY):
        pushed[str(push(target, "back", data))] = data
    assert deepest(target) > 1
    copy(source, "m", target)
    check_versions(target.place, pushed)
    check_clean(target.place)
    check_versions(target.place, pushed)
    target.remove("back@1.0.0")
    del pushed["back@1.0.0"]
    check_clean(target.place)
    check_versions(target.place, pushed)


def test_what_can_be_mapped_can_be_mapped_there_too(source: Vault) -> None:
    random = np.random.default_rng(7)
    model = {"w": random.normal(size=600_000), "v": random.normal(size=30_000)}
    push(source, "maps", archive(model), level="none")
    target = new_vault(MemoryPlace())
    copy(source, "maps", target)
    with target.opened("maps") as opened:
        for digest, size in opened.named().values():
            mapped = opened._mapped(digest)
            assert mapped is not None
            assert mapped.nbytes == size


def test_another_version_under_the_number_is_an_error_before_anything_is_written(
    source: Vault,
) -> None:
    place = MemoryPlace()
    target = new_vault(place)
    push(target, "m", archive(arrays(9)), number="1.0.3")
    before = dict(place.content)
    with pytest.raises(ConflictError, match=r"another m@1\.0\.3"):
        copy(source, None, target)
    assert place.content == before


def test_a_version_that_was_removed_there_is_not_brought_back(source: Vault) -> None:
    target = new_vault(MemoryPlace())
    copy(source, "m", target)
    target.remove("m@1.0.1")
    assert [str(v) for v in copy(source, "m", target).removed] == ["m@1.0.1"]
    with pytest.raises(ConflictError, match="was removed from"):
        copy(source, "m@1.0.1", target)
    with pytest.raises(NotInStoreError):
        target.find("m@1.0.1")


def test_what_is_not_there_cannot_be_copied(source: Vault) -> None:
    target = new_vault(MemoryPlace())
    for spec in ("nobody", "m@9.0.0", "sha256:" + "0" * 64):
        with pytest.raises(NotInStoreError):
            copy(source, spec, target)


@pytest.mark.parametrize("where", [0.2, 0.5, 0.8])
def test_damage_in_the_source_is_found_and_the_target_stays_as_it_was(
    source: Vault, where: float
) -> None:
    place = source.place
    assert isinstance(place, MemoryPlace)
    (name,) = source.find("other").packs
    data, time = place.content[pack_key(name)]
    source.catalog.refresh()
    (pack,) = [pack for pack in source.catalog.packs.values() if pack.name == name]
    block = max(pack.blocks, key=lambda block: block.size)
    at = block.offset + int(block.size * where)
    place.content[pack_key(name)] = (data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :], time)
    target = new_vault(MemoryPlace())
    push(target, "m", HISTORY[0])
    with pytest.raises(DamagedStoreError) as caught:
        copy(new_vault(place), "other", target)
    assert pack_key(name) in caught.value.keys
    check_versions(target.place, {"m@1.0.0": HISTORY[0]})
    check_clean(target.place)


def test_a_source_whose_record_lies_about_the_archive_is_not_copied(source: Vault) -> None:
    first, second = source.find(NAMES[0]), source.find("other")
    for lie in (
        msgspec.structs.replace(first, id=second.id),
        msgspec.structs.replace(first, fingerprint=second.fingerprint),
    ):
        source.place.write(first.key, render(lie))
        target = new_vault(MemoryPlace())
        with pytest.raises(DamagedStoreError):
            copy(source, NAMES[0], target)
        check_versions(target.place, {})


def test_a_collector_in_the_source_does_not_disturb(source: Vault) -> None:
    large = archive(arrays(5, count=8, size=80_000))
    push(source, "large", large, level="none")
    push(source, "small", archive(arrays(5, count=2, size=80_000)), level="none")
    source.remove("large")
    moved: list[int] = []
    lock = threading.Lock()

    class Meddled(CountingPlace):
        turn = 0

        def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
            with lock:
                if self.calls["read"] >= self.turn and not moved:
                    moved.append(collect(Vault(place)).rewritten)
            return super().read(key, start, size)

    before = source.place
    assert isinstance(before, MemoryPlace)
    for turn in range(8):
        place = MemoryPlace()
        place.content, place.clock = dict(before.content), before.clock
        moved.clear()
        Meddled.turn = turn
        target = new_vault(MemoryPlace())
        copy(Vault(Meddled(place)), "small", target)
        check_versions(target.place, {"small@1.0.0": archive(arrays(5, count=2, size=80_000))})
        assert moved == [1]


def test_the_interface_copies_between_folders(tmp_path: object) -> None:
    one, two = holotype.Store(f"{tmp_path}/one"), holotype.Store(f"{tmp_path}/two")
    one.push("m", {"w": WEIGHTS[0]}, tags=["best"])
    assert [str(v) for v in one.copy(two, "m@best", tags=True).versions] == ["m@1.0.0"]
    assert (two.load("m@best")["w"] == WEIGHTS[0]).all()
    assert one.copy(f"{tmp_path}/three").added > 0
    assert (holotype.Store(f"{tmp_path}/three").load("m")["w"] == WEIGHTS[0]).all()
