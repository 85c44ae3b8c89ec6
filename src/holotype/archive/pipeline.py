"""Moving and hashing array data, on all cores, each byte once.

Data is worked on in pieces of a few chunks. A worker that has a piece in its cache does all that
must be done to it (hash, CRC-32, write; or read and hash) before it takes the next, so memory is
walked once. Small jobs run in the calling thread: threads would cost more than they save.
"""

from __future__ import annotations

import os
from collections.abc import Callable, Iterable, Iterator, Sequence
from typing import TYPE_CHECKING, Generic, NamedTuple, TypeVar

from holotype.digest import CHUNK, chunk_spans, join_chunks

__all__ = ["Jobs", "Piece", "Span", "Tally", "batches", "pieces_of"]

if TYPE_CHECKING:
    from concurrent.futures import ThreadPoolExecutor

_PIECE = 4 * CHUNK
_ALONE_BELOW = 4 * CHUNK
_MAX_WORKERS = 16

T = TypeVar("T")
R = TypeVar("R")


class Span(NamedTuple):
    """Bytes ``start`` to ``stop`` of one tensor: one chunk, or all of a small tensor."""

    tensor: int  # its position among the tensors
    start: int
    stop: int


class Piece(NamedTuple):
    """Neighbouring spans: ``size`` bytes from ``offset`` of the array data on."""

    offset: int
    size: int
    spans: tuple[Span, ...]


def pieces_of(sizes: Sequence[int]) -> Iterator[Piece]:
    """Cut tensors of these sizes, in bytes, that follow each other without gaps, into pieces."""
    spans: list[Span] = []
    offset = size = 0
    for index, total in enumerate(sizes):
        for start, stop in chunk_spans(total):
            spans.append(Span(index, start, stop))
            size += stop - start
            if size >= _PIECE or len(spans) >= 512:
                yield Piece(offset, size, tuple(spans))
                offset, size, spans = offset + size, 0, []
    if spans:
        yield Piece(offset, size, tuple(spans))


def batches(spans: Sequence[Span]) -> Iterator[Sequence[Span]]:
    """Neighbours of about a chunk together: few calls for many small tensors, all in the cache."""
    start = size = 0
    for stop, span in enumerate(spans, 1):
        size += span.stop - span.start
        if size >= CHUNK or stop == len(spans):
            yield spans[start:stop]
            start, size = stop, 0


class Jobs(Generic[R]):
    """Results of ``function`` in the order of ``jobs``, which work on ``total`` bytes in all.

    Work in threads begins at once; leaving the ``with`` block stops what is not needed any more.
    """

    def __init__(self, function: Callable[[T], R], jobs: Iterable[T], total: int) -> None:
        workers = min(_cores(), _MAX_WORKERS)
        self._pool: ThreadPoolExecutor | None = None
        self._results: Iterator[R]
        if total < _ALONE_BELOW or workers == 1:
            self._results = map(function, jobs)
            return
        from concurrent.futures import ThreadPoolExecutor

        self._pool = ThreadPoolExecutor(workers, thread_name_prefix="holotype")
        self._results = self._pool.map(function, jobs)

    def __enter__(self) -> Iterator[R]:
        return self._results

    def __exit__(self, *_: object) -> None:
        if self._pool is not None:
            self._pool.shutdown(wait=True, cancel_futures=True)


class Tally:
    """Collects the SHA-256 of spans, in order, into the digests of tensors."""

    def __init__(self, sizes: Sequence[int]) -> None:
        self._sizes = sizes
        self._open: list[bytes] = []
        self.digests: list[str] = []

    def add(self, spans: Sequence[Span], digests: Sequence[bytes]) -> None:
        for span, digest in zip(spans, digests, strict=True):
            self._open.append(digest)
            if span.stop == self._sizes[span.tensor]:
                self.digests.append(join_chunks(self._open, span.stop))
                self._open = []


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
