"""What a collector deletes beside packs: small files that belong to no version any more.

They are listed before the versions are read, so that what a writer puts there meanwhile is not
among them. Numbers of versions are never used again, and so neither are keys that say one: what was
of a removed version when it was looked at is so for ever, and deleting it needs no protocol.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from datetime import timedelta
from typing import NamedTuple

from holotype.store.places.place import Found, Place
from holotype.store.records import Version, id_key
from holotype.store.words import list_words, lost_words

__all__ = ["SILENCE", "Lost", "Small", "sweep"]

SILENCE = timedelta(hours=1)
"""Whoever was silent for so long has ended."""

_ID = re.compile(r"ids/[0-9a-f]{64}/(.+)/([^/]+)")


class Lost(NamedTuple):
    """Keys that may go: notes of ids that lead nowhere, and seals and notes of no version."""

    ids: list[str]
    words: list[str]

    def delete(self, place: Place) -> None:
        """Delete them all."""
        for key in (*self.ids, *self.words):
            place.delete(key)


class Small(NamedTuple):
    """The small files that there were at some time, but for records."""

    ids: dict[str, Found]
    words: list[str]

    @classmethod
    def of(cls, place: Place) -> Small:
        """Those that are there now."""
        ids = {found.key: found for found in place.list("ids/")}
        return cls(ids, [found.key for found in list_words(place)])

    def lost(self, place: Place, versions: Sequence[Version], *, idle: bool) -> Lost:
        """What may go, as there are these versions; ``idle`` if no writer is at work."""
        return Lost(self._lost_ids(place, versions, idle), lost_words(self.words, versions))

    def _lost_ids(self, place: Place, versions: Sequence[Version], idle: bool) -> list[str]:
        """Notes of versions that are removed or are something else, as numbers are used once.

        One whose version is not there at all may belong to a writer that is about to write it.
        """
        right = {key for version in versions for key in _id_keys(version)}
        taken = {(version.name, version.version) for version in versions}
        lost = []
        for key, found in self.ids.items():
            match = _ID.fullmatch(key)
            if key in right or match is None:
                continue
            unclaimed = idle and place.now() - found.modified > SILENCE
            if match.groups() in taken or unclaimed:
                lost.append(key)
        return lost

    def complete(self, place: Place, versions: Sequence[Version]) -> None:
        """Write the notes of ids that are missing."""
        for version in versions:
            for key in _id_keys(version) - self.ids.keys():
                place.write(key, b"")


def sweep(place: Place) -> int:
    """Delete temporary files that a killed writer left, where a place has such; how many."""
    swept: Callable[..., int] | None = getattr(place, "sweep", None)
    return 0 if swept is None else swept(place.now() - SILENCE)


def _id_keys(version: Version) -> set[str]:
    """Where it is noted that a version has its id and fingerprint; nowhere if it was removed."""
    if version.removed is not None:
        return set()
    digests = (version.id, version.fingerprint)
    return {id_key(digest, version.name, version.version) for digest in digests}
