"""``holotype card``: what is known of a model, for people."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated

import typer

from holotype.api.looking import card
from holotype.cli.sources import meant

NAME = "card"
EXAMPLES = (
    "`holotype card churn.holo --output README.md` · "
    "`holotype card churn.holo --html --output churn.html`"
)


def command(
    file: Annotated[Path, typer.Argument(help="The archive, or a version in the store.")],
    html: Annotated[
        bool, typer.Option("--html", help="One HTML page with plots instead of Markdown.")
    ] = False,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it to this file.", metavar="PATH")
    ] = None,
) -> None:
    """Write the model card of an archive, as Markdown that the Hugging Face Hub reads or as HTML.

    Imports no framework and builds nothing of the file, whose text is escaped.
    """
    text = card(meant(file), format="html" if html else "markdown")
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
