"""A neighbour tree or metric that would read or write past its arrays is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn import neighbors
from sklearn.metrics import DistanceMetric
from sklearn.neighbors import BallTree, KDTree
from sklearn.neighbors._kd_tree import KDTree32
from sklearn.neighbors._quad_tree import _QuadTree
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

X = np.random.RandomState(0).normal(size=(60, 3))
TREES = {
    "kd": KDTree(X, leaf_size=5),
    "kd of small numbers": KDTree32(X.astype(np.float32), leaf_size=5),
    "ball": BallTree(X, leaf_size=5, sample_weight=np.arange(1.0, 61.0)),
    "ball with weights": BallTree(X, leaf_size=5, metric="minkowski", p=3, w=np.ones(3)),
}
DATA, ORDER, NODES, BOUNDS, LEAF_SIZE, LEVELS, COUNT = range(7)
METRIC, WEIGHTS = 11, 12


def refused(specimen, problem, path="root"):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == path
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", TREES)
def test_an_unchanged_tree_passes_and_finds_the_same(name):
    tree = TREES[name]
    built = Specimen(tree).audit()()
    for mine, its in zip(built.query(X, k=4), tree.query(X, k=4), strict=True):
        assert mine.tobytes() == its.tobytes()


@pytest.mark.parametrize(
    ("where", "value", "problem"),
    [
        (3, 60, "order of the points"),
        (3, -1, "order of the points"),
        (3, 2**62, "order of the points"),
        (slice(3, 5), 7, "names a point twice"),
    ],
)
@pytest.mark.parametrize("name", TREES)
def test_an_order_that_is_none_is_refused(name, where, value, problem):
    specimen = Specimen(TREES[name])
    specimen.change(where, value, "state", ORDER)
    refused(specimen, problem)


@pytest.mark.parametrize(
    ("field", "node", "value", "problem"),
    [
        ("idx_end", 0, 61, "all points"),
        ("idx_start", 0, 1, "all points"),
        ("idx_end", 1, 10**9, "outside the points"),
        ("idx_start", 2, -4, "outside the points"),
        ("idx_start", 1, 50, "outside the points"),
        ("idx_end", 1, 31, "do not share"),
        ("idx_start", 3, 2, "do not share"),
        ("is_leaf", -1, 0, "not a leaf"),
    ],
)
@pytest.mark.parametrize("name", TREES)
def test_nodes_that_do_not_divide_the_points_are_refused(name, field, node, value, problem):
    specimen = Specimen(TREES[name])
    specimen.change((field, node), value, "state", NODES)
    refused(specimen, problem)


@pytest.mark.parametrize(
    ("part", "change", "problem"),
    [
        (DATA, lambda a: a[:-1].copy(), "point"),
        (DATA, lambda a: a[:, :2].copy(), "node_bounds"),
        (DATA, np.asfortranarray, "C order"),
        (DATA, lambda a: a.astype(np.float16), "dtype"),
        (DATA, lambda a: a[:0].copy(), "no points"),
        (ORDER, lambda a: a[:-1].copy(), "order of the points"),
        (ORDER, lambda a: a.astype(np.int32), "dtype"),
        (NODES, lambda a: a[:-1].copy(), "node_data"),
        (NODES, lambda a: a["radius"].copy(), "node_data"),
        (BOUNDS, lambda a: a[:, :-1].copy(), "node_bounds"),
        (BOUNDS, lambda a: np.concatenate([a, a]), "node_bounds"),
    ],
)
@pytest.mark.parametrize("name", TREES)
def test_arrays_of_another_shape_are_refused(name, part, change, problem):
    specimen = Specimen(TREES[name])
    specimen.write(change(specimen.read("state", part)), "state", part)
    refused(specimen, problem)


@pytest.mark.parametrize(
    ("part", "value", "problem"),
    [
        (LEAF_SIZE, 0, "leaf_size"),
        (LEVELS, 5, "node_data"),
        (LEVELS, 63, "n_levels"),
        (COUNT, 7, "node_data"),
        (7, 2**40, "counter"),
        (METRIC, None, "dist_metric"),
        (METRIC, {"name": "numpy.add"}, "dist_metric"),
        (WEIGHTS, "text", "sample_weight"),
    ],
)
@pytest.mark.parametrize("name", TREES)
def test_parts_out_of_bounds_are_refused(name, part, value, problem):
    specimen = Specimen(TREES[name])
    specimen.put(value, "state", part)
    refused(specimen, problem)


def test_weights_for_other_points_are_refused():
    specimen = Specimen(TREES["ball"])
    specimen.write(np.ones(59), "state", WEIGHTS)
    refused(specimen, "sample_weight")


def test_a_metric_for_the_other_precision_is_refused():
    specimen = Specimen(TREES["kd"])
    specimen.at("state", METRIC)["call"] = "sklearn.metrics.EuclideanDistance32"
    refused(specimen, "dist_metric")


def test_a_metric_that_a_kd_tree_does_not_take_is_refused():
    specimen = Specimen(TREES["kd"])
    specimen.at("state", METRIC)["call"] = "sklearn.metrics.HaversineDistance64"
    refused(specimen, "dist_metric")


@pytest.mark.parametrize(
    ("metric", "arguments"),
    [
        ("seuclidean", {"V": np.ones(3)}),
        ("mahalanobis", {"VI": np.eye(3)}),
        ("minkowski", {"p": 3, "w": np.ones(3)}),
    ],
)
def test_a_metric_with_too_few_weights_is_refused(metric, arguments):
    specimen = Specimen(BallTree(X, metric=metric, **arguments))
    part = 2 if metric == "mahalanobis" else 1
    specimen.write(np.ones((2, 2)) if part == 2 else np.ones(2), "state", METRIC, "state", part)
    refused(specimen, "another number of features")


def test_points_that_are_not_on_a_globe_are_refused():
    specimen = Specimen(BallTree(X[:, :2], metric="haversine"))
    assert specimen.audit()().query(X[:2, :2], k=1)[1].shape == (2, 1)
    specimen = Specimen(TREES["ball"])
    specimen.at("state", METRIC)["call"] = "sklearn.metrics.HaversineDistance64"
    refused(specimen, "another number of features")


def test_a_state_of_another_length_is_refused():
    specimen = Specimen(TREES["kd"])
    specimen.at("state")["tuple"].pop()
    refused(specimen, "13 parts")


METRICS = {
    "euclidean": DistanceMetric.get_metric("euclidean"),
    "weights": DistanceMetric.get_metric("minkowski", p=3, w=[1.0, 2.0]),
    "of a function": DistanceMetric.get_metric("pyfunc", func=np.dot),
}


@pytest.mark.parametrize("name", METRICS)
@pytest.mark.parametrize(
    ("part", "value", "problem"),
    [
        (0, "2", "p is not a number"),
        (1, {"list": []}, "not an array"),
        (2, None, "not an array"),
    ],
)
def test_a_metric_with_other_parts_is_refused(name, part, value, problem):
    specimen = Specimen(METRICS[name])
    specimen.audit()
    specimen.put(value, "state", part)
    refused(specimen, problem)


def test_a_metric_whose_matrix_is_not_square_is_refused():
    specimen = Specimen(METRICS["euclidean"])
    specimen.write(np.ones((2, 3)), "state", 2)
    refused(specimen, "not square")


def test_a_metric_with_a_function_from_elsewhere_is_refused():
    specimen = Specimen(METRICS["of a function"])
    specimen.put("numpy.dot", "state", 3)
    refused(specimen, "one of the table")


def quad_tree() -> _QuadTree:
    tree = _QuadTree(2, 0)
    tree.build_tree(X[:, :2].astype(np.float32))
    return tree


def test_a_quad_tree_comes_back():
    tree = quad_tree()
    built = Specimen(tree).audit()()
    assert (built.cell_count, built.n_points) == (tree.cell_count, tree.n_points)
    assert built.cumulative_size.tolist() == tree.cumulative_size.tolist()


@pytest.mark.parametrize(
    ("cell", "child", "problem"),
    [
        (0, 0, "later cells"),
        (1, 10**6, "later cells"),
        (0, -7, "later cells"),
        (0, 2, "exactly one cell"),
        (0, -1, "exactly one cell"),
    ],
)
def test_a_quad_tree_that_is_none_is_refused(cell, child, problem):
    specimen = Specimen(quad_tree())
    cells = specimen.read("state", "cells")
    inner = np.flatnonzero(cells["is_leaf"] == 0)[cell]
    cells["children"][inner, 0] = child
    specimen.write(cells, "state", "cells")
    refused(specimen, problem)


@pytest.mark.parametrize(
    ("name", "value", "problem"),
    [
        ("cell_count", 1, "number of cells"),
        ("capacity", 10**9, "number of cells"),
        ("n_points", -1, "n_points"),
    ],
)
def test_a_quad_tree_with_other_counts_is_refused(name, value, problem):
    specimen = Specimen(quad_tree())
    specimen.put(value, "state", name)
    refused(specimen, problem)


def test_a_quad_tree_of_many_dimensions_is_refused():
    specimen = Specimen(quad_tree())
    specimen.put(4, "args", 0)
    refused(specimen, "n_dimensions")


# -- estimators that search neighbours -------------------------------------------------------------

Y = np.arange(60) % 4
ESTIMATORS = {
    "brute": neighbors.KNeighborsClassifier(algorithm="brute"),
    "tree": neighbors.KNeighborsClassifier(algorithm="kd_tree"),
    "ball": neighbors.KNeighborsRegressor(algorithm="ball_tree"),
    "radius": neighbors.RadiusNeighborsClassifier(9.0, algorithm="brute"),
    "radius regression": neighbors.RadiusNeighborsRegressor(9.0),
    "unsupervised": neighbors.NearestNeighbors(metric="minkowski", metric_params={"w": np.ones(3)}),
    "outliers": neighbors.LocalOutlierFactor(novelty=True, n_neighbors=5),
    "transformer": neighbors.KNeighborsTransformer(),
}


def estimator(name, target=Y):
    return Specimen(ESTIMATORS[name].fit(X, target))


@pytest.mark.parametrize("name", ESTIMATORS)
def test_an_honest_estimator_passes_and_finds_the_same(name):
    model = ESTIMATORS[name].fit(X, Y if name == "brute" else Y * 1.0)
    built = Specimen(model).audit()()
    method = "predict" if hasattr(model, "predict") else "kneighbors"
    assert np.array_equal(getattr(built, method)(X), getattr(model, method)(X))


def test_several_outputs_and_strided_targets_pass():
    estimator("brute", np.column_stack([Y, Y % 2])).audit()
    for target in (np.column_stack([X[:, 0], X[:, 1]]), X[:, 0], X[:, :2]):
        estimator("ball", target).audit()


@pytest.mark.parametrize("name", ["brute", "radius"])
def test_samples_of_another_width_or_number_are_refused(name):
    specimen = estimator(name)
    specimen.write(X[:, :1].copy(), "_fit_X")
    refused(specimen, "width of _fit_X")
    specimen.write(X[:9], "_fit_X")
    refused(specimen, "n_samples_fit_")


@pytest.mark.parametrize("name", ESTIMATORS)
def test_what_is_said_of_the_samples_is_compared_with_them(name):
    specimen = estimator(name)
    specimen.put(None, "_fit_X")
    refused(specimen, "not an array of samples")
    for attribute in ("n_samples_fit_", "n_features_in_"):
        specimen = estimator(name)
        specimen.put(2**30, attribute)
        refused(specimen, attribute)


@pytest.mark.parametrize("name", ["brute", "tree", "radius"])
@pytest.mark.parametrize("value", [-1, 4, 2**40])
def test_a_sample_of_a_class_that_does_not_exist_is_refused(name, value):
    specimen = estimator(name)
    specimen.change(7, value, "_y")
    refused(specimen, "class that does not exist")
    specimen = estimator("brute", np.column_stack([Y, Y % 2]))
    specimen.change((7, 1), value, "_y")
    refused(specimen, "class that does not exist")


def test_targets_and_classes_fit_the_samples():
    for name in ("brute", "ball"):
        specimen = estimator(name)
        specimen.write(np.zeros(9, "<i8"), "_y")
        refused(specimen, "one row for each sample")
    specimen = estimator("brute")
    specimen.put({"list": []}, "classes_")
    refused(specimen, "classes_ is not an array")
    specimen = estimator("brute")
    specimen.write(np.zeros((60, 1, 1), "<i8"), "_y")
    refused(specimen, "neither one column")
    specimen = estimator("brute", np.column_stack([Y, Y % 2]))
    specimen.at("classes_")["list"].pop()
    refused(specimen, "each column of _y")


def test_a_tree_of_other_points_is_refused():
    specimen = estimator("tree")
    specimen.graft(Specimen(KDTree(X[:9])), "_tree")
    refused(specimen, "other points than _fit_X")
    specimen.put(1, "_tree")
    refused(specimen, "not a KD tree or ball tree")


@pytest.mark.parametrize("name", ["metric_params", "effective_metric_params_"])
def test_norms_of_samples_are_refused(name):
    specimen = estimator("unsupervised")
    specimen.put({"dict": [["Y_norm_squared", 1.0]]}, name)
    refused(specimen, f"{name} has norms")


def test_distances_are_given_or_they_are_not():
    specimen = estimator("brute")
    specimen.put("precomputed", "metric")
    refused(specimen, "whether distances are given")


def test_a_density_is_of_points_as_wide_as_x():
    specimen = Specimen(neighbors.KernelDensity().fit(X))
    specimen.audit()
    specimen.put(7, "n_features_in_")
    refused(specimen, "width of the points")
    specimen.put(None, "tree_")
    refused(specimen, "not a KD tree or ball tree")
