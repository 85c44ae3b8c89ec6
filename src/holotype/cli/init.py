"""``holotype init``: a place for models and their versions."""

from __future__ import annotations

from typing import Annotated

import typer

from holotype.api.store import Store
from holotype.cli.stores import Json
from holotype.cli.terminal import console, plain, print_json
from holotype.errors import NotInStoreError

NAME = "init"
EXAMPLES = (
    "`holotype init` · `holotype init models/` · `holotype init s3://bucket/models` · "
    "`HOLOTYPE_STORE=models holotype init`"
)


def command(
    url: Annotated[
        str | None,
        typer.Argument(
            help="A folder, s3://…, gs://… or az://…; else $HOLOTYPE_STORE, else one in your data "
            "directory.",
            metavar="[URL]",
        ),
    ] = None,
    json: Json = False,
) -> None:
    """Make an empty store, where models are kept by name and version and each part only once.

    Where there is a store already, nothing happens. A bucket must exist.
    """
    made = False
    try:
        store = Store(url, create=False)
    except NotInStoreError:
        store = Store(url, create=True)
        made = True
    if json:
        print_json({"store": store.url, "made": made})
        return
    said = "a new store" if made else "there is a store already"
    console.print(plain("✓ ", "green"), plain(f"{store.url}: {said}"), sep="")
    if url is not None:
        console.print(plain("  HOLOTYPE_STORE with this address makes it the default", "dim"))
