"""What changed between two archives, and which version number follows from that.

Both are read as ``show`` reads them: structure, manifest and blueprint are checked, no framework is
imported and nothing is built. Rule: a change is found in the blueprint and the arrays, which are
the model; what a manifest says is told beside it, and can make a change larger, never smaller.
"""

from __future__ import annotations

from collections.abc import Iterator

from holotype.archive.manifest import Manifest
from holotype.archive.reader import ArchiveReader
from holotype.compare import golden, theta
from holotype.compare.arrays import compare_arrays
from holotype.compare.difference import MOST, Difference, SchemaChange, Side
from holotype.compare.findings import Findings
from holotype.compare.leniently import blueprint_to_look_at
from holotype.compare.reading import Half
from holotype.compare.schema import inputs_changed, outputs_changed, schema_changes
from holotype.compare.stated import inputs_stated, outputs_stated
from holotype.compare.walk import Walk

__all__ = ["compare_archives"]

_LIBRARIES = {"scikit-learn": "sklearn", "xgboost-cpu": "xgboost", "imbalanced-learn": "imblearn"}


def compare_archives(
    before: ArchiveReader, after: ArchiveReader, names: tuple[str, str], *, measure: bool = True
) -> Difference:
    """The difference of two open archives that are called ``names``. How far arrays are apart is
    left out where that is not to be measured: then hardly any of them is read.

    Raises a HolotypeError where what is compared is damaged or unsafe.
    """
    a, b = before.manifest, after.manifest
    sides = _side(before, names[0]), _side(after, names[1])
    if before.id == after.id:
        return Difference(*sides)
    notes: list[str] = []
    found, equal = Findings(), 0
    kept = golden.kept_of(before), golden.kept_of(after)
    schema: list[SchemaChange] = []
    if a.fingerprint != b.fingerprint:
        schema = [*schema_changes(a, b), *golden.forms_changed(*kept)]
        found, equal, halves = _models(before, after, notes, measure)
        schema += _unsaid(schema, *halves)
        theta.settings(a, b, found, _other_versions(a, b))
    left_out = dict(found.left_out)
    facts = theta.facts(a, b)
    for name, listed in (("schema", schema), ("metadata", facts)):
        if len(listed) > MOST:
            left_out[name] = len(listed) - MOST
    return Difference(
        *sides,
        type=None if a.model.type == b.model.type else (a.model.type, b.model.type),
        hyperparameters=list(found.settings.values()),
        steps=list(found.steps.values()),
        schema=sorted(schema, key=lambda change: not change.breaking)[:MOST],
        trees=found.trees,
        terms=found.terms,
        arrays=found.arrays,
        values=list(found.values.values()),
        probe=golden.compare_golden(*kept),
        metrics=theta.metrics(a.metrics, b.metrics)[:MOST],
        libraries=theta.libraries(a, b)[:MOST],
        metadata=facts[:MOST],
        effects=sorted(found.effects),
        left_out=left_out,
        notes=notes,
        arrays_equal=equal,
    )


def _side(reader: ArchiveReader, name: str) -> Side:
    manifest = reader.manifest
    model = manifest.model
    return Side(
        name=name,
        id=reader.id,
        fingerprint=manifest.fingerprint,
        type=model.type,
        kind=model.kind,
        created=manifest.created,
        parameters=model.parameters,
        bytes=model.bytes,
    )


def _models(
    before: ArchiveReader, after: ArchiveReader, notes: list[str], measure: bool
) -> tuple[Findings, int, tuple[Half, Half]]:
    """What differs between the models themselves, how many arrays are equal, and both models."""
    halves = []
    for reader in (before, after):
        blueprint, known = blueprint_to_look_at(reader)
        if not known:
            notes.append("one has types that this version of Holotype does not know")
        halves.append(Half.of(reader, blueprint))
    walk = Walk(halves[0], halves[1], _other_versions(before.manifest, after.manifest))
    walk.run()
    equal = compare_arrays(walk.arrays, halves[0], halves[1], walk.found, measure=measure)
    return walk.found, equal, (halves[0], halves[1])


def _unsaid(said: list[SchemaChange], before: Half, after: Half) -> Iterator[SchemaChange]:
    """What breaks callers by the models' own attributes, at an end where no manifest says so."""
    broken = {change.end for change in said if change.breaking}
    inputs = inputs_changed(inputs_stated(before), inputs_stated(after))
    outputs = outputs_changed(outputs_stated(before), outputs_stated(after))
    for change in (*inputs, *outputs):
        if change.breaking and change.end not in broken:
            yield change


def _other_versions(a: Manifest, b: Manifest) -> frozenset[str]:
    """Modules of the libraries that had different versions."""
    both = a.libraries.keys() & b.libraries.keys()
    changed = {name for name in both if a.libraries[name] != b.libraries[name]}
    return frozenset(_LIBRARIES.get(name, name) for name in changed)
