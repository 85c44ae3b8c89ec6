"""Histogram gradient boosting whose predictors would read past their arrays is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn import ensemble
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

RNG = np.random.RandomState(0)
X = np.column_stack([RNG.randint(0, 6, 150), RNG.randint(0, 4, 150), RNG.normal(size=(150, 2))])
Y = ((X[:, 0] % 2) + X[:, 2] > 0.5).astype(int)
PLAIN = ensemble.HistGradientBoostingClassifier(max_iter=3, random_state=0).fit(X, Y)
MIXED = ensemble.HistGradientBoostingClassifier(
    max_iter=3, categorical_features=[0, 1], random_state=0
).fit(X, Y)
NODES = ("_predictors", 1, 0, "nodes")


def refused(specimen, path, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == path
    assert problem in str(caught.value)


def node_of(model, **wanted) -> int:
    nodes = model._predictors[1][0].nodes
    return next(
        i
        for i in range(1, len(nodes))
        if all(nodes[i][name] == value for name, value in wanted.items())
    )


@pytest.mark.parametrize("model", [PLAIN, MIXED], ids=["plain", "categories"])
def test_an_unchanged_model_passes_and_predicts_the_same(model):
    built = Specimen(model).audit()()
    assert built.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()


INNER = node_of(PLAIN, is_leaf=0)
LEAF = node_of(PLAIN, is_leaf=1)


@pytest.mark.parametrize(
    ("field", "node", "value", "path", "problem"),
    [
        ("left", INNER, INNER, "root._predictors[1][0]", "later nodes"),
        ("left", INNER, 0, "root._predictors[1][0]", "later nodes"),
        ("right", INNER, 2**32 - 1, "root._predictors[1][0]", "later nodes"),
        ("right", INNER, INNER + 1, "root._predictors[1][0]", "child of no node"),
        ("is_leaf", INNER, 1, "root._predictors[1][0]", "child of no node"),
        ("is_leaf", LEAF, 0, "root._predictors[1][0]", "later nodes"),
        ("feature_idx", INNER, -1, "root._predictors[1][0]", "feature that does not exist"),
        ("feature_idx", INNER, 10**6, "root", "feature that does not exist"),
        ("feature_idx", INNER, 4, "root", "feature that does not exist"),
        ("is_categorical", INNER, 1, "root._predictors[1][0]", "bitset"),
    ],
)
def test_a_node_that_leads_astray_is_refused(field, node, value, path, problem):
    specimen = Specimen(PLAIN)
    specimen.change((field, node), value, *NODES)
    refused(specimen, path, problem)


def test_a_bitset_that_does_not_exist_is_refused():
    specimen = Specimen(MIXED)
    specimen.change(("bitset_idx", node_of(MIXED, is_categorical=1)), 10**6, *NODES)
    refused(specimen, "root._predictors[1][0]", "bitset that does not exist")


def test_a_numerical_feature_is_not_taken_for_a_category():
    specimen = Specimen(MIXED)
    specimen.change(("feature_idx", node_of(MIXED, is_categorical=1)), 3, *NODES)
    refused(specimen, "root", "numerical feature")


@pytest.mark.parametrize(
    "change", [lambda bits: bits[:, :7].copy(), lambda bits: bits.astype(np.uint64)]
)
@pytest.mark.parametrize("name", ["raw_left_cat_bitsets", "binned_left_cat_bitsets"])
def test_bitsets_of_another_shape_are_refused(name, change):
    specimen = Specimen(MIXED)
    specimen.write(change(specimen.read("_predictors", 1, 0, name)), "_predictors", 1, 0, name)
    refused(specimen, "root._predictors[1][0]", name)


def test_bitsets_of_two_lengths_are_refused():
    specimen = Specimen(MIXED)
    place = ("_predictors", 1, 0, "raw_left_cat_bitsets")
    specimen.write(np.vstack([specimen.read(*place)] * 2), *place)
    refused(specimen, "root._predictors[1][0]", "different lengths")


def test_nodes_of_another_layout_are_refused():
    specimen = Specimen(PLAIN)
    specimen.write(np.zeros(3), *NODES)
    refused(specimen, "root._predictors[1][0]", "layout")
    specimen = Specimen(PLAIN)
    specimen.write(specimen.read(*NODES)[:0], *NODES)
    refused(specimen, "root._predictors[1][0]", "no nodes")


def test_fewer_features_than_the_predictors_know_are_refused():
    specimen = Specimen(PLAIN)
    specimen.put(3, "n_features_in_")
    refused(specimen, "root", "n_features_in_")
    specimen.write(np.zeros(3, np.uint8), "_bin_mapper", "is_categorical_")
    specimen.write(np.zeros(3, np.uint32), "_bin_mapper", "n_bins_non_missing_")
    specimen.at("_bin_mapper", "bin_thresholds_")["list"].pop()
    refused(specimen, "root", "feature that does not exist")


def test_a_bin_mapper_with_too_few_flags_is_refused():
    specimen = Specimen(PLAIN)
    specimen.write(np.zeros(3, np.uint8), "_bin_mapper", "is_categorical_")
    refused(specimen, "root._bin_mapper", "flags")


def test_thresholds_that_are_no_array_of_numbers_are_refused():
    specimen = Specimen(PLAIN)
    specimen.put("text", "_bin_mapper", "bin_thresholds_", 0)
    refused(specimen, "root._bin_mapper", "bin_thresholds_")


def test_a_model_that_says_it_is_being_fitted_is_refused():
    specimen = Specimen(PLAIN)
    specimen.put(True, "_in_fit")
    refused(specimen, "root", "_in_fit")


def test_something_else_among_the_predictors_is_refused():
    specimen = Specimen(PLAIN)
    specimen.put({"object": "sklearn.naive_bayes.GaussianNB", "state": {}}, "_predictors", 1, 0)
    refused(specimen, "root", "no predictor")


@pytest.mark.parametrize(
    ("value", "problem"),
    [
        ("text", "not a list"),
        ({"list": ["text"]}, "not a list of lists"),
        ({"list": []}, "none"),
        ({"list": [{"list": []}]}, "none"),
    ],
)
def test_predictors_that_are_not_lists_of_lists_are_refused(value, problem):
    specimen = Specimen(PLAIN)
    specimen.put(value, "_predictors")
    refused(specimen, "root", problem)


PREPARED = ("_preprocessor", "transformers_")


def test_a_preprocessor_that_drops_a_column_is_refused():
    specimen = Specimen(MIXED)
    specimen.put("drop", *PREPARED, 1, 1)
    refused(specimen, "root", "every feature once")


def test_a_preprocessor_that_takes_a_column_twice_is_refused():
    specimen = Specimen(MIXED)
    specimen.write(np.array([True, True, True, False]), *PREPARED, 0, 2)
    refused(specimen, "root", "by name than by mask")


def test_a_preprocessor_that_names_other_columns_is_refused():
    specimen = Specimen(MIXED)
    specimen.put({"list": [0]}, "_preprocessor", "_transformer_to_input_indices", "encoder")
    refused(specimen, "root", "by name than by mask")


def test_a_preprocessor_with_another_step_is_refused():
    specimen = Specimen(MIXED)
    step = {"object": "sklearn.decomposition.PCA", "state": {"n_components": 1}}
    specimen.put(step, *PREPARED, 0, 1)
    refused(specimen, "root", "not the one that fit makes")


def test_a_preprocessor_with_another_function_is_refused():
    specimen = Specimen(MIXED)
    specimen.put({"name": "numpy.ravel"}, *PREPARED, 1, 1, "func")
    refused(specimen, "root", "not the one that fit makes")


def test_a_preprocessor_that_multiplies_is_refused():
    specimen = Specimen(MIXED)
    specimen.put({"dict": [["encoder", 2.0]]}, "_preprocessor", "transformer_weights")
    refused(specimen, "root", "weights")
