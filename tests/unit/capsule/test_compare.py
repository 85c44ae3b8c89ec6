"""Answers become plain arrays, and their distance is told with the rows where it is largest."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.capsule.compare import compare, plain, rows_of

pandas = pytest.importorskip("pandas", reason="these tests need pandas")
sparse = pytest.importorskip("scipy.sparse", reason="these tests need SciPy")


class Tensor:
    """As torch's: knows ``detach``, ``cpu``, its dtype and how to become an array."""

    dtype = "torch.float32"

    def __init__(self, values: Any) -> None:
        self.values = np.asarray(values)
        self.shape = self.values.shape

    def detach(self) -> Tensor:
        return self

    def cpu(self) -> Tensor:
        return self

    def __array__(self, dtype: Any = None, copy: Any = None) -> np.ndarray[Any, Any]:
        return np.asarray(self.values, dtype=dtype)


def test_answers_of_every_library_become_arrays() -> None:
    frame = pandas.DataFrame({"a": [1, 2], "b": ["x", "y"]})
    answer = plain(
        {
            "frame": frame,
            "series": frame["a"],
            "texts": frame["b"].to_numpy(dtype=object),
            "sparse": sparse.csr_matrix(np.eye(2)),
            "pair": (np.zeros(2), np.ones(2)),
            "tensor": Tensor([1.5]),
            "objects": np.array([None, 3], dtype=object),
            "list": [1, 2],
        }
    )
    assert answer["frame"]["b"].tolist() == ["x", "y"]
    assert answer["texts"].dtype.kind == "U"
    assert answer["objects"].tolist() == ["None", "3"]
    assert set(answer["sparse"]) == {"data", "indices", "indptr", "shape"}
    assert isinstance(answer["pair"], list)
    assert answer["tensor"].tolist() == [1.5]
    assert compare(answer, plain(answer)).largest == 0


def test_what_cannot_be_compared_is_told() -> None:
    with pytest.raises(TypeError, match="dtype"):
        plain(np.zeros(2, [("a", "f8")]))
    nested: Any = np.zeros(1)
    for _ in range(20):
        nested = [nested]
    with pytest.raises(TypeError, match="deeply"):
        plain(nested)


@pytest.mark.parametrize(
    ("expected", "found", "largest"),
    [
        ([1.0, np.nan, np.inf], [1.0, np.nan, np.inf], 0.0),
        ([0.0, 4.0], [0.0, 4.0 + 4e-9], 1e-9),
        ([1e-20, 1.0], [2e-20, 1.0], 1e-20),
        ([1.0, 2.0], [1.0, np.nan], np.inf),
        ([np.inf], [-np.inf], np.inf),
        ([1, 2], [1, 3], np.inf),
        ([1, 2], [1.0, 2.0], 0.0),
        (["a", "b"], ["a", "c"], np.inf),
        ([1.0], [[1.0]], np.inf),
        ([], [], 0.0),
        ([1 + 1j], [1 + 1j], 0.0),
    ],
)
def test_the_distance_of_two_answers(expected: Any, found: Any, largest: float) -> None:
    distance = compare(plain(np.array(expected)), plain(np.array(found))).largest
    assert distance == pytest.approx(largest, rel=1e-6)


def test_the_worst_rows_come_first() -> None:
    expected = np.arange(10.0)
    found = expected.copy()
    found[[2, 5, 7]] += [0.1, 0.3, 0.2]
    deviation = compare(expected, found, worst=2)
    assert [row for row, _, _ in deviation.rows] == [5, 7]
    assert deviation.rows[0][1:] == ("5.", "5.3")
    assert compare(np.array(1.0), np.array(2.0)).rows == ((0, "1.", "2."),)


def test_another_form_is_infinitely_far() -> None:
    assert compare({"a": np.ones(1)}, [np.ones(1)]).problem == "the answer is of another form"
    assert compare({"a": np.ones(1)}, {"b": np.ones(1)}).largest == np.inf
    deviation = compare([np.ones(1), np.ones(2)], [np.ones(1), np.ones(3)])
    assert deviation.problem == "[1]: the shape is (3,) instead of (2,)"


@pytest.mark.parametrize(
    ("inputs", "rows"),
    [
        (np.zeros((3, 2)), 3),
        ([["a"], ["b"]], 2),
        ((np.zeros(3), np.zeros((3, 1))), 3),
        ({"a": np.zeros(3), "b": np.zeros(4)}, None),
        (np.array(1.0), None),
        ("text", None),
    ],
)
def test_rows_of_inputs(inputs: Any, rows: int | None) -> None:
    assert rows_of(inputs) == rows
