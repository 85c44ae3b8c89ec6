"""``holotype diff``: what changed between two archives."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.table import Table
from rich.text import Text

from holotype.api.comparing import diff
from holotype.cli.sources import meant
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.compare.difference import Difference
from holotype.compare.page import page_of
from holotype.compare.telling import Telling, heading, in_short, tell
from holotype.compare.told import told_of
from holotype.compare.versions import Derived, next_version, verdict
from holotype.errors import HolotypeError

NAME = "diff"
EXAMPLES = (
    "`holotype diff old.holo new.holo` · `holotype diff churn@1.3.0 churn@latest` · "
    "`holotype diff old.holo new.holo --after 1.4.2` · "
    "`holotype diff old.holo new.holo --html changes.html` · "
    "`holotype diff old.holo new.holo --exit-code`"
)
_MOST_LINES = 20
_STYLES = {"+": "green", "-": "red", "~": "yellow", "!": "bold red", " ": "dim"}
_STEPS = {"same": "green", "patch": "green", "minor": "yellow", "major": "bold red"}


def command(
    before: Annotated[str, typer.Argument(help="The older archive, or a version in the store.")],
    after: Annotated[str, typer.Argument(help="The newer one.")],
    version: Annotated[
        str | None,
        typer.Option("--after", help="The older one's version: say what follows.", metavar="X.Y.Z"),
    ] = None,
    everything: Annotated[
        bool, typer.Option("--all", help="Every line, however many there are.")
    ] = False,
    html: Annotated[
        Path | None, typer.Option("--html", help="Write a page with plots.", metavar="FILE")
    ] = None,
    exit_code: Annotated[
        bool,
        typer.Option("--exit-code", help="Exit with 1 if the models differ, 2 if it fails."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Show what changed between two archives, and which version number follows from it.

    Marks: + came, - went, ~ changed, ! breaks who calls the model. Imports no framework and builds
    nothing of the files, so it is safe on files from anyone.
    """
    try:
        with errors.status("comparing"):  # shows on a terminal only
            names = Path(before).name, Path(after).name
            difference = diff(meant(Path(before)), meant(Path(after)), names=names)
        judged = verdict(difference) if version is None else _following(version, difference)
    except (HolotypeError, OSError) as error:
        if not exit_code:
            raise
        errors.print(plain(f"error: {_problem(error)}", "red"))
        raise typer.Exit(2) from None
    if html is not None:
        html.write_text(page_of(difference), encoding="utf-8")
    if json:
        print_json(msgspec.to_builtins(told_of(difference, judged)))
    else:
        _print(difference, judged, None if everything else _MOST_LINES)
    if exit_code and not difference.same_model:
        raise typer.Exit(1)


def _following(version: str, difference: Difference) -> Derived:
    try:
        return next_version(version, difference)
    except ValueError as error:
        raise typer.BadParameter(str(error), param_hint="--after") from None


def _problem(error: HolotypeError | OSError) -> str:
    if isinstance(error, OSError):
        return f"{error.filename}: {error.strerror}" if error.filename else str(error)
    return str(error)


def _print(difference: Difference, judged: Derived, most: int | None) -> None:
    names = f"{difference.before.name} → {difference.after.name}"
    console.print(plain(names, "bold"))
    console.print(plain(heading(difference), "dim"))
    console.print(plain(in_short(difference)))
    if not difference.same_archive:
        follows = f"{judged.version}  " if judged.version else ""
        console.print(plain(follows, "bold"), plain(judged.sentence, _STEPS[judged.step]), sep="")
    for telling in tell(difference):
        console.print()
        console.print(plain(telling.title, "bold"))
        console.print(_table(telling, most), soft_wrap=False)


def _table(telling: Telling, most: int | None) -> Table:
    table = Table.grid(padding=(0, 1))
    table.add_column(width=2, no_wrap=True)
    table.add_column(overflow="fold", ratio=None)
    table.add_column(overflow="fold")
    shown = telling.lines[:most]
    for line in shown:
        style = _STYLES[line.mark]
        table.add_row(Text(f" {line.mark}", style), plain(line.place, style), plain(line.said))
    more = len(telling.lines) - len(shown) + telling.more
    if more:
        table.add_row("", plain("…", "dim"), plain(f"{more:,} more (--all, --json)", "dim"))
    return table
