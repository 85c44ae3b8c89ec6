"""Whose seals a reader trusts, and for what: signers, pins and revocations, as pure data.

A *signer* is a person, team or machine with one key after another: a key is rotated by adding the
next one and giving the old one an end. A *pin* says whose seals an archive of some name must have.
Rule: nothing here ever comes from an archive; what is not understood is refused, not ignored.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable, Mapping
from datetime import UTC, date, datetime
from typing import Any

import msgspec

from holotype.digest import sha256
from holotype.errors import PolicyError
from holotype.trust.levels import Level

__all__ = ["Pin", "SealTerms", "Signer", "TrustedKey", "is_key_id", "key_id", "seal_terms"]

_KEY_ID = re.compile(r"sha256:[0-9a-f]{64}")
"""The id of a public key: the SHA-256 of its SubjectPublicKeyInfo in DER."""

_PEM = re.compile(r"\s*-----BEGIN PUBLIC KEY-----\s+([A-Za-z0-9+/=\s]+)-----END PUBLIC KEY-----\s*")
_MAX_PEM = 10_000
_LEVELS = {str(level): level for level in Level}


class TrustedKey(msgspec.Struct, frozen=True):
    """A key of a signer, and when it is trusted.

    id          ``sha256:`` and 64 digits
    not_before  seals that say they were made before are not accepted
    not_after   seals that say they were made later are not accepted
    expires     from then on no seal of this key is accepted, whatever it says
    """

    id: str
    not_before: datetime | None = None
    not_after: datetime | None = None
    expires: datetime | None = None


class Signer(msgspec.Struct, frozen=True):
    """Somebody whose seals count. ``trust`` is the level that their seal opens without more ado."""

    name: str
    keys: tuple[TrustedKey, ...]
    trust: Level = Level.DATA


class Pin(msgspec.Struct, frozen=True):
    """``threshold`` of these signers must have sealed an archive that goes by ``name``."""

    name: str
    signers: frozenset[str]
    threshold: int = 1


class SealTerms(msgspec.Struct, frozen=True, kw_only=True):
    """What a reader asks of seals.

    signers   whose seals count
    pins      which of them must have sealed what goes by a name
    revoked   ids of keys that are trusted no more, and of archives that were withdrawn
    required  whether every archive must be sealed; None: where there are pins
    """

    signers: tuple[Signer, ...] = ()
    pins: tuple[Pin, ...] = ()
    revoked: frozenset[str] = frozenset()
    required: bool | None = None

    def __post_init__(self) -> None:
        names = [signer.name for signer in self.signers]
        if len(set(names)) != len(names):
            raise PolicyError("a signer of one name is there twice")
        known = [key.id for signer in self.signers for key in signer.keys]
        if twice := next((each for each in known if known.count(each) > 1), None):
            raise PolicyError(f"the key {twice} is there twice")
        for pin in self.pins:
            if unknown := pin.signers - set(names):
                raise PolicyError(f"pin {pin.name!r}: {min(unknown)!r} is no signer of the policy")
            if not 1 <= pin.threshold <= len(pin.signers):
                raise PolicyError(f"pin {pin.name!r}: threshold is 1 to {len(pin.signers)}")

    @classmethod
    def of_keys(cls, keys: Iterable[str], revoked: frozenset[str] = frozenset()) -> SealTerms:
        """Every archive must be sealed by one of these: ids of keys, or public keys in PEM."""
        known = dict.fromkeys(key_id(key, "key") for key in keys)
        signers = tuple(Signer(each, (TrustedKey(each),)) for each in known)
        return cls(signers=signers, revoked=revoked, required=True)

    def holder(self, key: str) -> tuple[Signer, TrustedKey] | None:
        """The signer who has the key of this id, and until when; None where nobody does."""
        held = ((signer, each) for signer in self.signers for each in signer.keys)
        return next((found for found in held if found[1].id == key), None)

    @property
    def demanding(self) -> bool:
        """Whether an archive without a trusted seal is refused."""
        return bool(self.pins) if self.required is None else self.required

    def __bool__(self) -> bool:
        return bool(self.signers or self.revoked or self.demanding)

    def __or__(self, other: SealTerms) -> SealTerms:
        """Both: the signers of either count, and what one of them demands is demanded."""
        required = self.required if other.required is None else other.required
        return SealTerms(
            signers=(*self.signers, *(s for s in other.signers if s not in self.signers)),
            pins=self.pins + other.pins,
            revoked=self.revoked | other.revoked,
            required=self.demanding or other.demanding or required,
        )


def is_key_id(text: str) -> bool:
    """Whether this is the id of a key: ``sha256:`` and 64 digits."""
    return _KEY_ID.fullmatch(text) is not None


def key_id(text: str, where: str) -> str:
    """The id of a key that is given by its id or as a public key in PEM.

    Raises PolicyError where it is neither.
    """
    if is_key_id(text):
        return text
    found = _PEM.fullmatch(text) if len(text) <= _MAX_PEM else None
    if found is None:
        raise PolicyError(
            f"{where}: a key is sha256: and 64 digits, or a public key in PEM "
            "(-----BEGIN PUBLIC KEY-----)"
        )
    try:
        return sha256(base64.b64decode("".join(found[1].split()), validate=True))
    except binascii.Error:
        raise PolicyError(f"{where}: the PEM of a public key is damaged") from None


def seal_terms(sections: Mapping[str, Mapping[str, Any]], where: str) -> SealTerms:
    """The sections ``signers``, ``pins`` and ``seals`` of a configuration file.

    Raises PolicyError where one is not of its form.
    """
    seals = _known(sections.get("seals", {}), ("required", "revoked"), f"{where}: [seals]")
    required = seals.get("required")
    if not (required is None or isinstance(required, bool)):
        raise PolicyError(f"{where}: [seals] required is true or false")
    revoked = _texts(seals.get("revoked", []), f"{where}: [seals] revoked")
    for each in revoked:
        if not is_key_id(each):
            raise PolicyError(f"{where}: [seals] revoked: {each!r} is not sha256: and 64 digits")
    return SealTerms(
        signers=tuple(
            _signer(name, table, f"{where}: [signers.{name}]")
            for name, table in sections.get("signers", {}).items()
        ),
        pins=tuple(
            _pin(name, table, f"{where}: [pins.{name}]")
            for name, table in sections.get("pins", {}).items()
        ),
        revoked=frozenset(revoked),
        required=required,
    )


def _signer(name: str, table: Any, where: str) -> Signer:
    table = _known(table, ("keys", "trust"), where)
    keys = table.get("keys")
    if not isinstance(keys, list) or not keys:
        raise PolicyError(f"{where} keys is a list of at least one key")
    level = table.get("trust", "data")
    if not isinstance(level, str) or level not in _LEVELS:
        raise PolicyError(f"{where} trust is one of {', '.join(_LEVELS)}")
    return Signer(name, tuple(_key(key, f"{where} keys") for key in keys), _LEVELS[level])


def _key(value: Any, where: str) -> TrustedKey:
    table = {"key": value} if isinstance(value, str) else value
    table = _known(table, ("key", "not_before", "not_after", "expires"), where)
    if not isinstance(table.get("key"), str):
        raise PolicyError(f"{where}: key is missing, or no text")
    times = {word: _time(table[word], f"{where}: {word}") for word in table if word != "key"}
    return TrustedKey(key_id(table["key"], where), **times)


def _pin(name: str, table: Any, where: str) -> Pin:
    table = _known(table, ("signers", "threshold"), where)
    signers = _texts(table.get("signers", []), f"{where} signers")
    threshold = table.get("threshold", 1)
    if not isinstance(threshold, int) or isinstance(threshold, bool):
        raise PolicyError(f"{where} threshold is a number")
    if not signers:
        raise PolicyError(f"{where} signers is a list of at least one name of [signers]")
    return Pin(name, frozenset(signers), threshold)


def _known(table: Any, words: tuple[str, ...], where: str) -> dict[str, Any]:
    if not isinstance(table, dict) or table.keys() - set(words):
        raise PolicyError(f"{where} has {', '.join(words)} and nothing else")
    return table


def _texts(value: Any, where: str) -> list[str]:
    if not isinstance(value, list) or not all(isinstance(each, str) for each in value):
        raise PolicyError(f"{where} is a list of texts")
    return value


def _time(value: Any, where: str) -> datetime:
    """A moment; a day stands for its beginning, in UTC."""
    if isinstance(value, datetime):
        if value.tzinfo is not None:
            return value
    elif isinstance(value, date):
        return datetime(value.year, value.month, value.day, tzinfo=UTC)
    raise PolicyError(f"{where} is a day (2026-12-31) or a time with a zone (…T00:00:00Z)")
