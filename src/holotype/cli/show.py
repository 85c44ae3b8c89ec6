"""``holotype show``: what is in an archive."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import msgspec
import typer
from rich.table import Table

from holotype.api.looking import Archive, show
from holotype.cli.facts import facts
from holotype.cli.outline import outline
from holotype.cli.sealed import lines, seen_row
from holotype.cli.sources import meant
from holotype.cli.terminal import console, human_size, plain, print_json, safe

NAME = "show"
EXAMPLES = (
    "`holotype show churn.holo` · `holotype show churn.holo --arrays` · "
    "`holotype show churn.holo --source` · `… --json | jq .id`"
)
_MAX_NEEDS = 20


def command(
    file: Annotated[Path, typer.Argument(help="The archive, or a version in the store.")],
    arrays: Annotated[bool, typer.Option("--arrays", help="List every array.")] = False,
    depth: Annotated[
        int, typer.Option(min=1, max=60, help="How many levels of the model to draw.")
    ] = 6,
    source: Annotated[
        bool, typer.Option("--source", help="Print the code that the archive carries.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Show the model in an archive: its hyper-parameters, arrays, sizes, origin and seals.

    Imports no framework and builds nothing of the file, so it is safe on files from anyone. Of a
    seal it says whether its signature fits; whether it counts is for `holotype verify` to say.
    """
    archive = show(meant(file))
    if json:
        print_json(as_json(archive))
        return
    _header(archive, file)
    _seals(archive)
    console.print()
    console.print(outline(archive.blueprint, depth=depth), soft_wrap=False)
    if arrays:
        console.print()
        console.print(_arrays(archive))
    if source:
        _sources(archive)


def as_json(archive: Archive) -> dict[str, Any]:
    """The archive's description, without the blueprint's nodes."""
    return {
        "id": archive.id,
        "fingerprint": archive.fingerprint,
        "size": archive.size,
        "level": archive.level,
        "needs": [
            {
                "level": str(need.level),
                "what": need.what,
                "argument": need.argument,
                "path": need.path,
            }
            for need in archive.needs
        ],
        "sources": [
            {"name": source.name, "digest": source.digest, "text": source.text}
            for source in archive.sources
        ],
        "seals": [seen_row(seal) for seal in archive.seals],
        "manifest": msgspec.to_builtins(archive.manifest),
        "arrays": [
            {name: getattr(info, name) for name in info.__struct_fields__}
            for info in archive.arrays
        ],
    }


def _header(archive: Archive, file: Path) -> None:
    manifest, model = archive.manifest, archive.manifest.model
    rows = {
        "model": f"{model.type} ({model.kind})",
        "fingerprint": archive.fingerprint,
        "id": archive.id,
        "arrays": f"{model.arrays} with {model.parameters:,} elements, {human_size(model.bytes)}",
        "created": manifest.created + (f" by {manifest.author}" if manifest.author else ""),
        "with": ", ".join(
            f"{name:.60} {version:.60}" for name, version in manifest.libraries.items()
        ),
    }
    if archive.needs:
        rows["trust"] = f"{archive.level}: " + "; ".join(
            f"{need.what} ({need.argument})" for need in archive.needs[:_MAX_NEEDS]
        )
        if len(archive.needs) > _MAX_NEEDS:
            rows["trust"] += f"; and {len(archive.needs) - _MAX_NEEDS} more"
    elif archive.known:
        rows["trust"] = "data: opening it needs none"
    rows.update(facts(manifest))
    if manifest.metadata:
        rows["metadata"] = msgspec.json.encode(manifest.metadata).decode()
    console.print(plain(f"{file.name}  {human_size(archive.size)}", "bold"))
    for name, value in rows.items():
        console.print(plain(f"{name:<12}", "dim"), plain(value), sep="")


def _seals(archive: Archive) -> None:
    """Who sealed the archive, by what the seals say; whether that counts is not said here."""
    for seal in archive.seals:
        for number, line in enumerate(lines(seal)):
            console.print(plain(f"{'' if number else 'sealed':<12}", "dim"), plain(line), sep="")
    said = (
        "these seals were not held against a policy: `holotype verify` says whether they count"
        if archive.seals
        else "not sealed"
    )
    console.print(plain(f"{'seals':<12}", "dim"), plain(said), sep="")


def _sources(archive: Archive) -> None:
    if not archive.sources:
        console.print(plain("\nThe archive carries no code.", "dim"))
    for source in archive.sources:
        console.print()
        console.print(plain(f"{source.name}  code:{source.digest}", "bold"))
        for line in source.text.splitlines():
            console.print(plain(f"    {line}"))


def _arrays(archive: Archive) -> Table:
    table = Table("array", "dtype", "shape", "size", "digest", box=None, header_style="dim")
    for info in sorted(archive.arrays, key=lambda info: -info.size):
        dtype = info.dtype if len(info.dtype) <= 20 else "structured"
        table.add_row(
            plain(info.name),
            plain(dtype),
            " × ".join(map(str, info.shape)),
            human_size(info.size),
            safe(info.digest.partition(":")[2][:12]),
        )
    return table
