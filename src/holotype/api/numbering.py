"""Which number a new version in a store gets: that which follows from what changed."""

from __future__ import annotations

from collections.abc import Sequence

from holotype.archive.reader import ArchiveReader
from holotype.compare import compare_archives
from holotype.compare.versions import next_version
from holotype.store.names import Number, parse_number
from holotype.store.records import Version
from holotype.store.stored import StoredArchive

__all__ = ["derived"]


def derived(
    before: Version, reader: ArchiveReader, old: StoredArchive
) -> tuple[Number, Sequence[str]]:
    """The number that follows on ``before``, whose archive is ``old``, and why that one."""
    number = parse_number(before.version)
    difference = compare_archives(old, reader, (str(before), before.name), measure=False)
    found = next_version(f"{number.major}.{number.minor}.{number.patch}", difference)
    reasons = [f"{reason.step}: {reason.what}" for reason in found.reasons]
    if found.step == "same":
        return number.next_patch(), ["patch: the model is the same, with other parts beside it"]
    if number.pre:  # what was released before it counts, and that is not known here
        return number.next_patch(), reasons
    return parse_number(found.version), reasons
