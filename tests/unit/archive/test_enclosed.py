"""What an archive encloses is read with the suspicion that its model gets, and is data."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.archive.enclosed import enclose, open_enclosed
from holotype.errors import (
    DigestError,
    FormatError,
    UnsupportedError,
    UntrustedError,
)
from holotype.graph.encode import encode
from holotype.types.table import type_table

TABLE = type_table()
VALUE = {"inputs": np.arange(6.0).reshape(2, 3), "texts": ["a", "b"], "flags": np.ones(3, bool)}


def opened(blueprint: bytes, parameters: bytes) -> Any:
    return open_enclosed(blueprint, parameters, TABLE)


def test_it_comes_back_and_is_the_callers_own() -> None:
    parts = enclose(VALUE, "probe", TABLE)
    again = opened(*parts)
    assert again["inputs"].tolist() == VALUE["inputs"].tolist()  # type: ignore[union-attr]
    assert again["texts"] == ["a", "b"]
    again["inputs"][0, 0] = 5.0
    assert opened(*parts)["inputs"][0, 0] == 0.0
    assert enclose(VALUE, "probe", TABLE) == parts


def test_what_is_no_data_is_refused_with_its_place() -> None:
    with pytest.raises(UnsupportedError, match=r"^probe"):
        enclose({"f": lambda: 1}, "probe", TABLE)


def test_damage_is_refused() -> None:
    blueprint, parameters = enclose(VALUE, "probe", TABLE)
    with pytest.raises(DigestError):
        opened(blueprint, parameters[:-1] + b"\2")
    for wrong in (parameters[:-1], parameters + b"\0", b"x" + parameters[1:]):
        with pytest.raises(FormatError, match=r"SPEC 7\.2"):
            opened(blueprint, wrong)
    with pytest.raises(FormatError, match=r"SPEC 1\.4"):
        opened(blueprint[:-1], parameters)


def test_it_never_asks_for_trust() -> None:
    blueprint = encode(lambda: 1, TABLE).to_json()
    with pytest.raises(UntrustedError, match="asks for no trust"):
        opened(blueprint, enclose(1, "probe", TABLE)[1])
