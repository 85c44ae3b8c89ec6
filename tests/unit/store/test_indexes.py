"""Indexes that were read from a store far away are read from this machine, and only if sound."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.servers.s3 import BUCKET, S3Server
from tests.unit.store.stores import MemoryPlace, archive, arrays, new_vault, pulled, push

from holotype.errors import DamagedStoreError
from holotype.store import indexes
from holotype.store.catalog import Catalog
from holotype.store.collecting import collect
from holotype.store.indexes import Indexes
from holotype.store.mending import scrub
from holotype.store.packs import pack_key, read_end
from holotype.store.places.cloud import CloudPlace
from holotype.store.places.place import Place
from holotype.store.vault import Vault
from holotype.testing.places import CountingPlace

pytest.importorskip("zstandard", reason="stores need holotype[store]")

DATA = [archive(arrays(seed, count=1)) for seed in range(12)]
ROOT = Path(__file__).parents[3]


class FarPlace(MemoryPlace):
    """A place that costs a round trip."""

    local = False
    url = "s3://somewhere/store"


class Watched(CountingPlace):
    """Counts what is read of packs alone: here, with nothing loaded, their indexes."""

    def __init__(self, place: Place) -> None:
        super().__init__(place)
        self.indexes: list[str] = []

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes | memoryview:
        if key.startswith("packs/"):
            self.indexes.append(key)
        return super().read(key, start, size)


@pytest.fixture(autouse=True)
def cache(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setenv("HOLOTYPE_CACHE", str(tmp_path / "cache"))
    return tmp_path / "cache" / "indexes"


def fill(place: Place) -> None:
    vault = new_vault(place)
    for number, data in enumerate(DATA):
        push(vault, f"m{number}", data, level="none")


@pytest.fixture(scope="module")
def content() -> dict[str, Any]:
    near = MemoryPlace()
    fill(near)
    return near.content


@pytest.fixture
def place(content: dict[str, Any]) -> FarPlace:
    place = FarPlace()
    place.content = dict(content)
    return place


def seen(place: Place) -> Watched:
    """What a process that comes newly asks a place for before it knows what all packs hold."""
    watched = Watched(place)
    vault = Vault(watched)
    vault.catalog.refresh()
    assert len(vault.catalog.packs) == len(DATA)
    assert not vault.catalog.broken
    return watched


def kept(cache: Path) -> list[Path]:
    return sorted(path for path in cache.rglob("*") if path.is_file())


def test_a_second_process_reads_no_index_again(place: FarPlace, cache: Path) -> None:
    first, second = seen(place), seen(place)
    assert len(first.indexes) == len(DATA)
    assert second.indexes == []
    assert second.calls == {"list": 1}
    assert [path.name for path in kept(cache)] == sorted(
        key.rpartition("/")[2] for key in place.content if key.startswith("packs/")
    )
    assert all(path.stat().st_mode & 0o077 == 0 for path in cache.iterdir())


def test_what_is_known_from_the_cache_is_what_the_packs_say(place: FarPlace) -> None:
    seen(place)
    kept, read = Vault(place).catalog, Catalog(place)
    for catalog in (kept, read):
        catalog.refresh()
    assert kept.packs == read.packs


def test_a_push_and_a_pull_read_no_index_that_is_kept(place: FarPlace) -> None:
    seen(place)
    watched = Watched(place)
    vault = Vault(watched)
    version = push(vault, "more", archive(arrays(99, count=1)), level="none")
    assert watched.indexes == []
    watched = Watched(place)
    vault = Vault(watched)
    assert pulled(vault, vault.find("m3")) == DATA[3]
    assert pulled(vault, vault.find("more")) == archive(arrays(99, count=1))
    ends = [key for key in watched.indexes if key.endswith(version.packs[0])]
    assert len(ends) > 1, "the index of the new pack, and then what is in it"
    assert [key for key in watched.indexes if key in map(pack_key, vault.find("m3").packs)] != []


@pytest.mark.parametrize(
    "how", ["empty", "cut", "flipped", "another", "random", "folder", "link", "pipe", "closed"]
)
def test_what_is_damaged_in_the_cache_is_read_from_the_store(
    place: FarPlace, cache: Path, how: str
) -> None:
    seen(place)
    first, second = kept(cache)[:2]
    data = first.read_bytes()
    contents = {
        "empty": b"",
        "cut": data[:-1],
        "flipped": data[:30] + bytes([data[30] ^ 1]) + data[31:],
        "another": second.read_bytes() + b"\0",
        "random": os.urandom(len(data)),
    }
    if how in contents:
        first.write_bytes(contents[how])
    elif how == "closed":
        first.chmod(0)
        if os.access(first, os.R_OK):
            pytest.skip("the administrator may read everything")
    else:
        first.unlink()
        if how == "folder":
            first.mkdir()
        elif how == "link":
            first.symlink_to(second)
        else:
            os.mkfifo(first)
    assert seen(place).indexes == [pack_key(first.name)]
    assert seen(place).indexes == ([pack_key(first.name)] if how == "folder" else [])


def test_every_changed_byte_is_seen_or_changes_nothing(place: FarPlace, cache: Path) -> None:
    seen(place)
    (name, *_) = [path.name for path in kept(cache)]
    vault = Vault(place)
    vault.catalog.refresh()
    pack = vault.catalog.packs[name]
    path = kept(cache)[0]
    data = path.read_bytes()
    found = Indexes.of(place)
    assert found is not None
    for at in range(len(data)):
        path.write_bytes(data[:at] + bytes([data[at] ^ 0x10]) + data[at + 1 :])
        assert found.get(name, pack.size) in (None, pack)
    path.write_bytes(data)
    assert found.get(name, pack.size) == pack
    assert found.get(name, pack.size + 1) is None


@pytest.mark.parametrize("how", ["file", "forbidden", "others", "full", "off"])
def test_a_cache_that_cannot_be_used_is_no_error(
    place: FarPlace, cache: Path, monkeypatch: pytest.MonkeyPatch, how: str
) -> None:
    if how == "file":
        cache.parent.write_bytes(b"")
    elif how == "off":
        monkeypatch.setenv("HOLOTYPE_CACHE", "0")
    elif how == "full":

        def full(*_: object) -> None:
            raise OSError(28, "no space left")

        monkeypatch.setattr(os, "replace", full)
    else:
        cache.mkdir(parents=True)
        cache.chmod(0o500 if how == "forbidden" else 0o777)
        if how == "forbidden" and os.access(cache, os.W_OK):
            pytest.skip("the administrator may write everywhere")
    for _ in range(2):
        assert len(seen(place).indexes) == len(DATA)
    assert kept(cache) == []


def test_a_store_in_a_folder_or_in_memory_keeps_nothing(place: FarPlace, cache: Path) -> None:
    near = MemoryPlace()
    near.content = place.content
    for _ in range(2):
        assert len(seen(near).indexes) == len(DATA)
    assert not cache.exists()


def test_no_store_says_what_is_in_the_packs_of_another(place: FarPlace) -> None:
    class Liar(FarPlace):
        url = "s3://elsewhere/store"

    seen(place)
    (mine, theirs) = sorted(key for key in place.content if key.startswith("packs/"))[:2]
    liar = Liar()
    liar.content = dict(place.content)
    liar.content[mine] = liar.content[theirs]
    seen(liar)
    vault = Vault(place)
    vault.catalog.refresh()
    read = Catalog(place)
    read.refresh()
    assert vault.catalog.packs == read.packs


def test_the_same_address_on_another_server_is_another_store() -> None:
    pytest.importorskip("obstore", reason="object storage needs obstore")
    made = [
        CloudPlace(f"s3://{BUCKET}/x", config={"endpoint": f"http://127.0.0.1:{port}", **KEYS})
        for port in (1, 1, 2)
    ]
    folders = [found.folder for found in map(Indexes.of, made) if found is not None]
    assert folders[0] == folders[1] != folders[2]
    assert all("hidden" not in place.origin for place in made)


KEYS = {"access_key_id": "hidden", "secret_access_key": "hidden", "region": "us-east-1"}


def test_a_pack_that_was_collected_is_not_known_from_the_cache(place: FarPlace) -> None:
    model = {"a": np.random.default_rng(5).normal(size=9000), "b": np.arange(9000.0) ** 1.1}
    vault = Vault(place)
    push(vault, "both", archive(model), level="none")
    version = push(vault, "one", archive({"b": model["b"]}), level="none")
    new_vault(place).catalog.refresh()  # all is kept
    vault.remove("both")
    assert collect(Vault(place)).rewritten == 1
    late = Vault(place)
    recipe = late.recipe(version)
    there = {key.rpartition("/")[2] for key in place.content if key.startswith("packs/")}
    needed = late.catalog.needed([version.recipe, *(digest for digest, _, _ in recipe.objects)])
    assert {pack for pack, _ in needed} <= there
    assert pulled(late, version) == archive({"b": model["b"]})


def test_a_record_that_names_a_file_elsewhere_leads_nowhere(
    place: FarPlace, cache: Path, tmp_path: Path
) -> None:
    seen(place)
    entry = kept(cache)[0]
    found = Indexes.of(place)
    assert found is not None
    size = len(place.content[pack_key(entry.name)][0])
    assert found.get(entry.name, size) is not None
    entry.rename(tmp_path / "moved")
    assert found.get(os.path.relpath(tmp_path / "moved", entry.parent), size) is None
    found.put("../escaped", b"")
    assert not (entry.parent.parent / "escaped").exists()


def test_a_scrub_looks_at_the_packs_and_not_at_the_cache(place: FarPlace) -> None:
    seen(place)
    key = next(key for key in place.content if key.startswith("packs/"))
    data, time = place.content[key]
    place.content[key] = (data[:-90] + bytes([data[-90] ^ 1]) + data[-89:], time)
    (damage,) = scrub(Vault(place)).damaged
    assert damage.key == key
    assert len(damage.versions) == 1


def test_it_stays_within_its_limit_and_what_was_of_no_use_for_longest_goes(
    place: FarPlace, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    seen(place)
    names = [path.name for path in kept(cache)]
    days = 24 * 3600
    for age, path in enumerate(kept(cache)):
        os.utime(path, (time.time() - (age + 2) * days,) * 2)
    used = Indexes.of(place)
    assert used is not None
    assert used.get(names[-1], len(place.content[pack_key(names[-1])][0])) is not None
    used.put("ab" * 32, b"new")
    used.trim()
    assert len(kept(cache)) == len(DATA) + 1
    monkeypatch.setattr(indexes, "_LIMIT", 8 * 4096)
    used.put("cd" * 32, b"new")
    used.trim()
    left = {path.name for path in kept(cache)}
    assert left == {*names[:3], names[-1], "ab" * 32, "cd" * 32}, "three quarters of what fits"


def test_an_index_that_is_too_large_is_not_kept(
    place: FarPlace, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(indexes, "_LARGEST", 100)
    seen(place)
    assert kept(cache) == []


def test_the_end_of_a_pack_is_what_is_kept(place: FarPlace, cache: Path) -> None:
    seen(place)
    for path in kept(cache):
        assert bytes(read_end(place, path.name)) == path.read_bytes()
        with pytest.raises(DamagedStoreError):
            indexes.open_end(path.name, memoryview(path.read_bytes()[1:]))


# ----------------------------------------------------------------------------- a real server

PROGRAM = """
import json, sys
from holotype.store.places.cloud import CloudPlace
from tests.unit.store.test_indexes import seen
print(len(seen(CloudPlace(sys.argv[1], config=json.loads(sys.argv[2]))).indexes))
"""


def test_processes_that_open_a_store_on_a_server_one_after_the_other(
    s3: S3Server, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    url = f"s3://{BUCKET}/indexes"
    with monkeypatch.context() as patched:
        patched.setenv("HOLOTYPE_CACHE", "0")
        fill(CloudPlace(url, config=s3.config()))
    counts = []
    for _ in range(2):
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, url, json.dumps(s3.config())],
            cwd=ROOT,
            env={**os.environ, "PYTHONPATH": os.pathsep.join(map(str, [ROOT, ROOT / "src"]))},
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        counts.append(int(done.stdout))
    assert counts == [len(DATA), 0]
    assert len(kept(cache)) == len(DATA)
