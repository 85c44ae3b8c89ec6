"""Models as people build them come back bit for bit: composites, solvers, kernels, odd options."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

import numpy as np
import scipy.sparse
import scipy.stats
import sklearn
from sklearn import (
    calibration,
    cluster,
    compose,
    datasets,
    decomposition,
    discriminant_analysis,
    ensemble,
    feature_selection,
    gaussian_process,
    impute,
    isotonic,
    kernel_approximation,
    linear_model,
    metrics,
    mixture,
    model_selection,
    multiclass,
    multioutput,
    naive_bayes,
    neighbors,
    neural_network,
    pipeline,
    preprocessing,
    semi_supervised,
    svm,
    tree,
)
from sklearn.experimental import enable_halving_search_cv  # noqa: F401
from sklearn.feature_extraction.text import CountVectorizer, HashingVectorizer, TfidfVectorizer
from sklearn.gaussian_process import kernels
from tests.conformance.sklearn_models import assert_same_model, fit, round_trip, same

VERSION = tuple(map(int, sklearn.__version__.split(".")[:2]))
RNG = np.random.RandomState(0)

X, Y = datasets.make_classification(
    n_samples=90, n_features=8, n_informative=6, n_classes=3, random_state=0
)
BINARY = (Y > 0).astype(int)
NAMES = np.array(["low", "mid", "top"], dtype=object)[Y]
REAL = X[:, 0] * 3 + np.sin(X[:, 1]) + RNG.normal(size=90) / 9
POSITIVE = np.abs(REAL) + 0.1
MANY = np.column_stack([REAL, REAL**2])
LABELS = np.column_stack([BINARY, Y == 1]).astype(int)
HOLES = np.where(RNG.uniform(size=X.shape) < 0.1, np.nan, X)
SPARSE = scipy.sparse.csr_matrix(np.where(np.abs(X) < 0.5, 0.0, X))
CODES = np.column_stack([RNG.randint(0, 5, 90), RNG.randint(0, 3, 90), X[:, 0]])
TEXTS = [" ".join(f"word{n}" for n in RNG.randint(0, 60, 12)) for _ in range(90)]
PLACES = np.column_stack([RNG.uniform(-1.5, 1.5, 90), RNG.uniform(-3, 3, 90)])

logistic = linear_model.LogisticRegression(random_state=0, max_iter=50)
ridge = linear_model.Ridge()
small_tree = tree.DecisionTreeClassifier(max_depth=3, random_state=0)


def scaled(estimator):
    return pipeline.make_pipeline(preprocessing.StandardScaler(), estimator)


COMPOSITES = {
    "pipeline": (scaled(logistic), X, NAMES),
    "pipeline with passthrough": (
        pipeline.Pipeline([("nothing", "passthrough"), ("union", "passthrough"), ("p", ridge)]),
        X,
        REAL,
    ),
    "union": (
        pipeline.make_pipeline(
            pipeline.FeatureUnion(
                [
                    ("pca", decomposition.PCA(2)),
                    ("best", feature_selection.SelectKBest(feature_selection.f_classif, k=2)),
                    ("same", "passthrough"),
                ],
                transformer_weights={"pca": 0.5},
            ),
            logistic,
        ),
        X,
        Y,
    ),
    "columns": (
        compose.ColumnTransformer(
            [
                ("slice", preprocessing.Normalizer(), slice(2)),
                ("mask", preprocessing.StandardScaler(), np.arange(8) == 3),
                ("list", preprocessing.MinMaxScaler(), [4, 5]),
                ("none", "drop", [6]),
            ],
            remainder=preprocessing.FunctionTransformer(np.cbrt),
        ),
        X,
        None,
    ),
    "grid": (
        model_selection.GridSearchCV(
            pipeline.Pipeline([("scale", preprocessing.StandardScaler()), ("svm", svm.SVC())]),
            [
                {"svm__kernel": ["linear"], "svm__C": [1, 10]},
                {"svm__kernel": ["rbf"], "svm__gamma": ["scale", 0.1], "scale": ["passthrough"]},
            ],
            cv=model_selection.StratifiedKFold(3, shuffle=True, random_state=0),
            scoring={
                "acc": "accuracy",
                "f1": metrics.make_scorer(metrics.f1_score, average="macro"),
            },
            refit="f1",
            return_train_score=True,
        ),
        X,
        NAMES,
    ),
    "random search": (
        model_selection.RandomizedSearchCV(
            ridge, {"alpha": scipy.stats.loguniform(1e-3, 1e3)}, n_iter=4, cv=3, random_state=0
        ),
        X,
        REAL,
    ),
    "halving grid": (
        model_selection.HalvingGridSearchCV(small_tree, {"max_depth": [1, 2, 3]}, random_state=0),
        X,
        BINARY,
    ),
    "halving random": (
        model_selection.HalvingRandomSearchCV(
            small_tree, {"max_depth": scipy.stats.randint(1, 5)}, random_state=0
        ),
        X,
        BINARY,
    ),
    "stacking classifier": (
        ensemble.StackingClassifier(
            [("t", small_tree), ("n", naive_bayes.GaussianNB()), ("d", "drop")], logistic, cv=3
        ),
        X,
        NAMES,
    ),
    "stacking regressor": (
        ensemble.StackingRegressor([("r", ridge), ("s", svm.SVR())], passthrough=True, cv=3),
        X,
        REAL,
    ),
    "voting": (
        ensemble.VotingClassifier(
            [("l", logistic), ("t", small_tree)], voting="soft", weights=[2, 1]
        ),
        X,
        NAMES,
    ),
    "voting regressor": (ensemble.VotingRegressor([("r", ridge), ("s", svm.SVR())]), X, REAL),
    "calibrated sigmoid": (calibration.CalibratedClassifierCV(svm.LinearSVC(), cv=3), X, Y),
    "calibrated isotonic": (
        calibration.CalibratedClassifierCV(small_tree, method="isotonic", cv=3, ensemble=False),
        X,
        Y,
    ),
    "target by function": (
        compose.TransformedTargetRegressor(ridge, func=np.log1p, inverse_func=np.expm1),
        X,
        POSITIVE,
    ),
    "target by transformer": (
        compose.TransformedTargetRegressor(
            ridge, transformer=preprocessing.QuantileTransformer(n_quantiles=10)
        ),
        X,
        REAL,
    ),
    "one against the rest": (multiclass.OneVsRestClassifier(logistic), X, NAMES),
    "one against the rest, one label everywhere": (
        multiclass.OneVsRestClassifier(logistic),
        X,
        np.column_stack([BINARY, np.ones(90, int)]),
    ),
    "one against one": (multiclass.OneVsOneClassifier(svm.LinearSVC(random_state=0)), X, NAMES),
    "output code": (multiclass.OutputCodeClassifier(logistic, random_state=0), X, NAMES),
    "classifier chain": (
        multioutput.ClassifierChain(logistic, order="random", random_state=0, cv=3),
        X,
        LABELS,
    ),
    "regressor chain": (multioutput.RegressorChain(ridge, order=[1, 0]), X, MANY),
    "many outputs": (multioutput.MultiOutputClassifier(small_tree), X, LABELS),
    "self training": (
        semi_supervised.SelfTrainingClassifier(logistic),
        X,
        np.where(np.arange(90) % 3, BINARY, -1),
    ),
    "recursive selection": (
        feature_selection.RFECV(logistic, cv=model_selection.ShuffleSplit(2, random_state=0)),
        X,
        Y,
    ),
    "selection by model": (
        feature_selection.SelectFromModel(ensemble.ExtraTreesClassifier(9, random_state=0)),
        X,
        Y,
    ),
    "bagging": (
        ensemble.BaggingClassifier(small_tree, 9, max_features=0.5, oob_score=True, random_state=0),
        X,
        Y,
    ),
    "boosting by weights": (
        ensemble.AdaBoostRegressor(ridge, n_estimators=4, random_state=0),
        X,
        REAL,
    ),
    "random sample consensus": (linear_model.RANSACRegressor(random_state=0), X, REAL),
}

TREES = {
    "forest": (ensemble.RandomForestClassifier(40, random_state=0), X, NAMES),
    "forest of the caller's random state": (
        ensemble.RandomForestClassifier(3, random_state=np.random.RandomState(1)),
        X,
        Y,
    ),
    "forest with two outputs": (ensemble.RandomForestRegressor(4, random_state=0), X, MANY),
    "forest with labels": (ensemble.ExtraTreesClassifier(4, random_state=0), X, LABELS),
    "forest with holes": (
        ensemble.RandomForestClassifier(4, oob_score=True, bootstrap=True, random_state=0),
        HOLES,
        Y,
    ),
    "forest on sparse data": (ensemble.RandomForestClassifier(4, random_state=0), SPARSE, Y),
    "best first": (tree.DecisionTreeRegressor(max_leaf_nodes=9, random_state=0), X, REAL),
    "pruned": (tree.DecisionTreeClassifier(ccp_alpha=0.02, random_state=0), X, NAMES),
    "stump": (tree.DecisionTreeClassifier(max_depth=1), X, BINARY),
    "single leaf": (tree.DecisionTreeRegressor(), X, np.ones(90)),
    "weights and constraints": (
        tree.DecisionTreeClassifier(
            class_weight={0: 1, 1: 5}, monotonic_cst=[1, -1, 0, 0, 0, 0, 0, 0], random_state=0
        ),
        X,
        BINARY,
    ),
    "poisson": (
        tree.DecisionTreeRegressor(criterion="poisson", max_depth=4, random_state=0),
        X,
        POSITIVE,
    ),
    "embedding": (ensemble.RandomTreesEmbedding(5, random_state=0), X, None),
    "isolation": (ensemble.IsolationForest(n_estimators=40, random_state=0), X, None),
    "isolation of some features": (
        ensemble.IsolationForest(
            n_estimators=5, max_features=0.5, contamination=0.1, random_state=0
        ),
        X,
        None,
    ),
    "boosted classes": (
        ensemble.GradientBoostingClassifier(n_estimators=12, random_state=0),
        X,
        NAMES,
    ),
    "boosted pair": (
        ensemble.GradientBoostingClassifier(n_estimators=40, random_state=0),
        X,
        BINARY,
    ),
    "boosted exponentially": (
        ensemble.GradientBoostingClassifier(loss="exponential", n_estimators=5, random_state=0),
        X,
        BINARY,
    ),
    "boosted from zero": (
        ensemble.GradientBoostingRegressor(
            loss="huber", init="zero", n_estimators=5, random_state=0
        ),
        X,
        REAL,
    ),
    "boosted from a model": (
        ensemble.GradientBoostingClassifier(
            init=naive_bayes.GaussianNB(), n_estimators=5, random_state=0
        ),
        X,
        Y,
    ),
    "boosted quantile": (
        ensemble.GradientBoostingRegressor(
            loss="quantile", alpha=0.7, subsample=0.5, n_iter_no_change=2, random_state=0
        ),
        X,
        REAL,
    ),
    "boosted on sparse data": (
        ensemble.GradientBoostingClassifier(n_estimators=5, random_state=0),
        SPARSE,
        Y,
    ),
    "histograms": (
        ensemble.HistGradientBoostingClassifier(random_state=0, max_iter=40),
        HOLES,
        NAMES,
    ),
    "histograms, one class against another": (
        ensemble.HistGradientBoostingClassifier(
            max_iter=3, early_stopping=True, scoring="accuracy"
        ),
        X,
        BINARY,
    ),
    "histograms with categories": (
        ensemble.HistGradientBoostingClassifier(
            random_state=0, max_iter=8, categorical_features=[0, 1]
        ),
        CODES,
        BINARY,
    ),
    "histograms with constraints": (
        ensemble.HistGradientBoostingRegressor(
            max_iter=5,
            monotonic_cst=[1, 0, 0, 0, 0, 0, 0, -1],
            interaction_cst=[{0, 1}, {2, 3, 4, 5, 6, 7}],
            early_stopping=True,
            validation_fraction=0.2,
            random_state=0,
        ),
        X,
        REAL,
    ),
    "histograms of a quantile": (
        ensemble.HistGradientBoostingRegressor(
            random_state=0, loss="quantile", quantile=0.3, max_iter=5
        ),
        X,
        REAL,
    ),
    "histograms of counts": (
        ensemble.HistGradientBoostingRegressor(
            random_state=0, loss="poisson", max_iter=5, warm_start=True
        ),
        X,
        POSITIVE,
    ),
    "histograms of absolute errors": (
        ensemble.HistGradientBoostingRegressor(random_state=0, loss="absolute_error", max_iter=5),
        X,
        REAL,
    ),
    "histograms, gamma": (
        ensemble.HistGradientBoostingRegressor(random_state=0, loss="gamma", max_iter=5),
        X,
        POSITIVE,
    ),
}


def precomputed(estimator):
    return (estimator, X @ X.T, Y)


VECTORS = {
    **{f"svc {name}": (svm.SVC(kernel=name), X, NAMES) for name in ("linear", "poly", "sigmoid")},
    "svc precomputed": precomputed(svm.SVC(kernel="precomputed")),
    "svc with a kernel function": (svm.SVC(kernel=metrics.pairwise.laplacian_kernel), X, Y),
    "svc with a kernel object": (
        svm.SVC(kernel=kernels.RBF(2.0) + 0.5 * kernels.Matern(nu=1.5) ** 2),
        X,
        BINARY,
    ),
    "svc on sparse data": (svm.SVC(class_weight="balanced"), SPARSE, NAMES),
    "svc, one against one": (svm.SVC(decision_function_shape="ovo"), X, NAMES),
    "svc that breaks ties": (svm.SVC(break_ties=True), X, NAMES),
    "svc with probabilities": (svm.SVC(probability=True, random_state=0), X, NAMES),
    "svc with probabilities on sparse data": (
        svm.SVC(probability=True, random_state=0),
        SPARSE,
        BINARY,
    ),
    "nu svc": (svm.NuSVC(nu=0.3), X, BINARY),
    "svr": (svm.SVR(kernel="poly", degree=2), X, REAL),
    "svr on sparse data": (svm.SVR(), SPARSE, REAL),
    "svr without support vectors": (svm.SVR(epsilon=1000.0), X, REAL),
    "nu svr": (svm.NuSVR(kernel="linear"), X, REAL),
    "one class": (svm.OneClassSVM(nu=0.2), X, None),
    "one class on sparse data": (svm.OneClassSVM(nu=0.2), SPARSE, None),
    "linear svc": (svm.LinearSVC(penalty="l1", dual=False, random_state=0), SPARSE, NAMES),
    "linear svr": (svm.LinearSVR(random_state=0), X, REAL),
}

NEIGHBOURS = {
    **{
        f"{algorithm} {metric}": (
            neighbors.KNeighborsClassifier(3, algorithm=algorithm, metric=metric, leaf_size=5),
            X,
            NAMES,
        )
        for algorithm in ("kd_tree", "ball_tree")
        for metric in ("euclidean", "manhattan", "chebyshev")
    },
    **{
        f"ball tree {metric}": (
            neighbors.KNeighborsRegressor(3, algorithm="ball_tree", metric=metric),
            X,
            REAL,
        )
        for metric in ("braycurtis", "canberra", "hamming")
    },
    "weights by feature": (
        neighbors.NearestNeighbors(
            n_neighbors=3,
            algorithm="ball_tree",
            metric="minkowski",
            p=3,
            metric_params={"w": np.arange(1.0, 9.0)},
        ),
        X,
        None,
    ),
    "standardised": (
        neighbors.NearestNeighbors(
            algorithm="ball_tree", metric="seuclidean", metric_params={"V": X.var(axis=0)}
        ),
        X,
        None,
    ),
    "correlated": (
        neighbors.NearestNeighbors(
            algorithm="ball_tree",
            metric="mahalanobis",
            metric_params={"VI": np.linalg.inv(np.cov(X.T))},
        ),
        X,
        None,
    ),
    "on a globe": (
        neighbors.RadiusNeighborsRegressor(1.0, algorithm="ball_tree", metric="haversine"),
        PLACES,
        REAL,
    ),
    "brute on sparse data": (neighbors.KNeighborsClassifier(metric="cosine"), SPARSE, Y),
    "several outputs": (neighbors.KNeighborsRegressor(weights="distance"), X, MANY),
    "within a radius": (
        neighbors.RadiusNeighborsClassifier(9.0, outlier_label="most_frequent"),
        X,
        NAMES,
    ),
    "novelty": (neighbors.LocalOutlierFactor(novelty=True), X, None),
    "density": (neighbors.KernelDensity(kernel="tophat", bandwidth=2.0), X, None),
    "density in a ball tree": (
        neighbors.KernelDensity(algorithm="ball_tree", metric="manhattan"),
        X,
        None,
    ),
    "imputed by neighbours": (impute.KNNImputer(n_neighbors=2), HOLES, None),
    "spread labels": (
        semi_supervised.LabelSpreading(kernel="knn", n_neighbors=3),
        X,
        np.where(np.arange(90) % 2, Y, -1),
    ),
}

PROCESSES = {
    f"process {index}": (
        gaussian_process.GaussianProcessRegressor(kernel, random_state=0, optimizer=None),
        X,
        REAL,
    )
    for index, kernel in enumerate(
        [
            1.0 * kernels.RBF([1.0] * 8, (1e-3, 1e3)) + kernels.WhiteKernel(0.1),
            kernels.DotProduct() * kernels.ConstantKernel(2.0, "fixed"),
            kernels.ExpSineSquared(1.5, 9.0) + kernels.WhiteKernel(9.0),
            kernels.RationalQuadratic(alpha=0.5),
            kernels.Exponentiation(kernels.Matern(nu=2.5), 2),
            kernels.PairwiseKernel(metric="laplacian"),
        ]
    )
} | {
    "classes by process": (
        gaussian_process.GaussianProcessClassifier(kernels.RBF(2.0), optimizer=None),
        X,
        NAMES,
    ),
}

OTHERS = {
    "network, adam": (
        neural_network.MLPClassifier((5, 4), max_iter=9, early_stopping=True, random_state=0),
        X,
        Y,
    ),
    "network, sgd": (
        neural_network.MLPRegressor(
            hidden_layer_sizes=(5,), solver="sgd", max_iter=9, random_state=0
        ),
        X,
        MANY,
    ),
    "network, lbfgs": (
        neural_network.MLPClassifier((5,), solver="lbfgs", max_iter=9, random_state=0),
        X,
        LABELS,
    ),
    "network of small numbers": (
        neural_network.MLPRegressor(hidden_layer_sizes=(5,), max_iter=5, random_state=0),
        X.astype(np.float32),
        REAL,
    ),
    **{
        f"stochastic {loss}": (linear_model.SGDClassifier(loss=loss, random_state=0), X, Y)
        for loss in ("hinge", "log_loss", "modified_huber", "squared_hinge", "perceptron")
    },
    **{
        f"stochastic {loss}": (
            linear_model.SGDRegressor(loss=loss, average=True, random_state=0),
            X,
            REAL,
        )
        for loss in ("huber", "epsilon_insensitive", "squared_epsilon_insensitive")
    },
    "one class, stochastic": (linear_model.SGDOneClassSVM(random_state=0), X, None),
    "sparse coefficients": (
        linear_model.SGDClassifier(penalty="l1", random_state=0).fit(X, Y).sparsify(),
        X,
        None,
    ),
    "logistic by cross-validation": (linear_model.LogisticRegressionCV(Cs=2, cv=3), X, NAMES),
    "ridge by cross-validation": (linear_model.RidgeCV(store_cv_results=True), X, MANY)
    if VERSION >= (1, 5)
    else (linear_model.RidgeCV(store_cv_values=True), X, MANY),
    "tweedie": (linear_model.TweedieRegressor(power=1.5, link="log"), X, POSITIVE),
    "quadratic": (
        discriminant_analysis.QuadraticDiscriminantAnalysis(store_covariance=True),
        X[:, 5:],
        Y,
    ),
    "isotonic": (isotonic.IsotonicRegression(out_of_bounds="clip"), X[:, 0], REAL),
    "isotonic, decreasing": (isotonic.IsotonicRegression(increasing=False), X[:, :1], REAL),
    "isotonic, constant": (isotonic.IsotonicRegression(), np.ones(90), REAL),
    "mixture": (mixture.GaussianMixture(3, covariance_type="tied", random_state=0), X, None),
    "clustered features": (
        cluster.Birch(
            threshold=0.8,
            branching_factor=3,
            n_clusters=cluster.KMeans(3, n_init=1, random_state=0),
        ),
        X,
        None,
    ),
    "bisected": (
        cluster.BisectingKMeans(4, algorithm="elkan", random_state=0, init="k-means++"),
        X,
        None,
    ),
    "agglomerated": (cluster.FeatureAgglomeration(3, pooling_func=np.median), X, None),
    "imputed in turns": (impute.IterativeImputer(random_state=0, max_iter=2), HOLES, None),
    "imputed by words": (
        impute.SimpleImputer(strategy="constant", fill_value="none", missing_values=None),
        np.array([["a", None], ["b", "c"]], dtype=object),
        None,
    ),
    "words": (
        pipeline.make_pipeline(
            TfidfVectorizer(stop_words=["word1", "word2"], ngram_range=(1, 2), min_df=2), logistic
        ),
        TEXTS,
        Y,
    ),
    "words of a vocabulary": (CountVectorizer(vocabulary={"word3": 0, "word5": 1}), TEXTS, None),
    "hashed words": (HashingVectorizer(n_features=64, stop_words="english"), TEXTS, None),
    "one hot": (
        preprocessing.OneHotEncoder(min_frequency=12, handle_unknown="infrequent_if_exist"),
        CODES[:, :2],
        None,
    ),
    "one hot of words": (
        preprocessing.OneHotEncoder(drop="if_binary", dtype=np.float32, sparse_output=False),
        np.array([["a", 1], ["b", 2], ["a", 3]], dtype=object),
        None,
    ),
    "ordinal": (
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=np.nan),
        CODES[:, :2],
        None,
    ),
    "target encoder": (
        preprocessing.TargetEncoder(random_state=0, cv=3, smooth=2.0),
        CODES[:, :2],
        REAL,
    ),
    "bins": (
        preprocessing.KBinsDiscretizer(3, encode="onehot", strategy="kmeans", random_state=0),
        X,
        None,
    ),
    "splines": (preprocessing.SplineTransformer(5, extrapolation="periodic"), X, None),
    "power": (preprocessing.PowerTransformer(), X, None),
    "function": (
        preprocessing.FunctionTransformer(np.clip, kw_args={"a_min": -1.0, "a_max": 1.0}),
        X,
        None,
    ),
    "function of a library": (
        preprocessing.FunctionTransformer(preprocessing.scale, kw_args={"with_std": False}),
        X,
        None,
    ),
    "components cut from larger ones": (
        decomposition.PCA(5, svd_solver="randomized", random_state=0),
        X,
        None,
    ),
    "components of texts": (
        pipeline.make_pipeline(TfidfVectorizer(), decomposition.TruncatedSVD(3, random_state=0)),
        TEXTS,
        None,
    ),
    "components in turns": (decomposition.IncrementalPCA(3, batch_size=30), X, None),
    "kernel map": (
        kernel_approximation.Nystroem("polynomial", degree=2, n_components=5, random_state=0),
        X,
        None,
    ),
    "kernel components": (
        decomposition.KernelPCA(3, kernel="rbf", fit_inverse_transform=True),
        X,
        None,
    ),
    "lasso path": (linear_model.LassoLarsCV(cv=3), X, REAL),
    "multiple tasks": (linear_model.MultiTaskElasticNetCV(cv=3, alphas=[0.1, 1.0]), X, MANY),
}

MODELS = COMPOSITES | TREES | VECTORS | NEIGHBOURS | PROCESSES | OTHERS


@pytest.mark.parametrize("name", MODELS)
def test_a_model_comes_back_bit_for_bit(name):
    estimator, data, target = MODELS[name]
    model = estimator if hasattr(estimator, "coef_") else fit(estimator, data, target)
    assert_same_model(model, data, target)


def test_a_frozen_estimator_comes_back_frozen():
    frozen = pytest.importorskip("sklearn.frozen", reason="new in scikit-learn 1.6")
    inside = frozen.FrozenEstimator(logistic.fit(X, Y))
    model = calibration.CalibratedClassifierCV(inside, method="sigmoid")
    assert_same_model(fit(model, X, Y), X, Y)


def test_temperature_scaling_comes_back():
    if VERSION < (1, 8):
        pytest.skip("new in scikit-learn 1.8")
    model = calibration.CalibratedClassifierCV(logistic, method="temperature", cv=3)
    assert_same_model(fit(model, X, NAMES), X, NAMES)


def test_a_tuned_threshold_comes_back():
    if VERSION < (1, 5):
        pytest.skip("new in scikit-learn 1.5")
    model = model_selection.TunedThresholdClassifierCV(
        logistic, scoring="balanced_accuracy", store_cv_results=True, cv=3, random_state=0
    )
    assert_same_model(fit(model, X, BINARY), X, BINARY)


def test_metadata_routing_refers_back_to_its_estimator():
    with sklearn.config_context(enable_metadata_routing=True):
        inner = linear_model.LogisticRegression(max_iter=50)
        inner.set_fit_request(sample_weight=True).set_score_request(sample_weight=False)
        model = model_selection.GridSearchCV(inner, {"C": [1, 2]}, cv=3)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            model.fit(X, Y, sample_weight=np.linspace(1, 2, 90))
        assert_same_model(model, X, Y)
        loaded = round_trip(inner)
        assert repr(loaded.get_metadata_routing()) == repr(inner.get_metadata_routing())
        # Who owns a request differs: its class's name, a copy of the estimator, or itself.
        mine, its = (vars(each)["_metadata_request"].owner for each in (inner, loaded))
        assert type(its) is type(mine)
        assert (its is loaded) == (mine is inner)


def test_data_frames_and_pandas_output_come_back():
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    frame = pandas.DataFrame(X, columns=[f"x{i}" for i in range(8)])
    frame["word"] = pandas.Categorical(NAMES)
    columns = compose.make_column_transformer(
        (preprocessing.StandardScaler(), compose.make_column_selector(dtype_include=float)),
        (preprocessing.OneHotEncoder(sparse_output=False), ["word"]),
    ).set_output(transform="pandas")
    assert_same_model(fit(columns, frame, None), frame, None)
    model = pipeline.make_pipeline(columns, ensemble.RandomForestClassifier(3, random_state=0))
    assert_same_model(fit(model, frame, NAMES), frame, NAMES)


def test_categories_of_a_data_frame_come_back():
    pandas = pytest.importorskip("pandas", reason="needs pandas")
    frame = pandas.DataFrame(
        {"number": X[:, 0], "word": pandas.Categorical(NAMES), "more": X[:, 1]}
    )
    boosting = ensemble.HistGradientBoostingRegressor(
        max_iter=5, categorical_features=["word"] if VERSION < (1, 6) else "from_dtype"
    )
    assert_same_model(fit(boosting, frame, REAL), frame, REAL)


@pytest.mark.parametrize(
    "splitter",
    [
        model_selection.KFold(3, shuffle=True, random_state=np.random.RandomState(3)),
        model_selection.RepeatedStratifiedKFold(n_splits=2, n_repeats=2, random_state=0),
        model_selection.ShuffleSplit(2, test_size=0.3, random_state=0),
        model_selection.StratifiedGroupKFold(2),
        model_selection.TimeSeriesSplit(3, gap=1),
        model_selection.PredefinedSplit([0, 1, -1] * 30),
        model_selection.LeavePOut(2),
        model_selection.check_cv([(np.arange(3), np.arange(3, 9))]),
    ],
    ids=lambda splitter: type(splitter).__name__,
)
def test_splitters_come_back_and_split_alike(splitter):
    loaded = round_trip(splitter)
    groups = np.arange(90) % 7
    warnings.simplefilter("ignore", UserWarning)  # most of them have no use for groups
    here, there = (
        [
            (a.tolist(), b.tolist())
            for (a, b), _ in zip(each.split(X, Y, groups), range(9), strict=False)
        ]
        for each in (splitter, loaded)
    )
    assert here == there


@pytest.mark.parametrize("name", metrics.get_scorer_names())
def test_every_named_scorer_comes_back(name):
    scorer = metrics.get_scorer(name)
    assert same(sorted(vars(round_trip(scorer)).items()), sorted(vars(scorer).items()))


def test_scorers_with_arguments_score_alike():
    scorer = metrics.make_scorer(metrics.fbeta_score, beta=2, average="macro")
    model = small_tree.fit(X, Y)
    assert round_trip(scorer)(model, X, Y) == scorer(model, X, Y)


def test_parameter_grids_and_samplers_come_back():
    grid = model_selection.ParameterGrid([{"a": [1, 2]}, {"b": ["x"]}])
    assert list(round_trip(grid)) == list(grid)
    sampler = model_selection.ParameterSampler(
        {"c": scipy.stats.uniform(0, 2)}, n_iter=3, random_state=5
    )
    assert list(round_trip(sampler)) == list(sampler)


def test_bunches_come_back_with_what_they_hold():
    bunch = datasets.load_iris()
    loaded = round_trip(bunch)
    assert type(loaded) is type(bunch)
    assert list(loaded) == list(bunch)
    assert loaded.data.tobytes() == bunch.data.tobytes()
    loaded.extra = 1
    assert loaded["extra"] == 1


def test_random_states_go_on_where_they_were():
    state = np.random.RandomState(4)
    state.normal()
    model = ensemble.RandomForestClassifier(2, random_state=state)
    loaded = round_trip(model)
    assert fit(loaded, X, Y).predict(X).tobytes() == fit(model, X, Y).predict(X).tobytes()


def test_training_goes_on_where_it_was():
    model = neural_network.MLPClassifier((4,), random_state=0).partial_fit(X, Y, classes=[0, 1, 2])
    loaded = round_trip(model)
    for each in (model, loaded):
        each.partial_fit(X, Y)
    assert loaded.predict_proba(X).tobytes() == model.predict_proba(X).tobytes()
