"""What every store keeps, wherever its bytes are, as tests to inherit.

    class TestMine(StoreSuite):
        def make_place(self) -> Place:
            return MyPlace(...)  # fresh and empty

Needs scikit-learn, whose bundled data the models are fitted on.
"""

from __future__ import annotations

import tempfile
from abc import ABC, abstractmethod
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from pathlib import Path
from typing import Any

import numpy as np

from holotype.api.checking import verify
from holotype.api.looking import fingerprint
from holotype.api.saving import dump
from holotype.api.store import Store
from holotype.errors import ConflictError, DamagedStoreError, NotInStoreError, StoreError
from holotype.store.places.place import Place
from holotype.testing.places import CountingPlace, FaultyPlace, raises

__all__ = ["StoreSuite"]


class StoreSuite(ABC):
    """The rules of `Store` over a place; a class of yours says how a fresh place is made."""

    @abstractmethod
    def make_place(self) -> Place:
        """A new, empty place."""

    def store(self) -> Store:
        """A new, empty store."""
        return Store.over(self.make_place())

    def test_what_is_pulled_is_what_was_pushed_byte_by_byte(self) -> None:
        store = self.store()
        with tempfile.TemporaryDirectory() as folder:
            path, back = Path(folder, "a.holo"), Path(folder, "b.holo")
            dump(_forest(20), path)
            version = store.push("model", path)
            store.pull("model@1.0.0", back)
            assert path.read_bytes() == back.read_bytes()
            assert version.size == path.stat().st_size
            assert verify(store.source("model")).ok

    def test_a_model_is_found_by_version_tag_id_fingerprint_and_as_the_latest(self) -> None:
        store = self.store()
        first = store.push("model", _linear(1.0), tags=["production"])
        second = store.push("model", _linear(2.0))
        assert (first.version, second.version) == ("1.0.0", "1.1.0")
        for spec in ("model", "model@latest", "model@1.1.0", second.id, second.fingerprint):
            assert store.find(spec) == second
            assert fingerprint(store.load(spec)) == second.fingerprint
        assert store.find("model@production") == first
        store.tag("model@1.1.0", "production")
        assert store.find("model@production") == second
        store.untag("model", "production")
        raises(NotInStoreError, lambda: store.find("model@production"))

    def test_what_is_not_there_is_an_error_that_names_what_is(self) -> None:
        store = self.store()
        raises(NotInStoreError, lambda: store.load("model"))
        store.push("model", _linear(1.0))
        assert "model" in str(raises(NotInStoreError, lambda: store.load("modle")))
        assert "1.0.0" in str(raises(NotInStoreError, lambda: store.load("model@2.0.0")))

    def test_the_same_model_is_the_same_version_and_a_number_stays_what_it_is(self) -> None:
        store = self.store()
        first = store.push("model", _linear(1.0))
        again = store.push("model", _linear(1.0), metadata={"again": True}, message="once more")
        assert again == first
        assert [note.message for note in store.notes("model")] == ["once more"]
        raises(ConflictError, lambda: store.push("model", _linear(2.0), version="1.0.0"))
        assert [version.version for version in store.log("model")] == ["1.0.0"]

    def test_versions_share_what_is_the_same_in_them(self) -> None:
        store = self.store()
        trained = _forest(40)
        first = store.push("model", trained)
        trained.n_estimators = 44
        second = store.push("model", trained.fit(*_digits()))
        assert second.added < first.added / 3
        copy = store.push("copy", store.source("model@1.0.0"))
        assert copy.added == 0
        assert fingerprint(store.load("copy")) == first.fingerprint

    def test_a_removed_version_is_gone_its_number_is_not_used_again_and_gc_frees_it(self) -> None:
        store = self.store()
        kept, gone = store.push("kept", _forest(5)), store.push("gone", _linear(1.0))
        store.remove("gone@1.0.0", why="a mistake")
        assert "a mistake" in str(raises(NotInStoreError, lambda: store.load(str(gone))))
        before = store.usage().stored
        store.gc()
        assert store.usage().stored < before
        assert fingerprint(store.load("kept")) == kept.fingerprint
        assert store.push("gone", _linear(2.0)).version != gone.version

    def test_a_store_is_copied_and_then_nothing_more_travels(self) -> None:
        store, other = self.store(), self.store()
        versions = [store.push("a", _forest(5)), store.push("b", _linear(1.0), tags=["live"])]
        store.copy(other, tags=True)
        assert [v.id for v in other.log()] == [v.id for v in versions]
        assert other.find("b@live").id == versions[1].id
        assert store.copy(other).added == 0
        assert fingerprint(other.load("a")) == versions[0].fingerprint

    def test_scrub_finds_damage_and_repairs_it_from_another_store(self) -> None:
        place = self.make_place()
        store, other = Store.over(place), self.store()
        version = store.push("model", _forest(5))
        store.copy(other)
        (pack,) = place.list("packs/")
        data = bytearray(place.read(pack.key))
        data[len(data) // 3] ^= 1
        place.write(pack.key, bytes(data))
        assert pack.key in {fault.key for fault in store.scrub().damaged}
        store.scrub(source=other)
        assert not store.scrub(resume=False).damaged
        assert fingerprint(store.load("model")) == version.fingerprint

    def test_a_damaged_pack_gives_an_error_and_never_another_model(self) -> None:
        place = self.make_place()
        store = Store.over(place)
        store.push("model", {"a": np.arange(1000.0), "b": np.arange(1000)})
        (pack,) = place.list("packs/")
        data = bytes(place.read(pack.key))
        place.write(pack.key, data[:-1])
        raises(DamagedStoreError, lambda: Store.over(place).load("model"))

    def test_wherever_a_push_fails_the_store_is_as_it_was_and_the_next_one_works(self) -> None:
        place = self.make_place()
        Store.over(place).push("model", _linear(1.0))
        counting = CountingPlace(place)
        Store.over(counting).push("other", _linear(3.0))
        for place_of_failure in range(2, counting.calls.total(), 5):
            faulty = FaultyPlace(place, place_of_failure)
            with suppress(StoreError):
                Store.over(faulty).push(f"m{place_of_failure}", _linear(2.0))
            store = Store.over(place)
            assert store.load("model").C == 1.0
            assert store.push(f"m{place_of_failure}", _linear(2.0)).version == "1.0.0"

    def test_many_pushes_at_once_all_become_versions(self) -> None:
        place = self.make_place()
        Store.over(place).push("model", _linear(0.5))

        def push(number: int) -> str:
            return Store.over(place).push("model", _linear(number + 1.0)).id

        with ThreadPoolExecutor(4) as pool:
            ids = list(pool.map(push, range(8)))
        log = Store.over(place).log("model")
        assert {version.id for version in log[1:]} == set(ids)
        assert len({version.version for version in log}) == 9


def _digits() -> tuple[Any, Any]:
    from sklearn.datasets import load_digits

    X, y = load_digits(return_X_y=True)
    return X[:600], y[:600]


def _forest(trees: int) -> Any:
    from sklearn.ensemble import RandomForestClassifier

    forest = RandomForestClassifier(trees, random_state=0, warm_start=True, n_jobs=1)
    return forest.fit(*_digits())


def _linear(strength: float) -> Any:
    from sklearn.datasets import load_iris
    from sklearn.linear_model import LogisticRegression

    return LogisticRegression(C=strength, max_iter=1000).fit(*load_iris(return_X_y=True))
