"""Models that found structure by themselves: clusters, components, densities, embeddings."""

from __future__ import annotations

from typing import Any

from sklearn import (
    cluster,
    covariance,
    cross_decomposition,
    decomposition,
    ensemble,
    kernel_approximation,
    manifold,
    mixture,
    neighbors,
    neural_network,
    random_projection,
)

from fuzz.data import FEW, POSITIVE, SPARSE, TWO, X, Y

__all__ = ["MODELS"]

MODELS: dict[str, tuple[Any, Any, Any]] = {
    "embedding": (ensemble.RandomTreesEmbedding(**FEW), X, None),
    "nca": (
        neighbors.NeighborhoodComponentsAnalysis(2, max_iter=2, random_state=0),
        X,
        Y,
    ),
    "kmeans": (cluster.KMeans(3, n_init=1, random_state=0), X, None),
    "kmeans mini": (cluster.MiniBatchKMeans(3, n_init=1, random_state=0), SPARSE, None),
    "kmeans bisecting": (cluster.BisectingKMeans(4, random_state=0), X, None),
    "birch": (cluster.Birch(n_clusters=2, threshold=1.0, branching_factor=4), X, None),
    "birch agglomerative": (
        cluster.Birch(n_clusters=cluster.AgglomerativeClustering(2), threshold=1.0),
        X,
        None,
    ),
    "mean shift": (cluster.MeanShift(bandwidth=2.0), X, None),
    "affinity": (cluster.AffinityPropagation(random_state=0), X, None),
    "dbscan": (cluster.DBSCAN(1.0), X, None),
    "hdbscan": (cluster.HDBSCAN(min_cluster_size=3, copy=True), X, None),
    "optics": (cluster.OPTICS(min_samples=3), X, None),
    "agglomeration": (cluster.FeatureAgglomeration(2), X, None),
    "spectral": (cluster.SpectralClustering(2, random_state=0), X, None),
    "biclustering": (cluster.SpectralCoclustering(2, random_state=0), POSITIVE, None),
    "tsne": (manifold.TSNE(max_iter=250, perplexity=4.0, init="random"), X[:12], None),
    "isomap": (manifold.Isomap(n_neighbors=10), X, None),
    "lle": (manifold.LocallyLinearEmbedding(eigen_solver="dense"), X, None),
    "pls": (cross_decomposition.PLSRegression(2), X, TWO),
    "pls svd": (cross_decomposition.PLSSVD(2), X, TWO),
    "pca": (decomposition.PCA(2, random_state=0), X, None),
    "pca incremental": (decomposition.IncrementalPCA(2, batch_size=9), X, None),
    "pca kernel": (
        decomposition.KernelPCA(2, kernel="rbf", fit_inverse_transform=True),
        X,
        None,
    ),
    "svd": (decomposition.TruncatedSVD(2, random_state=0), SPARSE, None),
    "ica": (decomposition.FastICA(2, random_state=0), X, None),
    "nmf": (decomposition.NMF(2, random_state=0, max_iter=20), POSITIVE, None),
    "nmf mini": (
        decomposition.MiniBatchNMF(2, random_state=0, max_iter=5),
        POSITIVE,
        None,
    ),
    "lda topics": (
        decomposition.LatentDirichletAllocation(2, max_iter=2, random_state=0),
        POSITIVE,
        None,
    ),
    "dictionary": (
        decomposition.DictionaryLearning(
            3, max_iter=2, random_state=0, transform_algorithm="lasso_lars"
        ),
        X,
        None,
    ),
    "sparse pca": (decomposition.SparsePCA(2, max_iter=3, random_state=0), X, None),
    "factors": (decomposition.FactorAnalysis(2), X, None),
    "mixture": (mixture.GaussianMixture(2, random_state=0), X, None),
    "mixture bayes": (
        mixture.BayesianGaussianMixture(n_components=2, covariance_type="tied", random_state=0),
        X,
        None,
    ),
    "elliptic": (covariance.EllipticEnvelope(random_state=0), X, None),
    "ledoit": (covariance.LedoitWolf(), X, None),
    "rbm": (neural_network.BernoulliRBM(3, n_iter=2, random_state=0), POSITIVE, None),
    "nystroem": (
        kernel_approximation.Nystroem(n_components=5, random_state=0),
        X,
        None,
    ),
    "sketch": (
        kernel_approximation.PolynomialCountSketch(n_components=8, random_state=0),
        X,
        None,
    ),
    "rbf sampler": (
        kernel_approximation.RBFSampler(n_components=5, random_state=0),
        X,
        None,
    ),
    "additive chi2": (kernel_approximation.AdditiveChi2Sampler(), POSITIVE, None),
    "projection": (
        random_projection.SparseRandomProjection(3, random_state=0),
        X,
        None,
    ),
}
"""Unfitted, with X and y."""
