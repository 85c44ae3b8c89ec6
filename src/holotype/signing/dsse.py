"""Envelopes: DSSE version 1, the form in which a payload and its signature travel together.

What is signed is the pre-authentication encoding of the payload and its type, so that bytes which
were signed as one thing are never taken for another. Rule: an envelope has one spelling. It is
parsed and written again, and what differs by a byte is refused (SPEC 9.2).
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable
from typing import Final

import msgspec

from holotype.archive.manifest import said_of
from holotype.digest import canonical_json, sha256
from holotype.errors import FormatError
from holotype.structs import reader_of

__all__ = [
    "IN_TOTO",
    "Envelope",
    "Signature",
    "base64_bytes",
    "base64_text",
    "enveloped",
    "pae",
    "parse_envelope",
]

IN_TOTO: Final = "application/vnd.in-toto+json"
"""The type of a payload that is an in-toto statement."""

_CLAUSE: Final = "9.2"


class Signature(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """A signature in base64, and the id of the key that made it."""

    keyid: str
    sig: str


class Envelope(msgspec.Struct, frozen=True, forbid_unknown_fields=True, rename="camel"):
    """A payload in base64, its type, and signatures over both."""

    payload: str
    payload_type: str
    signatures: list[Signature]

    def to_json(self) -> bytes:
        """Its one spelling: canonical JSON."""
        return canonical_json(self)


_read = reader_of(Envelope)


def pae(payload_type: str, payload: bytes) -> bytes:
    """The bytes that are signed: ``DSSEv1 LEN(type) type LEN(payload) payload``."""
    kind = payload_type.encode()
    return b"DSSEv1 %d %b %d %b" % (len(kind), kind, len(payload), payload)


def enveloped(
    payload_type: str, payload: bytes, sign: Callable[[bytes], bytes], spki: bytes
) -> Envelope:
    """A payload, signed by the key whose public part is ``spki``."""
    signature = Signature(sha256(spki), base64_text(sign(pae(payload_type, payload))))
    return Envelope(base64_text(payload), payload_type, [signature])


def base64_text(data: bytes) -> str:
    """Base64 of RFC 4648, in its one spelling."""
    return base64.b64encode(data).decode()


def parse_envelope(data: bytes, where: str) -> tuple[bytes, str, bytes]:
    """The payload of an envelope around a statement, the key's id, and the one signature.

    Raises FormatError where it is not such an envelope in its one spelling.
    """
    try:
        envelope = _read(data)
        again = envelope.to_json()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        problem = f"{where} is no envelope: {said_of(error)}"
        raise FormatError(problem, clause=_CLAUSE) from None
    if again != data:
        raise FormatError(f"{where} is not written in its one form", clause=_CLAUSE)
    if envelope.payload_type != IN_TOTO:
        raise FormatError(f"{where}: the type of its payload is not {IN_TOTO}", clause=_CLAUSE)
    if len(envelope.signatures) != 1:
        raise FormatError(f"{where} has not one signature", clause=_CLAUSE)
    (signature,) = envelope.signatures
    return (
        base64_bytes(envelope.payload, where),
        signature.keyid,
        base64_bytes(signature.sig, where),
    )


def base64_bytes(text: str, where: str) -> bytes:
    """What base64 text says; FormatError where it is not the one text that says so (RFC 4648)."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError):  # ValueError: not ASCII
        data = None
    if data is None or base64.b64encode(data).decode() != text:
        raise FormatError(f"{where}: base64 is not in its one form", clause=_CLAUSE)
    return data
