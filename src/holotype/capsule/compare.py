"""Predictions as plain arrays, and how far two of them are apart.

What a method returns becomes arrays, and dicts and lists of arrays, whatever library it came from,
so that golden predictions can be kept and compared without that library.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

__all__ = ["Deviation", "compare", "plain", "rows_of"]

Array = npt.NDArray[Any]

_MAX_DEPTH = 8


def plain(value: Any, depth: int = 0) -> Any:
    """``value`` as arrays, dicts with text keys and lists; TypeError for what is none of these."""
    if depth > _MAX_DEPTH:
        raise TypeError("it nests too deeply")
    if isinstance(value, Mapping):
        return {str(key): plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, (list, tuple)) and any(_is_arrays(item) for item in value):
        return [plain(item, depth + 1) for item in value]
    if hasattr(value, "tocsr") and hasattr(value, "nnz"):
        rows = value.tocsr()
        return {name: np.asarray(getattr(rows, name)) for name in ("data", "indices", "indptr")} | {
            "shape": np.asarray(rows.shape)
        }
    if hasattr(value, "dtypes") and hasattr(value, "columns"):  # a data frame
        return {str(name): _flat(value[name]) for name in value.columns}
    return _flat(value)


def _is_arrays(item: Any) -> bool:
    return hasattr(item, "shape") or isinstance(item, (list, tuple, Mapping))


def _flat(value: Any) -> Array:
    if hasattr(value, "detach"):  # a tensor
        value = value.detach().cpu()
        value = value.float() if str(value.dtype) in ("torch.bfloat16", "torch.float16") else value
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    array = np.asarray(value)
    if array.dtype.kind in "biufcUSMm":
        return array
    if array.dtype.kind == "V" and array.dtype.names is None:  # bfloat16 and its like
        return array.astype(np.float32)
    if array.dtype.kind in "OT" and all(isinstance(each, str) for each in array.flat):
        return array.astype(str)
    if array.dtype.kind == "O":
        return np.array([repr(each) for each in array.flat]).reshape(array.shape)
    raise TypeError(f"predictions of dtype {array.dtype} cannot be compared")


class Deviation(msgspec.Struct, frozen=True):
    """How far what a method answered is from what was expected.

    ``largest`` is the largest absolute difference, relative to the largest absolute value that was
    expected in its array: 0 where all bits that count are equal, infinite where no number can say
    it (other labels, other shapes). ``rows`` are the worst ones: row, expected, found.
    """

    largest: float
    problem: str = ""
    rows: tuple[tuple[int, str, str], ...] = ()


def compare(expected: Any, found: Any, *, worst: int = 3) -> Deviation:
    """Two answers as :func:`plain` gives them; ``worst`` is how many rows to name."""
    result = Deviation(0.0)
    for where, left, right in _pairs(expected, found, ""):
        if not isinstance(left, np.ndarray) or not isinstance(right, np.ndarray):
            return Deviation(np.inf, f"{where or 'the answer'} is of another form")
        each = _compare_arrays(left, right, worst)
        if each.largest > result.largest:
            problem = f"{where}: {each.problem}" if where and each.problem else each.problem
            result = Deviation(each.largest, problem, each.rows)
    return result


def _pairs(expected: Any, found: Any, where: str) -> Iterator[tuple[str, Any, Any]]:
    if isinstance(expected, dict) and isinstance(found, dict) and expected.keys() == found.keys():
        for name, item in expected.items():
            yield from _pairs(item, found[name], f"{where}.{name}".lstrip("."))
    elif isinstance(expected, list) and isinstance(found, list) and len(expected) == len(found):
        for index, pair in enumerate(zip(expected, found, strict=True)):
            yield from _pairs(*pair, f"{where}[{index}]")
    else:
        yield where, expected, found


def _compare_arrays(expected: Array, found: Array, worst: int) -> Deviation:
    if expected.shape != found.shape:
        return Deviation(np.inf, f"the shape is {found.shape} instead of {expected.shape}")
    if not expected.size:
        return Deviation(0.0)
    if expected.dtype == found.dtype and expected.tobytes() == found.tobytes():
        return Deviation(0.0)
    numbers = expected.dtype.kind in "biufc" and found.dtype.kind in "biufc"
    exact = not numbers or (expected.dtype.kind in "biu" and found.dtype.kind in "biu")
    if exact:
        distance = (expected != found).astype(np.float64)
        distance[distance > 0] = np.inf
    else:
        distance = _distances(expected, found)
    largest = float(distance.max())
    if largest == 0:
        return Deviation(0.0)
    return Deviation(largest, "", tuple(_worst(expected, found, distance, worst)))


def _distances(expected: Array, found: Array) -> npt.NDArray[np.float64]:
    """Differences over the largest finite value; 0 or infinite where one is not finite."""
    wide = np.complex128 if "c" in (expected.dtype.kind, found.dtype.kind) else np.float64
    left, right = expected.astype(wide), found.astype(wide)
    finite = np.isfinite(left) & np.isfinite(right)
    scale = float(np.abs(left[np.isfinite(left)]).max(initial=0.0)) or 1.0
    with np.errstate(invalid="ignore", over="ignore"):
        distance = np.abs(left - right) / scale
    same = (left == right) | (np.isnan(left) & np.isnan(right))
    return np.asarray(np.where(same, 0.0, np.where(finite, distance, np.inf)), dtype=np.float64)


def _worst(
    expected: Array, found: Array, distance: npt.NDArray[np.float64], count: int
) -> Iterator[tuple[int, str, str]]:
    if expected.ndim == 0:
        yield 0, _shown(expected), _shown(found)
        return
    by_row = distance.reshape(len(distance), -1).max(axis=1)
    for row in np.argsort(-by_row, kind="stable")[:count]:
        if by_row[row] > 0:
            yield int(row), _shown(expected[row]), _shown(found[row])


def _shown(value: Any) -> str:
    text = np.array2string(
        np.asarray(value), threshold=6, edgeitems=3, precision=17, max_line_width=10_000
    )
    return text if len(text) <= 200 else f"{text[:200]}…"


def rows_of(value: Any) -> int | None:
    """How many rows an input has; None where that cannot be said."""
    if isinstance(value, (tuple, dict)):
        counts = {rows_of(each) for each in (value.values() if isinstance(value, dict) else value)}
        return counts.pop() if len(counts) == 1 else None
    shape = getattr(value, "shape", None)
    if shape is not None:
        return int(shape[0]) if len(shape) else None
    return len(value) if isinstance(value, list) else None
