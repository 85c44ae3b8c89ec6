"""``holotype track``: run a program, and push every model that it fits."""

from __future__ import annotations

import runpy
import sys
from pathlib import Path
from typing import Annotated

import typer

from holotype.api.store import Store, Version
from holotype.api.tracking import track
from holotype.cli.stores import Address, as_json
from holotype.cli.terminal import errors, plain, print_json

NAME = "track"
EXAMPLES = (
    "`holotype track train.py` · `holotype track --name churn train.py folds=5` · "
    "`holotype track --store s3://models/risk -m training.main`"
)


def command(
    program: Annotated[
        list[str],
        typer.Argument(
            help="A Python program and its arguments, as after `python`: FILE …, or -m MODULE …",
            metavar="FILE|-m MODULE [ARG]…",
        ),
    ],
    name: Annotated[
        str | None,
        typer.Option("--name", "-n", help="Of the models; by default that of their class."),
    ] = None,
    message: Annotated[
        str | None, typer.Option("--message", help="What changed and why, for all of them.")
    ] = None,
    store: Address = None,
    json: Annotated[
        bool, typer.Option("--json", help="Print JSON at the end, after what the program prints.")
    ] = False,
) -> None:
    """Run a program, and push every estimator that it fits, if its model is new.

    With each go digests and figures of its training data (no row of them), its score, and the
    version that was fitted before as its parent. The program exits as it would by itself.
    """
    shelf = Store(store)
    options = {} if message is None else {"message": message}
    with track(name, store=shelf, **options) as tracked:
        try:
            _run(program)
        finally:
            _report(shelf, tracked.versions, json=json)


def _run(program: list[str]) -> None:
    """What ``python`` does with these arguments."""
    before = sys.argv, sys.path[0]
    try:
        if program[0] == "-m" and len(program) > 1:
            sys.argv = program[1:]
            sys.path[0] = str(Path.cwd())
            runpy.run_module(program[1], run_name="__main__", alter_sys=True)
        else:
            path = Path(program[0])
            if not path.is_file():
                raise typer.BadParameter(f"there is no file {path}", param_hint="FILE")
            sys.argv = program
            sys.path[0] = str(path.resolve().parent)
            runpy.run_path(str(path), run_name="__main__")
    finally:
        sys.argv, sys.path[0] = before


def _report(shelf: Store, versions: list[Version], *, json: bool) -> None:
    if json:
        print_json({"store": shelf.url, "versions": [as_json(version) for version in versions]})
        return
    for version in versions:
        why = f"  {'; '.join(version.reasons)}" if version.reasons else ""
        errors.print(plain("✓ ", "green"), plain(str(version)), plain(why, "dim"), sep="")
    if not versions:
        errors.print(plain("no model was fitted that is new", "yellow"))
