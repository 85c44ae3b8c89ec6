"""What a model takes and gives, old against new, and whether the change would break its callers.

Breaking is what a caller who did everything right before would notice: an input that is refused or
means something else now, an answer of another form or meaning. A model that takes more than before
is not. Rule: what only one side knows is no change, because an archive says only what was known
when it was written; but what both know is compared strictly.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import Any

import numpy as np

from holotype.archive.manifest import Manifest
from holotype.archive.theta import Column, Inputs, Outputs
from holotype.compare.align import Element, align
from holotype.compare.difference import SchemaChange

__all__ = ["inputs_changed", "outputs_changed", "schema_changes", "widens"]

_MOST = 200  # columns that are named one by one
# One and the same by different versions of pandas, and their settings.
_TEXT = frozenset({"str", "object", "string", "string[python]", "string[pyarrow]", "large_string"})


def schema_changes(before: Manifest, after: Manifest) -> list[SchemaChange]:
    """All changes of what the model takes and gives, as the two manifests say it."""
    changes: list[SchemaChange] = []
    if before.inputs is not None and after.inputs is not None:
        changes += inputs_changed(before.inputs, after.inputs)
    if before.outputs is not None and after.outputs is not None:
        changes += outputs_changed(before.outputs, after.outputs)
    if before.model.kind != after.model.kind:
        said = f"the model is a {_words(after.model.kind)}, and was a {_words(before.model.kind)}"
        kinds = before.model.kind, after.model.kind
        changes.append(SchemaChange("output", "kind", True, said, None, *kinds))
    return changes


def _words(kind: str) -> str:
    return kind.replace("_", " ")


# -- inputs --------------------------------------------------------------------------------------


def inputs_changed(a: Inputs, b: Inputs) -> Iterator[SchemaChange]:
    """What changed of the inputs."""
    if a.form and b.form and a.form != b.form:
        wider = (a.form, b.form) == ("frame", "array")
        said = f"it takes {b.form} input, and took {a.form}"
        yield SchemaChange("input", "form", not wider, said, None, a.form, b.form)
    if a.dtype and b.dtype and a.dtype != b.dtype:
        yield _retyped("the input", None, a.dtype, b.dtype)
    named = [column.name is not None for column in (*a.columns, *b.columns)]
    listed = bool(a.columns and b.columns)
    if listed and all(named):
        yield from _columns(a.columns, b.columns)
    elif a.count is not None and b.count is not None and a.count != b.count:
        said = f"it takes {b.count} features, and took {a.count}"
        yield SchemaChange("input", "count", True, said, None, a.count, b.count)
    elif listed and len(a.columns) == len(b.columns):
        yield from _by_place(a.columns, b.columns)
    counted = a.count is not None and b.count is not None
    if not counted or max(len(a.shape or ()), len(b.shape or ())) > 2:
        yield from _sides("input", a.shape, b.shape)


def _columns(a: Sequence[Column], b: Sequence[Column]) -> Iterator[SchemaChange]:
    """Columns by their names."""
    sides = [
        [Element(f"c:{column.name}", "", (column.name,)) for column in columns]
        for columns in (a, b)
    ]
    for pair in align(*sides):
        if pair.left is None and pair.right is not None:
            name = b[pair.right].name
            said = f"it needs a column {name!r}, which it did not"
            yield SchemaChange("input", "column added", True, said, name, None, b[pair.right].dtype)
        elif pair.right is None and pair.left is not None:
            name = a[pair.left].name
            said = f"it takes no column {name!r} any more"
            yield SchemaChange("input", "column removed", True, said, name, a[pair.left].dtype)
        elif pair.left is not None and pair.right is not None:
            if pair.moved:
                name = b[pair.right].name
                said = f"the column {name!r} has another place among the others"
                places = pair.left, pair.right
                yield SchemaChange("input", "column moved", True, said, name, *places)
            yield from _column(a[pair.left], b[pair.right], pair.right)


def _by_place(a: Sequence[Column], b: Sequence[Column]) -> Iterator[SchemaChange]:
    """Columns of which not all have names, as many as before."""
    named = [sum(column.name is not None for column in side) for side in (a, b)]
    if named[0] != named[1]:
        said = "it knows its columns by name now" if named[1] else "its columns have no names now"
        yield SchemaChange("input", "names", False, said, None, *(bool(each) for each in named))
    for index, (old, new) in enumerate(zip(a, b, strict=True)):
        yield from _column(old, new, index)


def _column(a: Column, b: Column, index: int) -> Iterator[SchemaChange]:
    """One column that both know."""
    name = b.name if b.name is not None else a.name
    what = f"the column {name!r}" if name is not None else f"feature {index}"
    if a.dtype and b.dtype and a.dtype != b.dtype and not {a.dtype, b.dtype} <= _TEXT:
        yield _retyped(what, name, a.dtype, b.dtype)
    if a.shape is not None and b.shape is not None and a.shape != b.shape:
        said = f"{what} has the shape {b.shape}, and had {a.shape}"
        yield SchemaChange("input", "shape", True, said, name, a.shape, b.shape)
    if a.unit and b.unit and a.unit != b.unit:
        said = f"{what} is in {b.unit}, and was in {a.unit}"
        yield SchemaChange("input", "unit", True, said, name, a.unit, b.unit)
    if a.categories is not None and b.categories is not None:
        yield from _categories(a.categories, b.categories, what, name)


def _categories(
    a: Sequence[Any], b: Sequence[Any], what: str, name: str | None
) -> Iterator[SchemaChange]:
    """What may stand in a column: more is a wider input, less a narrower one."""
    old, new = {_typed(each) for each in a}, {_typed(each) for each in b}
    gone, come = [e for e in a if _typed(e) not in new], [e for e in b if _typed(e) not in old]
    if gone:
        said = f"{what} may no longer be {_some(gone)}"
        yield SchemaChange("input", "categories removed", True, said, name, gone[:_MOST])
    if come:
        said = f"{what} may be {_some(come)} too"
        yield SchemaChange("input", "categories added", False, said, name, None, come[:_MOST])


def _typed(value: Any) -> tuple[str, Any]:
    return type(value).__name__, value


def _some(values: Sequence[Any], most: int = 4) -> str:
    more = f" and {len(values) - most} more" if len(values) > most else ""
    return ", ".join(f"{each!r:.60}" for each in values[:most]) + more


def _retyped(what: str, name: str | None, a: str, b: str) -> SchemaChange:
    wider = widens(a, b)
    said = f"{what} is {b}, and was {a}" + (", every value of which still fits" if wider else "")
    return SchemaChange("input", "dtype", not wider, said, name, a, b)


def widens(a: str, b: str) -> bool:
    """Whether every value of dtype ``a`` is one of ``b``: numbers without loss, text as text."""
    if a in _TEXT and b in _TEXT:
        return True
    try:
        old, new = np.dtype(a), np.dtype(b)
    except (TypeError, ValueError):
        return False
    numbers = old.kind in "biuf" and new.kind in "biuf"
    # Whole numbers of 64 bits count as fitting into doubles: data frames make doubles of such a
    # column as soon as one value is missing.
    return numbers and (np.can_cast(old, new, "safe") or (old.kind in "iu" and new.str == "<f8"))


def _sides(
    end: str, a: Sequence[int | None] | None, b: Sequence[int | None] | None
) -> Iterator[SchemaChange]:
    """Shapes: a side that varies takes every size."""
    if a is None or b is None or list(a) == list(b):
        return
    wider = end == "input" and len(a) == len(b)
    wider = wider and all(new is None or new == old for old, new in zip(a, b, strict=False))
    sides = [" × ".join("n" if side is None else str(side) for side in shape) for shape in (a, b)]
    verb = "takes" if end == "input" else "gives"
    said = f"it {verb} the shape {sides[1]}, and {'took' if end == 'input' else 'gave'} {sides[0]}"
    which: Any = end
    yield SchemaChange(which, "shape", not wider, said, None, list(a), list(b))


# -- outputs -------------------------------------------------------------------------------------


def outputs_changed(a: Outputs, b: Outputs) -> Iterator[SchemaChange]:
    """What changed of the outputs; all but a further method is breaking."""
    if a.methods and b.methods:
        yield from _methods(a.methods, b.methods)
    if a.count is not None and b.count is not None and a.count != b.count:
        said = f"it gives {b.count} outputs, and gave {a.count}"
        yield SchemaChange("output", "count", True, said, None, a.count, b.count)
    if a.names and b.names and a.names != b.names:
        said = f"its outputs are {_some(b.names)}, and were {_some(a.names)}"
        yield SchemaChange("output", "names", True, said, None, a.names[:_MOST], b.names[:_MOST])
    yield from _classes(a, b)
    yield from _sides("output", a.shape, b.shape)
    if a.unit and b.unit and a.unit != b.unit:
        said = f"it answers in {b.unit}, and answered in {a.unit}"
        yield SchemaChange("output", "unit", True, said, None, a.unit, b.unit)


def _methods(a: Sequence[str], b: Sequence[str]) -> Iterator[SchemaChange]:
    for name in a:
        if name not in b:
            said = f"it has no {name} any more"
            yield SchemaChange("output", "method removed", True, said, name)
    for name in b:
        if name not in a:
            yield SchemaChange("output", "method added", False, f"it has {name} too", name)


def _classes(a: Outputs, b: Outputs) -> Iterator[SchemaChange]:
    if a.classes is not None and b.classes is not None:
        pairs = zip_longest(map(_typed, a.classes), map(_typed, b.classes))
        if all(old == new for old, new in pairs):
            return
        before, after = set(map(_typed, a.classes)), set(map(_typed, b.classes))
        gone = [each for each in a.classes if _typed(each) not in after]
        come = [each for each in b.classes if _typed(each) not in before]
        told = []
        if come:
            told.append(f"{_some(come)} came in")
        if gone:
            told.append(f"{_some(gone)} went")
        said = f"classes: {' and '.join(told)}" if told else "its classes have another order"
        lists = a.classes[:_MOST], b.classes[:_MOST]
        yield SchemaChange("output", "classes", True, said, None, *lists)
    elif a.class_count is not None and b.class_count is not None and a.class_count != b.class_count:
        said = f"it knows {b.class_count} classes, and knew {a.class_count}"
        yield SchemaChange("output", "classes", True, said, None, a.class_count, b.class_count)
