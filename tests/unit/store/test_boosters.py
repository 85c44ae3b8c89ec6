"""Boosters in a store: what follows from other arrays costs nothing, nor do trees it has."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_breast_cancer

import holotype
from holotype.store.boosters import slices

X, y = load_breast_cancer(return_X_y=True)


@pytest.fixture
def store(tmp_path: Path) -> holotype.Store:
    return holotype.Store(tmp_path / "store")


def came_back(store: holotype.Store, path: Path, version: Any) -> bool:
    store.pull(str(version), path)
    return holotype.show(path).id == version.id and bool(holotype.verify(path))


def test_an_xgboost_model_that_was_boosted_on_shares_its_trees(
    store: holotype.Store, tmp_path: Path
) -> None:
    xgboost = pytest.importorskip("xgboost", reason="a booster of XGBoost")
    first = xgboost.XGBClassifier(n_estimators=128, max_depth=4).fit(X, y)
    more = xgboost.XGBClassifier(n_estimators=16, max_depth=4)
    more.fit(X, y, xgb_model=first.get_booster())
    versions = [store.push("model", model) for model in (first, more)]
    assert versions[1].added < versions[0].added / 2
    assert all(came_back(store, tmp_path / "a.holo", version) for version in versions)
    assert (store.load("model").predict_proba(X) == more.predict_proba(X)).all()


def test_a_lightgbm_model_is_smaller_than_each_array_by_itself(
    store: holotype.Store, tmp_path: Path
) -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="a booster of LightGBM")
    model = lightgbm.LGBMClassifier(n_estimators=100, verbose=-1).fit(X, y)
    version = store.push("model", model)
    assert version.added < version.size / 2
    assert came_back(store, tmp_path / "a.holo", version)


def test_columns_that_do_not_fit_each_other_are_arrays_like_any_others() -> None:
    names = ("left", "feature", "threshold", "cover", "gain", "weight", "default_left", "sizes")
    columns = {name: np.zeros(3, np.int32) for name in names}
    with pytest.raises(ValueError, match="no columns of a booster"):
        list(slices(columns))
