"""A store as a whole: pushes that fail leave it as it was, and many may use it at once."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

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

from holotype import Store
from holotype.archive.reader import open_archive
from holotype.errors import (
    ConflictError,
    DamagedStoreError,
    HolotypeError,
    NotInStoreError,
    StoreError,
)
from holotype.store.names import Number
from holotype.store.records import parse, render
from holotype.store.vault import Vault
from holotype.testing.places import FaultyPlace

RANDOM = np.random.default_rng(0)


def test_numbers_go_up_by_a_patch_or_are_what_was_asked_for() -> None:
    vault = new_vault(MemoryPlace())
    told = [push(vault, "m", archive(arrays(n)), number=asked) for n, asked in enumerate(
        [None, None, "1.4.0", None, "2.0.0-rc.1", None])]  # fmt: skip
    numbers = [version.version for version in told]
    assert numbers == ["1.0.0", "1.0.1", "1.4.0", "1.4.1", "2.0.0-rc.1", "2.0.0"]
    assert [version.parent for version in told] == [None, *numbers[:-1]]
    with pytest.raises(ConflictError):
        push(vault, "m", archive(arrays(9)), number="1.4.0")
    assert [version.version for version in vault.versions("m")] == numbers


def test_a_number_stays_with_what_it_was_given_to() -> None:
    vault = new_vault(MemoryPlace())
    push(vault, "m", archive(arrays(0)))
    push(vault, "m", archive(arrays(1)))
    vault.remove("m@1.0.1", why="wrong data")
    with pytest.raises(NotInStoreError, match="wrong data"):
        vault.find("m@1.0.1")
    assert push(vault, "m", archive(arrays(2))).version == "1.0.2"
    assert [version.version for version in vault.versions("m")] == ["1.0.0", "1.0.2"]
    assert vault.find("m").version == "1.0.2"


def test_a_removed_archive_can_be_pushed_again() -> None:
    vault = new_vault(MemoryPlace())
    data = archive(arrays(0))
    push(vault, "m", data)
    vault.remove("m@1.0.0")
    version = push(vault, "m", data)
    assert version.version == "1.0.1"
    assert pulled(vault, version) == data


def test_a_version_is_found_by_its_id_and_by_its_fingerprint() -> None:
    vault = new_vault(MemoryPlace())
    version = push(vault, "m", archive(arrays(0)))
    push(vault, "other", archive(arrays(1)))
    assert vault.find(version.id) == vault.find(version.fingerprint) == version
    with pytest.raises(NotInStoreError, match="no version has"):
        vault.find("sha256:" + "0" * 64)


@pytest.mark.parametrize("error", [KeyboardInterrupt, SystemExit, StoreError, MemoryError])
@pytest.mark.parametrize("after", [False, True])
def test_a_push_that_is_interrupted_anywhere_leaves_the_store_whole(
    error: type[BaseException], after: bool
) -> None:
    before, new = archive(arrays(0)), archive({**arrays(0), "more": RANDOM.random(900)})
    for number in range(100):
        place = MemoryPlace()
        pushed = {str(push(new_vault(place), "m", before)): before}
        vault = new_vault(faulty := FaultyPlace(place, 1 << 30, after=after, error=error))
        faulty._done = 0
        faulty.fail_at = number
        try:
            push(vault, "m", new)
        except error:
            pass
        else:
            break
        check_versions(place, pushed, more=True)
        again = push(new_vault(place), "m", new)
        check_versions(place, {**pushed, str(again): new}, more=True)
    assert number > 8
    assert check_versions(place, {**pushed, "m@1.0.1": new}) is not None


def test_what_an_interrupted_push_left_behind_goes_with_gc() -> None:
    place = MemoryPlace()
    pushed = {str(push(new_vault(place), "m", data := archive(arrays(0)))): data}
    for number in range(8, 20):
        faulty = FaultyPlace(place, 1 << 30, error=KeyboardInterrupt)
        vault = new_vault(faulty)
        faulty._done, faulty.fail_at = 0, number
        try:
            version = push(vault, "m", data := archive(arrays(number)))
        except KeyboardInterrupt:
            faulty.heal()
            for found in place.list("writers/"):
                place.delete(found.key)  # as a collector does once the process has ended
        else:
            pushed[str(version)] = data
    vault = check_versions(place, pushed, more=True)
    check_clean(vault.place)


def test_many_threads_push_and_load_with_one_store(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    models = [{"shared": RANDOM.standard_normal(20_000), **arrays(n)} for n in range(20)]
    store.push("m", models[0])

    def work(number: int) -> Any:
        if number % 2:
            found = store.load("m@1.0.0", mmap=number % 4 == 1)
            return found["shared"].tobytes() == models[0]["shared"].tobytes()
        model = models[number // 2]
        version = store.push(f"m{number // 2 % 3}", model)
        store.pull(str(version), tmp_path / f"{number}.holo")
        back = store.load(str(version))
        return all((back[name] == array).all() for name, array in model.items())

    with ThreadPoolExecutor(8) as pool:
        assert all(pool.map(work, range(40)))
    assert {entry.name for entry in store.list()} == {"m", "m0", "m1", "m2"}
    assert len(store.log()) == 1 + 20
    assert not list((tmp_path / "store").glob("writers/*"))


def test_pushes_of_one_name_at_once_get_numbers_of_their_own() -> None:
    place = MemoryPlace()
    datas = [archive(arrays(n)) for n in range(12)]
    with ThreadPoolExecutor(6) as pool:
        versions = list(pool.map(lambda data: push(new_vault(place), "m", data), datas))
    assert sorted(Number(*map(int, v.version.split("."))) for v in versions) == [
        Number(1, 0, patch) for patch in range(12)
    ]
    check_versions(place, {str(v): data for v, data in zip(versions, datas, strict=True)})


def test_a_record_of_something_else_is_not_believed() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    one, two = (push(vault, "m", archive(arrays(n))) for n in range(2))
    other = archive(arrays(5, count=2, size=4_000))
    push(vault, "other", other)
    foreign = vault.find("other")
    for changes in (
        {"recipe": two.recipe},
        {"recipe": two.recipe, "recipe_size": two.recipe_size, "size": two.size},
        {"recipe_size": one.recipe_size + 1},
        {"size": one.size + 1},
        {"size": 1 << 60},
        {"id": two.id},
        {"recipe": foreign.recipe, "recipe_size": foreign.recipe_size, "size": foreign.size},
        {"recipe": "sha256:" + "0" * 64},
    ):
        forged = type(one)(**{**{f: getattr(one, f) for f in one.__struct_fields__}, **changes})
        place.write(one.key, render(forged))
        with pytest.raises(HolotypeError), new_vault(place).opened("m@1.0.0"):
            pytest.fail(str(changes))
    place.write(one.key, render(two))
    with pytest.raises(DamagedStoreError, match="something else"):
        new_vault(place).find("m@1.0.0")
    place.write(one.key, render(one))
    assert parse(type(one), place.read(one.key), one.key) == one


def test_packs_that_are_only_hints_may_be_wrong() -> None:
    place = MemoryPlace()
    version = push(new_vault(place), "m", data := archive(arrays(0)))
    hints = type(version)(
        **{**{f: getattr(version, f) for f in version.__struct_fields__}, "packs": ("0" * 64,)}
    )
    place.write(version.key, render(hints))
    assert pulled(new_vault(place), hints) == data


def test_a_store_that_is_none_is_not_opened(tmp_path: Path) -> None:
    with pytest.raises(NotInStoreError, match="no store at"):
        Store(tmp_path / "none", create=False)
    assert not (tmp_path / "none").exists()
    (tmp_path / "other").mkdir()
    (tmp_path / "other" / "thesis.txt").write_text("mine")
    with pytest.raises(StoreError):
        Store(tmp_path / "other")
    assert [found.name for found in (tmp_path / "other").iterdir()] == ["thesis.txt"]


def test_of_a_file_nothing_more_can_be_said(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    (tmp_path / "a.holo").write_bytes(archive(arrays(0)))
    with pytest.raises(TypeError, match="author"):
        store.push("m", tmp_path / "a.holo", author="me")
    assert store.push("m", tmp_path / "a.holo", message="why").message == "why"


def test_an_archive_that_is_damaged_is_not_pushed(tmp_path: Path) -> None:
    store = Store(tmp_path / "store")
    data = bytearray(archive({"a": RANDOM.standard_normal(2_000)}))
    data[len(data) // 2] ^= 1
    with pytest.raises(HolotypeError):
        store.push("m", bytes(data))
    assert store.list() == []
    assert store.usage().packs == 0


def test_a_vault_reads_as_many_bytes_as_the_change_takes() -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    assert isinstance(vault, Vault)
    data = archive({"a": RANDOM.standard_normal(50_000)})
    version = push(vault, "m", data)
    with open_archive(data) as reader:
        assert (version.id, version.size) == (reader.id, len(data))
    assert version.added == sum(found.size for found in place.list("packs/"))
