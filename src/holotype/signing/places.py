"""Where private keys are kept: PEM files, the keyring of the operating system, devices.

A key is named by the path of its file, by ``keyring:NAME``, or by a PKCS #11 URI (RFC 7512), whose
key never leaves its device. Rule: a key is never written over another, nor where others can read
it without a passphrase.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable
from contextlib import suppress
from typing import Any, Final

from holotype.errors import MissingLibraryError, SigningKeyError
from holotype.signing.keys import (
    PrivateKey,
    SigningKey,
    is_encrypted,
    private_key,
    public_pem,
    spki_of_pem,
)

__all__ = ["KEYRING", "PASSPHRASE", "PKCS11", "find_key", "keep_key", "read_public"]

KEYRING: Final = "keyring:"
PKCS11: Final = "pkcs11:"
PASSPHRASE: Final = "HOLOTYPE_PASSPHRASE"  # noqa: S105 - the name of a variable
"""The environment variable that holds the passphrase of private keys."""

_SERVICE: Final = "holotype"
_MAX_PEM: Final = 64 << 10

Ask = Callable[[str], str]
"""Ask a person for a passphrase, in these words."""


def find_key(place: str | os.PathLike[str], ask: Ask | None = None) -> SigningKey:
    """The key at a place. ``ask`` is asked for a passphrase that the environment does not hold.

    Raises SigningKeyError where there is none that can be used, and OSError where a file cannot be
    read.
    """
    name = os.fspath(place)
    if name.startswith(PKCS11):
        from holotype.signing.device import device_key

        return device_key(name, ask)
    if name.startswith(KEYRING):
        text = _keyring(lambda ring: ring.get_password(_SERVICE, name.removeprefix(KEYRING)))
        if text is None:
            raise SigningKeyError(f"there is no {name}: holotype keygen {name} makes one")
        return private_key(text.encode(), None, name)
    pem = _read(name)
    passphrase = os.environ.get(PASSPHRASE)
    if passphrase is None and ask is not None and is_encrypted(pem):
        passphrase = ask(f"Passphrase of {name}")
    return private_key(pem, passphrase, name)


def keep_key(key: PrivateKey, place: str | os.PathLike[str], passphrase: str | None) -> str | None:
    """Keep a new key at a place; the path of its public key where that is a file's neighbour.

    Raises SigningKeyError where a key is kept there already.
    """
    name = os.fspath(place)
    if name.startswith(PKCS11):
        raise SigningKeyError("keys of devices are made with the tools of the device")
    if name.startswith(KEYRING):
        _keep_in_keyring(key, name)
        return None
    private, public = key.to_pem(passphrase), public_pem(key.spki)
    _write_new(name, private, 0o600)
    try:
        _write_new(f"{name}.pub", public, 0o644)
    except BaseException:
        with suppress(OSError):
            os.unlink(name)
        raise
    return f"{name}.pub"


def read_public(path: str | os.PathLike[str]) -> bytes:
    """The public key in a PEM file, in DER."""
    name = os.fspath(path)
    with open(name, "rb") as file:
        return spki_of_pem(file.read(_MAX_PEM), name)


def _read(path: str) -> bytes:
    with open(path, "rb") as file:
        pem = file.read(_MAX_PEM)
        mode = stat.S_IMODE(os.fstat(file.fileno()).st_mode)
    if os.name == "posix" and mode & 0o077 and not is_encrypted(pem):
        raise SigningKeyError(f"{path} is not locked, and others may use it: chmod 600 {path}")
    return pem


def _write_new(path: str, content: bytes, mode: int) -> None:
    try:
        descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
    except FileExistsError:
        raise SigningKeyError(f"{path} is there already, and no key is written over") from None
    with open(descriptor, "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(descriptor)


def _keep_in_keyring(key: PrivateKey, name: str) -> None:
    entry = name.removeprefix(KEYRING)
    if not entry:
        raise SigningKeyError("the keyring's key has a name: keyring:NAME")
    if _keyring(lambda ring: ring.get_password(_SERVICE, entry)) is not None:
        raise SigningKeyError(f"{name} is there already, and no key is written over")
    text = key.to_pem(None).decode()  # the keyring itself is locked
    _keyring(lambda ring: ring.set_password(_SERVICE, entry, text))


def _keyring(use: Callable[[Any], Any]) -> Any:
    try:
        import keyring
        from keyring.errors import KeyringError
    except ImportError:
        raise MissingLibraryError(
            "the keyring needs keyring: pip install 'holotype[keyring]'"
        ) from None
    try:
        return use(keyring)
    except (KeyringError, RuntimeError) as error:  # RuntimeError: there is no keyring here
        raise SigningKeyError(f"the keyring of this machine cannot be used: {error}") from None
