"""An archive as an SPDX 2.3 document: the model as a package, and the packages that it depends on.

``spdx-tools`` writes and validates it. Identifiers are numbered by us: nothing of a name is in
them. What SPDX has no field for stands in comments, as JSON.
"""

from __future__ import annotations

import io
import json
from collections.abc import Iterator
from datetime import datetime

from spdx_tools.spdx.model import (
    Actor,
    ActorType,
    Checksum,
    ChecksumAlgorithm,
    CreationInfo,
    Document,
    ExternalPackageRef,
    ExternalPackageRefCategory,
    ExtractedLicensingInfo,
    Package,
    PackagePurpose,
    Relationship,
    RelationshipType,
    SpdxNoAssertion,
)
from spdx_tools.spdx.validation.document_validator import validate_full_spdx_document
from spdx_tools.spdx.writer.json.json_writer import write_document_to_stream

from holotype.archive.theta import Parent, Table
from holotype.capsule.bom.material import Library, Material, licence_of
from holotype.errors import FormatError
from holotype.version import __version__

__all__ = ["to_spdx"]

_DOCUMENT = "SPDXRef-DOCUMENT"
_MODEL = "SPDXRef-Model"
_LICENCE = "LicenseRef-1"
_UNKNOWN = SpdxNoAssertion()


def to_spdx(material: Material) -> str:
    """The JSON document, valid; FormatError where the standard cannot hold what is said."""
    document = _document(material)
    problems = validate_full_spdx_document(document)
    if problems:
        raise FormatError(
            f"SPDX cannot hold what the manifest says: {problems[0].validation_message[:500]}"
        )
    stream = io.StringIO()
    write_document_to_stream(document, stream, validate=False)
    return json.dumps(json.loads(stream.getvalue()), indent=2) + "\n"


def _document(material: Material) -> Document:
    about = material.manifest.about
    licences = []
    if about is not None and about.licence and licence_of(about.licence) is None:
        licences = [ExtractedLicensingInfo(_LICENCE, about.licence)]
    others = [*_libraries(material), *_data(material), *_parents(material)]
    return Document(
        CreationInfo(
            spdx_version="SPDX-2.3",
            spdx_id=_DOCUMENT,
            name=material.name,
            document_namespace=f"urn:uuid:{material.uuid}",
            creators=[Actor(ActorType.TOOL, f"holotype-{__version__}")],
            created=_naive(material.created),
        ),
        packages=[_model(material), *(package for package, _ in others)],
        relationships=[
            Relationship(_DOCUMENT, RelationshipType.DESCRIBES, _MODEL),
            *(relationship for _, relationship in others),
        ],
        extracted_licensing_info=licences,
    )


def _model(material: Material) -> Package:
    manifest, about = material.manifest, material.manifest.about
    declared: object = _UNKNOWN
    if about is not None and about.licence:
        known = licence_of(about.licence)
        declared = _licence_reference() if known is None else known
    told = [*material.properties(), *_figures(material)]
    return Package(
        _MODEL,
        material.name,
        _UNKNOWN,
        version=manifest.fingerprint,
        file_name=material.name,
        files_analyzed=False,
        checksums=[Checksum(ChecksumAlgorithm.SHA256, material.file)],
        license_concluded=_UNKNOWN,
        license_declared=declared,
        copyright_text=_UNKNOWN,
        description=about.description if about is not None else None,
        comment=json.dumps(told),
        primary_package_purpose=PackagePurpose.ARCHIVE,
        built_date=_naive(material.created),
    )


def _naive(time: datetime) -> datetime:
    """A time in UTC without saying so, as the library wants it in all its versions."""
    return time.replace(tzinfo=None)


def _licence_reference() -> object:
    """The expression that refers to a licence by its own text."""
    from license_expression import get_spdx_licensing

    return get_spdx_licensing().parse(_LICENCE)


def _figures(material: Material) -> Iterator[tuple[str, str]]:
    about = material.manifest.about
    if about is not None and about.intended_use:
        yield "holotype:intended_use", about.intended_use
    if about is not None and about.limitations:
        yield "holotype:limitations", about.limitations
    for each in material.manifest.metrics:
        where = " ".join(part for part in (each.dataset, each.slice) if part)
        yield "holotype:metric", f"{where} {each.name}={each.value}".strip()


Related = Iterator[tuple[Package, Relationship]]


def _libraries(material: Material) -> Related:
    libraries = list(material.libraries)
    if material.python is not None:
        libraries.append(Library("python", material.python))
    for index, each in enumerate(libraries):
        spdx_id = f"SPDXRef-Library-{index}"
        # Python itself comes from no index of packages.
        purl = None if index == len(material.libraries) else each.purl
        package = Package(
            spdx_id,
            each.name,
            _UNKNOWN,
            version=each.version,
            files_analyzed=False,
            license_concluded=_UNKNOWN,
            license_declared=_UNKNOWN,
            copyright_text=_UNKNOWN,
            comment=None if each.files is None else f"holotype:files {each.files}",
            external_references=[]
            if purl is None
            else [
                ExternalPackageRef(
                    ExternalPackageRefCategory.PACKAGE_MANAGER, "purl", purl.to_string()
                )
            ],
            primary_package_purpose=PackagePurpose.LIBRARY,
        )
        yield package, Relationship(_MODEL, RelationshipType.DEPENDS_ON, spdx_id)


def _data(material: Material) -> Related:
    tables: list[tuple[str, str, Table]] = []
    for name, each in material.manifest.data.items():
        tables.append((name, "features", each.features))
        if each.target is not None:
            tables.append((name, "target", each.target))
    for index, (name, part, table) in enumerate(tables):
        spdx_id = f"SPDXRef-Data-{index}"
        shape = " x ".join(map(str, table.shape))
        package = Package(
            spdx_id,
            f"{name}, {part}",
            _UNKNOWN,
            version=table.digest,
            files_analyzed=False,
            license_concluded=_UNKNOWN,
            license_declared=_UNKNOWN,
            copyright_text=_UNKNOWN,
            comment=f"{table.form} of shape {shape}; the version is the digest of its content",
            primary_package_purpose=PackagePurpose.OTHER,
        )
        yield (
            package,
            Relationship(
                _MODEL, RelationshipType.OTHER, spdx_id, f"fitted on or measured with {part}"
            ),
        )


def _parents(material: Material) -> Related:
    for index, each in enumerate(material.manifest.parents):
        spdx_id = f"SPDXRef-Parent-{index}"
        package = Package(
            spdx_id,
            each.name or each.id or each.fingerprint or "unnamed",
            _UNKNOWN,
            version=each.fingerprint or each.id,
            files_analyzed=False,
            checksums=_checksums(each),
            license_concluded=_UNKNOWN,
            license_declared=_UNKNOWN,
            copyright_text=_UNKNOWN,
            comment=each.format,
            primary_package_purpose=PackagePurpose.OTHER,
        )
        yield package, Relationship(_MODEL, RelationshipType.DESCENDANT_OF, spdx_id, each.relation)


def _checksums(parent: Parent) -> list[Checksum]:
    if parent.digest is None:
        return []
    return [Checksum(ChecksumAlgorithm.SHA256, parent.digest.partition(":")[2])]
