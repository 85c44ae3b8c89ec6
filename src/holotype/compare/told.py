"""The JSON form of ``holotype diff --json``: the difference, and what it means for a version.

Rule: members are added to it and never change their meaning or go, as long as ``format`` is 1.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec

from holotype.compare.difference import FORMAT, Difference
from holotype.compare.versions import Derived

__all__ = ["Told", "told_of", "told_schema"]


class Told(Difference, frozen=True, kw_only=True):
    """A difference with ``version``, and ``same``: what of the two archives is the same.

    *archive*: all, to the last byte of what they say; *model*: the model, whatever they say of it.
    """

    same: Literal["archive", "model", "nothing"]
    version: Derived


def told_of(difference: Difference, version: Derived) -> Told:
    """Both in one."""
    same: Literal["archive", "model", "nothing"] = "nothing"
    if difference.same_model:
        same = "archive" if difference.same_archive else "model"
    members = {name: getattr(difference, name) for name in Difference.__struct_fields__}
    return Told(**members, same=same, version=version)


def told_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of that form; ``docs/diff.schema.json`` is this."""
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:holotype:diff:{FORMAT}",
        "title": f"What holotype diff --json prints, format {FORMAT}",
        **msgspec.json.schema(Told),
    }
