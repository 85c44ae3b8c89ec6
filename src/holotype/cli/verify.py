"""``holotype verify``: every digest and every rule."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holotype.api import Report, verify
from holotype.cli.terminal import console, errors, plain, print_json

NAME = "verify"
EXAMPLES = "`holotype verify churn.holo` · `holotype verify models/*.holo --json`"


def command(
    files: Annotated[list[Path], typer.Argument(help="The archives.", metavar="FILE...")],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Check every digest and every rule of archives, constructing nothing of them.

    Exits with 1 where an archive fails a check, and with 2 where a file cannot be read.
    """
    failed = unreadable = False
    rows = []
    for file in files:
        try:
            with errors.status(plain(f"verifying {file}")):  # shows on a terminal only
                report = verify(file)
        except OSError as error:
            unreadable = True
            rows.append({"file": str(file), "ok": False, "error": error.strerror})
            if not json:
                errors.print(plain(f"✗ {file}: {error.strerror}", "red"))
            continue
        failed = failed or not report.ok
        rows.append(_row(file, report))
        if not json:
            _print(file, report)
    if json:
        print_json(rows)
    if failed or unreadable:
        raise typer.Exit(1 if failed else 2)


def _row(file: Path, report: Report) -> dict[str, object]:
    return {
        "file": str(file),
        "ok": report.ok,
        "id": report.id,
        "fingerprint": report.fingerprint,
        "error": None if report.error is None else str(report.error),
        "error_type": None if report.error is None else type(report.error).__name__,
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in report.checks],
    }


def _print(file: Path, report: Report) -> None:
    mark, style = ("✓", "green") if report.ok else ("✗", "red")
    console.print(plain(f"{mark} {file}", f"bold {style}"))
    for check in report.checks:
        mark, style = ("✓", "green") if check.ok else ("✗", "red")
        console.print(plain(f"  {mark} {check.name:<10} ", style), plain(check.detail), sep="")
