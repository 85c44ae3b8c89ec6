"""``holotype tag``: a name for a version, which may move."""

from __future__ import annotations

from typing import Annotated

import typer

from holotype.cli.completing import specs, tags
from holotype.cli.stores import Address, Json, at
from holotype.cli.terminal import console, plain, print_json

NAME = "tag"
EXAMPLES = (
    "`holotype tag churn@1.4.0 production` · `holotype tag churn@production checked` · "
    "`holotype tag --delete churn production`"
)


def command(
    spec: Annotated[
        str,
        typer.Argument(
            help="Which version: NAME (the latest), NAME@VERSION, NAME@TAG, or the id; "
            "with --delete, the NAME.",
            autocompletion=specs,
        ),
    ],
    tag: Annotated[str, typer.Argument(help="The tag, such as production.", autocompletion=tags)],
    delete: Annotated[
        bool, typer.Option("--delete", "-d", help="Take the tag away; the version stays.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Give a version a tag, such as production; a tag that another version has moves."""
    shelf = at(store)
    if delete:
        before = shelf.find(f"{spec}@{tag}")
        shelf.untag(spec, tag)
        row = {"name": spec, "tag": tag, "version": None, "before": before.version}
        said = f"{spec}: {tag} is taken away from {before.version}"
    else:
        made = shelf.tag(spec, tag)
        row = {"name": made.name, "tag": made.tag, "version": made.version}
        said = f"{made.name}@{made.tag} is {made.version}"
    if json:
        print_json({"store": shelf.url, **row})
        return
    console.print(plain("✓ ", "green"), plain(said), plain(f" in {shelf.url}", "dim"), sep="")
