"""``holotype remove``: a version is taken out."""

from __future__ import annotations

from typing import Annotated

import typer

from holotype.cli.completing import specs
from holotype.cli.stores import Address, Json, as_json, at
from holotype.cli.terminal import console, plain, print_json

NAME = "remove"
EXAMPLES = (
    '`holotype remove churn@1.4.0 --why "Trained on the wrong month"` · '
    "`holotype remove sha256:… --json`"
)


def command(
    spec: Annotated[
        str,
        typer.Argument(help="Which version: NAME@VERSION or the id.", autocompletion=specs),
    ],
    why: Annotated[
        str | None, typer.Option(help="The reason, which the log keeps.", metavar="TEXT")
    ] = None,
    store: Address = None,
    json: Json = False,
) -> None:
    """Take a version out of a store; its number is never used again.

    A version that has a tag stays until the tag is moved or taken away. `holotype gc` frees the
    space that only this version needed.
    """
    if "@" not in spec and not spec.startswith("sha256:"):
        raise typer.BadParameter(f"say which version: {spec}@1.4.0 or {spec}@latest")
    shelf = at(store)
    version = shelf.remove(spec, why=why)
    if json:
        print_json({"store": shelf.url, **as_json(version), "why_removed": why})
        return
    console.print(plain("✓ ", "green"), plain(f"{version} is removed from {shelf.url}"), sep="")
    console.print(plain("  `holotype gc` frees what only it needed", "dim"))
