"""What a run found, as frozen values: written as JSON, read by the tables and the chart.

Times are seconds, sizes and memory are bytes. ``None`` means not measured.
"""

from __future__ import annotations

import hashlib
import importlib.metadata
import os
import platform
import statistics
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import NamedTuple


class Sample(NamedTuple):
    """Seconds of one operation: of the clock, and of work on all cores."""

    elapsed: float
    processor: float


@dataclass(frozen=True)
class Timing:
    """The rounds of one operation, in seconds of the clock.

    ``processor`` is the median of the seconds that all cores worked for it: where a neighbour takes
    the cores, that still tells how much there was to do.
    """

    median: float
    minimum: float
    maximum: float
    processor: float
    rounds: int

    @classmethod
    def of(cls, samples: Sequence[Sample]) -> Timing:
        elapsed = [sample.elapsed for sample in samples]
        processor = statistics.median(sample.processor for sample in samples)
        return cls(statistics.median(elapsed), min(elapsed), max(elapsed), processor, len(samples))


@dataclass(frozen=True)
class Peak:
    """Memory of one operation in a fresh process, above what the process held before it.

    ``peak`` is the most that was ever resident during the operation, ``kept`` what was still
    resident after it, its result alive.
    """

    peak: int
    kept: int


@dataclass(frozen=True)
class Cell:
    """One peer on one model. ``loads`` has each way to load by name."""

    model: str
    peer: str
    size: int
    save: Timing
    loads: dict[str, Timing]
    save_memory: Peak | None = None
    load_memory: dict[str, Peak] | None = None


@dataclass(frozen=True)
class Failure:
    """A peer that could not keep a model, or gave back another one."""

    model: str
    peer: str
    reason: str


@dataclass(frozen=True)
class Sharing:
    """Two processes that mapped one archive and read all of it.

    ``shared`` is the sum of both processes' proportional set sizes above what they held before,
    over the arrays' bytes: 1 when all is shared, 2 when nothing is. ``written`` is the same after
    one process wrote to one array of ``touched`` bytes; ``isolated`` says that the other process
    did not see it.
    """

    model: str
    arrays: int
    writable: bool
    shared: float
    touched: int
    written: float
    isolated: bool


@dataclass(frozen=True)
class Durability:
    """Saving to the real disk: what reaching the disk costs."""

    model: str
    durable: Timing
    without_fsync: Timing
    pickle: Timing


@dataclass(frozen=True)
class Environment:
    """Where and with what the run was made.

    ``sha256`` are bytes per second of one core and of all: the floor under everything verified.
    """

    date: str
    cpu: str
    cores: int
    platform: str
    directory: str
    python: str
    libraries: dict[str, str]
    load_average: tuple[float, ...]
    sha256: tuple[float, float]


@dataclass(frozen=True)
class Run:
    """All that one run found. ``models`` are titles by key, in order."""

    environment: Environment
    quick: bool
    models: dict[str, str]
    cells: list[Cell]
    failures: list[Failure]
    sharing: list[Sharing]
    durability: list[Durability]

    def cell(self, model: str, peer: str) -> Cell | None:
        """The cell of ``peer`` on ``model``, if it was measured."""
        return next((c for c in self.cells if (c.model, c.peer) == (model, peer)), None)


def environment(directory: Path) -> Environment:
    """This machine and these libraries; ``directory`` is where the files were written."""
    cores = len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else 1
    libraries = ("numpy", "scikit-learn", "scipy", "joblib", "cloudpickle", "skops", "safetensors")
    return Environment(
        date=datetime.now(UTC).date().isoformat(),
        cpu=_cpu(),
        cores=cores,
        platform=f"{platform.system()} {platform.release()} {platform.machine()}",
        directory=str(directory),
        python=platform.python_version(),
        libraries={name: _version(name) for name in (*libraries, "holotype")},
        load_average=os.getloadavg(),
        sha256=(_hash_rate(1), _hash_rate(cores)),
    )


def _hash_rate(workers: int) -> float:
    """Bytes per second that ``workers`` threads hash together, each its own 32 MiB; median of 5."""
    block = bytes(1 << 25)
    rates = []
    with ThreadPoolExecutor(workers) as pool:
        for _ in range(5):
            begin = time.perf_counter()
            list(pool.map(hashlib.sha256, [block] * workers))
            rates.append(workers * len(block) / (time.perf_counter() - begin))
    return statistics.median(rates)


def _cpu() -> str:
    try:
        lines = Path("/proc/cpuinfo").read_text().splitlines()
    except OSError:
        return platform.processor()
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    return names[0] if names else platform.processor()


def _version(distribution: str) -> str:
    try:
        return importlib.metadata.version(distribution)
    except importlib.metadata.PackageNotFoundError:
        # A source tree on PYTHONPATH has no distribution, and says its version itself.
        return getattr(sys.modules.get(distribution), "__version__", "not installed")
