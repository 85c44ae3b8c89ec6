"""Keys: made, written as PEM, read, and used to sign and to check.

Private keys are PKCS #8, encrypted with a passphrase; public ones SubjectPublicKeyInfo. Algorithms
are Ed25519 (RFC 8032) and ECDSA on P-256 with SHA-256 (FIPS 186-5). Rule: a private key never
stands in a message, and one that others can read is not used.
"""

from __future__ import annotations

from functools import cache
from types import ModuleType
from typing import Any, Protocol

from holotype.digest import sha256
from holotype.errors import MissingLibraryError, SigningKeyError
from holotype.signing.spki import ALGORITHMS, Algorithm, algorithm_of

__all__ = [
    "PrivateKey",
    "SigningKey",
    "check_ecdsa",
    "check_signature",
    "generate",
    "private_key",
    "public_pem",
    "spki_of_pem",
]


class SigningKey(Protocol):
    """Whatever can sign: a private key in memory, or one that never leaves its device."""

    @property
    def spki(self) -> bytes:
        """The public key, as SubjectPublicKeyInfo in DER."""

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes."""


class PrivateKey:
    """A private key in memory."""

    def __init__(self, key: Any) -> None:
        serialization = _lib().serialization
        self._key = key
        self.spki: bytes = key.public_key().public_bytes(
            serialization.Encoding.DER, serialization.PublicFormat.SubjectPublicKeyInfo
        )
        if algorithm_of(self.spki) is None:
            raise SigningKeyError("the key is neither Ed25519 nor ECDSA on P-256")

    def __repr__(self) -> str:
        return f"<{algorithm_of(self.spki)} key {self.id}>"

    @property
    def id(self) -> str:
        """The SHA-256 of the public key."""
        return sha256(self.spki)

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes: of Ed25519 64 bytes, of ECDSA a DER sequence."""
        lib = _lib()
        if algorithm_of(self.spki) == "ed25519":
            signature: bytes = self._key.sign(data)
        else:
            signature = self._key.sign(data, lib.ec.ECDSA(lib.hashes.SHA256()))
        return signature

    def to_pem(self, passphrase: str | None) -> bytes:
        """PKCS #8 in PEM, encrypted unless the passphrase is None."""
        serialization = _lib().serialization
        if passphrase == "":
            raise SigningKeyError("the passphrase is empty")
        locked: Any = serialization.NoEncryption()
        if passphrase is not None:
            locked = serialization.BestAvailableEncryption(passphrase.encode())
        pem: bytes = self._key.private_bytes(
            serialization.Encoding.PEM, serialization.PrivateFormat.PKCS8, locked
        )
        return pem


def generate(algorithm: str = "ed25519") -> PrivateKey:
    """A new key of ``ed25519`` or ``ecdsa-p256``."""
    lib = _lib()
    if algorithm == "ed25519":
        return PrivateKey(lib.ed25519.Ed25519PrivateKey.generate())
    if algorithm == "ecdsa-p256":
        return PrivateKey(lib.ec.generate_private_key(lib.ec.SECP256R1()))
    raise ValueError(f"algorithm is {' or '.join(ALGORITHMS)}, not {algorithm!r}")


def is_encrypted(pem: bytes) -> bool:
    """Whether a private key in PEM asks for a passphrase."""
    return b"ENCRYPTED" in pem


def private_key(pem: bytes, passphrase: str | None, where: str) -> PrivateKey:
    """The private key of a PEM file.

    Raises SigningKeyError where it is none, of another kind, or locked by another passphrase.
    """
    lib = _lib()
    if is_encrypted(pem) and passphrase is None:
        raise SigningKeyError(
            f"{where} is locked: its passphrase goes into the environment variable "
            "HOLOTYPE_PASSPHRASE"
        )
    secret = passphrase.encode() if passphrase and is_encrypted(pem) else None
    try:
        key = lib.serialization.load_pem_private_key(pem, secret)
    except (ValueError, TypeError, lib.UnsupportedAlgorithm):
        why = "not opened by this passphrase" if secret else "no private key in PEM"
        raise SigningKeyError(f"{where} is {why}") from None
    return PrivateKey(key)


def public_pem(spki: bytes) -> bytes:
    """A public key in PEM, as ``openssl`` writes it."""
    import base64

    text = base64.b64encode(spki).decode()
    lines = [text[at : at + 64] for at in range(0, len(text), 64)]
    return "\n".join(
        ["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""]
    ).encode()


def spki_of_pem(pem: bytes, where: str) -> bytes:
    """The public key of a PEM file in DER; SigningKeyError where it is none of ours."""
    lib = _lib()
    try:
        key = lib.serialization.load_pem_public_key(pem)
        spki: bytes = key.public_bytes(
            lib.serialization.Encoding.DER, lib.serialization.PublicFormat.SubjectPublicKeyInfo
        )
    except (ValueError, TypeError, lib.UnsupportedAlgorithm):
        raise SigningKeyError(f"{where} is no public key in PEM") from None
    return spki


def check_signature(algorithm: Algorithm, spki: bytes, data: bytes, signature: bytes) -> bool:
    """Whether this is the signature of ``data`` by this key."""
    lib = _lib()
    try:
        key: Any = lib.serialization.load_der_public_key(spki)
        if algorithm == "ed25519":
            key.verify(signature, data)
        else:
            key.verify(signature, data, lib.ec.ECDSA(lib.hashes.SHA256()))
    except (lib.InvalidSignature, ValueError):  # ValueError: a point that is not on the curve
        return False
    return True


def check_ecdsa(spki: bytes, data: bytes, signature: bytes) -> bool:
    """Whether this is the ECDSA signature of ``data`` by a key on P-256, P-384 or P-521.

    The hash is as long as the curve: SHA-256, SHA-384 or SHA-512. SigningKeyError for other keys.
    """
    lib = _lib()
    key: Any = lib.serialization.load_der_public_key(spki)
    if not isinstance(key, lib.ec.EllipticCurvePublicKey):
        raise SigningKeyError("the key is not of ECDSA")
    hashes = {256: lib.hashes.SHA256, 384: lib.hashes.SHA384, 521: lib.hashes.SHA512}
    if key.curve.name not in {"secp256r1", "secp384r1", "secp521r1"}:
        raise SigningKeyError(f"keys on {key.curve.name} are not used for model signatures")
    try:
        key.verify(signature, data, lib.ec.ECDSA(hashes[key.curve.key_size]()))
    except lib.InvalidSignature:
        return False
    return True


class _Cryptography:
    """The parts of ``cryptography`` that are used, imported when the first key is."""

    def __init__(self) -> None:
        from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm
        from cryptography.hazmat.primitives import hashes, serialization
        from cryptography.hazmat.primitives.asymmetric import ec, ed25519

        self.ec: ModuleType = ec
        self.ed25519: ModuleType = ed25519
        self.hashes: ModuleType = hashes
        self.serialization: ModuleType = serialization
        self.InvalidSignature: type[Exception] = InvalidSignature
        self.UnsupportedAlgorithm: type[Exception] = UnsupportedAlgorithm


@cache
def _lib() -> _Cryptography:
    try:
        return _Cryptography()
    except ImportError:
        raise MissingLibraryError(
            "keys and seals need cryptography: pip install 'holotype[sign]'"
        ) from None
