"""Seals that are forged in form: hidden members, two spellings, other archives, other keys.

A forger who writes a seal of the right form can sign it with any key of his own; what that is worth
is the policy's to say, and nothing here is signed by anybody.
"""

from __future__ import annotations

import base64
import hashlib
from collections.abc import Callable
from typing import Any

from attacks.container import HONEST, members
from attacks.forge import blueprint, container, reseal
from attacks.registry import attack
from holotype.archive.reader import open_archive
from holotype.digest import canonical_json, sha256
from holotype.errors import DigestError, FormatError, LimitError, MisplacedSealError

KEY = bytes.fromhex("302a300506032b6570032100") + bytes(range(32))
"""A public key that nobody has the private one of."""

Change = Callable[[dict[str, Any]], Any]


def unchanged(value: dict[str, Any]) -> None:
    """Leave it as it is."""


def statement(archive: bytes = HONEST) -> dict[str, Any]:
    """The honest statement on an archive."""
    with open_archive(archive) as reader:
        parts = [
            {"name": each.name, "size": each.size, "digest": each.digest}
            | ({} if each.head is None else {"head": each.head})
            for each in reader.manifest.parts
        ]
        return {
            "_type": "https://in-toto.io/Statement/v1",
            "subject": [{"name": "manifest.json", "digest": {"sha256": reader.id[7:]}}],
            "predicateType": "urn:holotype:seal:1",
            "predicate": {
                "created": "2020-01-01T00:00:00Z",
                "fingerprint": reader.manifest.fingerprint,
                "name": "churn",
                "parts": parts,
                "signer": {"algorithm": "ed25519", "key": base64.b64encode(KEY).decode()},
                "version": "1.0",
            },
        }


def envelope(said: bytes) -> dict[str, Any]:
    """The envelope of a payload, with a signature of zeros."""
    return {
        "payload": base64.b64encode(said).decode(),
        "payloadType": "application/vnd.in-toto+json",
        "signatures": [{"keyid": sha256(KEY), "sig": base64.b64encode(bytes(64)).decode()}],
    }


def named(seal: bytes) -> tuple[str, bytes]:
    """The member of a seal."""
    return f"seals/{hashlib.sha256(seal).hexdigest()}.json", seal


def sealed(change: Change = unchanged, wrap: Change = unchanged, archive: bytes = HONEST) -> bytes:
    """An honest archive with a seal whose statement, and whose envelope, were changed."""
    said = statement(archive)
    change(said)
    outer = envelope(canonical_json(said))
    wrap(outer)
    return with_members([named(canonical_json(outer))])


def with_members(more: list[tuple[str, bytes]]) -> bytes:
    """An honest archive with further members that no manifest speaks of."""
    return container([*members(), *more])


SEAL = canonical_json(envelope(canonical_json(statement())))
"""An honest seal, but for its signature."""


# ------------------------------------------------------------------------------------- the members


@attack(FormatError, "9.1")
def member_of_another_name() -> bytes:
    """A member beside the manifest's table, which hopes to pass for a seal."""
    return with_members([("seals/extra.json", SEAL)])


@attack(FormatError, "9.1")
def program_among_the_seals() -> bytes:
    """A script in the folder of seals, that nothing would have hashed."""
    return with_members([(f"seals/{'0' * 64}.sh", b"#!/bin/sh\n")])


@attack(FormatError, "9.1")
def part_behind_the_seals() -> bytes:
    """A part of the model after the seals, where the manifest's table ends."""
    return with_members([named(SEAL), ("zz.json", b"{}")])


@attack(FormatError, "9.1")
def seals_in_another_order() -> bytes:
    """The same seals in two files of different bytes."""
    other = canonical_json(envelope(canonical_json(statement() | {"a": 1})))
    return with_members(sorted([named(SEAL), named(other)], reverse=True))


@attack(FormatError, "5.3")
def seal_that_the_manifest_lists() -> bytes:
    """A seal as a part, so that the id would cover it, and taking it off would be damage."""
    return reseal(blueprint("honest"), extra=[named(SEAL)])


@attack(DigestError, "9.1")
def seal_that_was_changed() -> bytes:
    """A seal under the name of another: one byte of its signature differs."""
    name, seal = named(SEAL)
    return with_members([(name, seal.replace(b'AA=="', b'AQ=="', 1))])


@attack(LimitError, "9.1")
def seals_without_end() -> bytes:
    """Thousands of seals, each of which would be parsed and checked."""
    many = [named(SEAL + b" " * count) for count in range(65)]
    return with_members(sorted(many))


@attack(LimitError, "9.1")
def seal_of_all_memory() -> bytes:
    """One seal that is larger than what it speaks of."""
    return with_members([named(b" " * ((4 << 20) + 1))])


# ------------------------------------------------------------------------------------ the envelope


@attack(FormatError, "9.2")
def white_space_in_the_envelope() -> bytes:
    """A second spelling of one seal, under a second name."""
    return with_members([named(SEAL + b"\n")])


@attack(FormatError, "9.2")
def payload_twice() -> bytes:
    """Two payloads: who signs and who reads may each take another."""
    return with_members([named(SEAL.replace(b'{"payload":', b'{"payload":"","payload":', 1))])


@attack(FormatError, "9.2")
def no_signature() -> bytes:
    """An envelope that nobody signed, for a reader that checks all of none."""
    return sealed(wrap=lambda outer: outer.update(signatures=[]))


@attack(FormatError, "9.2")
def two_signatures() -> bytes:
    """A known key's signature beside one's own, for a reader that takes any."""
    return sealed(wrap=lambda outer: outer["signatures"].append(outer["signatures"][0]))


@attack(FormatError, "9.2")
def payload_of_another_type() -> bytes:
    """Signed as something else, and presented as a seal."""
    return sealed(wrap=lambda outer: outer.update(payloadType="text/plain"))


@attack(FormatError, "9.2")
def base_64_with_loose_bits() -> bytes:
    """Base64 whose last bits nobody reads."""

    def loosen(outer: dict[str, Any]) -> None:
        outer["signatures"][0]["sig"] = "A" * 85 + "B=="

    return sealed(wrap=loosen)


@attack(FormatError, "9.2")
def word_that_steers() -> bytes:
    """An unknown member whose name would fill the screen and change its colour in the error."""
    return sealed(wrap=lambda outer: outer.update({"\x1b[31m" + "x" * 100_000: 1}))


@attack(FormatError, "9.2")
def envelope_without_bottom() -> bytes:
    """Brackets as deep as a stack."""
    return with_members([named(b"[" * 1_000_000)])


# ----------------------------------------------------------------------------------- the statement


@attack(FormatError, "9.3")
def statement_of_another_kind() -> bytes:
    """A statement on the same file that says something else of it."""
    return sealed(lambda said: said.update(predicateType="urn:holotype:review:1"))


@attack(FormatError, "9.3")
def statement_with_more_to_say() -> bytes:
    """A seal that brings a policy."""
    return sealed(lambda said: said["predicate"].update(trusted=True))


@attack(FormatError, "9.3")
def statement_in_another_spelling() -> bytes:
    """White space in what is signed."""
    text = canonical_json(statement()).replace(b",", b", ", 1)
    return with_members([named(canonical_json(envelope(text)))])


@attack(FormatError, "9.3")
def two_subjects() -> bytes:
    """A seal of two archives at once."""
    return sealed(lambda said: said["subject"].append(said["subject"][0]))


@attack(FormatError, "9.3")
def key_of_another_id() -> bytes:
    """The id of a key that is trusted, beside the public key of the forger."""
    return sealed(
        wrap=lambda outer: outer["signatures"][0].update(keyid="sha256:" + "0" * 64),
    )


@attack(FormatError, "9.3")
def key_of_another_algorithm() -> bytes:
    """A key that is to be taken for one of another algorithm."""
    return sealed(lambda said: said["predicate"]["signer"].update(algorithm="ecdsa-p256"))


@attack(FormatError, "9.3")
def key_that_is_a_certificate() -> bytes:
    """Bytes for whichever ASN.1 parser reads them first."""
    blob = base64.b64encode(b"\x30\x84\xff\xff\xff\xff" + bytes(64)).decode()
    return sealed(lambda said: said["predicate"]["signer"].update(key=blob))


@attack(FormatError, "9.3")
def name_that_steers() -> bytes:
    """A name that would rewrite the line in which it is shown."""
    return sealed(lambda said: said["predicate"].update(name="\x1b[2Kchurn"))


@attack(FormatError, "9.3")
def day_that_never_was() -> bytes:
    """A time that no calendar has."""
    return sealed(lambda said: said["predicate"].update(created="2020-02-30T00:00:00Z"))


# ------------------------------------------------------------------------------------ other places


@attack(MisplacedSealError)
def seal_of_another_archive() -> bytes:
    """The seal of an archive that is trusted, on one that is not."""
    other = reseal(blueprint("trusted"))
    return sealed(archive=other)


@attack(MisplacedSealError)
def seal_of_another_fingerprint() -> bytes:
    """The right id, and the fingerprint of another model for whoever looks there."""
    return sealed(lambda said: said["predicate"].update(fingerprint="sha256:" + "0" * 64))


@attack(MisplacedSealError)
def seal_that_lists_other_parts() -> bytes:
    """The right id, and a table of parts that leaves one out."""
    return sealed(lambda said: said["predicate"]["parts"].pop())
