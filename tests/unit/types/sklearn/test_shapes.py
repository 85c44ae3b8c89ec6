"""An estimator whose arrays contradict each other is refused; an honest one never is."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import scipy.sparse
from sklearn import (
    cluster,
    cross_decomposition,
    decomposition,
    discriminant_analysis,
    gaussian_process,
    impute,
    isotonic,
    kernel_ridge,
    linear_model,
    mixture,
    naive_bayes,
    preprocessing,
)
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError
from holotype.types.sklearn.shapes import shape_of

RNG = np.random.RandomState(0)
X = RNG.normal(size=(40, 4))
Y = np.arange(40) % 3
REAL = X[:, 0]
BOTH = np.column_stack([REAL, -REAL])

MODELS = {
    "ridge": (linear_model.Ridge(), REAL, "coef_"),
    "ridge of two": (linear_model.Ridge(), BOTH, "coef_"),
    "ridge of one column": (linear_model.Ridge(), BOTH[:, :1], "coef_"),
    "lasso of one column": (linear_model.Lasso(), BOTH[:, :1], "coef_"),
    "no intercept": (linear_model.LinearRegression(fit_intercept=False), REAL, "coef_"),
    "logistic": (linear_model.LogisticRegression(), Y, "coef_"),
    "logistic of two classes": (linear_model.LogisticRegression(), Y > 0, "intercept_"),
    "discriminant": (discriminant_analysis.LinearDiscriminantAnalysis(), Y, "means_"),
    "bayes": (naive_bayes.GaussianNB(), Y, "theta_"),
    "components": (decomposition.PCA(2), None, "components_"),
    "mean": (decomposition.PCA(2), None, "mean_"),
    "least squares": (cross_decomposition.PLSRegression(2), BOTH, "x_rotations_"),
    "mixture": (mixture.GaussianMixture(2, random_state=0), None, "means_"),
    "tied mixture": (
        mixture.GaussianMixture(2, covariance_type="tied", random_state=0),
        None,
        "covariances_",
    ),
    "process": (gaussian_process.GaussianProcessRegressor(), REAL, "L_"),
    "kernel": (kernel_ridge.KernelRidge(), REAL, "dual_coef_"),
    "scaler": (preprocessing.StandardScaler(), None, "scale_"),
    "quantiles": (preprocessing.QuantileTransformer(n_quantiles=9), None, "quantiles_"),
    "bins": (
        preprocessing.KBinsDiscretizer(3, strategy="uniform", subsample=None),
        None,
        "n_bins_",
    ),
    "imputer": (impute.SimpleImputer(), None, "statistics_"),
    "isotonic": (isotonic.IsotonicRegression(), REAL, "y_thresholds_"),
    "shift": (cluster.MeanShift(bandwidth=2.0), None, "cluster_centers_"),
}
FREE = {("shift", 0)}  # as many centres as there are


def fitted(name):
    model, target, _ = MODELS[name]
    data = X[:, :1] if name == "isotonic" else X
    model.fit(data) if target is None else model.fit(data, target)
    attribute = MODELS[name][2]  # which has gaps in some versions, and is then no plain array
    setattr(model, attribute, np.ascontiguousarray(getattr(model, attribute)))
    return model


@pytest.mark.parametrize("name", MODELS)
def test_an_honest_model_passes(name):
    model = fitted(name)
    built = Specimen(model).audit()()
    assert type(built) is type(model)


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("axis", [0, -1])
def test_an_array_of_another_size_is_refused(name, axis):
    if (name, axis) in FREE:
        pytest.skip("nothing else has this size")
    specimen = Specimen(fitted(name))
    attribute = MODELS[name][2]
    array = specimen.read(attribute)
    specimen.write(np.concatenate([array, array], axis=axis), attribute)
    with pytest.raises(InvalidStateError, match="has sizes"):
        specimen.audit()


def test_a_wrong_number_of_features_is_refused():
    specimen = Specimen(fitted("ridge"))
    specimen.put(5, "n_features_in_")
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    assert "coef_ has sizes [4], not features or outputs × features (features 5)" in str(
        caught.value
    )


@pytest.mark.parametrize("value", [-1, 2**31, None, "4", 4.0])
def test_a_number_of_features_that_is_none_is_refused(value):
    specimen = Specimen(fitted("ridge"))
    specimen.put(value, "n_features_in_")
    with pytest.raises(InvalidStateError, match="n_features_in_"):
        specimen.audit()


def test_coefficients_for_other_classes_are_refused():
    specimen = Specimen(fitted("logistic"))
    specimen.write(np.arange(5), "classes_")
    with pytest.raises(InvalidStateError, match="planes"):
        specimen.audit()


def test_a_sparse_matrix_has_sizes_too():
    model = fitted("logistic").sparsify()
    assert Specimen(model).audit()().coef_.shape == (3, 4)
    model.coef_ = scipy.sparse.csr_matrix((3, 5))
    with pytest.raises(InvalidStateError, match="coef_ has sizes"):
        Specimen(model).audit()


@pytest.mark.parametrize("workers", [-5000, 10**6])
def test_workers_without_number_are_refused(workers):
    with pytest.raises(InvalidStateError, match="n_jobs"):
        Specimen(linear_model.LinearRegression(n_jobs=workers)).audit()


def test_a_covariance_that_is_not_finite_is_refused():
    specimen = Specimen(fitted("mixture"))
    specimen.change((0, 0, 0), np.inf, "covariances_")
    with pytest.raises(InvalidStateError, match="covariances_ is not finite"):
        specimen.audit()


def test_what_is_absent_or_none_is_not_asked_for():
    for model in (
        linear_model.Ridge(),
        preprocessing.StandardScaler(with_std=False, with_mean=False).fit(X),
        linear_model.Ridge().fit(X, REAL),
    ):
        vars(model).pop("intercept_", None)
        Specimen(model).audit()


def test_other_values_have_no_sizes():
    assert shape_of(True) is shape_of("x") is shape_of(None) is None
    assert shape_of(1.5) == shape_of(np.float32(1)) == ()
