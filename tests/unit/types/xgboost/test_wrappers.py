"""Estimators and callbacks: what they call, and what they are given."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

xgboost = pytest.importorskip("xgboost", reason="honest estimators are changed")

from tests.unit.types.sklearn.specimen import Specimen  # noqa: E402

import holotype  # noqa: E402
from holotype.errors import InvalidStateError, UnsupportedError  # noqa: E402
from holotype.types.xgboost.answers import answers  # noqa: E402

X = np.arange(24, dtype=np.float32).reshape(8, 3)


def fitted(**parameters: Any) -> Any:
    return xgboost.XGBRegressor(n_estimators=2, n_jobs=1, **parameters).fit(X, X[:, 0])


@pytest.mark.parametrize(
    ("attribute", "node", "match"),
    [
        ("_Booster", None, "_Booster is not xgboost.Booster"),
        ("n_jobs", 10**6, "more than 4096 threads"),
        ("objective", {"name": "scipy.sparse.csr_matrix"}, "whose contents nobody would check"),
        (
            "eval_metric",
            {"list": ["rmse", {"name": "scipy.sparse.csr_matrix"}]},
            "nobody would check",
        ),
        ("callbacks", "all", "callbacks are no list"),
        ("callbacks", {"list": [1]}, "one of callbacks is none"),
    ],
)
def test_an_estimator_that_breaks_a_rule_is_refused(attribute: str, node: Any, match: str) -> None:
    specimen = Specimen(fitted())
    specimen.audit()
    specimen.put(node, attribute)
    with pytest.raises(InvalidStateError, match=match):
        specimen.audit()


def test_callbacks_are_data() -> None:
    model = xgboost.XGBRegressor(
        callbacks=[
            xgboost.callback.EarlyStopping(rounds=3, min_delta=0.1),
            xgboost.callback.EvaluationMonitor(period=2),
        ]
    )
    found = holotype.loads(holotype.dumps(model, max_level="data"))
    for one, other in zip(model.callbacks, found.callbacks, strict=True):
        assert type(one) is type(other)
        assert vars(one) == vars(other)


def test_a_monitor_that_calls_a_type_is_refused() -> None:
    specimen = Specimen({"monitor": xgboost.callback.EvaluationMonitor()})
    specimen.put({"name": "scipy.sparse.csr_matrix"}, "monitor", "_logger")
    with pytest.raises(InvalidStateError, match="_logger"):
        specimen.audit()


def test_a_callback_that_writes_files_is_no_data(tmp_path: Any) -> None:
    model = xgboost.XGBRegressor(callbacks=[xgboost.callback.TrainingCheckPoint(tmp_path)])
    with pytest.raises(UnsupportedError, match="TrainingCheckPoint"):
        holotype.dumps(model, max_level="data")


def test_what_is_no_model_of_xgboost_has_no_answers() -> None:
    assert answers([1]) is None
    assert answers(xgboost.XGBRegressor()) == {}


@pytest.mark.parametrize(
    ("parameters", "names"),
    [
        ({}, {"predict", "margin", "leaves", "contributions"}),
        (
            {"booster": "gblinear", "updater": "coord_descent"},
            {"predict", "margin", "contributions"},
        ),
    ],
)
def test_an_estimator_answers_in_every_way_it_can(parameters: Any, names: set[str]) -> None:
    found = answers(fitted(**parameters)) or {}
    assert found.keys() == names
    for ask in found.values():
        assert len(ask(X)) == len(X)


def test_a_booster_answers_and_is_not_changed() -> None:
    booster = fitted(feature_types=["q", "q", "int"]).get_booster()
    before = booster.__getstate__()
    found = answers(booster) or {}
    assert found.keys() == {"predict", "margin", "leaves", "contributions"}
    for ask in found.values():
        assert len(ask(X)) == len(X)
    assert booster.__getstate__() == before


def test_an_estimator_of_a_version_before_gets_the_parameters_that_came_later() -> None:
    model = fitted()
    vars(model).pop("feature_weights", None)
    found = holotype.loads(holotype.dumps(model))
    assert found.feature_weights is None
    assert found.get_params()["n_estimators"] == 2
