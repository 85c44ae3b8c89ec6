"""Which models, versions and tags a store has: the small records, without any bytes of models.

Keys, each written by one kind of action:

    store.json                         this is a store, of which layout
    versions/<name>/<version>.json     written once; replaced by the note that it was removed
    ids/<digest>/<name>/<version>      an archive of this id or fingerprint is (or will be) there
    tags/<name>/<tag>.json             replaced when the tag moves
    seals/<id>/<for>/<sha256>.json     never replaced, nor used again: see words.py
    notes/<name>/<version>/<id>.json   the same
    packs/ab/abcd…                     immutable
    writers/<random>.json              while a writer is at work
    condemned/<pack>                   while a pack is about to be deleted
"""

from __future__ import annotations

from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import UTC, datetime
from difflib import get_close_matches
from itertools import groupby

import msgspec

from holotype.errors import ConflictError, NotInStoreError, StoreError
from holotype.store.names import (
    LATEST,
    Number,
    Spec,
    check_free,
    check_name,
    check_tag,
    parse_number,
    parse_spec,
)
from holotype.store.places.place import ABSENT, Place
from holotype.store.records import (
    Marker,
    Record,
    Tag,
    Version,
    parse,
    render,
    tag_key,
    version_key,
)

__all__ = ["MARKER", "Entry", "Shelf", "Usage", "now"]

MARKER = "store.json"
_READERS = 16


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One model: its latest version, how many there are, and its tags with their versions.

    ``size`` is what full copies of all versions would take in bytes, ``added`` what the store grew
    by when they were pushed.
    """

    name: str
    latest: Version
    versions: int
    tags: dict[str, str]
    size: int
    added: int


class Usage(msgspec.Struct, frozen=True, kw_only=True):
    """Bytes: what the packs of a store take, and what full copies of its versions would."""

    stored: int
    size: int
    packs: int
    versions: int


class Shelf:
    """The records of the store at a place."""

    def __init__(self, place: Place) -> None:
        self.place = place

    def open(self, *, create: bool) -> None:
        """See that there is a store; make one if ``create`` and there is nothing at all."""
        if self.place.find(MARKER) is None:
            if not create:
                raise NotInStoreError(
                    f"there is no store at {self.place.url}; `holotype init` makes one"
                )
            if next(iter(self.place.list("")), None) is not None:
                raise StoreError(
                    f"{self.place.url} holds other things and is no store; give an empty place"
                )
            with suppress(ConflictError):  # somebody else makes it at the same time
                self.place.write(MARKER, render(Marker()), ABSENT)
        self._read(Marker, MARKER)

    def entries(self) -> list[Entry]:
        """All models that have a version."""
        tags: dict[str, dict[str, str]] = {}
        for tag in self.tags():
            tags.setdefault(tag.name, {})[tag.tag] = tag.version
        groups = groupby(self.versions(), key=lambda version: version.name)
        return [_entry(name, list(versions), tags.get(name, {})) for name, versions in groups]

    def usage(self) -> Usage:
        """What the store takes, and what full copies would."""
        packs = [found.size for found in self.place.list("packs/")]
        sizes = [version.size for version in self.versions()]
        return Usage(stored=sum(packs), size=sum(sizes), packs=len(packs), versions=len(sizes))

    def names(self) -> list[str]:
        """All models that have a version."""
        return sorted({version.name for version in self.versions()})

    def versions(self, name: str | None = None, *, removed: bool = False) -> list[Version]:
        """The versions of one model or of all, by name and ascending number."""
        keys = self._keys("versions", name)
        if self.place.local or len(keys) < 2:
            records = [self._read(Version, key) for key in keys]
        else:
            with ThreadPoolExecutor(_READERS, thread_name_prefix="holotype") as pool:
                records = list(pool.map(lambda key: self._read(Version, key), keys))
        kept = [record for record in records if removed or record.removed is None]
        return sorted(kept, key=lambda v: (v.name, parse_number(v.version).order))

    def tags(self, name: str | None = None) -> list[Tag]:
        """The tags of one model or of all."""
        return [self._read(Tag, key) for key in sorted(self._keys("tags", name))]

    def find(self, spec: str) -> Version:
        """The version that a person means; NotInStoreError, which says what there is instead."""
        asked = parse_spec(spec)
        if asked.digest:
            return self._of_digest(asked.digest)
        if asked.version is not None:
            return self.version(asked.name, str(asked.version))
        if asked.tag != LATEST:
            return self.version(asked.name, self._tagged(asked).version)
        latest = self.latest(asked.name)
        if latest is None:
            raise self._unknown(asked.name)
        return latest

    def version(self, name: str, number: str) -> Version:
        """One version of one model."""
        try:
            version = self._read(Version, version_key(name, number))
        except NotInStoreError:
            numbers = [str(each) for each in self.numbers(name)]
            if not numbers:
                raise self._unknown(name) from None
            raise NotInStoreError(
                f"{name} has no version {number}; it has {_some(numbers)}"
            ) from None
        if version.removed is not None:
            why = f" ({version.why_removed})" if version.why_removed else ""
            raise NotInStoreError(f"{version} was removed on {version.removed:%Y-%m-%d}{why}")
        return version

    def numbers(self, name: str) -> list[Number]:
        """All numbers that were ever used for a model, ascending."""
        stems = [key.rpartition("/")[2] for key in self._keys("versions", name)]
        numbers = [parse_number(stem.removesuffix(".json")) for stem in stems]
        return sorted(numbers, key=lambda number: number.order)

    def latest(self, name: str) -> Version | None:
        """The highest version of a model that was not removed."""
        for number in reversed(self.numbers(name)):
            version = self._read(Version, version_key(name, str(number)))
            if version.removed is None:
                return version
        return None

    def with_digest(self, digest: str) -> list[Version]:
        """All versions whose id or fingerprint this is."""
        prefix = f"ids/{digest.removeprefix('sha256:')}/"
        found = []
        for key in sorted(each.key for each in self.place.list(prefix)):
            name, _, number = key.removeprefix(prefix).rpartition("/")
            with suppress(NotInStoreError):  # noted, and never written
                version = self._read(Version, version_key(name, number))
                if version.removed is None and digest in (version.id, version.fingerprint):
                    found.append(version)
        return found

    def tag(self, spec: str, tag: str) -> Tag:
        """Give a version a name that may be moved later."""
        check_free(tag)
        version = self.find(spec)
        made = Tag(name=version.name, tag=tag, version=version.version, moved=now())
        self.place.write(made.key, render(made))
        return made

    def untag(self, name: str, tag: str) -> None:
        """Take a tag away; the version stays."""
        self._tagged(Spec(check_name(name), tag=check_tag(tag)))
        self.place.delete(tag_key(name, tag))

    def remove(self, spec: str, *, why: str | None = None) -> Version:
        """Take one version out. Its number is never used again; gc frees what only it needs."""
        version = self.find(spec)
        tags = [tag.tag for tag in self.tags(version.name) if tag.version == version.version]
        if tags:
            raise ConflictError(
                f"{version} has the tag {', '.join(tags)}; move or remove the tag first"
            )
        removed = msgspec.structs.replace(version, removed=now(), why_removed=why)
        found = self.place.find(version.key)
        if found is not None:
            self.place.write(version.key, render(removed), found)
        return removed

    def _of_digest(self, digest: str) -> Version:
        found = self.with_digest(digest)
        exact = [version for version in found if version.id == digest] or found
        if not exact:
            raise NotInStoreError(f"no version has the id or fingerprint {digest}")
        return exact[-1]

    def _tagged(self, asked: Spec) -> Tag:
        try:
            return self._read(Tag, tag_key(asked.name, asked.tag))
        except NotInStoreError:
            if not self.numbers(asked.name):
                raise self._unknown(asked.name) from None
            tags = [tag.tag for tag in self.tags(asked.name)] or ["none"]
            raise NotInStoreError(
                f"{asked.name} has no tag {asked.tag}; its tags: {_some(tags)}"
            ) from None

    def _unknown(self, name: str) -> NotInStoreError:
        names = self.names()
        near = get_close_matches(name, names) or names
        hint = f"; there is {_some(near)}" if near else "; it is empty"
        return NotInStoreError(f"there is no model {name} in {self.place.url}{hint}")

    def _keys(self, kind: str, name: str | None) -> list[str]:
        prefix = f"{kind}/" if name is None else f"{kind}/{check_name(name)}/"
        keys = [found.key for found in self.place.list(prefix)]
        # Models below this one in the tree of names are others.
        return [k for k in keys if name is None or "/" not in k.removeprefix(prefix)]

    def _read(self, kind: type[Record], key: str) -> Record:
        found = self.place.read(key)
        return parse(kind, found, key)


def _entry(name: str, versions: Sequence[Version], tags: dict[str, str]) -> Entry:
    return Entry(
        name=name,
        latest=versions[-1],
        versions=len(versions),
        tags=tags,
        size=sum(version.size for version in versions),
        added=sum(version.added for version in versions),
    )


def now() -> datetime:
    """The time, to the second."""
    return datetime.now(UTC).replace(microsecond=0)


def _some(words: Sequence[str]) -> str:
    shown = list(words[-5:])
    return ("…, " if len(words) > len(shown) else "") + ", ".join(shown)
