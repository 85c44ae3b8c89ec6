"""``holotype diff`` on real models, retrained and changed as people do it."""

from __future__ import annotations

import importlib.util
import json
import warnings
from typing import Any

import numpy as np
import pandas as pd
import pytest
from sklearn.base import clone
from sklearn.calibration import CalibratedClassifierCV
from sklearn.compose import ColumnTransformer
from sklearn.ensemble import (
    BaggingClassifier,
    GradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    StackingClassifier,
)
from sklearn.feature_extraction.text import TfidfVectorizer
from sklearn.gaussian_process import GaussianProcessClassifier, GaussianProcessRegressor
from sklearn.gaussian_process.kernels import RBF, WhiteKernel
from sklearn.linear_model import LogisticRegression
from sklearn.mixture import GaussianMixture
from sklearn.model_selection import GridSearchCV
from sklearn.multiclass import OneVsRestClassifier
from sklearn.naive_bayes import GaussianNB
from sklearn.neighbors import KNeighborsClassifier
from sklearn.neural_network import MLPClassifier
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import MinMaxScaler, OneHotEncoder, StandardScaler
from sklearn.svm import SVC
from sklearn.tree import DecisionTreeClassifier
from tests import fresh

import holotype
from holotype.api.comparing import diff
from holotype.compare.difference import Difference
from holotype.compare.versions import Step, derive

pytestmark = pytest.mark.filterwarnings("ignore:lbfgs failed to converge")

_RNG = np.random.default_rng(7)
X = _RNG.normal(size=(200, 5))
Y = (X[:, 0] + X[:, 1] ** 2 > 0.6).astype(int)
MORE = _RNG.normal(size=(260, 5))
MORE_Y = (MORE[:, 0] + MORE[:, 1] ** 2 > 0.6).astype(int)


def between(before: Any, after: Any, **said: Any) -> Difference:
    found = diff(holotype.dumps(before, **said), holotype.dumps(after, **said))
    back = diff(holotype.dumps(after, **said), holotype.dumps(before, **said))
    assert _mirrored(found) == _kinds(back)
    return found


def _kinds(found: Difference) -> dict[str, Any]:
    """What is found, in the words of either direction."""
    return {
        "settings": sorted((s.path, s.kind) for s in found.hyperparameters),
        "steps": sorted(
            (s.path, s.kind) for s in found.steps if s.kind not in ("moved", "renamed")
        ),
        "trees": [(t.path, t.before, t.after, t.kept) for t in found.trees],
        "arrays": sorted((a.path, a.kind) for a in found.arrays),
        "terms": [(t.path, t.added, t.removed) for t in found.terms],
        "effects": found.effects,
    }


def _mirrored(found: Difference) -> dict[str, Any]:
    other = {"added": "removed", "removed": "added"}
    told = _kinds(found)
    for name in ("settings", "steps", "arrays"):
        told[name] = sorted((path, other.get(kind, kind)) for path, kind in told[name])
    told["trees"] = [(path, b, a, kept) for path, a, b, kept in told["trees"]]
    told["terms"] = [(path, removed, added) for path, added, removed in told["terms"]]
    return told


def step(found: Difference) -> Step:
    return derive(found)[0]


def settings(found: Difference) -> dict[str, tuple[Any, Any]]:
    return {s.path: (s.before, s.after) for s in found.hyperparameters}


# -- scikit-learn --------------------------------------------------------------------------------


def test_a_retrained_forest_has_other_trees_and_is_a_patch() -> None:
    forest = RandomForestClassifier(60, max_depth=4, random_state=0)
    found = between(clone(forest).fit(X, Y), clone(forest).fit(MORE, MORE_Y))
    (trees,) = found.trees
    assert (trees.before, trees.after, trees.added, trees.removed) == (60, 60, 0, 0)
    assert trees.changed == 60 - trees.kept > 50
    assert not found.hyperparameters
    assert not found.schema
    assert step(found) is Step.PATCH


@pytest.mark.parametrize(("few", "many"), [(5, 15), (60, 70)], ids=["as nodes", "as columns"])
def test_a_forest_that_was_warm_started_keeps_its_trees_and_is_a_minor(few: int, many: int) -> None:
    forest = RandomForestClassifier(few, max_depth=4, random_state=0, warm_start=True).fit(X, Y)
    before = holotype.dumps(forest)
    forest.set_params(n_estimators=many).fit(X, Y)
    found = diff(before, holotype.dumps(forest))
    (trees,) = found.trees
    assert (trees.kept, trees.added, trees.changed, trees.removed) == (few, 10, 0, 0)
    assert trees.nodes_after > trees.nodes_before > few
    assert settings(found) == {"n_estimators": (few, many)}
    assert step(found) is Step.MINOR


def test_boosting_with_more_stages_keeps_the_first_ones() -> None:
    model = GradientBoostingClassifier(n_estimators=8, random_state=0)
    found = between(clone(model).fit(X, Y), clone(model).set_params(n_estimators=12).fit(X, Y))
    assert [(t.kept, t.added, t.changed) for t in found.trees] == [(8, 4, 0)]
    model = HistGradientBoostingRegressor(max_iter=5, random_state=0)
    found = between(clone(model).fit(X, Y), clone(model).set_params(max_iter=9).fit(X, Y))
    assert [(t.kept, t.added, t.changed) for t in found.trees] == [(5, 4, 0)]
    assert settings(found) == {"max_iter": (5, 9)}


def test_a_changed_c_is_found_by_its_step_and_is_a_minor() -> None:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=1.0))
    found = between(
        clone(model).fit(X, Y), clone(model).set_params(logisticregression__C=0.1).fit(X, Y)
    )
    assert settings(found) == {"logisticregression.C": (1.0, 0.1)}
    assert step(found) is Step.MINOR
    arrays = {change.path: change for change in found.arrays}
    figures = arrays["logisticregression.coef_"].figures
    assert figures is not None
    old = clone(model).fit(X, Y)[-1].coef_
    new = clone(model).set_params(logisticregression__C=0.1).fit(X, Y)[-1].coef_
    assert figures.elements == 5
    assert figures.equal == 0
    assert figures.largest == pytest.approx(np.abs(new - old).max())
    assert figures.norm == pytest.approx(np.linalg.norm(new - old) / np.linalg.norm(old))
    assert figures.mean == pytest.approx((new - old).mean())
    assert figures.bins is not None
    assert sum(figures.bins.counts) == figures.bins.of == 5
    assert not any(path.startswith("standardscaler") for path in arrays)


def test_an_inserted_step_is_an_insertion() -> None:
    before = make_pipeline(StandardScaler(), LogisticRegression()).fit(X, Y)
    after = make_pipeline(StandardScaler(), MinMaxScaler(), LogisticRegression()).fit(X, Y)
    found = between(before, after)
    assert [(s.kind, s.path, s.after) for s in found.steps] == [
        ("added", "minmaxscaler", "sklearn.preprocessing.MinMaxScaler")
    ]
    assert {change.path for change in found.arrays} <= {
        f"logisticregression.{name}" for name in ("coef_", "intercept_", "n_iter_")
    }
    assert step(found) is Step.MINOR


def test_steps_that_are_replaced_or_change_their_places_are_told_as_that() -> None:
    pair = [("a", StandardScaler()), ("b", MinMaxScaler())]
    model = [("clf", LogisticRegression())]
    found = between(Pipeline([*pair, *model]).fit(X, Y), Pipeline([*pair[::-1], *model]).fit(X, Y))
    assert [(s.kind, s.path in "ab") for s in found.steps] == [("moved", True)]
    assert step(found) is Step.MINOR
    other = [("a", StandardScaler()), ("b", StandardScaler())]
    found = between(Pipeline([*pair, *model]).fit(X, Y), Pipeline([*other, *model]).fit(X, Y))
    assert [(s.kind, s.path, s.after) for s in found.steps] == [
        ("replaced", "b", "sklearn.preprocessing.StandardScaler")
    ]


def test_a_search_that_chose_another_parameter_is_a_minor() -> None:
    search = GridSearchCV(LogisticRegression(), {"C": [0.001, 1.0]}, cv=2)
    before, after = clone(search).fit(X, Y), clone(search).fit(MORE, MORE_Y)
    before.best_estimator_.C = 3.0
    found = between(before, after)
    assert "best_estimator_.C" in settings(found)
    assert step(found) is Step.MINOR


WORDS = [f"word{i} other{i % 7}" for i in range(40)]


@pytest.mark.parametrize("more", [3, 2000], ids=["few", "as a column"])
def test_terms_of_a_vocabulary_come_and_go(more: int) -> None:
    texts = [*WORDS[1:], *(f"new{i}" for i in range(more))]
    found = between(TfidfVectorizer().fit(WORDS), TfidfVectorizer().fit(texts))
    (terms,) = found.terms
    assert terms.path == "vocabulary_"
    assert (terms.before, terms.added, terms.removed) == (47, more, 1)
    assert terms.some_removed == ["word0"]
    assert terms.some_added[0] == "new0"
    assert any(change.breaking and change.what == "form" for change in found.schema)
    assert step(found) is Step.MAJOR  # whoever takes its columns gets others


def test_more_documents_inside_a_pipeline_are_a_patch() -> None:
    model = make_pipeline(TfidfVectorizer(), LogisticRegression())
    labels = np.arange(80) % 2
    texts = [*WORDS, *(f"more{i}" for i in range(40))]
    found = between(clone(model).fit(WORDS, labels[:40]), clone(model).fit(texts, labels))
    assert [(t.added, t.removed) for t in found.terms] == [(40, 0)]
    assert not found.hyperparameters
    assert step(found) is Step.PATCH


def frame(**renamed: str) -> pd.DataFrame:
    table = pd.DataFrame({"age": X[:, 0], "income": X[:, 1], "city": ["a", "b"] * 100})
    return table.rename(columns=renamed)


def pipeline(*columns: str) -> Any:
    numbers, texts = list(columns[:2]), list(columns[2:])
    steps = ColumnTransformer([("num", StandardScaler(), numbers), ("cat", OneHotEncoder(), texts)])
    return make_pipeline(steps, LogisticRegression())


def test_a_renamed_column_breaks_callers() -> None:
    before = pipeline("age", "income", "city").fit(frame(), Y)
    after = pipeline("age", "salary", "city").fit(frame(income="salary"), Y)
    found = diff(
        holotype.dumps(before, data={"train": frame()}),
        holotype.dumps(after, data={"train": frame(income="salary")}),
    )
    told = {(c.what, c.name) for c in found.schema if c.breaking}
    assert told == {("column added", "salary"), ("column removed", "income")}
    assert step(found) is Step.MAJOR


def test_a_further_category_widens_the_input_and_a_lost_one_breaks() -> None:
    before, after = frame(), frame()
    after.loc[0, "city"] = "c"
    model = pipeline("age", "income", "city")
    old, new = clone(model).fit(before, Y), clone(model).fit(after, Y)
    found = diff(holotype.dumps(old), holotype.dumps(new))
    assert [(c.what, c.name, c.breaking, c.after) for c in found.schema] == [
        ("categories added", "city", False, ["c"])
    ]
    assert step(found) is Step.MINOR
    found = diff(holotype.dumps(new), holotype.dumps(old))
    assert [(c.what, c.breaking, c.before) for c in found.schema] == [
        ("categories removed", True, ["c"])
    ]
    assert step(found) is Step.MAJOR


def test_a_new_class_breaks_callers() -> None:
    three = Y.copy()
    three[:20] = 2
    found = between(LogisticRegression().fit(X, Y), LogisticRegression().fit(X, three))
    told = [c.said for c in found.schema if c.what == "classes"]
    assert told == ["classes: 2 came in"] or told == ["classes: 2 went"]
    shapes = {c.path: (c.before.shape, c.after.shape) for c in found.arrays if c.before and c.after}
    assert shapes["coef_"] == ((1, 5), (3, 5))
    assert step(found) is Step.MAJOR


def test_seeds_and_threads_are_no_more_than_a_patch() -> None:
    forest = RandomForestClassifier(5, random_state=0)
    found = between(clone(forest).fit(X, Y), clone(forest).set_params(random_state=1).fit(X, Y))
    assert settings(found) == {"random_state": (0, 1)}
    assert step(found) is Step.PATCH
    found = between(clone(forest).fit(X, Y), clone(forest).set_params(n_jobs=2).fit(X, Y))
    assert settings(found) == {"n_jobs": (None, 2)}
    assert not found.trees
    assert step(found) is Step.PATCH


def test_the_same_model_is_the_same_version_whatever_is_said_of_it() -> None:
    model = LogisticRegression().fit(X, Y)
    before = holotype.dumps(model, metrics={"auc": 0.9}, metadata={"owner": "risk"})
    after = holotype.dumps(model, metrics={"auc": 0.8}, metadata={"owner": "fraud"})
    found = diff(before, after)
    assert step(found) is Step.SAME
    assert [(m.name, m.before, m.after) for m in found.metrics] == [("auc", 0.9, 0.8)]
    assert ("metadata.owner", "risk", "fraud") in [
        (f.path, f.before, f.after) for f in found.metadata
    ]
    assert diff(before, before).same_archive


def test_answers_to_the_same_golden_inputs_are_compared() -> None:
    model = LogisticRegression()
    found = between(clone(model).fit(X, Y), clone(model).fit(MORE, MORE_Y), probe=X[:50])
    assert found.probe is not None
    assert found.probe.compared
    old, new = clone(model).fit(X, Y), clone(model).fit(MORE, MORE_Y)
    methods = {each.method: each for each in found.probe.methods}
    changed = int((old.predict(X[:50]) != new.predict(X[:50])).sum())
    assert methods["predict"].differing == changed
    assert methods["predict"].rows == 50
    apart = np.abs(old.predict_proba(X[:50]) - new.predict_proba(X[:50])).max()
    assert methods["predict_proba"].largest == pytest.approx(apart)


def test_answers_to_other_inputs_are_not_compared() -> None:
    model = LogisticRegression().fit(X, Y)
    other = LogisticRegression().fit(MORE, MORE_Y)
    found = diff(holotype.dumps(model, probe=X[:9]), holotype.dumps(other, probe=X[1:10]))
    assert found.probe is not None
    assert (found.probe.compared, found.probe.methods) == (False, [])
    assert "different inputs" in found.probe.why_not
    found = diff(holotype.dumps(model, probe=None), holotype.dumps(other))
    assert found.probe is not None
    assert "only one" in found.probe.why_not


def test_columns_that_a_step_is_given_were_set() -> None:
    models = [
        make_pipeline(ColumnTransformer([("num", StandardScaler(), each)]), LogisticRegression())
        for each in (["age"], ["age", "income"])
    ]
    found = between(*(model.fit(frame(), Y) for model in models))
    assert settings(found)["columntransformer.num.columns"] == (["age"], ["age", "income"])
    assert step(found) is Step.MINOR


RETRAINED: dict[str, Any] = {
    "bagging": BaggingClassifier(n_estimators=3, random_state=0),
    "calibration": CalibratedClassifierCV(GaussianNB(), cv=2),
    "gaussian process": GaussianProcessRegressor(RBF() + WhiteKernel(), random_state=0),
    "gaussian process classifier": GaussianProcessClassifier(random_state=0),
    "early stopping": HistGradientBoostingRegressor(
        max_iter=60, early_stopping=True, n_iter_no_change=2, random_state=0
    ),
    "isolation forest": IsolationForest(n_estimators=3, random_state=0),
    "mixture": GaussianMixture(2, random_state=0),
    "neighbours": KNeighborsClassifier(algorithm="kd_tree"),
    "network": MLPClassifier((4,), max_iter=5, random_state=0),
    "one for each class": OneVsRestClassifier(LogisticRegression()),
    "stacking": StackingClassifier([("a", GaussianNB()), ("b", DecisionTreeClassifier())], cv=2),
    "support vectors": SVC(),
}


@pytest.mark.filterwarnings("ignore::sklearn.exceptions.ConvergenceWarning")
@pytest.mark.parametrize("name", RETRAINED)
def test_a_model_that_was_only_retrained_is_a_patch(name: str) -> None:
    model = RETRAINED[name]
    before = holotype.dumps(clone(model).fit(X, Y), probe=None)
    after = holotype.dumps(clone(model).fit(MORE, MORE_Y), probe=None)
    found = diff(before, after)
    assert step(found) is Step.PATCH, derive(found)[1]
    assert "learned" in found.effects


# -- boosters ------------------------------------------------------------------------------------


def test_xgboost_with_more_rounds_keeps_the_first_ones() -> None:
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    model = xgboost.XGBClassifier(n_estimators=6, max_depth=3, n_jobs=1)
    found = between(clone(model).fit(X, Y), clone(model).set_params(n_estimators=10).fit(X, Y))
    assert [(t.before, t.after, t.kept, t.added) for t in found.trees] in (
        [(6, 10, 6, 4)],
        [(10, 6, 6, 0)],
    )
    assert settings(found) == {"n_estimators": (6, 10)}
    found = between(clone(model).fit(X, Y), clone(model).fit(MORE, MORE_Y))
    assert not found.hyperparameters
    assert step(found) is Step.PATCH


def test_a_bare_booster_says_by_its_trees_how_many_rounds_were_asked_for() -> None:
    xgboost = pytest.importorskip("xgboost", reason="XGBoost is not installed")
    data, told = xgboost.DMatrix(X, Y), {"max_depth": 2, "nthread": 1}
    few, many = (xgboost.train(told, data, count) for count in (3, 5))
    found = between(few, many)
    assert step(found) is Step.MINOR
    assert "has 5 trees, and had 3" in derive(found)[1][0].what
    other = xgboost.train(told, xgboost.DMatrix(MORE, MORE_Y), 3)
    assert step(between(few, other)) is Step.PATCH
    deeper = xgboost.train({**told, "max_depth": 3}, data, 3)
    assert settings(between(few, deeper)) == {"max_depth": ("2", "3")}


def test_lightgbm_with_more_rounds_keeps_the_first_ones() -> None:
    lightgbm = pytest.importorskip("lightgbm", reason="LightGBM is not installed")
    model = lightgbm.LGBMClassifier(n_estimators=6, n_jobs=1, verbose=-1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        old, new = clone(model).fit(X, Y), clone(model).set_params(n_estimators=10).fit(X, Y)
    found = between(old, new)
    assert [(t.kept, t.added, t.changed) for t in found.trees] == [(6, 4, 0)]
    assert settings(found) == {"n_estimators": (6, 10)}
    assert step(found) is Step.MINOR


def test_catboost_trees_are_counted_one_by_one() -> None:
    catboost = pytest.importorskip("catboost", reason="CatBoost is not installed")
    told = {"verbose": 0, "allow_writing_files": False, "learning_rate": 0.2, "thread_count": 1}
    old, new = (catboost.CatBoostRegressor(iterations=count, **told).fit(X, Y) for count in (5, 8))
    found = between(old, new)
    assert [(t.kept, t.added, t.changed) for t in found.trees] == [(5, 3, 0)]
    assert step(found) is Step.MINOR


# -- statistics ----------------------------------------------------------------------------------


def test_the_order_of_a_time_series_model_was_set() -> None:
    pytest.importorskip("statsmodels", reason="statsmodels is not installed")
    from statsmodels.tsa.arima.model import ARIMA

    series = np.cumsum(np.random.default_rng(0).normal(size=60))
    first, longer, higher = (
        ARIMA(series[:count], order=(order, 0, 0), trend="n").fit(method="yule_walker")
        for count, order in ((50, 1), (60, 1), (50, 2))
    )
    assert step(between(first, longer)) is Step.PATCH
    found = between(first, higher)
    assert any(path.endswith("ar_order") for path in settings(found))
    assert step(found) is Step.MINOR


# -- neural networks -----------------------------------------------------------------------------


def test_a_fine_tuned_head_is_the_only_array_that_is_read() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    state = {
        "body.weight": torch.arange(12.0).reshape(3, 4),
        "head.weight": torch.ones(2, 3),
        "head.bias": torch.zeros(2),
    }
    tuned = {**state, "head.weight": torch.ones(2, 3) * torch.tensor([[1.0], [1.5]])}
    found = between(state, tuned)
    assert [change.path for change in found.arrays] == ["head.weight"]
    figures = found.arrays[0].figures
    assert figures is not None
    assert (figures.share, figures.largest) == (0.5, 0.5)
    assert figures.norm == pytest.approx(np.sqrt(3 * 0.25) / np.sqrt(6))
    assert found.arrays_equal == 2
    assert step(found) is Step.PATCH
    wider = {**state, "extra.bias": torch.zeros(1)}
    found = between(state, wider)
    assert [(change.kind, change.path) for change in found.arrays] == [("added", "extra.bias")]
    assert step(found) is Step.MINOR


def test_an_inserted_layer_is_an_insertion_though_all_numbers_move() -> None:
    torch = pytest.importorskip("torch", reason="PyTorch is not installed")
    torch.manual_seed(0)
    layers = [torch.nn.Linear(4, 8), torch.nn.ReLU(), torch.nn.Linear(8, 2)]
    before = torch.nn.Sequential(*layers)
    after = torch.nn.Sequential(*layers[:2], torch.nn.Dropout(0.5), layers[2])
    found = between(before.eval(), after.eval())
    assert [(s.kind, s.path) for s in found.steps] == [("added", "2")]
    assert not found.arrays
    assert step(found) is Step.MINOR


@pytest.mark.slow
def test_keras_counts_its_layers_and_nobody_reads_that() -> None:
    if importlib.util.find_spec("keras") is None or importlib.util.find_spec("torch") is None:
        pytest.skip("it needs Keras, and PyTorch as its backend")
    done = fresh.run(_KERAS, KERAS_BACKEND="torch", timeout=120)
    assert json.loads(done.stdout) == {
        "again": ["patch", [], []],
        "wider": ["minor", ["units"], []],
        "more": ["minor", [], ["added"]],
    }


_KERAS = """
import json, warnings
warnings.simplefilter("ignore")
import holotype, keras
from holotype.api.comparing import diff
from holotype.compare.versions import verdict

def net(units=4, more=()):
    dense = keras.layers.Dense
    return keras.Sequential([keras.Input((3,)), dense(units), *more, dense(1)])

first = holotype.dumps(net())
said = {}
for name, other in (
    ("again", net()), ("wider", net(6)), ("more", net(4, [keras.layers.Dropout(0.2)]))
):
    found = diff(first, holotype.dumps(other))
    names = sorted({s.path.rpartition(".")[2] for s in found.hyperparameters})
    said[name] = [verdict(found).step, names, [s.kind for s in found.steps]]
print(json.dumps(said))
"""
