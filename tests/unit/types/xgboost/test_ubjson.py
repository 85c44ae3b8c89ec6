"""The UBJSON of XGBoost is read to its end or refused, and written as XGBoost does."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.types.xgboost.ubjson import Malformed, integer, read, write


def written(value: Any) -> bytes:
    out: list[bytes] = []
    write(value, out)
    return b"".join(out)


@pytest.mark.parametrize(
    "value",
    [
        {},
        {"a": 1, "b": {"c": ["x", "", "é", True, False]}},
        [0, 126, 127, -127, -128, 32766, 32767, -32768, 2**31 - 2, 2**31 - 1, -(2**31), 2**62],
        [[], {}, [[1]]],
    ],
)
def test_what_is_written_is_read(value: Any) -> None:
    assert read(written(value), {}) == value


@pytest.mark.parametrize("dtype", ["<f4", "<f8", "|i1", "|u1", "<i2", "<i4", "<i8"])
def test_arrays_keep_their_type(dtype: str) -> None:
    values = np.array([0, 1, 100], dtype)
    found = read(written(values), {})
    assert found.dtype.newbyteorder("<") == values.dtype
    assert found.tolist() == values.tolist()


@pytest.mark.parametrize(
    ("number", "expected"),
    [
        (126, b"i\x7e"),
        (127, b"I\x00\x7f"),
        (-127, b"i\x81"),
        (-128, b"I\xff\x80"),
        (32767, b"l\x00\x00\x7f\xff"),
    ],
)
def test_a_number_takes_as_many_bytes_as_xgboost_gives_it(number: int, expected: bytes) -> None:
    assert integer(number) == expected


def test_float32_and_null_are_read() -> None:
    assert read(b"[#L" + (2).to_bytes(8, "big") + b"d\x3f\x80\x00\x00Z", {}) == [1.0, None]


def sized(count: int) -> bytes:
    return b"L" + count.to_bytes(8, "big", signed=True)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"{",
        b"x",
        b"{}}",
        b"S" + sized(5) + b"four",
        b"S" + sized(-1),
        b"S" + sized(2) + b"\xff\xff",
        b"[$d#" + sized(2**60),
        b"[$d#" + sized(-1),
        b"[$q#" + sized(0),
        b"[#" + sized(2**40) + b"T",
        b"[#" + sized(-1),
        b"[TF]",
        b"i",
        b"Si\x01a",
        b"{" + sized(1) + b"aT" + sized(1) + b"aT}",
        b"[#" + sized(1) * 1 + (b"[#" + sized(1)) * 70 + b"T",
    ],
)
def test_what_xgboost_does_not_write_is_refused(data: bytes) -> None:
    with pytest.raises(Malformed):
        read(data, {})


def test_something_else_is_not_written() -> None:
    with pytest.raises(TypeError):
        written({"a": object()})
