"""What seals prove: each way in which one does not count has its own error."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace
from tests.unit.signing.conftest import NOON

pytest.importorskip("cryptography", reason="keys need cryptography")

from holotype.errors import (
    ExpiredSealError,
    ForgedSealError,
    MisplacedSealError,
    NotSealedError,
    RevokedSealError,
    SealError,
    UnknownSignerError,
    UnmetPinError,
)
from holotype.signing.judge import Wanted, judge, judged
from holotype.signing.seals import Seal
from holotype.trust.levels import Level
from holotype.trust.signers import Pin, SealTerms, Signer, TrustedKey

ANY = Wanted()
DAY = timedelta(days=1)
ARCHIVE = "sha256:" + "a" * 64
Make = Callable[..., Seal]


def signer(name: str, key: Any, trust: Level = Level.DATA, **times: datetime) -> Signer:
    return Signer(name, (TrustedKey(key.id, **times),), trust)


def verdict(
    seals: list[Seal], terms: SealTerms, wanted: Wanted = ANY, now: datetime = NOON + DAY
) -> Level:
    return judge(judged(seals, terms, wanted, now), terms, wanted, ARCHIVE)


@pytest.fixture
def release(keys: dict[str, Any]) -> Signer:
    return signer("release", keys["ed25519"], Level.CODE)


@pytest.fixture
def audit(keys: dict[str, Any]) -> Signer:
    return signer("audit", keys["ecdsa-p256"])


def test_a_trusted_seal_opens_what_its_signer_is_trusted_for(
    release: Signer, audit: Signer, seal_of: Make
) -> None:
    terms = SealTerms(signers=(release, audit), required=True)
    assert verdict([seal_of()], terms) is Level.CODE
    assert verdict([seal_of("ecdsa-p256")], terms) is Level.DATA
    assert verdict([seal_of("ecdsa-p256"), seal_of()], terms) is Level.CODE


def test_nothing_is_demanded_where_the_policy_demands_nothing(
    release: Signer, seal_of: Make
) -> None:
    for terms in (SealTerms(), SealTerms(signers=(release,))):
        assert verdict([], terms) is Level.DATA
        assert verdict([seal_of("other")], terms) is Level.DATA


def test_an_archive_without_seals_is_refused_where_one_is_demanded(release: Signer) -> None:
    for terms in (
        SealTerms(required=True),
        SealTerms(signers=(release,), required=True),
        SealTerms(signers=(release,), pins=(Pin("churn", frozenset({"release"})),)),
    ):
        with pytest.raises(NotSealedError, match="taken off"):
            verdict([], terms)
    with pytest.raises(NotSealedError, match="as churn was asked for"):
        verdict([], SealTerms(signers=(release,)), Wanted("churn"))


def test_a_name_that_is_asked_for_is_never_taken_on_trust(seal_of: Make) -> None:
    with pytest.raises(UnknownSignerError):
        verdict([seal_of(name="churn")], SealTerms(), Wanted("churn"))


def test_an_unknown_signer_is_none(release: Signer, seal_of: Make) -> None:
    with pytest.raises(UnknownSignerError, match="no signer of the policy"):
        verdict([seal_of("other")], SealTerms(signers=(release,), required=True))


def test_a_forged_seal_is_refused_beside_any_number_of_good_ones(
    release: Signer, seal_of: Make
) -> None:
    good, unknown = seal_of(), seal_of("other")
    terms = SealTerms(signers=(release,), required=True)
    for bad in (
        replace(good, signature=bytes(64)),
        replace(good, signature=b""),
        replace(good, signed=good.signed + b" "),
        replace(good, signature=unknown.signature),
        replace(unknown, signature=bytes(64)),
    ):
        with pytest.raises(ForgedSealError):
            verdict([good, bad], terms)


def test_a_point_off_the_curve_is_a_forged_seal(seal_of: Make) -> None:
    seal = seal_of("ecdsa-p256")
    off = replace(seal, spki=seal.spki[:-1] + bytes([seal.spki[-1] ^ 1]))
    with pytest.raises(ForgedSealError):
        verdict([off], SealTerms())


@pytest.mark.parametrize(
    ("times", "problem"),
    [
        ({"not_before": NOON + DAY}, "older than the key"),
        ({"not_after": NOON - DAY}, "newer than the key"),
        ({"expires": NOON + DAY}, "trusted no more"),
        ({"not_before": NOON - DAY, "not_after": NOON, "expires": NOON}, "trusted no more"),
    ],
)
def test_a_key_counts_for_its_time_only(
    times: dict[str, datetime], problem: str, keys: dict[str, Any], seal_of: Make
) -> None:
    terms = SealTerms(signers=(signer("release", keys["ed25519"], **times),), required=True)
    with pytest.raises(ExpiredSealError, match=problem):
        verdict([seal_of()], terms)


def test_the_ends_of_a_keys_time_are_in_it(keys: dict[str, Any], seal_of: Make) -> None:
    exact = signer("r", keys["ed25519"], not_before=NOON, not_after=NOON, expires=NOON + 2 * DAY)
    assert verdict([seal_of()], SealTerms(signers=(exact,), required=True)) is Level.DATA


def test_a_seal_from_the_future_is_refused(release: Signer, seal_of: Make) -> None:
    terms = SealTerms(signers=(release,), required=True)
    assert verdict([seal_of()], terms, now=NOON - timedelta(minutes=4)) is Level.CODE
    with pytest.raises(ExpiredSealError, match="from the future"):
        verdict([seal_of()], terms, now=NOON - timedelta(minutes=6))


def test_a_rotated_key_counts_for_what_it_sealed_in_its_time(
    keys: dict[str, Any], seal_of: Make
) -> None:
    old = TrustedKey(keys["ed25519"].id, not_after=NOON)
    new = TrustedKey(keys["other"].id, not_before=NOON)
    terms = SealTerms(signers=(Signer("release", (old, new)),), required=True)
    for seal in (seal_of(), seal_of("other", created=NOON + DAY)):
        verdict([seal], terms)
    for seal in (seal_of(created=NOON + DAY), seal_of("other", created=NOON - DAY)):
        with pytest.raises(ExpiredSealError):
            verdict([seal], terms)


def test_a_revoked_key_counts_for_nothing_and_others_go_on(
    release: Signer, audit: Signer, seal_of: Make, keys: dict[str, Any]
) -> None:
    gone = frozenset({keys["ed25519"].id})
    terms = SealTerms(signers=(release, audit), revoked=gone, required=True)
    with pytest.raises(RevokedSealError, match="revoked"):
        verdict([seal_of()], terms)
    assert verdict([seal_of(), seal_of("ecdsa-p256")], terms) is Level.DATA


def test_a_revoked_archive_is_refused_whoever_sealed_it(release: Signer, seal_of: Make) -> None:
    terms = SealTerms(signers=(release,), revoked=frozenset({ARCHIVE}))
    for seals in ([], [seal_of()]):
        with pytest.raises(RevokedSealError, match="archive"):
            verdict(seals, terms)


@pytest.mark.parametrize(
    "wanted",
    [Wanted("fraud"), Wanted("churn", "2"), Wanted("fraud", "1"), Wanted(None, "2")],
    ids=str,
)
def test_another_name_or_version_is_told(wanted: Wanted, release: Signer, seal_of: Make) -> None:
    with pytest.raises(MisplacedSealError, match=r"is for churn@1, and .* was asked for"):
        verdict([seal_of(name="churn", version="1")], SealTerms(signers=(release,)), wanted)


def test_a_seal_that_names_nothing_is_no_word_for_a_name(release: Signer, seal_of: Make) -> None:
    with pytest.raises(MisplacedSealError, match="for no name"):
        verdict([seal_of()], SealTerms(signers=(release,)), Wanted("churn"))
    assert verdict([seal_of()], SealTerms(signers=(release,))) is Level.CODE


def test_a_pin_needs_as_many_signers_as_it_says(
    release: Signer, audit: Signer, seal_of: Make
) -> None:
    two = Pin("churn", frozenset({"release", "audit"}), 2)
    terms = SealTerms(signers=(release, audit), pins=(two,))
    one, other = seal_of(name="churn"), seal_of("ecdsa-p256", name="churn")
    for wanted in (Wanted("churn"), Wanted()):  # whether or not the reader says the name
        verdict([one, other], terms, wanted)
        with pytest.raises(UnmetPinError, match="2 of audit, release, and is by release"):
            verdict([one, seal_of(name="churn", version="2")], terms, wanted)
    verdict([seal_of(name="fraud")], terms)  # pinned is another name


def test_a_pin_asks_for_these_signers_and_no_others(
    release: Signer, audit: Signer, seal_of: Make
) -> None:
    terms = SealTerms(signers=(release, audit), pins=(Pin("churn", frozenset({"release"})),))
    with pytest.raises(UnmetPinError, match="by none of them"):
        verdict([seal_of("ecdsa-p256", name="churn")], terms, Wanted("churn"))


def test_signers_of_a_pin_must_mean_the_same_version(
    release: Signer, audit: Signer, seal_of: Make
) -> None:
    pin = Pin("churn", frozenset({"release", "audit"}), 2)
    terms = SealTerms(signers=(release, audit), pins=(pin,))
    seals = [seal_of(name="churn", version="1"), seal_of("ecdsa-p256", name="churn", version="2")]
    with pytest.raises(UnmetPinError):
        verdict(seals, terms, Wanted("churn"))


def test_two_keys_of_one_signer_are_one_signer(
    keys: dict[str, Any], audit: Signer, seal_of: Make
) -> None:
    both = Signer("release", (TrustedKey(keys["ed25519"].id), TrustedKey(keys["other"].id)))
    pin = Pin("churn", frozenset({"release", "audit"}), 2)
    terms = SealTerms(signers=(both, audit), pins=(pin,))
    with pytest.raises(UnmetPinError):
        verdict([seal_of(name="churn"), seal_of("other", name="churn")], terms, Wanted("churn"))


def test_why_a_pinned_signers_seal_does_not_count_is_said(
    keys: dict[str, Any], audit: Signer, seal_of: Make
) -> None:
    late = signer("release", keys["ed25519"], expires=NOON)
    pin = Pin("churn", frozenset({"release", "audit"}), 2)
    terms = SealTerms(signers=(late, audit), pins=(pin,))
    seals = [seal_of(name="churn"), seal_of("ecdsa-p256", name="churn")]
    with pytest.raises(UnmetPinError, match="trusted no more"):
        verdict(seals, terms, Wanted("churn"))


def test_the_reason_is_that_of_the_seal_which_came_nearest(
    keys: dict[str, Any], seal_of: Make
) -> None:
    late = signer("release", keys["ed25519"], expires=NOON)
    found: list[type[SealError]] = []
    for seals in ([seal_of("other"), seal_of()], [seal_of("other")], []):
        with pytest.raises(SealError) as refused:
            verdict(seals, SealTerms(signers=(late,), required=True))
        found.append(type(refused.value))
    assert found == [ExpiredSealError, UnknownSignerError, NotSealedError]
