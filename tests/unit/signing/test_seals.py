"""Seals: what they say comes back, and no byte of them can be changed."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from tests.unit.signing.conftest import DATA, NOON

from holotype.archive.reader import open_archive
from holotype.archive.seals import sealed_bytes
from holotype.digest import canonical_json
from holotype.errors import FormatError, HolotypeError, MisplacedSealError
from holotype.signing.dsse import base64_bytes
from holotype.signing.seals import Seal, made_seal, parse_seal, read_seals

pytest.importorskip("cryptography", reason="keys need cryptography")

from holotype.signing.keys import check_signature

ALGORITHMS = pytest.mark.parametrize("algorithm", ["ed25519", "ecdsa-p256"])
WORDS = st.none() | st.text(
    st.characters(categories=["L", "N", "P", "S"]), min_size=1, max_size=255
)


def right(seal: Seal) -> bool:
    return check_signature(seal.algorithm, seal.spki, seal.signed, seal.signature)


@ALGORITHMS
def test_a_seal_says_of_which_archive_it_is_and_by_whom(
    algorithm: str, seal_of: Callable[..., Seal], keys: dict[str, Any]
) -> None:
    seal = seal_of(algorithm, name="churn", version="1.4.0")
    with open_archive(DATA) as reader:
        assert seal.id == reader.id
        assert seal.fingerprint == reader.manifest.fingerprint
        assert list(seal.parts) == reader.manifest.parts
    assert (seal.name, seal.version, seal.created) == ("churn", "1.4.0", NOON)
    assert (seal.algorithm, seal.spki) == (algorithm, keys[algorithm].spki)
    assert seal.key == keys[algorithm].id
    assert right(seal)


def test_the_payload_is_an_in_toto_statement_on_the_manifest(
    sealed_by: Callable[..., bytes],
) -> None:
    envelope = json.loads(sealed_by(name="churn"))
    said = json.loads(base64_bytes(envelope["payload"], "payload"))
    with open_archive(DATA) as reader:
        digest = reader.id.removeprefix("sha256:")
    assert said["_type"] == "https://in-toto.io/Statement/v1"
    assert said["subject"] == [{"name": "manifest.json", "digest": {"sha256": digest}}]
    assert envelope["payloadType"] == "application/vnd.in-toto+json"


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(name=WORDS, version=WORDS)
def test_names_and_versions_come_back(
    name: str | None, version: str | None, seal_of: Callable[..., Seal]
) -> None:
    words = [w for w in (name, version) if w is not None]
    if all(word.isprintable() for word in words):
        seal = seal_of(name=name, version=version)
        assert (seal.name, seal.version) == (name, version)
    else:
        with pytest.raises(ValueError, match="printable"):
            seal_of(name=name, version=version)


@pytest.mark.parametrize("word", ["", "x" * 256, "a\nb", "\x1b[2K", "\u202e"])
def test_a_name_that_could_deceive_is_refused(word: str, sealed_by: Callable[..., bytes]) -> None:
    with pytest.raises(ValueError, match="printable"):
        sealed_by(name=word)
    with pytest.raises(ValueError, match="printable"):
        sealed_by(name="churn", version=word)


@ALGORITHMS
def test_no_byte_of_a_seal_can_be_changed(algorithm: str, sealed_by: Callable[..., bytes]) -> None:
    honest = sealed_by(algorithm, name="churn")
    parsed = parse_seal(honest, "seal")
    accepted = []
    for at in range(len(honest)):
        for bit in (1, 0x20, 0x80):
            changed = honest[:at] + bytes([honest[at] ^ bit]) + honest[at + 1 :]
            try:
                seal = parse_seal(changed, "seal")
            except FormatError:
                continue
            if right(seal):
                accepted.append((at, bit))
            assert seal != parsed
    assert accepted == []


def test_seals_can_be_added_in_any_order_and_are_the_same_file(
    sealed_by: Callable[..., bytes],
) -> None:
    with open_archive(DATA) as reader:
        archive = reader.id
    seals = [sealed_by(), sealed_by("ecdsa-p256"), sealed_by("other", name="churn")]
    one = two = DATA
    for seal in seals:
        one = sealed_bytes(one, [seal], archive)
    for seal in reversed(seals):
        two = sealed_bytes(two, [seal, seal], archive)
    assert one == two == sealed_bytes(one, seals, archive)
    with open_archive(one) as reader:
        assert reader.id == archive
        assert sorted(seal.key for seal in read_seals(reader)) == sorted(
            parse_seal(seal, "seal").key for seal in seals
        )


@pytest.mark.parametrize("what", ["id", "fingerprint", "parts"])
def test_the_seal_of_another_archive_is_refused_whatever_it_got_right(
    what: str, keys: dict[str, Any]
) -> None:
    key = keys["ed25519"]
    with open_archive(DATA) as reader:
        manifest, archive = reader.manifest, reader.id
    text = manifest.to_json()
    said = json.loads(canonical_json(manifest))
    if what == "id":
        text = text.replace(b"2026", b"2025")
    elif what == "fingerprint":
        said["fingerprint"] = "sha256:" + "0" * 64
    else:
        said["parts"].reverse()
    import msgspec

    changed = msgspec.convert(said, type(manifest))
    seal = made_seal(text, changed, key.sign, key.spki)
    data = sealed_bytes(DATA, [seal], archive)
    with open_archive(data) as reader, pytest.raises(MisplacedSealError, match=f"its {what} diff"):
        read_seals(reader)


def test_a_key_of_neither_kind_makes_no_seal(keys: dict[str, Any]) -> None:
    with open_archive(DATA) as reader, pytest.raises(ValueError, match=r"Ed25519 or ECDSA"):
        made_seal(b"", reader.manifest, keys["ed25519"].sign, bytes(44))


@given(st.binary(max_size=300))
def test_any_bytes_are_refused_with_an_error_of_ours(data: bytes) -> None:
    with pytest.raises(HolotypeError):
        parse_seal(data, "seal")


def test_times_are_in_utc_to_the_second(sealed_by: Callable[..., bytes]) -> None:
    late = datetime.fromisoformat("2026-06-01T14:30:59.999+02:00")
    seal = parse_seal(sealed_by(created=late), "seal")
    assert seal.created == datetime(2026, 6, 1, 12, 30, 59, tzinfo=UTC)
