"""Boosting from a guess that is smaller than what its trees are added to is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn import dummy, ensemble, linear_model, naive_bayes, pipeline, preprocessing, tree
from tests.unit.types.sklearn.specimen import Specimen

import holotype
from holotype.errors import InvalidStateError, UnsupportedError

X = np.random.RandomState(0).normal(size=(60, 4))
Y = np.arange(60) % 3
REAL = X[:, 0] * 2

CLASSIFIERS = {
    "default": None,
    "zero": "zero",
    "stratified": dummy.DummyClassifier(strategy="stratified", random_state=0),
    "logistic": linear_model.LogisticRegression(),
    "bayes": naive_bayes.GaussianNB(),
    "tree": tree.DecisionTreeClassifier(max_depth=2),
    "forest": ensemble.RandomForestClassifier(2, random_state=0),
    "histogram": ensemble.HistGradientBoostingClassifier(max_iter=2),
}
REGRESSORS = {
    "default": None,
    "zero": "zero",
    "ridge": linear_model.Ridge(),
    "tree": tree.DecisionTreeRegressor(max_depth=2),
    "forest": ensemble.ExtraTreesRegressor(2, random_state=0),
    "histogram": ensemble.HistGradientBoostingRegressor(max_iter=2),
}


def refused(specimen, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert problem in str(caught.value)


def classifier(init, target=Y):
    return ensemble.GradientBoostingClassifier(n_estimators=2, init=init).fit(X, target)


def regressor(init):
    return ensemble.GradientBoostingRegressor(n_estimators=2, init=init).fit(X, REAL)


@pytest.mark.parametrize("name", CLASSIFIERS)
@pytest.mark.parametrize("target", [Y, Y > 0], ids=["three", "two"])
def test_honest_guesses_of_classes_pass(name, target):
    model = classifier(CLASSIFIERS[name], target)
    assert Specimen(model).audit()().predict(X).shape == model.predict(X).shape


@pytest.mark.parametrize("name", REGRESSORS)
def test_honest_guesses_of_numbers_pass(name):
    model = regressor(REGRESSORS[name])
    assert Specimen(model).audit()().predict(X).tobytes() == model.predict(X).tobytes()


def test_a_prior_for_fewer_classes_is_refused():
    specimen = Specimen(classifier(None))
    specimen.write(np.ones(1), "init_", "class_prior_")
    refused(specimen, "class_prior_")


def test_a_loss_of_another_number_of_classes_is_refused():
    specimen = Specimen(classifier(None))
    specimen.graft(Specimen(classifier(None, Y > 0)._loss), "_loss")
    refused(specimen, "_loss is of another number of classes")
    specimen = Specimen(classifier(None))
    specimen.put(False, "_loss", "is_multiclass")
    refused(specimen, "_loss hides")


@pytest.mark.parametrize("name", ["tree", "forest"])
def test_a_tree_that_knows_fewer_classes_is_refused(name):
    specimen = Specimen(classifier(CLASSIFIERS[name]))
    other = classifier(CLASSIFIERS[name], Y > 0).init_
    if name == "tree":
        specimen.graft(Specimen(other.tree_), "init_", "tree_")
    else:
        specimen.graft(Specimen(other.estimators_), "init_", "estimators_")
    refused(specimen, "one of its trees knows other classes")


@pytest.mark.parametrize(
    ("attribute", "value"),
    [("n_classes_", 2), ("n_outputs_", 2), ("classes_", None)],
)
def test_a_forest_that_contradicts_itself_is_refused(attribute, value):
    specimen = Specimen(classifier(CLASSIFIERS["forest"]))
    specimen.put(value, "init_", attribute)
    refused(specimen, "classes_")


def test_a_linear_guess_without_outputs_or_coefficients_is_refused():
    specimen = Specimen(regressor(linear_model.Ridge()))
    specimen.write(np.zeros((0, 4)), "init_", "coef_")
    refused(specimen, "another number of outputs")
    specimen = Specimen(classifier(linear_model.LogisticRegression()))
    specimen.put(None, "init_", "coef_")
    refused(specimen, "coef_ is not an array")


def test_a_histogram_of_fewer_trees_is_refused():
    specimen = Specimen(classifier(CLASSIFIERS["histogram"]))
    specimen.put(1, "init_", "n_trees_per_iteration_")
    with pytest.raises(InvalidStateError):
        specimen.audit()


def test_a_guess_whose_rows_nobody_can_count_is_refused():
    init = pipeline.make_pipeline(preprocessing.StandardScaler(), linear_model.Ridge())
    with pytest.raises(UnsupportedError, match="could not be checked") as caught:
        holotype.dumps(regressor(init))
    assert caught.value.path == "model.init_"
    specimen = Specimen(regressor(linear_model.Ridge()))
    specimen.graft(Specimen(init.fit(X, REAL)), "init_")
    refused(specimen, "can be checked")
