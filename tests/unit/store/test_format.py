"""Packs are what the SPEC says: a reader that was written from it alone reads them."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from tests.unit.store.by_the_letter import Packs, compressed_archive
from tests.unit.store.stores import MemoryPlace, archive, new_vault, push

import holotype

X, Y = load_iris(return_X_y=True)
U, V = load_diabetes(return_X_y=True)
U, V = U[:150], V[:150]
HOLED = np.where(np.random.default_rng(0).random(X.shape) < 0.1, np.nan, X)
WEIGHTS = np.linspace(0.1, 3, 150)
RANDOM = np.random.default_rng(0)
FLOATS = RANDOM.standard_normal(1_000)

ARRAYS: dict[str, Any] = {
    "floats": FLOATS,
    "singles": (FLOATS * 0.02).astype("<f4"),
    "swapped": FLOATS.astype(">f8"),
    "half": FLOATS.astype("<f2"),
    "complex": FLOATS.view("<c16"),
    "sorted": np.sort(RANDOM.integers(0, 1 << 40, 1_000)),
    "few": RANDOM.choice(FLOATS[:50], 3_000),
    "many of few": RANDOM.choice(FLOATS[:400], 3_000),
    "small": RANDOM.integers(-3, 3, 1_000, "<i2"),
    "truth": RANDOM.random(3_000) < 0.5,
    "noise": RANDOM.integers(0, 256, 1_000, "u1"),
    "texts": np.array([f"row{n % 7}" for n in range(300)]),
    "bytes": np.array([b"ab", b"", b"abcdef"] * 100),
    "times": np.arange(500).astype("<M8[s]"),
    "constant": np.full(1_000, np.pi),
    "structured": np.rec.fromarrays([np.arange(300), RANDOM.random(300) < 0.5]).view(np.ndarray),
    "nested": np.zeros(200, [("x", ">f4", (2, 3)), ("y", [("z", "?"), ("t", "<i8")], 2)]),
    "gaps": np.zeros(200, np.dtype([("a", "u1"), ("b", "<f8"), ("c", "<i2")], align=True)),
    "columns": np.asfortranarray(FLOATS.reshape(20, 50)),
    "large": np.cumsum(RANDOM.integers(0, 9, 70_000)),
}
TREES: dict[str, Any] = {
    "gini": lambda: RandomForestClassifier(8, random_state=0).fit(X, Y),
    "entropy": lambda: RandomForestClassifier(8, criterion="entropy", random_state=0).fit(X, Y),
    "weighted": lambda: RandomForestClassifier(4, random_state=0).fit(X, Y, WEIGHTS),
    "missing": lambda: RandomForestClassifier(8, random_state=0).fit(HOLED, Y),
    "labels": lambda: RandomForestClassifier(4, random_state=0).fit(X, np.c_[Y, Y > 0]),
    "best first": lambda: RandomForestClassifier(8, max_leaf_nodes=9, random_state=0).fit(X, Y),
    "fractions": lambda: ExtraTreesClassifier(8, random_state=0).fit(X, Y, WEIGHTS),
    "odd": lambda: odd(RandomForestClassifier(8, random_state=0).fit(X, Y)),
    "variance": lambda: RandomForestRegressor(8, random_state=0).fit(U, V),
    "variances": lambda: RandomForestRegressor(4, random_state=0).fit(U, np.c_[V, -V, V * V]),
    "weighted variance": lambda: RandomForestRegressor(4, random_state=0).fit(U, V, WEIGHTS),
    "absolute": lambda: RandomForestRegressor(4, criterion="absolute_error").fit(U, V),
    "extra": lambda: ExtraTreesRegressor(8, random_state=0).fit(U, V),
    "isolation": lambda: IsolationForest(n_estimators=20, random_state=0).fit(X),
    "boosting": lambda: GradientBoostingClassifier(n_estimators=30, random_state=0).fit(X, Y),
    "histograms": lambda: HistGradientBoostingClassifier(max_iter=9).fit(HOLED, Y),
    "histograms, penalty": lambda: HistGradientBoostingRegressor(
        max_iter=9, l2_regularization=1.5, learning_rate=0.3
    ).fit(U, V),
    "histograms of categories": lambda: HistGradientBoostingRegressor(
        max_iter=9, categorical_features=[1]
    ).fit(U, V),
    "histograms of leaves": lambda: HistGradientBoostingRegressor(
        max_iter=9, max_leaf_nodes=5, loss="quantile", quantile=0.8
    ).fit(np.r_[U, U], np.r_[V, -V]),
    "a few histograms": lambda: HistGradientBoostingRegressor(
        max_iter=9, loss="absolute_error"
    ).fit(U, V, np.abs(V)),
}


def odd(forest: Any) -> Any:
    """Trees that are none of those that the layer knows: a leaf has a threshold."""
    tree = forest.estimators_[0].tree_
    tree.threshold[tree.children_left == -1] = 5.0
    return forest


def read_again(data: bytes, folder: Path, level: str) -> Packs:
    target = folder / "c.holo"
    holotype.compress(data, target, level=level)
    assert compressed_archive(target.read_bytes()) == data
    return Packs([target.read_bytes()])


@pytest.mark.parametrize("level", ["fast", "balanced", "small"])
def test_arrays_of_all_kinds(tmp_path: Path, level: str) -> None:
    read_again(archive(ARRAYS), tmp_path, level)


@pytest.mark.parametrize("name", TREES)
def test_trees_of_all_kinds(tmp_path: Path, name: str) -> None:
    data = archive(TREES[name]())
    read_again(data, tmp_path, "balanced")
    packs = Packs([(tmp_path / "c.holo").read_bytes()])
    packs.file(packs.archive[0])
    assert "trees trees" in packs.forms


@pytest.mark.parametrize("objective", ["reg:squarederror", "reg:absoluteerror"])
def test_the_trees_of_xgboost(tmp_path: Path, objective: str) -> None:
    xgboost = pytest.importorskip("xgboost", reason="its trees have a layer of their own")
    model = xgboost.XGBRegressor(
        n_estimators=80, max_depth=3, objective=objective, reg_lambda=0.5, n_jobs=1
    )
    packs = read_again(archive(model.fit(U, V)), tmp_path, "balanced")
    packs.file(packs.archive[0])
    assert "columns columns" in packs.forms


@pytest.mark.parametrize("penalty", [0.0, 1.5])
def test_the_trees_of_lightgbm(tmp_path: Path, penalty: float) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="its trees have a layer of their own")
    model = lightgbm.LGBMRegressor(
        n_estimators=80, num_leaves=7, reg_lambda=penalty, n_jobs=1, verbose=-1
    )
    packs = read_again(archive(model.fit(U, V)), tmp_path, "balanced")
    packs.file(packs.archive[0])
    assert "columns columns" in packs.forms


def test_versions_that_are_differences_and_share_chunks() -> None:
    place = MemoryPlace()
    weights, table = FLOATS.astype("<f4"), RANDOM.standard_normal((3_000, 4))
    bits = RANDOM.integers(0, 1 << 62, 3_000)
    pushed = []
    for step in range(4):
        table = np.insert(table, 700 * step, 1.0, axis=0)
        weights = weights + np.float32(1e-6)
        bits = bits ^ RANDOM.choice([1 << 3, 1 << 30], len(bits))
        model = {"w": weights, "d": FLOATS + step * 1e-13, "bits": bits, "table": table}
        pushed.append((push(new_vault(place), "m", data := archive(model)), data))
    packs = Packs([place.read(found.key) for found in place.list("packs/")])
    for version, data in pushed:
        assert packs.file(version.recipe) == data
    assert {"items planes of a base", "text text of a base"} <= packs.forms
    assert packs.objects
