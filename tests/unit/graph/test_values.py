"""Which keys could stop a process, and which values have no identity."""

from __future__ import annotations

import itertools
from datetime import timedelta
from typing import Any

import pytest

import holotype
from holotype.errors import UnsupportedError
from holotype.graph.values import check_keys, is_pure, is_value


def doubled(times: int) -> Any:
    value: Any = ()
    for _ in range(times):
        value = (value, value)
    return value


def nested(depth: int) -> Any:
    value: Any = ()
    for _ in range(depth):
        value = (value,)
    return value


@pytest.mark.parametrize(
    "keys",
    [
        [1, "a", 2.5, None, (1, 2)],
        [nested(60)],
        [frozenset({(1, 2)})],
        list(range(5000)),
        [str(i) for i in range(5000)],
        [doubled(15)],
        list(itertools.product(range(-2, 2), repeat=6)),  # -1 and -2 have one hash
    ],
    ids=range(7),
)
def test_ordinary_keys_are_accepted(keys: list[Any]) -> None:
    check_keys(keys)


@pytest.mark.parametrize(
    "keys",
    [
        [doubled(40)],
        [nested(100)],
        [nested(60), (nested(64),)],
        [i * (2**61 - 1) for i in range(1, 5000)],
        [(float(i) * (2**61),) for i in range(1)] + [(i * (2**61 - 1),) for i in range(5000)],
    ],
    ids=["doubled", "deep", "deep beside a known one", "numbers of one hash", "tuples of one hash"],
)
def test_keys_that_could_stop_a_process_are_refused(keys: list[Any]) -> None:
    with pytest.raises(ValueError, match="key"):
        check_keys(keys)


def test_keys_with_too_many_parts_in_all_are_refused() -> None:
    shared = doubled(20)
    with pytest.raises(ValueError, match="too many parts"):
        check_keys([(i, shared) for i in range(8)])


def test_a_slice_is_no_key() -> None:
    for keys in ([slice(1)], [(1, slice(1))]):
        with pytest.raises(ValueError, match="slice"):
            check_keys(keys)


def test_saving_refuses_keys_that_loading_would_refuse() -> None:
    with pytest.raises(UnsupportedError, match="nests too deeply"):
        holotype.dumps({"a": {nested(80): 1}})


def test_a_small_plain_tuple_is_pure_and_a_value() -> None:
    assert is_pure((1, ("a", 2.0), b"x"))
    assert not is_pure((1, [2]))
    assert not is_pure(tuple(range(100)))
    assert is_value((1, frozenset({2})))
    assert not is_value(object())


@pytest.mark.parametrize(
    "model",
    [
        [0] * 100_000,
        [None] * 100_000,
        ["same"] * 100_000,
        [True] * 100_000,
        [timedelta(1) for _ in range(6000)],
        [[timedelta(1), None] for _ in range(6000)],
    ],
    ids=range(6),
)
def test_long_lists_of_equal_things_are_written_out_where_no_file_would_back_them(
    model: list[Any],
) -> None:
    data = holotype.dumps(model)
    assert holotype.loads(data) == model
    assert holotype.fingerprint(holotype.loads(data)) == holotype.fingerprint(data)
