"""Which writers are at work, and ending those that are not, in a way that they cannot undo.

Rule: being wrong about a writer's death costs it its work, and nobody a version.
"""

from __future__ import annotations

from contextlib import suppress
from typing import NamedTuple

import msgspec

from holotype.errors import ConflictError, DamagedStoreError, NotInStoreError
from holotype.store.places.place import Found, Place
from holotype.store.processes import has_ended
from holotype.store.pushing import WRITERS, complete
from holotype.store.records import Version, Writer, parse, render
from holotype.store.tidying import SILENCE

__all__ = ["Writers", "look_at_writers"]


class Writers(NamedTuple):
    """The intents of ``living`` writers by key, how many others were ``dead``, and of these the
    versions that they had announced: ``completed``, or only ``announced`` if nothing is to change.
    """

    living: dict[str, Writer]
    dead: int
    completed: tuple[str, ...]
    announced: tuple[Version, ...]


def look_at_writers(place: Place, *, bury: bool) -> Writers:
    """All writers; with ``bury`` those that are dead are ended, and what they had announced is made
    a version.
    """
    living: dict[str, Writer] = {}
    dead = 0
    completed: list[str] = []
    announced: list[Version] = []
    for found in list(place.list(WRITERS)):
        try:
            writer = parse(Writer, place.read(found.key), found.key)
        except NotInStoreError:
            continue
        except DamagedStoreError:
            writer = Writer(process="?")  # as good as one that has said nothing yet
        if not _is_dead(place, writer, found):
            living[found.key] = writer
        elif not bury:
            dead += 1
            announced += [] if writer.version is None else [writer.version]
        elif _end(place, writer, found):
            dead += 1
            completed += _complete(place, writer)
            place.delete(found.key)
        else:
            living[found.key] = writer
    return Writers(living, dead, tuple(completed), tuple(announced))


def _is_dead(place: Place, writer: Writer, found: Found) -> bool:
    if writer.ended or has_ended(writer.process):
        return True
    return place.now() - found.modified > SILENCE


def _end(place: Place, writer: Writer, found: Found) -> bool:
    """End a writer; False if it turns out to be alive."""
    if not writer.ended:
        ended = msgspec.structs.replace(writer, ended=True)
        try:
            place.write(found.key, render(ended), found)
        except ConflictError:
            return False
    return True


def _complete(place: Place, writer: Writer) -> list[str]:
    """Make what a writer had announced a version, in its place."""
    if writer.version is not None:
        with suppress(ConflictError, NotInStoreError):  # the number went to somebody else
            complete(place, writer.version)
            return [str(writer.version)]
    return []
