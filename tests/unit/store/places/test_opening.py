"""Paths, addresses and nothing: what each of them opens."""

import sys
from pathlib import Path

import pytest

from holotype.errors import StoreError
from holotype.store.places.cloud import CloudPlace
from holotype.store.places.local import LocalPlace
from holotype.store.places.opening import open_place


def test_paths_and_file_addresses_open_directories(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    target = tmp_path / "a store"
    place = open_place(target, create=True)
    assert isinstance(place, LocalPlace)
    place.write("a", b"here")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    for url in (str(target), f"file://{tmp_path}/a%20store", "a store", "~/a store"):
        again = open_place(url)
        assert again.url == str(target)
        assert bytes(again.read("a")) == b"here"


def test_nothing_means_the_variable_and_else_the_users_data(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "named"))
    assert open_place(create=True).url == str(tmp_path / "named")
    monkeypatch.delenv("HOLOTYPE_STORE")
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path / "data"))
    assert open_place(create=True).url == str(tmp_path / "data/holotype/store")
    monkeypatch.delenv("XDG_DATA_HOME")
    assert open_place(create=True).url == str(tmp_path / ".local/share/holotype/store")


def test_what_is_no_address_is_refused() -> None:
    with pytest.raises(StoreError, match="is no address of a store: give a path, or"):
        open_place("ftp://host/path")
    with pytest.raises(StoreError, match="names another machine"):
        open_place("file://host/path")


def test_memory_is_shared_by_name() -> None:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    open_place("memory://shared").write("a", b"here")
    assert bytes(open_place("memory://shared").read("a")) == b"here"
    assert open_place("memory://other").find("a") is None


@pytest.mark.parametrize("scheme", ["s3", "gs", "az"])
def test_an_address_names_a_bucket_and_no_secret(scheme: str) -> None:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    with pytest.raises(StoreError, match=f"names no bucket: write {scheme}://bucket/prefix"):
        open_place(f"{scheme}:///prefix")
    with pytest.raises(StoreError, match="'secret_access_key' does not belong into the address"):
        open_place(f"{scheme}://bucket?secret_access_key=x")


def test_google_and_azure_are_opened_without_a_request() -> None:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    keys = {"account_name": "someone", "account_key": "bm9ib2R5"}
    place = CloudPlace("az://container/prefix", config=keys)
    assert (place.url, place.local) == ("az://container/prefix", False)
    with pytest.raises(StoreError, match="AZURE_STORAGE_ACCOUNT_NAME"):
        CloudPlace("az://container/prefix")
    place = CloudPlace("gs://bucket/prefix", config={"skip_signature": "true"})
    assert place.url == "gs://bucket/prefix"


def test_without_obstore_one_sentence_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(StoreError, match=r's3:// needs obstore: pip install "holotype\[cloud\]"'):
        open_place("s3://bucket")
