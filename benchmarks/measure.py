"""Times, taken in interleaved rounds.

The rules kept: each round runs every peer once, in rotated order, so that a neighbour's noise falls
on all alike; nothing is counted before every peer has been run once and has given back a model
with the same answers; each save writes a new file; the garbage collector runs before, never
because of another peer's garbage, and stays on during an operation as it does for users.
"""

from __future__ import annotations

import gc
import os
import shutil
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import TypeVar
from unittest import mock

from benchmarks.models import Array, Model, Recipe
from benchmarks.peers import Holotype, Peer, Pickle, PickleDigest
from benchmarks.results import Cell, Durability, Failure, Sample, Timing

SLOW = 5.0
"""Seconds of a single operation from which a peer runs only ``SLOW_ROUNDS``, unless targets
are judged by it."""
SLOW_ROUNDS = 3
JUDGED = (Holotype, Pickle, PickleDigest)
SHORT = 1.0
"""Seconds of a whole round below which the rounds are ``SHORT_FACTOR`` times as many."""
SHORT_FACTOR = 5

Result = TypeVar("Result")
Progress = Callable[[str], None]


@dataclass
class _Samples:
    peer: Peer
    size: int = 0
    saves: list[Sample] = field(default_factory=list)
    loads: dict[str, list[Sample]] = field(default_factory=dict)
    slow: bool = False


def working_directory(needed: int) -> Path:
    """A RAM disk with ``needed`` bytes free, so that the work is compared and not the disk."""
    memory = Path("/dev/shm")
    if memory.is_dir() and shutil.disk_usage(memory).free >= needed:
        return memory
    return Path(tempfile.gettempdir())


def compare(
    recipe: Recipe,
    model: Model,
    peers: Sequence[Peer],
    *,
    rounds: int,
    lengthen: bool,
    directory: Path,
    progress: Progress,
) -> tuple[list[Cell], list[Failure]]:
    """Time ``peers`` on ``model`` in ``rounds`` rounds after one that is not counted.

    ``lengthen`` gives models of milliseconds more rounds, whose medians are then steadier.
    """
    expected = recipe.answers(model)
    failures = []
    runners = []
    warm_up = 0.0
    with _frozen():
        for peer in peers:
            progress(f"({recipe.key}) warm-up: {peer.name}")
            samples = _Samples(peer)
            try:
                _visit(samples, model, directory, lambda loaded: _same(recipe, loaded, expected))
            except Exception as error:  # a peer's failure is a finding, not the run's end
                failures.append(Failure(recipe.key, peer.name, f"{type(error).__name__}: {error}"))
                continue
            once = [sample.elapsed for taken in _operations(samples) for sample in taken]
            slow = max(once) > SLOW and not isinstance(peer, JUDGED)
            runners.append(_Samples(peer, slow=slow))
            warm_up += sum(once)
        planned = rounds * SHORT_FACTOR if lengthen and warm_up < SHORT else rounds
        for number in range(planned):
            if warm_up >= SHORT or number == 0:
                progress(f"({recipe.key}) round {number + 1} of {planned}")
            start = number % max(1, len(runners))
            for runner in runners[start:] + runners[:start]:
                if not (runner.slow and number >= SLOW_ROUNDS):
                    _visit(runner, model, directory)
    return [_cell(recipe.key, runner) for runner in runners], failures


def durability(key: str, model: Model, *, rounds: int, directory: Path) -> Durability:
    """Save to the real disk under ``directory``: as is, without fsync, and the fair peer's way."""

    def durable_pickle(path: Path) -> None:
        PickleDigest().save(model, path)
        with path.open("rb") as file:
            os.fsync(file.fileno())

    def without_fsync(path: Path) -> None:
        with mock.patch("os.fsync"):
            Holotype().save(model, path)

    ways: list[Callable[[Path], None]] = [
        lambda path: Holotype().save(model, path),
        without_fsync,
        durable_pickle,
    ]
    samples: list[list[Sample]] = [[], [], []]
    for number in range(rounds + 1):
        for index in range(len(ways)):
            way = (index + number) % len(ways)
            with tempfile.TemporaryDirectory(dir=directory) as folder:
                taken, _ = clock(lambda: ways[way](Path(folder) / "model"))  # noqa: B023
            if number:
                samples[way].append(taken)
    return Durability(key, *map(Timing.of, samples))


def _visit(
    samples: _Samples,
    model: Model,
    directory: Path,
    check: Callable[[Model], None] = lambda loaded: None,
) -> None:
    """Save once and load once in each way, adding to ``samples``."""
    with tempfile.TemporaryDirectory(dir=directory) as folder:
        path = Path(folder) / "model"
        taken, _ = clock(lambda: samples.peer.save(model, path))
        samples.saves.append(taken)
        samples.size = path.stat().st_size
        for name, load in samples.peer.loads().items():
            taken, loaded = clock(lambda: load(path))  # noqa: B023
            samples.loads.setdefault(name, []).append(taken)
            check(loaded)
            del loaded


def _operations(samples: _Samples) -> list[list[Sample]]:
    return [samples.saves, *samples.loads.values()]


def clock(operation: Callable[[], Result]) -> tuple[Sample, Result]:
    gc.collect()
    worked = time.process_time()
    begin = time.perf_counter()
    result = operation()
    elapsed = time.perf_counter() - begin
    return Sample(elapsed, time.process_time() - worked), result


@contextmanager
def _frozen() -> Iterator[None]:
    """Hide what the benchmark itself holds from the collector, which would walk it every time."""
    gc.collect()
    gc.freeze()
    try:
        yield
    finally:
        gc.unfreeze()


def _same(recipe: Recipe, loaded: Model, expected: Array) -> None:
    answers = recipe.answers(loaded)
    if answers.dtype != expected.dtype or answers.tobytes() != expected.tobytes():
        raise ValueError("the loaded model gives other answers")


def _cell(key: str, samples: _Samples) -> Cell:
    loads = {name: Timing.of(taken) for name, taken in samples.loads.items()}
    return Cell(key, samples.peer.name, samples.size, Timing.of(samples.saves), loads)
