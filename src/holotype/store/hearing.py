"""Looking whether seals and notes are what they were, and bringing them from another store.

A seal is named by its SHA-256, and a note by that of the manifest in it, so damage shows. Rule:
nothing is brought that is not what its name says, and nothing for a version that only one of the
stores has; what nobody needs any more is not looked at.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple

import msgspec

from holotype.archive.seals import MAX_SEAL, MAX_SEALS
from holotype.errors import DamagedStoreError, NotInStoreError, StoreError
from holotype.store.places.place import Found, Place
from holotype.store.records import MAX_RECORD, Note, Version, note_key, parse, seal_key
from holotype.store.vault import Vault
from holotype.store.words import digest_of, id_of_seal, list_words

__all__ = ["Heard", "hear", "mend_words"]

_READERS = 16


class Heard(msgspec.Struct, kw_only=True):
    """The seals and notes of ``versions``: those that are good, and the others, with why."""

    versions: dict[str, Version] = {}
    good: dict[str, Found] = {}
    damaged: dict[str, str] = {}
    count: int = 0

    def hit(self, key: str) -> tuple[str, ...]:
        """The versions of which something is said under a key."""
        return tuple(sorted(str(v) for v in self.versions.values() if _owner(key) in _owners(v)))


def hear(place: Place, versions: Iterable[Version]) -> Heard:
    """Read all seals and notes of these versions."""
    heard = Heard(versions={version.key: version for version in versions})
    owners = {owner for version in heard.versions.values() for owner in _owners(version)}
    listed = [found for found in sorted(list_words(place)) if _owner(found.key) in owners]
    with ThreadPoolExecutor(1 if place.local else _READERS, "holotype") as pool:
        problems = list(pool.map(lambda found: _problem(place, found), listed))
    for found, problem in zip(listed, problems, strict=True):
        heard.count += 1
        if problem is None:
            heard.good[found.key] = found
        elif problem:
            heard.damaged[found.key] = problem
    return heard


def _owners(version: Version) -> tuple[str, str]:
    """What its seals, and what its notes belong to."""
    return version.id, f"notes/{version}"


def _owner(key: str) -> str:
    """The id that a seal is of, or which version's note it is."""
    return id_of_seal(key) or "@".join(key.rpartition("/")[0].rsplit("/", 1))


def _problem(place: Place, found: Found) -> str | None:
    """What is wrong with a seal or a note; empty where it has gone meanwhile."""
    try:
        _sound(place, found)
    except NotInStoreError:
        return ""
    except StoreError as error:
        return str(error)
    return None


def _sound(place: Place, found: Found) -> bytes:
    """The content of a seal or a note; DamagedStoreError if it is not what its name says."""
    seal = id_of_seal(found.key) is not None
    most = MAX_SEAL if seal else MAX_RECORD
    if found.size > most:
        raise DamagedStoreError(f"{found.key} has more than {most} bytes", (found.key,))
    data = bytes(place.read(found.key))
    said = data if seal else parse(Note, data, found.key).manifest.encode()
    if hashlib.sha256(said).hexdigest() != digest_of(found.key):
        what = "its SHA-256 is" if seal else "the SHA-256 of its manifest is"
        raise DamagedStoreError(f"{what} not its name", (found.key,))
    return data


def mend_words(place: Place, other: Vault, heard: Heard) -> set[str]:
    """Replace what is damaged, and add what is missing, of versions that both stores have; what is
    missing is noted in ``heard``. The keys of what was mended.
    """
    both = [v for v in other.versions() if v.key in heard.versions]
    both = [v for v in both if v.id == heard.versions[v.key].id]
    theirs = hear(other.place, both)
    sources = {_said(key): (other.place, found) for key, found in theirs.good.items()}
    missing = sources.keys() - map(_said, (*heard.good, *heard.damaged))
    sources.update({_said(key): (place, found) for key, found in heard.good.items()})
    wanted = {key: _said(key) for key in heard.damaged}
    room = Counter({version.id: MAX_SEALS for version in both})
    room.subtract(owner for owner, _ in set(map(_said, (*heard.good, *heard.damaged))))
    for said in sorted(missing):
        version = next(version for version in both if said.owner in _owners(version))
        if said.owner != version.id:
            key = note_key(version.name, version.version, said.digest)
        elif room[version.id] > 0:
            room[version.id] -= 1
            key = seal_key(version, f"{said.digest}.json")
        else:
            continue  # a store that lies must not make versions unreadable
        heard.damaged[key] = "it is missing"
        wanted[key] = said
    mended = set()
    for key, said in wanted.items():
        with suppress(StoreError, KeyError):  # KeyError: nobody has it
            place.write(key, _sound(*sources[said]))
            mended.add(key)
    return mended


class _Said(NamedTuple):
    """What it belongs to, and its digest without prefix; it may stand under several keys."""

    owner: str
    digest: str


def _said(key: str) -> _Said:
    return _Said(_owner(key), digest_of(key))
