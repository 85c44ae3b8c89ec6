"""Bytes out of packs: every block that is wanted is read and decoded once, on all cores, and handed
to whoever waits for one of its parts. What it is a difference from is kept for others, a while.

Rule: a block that is the difference from another is decoded after it, and depths fall along such a
chain, so that none goes in a circle. What is held in memory at once is bounded by a few blocks.
"""

from __future__ import annotations

import os
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import suppress
from typing import NamedTuple, Self

import numpy as np

from holotype.digest import data_digest
from holotype.errors import DamagedStoreError, NotInStoreError
from holotype.store.catalog import Catalog, Where, check_order
from holotype.store.forms import Bytes, decode_block
from holotype.store.packs import MAX_BLOCK, Block, pack_key

__all__ = ["Bytes", "Delivery", "Reader", "Want", "cores"]

_REMEMBERED = 1 << 26  # bytes of decoded blocks that others are differences from
_MAX_WORKERS = 16
_READERS = 16  # requests at once
_REQUEST, _GAP = 1 << 22, 1 << 16  # bytes of one request, and of what it may skip

Sink = Callable[[int, Bytes], None]
"""Takes bytes of an object, from an offset of it on."""


class Want(NamedTuple):
    """An object, and who takes its bytes, piece by piece, from several threads."""

    digest: str
    sink: Sink


class Reader:
    """Decodes blocks of the packs that a catalog knows."""

    def __init__(self, catalog: Catalog, *, verify: bool = True) -> None:
        self._catalog = catalog
        self._place = catalog.place
        self._verify = verify
        self._lock = threading.Lock()
        self._moving = threading.Lock()
        self._remembered: OrderedDict[tuple[str, int], list[Bytes]] = OrderedDict()
        self._held = 0

    def object(self, digest: str) -> Bytes:
        """All bytes of one object."""
        places = self._catalog.places(digest)
        if len(places) == 1:
            return self._parts_of(places[0])[places[0].part]
        return np.concatenate([self._parts_of(where)[where.part] for where in places])

    def span(self, parts: Iterable[str], start: int, size: int) -> Bytes:
        """At most ``size`` bytes from ``start`` on of these parts together."""
        pieces: list[Bytes] = []
        stop = start + size
        offset = 0
        for digest in parts:
            (where,) = self._catalog.places(digest)
            if offset < stop and start < offset + where.size:
                part = self._parts_of(where)[where.part]
                pieces.append(part[max(start - offset, 0) : stop - offset])
            offset += where.size
        return pieces[0] if len(pieces) == 1 else np.concatenate([*pieces, np.empty(0, np.uint8)])

    def _parts_of(self, where: Where) -> list[Bytes]:
        """The parts of a block that may be wanted again soon."""
        key = (where.pack, where.number)
        with self._lock:
            known = self._remembered.get(key)
            if known is not None:
                self._remembered.move_to_end(key)
                return known
        parts = self.decode(where.pack, where.block)
        with self._lock:
            if key not in self._remembered:
                self._remembered[key] = parts
                self._held += where.block.raw
            while self._held > _REMEMBERED and len(self._remembered) > 1:
                _, oldest = self._remembered.popitem(last=False)
                self._held -= sum(map(len, oldest))
        return parts

    def decode(
        self, pack: str, block: Block, body: bytes | memoryview | None = None
    ) -> list[Bytes]:
        """The parts of a block, compared with their digests unless that was not asked for."""
        if body is None:
            try:
                body = self._place.read(pack_key(pack), block.offset, block.size)
            except NotInStoreError:
                return self._moved(pack, block)
        base = None if block.base is None else self._base(pack, block)
        try:
            parts = decode_block(block, body, base)
        except DamagedStoreError as error:
            key = pack_key(pack)
            where = f"byte {block.offset} of {key}"
            raise DamagedStoreError(f"{error}; it begins at {where}", (key,)) from None
        if self._verify:
            for (digest, _), part in zip(block.parts, parts, strict=True):
                if data_digest(part) != digest:
                    raise DamagedStoreError(
                        f"a block at byte {block.offset} of {pack_key(pack)} has other bytes than "
                        "were stored: holotype scrub --from another store repairs it",
                        (pack_key(pack),),
                    )
        return parts

    def _moved(self, pack: str, block: Block) -> list[Bytes]:
        """The parts of a block whose pack a collector has deleted: they are somewhere else now."""
        with self._moving:
            if pack in self._catalog.packs:
                self._catalog.refresh()
        if pack in self._catalog.packs:
            raise DamagedStoreError(f"{pack_key(pack)} comes and goes", (pack_key(pack),))
        return [self.object(digest) for digest, _ in block.parts]

    def _base(self, pack: str, block: Block) -> Bytes:
        base = block.base
        assert base is not None  # noqa: S101 - for the type checker
        check_order(self._catalog, Where(pack, 0, block, 0))
        places = [where for digest in base.parts for where in self._catalog.places(digest)]
        total = sum(where.size for where in places)
        if total > MAX_BLOCK + block.raw:
            key = pack_key(pack)
            raise DamagedStoreError(f"{key} has a difference from too much", (key,))
        reach = block.raw if block.form.get("kind") == "items" else total
        return self.span(base.parts, base.start, reach)


class _Job(NamedTuple):
    pack: str
    block: Block
    takers: list[tuple[int, Sink, int]]  # number of the part, who takes it, its offset there


class _Run(NamedTuple):
    """Blocks of a pack that are read together: bytes ``start`` to ``stop``."""

    pack: str
    start: int
    stop: int
    jobs: list[_Job]


def _runs(jobs: Iterable[_Job], most: int) -> Iterator[_Run]:
    """Neighbours together, up to ``most`` bytes, and what lies between them if that is little."""
    run: _Run | None = None
    for job in sorted(jobs, key=lambda job: (job.pack, job.block.offset)) if most else jobs:
        begin, end = job.block.offset, job.block.offset + job.block.size
        if (
            run is not None
            and run.pack == job.pack
            and 0 <= begin - run.stop <= _GAP
            and end - run.start <= most
        ):
            run = run._replace(stop=end)
            run.jobs.append(job)
            continue
        if run is not None:
            yield run
        run = _Run(job.pack, begin, end, [job])
    if run is not None:
        yield run


class Delivery:
    """Hands the bytes of many objects to those who want them, while they may already wait for some.

    Inside the ``with`` block ``wait`` returns when an object is there; ``finish`` when all are.
    """

    def __init__(self, catalog: Catalog, wants: Iterable[Want], *, verify: bool) -> None:
        self._reader = Reader(catalog, verify=verify)
        self._place = catalog.place
        jobs: dict[tuple[str, int], _Job] = {}
        self._jobs_of: list[list[tuple[str, int]]] = []
        for want in wants:
            keys = []
            offset = 0
            for where in catalog.places(want.digest):
                key = (where.pack, where.number)
                job = jobs.setdefault(key, _Job(where.pack, where.block, []))
                job.takers.append((where.part, want.sink, offset))
                offset += where.size
                keys.append(key)
            self._jobs_of.append(keys)
        local = catalog.place.local
        workers = cores() if local else _READERS  # these wait for the network most of the time
        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="holotype")
        keys_of = {id(job): key for key, job in jobs.items()}
        self._futures: dict[tuple[str, int], Future[None]] = {}
        for run in _runs(jobs.values(), 0 if local else _REQUEST):
            future = self._pool.submit(self._do, run)
            self._futures |= {keys_of[id(job)]: future for job in run.jobs}
        self._sizes = {key: job.block.raw for key, job in jobs.items()}
        self.total = sum(self._sizes.values())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._pool.shutdown(wait=True, cancel_futures=True)

    def wait(self, number: int) -> None:
        """Until all bytes of the object that was wanted at this place of the list are there."""
        for key in self._jobs_of[number]:
            self._futures[key].result()

    def each(self) -> Iterator[int]:
        """The size in bytes of each block, when it was handed on."""
        for key, future in self._futures.items():
            future.result()
            yield self._sizes[key]

    def finish(self) -> None:
        """Until all bytes of all objects are there."""
        for _ in self.each():
            pass

    def _do(self, run: _Run) -> None:
        bodies: memoryview | None = None
        if len(run.jobs) > 1:
            with suppress(NotInStoreError):  # a collector has moved them: each finds its own
                size = run.stop - run.start
                bodies = memoryview(self._place.read(pack_key(run.pack), run.start, size))
        for job in run.jobs:
            begin = job.block.offset - run.start
            body = None if bodies is None else bodies[begin : begin + job.block.size]
            parts = self._reader.decode(job.pack, job.block, body)
            for number, sink, offset in job.takers:
                sink(offset, parts[number])


def cores() -> int:
    """How many threads work at once."""
    try:
        return min(len(os.sched_getaffinity(0)), _MAX_WORKERS)
    except AttributeError:  # not on every system
        return min(os.cpu_count() or 1, _MAX_WORKERS)
