"""``holotype compress``: an archive in less space, in a file by itself."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Literal

import typer

from holotype.api.compressing import compress, decompress
from holotype.cli.stores import Json, moving, ratio
from holotype.cli.terminal import console, human_size, plain, print_json

NAME = "compress"
EXAMPLES = (
    "`holotype compress churn.holo` · `holotype compress churn.holo small.holo --level small` · "
    "`holotype compress --decompress churn.z.holo churn.holo`"
)
_SUFFIX = ".z.holo"


def command(
    file: Annotated[Path, typer.Argument(help="The archive.")],
    target: Annotated[
        Path | None,
        typer.Argument(help="The file to write; by default it ends with .z.holo, here."),
    ] = None,
    level: Annotated[
        Literal["fast", "balanced", "small"],
        typer.Option(help="How hard to look for what is smaller."),
    ] = "balanced",
    back: Annotated[
        bool,
        typer.Option(
            "--decompress", "-d", help="The other way: from a compressed archive to a plain one."
        ),
    ] = False,
    force: Annotated[
        bool, typer.Option("--force", "-f", help="Replace a file that is there already.")
    ] = False,
    json: Json = False,
) -> None:
    """Write an archive in compressed form, which every command and `holotype.load` opens as it is.

    Everything in it is verified first. It cannot be mapped. With --decompress, the archive comes
    back byte by byte.
    """
    path = target or Path(_renamed(file.name, back=back))
    if path.exists() and not force:
        raise FileExistsError(0, "is there already; --force replaces it", str(path))
    if back:
        with moving(f"decompressing {file.name}") as progress:
            done = decompress(file, path, progress=progress)
    else:
        with moving(f"compressing {file.name}") as progress:
            done = compress(file, path, level=level, progress=progress)
    if json:
        row = {"id": done.id, "size": done.size, "compressed": done.compressed}
        print_json({"source": str(file), "target": str(path), **row})
        return
    sizes = [human_size(size) for size in (done.size, done.compressed)]
    before, after = reversed(sizes) if back else sizes
    console.print(
        plain("✓ ", "green"),
        plain(f"{file} → {path}: {before} → {after} ({ratio(done.size, done.compressed)})"),
        sep="",
    )


def _renamed(name: str, *, back: bool) -> str:
    stem = name.removesuffix(".holo").removesuffix(".z")
    return f"{stem}.holo" if back else f"{stem}{_SUFFIX}"
