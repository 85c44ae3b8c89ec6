"""Clusterers are checked before compiled code measures distances to what they keep.

``cluster/_k_means_lloyd.pyx`` reads centres as wide as X, the distance reductions a norm for each
centre of ``Birch``, and ``_hdbscan/_tree.pyx`` joins clusters by their numbers. Rule: centres are
as wide as X is checked to be, and a merge joins what is there by then.
"""

from __future__ import annotations

import numpy as np

from holotype.graph.shadow import ABSENT, Shadow
from holotype.types.sklearn.shapes import shape_of

__all__ = [
    "check_agglomeration",
    "check_birch",
    "check_bisection",
    "check_hdbscan",
    "check_kmeans",
    "check_node",
]

_MOST_THREADS = 1024
_NODE = "sklearn.cluster._BisectingTree"
# MERGE_DTYPE of _hdbscan/_linkage.pyx.
_MERGE = np.dtype(
    [("left_node", "<i8"), ("right_node", "<i8"), ("value", "<f8"), ("cluster_size", "<i8")]
)


def check_kmeans(shadow: Shadow) -> None:
    """KMeans and MiniBatchKMeans: centres as wide as X, and threads that a machine can have."""
    if shadow.has("_n_threads"):
        shadow.integer("_n_threads", 1, _MOST_THREADS)
    if not shadow.has("cluster_centers_"):
        return
    centres = shape_of(shadow.get("cluster_centers_"))
    if centres is None or len(centres) != 2 or not centres[0]:
        raise shadow.fail("cluster_centers_ is not a table of centres")
    if shadow.integer("n_features_in_") != centres[1]:
        raise shadow.fail("n_features_in_ is not the width of cluster_centers_")


def check_bisection(shadow: Shadow) -> None:
    """BisectingKMeans: the same for the centres in the nodes of its tree, which is one."""
    check_kmeans(shadow)
    if not shadow.has("_bisecting_tree"):
        return
    features = shadow.integer("n_features_in_")
    root = shadow.child("_bisecting_tree", _NODE)
    waiting = [root]
    seen: set[int] = set()
    while waiting:
        node = waiting.pop()
        if id(node) in seen:
            raise shadow.fail("a node of _bisecting_tree stands in it twice")
        seen.add(id(node))
        if node is not root and shape_of(node.get("center")) != (features,):
            raise shadow.fail("a node of _bisecting_tree has a centre of another width than X")
        sides = [side for side in ("left", "right") if node.get(side) not in (None, ABSENT)]
        waiting.extend(node.child(side, _NODE) for side in sides)
        if len(sides) == 1:
            raise shadow.fail("a node of _bisecting_tree has one child")
        if not sides:
            shadow.as_integer(node.get("label"), "a label of _bisecting_tree", 0)


def check_birch(shadow: Shadow) -> None:
    """Birch: a norm and a label for each of the centres, which are as wide as X."""
    if not shadow.has("subcluster_centers_"):
        return
    shape = shadow.array("subcluster_centers_", ndim=2).shape
    if shadow.integer("n_features_in_") != shape[1]:
        raise shadow.fail("n_features_in_ is not the width of subcluster_centers_")
    for name in ("_subcluster_norms", "subcluster_labels_"):
        if shadow.has(name) and len(shadow.array(name, ndim=1)) != shape[0]:
            raise shadow.fail(f"{name} has not one number for each of subcluster_centers_")
    for name in ("root_", "dummy_leaf_"):
        if shadow.has(name):
            shadow.child(name, "sklearn.cluster._CFNode")


def check_node(shadow: Shadow) -> None:
    """A node of Birch's tree: room for more centres than it has, and one for each subcluster."""
    parts = shadow.get("subclusters_")
    if parts is ABSENT:
        return
    keys = {part.key if isinstance(part, Shadow) else None for part in parts or ()}
    if not isinstance(parts, list) or keys - {"sklearn.cluster._CFSubcluster"}:
        raise shadow.fail("subclusters_ is not a list of them")
    room = shadow.array("init_centroids_", ndim=2).shape
    norms = shadow.array("init_sq_norm_", ndim=1).shape
    if room[0] != norms[0] or len(parts) > room[0] or shadow.integer("n_features", 0) != room[1]:
        raise shadow.fail("init_centroids_ and init_sq_norm_ have no room for its subclusters")


def check_hdbscan(shadow: Shadow) -> None:
    """HDBSCAN: merge ``i`` makes cluster ``n + i`` of two clusters that are there."""
    if not shadow.has("_single_linkage_tree_"):
        return
    merges = shadow.array("_single_linkage_tree_", ndim=1)
    if merges.dtype != _MERGE:
        raise shadow.fail("_single_linkage_tree_ is not a table of merges")
    made = np.arange(len(merges), dtype=np.int64) + len(merges) + 1
    sides = np.stack([merges["left_node"], merges["right_node"]])
    if ((sides < 0) | (sides >= made)).any():
        raise shadow.fail("_single_linkage_tree_ joins a cluster that is not there")


def check_agglomeration(shadow: Shadow) -> None:
    """FeatureAgglomeration: a cluster for each feature, by its number."""
    if not shadow.has("labels_"):
        return
    labels = shadow.array("labels_", ndim=1, kind="iu")
    if len(labels) != shadow.integer("n_features_in_"):
        raise shadow.fail("labels_ has not one number for each feature")
    if len(labels) and (labels.min() < 0 or labels.max() >= len(labels)):
        raise shadow.fail("labels_ names a cluster that does not exist")
