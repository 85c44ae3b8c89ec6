"""Tab completion from the store: names, versions, tags.

Rule: it is quick and says nothing. A store elsewhere is not asked, and no error is shown.
"""

from __future__ import annotations

import os
from contextlib import suppress

import typer

from holotype.errors import HolotypeError
from holotype.store.names import LATEST
from holotype.store.places.opening import open_place
from holotype.store.shelf import Shelf

__all__ = ["names", "rejoin", "specs", "tags"]

Items = list[str | tuple[str, str]]
_BREAKS = ("@", ":", "=")
_STARTED = "_HOLOTYPE_WORD"  # what stands before the part of a word that bash asks about


def rejoin() -> None:
    """Join the words that bash took apart at ``@``, ``:`` and ``=`` before it asked.

    Bash replaces only the last part of such a word, so what stands before it is set aside.
    """
    if os.environ.get("_HOLOTYPE_COMPLETE") != "complete_bash":
        return
    words = os.environ.get("COMP_WORDS", "").split("\n")
    at = os.environ.get("COMP_CWORD", "")
    if not at.isdigit():
        return
    joined: list[str] = []
    for word in words[: int(at) + 1]:
        glued = joined[1:] and (word[:1] in _BREAKS or joined[-1][-1:] in _BREAKS)
        joined[-1:] = [joined[-1] + word] if glued else [*joined[-1:], word]
    *before, last = joined
    # What follows : is replaced alone; what follows @, together with it.
    cut = 0 if last.startswith("-") else max(last.rfind(":") + 1, last.rfind("@"), 0)
    os.environ[_STARTED] = last[:cut]
    os.environ["COMP_WORDS"] = "\n".join([*before, last[cut:]])
    os.environ["COMP_CWORD"] = str(len(before))


def names(context: typer.Context, incomplete: str) -> Items:
    """Models."""
    with suppress(HolotypeError, OSError, ValueError):
        return _finish(incomplete, [(name, "") for name in _names(_shelf(context))])
    return []


def specs(context: typer.Context, incomplete: str) -> Items:
    """Models, and after ``@`` the versions and tags of one."""
    with suppress(HolotypeError, OSError, ValueError):
        shelf = _shelf(context)
        name, found, _ = (os.environ.get(_STARTED, "") + incomplete).partition("@")
        if not found:
            return _finish(incomplete, [(name, "") for name in _names(shelf)])
        items = [(tag.tag, tag.version) for tag in shelf.tags(name)]
        versions = shelf.versions(name)[::-1]
        if versions:
            items.append((LATEST, versions[0].version))
        items += [(each.version, f"{each.pushed:%Y-%m-%d}") for each in versions]
        return _finish(incomplete, [(f"{name}@{what}", why) for what, why in items])
    return []


def tags(context: typer.Context, incomplete: str) -> Items:
    """The tags of the model that is named before, or of all."""
    with suppress(HolotypeError, OSError, ValueError):
        name = str(context.params.get("spec") or "").partition("@")[0]
        found = _shelf(context).tags(name or None)
        return _finish(incomplete, [(tag, "") for tag in sorted({each.tag for each in found})])
    return []


def _shelf(context: typer.Context) -> Shelf:
    given = context.params.get("store")
    address = str(given or os.environ.get("HOLOTYPE_STORE") or "")
    if "://" in address and not address.startswith("file://"):
        raise ValueError("it is elsewhere")
    return Shelf(open_place(address or None))


def _names(shelf: Shelf) -> list[str]:
    """By the keys alone, so that no record is read."""
    keys = (found.key for found in shelf.place.list("versions/"))
    return sorted({key.removeprefix("versions/").rpartition("/")[0] for key in keys})


def _finish(incomplete: str, items: list[tuple[str, str]]) -> Items:
    """Those that go on as what was typed, without what the shell has set aside."""
    set_aside = os.environ.get(_STARTED, "")
    typed = set_aside + incomplete
    return [
        (value.removeprefix(set_aside), why) if why else value.removeprefix(set_aside)
        for value, why in items
        if value.startswith(typed)
    ]
