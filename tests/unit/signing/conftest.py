"""Keys, made once, and the seals that they make."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

import holotype
from holotype.archive.reader import open_archive
from holotype.signing.seals import Seal, made_seal, parse_seal

PASSPHRASE = "correct horse"
DATA = holotype.dumps({"a": [1, 2.5]}, created=datetime(2026, 1, 1, tzinfo=UTC))
NOON = datetime(2026, 6, 1, 12, tzinfo=UTC)


@pytest.fixture(scope="session")
def keys() -> dict[str, Any]:
    """A private key of each algorithm, and a second one."""
    pytest.importorskip("cryptography", reason="keys need cryptography")
    from holotype.signing.keys import generate

    return {
        "ed25519": generate("ed25519"),
        "ecdsa-p256": generate("ecdsa-p256"),
        "other": generate("ed25519"),
    }


@pytest.fixture
def sealed_by(keys: dict[str, Any]) -> Callable[..., bytes]:
    """The bytes of a seal on ``DATA`` by one of the keys."""

    def make(which: str = "ed25519", **said: Any) -> bytes:
        key = keys[which]
        with open_archive(DATA) as reader:
            manifest = reader.manifest
        text = manifest.to_json()
        return made_seal(text, manifest, key.sign, key.spki, **{"created": NOON, **said})

    return make


@pytest.fixture
def seal_of(sealed_by: Callable[..., bytes]) -> Callable[..., Seal]:
    """The same, parsed."""
    return lambda *which, **said: parse_seal(sealed_by(*which, **said), "seal")


@pytest.fixture
def locked(monkeypatch: pytest.MonkeyPatch) -> str:
    """The passphrase, which the environment holds."""
    monkeypatch.setenv("HOLOTYPE_PASSPHRASE", PASSPHRASE)
    return PASSPHRASE


@pytest.fixture
def key_file(tmp_path: Path, locked: str) -> Callable[..., Path]:
    """A new key in a file, with its public key beside it."""
    pytest.importorskip("cryptography", reason="keys need cryptography")

    def make(name: str = "release.key", algorithm: str = "ed25519") -> Path:
        holotype.keygen(tmp_path / name, algorithm=algorithm)
        return tmp_path / name

    return make
