"""What a store remembers beside the bytes of models: versions, tags, and writers at work.

Small JSON objects, each under a key that follows from what it says. A version's record is written
once, if absent, when all that it needs is durable; it is replaced only by the note that the version
was removed. Rule: a record that does not say what its key says is refused.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from datetime import datetime
from typing import Any, TypeVar

import msgspec

from holotype.digest import canonical_json
from holotype.errors import DamagedStoreError, StoreError
from holotype.store.names import check_name, check_tag, parse_number
from holotype.structs import reader_of

__all__ = [
    "MAX_RECORD",
    "Marker",
    "Note",
    "Tag",
    "Version",
    "Writer",
    "id_key",
    "note_key",
    "parse",
    "render",
    "seal_key",
    "seals_prefix",
    "tag_key",
    "version_key",
]

MAX_RECORD = 1 << 20
"""Bytes of a record; a larger one is refused."""


class Version(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One version of a model, as it stands in a store.

    ``id`` and ``fingerprint`` are the archive's; ``size`` is that of the ``.holo`` file in bytes,
    ``added`` what the store grew by. ``parent`` is the version from which differences were taken,
    ``level`` the trust that opening asks for. ``recipe`` says how the file is put together from
    parts, and ``packs`` where they were when it was pushed: later they may have moved.
    """

    format: int = 1
    name: str
    version: str
    id: str
    fingerprint: str
    size: int
    added: int
    pushed: datetime
    level: str
    recipe: str
    recipe_size: int
    packs: tuple[str, ...]
    parent: str | None = None
    message: str | None = None
    reasons: tuple[str, ...] = ()
    removed: datetime | None = None
    why_removed: str | None = None

    def __str__(self) -> str:
        return f"{self.name}@{self.version}"

    @property
    def key(self) -> str:
        """Where the record is."""
        return version_key(self.name, self.version)


class Tag(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A name for a version, which may be moved to another."""

    format: int = 1
    name: str
    tag: str
    version: str
    moved: datetime

    @property
    def key(self) -> str:
        """Where the tag is."""
        return tag_key(self.name, self.tag)


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That an archive of the same model as a version was pushed, which said something else of it:
    ``manifest`` is the text of its manifest, and the digest of that is ``id``.
    """

    format: int = 1
    name: str
    version: str
    id: str
    noted: datetime
    manifest: str
    message: str | None = None

    @property
    def key(self) -> str:
        """Where the note is."""
        return note_key(self.name, self.version, self.id)


class Writer(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A writer at work. ``avoids`` are the packs that it knew to be condemned when it began, None
    before it has looked; ``process`` is where it runs, for those who can see whether it still does.

    ``begun`` is when it began, by the place's clock. ``version`` is what it is about to make a
    version: from then on, whoever takes it for dead does that in its place. ``ended`` is set by
    whoever takes it for dead; it can do nothing more then.
    """

    format: int = 1
    process: str
    avoids: tuple[str, ...] | None = None
    begun: datetime | None = None
    version: Version | None = None
    ended: bool = False

    @property
    def key(self) -> str:
        return ""  # that of a writer is random


class Marker(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """That this directory or prefix is a store, and of which layout."""

    format: int = 1
    store: str = "holotype"

    @property
    def key(self) -> str:
        return "store.json"


Record = TypeVar("Record", Version, Tag, Note, Writer, Marker)

_READERS: dict[Any, Callable[[Any], Any]] = {
    kind: reader_of(kind) for kind in (Version, Tag, Note, Writer, Marker)
}


def parse(kind: type[Record], data: Any, key: str) -> Record:
    """The record under ``key``; DamagedStoreError if it is none."""
    try:
        if len(data) > MAX_RECORD:
            raise ValueError(f"more than {MAX_RECORD} bytes")
        record: Record = _READERS[kind](data)
        if record.format != 1:
            raise ValueError("it is of a later version of the layout: a newer Holotype reads it")
        if record.key not in ("", key):
            raise ValueError("it is about something else")
    except (ValueError, msgspec.DecodeError, StoreError) as error:
        raise DamagedStoreError(f"{key} is no record of a store: {error}", (key,)) from None
    return record


def render(record: Record) -> bytes:
    """The bytes of a record."""
    return canonical_json(record) + b"\n"


def version_key(name: str, version: str) -> str:
    """Where the record of a version is."""
    return f"versions/{check_name(name)}/{parse_number(version)}.json"


def tag_key(name: str, tag: str) -> str:
    """Where a tag is."""
    return f"tags/{check_name(name)}/{check_tag(tag)}.json"


def note_key(name: str, version: str, archive_id: str) -> str:
    """Where the note is that an archive of this id has the same model."""
    digits = archive_id.removeprefix("sha256:")
    return f"notes/{check_name(name)}/{parse_number(version)}/{digits}.json"


def seals_prefix(archive_id: str) -> str:
    """Below which the seals are that an archive got after it was pushed."""
    return f"seals/{archive_id.removeprefix('sha256:')}/"


def seal_key(version: Version, file: str) -> str:
    """Where a seal is that was added for a version; ``file`` is named by the seal's SHA-256."""
    added_for = hashlib.sha256(str(version).encode()).hexdigest()
    return f"{seals_prefix(version.id)}{added_for}/{file}"


def id_key(digest: str, name: str, version: str) -> str:
    """Where it is noted that a version has this id or fingerprint."""
    return f"ids/{digest.removeprefix('sha256:')}/{check_name(name)}/{parse_number(version)}"
