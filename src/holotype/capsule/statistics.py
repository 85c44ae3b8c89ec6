"""What is told of data that was handed over: a digest, a shape, figures of each column.

They serve to notice later that data have changed. Rule: never a row. Figures of fewer than ``FEW``
values are not told, deciles not of fewer than ten times as many, and no category that was seen
fewer than ``FEW`` times is named; all of it takes one pass in blocks, and little memory.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import Any, NamedTuple

import numpy as np

from holotype.archive.theta import ColumnStatistics, Frequency, Table
from holotype.capsule.tables import BLOCK, Series, Tabular, is_missing
from holotype.digest import is_text

__all__ = ["FEW", "MAX_COLUMNS", "column_statistics", "table_of"]

FEW = 5
MAX_COLUMNS = 2000
"""Columns of which figures are told; of wider data only the shape and the digest are."""

_SAMPLE = 1 << 16
_NAMED = 20
_MAX_DISTINCT = 10_000
_MAX_SPARSE = 50_000_000
_MAX_TEXT = 100
_MAX_RANGE = 100
_EXACT = 1 << 53

Array = np.ndarray[Any, Any]


def table_of(data: Tabular) -> Table:
    """What is told of the data."""
    width = len(data.names)
    dense = data.form != "sparse" or width * data.shape[0] <= _MAX_SPARSE
    told = width <= MAX_COLUMNS and dense
    return Table(
        form=data.form,
        shape=list(map(int, data.shape)),
        digest=data.digest(),
        dtype=data.dtype,
        columns=[column_statistics(column) for column in data.columns()] if told else [],
    )


def column_statistics(column: Series) -> ColumnStatistics:
    """The figures of one column."""
    kind = column.values.dtype.kind
    if kind in "iuf":
        figures = _numbers(column.values)
        if kind != "f" and not figures.too_few and _span(column.values) < _MAX_RANGE:
            counts = _tally_of_integers(column.values)
            if len(counts) <= _NAMED:
                return figures.told(column, **_counted(counts))
        return figures.told(column)
    if kind in "mM":
        return _numbers(_seconds(column.values)).told(column, measure="seconds")
    if kind == "c":
        finite = int(np.isfinite(column.values).sum())
        return _bare(column, finite, column.values.size - finite)
    return _categories(column)


def _bare(column: Series, count: int, missing: int, **told: Any) -> ColumnStatistics:
    return ColumnStatistics(
        name=column.name, dtype=column.dtype, count=count, missing=missing, **told
    )


# ----------------------------------------------------------------------------------- numbers


class _Figures(NamedTuple):
    number: int  # of finite values
    missing: int
    minimum: int | float
    maximum: int | float
    mean: float
    std: float
    deciles: list[float]

    @property
    def too_few(self) -> bool:
        return self.number < FEW

    def told(self, column: Series, **more: Any) -> ColumnStatistics:
        if self.too_few:
            return _bare(column, self.number, self.missing, **more)
        figures: dict[str, Any] = {
            "minimum": self.minimum,
            "maximum": self.maximum,
            "mean": _rounded(self.mean),
            "std": _rounded(self.std),
        }
        if self.number >= 10 * FEW:
            figures["deciles"] = [_rounded(each) for each in self.deciles]
        figures = {name: each for name, each in figures.items() if _is_finite(each)}
        return _bare(column, self.number, self.missing, **figures, **more)


def _numbers(values: Array) -> _Figures:
    """Count, range, mean and deviation of all finite values; deciles of at most 65,536 of them.

    Blocks are joined as Chan, Golub and LeVeque (1979) do, so that no precision is lost.
    """
    count, mean, squares = 0, 0.0, 0.0
    low: Any = math.inf
    high: Any = -math.inf
    with np.errstate(all="ignore"):
        for start in range(0, len(values), BLOCK):
            block = np.ascontiguousarray(values[start : start + BLOCK])
            if block.dtype.kind == "f":
                block = block[np.isfinite(block)]
            if not block.size:
                continue
            low, high = min(low, block.min().item()), max(high, block.max().item())
            floats = block.astype(np.float64)
            middle = float(floats.mean())
            apart = middle - mean
            total = count + block.size
            squares += (
                float(np.square(floats - middle).sum()) + apart**2 * count * block.size / total
            )
            mean += apart * block.size / total
            count = total
        deciles = _deciles(values)
        std = math.sqrt(squares / count) if count else 0.0
    return _Figures(count, len(values) - count, low, high, mean, std, deciles)


def _deciles(values: Array) -> list[float]:
    """Of values at even distances, which depend on their number alone; linear between two."""
    size = len(values)
    if size > _SAMPLE:
        values = values[np.arange(_SAMPLE) * size // _SAMPLE]
    floats = values.astype(np.float64)
    floats = np.sort(floats[np.isfinite(floats)])
    if not floats.size:
        return []
    places = np.linspace(0.1, 0.9, 9) * (floats.size - 1)
    below = places.astype(np.int64)
    above = np.minimum(below + 1, floats.size - 1)
    found: list[float] = (
        floats[below] + (floats[above] - floats[below]) * (places - below)
    ).tolist()
    return found


def _rounded(value: float) -> float:
    """To nine digits: more of them differ between machines, and tell nothing."""
    return float(f"{value:.9g}")


def _is_finite(value: Any) -> bool:
    return all(map(math.isfinite, value if isinstance(value, list) else [value]))


def _seconds(values: Array) -> Array:
    """Times as seconds since 1970, durations as seconds; what is none of both is not a number."""
    seconds = "M8[us]" if values.dtype.kind == "M" else "m8[us]"
    numbers = values.astype(seconds).astype(np.int64) / 1e6
    return np.where(np.isnat(values), np.nan, numbers)


def _span(values: Array) -> int:
    return int(values.max()) - int(values.min())


# --------------------------------------------------------------------------------- categories


def _tally_of_integers(values: Array) -> Counter[Any]:
    counts: Counter[Any] = Counter()
    for start in range(0, len(values), BLOCK):
        block = values[start : start + BLOCK]
        found, times = np.unique(block, return_counts=True)
        counts.update(dict(zip(found.tolist(), times.tolist(), strict=True)))
    return counts


def _counted(counts: Counter[Any]) -> dict[str, Any]:
    """How many values there are, and those that were seen often enough to be named."""
    often = sorted(
        ((value, count) for value, count in counts.items() if count >= FEW and _nameable(value)),
        key=lambda pair: (-pair[1], str(pair[0])),
    )[:_NAMED]
    return {
        "distinct": len(counts),
        "top": [Frequency(value=value, count=count) for value, count in often] or None,
        "other": sum(counts.values()) - sum(count for _, count in often),
    }


def _nameable(value: Any) -> bool:
    if type(value) is str:
        return len(value) <= _MAX_TEXT and is_text(value)
    whole = type(value) is int and abs(value) < _EXACT
    return type(value) is bool or whole or (type(value) is float and math.isfinite(value))


def _categories(column: Series) -> ColumnStatistics:
    """Of booleans, text and objects: the categories, or the lengths where there are too many."""
    counts: Counter[Any] | None = Counter()
    lengths = np.zeros(len(column.values), np.int32) if column.values.dtype.kind in "OUS" else None
    missing = 0
    for start in range(0, len(column.values), BLOCK):
        block = column.values[start : start + BLOCK]
        if block.dtype.kind == "O":
            there = ~is_missing(block)
            missing += int(block.size - there.sum())
            block = block[there]
        listed = block.tolist()
        if counts is not None:
            counts = _count(counts, listed)
        if lengths is not None:
            lengths[start : start + len(listed)] = [_length(each) for each in listed]
            lengths[start + len(listed) : start + BLOCK] = -1
    count = len(column.values) - missing
    if column.dtype != "text" and counts is not None and _is_repeated(counts, count):
        return _bare(column, count, missing, **_counted(counts))
    if lengths is None:
        return _bare(column, count, missing)
    # Free text and identifiers: nothing of them is named.
    figures = _numbers(lengths[lengths >= 0])
    return figures._replace(missing=missing).told(column, measure="length")


def _count(counts: Counter[Any], values: list[Any]) -> Counter[Any] | None:
    try:
        counts.update(values)
    except TypeError:  # there is something that has no hash
        return None
    return counts if len(counts) <= _MAX_DISTINCT else None


def _is_repeated(counts: Counter[Any], count: int) -> bool:
    """Whether they are categories: on average each is there often enough."""
    return count == 0 or len(counts) * 2 <= count or len(counts) <= _NAMED


def _length(value: Any) -> int:
    return len(value) if isinstance(value, (str, bytes, list, tuple)) else 0
