"""What the commands on stores share: which store, how far it is, and a version as JSON.

Rule: a command makes no store on its way; only ``holotype init`` does.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Annotated, Any

import typer
from rich.progress import (
    BarColumn,
    DownloadColumn,
    Progress,
    TextColumn,
    TimeRemainingColumn,
    TransferSpeedColumn,
)

from holotype.api.store import Store, Version
from holotype.cli.terminal import errors, safe
from holotype.errors import NotInStoreError

__all__ = ["Address", "Json", "as_json", "at", "counted", "moving", "ratio"]

Address = Annotated[
    str | None,
    typer.Option(
        "--store",
        metavar="URL",
        help="A folder, s3://…, gs://… or az://…; else $HOLOTYPE_STORE, else one in your data "
        "directory.",
    ),
]
Json = Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")]


def at(address: str | None) -> Store:
    """The store at an address, which must be there."""
    try:
        return Store(address, create=False)
    except NotInStoreError as error:
        if "holotype init" not in str(error):
            where = "" if address is None else f" {safe(address)}"
            error.add_note(f"`holotype init{where}` makes one")
        raise


def as_json(version: Version) -> dict[str, Any]:
    """What a version's record says, without where its bytes are."""
    return {
        "name": version.name,
        "version": version.version,
        "id": version.id,
        "fingerprint": version.fingerprint,
        "size": version.size,
        "added": version.added,
        "pushed": version.pushed.isoformat(),
        "level": version.level,
        "parent": version.parent,
        "message": version.message,
        "reasons": list(version.reasons),
    }


def counted(number: int, what: str) -> str:
    """``1 version``, ``1,000 versions``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"


def ratio(whole: int, part: int) -> str:
    """How many times ``part`` goes into ``whole``: ``9.3 ×``."""
    return f"{whole / part:,.1f} ×" if part else ""


@contextmanager
def moving(what: str) -> Iterator[Callable[[int, int], None]]:
    """A bar with bytes and rate, on a terminal only; gives what is told (done, total) in bytes."""
    bar = Progress(
        TextColumn("{task.description}", markup=False),
        BarColumn(),
        DownloadColumn(),
        TransferSpeedColumn(),
        TimeRemainingColumn(),
        console=errors,
        transient=True,
        disable=not (errors.is_interactive and sys.stderr.isatty()),
    )
    with bar:
        task = bar.add_task(safe(what), total=None)

        def told(done: int, total: int) -> None:
            bar.update(task, completed=done, total=total)

        yield told
