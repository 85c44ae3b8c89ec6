"""OpenSSF model signatures: the published vectors, and what is refused.

``oms_vectors.json`` holds the test vectors of the OMS specification, version 1.0, and the bundles
by a key that releases of ``model_signing`` made (Copyright The OpenSSF and Sigstore Authors,
Apache-2.0), with the public key that belongs to them.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("cryptography", reason="keys need cryptography")

from holotype.api.bundles import verify_files
from holotype.api.vouching import verify_vouched
from holotype.errors import BundleError, SigningKeyError
from holotype.signing.dsse import IN_TOTO, pae
from holotype.signing.keys import PrivateKey, spki_of_pem
from holotype.signing.oms import checked_bundle, made_bundle

VECTORS = json.loads((Path(__file__).parent / "oms_vectors.json").read_text())
THEIRS = spki_of_pem(VECTORS["key"].encode(), "the key")
ONE, TWO = b"signme-1\n", b"signme-2"
FILES = {"signme-1": ONE, "signme-2": TWO}
Change = Callable[[dict[str, Any]], Any]


def digits(data: bytes, algorithm: str = "sha256") -> str:
    return hashlib.new(algorithm, data).hexdigest()


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """The model that the vectors are of."""
    for name, content in FILES.items():
        (tmp_path / name).write_bytes(content)
    (tmp_path / "ignore-me").write_bytes(b"?")
    return tmp_path


# ------------------------------------------------------------------------------------------ vectors


def test_the_valid_vector_by_a_key_is_accepted(folder: Path) -> None:
    bundle = VECTORS["specification"]["valid/key"].encode()
    signed = checked_bundle(bundle, THEIRS)
    assert signed.resources == {name: digits(content) for name, content in FILES.items()}
    (folder / "key.pem").write_text(VECTORS["key"])
    target = folder.parent / f"{folder.name}.sig"
    target.write_bytes(bundle)
    with pytest.raises(BundleError, match=r"'key\.pem' is there and was not signed"):
        verify_files(folder, folder / "key.pem")
    (folder / "key.pem").rename(folder.parent / "key.pem")
    assert verify_files(folder, folder.parent / "key.pem") == signed


@pytest.mark.parametrize("name", ["valid/certificate", "valid/sigstore"])
def test_vectors_that_no_key_signed_are_left_to_the_tool_that_can(name: str) -> None:
    with pytest.raises(BundleError, match="by a certificate or an identity"):
        checked_bundle(VECTORS["specification"][name].encode(), THEIRS)


@pytest.mark.parametrize(
    "name", [name for name in VECTORS["specification"] if not name.startswith("valid/")]
)
def test_invalid_vectors_are_refused(name: str) -> None:
    with pytest.raises(BundleError):
        checked_bundle(VECTORS["specification"][name].encode(), THEIRS)


@pytest.mark.parametrize("release", VECTORS["releases"])
def test_the_bundles_of_older_releases_are_accepted(release: str, tmp_path: Path) -> None:
    (tmp_path / "sig").write_text(VECTORS["releases"][release])
    (tmp_path / "key").write_text(VECTORS["key"])
    model = tmp_path / "signme-1"
    if release in ("v0.3.1-elliptic-key", "v1.0.0-elliptic-key"):  # of one file
        model.write_bytes(ONE)
    else:
        model.mkdir()
        for name, content in FILES.items():
            (model / name).write_bytes(content)
    verify_files(model, tmp_path / "key", signature=tmp_path / "sig")
    target = model if model.is_file() else model / "signme-2"
    target.write_bytes(b"other")
    with pytest.raises(BundleError, match="not what was signed"):
        verify_files(model, tmp_path / "key", signature=tmp_path / "sig")


@pytest.fixture
def by_sigstore(tmp_path: Path) -> dict[str, Any]:
    """The vector that an identity signed, with the trust root that ``sigstore`` brings."""
    pytest.importorskip("model_signing", reason="others' signatures are checked by model-signing")
    sigstore = pytest.importorskip("sigstore", reason="identities are checked by sigstore")
    (kept,) = Path(sigstore.__file__).parent.glob("_store/*.sigstore.dev")
    configuration = {
        "mediaType": "application/vnd.dev.sigstore.clienttrustconfig.v0.1+json",
        "trustedRoot": json.loads((kept / "trusted_root.json").read_text()),
        "signingConfig": json.loads((kept / "signing_config.v0.2.json").read_text()),
    }
    (tmp_path / "trust.json").write_text(json.dumps(configuration))
    (tmp_path / "sig").write_text(VECTORS["specification"]["valid/sigstore"])
    (tmp_path / "model").mkdir()
    for name in FILES:
        (tmp_path / "model" / name).write_text(name)
    return {
        "path": tmp_path / "model",
        "signature": tmp_path / "sig",
        "identity": "stefanb@us.ibm.com",
        "issuer": "https://sigstore.verify.ibm.com/oauth2",
        "trust_config": tmp_path / "trust.json",
    }


def test_the_valid_vector_by_an_identity_is_accepted_without_a_network(by_sigstore: Any) -> None:
    verify_vouched(**by_sigstore)
    for changed in ({"identity": "other@us.ibm.com"}, {"issuer": "https://example.com"}):
        with pytest.raises(BundleError, match="model_signing does not accept"):
            verify_vouched(**{**by_sigstore, **changed})
    (by_sigstore["path"] / "signme-1").write_text("other")
    with pytest.raises(BundleError, match="model_signing does not accept"):
        verify_vouched(**by_sigstore)


@pytest.mark.parametrize(
    "given",
    [
        {},
        {"identity": "ann"},
        {"issuer": "x"},
        {"certificates": ["c"], "identity": "ann", "issuer": "x"},
    ],
)
def test_a_certificate_or_an_identity_is_given_and_not_both(given: Any, tmp_path: Path) -> None:
    with pytest.raises(ValueError, match="certificates, or an identity"):
        verify_vouched(tmp_path, **given)


# -------------------------------------------------------------------------------------- our bundles


def changed(key: PrivateKey, change: Change, wrap: Change = lambda outer: None) -> bytes:
    """A bundle whose statement was changed before it was signed, and its outside after."""
    bundle = json.loads(made_bundle("m", {"a": digits(ONE), "b": digits(TWO)}, key))
    said = json.loads(base64.b64decode(bundle["dsseEnvelope"]["payload"]))
    change(said)
    payload = json.dumps(said).encode()
    signature = base64.b64encode(key.sign(pae(IN_TOTO, payload))).decode()
    bundle["dsseEnvelope"]["payload"] = base64.b64encode(payload).decode()
    bundle["dsseEnvelope"]["signatures"] = [{"sig": signature}]
    wrap(bundle)
    return json.dumps(bundle).encode()


def test_what_is_made_says_what_was_given(keys: dict[str, Any]) -> None:
    key = keys["ecdsa-p256"]
    resources = {"b/c": digits(TWO), "a": digits(ONE)}
    signed = checked_bundle(made_bundle("m", resources, key, (".git",)), key.spki)
    assert (signed.name, signed.resources) == ("m", resources)
    assert list(signed.resources) == ["a", "b/c"]
    assert signed.scheme.ignore_paths == [".git"]


def test_ed25519_is_no_key_of_theirs(keys: dict[str, Any]) -> None:
    with pytest.raises(SigningKeyError, match="ecdsa-p256"):
        made_bundle("m", {"a": digits(ONE)}, keys["ed25519"])
    bundle = made_bundle("m", {"a": digits(ONE)}, keys["ecdsa-p256"])
    with pytest.raises(SigningKeyError, match="not of ECDSA"):
        checked_bundle(bundle, keys["ed25519"].spki)


def test_an_honest_change_is_accepted(keys: dict[str, Any]) -> None:
    """What the specification leaves open: unknown members are left aside."""
    key = keys["ecdsa-p256"]
    bundle = changed(key, lambda said: said["predicate"]["resources"][0].update(uri="x"))
    assert len(checked_bundle(bundle, key.spki).resources) == 2


SAID: dict[str, Change] = {
    "other-type": lambda said: said.update(_type="https://in-toto.io/Statement/v0.1"),
    "other-predicate": lambda said: said.update(predicateType="https://model_signing/Digests/v0.1"),
    "no-subject": lambda said: said.update(subject=[]),
    "two-subjects": lambda said: said["subject"].append(said["subject"][0]),
    "other-root": lambda said: said["subject"][0]["digest"].update(sha256="0" * 64),
    "no-resources": lambda said: said["predicate"].update(resources=[]),
    "twice": lambda said: said["predicate"]["resources"].append(said["predicate"]["resources"][0]),
    "short-digest": lambda said: said["predicate"]["resources"][0].update(digest="00"),
    "loud-digest": lambda said: said["predicate"]["resources"][0].update(digest="A" * 64),
    "unknown-hash": lambda said: said["predicate"]["serialization"].update(hash_type="md5"),
    "other-hash": lambda said: said["predicate"]["resources"][0].update(algorithm="blake2b"),
    "links": lambda said: said["predicate"]["serialization"].update(allow_symlinks=True),
    "unknown-method": lambda said: said["predicate"]["serialization"].update(method="tar"),
    "shards-of-no-size": lambda said: said["predicate"]["serialization"].update(method="shards"),
    "size-of-no-shards": lambda said: said["predicate"]["serialization"].update(shard_size=1),
    "empty-shards": lambda said: said["predicate"]["serialization"].update(
        method="shards", shard_size=0
    ),
}


@pytest.mark.parametrize("change", SAID.values(), ids=SAID)
def test_a_signed_statement_that_breaks_a_rule_is_refused(
    change: Change, keys: dict[str, Any]
) -> None:
    key = keys["ecdsa-p256"]
    with pytest.raises(BundleError):
        checked_bundle(changed(key, change), key.spki)


OUTSIDE: dict[str, Change] = {
    "other-media": lambda outer: outer.update(mediaType="application/json"),
    "other-payload-type": lambda outer: outer["dsseEnvelope"].update(payloadType="text/plain"),
    "no-signatures": lambda outer: outer["dsseEnvelope"].update(signatures=[]),
    "two-signatures": lambda outer: outer["dsseEnvelope"]["signatures"].append(
        outer["dsseEnvelope"]["signatures"][0]
    ),
    "loose-base64": lambda outer: outer["dsseEnvelope"]["signatures"][0].update(sig="QR=="),
    "other-payload": lambda outer: outer["dsseEnvelope"].update(payload="e30="),
    "no-material": lambda outer: outer.update(verificationMaterial={}),
}


@pytest.mark.parametrize("wrap", OUTSIDE.values(), ids=OUTSIDE)
def test_a_bundle_whose_outside_was_changed_is_refused(wrap: Change, keys: dict[str, Any]) -> None:
    key = keys["ecdsa-p256"]
    with pytest.raises(BundleError):
        checked_bundle(changed(key, lambda said: None, wrap), key.spki)


def test_members_that_are_there_twice_are_refused(keys: dict[str, Any]) -> None:
    key = keys["ecdsa-p256"]
    bundle = made_bundle("m", {"a": digits(ONE)}, key)
    twice = bundle.replace(b'{"mediaType"', b'{"mediaType":"","mediaType"', 1)
    with pytest.raises(BundleError, match="twice"):
        checked_bundle(twice, key.spki)


@pytest.mark.parametrize("data", [b"", b"[" * 100_000, b"\xff", b'{"a":1}', b"NaN"])
def test_what_is_no_bundle_is_refused(data: bytes) -> None:
    with pytest.raises(BundleError):
        checked_bundle(data, THEIRS)


def test_shards_and_blake2b_are_checked(folder: Path, keys: dict[str, Any]) -> None:
    from holotype.signing.keys import public_pem

    key = keys["ecdsa-p256"]
    names = {"signme-1:0:5": ONE[:5], "signme-1:5:9": ONE[5:], "signme-2:0:5": TWO[:5]}
    names |= {"signme-2:5:8": TWO[5:]}
    listed = [
        {"name": name, "algorithm": "blake2b", "digest": digits(data, "blake2b")}
        for name, data in names.items()
    ]
    root = digits(b"".join(bytes.fromhex(each["digest"]) for each in listed))

    def shard(said: dict[str, Any]) -> None:
        said["subject"][0]["digest"]["sha256"] = root
        said["predicate"] = {
            "resources": listed,
            "serialization": {
                "method": "shards",
                "hash_type": "blake2b",
                "shard_size": 5,
                "allow_symlinks": False,
                "ignore_paths": ["ignore-me", "key", "sig"],
            },
        }

    (folder / "sig").write_bytes(changed(key, shard))
    (folder / "key").write_bytes(public_pem(key.spki))
    verify_files(folder, folder / "key", signature=folder / "sig")
    (folder / "signme-1").write_bytes(ONE[:5] + b"xxx\n")
    with pytest.raises(BundleError, match="signme-1:5:"):
        verify_files(folder, folder / "key", signature=folder / "sig")
