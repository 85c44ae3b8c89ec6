"""LightGBM: a text that its loader believes, trees that its code walks, words that set parameters.

Made by hand from two small trees, so that the files are the same wherever they are made.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError

_TREES: dict[str, Any] = {
    "num_leaves": np.array([3, 2], "<i4"),
    "num_cat": np.zeros(2, "<i4"),
    "is_linear": np.zeros(2, "|b1"),
    "shrinkage": np.array([1.0, 0.1]),
    "split_feature": np.array([0, 1, 2], "<i4"),
    "split_gain": np.array([4.0, 2.0, 1.0]),
    "threshold": np.array([0.5, -1.5, 0.25]),
    "decision_type": np.array([2, 10, 0], "|i1"),
    "left_child": np.array([1, -1, -1], "<i4"),
    "right_child": np.array([-2, -3, -2], "<i4"),
    "internal_value": np.zeros(3),
    "internal_weight": np.array([9.0, 6.0, 9.0]),
    "internal_count": np.array([9, 6, 9], "<i4"),
    "leaf_value": np.array([0.1, 0.2, 0.3, -0.5, 0.5]),
    "leaf_weight": np.array([3.0, 3.0, 3.0, 4.0, 5.0]),
    "leaf_count": np.array([3, 3, 3, 4, 5], "<i4"),
}
# The second tree splits by category: words 0 and 1 of its own.
_CATEGORIES: dict[str, Any] = {
    "num_cat": np.array([0, 1], "<i4"),
    "decision_type": np.array([2, 10, 1], "|i1"),
    "threshold": np.array([0.5, -1.5, 0.0]),
    "cat_boundaries": np.array([0, 2], "<i4"),
    "cat_threshold": np.array([5, 1], "<u4"),
}
# Its leaves are linear, the first one in feature 0.
_LINEAR: dict[str, Any] = {
    "is_linear": np.array([False, True]),
    "leaf_const": np.array([0.5, 0.25]),
    "num_features": np.array([1, 0], "<i4"),
    "leaf_features": np.array([0], "<i4"),
    "leaf_coeff": np.array([1.5]),
}


_PARAMETERS: dict[str, Any] = {
    "boosting_type": "gbdt",
    "class_weight": None,
    "colsample_bytree": 1.0,
    "importance_type": "split",
    "learning_rate": 0.1,
    "max_depth": -1,
    "min_child_samples": 20,
    "min_child_weight": 0.001,
    "min_split_gain": 0.0,
    "n_estimators": 2,
    "n_jobs": 1,
    "num_leaves": 31,
    "objective": None,
    "random_state": None,
    "reg_alpha": 0.0,
    "reg_lambda": 0.0,
    "subsample": 1.0,
    "subsample_for_bin": 200000,
    "subsample_freq": 0,
}


def dictionary(members: Mapping[str, Any]) -> dict[str, Any]:
    """The node of a dict."""
    return {"dict": [[name, value] for name, value in members.items()]}


def texts(*values: str) -> dict[str, Any]:
    """The node of a list of text."""
    return {"list": list(values)}


def booster(
    trees: Mapping[str, Any] = {},
    *,
    state: Mapping[str, Any] = {},
    **header: Any,
) -> tuple[dict[str, Any], dict[str, Any]]:
    """The node of a Booster of three features and its arrays, changed in some members."""
    columns = {**_TREES, **trees}
    said = {
        "num_class": 1,
        "label_index": 0,
        "objective": "regression",
        "average_output": False,
        "feature_names": texts("a", "b", "c"),
        "feature_infos": texts("[-2:2.5]", "none", "0:1:7"),
        "monotone_constraints": None,
        "parameters": dictionary({"boosting": "gbdt", "linear_tree": "0"}),
        **header,
    }
    kept = {
        "best_iteration": -1,
        "best_score": {"dict": []},
        "params": {"dict": []},
        "pandas_categorical": None,
        **state,
    }
    named = {name: array(name, values) for name, values in columns.items()}
    args = [dictionary(said), dictionary(named)]
    return {"args": args, "call": "lightgbm.Booster", "state": dictionary(kept)}, columns


def forged(
    trees: Mapping[str, Any] = {},
    **changes: Any,
) -> bytes:
    """An archive of this Booster."""
    root, arrays = booster(trees, **changes)
    return reseal(blueprint(root), arrays)


def estimator(**changes: Any) -> bytes:
    """An archive of a fitted regressor around the honest Booster."""
    node, arrays = booster()
    state = {
        **_PARAMETERS,
        "_Booster": node,
        "_n_classes": -1,
        "_n_features": 3,
        "_n_features_in": 3,
        "_objective": "regression",
        "_other_params": {"dict": []},
        "fitted_": True,
        **changes,
    }
    return reseal(blueprint({"object": "lightgbm.LGBMRegressor", "state": state}), arrays)


def column(name: str, *values: Any) -> bytes:
    """An archive in which one column is this."""
    known: Any = (_TREES | _CATEGORICAL_COLUMNS)[name]
    return forged({name: np.array(values, known.dtype)})


_CATEGORICAL_COLUMNS: dict[str, Any] = {**_CATEGORIES, **_LINEAR}


# --------------------------------------------------------------------------------------- the trees


@attack(InvalidStateError)
def a_split_that_is_its_own_child() -> bytes:
    """A tree in which a prediction never comes to a leaf."""
    return column("left_child", 1, 1, -1)


@attack(InvalidStateError)
def a_split_that_leads_back() -> bytes:
    """The same by way of the root."""
    return column("left_child", 1, 0, -1)


@attack(InvalidStateError)
def a_child_far_away() -> bytes:
    """A split whose child is no split of any tree."""
    return column("left_child", 2**30, -1, -1)


@attack(InvalidStateError)
def a_leaf_far_away() -> bytes:
    """A leaf behind the table of leaves, from which a value is read."""
    return column("right_child", -2, -(2**31), -2)


@attack(InvalidStateError)
def a_leaf_of_the_next_tree() -> bytes:
    """One more leaf than the tree has."""
    return column("right_child", -2, -4, -2)


@attack(InvalidStateError)
def a_leaf_of_two_splits() -> bytes:
    """A leaf that is reached twice, and another one never."""
    return column("right_child", -2, -2, -2)


@attack(InvalidStateError)
def a_feature_that_x_does_not_have() -> bytes:
    """A split that reads behind the values of a row."""
    return column("split_feature", 0, 3, 2)


@attack(InvalidStateError)
def a_feature_before_the_first() -> bytes:
    """A split that reads in front of them."""
    return column("split_feature", 0, -1, 2)


@attack(InvalidStateError)
def a_tree_without_leaves() -> bytes:
    """A tree that has no leaf, of which the first one is read."""
    return column("num_leaves", 3, 0)


@attack(InvalidStateError)
def more_leaves_than_are_stored() -> bytes:
    """A tree that says it has two thousand million leaves, for which the loader makes room."""
    return column("num_leaves", 3, 2**31 - 1)


@attack(InvalidStateError)
def leaves_of_which_there_are_fewer() -> bytes:
    """Values of fewer leaves than the trees have."""
    return column("leaf_value", 0.1, 0.2, 0.3, -0.5)


@attack(InvalidStateError)
def numbers_of_another_width() -> bytes:
    """Children of eight bytes where there are four."""
    return forged({"left_child": np.array([1, -1, -1], "<i8")})


@attack(InvalidStateError)
def a_tree_as_deep_as_it_is_large() -> bytes:
    """A chain of a hundred thousand splits, along which LightGBM calls itself."""
    count = 100_000
    splits, leaves = np.zeros(count), np.zeros(count + 1)
    left = np.arange(1, count + 1)
    left[-1] = -1 - count
    chain = {
        "num_leaves": np.array([count + 1], "<i4"),
        "num_cat": np.zeros(1, "<i4"),
        "is_linear": np.zeros(1, "|b1"),
        "shrinkage": np.ones(1),
        "left_child": left.astype("<i4"),
        "right_child": ~np.arange(count, dtype="<i4"),
    }
    for name, values in _TREES.items():
        if name not in chain:
            chain[name] = (leaves if "leaf" in name else splits).astype(values.dtype)
    return forged(chain)


@attack(InvalidStateError)
def missing_values_of_no_kind() -> bytes:
    """A split with the fourth kind of missing values, of which there are three."""
    return column("decision_type", 2, 14, 0)


# --------------------------------------------------------------------- categories and linear trees


@attack(InvalidStateError)
def a_category_behind_the_last() -> bytes:
    """A categorical split with the second of one set of categories."""
    return forged({**_CATEGORIES, "threshold": np.array([0.5, -1.5, 1.0])})


@attack(InvalidStateError)
def a_category_that_is_no_number() -> bytes:
    """A categorical split whose set is number NaN, which becomes any integer."""
    return forged({**_CATEGORIES, "threshold": np.array([0.5, -1.5, np.nan])})


@attack(InvalidStateError)
def a_category_in_a_tree_without() -> bytes:
    """A categorical split in a tree that says it has none."""
    return column("decision_type", 2, 10, 1)


@attack(InvalidStateError)
def words_behind_the_last() -> bytes:
    """Categories whose bits stand behind the table of bits."""
    return forged({**_CATEGORIES, "cat_boundaries": np.array([0, 2**20], "<i4")})


@attack(InvalidStateError)
def words_before_the_first() -> bytes:
    """Categories whose bits stand in front of it."""
    return forged({**_CATEGORIES, "cat_boundaries": np.array([-(2**20), 2], "<i4")})


@attack(InvalidStateError)
def coefficients_of_a_feature_that_is_not_there() -> bytes:
    """A linear leaf that multiplies what stands behind a row."""
    return forged({**_LINEAR, "leaf_features": np.array([2**28], "<i4")})


@attack(InvalidStateError)
def more_coefficients_than_are_stored() -> bytes:
    """A linear leaf that says it has more coefficients than there are."""
    return forged({**_LINEAR, "num_features": np.array([2**30, 0], "<i4")})


@attack(InvalidStateError)
def fewer_than_no_coefficients() -> bytes:
    """A leaf with one coefficient too many, and one with minus one."""
    return forged(
        {**_LINEAR, "num_features": np.array([2, -1], "<i4"), "leaf_features": np.zeros(1, "<i4")}
    )


@attack(InvalidStateError)
def a_coefficient_that_is_next_to_nothing() -> bytes:
    """A linear leaf with a subnormal number, on which LightGBM's loader ends the process."""
    return forged({**_LINEAR, "leaf_coeff": np.array([1e-320])})


# -------------------------------------------------------------------------------------- the header


@attack(InvalidStateError)
def classes_that_are_not_predicted() -> bytes:
    """An objective of a thousand classes, which writes as many numbers into room for one."""
    return forged(objective="multiclass num_class:1000")


@attack(InvalidStateError)
def classes_without_trees() -> bytes:
    """Two trees in groups of three."""
    return forged(num_class=3, objective="multiclass num_class:3")


@attack(InvalidStateError)
def a_million_classes() -> bytes:
    """Of whose pairs LightGBM makes a table before it predicts."""
    return forged(num_class=10**6, objective=None)


@attack(InvalidStateError)
def an_objective_that_ends_its_line() -> bytes:
    """An objective with a second line, which says that there are more features."""
    return forged(objective="regression\nmax_feature_idx=1000000")


@attack(InvalidStateError)
def an_objective_of_its_own() -> bytes:
    """An objective that LightGBM does not have."""
    return forged(objective="regression sqrt custom:1")


@attack(InvalidStateError)
def a_name_that_ends_its_line() -> bytes:
    """A feature's name after which trees of the file's own text follow."""
    return forged(feature_names=texts("a", "b", "c\ntree_sizes=100000000\n\nTree=0"))


@attack(InvalidStateError)
def a_name_that_is_two() -> bytes:
    """A feature's name with a space in it, so that there are more names than features."""
    return forged(feature_names=texts("a", "b c", "d"))


@attack(InvalidStateError)
def a_name_that_is_nothing() -> bytes:
    """A feature's name that is empty, so that there are fewer."""
    return forged(feature_names=texts("a", "", "c"))


@attack(InvalidStateError)
def more_names_than_facts() -> bytes:
    """More features than facts about them."""
    return forged(feature_names=texts("a", "b", "c", "d"))


@attack(InvalidStateError)
def a_range_with_one_end() -> bytes:
    """A fact about a feature whose second half is read where there is none."""
    return forged(feature_infos=texts("[1]", "none", "none"))


@attack(InvalidStateError)
def a_parameter_that_ends_its_line() -> bytes:
    """A parameter after which the parameters end, and a parser of the file's own choice begins."""
    lines = "gbdt]\n\nend of parameters\n\nparser:\n{}"
    return forged(parameters=dictionary({"boosting": lines}))


@attack(InvalidStateError)
def a_parameter_without_a_name() -> bytes:
    """A parameter whose name is a colon, where text is cut without looking."""
    return forged(parameters=dictionary({":": ""}))


@attack(InvalidStateError)
def a_fact_said_a_thousand_times() -> bytes:
    """A fact of a hundred kilobytes, once in the file and again for every feature."""
    fact = {"list": {"column": "repeat", "count": 1000, "value": "1" + ":1" * 50_000}}
    names = texts(*(f"f{i}" for i in range(1000)))
    return forged(feature_names=names, feature_infos=fact)


@attack(InvalidStateError)
def an_iteration_that_is_no_number() -> bytes:
    """A best iteration that is an object, handed over as a C integer."""
    return forged(state={"best_iteration": "1"})


@attack(InvalidStateError)
def a_pointer_as_an_attribute() -> bytes:
    """An address where LightGBM keeps its own, which it would follow and free."""
    return forged(state={"_handle": 1234567})


# ---------------------------------------------------------------------------------- the estimators


@attack(InvalidStateError)
def more_threads_than_can_be_started() -> bytes:
    """A million threads to predict with, whose library ends the process when it cannot."""
    return estimator(n_jobs=10**6)


@attack(InvalidStateError)
def threads_by_another_name() -> bytes:
    """The same by another name of the parameter."""
    return estimator(_other_params=dictionary({"nthread": 10**6}))


@attack(InvalidStateError)
def threads_in_another_parameter() -> bytes:
    """The same in the text of a parameter that has nothing to do with it."""
    return estimator(boosting_type="gbdt num_threads=1000000")


@attack(InvalidStateError)
def threads_in_the_objective() -> bytes:
    """The same in the name of the objective that the model was fitted with."""
    return estimator(_objective="regression num_threads=1000000")


@attack(InvalidStateError)
def threads_in_the_name_of_a_parameter() -> bytes:
    """The same in the name of one."""
    return estimator(_other_params=dictionary({"a=1 num_threads": 10**6}))


@attack(InvalidStateError)
def threads_in_a_list() -> bytes:
    """The same in a list of metrics."""
    return estimator(metric=texts("l2", "l1 num_threads=1000000"))


@attack(InvalidStateError)
def pairs_of_a_million_classes() -> bytes:
    """A number of classes of whose pairs a table is made."""
    return estimator(_other_params=dictionary({"num_class": 10**6}))


@attack(InvalidStateError)
def classes_that_nobody_counted() -> bytes:
    """The same by what the estimator says of itself."""
    return estimator(_n_classes=10**6)


@attack(InvalidStateError)
def a_booster_that_is_none() -> bytes:
    """An estimator whose Booster is another estimator."""
    other: dict[str, Any] = {"object": "lightgbm.LGBMModel", "state": {"n_jobs": 1}}
    state = {**_PARAMETERS, "_Booster": other, "_n_features": 3, "fitted_": True}
    return reseal(blueprint({"object": "lightgbm.LGBMRegressor", "state": state}))


@attack(InvalidStateError)
def features_that_its_booster_does_not_have() -> bytes:
    """An estimator that lets wider rows pass than its Booster has features."""
    return estimator(_n_features=300, _n_features_in=300)
