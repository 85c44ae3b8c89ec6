"""Signers, pins and revocations: read from a file that is the reader's own, and nothing guessed."""

from __future__ import annotations

import base64
import hashlib
from datetime import UTC, datetime
from pathlib import Path

import pytest

from holotype.errors import PolicyError
from holotype.trust.levels import Level, Need
from holotype.trust.policy import Policy
from holotype.trust.signers import Pin, SealTerms, Signer, TrustedKey, is_key_id, key_id

ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
DER = bytes.fromhex("302a300506032b6570032100") + bytes(32)
PEM = f"-----BEGIN PUBLIC KEY-----\n{base64.b64encode(DER).decode()}\n-----END PUBLIC KEY-----\n"


def policy(folder: Path, text: str) -> Policy:
    path = folder / "policy.toml"
    path.write_text(text)
    path.chmod(0o600)
    return Policy.from_file(path)


def test_a_policy_says_whose_seals_count_and_for_what(tmp_path: Path) -> None:
    found = policy(
        tmp_path,
        f'''
        [trust]
        packages = ["mine"]

        [signers.release]
        trust = "code"
        keys = [
            "{ONE}",
            {{ key = """{PEM}""", not_before = 2026-01-01, not_after = 2026-12-31T12:00:00+01:00 }},
        ]
        [signers.audit]
        keys = [{{ key = "{TWO}", expires = 2030-01-01 }}]

        [pins.churn]
        signers = ["release", "audit"]
        threshold = 2
        [pins."fraud/eu"]
        signers = ["audit"]

        [seals]
        revoked = ["{TWO}"]
        required = true
        ''',
    )
    assert found.packages == {"mine"}
    der = f"sha256:{hashlib.sha256(DER).hexdigest()}"
    end = datetime(2026, 12, 31, 11, tzinfo=UTC)
    assert found.seals == SealTerms(
        signers=(
            Signer(
                "release",
                (TrustedKey(ONE), TrustedKey(der, datetime(2026, 1, 1, tzinfo=UTC), end)),
                Level.CODE,
            ),
            Signer("audit", (TrustedKey(TWO, expires=datetime(2030, 1, 1, tzinfo=UTC)),)),
        ),
        pins=(
            Pin("churn", frozenset({"release", "audit"}), 2),
            Pin("fraud/eu", frozenset({"audit"})),
        ),
        revoked=frozenset({TWO}),
        required=True,
    )


@pytest.mark.parametrize(
    ("text", "problem"),
    [
        ("[seals]\nrequire = true", "required, revoked and nothing else"),
        ("[seals]\nrequired = 1", "required is true or false"),
        ("[seals]\nrevoked = 'x'", "list of texts"),
        ("[seals]\nrevoked = ['x']", "not sha256: and 64 digits"),
        ("[signers]\nrelease = 'x'", "keys, trust and nothing else"),
        ("[signers.release]\n", "at least one key"),
        ("[signers.release]\nkeys = []", "at least one key"),
        ("[signers.release]\nkeys = [1]", "nothing else"),
        ("[signers.release]\nkeys = ['x']", "public key in PEM"),
        ("[signers.release]\nkeys = [{ not_after = 2026-01-01 }]", "key is missing"),
        (f"[signers.release]\nkeys = [{{ key = '{ONE}', until = 2026-01-01 }}]", "nothing else"),
        (f"[signers.release]\nkeys = [{{ key = '{ONE}', expires = '2026' }}]", "is a day"),
        (f"[signers.release]\nkeys = [{{ key = '{ONE}', expires = 2026-01-01T00:00:00 }}]", "zone"),
        (f"[signers.release]\nkeys = ['{ONE}']\ntrust = 'all'", "trust is one of data, named"),
        (f"[signers.release]\nkeys = ['{ONE}']\ntrust = 3", "trust is one of"),
        ("[pins.churn]\nsigners = []", "at least one name"),
        ("[pins.churn]\nsigners = 'release'", "list of texts"),
        ("[pins.churn]\nsigners = ['nobody']", "'nobody' is no signer"),
        ("[pins.churn]\nsigners = ['nobody']\nthreshold = true", "threshold is a number"),
        (
            f"[signers.a]\nkeys = ['{ONE}']\n[pins.churn]\nsigners = ['a']\nthreshold = 2",
            "threshold is 1 to 1",
        ),
        (
            f"[signers.a]\nkeys = ['{ONE}']\n[pins.churn]\nsigners = ['a']\nthreshold = 0",
            "threshold is 1 to 1",
        ),
        ("[pin.churn]\n", "sections"),
    ],
)
def test_what_is_not_understood_is_refused(text: str, problem: str, tmp_path: Path) -> None:
    with pytest.raises(PolicyError, match=problem):
        policy(tmp_path, text)


@pytest.mark.parametrize(
    "text",
    [
        ONE.upper(),
        ONE[:-1],
        PEM.replace("PUBLIC", "PRIVATE"),
        PEM + PEM,
        PEM.replace("MC", "M*"),
        PEM.replace("MC", "M"),
        "-----BEGIN PUBLIC KEY-----\n" + "A" * 20_000 + "\n-----END PUBLIC KEY-----",
    ],
)
def test_what_is_neither_an_id_nor_a_key_is_refused(text: str) -> None:
    with pytest.raises(PolicyError):
        key_id(text, "key")
    assert not is_key_id(text)


def test_pins_demand_seals_unless_the_policy_says_otherwise() -> None:
    signers = (Signer("a", (TrustedKey(ONE),)),)
    pins = (Pin("churn", frozenset({"a"})),)
    assert not SealTerms(signers=signers).demanding
    assert SealTerms(signers=signers, pins=pins).demanding
    assert not SealTerms(signers=signers, pins=pins, required=False).demanding
    assert SealTerms.of_keys([ONE, PEM]).demanding


def test_two_policies_demand_what_either_does() -> None:
    one, two = Signer("a", (TrustedKey(ONE),)), Signer("b", (TrustedKey(TWO),))
    pinned = SealTerms(signers=(one,), pins=(Pin("churn", frozenset({"a"})),))
    both = pinned | SealTerms(signers=(two,), revoked=frozenset({TWO}))
    assert [signer.name for signer in both.signers] == ["a", "b"]
    assert both.demanding
    assert both.revoked == {TWO}
    assert (SealTerms(required=True) | SealTerms(required=False)).demanding
    assert not (SealTerms(required=False) | SealTerms()).demanding
    assert (pinned | pinned).signers == (one,)
    with pytest.raises(PolicyError, match="twice"):
        pinned | SealTerms(signers=(Signer("a", (TrustedKey(TWO),)),))


def test_a_key_belongs_to_one_signer_and_counts_in_one_time() -> None:
    for signers in (
        (Signer("a", (TrustedKey(ONE),)), Signer("b", (TrustedKey(ONE),))),
        (Signer("a", (TrustedKey(ONE), TrustedKey(ONE, datetime(2026, 1, 1, tzinfo=UTC)))),),
    ):
        with pytest.raises(PolicyError, match=f"{ONE} is there twice"):
            SealTerms(signers=signers)
    assert len(SealTerms.of_keys([ONE, ONE]).signers) == 1


def test_terms_that_say_nothing_are_false() -> None:
    assert not SealTerms()
    assert not SealTerms(required=False)
    assert SealTerms(revoked=frozenset({ONE}))
    assert SealTerms(required=True)


NEEDS = [
    Need(Level.NAMED, "mine.models:Scaler", "mine", "root"),
    Need(Level.CODE, "function f", f"code:{ONE}", "root"),
    Need(Level.OPAQUE, "pickle bytes", f"opaque:{TWO}", "root"),
]


@pytest.mark.parametrize(
    ("level", "allowed"), [(Level.DATA, 0), (Level.NAMED, 1), (Level.CODE, 2), (Level.OPAQUE, 2)]
)
def test_a_seal_opens_what_its_signer_is_trusted_for(level: Level, allowed: int) -> None:
    opened = Policy().vouched(NEEDS, level)
    assert [opened.allows(need) for need in NEEDS] == [i < allowed for i in range(3)]


def test_pickle_bytes_are_opened_by_a_seal_only_where_the_reader_names_them() -> None:
    for reader in (Policy.of(["opaque:sealed"]), Policy(opaque=frozenset({"sealed"}))):
        opened = reader.vouched(NEEDS, Level.OPAQUE)
        assert all(opened.allows(need) for need in NEEDS)
        assert not reader.vouched(NEEDS, Level.CODE).allows(NEEDS[2])
        assert not reader.allows(NEEDS[2])
    with pytest.raises(PolicyError):
        Policy.of(["code:sealed"])
