"""What a model would take to write, before it is written."""

from __future__ import annotations

import numpy as np
import pytest

from holotype.errors import LegacyError
from holotype.legacy.weights import Weights


def cost(value: object) -> int:
    weights = Weights(0)
    if isinstance(value, (tuple, frozenset)):
        weights.note(value)
    before = weights.left
    weights.add(value)
    return before - weights.left


def test_values_without_identity_weigh_about_what_they_take() -> None:
    assert cost("x" * 100) == 100
    assert cost(b"x" * 100) == 100
    assert cost(1 << 4000) == 1000
    assert cost(np.zeros(1, "V500")[0]) == 500
    assert cost(("x" * 100, 1)) > 100
    assert cost(frozenset({"x" * 100})) > 100
    assert cost(np.dtype([("a", "i4"), ("b", [("c", "f8", (2,))])])) == 3 * 32


def test_what_is_written_once_weighs_nothing() -> None:
    assert cost([1, 2, 3]) == 0
    assert cost(tuple("x" * 100 for _ in range(100))) == 0
    assert cost(5) == 0


def test_nested_tuples_have_no_identity_up_to_a_size() -> None:
    weights = Weights(0)
    inner = ("x" * 50,)
    weights.note(inner)
    outer = (inner, inner)
    weights.note(outer)
    assert weights.known[id(outer)][1] > 100
    large = (outer,) * 20
    weights.note(large)
    assert id(large) not in weights.known


def test_the_first_use_of_a_part_is_free() -> None:
    weights = Weights(0)
    before = weights.left
    text, state = "x" * 1000, [1] * 1000
    weights.use(text)
    weights.use(state)
    assert (weights.left, weights.again) == (before, 0)
    weights.use(text)
    weights.use(state)
    assert (weights.left, weights.again) == (before - 1000, 1000)


def test_there_is_an_end() -> None:
    weights = Weights(1)
    text = "x" * (1 << 26)
    weights.add(text)
    weights.add(text)
    with pytest.raises(LegacyError, match="far more bytes"):
        weights.add(text)
