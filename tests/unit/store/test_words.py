"""Seals and notes are there as long as a version has need of them, whoever collects meanwhile."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Iterable
from typing import Any

import pytest
from tests.unit.store.stepping import Actor, run, schedules
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
from holotype.archive.seals import MAX_SEALS, sealed_bytes
from holotype.errors import LimitError
from holotype.store.collecting import collect
from holotype.store.copying import copy
from holotype.store.places.place import Place
from holotype.store.records import Note, Version, parse, seals_prefix
from holotype.store.vault import Vault
from holotype.store.words import add_seals

pytest.importorskip("zstandard", reason="stores need holotype[store]")

MODEL = arrays(1, count=1)
PLAIN = archive(MODEL)
SAID = holotype.dumps(MODEL, metadata={"said": "otherwise"})  # the same model, another archive
OTHER = archive(arrays(2, count=1))
SEAL, SECOND = b'{"a seal": 1}', b'{"a seal": 2}'
with open_archive(PLAIN) as _reader:
    ID = _reader.id
SEALED = sealed_bytes(PLAIN, [SEAL], ID)


def words(place: MemoryPlace) -> list[str]:
    return sorted(key for key in place.content if key.startswith(("seals/", "notes/")))


def store(*, removed: bool = True) -> MemoryPlace:
    """A version that was sealed after it was pushed, and of which was said something more."""
    place = MemoryPlace()
    vault = new_vault(place)
    push(vault, "keep", OTHER)
    for data in (PLAIN, SEALED, SAID):
        assert str(push(vault, "m", data)) == "m@1.0.0"
    assert [key.partition("/")[0] for key in words(place)] == ["notes", "seals"]
    if removed:
        vault.remove("m")
    return place


def copied(place: MemoryPlace) -> MemoryPlace:
    other = MemoryPlace()
    other.content, other.clock = dict(place.content), place.clock
    return other


# ---------------------------------------------------------------------------------- one at a time


def test_seals_and_notes_of_a_removed_version_go_and_those_of_others_stay() -> None:
    place = store()
    vault = new_vault(place)
    keep = vault.find("keep")
    vault.add_seals(keep, [SECOND])
    told = collect(vault, dry_run=True)
    assert len(words(place)) == 3
    done = collect(vault)
    assert told.words == done.words == 2
    assert [bytes(place.read(key)) for key in words(place)] == [SECOND]
    assert collect(vault).words == 0
    assert vault.seals(keep) == [SECOND]


def test_seals_stay_as_long_as_another_name_has_the_same_archive() -> None:
    place = store(removed=False)
    vault = new_vault(place)
    twin = push(vault, "twin", PLAIN)
    vault.remove("m")
    assert collect(vault).words == 1, "the note is of the version that was removed"
    assert vault.seals(twin) == [SEAL]
    assert pulled(vault, twin) == SEALED
    vault.remove("twin")
    assert collect(vault).words == 1
    assert words(place) == []


def test_seals_where_they_stood_in_older_stores_are_read_and_collected() -> None:
    place = store(removed=False)
    vault = new_vault(place)
    version = vault.find("m")
    key = f"{seals_prefix(ID)}{hashlib.sha256(SECOND).hexdigest()}.json"
    place.write(key, SECOND)
    assert sorted(vault.seals(version)) == [SEAL, SECOND]
    vault.remove("m")
    assert collect(vault).words == 3
    assert key not in place.content


def test_what_belongs_to_no_version_that_is_known_is_left_alone() -> None:
    place = store(removed=False)
    place.delete("versions/m/1.0.0.json")  # lost, and perhaps mended some time
    before = words(place)
    place.write(f"seals/{'0' * 64}/readme.txt", b"not ours")
    assert collect(new_vault(place)).words == 0
    assert words(place) == [*before[:-1], f"seals/{'0' * 64}/readme.txt", before[-1]]


def test_a_seal_that_is_damaged_under_one_name_is_read_under_another() -> None:
    place = store(removed=False)
    vault = new_vault(place)
    version = vault.find("m")
    push(vault, "twin", SEALED)
    seals = [key for key in words(place) if key.startswith("seals/")]
    assert len(seals) == 2
    for key in seals:
        whole = place.content[key]
        place.write(key, b"{}")
        assert vault.seals(version) == [SEAL]
        place.content[key] = whole
    for key in seals:
        place.write(key, b"{}")
    assert vault.seals(version) == [b"{}"], "who verifies is to see that there was one"


def test_more_seals_than_an_archive_may_have_are_an_error() -> None:
    place = store(removed=False)
    vault = new_vault(place)
    version = vault.find("m")
    vault.add_seals(version, [b"%d" % number for number in range(MAX_SEALS - 1)])
    assert len(vault.seals(version)) == MAX_SEALS
    vault.add_seals(version, [b"one more"])
    with pytest.raises(LimitError, match="more seals"):
        vault.seals(version)


# ------------------------------------------------------------------------------- interleaved


def gather(place: Place) -> Any:
    return collect(Vault(place))


def anew(name: str) -> Callable[[Place], Version]:
    """Push the archive of a removed version again, and then with the seal that it had."""

    def work(place: Place) -> Version:
        first = push(Vault(place), name, PLAIN)
        assert push(Vault(place), name, SEALED) == first
        push(Vault(place), name, SAID)
        return first

    return work


SOURCE = store(removed=False)


def bring(place: Place) -> Version:
    """The version comes back from another store, under a name that is free here."""
    other = copied(SOURCE)
    version = push(new_vault(other), "back", PLAIN)
    copy(new_vault(other), str(version), Vault(place))
    return version


def lengths(place: MemoryPlace, *works: Callable[[Place], Any]) -> list[int]:
    found = []
    for work in works:
        actor = Actor("alone", work, copied(place))
        run([actor], [])
        assert actor.error is None
        found.append(actor.steps)
    return found


def check_sealed(place: MemoryPlace, version: Version, notes: Iterable[str] = ()) -> None:
    """That a version has its seal, also after another collection, and that nothing else is left."""
    for _ in range(2):
        vault = new_vault(place)
        assert vault.seals(version) == [SEAL]
        assert pulled(vault, version) == SEALED
        assert [note.version for note in vault.notes(version)] == list(notes)
        check_clean(place)
    living = {str(each) for each in new_vault(place).versions()}
    for key in words(place):
        if key.startswith("notes/"):
            note = parse(Note, place.read(key), key)
            assert f"{note.name}@{note.version}" in living
        else:
            assert key.startswith(seals_prefix(ID))


@pytest.mark.parametrize("name", ["m", "another"])
def test_an_archive_that_is_pushed_again_while_its_seals_are_collected_has_them(name: str) -> None:
    before = store()
    work = anew(name)
    went = set()
    for turns in schedules(lengths(before, work, gather), 2, every=4):
        place = copied(before)
        actors = [Actor("w", work, place), Actor("g", gather, place)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None, None], turns
        version = actors[0].result
        went.add(actors[1].result.words)
        check_sealed(place, version, [version.version])
    assert went == {1, 2}, "the orders that were tried all came to the same"


def test_a_sealed_archive_that_is_copied_here_while_its_seals_are_collected_has_them() -> None:
    before = store()
    went = set()
    for turns in schedules(lengths(before, bring, gather), 2, every=4):
        place = copied(before)
        actors = [Actor("w", bring, place), Actor("g", gather, place)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None, None], turns
        went.add(actors[1].result.words)
        check_sealed(place, actors[0].result)
    assert went == {1, 2}


def test_two_collectors_that_are_late_take_no_seal_that_came_anew() -> None:
    before = store()
    works = (gather, gather, anew("m"))
    for turns in list(schedules(lengths(before, *works), 3, every=7))[::11]:
        place = copied(before)
        actors = [Actor(str(number), work, place) for number, work in enumerate(works)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None] * 3, turns
        check_sealed(place, actors[2].result, [actors[2].result.version])


def test_a_seal_is_not_collected_while_one_of_two_names_is_removed() -> None:
    before = store(removed=False)
    twin = push(new_vault(before), "twin", PLAIN)

    def remove(place: Place) -> None:
        Vault(place).remove("m")

    def seal(place: Place) -> None:
        add_seals(place, twin, [SEAL])

    works = (remove, gather, seal)
    for turns in schedules(lengths(before, *works), 2, every=2):
        place = copied(before)
        actors = [Actor(str(number), work, place) for number, work in enumerate(works)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None] * 3, turns
        check_sealed(place, twin)
