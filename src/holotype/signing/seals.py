"""Seals: who stands for an archive, as a signed in-toto statement over its id (SPEC section 9).

A seal says of which archive it is (the id, the fingerprint, every part's digest), by which name
and version its signer means it, when it was made and by which key. Rule: a seal is read in its one
spelling and must be that of the archive it was found in; whether its signature is right and its
signer trusted is for ``judge.py`` to say. No cryptography is needed here.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any, Final

import msgspec

from holotype.archive.manifest import TIME, Manifest, Part, said_of
from holotype.archive.reader import ArchiveReader
from holotype.digest import Digest, canonical_json, sha256
from holotype.errors import FormatError, MisplacedSealError
from holotype.signing.dsse import (
    IN_TOTO,
    base64_bytes,
    base64_text,
    enveloped,
    pae,
    parse_envelope,
)
from holotype.signing.spki import Algorithm, algorithm_of
from holotype.structs import reader_of

__all__ = [
    "PREDICATE",
    "Seal",
    "made_seal",
    "of_this",
    "parse_seal",
    "read_seals",
    "require_words",
    "said_as",
    "said_name",
]

PREDICATE: Final = "urn:holotype:seal:1"
STATEMENT: Final = "https://in-toto.io/Statement/v1"
_SUBJECT: Final = "manifest.json"  # whose SHA-256 the id is
_MAX_WORD = 255
_MOST_SIGNED = {"ed25519": 64, "ecdsa-p256": 72}
_CLAUSE: Final = "9.3"


class _SignerClaim(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """The key of a seal: its algorithm, and its SubjectPublicKeyInfo in base64."""

    algorithm: str
    key: str


class _Predicate(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What a seal says beside the id."""

    created: str
    fingerprint: Digest
    name: str | None
    parts: list[Part]
    signer: _SignerClaim
    version: str | None


class _Subject(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    digest: dict[str, str]
    name: str


class _Statement(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    predicate: _Predicate
    subject: list[_Subject]
    type: str = msgspec.field(name="_type")
    predicate_type: str = msgspec.field(name="predicateType")


_read_statement = reader_of(_Statement)


class Seal(msgspec.Struct, frozen=True):
    """A seal that is of its form; nothing about its signature is known yet.

    id           the id of the archive that it is of
    fingerprint  that of its model
    parts        the digest of every part
    name         by which name its signer means the archive, or None
    version      which version of that name, or None
    created      when it was made, as it says itself
    key          id of the key: SHA-256 of ``spki``
    algorithm    ed25519 or ecdsa-p256
    spki         the public key, in DER
    signed       the bytes that were signed
    signature    over them
    """

    id: Digest
    fingerprint: Digest
    parts: tuple[Part, ...]
    name: str | None
    version: str | None
    created: datetime
    key: Digest
    algorithm: Algorithm
    spki: bytes
    signed: bytes
    signature: bytes


def made_seal(
    manifest: bytes,
    known: Manifest,
    sign: Callable[[bytes], bytes],
    spki: bytes,
    *,
    name: str | None = None,
    version: str | None = None,
    created: datetime | None = None,
) -> bytes:
    """A seal over the archive with this manifest, whose bytes and value are given.

    ``sign`` gives the signature of bytes by the key whose public part is ``spki``. ``created`` is
    now, if it is not given.

    Raises ValueError where name or version are no words.
    """
    require_words(name, version)
    algorithm = algorithm_of(spki)
    if algorithm is None:
        raise ValueError("keys are Ed25519 or ECDSA on P-256")
    moment = (created or datetime.now(UTC)).astimezone(UTC)
    statement = _Statement(
        type=STATEMENT,
        subject=[_Subject({"sha256": sha256(manifest).partition(":")[2]}, _SUBJECT)],
        predicate_type=PREDICATE,
        predicate=_Predicate(
            created=f"{moment:%Y-%m-%dT%H:%M:%SZ}",
            fingerprint=known.fingerprint,
            name=name,
            parts=known.parts,
            signer=_SignerClaim(algorithm, base64_text(spki)),
            version=version,
        ),
    )
    payload = canonical_json(statement)
    return enveloped(IN_TOTO, payload, sign, spki).to_json()


def require_words(name: str | None, version: str | None) -> None:
    """Raise ValueError where a seal could not say this name, or this version."""
    for what, word in (("name", name), ("version", version)):
        if word is not None and not _is_word(word):
            raise ValueError(f"a {what} is text of 1 to {_MAX_WORD} printable characters")


def said_name(name: str | None, version: str | None) -> str:
    """A name and a version in words."""
    if name is None:
        return "no name" if version is None else f"no name, version {version}"
    return name if version is None else f"{name}@{version}"


def said_as(name: str | None, version: str | None) -> str:
    """The same behind ``sealed``: `` as churn@1.4.0``, and nothing where a seal says neither."""
    return f" as {said_name(name, version)}" if name or version else ""


def read_seals(reader: ArchiveReader) -> list[Seal]:
    """The seals of an open archive, each of which is of this very archive.

    Raises FormatError or DigestError where one is not of its form, and MisplacedSealError where it
    is that of another archive.
    """
    return [of_this(parse_seal(data, name), name, reader) for name, data in reader.seals().items()]


def parse_seal(data: bytes, where: str) -> Seal:
    """Read a seal; FormatError where it breaks a rule of SPEC section 9."""
    payload, key, signature = parse_envelope(data, where)
    try:
        statement = _read_statement(payload)
        again = canonical_json(statement)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        problem = f"{where} is no statement: {said_of(error)}"
        raise FormatError(problem, clause=_CLAUSE) from None
    said = statement.predicate
    spki = base64_bytes(said.signer.key, where)
    algorithm = algorithm_of(spki)
    created = _time(said.created)
    rules = {
        "the statement is not written in its one form": again == payload,
        "it is of another kind": (statement.type, statement.predicate_type)
        == (STATEMENT, PREDICATE),
        "its subject is not one manifest": [(s.name, list(s.digest)) for s in statement.subject]
        == [(_SUBJECT, ["sha256"])],
        "its time is not of the form 2020-12-31T23:59:59Z": created is not None,
        "its name or version is no word": all(
            word is None or _is_word(word) for word in (said.name, said.version)
        ),
        "its key is not of the algorithm that it states": algorithm == said.signer.algorithm,
        "its key is not the one whose id it states": sha256(spki) == key,
        "its signature is too long": len(signature) <= _MOST_SIGNED.get(algorithm or "", 0),
    }
    for problem, kept in rules.items():
        if not kept:
            raise FormatError(f"{where}: {problem}", clause=_CLAUSE)
    if created is None or algorithm is None:  # so that the types are known: refused above
        raise AssertionError
    return Seal(
        id=f"sha256:{statement.subject[0].digest['sha256']}",
        fingerprint=said.fingerprint,
        parts=tuple(said.parts),
        name=said.name,
        version=said.version,
        created=created,
        key=key,
        algorithm=algorithm,
        spki=spki,
        signed=pae(IN_TOTO, payload),
        signature=signature,
    )


def of_this(seal: Seal, where: str, reader: ArchiveReader) -> Seal:
    """The same seal; MisplacedSealError where it is not of this very archive."""
    same = {
        "id": seal.id == reader.id,
        "fingerprint": seal.fingerprint == reader.manifest.fingerprint,
        "parts": list(seal.parts) == reader.manifest.parts,
    }
    for what, equal in same.items():
        if not equal:
            raise MisplacedSealError(
                f"{where} is the seal of another archive: its {what} differs. It was moved here, "
                "or the archive was changed after it was sealed; get both anew from who made them"
            )
    return seal


def _is_word(text: Any) -> bool:
    return 1 <= len(text) <= _MAX_WORD and text.isprintable()


def _time(text: str) -> datetime | None:
    if not TIME.fullmatch(text):
        return None
    try:
        return datetime.strptime(text, "%Y-%m-%dT%H:%M:%SZ").replace(tzinfo=UTC)
    except ValueError:  # February 30
        return None
