"""A scrub finds whatever is damaged, says whom it hits, and mends it from another store."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import msgspec
import numpy as np
import numpy.typing as npt
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
from holotype.errors import DamagedStoreError, StoreError
from holotype.store.copying import copy
from holotype.store.mending import scrub
from holotype.store.packs import PackWriter, pack_key
from holotype.store.scrubbing import STATE
from holotype.store.vault import Vault
from holotype.testing.places import CountingPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

RANDOM = np.random.default_rng(1)
BASE = RANDOM.normal(size=40_000)
NEAR = BASE.copy()
NEAR[::9] *= 1 + 1e-12
PUSHED = {
    "m@1.0.0": archive({"w": BASE}),
    "m@1.0.1": archive({"w": NEAR}),
    "other@1.0.0": archive(arrays(4)),
}


@pytest.fixture
def place() -> MemoryPlace:
    place = MemoryPlace()
    vault = new_vault(place)
    for name, data in PUSHED.items():
        push(vault, name.partition("@")[0], data)
    vault.tag("m@1.0.1", "production")
    return place


@pytest.fixture
def backup(place: MemoryPlace) -> Vault:
    target = new_vault(MemoryPlace())
    copy(new_vault(place), None, target, tags=True)
    return target


def packs_of(place: MemoryPlace, spec: str) -> list[str]:
    """The packs of a version that no version before it needs."""
    vault = new_vault(place)
    before = {pack for v in vault.versions() if str(v) < spec for pack in v.packs}
    return [pack for pack in vault.find(spec).packs if pack not in before]


def flip(place: MemoryPlace, key: str, at: int) -> None:
    data, time = place.content[key]
    at %= len(data)
    place.content[key] = (data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :], time)


def middle(place: MemoryPlace, name: str) -> int:
    """In the middle of the largest block of a pack."""
    vault = new_vault(place)
    vault.catalog.refresh()
    block = max(vault.catalog.packs[name].blocks, key=lambda block: block.size)
    return block.offset + block.size // 2


# ------------------------------------------------------------------------------------ looking


@pytest.mark.parametrize("deep", [False, True])
def test_a_sound_store_is_sound_and_nothing_is_changed(place: MemoryPlace, deep: bool) -> None:
    before = dict(place.content)
    told: list[tuple[int, int]] = []
    found = scrub(new_vault(place), deep=deep, progress=lambda *args: told.append(args))
    assert found.sound
    assert found.damaged == ()
    assert (found.packs, found.versions, found.records) == (3, 3, 5)
    assert found.bytes == new_vault(place).usage().stored == told[-1][0] == told[-1][1]
    assert (found.blocks > 0) == deep
    assert place.content == before


def test_every_byte_of_a_pack_is_looked_at(place: MemoryPlace) -> None:
    (name,) = packs_of(place, "other@1.0.0")
    size = len(place.content[pack_key(name)][0])
    for at in [*range(0, size, size // 40), size - 1]:
        flip(place, pack_key(name), at)
        (damage,) = scrub(new_vault(place)).damaged
        assert damage.key == pack_key(name)
        flip(place, pack_key(name), at)
    assert scrub(new_vault(place)).sound


def test_the_versions_that_are_hit_are_named_also_through_differences(place: MemoryPlace) -> None:
    (base,) = packs_of(place, "m@1.0.0")
    flip(place, pack_key(base), middle(place, base))
    (damage,) = scrub(new_vault(place)).damaged
    assert damage.versions == ("m@1.0.0", "m@1.0.1")
    flip(place, pack_key(base), middle(place, base))
    (near,) = packs_of(place, "m@1.0.1")
    flip(place, pack_key(near), middle(place, near))
    (damage,) = scrub(new_vault(place)).damaged
    assert damage.versions == ("m@1.0.1",)
    flip(place, pack_key(near), middle(place, near))
    flip(place, pack_key(near), 20)  # in the head, which no version needs
    (damage,) = scrub(new_vault(place)).damaged
    assert damage.versions == ()


def test_a_pack_that_is_missing_or_cut_short_is_found(place: MemoryPlace) -> None:
    (name,) = packs_of(place, "other@1.0.0")
    whole = place.content[pack_key(name)]
    place.content[pack_key(name)] = (whole[0][:-100], whole[1])
    (damage,) = scrub(new_vault(place)).damaged
    assert (damage.key, damage.versions) == (pack_key(name), ("other@1.0.0",))
    del place.content[pack_key(name)]
    (damage,) = scrub(new_vault(place)).damaged
    assert (damage.key, damage.versions) == ("versions/other/1.0.0.json", ("other@1.0.0",))


def test_a_record_that_is_none_is_found_and_does_not_hide_the_others(place: MemoryPlace) -> None:
    (name,) = packs_of(place, "other@1.0.0")
    flip(place, pack_key(name), middle(place, name))
    place.write("versions/m/1.0.1.json", b"{}")
    place.write("tags/m/old.json", b"")
    found = scrub(new_vault(place))
    assert {damage.key for damage in found.damaged} == {
        pack_key(name),
        "versions/m/1.0.1.json",
        "tags/m/old.json",
        "tags/m/production.json",
    }


def test_only_a_deep_scrub_sees_a_pack_that_was_written_wrong(place: MemoryPlace) -> None:
    vault = new_vault(place)
    vault.catalog.refresh()
    (name,) = packs_of(place, "other@1.0.0")
    pack = vault.catalog.packs[name]
    writer = PackWriter()
    for block in pack.blocks:
        body = bytearray(place.read(pack_key(name), block.offset, block.size))
        body[len(body) // 2] ^= 1
        writer.add(block, (bytes(body),))
    wrong = writer.finish(place)
    writer.close()
    place.delete(pack_key(name))
    shallow = scrub(new_vault(place)).damaged
    assert pack_key(wrong.name) not in {damage.key for damage in shallow}
    (damage,) = scrub(new_vault(place), deep=True).damaged
    assert (damage.key, damage.versions) == (pack_key(wrong.name), ("other@1.0.0",))


# ----------------------------------------------------------------------------------- resuming


class Stopping(CountingPlace):
    """Somebody presses Ctrl-C while the pack of this number is read."""

    stop_at = 10**9
    seen: list[str]

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        self.seen.append(key)
        if len(self.seen) > self.stop_at:
            raise KeyboardInterrupt
        super().read_into(key, start, target)


def many() -> Iterator[tuple[str, bytes]]:
    for number in range(30):
        yield f"m{number}", archive(arrays(number, count=1))


def test_a_scrub_that_was_stopped_goes_on_where_it_was() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    for name, data in many():
        push(vault, name, data)
    names = sorted(key for key in place.content if key.startswith("packs/"))
    flip(place, names[3], 100)
    stopping = Stopping(place)
    stopping.seen, stopping.stop_at = [], 20
    with pytest.raises(KeyboardInterrupt):
        scrub(Vault(stopping))
    assert STATE in place.content
    stopping.seen, stopping.stop_at = [], 10**9
    found = scrub(Vault(stopping))
    assert found.resumed
    assert found.packs == len(names)
    assert 10 <= len(stopping.seen) < 25
    assert [damage.key for damage in found.damaged] == [names[3]], "what it found before counts"
    assert STATE not in place.content
    stopping.seen = []
    assert not scrub(Vault(stopping)).resumed
    assert len(stopping.seen) == len(names)


def test_a_scrub_begins_anew_where_that_is_asked_for_or_the_state_is_of_no_use() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    for name, data in many():
        push(vault, name, data)
    stopping = Stopping(place)
    for state in (None, b"{", b"x" * (2 << 20)):
        stopping.seen, stopping.stop_at = [], 20
        with pytest.raises(KeyboardInterrupt):
            scrub(Vault(stopping))
        if state is not None:
            place.write(STATE, state)
        stopping.seen, stopping.stop_at = [], 10**9
        found = scrub(Vault(stopping), resume=state is not None)
        assert not found.resumed
        assert len(stopping.seen) == 30


def test_a_store_that_one_may_only_read_can_be_scrubbed(place: MemoryPlace) -> None:
    class ReadOnly(CountingPlace):
        def write(self, *_: object) -> None:  # type: ignore[override]
            raise StoreError("read-only")

        def delete(self, key: str) -> None:
            raise StoreError("read-only")

    assert scrub(Vault(ReadOnly(place))).packs == 3


# ------------------------------------------------------------------------------------ mending


@pytest.mark.parametrize("spec", ["m@1.0.0", "m@1.0.1", "other@1.0.0"])
@pytest.mark.parametrize("how", ["flipped", "index", "gone", "head"])
def test_a_damaged_pack_is_replaced(place: MemoryPlace, backup: Vault, spec: str, how: str) -> None:
    (name,) = packs_of(place, spec)
    if how == "gone":
        del place.content[pack_key(name)]
    else:
        at = {"flipped": middle(place, name), "index": -80, "head": 20}[how]
        flip(place, pack_key(name), at)
    before = backup.place.content.copy()  # type: ignore[attr-defined]
    found = scrub(new_vault(place), from_=backup)
    assert found.damaged
    assert found.sound, found.damaged
    assert found.source == backup.place.url
    assert backup.place.content == before  # type: ignore[attr-defined]
    assert pack_key(name) not in place.content
    check_versions(place, PUSHED)
    assert scrub(new_vault(place), deep=True).damaged == ()
    check_clean(place)
    check_versions(place, PUSHED)


def test_everything_is_replaced_at_once(place: MemoryPlace, backup: Vault) -> None:
    for key in [key for key in place.content if key.startswith("packs/")]:
        flip(place, key, len(place.content[key][0]) // 2)
    place.write("versions/m/1.0.1.json", b"?")
    place.delete("versions/other/1.0.0.json")
    place.write("tags/m/production.json", b"?")
    found = scrub(new_vault(place), from_=backup)
    assert found.sound, found.damaged
    vault = check_versions(place, PUSHED)
    assert vault.find("m@production").version == "1.0.1"
    check_clean(place)


def test_what_the_other_store_does_not_have_stays_damaged_and_is_named(place: MemoryPlace) -> None:
    other = new_vault(MemoryPlace())
    push(other, "m", PUSHED["m@1.0.0"])
    (good,) = packs_of(place, "m@1.0.0")
    (bad,) = packs_of(place, "other@1.0.0")
    for name in (good, bad):
        flip(place, pack_key(name), middle(place, name))
    found = scrub(new_vault(place), from_=other)
    assert not found.sound
    left = {damage.key: damage.versions for damage in found.damaged if not damage.repaired}
    assert left[pack_key(bad)] == ("other@1.0.0",)
    assert pack_key(bad) in place.content
    vault = new_vault(place)
    assert pulled(vault, vault.find("m@1.0.0")) == PUSHED["m@1.0.0"]
    with pytest.raises(DamagedStoreError):
        pulled(vault, vault.find("other"))


def test_the_other_store_is_not_believed_either(place: MemoryPlace, backup: Vault) -> None:
    (name,) = packs_of(place, "other@1.0.0")
    del place.content[pack_key(name)]
    theirs = backup.place
    assert isinstance(theirs, MemoryPlace)
    for key in [key for key in theirs.content if key.startswith("packs/")]:
        flip(theirs, key, 100)
        flip(theirs, key, len(theirs.content[key][0]) // 3)
    found = scrub(new_vault(place), from_=backup)
    assert not found.sound


def test_a_writer_at_work_is_not_disturbed_by_mending(place: MemoryPlace, backup: Vault) -> None:
    from holotype.store.pushing import at_work, commit

    (name,) = packs_of(place, "other@1.0.0")
    flip(place, pack_key(name), 20)
    vault = new_vault(place)
    version = vault.find("other")
    with at_work(place, vault.catalog) as work:
        assert name in work.catalog.packs
        assert scrub(new_vault(place), from_=backup).sound
        commit(work, msgspec.structs.replace(version, version="1.0.1"))
    pushed = {**PUSHED, "other@1.0.1": PUSHED["other@1.0.0"]}
    check_versions(place, pushed)
    check_clean(place)
    check_versions(place, pushed)


def test_the_report_says_who_when_and_what(tmp_path: Path) -> None:
    store = holotype.Store(tmp_path / "one")
    store.push("m", {"w": BASE})
    store.copy(tmp_path / "two")
    (pack,) = (tmp_path / "one" / "packs").rglob("??*" + "?" * 60)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.write_bytes(data)
    path = tmp_path / "report.json"
    found = holotype.Store(tmp_path / "one").scrub(source=tmp_path / "two", report=path)
    assert found.sound
    report = json.loads(path.read_bytes())
    assert report["store"] == str(tmp_path / "one")
    assert report["source"] == str(tmp_path / "two")
    assert report["damaged"][0]["repaired"] is True
    assert report["damaged"][0]["versions"] == ["m@1.0.0"]
    assert {"by", "begun", "ended", "packs", "bytes", "deep", "format"} <= report.keys()
    assert path.read_bytes() == msgspec.json.encode(report, order="sorted") + b"\n"
    assert (holotype.Store(tmp_path / "one").load("m")["w"] == BASE).all()
