"""A real S3 server over a bad network, killed half-way, and asked by those who may not."""

import io
import os
import threading
from collections.abc import Iterator
from pathlib import Path

import numpy as np
import pytest
from tests.servers.proxy import Fault, Proxy
from tests.servers.s3 import BUCKET, S3Server

from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.places.cloud import CloudPlace
from holotype.store.places.place import ABSENT

_URL = f"s3://{BUCKET}/network"


@pytest.fixture
def proxy(s3: S3Server) -> Iterator[Proxy]:
    with Proxy(s3.port) as proxy:
        yield proxy


def _through(proxy: Proxy, s3: S3Server) -> CloudPlace:
    return CloudPlace(_URL, config=s3.config(endpoint=proxy.endpoint), patience=20)


@pytest.fixture
def place(s3: S3Server) -> CloudPlace:
    return CloudPlace(_URL, config=s3.config())


_FAULTS = [Fault("busy"), Fault("request", 60), Fault("answer", 0), Fault("answer", 30)]
_NAMES = ["busy", "cut request", "lost answer", "cut answer"]


@pytest.mark.parametrize("fault", _FAULTS, ids=_NAMES)
def test_every_operation_gets_through_a_bad_network(
    s3: S3Server, proxy: Proxy, place: CloudPlace, fault: Fault
) -> None:
    key = f"bad/{fault.kind}{fault.count}"

    def bad() -> CloudPlace:
        proxy.faults.extend([fault, fault])
        return _through(proxy, s3)

    first = bad().write(key, b"first", ABSENT)
    assert bytes(place.read(key)) == b"first"
    bad().write(key, b"second", first)
    assert bytes(bad().read(key)) == b"second"
    assert bad().write(key, b"third").size == 5
    assert bad().find(key) == place.find(key)
    assert [each.key for each in bad().list("bad/")] == [key]
    bad().delete(key)
    assert place.find(key) is None
    assert not proxy.faults


@pytest.mark.parametrize("fault", _FAULTS, ids=_NAMES)
def test_a_lost_answer_hides_no_conflict(
    s3: S3Server, proxy: Proxy, place: CloudPlace, fault: Fault
) -> None:
    key = f"taken/{fault.kind}{fault.count}"
    first = place.write(key, b"theirs", ABSENT)
    place.write(key, b"their second", first)
    proxy.faults.append(fault)
    with pytest.raises(ConflictError):
        _through(proxy, s3).write(key, b"ours", ABSENT)
    proxy.faults.append(fault)
    with pytest.raises(ConflictError):
        _through(proxy, s3).write(key, b"ours", first)
    assert bytes(place.read(key)) == b"their second"


def test_a_large_object_is_whole_in_spite_of_cuts(
    s3: S3Server, proxy: Proxy, place: CloudPlace
) -> None:
    much = np.random.default_rng(1).bytes(68 << 20)
    proxy.faults.extend([Fault("request", 3 << 20), Fault("busy"), Fault("answer", 20)])
    written = _through(proxy, s3).write("large", io.BytesIO(much))
    assert (written.size, place.find("large")) == (len(much), written)
    proxy.faults.extend([Fault("answer", 5 << 20), Fault("answer", 100), Fault("busy")])
    target = np.empty(len(much), np.uint8)
    _through(proxy, s3).read_into("large", 0, target)
    assert target.tobytes() == much


def test_a_server_that_dies_in_the_middle_of_a_put_shows_no_half_and_is_waited_for(
    tmp_path: Path,
) -> None:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    server = S3Server(tmp_path / "s3")
    try:
        server.start()
        place = CloudPlace(_URL, config=server.config(), patience=1)
        place.write("kept", b"kept", ABSENT)
        old = place.write("replaced", b"old")

        class Dying(io.BytesIO):
            def read(self, size: int | None = -1) -> bytes:
                if self.tell() > 30 << 20:
                    server.kill()
                return super().read(size)

        with pytest.raises(StoreError, match="does not answer"):
            place.write("half", Dying(os.urandom(40 << 20)))
        with pytest.raises(StoreError, match="does not answer"):
            place.write("replaced", b"new", old)
        restart = threading.Thread(target=server.start)
        restart.start()
        try:
            again = CloudPlace(_URL, config=server.config())
            assert bytes(again.read("replaced")) == b"old", "it was to be waited for"
        finally:
            restart.join()
        assert {each.key for each in again.list("")} == {"kept", "replaced"}
        assert again.find("half") is None
        assert again.write("half", b"whole now").size == 9
    finally:
        server.stop()


def test_what_goes_wrong_is_said_with_what_to_do(
    s3: S3Server, place: CloudPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("a", b".")
    reader = CloudPlace(_URL, config=s3.reader)
    assert bytes(reader.read("a")) == b"."
    for work in (
        lambda: reader.write("a", b"x"),
        lambda: reader.write("b", b"x", ABSENT),
        lambda: reader.delete("a"),
        reader.now,
    ):
        with pytest.raises(StoreError, match=r"permission denied for .*; ask the owner of models"):
            work()
    elsewhere = CloudPlace("s3://nothing-here", config=s3.config())
    with pytest.raises(StoreError, match="there is no bucket nothing-here; make it first"):
        elsewhere.read("a")
    for wrong in ({"secret_access_key": "wrong"}, {"access_key_id": "nobody"}):
        stranger = CloudPlace(_URL, config=s3.config() | wrong)
        with pytest.raises(StoreError, match="credentials are not accepted; check AWS_ACCESS_KEY"):
            stranger.read("a")
    for name in [name for name in os.environ if name.startswith("AWS_")]:
        monkeypatch.delenv(name)
    bare = {"endpoint": s3.endpoint, "metadata_endpoint": "http://127.0.0.1:1"}
    with pytest.raises(StoreError, match="no credentials were found; set AWS_ACCESS_KEY_ID"):
        CloudPlace(_URL, config=bare, patience=0.2).read("a")


def test_credentials_and_endpoint_come_from_the_environment(
    s3: S3Server, place: CloudPlace, monkeypatch: pytest.MonkeyPatch
) -> None:
    place.write("env", b"here")
    config = s3.config()
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", config["access_key_id"])
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", config["secret_access_key"])
    in_address = CloudPlace(f"{_URL}?endpoint={s3.endpoint}")
    assert bytes(in_address.read("env")) == b"here"
    assert in_address.url == f"{_URL}?endpoint={s3.endpoint}"
    monkeypatch.setenv("AWS_ENDPOINT_URL", s3.endpoint)
    assert bytes(CloudPlace(_URL).read("env")) == b"here"


def test_a_server_that_is_not_there_is_an_error_and_no_hang(s3: S3Server) -> None:
    nobody = CloudPlace(_URL, config=s3.config(endpoint="http://127.0.0.1:1"), patience=0.5)
    for work in (
        lambda: nobody.read("a"),
        lambda: nobody.find("a"),
        lambda: list(nobody.list("")),
        lambda: nobody.write("a", b"."),
        lambda: nobody.write("a", b".", ABSENT),
        lambda: nobody.delete("a"),
    ):
        with pytest.raises(StoreError, match=r"does not answer .*; check the network") as caught:
            work()
        assert not isinstance(caught.value, NotInStoreError)
