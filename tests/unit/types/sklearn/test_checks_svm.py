"""A support vector machine whose counts do not add up is refused before libsvm believes them."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import warnings

import scipy.sparse
from sklearn import metrics, svm
from sklearn.datasets import make_classification
from sklearn.gaussian_process.kernels import RBF
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

X, Y = make_classification(80, 5, n_informative=4, n_redundant=0, n_classes=3, random_state=0)
SPARSE = scipy.sparse.csr_matrix(np.where(np.abs(X) < 0.5, 0.0, X))


def fitted(model, data, target):
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # probability is deprecated
        return model.fit(data, target)


SVC = svm.SVC().fit(X, Y)
SVR = svm.SVR().fit(X, X[:, 0])
SPARSE_SVC = svm.SVC().fit(SPARSE, Y)
SPARSE_SVR = svm.SVR().fit(SPARSE, X[:, 0])
PROBABLE = fitted(svm.SVC(probability=True, random_state=0), X, Y)
PRECOMPUTED = svm.SVC(kernel="precomputed").fit(X @ X.T, Y)
FUNCTION = svm.SVC(kernel=metrics.pairwise.laplacian_kernel).fit(X, Y)
OBJECT = svm.SVC(kernel=RBF(2.0) + 0.5 * RBF(1.0)).fit(X, Y)
MODELS = {
    "svc": (SVC, X),
    "svr": (SVR, X),
    "sparse svc": (SPARSE_SVC, SPARSE),
    "sparse svr": (SPARSE_SVR, SPARSE),
    "probable": (PROBABLE, X),
    "precomputed": (PRECOMPUTED, X @ X.T),
    "function": (FUNCTION, X),
    "object": (OBJECT, X),
}


def refused(specimen, problem, path="root"):
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert caught.value.path == path
    assert problem in str(caught.value)


@pytest.mark.parametrize("name", MODELS)
def test_an_unchanged_machine_passes_and_predicts_the_same(name):
    model, data = MODELS[name]
    built = Specimen(model).audit()()
    assert built.predict(data).tobytes() == model.predict(data).tobytes()


def test_a_machine_that_was_not_fitted_passes():
    Specimen(svm.SVC(kernel="precomputed")).audit()


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize(
    ("attribute", "change", "problem"),
    [
        ("_n_support", lambda a: a + 1, "_n_support"),
        ("_n_support", lambda a: np.array([10**6, *a[1:]], np.int32), "_n_support"),
        ("_n_support", lambda a: np.array([-a[0], *a[1:]], np.int32), "_n_support"),
        ("_n_support", lambda a: np.append(a, a[-1:]), "_n_support"),
        ("_n_support", lambda a: a.astype(np.int64), "_n_support has dtype"),
        ("support_", lambda a: a[:-1].copy(), "_n_support"),
        ("_intercept_", lambda a: a[:-1].copy(), "_intercept_"),
        ("_intercept_", lambda a: a.astype(np.float32), "_intercept_ has dtype"),
        ("_probA", lambda a: np.ones(7), "_probA"),
        ("_probB", lambda a: np.ones(7), "_probA"),
    ],
)
def test_counts_that_do_not_add_up_are_refused(name, attribute, change, problem):
    specimen = Specimen(MODELS[name][0])
    specimen.write(change(specimen.read(attribute)), attribute)
    refused(specimen, problem)


def test_counts_may_be_split_otherwise_but_not_overlap():
    specimen = Specimen(SVC)
    counts = specimen.read("_n_support")
    specimen.write(counts + np.array([1, -1, 0], np.int32), "_n_support")
    specimen.audit()
    specimen.write(np.array([counts.sum() + 5, -5, 0], np.int32), "_n_support")
    refused(specimen, "add up")


@pytest.mark.parametrize("name", ["svc", "svr", "probable", "precomputed", "function"])
@pytest.mark.parametrize(
    "change", [lambda a: a[:, :-1].copy(), lambda a: np.vstack([a, a]), lambda a: a[0].copy()]
)
def test_coefficients_of_another_shape_are_refused(name, change):
    specimen = Specimen(MODELS[name][0])
    specimen.write(change(specimen.read("_dual_coef_")), "_dual_coef_")
    refused(specimen, "_dual_coef_")


@pytest.mark.parametrize("name", ["svc", "svr", "probable"])
def test_support_vectors_of_another_shape_are_refused(name):
    for change in (lambda a: a[:-1].copy(), lambda a: a[:, :-1].copy(), lambda a: a[:0].copy()):
        specimen = Specimen(MODELS[name][0])
        specimen.write(change(specimen.read("support_vectors_")), "support_vectors_")
        refused(specimen, "support_vectors_")


@pytest.mark.parametrize("name", ["precomputed", "function", "object"])
@pytest.mark.parametrize("value", [80, -1, 10**6])
def test_a_training_sample_that_does_not_exist_is_refused(name, value):
    specimen = Specimen(MODELS[name][0])
    specimen.change(3, value, "support_")
    refused(specimen, "training sample that does not exist")


def test_a_kernel_may_not_be_said_to_be_precomputed_afterwards():
    specimen = Specimen(SVC)
    specimen.put("precomputed", "kernel")
    specimen.put({"tuple": [3, 5]}, "shape_fit_")
    refused(specimen, "training sample that does not exist")
    specimen = Specimen(SPARSE_SVC)
    specimen.put("precomputed", "kernel")
    refused(specimen, "not sparse")


@pytest.mark.parametrize(
    "kernel",
    [
        "sparta",
        7,
        {"name": "numpy.add"},
        {"name": "sklearn.metrics.pairwise.pairwise_distances_argmin_min"},
        {"object": "sklearn.gaussian_process.kernels.CompoundKernel", "state": {}},
    ],
)
def test_a_kernel_from_elsewhere_is_refused(kernel):
    specimen = Specimen(FUNCTION)
    specimen.put(kernel, "kernel")
    refused(specimen, "kernel is not one of scikit-learn's")


def test_a_kernel_with_a_part_from_elsewhere_is_refused():
    specimen = Specimen(OBJECT)
    specimen.put({"name": "numpy.add"}, "kernel", "k2")
    refused(specimen, "kernel is not one of scikit-learn's")


def test_a_kernel_that_contains_itself_is_refused():
    specimen = Specimen(OBJECT)
    kernel = specimen.at("kernel")
    specimen.blueprint["shared"].append(dict(kernel))
    index = len(specimen.blueprint["shared"]) - 1
    specimen.blueprint["shared"][index]["state"] = {"k1": {"ref": index}, "k2": {"ref": index}}
    specimen.put({"ref": index}, "kernel")
    refused(specimen, "kernel is not one of scikit-learn's")


def test_fewer_training_samples_than_there_were_are_refused():
    specimen = Specimen(FUNCTION)
    specimen.write(X[:-1].copy(), "_BaseLibSVM__Xfit")
    refused(specimen, "training samples")


@pytest.mark.parametrize("name", ["_impl", "_sparse_kernels"])
def test_what_belongs_to_the_class_may_not_be_overridden(name):
    specimen = Specimen(SVC)
    specimen.put("epsilon_svr", name)
    refused(specimen, "belongs to the class")


def test_sparse_support_vectors_must_be_rows_that_end_within_their_data():
    for ends, problem in (
        (lambda e: e[:-1], "one row for each"),
        (lambda e: np.append(e[:-1], e[-1] + 10), "rows that end"),
        (lambda e: np.append(e[:-2], [e[-1], e[-2]]), "rows that end"),
        (lambda e: np.append([1], e[1:]), "rows that end"),
    ):
        specimen = Specimen(SPARSE_SVC)
        place = ("support_vectors_", "indptr")
        specimen.write(np.array(ends(specimen.read(*place)), np.int32), *place)
        with pytest.raises(InvalidStateError) as caught:
            specimen.audit()
        assert caught.value.path in ("root", "root.support_vectors_"), problem


def test_sparse_coefficients_must_be_as_many_as_libsvm_copies():
    fewer = svm.SVC().fit(SPARSE[:40], Y[:40])
    specimen = Specimen(SPARSE_SVC)
    specimen.graft(Specimen(fewer._dual_coef_), "_dual_coef_")
    refused(specimen, "_dual_coef_ has not one number")


def test_sparse_support_vectors_must_be_as_many_as_were_counted():
    specimen = Specimen(SPARSE_SVC)
    specimen.graft(Specimen(SPARSE_SVC.support_vectors_[:-1]), "support_vectors_")
    refused(specimen, "support_vectors_ is not one row")


def test_dense_arrays_are_not_taken_for_sparse_ones():
    specimen = Specimen(SVC)
    specimen.put(True, "_sparse")
    refused(specimen, "not a sparse matrix")


def test_weights_for_other_classes_are_refused():
    specimen = Specimen(SVC)
    specimen.write(np.ones(7), "class_weight_")
    refused(specimen, "class_weight_")


@pytest.mark.parametrize("model", [SPARSE_SVC, SPARSE_SVR], ids=["svc", "svr"])
def test_sparse_probabilities_that_are_not_there_are_not_asked_for(model):
    specimen = Specimen(model)
    for name in ("probability", "_effective_probability"):
        specimen.put(True, name)
    refused(specimen, "no probabilities")


def test_a_machine_that_is_neither_dense_nor_sparse_is_refused():
    specimen = Specimen(SVC)
    specimen.put(1, "_sparse")
    refused(specimen, "_sparse")


def test_other_classes_than_were_counted_are_refused():
    specimen = Specimen(SVC)
    specimen.write(np.array([0, 1]), "classes_")
    refused(specimen, "_n_support")
    specimen = Specimen(SVC)
    specimen.put({"list": [0, 1, 2]}, "classes_")
    refused(specimen, "_n_support")
