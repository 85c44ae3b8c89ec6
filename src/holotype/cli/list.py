"""``holotype list``: which models a store has, and what they take."""

from __future__ import annotations

from collections.abc import Iterator

from rich.text import Text

from holotype.api.store import Entry
from holotype.cli.drawing import bar, draw
from holotype.cli.stores import Address, Json, at, counted, ratio
from holotype.cli.terminal import console, human_size, plain, print_json

NAME = "list"
EXAMPLES = (
    "`holotype list` · `holotype list --store s3://bucket/models` · "
    "`holotype list --json | jq -r '.models[].name'`"
)
_HEAD = ("model", "versions", "latest", "pushed", "stored", "", "full copies", "less", "tags")
_NUMBERS = (1, 4, 6, 7)
_BAR = 5


def command(store: Address = None, json: Json = False) -> None:
    """List the models of a store: versions, tags, and what is stored of what copies would take.

    Stored is what the store grew by when the versions were pushed; full copies are their archives.
    """
    shelf = at(store)
    entries, usage = shelf.list(), shelf.usage()
    if json:
        print_json(
            {
                "store": shelf.url,
                "versions": usage.versions,
                "stored": usage.stored,
                "size": usage.size,
                "models": [_row(entry) for entry in entries],
            }
        )
        return
    console.print(plain(shelf.url, "bold"))
    if not entries:
        console.print(plain("  no models yet; `holotype push NAME FILE` stores one"))
        return
    rows = [[plain(word, "dim") for word in _HEAD], *([*_cells(entry)] for entry in entries)]
    for line in draw(rows, bars=(_BAR,), right=_NUMBERS, spare=(3, 1, _BAR, 6, 8, 4)):
        console.print(line)
    console.print(
        plain(
            f"{counted(len(entries), 'model')}, {counted(usage.versions, 'version')}: "
            f"{human_size(usage.stored)} where full copies would take {human_size(usage.size)}"
        ),
        plain(f" ({ratio(usage.size, usage.stored)})", "bold") if usage.stored else "",
        sep="",
    )


def _row(entry: Entry) -> dict[str, object]:
    return {
        "name": entry.name,
        "versions": entry.versions,
        "latest": entry.latest.version,
        "pushed": entry.latest.pushed.isoformat(),
        "added": entry.added,
        "size": entry.size,
        "tags": entry.tags,
    }


def _cells(entry: Entry) -> Iterator[Text]:
    yield plain(entry.name, "bold")
    yield plain(f"{entry.versions:,}")
    yield plain(entry.latest.version)
    yield plain(f"{entry.latest.pushed.astimezone():%Y-%m-%d}", "dim")
    yield plain(human_size(entry.added))
    yield bar(entry.added, entry.size)
    yield plain(human_size(entry.size))
    yield plain(ratio(entry.size, entry.added))
    yield plain(", ".join(f"{tag} {version}" for tag, version in sorted(entry.tags.items())))
