"""How seals are written, for people and as JSON: the same in every command."""

from __future__ import annotations

from collections.abc import Iterator

from holotype.signing.seals import Seal, said_as
from holotype.signing.seen import SealInfo

__all__ = ["as_row", "lines", "seen_row"]

_MAX_LINE = 400


def as_row(seal: Seal | SealInfo, signer: str | None) -> dict[str, object]:
    """What a seal says, and who the signer of its key is, as JSON."""
    return {
        "key": seal.key,
        "algorithm": seal.algorithm,
        "signer": signer,
        "name": seal.name,
        "version": seal.version,
        "created": None if seal.created is None else f"{seal.created:%Y-%m-%dT%H:%M:%SZ}",
    }


def seen_row(seal: SealInfo) -> dict[str, object]:
    """A seal that nobody relied on, as JSON; ``trusted`` is null: no policy was asked."""
    return {
        "seal": seal.member,
        **as_row(seal, seal.signer),
        "expires": None if seal.expires is None else seal.expires.isoformat(),
        "signature_right": seal.right,
        "trusted": None,
        "problem": seal.problem,
    }


def lines(seal: SealInfo) -> Iterator[str]:
    """The same, for people: who sealed it as what and when, the key, and what is wrong."""
    if seal.created is not None:
        what = said_as(seal.name, seal.version).removeprefix(" ")
        when = f"{seal.created:%Y-%m-%d %H:%M:%S} UTC"
        by = f"by {seal.signer or 'a key that your policy does not know'}"
        by = f"in the name of {seal.signer}" if seal.right is False and seal.signer else by
        yield _cut(" ".join(each for each in (what, f"on {when}", by) if each))
        until = f", trusted until {seal.expires:%Y-%m-%d}" if seal.expires else ""
        state = {True: "signature right", False: "signature wrong", None: "signature not checked"}
        yield _cut(f"{seal.key} ({seal.algorithm}{until}): {state[seal.right]}")
    if seal.problem is not None:
        yield _cut(f"✗ {seal.problem}")


def _cut(line: str) -> str:
    return line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - 1]}…"
