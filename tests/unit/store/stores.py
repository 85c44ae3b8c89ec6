"""Small stores for tests: archives that share parts, and whether all versions are still there."""

from __future__ import annotations

import hashlib
import io
import threading
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, BinaryIO

import numpy as np
import numpy.typing as npt

import holotype
from holotype.archive.reader import open_archive
from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.collecting import collect
from holotype.store.inventory import Inventory
from holotype.store.places.place import Condition, Found, Place, checked
from holotype.store.records import Version
from holotype.store.vault import Vault

WHEN = "2024-01-02T03:04:05Z"


class MemoryPlace:
    """A dict as a place, whose clock ticks with every write. Tags follow from the content."""

    local = True
    url = "memory://test"

    def __init__(self) -> None:
        self.content: dict[str, tuple[bytes, datetime]] = {}
        self.clock = datetime(2024, 1, 1, tzinfo=UTC)
        self.tick = timedelta(seconds=10)
        self._lock = threading.Lock()

    def read(self, key: str, start: int = 0, size: int | None = None) -> bytes:
        if checked(key) not in self.content:
            raise NotInStoreError(f"there is no {key}")
        data = self.content[key][0]
        stop = len(data) if size is None else start + size
        if not 0 <= start <= stop <= len(data):
            raise StoreError(f"{key} is too short")
        return data[start:stop]

    def read_into(self, key: str, start: int, target: npt.NDArray[np.uint8]) -> None:
        target[:] = np.frombuffer(self.read(key, start, target.nbytes), np.uint8)

    def map(self, key: str, start: int, size: int) -> npt.NDArray[np.uint8] | None:
        return np.frombuffer(bytearray(self.read(key, start, size)), np.uint8)

    def write(self, key: str, data: bytes | BinaryIO, condition: Condition = None) -> Found:
        content = data if isinstance(data, bytes) else data.read()
        with self._lock:
            now = self.find(checked(key))
            if condition is not None and (now and now.tag) != getattr(condition, "tag", None):
                raise ConflictError(f"{key} is another one")
            self.clock += self.tick
            self.content[key] = (content, self.clock)
        found = self.find(key)
        assert found is not None
        return found

    def find(self, key: str) -> Found | None:
        if key not in self.content:
            return None
        data, time = self.content[key]
        return Found(key, len(data), time, hashlib.sha256(data).hexdigest())

    def list(self, prefix: str) -> Iterator[Found]:
        found = [self.find(key) for key in list(self.content) if key.startswith(prefix)]
        return iter([each for each in found if each is not None])

    def delete(self, key: str) -> None:
        self.content.pop(checked(key), None)

    def now(self) -> datetime:
        return self.clock


def arrays(seed: int, *, count: int = 3, size: int = 400) -> dict[str, Any]:
    """A model of a few arrays that no codec makes smaller."""
    random = np.random.default_rng(seed)
    return {f"n{number}": random.normal(size=size // 8) for number in range(count)}


def archive(model: Any) -> bytes:
    """The same bytes for the same model, whenever it is made."""
    return holotype.dumps(model, created=datetime.fromisoformat(WHEN))


def push(vault: Vault, name: str, data: bytes, **options: Any) -> Version:
    """Push the bytes of an archive."""
    with open_archive(data) as reader:
        return vault.push(name, reader, trust_level="data", **options)


def new_vault(place: Place) -> Vault:
    """A vault at a place, as a process that comes newly opens it."""
    vault = Vault(place)
    vault.open(create=True)
    return vault


def pulled(vault: Vault, version: Version) -> bytes:
    """The bytes of a version, from memory: files would have to be synced."""
    with vault.opened(str(version)) as archive:
        archive.digest()
        return bytes(archive.view)


def check_versions(place: Place, pushed: Mapping[str, bytes], *, more: bool = False) -> Vault:
    """That every version is there as it was pushed; ``more`` if there may be others too."""
    vault = new_vault(place)
    versions = {str(version): version for version in vault.versions()}
    assert pushed.keys() <= versions.keys()
    assert more or pushed.keys() == versions.keys()
    for name, version in versions.items():
        data = pulled(vault, version)
        with open_archive(io.BytesIO(data)) as reader:
            assert reader.id == version.id
        assert name not in pushed or data == pushed[name]
        assert version in vault.with_digest(version.id)
    return vault


def check_clean(place: Place) -> None:
    """That, when nobody is at work, a collection or two leave nothing that is not needed."""
    vault = new_vault(place)
    collect(vault)
    collect(vault)
    vault = new_vault(place)
    assert [found.key for kind in ("writers/", "condemned/") for found in place.list(kind)] == []
    vault.catalog.refresh()
    inventory = Inventory(vault.catalog)
    for version in vault.versions():
        recipe = vault.recipe(version)
        inventory.need([version.recipe, *(digest for digest, _, _ in recipe.objects)])
    for name in inventory.packs:
        assert inventory.needed(name)
        assert not inventory.sparse(name)
    live = {(v.name, v.version) for v in vault.versions()}
    notes = {tuple(f.key.split("/", 2)[2].rsplit("/", 1)) for f in place.list("ids/")}
    assert notes == live
