"""LightGBM models of every kind come back bit for bit, alone, in others, and from old pickles."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightgbm", reason="these tests need LightGBM")

import joblib
import lightgbm
import numpy as np
import pandas as pd
from attacks.registry import ATTACKS
from scipy import sparse
from sklearn import calibration, ensemble, linear_model, model_selection, pipeline, preprocessing
from tests import fresh
from tests.unit.types.lightgbm.specimens import KINDS, X, Y, booster

import holotype
from holotype.errors import LegacyError, UnsupportedError, UntrustedError
from holotype.types.lightgbm.answers import answers

KIND = pytest.mark.parametrize("kind", KINDS)
LETTERS = np.array(["low", "mid", "top"])[np.arange(len(X)) % 3]
FEW: dict[str, Any] = {
    "n_estimators": 4,
    "num_leaves": 5,
    "n_jobs": 1,
    "random_state": 0,
    "verbose": -1,
}
TRAINED: dict[str, Any] = {"verbose": -1, "num_leaves": 5, "num_threads": 1}
# Since 4.7, before which there was no other way.
pytestmark = pytest.mark.filterwarnings(
    "ignore:The argument 'eval_set' is deprecated:FutureWarning"
)


def assert_equal(one: Any, two: Any) -> None:
    assert type(one) is type(two)
    if isinstance(one, list):  # contributions to each class, of sparse rows
        for part, other in zip(one, two, strict=True):
            assert_equal(part, other)
        return
    if sparse.issparse(one):
        one, two = one.toarray(), two.toarray()
    assert one.dtype == two.dtype
    if one.dtype == object:
        assert one.tolist() == two.tolist()
    else:
        assert one.tobytes() == two.tobytes()


def kept(model: Any) -> Any:
    """The model from its archive, which is data, and the same when it is stored again."""
    stored = holotype.dumps(model)
    assert holotype.show(stored).level == "data"
    loaded = holotype.loads(stored)
    assert holotype.fingerprint(loaded) == holotype.fingerprint(stored)
    return loaded


def assert_answers(model: Any, loaded: Any, *inputs: Any) -> None:
    ours, theirs = answers(loaded), answers(model)
    assert ours is not None
    assert theirs is not None
    assert [*ours] == [*theirs]
    for data in inputs:
        for name, ask in theirs.items():
            assert_equal(ours[name](data), ask(data))


def assert_converts(model: Any, folder: Path) -> None:
    """Its pickles become the same archive, and are said to be data."""
    for protocol in (0, 2, 5):
        old = pickle.dumps(model, protocol)
        assert holotype.scan(old).verdict == "data"
        converted = holotype.convert(old, folder / "converted.holo")
        assert converted.fingerprint == holotype.fingerprint(pickle.loads(old))
    joblib.dump(model, folder / "old.joblib")
    converted = holotype.convert(folder / "old.joblib", folder / "converted.holo")
    assert converted.fingerprint == holotype.fingerprint(joblib.load(folder / "old.joblib"))


# ---------------------------------------------------------------------------------------- boosters


@KIND
def test_a_booster_comes_back_with_equal_text_and_answers(kind: str) -> None:
    model = booster(kind)
    loaded = kept(model)
    assert loaded.model_to_string(num_iteration=-1) == model.model_to_string(num_iteration=-1)
    assert_answers(model, loaded, X, np.nan_to_num(X), sparse.csr_matrix(np.nan_to_num(X)))
    if kind != "linear":  # for which LightGBM has none
        sparser = sparse.csr_matrix(np.nan_to_num(X))
        for data in (X, sparser):
            explained = model.predict(data, pred_contrib=True)
            assert_equal(loaded.predict(data, pred_contrib=True), explained)
    for some in ({"num_iteration": 2}, {"start_iteration": 1, "num_iteration": 2}):
        assert_equal(loaded.predict(X, **some), model.predict(X, **some))
    assert loaded.params == model.params
    assert np.array_equal(loaded.feature_importance(), model.feature_importance())


@KIND
def test_a_pickle_of_a_booster_becomes_the_same_archive(kind: str, tmp_path: Path) -> None:
    assert_converts(booster(kind), tmp_path)


def test_the_best_iteration_and_the_scores_are_kept() -> None:
    half = lightgbm.Dataset(X[:120], Y[:120])
    model = lightgbm.train(
        {**TRAINED, "metric": ["l1", "l2"], "learning_rate": 0.9},
        half,
        60,
        valid_sets=[half.create_valid(X[120:], Y[120:])],
        valid_names=["held out"],
        callbacks=[lightgbm.early_stopping(3, verbose=False)],
    )
    assert 0 < model.best_iteration < 60
    loaded = kept(model)
    assert loaded.best_iteration == model.best_iteration
    assert loaded.best_score == model.best_score
    assert type(loaded.best_score) is type(model.best_score)
    assert_answers(model, loaded, X)
    assert loaded.num_trees() == model.num_trees()


def test_categories_of_pandas_and_names_with_odd_characters_are_kept(tmp_path: Path) -> None:
    frame = pd.DataFrame(
        {
            "a b": X[:, 0],
            "größe=1": X[:, 1],
            "#=": pd.Categorical.from_codes(np.arange(len(X)) % 3, ["x", "y", "z"]),
            "\u540d\u524d": pd.Categorical(np.arange(len(X)) % 4),
        }
    )
    model = lightgbm.train(TRAINED, lightgbm.Dataset(frame, Y), 4)
    loaded = kept(model)
    assert loaded.pandas_categorical == [["x", "y", "z"], [0, 1, 2, 3]]
    assert loaded.feature_name() == model.feature_name()
    other = frame[::-1].assign(**{"#=": frame["#="].cat.reorder_categories(["z", "y", "x"])})
    assert_answers(model, loaded, frame, other)
    assert_converts(model, tmp_path)


def test_training_goes_on_from_a_loaded_booster() -> None:
    first = booster("plain")
    one = lightgbm.train(TRAINED, lightgbm.Dataset(X, Y), 3, init_model=first)
    two = lightgbm.train(TRAINED, lightgbm.Dataset(X, Y), 3, init_model=kept(first))
    assert_answers(one, two, X)
    assert one.num_trees() == 8
    assert_answers(one, kept(one), X)


def test_the_same_booster_stays_one() -> None:
    loaded = kept({"a": booster("plain"), "b": [booster("plain"), booster("dart")]})
    assert loaded["a"] is loaded["b"][0]
    assert_answers(booster("dart"), loaded["b"][1], X)


def test_a_name_that_lightgbm_could_not_read_back_is_refused() -> None:
    data = lightgbm.Dataset(X, Y, feature_name=["a", "b", "c", "d", "e="])
    model = lightgbm.train(TRAINED, data, 2, keep_training_booster=True)
    assert pickle.loads(pickle.dumps(model)).feature_name()[-1] == "e"
    with pytest.raises(UnsupportedError, match="'='"):
        holotype.dumps(model)


def test_a_pickle_with_another_text_is_refused(tmp_path: Path) -> None:
    old = pickle.dumps(booster("plain"))
    broken = old.replace(b"left_child=1 ", b"left_child=0 ")
    assert broken != old
    with pytest.raises((LegacyError, UnsupportedError), match="later split"):
        holotype.convert(broken, tmp_path / "converted.holo")


# -------------------------------------------------------------------------------------- estimators


def _regressor(**more: Any) -> Any:
    return lightgbm.LGBMRegressor(**FEW, **more)


def _classifier(**more: Any) -> Any:
    return lightgbm.LGBMClassifier(**FEW, **more)


MODELS: dict[str, Any] = {
    "not fitted": lambda: _classifier(extra_trees=True),
    "regressor": lambda: _regressor().fit(X, Y),
    "quantile": lambda: _regressor(objective="quantile", alpha=0.3).fit(X, Y),
    "linear": lambda: _regressor(linear_tree=True).fit(X, Y),
    "dart": lambda: _regressor(boosting_type="dart").fit(X, Y, categorical_feature=[3, 4]),
    "three classes": lambda: _classifier().fit(
        X, LETTERS, eval_set=[(X[:60], LETTERS[:60])], eval_metric="multi_error"
    ),
    "two classes": lambda: _classifier(class_weight={"low": 2.0, "no": 1.0}).fit(
        X, np.where(LETTERS == "low", "low", "no")
    ),
    "classes that are numbers": lambda: _classifier(class_weight="balanced").fit(X, Y > 0),
    "stopped early": lambda: _classifier(learning_rate=0.9).fit(
        X[:120],
        LETTERS[:120],
        eval_set=[(X[120:], LETTERS[120:])],
        callbacks=[lightgbm.early_stopping(1, verbose=False)],
    ),
    "ranker": lambda: lightgbm.LGBMRanker(**FEW).fit(
        X,
        np.arange(len(X)) % 3,
        group=[120, 120],
        eval_set=[(X, np.arange(len(X)) % 3)],
        eval_group=[[120, 120]],
        eval_at=[1, 3],
    ),
    "model": lambda: lightgbm.LGBMModel(objective="binary", **FEW).fit(X, Y > 0),
    "pipeline": lambda: pipeline.make_pipeline(preprocessing.StandardScaler(), _classifier()).fit(
        X, LETTERS
    ),
    "search": lambda: model_selection.GridSearchCV(_regressor(), {"num_leaves": [3, 5]}, cv=2).fit(
        X, Y
    ),
    "calibrated": lambda: calibration.CalibratedClassifierCV(_classifier(), cv=2).fit(X, LETTERS),
    "stacked": lambda: ensemble.StackingClassifier(
        [("a", _classifier()), ("b", _classifier(boosting_type="goss"))],
        linear_model.LogisticRegression(),
        cv=2,
    ).fit(X, LETTERS),
    "voting": lambda: ensemble.VotingRegressor([("a", _regressor()), ("b", _regressor())]).fit(
        X, Y
    ),
}
METHODS = ("predict", "predict_proba", "decision_function", "transform")


@pytest.mark.parametrize("name", MODELS)
def test_an_estimator_comes_back_with_equal_answers(name: str, tmp_path: Path) -> None:
    model = MODELS[name]()
    loaded = kept(model)
    assert type(loaded) is type(model)
    assert loaded.get_params().keys() == model.get_params().keys()
    if name != "not fitted":
        for method in METHODS:
            if hasattr(model, method):
                assert_equal(getattr(loaded, method)(X), getattr(model, method)(X))
    if isinstance(model, lightgbm.LGBMModel):
        assert loaded.get_params() == model.get_params()
        assert vars(loaded).keys() == vars(model).keys()
        assert_answers(model, loaded, X)
    assert_converts(model, tmp_path)


def test_what_an_estimator_learnt_beside_its_trees_is_kept() -> None:
    model = MODELS["stopped early"]()
    loaded = kept(model)
    assert loaded.evals_result_ == model.evals_result_
    assert loaded.best_iteration_ == model.best_iteration_ > 0
    assert loaded.best_score_ == model.best_score_
    assert loaded.classes_.tolist() == ["low", "mid", "top"]
    assert loaded._le.classes_ is loaded._classes
    assert loaded._class_map == model._class_map
    assert loaded.objective_ == "multiclass"
    assert np.array_equal(loaded.feature_importances_, model.feature_importances_)


def test_an_estimator_on_a_frame_knows_its_columns() -> None:
    frame = pd.DataFrame(X, columns=list("vwxyz")).assign(kind=pd.Categorical(LETTERS))
    model = _classifier().fit(frame, LETTERS)
    loaded = kept(model)
    assert loaded.feature_names_in_.tolist() == [*"vwxyz", "kind"]
    assert_answers(model, loaded, frame)


def test_the_boosters_of_a_cross_validation_are_kept(tmp_path: Path) -> None:
    result = lightgbm.cv(
        TRAINED, lightgbm.Dataset(X, Y), 4, nfold=2, stratified=False, return_cvbooster=True
    )["cvbooster"]
    [loaded] = kept([result])  # of its own it answers to every name, and looks like a file
    for one, two in zip(result.predict(X), loaded.predict(X), strict=True):
        assert_equal(one, two)
    assert_converts([result], tmp_path)


def test_an_objective_of_ones_own_is_code_that_its_reader_trusts() -> None:
    def errors(truth: Any, scores: Any) -> Any:
        return 2 * (scores - truth), np.full_like(truth, 2.0)

    model = _regressor(objective=errors).fit(X, Y)
    stored = holotype.dumps(model)
    assert holotype.show(stored).level == "code"
    with pytest.raises(UntrustedError, match="errors at shared") as refused:
        holotype.loads(stored)
    digest = str(refused.value).partition("trust=['")[2].partition("'")[0]
    loaded = holotype.loads(stored, trust=[digest])
    assert_answers(model, loaded, X)
    assert np.array_equal(loaded.fit(X, Y).predict(X), model.predict(X))


# -------------------------------------------------------------------------------------- everywhere


def test_a_mapped_archive_predicts_alike(tmp_path: Path) -> None:
    path = tmp_path / "model.holo"
    holotype.dump(booster("categories"), path)
    assert_answers(booster("categories"), holotype.load(path, mmap=True), X)


_RECIPE = """
import sys, holotype
from tests.unit.types.lightgbm.specimens import booster
for kind in ("categories", "classes", "linear"):
    print(holotype.fingerprint(booster(kind)))
"""


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    expected = [holotype.fingerprint(booster(kind)) for kind in ("categories", "classes", "linear")]
    done = fresh.run(_RECIPE, PYTHONHASHSEED="3", OMP_NUM_THREADS="2")
    assert done.stdout.split() == expected


def test_an_archive_is_looked_at_without_lightgbm(tmp_path: Path) -> None:
    path = tmp_path / "model.holo"
    holotype.dump(MODELS["three classes"](), path)
    code = (
        "import sys, holotype\n"
        "report = holotype.verify(sys.argv[1])\n"
        "print(holotype.show(sys.argv[1]).level, 'lightgbm' in sys.modules)\n"
    )
    assert fresh.run(code, str(path)).stdout.split() == ["data", "False"]


def test_hostile_archives_are_refused() -> None:
    """Also where they are not made part of the collection, for want of a line."""
    import attacks.lightgbm  # noqa: F401 - registers them

    made = [each for each in ATTACKS.values() if each.name.startswith("lightgbm-")]
    assert len(made) > 40
    for each in made:
        assert each.error is not None
        with pytest.raises(each.error):
            holotype.loads(each.make())
