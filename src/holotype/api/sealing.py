"""keygen, seal and seals: keys, and who stands for an archive."""

from __future__ import annotations

import io
import os
from collections.abc import Callable
from datetime import datetime
from typing import Any

import msgspec

from holotype.api.common import Source
from holotype.api.sources import ending, open_source
from holotype.archive.manifest import parse_manifest
from holotype.archive.reader import ArchiveReader
from holotype.archive.seals import seal_members, sealed_bytes, sealed_file
from holotype.digest import sha256
from holotype.errors import SigningKeyError
from holotype.signing.keys import SigningKey, generate, public_pem
from holotype.signing.places import KEYRING, PASSPHRASE, find_key, keep_key
from holotype.signing.seals import made_seal, parse_seal
from holotype.trust.policy import Policy

__all__ = [
    "Ask",
    "Key",
    "KeyReceipt",
    "SealReceipt",
    "keygen",
    "seal",
    "seal_of",
    "sealer",
]

Key = str | os.PathLike[str] | SigningKey
"""A private key: its path, ``keyring:NAME``, a PKCS #11 URI, or one that was read before."""

Ask = Callable[[str], str]


class KeyReceipt(msgspec.Struct, frozen=True):
    """A new key: its id, its public key in PEM, and the paths of both where they are files."""

    id: str
    algorithm: str
    public: str
    private_path: str
    public_path: str | None


class SealReceipt(msgspec.Struct, frozen=True):
    """A seal that was set: the id of the archive, that of the key, what it names, and its member.

    ``size`` is that of the file in bytes; of a version in a store, that of its archive.
    """

    id: str
    key: str
    name: str | None
    version: str | None
    member: str
    size: int


def keygen(
    place: str | os.PathLike[str],
    *,
    algorithm: str = "ed25519",
    passphrase: str | None = None,
    unlocked: bool = False,
) -> KeyReceipt:
    """Make a key for seals, and keep it.

    Args:
        place: the path of the private key (PKCS #8, PEM), beside which the public one gets the
            suffix ``.pub``; or ``keyring:NAME``, which keeps it in the keyring of this machine.
        algorithm: ``"ed25519"``, or ``"ecdsa-p256"``, which OpenSSF model signatures need.
        passphrase: what locks the file; by default that of the environment variable
            ``HOLOTYPE_PASSPHRASE``. The keyring locks its keys itself.
        unlocked: keep it without a passphrase, readable by its owner only.

    Raises:
        SigningKeyError: there is a key already, and none is ever written over; or there is no
            passphrase.
    """
    key = generate(algorithm)
    if unlocked or os.fspath(place).startswith(KEYRING):
        passphrase = None
    elif passphrase is None and (passphrase := os.environ.get(PASSPHRASE)) is None:
        raise SigningKeyError(
            f"what locks the key? Give passphrase=…, set {PASSPHRASE}, or unlocked=True"
        )
    public = keep_key(key, place, passphrase)
    return KeyReceipt(key.id, algorithm, public_pem(key.spki).decode(), os.fspath(place), public)


def seal(
    file: Source,
    key: Key,
    *,
    name: str | None = None,
    version: str | None = None,
    created: datetime | None = None,
    ask: Ask | None = None,
) -> SealReceipt:
    """Seal an archive: sign its id, and say by which name and version you mean it.

    The archive at a path is replaced atomically. Its id and all its parts stay what they are, byte
    for byte; seals that it has already stay too. It is verified first: nobody stands for a damaged
    file. A compressed archive stays compressed: what it gives back is sealed.

    Args:
        file: a path; or a file object that can be read, written and cut.
        key: your private key: its path, ``keyring:NAME``, a PKCS #11 URI, or the key itself. The
            passphrase is that of the environment variable ``HOLOTYPE_PASSPHRASE``.
        name: what the model is called where it is used.
        version: which version of that name it is.
        created: the time to state; now by default.
        ask: what asks for a passphrase that the environment does not hold.

    Raises:
        SigningKeyError: the key cannot be used.
        ArchiveError: the archive is damaged.
    """
    from holotype.api.checking import verify

    if isinstance(file, (bytes, bytearray, memoryview)):
        raise TypeError("bytes cannot be sealed in place: give a path or a file object")
    signing = find_key(key, ask) if isinstance(key, (str, os.PathLike)) else key
    if isinstance(file, (str, os.PathLike)):
        verify(file, policy=Policy()).require()
        with open_source(file) as reader:
            made = seal_of(reader, signing, name, version, created)
            archive = reader.id
        size = sealed_file(file, [made], archive, ending)
    else:
        data = _whole(file)
        verify(data, policy=Policy()).require()
        with open_source(data) as reader:
            made = seal_of(reader, signing, name, version, created)
            archive = reader.id
        content = sealed_bytes(data, [made], archive, ending)
        file.seek(0)
        file.write(content)
        file.truncate()
        size = len(content)
    (member,) = seal_members([made])
    return SealReceipt(archive, sha256(signing.spki), name, version, member, size)


def sealer(key: Key, name: str | None, version: str | None) -> Callable[[bytes], list[bytes]]:
    """What makes the seal of an archive that is being written, from its manifest."""
    signing = find_key(key) if isinstance(key, (str, os.PathLike)) else key

    def seals(manifest: bytes) -> list[bytes]:
        known = parse_manifest(manifest)
        made = made_seal(manifest, known, signing.sign, signing.spki, name=name, version=version)
        parse_seal(made, "the seal")  # nothing is written that no reader would take
        return [made]

    return seals


def seal_of(
    reader: ArchiveReader,
    key: SigningKey,
    name: str | None,
    version: str | None,
    created: datetime | None,
) -> bytes:
    """A new seal over an archive; it is not added to it."""
    made = made_seal(
        reader.manifest.to_json(),
        reader.manifest,
        key.sign,
        key.spki,
        name=name,
        version=version,
        created=created,
    )
    parse_seal(made, "the seal")  # nothing is written that no reader would take
    return made


def _whole(file: Any) -> bytes:
    if isinstance(file, io.TextIOBase) or not hasattr(file, "truncate"):
        raise TypeError("the file object must be binary, and one that can be cut")
    file.seek(0)
    data: bytes = file.read()
    return data
