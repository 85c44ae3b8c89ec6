"""A booster that breaks one rule is refused before XGBoost hears of it."""

from __future__ import annotations

import copy
from collections.abc import Callable
from typing import Any

import numpy as np
import pytest

xgboost = pytest.importorskip("xgboost", reason="honest boosters are changed")
pytest.importorskip("pandas", reason="categories stand in DataFrames")

from tests.unit.types.sklearn.specimen import Specimen  # noqa: E402
from tests.unit.types.xgboost.boosters import KINDS, parts_of, train  # noqa: E402

from holotype.errors import InvalidStateError, UnsupportedError  # noqa: E402
from holotype.types.xgboost.booster import reduce_bytes  # noqa: E402
from holotype.types.xgboost.checks_model import sound  # noqa: E402
from holotype.types.xgboost.checks_trees import Unsound, check_trees  # noqa: E402
from holotype.types.xgboost.export import Parts  # noqa: E402

Change = Callable[[Parts], Any]


@pytest.mark.parametrize("kind", KINDS)
def test_an_honest_booster_is_sound(kind: str) -> None:
    sound(parts_of(kind))


def put(place: str, *path: Any, to: Any) -> Change:
    """Set what stands at ``path`` of one of the parts."""

    def change(parts: Parts) -> None:
        value = getattr(parts, place)
        for part in path[:-1]:
            value = value[part]
        value[path[-1]] = to

    return change


def drop(place: str, name: str) -> Change:
    return lambda parts: getattr(parts, place).pop(name)


def first(kind: Callable[[dict[str, Any]], Any], column: str, to: Any) -> Change:
    """Set an element of a column of the trees, at the first place where ``kind`` holds."""

    def change(parts: Parts) -> None:
        at = int(np.flatnonzero(kind(parts.trees))[0])
        parts.trees[column][at] = to

    return change


def inner(trees: dict[str, Any]) -> Any:
    return trees["left"] >= 0


def leaf(trees: dict[str, Any]) -> Any:
    return (trees["left"] < 0) & (trees["feature"] < 1 << 20)


def hole(trees: dict[str, Any]) -> Any:
    return trees["feature"] == (1 << 31) - 1


def shorter(column: str) -> Change:
    return lambda parts: parts.trees.update({column: parts.trees[column][:-1]})


def retyped(column: str, dtype: str) -> Change:
    return lambda parts: parts.trees.update({column: parts.trees[column].astype(dtype)})


def everything(column: str, value: Any) -> Change:
    return lambda parts: parts.trees[column].fill(value)


TREES: list[tuple[str, Change, str]] = [
    ("plain", first(inner, "left", 10**6), "not one of the later nodes"),
    ("plain", first(inner, "left", 0), "not one of the later nodes"),
    ("plain", first(inner, "left", -2), "not one of the later nodes"),
    ("plain", first(inner, "left", -1), "child of no node"),
    ("plain", first(inner, "left", 3), "child of (no|two)"),
    ("plain", first(inner, "feature", 3), "feature that does not exist"),
    ("plain", first(inner, "feature", -1), "negative"),
    ("plain", first(leaf, "feature", -(2**31)), "negative"),
    ("plain", first(inner, "feature", 2**31 - 1), "feature that does not exist|hole"),
    ("plain", put("trees", "nodes", 0, to=1), "each node|child"),
    ("plain", put("trees", "nodes", 0, to=0), "no nodes"),
    ("plain", put("trees", "nodes", 0, to=2**31 - 1), "each node"),
    ("plain", put("trees", "group", 0, to=1), "output that does not exist"),
    ("classes", put("trees", "group", 0, to=3), "output that does not exist"),
    ("plain", put("trees", "group", 0, to=-1), "output that does not exist"),
    ("vectors", put("trees", "group", 0, to=1), "output that does not exist"),
    ("plain", put("trees", "rounds", 1, to=9), "rise"),
    ("plain", put("trees", "rounds", 0, to=1), "rise"),
    ("plain", put("trees", "rounds", to=np.zeros(0, "<i4")), "rise"),
    ("plain", put("trees", "num_parallel_tree", to=0), "num_parallel_tree"),
    ("plain", put("trees", "num_parallel_tree", to=2**30), "num_parallel_tree"),
    ("plain", put("trees", "num_parallel_tree", to=True), "num_parallel_tree"),
    ("plain", put("trees", "outputs", to=2), "outputs"),
    ("vectors", put("trees", "outputs", to=3), "outputs"),
    ("vectors", put("trees", "outputs", to=1), "each node and output|vectors"),
    ("vectors", put("trees", "leaf", 0, to=0), "no leaf has a row"),
    ("vectors", first(leaf, "leaf", 10**6), "does not exist"),
    ("vectors", first(leaf, "leaf", 1), "one row"),
    ("vectors", shorter("leaf_value"), "another size"),
    ("vectors", drop("trees", "leaf_value"), "go together"),
    ("plain", put("trees", "more", to=1), "lack or should not have more"),
    ("plain", drop("trees", "threshold"), "lack or should not have threshold"),
    ("plain", put("trees", "threshold", to=[0.0]), "not a column"),
    ("plain", retyped("left", "<i8"), "not a column"),
    ("plain", retyped("default_left", "|u1"), "not a column"),
    ("plain", shorter("cover"), "each node"),
    ("plain", shorter("weight"), "each node and output"),
    ("dart", shorter("drop_weight"), "each tree"),
    ("plain", put("trees", "drop_weight", to=np.ones(3, "<f4")), "drop_weight"),
    ("pruned", drop("trees", "parent"), "holes"),
    ("plain", put("trees", "parent", to=np.zeros(9, "<i4")), "each node"),
    ("pruned", first(hole, "parent", 10**6), "no node"),
    ("pruned", first(hole, "parent", -1), "no node"),
    ("pruned", first(hole, "left", 1), "later nodes|has children"),
    ("pruned", put("trees", "parent", 0, to=1), "what the children say"),
    ("categories", put("trees", "categorical", 0, to=-1), "not nodes in their order"),
    ("categories", put("trees", "categorical", -1, to=10**6), "not nodes in their order"),
    ("categories", everything("categorical", 0), "not nodes in their order"),
    ("categories", put("trees", "chosen", 0, to=0), "lists no categories"),
    ("categories", put("trees", "chosen", 0, to=2**31 - 1), "not as many"),
    ("categories", shorter("categories"), "not as many"),
    ("categories", put("trees", "categories", 0, to=-1), "out of bounds"),
    ("categories", put("trees", "categories", 0, to=2**31 - 1), "out of bounds"),
    ("categories", put("trees", "categories", 1, to=0), "do not rise"),
    ("categories", drop("trees", "chosen"), "go together"),
    ("linear", shorter("weight"), "another size"),
    ("linear", put("trees", "rounds", to=-1), "rounds"),
    ("linear", put("trees", "more", to=1), "weight and rounds"),
    ("linear", retyped("weight", "<f8"), "float32"),
]

MODEL: list[tuple[str, Change, str]] = [
    ("plain", put("model", "num_feature", to=0), "num_feature"),
    ("plain", put("model", "num_feature", to=2**30), "num_feature"),
    ("linear", put("model", "num_feature", to=2), "another size"),
    ("plain", put("model", "num_class", to=2**30), "num_class"),
    ("plain", put("model", "num_class", to=-1), "num_class"),
    ("plain", put("model", "num_target", to=0), "num_target"),
    ("vectors", put("model", "num_class", to=2), "several classes"),
    ("plain", put("model", "num_feature", to=3.0), "num_feature"),
    ("plain", put("model", "booster", to="gbforest"), "not known"),
    ("plain", put("model", "booster", to="gblinear"), "linear model"),
    ("plain", put("model", "version", to=(0, 9, 0)), "version"),
    ("plain", put("model", "version", to="3.2.0"), "version"),
    ("plain", put("model", "base_score", to=0.5), "base_score"),
    ("plain", put("model", "base_score", to=np.array([np.nan], "<f4")), "base_score"),
    ("plain", put("model", "base_score", to=np.zeros(2, "<f4")), "base_score"),
    ("plain", put("model", "boost_from_average", to=1), "boost_from_average"),
    ("plain", put("model", "feature_names", to=["a"]), "feature_names"),
    ("plain", put("model", "feature_types", to=["q", "q", 1]), "feature_types"),
    ("plain", put("model", "attributes", to={"a": 1}), "attributes"),
    ("plain", put("model", "attributes", to={"best_iteration": "-2"}), "best_iteration"),
    ("plain", put("model", "objective", to={"name": "reg:mine"}), "not known"),
    ("plain", put("model", "objective", "more", to=1), "other members"),
    ("plain", put("model", "objective", "reg_loss_param", "more", to="1"), "not known here"),
    ("plain", put("model", "objective", "reg_loss_param", to=1), "not known here"),
    (
        "classes",
        put("model", "objective", "softmax_multiclass_param", "num_class", to="0"),
        "other classes",
    ),
    (
        "quantiles",
        put("model", "objective", "quantile_loss_param", "quantile_alpha", to=""),
        "quantile_alpha",
    ),
    (
        "quantiles",
        put("model", "objective", "quantile_loss_param", "quantile_alpha", to="[" * 99),
        "quantile_alpha",
    ),
    ("ranker", put("model", "objective", "ti+", to=np.ones(3, "<f4")), "biases"),
    ("ranker", put("model", "objective", "ti+", to=[1.0]), "biases"),
    ("frame", put("model", "categories", to=[]), "each feature"),
    ("frame", put("model", "categories", 3, "offsets", 1, to=-1), "offsets"),
    ("frame", put("model", "categories", 3, "offsets", -1, to=99), "offsets"),
    ("frame", put("model", "categories", 3, "values", to=np.zeros(9, "<f4")), "columns of"),
    ("frame", put("model", "categories", 4, "values", to=np.zeros(3, "<f8")), "not integers"),
    ("frame", put("model", "categories", 4, to=[]), "no form"),
    ("frame", put("model", "category_order", 0, to=99), "does not exist"),
    ("frame", put("model", "category_order", to=np.zeros(1, "<i4")), "each category"),
    ("frame", put("model", "category_order", to=np.zeros(1, "<i8")), "int32"),
    ("plain", drop("model", "attributes"), "facts"),
    ("plain", put("model", "more", to=1), "facts"),
]

TRAINING: list[tuple[str, Change, str]] = [
    ("plain", put("training", "generic_param", "nthread", to="999999"), "threads"),
    ("plain", put("training", "generic_param", "n_jobs", to="many"), "threads"),
    ("plain", put("training", "generic_param", "device", to="cuda:9999"), "device"),
    ("plain", put("training", "generic_param", "path", to="x"), "not known here"),
    ("plain", put("training", "learner_train_param", "objective", to="reg:gamma"), "objective"),
    (
        "plain",
        put("training", "learner_train_param", "multi_strategy", to="multi_output_tree"),
        "",
    ),
    (
        "classes",
        put("training", "learner_train_param", "multi_strategy", to="multi_output_tree"),
        "multi_strategy",
    ),
    (
        "vectors",
        put("training", "learner_train_param", "multi_strategy", to="one_output_per_tree"),
        "multi_strategy",
    ),
    ("plain", put("training", "booster", "more", to=1), "other members"),
    ("plain", put("training", "booster", "specified_updater", to=1), "specified_updater"),
    ("plain", put("training", "booster", "updater", to={}), "updaters"),
    ("plain", put("training", "booster", "updater", 0, "name", to="../x"), "no known form"),
    ("plain", put("training", "booster", "updater", 0, "more", to={}), "section"),
    (
        "plain",
        put("training", "booster", "tree_train_param", "interaction_constraints", to="[[[["),
        "interaction_constraints",
    ),
    ("linear", put("training", "booster", "more", to=1), "other members"),
    ("linear", put("training", "booster", "updater", to=[]), "updater"),
    ("linear", put("training", "booster", "updater", to={"more": {}}), "section"),
    ("dart", put("training", "booster", "more", to=1), "other members"),
    ("dart", put("training", "booster", "gbtree", "more", to=1), "other members"),
    ("plain", put("training", "metrics", to="rmse"), "metrics"),
    ("plain", put("training", "metrics", to=[{"name": "x y"}]), "no known form"),
    ("plain", put("training", "metrics", to=["rmse"]), "no name"),
    ("plain", put("training", "more", to=1), "not described"),
]


@pytest.mark.parametrize(("kind", "change", "match"), [*TREES, *MODEL, *TRAINING])
def test_a_broken_rule_is_named(kind: str, change: Change, match: str) -> None:
    parts = parts_of(kind)
    if kind == "frame" and "categories" not in parts.model:
        pytest.skip("this XGBoost keeps no categories")
    if kind == "vectors" and "leaf" not in parts.trees:
        pytest.skip("this XGBoost keeps no rows of leaves")
    change(parts)
    if not match:
        sound(parts)  # with one output, both strategies are the same
        return
    with pytest.raises(Unsound, match=match):
        sound(parts)


def chain(depth: int) -> dict[str, Any]:
    """One tree that is a chain of splits."""
    nodes = 2 * depth + 1
    left = np.full(nodes, -1, "<i4")
    left[0::2][:depth] = np.arange(1, nodes, 2)
    left[0] = 1
    return {
        "nodes": np.array([nodes], "<i4"),
        "group": np.zeros(1, "<i4"),
        "rounds": np.array([0, 1], "<i4"),
        "left": left,
        "feature": np.zeros(nodes, "<i4"),
        "threshold": np.zeros(nodes, "<f4"),
        "default_left": np.zeros(nodes, "|b1"),
        "weight": np.zeros(nodes, "<f4"),
        "outputs": 1,
        "num_parallel_tree": 1,
    }


def test_a_tree_deeper_than_recursion_should_go_is_refused() -> None:
    check_trees(chain(1000), 1, 1, dart=False)
    for depth in (1001, 40_000):
        with pytest.raises(Unsound, match="deeper than 1000"):
            check_trees(chain(depth), 1, 1, dart=False)


def test_sets_of_categories_take_no_more_than_what_is_stored_allows() -> None:
    """Few numbers, each of which asks for two megabytes."""
    trees = chain(400)
    places = np.flatnonzero(trees["left"] >= 0)
    trees["categorical"] = places.astype("<i8")
    trees["chosen"] = np.ones(len(places), "<i4")
    trees["categories"] = np.full(len(places), 1000, "<i4")
    check_trees(trees, 1, 1, dart=False)
    trees["categories"] = np.full(len(places), (1 << 24) - 1, "<i4")
    with pytest.raises(Unsound, match="too large"):
        check_trees(trees, 1, 1, dart=False)


def test_a_model_of_no_known_shape_is_refused() -> None:
    for part in range(3):
        parts = list(copy.deepcopy(parts_of("plain")))
        parts[part] = []
        with pytest.raises(Unsound):
            sound(Parts(*parts))


def test_an_archive_that_breaks_a_rule_is_refused_with_its_path() -> None:
    specimen = Specimen({"model": train("plain")})
    specimen.audit()
    specimen.change(0, 10**6, "model", "args", 1, "left")
    with pytest.raises(
        InvalidStateError, match=r"model\S*: xgboost.Booster: a child is not one of"
    ):
        specimen.audit()


def test_what_would_not_load_is_not_saved() -> None:
    with pytest.raises(UnsupportedError, match="could not be restored"):
        reduce_bytes(b"{}")
