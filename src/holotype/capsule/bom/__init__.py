"""The bill of materials of an archive: the model, what it needs and what it was made from.

CycloneDX and SPDX are written by the libraries of those who make the standards, and checked by
their validators before they are handed out. Rule: the same archive gives the same bytes, so times
and identifiers come from its manifest; names of a file are never taken for more than names.
"""

from __future__ import annotations

from holotype.archive.reader import ArchiveReader
from holotype.capsule.bom.material import material_of
from holotype.errors import MissingLibraryError

__all__ = ["FORMATS", "bom_of"]

FORMATS = ("cyclonedx", "spdx")


def bom_of(reader: ArchiveReader, name: str, format: str) -> str:  # noqa: A002 - as users call it
    """The bill of materials of an open archive that is called ``name``, in one of ``FORMATS``.

    Raises MissingLibraryError where its library is not installed, FormatError where the standard
    cannot hold what the manifest says.
    """
    if format not in FORMATS:
        raise ValueError(f"format is {' or '.join(FORMATS)}, not {format!r}")
    material = material_of(reader, name)
    try:
        if format == "cyclonedx":
            from holotype.capsule.bom.cyclonedx import to_cyclonedx

            return to_cyclonedx(material)
        from holotype.capsule.bom.spdx import to_spdx

        return to_spdx(material)
    except ImportError as error:
        raise MissingLibraryError(
            f"a bill of materials needs {error.name or 'its library'}, which is not installed: "
            "pip install 'holotype[bom]'"
        ) from None
