"""What an open archive's seals prove to its reader, before anything of it is built.

The seals' form, and that they are of this very archive, is checked always. Their signatures are
checked where the reader's policy speaks of seals, where the caller asks for a name, or where
``verify`` wants to know: a seal that nobody relies on opens nothing.
"""

from __future__ import annotations

from datetime import datetime

import msgspec

from holotype.archive.reader import ArchiveReader
from holotype.errors import MissingLibraryError
from holotype.signing.seals import Seal, read_seals, said_as
from holotype.trust.levels import Level
from holotype.trust.policy import Policy
from holotype.trust.signers import is_key_id

__all__ = ["Proof", "Witnessed", "described", "prove"]

_SHORT = 7 + 16  # of a key's id: the prefix and as many digits


class Witnessed(msgspec.Struct, frozen=True):
    """A seal as a reader sees it.

    ``signer`` is the name that the policy has for its key, if it has one; ``problem`` says why the
    seal does not count; ``checked``: whether its signature was found right.
    """

    seal: Seal
    signer: str | None = None
    problem: str | None = None
    checked: bool = False


class Proof(msgspec.Struct, frozen=True):
    """The seals of an archive, and the level up to which they vouch for it."""

    seals: tuple[Witnessed, ...] = ()
    level: Level = Level.DATA


def prove(
    reader: ArchiveReader,
    policy: Policy,
    *,
    name: str | None = None,
    version: str | None = None,
    demanded: bool = True,
    check: bool = False,
    now: datetime | None = None,
) -> Proof:
    """Hold the seals of an archive against a policy, and against the name it was asked for by:
    a seal must say so, unless that is not ``demanded``.

    ``check`` looks at signatures even where nothing depends on them, if that can be done here.

    Raises FormatError, DigestError or another SealError where a seal is wrong, and where what the
    policy or the caller demands is not met.
    """
    seals = read_seals(reader)
    relied = bool(policy.seals) or (demanded and (name is not None or version is not None))
    if not (relied or (check and seals)):
        return Proof(tuple(map(Witnessed, seals)))
    from holotype.signing.judge import Wanted, judge, judged

    wanted = Wanted(name, version, demanded)
    try:
        found = judged(seals, policy.seals, wanted, now)
    except MissingLibraryError:
        if relied:
            raise
        return Proof(tuple(map(Witnessed, seals)))
    level = judge(found, policy.seals, wanted, reader.id)
    return Proof(
        tuple(
            Witnessed(
                each.seal,
                None if each.signer is None else each.signer.name,
                None if each.error is None else str(each.error),
                True,
            )
            for each in found
        ),
        level,
    )


def described(each: Witnessed) -> str:
    """Who sealed an archive, as what and when, and whether it counts, in one line."""
    seal = each.seal
    who = each.signer if each.signer and not is_key_id(each.signer) else f"key {seal.key[:_SHORT]}…"
    if each.signer is not None:
        state = each.problem or "trusted"
    else:
        state = "signature right, signer unknown" if each.checked else "signature not checked"
    return f"{who}{said_as(seal.name, seal.version)}, {seal.created:%Y-%m-%d %H:%M:%S} UTC: {state}"
