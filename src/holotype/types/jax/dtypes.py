"""Numbers that NumPy has no types for: bfloat16, floats of 8 bits and less, integers of 4 and 2.

The library ``ml_dtypes`` adds them to NumPy, and JAX, Flax and Keras use them. Rule: they are
stored as their bits, in unsigned integers, beside the name of the dtype; a name selects one of the
dtypes that are written down here, and no bit is set that the type does not have.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced

__all__ = [
    "bits_of",
    "check_bits",
    "dtype_named",
    "entries",
    "extended_name",
    "of_bits",
]

# Bits that a value has, by name; it takes whole bytes in memory.
_WIDTHS = {
    "bfloat16": 16,
    "float8_e3m4": 8,
    "float8_e4m3": 8,
    "float8_e4m3b11fnuz": 8,
    "float8_e4m3fn": 8,
    "float8_e4m3fnuz": 8,
    "float8_e5m2": 8,
    "float8_e5m2fnuz": 8,
    "float8_e8m0fnu": 8,
    "float6_e2m3fn": 6,
    "float6_e3m2fn": 6,
    "float4_e2m1fn": 4,
    "int4": 4,
    "int2": 2,
    "uint4": 4,
    "uint2": 2,
}

# The dtypes of NumPy's own that arrays of JAX have.
_ORDINARY_NAMES = "|b1 |i1 |u1 <i2 <u2 <i4 <u4 <i8 <u8 <f2 <f4 <f8 <c8 <c16"
_ORDINARY = frozenset(_ORDINARY_NAMES.split())


def extended_name(dtype: np.dtype[Any]) -> str | None:
    """The name under which bits of this dtype are stored; None for one of NumPy's own."""
    if dtype.type.__module__ != "ml_dtypes":
        return None
    if dtype.name not in _WIDTHS:
        raise UnsupportedError("", f"the dtype {dtype.name} is not one that can be stored.")
    return str(dtype.name)


def dtype_named(name: str) -> np.dtype[Any]:
    """The dtype of one of the names of the list."""
    import ml_dtypes

    if name not in _WIDTHS:
        raise KeyError(name)
    found: np.dtype[Any] = np.dtype(getattr(ml_dtypes, name))
    return found


def bits_of(values: np.ndarray[Any, Any]) -> tuple[np.ndarray[Any, Any], str | None]:
    """An array as it is stored, and the name of its dtype where it is stored as bits."""
    name = extended_name(values.dtype)
    if name is None:
        return values, None
    return values.view(_word(name)), name


def of_bits(bits: np.ndarray[Any, Any], name: str | None) -> np.ndarray[Any, Any]:
    """The array that was stored."""
    return bits if name is None else bits.view(dtype_named(name))


def check_bits(shadow: Shadow, bits: Any, name: Any) -> None:
    """Demand an array of an ordinary dtype, or the bits of one of the others."""
    if name is None:
        if shadow.as_array(bits, "its values").dtype.str not in _ORDINARY:
            raise shadow.fail(f"arrays of dtype {bits.dtype} do not occur")
        return
    if type(name) is not str or name not in _WIDTHS:
        raise shadow.fail(f"{name!r:.60} is not the name of a dtype")
    shadow.as_array(bits, "its bits", dtype=_word(name).str)
    if _WIDTHS[name] < 8 and bits.size and int(bits.max()) >> _WIDTHS[name]:
        raise shadow.fail(f"its bits are more than those of {name}")


def _word(name: str) -> np.dtype[Any]:
    return np.dtype("<u2" if _WIDTHS[name] > 8 else "|u1")


# -- arrays, dtypes and single numbers ---------------------------------------------------------


class Bits:
    """Stands for an array of NumPy of one of these dtypes, which has no class of its own."""


def _reduce_bits(obj: Any) -> Reduced:
    return Reduced(bits_of(obj))


def _build_bits(cls: Any, args: Sequence[Any]) -> Any:
    return of_bits(*args)


def _check_array(shadow: Shadow) -> None:
    bits, name = shadow.args(2)
    if name is None:
        raise shadow.fail("its dtype is one of NumPy's own")
    check_bits(shadow, bits, name)


def _reduce_dtype(obj: Any) -> Reduced:
    if obj.metadata:
        raise UnsupportedError("", f"the dtype {obj.name} carries metadata.")
    return Reduced()


def _build_dtype(cls: Any, args: Sequence[Any]) -> Any:
    return cls()


def _check_nothing(shadow: Shadow) -> None:
    shadow.args(0)


def _reduce_number(obj: Any) -> Reduced:
    bits, _ = bits_of(np.asarray(obj))
    return Reduced((int(bits),))


def _build_number(cls: Any, args: Sequence[Any]) -> Any:
    name = np.dtype(cls).name
    return np.array(args, _word(name)).view(cls)[0]


def _check_number(shadow: Shadow) -> None:
    (bits,) = shadow.args(1)
    shadow.as_integer(bits, "bits", 0, (1 << _WIDTHS[shadow.key.rpartition(".")[2]]) - 1)


def entries() -> Iterable[Entry]:
    """The types of ``ml_dtypes``, their dtypes, and arrays of them."""
    yield Entry(
        key="ml_dtypes.ndarray",
        where=("holotype.types.jax.dtypes:Bits",),
        kind="call",
        quiet=True,
        reduce=_reduce_bits,
        build=_build_bits,
        check=_check_array,
        as_key="never",
    )
    for name in _WIDTHS:
        yield Entry(
            key=f"ml_dtypes.dtypes.{name}",
            where=(f"ml_dtypes:{name}.dtype.__class__",),
            aliases=(f"numpy:dtype[{name}]",),
            kind="call",
            reduce=_reduce_dtype,
            build=_build_dtype,
            check=_check_nothing,
            as_key="never",
        )
        yield Entry(
            key=f"ml_dtypes.{name}",
            where=(f"ml_dtypes:{name}",),
            kind="call",
            reduce=_reduce_number,
            build=_build_number,
            check=_check_number,
            as_key="never",
        )
