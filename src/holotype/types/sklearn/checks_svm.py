"""Support vector machines are checked before libsvm reads their arrays.

``svm/src/libsvm/libsvm_helper.c`` is given bare pointers: it trusts that counts add up, that there
is a coefficient for each pair of a class and a support vector, and an intercept for each pair of
classes. Rule: every array has exactly the size that libsvm will take it to have.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.graph.shadow import ABSENT, Named, Shadow, is_trusted

__all__ = ["check_svm"]

_CLASSIFIERS = ("sklearn.svm.NuSVC", "sklearn.svm.SVC")
_KERNELS = ("linear", "poly", "rbf", "sigmoid")
# Callables that give one number for each pair of a row of X and a training sample.
_KERNEL_FUNCTIONS = frozenset(
    f"sklearn.metrics.pairwise.{name}"
    for name in [
        "additive_chi2_kernel",
        "chi2_kernel",
        "cosine_distances",
        "cosine_similarity",
        "euclidean_distances",
        "haversine_distances",
        "laplacian_kernel",
        "linear_kernel",
        "manhattan_distances",
        "nan_euclidean_distances",
        "pairwise_distances",
        "pairwise_kernels",
        "polynomial_kernel",
        "rbf_kernel",
        "sigmoid_kernel",
    ]
)
_KERNEL_OBJECTS = {
    f"sklearn.gaussian_process.kernels.{name}": tuple(parts.split())
    for name, parts in {
        "ConstantKernel": "",
        "DotProduct": "",
        "ExpSineSquared": "",
        "Exponentiation": "kernel",
        "Matern": "",
        "PairwiseKernel": "",
        "Product": "k1 k2",
        "RBF": "",
        "RationalQuadratic": "",
        "Sum": "k1 k2",
        "WhiteKernel": "",
    }.items()
}
_MAX_KERNELS = 1000
_SPARSE = ("scipy.sparse.csr_array", "scipy.sparse.csr_matrix")
_CLASS_ATTRIBUTES = ("_impl", "_sparse_kernels")  # which say how to read the rest
_FITTED = ("_dual_coef_", "_n_support", "support_", "support_vectors_")


def check_svm(shadow: Shadow) -> None:
    """SVC, NuSVC, SVR, NuSVR and OneClassSVM, dense and sparse, with any kernel."""
    for name in _CLASS_ATTRIBUTES:
        if shadow.has(name):
            raise shadow.fail(f"{name} belongs to the class")
    if not any(shadow.has(name) for name in _FITTED):
        return
    sparse = shadow.get("_sparse")
    if not isinstance(sparse, (bool, np.bool_)):
        raise shadow.fail("_sparse is neither true nor false")
    support = shadow.array("support_", ndim=1, dtype="<i4")
    vectors = len(support)
    classes = _check_counts(shadow, vectors)
    pairs = classes * (classes - 1) // 2
    _check_kernel(shadow, support, bool(sparse))
    coefficients = shadow.get("_dual_coef_")
    if sparse:
        data = _sparse_data(shadow, coefficients, "_dual_coef_", None)
        if len(data) != (classes - 1) * vectors:
            raise shadow.fail("_dual_coef_ has not one number for each class and support vector")
    else:
        dense = shadow.as_array(coefficients, "_dual_coef_", ndim=2, dtype="<f8")
        if dense.shape != (classes - 1, vectors):
            raise shadow.fail("_dual_coef_ has not one number for each class and support vector")
    if len(shadow.array("_intercept_", ndim=1, dtype="<f8")) != pairs:
        raise shadow.fail("_intercept_ has not one number for each pair of classes")
    _check_probability(shadow, pairs, bool(sparse))
    weights = shadow.get("class_weight_")
    if weights is not ABSENT and len(shadow.array("class_weight_", ndim=1)) not in (0, classes):
        raise shadow.fail("class_weight_ has not one number for each class")


def _check_counts(shadow: Shadow, vectors: int) -> int:
    """Number of classes; 2 stands for a regression."""
    counts = shadow.array("_n_support", ndim=1, dtype="<i4")
    if shadow.key not in _CLASSIFIERS:
        if len(counts) != 2 or not (counts == vectors).all():
            raise shadow.fail("_n_support does not count the support vectors")
        return 2
    known = shadow.get("classes_")
    if not isinstance(known, np.ndarray) or known.ndim != 1 or not 2 <= len(known) == len(counts):
        raise shadow.fail("_n_support has not one number for each class")
    if counts.min() < 0 or int(counts.sum(dtype=np.int64)) != vectors:
        raise shadow.fail("_n_support does not add up to the number of support vectors")
    return len(known)


def _check_kernel(shadow: Shadow, support: Any, sparse: bool) -> None:
    kernel = shadow.get("kernel")
    if isinstance(kernel, str) and kernel in _KERNELS:
        if sparse:
            _sparse_data(shadow, shadow.get("support_vectors_"), "support_vectors_", len(support))
            return
        vectors = shadow.array("support_vectors_", ndim=2, dtype="<f8")
        if len(vectors) != len(support) or vectors.shape[1] != shadow.integer("n_features_in_"):
            raise shadow.fail("support_vectors_ is not one row of features for each of support_")
        return
    # X holds the kernel's values for each training sample, and support_ chooses among them.
    shape = shadow.get("shape_fit_")
    if sparse or not isinstance(shape, tuple) or not shape:
        raise shadow.fail("a precomputed kernel is not sparse and has a shape_fit_")
    samples = shadow.as_integer(shape[0], "shape_fit_", 0)
    if len(support) and not 0 <= support.min() <= support.max() < samples:
        raise shadow.fail("support_ names a training sample that does not exist")
    if kernel == "precomputed":
        return
    if not _is_kernel(kernel):
        raise shadow.fail("kernel is not one of scikit-learn's")
    if _length(shadow.get("_BaseLibSVM__Xfit")) != samples:
        raise shadow.fail("the training samples are not as many as shape_fit_ says")


def _is_kernel(kernel: Any) -> bool:
    if is_trusted(kernel):
        return True
    if isinstance(kernel, Named):
        return kernel.key in _KERNEL_FUNCTIONS
    waiting = [kernel]
    for _ in range(_MAX_KERNELS):
        if not waiting:
            return True
        part = waiting.pop()
        if not isinstance(part, Shadow) or part.key not in _KERNEL_OBJECTS:
            return False
        waiting.extend(part.get(name) for name in _KERNEL_OBJECTS[part.key])
    return False


def _length(samples: Any) -> int:
    if isinstance(samples, np.ndarray):
        return len(samples) if samples.ndim == 2 else -1
    if isinstance(samples, Shadow) and samples.key.startswith("scipy.sparse."):
        shape = samples.get("_shape")
        return int(shape[0]) if isinstance(shape, tuple) and len(shape) == 2 else -1
    return len(samples) if isinstance(samples, list) else -1


def _sparse_data(shadow: Shadow, value: Any, name: str, rows: int | None) -> Any:
    """The values of a CSR matrix, which libsvm reads from the first to the last, row by row."""
    if not isinstance(value, Shadow) or value.key not in _SPARSE:
        raise shadow.fail(f"{name} is not a sparse matrix of rows")
    data = value.array("data", ndim=1, dtype="<f8")
    if rows is not None:
        indices = value.array("indices", ndim=1, dtype="<i4")
        ends = value.array("indptr", ndim=1, dtype="<i4")
        if len(ends) != rows + 1 or len(indices) < len(data):
            raise shadow.fail(f"{name} is not one row for each of support_")
        if ends[0] != 0 or (np.diff(ends) < 0).any() or ends[-1] > len(data):
            raise shadow.fail(f"{name} has rows that end after its data")
    return data


def _check_probability(shadow: Shadow, pairs: int, sparse: bool) -> None:
    """Platt's two numbers for each pair of classes, or none."""
    sizes = tuple(len(shadow.array(name, ndim=1, dtype="<f8")) for name in ("_probA", "_probB"))
    classifier = shadow.key in _CLASSIFIERS
    if sizes not in ({(0, 0), (pairs, pairs)} if classifier else {(0, 0), (1, 0)}):
        raise shadow.fail("_probA and _probB have not one number for each pair of classes")
    if not sparse or (classifier and sizes == (pairs, pairs)):
        return
    # The sparse code copies them wherever the flag is up; the dense code looks at them first.
    for name in ("_effective_probability", "probability"):
        flag = shadow.get(name)
        if flag is not ABSENT and flag != "deprecated" and flag is not False:
            raise shadow.fail(f"{name} is up, but there are no probabilities")
