"""OpenSSF model signatures (OMS 1.0): a Sigstore bundle around a statement on files.

Others' tools read and write these: the program ``model_signing``, model hubs, cluster policies. A
bundle says the digest of each file, or of each shard of one, and is signed by a key that it does
not carry. Rule: the signature is checked before anything that was signed is looked at, and every
file that is there must be one that was signed.

The key is ECDSA on P-256, P-384 or P-521 (OMS 4.2); those that are made here are on P-256.
"""

from __future__ import annotations

import base64
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any, Final, Literal, TypeVar

import msgspec

from holotype.archive.manifest import said_of
from holotype.errors import BundleError, FormatError, SigningKeyError
from holotype.signing.dsse import IN_TOTO, base64_bytes, pae
from holotype.signing.keys import SigningKey, check_ecdsa, public_pem
from holotype.signing.seals import STATEMENT
from holotype.signing.spki import algorithm_of
from holotype.structs import converter_of

__all__ = [
    "ALWAYS_LEFT_OUT",
    "MAX_BUNDLE",
    "WHOLE",
    "Scheme",
    "Signed",
    "checked_bundle",
    "made_bundle",
    "vouched_bundle",
]

MAX_BUNDLE: Final = 64 << 20
"""Bytes of a bundle that is read."""

WHOLE: Final = "."
"""The name of the one resource of a model that is a single file, as ``model_signing`` writes it."""

ALWAYS_LEFT_OUT: Final = (".git", ".gitattributes", ".github", ".gitignore")
"""What stands at the top of a folder and is never signed (OMS 6.2)."""

_MEDIA: Final = "application/vnd.dev.sigstore.bundle.v0.3+json"
_PREDICATE: Final = "https://model_signing/signature/v1.0"
_DIGITS: Final = {"sha256": 64, "blake2b": 128}


T = TypeVar("T")


class Scheme(msgspec.Struct, frozen=True, omit_defaults=True):
    """How files are hashed: whole or in shards, by which algorithm, and which are left out."""

    method: Literal["files", "shards"] = "files"
    hash_type: str = "sha256"
    allow_symlinks: bool = False
    shard_size: int | None = None
    ignore_paths: list[str] = []


class Signed(msgspec.Struct, frozen=True):
    """What a bundle with a right signature says: digests in hexadecimal, by resource."""

    name: str
    scheme: Scheme
    resources: dict[str, str]


class _Signature(msgspec.Struct):
    sig: str
    keyid: str | None = None


class _Envelope(msgspec.Struct, rename="camel"):
    payload: str
    payload_type: str
    signatures: list[_Signature]


class _Bundle(msgspec.Struct, rename="camel"):
    media_type: str
    verification_material: dict[str, Any]
    dsse_envelope: _Envelope


class _Resource(msgspec.Struct):
    name: str
    digest: str
    algorithm: str


class _Predicate(msgspec.Struct):
    resources: list[_Resource]
    serialization: Scheme


class _Subject(msgspec.Struct):
    name: str
    digest: dict[str, str]


class _Statement(msgspec.Struct):
    subject: list[_Subject]
    predicate: _Predicate
    type: str = msgspec.field(name="_type")
    predicate_type: str = msgspec.field(name="predicateType")


_bundle = converter_of(_Bundle)
_statement = converter_of(_Statement)


def made_bundle(
    name: str, resources: Mapping[str, str], key: SigningKey, ignored: tuple[str, ...] = ()
) -> bytes:
    """The bundle of a model: ``resources`` are SHA-256 digits by path, or by ``WHOLE``.

    Raises SigningKeyError where the key is none that OMS knows.
    """
    if algorithm_of(key.spki) != "ecdsa-p256":
        raise SigningKeyError(
            "OpenSSF model signatures are made with ECDSA: "
            "holotype keygen FILE --algorithm ecdsa-p256 makes such a key"
        )
    ordered = sorted(resources.items())
    raw = b"".join(bytes.fromhex(digest) for _, digest in ordered)
    serialization: dict[str, Any] = {
        "method": "files",
        "hash_type": "sha256",
        "allow_symlinks": False,
    }
    if ignored:
        serialization["ignore_paths"] = sorted(ignored)
    statement = {
        "_type": STATEMENT,
        "subject": [{"name": name, "digest": {"sha256": hashlib.sha256(raw).hexdigest()}}],
        "predicateType": _PREDICATE,
        "predicate": {
            "serialization": serialization,
            "resources": [
                {"name": path, "algorithm": "sha256", "digest": digest} for path, digest in ordered
            ],
        },
    }
    payload = msgspec.json.encode(statement)
    signature = key.sign(pae(IN_TOTO, payload))
    return msgspec.json.encode(
        {
            "mediaType": _MEDIA,
            "verificationMaterial": {
                "publicKey": {"hint": hashlib.sha256(public_pem(key.spki)).hexdigest()},
                "tlogEntries": [],
            },
            "dsseEnvelope": {
                "payload": base64.b64encode(payload).decode(),
                "payloadType": IN_TOTO,
                "signatures": [{"sig": base64.b64encode(signature).decode(), "keyid": ""}],
            },
        }
    )


def checked_bundle(data: bytes, spki: bytes) -> Signed:
    """What a bundle says, where it is signed by the key whose public part is ``spki``.

    Raises BundleError where it is no bundle of this kind, or not signed by this key.
    """
    try:
        return _checked(data, spki)
    except FormatError as error:
        raise BundleError(error.problem) from None


def vouched_bundle(data: bytes) -> tuple[Signed, bytes]:
    """What a bundle by a certificate says, which is **not** checked here, and that certificate.

    The certificate is in DER. Raises BundleError where it is no bundle of this kind.
    """
    bundle = _opened(data)
    certificate = bundle.verification_material.get("certificate")
    raw = certificate.get("rawBytes") if isinstance(certificate, dict) else None
    if not isinstance(raw, str):
        raise BundleError("the bundle is not by a certificate")
    try:
        payload = base64_bytes(bundle.dsse_envelope.payload, "the bundle's payload")
        der = base64_bytes(raw, "the bundle's certificate")
    except FormatError as error:
        raise BundleError(error.problem) from None
    return _said(_parsed(payload, _statement, "the bundle's statement")), der


def _opened(data: bytes) -> _Bundle:
    if len(data) > MAX_BUNDLE:
        raise BundleError(f"the bundle has {len(data)} bytes, more than {MAX_BUNDLE}")
    bundle = _parsed(data, _bundle, "the bundle")
    if bundle.media_type != _MEDIA or bundle.dsse_envelope.payload_type != IN_TOTO:
        raise BundleError(f"the bundle is not of the kind {_MEDIA}")
    return bundle


def _checked(data: bytes, spki: bytes) -> Signed:
    bundle = _opened(data)
    envelope = bundle.dsse_envelope
    material = bundle.verification_material
    if "publicKey" not in material:
        raise BundleError(
            "the bundle is signed by a certificate or an identity, not by a key: "
            "`model_signing verify certificate` or `model_signing verify sigstore` checks it"
        )
    if len(envelope.signatures) != 1:
        raise BundleError("the bundle has not one signature")
    payload = base64_bytes(envelope.payload, "the bundle's payload")
    signature = base64_bytes(envelope.signatures[0].sig, "the bundle's signature")
    if not check_ecdsa(spki, pae(IN_TOTO, payload), signature):
        raise BundleError(
            "the signature of the bundle is not of this key: it was made by another, or changed"
        )
    return _said(_parsed(payload, _statement, "the bundle's statement"))


def _said(statement: _Statement) -> Signed:
    if (statement.type, statement.predicate_type) != (STATEMENT, _PREDICATE):
        raise BundleError("the bundle's statement is not a model signature of version 1.0")
    scheme = statement.predicate.serialization
    digits = _DIGITS.get(scheme.hash_type)
    if digits is None:
        raise BundleError(f"files are hashed by {scheme.hash_type!a}, which is not known here")
    if scheme.allow_symlinks:
        raise BundleError("the model was signed through symbolic links, which are not followed")
    if (scheme.method == "shards") != (scheme.shard_size is not None):
        raise BundleError("shards have a size, and whole files have none")
    if scheme.shard_size is not None and scheme.shard_size < 1:
        raise BundleError("the size of shards is not positive")
    resources: dict[str, str] = {}
    for each in statement.predicate.resources:
        if each.algorithm != scheme.hash_type or not _is_hex(each.digest, digits):
            raise BundleError(f"the digest of {each.name!a} is not one of {scheme.hash_type}")
        if each.name in resources:
            raise BundleError(f"the bundle names {each.name!a} twice")
        resources[each.name] = each.digest
    if not resources or len(statement.subject) != 1:
        raise BundleError("the bundle is of no files, or of several models")
    (subject,) = statement.subject
    raw = b"".join(bytes.fromhex(digest) for digest in resources.values())
    if subject.digest.get("sha256") != hashlib.sha256(raw).hexdigest():
        raise BundleError("the bundle's subject is not the digest of its resources")
    return Signed(subject.name, scheme, resources)


def _is_hex(text: str, digits: int) -> bool:
    return len(text) == digits and set(text) <= set("0123456789abcdef")


def _parsed(data: bytes, convert: Callable[[Any], T], what: str) -> T:
    """A JSON value of this form; unknown members are left aside, as OMS wants it, twins are not."""
    try:
        value = json.loads(data, object_pairs_hook=_without_twins)
        return convert(value)
    except (ValueError, RecursionError, msgspec.MsgspecError) as error:
        raise BundleError(f"{what} cannot be read: {said_of(error)}") from None


def _without_twins(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a member is there twice")
    return found
