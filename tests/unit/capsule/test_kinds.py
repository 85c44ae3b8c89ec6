"""What kind a model is: live as its class declares, old as its class is known for."""

from __future__ import annotations

import pickle
from collections import OrderedDict
from typing import Any

import numpy as np
import pytest

from holotype.capsule.kinds import KINDS, kind_of
from holotype.graph.specimen import Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.convert import read_old


def specimen(key: str, **state: Any) -> Specimen:
    return Specimen(Entry(key=key, where=(), kind="object"), Reduced(state=state))


@pytest.mark.filterwarnings("ignore:Class .* is deprecated:FutureWarning")
def test_every_estimator_of_scikit_learn_is_of_the_same_kind_alive_and_from_a_pickle() -> None:
    pytest.importorskip("sklearn")
    from sklearn.utils import all_estimators

    compared = 0
    for name, cls in all_estimators():
        try:
            model = cls()
        except TypeError:  # it wants another estimator
            continue
        compared += 1
        assert kind_of(read_old(pickle.dumps(model)).model) == kind_of(model), name
    assert compared > 150


def test_what_holds_an_estimator_is_of_its_kind() -> None:
    pytest.importorskip("sklearn")
    from sklearn.ensemble import RandomForestClassifier
    from sklearn.feature_selection import RFE
    from sklearn.linear_model import Ridge
    from sklearn.model_selection import GridSearchCV
    from sklearn.multioutput import MultiOutputRegressor
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    models = {
        "classifier": make_pipeline(StandardScaler(), RFE(RandomForestClassifier())),
        "regressor": GridSearchCV(
            make_pipeline(StandardScaler(), MultiOutputRegressor(Ridge())), {}
        ),
        "transformer": make_pipeline(StandardScaler()),
    }
    for kind, model in models.items():
        assert kind_of(model) == kind_of(read_old(pickle.dumps(model)).model) == kind


def test_old_models_of_which_nothing_is_known_are_other() -> None:
    inner: Any = None
    for _ in range(50):
        inner = specimen("sklearn.model_selection.GridSearchCV", estimator=inner)
    for model in (
        specimen("pandas.DataFrame"),
        specimen("sklearn.pipeline.Pipeline", steps=[]),
        specimen("sklearn.pipeline.Pipeline"),
        specimen("sklearn.pipeline.Pipeline", steps=[("a", "passthrough")]),
        inner,
    ):
        assert kind_of(model) == "other"


def test_state_dicts_and_tensors_are_arrays() -> None:
    torch = pytest.importorskip("torch")
    layer = torch.nn.Linear(2, 3)
    assert kind_of(layer) == "neural_network"
    for arrays in (layer.state_dict(), torch.ones(2), [torch.ones(2), np.ones(2)]):
        assert kind_of(arrays) == "arrays"
    assert kind_of(OrderedDict()) == "other"


@pytest.mark.parametrize(
    ("objective", "kind"),
    [
        ("binary:logistic", "classifier"),
        ("multi:softprob", "classifier"),
        ("rank:ndcg", "ranker"),
        ("reg:squarederror", "regressor"),
        ("survival:cox", "regressor"),
    ],
)
def test_a_booster_of_xgboost_is_what_its_objective_says(objective: str, kind: str) -> None:
    xgboost = pytest.importorskip("xgboost")
    X, y = np.random.default_rng(0).normal(size=(20, 2)), np.arange(20) % 2
    settings = {"objective": objective, "num_class": 2 if "multi" in objective else None}
    data = xgboost.DMatrix(X, y + 1.0 * (objective == "survival:cox"))
    given = {name: value for name, value in settings.items() if value is not None}
    assert kind_of(xgboost.train(given, data, 1)) == kind


@pytest.mark.parametrize(
    ("objective", "kind"),
    [("lambdarank", "ranker"), ("cross_entropy", "classifier"), ("l1", "regressor")],
)
def test_a_booster_of_lightgbm_is_what_its_objective_says(objective: str, kind: str) -> None:
    lightgbm = pytest.importorskip("lightgbm")
    X, y = np.random.default_rng(0).normal(size=(60, 2)), np.arange(60) % 2
    settings = {"objective": objective, "verbose": -1, "num_threads": 1}
    booster = lightgbm.train(settings, lightgbm.Dataset(X, y, group=[60]), 1)
    assert kind_of(booster) == kind
    booster.params.pop("objective")
    assert kind_of(booster) == "booster"


def test_rankers_of_any_library_are_rankers() -> None:
    xgboost = pytest.importorskip("xgboost")
    assert kind_of(xgboost.XGBRanker()) == "ranker"
    assert kind_of(xgboost.XGBClassifier()) == "classifier"


def test_results_of_statsmodels_are_what_their_model_is_for() -> None:
    pytest.importorskip("statsmodels")
    import statsmodels.api as sm

    rng = np.random.default_rng(0)
    X, y = rng.normal(size=(60, 2)), rng.normal(size=60)
    assert kind_of(sm.OLS(y, X).fit()) == "regressor"
    assert kind_of(sm.Logit(y > 0, X).fit(disp=0)) == "classifier"
    assert kind_of(sm.tsa.AutoReg(y, 1).fit()) == "forecaster"


def test_no_kind_is_unknown_to_the_specification() -> None:
    from pathlib import Path

    spec = (Path(__file__).parents[3] / "SPEC.md").read_text()
    line = next(line for line in spec.splitlines() if line.startswith("| `model` |"))
    listed = line.partition("`kind`: ")[2].partition(";")[0]
    assert listed.replace(" or ", ", ").split(", ") == list(KINDS)
