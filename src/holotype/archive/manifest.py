"""``manifest.json``: θ, and the table of the other parts with their sizes and digests.

The id of an archive is the SHA-256 of these bytes, so there is one spelling of every manifest: the
one that encoding its value gives (SPEC section 5). What it may say of the model, its data and its
environment is in ``theta.py``.
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from holotype.archive.theta import (
    About,
    Dataset,
    Environment,
    Inputs,
    Metric,
    Origin,
    Outputs,
    Parent,
    ProbeInfo,
    Step,
    Twin,
)
from holotype.digest import Digest
from holotype.errors import FormatError, LimitError
from holotype.structs import reader_of

__all__ = [
    "FORMAT",
    "MAX_BLUEPRINT",
    "MAX_MANIFEST",
    "MAX_NESTING",
    "TIME",
    "Manifest",
    "ModelInfo",
    "Part",
    "manifest_schema",
    "nesting",
    "parse_manifest",
    "said_of",
]

FORMAT = 1
MAX_MANIFEST = 16 << 20
MAX_BLUEPRINT = 1 << 30
"""Bytes: both are read whole before anything in them is believed (SPEC 5.5)."""
MAX_NESTING = 100
"""Objects and arrays inside each other in the metadata, itself included, and likewise in what is
said of the model with its hyper-parameters (SPEC 5.2)."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
TIME = re.compile(r"[0-9]{4}-[01][0-9]-[0-3][0-9]T[0-2][0-9]:[0-5][0-9]:[0-5][0-9]Z")
"""The form of every time that an archive states (SPEC 5.2)."""


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One other member. ``digest`` covers its first ``head`` bytes, or all where that is absent."""

    name: str
    size: int
    digest: Digest
    head: int | None = None


class ModelInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """What the model is.

    ``type`` is the public path of its class; ``kind`` is one of those that SPEC 5.2 lists;
    ``parameters`` counts the elements of all stored arrays and ``bytes`` their size.
    ``hyperparameters`` are those of the model itself, ``steps`` the parts that it is made of.
    """

    type: str
    kind: str
    arrays: int
    parameters: int
    bytes: int
    hyperparameters: dict[str, Any] = {}
    steps: list[Step] = []


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """θ. ``created`` is RFC 3339 in UTC; ``libraries`` are name → version at saving.

    The members after ``parts`` are left out where nothing is known.
    """

    format: int
    fingerprint: Digest
    model: ModelInfo
    created: str
    author: str | None
    tool: str
    libraries: dict[str, str]
    metadata: dict[str, Any]
    parts: list[Part]
    inputs: Inputs | None = None
    outputs: Outputs | None = None
    data: dict[str, Dataset] = {}
    metrics: list[Metric] = []
    parents: list[Parent] = []
    about: About | None = None
    seeds: dict[str, int] = {}
    environment: Environment | None = None
    origin: Origin | None = None
    probe: ProbeInfo | None = None
    twin: Twin | None = None

    def to_json(self) -> bytes:
        """The bytes of ``manifest.json``."""
        return msgspec.json.encode(self)

    def part(self, name: str) -> Part:
        """The entry of the member ``name``; FormatError where the table has none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise FormatError(f"the manifest lists no {name}", clause="5.3")


_read = reader_of(Manifest)


def said_of(error: Exception) -> str:
    """What is wrong, which may quote the file: short, and without what steers a terminal."""
    return "".join(c if c.isprintable() else ascii(c)[1:-1] for c in f"{error!s:.300}")


def parse_manifest(data: bytes) -> Manifest:
    """Read and check ``manifest.json``; FormatError where it breaks a rule."""
    try:
        known = _read_version(data)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise FormatError(f"manifest.json cannot be read: {said_of(error)}", clause="5.1") from None
    if known.format != FORMAT:
        raise FormatError(
            f"the archive has format {known.format}, and this version of Holotype reads format "
            f"{FORMAT}; a newer version may open it",
            clause="5.1",
        )
    try:
        manifest = _read(data)
        again = manifest.to_json()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise FormatError(f"manifest.json cannot be read: {said_of(error)}", clause="5.2") from None
    if again != data:
        raise FormatError("manifest.json is not written in its one form", clause="5.1")
    if not TIME.fullmatch(manifest.created):
        raise FormatError("the time is not of the form 2020-12-31T23:59:59Z", clause="5.2")
    if nesting(manifest.metadata) > MAX_NESTING:
        raise LimitError(f"metadata nest deeper than {MAX_NESTING}", clause="5.2")
    if nesting(msgspec.to_builtins(manifest.model)) > MAX_NESTING:
        raise LimitError(f"hyper-parameters nest deeper than {MAX_NESTING}", clause="5.2")
    names = [part.name for part in manifest.parts]
    if len(set(names)) != len(names):
        raise FormatError("the manifest lists a part twice", clause="5.3")
    for part in manifest.parts:
        if not _DIGEST.fullmatch(part.digest) or part.size < 0:
            raise FormatError(f"the manifest's entry of {part.name!a} is wrong", clause="5.3")
    if not _DIGEST.fullmatch(manifest.fingerprint):
        raise FormatError("the manifest's fingerprint is not a digest", clause="5.4")
    return manifest


def nesting(value: Any) -> int:
    """How deep objects and arrays stand inside each other in a JSON value; 0 for a plain one."""
    depth = 0
    level = [value]
    while level := [item for item in level if isinstance(item, (dict, list))]:
        depth += 1
        level = [
            child for item in level for child in (item.values() if isinstance(item, dict) else item)
        ]
    return depth


def manifest_schema() -> dict[str, Any]:
    """The JSON Schema (2020-12) of ``manifest.json``; ``docs/manifest.schema.json`` is this."""
    schema = msgspec.json.schema(Manifest)
    return {
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "$id": f"urn:holotype:manifest:{FORMAT}",
        "title": f"manifest.json of a Holotype archive, format {FORMAT}",
        **schema,
    }


class _Version(msgspec.Struct, frozen=True):
    format: int


_read_version = reader_of(_Version)
