"""A composite whose parts are no estimators, or layers that do not fit, is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import warnings

from sklearn import compose, linear_model, neural_network, pipeline, preprocessing
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

X = np.random.RandomState(0).normal(size=(30, 4))
Y = np.arange(30) % 3
SCALER = preprocessing.StandardScaler()

COMPOSITES = {
    "pipeline": (
        pipeline.Pipeline([("a", SCALER), ("b", "passthrough"), ("c", linear_model.Ridge())]),
        "steps",
    ),
    "union": (
        pipeline.FeatureUnion([("a", SCALER), ("b", "passthrough"), ("c", "drop")]),
        "transformer_list",
    ),
    "columns": (
        compose.ColumnTransformer([("a", SCALER, [0]), ("b", "passthrough", [1, 2])]),
        "transformers",
    ),
}


def refused(specimen, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", COMPOSITES)
def test_an_honest_composite_passes_fitted_or_not(name):
    model, _ = COMPOSITES[name]
    Specimen(model).audit()
    built = Specimen(model.fit(X, Y)).audit()()
    method = "predict" if name == "pipeline" else "transform"
    assert getattr(built, method)(X).tobytes() == getattr(model, method)(X).tobytes()


@pytest.mark.parametrize("name", COMPOSITES)
@pytest.mark.parametrize(
    ("part", "problem"),
    [
        ({"tuple": ["a", 1]}, "part"),
        ({"tuple": ["a", {"list": []}, 0]}, "part"),
        ({"tuple": ["a", "fit", {"list": []}]}, "part"),
        ({"tuple": [1, None]}, "a name and"),
        ({"tuple": []}, "a name and"),
        (7, "a name and"),
    ],
)
def test_a_part_that_is_no_estimator_is_refused(name, part, problem):
    model, attribute = COMPOSITES[name]
    specimen = Specimen(model)
    if isinstance(part, dict) and len(part["tuple"]) > 1:
        size = 3 if name == "columns" else 2
        part = {"tuple": [*part["tuple"], 0][:size]}
    specimen.put(part, attribute, 0)
    refused(specimen, problem)
    specimen.put("abc", attribute)
    refused(specimen, f"{attribute} is not a list")


def network(kind):
    model = getattr(neural_network, kind)(hidden_layer_sizes=(5, 3), max_iter=2, random_state=0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # two steps do not converge
        return model.fit(X, Y)


@pytest.mark.parametrize("kind", ["MLPClassifier", "MLPRegressor"])
def test_the_layers_of_a_network_fit(kind):
    model = network(kind)
    assert Specimen(model).audit()().predict(X).tobytes() == model.predict(X).tobytes()
    for attribute, shape, problem in (
        ("coefs_", (5, 7), "does not fit the one before"),
        ("coefs_", (4, 3), "does not fit the one before"),
        ("intercepts_", (7,), "does not fit the one before"),
    ):
        specimen = Specimen(model)
        specimen.write(np.zeros(shape), attribute, 1)
        refused(specimen, problem)
    for attribute, value, problem in (
        ("n_layers_", 7, "n_layers_"),
        ("n_outputs_", 7, "n_outputs_"),
        ("out_activation_", "exec", "out_activation_"),
        ("coefs_", None, "not a list"),
        ("n_features_in_", 7, "does not fit the one before"),
    ):
        specimen = Specimen(model)
        specimen.put(value, attribute)
        refused(specimen, problem)


def test_a_network_decides_between_its_classes():
    specimen = Specimen(network("MLPClassifier"))
    specimen.write(np.arange(7), "classes_")
    refused(specimen, "classes_")
