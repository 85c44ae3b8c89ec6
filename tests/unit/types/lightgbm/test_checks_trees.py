"""Each rule about trees refuses columns that break it, and lets through those that do not."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from attacks.lightgbm import _CATEGORIES, _LINEAR, _TREES

from holotype.types.lightgbm.checks_trees import check_trees
from holotype.types.lightgbm.columns import Fault


def columns(*more: dict[str, Any], **changes: Any) -> dict[str, Any]:
    """Two trees of two splits and one; ``changes`` are values for a column."""
    made = dict(_TREES)
    for part in more:
        made |= part
    for name, values in changes.items():
        made[name] = np.array(values, made[name].dtype)
    return made


def chain(depth: int) -> dict[str, Any]:
    """One tree in which every split has the next one and a leaf."""
    left = np.arange(1, depth + 1)
    left[-1] = ~depth
    made = {
        "num_leaves": [depth + 1],
        "num_cat": [0],
        "is_linear": [False],
        "shrinkage": [1.0],
        "left_child": left,
        "right_child": ~np.arange(depth),
    }
    for name in _TREES.keys() - made.keys():
        made[name] = np.zeros(depth + ("leaf" in name))
    return {name: np.array(values, _TREES[name].dtype) for name, values in made.items()}


@pytest.mark.parametrize("more", [(), (_CATEGORIES,), (_LINEAR,), (_CATEGORIES, _LINEAR)])
def test_honest_trees_pass(more: tuple[dict[str, Any], ...]) -> None:
    check_trees(columns(*more), 3, 1)
    check_trees(columns(*more), 3, 2)


def test_no_trees_at_all_pass() -> None:
    check_trees({name: values[:0] for name, values in _TREES.items()}, 1, 5)


def test_trees_of_one_leaf_pass() -> None:
    stumps = {name: values[:0] for name, values in _TREES.items()}
    for name in ("num_leaves", "num_cat", "is_linear", "shrinkage"):
        stumps[name] = np.ones(2, _TREES[name].dtype) * (name in ("num_leaves", "shrinkage"))
    for name in ("leaf_value", "leaf_weight", "leaf_count"):
        stumps[name] = _TREES[name][:2]
    stumps["is_linear"] = np.zeros(2, bool)
    check_trees(stumps, 1, 1)


def test_a_chain_is_a_tree_as_deep_as_lightgbm_can_descend() -> None:
    check_trees(chain(1024), 1, 1)
    with pytest.raises(Fault, match="deeper than 1024"):
        check_trees(chain(1025), 1, 1)


_BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a child before its parent": ({"left_child": [0, -1, -1]}, "later split"),
    "a child in the next tree": ({"left_child": [2, -1, -1]}, "later split"),
    "a leaf of the next tree": ({"right_child": [-2, -4, -2]}, "leaf of its tree"),
    "a leaf far away": ({"right_child": [-2, -(2**31), -2]}, "leaf of its tree"),
    "a leaf twice": ({"right_child": [-2, -2, -2]}, "child of no split"),
    "a split of nobody": ({"left_child": [-3, -1, -1]}, "child of no split"),
    "a leaf left out": ({"left_child": [1, -3, -1]}, "child of no split"),
    "a feature too many": ({"split_feature": [0, 3, 0]}, "feature"),
    "a feature too few": ({"split_feature": [0, -1, 0]}, "feature"),
    "a kind of missing values": ({"decision_type": [2, 12, 0]}, "decision_type"),
    "a negative kind": ({"decision_type": [-1, 2, 0]}, "decision_type"),
    "no leaves": ({"num_leaves": [5, 0]}, "no leaf"),
    "leaves of another tree": ({"num_leaves": [2, 3]}, "later split"),
    "leaves that are not there": ({"num_leaves": [3, 4]}, "split_feature"),
    "values that are missing": ({"leaf_value": [0.0]}, "leaf_value"),
    "shrinkage": ({"shrinkage": [1.0, np.inf]}, "shrinkage"),
    "one shrinkage": ({"shrinkage": [1.0]}, "shrinkage"),
    "negative categories": ({"num_cat": [0, -1]}, "num_cat"),
    "categories that are missing": ({"num_cat": [0, 1]}, "num_cat"),
    "a split by none": ({"decision_type": [2, 0, 1]}, "category"),
    "a linear tree without terms": ({"is_linear": [True, False]}, "coefficients"),
}


@pytest.mark.parametrize("name", _BROKEN)
def test_a_broken_tree_is_refused(name: str) -> None:
    changes, said = _BROKEN[name]
    with pytest.raises(Fault, match=said):
        check_trees(columns(**changes), 3, 1)


_CATEGORIES_BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "the next category": ({"threshold": [0, 0, 1.0]}, "category"),
    "a negative one": ({"threshold": [0, 0, -1.0]}, "category"),
    "half a one": ({"threshold": [0, 0, 0.5]}, "category"),
    "none": ({"threshold": [0, 0, np.nan]}, "category"),
    "in the other tree": ({"decision_type": [1, 0, 0]}, "category"),
    "a late start": ({"cat_boundaries": [1, 2]}, "rise from 0"),
    "backwards": ({"num_cat": [0, 2], "cat_boundaries": [0, 3, 2]}, "rise from 0"),
    "too many words": ({"cat_boundaries": [0, 3]}, "divide"),
    "too few words": ({"cat_boundaries": [0, 1]}, "divide"),
    "one boundary": ({"cat_boundaries": [0]}, "cat_boundaries"),
    "of the tree that has none": ({"num_cat": [1, 1]}, "cat_boundaries"),
    "of no tree": ({"num_cat": [0, 0], "decision_type": [0, 0, 0]}, "cat_boundaries"),
}


@pytest.mark.parametrize("name", _CATEGORIES_BROKEN)
def test_broken_categories_are_refused(name: str) -> None:
    changes, said = _CATEGORIES_BROKEN[name]
    with pytest.raises(Fault, match=said):
        check_trees(columns(_CATEGORIES, **changes), 3, 1)


_LINEAR_BROKEN: dict[str, tuple[dict[str, Any], str]] = {
    "a feature too many": ({"leaf_features": [3]}, "feature"),
    "a feature too few": ({"leaf_features": [-1]}, "feature"),
    "a term too many": ({"num_features": [1, 1]}, "leaf_features"),
    "a term less than none": ({"num_features": [2, -1]}, "less than no"),
    "constants of fewer leaves": ({"leaf_const": [1.0]}, "leaf_const"),
    "of no tree": ({"is_linear": [False, False]}, "no tree is linear"),
    "of the other tree": ({"is_linear": [True, False]}, "leaf_const"),
    "subnormal": ({"leaf_coeff": [2e-308]}, "so small"),
    "subnormal constant": ({"leaf_const": [0.0, -5e-324]}, "so small"),
}


@pytest.mark.parametrize("name", _LINEAR_BROKEN)
def test_broken_linear_leaves_are_refused(name: str) -> None:
    changes, said = _LINEAR_BROKEN[name]
    with pytest.raises(Fault, match=said):
        check_trees(columns(_LINEAR, **changes), 3, 1)


@pytest.mark.parametrize("name", [*_TREES, *_CATEGORIES, *_LINEAR])
def test_a_column_of_another_form_is_refused(name: str) -> None:
    honest = columns(_CATEGORIES, _LINEAR)
    others: Any = (honest[name].astype("<f4"), honest[name][None], honest[name].tolist(), None)
    for other in others:
        with pytest.raises(Fault, match=f"{name} is not a flat array"):
            check_trees({**honest, name: other}, 3, 1)
    with pytest.raises(Fault, match="lacks or should not have"):
        check_trees({each: honest[each] for each in honest if each != name}, 3, 1)


def test_columns_that_are_not_known_are_refused() -> None:
    with pytest.raises(Fault, match="more"):
        check_trees(columns() | {"more": np.zeros(3)}, 3, 1)
    with pytest.raises(Fault, match="not columns by name"):
        check_trees([*columns().values()], 3, 1)  # type: ignore[arg-type]


def test_an_iteration_that_is_not_whole_is_refused() -> None:
    with pytest.raises(Fault, match="last iteration"):
        check_trees(columns(), 3, 3)
