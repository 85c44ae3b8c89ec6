"""``holotype doctor``: which rungs of the restore ladder work, here or elsewhere."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Annotated, Any

import typer
from rich.progress import Progress

from holotype.api.checking import doctor
from holotype.cli.sources import meant
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.errors import HolotypeError, NotInStoreError
from holotype.restore.doctor import Diagnosis

NAME = "doctor"
EXAMPLES = (
    "`holotype doctor churn.holo` · `holotype doctor models/ --json` · "
    "`holotype doctor old.joblib` · "
    "`holotype doctor models/ --python 3.14 --with scikit-learn==1.9` · "
    "`holotype doctor churn.holo --with scikit-learn==1.9 --build`"
)
_STYLES = {"works": "green", "should work": "green", "fails": "red"}
_MARKS = {"works": "✓", "should work": "✓", "fails": "✗"}


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="Archives, versions in the store, old model files, or folders, in which every "
            ".holo is looked at.",
            metavar="FILE|FOLDER...",
        ),
    ],
    python: Annotated[
        str | None,
        typer.Option(help="Look at another environment: its Python, such as 3.14."),
    ] = None,
    packages: Annotated[
        list[str] | None,
        typer.Option("--with", help="Its libraries: NAME==VERSION; may be repeated."),
    ] = None,
    build: Annotated[
        bool,
        typer.Option("--build", help="Build the environments, to try what is otherwise said."),
    ] = False,
    trust: Annotated[
        list[str] | None, typer.Option(help="What to trust beside data; may be repeated.")
    ] = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Say for each model which rungs of the restore ladder work, and what to change.

    Native: as an object of the libraries that are installed here, or of those that --python and
    --with name. Portable: with NumPy alone. Isolated: in the environment that was recorded.

    Exits with 1 where a model comes back by no rung, and with 2 where a file cannot be read.
    """
    found = list(_files(files))
    rows: list[dict[str, Any]] = []
    worst = 0
    with Progress(console=errors, transient=True, disable=len(found) < 2 or json) as progress:
        task = progress.add_task("examining", total=len(found))
        for file in found:
            try:
                diagnosis = doctor(
                    meant(file),
                    python=python,
                    packages=packages or (),
                    build=build,
                    trust=trust or (),
                )
            except ValueError as error:
                raise typer.BadParameter(str(error)) from None
            except (HolotypeError, OSError) as error:
                said = str(getattr(error, "strerror", None) or error)
                worst = max(worst, 2 if isinstance(error, (OSError, NotInStoreError)) else 1)
                rows.append({"file": str(file), "ok": False, "error": said})
                if not json:
                    errors.print(plain(f"✗ {file}: {said}", "red"))
            else:
                worst = max(worst, 0 if diagnosis.ok else 1)
                rows.append(_row(file, diagnosis))
                if not json:
                    _print(file, diagnosis)
            progress.advance(task)
    if json:
        print_json(rows)
    if worst:
        raise typer.Exit(worst)


def _files(given: list[Path]) -> Iterator[Path]:
    for path in given:
        if path.is_dir():
            yield from sorted(path.rglob("*.holo"))
        else:
            yield path


def _row(file: Path, diagnosis: Diagnosis) -> dict[str, Any]:
    return {
        "file": str(file),
        "ok": diagnosis.ok,
        "type": diagnosis.type,
        "saved": diagnosis.saved,
        "rungs": {
            finding.rung: {
                "verdict": finding.verdict,
                "why": finding.why,
                "seconds": round(finding.seconds, 6),
            }
            for finding in diagnosis.findings
        },
        "advice": diagnosis.advice,
    }


def _print(file: Path, diagnosis: Diagnosis) -> None:
    saved = ", ".join(f"{name} {version}" for name, version in diagnosis.saved.items())
    console.print(
        plain(str(file), "bold"), plain(f"  {diagnosis.type}; saved with {saved}"), sep=""
    )
    for finding in diagnosis.findings:
        mark, style = _MARKS.get(finding.verdict, "?"), _STYLES.get(finding.verdict, "yellow")
        first, *others = finding.why.splitlines() or [""]
        console.print(
            plain(f"  {mark} {finding.rung:<9}", style),
            plain(f" {finding.verdict}: {first}"),
            sep="",
        )
        for line in others:
            console.print(plain(f"      {line}"))
    console.print(plain(f"  → {diagnosis.advice}"))
