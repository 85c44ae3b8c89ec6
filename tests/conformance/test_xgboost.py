"""XGBoost models come back with the same answers, the same parameters and the same fingerprint."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh

import holotype
from holotype import errors

xgboost = pytest.importorskip("xgboost", reason="these tests keep XGBoost models")
joblib = pytest.importorskip("joblib", reason="old files are of joblib too")
pytest.importorskip("pandas", reason="categories stand in DataFrames")

from sklearn.base import clone  # noqa: E402 - as the models
from sklearn.calibration import CalibratedClassifierCV  # noqa: E402
from sklearn.ensemble import StackingClassifier, VotingClassifier  # noqa: E402
from sklearn.linear_model import LogisticRegression  # noqa: E402
from sklearn.metrics import mean_absolute_error  # noqa: E402
from sklearn.model_selection import GridSearchCV  # noqa: E402
from sklearn.pipeline import make_pipeline  # noqa: E402
from sklearn.preprocessing import StandardScaler  # noqa: E402
from tests.conformance.xgboost_models import FRAME, MODELS, ROWS, Trained, X  # noqa: E402
from tests.conformance.xgboost_versions.make import MODELS as RECIPE  # noqa: E402
from tests.conformance.xgboost_versions.make import answers as recipe_answers  # noqa: E402

from holotype.types.xgboost.answers import answers  # noqa: E402

pytestmark = [
    pytest.mark.filterwarnings(r"ignore:[\s\S]*Parameters[\s\S]*are not used:UserWarning"),
    pytest.mark.filterwarnings(r"ignore:[\s\S]*lambdarank:UserWarning"),
]
EACH = pytest.mark.parametrize("trained", MODELS.values(), ids=list(MODELS))
Y = (X[:, 0] > 0).astype(int)


def same(one: Any, other: Any) -> bool:
    return one.shape == other.shape and one.tobytes() == other.tobytes()


def again(model: Any) -> Any:
    return holotype.loads(holotype.dumps(model))


def booster_of(model: Any) -> Any:
    return model if isinstance(model, xgboost.Booster) else getattr(model, "_Booster", None)


@EACH
def test_it_comes_back_with_every_answer(trained: Trained) -> None:
    model = trained.train()
    expected = {name: ask(trained.data) for name, ask in (answers(model) or {}).items()}
    archive = holotype.dumps(model)
    found = holotype.loads(archive)
    assert type(found) is type(model)
    assert (answers(found) or {}).keys() == expected.keys()
    for name, ask in (answers(found) or {}).items():
        assert same(expected[name], ask(trained.data)), name
    assert holotype.fingerprint(found) == holotype.fingerprint(model)
    if hasattr(model, "get_params"):
        parameters = [
            {name: value for name, value in each.get_params().items() if name != "callbacks"}
            for each in (model, found)
        ]
        assert repr(parameters[0]) == repr(parameters[1])  # one of them is NaN
    booster, again = booster_of(model), booster_of(found)
    if booster is None:
        return
    assert booster.__getstate__() == again.__getstate__()
    assert booster.save_config() == again.save_config()
    assert booster.attributes() == again.attributes()
    assert (booster.feature_names, booster.feature_types) == (
        again.feature_names,
        again.feature_types,
    )
    if (
        trained.data is not FRAME
        and json.loads(booster.save_config())["learner"]["gradient_booster"]["name"] != "gblinear"
    ):
        assert same(booster.inplace_predict(trained.data), again.inplace_predict(trained.data))
        assert booster.num_boosted_rounds() == again.num_boosted_rounds()


@EACH
def test_an_old_file_becomes_the_same_model(trained: Trained, tmp_path: Path) -> None:
    model = {"model": trained.train(), "threshold": 0.5}
    expected = holotype.fingerprint(model)
    for name, write in (
        ("two.pkl", lambda path: path.write_bytes(pickle.dumps(model, 2))),
        ("five.pkl", lambda path: path.write_bytes(pickle.dumps(model, 5))),
        ("packed.joblib", lambda path: joblib.dump(model, path, compress=3)),
    ):
        write(tmp_path / name)
        assert holotype.scan(tmp_path / name).verdict == "data", name
        holotype.convert(tmp_path / name, tmp_path / "converted.holo")
        assert holotype.fingerprint(tmp_path / "converted.holo") == expected, name


def test_part_of_the_rounds_gives_part_of_the_answer() -> None:
    model = MODELS["classifier of three"].train()
    found = again(model)
    for rounds in ((0, 2), (2, 5)):
        assert same(
            model.predict_proba(X, iteration_range=rounds),
            found.predict_proba(X, iteration_range=rounds),
        )


@pytest.mark.parametrize(
    "name", ["booster", "dart", "linear", "regressor of vectors", "classifier of three"]
)
def test_training_goes_on_as_it_would_have_after_pickle(name: str) -> None:
    """With a new seed each, as random numbers are drawn from one source in all of XGBoost."""
    trained = MODELS[name]
    model = booster_of(trained.train())
    outputs = 2 if name == "regressor of vectors" else 1
    label = np.arange(ROWS * outputs, dtype=np.float32).reshape(ROWS, outputs) % 3
    models = []
    for read in (lambda: pickle.loads(pickle.dumps(model)), lambda: again(model)):
        models.append(read())
        models[-1].set_param("seed", 7)
        models[-1].update(xgboost.DMatrix(trained.data, label), 6)
    assert models[0].save_raw() == models[1].save_raw() != model.save_raw()


def test_what_stopped_early_says_when(tmp_path: Path) -> None:
    model = MODELS["classifier, stopped"].train()
    holotype.dump(model, tmp_path / "model.holo")
    found = holotype.load(tmp_path / "model.holo")
    assert found.best_iteration == model.best_iteration
    assert found.best_score == model.best_score
    assert found.evals_result() == model.evals_result()
    assert vars(found.callbacks[0]) == vars(model.callbacks[0])
    assert same(found.feature_importances_, model.feature_importances_)


def test_models_inside_of_others_are_shared_and_kept() -> None:
    few = {"n_estimators": 3, "max_depth": 2, "n_jobs": 1}
    data = np.nan_to_num(X)
    pipeline = make_pipeline(StandardScaler(), xgboost.XGBClassifier(**few)).fit(data, Y)
    search = GridSearchCV(xgboost.XGBClassifier(**few), {"max_depth": [1, 2]}, cv=2).fit(data, Y)
    calibrated = CalibratedClassifierCV(xgboost.XGBClassifier(**few), cv=2).fit(data, Y)
    stack = StackingClassifier(
        [("boosted", xgboost.XGBClassifier(**few)), ("linear", LogisticRegression())], cv=2
    ).fit(data, Y)
    voting = VotingClassifier([("forest", xgboost.XGBRFClassifier(**few))], voting="soft")
    models = {
        "pipeline": pipeline,
        "search": search,
        "calibrated": calibrated,
        "stack": stack,
        "voting": voting.fit(data, Y),
        "last step": pipeline[-1],
    }
    found = holotype.loads(holotype.dumps(models))
    for name, model in models.items():
        assert same(model.predict_proba(data), found[name].predict_proba(data)), name
    assert found["last step"] is found["pipeline"][-1]
    assert holotype.fingerprint(found) == holotype.fingerprint(models)


def squared(labels: Any, predicted: Any) -> tuple[Any, Any]:
    """An objective of one's own."""
    return predicted - labels, np.ones_like(predicted)


def test_an_objective_of_ones_own_asks_for_trust_as_other_functions_do() -> None:
    model = xgboost.XGBRegressor(
        n_estimators=3, n_jobs=1, objective=lambda y, p: (p - y, np.ones_like(p))
    ).fit(X, Y)
    with pytest.raises(errors.UnsupportedError, match="objective"):
        holotype.dumps(model, max_level="data")
    archive = holotype.dumps(model)
    with pytest.raises(errors.UntrustedError):
        holotype.loads(archive)
    found = holotype.loads(archive, trust=trust_of(archive))
    assert same(found.predict(X), model.predict(X))
    assert same(found.fit(X, Y).predict(X), model.predict(X))


def trust_of(archive: bytes) -> list[str]:
    """What the archive asks for."""
    try:
        holotype.loads(archive)
    except errors.UntrustedError as error:
        return [each.argument for each in error.missing]
    raise AssertionError("it asks for nothing")


def test_a_metric_of_scikit_learn_is_data() -> None:
    model = xgboost.XGBRegressor(n_estimators=3, n_jobs=1, eval_metric=mean_absolute_error)
    model.fit(X, Y, eval_set=[(X, Y)], verbose=False)
    found = holotype.loads(holotype.dumps(model, max_level="data"))
    assert found.eval_metric is mean_absolute_error
    assert found.evals_result() == model.evals_result()


def test_a_booster_that_was_not_trained_is_refused() -> None:
    with pytest.raises(errors.UnsupportedError, match="XGBoost cannot export this Booster"):
        holotype.dumps(xgboost.Booster({"max_depth": 3}))


def test_a_booster_with_an_attribute_of_ones_own_is_refused() -> None:
    booster = MODELS["booster"].train()
    booster.note = "mine"
    with pytest.raises(errors.UnsupportedError, match="note"):
        holotype.dumps(booster)


def test_the_fingerprint_is_the_same_in_another_process() -> None:
    code = (
        "import holotype; from tests.conformance.xgboost_models import MODELS;"
        "print(holotype.fingerprint([MODELS[name].train() for name in"
        " ('booster of a frame', 'dart', 'classifier, stopped')]))"
    )
    there = fresh.run(["-W", "ignore", "-c", code], PYTHONHASHSEED="5").stdout.strip()
    names = ("booster of a frame", "dart", "classifier, stopped")
    assert holotype.fingerprint([MODELS[name].train() for name in names]) == there


# ------------------------------------------------------------------------ files of other versions

VERSIONS = sorted((Path(__file__).parent / "xgboost_versions").glob("*.joblib"))


def test_there_are_files_of_other_versions() -> None:
    assert [path.stem for path in VERSIONS] == ["2.1.4", "3.0.5", "3.1.3", "3.2.0"]


@pytest.mark.parametrize("path", VERSIONS, ids=[path.stem for path in VERSIONS])
def test_models_of_other_versions_answer_as_they_did_there(path: Path, tmp_path: Path) -> None:
    """Converted without XGBoost, opened by the version that is installed."""
    assert holotype.scan(path).verdict == "data"
    holotype.convert(path, tmp_path / "model.holo")
    installed = tuple(map(int, xgboost.__version__.split(".")[:2]))
    if tuple(map(int, path.stem.split(".")[:2])) >= (3, 1) > installed:
        with pytest.raises(errors.MissingLibraryError, match=r"XGBoost 3\.1 or later"):
            holotype.load(tmp_path / "model.holo")
        return
    content = holotype.load(tmp_path / "model.holo")
    assert content["models"].keys() == RECIPE.keys() == content["answers"].keys()
    for name, model in content["models"].items():
        found = recipe_answers(model, RECIPE[name][1])
        for one, other in zip(content["answers"][name], found, strict=True):
            assert same(one, other), name
        if not isinstance(model, xgboost.Booster):
            assert clone(model).get_params().keys() == model.get_params().keys()
    again(content["models"])
