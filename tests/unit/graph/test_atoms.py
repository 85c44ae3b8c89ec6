"""Every plain value that JSON has no form for has one spelling, and is read to the bit."""

from __future__ import annotations

import math
from typing import Any

import numpy as np
import pytest

from holotype.errors import BlueprintError
from holotype.graph.atoms import ATOM_FORMS, plain, raw_bytes


def read(node: dict[str, Any]) -> Any:
    return ATOM_FORMS[next(iter(node))](node, "here")


def test_values_are_what_their_nodes_say() -> None:
    assert read({"int": "-0x20000000000000"}).value == -(2**53)
    assert read({"str": "7aCA"}).value == "\ud800"
    assert read({"complex": [1.0, {"float": "-inf"}]}).value == complex(1, -math.inf)
    assert read({"dtype": "|O"}).dtype == np.dtype(object)
    assert read({"scalar": "<i8", "value": {"int": "0x20000000000000"}}).value == 2**53
    assert math.isnan(read({"float": "nan"}).value)


def test_each_nan_is_another_object() -> None:
    """Python tells nans apart by identity where they are keys."""
    first, second = (read({"float": "nan"}).value for _ in range(2))
    assert first is not second


@pytest.mark.parametrize(
    "node",
    [
        {"float": "NaN"},
        {"float": ["nan"]},
        {"int": "0x1fffffffffffff"},
        {"complex": [1.0, 2]},
        {"complex": [1.0, {}]},
        {"complex": [1.0, {"int": "0x20000000000000"}]},
        {"scalar": "<i8", "value": 2**53},
        {"scalar": "|b1", "value": 1},
        {"dtype": "<f8", "more": 1},
    ],
    ids=str,
)
def test_another_spelling_is_refused(node: dict[str, Any]) -> None:
    with pytest.raises(BlueprintError, match="here"):
        read(node)


def test_base64_and_numbers_have_one_form() -> None:
    assert raw_bytes("YQ==", "here") == b"a"
    assert plain(2**53 - 1, "here") == 2**53 - 1
    for wrong in ("YR==", "YQ", "Y Q==", 1):
        with pytest.raises(BlueprintError, match="base64"):
            raw_bytes(wrong, "here")
    with pytest.raises(BlueprintError, match="written as text"):
        plain(-(2**53), "here")
