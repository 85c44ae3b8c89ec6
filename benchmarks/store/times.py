"""How long large models take to be kept and to come back, each operation in a fresh process.

The rules kept: Holotype and joblib take turns within each round, each process begins with the same
files, and nothing is counted before all modules are compiled and all files are in the page cache.
"""

from __future__ import annotations

import hashlib
import json
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from itertools import islice
from pathlib import Path
from typing import Any

import joblib

import holotype
from benchmarks import measure, models
from benchmarks.memory import ROOT
from benchmarks.models import CACHE
from benchmarks.results import Peak, Sample, Timing
from benchmarks.store import histories
from benchmarks.store.histories import SUBJECTS, History
from benchmarks.store.results import Scrubbed, Timed
from benchmarks.store.work import NAME, RAW

STORE, PEER = "store", "joblib compress=3"


@dataclass(frozen=True)
class Row:
    """One operation: what is in the folder before, what each way does, and with which version."""

    title: str
    begin: str
    ways: dict[str, str]
    version: int | None = None


FIRST, NEXT, LOAD, PULL, MAP = "first push", "next push", "load", "pull", "mapped load"
ROWS = (
    Row(FIRST, "nothing", {STORE: "push", PEER: "dump"}, 0),
    Row(NEXT, "first", {STORE: "push", PEER: "dump"}, 1),
    Row(LOAD, "both", {STORE: "load", PEER: "joblib.load"}),
    Row(PULL, "both", {STORE: "pull"}),
    Row(MAP, "raw", {STORE: "map"}),
)


@dataclass
class _Samples:
    work: list[Sample] = field(default_factory=list)
    process: list[Sample] = field(default_factory=list)
    peak: int | None = None
    stored: int = 0


def clock(
    subject: History, *, rounds: int, quick: bool, directory: Path, progress: measure.Progress
) -> list[Timed]:
    """All operations on ``subject``, a round of all for warming up included."""
    files, small = (_versions(subject, quick=each) for each in (quick, True))
    with tempfile.TemporaryDirectory(dir=directory) as name:
        folder = Path(name)
        progress(f"({subject.key}) what is there before")
        begin = _begin(folder, files)
        taken: dict[tuple[str, str], _Samples] = {}
        for number in range(rounds + 1):
            progress(f"({subject.key}) " + (f"round {number} of {rounds}" if number else "memory"))
            for row in ROWS:
                ways = list(row.ways)
                for way in ways[number % len(ways) :] + ways[: number % len(ways)]:
                    samples = taken.setdefault((row.title, way), _Samples())
                    scratch = folder / "scratch"
                    shutil.copytree(begin[row.begin], scratch)
                    model = None if row.version is None else files[row.version]
                    _run(samples, row.ways[way], scratch, subject, model, small[0], number == 0)
                    samples.stored = _size(scratch) - _size(begin[row.begin])
                    shutil.rmtree(scratch)
    return [
        Timed(
            subject.key,
            title,
            way,
            files[0 if title == FIRST else 1].stat().st_size,
            samples.stored,
            Timing.of(samples.work),
            Timing.of(samples.process),
            samples.peak,
        )
        for (title, way), samples in taken.items()
    ]


def _begin(folder: Path, files: Sequence[Path]) -> dict[str, Path]:
    """Folders as they are before an operation, by name."""
    found = {name: folder / name for name in ("nothing", "first", "both", "raw")}
    for path in found.values():
        path.mkdir()
    model = joblib.load(files[0])
    for name in ("first", "both"):
        holotype.Store(str(found[name] / "store")).push(NAME, model, probe=None)
    model = joblib.load(files[1])
    holotype.Store(str(found["both"] / "store")).push(NAME, model, probe=None)
    holotype.Store(str(found["raw"] / "store")).push(NAME, model, probe=None, level=RAW)
    joblib.dump(model, found["both"] / "model.joblib", compress=3)
    return found


def _run(
    samples: _Samples,
    operation: str,
    folder: Path,
    subject: History,
    model: Path | None,
    small: Path,
    warm: bool,
) -> None:
    """Do ``operation`` in a fresh process, for its memory if ``warm`` and else for its time."""
    command = [sys.executable, "-m", "benchmarks.store.work", operation, str(folder), subject.needs]
    command += ["--model", str(model)] if model else []
    command += ["--warm", str(small)] if warm else []
    environment = {**os.environ, "PYTHONPYCACHEPREFIX": str(CACHE / "compiled")}
    environment.pop("PYTHONDONTWRITEBYTECODE", None)
    began = time.perf_counter()
    done = subprocess.run(command, check=True, stdout=subprocess.PIPE, cwd=ROOT, env=environment)
    elapsed = time.perf_counter() - began
    answer: dict[str, Any] = json.loads(done.stdout)
    if warm:
        samples.peak = Peak(**answer["peak"]).peak if answer["peak"] else None
        return
    samples.work.append(Sample(*answer["sample"]))
    samples.process.append(Sample(elapsed, elapsed))


def _versions(subject: History, *, quick: bool) -> list[Path]:
    """Files of joblib with the first two versions, made once."""
    source = Path(histories.__file__).read_text() + models.stamp()
    stamp = hashlib.sha256(source.encode()).hexdigest()[:12]
    folder = CACHE / "store"
    size = "quick" if quick else "full"
    paths = [folder / f"{subject.key}-{size}-{number}-{stamp}.joblib" for number in (0, 1)]
    if not all(path.exists() for path in paths):
        folder.mkdir(parents=True, exist_ok=True)
        for stale in folder.glob(f"{subject.key}-{size}-*"):
            stale.unlink()
        for path, model in zip(paths, islice(subject.build(quick), 2), strict=True):
            joblib.dump(model, path)
    return paths


def _size(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())


def scrub(*, rounds: int, quick: bool, directory: Path) -> Scrubbed:
    """A scrub of a store of uncompressed models, in turns with SHA-256 of the same files."""
    with tempfile.TemporaryDirectory(dir=directory) as name:
        store = holotype.Store(name)
        for subject in SUBJECTS.values():
            for version in _versions(subject, quick=quick):
                store.push(subject.key, joblib.load(version), probe=None, level=RAW)
        files = [path for path in Path(name).rglob("*") if path.is_file()]
        ways: tuple[Callable[[], object], ...] = (store.scrub, lambda: _hashed(files))
        samples: list[list[Sample]] = [[], []]
        for number in range(rounds + 1):
            for way, found in zip(ways, samples, strict=True):
                sample, _ = measure.clock(way)
                found.extend([sample] if number else [])
        return Scrubbed(_size(Path(name)), *map(Timing.of, samples))


def _hashed(files: Sequence[Path], block: int = 1 << 23) -> None:
    """SHA-256 of all bytes, on all cores, block by block so that one large file uses them too."""

    def one(piece: tuple[Path, int]) -> bytes:
        path, start = piece
        with path.open("rb") as file:
            file.seek(start)
            return hashlib.sha256(file.read(block)).digest()

    pieces = [(path, start) for path in files for start in range(0, path.stat().st_size, block)]
    with ThreadPoolExecutor(len(os.sched_getaffinity(0))) as pool:
        list(pool.map(one, pieces))


def weights(*, quick: bool) -> bytes:
    """The bytes of the float32 network, all its tensors together."""
    from benchmarks.store.ways import raw

    model = joblib.load(_versions(SUBJECTS["weights"], quick=quick)[0])
    return b"".join(map(raw, model.values()))
