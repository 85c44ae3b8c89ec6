"""Work on all cores: results in order, and never more than a few under way.

Callers may be threads themselves: whoever comes while all cores are taken works alone.
"""

from __future__ import annotations

import os
from collections import deque
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from typing import TypeVar

__all__ = ["ahead", "in_order"]

_MAX_WORKERS = 16
_ALONE_BELOW = 4 << 20  # bytes: threads would cost more than they save

T = TypeVar("T")
R = TypeVar("R")

_taken: list[int] = []  # cores, by each caller; two that look at once may take too many


def in_order(function: Callable[[T], R], jobs: Iterable[T], total: int) -> Iterator[R]:
    """``function`` of each of ``jobs``, which work on ``total`` bytes in all."""
    with _workers(1 if total < _ALONE_BELOW else min(_cores(), _MAX_WORKERS)) as workers:
        if workers == 1:
            yield from map(function, jobs)
        else:
            yield from ahead(function, jobs, workers)


@contextmanager
def _workers(wanted: int) -> Iterator[int]:
    """As many of ``wanted`` cores as nobody has taken, but one at least."""
    workers = max(min(wanted, _cores() - sum(_taken)), 1)
    _taken.append(workers)
    try:
        yield workers
    finally:
        _taken.remove(workers)


def ahead(function: Callable[[T], R], jobs: Iterable[T], workers: int) -> Iterator[R]:
    """Results in order, while the next ones are under way on as many threads."""
    from concurrent.futures import Future, ThreadPoolExecutor

    with ThreadPoolExecutor(workers, thread_name_prefix="holotype") as pool:
        under_way: deque[Future[R]] = deque()
        try:
            for job in jobs:
                under_way.append(pool.submit(function, job))
                if len(under_way) > 2 * workers:
                    yield under_way.popleft().result()
            while under_way:
                yield under_way.popleft().result()
        finally:
            for future in under_way:
                future.cancel()


def _cores() -> int:
    try:
        return len(os.sched_getaffinity(0))
    except AttributeError:  # not on every system
        return os.cpu_count() or 1
