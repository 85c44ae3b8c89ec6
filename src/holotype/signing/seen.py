"""Seals as somebody sees them who relies on none: what each says of itself, and whether it fits.

Rule: nothing that a file holds in the place of a seal is an error here; it is said of that seal.
Whether a seal counts is never said: that is for ``proof.py``, with a policy.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from datetime import datetime

import msgspec

from holotype.archive.reader import ArchiveReader
from holotype.archive.seals import seal_content
from holotype.errors import ForgedSealError, HolotypeError, MissingLibraryError
from holotype.signing.judge import require_right
from holotype.signing.seals import of_this, parse_seal
from holotype.trust.signers import SealTerms

__all__ = ["SealInfo", "seen"]


class SealInfo(msgspec.Struct, frozen=True, kw_only=True):
    """One seal of an archive, as it says itself; whether it counts was not asked.

    member     its name in the archive
    key        id of its key; this and what follows is None where it is no seal
    algorithm  of the key: ed25519 or ecdsa-p256
    name       by which name its signer means the archive, or None
    version    which version of that name, or None
    created    when it was made, as it says itself
    signer     who has the key by the reader's policy, or None
    expires    from when on the policy trusts the key no more, or None
    right      whether its signature is that of the key; None where that could not be checked
    problem    why it fits neither the archive nor its key, or is no seal, or None
    """

    member: str
    key: str | None = None
    algorithm: str | None = None
    name: str | None = None
    version: str | None = None
    created: datetime | None = None
    signer: str | None = None
    expires: datetime | None = None
    right: bool | None = None
    problem: str | None = None


def seen(reader: ArchiveReader, terms: SealTerms) -> Iterator[SealInfo]:
    """Every seal of an open archive, in the order of the file; whatever stands there is told."""
    for member in reader.sealed:
        info = SealInfo(member=member.name)
        try:
            seal = parse_seal(seal_content(reader.view, member), member.name)
            signer, held = terms.holder(seal.key) or (None, None)
            info = SealInfo(
                member=member.name,
                key=seal.key,
                algorithm=seal.algorithm,
                name=seal.name,
                version=seal.version,
                created=seal.created,
                signer=None if signer is None else signer.name,
                expires=None if held is None else held.expires,
            )
            with suppress(MissingLibraryError):
                require_right(seal)
                info = msgspec.structs.replace(info, right=True)
            of_this(seal, member.name, reader)
        except HolotypeError as error:
            right = False if isinstance(error, ForgedSealError) else info.right
            info = msgspec.structs.replace(info, right=right, problem=str(error))
        yield info
