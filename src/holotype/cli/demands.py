"""The options by which a command asks for seals, and what a function is given for them."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path
from typing import Annotated, Any

import typer

from holotype.signing.keys import public_pem
from holotype.signing.places import read_public
from holotype.trust.policy import Policy
from holotype.trust.signers import is_key_id

__all__ = ["Keys", "Name", "PolicyFile", "VersionOfName", "demands"]

PolicyFile = Annotated[
    Path | None,
    typer.Option(
        "--policy", help="Whose seals count, instead of your configuration file: a TOML file."
    ),
]
Keys = Annotated[
    list[str] | None,
    typer.Option(
        "--key",
        help="Fail unless this key sealed it: a public key's file or its id; may be repeated.",
    ),
]
Name = Annotated[
    str | None,
    typer.Option("--name", help="Fail unless it is sealed by this name, by who is trusted."),
]
VersionOfName = Annotated[str | None, typer.Option("--version", help="Which version of that name.")]


def demands(
    policy: Path | None, keys: Iterable[str], name: str | None, version: str | None
) -> dict[str, Any]:
    """The arguments of ``verify`` and ``load`` that these options stand for."""
    return {
        "policy": None if policy is None else Policy.from_file(policy),
        "keys": [_key(each) for each in keys],
        "name": name,
        "version": version,
    }


def _key(text: str) -> str:
    """The id of a key, or its public key in PEM from a file."""
    return text if is_key_id(text) else public_pem(read_public(text)).decode()
