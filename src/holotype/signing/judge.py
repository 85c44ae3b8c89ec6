"""What seals prove to a reader: whether what it demands is met, and how far they are trusted.

Every seal is judged for itself, then the demands of the policy are held against those that count.
Rule: it fails closed. A wrong signature is refused wherever it is checked; a seal that does not
count is the same as none; and the reason that is given is that of the seal which came nearest.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime, timedelta
from itertools import chain

import msgspec

from holotype.digest import Digest
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
from holotype.signing.keys import check_signature
from holotype.signing.seals import Seal, said_name
from holotype.trust.levels import Level
from holotype.trust.signers import Pin, SealTerms, Signer, TrustedKey

__all__ = ["Judged", "Wanted", "judge", "judged", "require_right"]

_SLACK = timedelta(minutes=5)  # that clocks may differ by

# What is said where no seal counts, the nearest first.
_NEAREST = (RevokedSealError, ExpiredSealError, MisplacedSealError, UnknownSignerError)


class Wanted(msgspec.Struct, frozen=True):
    """By which name, and which version of it, a caller asked for an archive.

    ``demanded``: that a seal says so. Where a store names the archive, one that says otherwise does
    not count, but there need be none.
    """

    name: str | None = None
    version: str | None = None
    demanded: bool = True

    def __bool__(self) -> bool:
        return self.demanded and (self.name is not None or self.version is not None)

    def __str__(self) -> str:
        return said_name(self.name, self.version)

    def is_met(self, asked: str | None, said: str | None) -> bool:
        """Whether what a seal says was asked for; it may say nothing, if none is demanded."""
        return asked in (None, said) or (said is None and not self.demanded)


class Judged(msgspec.Struct, frozen=True):
    """A seal, the signer of the policy whose it is, and why it does not count if it does not."""

    seal: Seal
    signer: Signer | None
    error: SealError | None = None


def judged(
    seals: Iterable[Seal],
    terms: SealTerms,
    wanted: Wanted,
    now: datetime | None = None,
) -> list[Judged]:
    """Every seal with its signer, and why it does not count; ForgedSealError where one is forged.

    ``now`` is the time of this machine, if it is not given.
    """
    moment = now or datetime.now(UTC)
    found = []
    for seal in seals:
        require_right(seal)
        signer, key = terms.holder(seal.key) or (None, None)
        found.append(Judged(seal, signer, _fault(seal, key, terms, wanted, moment)))
    return found


def require_right(seal: Seal) -> None:
    """Raise ForgedSealError where the signature is not that of the key that the seal names."""
    if not check_signature(seal.algorithm, seal.spki, seal.signed, seal.signature):
        raise ForgedSealError(
            f"the seal by key {seal.key} is forged or damaged: its signature is not of that key"
        )


def judge(found: Sequence[Judged], terms: SealTerms, wanted: Wanted, archive: Digest) -> Level:
    """How far the seals of an archive are trusted, where the policy's demands are met.

    Raises RevokedSealError where the archive was withdrawn, NotSealedError, UnmetPinError or what
    is wrong with the seals where they are not.
    """
    if archive in terms.revoked:
        raise RevokedSealError(f"the archive {archive} was revoked by the policy")
    counting = [each for each in found if each.error is None]
    pinned = any(pin.name == wanted.name for pin in terms.pins)
    if not counting and (terms.demanding or wanted or pinned):
        raise _nothing_counts(found, wanted)
    names = {wanted.name} if wanted.name is not None else {each.seal.name for each in counting}
    for pin in terms.pins:
        if pin.name in names:
            _require(pin, found)
    return max(
        (each.signer.trust for each in counting if each.signer is not None), default=Level.DATA
    )


def _fault(
    seal: Seal, key: TrustedKey | None, terms: SealTerms, wanted: Wanted, now: datetime
) -> SealError | None:
    """Why a seal with a right signature does not count."""
    if seal.key in terms.revoked:
        return RevokedSealError(f"the archive is sealed by key {seal.key}, which was revoked")
    if key is None:
        return UnknownSignerError(
            f"the archive is sealed by key {seal.key}, which no signer of the policy has"
        )
    made = f"the seal by key {key.id} of {seal.created:%Y-%m-%d %H:%M:%S} UTC"
    if key.expires is not None and now >= key.expires:
        return ExpiredSealError(f"{made}: the key is trusted no more since {key.expires}")
    if key.not_before is not None and seal.created < key.not_before:
        return ExpiredSealError(f"{made} is older than the key may be used, {key.not_before}")
    if key.not_after is not None and seal.created > key.not_after:
        return ExpiredSealError(f"{made} is newer than the key may be used, {key.not_after}")
    if seal.created > now + _SLACK:
        return ExpiredSealError(f"{made} is from the future; is the clock of this machine right?")
    if not (wanted.is_met(wanted.name, seal.name) and wanted.is_met(wanted.version, seal.version)):
        return MisplacedSealError(
            f"{made} is for {said_name(seal.name, seal.version)}, and {wanted} was asked for"
        )
    return None


def _nothing_counts(found: Sequence[Judged], wanted: Wanted) -> SealError:
    errors = [each.error for each in found if each.error is not None]
    for kind in _NEAREST:
        for error in errors:
            if isinstance(error, kind):
                return error
    why = f"as {wanted} was asked for" if wanted else "as the policy demands"
    return NotSealedError(
        f"the archive is not sealed, {why}: it never was, or its seals were taken off"
    )


def _require(pin: Pin, found: Sequence[Judged]) -> None:
    """Raise what is wrong unless enough different signers of the pin sealed what has its name."""
    said_by: dict[str | None, set[str]] = {None: set()}
    for each in found:
        if each.signer is not None and each.error is None and each.seal.name == pin.name:
            said_by.setdefault(each.seal.version, set()).add(each.signer.name)
    by = max((signers & pin.signers for signers in said_by.values()), key=len)  # of one version
    if len(by) >= pin.threshold:
        return
    theirs = (
        each.error
        for each in found
        if each.signer is not None and each.signer.name in pin.signers - by
    )
    reasons = (str(error) for error in theirs if error is not None)
    problem = (
        f"{pin.name} must be sealed by {pin.threshold} of {', '.join(sorted(pin.signers))}, and is "
        f"by {', '.join(sorted(by)) or 'none of them'}"
    )
    raise UnmetPinError("; ".join(chain([problem], reasons)))
