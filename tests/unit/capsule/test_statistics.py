"""What is told of a column is right, and never tells of one person."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.archive.theta import ColumnStatistics, Frequency
from holotype.capsule import statistics
from holotype.capsule.statistics import FEW, column_statistics, table_of
from holotype.capsule.tables import Series, tabular


def told(values: Any, dtype: str | None = None) -> ColumnStatistics:
    array = np.asarray(values)
    return column_statistics(Series("x", dtype or str(array.dtype), array))


@pytest.mark.parametrize("size", [5, 49, 50, 1000, 200_000])
@pytest.mark.parametrize("dtype", ["f8", "f4", "i4", "u2", ">f8"])
def test_figures_are_those_of_numpy(size: int, dtype: str) -> None:
    values = np.random.default_rng(size).integers(0, 50_000, size).astype(dtype)
    found = told(values)
    assert (found.count, found.missing) == (size, 0)
    assert (found.minimum, found.maximum) == (values.min(), values.max())
    assert found.mean == pytest.approx(values.astype("f8").mean(), rel=1e-8)
    assert found.std == pytest.approx(values.astype("f8").std(), rel=1e-8)
    if size < 50:
        assert found.deciles is None
    else:
        exact = np.quantile(values, np.linspace(0.1, 0.9, 9))
        assert found.deciles == pytest.approx(exact.tolist(), rel=0.02)


def test_numbers_far_from_zero_keep_their_precision() -> None:
    values = 1e9 + np.random.default_rng(0).normal(size=300_000)
    assert told(values).std == pytest.approx(values.std(), rel=1e-6)


def test_numbers_that_are_none_are_missing() -> None:
    found = told([1.0, np.nan, np.inf, 2.0, 3.0, 4.0, -np.inf, 5.0])
    assert (found.count, found.missing) == (5, 3)
    assert (found.minimum, found.maximum, found.mean) == (1.0, 5.0, 3.0)
    assert told([np.nan] * 9) == ColumnStatistics(name="x", dtype="float64", count=0, missing=9)


def test_sums_that_overflow_are_left_out() -> None:
    found = told(np.full(10, 1.7e308) * np.array([1, -1] * 5))
    assert found.maximum == 1.7e308
    assert found.std is None


@pytest.mark.parametrize("values", [[1.5, 2, 3, 4], [1, 2, 3, 4], [np.datetime64(1, "D")] * 4])
def test_of_fewer_than_five_values_nothing_is_told(values: Any) -> None:
    found = told(values)
    assert (found.count, found.minimum, found.mean, found.top) == (4, None, None, None)


def test_of_one_value_more_the_figures_are_told() -> None:
    assert told([1.5] * FEW).mean == 1.5


def test_integers_of_few_values_are_counted_too() -> None:
    found = told([3] * 7 + [1] * 6 + [2] * 4)
    assert found.top == [Frequency(value=3, count=7), Frequency(value=1, count=6)]
    assert (found.distinct, found.other, found.minimum) == (3, 4, 1)
    assert told(range(90)).top is None
    assert told([0] * 9 + [1 << 40] * 9).top is None


@pytest.mark.parametrize("kind", ["U1", "O", "S1"])
def test_categories_are_named_only_where_they_were_seen_often(kind: str) -> None:
    found = told(np.array(["a"] * 6 + ["b"] * 5 + ["c"] * 4 + ["d"], kind))
    named = {} if kind == "S1" else {"a": 6, "b": 5}  # bytes are no text
    assert {each.value: each.count for each in found.top or ()} == named
    assert (found.count, found.distinct, found.other) == (16, 4, 16 - sum(named.values()))


def test_no_category_is_named_of_which_there_are_too_many() -> None:
    found = told(np.array([f"name {index}" for index in range(1000)] * 2, object))
    assert found.top is None or found.other
    assert not {each.value for each in found.top or ()}


def test_texts_are_told_by_their_length() -> None:
    found = told(np.array([f"person {index:03}" for index in range(100)], object))
    assert (found.measure, found.minimum, found.maximum, found.top) == ("length", 10, 10, None)
    found = told(np.array(["the same"] * 100, object), "text")
    assert (found.measure, found.mean, found.top) == ("length", 8.0, None)


def test_identifiers_by_the_million_are_not_all_remembered(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(statistics, "_MAX_DISTINCT", 100)
    monkeypatch.setattr(statistics, "BLOCK", 64)
    found = told(np.array([f"{index}" for index in range(1000)] + [None] * 10, object))
    assert (found.count, found.missing, found.distinct) == (1000, 10, None)
    assert (found.measure, found.minimum, found.maximum) == ("length", 1, 3)


@pytest.mark.parametrize("pandas", [True, False])
def test_objects_that_are_missing_are_counted(
    pandas: bool, monkeypatch: pytest.MonkeyPatch
) -> None:
    if pandas:
        pytest.importorskip("pandas")
    else:
        monkeypatch.delitem(__import__("sys").modules, "pandas", raising=False)
    found = told(np.array(["a"] * 6 + [None, float("nan")], object))
    assert (found.count, found.missing, found.distinct) == (6, 2, 1)


def test_booleans_are_categories() -> None:
    found = told([True] * 8 + [False] * 7)
    assert found.top == [Frequency(value=True, count=8), Frequency(value=False, count=7)]


def test_objects_without_a_hash_are_only_counted() -> None:
    values = np.empty(6, object)
    values[:] = [[1]] * 6
    found = told(values)
    assert (found.count, found.distinct, found.measure) == (6, None, "length")


def test_times_are_seconds() -> None:
    days = np.array(["1970-01-01", "1970-01-02", "NaT"] * 5, "M8[D]")
    found = told(days)
    assert (found.measure, found.count, found.missing) == ("seconds", 10, 5)
    assert (found.minimum, found.maximum, found.mean) == (0.0, 86400.0, 43200.0)
    assert told(np.arange(5).astype("m8[s]")).maximum == 4.0


def test_of_complex_numbers_only_their_number_is_told() -> None:
    found = told(np.array([1j, 2, np.nan]))
    assert found == ColumnStatistics(name="x", dtype="complex128", count=2, missing=1)


def test_wide_data_have_no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(statistics, "MAX_COLUMNS", 3)
    assert len(table_of(tabular(np.zeros((9, 3)), "")).columns) == 3
    wide = table_of(tabular(np.zeros((9, 4)), ""))
    assert (wide.columns, wide.shape) == ([], [9, 4])
    assert table_of(tabular(np.zeros((9, 3, 2)), "")).columns == []


def test_sparse_data_of_too_many_cells_have_no_columns(monkeypatch: pytest.MonkeyPatch) -> None:
    sparse = pytest.importorskip("scipy.sparse")
    matrix = sparse.csr_matrix(np.eye(10))
    assert table_of(tabular(matrix, "")).columns[0].mean == 0.1
    monkeypatch.setattr(statistics, "_MAX_SPARSE", 99)
    assert table_of(tabular(matrix, "")).columns == []
