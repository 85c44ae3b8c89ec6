"""What the attacks change is honest: each is refused for the one thing that its maker did."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

xgboost = pytest.importorskip("xgboost", reason="the honest archives are opened")

from attacks.xgboost import _CATEGORIES, _PRUNED, _TREES, _VECTORS, _strategy, booster  # noqa: E402

import holotype  # noqa: E402

ROWS = np.array([[0.0, 0.5, 0.0], [1.0, -0.5, 1.0], [np.nan, 1.0, np.nan]])


def walk(trees: dict[str, Any], row: Any) -> float:
    """What the columns say of a row, in plain Python."""
    total, start = 0.0, 0
    sets = np.split(trees.get("categories", []), np.cumsum(trees.get("chosen", [0]))[:-1])
    chosen = dict(zip(trees.get("categorical", []), sets, strict=False))
    for count in trees["nodes"]:
        node = 0
        while trees["left"][start + node] >= 0:
            at = start + node
            value = row[trees["feature"][at]]
            if np.isnan(value):
                goes_left = trees["default_left"][at]
            elif at in chosen:
                goes_left = value not in chosen[at]
            else:
                goes_left = value < trees["threshold"][at]
            node = trees["left"][at] + (0 if goes_left else 1)
        total += trees["threshold"][start + node]
        start += count
    return total


@pytest.mark.parametrize("more", [{}, _CATEGORIES, _PRUNED], ids=["plain", "categories", "pruned"])
def test_an_honest_booster_answers_as_its_columns_say(more: dict[str, Any]) -> None:
    model = holotype.loads(booster(more))
    found = model.predict(xgboost.DMatrix(ROWS), output_margin=True)
    assert found.tolist() == [0.5 + walk({**_TREES, **more}, row) for row in ROWS]


def test_vectors_for_leaves_are_honest_too() -> None:
    model = holotype.loads(booster(_VECTORS, {"num_target": 2}, _strategy("multi_output_tree")))
    assert model.predict(xgboost.DMatrix(ROWS)).shape == (3, 2)
