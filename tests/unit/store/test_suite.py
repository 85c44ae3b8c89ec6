"""Every store keeps the published rules: in a directory, in memory, and on a real S3 server."""

from __future__ import annotations

import itertools
from pathlib import Path

import pytest
from tests.servers.s3 import BUCKET, S3Server

from holotype.store.places.cloud import CloudPlace
from holotype.store.places.local import LocalPlace
from holotype.store.places.opening import open_place
from holotype.store.places.place import Place
from holotype.testing import StoreSuite

_number = itertools.count()


class TestLocalStore(StoreSuite):
    @pytest.fixture(autouse=True)
    def _folder(self, tmp_path: Path) -> None:
        self.folder = tmp_path

    def make_place(self) -> Place:
        return LocalPlace(self.folder / str(next(_number)), create=True)


class TestMemoryStore(StoreSuite):
    @pytest.fixture(autouse=True)
    def _needs(self) -> None:
        pytest.importorskip("obstore", reason="object storage needs obstore")

    def make_place(self) -> Place:
        return open_place(f"memory://stores-{next(_number)}")


class TestS3Store(StoreSuite):
    @pytest.fixture(autouse=True)
    def _server(self, s3: S3Server) -> None:
        self.server = s3

    def make_place(self) -> Place:
        return CloudPlace(f"s3://{BUCKET}/stores/{next(_number)}", config=self.server.config())
