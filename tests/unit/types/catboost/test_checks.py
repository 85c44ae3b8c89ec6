"""What CatBoost's native code would take at its word is refused where it is not true."""

from __future__ import annotations

import copy
import json
from typing import Any

import numpy as np
import pytest

pytest.importorskip("catboost", reason="these tests need CatBoost")

from tests.unit.types.catboost.recipes import MODELS, QUIET, REAL, X, Y, fitted
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError, UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.types.catboost.checks import check_estimator
from holotype.types.catboost.columns import columns_of
from holotype.types.catboost.estimators import state_of
from holotype.types.catboost.native import bytes_of

BIG = 2**31 - 1


def state(name: str) -> dict[str, Any]:
    return state_of(copy.deepcopy(fitted(name).model.__getstate__()), {})


def check(state: dict[str, Any]) -> None:
    members = {name: lambda value=value: value for name, value in state.items()}
    check_estimator(Shadow("catboost.CatBoost", "root", (), members))


def refused(state: dict[str, Any], problem: str) -> None:
    with pytest.raises(InvalidStateError) as caught:
        check(state)
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_honest_models_pass(name):
    check(state(name))


SYMMETRIC, STEPS, TABLES, ONE_HOT = (
    "three classes",
    "categories, lossguide",
    "categories, all kinds of tables",
    "categories, one-hot",
)
# Model, part, column, what is set, to what, and what is said of it.
CASES = [
    (SYMMETRIC, "trees", "split", 0, 10**6, "a split does not exist"),
    (SYMMETRIC, "trees", "split", 0, -1, "a split does not exist"),
    (SYMMETRIC, "trees", "size", 0, 17, "elements"),
    (SYMMETRIC, "trees", "size", slice(0, 2), (-1, 7), "too many levels"),
    (SYMMETRIC, "trees", "size", slice(0, 2), (2, 4), "its leaves are not as many"),
    (SYMMETRIC, "float_features", "index", 1, 0, "do not rise"),
    (SYMMETRIC, "float_features", "index", 0, -1, "do not rise"),
    (SYMMETRIC, "float_features", "index", -1, BIG, "greater than the flat_index"),
    (SYMMETRIC, "float_features", "flat_index", -1, BIG, "far beyond"),
    (SYMMETRIC, "float_features", "nan_treatment", 0, 3, "nan_treatment"),
    (SYMMETRIC, "float_features", "nan_treatment", 0, -1, "nan_treatment"),
    (SYMMETRIC, "float_features", "border", 0, np.nan, "do not rise"),
    (SYMMETRIC, "float_features", "border", 0, np.inf, "do not rise"),
    (SYMMETRIC, "float_features", "border_count", 0, BIG, "does not add up"),
    (SYMMETRIC, "float_features", "border_count", slice(0, 2), (-1, 99), "does not add up"),
    (STEPS, "steps", "left", 0, 65535, "a child is in another tree"),
    (STEPS, "steps", "right", -1, 1, "a child is in another tree"),
    (STEPS, "steps", "left", 0, 2, "not the child of exactly one"),
    (STEPS, "steps", "left", 0, 0, "not the child of exactly one"),
    (STEPS, "trees", "split", 0, 10**6, "a split does not exist"),
    (ONE_HOT, "one_hot_features", "feature", 0, 77, "no categorical one"),
    (ONE_HOT, "one_hot_features", "value_count", 0, BIG, "does not add up"),
    (ONE_HOT, "cat_features", "used", slice(None), False, "no categorical one"),
    (ONE_HOT, "cat_features", "flat_index", 0, 1, "the same flat_index"),
    (TABLES, "combinations", "cat_feature", 0, 55, "a category that is not used"),
    (TABLES, "combinations", "float_border", 0, 1e9, "a border that no feature has"),
    (TABLES, "combinations", "float_feature", 0, 9, "a border that no feature has"),
    (TABLES, "combinations", "cat_count", 0, -1, "does not add up"),
    (TABLES, "ctr_features", "combination", 0, 999, "a combination is not there"),
    (TABLES, "ctr_features", "combination", 0, -1, "a combination is not there"),
    (TABLES, "ctr_features", "type", 0, 6, "a type is not known"),
    (TABLES, "ctr_features", "classifier", 0, 8, "one has no table"),
    (TABLES, "ctr_features", "target_border", slice(None), 4, "target_border is no class"),
    (TABLES, "ctr_features", "target_border", slice(None), -1, "target_border is no class"),
    (TABLES, "ctr_features", "border", 0, np.nan, "do not rise"),
    (TABLES, "ctr_tables", "type", 0, 9, "a type is not known"),
    (TABLES, "ctr_tables", "combination", slice(None), 0, "two of the same"),
    (TABLES, "ctr_tables", "classes", slice(None), 1, "fewer than two classes"),
    (TABLES, "ctr_tables", "classes", slice(None), BIG, "classes is out of bounds"),
    (TABLES, "ctr_tables", "classes", slice(None), 60_000, "a row is not complete"),
    (TABLES, "ctr_tables", "bucket_count", slice(0, 2), (0, 32), "not a power of two"),
    (TABLES, "ctr_tables", "bucket_count", slice(0, 2), (-1, 33), "does not add up"),
    (TABLES, "ctr_tables", "hash", slice(None), 5, "no empty bucket"),
    (TABLES, "ctr_tables", "row", slice(None), BIG, "a row that is not there"),
]


def part_of(found: dict[str, Any], part: str) -> dict[str, Any]:
    model = found["model"]
    return model["trees"]["steps"] if part == "steps" else model[part]


@pytest.mark.parametrize(("name", "part", "column", "where", "value", "problem"), CASES)
def test_a_column_that_lies_is_refused(name, part, column, where, value, problem):
    changed = state(name)
    part_of(changed, part)[column][where] = value
    refused(changed, problem)


def test_leaves_belong_to_one_tree_and_stand_together():
    honest = state(STEPS)["model"]["trees"]
    steps, size = honest["steps"], honest["size"]
    stops = np.flatnonzero((steps["left"] == 0) | (steps["right"] == 0))
    first, last = stops[0], stops[-1]
    for leaf, problem in (
        (steps["leaf"][stops[1]], "two nodes share a leaf"),
        (2**32 - 1, "a leaf does not exist"),
    ):
        changed = state(STEPS)
        changed["model"]["trees"]["steps"]["leaf"][first] = leaf
        refused(changed, problem)
    changed = state(STEPS)
    assert first < size[0] <= last
    swapped = changed["model"]["trees"]["steps"]["leaf"]
    swapped[[first, last]] = swapped[[last, first]]
    refused(changed, "among those of another tree")


def test_words_of_one_hot_values_are_one_for_each_and_are_kept():
    changed = state(ONE_HOT)
    part = changed["model"]["one_hot_features"]
    words = [[f"word {i}" for i in range(count)] for count in part["value_count"].tolist()]
    part["text"] = words
    check(changed)
    assert columns_of(bytes_of(changed["model"]))["one_hot_features"]["text"] == words
    for wrong in (words[:-1], [*words[:-1], words[-1] + ["more"]], [[5] * len(words[0])] * 3, 5):
        part["text"] = wrong
        refused(changed, "text is not one for each value")


def test_a_model_with_more_buckets_than_the_library_can_number_is_refused():
    changed = state("binary")
    count = 1 << 16
    features = changed["model"]["float_features"]
    more = np.arange(len(features["index"]), count + 5, dtype="<i4")
    for name in ("index", "flat_index"):
        features[name] = np.concatenate([features[name], more])
    features["name"] = features["name"] + [""] * len(more)
    features["has_nans"] = np.zeros(count + 5, "?")
    features["nan_treatment"] = np.zeros(count + 5, "|i1")
    features["border"] = np.concatenate([features["border"], np.zeros(len(more), "<f4")])
    features["border_count"] = np.concatenate([features["border_count"], np.ones(len(more), "<i4")])
    refused(changed, "more features than the library can number")


def test_a_tree_of_steps_has_a_node():
    changed = state(STEPS)
    size = changed["model"]["trees"]["size"]
    size[:2] = 0, size[:2].sum()
    refused(changed, "a tree has no nodes")


def test_a_leaf_of_many_values_begins_where_one_begins():
    changed = state("lossguide")
    leaf = changed["model"]["trees"]["steps"]["leaf"]
    leaf[np.argmin(leaf)] = 1
    refused(changed, "a leaf begins within another")


def test_a_chain_of_nodes_that_is_very_deep_is_refused():
    changed = state("depthwise")
    nodes = 300
    left = np.ones(nodes, "<u2")
    left[-1] = 0
    changed["model"]["trees"] = {
        "size": np.array([nodes], "<i4"),
        "split": np.zeros(nodes, "<i4"),
        "leaf_value": np.zeros(nodes),
        "leaf_weight": np.zeros(0),
        "steps": {
            "left": left,
            "right": np.zeros(nodes, "<u2"),
            "leaf": np.arange(nodes, dtype="<u4"),
        },
    }
    refused(changed, "too many levels")


def test_a_table_of_buckets_in_use_side_by_side_is_refused():
    # Looking up any hash would take as many steps as there are buckets.
    changed = state("categories")
    tables = changed["model"]["ctr_tables"]
    sizes = np.cumsum(tables["bucket_count"])
    many = 1 << 16
    hashes, rows = np.full(many, 7, "<u8"), np.zeros(many, "<u4")
    hashes[-1] = 2**64 - 1
    tables["hash"] = np.concatenate([hashes, tables["hash"][sizes[0] :]])
    tables["row"] = np.concatenate([rows, tables["row"][sizes[0] :]])
    tables["bucket_count"][0] = many
    refused(changed, "too close together")


def test_a_combination_of_very_many_features_is_refused():
    changed = state("categories")
    combinations = changed["model"]["combinations"]
    more = np.zeros(100, "<i4")
    combinations["cat_feature"] = np.concatenate([more, combinations["cat_feature"]])
    combinations["cat_count"][0] += 100
    refused(changed, "very many parts")


def test_trees_without_any_split_are_refused_and_not_saved():
    import catboost

    model = catboost.CatBoostRegressor(
        **QUIET, grow_policy="Depthwise", min_data_in_leaf=1000, boost_from_average=False
    ).fit(X, REAL)
    with pytest.raises(UnsupportedError, match="none of its trees has a split"):
        state_of(model.__getstate__(), {})


def test_parts_and_columns_are_those_that_there_are():
    for part in ("trees", "float_features", "ctr_tables"):
        changed = state(TABLES)
        changed["model"][part]["more"] = np.zeros(1)
        refused(changed, "is not its columns")
        changed["model"][part] = 5
        refused(changed, "is not its columns")
    changed = state(TABLES)
    changed["model"]["trees"]["split"] = changed["model"]["trees"]["split"].astype("<i8")
    refused(changed, "split has dtype int64")
    del changed["model"]["trees"]
    refused(changed, "its model is not its parts")


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("dimension", 0, "dimension is 0"),
        ("dimension", 2, "bias is not one number for each dimension"),
        ("dimension", True, "dimension is not an integer"),
        ("scale", np.inf, "scale is not a number"),
        ("scale", 1, "scale is not a number"),
        ("bias", np.array([np.nan]), "bias is not one number"),
        ("info", {"key": 5}, "info is not text"),
        ("info", {"key": "\ud800"}, "info is not text"),
        ("combinations", None, "a combination is not there"),
        ("ctr_tables", None, "one has no table"),
        ("cat_features", None, "no categorical one"),
        ("float_features", None, "a border that no feature has"),
    ],
)
def test_numbers_and_parts_of_a_model(name, value, problem):
    changed = state("categories")
    changed["model"][name] = value
    refused(changed, problem)


# -- what the library reads from its notes -------------------------------------------------------

HISTORY = {"learn_metrics_history": [{"RMSE": 1.0}], "test_metrics_history": [[{"RMSE": 1.0}]]}


@pytest.mark.parametrize(
    ("key", "value", "problem"),
    [
        ("class_params", {"class_names": [0, 1, 2], "class_to_label": [0, 1, 3]}, "a place"),
        ("class_params", {"class_names": [0, 1, 2], "class_to_label": [-1, 1, 2]}, "a place"),
        ("class_params", {"class_names": [0], "class_to_label": ["0"]}, "a place"),
        ("class_params", {"class_names": [0], "class_to_label": [True]}, "a place"),
        ("multiclass_params", {"classes_count": 3, "class_to_label": [0, 1, 9]}, "a place"),
        ("class_params", {"classes_count": BIG}, "classes_count is out of bounds"),
        ("class_params", {"classes_count": 3.0}, "classes_count is out of bounds"),
        ("class_params", {"class_names": {}}, "is not a list"),
        ("training", {"metrics": []}, "metrics is not an object"),
        ("training", {"metrics": {**HISTORY, "test_metrics_history": {}}}, "is not a list"),
        ("training", {"metrics": {**HISTORY, "test_metrics_history": [{}]}}, "by name"),
        ("training", {"metrics": {**HISTORY, "test_best_error": [[]]}}, "by name"),
        ("training", {"metrics": {**HISTORY, "learn_best_error": {"a": {}}}}, "by name"),
        (
            "training",
            {"metrics": {**HISTORY, "learn_metrics_history": [{}] * 2}},
            "metrics of test sets end too early",
        ),
        ("params", [], "is not an object"),
        ("params", {"a": json.loads("[" * 80 + "]" * 80)}, "nests too deeply"),
    ],
)
def test_notes_that_the_library_believes(key, value, problem):
    changed = state(SYMMETRIC)
    changed["model"]["info"][key] = json.dumps(value)
    refused(changed, problem)


@pytest.mark.parametrize("text", ["", "{", "[" * 100_000, "nothing"])
def test_notes_that_are_no_json(text):
    changed = state(SYMMETRIC)
    changed["model"]["info"]["params"] = text
    refused(changed, "info.params is not JSON")


# -- the estimator around it ---------------------------------------------------------------------


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("params", {"__model": b"CBM1"}, "one of its parameters is none"),
        ("params", {"_test_evals": []}, "one of its parameters is none"),
        ("params", {5: 1}, "have no names"),
        ("params", {"loss_function": "RMSEWithUncertainty"}, "predicts with uncertainty"),
        ("params", {"objective": "RMSEWithUncertainty"}, "predicts with uncertainty"),
        ("attributes", {"_object": 5}, "not attributes by name"),
        ("attributes", {"_random_seed": 5}, "not attributes by name"),
        ("attributes", {"__class__": 5}, "not attributes by name"),
        ("importances", {"other": np.zeros(1)}, "importances are not known"),
        ("importances", {"_loss_value_change": np.zeros((1, 1))}, "dimensions"),
        ("model", None, "it has importances, but no model"),
        ("more", 5, "not that of a CatBoost estimator"),
    ],
)
def test_the_state_of_an_estimator(name, value, problem):
    changed = state("binary")
    changed[name] = value
    refused(changed, problem)


def test_an_attribute_never_covers_a_method():
    model = fitted("binary").model.copy()
    model.owner = 5
    specimen = Specimen(model)
    assert specimen.audit()().owner == 5
    specimen.put({"dict": [["predict", 5]]}, "attributes")
    build = specimen.audit()
    with pytest.raises(Exception, match="the name of a method"):
        build()


def test_changed_columns_are_refused_where_they_stand_in_an_archive():
    specimen = Specimen({"inside": fitted("categories").model})
    specimen.change(0, 10**6, "inside", "model", "trees", "split")
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == "root['inside']"
    assert "a split does not exist" in caught.value.problem


def test_changed_leaves_change_the_predictions():
    specimen = Specimen(fitted("binary").model)
    leaves = specimen.read("model", "trees", "leaf_value")
    specimen.write(leaves * 2, "model", "trees", "leaf_value")
    twice = specimen.audit()().predict(X, prediction_type="RawFormulaVal")
    once = fitted("binary").model.predict(X, prediction_type="RawFormulaVal")
    assert np.allclose(twice, once * 2)
    assert len(once) == len(Y)
