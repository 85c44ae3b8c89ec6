"""What is new in an archive, as blocks: small arrays together, large ones in chunks, trees whole.

For each array in turn: is it there already? is it like the array of the same name in the parent?
how is it best packed? Whatever cannot be coded in a special way is coded in the general one, and
what gains nothing stays as it is. Blocks are made on all cores, a few at a time.
"""

from __future__ import annotations

from collections.abc import Callable, Generator, Iterator, Mapping, Sequence
from math import log2
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.chunks import cut_points
from holotype.codec.parallel import in_order
from holotype.digest import data_digest
from holotype.store.bases import base_of, depth_of
from holotype.store.boosters import Booster, boosters, columns_of, slices
from holotype.store.catalog import Catalog
from holotype.store.cutting import Span
from holotype.store.forests import Grove, Piece, groves, pieces
from holotype.store.forms import Bytes, Made, columns, items, plain, text, trees
from holotype.store.packs import Base, Block, New
from holotype.store.reading import Reader

__all__ = ["NONE", "Coder", "New"]

NONE = "none"
"""The level that codes nothing: arrays can be mapped."""

_CHUNKED = 1 << 16  # bytes; smaller arrays are one part
_AVERAGES = (1 << 14, 1 << 16, 1 << 18, 1 << 20)  # bytes of chunks
_CHUNKS = 1 << 9  # as many as there should be at most, where averages allow it
_MAX_ROW = 1 << 16
_RUN = 1 << 22  # bytes of a block of chunks
_GROUP = 1 << 20  # of small arrays together
_FOREST = 1 << 24  # of trees together
_WORTH_BASE = 1 << 9  # bytes; for less a description of the difference would cost too much
_MAX_DEPTH = 8  # of differences of arrays
_MAX_TEXTS = 48  # of texts: they are small


class _Job(NamedTuple):
    make: Callable[[Bytes | None], Made]
    parts: tuple[tuple[str, int], ...]
    base: Base | None = None
    hope: list[int] | None = None
    align: bool = False
    text: bool = False


class Coder:
    """Codes the spans of one archive. ``old`` are the objects of the parent by name."""

    def __init__(
        self,
        data: Bytes,
        catalog: Catalog,
        reader: Reader,
        old: Mapping[str, tuple[str, int]],
        level: str,
    ) -> None:
        self._data = data
        self._catalog = catalog
        self._reader = reader
        self._old = old
        self._level = level
        self._seen: set[str] = set()  # objects of this archive
        self._made: set[str] = set()  # chunks and pieces of them, which are parts

    def code(self, spans: Sequence[tuple[Span, str]]) -> Iterator[New]:
        """What must be written so that all spans, with their digests, are in the store."""
        fresh = [(span, digest) for span, digest in spans if self._is_new(digest)]
        total = sum(span.size for span, _ in fresh)
        yield from in_order(self._run, self._jobs(fresh), total)

    def text(self, data: bytes, digest: str, base: str | None) -> New:
        """One text, as the difference from another that is in the store."""
        found = base_of(self._catalog, [base], _MAX_TEXTS) if base else None
        return self._run(_Job(_texter(data), ((digest, len(data)),), found, text=True))

    def _is_new(self, digest: str) -> bool:
        if digest in self._seen or self._catalog.parts(digest) is not None:
            return False
        self._seen.add(digest)
        return True

    def _is_new_part(self, digest: str) -> bool:
        """Whether a part is to be made: that an object is known is not enough, if it has others."""
        if digest in self._made or self._catalog.where(digest) is not None:
            return False
        self._made.add(digest)
        return True

    def _jobs(self, spans: Sequence[tuple[Span, str]]) -> Iterator[_Job | New]:
        rest = []
        found = groves(spans) if self._level != NONE else []
        taken = {n[1] for grove in found for n in (grove.nodes, grove.values) if n is not None}
        for booster in boosters(spans) if self._level != NONE else ():
            taken |= yield from self._boosted(booster)
        for span, digest in spans:
            if digest in taken:
                continue
            if span.dtype is None:
                yield self._text_job(span, digest)
            elif span.size < _CHUNKED:
                rest.append((span, digest))
            else:
                yield from self._chunked(span, digest)
        kinds: dict[str, list[Grove]] = {}
        for grove in found:
            kinds.setdefault(grove.kind, []).append(grove)
        for group in kinds.values():
            yield from self._forests(group)
        yield from self._small(rest)

    def _boosted(self, booster: Booster) -> Generator[_Job | New, None, set[str]]:
        """The pieces of a booster that are new; gives the digests of the arrays that they make."""
        made = list(slices(columns_of(booster, self._data)))
        if not made:
            return set()
        digests = [{name: data_digest(array) for name, array in piece.items()} for piece in made]
        if len(made) > 1:
            for name in made[0]:
                yield New(None, digest=booster[name][1], parts=tuple(d[name] for d in digests))
        fresh = [
            (piece, own)
            for piece, own in zip(made, digests, strict=True)
            if [part for part in own.values() if self._is_new_part(part)]
        ]
        each = sum(array.nbytes for array in made[0].values())
        together = max(_FOREST // max(each, 1), 1)
        for start in range(0, len(fresh), together):
            yield self._columns(fresh[start : start + together])
        return {booster[name][1] for name in made[0]}

    def _columns(self, fresh: Sequence[tuple[Mapping[str, Any], Mapping[str, str]]]) -> _Job:
        """Pieces of a booster, with the digests of their arrays, in one block."""
        names = sorted(fresh[0][0])
        parts = [(own[name], piece[name].nbytes) for name in names for piece, own in fresh]

        def make(_: Bytes | None) -> Made:
            joined = {name: np.concatenate([piece[name] for piece, _ in fresh]) for name in names}
            return columns(joined, self._level)

        return _Job(make, tuple(parts))

    def _forests(self, group: Sequence[Grove]) -> Iterator[_Job | New]:
        """Trees of one kind, some megabytes of them together."""
        forest: list[tuple[Piece, tuple[str, ...]]] = []
        size = 0
        for grove in group:
            for new in self._planted(grove):
                if isinstance(new, New):
                    yield new
                    continue
                if forest and size > _FOREST:
                    yield self._forest(forest)
                    forest, size = [], 0
                forest.append(new)
                size += new[0].nodes.nbytes + new[0].values.nbytes
        if forest:
            yield self._forest(forest)

    def _bytes(self, span: Span) -> Bytes:
        return self._data[span.offset : span.offset + span.size]

    def _text_job(self, span: Span, digest: str) -> _Job:
        before = self._old.get(span.name)
        base = base_of(self._catalog, [before[0]], _MAX_TEXTS) if before else None
        data = self._bytes(span)
        return _Job(_texter(data), ((digest, span.size),), base, text=True)

    def _items(self, data: Bytes, dtype: np.dtype[Any]) -> Callable[[Bytes | None], Made]:
        if self._level == NONE:
            return lambda _: plain(data, dtype)
        return lambda base: items(data, dtype, self._level, base)

    def _chunked(self, span: Span, digest: str) -> Iterator[_Job | New]:
        """A large array: runs of chunks that are new, and the list of all of them."""
        data = self._bytes(span)
        dtype = span.dtype
        assert dtype is not None  # noqa: S101 - for the type checker
        row = span.row if span.row <= _MAX_ROW else dtype.itemsize
        average = self._average(span)
        ends = cut_points(data, row, average)
        starts = [0, *ends[:-1]]
        pieces = zip(starts, ends, strict=True)
        digests = list(in_order(lambda p: data_digest(data[p[0] : p[1]]), pieces, span.size))
        if len(digests) > 1:
            yield New(None, digest=digest, parts=tuple(digests))
        old = self._old.get(span.name) if self._level != NONE else None
        hope = [0, 0]
        run: list[tuple[str, int]] = []
        begin = 0
        for start, end, name in zip(starts, ends, digests, strict=True):
            new = self._is_new_part(name)
            if run and (not new or end - begin > _RUN):
                yield self._run_job(data, dtype, begin, run, old, hope)
                run = []
            if new:
                begin = begin if run else start
                run.append((name, end - start))
        if run:
            yield self._run_job(data, dtype, begin, run, old, hope)

    def _average(self, span: Span) -> int:
        """The bytes of its chunks: like those of the parent's, so that they can be the same."""
        if span.name in self._old:
            digest, size = self._old[span.name]
            chunks = len(self._catalog.parts(digest) or ())
            if chunks > 1:
                wanted = size / chunks
                return min(_AVERAGES, key=lambda average: abs(log2(average / wanted)))
        return next((a for a in _AVERAGES if span.size <= a * _CHUNKS), _AVERAGES[-1])

    def _run_job(
        self,
        data: Bytes,
        dtype: np.dtype[Any],
        begin: int,
        run: Sequence[tuple[str, int]],
        old: tuple[str, int] | None,
        hope: list[int],
    ) -> _Job:
        size = sum(length for _, length in run)
        base = None
        if old is not None and old[1] >= begin + size // 2:
            base = base_of(self._catalog, [old[0]], _MAX_DEPTH, begin, size)
        make = self._items(data[begin : begin + size], dtype)
        # The blocks that follow stand right behind it, so that all can be mapped as one.
        return _Job(make, tuple(run), base, hope, align=begin == 0)

    def _small(self, spans: Sequence[tuple[Span, str]]) -> Iterator[_Job]:
        """Small arrays together: those of one dtype, with or without an old one of their size."""
        groups: dict[tuple[str, bool], list[tuple[Span, str]]] = {}
        for span, digest in spans:
            old = self._old.get(span.name)
            like = old is not None and old[1] == span.size >= _WORTH_BASE and self._level != NONE
            groups.setdefault((repr(span.dtype), like), []).append((span, digest))
        for (_, like), members in groups.items():
            for group in _batches(members, _GROUP):
                base = None
                if like:
                    olds = [self._old[span.name][0] for span, _ in group]
                    base = base_of(self._catalog, olds, _MAX_DEPTH)
                yield self._together(group, base)

    def _together(self, group: Sequence[tuple[Span, str]], base: Base | None) -> _Job:
        dtype = group[0][0].dtype
        assert dtype is not None  # noqa: S101 - for the type checker
        data = [self._bytes(span) for span, _ in group]
        parts = tuple((digest, span.size) for span, digest in group)

        def make(before: Bytes | None) -> Made:
            joined = data[0] if len(data) == 1 else np.concatenate(data)
            return self._items(joined, dtype)(before)

        return _Job(make, parts, base, align=True)

    def _planted(self, grove: Grove) -> Iterator[New | tuple[Piece, tuple[str, ...]]]:
        """The new pieces of a grove, with their digests, and what its arrays are made of."""
        own = [grove.nodes] if grove.values is None else [grove.nodes, grove.values]
        nodes = self._bytes(own[0][0]).view(own[0][0].dtype or np.uint8)
        values = np.empty((len(nodes), 0))
        if grove.values is not None:
            values = self._bytes(grove.values[0]).view("<f8").reshape(len(nodes), *grove.tail)
        made = list(pieces(nodes, values))
        names: list[tuple[str, ...]] = [tuple(digest for _, digest in own)]
        if len(made) > 1:
            names = [tuple(map(data_digest, _arrays(piece, len(own)))) for piece in made]
            for place, (_, digest) in enumerate(own):
                yield New(None, digest=digest, parts=tuple(each[place] for each in names))
        for piece, digests in zip(made, names, strict=True):
            fresh = [digest for digest in digests if self._is_new_part(digest)]
            if fresh:
                yield piece, digests

    def _forest(self, forest: Sequence[tuple[Piece, tuple[str, ...]]]) -> _Job:
        width = len(forest[0][1])
        parts = [
            (digests[place], _arrays(piece, width)[place].nbytes)
            for place in range(width)
            for piece, digests in forest
        ]
        return _Job(lambda _: trees([piece for piece, _ in forest], self._level), tuple(parts))

    def _run(self, job: _Job | New) -> New:
        if isinstance(job, New):
            return job
        base, before = job.base, None
        if base is not None and job.hope is not None and job.hope[0] > 1 and not job.hope[1]:
            base = None  # this array is not like its parent: reading that would be for nothing
        if base is not None:
            size = sum(length for _, length in job.parts)
            before = self._reader.span(base.parts, base.start, 1 << 62 if job.text else size)
        made = job.make(before)
        if job.hope is not None and base is not None:
            job.hope[made.needs_base] += 1
        depth = 0
        if made.needs_base and base is not None:
            depth = 1 + depth_of(self._catalog, base)
        block = Block(
            0, 0, made.form, made.coded, job.parts, base if made.needs_base else None, depth
        )
        return New(block, made.bodies, job.align and made.mappable, made.mappable and not job.align)


def _arrays(piece: Piece, width: int) -> tuple[npt.NDArray[Any], ...]:
    return (piece.nodes, piece.values)[:width]


def _texter(data: Any) -> Callable[[Bytes | None], Made]:
    return lambda base: text(data, b"" if base is None else base)


def _batches(members: Sequence[tuple[Span, str]], most: int) -> Iterator[list[tuple[Span, str]]]:
    """Neighbours whose sizes come to ``most`` at most, where one is not larger by itself."""
    batch: list[tuple[Span, str]] = []
    total = 0
    for member in members:
        if batch and total + member[0].size > most:
            yield batch
            batch, total = [], 0
        batch.append(member)
        total += member[0].size
    if batch:
        yield batch
