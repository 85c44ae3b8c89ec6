"""``holotype log``: the history of a model."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from typing import Annotated

import typer
from rich.text import Text

from holotype.api.store import Note, Version
from holotype.cli.completing import names
from holotype.cli.drawing import bar, draw
from holotype.cli.stores import Address, Json, as_json, at, counted, ratio
from holotype.cli.terminal import console, human_size, plain, print_json
from holotype.signing.seals import Seal, said_as

NAME = "log"
EXAMPLES = (
    "`holotype log churn` · `holotype log churn --removed` · "
    "`holotype log churn --json | jq -r '.versions[0].id'`"
)
_BAR = 3
_NUMBERS = (4, 5)
_SHORT = 19  # characters of the id of a key


def command(
    name: Annotated[str, typer.Argument(help="The model.", autocompletion=names)],
    removed: Annotated[
        bool, typer.Option("--removed", help="Also show versions that were removed, and why.")
    ] = False,
    store: Address = None,
    json: Json = False,
) -> None:
    """Show the versions of a model, the latest first: when, tags, sizes, and what was said of them.

    The bar is what the store grew by, of what a full copy would take.
    """
    shelf = at(store)
    versions = shelf.log(name, removed=removed)[::-1]
    if not versions:
        shelf.find(name)  # says what there is instead
    tags: dict[str, list[str]] = {}
    for tag in shelf.tags(name):
        tags.setdefault(tag.version, []).append(tag.tag)
    seals = {version.version: shelf.seals(version) for version in versions}
    notes = {version.version: shelf.notes(version) for version in versions}
    if json:
        rows = [
            _row(version, tags, seals[version.version], notes[version.version])
            for version in versions
        ]
        print_json({"store": shelf.url, "name": name, "versions": rows})
        return
    added, size = sum(each.added for each in versions), sum(each.size for each in versions)
    count = counted(len(versions), "version")
    console.print(
        plain(name, "bold"),
        plain(f"  {count}: {human_size(added)} of {human_size(size)}  {ratio(size, added)}"),
        plain(f"  {shelf.url}", "dim"),
        sep="",
    )
    lines = draw(
        [list(_cells(version, tags)) for version in versions],
        bars=(_BAR,),
        right=_NUMBERS,
        spare=(6, _BAR, 5),
    )
    for version, line in zip(versions, lines, strict=True):
        console.print(line)
        for text in _said(version):
            console.print(plain(f"    {text}"))
        for text in _beside(seals[version.version], notes[version.version]):
            console.print(plain(f"    {text}", "dim"))


def _row(
    version: Version,
    tags: Mapping[str, Sequence[str]],
    seals: Sequence[Seal],
    notes: Sequence[Note],
) -> dict[str, object]:
    gone = None if version.removed is None else version.removed.isoformat()
    return {
        **as_json(version),
        "tags": sorted(tags.get(version.version, ())),
        "removed": gone,
        "why_removed": version.why_removed,
        "seals": [
            {
                "key": seal.key,
                "name": seal.name,
                "version": seal.version,
                "created": seal.created.isoformat(),
            }
            for seal in seals
        ],
        "notes": [
            {"id": note.id, "noted": note.noted.isoformat(), "message": note.message}
            for note in notes
        ],
    }


def _cells(version: Version, tags: Mapping[str, Sequence[str]]) -> Iterator[Text]:
    yield plain(version.version, "dim strike" if version.removed else "bold")
    yield plain(f"{version.pushed.astimezone():%Y-%m-%d %H:%M}", "dim")
    yield plain(", ".join(sorted(tags.get(version.version, ()))), "cyan")
    yield bar(version.added, version.size)
    yield plain(human_size(version.added))
    yield plain(f"of {human_size(version.size)}")
    yield plain(f"from {version.parent}" if version.parent else "", "dim")


def _said(version: Version) -> Iterator[str]:
    yield from (version.message or "").splitlines()
    for reason in version.reasons:
        yield f"· {reason}"
    if version.removed is not None:
        why = f": {version.why_removed}" if version.why_removed else ""
        yield f"removed on {version.removed.astimezone():%Y-%m-%d}{why}"


def _beside(seals: Sequence[Seal], notes: Sequence[Note]) -> Iterator[str]:
    for seal in seals:
        what = said_as(seal.name, seal.version)
        yield f"sealed{what} on {seal.created:%Y-%m-%d} by {seal.key[:_SHORT]}…"
    for note in notes:
        message = f": {note.message}" if note.message else ""
        yield f"the same model again on {note.noted.astimezone():%Y-%m-%d}{message}"
