"""``manifest.json``: θ, and the table of the other parts with their sizes and digests.

The id of an archive is the SHA-256 of these bytes, so there is one spelling of every manifest: the
one that encoding its value gives (SPEC section 5).
"""

from __future__ import annotations

import re
from typing import Any

import msgspec

from holotype.digest import Digest
from holotype.errors import FormatError

__all__ = ["FORMAT", "Manifest", "ModelInfo", "Part", "parse_manifest"]

FORMAT = 1
MAX_BYTES = 16 << 20
"""A manifest is read whole before anything in it is believed."""

_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


class Part(msgspec.Struct, frozen=True, forbid_unknown_fields=True, omit_defaults=True):
    """One other member. ``digest`` covers its first ``head`` bytes, or all where that is absent."""

    name: str
    size: int
    digest: Digest
    head: int | None = None


class ModelInfo(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """What the model is.

    ``type`` is the public path of its class; ``kind`` is classifier, regressor, transformer,
    clusterer, outlier_detector, density_estimator, arrays or other; ``parameters`` counts the
    elements of all stored arrays and ``bytes`` their size.
    """

    type: str
    kind: str
    arrays: int
    parameters: int
    bytes: int


class Manifest(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    """θ. ``created`` is RFC 3339 in UTC; ``libraries`` are name → version at saving."""

    format: int
    fingerprint: Digest
    model: ModelInfo
    created: str
    author: str | None
    tool: str
    libraries: dict[str, str]
    metadata: Any
    parts: list[Part]

    def to_json(self) -> bytes:
        """The bytes of ``manifest.json``."""
        return msgspec.json.encode(self)

    def part(self, name: str) -> Part:
        """The entry of the member ``name``; FormatError where the table has none."""
        for part in self.parts:
            if part.name == name:
                return part
        raise FormatError(f"the manifest lists no {name}", clause="5.3")


def parse_manifest(data: bytes) -> Manifest:
    """Read and check ``manifest.json``; FormatError where it breaks a rule."""
    try:
        known = msgspec.json.decode(data, type=_Version)
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise FormatError(f"manifest.json cannot be read: {error}", clause="5.1") from None
    if known.format != FORMAT:
        raise FormatError(
            f"the archive has format {known.format}, and this version of Holotype reads format "
            f"{FORMAT}; a newer version may open it",
            clause="5.1",
        )
    try:
        manifest = msgspec.json.decode(data, type=Manifest)
        again = manifest.to_json()
    except (msgspec.MsgspecError, RecursionError, UnicodeError) as error:
        raise FormatError(f"manifest.json cannot be read: {error}", clause="5.2") from None
    if again != data:
        raise FormatError("manifest.json is not written in its one form", clause="5.1")
    names = [part.name for part in manifest.parts]
    if len(set(names)) != len(names):
        raise FormatError("the manifest lists a part twice", clause="5.3")
    for part in manifest.parts:
        if not _DIGEST.fullmatch(part.digest) or part.size < 0:
            raise FormatError(f"the manifest's entry of {part.name} is wrong", clause="5.3")
    if not _DIGEST.fullmatch(manifest.fingerprint):
        raise FormatError("the manifest's fingerprint is not a digest", clause="5.4")
    return manifest


class _Version(msgspec.Struct, frozen=True):
    format: int
