"""Real trees come back bit by bit and much smaller; no other arrays, and no damage, do harm."""

from __future__ import annotations

import json
import zlib
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest

from holotype.codec import Coded, Trees, decode_trees, encode_trees
from holotype.codec.trees.shape import Misfit, depth_first
from holotype.errors import FormatError

pytest.importorskip("sklearn", reason="these are scikit-learn's trees")

from sklearn.datasets import load_breast_cancer, load_diabetes, load_digits, load_iris
from sklearn.ensemble import (
    ExtraTreesClassifier,
    ExtraTreesRegressor,
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    HistGradientBoostingRegressor,
    IsolationForest,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.tree import DecisionTreeClassifier, DecisionTreeRegressor


def trees_of(model: Any) -> Trees:
    estimators = np.ravel(getattr(model, "estimators_", [model]))
    states = [estimator.tree_.__getstate__() for estimator in estimators]
    return Trees([_clean(state["nodes"]) for state in states], [s["values"] for s in states])


def _clean(nodes: np.ndarray) -> np.ndarray:
    """Padding zero, as archives have it."""
    result = np.zeros(len(nodes), nodes.dtype)
    for name in nodes.dtype.names:
        result[name] = nodes[name]
    return result


def raw(trees: Trees) -> list[bytes]:
    return [bytes(a.view(f"V{a.itemsize}").view(np.uint8)) for part in trees for a in part]


def again(coded: Coded, like: Trees, body: bytes | None = None) -> Trees:
    return decode_trees(
        json.loads(json.dumps(coded.header)),
        coded.body() if body is None else body,
        nodes=like.nodes[0].dtype,
        values=like.values[0].dtype,
        tail=like.values[0].shape[1:],
        counts=[len(nodes) for nodes in like.nodes],
    )


def semantic(coded: Coded) -> bool:
    """Whether every batch was taken for trees."""
    return all(frame[0] == 1 for frame in coded.frames[1:])


BREAST, DIABETES = load_breast_cancer(return_X_y=True), load_diabetes(return_X_y=True)
DIGITS, IRIS = load_digits(return_X_y=True), load_iris(return_X_y=True)
MANY_TARGETS = (DIABETES[0], np.c_[DIABETES[1], DIABETES[0][:, 2]])
MANY_CLASSES = (DIGITS[0], np.c_[DIGITS[1], DIGITS[1] % 3])
WEIGHTS = np.random.default_rng(0).random(1797)

# What was seen, rounded down: how many times smaller than zlib at level 3 makes the same bytes.
CASES = {
    "classifier": (RandomForestClassifier(20, random_state=0).fit(*DIGITS), 9),
    "two classes": (RandomForestClassifier(20, random_state=0).fit(*BREAST), 4),
    "entropy": (RandomForestClassifier(9, criterion="entropy", random_state=0).fit(*IRIS), 2),
    "shallow": (RandomForestClassifier(20, max_depth=5, random_state=0).fit(*DIGITS), 4),
    "best first": (DecisionTreeClassifier(max_leaf_nodes=90, random_state=0).fit(*DIGITS), 4),
    "class weights": (
        RandomForestClassifier(20, class_weight="balanced", random_state=0).fit(*DIGITS),
        7,
    ),
    "sample weights": (DecisionTreeClassifier(random_state=0).fit(*DIGITS, WEIGHTS), 2.2),
    "several outputs": (RandomForestClassifier(9, random_state=0).fit(*MANY_CLASSES), 8),
    "extra": (ExtraTreesClassifier(20, random_state=0).fit(*DIGITS), 4),
    "regressor": (RandomForestRegressor(50, random_state=0).fit(*DIABETES), 5),
    "several targets": (ExtraTreesRegressor(20, random_state=0).fit(*MANY_TARGETS), 2),
    "absolute error": (
        DecisionTreeRegressor(criterion="absolute_error", random_state=0).fit(*DIABETES),
        1.4,
    ),
    "isolation": (IsolationForest(random_state=0).fit(DIGITS[0]), 2),
    "boosting": (GradientBoostingClassifier(n_estimators=50, random_state=0).fit(*BREAST), 1.2),
    "stump": (DecisionTreeClassifier(max_depth=1).fit(*IRIS), 0.8),
    "only a root": (DecisionTreeClassifier().fit([[0.0]], [1]), 0.5),
}


@pytest.mark.parametrize("name", CASES)
def test_trees_come_back_bit_by_bit_and_much_smaller(name: str) -> None:
    model, times = CASES[name]
    trees = trees_of(model)
    coded = encode_trees(trees)
    assert raw(again(coded, trees)) == raw(trees)
    assert semantic(coded)
    assert coded.size * times < len(zlib.compress(b"".join(raw(trees)), 3))


def test_a_large_forest_is_cut_into_batches_of_whole_trees() -> None:
    part = trees_of(CASES["classifier"][0])
    trees = Trees(part.nodes * 24, part.values * 24)
    coded = encode_trees(trees)
    assert len(coded.header["batches"]) > 1
    assert sum(coded.header["batches"]) == len(trees.nodes)
    assert raw(again(coded, trees)) == raw(trees)


def test_what_lies_between_fields_is_kept() -> None:
    trees = trees_of(CASES["classifier"][0])
    trees.nodes[3].view(np.uint8).reshape(-1, 64)[:, 57:] = 171
    coded = encode_trees(trees)
    assert semantic(coded)
    assert raw(again(coded, trees)) == raw(trees)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left_child", 0),
        ("left_child", -(2**63)),
        ("right_child", 5),
        ("right_child", 2**62),
        ("feature", -1),
        ("feature", 2**40),
        ("threshold", np.nan),
        ("threshold", -0.0),
        ("impurity", -np.inf),
        ("n_node_samples", 2**62),
        ("weighted_n_node_samples", 0.0),
        ("weighted_n_node_samples", np.nan),
        ("weighted_n_node_samples", -1e300),
        ("missing_go_to_left", 7),
    ],
)
@pytest.mark.parametrize("name", ["classifier", "regressor", "best first"])
@pytest.mark.parametrize("node", [0, 1, -1])
def test_nodes_that_no_tree_has_come_back_as_well(
    name: str, field: str, value: float, node: int
) -> None:
    part = trees_of(CASES[name][0])
    trees = Trees([part.nodes[0].copy()], [part.values[0]])
    trees.nodes[0][field][node] = value
    coded = encode_trees(trees)
    assert raw(again(coded, trees)) == raw(trees)


@pytest.mark.parametrize("value", [np.nan, -0.0, np.inf, 1e300, 0.3])
@pytest.mark.parametrize("name", ["classifier", "regressor"])
def test_values_that_no_tree_has_come_back_as_well(name: str, value: float) -> None:
    part = trees_of(CASES[name][0])
    trees = Trees(part.nodes[:2], [part.values[0].copy(), part.values[1].copy()])
    trees.values[0][[0, 4, -1]] = value
    coded = encode_trees(trees)
    assert raw(again(coded, trees)) == raw(trees)


def test_arrays_that_are_no_trees_come_back_as_well() -> None:
    random = np.random.default_rng(0)
    trees = Trees(
        [random.integers(0, 9, 50) for _ in range(3)], [random.random((50, 2)) for _ in range(3)]
    )
    coded = encode_trees(trees)
    assert raw(again(coded, trees)) == raw(trees)


def test_trees_before_missing_values_come_back_too() -> None:
    part = trees_of(CASES["classifier"][0])
    names = part.nodes[0].dtype.names[:-1]
    old = np.dtype([(name, part.nodes[0].dtype[name]) for name in names])
    trees = Trees(
        [np.array([tuple(row)[:-1] for row in nodes], old) for nodes in part.nodes[:3]],
        [  # class counts, as they were before 1.3
            np.rint(values * nodes["weighted_n_node_samples"][:, None, None])
            for nodes, values in zip(part.nodes[:3], part.values[:3], strict=True)
        ],
    )
    coded = encode_trees(trees)
    assert semantic(coded)
    assert raw(again(coded, trees)) == raw(trees)
    assert coded.size * 20 < sum(map(len, raw(trees)))


def _deep() -> npt.NDArray[Any]:
    """The nodes of a tree of which every left child is a leaf."""
    nodes = np.zeros(20001, trees_of(CASES["stump"][0]).nodes[0].dtype)
    nodes["left_child"] = nodes["right_child"] = -1
    inner = np.arange(0, len(nodes) - 1, 2)
    nodes["left_child"][inner], nodes["right_child"][inner] = inner + 1, inner + 2
    nodes["feature"] = np.where(nodes["left_child"] < 0, -2, 0)
    nodes["threshold"] = np.where(nodes["left_child"] < 0, -2.0, 0.5)
    nodes["n_node_samples"] = (len(nodes) + 1 - np.arange(len(nodes))) // 2
    nodes["n_node_samples"][inner + 1] = 1
    nodes["weighted_n_node_samples"] = nodes["n_node_samples"]
    return nodes


def test_a_tree_as_deep_as_it_has_leaves_is_a_tree() -> None:
    nodes = _deep()
    trees = Trees([nodes], [np.zeros((len(nodes), 1, 1))])
    coded = encode_trees(trees)
    assert semantic(coded)
    assert raw(again(coded, trees)) == raw(trees)


def test_means_of_a_tree_that_deep_are_stored_by_the_general_layers() -> None:
    nodes = _deep()
    weights = nodes["weighted_n_node_samples"]
    values = np.random.default_rng(0).standard_normal(len(nodes))
    for node in range(len(nodes) - 3, -1, -2):
        left, right = node + 1, node + 2
        total = values[left] * weights[left] + values[right] * weights[right]
        values[node] = total / weights[node]
    trees = Trees([nodes], [values.reshape(-1, 1, 1)])
    coded = encode_trees(trees)
    assert not semantic(coded)
    assert raw(again(coded, trees)) == raw(trees)


@pytest.mark.parametrize("name", ["classifier", "best first", "regressor", "sample weights"])
def test_damage_gives_a_format_error_or_other_trees(name: str) -> None:
    part = trees_of(CASES[name][0])
    trees = Trees(part.nodes[:1], part.values[:1])
    coded = encode_trees(trees)
    body = coded.body()
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(400):
        damaged = bytearray(body)
        for _ in range(random.integers(1, 4)):
            # The places that say how to read the rest stand in front.
            at = random.integers(min(len(body), random.choice([20, 300, len(body)])))
            damaged[at] ^= random.integers(1, 256)
        try:
            result = again(coded, trees, bytes(damaged))
        except FormatError:
            refused += 1
            continue
        assert result.nodes[0].shape == trees.nodes[0].shape
    assert refused > 20
    for cut in random.integers(0, len(body), 50):
        with pytest.raises(FormatError):
            again(coded, trees, body[:cut])


def test_the_caller_says_how_many_nodes_there_are() -> None:
    trees = trees_of(CASES["stump"][0])
    coded = encode_trees(trees)
    for counts in ([2], [5], [3, 3], [], [0], [1, 2]):
        with pytest.raises(FormatError):
            decode_trees(
                coded.header,
                coded.body(),
                nodes=trees.nodes[0].dtype,
                values=trees.values[0].dtype,
                tail=trees.values[0].shape[1:],
                counts=counts,
            )


def predictors_of(model: Any) -> Trees:
    nodes = [tree.nodes for iteration in model._predictors for tree in iteration]
    return Trees(nodes, [np.empty((len(each), 0)) for each in nodes])


# And what was seen, rounded down, over zlib at level 3.
HISTOGRAMS = {
    "regressor": (HistGradientBoostingRegressor(max_iter=50, random_state=0).fit(*DIABETES), 2.7),
    "second norm": (
        HistGradientBoostingRegressor(max_iter=50, l2_regularization=2.5).fit(*DIABETES),
        2.3,
    ),
    "poisson": (HistGradientBoostingRegressor(max_iter=50, loss="poisson").fit(*DIABETES), 1.6),
    "classes": (HistGradientBoostingClassifier(max_iter=5, random_state=0).fit(*DIGITS), 1.7),
    "categories": (
        HistGradientBoostingRegressor(max_iter=50, categorical_features=[0, 3], random_state=0).fit(
            np.where(DIGITS[0] == 5, np.nan, DIGITS[0])[:, 18:30], DIGITS[1]
        ),
        2.5,
    ),
    "one split": (HistGradientBoostingRegressor(max_iter=1, max_leaf_nodes=2).fit(*DIABETES), 0.5),
}


@pytest.mark.parametrize("name", HISTOGRAMS)
def test_predictors_of_histogram_boosting_come_back_bit_by_bit_and_smaller(name: str) -> None:
    model, times = HISTOGRAMS[name]
    trees = predictors_of(model)
    coded = encode_trees(trees)
    assert raw(again(coded, trees)) == raw(trees)
    assert all(frame[0] == 2 for frame in coded.frames[1:])
    assert coded.size * times < len(zlib.compress(b"".join(raw(trees)), 3))


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("left", 2**32 - 1),
        ("right", 1),
        ("is_leaf", 2),
        ("depth", 77),
        ("count", 0),
        ("count", 2**32 - 1),
        ("feature_idx", -1),
        ("feature_idx", 2**50),
        ("num_threshold", -np.inf),
        ("bin_threshold", 255),
        ("value", np.nan),
    ],
)
@pytest.mark.parametrize("node", [0, 1, -1])
def test_predictors_that_no_model_has_come_back_as_well(
    field: str, value: float, node: int
) -> None:
    trees = predictors_of(HISTOGRAMS["regressor"][0])
    trees = Trees([nodes.copy() for nodes in trees.nodes[:3]], trees.values[:3])
    trees.nodes[1][field][node] = value
    assert raw(again(encode_trees(trees), trees)) == raw(trees)


def test_damage_to_predictors_gives_a_format_error_or_others() -> None:
    trees = predictors_of(HISTOGRAMS["categories"][0])
    coded = encode_trees(trees)
    random = np.random.default_rng(1)
    refused = 0
    for _ in range(300):
        damaged = bytearray(coded.body())
        damaged[random.integers(random.choice([40, 300, len(damaged)]))] ^= random.integers(1, 256)
        try:
            again(coded, trees, bytes(damaged))
        except FormatError:
            refused += 1
    assert refused > 20


@pytest.mark.parametrize(
    ("leaves", "counts"),
    [
        ([0, 1], [2]),  # a child is missing
        ([1, 1], [2]),  # two roots
        ([0, 1, 1], [1, 2]),  # cut in the wrong place
        ([0, 0, 1, 1], [4]),
    ],
)
def test_bits_that_are_no_trees_do_not_fit(leaves: list[int], counts: list[int]) -> None:
    with pytest.raises(Misfit):
        depth_first(np.array(leaves, bool), np.array(counts))


def test_trees_of_different_kinds_are_refused() -> None:
    one, other = trees_of(CASES["stump"][0]), trees_of(CASES["regressor"][0])
    with pytest.raises(ValueError, match="all of one kind"):
        encode_trees(Trees([*one.nodes, *other.nodes], [*one.values, *other.values]))
