"""Every place keeps the published rules: a directory, memory, and a real S3 server."""

import itertools
from pathlib import Path

import pytest
from tests.servers.s3 import BUCKET, S3Server

from holotype.store.places.cloud import CloudPlace
from holotype.store.places.local import LocalPlace
from holotype.store.places.opening import open_place
from holotype.store.places.place import Place
from holotype.testing.places import CountingPlace, FaultyPlace, PlaceSuite

_number = itertools.count()


class TestLocalPlace(PlaceSuite):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_place(self) -> Place:
        return LocalPlace(self.folder / "new" / "store", create=True)

    def again(self, place: Place) -> Place:
        return open_place(place.url)


class TestMemoryPlace(PlaceSuite):
    @pytest.fixture(autouse=True)
    def _needs(self) -> None:
        pytest.importorskip("obstore", reason="object storage needs obstore")

    def make_place(self) -> Place:
        return open_place(f"memory://suite-{next(_number)}")

    def again(self, place: Place) -> Place:
        return open_place(place.url)


class TestS3Place(PlaceSuite):
    turns = 1  # the server looks once a second whether it is the next one's turn

    @pytest.fixture(autouse=True)
    def _server(self, s3: S3Server) -> None:
        self.server = s3

    def make_place(self) -> Place:
        return CloudPlace(f"s3://{BUCKET}/suite/{next(_number)}", config=self.server.config())

    def again(self, place: Place) -> Place:
        return CloudPlace(place.url, config=self.server.config())


class TestWrappedPlace(TestLocalPlace):
    """Those that count, and those that fail later, are places like the one that they wrap."""

    def make_place(self) -> Place:
        return CountingPlace(FaultyPlace(super().make_place(), 1_000_000))
