"""Arrays of strings, and arrays kept by Apache Arrow.

A string array is its texts, a mask, where it is stored (Python objects or Arrow) and which value
stands for a missing one: pandas calls two arrays that differ in these different. How Arrow divides
an array into chunks means nothing and is not kept. Rule: which Arrow types there are is a literal
table; a type's text never reaches a parser.
"""

from __future__ import annotations

import contextlib
import importlib
import re
from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import MissingLibraryError, UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.pandas.contents import arguments, vector

__all__ = ["entries"]

_STORAGES = ("python", "pyarrow")
_MISSING = ("NA", "nan")

# Each storage of fixed width is read through the integers or floats that it is made of.
_FIXED = {
    "bool": "|b1",
    "date32[day]": "<i4",
    "date64[ms]": "<i8",
    "double": "<f8",
    "float": "<f4",
    "halffloat": "<f2",
    "int16": "<i2",
    "int32": "<i4",
    "int64": "<i8",
    "int8": "|i1",
    "time32[ms]": "<i4",
    "time32[s]": "<i4",
    "time64[ns]": "<i8",
    "time64[us]": "<i8",
    "uint16": "<u2",
    "uint32": "<u4",
    "uint64": "<u8",
    "uint8": "|u1",
    **{f"duration[{unit}]": "<i8" for unit in ("s", "ms", "us", "ns")},
}
_VARIABLE: dict[str, type] = {
    "binary": bytes,
    "large_binary": bytes,
    "large_string": str,
    "string": str,
}
_INSTANT = re.compile(r"timestamp\[(s|ms|us|ns)(?:, tz=([A-Za-z0-9_+\-:/]{1,64}))?\]")


def entries() -> Iterable[Entry]:
    """String arrays and dtypes of every version, and those of Arrow."""
    string, arrow = "pandas.core.arrays.string_", "pandas.core.arrays.string_arrow"
    # pandas 2 had a class of its own for each pair of storage and missing value. These come first,
    # so that the classes of pandas 3 answer to their own names below.
    for name, module, successor in (
        ("StringArrayNumpySemantics", string, "StringArray"),
        ("ArrowStringArrayNumpySemantics", arrow, "ArrowStringArray"),
        ("StringArray", string, "StringArray"),
        ("ArrowStringArray", arrow, "ArrowStringArray"),
    ):
        yield Entry(
            key=f"pandas.arrays.{name}",
            where=(f"{module}:{name}", f"pandas.arrays:{successor}"),
            kind="call",
            reduce=_reduce_texts,
            build=_build_texts,
            check=_check_texts,
        )
    yield Entry(
        key="pandas.StringDtype",
        where=("pandas:StringDtype", f"{string}:StringDtype"),
        kind="call",
        reduce=lambda dtype: Reduced(_semantics(dtype)),
        build=lambda _, args: _string_dtype(*args),
        check=_check_string_dtype,
    )
    yield Entry(
        key="pandas.ArrowDtype",
        where=(
            "pandas:ArrowDtype",
            "pandas.core.dtypes.dtypes:ArrowDtype",
            "pandas.core.arrays.arrow.dtype:ArrowDtype",
        ),
        kind="call",
        reduce=lambda dtype: Reduced((_known(dtype.pyarrow_dtype),)),
        build=lambda cls, args: cls(_arrow_type(args[0])),
        check=_check_arrow_dtype,
    )
    yield Entry(
        key="pandas.arrays.ArrowExtensionArray",
        where=(
            "pandas.arrays:ArrowExtensionArray",
            "pandas.core.arrays.arrow.array:ArrowExtensionArray",
        ),
        kind="call",
        reduce=_reduce_arrow,
        build=_build_arrow,
        check=_check_arrow,
    )


# -- strings -----------------------------------------------------------------------------------


def _semantics(dtype: Any) -> tuple[str, str]:
    import pandas as pd

    storage = "pyarrow" if dtype.storage == "pyarrow_numpy" else dtype.storage  # pandas 2.1, 2.2
    return storage, "NA" if dtype.na_value is pd.NA else "nan"


def _string_dtype(storage: str, missing: str) -> Any:
    import pandas as pd

    if storage == "pyarrow":
        _pyarrow("strings that are stored by Arrow")
    if missing == "NA":
        return pd.StringDtype(storage)
    try:
        return pd.StringDtype(storage, na_value=np.nan)
    except TypeError:  # before pandas 2.3
        if storage == "pyarrow":
            with contextlib.suppress(ValueError):  # before pandas 2.1
                return pd.StringDtype("pyarrow_numpy")
    raise ValueError("this version of pandas has no such strings with NaN for missing ones")


def _reduce_texts(array: Any) -> Reduced:
    mask = array.isna()
    if mask.any():
        texts = array.to_numpy(dtype=object, copy=True)
        texts[mask] = ""
    else:
        texts, mask = array.to_numpy(dtype=object), None
    return Reduced((texts.tolist(), mask, *_semantics(array.dtype)))


def _build_texts(_: Any, args: Sequence[Any]) -> Any:
    import pandas as pd

    texts, mask, storage, missing = args
    dtype = _string_dtype(storage, missing)
    values = np.empty(len(texts), object)
    values[:] = texts
    if mask is not None:
        values[mask] = dtype.na_value
    return pd.array(values, dtype=dtype, copy=False)


def _check_texts(shadow: Shadow) -> None:
    texts, mask, storage, missing = arguments(shadow, 4)
    if not isinstance(texts, list) or not all(isinstance(text, str) for text in texts):
        raise shadow.fail("texts are not a list of str")
    _check_mask(shadow, mask, len(texts))
    _check_semantics(shadow, storage, missing)


def _check_mask(shadow: Shadow, mask: Any, count: int) -> None:
    if mask is not None and len(vector(shadow, mask, "mask", "b")) != count:
        raise shadow.fail("the mask is not as long as the values")


def _check_semantics(shadow: Shadow, storage: Any, missing: Any) -> None:
    if storage not in _STORAGES or missing not in _MISSING:
        raise shadow.fail("the storage or the missing value is not one of the format")


def _check_string_dtype(shadow: Shadow) -> None:
    _check_semantics(shadow, *arguments(shadow, 2))


# -- Arrow -------------------------------------------------------------------------------------


def _pyarrow(what: str) -> Any:
    try:
        return importlib.import_module("pyarrow")
    except ImportError:
        raise MissingLibraryError(f"{what} need pyarrow: pip install pyarrow") from None


def _known(kind: Any) -> str:
    text = str(kind)
    if text in _FIXED or text in _VARIABLE or _INSTANT.fullmatch(text):
        return text
    raise UnsupportedError(
        "", f"the Arrow type {text} is not in the table.", "Convert it to a dtype of pandas."
    )


def _arrow_type(text: str) -> Any:
    pa = _pyarrow(f"values of the Arrow type {text}")
    if instant := _INSTANT.fullmatch(text):
        return pa.timestamp(instant[1], tz=instant[2])
    name, _, unit = text.removesuffix("]").partition("[")
    factories: dict[str, Callable[..., Any]] = {
        "binary": pa.binary,
        "bool": pa.bool_,
        "date32": pa.date32,
        "date64": pa.date64,
        "double": pa.float64,
        "duration": pa.duration,
        "float": pa.float32,
        "halffloat": pa.float16,
        "int16": pa.int16,
        "int32": pa.int32,
        "int64": pa.int64,
        "int8": pa.int8,
        "large_binary": pa.large_binary,
        "large_string": pa.large_string,
        "string": pa.string,
        "time32": pa.time32,
        "time64": pa.time64,
        "uint16": pa.uint16,
        "uint32": pa.uint32,
        "uint64": pa.uint64,
        "uint8": pa.uint8,
    }
    return factories[name](unit) if unit and name[:4] != "date" else factories[name]()


def _reduce_arrow(array: Any) -> Reduced:
    pa = _pyarrow("values stored by Arrow")
    text = _known(array.dtype.pyarrow_dtype)
    chunked = array.__arrow_array__()
    whole = pa.concat_arrays(chunked.chunks) if chunked.num_chunks else pa.array([], chunked.type)
    mask = whole.is_null().to_numpy(zero_copy_only=False) if whole.null_count else None
    if text in _VARIABLE:
        return Reduced((text, whole.fill_null(_VARIABLE[text]()).to_pylist(), mask))
    storage = _FIXED.get(text, "<i8")
    if storage[1] == "i":
        whole = whole.view(pa.from_numpy_dtype(storage))
    filler = pa.scalar(np.dtype(storage).type(0), whole.type)
    values = whole.fill_null(filler) if mask is not None else whole
    return Reduced((text, values.to_numpy(zero_copy_only=False), mask))


def _build_arrow(cls: Any, args: Sequence[Any]) -> Any:
    text, values, mask = args
    kind = _arrow_type(text)
    pa = _pyarrow("values stored by Arrow")
    if text in _VARIABLE:
        whole = pa.array(_objects(values), type=kind, mask=mask)
    else:
        whole = pa.array(values, type=pa.from_numpy_dtype(values.dtype), mask=mask)
    return cls(pa.chunked_array([whole if whole.type == kind else whole.view(kind)]))


def _objects(values: list[Any]) -> np.ndarray[Any, Any]:
    array = np.empty(len(values), object)
    array[:] = values
    return array


def _check_arrow_dtype(shadow: Shadow) -> None:
    _check_arrow_type(shadow, *arguments(shadow, 1))


def _check_arrow_type(shadow: Shadow, text: Any) -> None:
    if not isinstance(text, str) or not (
        text in _FIXED or text in _VARIABLE or _INSTANT.fullmatch(text)
    ):
        raise shadow.fail("the Arrow type is not in the table")


def _check_arrow(shadow: Shadow) -> None:
    text, values, mask = arguments(shadow, 3)
    _check_arrow_type(shadow, text)
    if text in _VARIABLE:
        if not isinstance(values, list) or not all(type(v) is _VARIABLE[text] for v in values):
            raise shadow.fail(f"values are not a list of {_VARIABLE[text].__name__}")
    else:
        shadow.as_array(values, "values", ndim=1, dtype=_FIXED.get(text, "<i8"))
    _check_mask(shadow, mask, len(values))
