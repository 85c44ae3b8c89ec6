"""Data as it is handed over, seen as one table: form, columns, and the digest of its content.

Arrays, data frames, series, sparse matrices, tensors and lists. Rule: nothing of a library is
imported, nothing is copied as a whole, and equal content of equal dtypes has an equal digest on
every machine (SPEC 5.9).
"""

from __future__ import annotations

import datetime
import decimal
import hashlib
import sys
import uuid
from collections.abc import Callable, Iterator
from typing import Any, Literal, NamedTuple

import msgspec
import numpy as np

from holotype.archive.pipeline import Jobs
from holotype.digest import CHUNK, canonical_json, chunk_spans, is_text, join_chunks, sha256
from holotype.errors import UnsupportedError

__all__ = ["BLOCK", "Series", "Tabular", "is_missing", "tabular"]

BLOCK = 1 << 16
"""Rows that are looked at together."""

Form = Literal["array", "frame", "series", "sparse", "text", "tensor"]
_ADVICE = "Give an array, a data frame, a sparse matrix, a tensor or a list."


class Series(NamedTuple):
    """One column: what it is called, the dtype that its owner states, its values in one dimension.

    ``values`` are numbers, times, booleans, text or objects.
    """

    name: str | None
    dtype: str
    values: np.ndarray[Any, Any]


class Tabular(NamedTuple):
    """Data in one of the forms; ``columns`` yields its columns where it has such."""

    form: Form
    shape: tuple[int, ...]
    dtype: str | None
    names: list[str | None]
    columns: Callable[[], Iterator[Series]]
    digest: Callable[[], str]


def tabular(data: Any, where: str) -> Tabular:
    """See ``data`` as a table; UnsupportedError, which names ``where``, for what is none."""
    library = type(data).__module__.partition(".")[0]
    if library == "scipy" and hasattr(data, "tocsr"):
        return _sparse(data)
    if hasattr(data, "columns") and hasattr(data, "dtypes") and hasattr(data, "shape"):
        return _frame(data, where)
    if hasattr(data, "to_numpy") and hasattr(data, "dtype") and hasattr(data, "name"):
        column = _series(data, None if data.name is None else str(data.name), where)
        return _columnar("series", (len(data),), [lambda: column], [column.name], where)
    if library == "torch" and hasattr(data, "detach"):
        return _array(_tensor(data), "tensor", where)
    if type(data) in (list, tuple):
        return _list(data, where)
    if isinstance(data, np.ndarray) or hasattr(data, "__array__"):
        form: Form = "array" if library == "numpy" else "tensor"
        return _array(np.asarray(data), form, where)
    raise UnsupportedError(where, f"is a {type(data).__qualname__}, which is no data.", _ADVICE)


# ------------------------------------------------------------------------------------- forms


def _sparse(data: Any) -> Tabular:
    rows = data.tocsr()
    if not rows.has_canonical_format:
        rows = rows.copy()
        rows.sum_duplicates()

    def columns() -> Iterator[Series]:
        by_column = rows.tocsc()
        for index in range(rows.shape[1]):
            values = by_column[:, [index]].toarray().ravel()
            yield Series(None, str(rows.dtype), values)

    def digest() -> str:
        parts = (rows.indptr.astype("<i8"), rows.indices.astype("<i8"), _little(rows.data))
        return _sealed("sparse", rows.shape, str(rows.dtype), [_bytes_digest(p) for p in parts])

    names: list[str | None] = [None] * rows.shape[1]
    return Tabular("sparse", tuple(rows.shape), str(rows.dtype), names, columns, digest)


def _frame(data: Any, where: str) -> Tabular:
    count = len(data.columns)
    names = [str(name) for name in data.columns]
    if not all(map(is_text, names)):
        raise UnsupportedError(where, "has a column whose name is not text.")

    def getter(index: int) -> Callable[[], Series]:
        at = f"{where}[{names[index]!r}]"
        rows = data.iloc if hasattr(data, "iloc") else data  # pandas, and others
        return lambda: _series(rows[:, index], names[index], at)

    shape = (int(data.shape[0]), count)
    return _columnar("frame", shape, [getter(index) for index in range(count)], names, where)


def _columnar(
    form: Form,
    shape: tuple[int, ...],
    getters: list[Callable[[], Series]],
    names: Any,
    where: str,
) -> Tabular:
    def columns() -> Iterator[Series]:
        return (get() for get in getters)

    def digest() -> str:
        parts = []
        for name, dtype, values in columns():
            at = where if name is None else f"{where}[{name!r}]"
            parts.append([name, dtype, _values_digest(values, at)])
        return _sealed(form, shape, None, parts)

    return Tabular(form, shape, None, list(names), columns, digest)


def _series(data: Any, name: str | None, where: str) -> Series:
    """A column of a data frame; its dtype is the one that the data frame states."""
    dtype = str(data.dtype)
    if dtype == "category":
        values = np.asarray(data.astype(object).to_numpy())
    elif getattr(data.dtype, "tz", None) is not None and hasattr(data, "dt"):
        values = data.dt.tz_convert("UTC").dt.tz_localize(None).to_numpy()
    elif hasattr(data.dtype, "numpy_dtype") and data.dtype.numpy_dtype.kind in "iuf":
        values = _masked(data)
    else:
        values = np.asarray(data.to_numpy())
    if values.ndim != 1:
        raise UnsupportedError(where, "is not one column.", _ADVICE)
    return Series(name, dtype, values)


def _masked(data: Any) -> np.ndarray[Any, Any]:
    """Numbers of pandas that may be missing; floats with NaN where some are."""
    if data.isna().any():
        return np.asarray(data.to_numpy(dtype="float64", na_value=np.nan))
    return np.asarray(data.to_numpy(dtype=data.dtype.numpy_dtype))


def _tensor(data: Any) -> np.ndarray[Any, Any]:
    plain = data.detach().cpu()
    if str(plain.dtype) == "torch.bfloat16":  # which NumPy does not have; float32 holds it exactly
        plain = plain.float()
    return np.asarray(plain.numpy())


def _list(data: Any, where: str) -> Tabular:
    if data and all(type(each) is str for each in data):
        texts = np.empty(len(data), object)
        texts[:] = data
        column = Series(None, "text", texts)
        return _columnar("text", (len(data),), [lambda: column], [None], where)
    try:
        values = np.asarray(data)
    except ValueError:
        raise UnsupportedError(where, "is a list of rows of different lengths.", _ADVICE) from None
    return _array(values, "array", where)


def _array(values: np.ndarray[Any, Any], form: Form, where: str) -> Tabular:
    if values.dtype.kind not in "biufcOUSMm" or values.ndim == 0:
        raise UnsupportedError(where, f"holds {values.dtype}, of which nothing is known.", _ADVICE)

    def columns() -> Iterator[Series]:
        if values.ndim == 1:
            yield Series(None, str(values.dtype), values)
        elif values.ndim == 2:
            yield from (
                Series(None, str(values.dtype), values[:, i]) for i in range(values.shape[1])
            )

    def digest() -> str:
        return _sealed(form, values.shape, _stated(values.dtype), _values_digest(values, where))

    count = 1 if values.ndim == 1 else values.shape[1] if values.ndim == 2 else 0
    return Tabular(form, values.shape, str(values.dtype), [None] * count, columns, digest)


# ----------------------------------------------------------------------------------- digests


def _sealed(form: Form, shape: Any, dtype: str | None, content: Any) -> str:
    said = {"content": content, "dtype": dtype, "form": form, "shape": list(map(int, shape))}
    return sha256(canonical_json(said))


def _stated(dtype: np.dtype[Any]) -> str:
    return "object" if dtype.kind in "OUS" else dtype.newbyteorder("<").str


def _little(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    return values.astype(values.dtype.newbyteorder("<"), copy=False)


def _values_digest(values: np.ndarray[Any, Any], where: str) -> str:
    if values.dtype.kind in "OUS":
        return _lines_digest(values, where)
    return _bytes_digest(values)


def _bytes_digest(values: np.ndarray[Any, Any]) -> str:
    """The digest of the values' bytes in C order, little-endian (SPEC 1.3)."""
    item, size = values.dtype.itemsize, values.nbytes
    if values.flags.c_contiguous and _little(values) is values:
        view = values.reshape(-1).view(np.uint8).data if size else memoryview(b"")

        def work(span: tuple[int, int]) -> bytes:
            return hashlib.sha256(view[span[0] : span[1]]).digest()

        with Jobs(work, chunk_spans(size), size) as leaves:
            return join_chunks(list(leaves), size)
    step = max(1, CHUNK // max(1, item * (values[:1].size or 1)))
    hasher = _Chunks()
    for start in range(0, len(values), step):
        hasher.add(np.ascontiguousarray(_little(values[start : start + step])).tobytes())
    return hasher.digest()


def _lines_digest(values: np.ndarray[Any, Any], where: str) -> str:
    """The digest of values as JSON, each with a line feed after it; null for what is missing."""
    hasher = _Chunks()
    encoder = msgspec.json.Encoder(enc_hook=_as_json)
    flat = values.reshape(-1)
    for start in range(0, flat.size, BLOCK):
        try:
            hasher.add(encoder.encode_lines(flat[start : start + BLOCK].tolist()))
        except (TypeError, ValueError, RecursionError) as error:
            raise UnsupportedError(
                where, f"holds what no digest is defined of: {error}.", _ADVICE
            ) from None
    return hasher.digest()


def _as_json(value: Any) -> Any:
    if isinstance(value, np.generic):
        return value.item()
    if isinstance(value, np.ndarray):
        return value.tolist()
    if type(value).__name__ in ("NAType", "NaTType"):
        return None
    if isinstance(value, (datetime.timedelta, decimal.Decimal, uuid.UUID)):
        return str(value)
    if type(value).__module__.startswith("pandas."):
        return str(value)
    raise TypeError(f"an object of type {type(value).__qualname__}")


class _Chunks:
    """The two-level digest of bytes that arrive piece by piece."""

    def __init__(self) -> None:
        self.open = bytearray()
        self.leaves: list[bytes] = []
        self.size = 0

    def add(self, data: bytes) -> None:
        self.size += len(data)
        self.open += data
        # The last chunk stays open: it may be the whole, of which the digest has another form.
        whole = max(0, len(self.open) - 1) // CHUNK * CHUNK
        with memoryview(self.open) as view:
            for start in range(0, whole, CHUNK):
                self.leaves.append(hashlib.sha256(view[start : start + CHUNK]).digest())
        del self.open[:whole]

    def digest(self) -> str:
        last = hashlib.sha256(self.open).digest()
        return join_chunks([*self.leaves, last], self.size)


def is_missing(values: np.ndarray[Any, Any]) -> np.ndarray[Any, Any]:
    """Which values of a column of objects are missing."""
    pandas = sys.modules.get("pandas")
    if pandas is not None:
        return np.asarray(pandas.isna(values))
    return np.array([each is None or each != each for each in values], bool)
