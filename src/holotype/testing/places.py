"""What every place of a store keeps, as tests to inherit, and places that count and that fail.

class TestMine(PlaceSuite):
    def make_place(self) -> Place:
        return MyPlace(...)  # fresh and empty
"""

from __future__ import annotations

import io
import threading
from abc import ABC, abstractmethod
from collections import Counter
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta
from functools import partial
from typing import BinaryIO, TypeVar

import numpy as np
import numpy.typing as npt

from holotype.errors import ConflictError, HolotypeError, NotInStoreError, StoreError
from holotype.store.places.place import ABSENT, Condition, Found, Place

__all__ = ["CountingPlace", "FaultyPlace", "PlaceSuite"]

_T = TypeVar("_T")
_SECOND = timedelta(seconds=1)  # clocks of servers tell whole seconds


class PlaceSuite(ABC):
    """The rules of `Place`; a class of yours says how a fresh one is made."""

    writers = 16
    """How many threads write at once."""

    turns = 3
    """How many times they do."""

    large = 9 << 20
    """Bytes of what is written from a file object: more than your place sends in one piece."""

    @abstractmethod
    def make_place(self) -> Place:
        """A fresh place with nothing in it."""

    def again(self, place: Place) -> Place:
        """Another way in to the same bytes, as another process has it."""
        return place

    # ------------------------------------------------------------------------------- reading

    def test_what_was_written_is_read_found_and_listed_at_once(self) -> None:
        place = self.make_place()
        written = place.write("packs/ab/one", b"hello")
        other = self.again(place)
        assert bytes(other.read("packs/ab/one")) == b"hello"
        found = other.find("packs/ab/one")
        assert found is not None
        assert (found.key, found.size, found.tag) == ("packs/ab/one", 5, written.tag)
        assert [(each.key, each.size) for each in other.list("")] == [("packs/ab/one", 5)]

    def test_a_range_is_read_without_the_rest(self) -> None:
        place = self.make_place()
        place.write("a", bytes(range(200)))
        assert bytes(place.read("a", 10, 5)) == bytes(range(10, 15))
        assert bytes(place.read("a", 190)) == bytes(range(190, 200))
        assert bytes(place.read("a", 200)) == b""
        assert bytes(place.read("a", 7, 0)) == b""
        target = np.zeros(4, np.uint8)
        place.read_into("a", 3, target)
        assert target.tolist() == [3, 4, 5, 6]

    def test_reading_beyond_the_end_is_an_error_and_never_less_than_was_asked_for(self) -> None:
        place = self.make_place()
        place.write("a", b"12345")
        raises(StoreError, lambda: place.read("a", 3, 3))
        raises(StoreError, lambda: place.read("a", 5, 1))
        raises(StoreError, lambda: place.read("a", 9, 1))
        raises(StoreError, lambda: place.read("a", 6))
        raises(StoreError, lambda: place.read_into("a", 3, np.zeros(3, np.uint8)))
        assert not isinstance(raises(StoreError, lambda: place.read("a", 3, 3)), NotInStoreError)

    def test_nothing_is_found_where_nothing_was_written(self) -> None:
        place = self.make_place()
        assert place.find("packs/none") is None
        raises(NotInStoreError, lambda: place.read("packs/none"))
        raises(NotInStoreError, lambda: place.read("packs/none", 2, 0))
        raises(NotInStoreError, lambda: place.read_into("packs/none", 0, np.zeros(1, np.uint8)))
        assert list(place.list("")) == list(place.list("packs/")) == []
        place.delete("packs/none")

    def test_a_mapping_is_writable_and_changes_nothing_for_others(self) -> None:
        place = self.make_place()
        place.write("a", bytes(range(100)) * 100)
        mapped = place.map("a", 4097, 50)
        if mapped is None:
            return
        assert mapped.tobytes() == bytes(place.read("a", 4097, 50))
        mapped[:] = 0
        again = place.map("a", 4097, 50)
        assert again is not None
        assert again.tobytes() == bytes(place.read("a", 4097, 50)) != bytes(50)

    # ------------------------------------------------------------------------------- writing

    def test_nothing_and_much_are_written_from_bytes_and_from_a_file(self) -> None:
        place = self.make_place()
        much = np.random.default_rng(0).bytes(self.large)
        place.write("empty", b"")
        assert bytes(place.read("empty")) == b""
        place.write("much", much)
        stream = io.BytesIO(b"skipped" + much)
        stream.seek(7)
        assert place.write("file", stream).size == len(much)
        for key in ("much", "file"):
            target = np.empty(len(much), np.uint8)
            place.read_into(key, 0, target)
            assert target.tobytes() == much
        assert bytes(place.read("file", 5 << 20, 1000)) == much[5 << 20 : (5 << 20) + 1000]

    def test_a_write_replaces_the_whole_and_changes_the_tag(self) -> None:
        place = self.make_place()
        tags = {place.write("a", content).tag for content in (b"one", b"two", b"three", b"")}
        assert len(tags) == 4
        assert bytes(place.read("a")) == b""

    def test_only_if_absent_is_refused_where_something_is(self) -> None:
        place = self.make_place()
        place.write("a", b"first", ABSENT)
        raises(ConflictError, lambda: place.write("a", b"second", ABSENT))
        raises(ConflictError, lambda: place.write("a", io.BytesIO(b"third"), ABSENT))
        assert bytes(place.read("a")) == b"first"
        place.delete("a")
        place.write("a", b"fourth", ABSENT)
        assert bytes(place.read("a")) == b"fourth"

    def test_only_if_unchanged_is_refused_where_it_was_changed_or_deleted(self) -> None:
        place = self.make_place()
        first = place.write("a", b"first")
        place.write("a", b"second", first)
        raises(ConflictError, lambda: place.write("a", b"third", first))
        assert bytes(place.read("a")) == b"second"
        found = place.find("a")
        assert found is not None
        place.write("a", b"third", found)
        (listed,) = place.list("")
        fourth = place.write("a", b"fourth", listed)
        place.delete("a")
        raises(ConflictError, lambda: place.write("a", b"fifth", fourth))
        assert place.find("a") is None

    def test_of_many_that_write_only_if_absent_one_succeeds(self) -> None:
        place = self.make_place()
        for turn in range(self.turns):
            won, lost = self._race(place, f"race/{turn}", ABSENT)
            assert (len(won), lost) == (1, self.writers - 1)
            assert bytes(place.read(f"race/{turn}")) == won[0]

    def test_of_many_that_write_only_if_unchanged_one_succeeds(self) -> None:
        place = self.make_place()
        for turn in range(self.turns):
            found = place.write(f"race/{turn}", b"before")
            won, lost = self._race(place, f"race/{turn}", found)
            assert (len(won), lost) == (1, self.writers - 1)
            assert bytes(place.read(f"race/{turn}")) == won[0]

    def test_a_reader_sees_one_write_or_the_other_and_never_a_mixture(self) -> None:
        place = self.make_place()
        contents = {bytes([value]) * 50_000 for value in range(4)}
        place.write("a", bytes(50_000))
        done = threading.Event()
        seen: set[bytes] = set()

        def read() -> None:
            other = self.again(place)
            while not done.is_set():
                seen.add(bytes(other.read("a")))

        reader = threading.Thread(target=read)
        reader.start()
        try:
            for _ in range(5):
                for content in contents:
                    place.write("a", content)
        finally:
            done.set()
            reader.join()
        assert seen
        assert seen <= contents

    # ------------------------------------------------------------------------ listing, clock

    def test_a_prefix_is_a_folder_and_not_the_beginning_of_a_name(self) -> None:
        place = self.make_place()
        keys = {"tags/a", "tags/b/c", "tagsx", "packs/ab/1"}
        for key in keys:
            place.write(key, b".")
        assert {each.key for each in place.list("")} == keys
        assert {each.key for each in place.list("tags/")} == {"tags/a", "tags/b/c"}
        assert {each.key for each in place.list("tags/b/")} == {"tags/b/c"}
        raises(StoreError, lambda: list(place.list("tags")))

    def test_many_keys_are_all_listed(self) -> None:
        place = self.make_place()
        keys = {f"packs/{number % 7:02}/{number}" for number in range(150)}
        for key in keys:
            place.write(key, b".")
        assert {each.key for each in place.list("packs/")} == keys

    def test_what_is_no_key_is_refused(self) -> None:
        place = self.make_place()
        for key in ("", "/a", "a/", "../a", "a/../b", "a//b", ".hidden", "a\0b", "a\n", "a\\b"):
            raises(StoreError, partial(place.write, key, b"."))
            raises(StoreError, partial(place.read, key))
            raises(StoreError, partial(place.delete, key))
        assert list(place.list("")) == []

    def test_the_clock_is_the_one_that_writes_are_dated_by(self) -> None:
        place = self.make_place()
        before = place.now()
        found = place.write("a", b".")
        assert before - _SECOND <= found.modified <= place.now() + _SECOND
        assert [each.key for each in place.list("")] == ["a"], "the clock left a key behind"

    def test_the_address_opens_the_place_and_says_no_secret(self) -> None:
        place = self.make_place()
        assert place.url
        assert "secret" not in place.url

    def _race(self, place: Place, key: str, condition: Condition) -> tuple[list[bytes], int]:
        """What those that succeeded wrote, and how many were refused."""
        start = threading.Barrier(self.writers)
        won: list[bytes] = []
        lost: list[ConflictError] = []
        failed: list[BaseException] = []

        def write(number: int) -> None:
            content = b"%d" % number * 100
            other = self.again(place)
            try:
                start.wait()
                other.write(key, content, condition)
                won.append(content)
            except ConflictError as error:
                lost.append(error)
            except BaseException as error:  # noqa: BLE001 - shown by the assertion below
                failed.append(error)

        threads = [threading.Thread(target=write, args=(each,)) for each in range(self.writers)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
        assert not failed, failed
        return won, len(lost)


class CountingPlace:
    """Another place, whose operations and bytes read and written are counted."""

    def __init__(self, place: Place) -> None:
        self.place = place
        self.calls: Counter[str] = Counter()
        self.bytes_read = 0
        self.bytes_written = 0
        self._lock = threading.Lock()

    @property
    def url(self) -> str:
        return self.place.url

    @property
    def local(self) -> bool:
        return self.place.local

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        data = self.place.read(key, start, size)
        self._count("read", read=len(data))
        return data

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        self.place.read_into(key, start, target)
        self._count("read_into", read=target.nbytes)

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        mapped = self.place.map(key, start, size)
        self._count("map", read=0 if mapped is None else size)
        return mapped

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        found = self.place.write(key, data, condition)
        self._count("write", written=found.size)
        return found

    def find(self, key: str) -> Found | None:
        self._count("find")
        return self.place.find(key)

    def list(self, prefix: str) -> Iterator[Found]:
        self._count("list")
        return self.place.list(prefix)

    def delete(self, key: str) -> None:
        self._count("delete")
        self.place.delete(key)

    def now(self) -> datetime:
        self._count("now")
        return self.place.now()

    def _count(self, operation: str, *, read: int = 0, written: int = 0) -> None:
        with self._lock:
            self.calls[operation] += 1
            self.bytes_read += read
            self.bytes_written += written


class FaultyPlace(CountingPlace):
    """Another place, of which every operation from the ``fail_at``-th on fails.

    ``fail_at`` counts from 0, over all operations that are not free (``url``, ``local``). With
    ``after``, that operation does its work first, and only its answer is lost. ``error`` makes
    what is raised. ``heal`` makes it whole again.
    """

    def __init__(
        self,
        place: Place,
        fail_at: int,
        *,
        after: bool = False,
        error: Callable[[], BaseException] = lambda: StoreError("the place failed, as it should"),
    ) -> None:
        super().__init__(place)
        self.fail_at: int | None = fail_at
        self._after = after
        self._error = error
        self._done = 0

    def heal(self) -> None:
        """Fail no more."""
        self.fail_at = None

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        return self._or_fail(lambda: CountingPlace.read(self, key, start, size))

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        self._or_fail(lambda: CountingPlace.read_into(self, key, start, target))

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        return self._or_fail(lambda: CountingPlace.map(self, key, start, size))

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        return self._or_fail(lambda: CountingPlace.write(self, key, data, condition))

    def find(self, key: str) -> Found | None:
        return self._or_fail(lambda: CountingPlace.find(self, key))

    def list(self, prefix: str) -> Iterator[Found]:
        return self._or_fail(lambda: CountingPlace.list(self, prefix))

    def delete(self, key: str) -> None:
        self._or_fail(lambda: CountingPlace.delete(self, key))

    def now(self) -> datetime:
        return self._or_fail(lambda: CountingPlace.now(self))

    def _or_fail(self, work: Callable[[], _T]) -> _T:
        with self._lock:
            number = self._done
            self._done += 1
        failing = self.fail_at is not None and number >= self.fail_at
        if failing and not (self._after and number == self.fail_at):
            raise self._error()
        result = work()
        if failing:
            raise self._error()
        return result


def raises(kind: type[HolotypeError], work: Callable[[], object]) -> HolotypeError:
    """The error that ``work`` raises, which is of this kind."""
    try:
        result = work()
    except kind as error:
        return error
    raise AssertionError(f"{kind.__name__} was expected, not {result!r}")
