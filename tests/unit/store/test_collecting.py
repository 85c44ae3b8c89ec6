"""Nothing that a version, a writer or a reader needs is collected, whatever happens in between."""

from __future__ import annotations

import itertools
import os
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.unit.store.stepping import Actor, Killed, current, run, schedules
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

from holotype.archive.reader import open_archive
from holotype.digest import sha256
from holotype.errors import ConflictError, DamagedStoreError
from holotype.store import collecting, pushing, writers
from holotype.store.collecting import collect, condemn
from holotype.store.cutting import cut
from holotype.store.packs import pack_key
from holotype.store.places.local import LocalPlace
from holotype.store.places.place import Place
from holotype.store.pushing import WRITERS, at_work, commit
from holotype.store.records import Version
from holotype.store.stored import open_stored
from holotype.store.vault import Vault

pytest.importorskip("zstandard", reason="stores need holotype[store]")


def near(array: Any, step: int) -> Any:
    """An array that is stored as the difference from this one."""
    other = array.copy()
    other[::step] *= 1 + 1e-12
    return other


FIRST, SECOND = arrays(1, size=1600), arrays(2, size=1600)
SECOND["n0"] = near(FIRST["n0"], 3)
THIRD = {**SECOND, "n0": near(SECOND["n0"], 5)}
ONE, TWO, THREE = archive(FIRST), archive(SECOND), archive(THIRD)
MIXED = archive({"n0": THIRD["n0"], "n1": SECOND["n1"], "n2": arrays(3, size=1600)["n2"]})
"""Partly in archives that were removed, as a difference from a difference, and partly new."""

KEPT = {"m@1.0.0": ONE, "keep@1.0.0": ONE}


def half_empty() -> MemoryPlace:
    """A store two of whose packs are of versions that were removed."""
    place = MemoryPlace()
    vault = new_vault(place)
    for data in (ONE, TWO, THREE):
        push(vault, "m", data)
    vault.catalog.refresh()
    assert max(b.depth for pack in vault.catalog.packs.values() for b in pack.blocks) == 2
    vault.remove("m@1.0.1")
    vault.remove("m@1.0.2")
    push(vault, "keep", ONE)
    return place


BEFORE = half_empty()


def fresh() -> MemoryPlace:
    place = MemoryPlace()
    place.content, place.clock = dict(BEFORE.content), BEFORE.clock
    return place


@pytest.fixture
def dead(monkeypatch: pytest.MonkeyPatch) -> set[str]:
    """The names of actors whose processes are taken for dead."""
    names: set[str] = set()
    monkeypatch.setattr(pushing, "this_process", lambda: current("test"))
    monkeypatch.setattr(writers, "has_ended", lambda process: process in names)
    return names


def write(data: bytes = MIXED, name: str = "m") -> Callable[[Place], Version]:
    return lambda place: push(Vault(place), name, data)


def gather(place: Place) -> Any:
    return collect(Vault(place))


def steps(*works: Callable[[Place], Any]) -> list[int]:
    """How many operations each takes when it is alone."""
    lengths = []
    for work in works:
        actor = Actor("alone", work, fresh())
        run([actor], [])
        assert actor.error is None
        lengths.append(actor.steps)
    return lengths


def settle(place: MemoryPlace, pushed: dict[str, bytes], *, more: bool = False) -> None:
    """All versions are there, also after another collection, and then nothing else is."""
    check_versions(place, pushed, more=more)
    place.clock += timedelta(hours=2)  # whoever is at work still was killed
    check_clean(place)
    check_versions(place, pushed, more=more)


# ---------------------------------------------------------------------------------- one at a time


def test_what_no_version_needs_goes_and_all_else_stays() -> None:
    place = fresh()
    told = collect(new_vault(place), dry_run=True)
    assert place.content == BEFORE.content
    done = collect(new_vault(place))
    assert (done.packs, done.freed, done.notes) == (told.packs, told.freed, told.notes)
    assert done.packs == 2
    assert done.freed > 1000
    settle(place, KEPT)
    assert collect(new_vault(place)) == collecting.Collected()


def test_a_base_stays_while_a_difference_from_it_is_needed() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    base = np.random.default_rng(0).normal(size=40_000)
    near = base.copy()
    near[::7] += 1e-9
    first, second = archive({"w": base}), archive({"w": near})
    push(vault, "m", first)
    version = push(vault, "m", second)
    assert version.added < len(second) / 2, "the second is not stored as a difference"
    vault.remove("m@1.0.0")
    assert collect(vault).packs == 0
    settle(place, {"m@1.0.1": second})


def test_a_writer_does_not_rely_on_a_difference_from_what_is_condemned(dead: set[str]) -> None:
    place = fresh()
    vault = new_vault(place)
    second = vault._read(Version, "versions/m/1.0.1.json")
    (pack,) = set(second.packs) - set(vault.find("m").packs)
    condemn(place, [pack])
    with at_work(place, vault.catalog) as work:
        names = {digest for digest, _ in _arrays(THREE)}
        known = {digest for digest in names if work.catalog.parts(digest) is not None}
        assert not known, "the arrays of the third are the second's, or differences from them"
    version = push(vault, "m", MIXED)
    assert pack not in version.packs
    settle(place, {**KEPT, str(version): MIXED})


def _arrays(data: bytes) -> list[tuple[str, int]]:
    with open_archive(data) as reader:
        return [(span.digest, span.size) for span in cut(reader) if span.dtype is not None]


def test_a_pack_of_which_little_is_needed_is_rewritten_and_still_maps() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    random = np.random.default_rng(0)
    large = random.normal(size=300_000)
    first = archive({"large": large, **{f"x{i}": random.normal(size=40_000) for i in range(30)}})
    second = archive({"large": large})
    push(vault, "m", first, level="none")
    push(vault, "other", second, level="none")
    vault.remove("m")
    done = collect(vault)
    assert (done.packs, done.rewritten) == (1, 1)
    assert done.freed > 8_000_000
    settle(place, {"other@1.0.0": second})
    vault = new_vault(place)
    with open_stored(vault.recipe(vault.find("other")), vault.catalog) as opened:
        (digest,) = [digest for digest, size in opened.named().values() if size == large.nbytes]
        mapped = opened._mapped(digest)
        assert mapped is not None
        assert mapped.tobytes() == large.tobytes()


def test_parts_in_two_packs_are_kept_once() -> None:
    place = MemoryPlace()
    vault, other = new_vault(place), new_vault(place)
    with at_work(place, vault.catalog) as work:  # knows nothing of what comes now
        push(other, "other", ONE)
        twin = MemoryPlace()
        push(new_vault(twin), "m", ONE)
        packs = {key: value for key, value in twin.content.items() if key.startswith("packs/")}
        place.content.update(packs)
        record = next(new_vault(twin).find(spec) for spec in ("m",))
        commit(work, record)
    assert collect(new_vault(place)).packs == 1
    settle(place, {"m@1.0.0": ONE, "other@1.0.0": ONE})


def test_nothing_is_deleted_while_it_is_not_known_what_a_version_needs() -> None:
    place = fresh()
    (version,) = new_vault(place).versions("keep")
    place.content.pop(pack_key(version.packs[0]))
    before = dict(place.content)
    with pytest.raises(DamagedStoreError, match=r"nothing was deleted, as .* is damaged"):
        collect(new_vault(place))
    assert place.content == before
    vault = new_vault(place)
    for spec in ("m", "keep"):
        vault.remove(spec)
    assert collect(vault).packs > 0
    check_clean(place)


def test_a_pack_that_cannot_be_read_is_named_and_stays() -> None:
    place = fresh()
    place.write(pack_key("ab" * 32), b"no pack at all")
    done = collect(new_vault(place))
    assert done.damaged == ("ab" * 32,)
    assert pack_key("ab" * 32) in place.content
    check_versions(place, KEPT)


def test_a_condemned_pack_waits_for_the_writers_that_may_rely_on_it() -> None:
    place = fresh()
    with at_work(place, new_vault(place).catalog) as work:
        done = collect(new_vault(place))
        assert done.packs == 0
        waiting, _ = done.waiting
        assert work.key in waiting.writers[0]
        assert pack_key(waiting.pack) in place.content
        with at_work(place, new_vault(place).catalog) as later:
            assert waiting.pack not in later.catalog.packs
            again, _ = collect(new_vault(place)).waiting
            assert len(again.writers) == 1
    assert collect(new_vault(place)).packs == 2
    settle(place, KEPT)


def test_what_was_condemned_and_came_to_be_needed_is_copied_first() -> None:
    place = fresh()
    vault = new_vault(place)
    _, removed = [v for v in vault.versions(removed=True) if v.removed is not None]
    with at_work(place, vault.catalog) as work:
        waiting = {each.pack for each in collect(new_vault(place)).waiting}
        record = msgspec.structs.replace(removed, version="1.0.3", removed=None)
        assert waiting < set(record.packs)
        commit(work, record)
    done = collect(new_vault(place))
    assert (done.packs, done.rewritten) == (2, 2)
    assert not {pack_key(pack) for pack in waiting} & place.content.keys()
    settle(place, {**KEPT, "m@1.0.3": THREE})


def test_a_writer_that_is_silent_for_an_hour_is_ended_and_can_do_nothing_more() -> None:
    place = fresh()
    with at_work(place, new_vault(place).catalog) as work:
        place.clock += timedelta(minutes=50)
        work.renew()
        place.clock += timedelta(minutes=50)
        assert collect(new_vault(place)).writers == 0
        place.clock += timedelta(minutes=20)
        assert collect(new_vault(place)).writers == 1
        with pytest.raises(ConflictError, match="taken for dead"):
            work.renew()
        (version,) = new_vault(place).versions("keep")
        with pytest.raises(ConflictError, match="taken for dead"):
            commit(work, msgspec.structs.replace(version, version="7.0.0"))
    settle(place, KEPT)


def test_a_version_that_was_announced_is_completed_and_its_number_is_never_given_twice() -> None:
    place = fresh()
    (version,) = new_vault(place).versions("keep")
    announced = msgspec.structs.replace(version, version="7.0.0")
    with at_work(place, new_vault(place).catalog) as work:
        work.announce(announced)
        place.clock += timedelta(hours=2)
        told = collect(new_vault(place), dry_run=True)
        assert told.writers == 1
        done = collect(new_vault(place))
        assert done.completed == ("keep@7.0.0",)
        pushing.complete(place, announced)  # what the writer does when it wakes up
        other = msgspec.structs.replace(announced, message="another")
        with pytest.raises(ConflictError):
            pushing.complete(place, other)
    settle(place, {**KEPT, "keep@7.0.0": ONE})


def test_an_intent_that_cannot_be_read_holds_everything_up_for_an_hour() -> None:
    place = fresh()
    place.write(f"{WRITERS}{'0' * 32}.json", b"{")
    assert collect(new_vault(place)).packs == 0
    place.clock += timedelta(hours=2)
    assert collect(new_vault(place)).packs == 2
    settle(place, KEPT)


def test_marks_of_packs_that_are_gone_and_notes_that_lead_nowhere_are_removed() -> None:
    place = fresh()
    condemn(place, ["cd" * 32])
    vault = new_vault(place)
    (keep,) = vault.versions("keep")
    note = f"ids/{keep.id.removeprefix('sha256:')}/keep"
    place.delete(f"{note}/1.0.0")
    place.write(f"{note}/3.0.0", b"")
    assert collect(vault).notes == 4
    assert f"{note}/1.0.0" in place.content, "a note that was missing came back"
    assert f"{note}/3.0.0" in place.content, "somebody may be about to use it"
    place.clock += timedelta(hours=2)
    assert collect(vault).notes == 1
    settle(place, KEPT)


def test_temporary_files_of_killed_writers_are_swept(tmp_path: Path) -> None:
    place = LocalPlace(tmp_path / "s", create=True)
    push(new_vault(place), "m", ONE)
    left = tmp_path / "s" / ".writing" / ("0" * 32)
    left.write_bytes(b"half")
    assert collect(new_vault(place)).files == 0
    os.utime(left, (1e9, 1e9))
    assert collect(new_vault(place)).files == 1
    assert not left.exists()
    check_clean(place)


# ------------------------------------------------------------------------------- interleaved


def test_a_writer_and_a_collector_in_any_order(dead: set[str]) -> None:
    outcomes = set()
    for turns in schedules(steps(write(), gather), 2, every=8):
        place = fresh()
        writer, collector = Actor("w", write(), place), Actor("g", gather, place)
        run([writer, collector], turns)
        assert writer.error is None, (turns, writer.error)
        assert collector.error is None, (turns, collector.error)
        done = collector.result
        outcomes.add((done.packs, done.rewritten, len(done.waiting)))
        settle(place, {**KEPT, str(writer.result): MIXED})
    assert len(outcomes) > 2, "the orders that were tried all came to the same"


def test_two_collectors_and_a_writer_in_any_order(dead: set[str]) -> None:
    lengths = steps(gather, gather, write())
    for turns in itertools.islice(schedules(lengths, 3, every=11), 0, None, 13):
        place = fresh()
        actors = [Actor("a", gather, place), Actor("b", gather, place), Actor("w", write(), place)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None] * 3, turns
        settle(place, {**KEPT, str(actors[2].result): MIXED})


@pytest.mark.parametrize("victim", ["w", "g"])
def test_whoever_is_killed_at_any_step_leaves_a_store_that_is_whole(
    dead: set[str], victim: str
) -> None:
    both = {"w": write(), "g": gather}
    other = next(name for name in both if name != victim)
    (length,) = steps(both[victim])
    for at in range(1, length + 1, 3):
        place = fresh()
        actors = {name: Actor(name, work, place) for name, work in both.items()}
        for _ in range(at):
            actors[victim].step()
        actors[victim].kill()
        dead.add(victim)
        run([actors[other]], [])
        dead.clear()
        assert isinstance(actors[victim].error, Killed)
        assert actors[other].error is None, (at, actors[other].error)
        sure = {str(actors["w"].result): MIXED} if victim == "g" else {}
        settle(place, {**KEPT, **sure}, more=victim == "w")


def test_a_writer_that_is_wrongly_taken_for_dead_loses_its_work_and_nothing_else(
    dead: set[str],
) -> None:
    dead.add("w")
    outcomes = set()
    for turns in schedules(steps(write(), gather), 2, every=6):
        if turns[0][0]:
            continue
        place = fresh()
        writer, collector = Actor("w", write(), place), Actor("g", gather, place)
        run([writer, collector], turns)
        assert collector.error is None, (turns, collector.error)
        assert writer.error is None or isinstance(writer.error, ConflictError), turns
        outcomes.add(writer.error is None)
        sure = {str(writer.result): MIXED} if writer.error is None else {}
        settle(place, {**KEPT, **sure}, more=True)
    assert outcomes == {True, False}


def test_two_writers_and_a_collector_in_any_order(dead: set[str]) -> None:
    works = (write(MIXED), write(TWO), gather)
    for turns in itertools.islice(schedules(steps(*works), 3, every=11), 0, None, 17):
        place = fresh()
        actors = [Actor(str(number), work, place) for number, work in enumerate(works)]
        run(actors, turns)
        assert [actor.error for actor in actors] == [None] * 3, turns
        first, second = (str(actor.result) for actor in actors[:2])
        assert first != second
        settle(place, {**KEPT, first: MIXED, second: TWO})


def test_a_reader_finds_what_is_moved_while_it_reads(dead: set[str]) -> None:
    before = MemoryPlace()
    vault = new_vault(before)
    model = {f"x{number}": np.random.default_rng(number).normal(size=9000) for number in range(8)}
    kept = archive({"x3": model["x3"], "x5": model["x5"]})
    push(vault, "m", archive(model), level="none")
    push(vault, "n", kept, level="none")
    vault.remove("m")

    def read(place: Place) -> bytes:
        vault = Vault(place)
        return pulled(vault, vault.find("n"))

    def copy() -> MemoryPlace:
        place = MemoryPlace()
        place.content, place.clock = dict(before.content), before.clock
        return place

    moved = 0
    for at in range(30):
        place = copy()
        reader = Actor("r", read, place)
        for _ in range(at):
            if not reader.ended:
                reader.step()
        done = collect(new_vault(place))
        assert done.rewritten == 1
        moved += not reader.ended
        run([reader], [])
        assert reader.error is None, (at, reader.error)
        assert reader.result == kept
    assert moved > 2

    place = copy()
    vault = Vault(place)
    with vault.opened("n") as opened:
        assert collect(new_vault(place)).rewritten == 1
        assert (opened.array("x3") == model["x3"]).all()
        assert opened.digest() == sha256(kept)


def test_an_open_store_goes_on_after_another_process_has_collected() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    push(vault, "m", archive(arrays(5, count=8, size=80_000)), level="none")
    push(vault, "n", archive(arrays(5, count=1, size=80_000)), level="none")
    early = new_vault(place)
    assert pulled(early, early.find("n")) == archive(arrays(5, count=1, size=80_000))
    vault.remove("m")
    assert collect(new_vault(place)).rewritten == 1
    assert pulled(early, early.find("n")) == archive(arrays(5, count=1, size=80_000))
    push(early, "n", TWO)
    settle(place, {"n@1.0.0": archive(arrays(5, count=1, size=80_000)), "n@1.0.1": TWO})
