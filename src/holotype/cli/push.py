"""``holotype push``: an archive becomes a version of a model."""

from __future__ import annotations

from collections.abc import Sequence
from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from holotype.api.store import Version
from holotype.cli.completing import names, tags
from holotype.cli.sources import meant
from holotype.cli.stores import Address, Json, as_json, at, moving, ratio
from holotype.cli.terminal import console, human_size, plain, print_json, safe
from holotype.errors import FormatError
from holotype.store.names import check_name, check_tag

NAME = "push"
EXAMPLES = (
    "`holotype push churn churn.holo` · "
    '`holotype push churn churn.holo --tag production --message "Trained on October"` · '
    "`holotype push churn churn.holo --version 2.0.0 --store s3://bucket/models` · "
    "`… --json | jq -r .version`"
)


class Level(StrEnum):
    """How hard to look for what is smaller."""

    NONE = "none"
    FAST = "fast"
    BALANCED = "balanced"
    SMALL = "small"


def command(
    name: Annotated[str, typer.Argument(help="The model.", autocompletion=names)],
    file: Annotated[Path, typer.Argument(help="The archive, or a version in this store.")],
    version: Annotated[
        str | None,
        typer.Option(
            help="Its number, such as 2.0.0; by default what follows from what changed.",
            metavar="NUMBER",
        ),
    ] = None,
    tag: Annotated[
        list[str] | None,
        typer.Option(
            help="A tag for it, such as production; may be repeated.",
            metavar="TAG",
            autocompletion=tags,
        ),
    ] = None,
    message: Annotated[
        str | None, typer.Option("--message", "-m", help="What is new.", metavar="TEXT")
    ] = None,
    level: Annotated[
        Level,
        typer.Option(help="How hard to look for what is smaller; none leaves arrays mappable."),
    ] = Level.BALANCED,
    store: Address = None,
    json: Json = False,
) -> None:
    """Store an archive as a new version of a model; what the store has of it is not stored again.

    The archive is verified first. The number follows from what changed. A model that is a version
    already stays that version; what this archive says otherwise is kept beside it.
    """
    check_name(name)  # before large files are read
    for each in tag or ():
        check_tag(each)
    shelf = at(store)
    new = False
    try:
        with moving(f"pushing {file.name}") as progress:

            def told(done: int, total: int) -> None:
                nonlocal new
                new = True  # there is no work on what is there already
                progress(done, total)

            pushed = shelf.push(
                name,
                meant(file, store),
                version=version,
                tags=tag or (),
                message=message,
                level=level.value,
                progress=told,
            )
    except FormatError as error:
        if error.clause == "2.1":
            error.add_note(
                "if it is an old model file (pickle, joblib, torch …), `holotype convert` makes "
                f"an archive of it: `holotype convert {safe(str(file))} {safe(file.stem)}.holo`"
            )
        raise
    if json:
        print_json({"store": shelf.url, "new": new, **as_json(pushed), "tags": tag or []})
        return
    _print(pushed, shelf.url, new=new, tagged=tag or ())


def _print(version: Version, url: str, *, new: bool, tagged: Sequence[str]) -> None:
    console.print(
        plain("✓ ", "green"), plain(str(version), "bold"), plain(f" in {url}", "dim"), sep=""
    )
    if new:
        said = f"{human_size(version.added)} added of {human_size(version.size)}"
        if 0 < version.added < version.size:
            said += f", {ratio(version.size, version.added)} less"
        console.print(plain(f"  {said}"))
        for reason in version.reasons:
            console.print(plain(f"  · {reason}"))
    else:
        since = version.pushed.astimezone()
        console.print(plain(f"  it has been there since {since:%Y-%m-%d %H:%M}"))
    for each in tagged:
        console.print(plain(f"  tagged {each}"))
    if version.level != "data":
        console.print(plain(f"  opening it asks for trust: {version.level}", "yellow"))
