"""``holotype load``: open a model as a program would, and say how it came back."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any

import typer

from holotype.api.opening import restored
from holotype.cli.demands import Keys, Name, PolicyFile, VersionOfName, demands
from holotype.cli.sources import meant
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.restore.ladder import Attempt
from holotype.types.answers import answers_of

NAME = "load"
EXAMPLES = (
    "`holotype load churn.holo --explain` · `holotype load churn.holo --restore portable` · "
    "`holotype load churn.holo --restore auto --explain --json` · "
    "`holotype load churn.holo --policy policy.toml --name churn --version 1.4.0` · "
    "`holotype load churn.holo --key release.key.pub`"
)


class Rungs(StrEnum):
    """The rungs of the ladder."""

    AUTO = "auto"
    NATIVE = "native"
    PORTABLE = "portable"
    ISOLATED = "isolated"


def command(
    file: Annotated[
        Path, typer.Argument(help="The archive, or a version in the store.", metavar="FILE")
    ],
    restore: Annotated[
        Rungs | None,
        typer.Option(help="The rung to use; by default the first that agrees, building nothing."),
    ] = None,
    explain: Annotated[
        bool, typer.Option("--explain", help="Show every rung that was tried, and why.")
    ] = False,
    trust: Annotated[
        list[str] | None, typer.Option(help="What to trust beside data; may be repeated.")
    ] = None,
    check: Annotated[
        bool, typer.Option("--check/--no-check", help="Compare golden predictions.")
    ] = True,
    wheels: Annotated[
        Path | None,
        typer.Option(help="A folder of wheels to build the isolated environment from."),
    ] = None,
    policy: PolicyFile = None,
    key: Keys = None,
    name: Name = None,
    version: VersionOfName = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Open a model by the restore ladder, compare its golden predictions, and say how it went.

    Seals are held against the policy first, which may ask for them: nothing is built of an archive
    that is not sealed as it must be.

    Exits with 1 where it is not, or no rung brings it back, and with 2 where a file cannot be read.
    """
    wanted: Any = None if restore is None else restore.value
    asked = demands(policy, key or (), name, version)
    with errors.status(plain(f"opening {file}")):
        climbed = restored(
            meant(file), restore=wanted, trust=trust or (), check=check, wheels=wheels, **asked
        )
    last = climbed.attempts[-1]
    what = type(climbed.model)
    named = f"{what.__module__}.{what.__qualname__}"
    methods = list(answers_of(climbed.model))
    if json:
        print_json(
            {
                "file": str(file),
                "rung": last.rung,
                "why": last.why,
                "type": named,
                "methods": methods,
                "attempts": [_row(attempt) for attempt in climbed.attempts],
            }
        )
        return
    console.print(plain(f"{file}: {last.rung}", "bold green"), plain(f" ({named})"), sep="")
    for attempt in climbed.attempts if explain else (last,):
        mark, style = ("✓", "green") if attempt.ok else ("✗", "red")
        console.print(
            plain(f"  {mark} {attempt.rung:<9} ", style),
            plain(f"{attempt.why} ({attempt.seconds * 1e3:.0f} ms)"),
            sep="",
        )
    if explain and methods:
        console.print(plain(f"  it answers {', '.join(methods)}"))


def _row(attempt: Attempt) -> dict[str, Any]:
    return {
        "rung": attempt.rung,
        "ok": attempt.ok,
        "why": attempt.why,
        "seconds": round(attempt.seconds, 6),
    }
