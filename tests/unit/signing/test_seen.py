"""Seals as they are shown: what fits is told, what does not is told too, and nothing is raised."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from attacks.make import ATTACKS
from attacks.seals import SEAL, named, with_members
from tests.unit.signing.conftest import DATA, NOON

import holotype
from holotype.archive.reader import open_archive
from holotype.archive.seals import sealed_bytes
from holotype.digest import canonical_json
from holotype.errors import ArchiveError, MissingLibraryError
from holotype.signing import judge
from holotype.signing.dsse import base64_bytes, base64_text
from holotype.signing.seen import SealInfo, seen
from holotype.trust.signers import SealTerms, Signer, TrustedKey

REFUSED = re.compile("member|program|behind|order|manifest|without-end|memory")
"""Attacks on where seals stand, not on what one says."""


def shown(*seals: bytes, terms: SealTerms | None = None) -> list[SealInfo]:
    """The seals of ``DATA``, with these on it."""
    with open_archive(DATA) as reader:
        data = sealed_bytes(DATA, seals, reader.id)
    with open_archive(data) as reader:
        return list(seen(reader, terms or SealTerms()))


def resigned(seal: bytes, change: Callable[[dict[str, Any]], None]) -> bytes:
    """A seal whose statement was changed by somebody without the key."""
    outer = json.loads(seal)
    said = json.loads(base64_bytes(outer["payload"], "payload"))
    change(said)
    outer["payload"] = base64_text(canonical_json(said))
    return canonical_json(outer)


def test_a_seal_says_who_when_and_as_what(
    sealed_by: Callable[..., bytes], keys: dict[str, Any]
) -> None:
    expires = datetime(2030, 1, 1, tzinfo=UTC)
    key = keys["ecdsa-p256"].id
    terms = SealTerms(signers=(Signer("release", (TrustedKey(key, expires=expires),)),))
    (seal,) = shown(sealed_by("ecdsa-p256", name="churn", version="1.4.0"), terms=terms)
    assert (seal.key, seal.algorithm, seal.created) == (key, "ecdsa-p256", NOON)
    assert (seal.name, seal.version, seal.signer) == ("churn", "1.4.0", "release")
    assert (seal.expires, seal.right, seal.problem) == (expires, True, None)
    (unknown,) = shown(sealed_by())
    assert (unknown.signer, unknown.expires, unknown.right) == (None, None, True)
    assert shown() == []


def test_what_does_not_fit_is_said_of_the_seal_and_hides_no_other(
    sealed_by: Callable[..., bytes],
) -> None:
    honest = sealed_by(name="churn")
    forged = resigned(honest, lambda said: said["predicate"].update(name="fraud"))
    found = {each.member: each for each in shown(honest, forged, b"no seal", b"")}
    assert len(found) == 4
    assert found[named(honest)[0]].problem is None
    told = found[named(forged)[0]]
    assert (told.name, told.right) == ("fraud", False)
    assert "forged" in (told.problem or "")
    for nothing in (b"no seal", b""):
        told = found[named(nothing)[0]]
        assert (told.key, told.right, told.created) == (None, None, None)
        assert "is no envelope" in (told.problem or "")


def test_a_seal_of_another_archive_is_told_to_be_that(
    keys: dict[str, Any], sealed_by: Callable[..., bytes]
) -> None:
    other = holotype.dumps([1], seal=keys["other"])
    with open_archive(other) as reader:
        (moved,) = reader.seals().values()
    (told,) = shown(moved)
    assert told.right is True
    assert "is the seal of another archive: its id differs" in (told.problem or "")


def test_where_nothing_can_be_checked_nothing_is_said_of_the_signature(
    sealed_by: Callable[..., bytes], monkeypatch: pytest.MonkeyPatch
) -> None:
    def without(*_: Any) -> bool:
        raise MissingLibraryError("seals need cryptography")

    monkeypatch.setattr(judge, "check_signature", without)
    (told,) = shown(sealed_by(name="churn"))
    assert (told.name, told.right, told.problem) == ("churn", None, None)


@pytest.mark.parametrize("name", sorted(name for name in ATTACKS if name.startswith("seals-")))
def test_a_hostile_seal_is_told_or_the_file_is_refused(name: str) -> None:
    data = ATTACKS[name].make()
    if REFUSED.search(name):
        with pytest.raises(ArchiveError):
            holotype.show(data)
        return
    assert any(seal.problem is not None for seal in holotype.show(data).seals)


def test_a_seal_with_other_bytes_than_its_name_says_is_told() -> None:
    name, seal = named(SEAL)
    (told,) = holotype.show(with_members([(name, seal[:-1])])).seals
    assert "is not what its name says" in (told.problem or "")
