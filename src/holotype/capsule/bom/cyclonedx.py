"""An archive as an ML-BOM of CycloneDX 1.6.

``cyclonedx-python-lib`` writes components, hashes, licences and dependencies; it has no model card,
so that is added to the JSON that it gives, and the whole is validated against the schema.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from typing import Any

from cyclonedx.model import HashAlgorithm, HashType, Property
from cyclonedx.model.bom import Bom, BomMetaData
from cyclonedx.model.component import Component, ComponentType, Pedigree
from cyclonedx.model.license import (
    DisjunctiveLicense,
    LicenseAcknowledgement,
    LicenseExpression,
)
from cyclonedx.model.tool import ToolRepository
from cyclonedx.output.json import JsonV1Dot6
from cyclonedx.schema import SchemaVersion
from cyclonedx.spdx import fixup_id
from cyclonedx.validation.json import JsonStrictValidator

from holotype.archive.theta import Column, Parent, Table
from holotype.capsule.bom.material import Library, Material, licence_of
from holotype.errors import FormatError
from holotype.version import __version__

__all__ = ["to_cyclonedx"]

_MODEL = "model"
_MAX_COLUMNS = 2000
_APPROACHES = {
    **dict.fromkeys(("classifier", "regressor", "ranker", "forecaster"), "supervised"),
    **dict.fromkeys(("clusterer", "outlier_detector", "density_estimator"), "unsupervised"),
}


def to_cyclonedx(material: Material) -> str:
    """The JSON document, valid; FormatError where the standard cannot hold what is said."""
    model = _model(material)
    libraries = [_library(i, each) for i, each in enumerate(material.libraries)]
    if material.python is not None:
        libraries.append(
            Component(
                type=ComponentType.PLATFORM,
                name="python",
                version=material.python,
                bom_ref="python",
            )
        )
    tool = Component(
        type=ComponentType.APPLICATION, name="holotype", version=__version__, bom_ref="tool"
    )
    bom = Bom(
        serial_number=material.uuid,
        metadata=BomMetaData(
            timestamp=material.created, component=model, tools=ToolRepository(components=[tool])
        ),
        components=libraries,
    )
    bom.register_dependency(model, libraries)
    written = json.loads(JsonV1Dot6(bom).output_as_string())
    written["metadata"]["component"]["modelCard"] = _card(material)
    text = json.dumps(written, indent=2) + "\n"
    problem = JsonStrictValidator(SchemaVersion.V1_6).validate_str(text)
    if problem is not None:
        raise FormatError(f"CycloneDX cannot hold what the manifest says: {str(problem)[:500]}")
    return text


def _model(material: Material) -> Component:
    about = material.manifest.about
    licences = [_licence(about.licence)] if about is not None and about.licence else []
    parents = [_parent(i, each) for i, each in enumerate(material.manifest.parents)]
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=material.name,
        version=material.manifest.fingerprint,
        bom_ref=_MODEL,
        description=about.description if about is not None else None,
        hashes=[HashType(alg=HashAlgorithm.SHA_256, content=material.file)],
        licenses=licences,
        pedigree=Pedigree(ancestors=parents) if parents else None,
        properties=[Property(name=name, value=value) for name, value in material.properties()],
    )


def _licence(text: str) -> DisjunctiveLicense | LicenseExpression:
    declared = LicenseAcknowledgement.DECLARED
    known = licence_of(text)
    if known is None:
        return DisjunctiveLicense(name=text, acknowledgement=declared)
    identifier = fixup_id(str(known))
    if identifier is not None:
        return DisjunctiveLicense(id=identifier, acknowledgement=declared)
    return LicenseExpression(str(known), acknowledgement=declared)


def _library(index: int, library: Library) -> Component:
    files = library.files
    return Component(
        type=ComponentType.LIBRARY,
        name=library.name,
        version=library.version,
        bom_ref=f"library-{index}",
        purl=library.purl,
        properties=[] if files is None else [Property(name="holotype:files", value=files)],
    )


def _parent(index: int, parent: Parent) -> Component:
    known = (("id", parent.id), ("fingerprint", parent.fingerprint), ("format", parent.format))
    hashes = []
    if parent.digest is not None:
        digest = parent.digest.partition(":")[2]
        hashes = [HashType(alg=HashAlgorithm.SHA_256, content=digest)]
    return Component(
        type=ComponentType.MACHINE_LEARNING_MODEL,
        name=parent.name or parent.id or parent.fingerprint or "unnamed",
        bom_ref=f"parent-{index}",
        hashes=hashes,
        properties=[
            Property(name="holotype:relation", value=parent.relation),
            *(Property(name=f"holotype:{name}", value=value) for name, value in known if value),
        ],
    )


# -- the model card ------------------------------------------------------------------------------


def _card(material: Material) -> dict[str, Any]:
    manifest = material.manifest
    about = manifest.about
    parameters: dict[str, Any] = {
        "task": manifest.model.kind,
        "modelArchitecture": manifest.model.type,
    }
    if manifest.model.kind in _APPROACHES:
        parameters["approach"] = {"type": _APPROACHES[manifest.model.kind]}
    if manifest.data:
        parameters["datasets"] = [
            _dataset(f"{name}, {part}", table)
            for name, each in manifest.data.items()
            for part, table in (("features", each.features), ("target", each.target))
            if table is not None
        ]
    if manifest.inputs is not None and manifest.inputs.form:
        parameters["inputs"] = [{"format": manifest.inputs.form}]
    if manifest.outputs is not None and manifest.outputs.methods:
        parameters["outputs"] = [{"format": method} for method in manifest.outputs.methods]
    card: dict[str, Any] = {"modelParameters": parameters}
    if manifest.metrics:
        card["quantitativeAnalysis"] = {
            "performanceMetrics": [
                {
                    "type": metric.name,
                    "value": str(metric.value),
                    **_slice(metric.dataset, metric.slice),
                }
                for metric in manifest.metrics
            ]
        }
    said: dict[str, Any] = {}
    if about is not None and about.intended_use:
        said["useCases"] = [about.intended_use]
    if about is not None and about.limitations:
        said["technicalLimitations"] = [about.limitations]
    if said:
        card["considerations"] = said
    properties = [{"name": name, "value": value} for name, value in _schema(material)]
    return {**card, "properties": properties} if properties else card


def _slice(dataset: str | None, part: str | None) -> dict[str, str]:
    told = ", ".join(each for each in (dataset, part) if each)
    return {"slice": told} if told else {}


def _dataset(name: str, table: Table) -> dict[str, Any]:
    shape = " x ".join(map(str, table.shape))
    known = {"digest": table.digest, "form": table.form, "shape": shape}
    properties = [{"name": f"holotype:{key}", "value": value} for key, value in known.items()]
    return {"type": "dataset", "name": name, "contents": {"properties": properties}}


def _schema(material: Material) -> Iterator[tuple[str, str]]:
    """The columns that go in and the classes that come out."""
    inputs, outputs = material.manifest.inputs, material.manifest.outputs
    for column in inputs.columns[:_MAX_COLUMNS] if inputs is not None else ():
        yield "holotype:input", _told(column)
    for label in (outputs.classes or ())[:_MAX_COLUMNS] if outputs is not None else ():
        yield "holotype:class", str(label)
    if material.manifest.probe is not None:
        yield "holotype:probe", ", ".join(material.manifest.probe.methods)


def _told(column: Column) -> str:
    about = ", ".join(each for each in (column.dtype, column.unit) if each)
    name = column.name if column.name is not None else "?"
    return f"{name} ({about})" if about else name
