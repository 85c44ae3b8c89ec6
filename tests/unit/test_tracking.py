"""Tracking: what is fitted becomes a version, and nothing else changes for who trains."""

from __future__ import annotations

import inspect
import os
import threading
import warnings
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from sklearn.base import BaseEstimator, ClassifierMixin
from sklearn.datasets import load_iris
from sklearn.ensemble import BaggingClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import GridSearchCV
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler
from sklearn.tree import DecisionTreeClassifier

import holotype
from holotype.errors import StoreError, TrackWarning
from holotype.store.places.local import LocalPlace

X, y = load_iris(return_X_y=True)


@pytest.fixture
def store(tmp_path: Path) -> holotype.Store:
    return holotype.Store(tmp_path / "store")


def test_a_fit_becomes_a_version_with_its_data_and_score(store: holotype.Store) -> None:
    with holotype.track("iris", store=store) as tracked:
        tree = DecisionTreeClassifier(max_depth=2).fit(X, y)
    (version,) = tracked.versions
    assert str(version) == "iris@1.0.0"
    assert version.fingerprint == holotype.fingerprint(tree)
    manifest = holotype.show(store.source("iris")).manifest
    assert [(m.name, m.value, m.dataset) for m in manifest.metrics] == [
        ("score", tree.score(X, y), "train")
    ]
    assert manifest.data["train"].features.shape == [150, 4]
    assert manifest.data["train"].target is not None


def test_a_fit_that_gives_the_same_model_is_no_new_version(store: holotype.Store) -> None:
    with holotype.track("iris", store=store) as tracked:
        model = make_pipeline(StandardScaler(), LogisticRegression())
        model.fit(X, y)
        model.fit(X, y)
        model.fit(X[:140], y[:140])
    assert [v.version for v in tracked.versions] == ["1.0.0", "1.0.1"]
    parents = holotype.show(store.source("iris@1.0.1")).manifest.parents
    assert [parent.id for parent in parents] == [tracked.versions[0].id]


def test_what_is_fitted_inside_another_is_part_of_it(store: holotype.Store) -> None:
    with holotype.track(store=store) as tracked:
        search = GridSearchCV(DecisionTreeClassifier(), {"max_depth": [1, 2]}, cv=2)
        search.fit(X, y)
        BaggingClassifier(DecisionTreeClassifier(max_depth=1), n_estimators=3).fit(X, y)
    assert [v.name for v in tracked.versions] == ["grid-search-cv", "bagging-classifier"]
    assert store.load("grid-search-cv").best_params_ == search.best_params_


def test_a_class_of_ones_own_is_saved_with_its_own_methods(store: holotype.Store) -> None:
    with holotype.track("mine", store=store) as tracked:

        class Mine(ClassifierMixin, BaseEstimator):
            def fit(self, X: Any, y: Any) -> Any:
                self.classes_ = np.unique(y)
                return self

            def predict(self, X: Any) -> Any:
                return np.full(len(X), self.classes_[0])

        Mine().fit(X, y)
    assert [v.level for v in tracked.versions] == ["code"]
    source = holotype.show(store.source("mine")).manifest
    assert source.fingerprint == holotype.fingerprint(Mine().fit(X, y))


def test_every_class_has_its_own_methods_again_afterwards(store: holotype.Store) -> None:
    before = LogisticRegression.__dict__["fit"]
    with pytest.raises(KeyError), holotype.track(store=store):  # noqa: PT012
        assert LogisticRegression.__dict__["fit"] is not before
        assert inspect.signature(LogisticRegression.fit) == inspect.signature(before)
        raise KeyError
    assert LogisticRegression.__dict__["fit"] is before
    assert "__init_subclass__" not in BaseEstimator.__dict__


def test_a_fit_that_fails_is_no_version_and_raises_what_it_raised(store: holotype.Store) -> None:
    with holotype.track("iris", store=store) as tracked, pytest.raises(ValueError, match="NaN"):
        LogisticRegression().fit(X * np.nan, y)
    assert tracked.versions == []


def test_training_goes_on_where_the_store_fails(
    store: holotype.Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object, **__: object) -> None:
        raise StoreError("the disk is full")

    monkeypatch.setattr(LocalPlace, "write", full)
    failed = pytest.warns(TrackWarning, match="iris was not pushed: the disk is full")
    with holotype.track("iris", store=store) as tracked, failed:
        tree = DecisionTreeClassifier().fit(X, y)
    assert tracked.versions == []
    assert tree.score(X, y) == 1.0


def test_fits_in_other_threads_at_the_same_time_are_parts_of_the_first(
    store: holotype.Store,
) -> None:
    class Threaded(ClassifierMixin, BaseEstimator):
        def fit(self, X: Any, y: Any) -> Any:
            self.tree_ = DecisionTreeClassifier()
            thread = threading.Thread(target=self.tree_.fit, args=(X, y))
            thread.start()
            thread.join()
            return self

        def predict(self, X: Any) -> Any:
            return self.tree_.predict(X)

    with holotype.track(store=store) as tracked:
        Threaded().fit(X, y)
    assert [v.name for v in tracked.versions] == ["threaded"]


def test_autolog_tracks_until_it_is_disabled(store: holotype.Store) -> None:
    tracked = holotype.autolog("iris", store=store, message="nightly")
    assert tracked is not None
    DecisionTreeClassifier(max_depth=1).fit(X, y)
    assert holotype.autolog(disable=True) is None
    DecisionTreeClassifier(max_depth=2).fit(X, y)
    assert [(v.version, v.message) for v in store.log("iris")] == [("1.0.0", "nightly")]


def test_a_model_without_a_score_is_tracked_all_the_same(store: holotype.Store) -> None:
    with warnings.catch_warnings(), holotype.track(store=store) as tracked:
        warnings.simplefilter("error")
        StandardScaler().fit(X)
    assert [v.name for v in tracked.versions] == ["standard-scaler"]
    assert not holotype.show(store.source("standard-scaler")).manifest.metrics


@pytest.mark.skipif(os.environ.get("HOLOTYPE_STORE") is not None, reason="a store is configured")
def test_the_default_store_is_in_the_users_data_directory(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_DATA_HOME", str(tmp_path))
    with holotype.track("iris") as tracked:
        DecisionTreeClassifier(max_depth=1).fit(X, y)
    assert tracked.store.url == str(tmp_path / "holotype" / "store")
