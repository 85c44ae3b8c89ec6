"""What kind of model it is: what it declares, or what its class is known for.

A model from an old file has only the name of its class, so the names of scikit-learn's that do not
say it themselves are listed here. No library is imported.
"""

from __future__ import annotations

import sys
from collections import OrderedDict
from typing import Any

from holotype.capsule.parts import ancestry, attribute, has, named_steps
from holotype.graph.specimen import Specimen

__all__ = ["KINDS", "kind_of"]

KINDS = (
    "classifier",
    "regressor",
    "ranker",
    "forecaster",
    "clusterer",
    "outlier_detector",
    "density_estimator",
    "transformer",
    "neural_network",
    "booster",
    "arrays",
    "other",
)

# Names by which classes of many libraries say what they are.
_ENDINGS = (
    ("Ranker", "ranker"),
    ("ClassifierCV", "classifier"),
    ("ClassifierChain", "classifier"),
    ("Classifier", "classifier"),
    ("Regressor", "regressor"),
    ("RegressorChain", "regressor"),
)
_CLASSIFIERS = frozenset(
    {
        *("BernoulliNB", "CategoricalNB", "ComplementNB", "GaussianNB", "MultinomialNB"),
        *("LabelPropagation", "LabelSpreading", "NearestCentroid", "Perceptron"),
        *("LinearDiscriminantAnalysis", "QuadraticDiscriminantAnalysis"),
        *("LogisticRegression", "LogisticRegressionCV", "LinearSVC", "NuSVC", "SVC"),
    }
)
_OUTLIER_DETECTORS = frozenset(
    {"EllipticEnvelope", "IsolationForest", "LocalOutlierFactor", "OneClassSVM", "SGDOneClassSVM"}
)
_REGRESSORS = frozenset(
    {
        *("CCA", "PLSCanonical", "PLSRegression", "LinearSVR", "NuSVR", "SVR"),
        *("IsotonicRegression", "KernelRidge"),
    }
)
_TRANSFORMERS = frozenset({"RandomTreesEmbedding", "SelectFromModel", "SequentialFeatureSelector"})
_OTHERS = frozenset(
    {
        *("ClassicalMDS", "MDS", "SpectralEmbedding", "TSNE", "KernelDensity", "NearestNeighbors"),
        *("SpectralBiclustering", "SpectralCoclustering"),
    }
)
# scikit-learn's modules all of whose classes are of one kind, but for those above.
_MODULES = {
    "cluster": "clusterer",
    "compose": "transformer",
    "decomposition": "transformer",
    "ensemble": "transformer",
    "cross_decomposition": "transformer",
    "feature_extraction": "transformer",
    "feature_selection": "transformer",
    "impute": "transformer",
    "kernel_approximation": "transformer",
    "linear_model": "regressor",
    "manifold": "transformer",
    "mixture": "density_estimator",
    "neighbors": "transformer",
    "neural_network": "transformer",
    "pipeline": "transformer",
    "preprocessing": "transformer",
    "random_projection": "transformer",
}
# What takes its kind from the estimator inside it: the attribute that holds that.
_AROUND = ("estimator", "base_estimator", "regressor")


def kind_of(model: Any) -> str:
    """One of ``KINDS``: *arrays* for arrays, tensors and plain containers of them.

    A booster of its library is what its objective says; *other* is what nothing is known of.
    """
    if _are_arrays(model):
        return "arrays"
    if isinstance(model, Specimen):
        return _by_name(model, 0)
    known = _of_framework(model)
    if known is not None:
        return known
    declared = _declared(model)
    if declared in KINDS:
        # Of rankers, scikit-learn knows nothing: they derive from regressors, or are nothing.
        named = _ending(model)
        return "ranker" if named == "ranker" else str(declared)
    named = _ending(model) if has(model, "fit") else None
    if named is not None:
        return named
    # Data frames can be transformed too, but are nothing that was fitted.
    return "transformer" if has(model, "transform") and has(model, "fit") else "other"


def _are_arrays(model: Any) -> bool:
    numpy, torch = sys.modules["numpy"], sys.modules.get("torch")
    # A state dict of torch is an OrderedDict of tensors.
    mapping = type(model) in (dict, OrderedDict)
    parts = model.values() if mapping else model if type(model) is list else (model,)
    kinds = (numpy.ndarray,) if torch is None else (numpy.ndarray, torch.Tensor)
    return bool(len(parts)) and all(isinstance(part, kinds) for part in parts)


def _declared(model: Any) -> Any:
    try:
        return model.__sklearn_tags__().estimator_type
    except Exception:  # noqa: BLE001 - tags came with scikit-learn 1.6, and computing them may need fitted parts
        declared = attribute(model, "_estimator_type")
        return "density_estimator" if declared == "DensityEstimator" else declared


def _ending(model: Any) -> str | None:
    for path in ancestry(model):
        name = path.rpartition(".")[2]
        for ending, kind in _ENDINGS:
            if name.endswith(ending):
                return kind
    return None


# -------------------------------------------------------------------------------- frameworks


def _of_framework(model: Any) -> str | None:
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        return "neural_network"
    for path in ancestry(model):
        library, _, rest = path.partition(".")
        if library in ("keras", "flax") and rest.endswith((".Model", ".Sequential", ".Module")):
            return "neural_network"
        if library in ("xgboost", "lightgbm") and rest.endswith(".Booster"):
            return _of_objective(_objective(model, library))
        if path == "statsmodels.base.model.Results" or path.endswith("ResultsWrapper"):
            return _of_results(model)
    return None


def _objective(model: Any, library: str) -> str:
    from holotype.capsule.parts import parameters_of

    said = parameters_of(model)
    return str(said.get("objective", said.get("application", said.get("app", ""))))


def _of_objective(objective: str) -> str:
    if objective.startswith(("binary", "multi", "cross_entropy", "xentropy")):
        return "classifier"
    if objective.startswith(("rank", "lambdarank", "xendcg")):
        return "ranker"
    starts = ("reg", "mean_", "rmse", "l1", "l2", "mae", "mse", "huber", "fair", "poisson")
    more = ("quantile", "mape", "gamma", "tweedie", "count", "survival")
    return "regressor" if objective.startswith(starts + more) else "booster"


def _of_results(results: Any) -> str:
    paths = list(ancestry(attribute(results, "model")))
    if any(path.startswith("statsmodels.tsa") for path in paths):
        return "forecaster"
    binary = ("Logit", "Probit", "MNLogit", "OrderedModel", "ConditionalLogit")
    if any(path.rpartition(".")[2] in binary for path in paths):
        return "classifier"
    return "regressor"


# ------------------------------------------------------------------------------ old models


def _by_name(model: Any, depth: int) -> str:
    """The kind of a model of which only the names of classes are known."""
    if not isinstance(model, Specimen) or depth > 20:
        return "other"
    library, _, rest = model.entry.key.partition(".")
    name = rest.rpartition(".")[2]
    if name == "Pipeline":
        last = [part for _, part, _ in named_steps(model)][-1:]
        return _by_name(last[0], depth + 1) if last else "other"
    named = _ending(model)
    if named is not None and name not in _OTHERS:
        return named
    for names, kind in (
        (_OTHERS, "other"),
        (_CLASSIFIERS, "classifier"),
        (_OUTLIER_DETECTORS, "outlier_detector"),
        (_REGRESSORS, "regressor"),
        (_TRANSFORMERS, "transformer"),
    ):
        if name in names:
            return kind
    for around in _AROUND:
        inner = attribute(model, around)
        if isinstance(inner, Specimen):
            return _by_name(inner, depth + 1)
    module = rest.partition(".")[0]
    return _MODULES.get(module, "other") if library == "sklearn" else "other"
