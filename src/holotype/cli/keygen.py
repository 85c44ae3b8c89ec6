"""``holotype keygen``: a key to seal archives with."""

from __future__ import annotations

import os
from enum import StrEnum
from typing import Annotated

import typer

from holotype.api.sealing import keygen
from holotype.cli.terminal import console, plain, print_json
from holotype.signing.places import KEYRING, PASSPHRASE

NAME = "keygen"
EXAMPLES = (
    "`holotype keygen release.key` · `holotype keygen release.key --algorithm ecdsa-p256` · "
    "`holotype keygen keyring:release --json`"
)


class Algorithms(StrEnum):
    """What keys are for."""

    ED25519 = "ed25519"
    ECDSA_P256 = "ecdsa-p256"


def command(
    key: Annotated[
        str,
        typer.Argument(
            help="Where to keep it: a new file, beside which its public key comes as KEY.pub; or "
            "keyring:NAME, in the keyring of this machine.",
            metavar="KEY",
        ),
    ],
    algorithm: Annotated[
        Algorithms, typer.Option(help="ecdsa-p256 also makes OpenSSF model signatures.")
    ] = Algorithms.ED25519,
    unlocked: Annotated[
        bool,
        typer.Option("--unlocked", help="Without a passphrase; only its owner can read the file."),
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Make a key to seal archives with.

    The passphrase that locks it is asked for, or taken from HOLOTYPE_PASSPHRASE. Exits with 1
    where there is a key already: none is written over.
    """
    passphrase = None
    if not unlocked and not key.startswith(KEYRING):
        passphrase = os.environ.get(PASSPHRASE)
        if passphrase is None:
            passphrase = typer.prompt(
                "Passphrase", hide_input=True, confirmation_prompt=True, err=True
            )
    made = keygen(key, algorithm=algorithm.value, passphrase=passphrase, unlocked=unlocked)
    if json:
        print_json(
            {
                "id": made.id,
                "algorithm": made.algorithm,
                "private": made.private_path,
                "public": made.public_path,
                "pem": made.public,
            }
        )
        return
    console.print(plain(made.id, "bold"))
    console.print(plain(f"  private  {made.private_path}: keep it to yourself"))
    if made.public_path is not None:
        console.print(plain(f"  public   {made.public_path}: give it to who opens your models"))
    console.print(plain("  policy   [signers.NAME]"))
    console.print(plain(f'           keys = ["{made.id}"]'))
