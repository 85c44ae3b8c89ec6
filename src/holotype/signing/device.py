"""Keys in devices: smart cards, security tokens and HSMs, by PKCS #11.

The key is named by a URI (RFC 7512), such as
``pkcs11:token=release;object=models?module-path=/usr/lib/softhsm/libsofthsm2.so``. It signs where
it is, and never comes here. Rule: the module is the one that the caller's URI names; there is no
search for one.
"""

from __future__ import annotations

import hashlib
import os
from typing import Any, Final
from urllib.parse import unquote, unquote_to_bytes

from holotype.digest import sha256
from holotype.errors import MissingLibraryError, SigningKeyError
from holotype.signing.spki import algorithm_of

__all__ = ["PIN", "DeviceKey", "device_key"]

PIN: Final = "HOLOTYPE_PIN"
"""The environment variable that holds the PIN of a device."""

_WORDS = ("token", "object", "id", "serial", "module-path")


class DeviceKey:
    """A key in a device, which is asked anew for each signature."""

    def __init__(self, uri: str, pin: str) -> None:
        self._words = _parsed(uri)
        self._pin = pin
        self.spki: bytes = self._asked(_public)
        if algorithm_of(self.spki) != "ecdsa-p256":
            raise SigningKeyError(f"{_named(uri)}: the key is not ECDSA on P-256")

    @property
    def id(self) -> str:
        """The SHA-256 of the public key."""
        return sha256(self.spki)

    def sign(self, data: bytes) -> bytes:
        """The signature of these bytes, a DER sequence."""
        from cryptography.hazmat.primitives.asymmetric.utils import encode_dss_signature

        digest = hashlib.sha256(data).digest()
        raw: bytes = self._asked(lambda session, found: _signed(session, found, digest))
        half = len(raw) // 2
        return encode_dss_signature(
            int.from_bytes(raw[:half], "big"), int.from_bytes(raw[half:], "big")
        )

    def _asked(self, use: Any) -> Any:
        """What the device answers in a session of its own."""
        try:
            import pkcs11
            from pkcs11.exceptions import PKCS11Error
        except ImportError:
            raise MissingLibraryError(
                "keys in devices need python-pkcs11: pip install 'holotype[pkcs11]'"
            ) from None
        words = self._words
        which = {"token_label": words.get("token"), "token_serial": words.get("serial")}
        found = {"label": words.get("object"), "id": words.get("id")}
        try:
            device = pkcs11.lib(words["module-path"])
            token = device.get_token(**{k: v for k, v in which.items() if v is not None})
            with token.open(user_pin=self._pin) as session:
                return use(session, {k: v for k, v in found.items() if v is not None})
        except (PKCS11Error, RuntimeError) as error:  # RuntimeError: the module cannot be loaded
            problem = str(error) or type(error).__name__
            raise SigningKeyError(f"the device does not give the key: {problem}") from None


def device_key(uri: str, ask: Any = None) -> DeviceKey:
    """The key that a PKCS #11 URI names; ``ask`` is asked for a PIN that nobody stated."""
    pin = os.environ.get(PIN)
    if pin is None and ask is not None:
        pin = ask(f"PIN of {_named(uri)}")
    if pin is None:
        raise SigningKeyError(f"the PIN of the device goes into the environment variable {PIN}")
    return DeviceKey(uri, pin)


def _public(session: Any, found: dict[str, Any]) -> bytes:
    from pkcs11 import ObjectClass
    from pkcs11.util.ec import encode_ec_public_key

    key = session.get_key(object_class=ObjectClass.PUBLIC_KEY, **found)
    spki: bytes = encode_ec_public_key(key)
    return spki


def _signed(session: Any, found: dict[str, Any], digest: bytes) -> bytes:
    from pkcs11 import Mechanism, ObjectClass

    key = session.get_key(object_class=ObjectClass.PRIVATE_KEY, **found)
    signature: bytes = key.sign(digest, mechanism=Mechanism.ECDSA)
    return signature


def _parsed(uri: str) -> dict[str, Any]:
    path, _, query = uri.partition(":")[2].partition("?")
    words: dict[str, Any] = {}
    for part in filter(None, [*path.split(";"), *query.split("&")]):
        word, _, value = part.partition("=")
        if word not in _WORDS or word in words:
            raise SigningKeyError(f"{_named(uri)}: {word} is not one of {', '.join(_WORDS)}")
        words[word] = unquote_to_bytes(value) if word == "id" else unquote(value)
    if "module-path" not in words or not words.keys() & {"object", "id"}:
        raise SigningKeyError(f"{_named(uri)} names no module-path, or neither object nor id")
    return words


def _named(uri: str) -> str:
    return uri.partition("?")[0]
