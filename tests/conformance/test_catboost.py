"""CatBoost models of every kind come back bit for bit, from old pickles and in pipelines too."""

from __future__ import annotations

import pickle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("catboost", reason="these tests need CatBoost")

import catboost
import joblib
import numpy as np
import pandas as pd
from sklearn import calibration, compose, ensemble, impute, model_selection, pipeline, preprocessing
from tests import fresh
from tests.unit.types.catboost.recipes import FRAME, MODELS, QUIET, REAL, Fitted, X, Y, fitted

import holotype
from holotype.errors import UnsupportedError
from holotype.types.catboost.answers import answers

NAMES = pytest.mark.parametrize("name", MODELS)


def pool(each: Fitted) -> catboost.Pool:
    cats = [
        name for name in ("letter", "code", "side") if name in getattr(each.data, "columns", ())
    ]
    return catboost.Pool(each.data, cat_features=cats or None, thread_count=1)


def assert_equal(one: Any, two: Any) -> None:
    assert type(one) is type(two)
    if isinstance(one, (list, tuple)):
        assert len(one) == len(two)
        for left, right in zip(one, two, strict=True):
            assert_equal(left, right)
    elif isinstance(one, np.ndarray) and one.dtype.kind != "O":
        assert (one.dtype, one.shape) == (two.dtype, two.shape)
        assert one.tobytes() == two.tobytes()
    elif isinstance(one, np.ndarray):
        assert_equal(one.tolist(), two.tolist())
    else:
        assert one == two


def ask(each: Fitted, kind: str) -> Any:
    """Predictions of one type by the base class, or what it says against them."""
    try:
        return catboost.CatBoost.predict(each.model, pool(each), prediction_type=kind)
    except (catboost.CatBoostError, IndexError) as error:  # it is asked for classes of numbers
        return str(error)


@NAMES
def test_every_prediction_is_the_same_bit_for_bit(name: str) -> None:
    each = fitted(name)
    back = Fitted(holotype.loads(holotype.dumps(each.model)), each.data)
    assert type(back.model) is type(each.model)
    assert back.model == each.model
    before, after = answers(each.model), answers(back.model)
    assert before is not None
    assert after is not None
    assert before.keys() == after.keys()
    for method in before:
        assert_equal(before[method](each.data), after[method](each.data))
    kinds = ("RawFormulaVal", "Class", "Probability", "LogProbability", "Exponent")
    for kind in kinds:
        assert_equal(ask(each, kind), ask(back, kind))
    shapley = [one.model.get_feature_importance(pool(one), "ShapValues") for one in (each, back)]
    assert_equal(*shapley)


@NAMES
def test_everything_that_pickle_keeps_is_the_same(name: str) -> None:
    model = fitted(name).model
    back, unpickled = holotype.loads(holotype.dumps(model)), pickle.loads(pickle.dumps(model))
    assert vars(back).keys() == vars(unpickled).keys()
    assert back.get_params() == model.get_params()
    for attribute in (
        "best_iteration_",
        "best_score_",
        "classes_",
        "evals_result_",
        "feature_names_",
        "learning_rate_",
        "n_features_in_",
        "random_seed_",
        "tree_count_",
    ):
        assert_equal(getattr(unpickled, attribute), getattr(back, attribute))
    assert_equal(unpickled.get_leaf_values(), back.get_leaf_values())
    if model.is_fitted() and hasattr(model, "_prediction_values_change"):
        assert_equal(model.feature_importances_, back.feature_importances_)
    assert dict(back.get_metadata().items()) == dict(model.get_metadata().items())


@NAMES
def test_its_fingerprint_stays_and_its_pickles_become_the_same_archive(
    name: str, tmp_path: Path
) -> None:
    model = fitted(name).model
    archive = holotype.dumps(model)
    expected = holotype.fingerprint(archive)
    assert holotype.fingerprint(holotype.dumps(holotype.loads(archive))) == expected
    for protocol in (0, 2, 5):
        (tmp_path / "old.pkl").write_bytes(pickle.dumps(model, protocol))
        holotype.convert(tmp_path / "old.pkl", tmp_path / f"{protocol}.holo")
        assert holotype.fingerprint(tmp_path / f"{protocol}.holo") == expected
    assert holotype.scan(tmp_path / "old.pkl").verdict == "data"
    joblib.dump(model, tmp_path / "old.joblib", compress=3)
    holotype.convert(tmp_path / "old.joblib", tmp_path / "joblib.holo")
    assert holotype.fingerprint(tmp_path / "joblib.holo") == expected


def test_an_unfitted_model_keeps_its_parameters() -> None:
    model = catboost.CatBoostClassifier(**QUIET, cat_features=[0, 2], class_weights=[1, 2.5])
    back = holotype.loads(holotype.dumps(model))
    assert back.get_params() == model.get_params()
    assert not back.is_fitted()
    assert answers(back) is None
    data = pd.DataFrame({"a": Y, "b": X[:, 0], "c": Y})
    for one in (model, back):
        one.set_params(depth=2).fit(data, Y)
    assert_equal(model.predict_proba(data), back.predict_proba(data))


def test_another_process_with_another_hash_seed_gives_the_same_fingerprint(
    tmp_path: Path,
) -> None:
    path = tmp_path / "model.holo"
    holotype.dump(fitted("categories").model, path)
    code = (
        "import sys, holotype\n"
        "sys.stdout.write(holotype.fingerprint(holotype.dumps(holotype.load(sys.argv[1]))))"
    )
    done = fresh.run(code, str(path), PYTHONHASHSEED="1")
    assert done.stdout == holotype.fingerprint(path)


def _composites() -> dict[str, Any]:
    classifier = catboost.CatBoostClassifier(**QUIET)
    return {
        "pipeline": pipeline.make_pipeline(impute.SimpleImputer(), classifier),
        "search": model_selection.GridSearchCV(
            pipeline.Pipeline([("scale", preprocessing.StandardScaler()), ("model", classifier)]),
            {"model__depth": [2, 3]},
            cv=2,
        ),
        "calibrated": calibration.CalibratedClassifierCV(classifier, cv=2),
        "stacking": ensemble.StackingClassifier(
            [("a", classifier), ("b", catboost.CatBoostClassifier(**QUIET, random_seed=3))], cv=2
        ),
        "target": compose.TransformedTargetRegressor(
            catboost.CatBoostRegressor(**QUIET), transformer=preprocessing.StandardScaler()
        ),
    }


@pytest.mark.parametrize("name", _composites())
def test_it_works_inside_what_scikit_learn_makes_of_it(name: str) -> None:
    model = _composites()[name].fit(X, REAL if name == "target" else Y)
    archive = holotype.dumps(model)
    back = holotype.loads(archive)
    assert_equal(model.predict(X), back.predict(X))
    if hasattr(model, "predict_proba"):
        assert_equal(model.predict_proba(X), back.predict_proba(X))
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)


def test_a_model_that_stands_in_two_places_stays_one() -> None:
    model = fitted("binary").model
    back = holotype.loads(holotype.dumps({"best": model, "all": [model]}))
    assert back["best"] is back["all"][0]


def test_an_attribute_of_the_users_own_is_kept() -> None:
    model = catboost.CatBoostRegressor(**QUIET).fit(X, REAL)
    model.owner = {"team": "risk", "rows": X.shape}
    assert holotype.loads(holotype.dumps(model)).owner == model.owner


def test_a_model_of_texts_is_refused_with_its_place() -> None:
    texts = [["a b c"], ["b d e"], ["a a d"], ["e b a"]] * 20
    target = [0, 1, 0, 1] * 20
    model = catboost.CatBoostClassifier(**QUIET).fit(texts, target, text_features=[0])
    with pytest.raises(UnsupportedError, match="it has text features") as caught:
        holotype.dumps({"it": model})
    assert caught.value.path == "model.it"


def test_a_model_of_embeddings_is_refused() -> None:
    data = catboost.Pool([[list(row)] for row in np.nan_to_num(X)], Y, embedding_features=[0])
    model = catboost.CatBoostClassifier(**QUIET).fit(data)
    with pytest.raises(UnsupportedError, match="cannot be kept"):
        holotype.dumps(model)


def test_fitting_and_reading_leave_no_folders_behind(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    back = holotype.loads(holotype.dumps(fitted("categories").model))
    back.predict(FRAME)
    assert list(tmp_path.iterdir()) == []
