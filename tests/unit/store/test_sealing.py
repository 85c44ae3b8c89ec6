"""Seals and notes of versions: kept beside what was pushed, and in all that is pulled."""

from __future__ import annotations

import base64
import json
from pathlib import Path

import numpy as np
import pytest

import holotype
from holotype.errors import MisplacedSealError, SealError
from holotype.signing.dsse import pae
from holotype.signing.keys import check_signature
from holotype.signing.places import read_public

pytest.importorskip("cryptography", reason="seals are made with cryptography")

MODEL = {"weights": np.arange(5000.0), "bias": np.arange(3)}


@pytest.fixture
def store(tmp_path: Path) -> holotype.Store:
    return holotype.Store(tmp_path / "store")


@pytest.fixture
def key(tmp_path: Path) -> str:
    holotype.keygen(tmp_path / "my.key", unlocked=True)
    return str(tmp_path / "my.key")


@pytest.fixture
def public(key: str) -> str:
    return Path(f"{key}.pub").read_text()


def test_a_version_that_is_sealed_later_is_sealed_in_all_that_is_pulled(
    store: holotype.Store, key: str, public: str, tmp_path: Path
) -> None:
    version = store.push("model", MODEL)
    assert not holotype.verify(store.source("model"), keys=[public])
    receipt = store.seal("model", key)
    assert (receipt.id, receipt.name, receipt.version) == (version.id, "model", "1.0.0")
    store.pull("model", tmp_path / "model.holo")
    for sealed in (store.source("model"), tmp_path / "model.holo"):
        assert holotype.verify(sealed, keys=[public], name="model", version="1.0.0").ok
    assert holotype.show(tmp_path / "model.holo").id == version.id


def test_pushing_the_same_archive_with_a_seal_adds_the_seal_and_no_version(
    store: holotype.Store, key: str, public: str, tmp_path: Path
) -> None:
    path = tmp_path / "model.holo"
    holotype.dump(MODEL, path)
    version = store.push("model", path)
    holotype.seal(path, key, name="model", version="1.0.0")
    assert store.push("model", path) == version
    store.pull("model", tmp_path / "pulled.holo")
    assert (tmp_path / "pulled.holo").read_bytes() == path.read_bytes()
    assert holotype.verify(store.source("model"), keys=[public]).ok


def test_a_push_can_seal_with_the_number_that_it_gets(
    store: holotype.Store, key: str, public: str
) -> None:
    store.push("model", MODEL, seal=key)
    other = {**MODEL, "bias": np.arange(1, 4)}
    version = store.push("model", other, seal=key)
    report = holotype.verify(
        store.source("model"), keys=[public], name="model", version=version.version
    )
    assert report.ok, report.error


def test_seals_go_along_to_another_store(
    store: holotype.Store, key: str, public: str, tmp_path: Path
) -> None:
    store.push("model", MODEL, seal=key)
    store.push("model", MODEL, metadata={"said": "twice"}, message="again")
    other = holotype.Store(tmp_path / "other")
    store.copy(other)
    assert holotype.verify(other.source("model"), keys=[public]).ok
    assert [note.message for note in other.notes("model")] == ["again"]


def test_a_seal_for_another_name_does_not_count_under_this_one(
    store: holotype.Store, key: str, public: str
) -> None:
    store.push("model", MODEL, seal=key)
    store.push("impostor", store.source("model"))
    report = holotype.verify(store.source("impostor"), keys=[public])
    assert isinstance(report.error, MisplacedSealError)


def test_a_pin_of_the_policy_holds_for_what_a_store_calls_so(
    store: holotype.Store, key: str, public: str, tmp_path: Path
) -> None:
    config = tmp_path / "policy.toml"
    config.write_text(f"""
[signers.me]
keys = [{{ key = '''{public}''' }}]
[pins.model]
signers = ["me"]
""")
    config.chmod(0o600)
    policy = holotype.Policy.from_file(config)
    store.push("model", MODEL)
    with pytest.raises(SealError):
        store.load("model", policy=policy)
    store.seal("model", key)
    assert (store.load("model", policy=policy)["bias"] == MODEL["bias"]).all()


def test_a_seal_that_was_tampered_with_in_the_store_is_refused(
    store: holotype.Store, key: str, tmp_path: Path
) -> None:
    store.push("model", MODEL, seal=key)
    (seal,) = (tmp_path / "store" / "seals").rglob("*.json")
    seal.write_bytes(seal.read_bytes().replace(b'"', b"'", 1))
    report = holotype.verify(store.source("model"))
    assert not report.ok


def test_the_report_of_a_scrub_is_signed_in_an_envelope(
    store: holotype.Store, key: str, tmp_path: Path
) -> None:
    store.push("model", MODEL)
    report = tmp_path / "report.json"
    store.scrub(report=report, key=key)
    envelope = json.loads((tmp_path / "report.json.dsse.json").read_bytes())
    payload = base64.b64decode(envelope["payload"])
    assert payload == report.read_bytes()
    signed = pae(envelope["payloadType"], payload)
    signature = base64.b64decode(envelope["signatures"][0]["sig"])
    spki = read_public(f"{key}.pub")
    assert check_signature("ed25519", spki, signed, signature)
    assert not check_signature("ed25519", spki, signed + b" ", signature)
