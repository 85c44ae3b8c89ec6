"""``python -m benchmarks.scan``: scanning a large forest, beside other scanners of pickles.

One forest of about 500 MB is written by joblib and by pickle. Each scanner reads each file in turn,
in this process, with the file in the page cache; medians count. A scanner that stops before the end
of a file is shown with what it said, and no ratio is made of its time: it did not do the work.
"""

from __future__ import annotations

import argparse
import contextlib
import gc
import importlib
import io
import json
import logging
import pickle
import statistics
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np
from rich.console import Console
from rich.table import Table

from benchmarks.models import CACHE

Scanner = Callable[[Path], str]
"""Scans a file; returns why it was not read to its end, or nothing."""

ROUNDS = 5
SMALL_TREES = 4000


class Row(NamedTuple):
    """What one scanner did with one file: seconds, and why it did not read it to its end."""

    scanner: str
    file: str
    size: int
    seconds: float
    stopped: str


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the comparison and print it."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    parser.add_argument("--quick", action="store_true", help="a forest of about 10 MB")
    parser.add_argument("--json", type=Path, help="write the rows here too")
    options = parser.parse_args(arguments)
    logging.disable(logging.CRITICAL)
    rows = measure(_files(quick=options.quick), _scanners(), options.rounds)
    Console().print(_table(rows))
    if options.json:
        options.json.write_text(json.dumps([row._asdict() for row in rows], indent=1))
    return 0


def measure(files: dict[str, Path], scanners: dict[str, Scanner], rounds: int) -> list[Row]:
    """The scanners take turns, after one round that counts for nothing."""
    times: dict[tuple[str, str], list[float]] = {}
    said: dict[tuple[str, str], str] = {}
    for turn in range(rounds + 1):
        for name, path in files.items():
            for scanner, scan in scanners.items():
                gc.collect()
                start = time.perf_counter()
                said[scanner, name] = scan(path)
                if turn:
                    times.setdefault((scanner, name), []).append(time.perf_counter() - start)
    return [
        Row(scanner, name, files[name].stat().st_size, statistics.median(each), said[scanner, name])
        for (scanner, name), each in times.items()
    ]


def _scanners() -> dict[str, Scanner]:
    found: dict[str, Scanner] = {"holotype": _holotype}
    for name, scanner in (
        ("picklescan", _picklescan),
        ("fickling", _fickling),
        ("modelscan", _modelscan),
    ):
        try:
            importlib.import_module(name)
        except ImportError:
            continue
        found[name] = scanner
    return found


def _holotype(path: Path) -> str:
    from holotype.legacy import scan

    report = scan(path)
    return "" if report.complete else report.problems[0]


def _picklescan(path: Path) -> str:
    found = importlib.import_module("picklescan.scanner").scan_file_path(str(path))
    return "stopped at an error" if found.scan_err else ""


def _fickling(path: Path) -> str:
    fickle = importlib.import_module("fickling.fickle")
    analysis = importlib.import_module("fickling.analysis")
    try:
        with path.open("rb") as file:
            for each in fickle.StackedPickle.load(file):
                analysis.check_safety(each)
    except Exception as error:
        return f"{type(error).__name__}: {error}"[:80]
    return ""


def _modelscan(path: Path) -> str:
    with contextlib.redirect_stdout(io.StringIO()):
        scanner = importlib.import_module("modelscan.modelscan").ModelScan()
        found: dict[str, Any] = scanner.scan(str(path))
    errors = found.get("errors") or []
    if errors:
        return str(errors[0].get("description", errors[0]))[:80]
    skipped = found["summary"]["skipped"]["total_skipped"]
    return "skipped the file" if skipped else ""


def _files(*, quick: bool) -> dict[str, Path]:
    """The forest by joblib and by pickle, and many small trees by pickle; made once."""
    folder = CACHE / ("scan-quick" if quick else "scan")
    large = {
        "forest, joblib": folder / "forest.joblib",
        "forest, pickle protocol 4": folder / "forest.pkl",
    }
    small = {
        "small trees, joblib": folder / "trees.joblib",
        "small trees, pickle protocol 4": folder / "trees.pkl",
    }
    folder.mkdir(parents=True, exist_ok=True)
    for files, make in ((large, _forest), (small, _small_trees)):
        if not all(path.exists() for path in files.values()):
            model = make(quick=quick)
            by_joblib, by_pickle = files.values()
            importlib.import_module("joblib").dump(model, by_joblib)
            with by_pickle.open("wb") as file:
                pickle.dump(model, file, protocol=4)
    return {**large, **small}


def _forest(*, quick: bool) -> Any:
    ensemble = importlib.import_module("sklearn.ensemble")
    random = np.random.default_rng(0)
    rows = 2000 if quick else 40_000
    X, y = random.normal(size=(rows, 4)).astype(np.float32), random.normal(size=rows)
    trees = 60 if quick else 140
    return ensemble.RandomForestRegressor(trees, max_features=1, random_state=0).fit(X, y)


def _small_trees(*, quick: bool) -> Any:
    ensemble = importlib.import_module("sklearn.ensemble")
    random = np.random.default_rng(0)
    X, y = random.normal(size=(200, 4)).astype(np.float32), random.normal(size=200)
    count = SMALL_TREES // 20 if quick else SMALL_TREES
    return ensemble.RandomForestRegressor(count, max_depth=3, random_state=0).fit(X, y)


def _table(rows: Sequence[Row]) -> Table:
    table = Table("file", "scanner", "time", "× holotype", "read to the end", box=None)
    base = {row.file: row.seconds for row in rows if row.scanner == "holotype"}
    for row in rows:
        table.add_row(
            f"{row.file}, {row.size / 1e6:.0f} MB" if row.scanner == "holotype" else "",
            row.scanner,
            f"{row.seconds * 1e3:,.1f} ms",
            "" if row.stopped else f"{row.seconds / base[row.file]:.1f}",
            f"no: {row.stopped}" if row.stopped else "yes",
        )
    return table


if __name__ == "__main__":
    raise SystemExit(main())
