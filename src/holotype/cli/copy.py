"""``holotype copy``: versions from one store to another."""

from __future__ import annotations

from typing import Annotated

import typer

from holotype.cli.completing import specs
from holotype.cli.stores import Address, Json, as_json, at, moving
from holotype.cli.terminal import console, human_size, plain, print_json

NAME = "copy"
EXAMPLES = (
    "`holotype copy churn@production --to s3://bucket/models` · "
    "`holotype copy churn --to backup/` · `holotype copy --all --tags --to backup/` · "
    "`holotype copy churn --store s3://bucket/models --to models/`"
)


def command(
    to: Annotated[str, typer.Option(help="The other store.", metavar="URL")],
    spec: Annotated[
        str | None,
        typer.Argument(
            help="NAME for all versions of a model; NAME@VERSION, NAME@TAG or the id for one.",
            autocompletion=specs,
        ),
    ] = None,
    everything: Annotated[bool, typer.Option("--all", help="Copy every version of it.")] = False,
    tags: Annotated[
        bool, typer.Option("--tags", help="Set the tags there as they are here.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Copy versions to another store; only what is missing there travels.

    They keep name, number, id, message and time. Exits with 1, and nothing is written, where
    another archive has one of the numbers there.
    """
    if (spec is None) != everything:
        raise typer.BadParameter("say which versions: NAME or NAME@VERSION, or --all for all")
    shelf, other = at(store), at(to)
    with moving(f"copying {spec or 'all'}") as progress:
        done = shelf.copy(other, spec, tags=tags, progress=progress)
    if json:
        print_json(
            {
                "store": shelf.url,
                "to": other.url,
                "versions": [as_json(version) for version in done.versions],
                "known": [str(version) for version in done.known],
                "removed": [str(version) for version in done.removed],
                "tags": list(done.tags),
                "added": done.added,
            }
        )
        return
    console.print(plain(f"{shelf.url} → {other.url}", "bold"))
    for version in done.versions:
        console.print(plain("✓ ", "green"), plain(str(version)), sep="")
    console.print(
        plain(
            f"{len(done.versions):,} copied, {len(done.known):,} there already: "
            f"{human_size(done.added)} added of {human_size(sum(v.size for v in done.versions))}"
        )
    )
    if done.removed:
        gone = ", ".join(str(version) for version in done.removed)
        console.print(plain(f"  removed there, and not copied: {gone}", "yellow"))
    if done.tags:
        console.print(plain(f"  tags set: {', '.join(done.tags)}"))
