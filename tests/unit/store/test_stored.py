"""Archives in a store, opened like files: the same arrays, mapped where they can be."""

from __future__ import annotations

import io
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from tests.unit.store.stores import MemoryPlace, archive, new_vault, push

import holotype
from holotype import Store
from holotype.archive.reader import open_archive
from holotype.digest import sha256
from holotype.errors import (
    DamagedStoreError,
    DigestError,
    HolotypeError,
    LimitError,
    NotInStoreError,
)
from holotype.restore.native import checked_blueprint
from holotype.store import stored
from holotype.store.packs import pack_key
from holotype.store.recipes import Recipe
from holotype.store.stored import open_stored, save
from holotype.testing.places import CountingPlace

RANDOM = np.random.default_rng(0)
MODEL: dict[str, Any] = {
    "large": RANDOM.standard_normal((1000, 300)),
    "columns": np.asfortranarray(RANDOM.standard_normal((200, 100))),
    "small": np.arange(10.0),
    "empty": np.empty((0, 4)),
    "also empty": np.empty(0, "<i2"),
    "truth": RANDOM.random(5_000) < 0.5,
    "point": np.array(7),
    "zeros": np.zeros(9_999),
}


def same(one: Any, other: Any) -> bool:
    return one.keys() == other.keys() and all(
        (a.dtype, a.shape, a.tobytes(), a.flags.f_contiguous)
        == (b.dtype, b.shape, b.tobytes(), b.flags.f_contiguous)
        for a, b in zip(one.values(), other.values(), strict=True)
    )


@pytest.fixture(params=["none", "balanced"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Store:
    made = Store(tmp_path / "store")
    made.push("m", MODEL, level=request.param)
    return Store(tmp_path / "store")


@pytest.mark.parametrize("verify", [True, False])
@pytest.mark.parametrize("mmap", [True, False])
def test_a_model_is_loaded_as_it_was(store: Store, mmap: bool, verify: bool) -> None:
    found = store.load("m", mmap=mmap, verify=verify)
    assert same(found, MODEL)
    assert all(array.flags.writeable for array in found.values())


@pytest.mark.parametrize("mmap", [True, False])
def test_what_is_done_to_a_loaded_model_stays_in_memory(store: Store, mmap: bool) -> None:
    found = store.load("m", mmap=mmap)
    for array in found.values():
        array[...] = 1
    assert same(store.load("m", mmap=mmap), MODEL)
    assert same(Store(store.url).load("m"), MODEL)


def test_arrays_that_are_not_coded_are_mapped(tmp_path: Path) -> None:
    made = Store(tmp_path)
    made.push("m", MODEL, level="none")
    maps: list[int] = []
    place = made._vault.place
    original = type(place).map

    def counted(self: Any, key: str, start: int, size: int) -> Any:
        assert start % 64 == 0
        maps.append(size)
        return original(self, key, start, size)

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(type(place), "map", counted)
        assert same(made.load("m", mmap=True, verify=False), MODEL)
    assert MODEL["large"].nbytes in maps
    assert MODEL["columns"].nbytes in maps


class Afar(MemoryPlace):
    """A place that cannot map, so that whatever is asked of it is read."""

    def map(self, key: str, start: int, size: int) -> None:
        return None


def test_one_array_is_its_bytes_alone() -> None:
    place = CountingPlace(Afar())
    for level in ("none", "balanced"):
        push(new_vault(place), "m", archive({"level": level, **MODEL}), level=level)
        vault = new_vault(place)
        version = vault.find("m")
        with vault.opened_version(version):
            pass  # what any reading takes: record, index and recipe
        place.bytes_read = 0
        for name in ("columns", "small", "empty"):
            array = vault.array(version, name)
            assert array.tobytes("A") == MODEL[name].tobytes("A")
            assert (array.dtype, array.shape) == (MODEL[name].dtype, MODEL[name].shape)
        assert place.bytes_read < MODEL["columns"].nbytes + 50_000
        with pytest.raises(NotInStoreError, match="no array"):
            vault.array(version, "else")


def test_an_opened_archive_is_the_file(store: Store) -> None:
    data = io.BytesIO()
    with store.source("m").opened() as found:
        names = found.named()
        found.complete()
        data.write(found.view)
        assert found.digest() == sha256(data.getvalue())
        found.check_sums()
    with open_archive(data.getvalue()) as reader:
        assert reader.id == store.find("m").id
    assert names["large"][1] == MODEL["large"].nbytes
    assert "small" not in names
    assert same(holotype.loads(data.getvalue()), MODEL)


def test_every_function_takes_a_version(store: Store) -> None:
    source = store.source("m")
    assert holotype.verify(source).ok
    assert holotype.fingerprint(source) == store.find("m").fingerprint
    assert holotype.show(source).id == store.find("m").id
    assert same(holotype.load(source), MODEL)


def spoil(store: Store, where: float) -> None:
    """Change a byte of every pack, at this share of what lies before its index."""
    for found in Path(store.url).glob("packs/*/*"):
        data = bytearray(found.read_bytes())
        place = 64 + int((len(data) - 2_000) * where)
        data[place] ^= 1
        found.chmod(0o600)
        found.write_bytes(data)


@pytest.mark.parametrize("where", [0.0, 0.3, 0.6, 0.9])
def test_a_changed_byte_is_seen(store: Store, where: float, tmp_path: Path) -> None:
    spoil(store, where)
    damaged = Store(store.url)
    for mmap in (False, True):
        with pytest.raises((DamagedStoreError, DigestError)):
            damaged.load("m", mmap=mmap)
    with pytest.raises(DamagedStoreError):
        damaged.pull("m", tmp_path / "out.holo")
    assert not (tmp_path / "out.holo").exists()
    try:
        report = holotype.verify(damaged.source("m"))
    except DamagedStoreError:
        return
    assert not report.ok


def test_an_archive_larger_than_memory_is_for_pull(
    store: Store, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(stored, "_memory", lambda: 1_000_000)
    with pytest.raises(LimitError, match="holotype pull"):
        store.load("m")
    store.pull("m", tmp_path / "out.holo")
    assert same(holotype.load(tmp_path / "out.holo", mmap=True), MODEL)


def test_progress_ends_at_all_of_it(store: Store, tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    store.pull("m", tmp_path / "out.holo", progress=lambda *both: told.append(both))
    assert told[-1][0] == told[-1][1] > MODEL["large"].nbytes
    assert told == sorted(told)


def recipe_of(changes: Any) -> tuple[Recipe, Any, str]:
    vault = new_vault(MemoryPlace())
    version = push(vault, "m", archive(MODEL))
    recipe = vault.recipe(version)
    return changes(recipe), vault.catalog, version.id


def moved(recipe: Recipe) -> Recipe:
    """The first object stands where the second one is."""
    (one, _, size), second, *more = recipe.objects
    return Recipe(recipe.size, ((one, second[1], size), second, *more), recipe.rest)


def exchanged(recipe: Recipe) -> Recipe:
    """The digests of two objects of one size are exchanged, if there are two; else of any."""
    first, second, *more = recipe.objects
    return Recipe(
        recipe.size, ((second[0], *first[1:]), (first[0], *second[1:]), *more), recipe.rest
    )


def shifted(recipe: Recipe) -> Recipe:
    (one, offset, size), *more = recipe.objects
    return Recipe(recipe.size, ((one, offset + 8, size), *more), recipe.rest)


def lost(recipe: Recipe) -> Recipe:
    (_, offset, size), *more = recipe.objects
    return Recipe(recipe.size, (("sha256:" + "0" * 64, offset, size), *more), recipe.rest)


@pytest.mark.parametrize("change", [moved, exchanged, shifted, lost])
@pytest.mark.parametrize("mmap", [True, False])
def test_a_recipe_with_objects_out_of_place_gives_no_model(change: Any, mmap: bool) -> None:
    recipe, catalog, _ = recipe_of(change)

    def read() -> None:
        with open_stored(recipe, catalog) as found:
            blueprint = checked_blueprint(found)
            with (found.map_arrays if mmap else found.load_arrays)(blueprint, verify=True):
                pass

    with pytest.raises(HolotypeError):
        read()


@pytest.mark.parametrize("change", [exchanged, lost])
def test_nor_is_it_pulled(change: Any, tmp_path: Path) -> None:
    recipe, catalog, _ = recipe_of(change)
    with pytest.raises(DamagedStoreError):
        save(recipe, catalog, tmp_path / "out")
    assert not list(tmp_path.iterdir())


def test_a_version_whose_pack_is_gone_says_what_is_lost(store: Store) -> None:
    for found in Path(store.url).glob("packs/*/*"):
        found.unlink()
    with pytest.raises(DamagedStoreError, match="has lost sha256"):
        Store(store.url).load("m")


def test_a_model_with_its_seals_and_answers_stays_whole(tmp_path: Path) -> None:
    X, y = load_iris(return_X_y=True)
    forest = RandomForestClassifier(10, random_state=0).fit(X, y)
    holotype.dump(forest, tmp_path / "a.holo", probe=X)
    made = Store(tmp_path / "store")
    made.push("m", tmp_path / "a.holo")
    made.pull("m", tmp_path / "b.holo")
    assert (tmp_path / "a.holo").read_bytes() == (tmp_path / "b.holo").read_bytes()
    found = made.load("m", check="full")
    assert (found.predict_proba(X) == forest.predict_proba(X)).all()


def test_keys_of_packs_are_their_digests(store: Store) -> None:
    for found in Path(store.url).glob("packs/*/*"):
        assert pack_key(sha256(found.read_bytes()).removeprefix("sha256:")) == str(
            found.relative_to(store.url)
        )
