"""``holotype pull``: a version becomes one file again."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holotype.cli.completing import specs
from holotype.cli.stores import Address, Json, as_json, at, moving
from holotype.cli.terminal import console, human_size, plain, print_json

NAME = "pull"
EXAMPLES = (
    "`holotype pull churn` · `holotype pull churn@production churn.holo` · "
    "`holotype pull churn@1.4.0 models/ --force` · "
    "`holotype pull churn@latest --store s3://bucket/models`"
)


def command(
    spec: Annotated[
        str,
        typer.Argument(
            help="Which version: NAME (the latest), NAME@VERSION, NAME@TAG, or the id.",
            autocompletion=specs,
        ),
    ],
    target: Annotated[
        Path | None,
        typer.Argument(help="The file to write, or a folder; by default NAME-VERSION.holo here."),
    ] = None,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Replace a file that is there already.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Write a version to one archive file, byte by byte what was pushed.

    The file appears whole, with every digest compared, or not at all.
    """
    shelf = at(store)
    version = shelf.find(spec)
    path = target or Path()
    if path.is_dir():
        path /= f"{version.name.rpartition('/')[2]}-{version.version}.holo"
    if path.exists() and not force:
        raise FileExistsError(0, "is there already; --force replaces it", str(path))
    with moving(f"pulling {version}") as progress:
        shelf.pull(str(version), path, progress=progress)
    if json:
        print_json({"store": shelf.url, "file": str(path), **as_json(version)})
        return
    console.print(
        plain("✓ ", "green"),
        plain(f"{version} → {path} ({human_size(version.size)})"),
        sep="",
    )
    console.print(plain(f"  {version.id}", "dim"))
