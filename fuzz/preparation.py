"""What prepares data: scalers, encoders, imputers, vectorisers, and pipelines of several."""

from __future__ import annotations

from typing import Any

import numpy as np
import scipy.sparse
from sklearn import (
    compose,
    decomposition,
    ensemble,
    feature_extraction,
    feature_selection,
    impute,
    linear_model,
    pipeline,
    preprocessing,
    svm,
)
from sklearn.experimental import enable_iterative_imputer  # noqa: F401
from sklearn.feature_extraction import text

from fuzz.data import CODES, FEW, HOLES, IMAGES, LABELS, POSITIVE, REAL, SPARSE, TEXTS, WORDS, X, Y

__all__ = ["MODELS"]

MODELS: dict[str, tuple[Any, Any, Any]] = {
    "scaler": (preprocessing.StandardScaler(), X, None),
    "robust": (preprocessing.RobustScaler(), X, None),
    "min max": (preprocessing.MinMaxScaler(), X, None),
    "max abs": (preprocessing.MaxAbsScaler(), SPARSE, None),
    "power": (preprocessing.PowerTransformer(), X, None),
    "quantile": (preprocessing.QuantileTransformer(n_quantiles=9), X, None),
    "quantile sparse": (
        preprocessing.QuantileTransformer(n_quantiles=9, ignore_implicit_zeros=True),
        scipy.sparse.csc_matrix(POSITIVE),
        None,
    ),
    "polynomial": (preprocessing.PolynomialFeatures(3), SPARSE, None),
    "polynomial dense": (preprocessing.PolynomialFeatures(2), X, None),
    "spline": (preprocessing.SplineTransformer(n_knots=4), X, None),
    "spline periodic": (
        preprocessing.SplineTransformer(n_knots=5, extrapolation="periodic", knots="quantile"),
        X,
        None,
    ),
    "bins": (preprocessing.KBinsDiscretizer(3, subsample=None), X, None),
    "bins ordinal": (
        preprocessing.KBinsDiscretizer(3, encode="ordinal", subsample=None),
        X,
        None,
    ),
    "one hot": (
        preprocessing.OneHotEncoder(handle_unknown="infrequent_if_exist", min_frequency=13),
        TEXTS,
        None,
    ),
    "one hot dense": (
        preprocessing.OneHotEncoder(drop="first", sparse_output=False),
        CODES[:, :3],
        None,
    ),
    "ordinal": (
        preprocessing.OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1),
        TEXTS,
        None,
    ),
    "target": (preprocessing.TargetEncoder(random_state=0), TEXTS, REAL),
    "target classes": (preprocessing.TargetEncoder(random_state=0), CODES[:, :3], Y),
    "labels": (preprocessing.LabelEncoder(), LABELS, None),
    "label binarizer": (preprocessing.LabelBinarizer(sparse_output=True), LABELS, None),
    "multi label": (
        preprocessing.MultiLabelBinarizer(),
        [("a", "b"), ("c",), ("a",)],
        None,
    ),
    "centerer": (preprocessing.KernelCenterer(), X @ X.T, None),
    "function": (
        preprocessing.FunctionTransformer(
            np.clip, kw_args={"a_min": -1.0, "a_max": 1.0}, inverse_func=np.log1p
        ),
        X,
        None,
    ),
    "imputer": (impute.SimpleImputer(add_indicator=True), HOLES, None),
    "imputer text": (impute.SimpleImputer(strategy="most_frequent"), TEXTS, None),
    "imputer knn": (impute.KNNImputer(n_neighbors=2), HOLES, None),
    "imputer iterative": (
        impute.IterativeImputer(max_iter=2, random_state=0),
        HOLES,
        None,
    ),
    "indicator": (impute.MissingIndicator(), HOLES, None),
    "best": (feature_selection.SelectKBest(k=2), X, Y),
    "rfe": (feature_selection.RFE(svm.LinearSVC(), n_features_to_select=2), X, Y),
    "from model": (feature_selection.SelectFromModel(linear_model.Ridge()), X, REAL),
    "variance": (feature_selection.VarianceThreshold(), X, None),
    "tfidf": (text.TfidfVectorizer(ngram_range=(1, 2)), WORDS, None),
    "counts": (text.CountVectorizer(analyzer="char_wb"), WORDS, None),
    "hashing": (text.HashingVectorizer(n_features=16), WORDS, None),
    "dict vectorizer": (
        feature_extraction.DictVectorizer(),
        [{"a": 1, "b": "x"}, {"c": 2.5}],
        None,
    ),
    "hasher": (feature_extraction.FeatureHasher(8), [{"a": 1, "b": 2}, {"c": 3}], None),
    "patches": (
        feature_extraction.image.PatchExtractor(patch_size=(2, 2)),
        IMAGES,
        None,
    ),
    "pipeline": (
        pipeline.make_pipeline(
            impute.SimpleImputer(),
            preprocessing.StandardScaler(),
            pipeline.FeatureUnion(
                [("pca", decomposition.PCA(2)), ("rest", preprocessing.SplineTransformer())]
            ),
            ensemble.RandomForestClassifier(**FEW),
        ),
        HOLES,
        LABELS,
    ),
    "pipeline text": (
        pipeline.make_pipeline(
            text.TfidfVectorizer(), decomposition.TruncatedSVD(3, random_state=0), svm.SVC()
        ),
        WORDS,
        Y,
    ),
    "columns": (
        pipeline.make_pipeline(
            compose.ColumnTransformer(
                [
                    ("codes", preprocessing.OneHotEncoder(handle_unknown="ignore"), [0, 1]),
                    ("bins", preprocessing.KBinsDiscretizer(3, subsample=None), [2]),
                ],
                remainder="passthrough",
            ),
            ensemble.GradientBoostingRegressor(**FEW),
        ),
        CODES,
        REAL,
    ),
    "target regressor": (
        compose.TransformedTargetRegressor(
            linear_model.Ridge(), transformer=preprocessing.QuantileTransformer(n_quantiles=9)
        ),
        X,
        REAL,
    ),
}
"""Unfitted, with X and y."""
