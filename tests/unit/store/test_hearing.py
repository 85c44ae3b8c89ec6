"""A scrub sees what is wrong with seals and notes, and brings them from another store."""

from __future__ import annotations

import hashlib

import pytest
from tests.unit.store.stores import (
    MemoryPlace,
    archive,
    arrays,
    check_clean,
    new_vault,
    pulled,
    push,
)

import holotype
from holotype.archive.reader import open_archive
from holotype.archive.seals import MAX_SEAL, MAX_SEALS, sealed_bytes
from holotype.errors import StoreError
from holotype.store.copying import copy
from holotype.store.findings import Damage
from holotype.store.mending import scrub
from holotype.store.places.place import Condition, Found
from holotype.store.records import id_key, seal_key, seals_prefix
from holotype.store.vault import Vault
from holotype.testing.places import CountingPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

MODEL = arrays(1, count=1)
PLAIN = archive(MODEL)
SAID = holotype.dumps(MODEL, metadata={"said": "otherwise"})  # the same model, another archive
SEALS = [b'{"a seal": 1}', b'{"a seal": 2}']
with open_archive(PLAIN) as _reader:
    ID = _reader.id
SEALED = sealed_bytes(PLAIN, SEALS, ID)


@pytest.fixture
def place() -> MemoryPlace:
    """Two names of an archive that was sealed twice, and of which was said something more."""
    place = MemoryPlace()
    vault = new_vault(place)
    for name in ("m", "twin"):
        push(vault, name, PLAIN)
    vault.add_seals(vault.find("m"), SEALS)
    push(vault, "m", SAID, message="the same, once more")
    push(vault, "other", archive(arrays(2, count=1)))
    return place


@pytest.fixture
def backup(place: MemoryPlace) -> Vault:
    target = new_vault(MemoryPlace())
    copy(new_vault(place), None, target)
    return target


def keys_of(place: MemoryPlace, kind: str) -> list[str]:
    return sorted(key for key in place.content if key.startswith(kind))


def check_whole(place: MemoryPlace) -> None:
    vault = new_vault(place)
    for name in ("m", "twin"):
        assert pulled(vault, vault.find(name)) == SEALED
    (note,) = vault.notes(vault.find("m"))
    assert note.message == "the same, once more"
    assert scrub(vault).damaged == ()
    check_clean(place)


def test_seals_and_notes_that_are_sound_count_as_records(place: MemoryPlace) -> None:
    before = dict(place.content)
    found = scrub(new_vault(place))
    assert found.damaged == ()
    assert found.records == 1 + 3 + 2 + 1
    assert place.content == before


def test_damage_is_seen_and_the_versions_that_it_hits_are_named(place: MemoryPlace) -> None:
    seal, _ = keys_of(place, "seals/")
    (note,) = keys_of(place, "notes/")
    place.write(seal, b'{"another": 0}')
    (damage,) = scrub(new_vault(place)).damaged
    assert damage == Damage(
        key=seal, problem="its SHA-256 is not its name", versions=("m@1.0.0", "twin@1.0.0")
    )
    for content in (
        b"{",
        place.content[note][0].replace(b"otherwise", b"something"),
        place.content[note][0].replace(b"1.0.0", b"1.0.1"),
        b"x" * (2 << 20),
    ):
        place.write(note, content)
        assert [each.versions for each in scrub(new_vault(place)).damaged if each.key == note] == [
            ("m@1.0.0",)
        ]
    place.write(seal, b"x" * (MAX_SEAL + 1))
    assert f"more than {MAX_SEAL} bytes" in scrub(new_vault(place)).damaged[1].problem


def test_what_was_of_removed_versions_is_not_looked_at(place: MemoryPlace) -> None:
    for key in keys_of(place, "seals/") + keys_of(place, "notes/"):
        place.write(key, b"rotten")
    vault = new_vault(place)
    vault.remove("m")
    assert {damage.versions for damage in scrub(vault).damaged} == {("twin@1.0.0",)}
    vault.remove("twin")
    assert scrub(vault).damaged == ()


@pytest.mark.parametrize("how", ["damaged", "missing"])
def test_what_is_damaged_or_missing_comes_back_and_the_report_says_so(
    place: MemoryPlace, backup: Vault, how: str
) -> None:
    keys = keys_of(place, "seals/") + keys_of(place, "notes/")
    assert len(keys) == 3
    for key in keys:
        if how == "damaged":
            place.write(key, b"rotten")
        else:
            place.delete(key)
    before = backup.place.content.copy()  # type: ignore[attr-defined]
    found = scrub(new_vault(place), from_=backup)
    assert found.sound
    assert all(damage.repaired for damage in found.damaged)
    problems = {damage.problem for damage in found.damaged}
    assert ("it is missing" in problems) == (how == "missing")
    hit = sorted(damage.versions for damage in found.damaged)
    assert hit == [("m@1.0.0",), *[("m@1.0.0", "twin@1.0.0")] * 2]
    assert backup.place.content == before  # type: ignore[attr-defined]
    check_whole(place)
    assert scrub(new_vault(place), from_=backup).damaged == ()


def test_the_words_of_a_version_whose_record_was_lost_come_with_it(
    place: MemoryPlace, backup: Vault
) -> None:
    for key in keys_of(place, "seals/") + keys_of(place, "notes/"):
        place.delete(key)
    place.delete("versions/m/1.0.0.json")
    place.write("versions/twin/1.0.0.json", b"?")
    assert scrub(new_vault(place), from_=backup).sound
    check_whole(place)


def test_a_damaged_seal_is_replaced_from_another_version_here(place: MemoryPlace) -> None:
    vault = new_vault(place)
    vault.add_seals(vault.find("twin"), SEALS)
    other = new_vault(MemoryPlace())  # which has none of it
    for key in keys_of(place, "seals/")[:2]:
        place.write(key, b"rotten")
    assert not scrub(vault).sound
    assert scrub(vault, from_=other).sound
    check_whole(place)


def test_what_the_other_store_does_not_have_or_has_damaged_stays_so(
    place: MemoryPlace, backup: Vault
) -> None:
    theirs = backup.place
    assert isinstance(theirs, MemoryPlace)
    first, second = keys_of(place, "seals/")
    (note,) = keys_of(place, "notes/")
    place.write(first, b"rotten")
    place.write(note, b"rotten")
    place.delete(second)
    for key in keys_of(theirs, "seals/") + keys_of(theirs, "notes/"):
        theirs.write(key, b"rotten too")
    found = scrub(new_vault(place), from_=backup)
    assert [(damage.key, damage.repaired) for damage in found.damaged] == [
        (note, False),
        (first, False),
    ]
    assert place.content[first][0] == b"rotten"
    assert second not in place.content


def test_nothing_comes_for_a_version_that_only_the_other_store_has_or_that_was_removed(
    place: MemoryPlace, backup: Vault
) -> None:
    more = push(backup, "more", archive(arrays(3, count=1)))
    other = backup.find("other")
    backup.add_seals(more, [b"{}"])
    backup.add_seals(other, [b"{}"])
    vault = new_vault(place)
    vault.remove("other")
    before = keys_of(place, "seals/")
    assert scrub(vault, from_=backup).damaged == ()
    assert keys_of(place, "seals/") == before


def test_another_archive_under_the_same_number_gives_nothing(place: MemoryPlace) -> None:
    other = new_vault(MemoryPlace())
    impostor = push(other, "m", archive(arrays(9, count=1)))
    other.add_seals(impostor, [b"{}"])
    (real,) = new_vault(place).versions("m")
    content = b'{"made": "up"}'
    name = hashlib.sha256(content).hexdigest()
    other.place.write(seal_key(real, f"{name}.json"), content)
    other.place.write(id_key(real.id, "m", "1.0.0"), b"")
    assert scrub(new_vault(place), from_=other).damaged == ()


def test_a_store_that_lies_does_not_make_a_version_unreadable(
    place: MemoryPlace, backup: Vault
) -> None:
    backup.add_seals(backup.find("m"), [b"%d" % number for number in range(60)])
    backup.add_seals(backup.find("m"), [b"%d" % number for number in range(60, 99)])
    found = scrub(new_vault(place), from_=backup)
    assert found.sound
    vault = new_vault(place)
    assert len(vault.seals(vault.find("m"))) == MAX_SEALS
    assert set(SEALS) < set(vault.seals(vault.find("m")))


def test_what_cannot_be_written_is_not_called_mended(place: MemoryPlace, backup: Vault) -> None:
    class Full(CountingPlace):
        def write(self, key: str, data: object, condition: Condition = None) -> Found:
            if key.startswith(seals_prefix(ID)):
                raise StoreError("the disk is full")
            return super().write(key, data, condition)  # type: ignore[arg-type]

    lost, _ = keys_of(place, "seals/")
    place.delete(lost)
    (damage,) = scrub(Vault(Full(place)), from_=backup).damaged
    assert (damage.key, damage.repaired) == (lost, False)
