"""``python -m benchmarks``: run the comparison, print it and write it down.

A complete run (all models and peers, full sizes, five rounds) is what the README shows, so only
that is written to ``benchmarks/results`` and ``docs/images``; anything less goes to
``benchmarks/.cache``.
"""

from __future__ import annotations

import argparse
import sys
import time
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from rich.console import Console

from benchmarks import chart, memory, report
from benchmarks.measure import Progress, compare, durability, working_directory
from benchmarks.models import CACHE, RECIPES, fitted
from benchmarks.peers import PEERS, installed
from benchmarks.results import Cell, Durability, Failure, Run, Sharing, environment
from benchmarks.sharing import share
from benchmarks.targets import MAPPABLE

ROOT = Path(__file__).parents[1]
ROUNDS = 5
"""What a complete run has at least."""
ROOM = 6_000_000_000
"""Free bytes of a RAM disk that the largest model needs, with a copy in memory to spare."""
QUICK_ROOM = 200_000_000
QUICK_MEMORY = ("holotype", "pickle")
"""The peers whose memory a quick run measures, on its last model: each process costs seconds."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when Holotype could not keep a model, else 0."""
    options = _parser().parse_args(arguments)
    keys = [key for key in RECIPES if key in options.models]
    peers = installed(options.peers)
    started = time.monotonic()
    progress = _progress()
    for missing in sorted(set(options.peers) - set(peers)):
        progress(f"{missing} is left out: pip install {PEERS[missing].package}")
    run = measure(keys, peers, rounds=options.rounds, quick=options.quick, progress=progress)
    Console(width=None if Console().is_terminal else 180).print(report.terminal(run))
    whole = keys == list(RECIPES) and set(peers) == set(PEERS)
    for path in _write(run, complete=whole and not options.quick and options.rounds >= ROUNDS):
        progress(f"wrote {path}")
    progress(f"done in {time.monotonic() - started:.0f} s")
    return int(any(failure.peer == "holotype" for failure in run.failures))


def measure(
    keys: Sequence[str],
    peers: Sequence[str],
    *,
    rounds: int,
    quick: bool,
    progress: Progress,
) -> Run:
    """Everything that a run measures, model by model."""
    directory = working_directory(QUICK_ROOM if quick else ROOM)
    cells: list[Cell] = []
    failures: list[Failure] = []
    shared: list[Sharing] = []
    durable: list[Durability] = []
    for key in keys:
        progress(f"({key}) {RECIPES[key].title}: fitting, or reading from the cache")
        model = fitted(key, quick=quick)
        instances = [peer for name in peers if (peer := PEERS[name]()).accepts(model)]
        timed, failed = compare(
            RECIPES[key],
            model,
            instances,
            rounds=rounds,
            lengthen=not quick,
            directory=directory,
            progress=progress,
        )
        failures += failed
        ours = any(cell.peer == "holotype" for cell in timed)
        if ours:
            progress(f"({key}) the real disk")
            durable.append(durability(key, model, rounds=rounds, directory=CACHE))
        del model, instances
        for cell in timed:
            if not quick or (key == keys[-1] and cell.peer in QUICK_MEMORY):
                cell = _with_memory(cell, quick, directory, progress)
            cells.append(cell)
        if ours and key in MAPPABLE and memory.measurable() and (not quick or key == keys[-1]):
            progress(f"({key}) two processes")
            shared.append(share(key, quick=quick, directory=directory))
    titles = {key: RECIPES[key].title for key in keys}
    about = environment(directory)
    return Run(about, quick, titles, cells, failures, shared, durable)


def _with_memory(cell: Cell, quick: bool, directory: Path, progress: Progress) -> Cell:
    if not memory.measurable():
        return cell
    progress(f"({cell.model}) memory: {cell.peer}")
    save, loads = memory.peaks(cell.model, cell.peer, quick=quick, directory=directory)
    return replace(cell, save_memory=save, load_memory=loads)


def _write(run: Run, *, complete: bool) -> list[Path]:
    results = ROOT / "benchmarks" / "results" if complete else CACHE / "last"
    image = ROOT / "docs" / "images" if complete else CACHE / "last"
    files = {
        results / "latest.json": report.json_report(run),
        results / "latest.md": report.markdown(run).encode(),
        image / "benchmark.svg": chart.svg(run).encode(),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
    return list(files)


def _progress() -> Progress:
    console = Console(stderr=True, highlight=False)
    return lambda line: console.print(line, style="dim", markup=False)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks",
        description="Compare Holotype with other ways to save and load models.",
        epilog="example: python -m benchmarks --models bdf --peers holotype,pickle,pickle+sha256",
    )
    parser.add_argument("--models", type=_models, default="".join(RECIPES), help="such as bdf")
    parser.add_argument("--peers", type=_peers, default=list(PEERS), help="comma-separated")
    parser.add_argument("--rounds", type=_rounds, default=ROUNDS, help=f"default: {ROUNDS}")
    parser.add_argument("--quick", action="store_true", help="small models, to see that all works")
    return parser


def _models(text: str) -> str:
    if unknown := set(text) - set(RECIPES):
        known = "".join(RECIPES)
        raise argparse.ArgumentTypeError(f"no model {sorted(unknown)}; there are {known}")
    return text


def _peers(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PEERS):
        known = ", ".join(PEERS)
        raise argparse.ArgumentTypeError(f"no peer {sorted(unknown)}; there are {known}")
    return names


def _rounds(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least one round")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
