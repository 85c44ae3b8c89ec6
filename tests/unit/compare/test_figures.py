"""How far arrays are apart, against NumPy on the whole arrays."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.compare.difference import Figures
from holotype.compare.figures import Task, all_figures

RNG = np.random.default_rng(5)


def figures(left: Any, right: Any) -> Figures:
    (found,) = all_figures([Task(np.asarray(left), np.asarray(right))])
    assert found is not None
    return found


@pytest.mark.parametrize("dtype", ["<f8", "<f4", "<f2", "<i8", "<i4", "|u1", "<c16"])
@pytest.mark.parametrize("size", [1, 1000, 700_000], ids=str)
def test_they_are_those_of_the_whole_arrays(dtype: str, size: int) -> None:
    old = (RNG.normal(size=size) * 50 + 100).astype(dtype)
    new = old.copy()
    new[::3] = new[::3] // 2 if old.dtype.kind in "iu" else new[::3] * 0.5
    found = figures(old, new)
    wide = complex if old.dtype.kind == "c" else float
    change = new.astype(wide) - old.astype(wide)
    assert found.elements == size
    assert found.equal == int((old == new).sum())
    assert found.largest == pytest.approx(np.abs(change).max())
    assert found.norm == pytest.approx(np.linalg.norm(change) / np.linalg.norm(old.astype(wide)))
    assert found.mean == pytest.approx(change.real.mean())


def test_a_histogram_has_no_change_in_its_middle_and_counts_each_once() -> None:
    old = np.zeros(1000)
    new = old.copy()
    new[:10] = -2.0
    new[10:30] = 1.0
    bins = figures(old, new).bins
    assert bins is not None
    assert (bins.low, bins.high, bins.of, sum(bins.counts)) == (-2.0, 2.0, 30, 30)
    assert bins.counts[0] == 10
    assert bins.counts[len(bins.counts) // 2] == 0
    assert figures(old, new).norm is None  # there is nothing that it could be relative to


def test_a_histogram_of_a_large_array_is_made_of_a_sample() -> None:
    old = np.zeros(1 << 20, np.float32)
    bins = figures(old, RNG.normal(size=1 << 20).astype(np.float32)).bins
    assert bins is not None
    assert 60_000 < bins.of < 140_000


def test_what_is_not_a_number_equals_itself() -> None:
    old = np.array([np.nan, np.inf, -np.inf, 1.0, np.nan])
    new = np.array([np.nan, np.inf, np.inf, 1.0, 2.0])
    found = figures(old, new)
    assert (found.elements, found.equal) == (5, 3)
    assert found.largest is None  # infinite, which JSON has no form for
    assert figures(old, old).equal == 5


def test_what_is_infinite_in_both_hides_no_other_change() -> None:
    found = figures(np.array([np.inf, 1.0, np.nan]), np.array([np.inf, 1.5, np.nan]))
    assert (found.equal, found.largest) == (2, 0.5)
    assert found.mean == pytest.approx(0.5 / 3)


def test_numbers_beyond_measure_do_not_overflow_into_nonsense() -> None:
    found = figures(np.array([1e300, 1.0]), np.array([-1e300, 1.0]))
    assert found.equal == 1
    assert found.largest == 2e300
    assert found.norm is None


def test_whole_numbers_that_are_one_double_are_still_different() -> None:
    found = figures(np.array([2**60]), np.array([2**60 + 1]))
    assert found.equal == 0


def test_orders_of_memory_do_not_matter() -> None:
    old = RNG.normal(size=(40, 50, 3))
    new = np.where(np.arange(50)[None, :, None] == 7, 0.0, old)
    plain = figures(old, new)
    mixed = figures(np.asfortranarray(old), new)
    both = figures(np.asfortranarray(old), np.asfortranarray(new))
    for found in (mixed, both):
        assert (found.equal, found.largest) == (plain.equal, plain.largest)
        assert found.equal == 5880
        assert found.norm == pytest.approx(plain.norm)


def test_texts_booleans_and_records_count_what_is_equal() -> None:
    assert figures(np.array(["a", "b", "c"]), np.array(["a", "x", "c"])).equal == 2
    found = figures(np.array([True, False]), np.array([True, True]))
    assert (found.equal, found.largest) == (1, 1.0)
    rows = np.zeros(4, [("a", "<i4"), ("b", "<f8")])
    other = rows.copy()
    other["b"][2] = 1
    assert figures(rows, other).equal == 3


def test_a_number_and_a_text_are_not_compared() -> None:
    assert all_figures([Task(np.arange(2), np.array(["a", "b"]))]) == [None]
    assert all_figures([Task(np.arange(2), np.arange(3))]) == [None]


def test_another_precision_is_a_small_change() -> None:
    old = RNG.normal(size=1000)
    found = figures(old, old.astype(np.float32))
    assert found.norm is not None
    assert found.norm < 1e-7
