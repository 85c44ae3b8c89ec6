"""imbalanced-learn: every sampler, pipeline and ensemble comes back and goes on alike."""

from __future__ import annotations

import copy
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("imblearn", reason="these tests need imbalanced-learn")

import numpy as np
import pandas as pd
from imblearn import FunctionSampler, combine, ensemble, metrics, over_sampling, under_sampling
from imblearn.metrics.pairwise import ValueDifferenceMetric
from imblearn.pipeline import Pipeline, make_pipeline
from imblearn.utils.testing import all_estimators
from sklearn.ensemble import RandomForestClassifier
from sklearn.linear_model import LogisticRegression
from sklearn.metrics import make_scorer
from sklearn.model_selection import GridSearchCV
from sklearn.preprocessing import StandardScaler
from tests.conformance.scikit_like import Ask, assert_converts, assert_kept
from tests.memory import store

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.table import type_table

RNG = np.random.RandomState(0)
X = RNG.normal(size=(120, 4))
Y = (X[:, 0] + 0.3 * RNG.normal(size=120) > 0.8).astype(int)
WORDS = np.round(X - X.min()).astype(int)
TREES = {"n_estimators": 3, "random_state": 0}


def twice(X: Any, y: Any) -> Any:
    return np.concatenate([X, X]), np.concatenate([y, y])


SAMPLERS: dict[str, Any] = {
    "ADASYN": over_sampling.ADASYN(random_state=0),
    "AllKNN": under_sampling.AllKNN(),
    "BorderlineSMOTE": over_sampling.BorderlineSMOTE(random_state=0),
    "ClusterCentroids": under_sampling.ClusterCentroids(random_state=0),
    "CondensedNearestNeighbour": under_sampling.CondensedNearestNeighbour(random_state=0),
    "EditedNearestNeighbours": under_sampling.EditedNearestNeighbours(),
    "FunctionSampler": FunctionSampler(),
    "InstanceHardnessThreshold": under_sampling.InstanceHardnessThreshold(
        estimator=RandomForestClassifier(**TREES), cv=2, random_state=0
    ),
    "KMeansSMOTE": over_sampling.KMeansSMOTE(cluster_balance_threshold=0.01, random_state=0),
    "NearMiss": under_sampling.NearMiss(version=2),
    "NeighbourhoodCleaningRule": under_sampling.NeighbourhoodCleaningRule(),
    "OneSidedSelection": under_sampling.OneSidedSelection(random_state=0),
    "RandomOverSampler": over_sampling.RandomOverSampler(shrinkage=0.1, random_state=0),
    "RandomUnderSampler": under_sampling.RandomUnderSampler(
        sampling_strategy={0: 20, 1: 20}, random_state=0
    ),
    "RepeatedEditedNearestNeighbours": under_sampling.RepeatedEditedNearestNeighbours(),
    "SMOTE": over_sampling.SMOTE(random_state=0),
    "SMOTEENN": combine.SMOTEENN(random_state=0),
    "SMOTEN": over_sampling.SMOTEN(random_state=0),
    "SMOTENC": over_sampling.SMOTENC(categorical_features=[3], random_state=0),
    "SMOTETomek": combine.SMOTETomek(random_state=0),
    "SVMSMOTE": over_sampling.SVMSMOTE(random_state=0),
    "TomekLinks": under_sampling.TomekLinks(),
}
MODELS: dict[str, Any] = {
    "BalancedBaggingClassifier": ensemble.BalancedBaggingClassifier(**TREES, max_features=0.5),
    "BalancedRandomForestClassifier": ensemble.BalancedRandomForestClassifier(**TREES),
    "EasyEnsembleClassifier": ensemble.EasyEnsembleClassifier(2, random_state=0),
    "Pipeline": make_pipeline(
        StandardScaler(), over_sampling.SMOTE(random_state=0), LogisticRegression()
    ),
    "RUSBoostClassifier": ensemble.RUSBoostClassifier(**TREES),
}
ASKED = ("predict", "predict_proba", "decision_function")


def fitted(name: str) -> tuple[Any, list[Ask]]:
    """A model that has seen data, and what it is asked then."""
    if name == "ValueDifferenceMetric":
        metric = ValueDifferenceMetric().fit(WORDS, Y)
        return metric, [lambda each: each.pairwise(WORDS)]
    if name in SAMPLERS:
        sampler = copy.deepcopy(SAMPLERS[name])
        data = WORDS if name == "SMOTEN" else np.round(X)
        sampler.fit_resample(data, Y)
        return sampler, [lambda each: each.fit_resample(data, Y)]
    model = copy.deepcopy(MODELS[name]).fit(X, Y)
    ways = [way for way in ASKED if hasattr(model, way)]
    return model, [lambda each, way=way: getattr(each, way)(X) for way in ways]


NAMES = sorted([*SAMPLERS, *MODELS, "ValueDifferenceMetric"])


def test_every_class_of_the_library_is_tried() -> None:
    assert {name for name, _ in all_estimators()} <= set(NAMES)
    table = type_table()
    assert all(table.entry_of(cls) is not None for _, cls in all_estimators())


@pytest.mark.parametrize("name", NAMES)
def test_a_model_comes_back(name: str, tmp_path: Path) -> None:
    model, asks = fitted(name)
    assert_kept(model, asks)
    assert_converts(model, tmp_path)


def test_a_search_over_a_pipeline_with_a_scorer_of_the_library() -> None:
    search = GridSearchCV(
        Pipeline([("sample", over_sampling.SMOTE(random_state=0)), ("fit", LogisticRegression())]),
        {"sample__k_neighbors": [2, 3]},
        scoring=make_scorer(metrics.geometric_mean_score),
        cv=2,
    ).fit(X, Y)
    loaded = assert_kept(search, [lambda each: each.predict_proba(X)])
    assert loaded.best_params_ == search.best_params_
    assert loaded.scorer_._score_func is metrics.geometric_mean_score


def test_a_frame_is_sampled_as_a_frame() -> None:
    sampler = over_sampling.RandomOverSampler(random_state=0)
    frame = pd.DataFrame(X, columns=list("abcd"))
    sampler.fit_resample(frame, Y)
    assert_kept({"sampler": sampler, "again": sampler}["sampler"], [lambda s: s.feature_names_in_])
    assert_kept(sampler, [lambda each: each.fit_resample(frame, Y)])


def test_a_function_that_would_make_objects_unchecked_is_refused() -> None:
    import scipy.sparse

    sampler = FunctionSampler(func=scipy.sparse.csr_matrix)
    with pytest.raises(UnsupportedError, match=r"func.*contents that cannot be checked"):
        holotype.dumps(sampler)


def test_a_function_of_ones_own_asks_for_trust() -> None:
    with pytest.raises(UnsupportedError, match="func"):
        holotype.dumps(FunctionSampler(func=twice), max_level="data")


# -- what a file may not do ------------------------------------------------------------------------


def refused(model: Any, change: Any, match: str) -> None:
    with pytest.raises(InvalidStateError, match=match):
        store(model).tampered(change).load()


def test_a_balanced_forest_is_checked_as_a_forest_is() -> None:
    forest, _ = fitted("BalancedRandomForestClassifier")

    def widen(root: Any) -> None:
        root["state"]["n_features_in_"] = 400

    refused(forest, widen, "another number of features")


def test_a_step_of_a_pipeline_is_an_estimator() -> None:
    pipeline, _ = fitted("Pipeline")

    def break_step(root: Any) -> None:
        root["state"]["steps"]["list"][0]["tuple"][1] = 7

    refused(pipeline, break_step, "no estimator")


@pytest.mark.parametrize("name", ["SMOTE", "RUSBoostClassifier", "FunctionSampler"])
def test_a_million_workers_are_refused(name: str) -> None:
    model, _ = fitted(name)

    def ask_for_workers(root: Any) -> None:
        root["state"]["n_jobs"] = 1_000_000

    refused(model, ask_for_workers, "workers")
