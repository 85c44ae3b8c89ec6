"""The reader's own word on what may be built: from code or from the reader's configuration.

Rule: nothing here ever comes from an archive.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterable
from typing import Any

import msgspec

from holotype.errors import PolicyError
from holotype.trust.levels import Level, Need, untrusted
from holotype.trust.settings import own_config, sections_of
from holotype.trust.signers import SealTerms, seal_terms

__all__ = ["SEALED", "Policy", "PolicySource", "policy_of"]

SEALED = "sealed"
"""Among the digests of pickle bytes: those that a signer vouches for who is trusted with them."""

_DIGEST = re.compile(r"sha256(-tree)?:[0-9a-f]{64}")


class Policy(msgspec.Struct, frozen=True, kw_only=True):
    """What may be built beside data.

    packages  installed packages whose classes and functions may be used by name; one covers its
              submodules
    code      digests of code that archives carry as source: ``sha256:`` and 64 digits
    opaque    digests of pickle bytes that archives carry; ``sealed``: also those that a signer has
              sealed who is trusted for them
    seals     whose seals count, and what must be sealed by whom
    """

    packages: frozenset[str] = frozenset()
    code: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()
    seals: SealTerms = SealTerms()

    @classmethod
    def of(cls, trust: Iterable[Any]) -> Policy:
        """The policy of a list such as ``["mypackage", "code:sha256:…", "opaque:sha256:…"]``.

        Raises PolicyError for what is none of these.
        """
        if isinstance(trust, str):
            raise PolicyError(f"trust is a list: write trust=[{trust!r}]")
        lists: dict[str, list[Any]] = {"packages": [], "code": [], "opaque": []}
        for item in trust:
            kind, _, digest = item.partition(":") if isinstance(item, str) else ("", "", "")
            if digest and kind in ("code", "opaque"):
                lists[kind].append(digest)
            else:
                lists["packages"].append(item)
        return _checked(lists, "trust")

    @classmethod
    def from_file(cls, path: str | os.PathLike[str]) -> Policy:
        """The policy of a TOML file.

        Section ``[trust]`` has lists ``packages``, ``code`` and ``opaque``; ``[signers.NAME]``,
        ``[pins.NAME]`` and ``[seals]`` say whose seals count and what must be sealed.

        Raises PolicyError where the file is not one, or where other users may write to it, and
        OSError where it cannot be read.
        """
        sections = sections_of(path)
        granted = _checked(sections.get("trust", {}), str(path))
        return msgspec.structs.replace(granted, seals=seal_terms(sections, str(path)))

    @classmethod
    def configured(cls) -> Policy:
        """The user's own policy: that of ``own_config()`` where there is one, else none."""
        path = own_config()
        return cls() if path is None else cls.from_file(path)

    def __or__(self, other: Policy) -> Policy:
        return Policy(
            packages=self.packages | other.packages,
            code=self.code | other.code,
            opaque=self.opaque | other.opaque,
            seals=self.seals | other.seals,
        )

    def vouched(self, needs: Iterable[Need], level: Level) -> Policy:
        """What a seal opens of these needs whose signer is trusted up to ``level``.

        Pickle bytes only where this policy also says ``sealed`` of them.
        """
        if SEALED not in self.opaque:
            level = min(level, Level.CODE)
        return Policy.of(need.argument for need in needs if need.level <= level)

    def allows(self, need: Need) -> bool:
        """Whether this one thing may be built."""
        if need.level is Level.NAMED:
            parts = need.what.partition(":")[0].split(".")
            prefixes = (".".join(parts[:count]) for count in range(1, len(parts) + 1))
            return not self.packages.isdisjoint(prefixes)
        digest = need.argument.partition(":")[2]
        return digest in (self.code if need.level is Level.CODE else self.opaque)

    def require(self, needs: Iterable[Need]) -> None:
        """Raise UntrustedError, with everything that is missing, unless all may be built."""
        missing = [need for need in needs if not self.allows(need)]
        if missing:
            raise untrusted(missing)


PolicySource = Policy | str | os.PathLike[str] | None
"""What a caller gives: a policy, the path of its file, or None for the configured one."""


def policy_of(policy: PolicySource, keys: Iterable[str] = ()) -> Policy:
    """The policy that is asked: the user's configured one if none is given; a file's, by its path.

    ``keys`` are ids of keys or public keys in PEM: one of them must have sealed the archive,
    whatever the policy says of signers and pins. What it revokes stays revoked.
    """
    if isinstance(keys, str):
        raise TypeError(f"keys is a list: write keys=[{keys!r}]")
    if policy is None:
        given = Policy.configured()
    else:
        given = policy if isinstance(policy, Policy) else Policy.from_file(policy)
    demanded = tuple(keys)
    if not demanded:
        return given
    terms = SealTerms.of_keys(demanded, given.seals.revoked)
    return msgspec.structs.replace(given, seals=terms)


def _checked(lists: dict[str, Any], where: str) -> Policy:
    unknown = lists.keys() - {"packages", "code", "opaque"}
    if unknown:
        raise PolicyError(f"{where}: {min(unknown)} is not packages, code or opaque")
    for name, items in lists.items():
        if not isinstance(items, list):
            raise PolicyError(f"{where}: {name} is not a list")
        for item in items:
            if name == "packages" and not _is_package(item):
                raise PolicyError(f"{where}: {item!r} is not the name of a package")
            if name == "opaque" and item == SEALED:
                continue
            if name != "packages" and not (isinstance(item, str) and _DIGEST.fullmatch(item)):
                raise PolicyError(f"{where}: {item!r} is not sha256: and 64 digits")
    return Policy(
        packages=frozenset(lists.get("packages", ())),
        code=frozenset(lists.get("code", ())),
        opaque=frozenset(lists.get("opaque", ())),
    )


def _is_package(name: Any) -> bool:
    return isinstance(name, str) and all(part.isidentifier() for part in name.split("."))
