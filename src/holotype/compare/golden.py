"""Golden predictions of two archives: answers to the same inputs, and the form of all answers.

Nothing is asked: both archives keep what their models answered. Rule: answers are compared only
where the inputs are equal, bit by bit; the form of an answer (its dtype and the sides of one row)
does not depend on the inputs, and tells of outputs what a model cannot say of itself.
"""

from __future__ import annotations

import math
from collections.abc import Iterator
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.archive.enclosed import read_enclosed
from holotype.archive.reader import ArchiveReader
from holotype.capsule.card.glimpse import Golden, golden_of
from holotype.capsule.probe import probe_parts
from holotype.capsule.schema import METHODS
from holotype.compare.difference import MethodChange, ProbeChange, SchemaChange
from holotype.compare.marks import Marks
from holotype.compare.reading import Half
from holotype.types.table import type_table

__all__ = ["Kept", "compare_golden", "forms_changed", "kept_of"]

Array = npt.NDArray[Any]

_SPARSE = {"data", "indices", "indptr", "shape"}
_FAMILIES = {"U": "text", "S": "text", "O": "text"}


class Kept(NamedTuple):
    """The golden predictions of one archive; ``inputs`` marks what was asked."""

    golden: Golden
    inputs: bytes | None


def kept_of(reader: ArchiveReader) -> Kept | None:
    """Validated, and not built; None where there are none."""
    golden = golden_of(reader)
    parts = probe_parts(reader)
    if golden is None or parts is None:
        return None
    half = Half(*read_enclosed(*parts, type_table()))
    named = half.names_of(half.blueprint.root) or {}
    return Kept(golden, Marks(half).of(named["inputs"]) if "inputs" in named else None)


def compare_golden(before: Kept | None, after: Kept | None) -> ProbeChange | None:
    """What the same inputs are answered; None where neither archive keeps any."""
    if before is None and after is None:
        return None
    if before is None or after is None:
        return ProbeChange(False, "only one of the archives keeps golden predictions")
    if before.inputs is None or before.inputs != after.inputs:
        return ProbeChange(False, "the two models were asked different inputs")
    a, b = before.golden, after.golden
    methods = []
    for name in (each for each in a.outputs if each in b.outputs):
        slack = max(a.tolerance.get(name, 0.0), b.tolerance.get(name, 0.0))
        methods.append(_method(name, a.outputs[name], b.outputs[name], slack))
    return ProbeChange(True, "", methods)


def _method(name: str, before: Any, after: Any, tolerance: float) -> MethodChange:
    rows = differing = 0
    largest: float | None = None
    marked: Array | None = None
    for left, right in _pairs(before, after):
        problem = _unlike(left, right)
        if problem:
            count = _rows(left)
            return MethodChange(name, count, count, None, problem)
        apart, most = _apart(left, right, tolerance)
        if most is not None:
            largest = most if largest is None else max(largest, most)
        rows = max(rows, len(apart))
        if marked is not None and len(marked) == len(apart):
            apart = np.logical_or(marked, apart)
        marked = apart
        differing = max(differing, int(np.sum(marked)))
    return MethodChange(name, rows, differing, largest)


def _rows(value: Any) -> int:
    return len(value) if isinstance(value, np.ndarray) and value.ndim else 1


def _unlike(left: Any, right: Any) -> str:
    if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
        return "the answers are of different forms"
    if left.shape != right.shape:
        return f"the shape is {_sides(right.shape)} instead of {_sides(left.shape)}"
    if _family(left.dtype) != _family(right.dtype):
        return f"the dtype is {right.dtype} instead of {left.dtype}"
    return ""


def _family(dtype: np.dtype[Any]) -> str:
    return _FAMILIES.get(dtype.kind, "number" if dtype.kind in "biufc" else dtype.kind)


def _sides(shape: tuple[int, ...]) -> str:
    return " × ".join(map(str, shape)) or "one value"


def _apart(left: Array, right: Array, tolerance: float) -> tuple[Array, float | None]:
    """Which rows are further apart than the tolerance, and the largest change of a number."""
    count = _rows(left)
    if not count:
        return np.empty(0, bool), None
    if left.dtype.kind not in "biufc" or right.dtype.kind not in "biufc":
        differs = np.array([a != b for a, b in zip(left.flat, right.flat, strict=True)], bool)
        return _by_row(differs, count), None
    whole = left.dtype.kind in "biu" and right.dtype.kind in "biu"
    kind = np.complex128 if "c" in (left.dtype.kind, right.dtype.kind) else np.float64
    with np.errstate(all="ignore"):
        a, b = left.astype(kind), right.astype(kind)
        sizes = np.abs(b - a)
        sizes[(a == b) | (np.isnan(a) & np.isnan(b))] = 0.0
        finite = np.abs(a[np.isfinite(a)])
        scale = float(finite.max()) if finite.size else 0.0
        allowed = 0.0 if whole else tolerance * (scale or 1.0)
        differs = ~(sizes <= allowed)
    most = float(sizes.max()) if sizes.size else 0.0
    return _by_row(differs, count), most if math.isfinite(most) else None


def _by_row(differs: Array, count: int) -> Array:
    return np.asarray(differs.reshape(count, -1).any(axis=1))


def _pairs(before: Any, after: Any) -> Iterator[tuple[Any, Any]]:
    """The arrays of two answers; of sparse ones, rows of numbers."""
    if isinstance(before, dict) and isinstance(after, dict) and before.keys() == after.keys():
        if before.keys() == _SPARSE:
            yield _sparse(before, after)
            return
        for name, each in before.items():
            yield from _pairs(each, after[name])
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        for left, right in zip(before, after, strict=True):
            yield from _pairs(left, right)
    else:
        yield before, after


def _sparse(before: dict[str, Any], after: dict[str, Any]) -> tuple[Any, Any]:
    """Sparse answers with the columns in common, or their shapes where these differ."""
    sides = [np.asarray(each["shape"]).tolist() for each in (before, after)]
    if sides[0] != sides[1] or len(sides[0]) != 2:
        return np.empty(tuple(sides[0])[:0]), np.array(sides[1])
    columns = np.union1d(before["indices"], after["indices"])
    return _dense(before, columns), _dense(after, columns)


def _dense(answer: dict[str, Any], columns: Array) -> Array:
    ends = np.clip(np.asarray(answer["indptr"], np.int64), 0, len(answer["data"]))
    result = np.zeros((max(0, len(ends) - 1), len(columns)))
    for row in range(len(result)):
        part = slice(int(ends[row]), int(ends[row + 1]))
        places = np.searchsorted(columns, answer["indices"][part])
        values = answer["data"][part]
        size = min(len(places), len(values))
        result[row, places[:size]] = values[:size]
    return result


# -- forms ---------------------------------------------------------------------------------------


def forms_changed(before: Kept | None, after: Kept | None) -> list[SchemaChange]:
    """Methods whose answers have another dtype, or other sides in one row."""
    if before is None or after is None:
        return []
    changes = []
    for name, answer in before.golden.outputs.items():
        if name not in after.golden.outputs or name not in METHODS:
            continue  # what else may be asked, such as the leaves of all trees, is no promise
        old, new = _form(answer), _form(after.golden.outputs[name])
        if old != new:
            said = f"{name} gives {new}, and gave {old}"
            changes.append(SchemaChange("output", "form", True, said, name, old, new))
    return changes


def _form(answer: Any) -> str:
    """The dtype and the sides of one row, in words."""
    if isinstance(answer, dict):
        if answer.keys() == _SPARSE:
            sides = np.asarray(answer["shape"]).tolist()[1:]
            return f"sparse {answer['data'].dtype} × {' × '.join(map(str, sides))}"
        return "; ".join(f"{name}: {_form(each)}" for name, each in list(answer.items())[:20])
    if isinstance(answer, list):
        return "; ".join(_form(each) for each in answer[:20])
    if not isinstance(answer, np.ndarray):
        return "something else"
    dtype = _FAMILIES.get(answer.dtype.kind, str(answer.dtype))
    sides = answer.shape[1:]
    return f"{dtype} × {_sides(sides)}" if sides else f"{dtype} for each row"
