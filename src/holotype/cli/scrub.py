"""``holotype scrub``: whether a store still holds what was put into it."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import msgspec
import typer

from holotype.cli.stores import Address, Json, at, counted, moving
from holotype.cli.terminal import console, human_size, plain, print_json
from holotype.signing.places import find_key
from holotype.store.findings import Scrubbed

NAME = "scrub"
EXAMPLES = (
    "`holotype scrub` · `holotype scrub --deep --report scrub.json --key audit.key` · "
    "`holotype scrub --from s3://bucket/models` · `holotype scrub --json | jq .sound`"
)


def command(
    source: Annotated[
        str | None,
        typer.Option("--from", help="Mend what is damaged from this store.", metavar="URL"),
    ] = None,
    deep: Annotated[
        bool, typer.Option("--deep", help="Also decode everything; slower, and surer.")
    ] = False,
    report: Annotated[
        Path | None, typer.Option(help="Write what was found to this file, as JSON.")
    ] = None,
    key: Annotated[
        str | None,
        typer.Option(help="Sign the report: a private key's file, keyring:NAME or PKCS #11 URI."),
    ] = None,
    restart: Annotated[
        bool, typer.Option("--restart", help="Do not go on where the last scrub was stopped.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Read everything in a store, compare it with its digests, and mend it from another store.

    A scrub that was stopped goes on where it was. With --key the report is signed, in a DSSE
    envelope beside it (FILE.dsse.json). Exits with 1 where something is damaged and was
    not mended.
    """
    if key is not None and report is None:
        raise typer.BadParameter("--key signs a --report")
    signing = (
        None
        if key is None
        else find_key(key, lambda words: str(typer.prompt(words, hide_input=True, err=True)))
    )
    shelf = at(store)
    other = None if source is None else at(source)
    with moving("scrubbing") as progress:
        found = shelf.scrub(
            deep=deep,
            source=other,
            resume=not restart,
            report=report,
            key=signing,
            progress=progress,
        )
    if json:
        print_json({"sound": found.sound, **msgspec.to_builtins(found)})
    else:
        _print(found)
    if not found.sound:
        raise typer.Exit(1)


def _print(found: Scrubbed) -> None:
    mark, style = ("✓", "green") if found.sound else ("✗", "red")
    console.print(plain(f"{mark} {found.store}", f"bold {style}"))
    deep = f", {counted(found.blocks, 'block')} decoded" if found.deep else ""
    resumed = f", begun on {found.begun.astimezone():%Y-%m-%d %H:%M}" if found.resumed else ""
    console.print(
        plain(
            f"  {counted(found.packs, 'pack')} of {human_size(found.bytes)}{deep}, "
            f"{counted(found.records, 'record')}, {counted(found.versions, 'version')}{resumed}"
        )
    )
    for each in found.damaged:
        mark, style = ("✓ mended", "green") if each.repaired else ("✗ damaged", "red")
        console.print(plain(f"  {mark} ", style), plain(f"{each.key}: {each.problem}"), sep="")
        if each.versions:
            console.print(plain(f"      needed by {', '.join(each.versions)}"))
    if not found.sound and found.source is None:
        console.print(plain("  → --from URL mends it from a store that has a copy"))
