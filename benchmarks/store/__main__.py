"""``python -m benchmarks.store``: run the comparison, print it and write it down.

A complete run (all parts, all histories with all their versions, every peer) is what the docs show,
so only that is written to ``benchmarks/results``; anything less goes to ``benchmarks/.cache``.
"""

from __future__ import annotations

import argparse
import logging
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any

from rich.console import Console

from benchmarks.measure import Progress, working_directory
from benchmarks.memory import ROOT
from benchmarks.models import CACHE
from benchmarks.results import environment
from benchmarks.store import rates, report, sizes, times
from benchmarks.store.histories import HISTORIES, SUBJECTS, VERSIONS, available
from benchmarks.store.report import ROUNDS
from benchmarks.store.results import Run
from benchmarks.store.ways import WAYS, installed

PARTS = (*HISTORIES, *SUBJECTS, "scrub", "codec")
ROOM, QUICK_ROOM = 4_000_000_000, 200_000_000
"""Free bytes that a run needs for its files."""


def main(arguments: Sequence[str] | None = None) -> int:
    """Run what the command line asks for; 1 when a part failed or other bytes came back."""
    options = _parser().parse_args(arguments)
    logging.disable(logging.WARNING)
    console = Console(stderr=True, highlight=False)
    run = measure(
        options.only,
        versions=options.versions,
        rounds=options.rounds,
        quick=options.quick,
        progress=lambda line: console.print(line, style="dim", markup=False),
    )
    Console(width=None if Console().is_terminal else 180).print(report.terminal(run))
    whole = report.judged_sizes(run) and report.judged_times(run)
    whole &= set(options.only) == set(PARTS) and not (run.left_out or run.failures)
    results = ROOT / "benchmarks" / "results" if whole else CACHE / "last"
    files = {
        options.json or results / "store.json": report.json_report(run),
        results / "store.md": report.markdown(run).encode(),
    }
    for path, content in files.items():
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)
        console.print(f"wrote {path}", style="dim")
    return int(bool(run.failures) or any(one.unequal for one in run.series))


def measure(
    only: Sequence[str],
    *,
    versions: int,
    rounds: int,
    quick: bool,
    progress: Progress,
) -> Run:
    """Everything that ``only`` names."""
    directory = working_directory(QUICK_ROOM if quick else ROOM)
    ways = installed()
    histories, subjects = available(HISTORIES), available(SUBJECTS)
    missing = (HISTORIES.keys() | SUBJECTS.keys()) - histories.keys() - subjects.keys()
    left_out = [way.name for way in WAYS if way not in ways]
    left_out += [f"({key})" for key in only if key in missing]
    run = Run(environment(directory), quick, versions, rounds, left_out)
    same: Any = {"quick": quick, "directory": directory}
    for part in only:
        progress(f"({part})")
        try:
            if part in histories:
                history = histories[part]
                kept = sizes.weigh(history, ways, versions=versions, progress=progress, **same)
                run.series.append(kept)
            elif part in subjects:
                run.timed.extend(
                    times.clock(subjects[part], rounds=rounds, progress=progress, **same)
                )
            elif part == "scrub":
                run.scrubbed.append(times.scrub(rounds=rounds, **same))
            elif part == "codec":
                run.packed.extend(rates.rates(rounds=rounds, quick=quick))
        except Exception as error:  # one part's failure is a finding, not the run's end
            run.failures.append(f"({part}) failed: {type(error).__name__}: {error}")
    return run


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m benchmarks.store",
        description="Compare Holotype's store with other ways to keep many versions of a model.",
        epilog=f"parts: {', '.join(PARTS)}; example: python -m benchmarks.store --only a,forest",
    )
    parser.add_argument("--only", type=_parts, default=list(PARTS), help="parts, comma-separated")
    parser.add_argument("--versions", type=_positive, default=VERSIONS, help=f"{VERSIONS} by rule")
    parser.add_argument("--rounds", type=_positive, default=ROUNDS, help=f"{ROUNDS} by rule")
    parser.add_argument("--quick", action="store_true", help="small models, to see that all works")
    parser.add_argument("--json", type=Path, metavar="FILE", help="write the figures here")
    return parser


def _parts(text: str) -> list[str]:
    names = text.split(",")
    if unknown := set(names) - set(PARTS):
        known = ", ".join(PARTS)
        raise argparse.ArgumentTypeError(f"no part {sorted(unknown)}; there are {known}")
    return [part for part in PARTS if part in names]


def _positive(text: str) -> int:
    if int(text) < 1:
        raise argparse.ArgumentTypeError("at least one")
    return int(text)


if __name__ == "__main__":
    sys.exit(main())
