"""What a card is about: everything that is read of an archive, before a word is written.

Rule: what is read is bounded and validated. Types that are not known here can be described all the
same, by what the manifest says of them; then nothing is read of their arrays.
"""

from __future__ import annotations

from contextlib import suppress

import msgspec

from holotype.archive.manifest import Manifest
from holotype.archive.reader import ArchiveReader
from holotype.capsule.card.glimpse import Golden, golden_of, model_of
from holotype.capsule.card.importances import Importances, importances_of, may_have_importances
from holotype.errors import UntrustedError
from holotype.graph.parse import parse_blueprint
from holotype.trust.levels import Level, Need, level_of
from holotype.types.table import type_table

__all__ = ["Subject", "subject_of"]


class Subject(msgspec.Struct, frozen=True):
    """One archive. ``size`` in bytes; ``known``: whether all its types are in the table."""

    name: str
    id: str
    size: int
    manifest: Manifest
    known: bool
    needs: tuple[Need, ...]
    importances: Importances | None
    golden: Golden | None

    @property
    def title(self) -> str:
        """The name of the file without its suffix."""
        return self.name.removesuffix(".holo") or "model"

    @property
    def level(self) -> Level:
        """How much must be trusted to open it."""
        return level_of(self.needs)


def subject_of(reader: ArchiveReader, name: str) -> Subject:
    """Read what a card tells of an open archive that is called ``name``."""
    blueprint = None
    with suppress(UntrustedError):  # which comes last: all else is in order
        blueprint = parse_blueprint(reader.blueprint, type_table(), stored=reader.size)
    importances = None
    if blueprint is not None and may_have_importances(blueprint.keys):
        importances = importances_of(model_of(reader, blueprint), reader.manifest)
    return Subject(
        name=name,
        id=reader.id,
        size=reader.size,
        manifest=reader.manifest,
        known=blueprint is not None,
        needs=tuple(blueprint.trust) if blueprint is not None else (),
        importances=importances,
        golden=golden_of(reader),
    )
