"""What was said of a version after it was pushed: its seals, and what other archives said of it.

A seal is of an archive, and so of every version that is this archive, whatever its name. Its file
stands below the version that it was added for. Rule: a key is never used again, as no number of a
version is. So a collector may delete what is of removed versions, however late it comes to do it:
whoever pushes the same archive anew, under the same name or another one, puts its seals elsewhere.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable, Iterator
from contextlib import suppress

from holotype.archive.seals import MAX_SEAL, MAX_SEALS, SEALS, seal_members
from holotype.errors import ConflictError, LimitError, NotInStoreError
from holotype.store.places.place import ABSENT, Found, Place
from holotype.store.records import Note, Version, parse, render, seal_key, seals_prefix

__all__ = [
    "add_seals",
    "copy_words",
    "digest_of",
    "id_of_seal",
    "list_words",
    "lost_words",
    "notes_of",
    "seals_of",
]

_SEAL = re.compile(r"seals/([0-9a-f]{64})/(?:[0-9a-f]{64}/)?([0-9a-f]{64})\.json")
_NOTE = re.compile(r"notes/(.+)/([^/]+)/[0-9a-f]{64}\.json")
_COPIES = 4  # of one seal that are tried until one is what its name says


def add_seals(place: Place, version: Version, seals: Iterable[bytes]) -> None:
    """Add seals to the archive of a version, of whatever number and name it is there.

    Where it has them already because of another version, that is no reason to leave them out: the
    other one may just have been removed.
    """
    for member, content in seal_members(seals).items():
        with suppress(ConflictError):  # it was said before
            place.write(seal_key(version, member.removeprefix(SEALS)), content, ABSENT)


def seals_of(place: Place, version: Version) -> list[bytes]:
    """The seals of a version's archive, each once, in the order of their names.

    One that is not what its name says is given too, unless there is one that is: who reads seals
    finds that it proves nothing.
    """
    copies: dict[str, list[Found]] = {}
    for each in sorted(place.list(seals_prefix(version.id))):
        if _SEAL.fullmatch(each.key):
            copies.setdefault(each.key.rpartition("/")[2], []).append(each)
    if len(copies) > MAX_SEALS or any(f.size > MAX_SEAL for each in copies.values() for f in each):
        raise LimitError(f"{version} has more seals, or larger ones, than an archive may have")
    best = [_best(place, each) for _, each in sorted(copies.items())]
    return [content for content in best if content is not None]


def _best(place: Place, copies: list[Found]) -> bytes | None:
    """What a copy of a seal holds that is what its name says, else what another one holds."""
    content = None
    for found in copies[:_COPIES]:
        with suppress(NotInStoreError):  # it was of a version that was removed, and collected
            content = bytes(place.read(found.key))
            if hashlib.sha256(content).hexdigest() == digest_of(found.key):
                return content
    return content


def notes_of(place: Place, version: Version) -> list[Note]:
    """What other archives of the same model said of a version, the oldest first."""
    prefix = f"notes/{version.name}/{version.version}/"
    notes = [parse(Note, place.read(each.key), each.key) for each in place.list(prefix)]
    return sorted(notes, key=lambda note: note.noted)


def copy_words(source: Place, version: Version, target: Place) -> None:
    """Say in another place what is said here of a version that both have."""
    add_seals(target, version, seals_of(source, version))
    for note in notes_of(source, version):
        with suppress(ConflictError):  # it is there already
            target.write(note.key, render(note), ABSENT)


def list_words(place: Place) -> Iterator[Found]:
    """The seals and notes of all versions."""
    for prefix, pattern in (("seals/", _SEAL), ("notes/", _NOTE)):
        yield from (found for found in place.list(prefix) if pattern.fullmatch(found.key))


def lost_words(keys: Iterable[str], versions: Iterable[Version]) -> list[str]:
    """Those of these seals and notes that are of removed versions only.

    ``versions`` are all, also the removed ones, and were read after the keys were listed. Of what
    has no version at all the record may have been lost, to be mended some time.
    """
    living: set[str] = set()
    removed: set[str] = set()
    for version in versions:
        kind = living if version.removed is None else removed
        kind |= {version.id.removeprefix("sha256:"), str(version)}
    lost = []
    for key in keys:
        seal, note = _SEAL.fullmatch(key), _NOTE.fullmatch(key)
        of = seal[1] if seal else "@".join(note.groups()) if note else ""
        if of in removed and of not in living:
            lost.append(key)
    return lost


def id_of_seal(key: str) -> str | None:
    """The id of the archive that a seal is of; None if the key is that of something else."""
    match = _SEAL.fullmatch(key)
    return None if match is None else f"sha256:{match[1]}"


def digest_of(key: str) -> str:
    """The digest, without prefix, that the name of a seal's or a note's file says."""
    return key.rpartition("/")[2].removesuffix(".json")
