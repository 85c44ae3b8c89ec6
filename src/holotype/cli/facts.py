"""θ in a few lines for a person: what a manifest says beside the model itself.

Rule: whatever a file says, a line is short; ``--json`` has all of it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from contextlib import suppress
from datetime import UTC, datetime
from typing import Any

from holotype.archive.manifest import Manifest
from holotype.archive.theta import Column, Inputs, Metric, Origin, Outputs, Parent, Scalar, Table

__all__ = ["facts"]

_MAX_LINE = 400
_MAX_LISTED = 6
_SHORT = 12


def facts(manifest: Manifest) -> Iterator[tuple[str, str]]:
    """(label, line) of everything that is known, most wanted first."""
    for label, line in _lines(manifest):
        if line:
            yield label, line if len(line) <= _MAX_LINE else f"{line[: _MAX_LINE - 1]}…"


def _lines(manifest: Manifest) -> Iterator[tuple[str, str]]:
    if manifest.inputs is not None:
        yield "takes", _inputs(manifest.inputs)
    if manifest.outputs is not None:
        yield "gives", _outputs(manifest.outputs)
    about = manifest.about
    if about is not None:
        yield "about", about.description or ""
        yield "for", about.intended_use or ""
        yield "not for", about.limitations or ""
        yield "licence", about.licence or ""
        yield "contacts", _listed(about.contacts)
    yield "metrics", _listed(map(_metric, manifest.metrics), "; ")
    yield "data", _listed((_data(name, d.features) for name, d in manifest.data.items()), "; ")
    yield "parents", _listed(map(_parent, manifest.parents), "; ")
    yield "seeds", _listed(f"{name} = {seed}" for name, seed in manifest.seeds.items())
    if manifest.origin is not None:
        yield "made by", _origin(manifest.origin)
    where = manifest.environment
    if where is not None:
        system = where.platform
        gpu = f", {_listed(where.gpu)}" if where.gpu else ""
        yield (
            "made on",
            f"Python {where.python} ({where.implementation}), {system.system} {system.machine}"
            f"{gpu}; {len(where.requirements)} distributions",
        )


def _listed(parts: Iterable[str], between: str = ", ") -> str:
    """The first few of the parts, and how many more there are."""
    found = list(parts)
    more = len(found) - _MAX_LISTED
    return between.join(found[:_MAX_LISTED]) + (f"{between}… {more} more" if more > 0 else "")


def _inputs(inputs: Inputs) -> str:
    count = inputs.count if inputs.count is not None else len(inputs.columns)
    what = "text" if inputs.form == "text" else f"{count} features" if count else ""
    if inputs.form not in (None, "text"):
        what = f"{inputs.form} of {what}" if what else str(inputs.form)
    if not what and inputs.shape is not None:
        what = "shape " + _sides(inputs.shape)
    columns = _listed(map(_column, inputs.columns))
    return f"{what}: {columns}" if columns else what


def _column(column: Column) -> str:
    about = [column.dtype] if column.dtype else []
    if column.minimum is not None and column.maximum is not None:
        about.append(f"{_value(column, column.minimum)} to {_value(column, column.maximum)}")
    categories = column.category_count or len(column.categories or ())
    if categories:
        about.append(f"{categories} categories")
    if column.unit:
        about.append(column.unit)
    name = column.name or "?"
    return f"{name} ({', '.join(about)})" if about else name


def _value(column: Column, value: Scalar) -> str:
    """An end of a range; that of times as a day."""
    if isinstance(value, float) and (column.dtype or "").startswith("datetime"):
        with suppress(ValueError, OverflowError, OSError):
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return _number(value) if isinstance(value, float) else str(value)


def _number(value: Any) -> str:
    return f"{value:g}" if isinstance(value, float) else str(value)


def _outputs(outputs: Outputs) -> str:
    parts = [", ".join(outputs.methods)]
    if outputs.class_count is not None:
        names = _listed(map(str, outputs.classes or ()))
        parts.append(f"{outputs.class_count} classes" + (f": {names}" if names else ""))
    elif outputs.count is not None and outputs.count > 1:
        parts.append(f"{outputs.count} outputs")
    parts += [_listed(outputs.names), _sides(outputs.shape or ()), outputs.unit or ""]
    return "; ".join(part for part in parts if part)


def _sides(shape: Iterable[int | None]) -> str:
    return " × ".join("n" if side is None else str(side) for side in shape)


def _metric(metric: Metric) -> str:
    where = " ".join(each for each in (metric.dataset, metric.slice) if each)
    return f"{where} {metric.name} {_number(metric.value)}".strip()


def _data(name: str, table: Table) -> str:
    return f"{name} {table.form} {_sides(table.shape)} ({_short(table.digest)})"


def _parent(parent: Parent) -> str:
    which = parent.id or parent.fingerprint or parent.digest
    known = [parent.format or "", _short(which) if which else ""]
    about = " ".join(each for each in known if each)
    relation = parent.relation.replace("fine_", "fine-").replace("_", " ")
    return " ".join(each for each in (relation, parent.name, about and f"({about})") if each)


def _origin(origin: Origin) -> str:
    parts = [origin.program or ""]
    if origin.git is not None:
        state = {True: ", changed since", False: "", None: ""}[origin.git.dirty]
        branch = f" on {origin.git.branch}" if origin.git.branch else ""
        parts.append(f"commit {origin.git.commit[:_SHORT]}{branch}{state}")
    people = "@".join(each for each in (origin.user, origin.host) if each)
    return "; ".join(each for each in (*parts, people) if each)


def _short(digest: str) -> str:
    return digest.partition(":")[2][:_SHORT]
