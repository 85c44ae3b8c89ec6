"""Write the hostile files: ``python -m attacks.make FOLDER``, or list them: ``--table``.

The same bytes each time, on every machine.
"""

from __future__ import annotations

import sys
from pathlib import Path

from attacks import (
    blueprint,
    bombs,
    catboost,
    container,
    contents,
    extensions,
    jax,
    keras,
    ladder,
    lightgbm,
    manifest,
    objects,
    parameters,
    seals,
    statsmodels,
    trust,
    xgboost,
)
from attacks.incidents import INCIDENTS, Incident
from attacks.registry import ATTACKS, Attack

__all__ = ["ATTACKS", "main", "table"]

ROOMS = (
    container,
    manifest,
    parameters,
    blueprint,
    objects,
    contents,
    trust,
    bombs,
    extensions,
    catboost,
    lightgbm,
    statsmodels,
    xgboost,
    jax,
    keras,
    ladder,
    seals,
)
"""The modules that hold attacks; importing them has registered what they make."""


def main(arguments: list[str]) -> int:
    """Do what the command line asks; the status of the process."""
    if arguments == ["--table"]:
        sys.stdout.write(table())
        return 0
    if len(arguments) != 1 or arguments[0].startswith("-"):
        sys.stderr.write("usage: python -m attacks.make FOLDER | --table\n")
        return 2
    folder = Path(arguments[0])
    folder.mkdir(parents=True, exist_ok=True)
    for attack in ATTACKS.values():
        (folder / attack.file).write_bytes(attack.make())
    sys.stdout.write(f"{len(ATTACKS)} hostile files in {folder}: do not feed them to pickle\n")
    return 0


def table() -> str:
    """The tables of README.md."""
    parts = []
    for room in ROOMS:
        name = room.__name__.rpartition(".")[2]
        about = (room.__doc__ or "").partition("\n")[0]
        rows = [_row(attack) for attack in ATTACKS.values() if attack.name.startswith(f"{name}-")]
        head = "| file | what it tries | `load` says | clause |\n| --- | --- | --- | --- |\n"
        parts.append(f"## {name}\n\n{about}\n\n{head}{''.join(rows)}")
    rows = [
        f"| {each.source} | {each.where} | {each.what} | {_named(each)} |\n" for each in INCIDENTS
    ]
    head = "| source | found in | what happened | attacks |\n| --- | --- | --- | --- |\n"
    about = "Public vulnerabilities and bypasses, and the attacks that re-enact them here."
    parts.append(f"## incidents\n\n{about}\n\n{head}{''.join(rows)}")
    return "\n".join(parts)


def _named(incident: Incident) -> str:
    """The attacks of an incident; a beginning that many share stands for all of them."""
    return ", ".join(
        f"`{name}…`" if name not in ATTACKS else f"`{name}`" for name in incident.attacks
    )


def _row(attack: Attack) -> str:
    error = "loads, within the limits" if attack.error is None else f"`{attack.error.__name__}`"
    return f"| `{attack.file}` | {attack.aim} | {error} | {attack.clause} |\n"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
