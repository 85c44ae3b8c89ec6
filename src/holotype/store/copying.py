"""Versions from one store to another: only what is missing there travels, coded as it is.

A block takes along what it is a difference from, unless that is there too, at a depth that fits.
Every block is decoded and compared with its digests on the way, and the archive opened once, so
that damage, or a store that lies, stays where it is. Rule: a version is the same wherever it is:
name, number, id, message, time and reasons; another one under its number is an error.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping

import msgspec

from holotype.errors import (
    ConflictError,
    DamagedStoreError,
    LimitError,
    NotInStoreError,
)
from holotype.store.catalog import Catalog, Where
from holotype.store.moving import check, move
from holotype.store.names import check_name
from holotype.store.packs import Block
from holotype.store.pushing import Work, at_work, commit
from holotype.store.records import Version, parse
from holotype.store.stored import Progress
from holotype.store.vault import Vault
from holotype.store.words import copy_words

__all__ = ["Copied", "copy", "lacking"]

_ATTEMPTS = 4


class Copied(msgspec.Struct, kw_only=True):
    """``versions`` that were copied, those that were ``known`` there already, and those that were
    ``removed`` there, so that their numbers are not used again; ``tags`` that were set; and the
    bytes that the target grew by.
    """

    versions: tuple[Version, ...] = ()
    known: tuple[Version, ...] = ()
    removed: tuple[Version, ...] = ()
    tags: tuple[str, ...] = ()
    added: int = 0


def copy(
    source: Vault,
    spec: str | Version | None,
    target: Vault,
    *,
    tags: bool = False,
    progress: Progress | None = None,
) -> Copied:
    """Copy what ``spec`` means: one version, all of a name without @, or all that there are.

    Raises ConflictError, before anything is written, if a number is taken by something else there,
    or one version was asked for that was removed there.
    """
    versions = _meant(source, spec)
    single = isinstance(spec, Version) or (
        spec is not None and spec.find("@") + spec.find(":") > -2
    )
    done = Copied()
    missing = []
    for version in versions:
        there = _there(target, version)
        if there is None:
            missing.append(version)
        elif there.removed is None:
            done.known += (there,)
            copy_words(source.place, version, target.place)
        elif single:
            raise ConflictError(
                f"{version} was removed from {target.place.url}; push it anew there"
            )
        else:
            done.removed += (there,)
    if missing:
        with at_work(target.place, target.catalog) as work:
            for version in missing:
                _copy(source, version, target, work, done, progress)
    if tags:
        _copy_tags(source, target, done)
    return done


def _meant(source: Vault, spec: str | Version | None) -> list[Version]:
    if isinstance(spec, Version):
        return [spec]
    if spec is None:
        return source.versions()
    if "@" in spec or ":" in spec:
        return [source.find(spec)]
    return source.versions(check_name(spec)) or [source.find(spec)]


def _there(target: Vault, version: Version) -> Version | None:
    """The same version in the target, if there is one; ConflictError if there is another."""
    try:
        there = parse(Version, target.place.read(version.key), version.key)
    except NotInStoreError:
        return None
    if there.id != version.id:
        raise ConflictError(
            f"{target.place.url} has another {version} ({there.id}); its number stays with it"
        )
    return there


def _copy(
    source: Vault,
    version: Version,
    target: Vault,
    work: Work,
    done: Copied,
    progress: Progress | None,
) -> None:
    objects = _objects(source, version)
    added = 0
    for attempt in range(_ATTEMPTS):
        blocks, notes = lacking(source.catalog, objects, work.catalog)
        before = done.added + added

        def told(count: int, total: int, before: int = before) -> None:
            if progress is not None:
                progress(before + count, before + total)

        moved = move(
            source.catalog,
            blocks,
            notes,
            target.place,
            before=work.renew,
            written=work.catalog.add,
            progress=told,
        )
        added += sum(pack.size for pack in moved.packs)
        gone = any(isinstance(error, NotInStoreError) for _, _, error in moved.damaged)
        if not gone or attempt == _ATTEMPTS - 1:
            check(moved)
            break
        source.catalog.refresh()  # a collector moves them while we read
    needed = work.catalog.needed(objects)
    packs = tuple(sorted({pack for pack, _ in needed}))
    copied = msgspec.structs.replace(version, packs=packs, added=added)
    try:
        commit(work, copied)
    except ConflictError:
        work.renew()
        there = _there(target, version)  # somebody else was faster
        done.known += (copied if there is None else there,)
    else:
        done.versions += (copied,)
    copy_words(source.place, version, target.place)
    done.added += added


def _objects(source: Vault, version: Version) -> list[str]:
    """All objects of a version that is what it says."""
    try:
        with source.opened(str(version)) as archive:
            if archive.manifest.fingerprint != version.fingerprint:
                raise DamagedStoreError(f"{version} has another fingerprint than its record says")
    except LimitError:  # too large for memory; whoever opens it there will compare
        pass
    recipe = source.recipe(version)
    return [version.recipe, *dict.fromkeys(digest for digest, _, _ in recipe.objects)]


def lacking(
    source: Catalog, objects: Iterable[str], target: Catalog
) -> tuple[list[tuple[str, Block]], Mapping[str, tuple[str, ...]]]:
    """The blocks and notes that ``target`` must be given before it has all of these objects, and
    all that they are differences from.
    """
    blocks: dict[tuple[str, int], Block] = {}
    notes: dict[str, tuple[str, ...]] = {}
    waiting: list[tuple[str, int | None]] = [(digest, None) for digest in objects]
    seen = set(waiting)
    while waiting:
        digest, limit = waiting.pop()
        places = _known(target, digest, limit)
        if places is None:
            places = source.places(digest)
            if source.where(digest) is None:
                notes[digest] = source.parts(digest) or ()
            for number, where in enumerate(places):
                part = where.block.parts[where.part][0]
                there = _known(target, part, limit)
                if there is not None:
                    places[number] = there[0]
                elif limit is not None and where.block.depth >= limit:
                    raise DamagedStoreError(f"the store has lost what {part} is a difference from")
                else:
                    blocks[where.pack, where.number] = where.block
        for where in places:
            base = where.block.base
            new = [(each, where.block.depth) for each in base.parts] if base is not None else []
            waiting += [each for each in new if each not in seen]
            seen.update(new)
    return [(pack, blocks[pack, number]) for pack, number in sorted(blocks)], notes


def _known(catalog: Catalog, digest: str, limit: int | None) -> list[Where] | None:
    """Where a catalog has an object in blocks of less than this depth; None if it has not."""
    if catalog.parts(digest) is None:
        return None
    places = catalog.places(digest)
    return places if limit is None or all(w.block.depth < limit for w in places) else None


def _copy_tags(source: Vault, target: Vault, done: Copied) -> None:
    there = {(v.name, v.version) for v in (*done.versions, *done.known)}
    now = {(tag.name, tag.tag): tag.version for tag in target.tags()}
    for tag in source.tags():
        if (tag.name, tag.version) in there and now.get((tag.name, tag.tag)) != tag.version:
            target.tag(f"{tag.name}@{tag.version}", tag.tag)
            done.tags += (f"{tag.name}@{tag.tag}",)
