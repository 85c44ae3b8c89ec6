"""Tricks with CatBoost models: splits, leaves, hash tables and labels that native code believes."""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError

__all__ = ["archive", "steps", "symmetric", "tables"]

Columns = dict[str, Any]

_FAR = 2**31 - 1
_EMPTY = 2**64 - 1


def symmetric() -> Columns:
    """The columns of an honest model: one tree of two levels over two features."""
    return {
        "dimension": 1,
        "scale": 1.0,
        "bias": np.zeros(1),
        "info": {"params": "{}"},
        "float_features": {
            "index": np.arange(2, dtype="<i4"),
            "flat_index": np.arange(2, dtype="<i4"),
            "name": ["a", "b"],
            "has_nans": np.zeros(2, "?"),
            "nan_treatment": np.zeros(2, "|i1"),
            "border_count": np.ones(2, "<i4"),
            "border": np.array([0.5, 1.5], "<f4"),
        },
        "cat_features": None,
        "one_hot_features": None,
        "combinations": None,
        "ctr_features": None,
        "ctr_tables": None,
        "trees": {
            "size": np.array([2], "<i4"),
            "split": np.array([0, 1], "<i4"),
            "leaf_value": np.arange(4.0),
            "leaf_weight": np.ones(4),
            "steps": None,
        },
    }


def steps() -> Columns:
    """The same with a tree of five nodes that says where their children stand."""
    model = symmetric()
    model["trees"] = {
        "size": np.array([5], "<i4"),
        "split": np.array([0, 1, 0, 0, 0], "<i4"),
        "leaf_value": np.arange(3.0),
        "leaf_weight": np.ones(3),
        "steps": {
            "left": np.array([1, 1, 0, 0, 0], "<u2"),
            "right": np.array([4, 2, 0, 0, 0], "<u2"),
            "leaf": np.array([2**32 - 1, 2**32 - 1, 0, 1, 2], "<u4"),
        },
    }
    return model


def tables() -> Columns:
    """The same with a category, looked up in a table of four buckets and two rows."""
    model = symmetric()
    base = {
        "combination": np.zeros(1, "<i4"),
        "type": np.zeros(1, "|i1"),
        "classifier": np.zeros(1, "<i4"),
    }
    none, one = np.zeros(1, "<i4"), np.ones(1, "<i4")
    model["cat_features"] = {
        "index": np.zeros(1, "<i4"),
        "flat_index": np.full(1, 2, "<i4"),
        "name": ["c"],
        "used": np.ones(1, "?"),
    }
    model["combinations"] = {
        "cat_count": one,
        "cat_feature": none,
        "float_count": none,
        "float_feature": none[:0],
        "float_border": np.empty(0, "<f4"),
        "one_hot_count": none,
        "one_hot_feature": none[:0],
        "one_hot_value": none[:0],
    }
    model["ctr_features"] = {
        **base,
        "target_border": none,
        "prior_num": np.zeros(1, "<f4"),
        "prior_denom": np.ones(1, "<f4"),
        "shift": np.zeros(1, "<f4"),
        "scale": np.ones(1, "<f4"),
        "border_count": one,
        "border": np.full(1, 0.5, "<f4"),
    }
    model["ctr_tables"] = {
        **base,
        "denominator": none,
        "classes": np.full(1, 2, "<i4"),
        "bucket_count": np.full(1, 4, "<i4"),
        "hash": np.array([_EMPTY, 5, 6, _EMPTY], "<u8"),
        "row": np.array([0, 0, 1, 0], "<u4"),
        "value_count": np.full(1, 4, "<i4"),
        "value": np.array([3, 1, 1, 3], "<i4"),
        "mean_count": none,
        "mean_sum": np.empty(0, "<f4"),
        "mean_number": none[:0],
    }
    model["trees"]["split"][1] = 2
    return model


def archive(model: Columns, *, key: str = "CatBoostRegressor", **params: Any) -> bytes:
    """An archive of an estimator with this model."""
    arrays: dict[str, np.ndarray[Any, Any]] = {}

    def node(value: Any, name: str) -> Any:
        if isinstance(value, dict):
            pairs = [[key, node(each, f"{name}.{key}")] for key, each in value.items()]
            return {"dict": pairs}
        if isinstance(value, list):
            return {"list": value}
        if isinstance(value, np.ndarray):
            arrays[name] = value
            return array(name, value)
        return value

    state = {"params": params, "model": model, "importances": None, "attributes": None}
    root = {"call": f"catboost.{key}", "args": [], "state": node(state, "state")}
    return reseal(blueprint(root), arrays)


def _changed(model: Callable[[], Columns], part: str, column: str, *values: int) -> bytes:
    """One column of one part, or of the steps of trees, with other values from its beginning."""
    made = model()
    columns = made["trees"]["steps"] if part == "steps" else made[part]
    columns[column] = columns[column].copy()
    columns[column][: len(values)] = values
    return archive(made)


# --------------------------------------------------------------------------------------- trees


@attack(InvalidStateError)
def split_that_is_not_there() -> bytes:
    """A split far beyond the borders, of which the evaluator keeps no byte."""
    return _changed(symmetric, "trees", "split", _FAR)


@attack(InvalidStateError)
def tree_of_thirty_levels() -> bytes:
    """One tree whose 2**30 leaves are not there."""
    made = symmetric()
    made["trees"].update(size=np.full(1, 30, "<i4"), split=np.zeros(30, "<i4"))
    return archive(made)


@attack(InvalidStateError)
def leaves_that_end_early() -> bytes:
    """Two levels, and values for two leaves."""
    made = symmetric()
    made["trees"].update(leaf_value=np.zeros(2), leaf_weight=np.zeros(0))
    return archive(made)


@attack(InvalidStateError)
def weights_that_end_early() -> bytes:
    """Fewer leaf weights than leaves, which explanations add up."""
    made = symmetric()
    made["trees"]["leaf_weight"] = np.ones(1)
    return archive(made)


@attack(InvalidStateError)
def step_out_of_all_trees() -> bytes:
    """A child 65535 nodes away, in a tree of five."""
    return _changed(steps, "steps", "left", 65535)


@attack(InvalidStateError)
def steps_that_meet() -> bytes:
    """Both ways from the root lead to one node: explanations take every way there is."""
    return _changed(steps, "steps", "right", 1)


@attack(InvalidStateError)
def leaf_that_is_not_there() -> bytes:
    """A node whose value stands far behind the last leaf."""
    return _changed(steps, "steps", "leaf", _FAR, _FAR, _FAR)


@attack(InvalidStateError)
def trees_without_splits() -> bytes:
    """Leaves only, under a policy by which the library takes split 0 of none for granted."""
    made = symmetric()
    made["float_features"].update(border=np.empty(0, "<f4"), border_count=np.zeros(2, "<i4"))
    none = np.zeros(1, "<u2")
    made["trees"] = {
        "size": np.ones(1, "<i4"),
        "split": np.zeros(1, "<i4"),
        "leaf_value": np.zeros(1),
        "leaf_weight": np.zeros(0),
        "steps": {"left": none, "right": none, "leaf": np.zeros(1, "<u4")},
    }
    return archive(made)


# ------------------------------------------------------------------------------------ features


@attack(InvalidStateError)
def feature_two_thousand_million() -> bytes:
    """A feature by whose place buffers are sized."""
    made = symmetric()
    made["float_features"]["flat_index"][1] = _FAR
    return archive(made)


@attack(InvalidStateError)
def features_backwards() -> bytes:
    """The last feature, by which buffers are sized, is not the greatest."""
    return _changed(symmetric, "float_features", "index", 1, 0)


@attack(InvalidStateError)
def borders_of_nobody() -> bytes:
    """A feature with a negative number of borders, another with all of them and more."""
    return _changed(symmetric, "float_features", "border_count", -1, 3)


# ---------------------------------------------------------------------------------------- CTRs


@attack(InvalidStateError)
def table_without_an_empty_bucket() -> bytes:
    """Looking up a hash that is not there never ends."""
    return _changed(tables, "ctr_tables", "hash", 1, 2, 3, 4)


@attack(InvalidStateError)
def table_of_one_long_run() -> bytes:
    """65,535 buckets in use side by side: every lookup goes through all of them."""
    made = tables()
    count = 1 << 16
    hashes = np.full(count, 4, "<u8")
    hashes[0] = _EMPTY
    made["ctr_tables"].update(
        bucket_count=np.full(1, count, "<i4"), hash=hashes, row=np.zeros(count, "<u4")
    )
    return archive(made)


@attack(InvalidStateError)
def bucket_that_names_no_row() -> bytes:
    """A row of counts far behind the last."""
    return _changed(tables, "ctr_tables", "row", 0, _FAR)


@attack(InvalidStateError)
def class_that_is_not_counted() -> bytes:
    """The count of class 2**31 - 1 in rows of two."""
    return _changed(tables, "ctr_features", "target_border", _FAR)


@attack(InvalidStateError)
def table_of_another_type() -> bytes:
    """Sums and numbers are read where counts stand."""
    made = tables()
    for part in ("ctr_features", "ctr_tables"):
        made[part]["type"] = np.full(1, 2, "|i1")
    return archive(made)


# --------------------------------------------------------------------------------------- notes


def _three_classes(**params: Any) -> bytes:
    made = symmetric()
    made.update(dimension=3, bias=np.zeros(3))
    made["trees"].update(leaf_value=np.zeros(12))
    made["info"]["class_params"] = json.dumps(params)
    return archive(made, key="CatBoostClassifier")


@attack(InvalidStateError)
def class_far_away() -> bytes:
    """The predictions of the third class are written to where the label says."""
    return _three_classes(class_names=[0, 1, 2], class_to_label=[0, 1, _FAR])


@attack(InvalidStateError)
def two_thousand_million_classes() -> bytes:
    """A column of predictions for each."""
    return _three_classes(classes_count=_FAR, class_to_label=[0, 1, 2])


@attack(InvalidStateError)
def metrics_of_fewer_iterations() -> bytes:
    """The history of a test set that ends before that of the training set."""
    made = symmetric()
    history = {"learn_metrics_history": [{}] * 99, "test_metrics_history": [[{}]]}
    made["info"]["training"] = json.dumps({"metrics": history})
    return archive(made)


@attack(InvalidStateError)
def notes_that_nest_without_end() -> bytes:
    """JSON of a hundred thousand lists, one in the other, for a reader that calls itself."""
    made = symmetric()
    made["info"]["params"] = "[" * 100_000 + "]" * 100_000
    return archive(made)


@attack(InvalidStateError)
def uncertainty_of_one_output() -> bytes:
    """Predicts a mean and a variance, of which the model has one."""
    return archive(symmetric(), loss_function="RMSEWithUncertainty")


@attack(InvalidStateError)
def native_bytes_among_the_parameters() -> bytes:
    """Bytes under the name by which the library finds its own format in a pickle."""
    return archive(symmetric(), __model="CBM1")
