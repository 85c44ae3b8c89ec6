"""A column is divided as its arrays say, and only if they fit each other."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.errors import BlueprintError
from holotype.graph.divide import check_lengths, check_shapes, spans, split_arrays, split_bytes

I1, I8 = np.dtype("<i1"), np.dtype("<i8")
ABC = np.frombuffer(b"abc", np.uint8)


@pytest.mark.parametrize(
    ("lengths", "size"),
    [([1, 1], 3), ([4], 3), ([5, -2], 3), ([2**63 - 1, 2**63 - 1, 5], 3), ([], 3), ([1], 0)],
    ids=str,
)
def test_lengths_that_do_not_fit_are_refused(lengths: list[int], size: int) -> None:
    with pytest.raises(BlueprintError, match="length"):
        check_lengths(np.array(lengths, I8), size, "here")


def test_lengths_that_fit_say_where_parts_are() -> None:
    for lengths, size in (([1, 0, 2], 3), ([], 0), ([0, 0], 0)):
        check_lengths(np.array(lengths, I8), size, "here")
    assert spans(np.array([1, 0, 2], I1)) == [(0, 1), (1, 1), (1, 3)]
    assert spans(np.array([], I1)) == []
    assert spans(np.full(3, 100, I1)) == [(0, 100), (100, 200), (200, 300)]
    assert split_bytes(ABC, np.array([1, 0, 2], I1)) == [b"a", b"", b"bc"]


@pytest.mark.parametrize(
    "shapes",
    [[[2, 2]], [[-2, -2], [1, 2]], [[7, 1], [-1, 1]], [[2**32, 2**32], [6, 1]], [[0, 2**62]]],
    ids=str,
)
def test_shapes_that_do_not_fit_are_refused(shapes: Any) -> None:
    with pytest.raises(BlueprintError, match="sizes in a column"):
        check_shapes(np.array(shapes, I8), np.zeros(6), "here")


def test_shapes_that_fit_say_what_the_parts_are() -> None:
    data, shapes = np.arange(6.0), np.array([[2, 2], [1, 2]], I1)
    check_shapes(shapes, data, "here")
    assert [part.tolist() for part in split_arrays(data, shapes)] == [
        [[0.0, 1.0], [2.0, 3.0]],
        [[4.0, 5.0]],
    ]
    large = np.array([[100, 2], [100, 1]], I1)  # their products are not of its dtype
    check_shapes(large, np.zeros(300), "here")
    assert [part.shape for part in split_arrays(np.zeros(300), large)] == [(100, 2), (100, 1)]
