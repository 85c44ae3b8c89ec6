"""What is about to be written is checked as if it had been read."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.errors import HolotypeError, InvalidStateError
from holotype.graph.encode import encode
from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.restore.rehearsal import rehearse
from holotype.types.table import type_table


def specimen(key: str, *args: Any, **how: Any) -> Specimen:
    entry = type_table().entry(key)
    assert entry is not None
    return Specimen(entry, Reduced(args, **how))


def rehearsed(model: Any) -> None:
    rehearse(encode(model, type_table()))


def test_a_sound_model_passes_with_arrays_of_every_kind() -> None:
    padded = np.zeros(3, np.dtype([("a", "i1"), ("b", "f8")], align=True))
    rehearsed(
        {
            "arrays": [np.arange(i % 7) for i in range(64)],
            "padded": padded,
            "empty": np.zeros((0, 3)),
            "fortran": np.arange(2000.0).reshape((40, 50), order="F"),
            "strided": np.arange(100)[::3],
            "texts": [f"t{i}" for i in range(99)],
            "range": specimen("builtins.range", 0, 5, 1),
        }
    )


@pytest.mark.parametrize(
    "broken",
    [
        specimen("builtins.range", 0, 5, 0),
        specimen("collections.deque", -1),
        specimen("numpy.random.PCG64", None, state={"state": 1}),
        specimen("pandas.RangeIndex", 0, 1, 0, None),
    ],
)
def test_contents_that_loading_would_refuse_are_refused(broken: Specimen) -> None:
    with pytest.raises(InvalidStateError):
        rehearsed({"a": [broken]})


def test_truth_values_that_are_neither_0_nor_1_are_refused() -> None:
    with pytest.raises(HolotypeError, match="neither 0 nor 1"):
        rehearsed(np.array([2], np.uint8).view(bool))
