"""Models of plain arrays for the tests of the archive: they need no library."""

from __future__ import annotations

import io
import zipfile
from datetime import UTC, datetime
from typing import Any

import numpy as np
import numpy.typing as npt

__all__ = ["LARGE", "SMALL", "WHEN", "large", "members", "same"]

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)

MEBIBYTE = 1 << 20


def large(seed: int = 0) -> npt.NDArray[np.uint8]:
    """Three and a bit chunks of bytes that do not repeat: enough for threads to be started."""
    return np.random.default_rng(seed).integers(0, 256, 5 * MEBIBYTE + 11, np.uint8)


SMALL: dict[str, Any] = {
    "name": "ä",
    "weights": np.arange(6.0).reshape(2, 3),
    "columns": np.asfortranarray(np.arange(6, dtype="<i2").reshape(2, 3)),
    "flags": np.array([True, False]),
    "rows": np.array(
        [(1, 2.5, True)], np.dtype([("a", "u1"), ("b", "<f8"), ("c", "?")], align=True)
    ),
    "empty": np.zeros((0, 3), "<f4"),
    "scalar": np.array(7, "<u8"),
    "words": np.array(["a", "bcd"]),
    "times": np.array(["2026-01-01"], "M8[D]"),
    "nothing": np.ndarray(3, "S0"),
    "long": list(range(1000)),
}

LARGE: dict[str, Any] = {**SMALL, "bytes": large(), "floats": np.arange(MEBIBYTE, dtype="<f4")}


def same(a: Any, b: Any) -> bool:
    """Whether two models of this module are equal in type, dtype, shape, order and content."""
    if type(a) is not type(b):
        return False
    if isinstance(a, dict):
        return list(a) == list(b) and all(same(a[key], b[key]) for key in a)
    if isinstance(a, list):
        return len(a) == len(b) and all(map(same, a, b))
    if isinstance(a, np.ndarray):
        layout = (a.dtype, a.shape, a.flags.c_contiguous, a.flags.f_contiguous)
        if layout != (b.dtype, b.shape, b.flags.c_contiguous, b.flags.f_contiguous):
            return False
        if a.dtype.fields:  # whose padding may hold anything before it was saved
            return bool(a.dtype.isalignedstruct == b.dtype.isalignedstruct and (a == b).all())
        return bool(a.dtype.str == b.dtype.str and a.tobytes() == b.tobytes())
    return bool(a == b)


def members(archive: bytes) -> dict[str, bytes]:
    """The content of every member, as Python's own reader of ZIP files sees it."""
    with zipfile.ZipFile(io.BytesIO(archive)) as file:
        assert file.testzip() is None
        return {name: file.read(name) for name in file.namelist()}
