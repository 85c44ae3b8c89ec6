"""A real S3 server, one for all tests of this folder, and a cache that is not the user's."""

from collections.abc import Iterator

import pytest
from tests.servers.s3 import BUCKET, S3Server


@pytest.fixture(scope="session")
def s3(tmp_path_factory: pytest.TempPathFactory) -> Iterator[S3Server]:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    server = S3Server(tmp_path_factory.mktemp("s3"))
    try:
        server.start()
        from holotype.store.places.cloud import CloudPlace

        CloudPlace(f"s3://{BUCKET}", config=server.config()).write("made", b"")  # and the bucket
        yield server
    finally:
        server.stop()


@pytest.fixture(scope="session", autouse=True)
def _cache(tmp_path_factory: pytest.TempPathFactory) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patched:
        patched.setenv("HOLOTYPE_CACHE", str(tmp_path_factory.mktemp("cache")))
        yield
