"""``holotype gc``: what no version needs is deleted."""

from __future__ import annotations

from typing import Annotated

import typer

from holotype.cli.stores import Address, Json, at, counted, moving
from holotype.cli.terminal import console, human_size, plain, print_json
from holotype.store.collecting import Collected

NAME = "gc"
EXAMPLES = (
    "`holotype gc --dry-run` · `holotype gc` · `holotype gc --store s3://bucket/models --json`"
)


def command(
    dry_run: Annotated[
        bool, typer.Option("--dry-run", "-n", help="Only say what would be deleted.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Delete what no version needs any more, and what killed writers left behind.

    It is safe at any time, whoever reads and pushes meanwhile: what a writer at work may rely on
    stays until the next time.
    """
    shelf = at(store)
    with moving("collecting") as progress:
        done = shelf.gc(dry_run=dry_run, progress=progress)
    if json:
        print_json({"store": shelf.url, **_row(done)})
        return
    would = "would be " if dry_run else ""
    console.print(plain(shelf.url, "bold"))
    console.print(
        plain("✓ ", "green"),
        plain(
            f"{human_size(done.freed)} {would}freed: {counted(done.packs, 'pack')} {would}deleted"
        ),
        plain(f", {done.rewritten:,} of them for what is left of them" if done.rewritten else ""),
        sep="",
    )
    for version in done.completed:
        console.print(plain(f"  {version} {would}completed, which a dead writer had announced"))
    for what, count in (
        ("intents of dead writers", done.writers),
        ("notes that lead nowhere", done.notes),
        ("seals and notes of removed versions", done.words),
        ("temporary files", done.files),
    ):
        if count:
            console.print(plain(f"  {what} {would}deleted: {count:,}"))
    for each in done.waiting:
        by = f" for {', '.join(each.writers)}" if each.writers else ""
        console.print(plain(f"  pack {each.pack[:12]} ({human_size(each.size)}) waits{by}", "dim"))
    for pack in done.damaged:
        console.print(plain(f"  pack {pack[:12]} cannot be read: `holotype scrub`", "yellow"))


def _row(done: Collected) -> dict[str, object]:
    return {
        "dry_run": done.dry_run,
        "freed": done.freed,
        "packs": done.packs,
        "rewritten": done.rewritten,
        "waiting": [
            {"pack": each.pack, "size": each.size, "writers": list(each.writers)}
            for each in done.waiting
        ],
        "writers": done.writers,
        "completed": list(done.completed),
        "notes": done.notes,
        "words": done.words,
        "files": done.files,
        "damaged": list(done.damaged),
    }
