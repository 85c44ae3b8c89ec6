"""``holotype seal``: stand for archives, with a key."""

from __future__ import annotations

from pathlib import Path
from typing import Annotated, Any

import typer

from holotype.api.bundles import sign_files
from holotype.api.sealing import seal
from holotype.api.store import Store
from holotype.cli.sources import meant
from holotype.cli.stores import Address
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.signing.places import find_key
from holotype.signing.seals import require_words

NAME = "seal"
EXAMPLES = (
    "`holotype seal churn.holo --key release.key --name churn --version 1.4.0` · "
    "`holotype seal churn.holo --key keyring:release --json` · "
    "`holotype seal churn@1.4.0 --key release.key` · "
    "`holotype seal churn.holo --key ecdsa.key --oms`"
)


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The archives, or versions in a store; with --oms also unpacked ones.",
            metavar="FILE...",
        ),
    ],
    key: Annotated[
        str,
        typer.Option(help="The private key: its file, keyring:NAME, or a PKCS #11 URI."),
    ],
    name: Annotated[
        str | None, typer.Option(help="By which name you mean the model, such as churn.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Which version of that name, such as 1.4.0.")
    ] = None,
    oms: Annotated[
        bool,
        typer.Option(
            "--oms",
            help="Write an OpenSSF model signature beside the archive, which stays as it is.",
        ),
    ] = False,
    signature: Annotated[
        Path | None,
        typer.Option(help="With --oms and one archive: where to; FILE.sig by default."),
    ] = None,
    store: Address = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Seal archives: sign their ids, and say by which name and version you mean them.

    Each is verified first, and replaced whole. Its id and its parts stay what they are; more seals
    can follow. A version in a store is sealed by its own name and number, and stays as it was
    pushed. The passphrase of the key is asked for, or taken from HOLOTYPE_PASSPHRASE.

    With --oms, a signature of the whole file is written beside it instead, which `model_signing
    verify key` checks. Sealing changes the file: sign last.

    Exits with 1 where an archive is damaged or the key cannot be used.
    """
    if signature is not None and (not oms or len(files) > 1):
        raise typer.BadParameter("--signature goes with --oms and one archive")
    if oms and (name is not None or version is not None):
        raise typer.BadParameter("an OpenSSF model signature says no --name and no --version")
    try:
        require_words(name, version)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    found = find_key(key, lambda words: str(typer.prompt(words, hide_input=True, err=True)))
    rows: list[dict[str, Any]] = []
    for file in files:
        with errors.status(plain(f"sealing {file}")):  # shows on a terminal only
            row: dict[str, Any]
            if oms:
                bundle = sign_files(file, found, signature=signature)
                row = {"signature": bundle.signature, "key": bundle.key, "files": bundle.files}
                said = f"{file}: signed by {bundle.key}, in {bundle.signature}"
            else:
                source = meant(file, store)
                if isinstance(source, Path):
                    made = seal(source, found, name=name, version=version)
                else:
                    made = Store(store, create=False).seal(str(file), found)
                row = {
                    "id": made.id,
                    "key": made.key,
                    "name": made.name,
                    "version": made.version,
                    "seal": made.member,
                    "size": made.size,
                }
                said = f"{file}: {made.id} sealed by {made.key}"
        rows.append({"file": str(file), **row})
        if not json:
            console.print(plain(said))
    if json:
        print_json(rows)
