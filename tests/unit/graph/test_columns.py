"""A column stands for a list of values of exactly one type, and gives back exactly that list."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.memory import round_trip, store

from holotype.graph.arrays import ArrayCollector
from holotype.graph.columns import SEPARATORS, encode_atoms, narrowest


def encode(items: list[Any]) -> tuple[Any, list[Any]]:
    arrays = ArrayCollector()
    return encode_atoms(items, type(items[0]), arrays, ["a"]), arrays.tensors


@pytest.mark.parametrize(
    ("low", "high", "dtype"),
    [
        (0, 0, "|i1"),
        (-128, 127, "|i1"),
        (-129, 0, "<i2"),
        (0, 128, "<i2"),
        (-(2**15), 2**15 - 1, "<i2"),
        (0, 2**15, "<i4"),
        (-(2**31), 2**31 - 1, "<i4"),
        (0, 2**31, "<i8"),
        (-(2**63), 2**63 - 1, "<i8"),
    ],
)
def test_integers_take_the_smallest_dtype_that_holds_them(low: int, high: int, dtype: str) -> None:
    values = narrowest(np.array([low, high], np.int64))
    assert values.dtype.str == dtype
    assert values.tolist() == [low, high]


def test_one_plain_value_many_times_is_written_once() -> None:
    plain: list[Any] = [7, True, "a", None]
    wide: list[Any] = [2**53, "\ud800"]
    kept: list[Any] = [0.0, b"a"]
    for value in plain:
        node, tensors = encode([value] * 40)
        assert node == {"column": "repeat", "count": 40, "value": value}
        assert tensors == []
    for value in wide:
        assert encode([value] * 40) == (None, [])
    for value in kept:  # signs and lengths are kept by columns of their own
        node, _ = encode([value] * 40)
        assert node["column"] != "repeat"


def test_texts_are_joined_by_what_none_of_them_contains() -> None:
    for index, separator in enumerate(SEPARATORS):
        items = [f"{i}{''.join(SEPARATORS[:index])}" for i in range(40)]
        node, (tensor,) = encode(items)
        assert node["separator"] == separator
        assert bytes(tensor.chunk(0, tensor.size)).decode().split(separator) == items
    assert encode([f"{i}{''.join(SEPARATORS)}" for i in range(40)]) == (None, [])
    assert encode([f"{i}\udc80" for i in range(40)]) == (None, [])
    assert round_trip(["", "a", *[""] * 40]) == ["", "a", *[""] * 40]


def test_integers_of_more_than_64_bits_are_no_column() -> None:
    assert encode([2**63, *range(40)]) == (None, [])
    node, _ = encode([2**63 - 1, -(2**63), *range(40)])
    assert node["data"]["dtype"] == "<i8"


def test_floats_are_kept_to_the_bit() -> None:
    items = [0.0, -0.0, float("nan"), float("inf"), 5e-324, 0.1] * 7
    back = round_trip(items)
    assert np.array(back).tobytes() == np.array(items).tobytes()


def test_scalars_keep_their_type_and_others_are_no_column() -> None:
    for code in "?bBhHiIlLefdFD":
        items = [np.dtype(code).type(i % 2) for i in range(40)]
        assert {type(item) for item in round_trip(items)} == {type(items[0])}
        assert encode(items)[0]["column"] == "scalar"
    for item in (np.str_("a"), np.datetime64(1, "s"), np.void(b"a"), 1j, (1,)):
        assert encode([item] * 40) == (None, [])


def test_bytes_of_every_length_come_back() -> None:
    items = [bytes(i % 5) for i in range(300)]
    node, _ = encode(items)
    assert node["lengths"]["dtype"] == "|i1"
    assert round_trip(items) == items
    assert round_trip([b""] * 40) == [b""] * 40
    assert store([bytes(300), *[b""] * 40]).load()[0] == bytes(300)


def test_a_vocabulary_costs_what_its_bytes_cost() -> None:
    words = {f"term{i}": i for i in range(10_000)}
    stored = store(words)
    assert sum(map(len, stored.data.values())) < 120_000
    assert len(stored.json) < 700
    assert list(stored.load().items()) == list(words.items())
