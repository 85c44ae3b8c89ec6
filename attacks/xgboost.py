"""XGBoost: trees that its loader and predictors walk without looking, sizes that they believe.

Made by hand from two small trees, so that the files are the same wherever they are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError

_HOLE = (1 << 31) - 1  # the feature of a node that was pruned away

# A stump, and a tree of two splits: features 0, 1 and 2.
_TREES: dict[str, Any] = {
    "nodes": np.array([3, 5], "<i4"),
    "group": np.zeros(2, "<i4"),
    "rounds": np.array([0, 1, 2], "<i4"),
    "left": np.array([1, -1, -1, 1, -1, 3, -1, -1], "<i4"),
    "feature": np.array([0, 0, 0, 1, 0, 2, 0, 0], "<i4"),
    "threshold": np.array([0.5, -1.0, 1.0, 0.0, 2.0, 0.25, 3.0, 4.0], "<f4"),
    "default_left": np.array([1, 0, 0, 0, 0, 1, 0, 0], "|b1"),
    "gain": np.zeros(8, "<f4"),
    "cover": np.ones(8, "<f4"),
    "weight": np.zeros(8, "<f4"),
    "outputs": 1,
    "num_parallel_tree": 1,
}
# The same with sets of categories at two splits.
_CATEGORIES: dict[str, Any] = {
    "categorical": np.array([0, 5], "<i8"),
    "chosen": np.array([2, 1], "<i4"),
    "categories": np.array([1, 3, 2], "<i4"),
}
# With vectors of two numbers for leaves, each of which names its row.
_VECTORS: dict[str, Any] = {
    "outputs": 2,
    "weight": np.zeros(16, "<f4"),
    "leaf": np.array([-1, 0, 1, -1, 0, -1, 1, 2], "<i4"),
    "leaf_value": np.zeros(10, "<f4"),
}
# With the second split of the second tree pruned away: a leaf, and two holes.
_PRUNED: dict[str, Any] = {
    "left": np.array([1, -1, -1, 1, -1, -1, -1, -1], "<i4"),
    "feature": np.array([0, 0, 0, 1, 0, 2, _HOLE, _HOLE], "<i4"),
    "default_left": np.array([1, 0, 0, 0, 0, 1, 1, 1], "|b1"),
    "parent": np.array([-1, 0, 0, -1, 0, 0, 2, 2], "<i4"),
}

_MODEL: dict[str, Any] = {
    "attributes": {},
    "base_score": np.array([0.5], "<f4"),
    "boost_from_average": True,
    "booster": "gbtree",
    "feature_names": [],
    "feature_types": [],
    "num_class": 0,
    "num_feature": 3,
    "num_target": 1,
    "objective": {"name": "reg:squarederror", "reg_loss_param": {"scale_pos_weight": "1"}},
    "version": (3, 2, 0),
}
_TRAINING: dict[str, Any] = {
    "booster": {
        "gbtree_train_param": {"process_type": "default", "tree_method": "auto"},
        "specified_updater": False,
        "tree_train_param": {"max_depth": "6"},
        "updater": [],
    },
    "generic_param": {"device": "cpu", "nthread": "0"},
    "learner_train_param": {
        "booster": "gbtree",
        "multi_strategy": "one_output_per_tree",
        "objective": "reg:squarederror",
    },
    "metrics": [{"name": "rmse"}],
}


class _Writer:
    """Makes nodes of values; the arrays it meets get names of their own."""

    def __init__(self) -> None:
        self.arrays: dict[str, Any] = {}

    def node(self, value: Any, name: str) -> Any:
        match value:
            case np.ndarray():
                self.arrays[name] = value
                return array(name, value)
            case dict():
                return {"dict": [[key, self.node(value[key], f"{name}.{key}")] for key in value]}
            case list() | tuple():
                items = [self.node(item, f"{name}.{at}") for at, item in enumerate(value)]
                return {"list" if type(value) is list else "tuple": items}
        return value


def booster(
    trees: Mapping[str, Any] = {},
    model: Mapping[str, Any] = {},
    training: Mapping[str, Any] = {},
    root: Mapping[str, Any] | None = None,
) -> bytes:
    """An archive of a booster with changes to its parts; ``root`` is what stands around it."""
    writer = _Writer()
    parts = ({**_MODEL, **model}, {**_TREES, **trees}, {**_TRAINING, **training})
    args = [writer.node(part, f"args.{at}") for at, part in enumerate(parts)]
    call = {"call": "xgboost.Booster", "args": args}
    if root is None:
        return reseal(blueprint(call), writer.arrays)
    state = {**root, "_Booster": call}
    return reseal(blueprint({"object": "xgboost.XGBRegressor", "state": state}), writer.arrays)


def _changed(column: str, at: int, to: int, of: Mapping[str, Any] = {}) -> dict[str, Any]:
    """The columns ``of``, and one of them with another element."""
    values = {**_TREES, **of}[column].copy()
    values[at] = to
    return {**of, column: values}


# ------------------------------------------------------------------------------------------- trees


@attack(InvalidStateError)
def a_child_after_the_last_node() -> bytes:
    """The last node is a left child, and the predictor takes the one behind it for the right."""
    return booster(_changed("left", 5, 4))


@attack(InvalidStateError)
def a_child_far_outside() -> bytes:
    """A child a billion nodes away."""
    return booster(_changed("left", 0, 10**9))


@attack(InvalidStateError)
def a_node_that_is_its_own_child() -> bytes:
    """A split that leads back to the root: a row would go round for ever."""
    return booster(_changed("left", 5, 0))


@attack(InvalidStateError)
def a_child_of_two_nodes() -> bytes:
    """Two splits with the same children, which could double with every level."""
    return booster(_changed("left", 5, 1))


@attack(InvalidStateError)
def a_feature_that_does_not_exist() -> bytes:
    """A split on feature 10**8 of a row of three."""
    return booster(_changed("feature", 3, 10**8))


@attack(InvalidStateError)
def a_tree_for_another_output() -> bytes:
    """A tree that adds to output 10**6 of one."""
    return booster(_changed("group", 1, 10**6))


@attack(InvalidStateError)
def a_tree_as_deep_as_the_stack() -> bytes:
    """A chain of 50,000 splits, whose depth is measured by recursion."""
    depth = 50_000
    nodes = 2 * depth + 1
    left = np.full(nodes, -1, "<i4")
    left[: nodes - 1 : 2] = np.arange(1, nodes, 2)
    names = ("threshold", "gain", "cover", "weight")
    return booster(
        {
            "nodes": np.array([nodes], "<i4"),
            "group": np.zeros(1, "<i4"),
            "rounds": np.array([0, 1], "<i4"),
            "left": left,
            "feature": np.zeros(nodes, "<i4"),
            "default_left": np.zeros(nodes, "|b1"),
            **dict.fromkeys(names, np.zeros(nodes, "<f4")),
        }
    )


@attack(InvalidStateError)
def a_parent_that_is_no_node() -> bytes:
    """A node that was pruned away, whose parent is read while loading."""
    return booster(_changed("parent", 6, 10**9, _PRUNED))


@attack(InvalidStateError)
def holes_without_parents() -> bytes:
    """The same where parents would be taken from children, and these have none."""
    return booster({**_PRUNED, "parent": np.array([-1, 0, 0, -1, 0, 0, -1, -1], "<i4")})


@attack(InvalidStateError)
def a_child_that_was_pruned() -> bytes:
    """A split whose children are holes, which continue to nowhere."""
    return booster(_changed("left", 5, 3, _PRUNED))


@attack(InvalidStateError)
def rounds_beyond_the_trees() -> bytes:
    """Rounds whose trees do not exist."""
    return booster(_changed("rounds", 1, 10**6))


@attack(InvalidStateError)
def a_round_of_no_trees() -> bytes:
    """No parallel trees: a number that XGBoost divides by."""
    return booster({"num_parallel_tree": 0})


@attack(InvalidStateError)
def a_category_as_large_as_memory() -> bytes:
    """One category, for which XGBoost makes a set of 2**31 bits."""
    return booster(_changed("categories", 2, 2**31 - 1, _CATEGORIES))


@attack(InvalidStateError)
def categories_of_other_splits() -> bytes:
    """A split that takes more categories than there are."""
    return booster(_changed("chosen", 1, 10**6, _CATEGORIES))


@attack(InvalidStateError)
def a_vector_that_does_not_exist() -> bytes:
    """A leaf with the values of row 10**6."""
    trees = _changed("leaf", 4, 10**6, _VECTORS)
    return booster(trees, {"num_target": 2}, _strategy("multi_output_tree"))


@attack(InvalidStateError)
def vectors_longer_than_the_output() -> bytes:
    """Leaves of two numbers, for a model that has one output."""
    return booster(_VECTORS)


@attack(InvalidStateError)
def vectors_that_are_none() -> bytes:
    """A model that is said to have vectors for leaves, and has not."""
    trees = {"group": np.array([0, 1], "<i4")}
    return booster(trees, {"num_target": 2}, _strategy("multi_output_tree"))


def _strategy(name: str) -> dict[str, Any]:
    return {"learner_train_param": {**_TRAINING["learner_train_param"], "multi_strategy": name}}


# --------------------------------------------------------------------------------- sizes and words


@attack(InvalidStateError)
def a_billion_features() -> bytes:
    """Rows of a billion features, of which each thread makes sixty-four."""
    return booster(model={"num_feature": 10**9})


@attack(InvalidStateError)
def a_billion_targets() -> bytes:
    """A billion outputs for every row."""
    return booster(model={"num_target": 10**9})


@attack(InvalidStateError)
def classes_of_none() -> bytes:
    """An objective of no classes, by whose number XGBoost divides."""
    objective = {"name": "multi:softprob", "softmax_multiclass_param": {"num_class": "0"}}
    stated = {**_TRAINING["learner_train_param"], "objective": "multi:softprob"}
    trees = {"group": np.array([0, 1], "<i4")}
    return booster(trees, {"num_class": 2, "objective": objective}, {"learner_train_param": stated})


@attack(InvalidStateError)
def a_best_round_before_the_first() -> bytes:
    """A best iteration of -2: a round that is looked up in front of the table of rounds."""
    return booster(model={"attributes": {"best_iteration": "-2"}}, root={"n_jobs": 1})


@attack(InvalidStateError)
def a_million_threads() -> bytes:
    """As many threads, whose library ends the process when it cannot start one."""
    return booster(training={"generic_param": {"nthread": "1000000"}})


@attack(InvalidStateError)
def a_million_workers() -> bytes:
    """The same asked for by the estimator."""
    return booster(root={"n_jobs": 10**6})


@attack(InvalidStateError)
def quantiles_that_nest() -> bytes:
    """Numbers that are read as JSON, by recursion."""
    name = "reg:quantileerror"
    objective = {"name": name, "quantile_loss_param": {"quantile_alpha": "[" * 100_000}}
    stated = {**_TRAINING["learner_train_param"], "objective": name}
    return booster(model={"objective": objective}, training={"learner_train_param": stated})


@attack(InvalidStateError)
def an_updater_by_path() -> bytes:
    """A part of the trainer that is named by something else than its name."""
    described = {**_TRAINING["booster"], "updater": [{"name": "../../plugin.so"}]}
    return booster(training={"booster": described})


@attack(InvalidStateError)
def category_names_beyond_their_bytes() -> bytes:
    """Names of categories that are compared from far behind their bytes."""
    column = {"offsets": np.array([0, 10**9], "<i4"), "values": np.zeros(2, "|i1")}
    empty = {"offsets": np.zeros(0, "<i4"), "values": np.zeros(0, "|i1")}
    return booster(
        model={"categories": [column, empty, empty], "category_order": np.zeros(1, "<i4")}
    )


@attack(InvalidStateError)
def a_category_order_of_others() -> bytes:
    """An order that leads to category 10**6 of two."""
    column = {"offsets": np.array([0, 1, 2], "<i4"), "values": np.array([97, 98], "|i1")}
    empty = {"offsets": np.zeros(0, "<i4"), "values": np.zeros(0, "|i1")}
    order = np.array([0, 10**6], "<i4")
    return booster(model={"categories": [column, empty, empty], "category_order": order})


@attack(InvalidStateError)
def linear_weights_that_are_too_few() -> bytes:
    """A linear model with fewer weights than features."""
    writer = _Writer()
    trees = {"weight": np.zeros(2, "<f4"), "rounds": 1}
    parts = ({**_MODEL, "booster": "gblinear"}, trees, _TRAINING)
    args = [writer.node(part, f"args.{at}") for at, part in enumerate(parts)]
    return reseal(blueprint({"call": "xgboost.Booster", "args": args}), writer.arrays)


@attack(InvalidStateError)
def an_objective_that_makes_matrices() -> bytes:
    """An objective that is a type, whose contents would be whatever is predicted."""
    return booster(root={"objective": {"name": "scipy.sparse.csr_matrix"}})


@attack(InvalidStateError)
def a_booster_that_is_something_else() -> bytes:
    """An estimator whose booster is a list."""
    state = {"_Booster": {"list": []}, "n_jobs": 1}
    return reseal(blueprint({"object": "xgboost.XGBClassifier", "state": state}))
