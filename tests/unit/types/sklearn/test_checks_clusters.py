"""A clusterer that would measure distances past its arrays is refused."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import scipy.sparse
from sklearn import cluster
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

X = np.random.RandomState(0).normal(size=(60, 3))
SPARSE = scipy.sparse.csr_matrix(np.where(np.abs(X) < 0.3, 0, X))
HOLES = X.copy()
HOLES[3, 1], HOLES[5, 0] = np.nan, np.inf

MODELS = {
    "kmeans": (cluster.KMeans(3, n_init=1, random_state=0), X),
    "mini batch": (cluster.MiniBatchKMeans(3, n_init=1, random_state=0), SPARSE),
    "bisecting": (cluster.BisectingKMeans(4, random_state=0), X),
    "bisecting sparse": (cluster.BisectingKMeans(4, random_state=0), SPARSE),
    "birch": (cluster.Birch(n_clusters=2, branching_factor=4, threshold=1.0), X),
    "agglomeration": (cluster.FeatureAgglomeration(2), X),
}


def refused(specimen, problem):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert problem in str(caught.value)


def specimen_of(name):
    model, data = MODELS[name]
    return Specimen(model.fit(data))


@pytest.mark.parametrize("name", MODELS)
def test_an_honest_clusterer_passes_and_answers_the_same(name):
    model, data = MODELS[name]
    model.fit(data)
    method = "predict" if hasattr(model, "predict") else "transform"
    built = Specimen(model).audit()()
    assert getattr(built, method)(data).tobytes() == getattr(model, method)(data).tobytes()


@pytest.mark.parametrize("data", [X, HOLES, SPARSE])
def test_an_honest_hierarchy_passes(data):
    model = cluster.HDBSCAN(min_cluster_size=3, copy=True).fit(data)
    built = Specimen(model).audit()()
    assert built.dbscan_clustering(0.5).tobytes() == model.dbscan_clustering(0.5).tobytes()


@pytest.mark.parametrize("name", ["kmeans", "mini batch", "bisecting"])
def test_centres_of_another_width_are_refused(name):
    specimen = specimen_of(name)
    centres = specimen.read("cluster_centers_")
    specimen.write(np.ascontiguousarray(centres[:, :1]), "cluster_centers_")
    refused(specimen, "width of cluster_centers_")
    specimen.write(centres[:0], "cluster_centers_")
    refused(specimen, "not a table of centres")
    specimen.put(None, "cluster_centers_")
    refused(specimen, "not a table of centres")


@pytest.mark.parametrize("threads", [0, -1, 10**6, 1.0])
def test_threads_that_no_machine_has_are_refused(threads):
    specimen = specimen_of("kmeans")
    specimen.put(threads, "_n_threads")
    refused(specimen, "_n_threads")


def test_a_tree_of_centres_is_walked_to_its_leaves():
    specimen = specimen_of("bisecting")
    specimen.write(np.zeros(2), "_bisecting_tree", "left", "center")
    refused(specimen, "centre of another width")
    specimen = specimen_of("bisecting")
    specimen.put(None, "_bisecting_tree", "left")
    refused(specimen, "one child")
    specimen = specimen_of("bisecting")
    specimen.put({"list": []}, "_bisecting_tree", "right")
    refused(specimen, "right is not")


def test_birch_has_a_norm_and_a_label_for_each_centre():
    for name in ("_subcluster_norms", "subcluster_labels_"):
        specimen = specimen_of("birch")
        specimen.write(specimen.read(name)[:-1], name)
        refused(specimen, f"{name} has not one number for each")
    specimen = specimen_of("birch")
    specimen.put(7, "n_features_in_")
    refused(specimen, "width of subcluster_centers_")
    specimen = specimen_of("birch")
    specimen.put(1, "root_")
    refused(specimen, "root_ is not")


def test_a_node_has_room_for_its_subclusters():
    node = cluster.Birch(branching_factor=4, threshold=1.0).fit(X).root_
    Specimen(node).audit()
    specimen = Specimen(node)
    specimen.write(np.zeros((1, 3)), "init_centroids_")
    refused(specimen, "no room")
    specimen = Specimen(node)
    specimen.put({"list": [1]}, "subclusters_")
    refused(specimen, "not a list of them")


@pytest.mark.parametrize("side", ["left_node", "right_node"])
@pytest.mark.parametrize("value", [-1, 60, 2**40])
def test_a_merge_of_clusters_that_are_not_there_is_refused(side, value):
    specimen = Specimen(cluster.HDBSCAN(min_cluster_size=3, copy=True).fit(X))
    specimen.change((side, 0), value, "_single_linkage_tree_")
    refused(specimen, "joins a cluster that is not there")
    specimen.write(np.zeros(3), "_single_linkage_tree_")
    refused(specimen, "not a table of merges")


def test_clusters_of_features_are_numbered():
    specimen = specimen_of("agglomeration")
    specimen.change(1, 2**40, "labels_")
    refused(specimen, "cluster that does not exist")
    specimen.write(np.zeros(2, "<i8"), "labels_")
    refused(specimen, "one number for each feature")
