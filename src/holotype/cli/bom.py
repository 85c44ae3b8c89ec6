"""``holotype bom``: the bill of materials of a model, for programs."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated

import typer

from holotype.api.looking import bom
from holotype.cli.sources import meant

NAME = "bom"
EXAMPLES = (
    "`holotype bom churn.holo --output churn.cdx.json` · "
    "`holotype bom churn.holo --format spdx --output churn.spdx.json`"
)


class Format(StrEnum):
    """The standards that there are."""

    CYCLONEDX = "cyclonedx"
    SPDX = "spdx"


def command(
    file: Annotated[Path, typer.Argument(help="The archive, or a version in the store.")],
    format: Annotated[  # noqa: A002 - the name of the option
        Format, typer.Option("--format", help="CycloneDX 1.6 or SPDX 2.3, as JSON.")
    ] = Format.CYCLONEDX,
    output: Annotated[
        Path | None, typer.Option("--output", help="Write it to this file.", metavar="PATH")
    ] = None,
) -> None:
    """Write the bill of materials of a model: what it is, what it needs, what it was made from.

    Imports no framework and builds nothing of the file. The same archive gives the same bytes.
    """
    text = bom(meant(file), format=format.value)
    if output is None:
        typer.echo(text, nl=False)
    else:
        output.write_text(text, encoding="utf-8")
