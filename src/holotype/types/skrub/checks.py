"""What skrub turns from a model's own text and numbers into names, loops and memory.

Parts of a date become attributes of pandas, operations become methods of a grouped table, the name
of a time zone may be a path, and a pattern for names is a format of Python. Rule: text is one of
the words that skrub itself would have put there, and a count is that of something stored, or small.
"""

from __future__ import annotations

import re
import string
from typing import Any

import numpy as np

from holotype.graph.shadow import ABSENT, Named, Shadow, is_trusted
from holotype.types.sklearn.native import _check_attributes
from holotype.types.sklearn.shapes import shape_of

__all__ = [
    "check_aggregation",
    "check_dates",
    "check_format",
    "check_gap",
    "check_joiner",
    "check_minhash",
    "check_outputs",
    "check_renaming",
    "check_similarity",
    "is_pattern",
]

_PARTS = frozenset(
    (
        *("year", "month", "day", "hour", "minute", "second", "microsecond", "nanosecond"),
        *("total_seconds", "weekday", "day_of_year"),
    )
)
_OPERATIONS = frozenset(["count", "max", "mean", "median", "min", "mode", "std", "sum"])
_ZONE = re.compile(
    r"(?!dateutil/)[A-Za-z0-9_+\-]{1,32}(?:/[A-Za-z0-9_+\-]{1,32}){0,3}|UTC[+\-][0-9]{2}:[0-9]{2}"
)
_FLOATS = ("float16", "float32", "float64")
_MOST_COMPONENTS = 1 << 16
_LONGEST_PART = 4096  # letters


def check_dates(shadow: Shadow) -> None:
    """DatetimeEncoder: parts of a date, each an attribute of pandas of this name."""
    for part in _texts(shadow, "extracted_features_"):
        if part not in _PARTS and part.rpartition("_")[0] not in _PARTS:
            raise shadow.fail(f"extracted_features_ has {part[:40]!r}, which is no part of a date")


def check_outputs(shadow: Shadow) -> None:
    """Encoders that count the columns of their answers: they are as many as their names."""
    if shadow.has("n_components_") and shadow.has("all_outputs_"):
        names = shadow.get("all_outputs_")
        shadow.integer("n_components_", 0, len(names) if isinstance(names, list) else 0)


def check_format(shadow: Shadow) -> None:
    """ToDatetime: its answers are dates, in a zone that is a name and no path."""
    zone = shadow.get("output_time_zone_")
    if isinstance(zone, str) and not _ZONE.fullmatch(zone):
        raise shadow.fail(f"output_time_zone_ is not the name of a time zone: {zone[:40]!r}")
    dtype = shadow.get("output_dtype_")
    if isinstance(dtype, str) or (isinstance(dtype, np.dtype) and dtype.kind != "M"):
        raise shadow.fail("output_dtype_ is not one of dates")


def check_aggregation(shadow: Shadow) -> None:
    """AggJoiner and its like: what is called on the groups is one of skrub's operations."""
    for name in ("operations", "_operations"):
        for word in _flat(shadow.get(name)):
            if not isinstance(word, str) or word not in _OPERATIONS:
                raise shadow.fail(f"{name} has something that is no operation")


def _flat(value: Any, depth: int = 2) -> list[Any]:
    """A text, a list of texts, or a list of lists of them, as one list."""
    if value is ABSENT or value is None:
        return []
    if isinstance(value, np.ndarray):
        value = value.tolist()
    if isinstance(value, (list, tuple)) and depth:
        return [word for item in value for word in _flat(item, depth - 1)]
    return [value]


def _texts(shadow: Shadow, name: str) -> list[str]:
    value = shadow.get(name)
    if value is ABSENT:
        return []
    if not isinstance(value, list) or not all(isinstance(item, str) for item in value):
        raise shadow.fail(f"{name} is not a list of text")
    return value


# -- counts --------------------------------------------------------------------------------------


def check_minhash(shadow: Shadow) -> None:
    """MinHashEncoder keeps nothing of its size: what it makes of each text is bounded."""
    shadow.integer("n_components", 1, _MOST_COMPONENTS)
    lengths = shadow.get("ngram_range")
    if not isinstance(lengths, (list, tuple)) or len(lengths) != 2:
        raise shadow.fail("ngram_range is not two numbers")
    low = shadow.as_integer(lengths[0], "ngram_range", 1, _LONGEST_PART)
    shadow.as_integer(lengths[1], "ngram_range", low, _LONGEST_PART)


def check_gap(shadow: Shadow) -> None:
    """GapEncoder: as many names as topics, and as many letters for each as there are words."""
    topics = shape_of(shadow.get("W_"))
    if topics is None:
        return
    if len(topics) != 2 or shape_of(shadow.get("A_")) != topics:
        raise shadow.fail("A_ has not the sizes of W_")
    shadow.integer("n_components", topics[0], topics[0])


# -- formats -------------------------------------------------------------------------------------


def is_pattern(text: str) -> bool:
    """Whether a format puts the name in its places and does nothing else with it."""
    try:
        parts = list(string.Formatter().parse(text))
    except ValueError:
        return False
    return all(
        field in (None, "", "0") and not form and not conversion
        for _, field, form, conversion in parts
    )


def check_renaming(shadow: Shadow) -> None:
    """What makes new names of columns: a pattern, or a function of the table."""
    value = shadow.get("rename_columns")
    if isinstance(value, str) and not is_pattern(value):
        raise shadow.fail("rename_columns does more than to put the name of a column in its place")
    if isinstance(value, Named) and not is_trusted(value):
        raise shadow.fail(f"rename_columns is {value.key}, which makes no names")


def check_joiner(shadow: Shadow) -> None:
    """Joiner: its attributes, and the pattern by which it renames, as a text."""
    shadow.args(0)
    _check_attributes(shadow)
    pattern = shadow.get("_right_cols_renaming")
    if pattern is not ABSENT and not (isinstance(pattern, str) and is_pattern(pattern)):
        raise shadow.fail("_right_cols_renaming does more than to put a name in its place")


def check_similarity(shadow: Shadow) -> None:
    """SimilarityEncoder: its answers are numbers, whose size is not the model's to say.

    Columns are taken out of its counts, for which SciPy makes room by the last row's end and copies
    all elements that are stored (``csr_column_index2``): there may be none behind that.
    """
    dtype = shadow.get("dtype")
    number = isinstance(dtype, np.dtype) and dtype.kind == "f"
    if not (dtype is ABSENT or number or isinstance(dtype, Named) or dtype in _FLOATS):
        raise shadow.fail("dtype is not one of numbers")
    for counts in _flat(shadow.get("vocabulary_count_matrices_")):
        if not isinstance(counts, Shadow) or not counts.key.startswith("scipy.sparse.csr_"):
            raise shadow.fail("vocabulary_count_matrices_ has something that is no matrix of rows")
        if counts.array("indptr", ndim=1)[-1:].tolist() != [len(counts.array("indices", ndim=1))]:
            raise counts.fail("there are elements behind the last row")
