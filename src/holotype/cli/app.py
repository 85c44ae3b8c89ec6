"""All commands in one application, and how errors become messages and exit codes."""

from __future__ import annotations

import sys
from typing import Annotated

import typer

from holotype.cli import (
    bench,
    bom,
    card,
    compress,
    convert,
    demo,
    diff,
    doctor,
    fingerprint,
    gc,
    init,
    keygen,
    load,
    log,
    pull,
    push,
    remove,
    scan,
    scrub,
    seal,
    show,
    tag,
    track,
    verify,
    wheels,
)
from holotype.cli import copy as copying
from holotype.cli import list as listing
from holotype.cli.completing import rejoin
from holotype.cli.terminal import errors, plain
from holotype.errors import (
    ConflictError,
    DamagedStoreError,
    HolotypeError,
    MissingLibraryError,
    StoreError,
)
from holotype.version import __version__

__all__ = ["app", "run"]

app = typer.Typer(
    name="holotype",
    no_args_is_help=True,
    rich_markup_mode="markdown",
    pretty_exceptions_enable=False,
    context_settings={"help_option_names": ["-h", "--help"]},
    help="Keep machine-learning models as data: look at archives, verify and compare them.",
)
for command in (
    *(demo, show, card, bom, load, doctor, wheels, verify),
    *(fingerprint, diff, scan, convert, bench, keygen, seal),
):
    app.command(name=command.NAME, epilog=f"**Examples:** {command.EXAMPLES}")(command.command)
app.command(
    name=track.NAME,
    epilog=f"**Examples:** {track.EXAMPLES}",
    rich_help_panel="Stores",
    context_settings={"ignore_unknown_options": True, "allow_interspersed_args": False},
)(track.command)
for command in (init, push, pull, listing, log, tag, remove, gc, scrub, copying, compress):
    app.command(
        name=command.NAME,
        epilog=f"**Examples:** {command.EXAMPLES}",
        rich_help_panel="Stores",
    )(command.command)

_CANNOT = (MissingLibraryError, StoreError)
_NO = (ConflictError, DamagedStoreError)


def _version(wanted: bool) -> None:
    if wanted:
        typer.echo(f"holotype {__version__}")
        raise typer.Exit


@app.callback()
def options(
    version: Annotated[
        bool,
        typer.Option("--version", callback=_version, is_eager=True, help="Show the version."),
    ] = False,
) -> None:
    """Keep machine-learning models as data: look at archives, verify and compare them."""


def run() -> None:
    """Run the application; every error that a user can meet ends in one message and a code."""
    rejoin()
    try:
        app()
    except HolotypeError as error:
        errors.print(plain(f"error: {error}", "red"))
        for note in getattr(error, "__notes__", ()):
            errors.print(plain(note))
        sys.exit(2 if isinstance(error, _CANNOT) and not isinstance(error, _NO) else 1)
    except OSError as error:
        what = error.strerror or str(error)
        where = f"{error.filename}: " if error.filename else ""
        errors.print(plain(f"error: {where}{what}", "red"))
        sys.exit(2)
    except KeyboardInterrupt:
        errors.print("interrupted")
        sys.exit(130)
