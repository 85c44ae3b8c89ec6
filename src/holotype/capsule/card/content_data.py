"""The sections of a card about what goes into a model and what comes out of it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import UTC, datetime

from holotype.archive.theta import (
    Column,
    ColumnStatistics,
    Dataset,
    Inputs,
    Metric,
    Outputs,
    Parent,
    Scalar,
    Table,
)
from holotype.capsule.card.document import Block, Cell, Code, Drawing, Facts, Grid, Prose
from holotype.capsule.card.plots import deciles, frequencies, kinship
from holotype.capsule.card.text import number, short, sides

__all__ = ["data", "inputs", "lineage", "metrics", "outputs"]

_MAX_ROWS = 100
_MAX_NAMED = 8


def inputs(said: Inputs | None) -> Iterator[Block]:
    """What the model takes."""
    if said is None:
        return
    facts: list[tuple[str, Cell]] = []
    if said.form:
        facts.append(("Form", said.form))
    if said.dtype:
        facts.append(("dtype", said.dtype))
    if said.shape is not None:
        facts.append(("Shape", sides(said.shape)))
    if said.count is not None:
        facts.append(("Features", number(said.count)))
    known = {"data": "data that was handed over", "model": "the fitted model"}
    yield Facts([*facts, ("Known from", known[said.source])])
    if said.columns:
        rows = [
            (
                Code(column.name) if column.name is not None else number(index),
                column.dtype or "",
                _range(column),
                column.unit or "",
            )
            for index, column in enumerate(said.columns[:_MAX_ROWS])
        ]
        yield _cut(("Feature", "dtype", "Values", "Unit"), rows, len(said.columns))


def outputs(said: Outputs | None) -> Iterator[Block]:
    """What the model gives."""
    if said is None:
        return
    facts: list[tuple[str, Cell]] = []
    if said.methods:
        facts.append(("Methods", Code(", ".join(said.methods[:_MAX_ROWS]))))
    if said.class_count is not None:
        facts.append(("Classes", number(said.class_count)))
    if said.classes:
        facts.append(("Named", Code(_named(said.classes))))
    if said.count is not None:
        facts.append(("Outputs", number(said.count)))
    if said.names:
        facts.append(("Names", Code(_named(said.names))))
    if said.shape is not None:
        facts.append(("Shape", sides(said.shape)))
    if said.unit:
        facts.append(("Unit", said.unit))
    if facts:
        yield Facts(facts)


def metrics(said: Sequence[Metric]) -> Iterator[Block]:
    """How good it was found to be, where and by which figure."""
    if said:
        rows = [
            (m.name, number(m.value), m.dataset or "not stated", m.slice or "")
            for m in said[:_MAX_ROWS]
        ]
        yield _cut(("Metric", "Value", "Data", "Slice"), rows, len(said))


def data(said: Mapping[str, Dataset]) -> Iterator[Block]:
    """Data sets: what identifies them, and the figures of their columns."""
    if not said:
        return
    tables = [(name, "features", each.features) for name, each in said.items()]
    tables += [(name, "target", each.target) for name, each in said.items() if each.target]
    tables.sort(key=lambda table: table[0])
    rows = [
        (Code(name), part, table.form, sides(table.shape), Code(table.digest))
        for name, part, table in tables
    ]
    yield _cut(("Data", "Part", "Form", "Shape", "Digest"), rows[:_MAX_ROWS], len(rows))
    for name, part, table in tables[:_MAX_NAMED]:
        yield from _figures(name, part, table)


def _figures(name: str, part: str, table: Table) -> Iterator[Block]:
    if not table.columns:
        return
    yield Prose(f"Columns of {name}, {part}:")
    shown = table.columns[:_MAX_ROWS]
    rows = [
        (
            Code(column.name) if column.name is not None else number(index),
            column.dtype + (f" ({column.measure})" if column.measure else ""),
            number(column.count),
            number(column.missing),
            _statistics(column),
        )
        for index, column in enumerate(shown)
    ]
    drawings = tuple(map(_drawing, shown))
    head = ("Column", "dtype", "Count", "Missing", "Figures")
    yield Grid(head, rows, len(table.columns) - len(rows), drawings)


def lineage(title: str, parents: Sequence[Parent]) -> Iterator[Block]:
    """Which models it comes from."""
    if not parents:
        return
    shown = parents[:_MAX_ROWS]
    rows: list[tuple[Cell, ...]] = [
        (
            _relation(parent),
            Code(parent.name or ""),
            parent.format or "",
            Code(parent.id or parent.fingerprint or parent.digest or ""),
        )
        for parent in shown
    ]
    yield Drawing(
        kinship(title, [(_relation(p), _parent_name(p)) for p in parents[:_MAX_NAMED]]),
        "What this model comes from.",
    )
    yield _cut(("Relation", "Name", "Format", "Identified by"), rows, len(parents))


def _relation(parent: Parent) -> str:
    return parent.relation.replace("fine_tuned", "fine-tuned").replace("_", " ")


def _parent_name(parent: Parent) -> str:
    which = parent.id or parent.fingerprint or parent.digest
    return parent.name or (short(which) if which else "another model")


def _cut(head: tuple[str, ...], rows: Sequence[tuple[Cell, ...]], count: int) -> Grid:
    return Grid(head, rows, max(0, count - len(rows)))


def _named(values: Sequence[Scalar]) -> str:
    more = f", … {len(values) - _MAX_NAMED} more" if len(values) > _MAX_NAMED else ""
    return ", ".join(map(number, values[:_MAX_NAMED])) + more


def _range(column: Column) -> str:
    """The range that was seen, or the categories."""
    if column.minimum is not None and column.maximum is not None:
        is_time = (column.dtype or "").startswith("datetime")
        return f"{_end(column.minimum, is_time)} to {_end(column.maximum, is_time)}"
    if column.categories:
        return _named(column.categories)
    if column.category_count is not None:
        return f"{number(column.category_count)} categories"
    return ""


def _end(value: Scalar, is_time: bool) -> str:
    """One end of a range; that of times as a day."""
    if is_time and isinstance(value, (int, float)):
        with suppress(ValueError, OverflowError, OSError):
            return f"{datetime.fromtimestamp(value, UTC):%Y-%m-%d}"
    return number(value)


def _statistics(column: ColumnStatistics) -> str:
    parts: list[str] = []
    if column.minimum is not None and column.maximum is not None:
        is_time = column.measure == "seconds"
        parts.append(f"{_end(column.minimum, is_time)} to {_end(column.maximum, is_time)}")
    if column.mean is not None and column.measure != "seconds":
        about = f" ± {number(column.std)}" if column.std is not None else ""
        parts.append(f"mean {number(column.mean)}{about}")
    if column.distinct is not None:
        parts.append(f"{number(column.distinct)} distinct")
    top = _most_frequent(column)
    if top:
        parts.append(top)
    return "; ".join(parts)


def _most_frequent(column: ColumnStatistics) -> str:
    found: Iterable[str] = (
        f"{number(each.value)} {number(each.count)}×" for each in (column.top or [])[:_MAX_NAMED]
    )
    return ", ".join(found)


def _drawing(column: ColumnStatistics) -> str:
    if column.deciles and column.minimum is not None and column.maximum is not None:
        return deciles(column.minimum, column.deciles, column.maximum)
    if column.top:
        return frequencies([each.count for each in column.top[:_MAX_NAMED]])
    return ""
