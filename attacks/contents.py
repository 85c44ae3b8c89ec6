"""Tricks with the contents of models: what compiled code takes for granted, and is not so."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError, UntrustedError

EMPTY: dict[str, Any] = {"dict": []}


def estimator(key: str, arrays: Mapping[str, Any] = {}, **state: Any) -> bytes:
    """An archive of a fitted estimator of four features; ``arrays`` are attributes too."""
    values = {name: np.asarray(value) for name, value in arrays.items()}
    nodes = {name: array(name, value) for name, value in values.items()}
    root = {"object": f"sklearn.{key}", "state": {"n_features_in_": 4, **nodes, **state}}
    return reseal(blueprint(root), values)


def neighbours(arrays: Mapping[str, Any], **state: Any) -> bytes:
    """A classifier of three neighbours that compares X with every sample."""
    honest: dict[str, Any] = {
        "_fit_method": "brute",
        "_tree": None,
        "algorithm": "brute",
        "effective_metric_": "euclidean",
        "effective_metric_params_": EMPTY,
        "metric": "euclidean",
        "metric_params": None,
        "n_neighbors": 3,
        "n_samples_fit_": 6,
        "outputs_2d_": False,
        "p": 2,
        "weights": "uniform",
    }
    fitted = {"_fit_X": np.zeros((6, 4)), "_y": np.zeros(6, "<i8"), "classes_": np.arange(2)}
    return estimator("neighbors.KNeighborsClassifier", {**fitted, **arrays}, **{**honest, **state})


# ------------------------------------------------------------------------ what a model calls itself


@attack(UntrustedError)
def objects_of_any_bytes() -> bytes:
    """An array made by its constructor, with a buffer of bytes that are taken for objects."""
    bound = {"dict": [["buffer", {"bytes": "QUFBQUFBQUE="}], ["dtype", {"dtype": "|O"}]]}
    step: dict[str, Any] = {
        "func": {"name": "numpy.ndarray"},
        "inverse_func": None,
        "kw_args": bound,
    }
    return estimator("preprocessing.FunctionTransformer", **step)


@attack(InvalidStateError)
def records_of_any_bytes() -> bytes:
    """The same by a kind of array that the table knows how to rebuild."""
    bound = {"dict": [["buf", {"bytes": "QUFBQUFBQUE="}], ["dtype", {"dtype": "|O"}]]}
    step: dict[str, Any] = {
        "func": {"name": "numpy.recarray"},
        "inverse_func": None,
        "kw_args": bound,
    }
    return estimator("preprocessing.FunctionTransformer", **step)


@attack(InvalidStateError)
def sparse_matrix_of_what_comes() -> bytes:
    """A step that makes a sparse matrix of three arrays that the steps before it computed."""
    step = {"func": {"name": "scipy.sparse.csr_matrix"}, "kw_args": EMPTY}
    return estimator("preprocessing.FunctionTransformer", **step)


# ------------------------------------------------------------------------------ distances and votes


@attack(InvalidStateError)
def votes_for_no_class() -> bytes:
    """Samples of class 10**9: compiled code counts a vote there, far behind its table of votes."""
    return neighbours({"_y": np.full(6, 10**9)})


@attack(InvalidStateError)
def votes_before_the_first_class() -> bytes:
    """The same in front of the table."""
    return neighbours({"_y": np.full(6, -(10**6))})


@attack(InvalidStateError)
def samples_narrower_than_x() -> bytes:
    """Samples of one feature, to which distances of four are computed."""
    return neighbours({"_fit_X": np.zeros((6, 1))})


@attack(InvalidStateError)
def more_samples_than_there_are() -> bytes:
    """A number of samples by which the width of a sparse graph is stated."""
    return neighbours({}, n_samples_fit_=2**40)


@attack(InvalidStateError)
def norms_of_other_samples() -> bytes:
    """Norms that are believed to be as many as the samples."""
    norms = {"dict": [["Y_norm_squared", array("norms", np.zeros(1))]]}
    values = {"_fit_X": np.zeros((6, 4)), "norms": np.zeros(1)}
    state = {
        "_fit_X": array("_fit_X", values["_fit_X"]),
        "effective_metric_params_": norms,
        "n_features_in_": 4,
        "n_samples_fit_": 6,
    }
    root = {"object": "sklearn.neighbors.NearestNeighbors", "state": state}
    return reseal(blueprint(root), values)


@attack(InvalidStateError)
def distances_that_are_none() -> bytes:
    """A model that takes X for distances, so nobody checks its width, and computes with it."""
    return neighbours({}, metric="precomputed")


@attack(InvalidStateError)
def centres_narrower_than_x() -> bytes:
    """Cluster centres of one feature."""
    return estimator("cluster.KMeans", {"cluster_centers_": np.zeros((3, 1))}, _n_threads=1)


@attack(InvalidStateError)
def a_million_threads() -> bytes:
    """As many threads, whose library ends the process when it cannot start one."""
    return estimator("cluster.KMeans", {"cluster_centers_": np.zeros((3, 4))}, _n_threads=10**6)


@attack(InvalidStateError)
def a_million_workers() -> bytes:
    """The same by a parameter that any estimator may have."""
    return estimator("neighbors.NearestNeighbors", n_jobs=10**6)


@attack(InvalidStateError)
def norms_of_other_centres() -> bytes:
    """One norm for five centres."""
    arrays = {"subcluster_centers_": np.zeros((5, 4)), "_subcluster_norms": np.zeros(1)}
    return estimator("cluster.Birch", arrays)


@attack(InvalidStateError)
def a_merge_of_no_clusters() -> bytes:
    """A hierarchy that joins cluster 10**9 to itself."""
    kinds = [("left_node", "<i8"), ("right_node", "<i8"), ("value", "<f8"), ("cluster_size", "<i8")]
    merges = np.array([(10**9, 10**9, 0.5, 2)], kinds)
    return estimator("cluster.HDBSCAN", {"_single_linkage_tree_": merges})


@attack(InvalidStateError)
def a_cluster_of_features_far_away() -> bytes:
    """Feature clusters that are counted in a table as long as the largest number."""
    return estimator("cluster.FeatureAgglomeration", {"labels_": [0, 1, 2, 2**40]})


# ---------------------------------------------------------------- columns of a matrix in the making


@attack(InvalidStateError)
def one_hot_beside_the_matrix() -> bytes:
    """Three categories, said to take one column: the others are written beside the matrix."""
    known = {"list": [array("known", np.arange(3.0))]}
    state = {
        "_drop_idx_after_grouping": None,
        "_infrequent_enabled": False,
        "_n_features_outs": {"list": [1]},
        "categories_": known,
        "n_features_in_": 1,
    }
    root = {"object": "sklearn.preprocessing.OneHotEncoder", "state": state}
    return reseal(blueprint(root), {"known": np.arange(3.0)})


@attack(InvalidStateError)
def dropped_category_that_is_none() -> bytes:
    """A category that is left out of the count of columns, but never met."""
    arrays = {"known": np.arange(3.0)}
    state = {
        "_drop_idx_after_grouping": {"objects": [7], "order": "C", "shape": [1]},
        "_infrequent_enabled": False,
        "_n_features_outs": {"list": [2]},
        "categories_": {"list": [array("known", arrays["known"])]},
        "n_features_in_": 1,
    }
    return reseal(
        blueprint({"object": "sklearn.preprocessing.OneHotEncoder", "state": state}), arrays
    )


@attack(InvalidStateError)
def word_beside_the_matrix() -> bytes:
    """A vocabulary that gives its one word column 2**30."""
    words = {"dict": [["word", 2**30]]}
    return estimator("feature_extraction.text.CountVectorizer", vocabulary_=words)


@attack(InvalidStateError)
def name_beside_the_matrix() -> bytes:
    """The same for names of features, where the matrix is made dense at once."""
    words = {"dict": [["a", 0], ["b", -7]]}
    return estimator("feature_extraction.DictVectorizer", vocabulary_=words, sparse=False)


@attack(InvalidStateError)
def cached_labels_beside_the_matrix() -> bytes:
    """A cache of labels, which is believed more than the labels."""
    cache = {"dict": [["a", 2**30]]}
    return estimator("preprocessing.MultiLabelBinarizer", _cached_dict=cache)


@attack(InvalidStateError)
def hashes_modulo_zero() -> bytes:
    """A number of columns that a hash is to be divided by."""
    return estimator("feature_extraction.FeatureHasher", n_features=0)


@attack(InvalidStateError)
def room_for_products_that_are_none() -> bytes:
    """Polynomials of degree two with room for 2**50."""
    degrees: dict[str, Any] = {
        "_max_degree": 2,
        "_min_degree": 0,
        "_n_out_full": 2**50,
        "n_output_features_": 15,
    }
    return estimator(
        "preprocessing.PolynomialFeatures", degree=2, interaction_only=False, **degrees
    )


@attack(InvalidStateError)
def a_spread_without_end() -> bytes:
    """A covariance of infinity, which LAPACK decomposes for ever when samples are drawn."""
    arrays = {
        "covariances_": np.full((2, 4, 4), np.inf),
        "means_": np.zeros((2, 4)),
        "weights_": np.full(2, 0.5),
    }
    return estimator("mixture.GaussianMixture", arrays, covariance_type="full", n_components=2)


# -------------------------------------------------------------------------- what trees are added to

_LEAF = np.dtype(
    [
        ("left_child", "<i8"),
        ("right_child", "<i8"),
        ("feature", "<i8"),
        ("threshold", "<f8"),
        ("impurity", "<f8"),
        ("n_node_samples", "<i8"),
        ("weighted_n_node_samples", "<f8"),
        ("missing_go_to_left", "|u1"),
    ],
    align=True,
)


def boosting(guess: str, arrays: Mapping[str, Any], **state: Any) -> bytes:
    """Three trees of one leaf in one iteration, which are added to what ``guess`` predicts."""
    nodes = np.zeros(1, _LEAF)
    nodes["left_child"] = nodes["right_child"] = -1
    values = {name: np.asarray(value) for name, value in arrays.items()}
    stored = {"nodes": nodes, "values": np.zeros((1, 1, 1)), "one": np.ones(1, "<i8"), **values}
    leaf = {
        "call": "sklearn.tree.Tree",
        "args": [4, array("one", stored["one"]), 1],
        "state": {
            "dict": [
                ["max_depth", 0],
                ["node_count", 1],
                ["nodes", array("nodes", nodes)],
                ["values", array("values", stored["values"])],
            ]
        },
    }
    tree = {
        "object": "sklearn.tree.DecisionTreeRegressor",
        "state": {"n_features_in_": 4, "tree_": leaf},
    }
    # One tree three times: each array of it is stored once.
    trees = {"objects": [{"ref": 0}] * 3, "order": "C", "shape": [1, 3]}
    first = {name: array(name, value) for name, value in values.items()}
    root = {
        "object": "sklearn.ensemble.GradientBoostingClassifier",
        "state": {
            "_loss": {"object": "sklearn.HalfMultinomialLoss", "state": {"n_classes": 3}},
            "estimators_": trees,
            "init_": {"object": guess, "state": {"n_features_in_": 4, **first, **state}},
            "n_features_in_": 4,
            "n_trees_per_iteration_": 3,
        },
    }
    return reseal(blueprint(root, [tree]), stored)


@attack(InvalidStateError)
def a_prior_for_one_class_of_three() -> bytes:
    """The fuzzer's first: a guess of one column, to which compiled code adds three, on the heap."""
    arrays = {"class_prior_": np.ones(1), "classes_": np.arange(3)}
    return boosting("sklearn.dummy.DummyClassifier", arrays, n_classes_=3, n_outputs_=1)


@attack(InvalidStateError)
def a_guess_of_no_columns() -> bytes:
    """A guess by a linear model without outputs."""
    return boosting("sklearn.linear_model.Ridge", {"coef_": np.zeros((0, 4))}, intercept_=0.0)


@attack(InvalidStateError)
def a_guess_of_fewer_rows() -> bytes:
    """A guess by a pipeline, which may drop rows of X on the way."""
    state = {"func": {"name": "numpy.unique"}, "validate": False}
    step = {"object": "sklearn.preprocessing.FunctionTransformer", "state": state}
    steps = {"list": [{"tuple": ["drop", step]}]}
    return boosting("sklearn.pipeline.Pipeline", {}, steps=steps)


# --------------------------------------------------------------------- parts that contradict others


@attack(InvalidStateError)
def coefficients_of_other_features() -> bytes:
    """A linear model of seven coefficients for four features."""
    return estimator("linear_model.Ridge", {"coef_": np.zeros(7)}, intercept_=0.0)


@attack(InvalidStateError)
def classes_that_nobody_decides() -> bytes:
    """Five classes and rows of coefficients for three."""
    arrays = {"coef_": np.zeros((3, 4)), "intercept_": np.zeros(3), "classes_": np.arange(5)}
    return estimator("linear_model.LogisticRegression", arrays)


@attack(InvalidStateError)
def layers_that_do_not_fit() -> bytes:
    """A network whose second layer takes more than the first gives."""
    arrays = {"a": np.zeros((4, 3)), "b": np.zeros((9, 1)), "c": np.zeros(3), "d": np.zeros(1)}
    nodes = {name: array(name, value) for name, value in arrays.items()}
    state = {
        "coefs_": {"list": [nodes["a"], nodes["b"]]},
        "intercepts_": {"list": [nodes["c"], nodes["d"]]},
        "n_features_in_": 4,
        "n_layers_": 3,
        "n_outputs_": 1,
        "out_activation_": "identity",
    }
    return reseal(
        blueprint({"object": "sklearn.neural_network.MLPRegressor", "state": state}), arrays
    )


@attack(InvalidStateError)
def steps_that_are_numbers() -> bytes:
    """A pipeline of what is no estimator."""
    steps = {"list": [{"tuple": ["scale", 1]}, {"tuple": ["model", {"list": []}]}]}
    return estimator("pipeline.Pipeline", steps=steps)
