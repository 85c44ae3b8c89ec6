"""``holotype fingerprint``: which model is in an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holotype.api.looking import fingerprint
from holotype.cli.sources import meant
from holotype.cli.terminal import print_json

NAME = "fingerprint"
EXAMPLES = "`holotype fingerprint churn.holo` · `holotype fingerprint *.holo --json`"


def command(
    files: Annotated[
        list[Path],
        typer.Argument(help="The archives, or versions in the store.", metavar="FILE..."),
    ],
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Print the fingerprint of the model in each archive, as ``sha256sum`` prints its sums.

    Equal fingerprints mean the same model, whoever saved it, whenever and with what metadata.
    """
    found = {str(file): fingerprint(meant(file)) for file in files}
    if json:
        print_json(found)
        return
    for name, value in found.items():
        typer.echo(f"{value}  {name}")
