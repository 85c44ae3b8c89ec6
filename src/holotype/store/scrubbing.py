"""Looking whether a store still holds what was put into it, and mending it from another.

Every pack is hashed and compared with its name, on all cores and without decoding anything; of one
that is damaged, and of all with ``deep``, every block is decoded and compared with the digests of
its parts. Every record, seal and note is read, and what a version needs is looked for. How far it
came is kept in the store, so that it goes on from there after it was stopped. Rule: to look changes
nothing else.
"""

from __future__ import annotations

import hashlib
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress

import msgspec
import numpy as np

from holotype.codec.parallel import ahead
from holotype.digest import canonical_json
from holotype.errors import DamagedStoreError, NotInStoreError, StoreError
from holotype.store.catalog import Catalog
from holotype.store.findings import Findings, State, read_state
from holotype.store.hearing import hear
from holotype.store.packs import Block, pack_key
from holotype.store.places.place import Found
from holotype.store.reading import Reader, cores
from holotype.store.recipes import digests_of
from holotype.store.records import MAX_RECORD, Marker, Tag, Version, parse
from holotype.store.shelf import MARKER, now
from holotype.store.stored import Progress
from holotype.store.vault import Vault

__all__ = ["STATE", "examine"]

STATE = "scrubs/state.json"
"""How far the scrub came that was stopped, or is at work."""

_STEP = 1 << 20  # bytes that are hashed at a time: what a core's cache holds
_FAR_STEP = 1 << 23  # that are asked for at a time over a network
_FAR_READERS = 16
_SAVE_EVERY = 5.0  # seconds


def examine(
    vault: Vault, *, deep: bool = False, resume: bool = True, progress: Progress | None = None
) -> Findings:
    """Look at everything; changes nothing but how far it came."""
    state, resumed = _begin(vault, deep, resume)
    catalog = Catalog(vault.place)  # with what is there, not what was kept of it elsewhere
    catalog.refresh()
    _look_at_packs(vault, catalog, state, progress)
    found = Findings(state=state, resumed=resumed, versions=[])
    found.packs = {**state.damaged, **{n: str(e) for n, e in catalog.broken.items()}}
    found.packs = {n: why for n, why in found.packs.items() if vault.place.find(pack_key(n))}
    for name in found.packs.keys() & catalog.packs.keys():
        found.bad |= {(name, number) for number in _bad_blocks(catalog, name)}
    _look_at_records(vault, found)
    _look_at_needs(vault, catalog, found)
    found.words = hear(vault.place, found.versions)
    with suppress(StoreError):  # a store that one may only read keeps no state
        vault.place.delete(STATE)
    return found


def _begin(vault: Vault, deep: bool, resume: bool) -> tuple[State, bool]:
    if resume:
        with suppress(NotInStoreError, msgspec.MsgspecError):
            data = vault.place.read(STATE)
            if len(data) <= MAX_RECORD:
                state = read_state(data)
                if state.format == 2 and state.deep == deep:
                    return state, True
    return State(deep=deep, begun=now(), damaged={}), False


# ------------------------------------------------------------------------------------- packs


def _look_at_packs(vault: Vault, catalog: Catalog, state: State, progress: Progress | None) -> None:
    there = {found.key.rpartition("/")[2]: found for found in vault.place.list("packs/")}
    ranks = {name: _rank(found) for name, found in there.items() if found.key == pack_key(name)}
    names = sorted((n for n, rank in ranks.items() if rank > state.after), key=ranks.__getitem__)
    done, total = state.bytes, state.bytes + sum(there[name].size for name in names)
    hasher = _Hasher(vault)
    saved = time.monotonic()

    def look(name: str) -> tuple[Found, str | None, int]:
        problem = hasher.problem(there[name])
        blocks = 0
        if problem is None and state.deep and name in catalog.packs:
            blocks = len(catalog.packs[name].blocks)
            if next(_bad_blocks(catalog, name), None) is not None:
                problem = "a block does not decode to its parts"
        return there[name], problem, blocks

    try:
        for found, problem, blocks in ahead(look, names, hasher.workers):
            name = found.key.rpartition("/")[2]
            state.after = ranks[name]
            state.packs += 1
            state.bytes += found.size
            state.blocks += blocks
            if problem is not None:
                state.damaged[name] = problem
            done += found.size
            if progress is not None:
                progress(done, total)
            if time.monotonic() - saved > _SAVE_EVERY:
                _save(vault, state)
                saved = time.monotonic()
    except BaseException:
        _save(vault, state)
        raise


def _rank(found: Found) -> str:
    """Large packs come first: so all cores have work to the end."""
    return f"{(1 << 63) - found.size:016x} {found.key}"


def _save(vault: Vault, state: State) -> None:
    with suppress(StoreError):  # a store that one may only read can be scrubbed too
        vault.place.write(STATE, canonical_json(state) + b"\n")


class _Hasher:
    """Compares packs with their names; each thread has one buffer."""

    def __init__(self, vault: Vault) -> None:
        self._place = vault.place
        self._step = _STEP if vault.place.local else _FAR_STEP
        self._own = threading.local()
        self.workers = cores() if vault.place.local else _FAR_READERS

    def problem(self, found: Found) -> str | None:
        """What is wrong with a pack, or None."""
        buffer = getattr(self._own, "buffer", None)
        if buffer is None:
            buffer = self._own.buffer = np.empty(self._step, np.uint8)
        digest = hashlib.sha256()
        try:
            for start in range(0, found.size, self._step):
                piece = buffer[: min(self._step, found.size - start)]
                self._place.read_into(found.key, start, piece)
                digest.update(piece.data)
        except NotInStoreError:
            return None  # it was collected meanwhile
        except StoreError as error:
            return f"it cannot be read: {error}"
        if digest.hexdigest() != found.key.rpartition("/")[2]:
            return "its SHA-256 is not its name"
        return None


def _bad_blocks(catalog: Catalog, name: str) -> Iterator[int]:
    """The numbers of the blocks of a pack that do not decode to their parts."""
    reader = Reader(catalog)

    def decodes(block: Block) -> bool:
        try:
            body = catalog.place.read(pack_key(name), block.offset, block.size)
            reader.decode(name, block, body)
        except StoreError:
            return False
        return True

    blocks = catalog.packs[name].blocks
    for number, good in enumerate(ahead(decodes, blocks, cores())):
        if not good:
            yield number


# ----------------------------------------------------------------------------------- records


def _look_at_records(vault: Vault, found: Findings) -> None:
    with _noting(found, MARKER):
        parse(Marker, vault.place.read(MARKER), MARKER)
    for key in sorted(each.key for each in vault.place.list("versions/")):
        with suppress(NotInStoreError), _noting(found, key):
            version = parse(Version, vault.place.read(key), key)
            if version.removed is None:
                found.versions.append(version)
    tags = []
    for key in sorted(each.key for each in vault.place.list("tags/")):
        with suppress(NotInStoreError), _noting(found, key):
            tags.append(parse(Tag, vault.place.read(key), key))
    there = {(version.name, version.version) for version in found.versions}
    for tag in tags:
        if (tag.name, tag.version) not in there and vault.place.find(tag.key) is not None:
            found.records.setdefault(tag.key, f"there is no {tag.name}@{tag.version}")


@contextmanager
def _noting(found: Findings, key: str) -> Iterator[None]:
    """Takes down what is wrong with a record; that it is gone is no fault of it."""
    found.count += 1
    try:
        yield
    except NotInStoreError:
        raise
    except StoreError as error:
        found.records[key] = str(error)


def _look_at_needs(vault: Vault, catalog: Catalog, found: Findings) -> None:
    """Which versions lack something, or need a block that is damaged; and whose fault that is."""
    culprits: dict[str, set[str]] = {}
    for version in found.versions:
        try:
            recipe = vault.recipe(version)
            needed = catalog.needed([version.recipe, *digests_of(recipe)])
        except DamagedStoreError as error:
            found.hit[str(version)] = (version, str(error))
            keys = [key for key in error.keys if key.startswith("packs/")]
        else:
            keys = [pack_key(pack) for pack, _ in sorted(needed & found.bad)]
            if keys:
                found.hit[str(version)] = (version, f"{keys[0]} is damaged")
        for key in keys:
            culprits.setdefault(key, set()).add(str(version))
    found.culprits = {key: tuple(sorted(names)) for key, names in culprits.items()}
