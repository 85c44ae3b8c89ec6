"""Models that were taught: trees, support vectors, neighbours, linear models and networks."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.spatial
from sklearn import (
    calibration,
    discriminant_analysis,
    dummy,
    ensemble,
    gaussian_process,
    isotonic,
    kernel_ridge,
    linear_model,
    metrics,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    semi_supervised,
    svm,
    tree,
)
from sklearn.gaussian_process import kernels

from fuzz.data import (
    BINARY,
    CODES,
    FEW,
    HOLES,
    LABELS,
    PLACES,
    POSITIVE,
    REAL,
    ROWS,
    SPARSE,
    TWO,
    WIDTH,
    X,
    Y,
)

__all__ = ["MODELS"]

MODELS: dict[str, tuple[Any, Any, Any]] = {
    "tree": (tree.DecisionTreeClassifier(max_depth=4, random_state=0), X, LABELS),
    "tree regression": (tree.ExtraTreeRegressor(max_depth=4, random_state=0), X, TWO),
    "tree missing": (tree.DecisionTreeRegressor(max_depth=3), HOLES, REAL),
    "forest": (ensemble.RandomForestClassifier(**FEW), X, LABELS),
    "forest outputs": (
        ensemble.RandomForestClassifier(**FEW),
        X,
        np.column_stack([Y, BINARY]),
    ),
    "forest regression": (ensemble.ExtraTreesRegressor(**FEW), X, REAL),
    "isolation": (
        ensemble.IsolationForest(n_estimators=3, max_features=2, random_state=0),
        X,
        None,
    ),
    "boosting": (ensemble.GradientBoostingClassifier(**FEW), X, Y),
    "boosting regression": (
        ensemble.GradientBoostingRegressor(**FEW, loss="quantile"),
        X,
        REAL,
    ),
    "boosting init": (
        ensemble.GradientBoostingClassifier(**FEW, init=linear_model.LogisticRegression()),
        X,
        BINARY,
    ),
    "histogram": (
        ensemble.HistGradientBoostingClassifier(max_iter=2, min_samples_leaf=3, random_state=0),
        HOLES,
        Y,
    ),
    "histogram categories": (
        ensemble.HistGradientBoostingRegressor(
            max_iter=2, min_samples_leaf=2, random_state=0, categorical_features=[0, 2]
        ),
        CODES,
        REAL,
    ),
    "ada": (ensemble.AdaBoostClassifier(n_estimators=3, random_state=0), X, Y),
    "ada regression": (
        ensemble.AdaBoostRegressor(n_estimators=3, random_state=0),
        X,
        REAL,
    ),
    "bagging": (
        ensemble.BaggingClassifier(n_estimators=3, max_features=2, random_state=0),
        X,
        Y,
    ),
    "stacking": (
        ensemble.StackingClassifier(
            [("a", naive_bayes.GaussianNB()), ("b", tree.DecisionTreeClassifier(max_depth=2))],
            cv=2,
        ),
        X,
        Y,
    ),
    "voting": (
        ensemble.VotingClassifier(
            [("a", naive_bayes.GaussianNB()), ("b", svm.SVC(probability=False))]
        ),
        X,
        LABELS,
    ),
    "svc": (svm.SVC(decision_function_shape="ovo"), X, LABELS),
    "svc sparse": (svm.SVC(), SPARSE, Y),
    "svc precomputed": (svm.SVC(kernel="precomputed"), X @ X.T, Y),
    "svc callable": (svm.SVC(kernel=metrics.pairwise.laplacian_kernel), X, BINARY),
    "nusvc": (svm.NuSVC(nu=0.3), X, BINARY),
    "svr": (svm.SVR(kernel="poly"), X, REAL),
    "nusvr sparse": (svm.NuSVR(), SPARSE, REAL),
    "one class": (svm.OneClassSVM(), X, None),
    "linear svc": (svm.LinearSVC(random_state=0), X, Y),
    "linear svr": (svm.LinearSVR(random_state=0), X, REAL),
    "logistic": (linear_model.LogisticRegression(), X, LABELS),
    "logistic cv": (linear_model.LogisticRegressionCV(Cs=2, cv=2), X, BINARY),
    "ridge": (linear_model.Ridge(), X, TWO),
    "ridge cv": (linear_model.RidgeClassifierCV(), X, Y),
    "lasso sparse": (linear_model.LassoCV(cv=2), X, REAL),
    "lars": (linear_model.LassoLarsIC(), X, REAL),
    "bayes ridge": (linear_model.BayesianRidge(), X, REAL),
    "ard": (linear_model.ARDRegression(), X, REAL),
    "poisson": (linear_model.PoissonRegressor(), X, np.abs(REAL)),
    "ransac": (linear_model.RANSACRegressor(random_state=0), X, REAL),
    "sgd": (linear_model.SGDClassifier(random_state=0, average=True), X, Y),
    "sgd one class": (linear_model.SGDOneClassSVM(random_state=0), X, None),
    "sparse coefficients": (
        linear_model.SGDClassifier(penalty="l1", random_state=0),
        SPARSE,
        Y,
    ),
    "knn kd": (neighbors.KNeighborsClassifier(algorithm="kd_tree"), X, LABELS),
    "knn ball": (
        neighbors.KNeighborsRegressor(
            algorithm="ball_tree", weights="distance", metric="haversine"
        ),
        PLACES,
        TWO[:, 0],
    ),
    "knn brute": (neighbors.KNeighborsClassifier(algorithm="brute"), SPARSE, Y),
    "knn mahalanobis": (
        neighbors.NearestNeighbors(
            algorithm="ball_tree", metric="mahalanobis", metric_params={"V": np.cov(X.T)}
        ),
        X,
        None,
    ),
    "knn function": (
        neighbors.KNeighborsTransformer(
            algorithm="ball_tree", metric=scipy.spatial.distance.canberra
        ),
        X,
        None,
    ),
    "radius": (
        neighbors.RadiusNeighborsClassifier(9.0, outlier_label="most_frequent"),
        X,
        Y,
    ),
    "radius regression": (neighbors.RadiusNeighborsRegressor(9.0), X, REAL),
    "lof": (neighbors.LocalOutlierFactor(novelty=True, n_neighbors=5), X, None),
    "density": (neighbors.KernelDensity(leaf_size=8), X, None),
    "centroid": (neighbors.NearestCentroid(), X, LABELS),
    "gp": (
        gaussian_process.GaussianProcessRegressor(
            kernels.ConstantKernel() * kernels.RBF() + kernels.WhiteKernel(), optimizer=None
        ),
        X,
        REAL,
    ),
    "gp matern": (
        gaussian_process.GaussianProcessRegressor(
            kernels.Matern(np.ones(WIDTH), nu=1.5), optimizer=None, normalize_y=True
        ),
        X,
        TWO,
    ),
    "gp classifier": (gaussian_process.GaussianProcessClassifier(optimizer=None), X, Y),
    "isotonic": (isotonic.IsotonicRegression(out_of_bounds="clip"), X[:, :1], REAL),
    "calibrated": (
        calibration.CalibratedClassifierCV(naive_bayes.GaussianNB(), cv=2, method="isotonic"),
        X,
        Y,
    ),
    "calibrated sigmoid": (
        calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=2),
        X,
        BINARY,
    ),
    "lda": (discriminant_analysis.LinearDiscriminantAnalysis(), X, Y),
    "qda": (discriminant_analysis.QuadraticDiscriminantAnalysis(), X, Y),
    "dummy": (dummy.DummyClassifier(strategy="stratified", random_state=0), X, LABELS),
    "dummy regression": (dummy.DummyRegressor(), X, TWO),
    "nb": (naive_bayes.GaussianNB(), X, LABELS),
    "nb multinomial": (naive_bayes.MultinomialNB(), POSITIVE, Y),
    "nb bernoulli": (naive_bayes.BernoulliNB(), X, Y),
    "nb complement": (naive_bayes.ComplementNB(), POSITIVE, Y),
    "nb categories": (
        naive_bayes.CategoricalNB(min_categories=5),
        CODES[:, :3].astype(int),
        Y,
    ),
    "mlp": (
        neural_network.MLPClassifier(hidden_layer_sizes=(5, 3), max_iter=3, random_state=0),
        X,
        LABELS,
    ),
    "mlp regression": (
        neural_network.MLPRegressor(hidden_layer_sizes=(4,), max_iter=3, random_state=0),
        X,
        TWO,
    ),
    "kernel ridge": (kernel_ridge.KernelRidge(kernel="rbf"), X, REAL),
    "label propagation": (semi_supervised.LabelSpreading(kernel="knn"), X, Y),
    "self training": (
        semi_supervised.SelfTrainingClassifier(naive_bayes.GaussianNB()),
        X,
        np.where(np.arange(ROWS) % 4 == 0, -1, Y),
    ),
    "one vs one": (multiclass.OneVsOneClassifier(svm.LinearSVC()), X, LABELS),
    "one vs rest": (
        multiclass.OneVsRestClassifier(linear_model.LogisticRegression()),
        X,
        Y,
    ),
    "output code": (
        multiclass.OutputCodeClassifier(naive_bayes.GaussianNB(), random_state=0),
        X,
        Y,
    ),
    "chain": (
        multioutput.ClassifierChain(naive_bayes.GaussianNB(), random_state=0),
        X,
        np.column_stack([BINARY, 1 - BINARY]),
    ),
    "multi output": (multioutput.MultiOutputRegressor(linear_model.Ridge()), X, TWO),
    "search": (
        model_selection.GridSearchCV(linear_model.Ridge(), {"alpha": [1, 2]}, cv=2),
        X,
        REAL,
    ),
    "threshold": (
        model_selection.FixedThresholdClassifier(linear_model.LogisticRegression()),
        X,
        BINARY,
    ),
}
"""Unfitted, with X and y."""
