"""Deleting what no version needs, while any number of writers, readers and collectors go on.

There are no locks, and clocks decide nothing that bytes depend on. A pack is **condemned** by a
mark, which is never taken back while the pack is there; what turns out to be needed is copied into
a new pack first. A collector, in this order: condemns; lists what is condemned (C); looks at the
writers; reads the versions; lists the packs. It then deletes a pack of C if every writer that it
saw avoids it, and nothing in it is needed that is not also in a pack outside C. Why nothing is
lost:

- A writer says that it is at work *before* it looks what is condemned. So a writer either avoids
  the pack; or was seen, and the pack stays; or had ended before the writers were looked at, and
  then its version was read. Writers that come later see the mark, or the pack is gone already.
- Nobody ever needs a pack of C again, as all that is at work avoids it: what is not needed when the
  versions are read stays so.
- Two collectors do not each rely on the other's pack: a pack is relied on only if it was not
  condemned at a time when the pack to be deleted was, so along a chain of such pairs time moves on,
  and the last of them is there. The marks are listed before the packs, and a mark is deleted after
  its pack, so a pack without its mark is not seen on its way out.
- A writer is taken for dead if its process was seen to have ended, or it was silent for an hour.
  That is a conditional write on its intent: from then on it can announce nothing. If it had
  announced its version, the record is written in its place, so that its own attempt fails, however
  late it comes. Being wrong about a writer's death costs it its work, and nobody a version.
- A collector that is killed leaves marks, or packs that hold what others hold too.

Packs that a writer at work may have just written are not condemned: that would be safe, but all of
them would have to be copied. Readers that meet a pack that has gone look where its parts are now.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from contextlib import suppress
from datetime import timedelta
from typing import NamedTuple

import msgspec

from holotype.errors import DamagedStoreError, NotInStoreError
from holotype.store.catalog import Catalog
from holotype.store.inventory import Inventory
from holotype.store.moving import move
from holotype.store.packs import pack_key
from holotype.store.places.place import Found, Place
from holotype.store.pushing import CONDEMNED
from holotype.store.reading import Reader
from holotype.store.recipes import digests_of
from holotype.store.records import Version, Writer
from holotype.store.stored import Progress
from holotype.store.tidying import Small, sweep
from holotype.store.vault import Vault, recipe_of
from holotype.store.writers import look_at_writers

__all__ = ["Collected", "Waiting", "collect", "condemn"]

_BLUR = timedelta(seconds=2)  # places that know times to the second only
_ROUNDS = 4
_NAME = re.compile(r"[0-9a-f]{64}")


class Waiting(msgspec.Struct, frozen=True, kw_only=True):
    """A condemned pack that is still there, its size in bytes, and the writers it waits for."""

    pack: str
    size: int
    writers: tuple[str, ...]


class Collected(msgspec.Struct, kw_only=True):
    """What a collection did, or would do.

    ``packs`` were deleted and ``rewritten`` of them copied in part; ``freed`` are the bytes that
    the store takes less. ``writers`` died and left their intents behind, ``completed`` are versions
    of theirs that only lacked their records. ``notes`` of ids led nowhere, ``words`` are seals and
    notes of versions that were removed, ``files`` are temporary. ``damaged`` packs cannot be read:
    `scrub` looks after them.
    """

    packs: int = 0
    freed: int = 0
    rewritten: int = 0
    waiting: tuple[Waiting, ...] = ()
    writers: int = 0
    completed: tuple[str, ...] = ()
    notes: int = 0
    words: int = 0
    files: int = 0
    damaged: tuple[str, ...] = ()
    dry_run: bool = False


class _View(NamedTuple):
    """What a collector saw, in this order; ``small`` files and ``old`` packs before all else."""

    small: Small
    old: dict[str, Found]
    condemned: set[str]
    writers: dict[str, Writer]
    versions: list[Version]
    packs: dict[str, Found]
    inventory: Inventory

    def objecting(self, pack: str) -> tuple[str, ...]:
        """The writers at work that may rely on a pack."""
        return tuple(
            f"{key} ({writer.process})"
            for key, writer in sorted(self.writers.items())
            if writer.avoids is None or pack not in writer.avoids
        )

    def is_old(self, pack: str) -> bool:
        """Whether no writer that is at work can have written it."""
        found = self.old.get(pack)
        begun = [writer.begun for writer in self.writers.values()]
        return found is not None and all(
            time is not None and found.modified + _BLUR < time for time in begun
        )


def collect(vault: Vault, *, dry_run: bool = False, progress: Progress | None = None) -> Collected:
    """Delete what no version needs; with ``dry_run`` only say what that is.

    Raises DamagedStoreError, and deletes nothing, if it is not known what a version needs.
    """
    return _Collector(vault, dry_run, progress).run()


def condemn(place: Place, packs: Iterable[str]) -> None:
    """Mark packs, so that no writer that begins from now on relies on them."""
    for pack in packs:
        place.write(CONDEMNED + pack, b"")


class _Collector:
    def __init__(self, vault: Vault, dry_run: bool, progress: Progress | None) -> None:
        self._vault = vault
        self._place = vault.place
        self._catalog: Catalog = vault.catalog.fork()
        self._dry_run = dry_run
        self._progress = progress
        self._done = Collected(dry_run=dry_run)
        self._roots: dict[str, tuple[str, ...]] = {}

    def run(self) -> Collected:
        done = self._done
        view = self._look()
        leaving = self._sparse(view) | self._unneeded(view)
        for _ in range(_ROUNDS):
            rescued = [
                p for p in view.condemned & view.inventory.packs.keys() if self._free(view, p)
            ]
            sources = {
                p for p in (leaving - view.condemned).union(rescued) if view.inventory.needed(p)
            }
            if self._dry_run:
                return self._foresee(view, leaving, sources)
            failed = self._copy(view, sources)
            new = leaving - view.condemned - failed
            condemn(self._place, sorted(new))
            if new or sources - failed:
                view = self._look()
            leaving = set()
            if not any(
                self._free(view, p) and self._needed(view, p) for p in view.condemned - failed
            ):
                break
        for pack in sorted(view.condemned):
            self._delete(view, pack)
        done.waiting = self._waiting(view)
        done.damaged = tuple(sorted(self._catalog.broken.keys() & view.packs.keys()))
        self._tidy(view)
        self._vault.catalog.refresh()
        return done

    # ------------------------------------------------------------------------------- looking

    def _look_once(self) -> _View:
        place = self._place
        small = Small.of(place)
        old = self._packs()
        condemned = {found.key.removeprefix(CONDEMNED) for found in place.list(CONDEMNED)}
        writers = look_at_writers(place, bury=not self._dry_run)
        self._done.writers += writers.dead
        self._done.completed += writers.completed
        versions = [*self._vault.versions(removed=True), *writers.announced]
        packs = self._packs()
        self._catalog.refresh()
        inventory = Inventory(self._catalog, condemned)
        reader = Reader(self._catalog)
        for version in versions:
            if version.removed is None:
                try:
                    inventory.need(self._needs(version, reader))
                except (DamagedStoreError, NotInStoreError) as error:
                    raise DamagedStoreError(
                        f"nothing was deleted, as {version} is damaged ({error}): "
                        "`holotype scrub --from` another store, or remove it",
                        (version.key, *getattr(error, "keys", ())),
                    ) from None
        return _View(small, old, condemned, writers.living, versions, packs, inventory)

    def _look(self) -> _View:
        """Look again if something is missing: another collector may have moved it meanwhile."""
        for _ in range(_ROUNDS):
            with suppress(DamagedStoreError):
                return self._look_once()
        return self._look_once()

    def _packs(self) -> dict[str, Found]:
        found = {each.key.rpartition("/")[2]: each for each in self._place.list("packs/")}
        return {
            name: each
            for name, each in found.items()
            if _NAME.fullmatch(name) and each.key == pack_key(name)
        }

    def _needs(self, version: Version, reader: Reader) -> tuple[str, ...]:
        known = self._roots.get(version.recipe)
        if known is None:
            known = (version.recipe, *digests_of(recipe_of(version, self._catalog, reader)))
            self._roots[version.recipe] = known
        return known

    # ------------------------------------------------------------------------------- judging

    def _unneeded(self, view: _View) -> set[str]:
        packs = view.inventory.packs
        return {p for p in packs if view.is_old(p) and not view.inventory.needed(p)}

    def _sparse(self, view: _View) -> set[str]:
        packs = view.inventory.packs
        return {p for p in packs if view.is_old(p) and view.inventory.sparse(p)}

    def _needed(self, view: _View, pack: str) -> bool:
        return pack in view.inventory.packs and view.inventory.needed(pack)

    def _free(self, view: _View, pack: str) -> bool:
        """Whether a condemned pack may go as far as writers are concerned."""
        return pack in view.packs and not view.objecting(pack)

    def _foresee(self, view: _View, leaving: set[str], sources: set[str]) -> Collected:
        going = {p for p in leaving | view.condemned if self._free(view, p)}
        kept, _ = view.inventory.taken(sources)
        done = self._done
        done.packs = len(going)
        done.rewritten = len(sources & going)
        done.freed = sum(view.packs[p].size for p in going) - sum(block.size for _, block in kept)
        done.waiting = self._waiting(view._replace(condemned=leaving | view.condemned), going)
        done.damaged = tuple(sorted(self._catalog.broken.keys() & view.packs.keys()))
        lost = view.small.lost(self._place, view.versions, idle=not view.writers)
        done.notes, done.words = len(lost.ids), len(lost.words)
        return done

    def _waiting(self, view: _View, going: Iterable[str] = ()) -> tuple[Waiting, ...]:
        there = sorted((view.condemned & view.packs.keys()).difference(going))
        waiting = [
            Waiting(pack=p, size=view.packs[p].size, writers=view.objecting(p)) for p in there
        ]
        return tuple(each for each in waiting if each.writers or self._needed(view, each.pack))

    # -------------------------------------------------------------------------------- acting

    def _copy(self, view: _View, sources: set[str]) -> set[str]:
        """Put what is needed of these packs into new ones; which packs could not be read."""
        blocks, notes = view.inventory.taken(sources)
        if not blocks and not notes:
            return set()
        moved = move(self._catalog, blocks, notes, self._place, progress=self._progress)
        self._done.rewritten += len(sources)
        self._done.freed -= sum(pack.size for pack in moved.packs)
        return {pack for pack, _, _ in moved.damaged}

    def _delete(self, view: _View, pack: str) -> None:
        if pack not in view.packs:
            self._place.delete(CONDEMNED + pack)
        elif self._free(view, pack) and not self._needed(view, pack):
            self._place.delete(pack_key(pack))
            self._place.delete(CONDEMNED + pack)
            self._done.packs += 1
            self._done.freed += view.packs[pack].size

    def _tidy(self, view: _View) -> None:
        """Small files that are of no version go, those that are missing come back."""
        versions = view.versions
        lost = view.small.lost(self._place, versions, idle=not view.writers)
        lost.delete(self._place)
        view.small.complete(self._place, versions)
        self._done.notes, self._done.words = len(lost.ids), len(lost.words)
        self._done.files = sweep(self._place)
