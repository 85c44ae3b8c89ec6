"""``holotype scan``: what old model files would run, without running it."""

from __future__ import annotations

import json as json_module
from enum import IntEnum
from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.progress import BarColumn, MofNCompleteColumn, Progress, TextColumn

from holotype.cli.terminal import console, errors, human_size, plain, print_json
from holotype.legacy.sarif import sarif
from holotype.legacy.scan import ScanReport, files_in, scan

NAME = "scan"
EXAMPLES = (
    "`holotype scan model.pkl` · `holotype scan models/ --names` · "
    "`holotype scan . --sarif scan.sarif`"
)

_LOOKS = {
    "data": ("✓", "green"),
    "outside": ("✗", "red"),
    "unreadable": ("?", "yellow"),
    "other": ("-", "dim"),
}
_SAYS = {
    "data": "nothing outside the table",
    "outside": "calls or imports what is outside the table",
    "unreadable": "not readable in full",
    "other": "no model that scan reads",
}
_GIGABYTE = 10**9
_SHOWN = 20


class Code(IntEnum):
    """What the command exits with."""

    DATA = 0
    OUTSIDE = 1
    UNREADABLE = 2


def command(
    paths: Annotated[
        list[Path], typer.Argument(help="Files, and folders to walk.", metavar="PATH...")
    ],
    names: Annotated[
        bool, typer.Option("--names", help="List every class and function that a file names.")
    ] = False,
    limit: Annotated[
        int, typer.Option(min=1, help="To how many gigabytes one file may be unpacked.")
    ] = 16,
    sarif_file: Annotated[
        Path | None,
        typer.Option("--sarif", help="Write a SARIF 2.1.0 log here.", metavar="FILE"),
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Say what pickles, joblib, torch, NumPy and skops files would construct, call and import.

    Runs and imports nothing of them. Exits with 0 where nothing is outside the table of types, with
    1 where something is, and with 2 where a file cannot be read in full.
    """
    reports: list[ScanReport] = []
    failed: list[dict[str, Any]] = []
    code = Code.DATA
    files = list(files_in(paths))
    with _progress() as progress:
        task = progress.add_task("scanning", total=len(files))
        for path, named in files:
            progress.update(task, description=plain(f"scanning {path}").plain)
            try:
                report = scan(path, limit=limit * _GIGABYTE)
            except OSError as error:
                failed.append({"path": path, "verdict": "unreadable", "error": error.strerror})
                code = code or Code.UNREADABLE
                if not json:
                    errors.print(plain(f"? {path}: {error.strerror}", "yellow"))
                continue
            finally:
                progress.advance(task)
            if named and report.verdict == "other":
                report.verdict = "unreadable"  # somebody thought that it is a model
            code = _worse(code, report)
            reports.append(report)
            if not json:
                _print(report, names)
    if sarif_file is not None:
        sarif_file.write_text(json_module.dumps(sarif(reports), indent=2))
    if json:
        print_json([*map(as_json, reports), *failed])
    elif len(files) > 1:
        _print_sum(reports, len(failed))
    if code:
        raise typer.Exit(code)


def _progress() -> Progress:
    return Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        MofNCompleteColumn(),
        console=errors,
        transient=True,
        disable=not errors.is_terminal,
    )


def _worse(code: Code, report: ScanReport) -> Code:
    if report.verdict == "outside" or code is Code.OUTSIDE:
        return Code.OUTSIDE
    return Code.UNREADABLE if report.verdict == "unreadable" else code


def as_json(report: ScanReport) -> dict[str, Any]:
    """A report for other programs."""
    found: dict[str, Any] = msgspec.to_builtins(report)
    return {**found, "formats": report.formats, "problems": report.problems}


def _print(report: ScanReport, names: bool) -> None:
    if report.verdict == "other":
        return
    mark, style = _LOOKS[report.verdict]
    console.print(plain(f"{mark} {report.path}", f"bold {style}"), plain(_about(report)))
    for finding in report.findings[:_SHOWN]:
        where = f" in {finding.part}" if finding.part else ""
        at = "" if finding.offset is None else f", byte {finding.offset}"
        console.print(plain(f"    {finding.what}{where}{at}: {finding.reason}", "red"))
    _print_rest(len(report.findings))
    for problem in report.problems[:_SHOWN]:
        console.print(plain(f"    {problem}", "yellow"))
    _print_rest(len(report.problems))
    for part in report.parts:
        for note in part.notes[:_SHOWN]:
            console.print(plain(f"    {note}"))
    if names:
        for name in report.names:
            mark = "✗" if name.outside else "✓"
            called = f", called {name.called}×" if name.called else ""
            console.print(
                plain(f"    {mark} {name.module}.{name.name}: named {name.imported}×{called}")
            )


def _print_rest(count: int) -> None:
    if count > _SHOWN:
        console.print(plain(f"    … and {count - _SHOWN} more; --json has them all"))


def _about(report: ScanReport) -> str:
    formats = ", ".join(report.formats)
    return f"{_SAYS[report.verdict]} ({formats + ', ' if formats else ''}{human_size(report.size)})"


def _print_sum(reports: list[ScanReport], failed: int) -> None:
    counts = dict.fromkeys(_SAYS, 0)
    for report in reports:
        counts[report.verdict] += 1
    counts["unreadable"] += failed
    told = [f"{count} {_SAYS[verdict]}" for verdict, count in counts.items() if count]
    console.print(plain(f"{len(reports) + failed} files: {'; '.join(told)}"))
