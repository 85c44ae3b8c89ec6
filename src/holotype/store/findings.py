"""What a scrub found, in the words that mending needs, and as it is shown and written down."""

from __future__ import annotations

import getpass
import os
import platform
from collections.abc import Iterable
from contextlib import suppress
from datetime import datetime

import msgspec

from holotype.archive.atomic import replacing, write_at
from holotype.digest import canonical_json
from holotype.store.hearing import Heard
from holotype.store.packs import pack_key
from holotype.store.records import Version
from holotype.store.shelf import now
from holotype.store.vault import Vault
from holotype.structs import reader_of

__all__ = ["Damage", "Findings", "Scrubbed", "State", "read_state", "write_report"]


class Damage(msgspec.Struct, frozen=True, kw_only=True):
    """A key under which is not what should be, or nothing; and the versions that this hits."""

    key: str
    problem: str
    versions: tuple[str, ...] = ()
    repaired: bool = False


class Scrubbed(msgspec.Struct, frozen=True, kw_only=True):
    """What a scrub of a store found: of how many packs, bytes and records, when, by whom."""

    format: int = 1
    store: str
    deep: bool
    begun: datetime
    ended: datetime
    resumed: bool
    by: str
    packs: int
    bytes: int
    blocks: int
    versions: int
    records: int
    damaged: tuple[Damage, ...]
    source: str | None = None

    @property
    def sound(self) -> bool:
        """Whether nothing is damaged, or all of it was repaired."""
        return all(damage.repaired for damage in self.damaged)


class State(msgspec.Struct, kw_only=True, forbid_unknown_fields=True):
    """``after`` is the rank of the pack that was looked at last."""

    format: int = 2
    deep: bool
    begun: datetime
    after: str = ""
    packs: int = 0
    bytes: int = 0
    blocks: int = 0
    damaged: dict[str, str] = {}


read_state = reader_of(State)
"""A state from its JSON."""


class Findings(msgspec.Struct, kw_only=True):
    """What was found, in the words that mending needs.

    ``packs`` are damaged, with why; ``bad`` are those of their blocks that do not decode, by pack
    and number; ``hit`` are the versions, and ``records`` the keys that are no records, with why.
    ``words`` are seals and notes.
    """

    state: State
    resumed: bool
    versions: list[Version]
    records: dict[str, str] = {}
    packs: dict[str, str] = {}
    bad: set[tuple[str, int]] = set()
    hit: dict[str, tuple[Version, str]] = {}
    culprits: dict[str, tuple[str, ...]] = {}
    words: Heard = msgspec.field(default_factory=Heard)
    count: int = 0

    def damages(self, mended: Iterable[str] = ()) -> tuple[Damage, ...]:
        """All that is damaged; what was mended is given by key."""
        done = set(mended)
        found = dict(self.records)
        found.update({pack_key(pack): problem for pack, problem in self.packs.items()})
        explained = {v for key in found for v in self.culprits.get(key, ())}
        found.update({v.key: why for name, (v, why) in self.hit.items() if name not in explained})
        found.update(self.words.damaged)
        names: dict[str, tuple[str, ...]] = {
            version.key: (name,) for name, (version, _) in self.hit.items()
        }
        names.update({key: self.words.hit(key) for key in self.words.damaged})
        return tuple(
            Damage(
                key=key,
                problem=problem,
                versions=self.culprits.get(key, names.get(key, ())),
                repaired=key in done,
            )
            for key, problem in sorted(found.items())
        )

    def report(
        self, vault: Vault, mended: Iterable[str] = (), source: str | None = None
    ) -> Scrubbed:
        """All of it, as it is shown and written down."""
        return Scrubbed(
            store=vault.place.url,
            deep=self.state.deep,
            begun=self.state.begun,
            ended=now(),
            resumed=self.resumed,
            by=_who(),
            packs=self.state.packs,
            bytes=self.state.bytes,
            blocks=self.state.blocks,
            versions=len(self.versions),
            records=self.count + self.words.count,
            damaged=self.damages(mended),
            source=source,
        )


def write_report(report: Scrubbed, path: str | os.PathLike[str]) -> None:
    """Write a report to a file: canonical JSON, to be signed."""
    with replacing(os.path.realpath(os.fspath(path))) as file:
        write_at(file, [canonical_json(report) + b"\n"], 0)


def _who() -> str:
    name = "unknown"
    with suppress(OSError, KeyError, ImportError):
        name = getpass.getuser()
    return f"{name}@{platform.node()}"
