"""Mending what a scrub found, from another store.

Damaged packs are condemned first, so that nobody relies on them any more. What was in them is put
into new packs: from themselves where it still is what it should be, else from the other store, as
far as versions need it. Then they are deleted, unless they hold what could not be replaced. Seals
and notes come last. Rule: nothing is written that was not compared with its digest, and a record
only where all that it needs is there.
"""

from __future__ import annotations

import os
from contextlib import suppress

import msgspec

from holotype.errors import NotInStoreError, StoreError
from holotype.store.collecting import condemn
from holotype.store.copying import lacking
from holotype.store.findings import Findings, Scrubbed, write_report
from holotype.store.hearing import hear, mend_words
from holotype.store.moving import check, move
from holotype.store.packs import Block, pack_key
from holotype.store.pushing import CONDEMNED, Work, at_work, complete
from holotype.store.recipes import digests_of
from holotype.store.records import Tag, Version, parse, render
from holotype.store.scrubbing import examine
from holotype.store.stored import Progress
from holotype.store.vault import Vault

__all__ = ["scrub"]


def scrub(
    vault: Vault,
    *,
    deep: bool = False,
    from_: Vault | str | os.PathLike[str] | None = None,
    resume: bool = True,
    report: str | os.PathLike[str] | None = None,
    progress: Progress | None = None,
) -> Scrubbed:
    """Look whether all is there as it was stored; with ``from_``, mend what is not from there."""
    other = from_ if isinstance(from_, Vault) or from_ is None else Vault.at(from_, create=False)
    found = examine(vault, deep=deep, resume=resume, progress=progress)
    mended: set[str] = set()
    if other is not None:
        found.records.update(_missing(vault, other))
        if found.packs or found.hit or found.records:
            mended = _Mender(vault, other, found, progress).run()
        mended |= _mend_words(vault, other, found, mended)
    result = found.report(vault, mended, None if other is None else other.place.url)
    if report is not None:
        write_report(result, report)
    return result


def _mend_words(vault: Vault, other: Vault, found: Findings, mended: set[str]) -> set[str]:
    """Mend seals and notes, also those of versions whose records came back."""
    come = [key for key in mended - {v.key for v in found.versions} if key.startswith("versions/")]
    if come:
        back = [parse(Version, vault.place.read(key), key) for key in come]
        found.words = hear(vault.place, found.versions + [v for v in back if v.removed is None])
    return mend_words(vault.place, other, found.words)


def _missing(vault: Vault, other: Vault) -> dict[str, str]:
    """Records of versions that the store knows of, by their ids or tags, and the other one has."""
    known = set()
    for found in vault.place.list("ids/"):
        name, _, number = found.key.partition("/")[2].partition("/")[2].rpartition("/")
        known.add((name, number))
    with suppress(StoreError):
        known |= {(tag.name, tag.version) for tag in vault.tags()}
    there = [version for version in other.versions() if (version.name, version.version) in known]
    return {v.key: "it is missing" for v in there if vault.place.find(v.key) is None}


class _Mender:
    def __init__(
        self, vault: Vault, other: Vault, found: Findings, progress: Progress | None
    ) -> None:
        self._vault = vault
        self._place = vault.place
        self._other = other
        self._found = found
        self._progress = progress

    def run(self) -> set[str]:
        """The keys of what was mended."""
        found = self._found
        condemn(self._place, sorted(found.packs))
        mended = set()
        failed = set()
        with at_work(self._place, self._vault.catalog) as work:
            self._keep_good_blocks(work)
            for name, (version, _) in sorted(found.hit.items()):
                if self._mend(version, work):
                    mended.add(version.key)
                else:
                    failed.add(name)
            # Versions before the tags that name them.
            for key in sorted(found.records, reverse=True):
                if self._mend_record(key, work):
                    mended.add(key)
            for pack in sorted(found.packs):
                if not failed.intersection(found.culprits.get(pack_key(pack), ())):
                    self._drop(pack)
                    mended.add(pack_key(pack))
        self._vault.catalog.refresh()
        return mended

    def _keep_good_blocks(self, work: Work) -> None:
        """Put what is in damaged packs, and still is as it was, into others."""
        catalog = self._vault.catalog
        catalog.refresh()
        blocks: list[tuple[str, Block]] = []
        notes: dict[str, tuple[str, ...]] = {}
        for pack in sorted(self._found.packs.keys() & catalog.packs.keys()):
            content = catalog.packs[pack]
            notes.update(content.objects)
            blocks += [
                (pack, block)
                for number, block in enumerate(content.blocks)
                if (pack, number) not in self._found.bad
                and not all(work.catalog.where(digest) for digest, _ in block.parts)
            ]
        move(catalog, blocks, notes, self._place, before=work.renew, written=work.catalog.add)

    def _drop(self, pack: str) -> None:
        """Delete a damaged pack. No writer misses it: all that was good in it is elsewhere, in
        packs that nobody condemns as long as this writer, which put them there, is at work.
        """
        self._place.delete(pack_key(pack))
        self._place.delete(CONDEMNED + pack)

    def _mend(self, version: Version, work: Work) -> bool:
        """Bring what a version lacks from the other store; whether it is whole then."""
        with suppress(StoreError):
            theirs = self._theirs(version.key)
            if theirs is None or theirs.id != version.id:
                return False
            mine = msgspec.structs.replace(
                version,  # the other store may put the same file together in another way
                recipe=theirs.recipe,
                recipe_size=theirs.recipe_size,
                packs=self._bring(theirs, work),
            )
            found = self._place.find(version.key)
            if found is not None and mine != version:
                self._place.write(version.key, render(mine), found)
            return True
        return False

    def _mend_record(self, key: str, work: Work) -> bool:
        """Replace a record by the other store's, if all that it needs is here."""
        with suppress(StoreError):
            if key.startswith("tags/"):
                tag = parse(Tag, self._other.place.read(key), key)
                self._vault.version(tag.name, tag.version)
                self._place.write(key, render(tag))
                return True
            version = self._theirs(key)
            if version is not None:
                mine = msgspec.structs.replace(version, packs=self._bring(version, work))
                found = self._place.find(key)
                if found is not None:
                    self._place.write(key, render(mine), found)
                complete(self._place, mine)
                return True
        return False

    def _theirs(self, key: str) -> Version | None:
        try:
            return parse(Version, self._other.place.read(key), key)
        except NotInStoreError:
            return None

    def _bring(self, theirs: Version, work: Work) -> tuple[str, ...]:
        """The packs that a version of the other store needs here, when all of it is here."""
        if theirs.removed is not None:
            return theirs.packs
        objects = [theirs.recipe, *digests_of(self._other.recipe(theirs))]
        blocks, notes = lacking(self._other.catalog, objects, work.catalog)
        moved = move(
            self._other.catalog,
            blocks,
            notes,
            self._place,
            before=work.renew,
            written=work.catalog.add,
            progress=self._progress,
        )
        check(moved)
        return tuple(sorted({pack for pack, _ in work.catalog.needed(objects)}))
