"""How much each feature counts in a model, read from its plain arrays; nothing is asked or built.

Of linear models, the mean size of a feature's coefficients. Of scikit-learn's trees and forests,
the mean decrease in impurity (Breiman et al., 1984), as ``feature_importances_`` has it. Of
boosters, the total gain of a feature's splits. All are shares of their sum. What is none of these
has no importances here: better none than a guess.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable
from typing import Any

import msgspec
import numpy as np
import numpy.typing as npt

from holotype.archive.manifest import Manifest
from holotype.errors import InvalidStateError
from holotype.graph.shadow import Shadow

__all__ = ["Importances", "importances_of", "may_have_importances"]

Array = npt.NDArray[Any]

_MAX_FEATURES = 1_000_000
_LINEAR = ("sklearn.linear_model.", "sklearn.svm.Linear", "sklearn.discriminant_analysis.Linear")
_TREES = ("sklearn.tree.DecisionTree", "sklearn.tree.ExtraTree")
_FORESTS = ("sklearn.ensemble.RandomForest", "sklearn.ensemble.ExtraTrees")
_FORESTS_OF_ROWS = ("sklearn.ensemble.GradientBoosting",)
_HISTOGRAMS = ("sklearn.ensemble.HistGradientBoosting",)
_BOOSTERS = ("xgboost.", "lightgbm.")
# Steps that give back each feature at its place.
_ONE_TO_ONE = frozenset(
    f"sklearn.{name}"
    for name in (
        *("preprocessing.StandardScaler", "preprocessing.MinMaxScaler"),
        *("preprocessing.MaxAbsScaler", "preprocessing.RobustScaler"),
        *("preprocessing.PowerTransformer", "preprocessing.QuantileTransformer"),
        "preprocessing.Normalizer",
    )
)


class Importances(msgspec.Struct, frozen=True):
    """Shares that sum to 1, largest first, with names or numbers of features; ``what`` they are."""

    what: str
    features: list[str]
    shares: list[float]


def may_have_importances(keys: Collection[str]) -> bool:
    """Whether a blueprint of these types is worth looking into."""
    prefixes = (*_LINEAR, *_TREES, *_FORESTS, *_FORESTS_OF_ROWS, *_HISTOGRAMS, *_BOOSTERS)
    return any(key.startswith(prefixes) for key in keys)


def importances_of(model: Any, manifest: Manifest) -> Importances | None:
    """Those of a model as :func:`glimpse.model_of` sees it; None where it has none."""
    try:
        last, same_features = _last(model)
        if last is None:
            return None
        for prefixes, what, compute in _WAYS:
            if last.key.startswith(prefixes):
                found = _usable(compute(last))
                return None if found is None else _ranked(what, found, manifest, same_features)
    except (AttributeError, LookupError, TypeError, ValueError, InvalidStateError, RecursionError):
        return None  # it is sound, but not as the library itself leaves it
    return None


def _last(model: Any) -> tuple[Shadow | None, bool]:
    """The part that predicts, and whether its features are those of the whole model."""
    same = True
    for _ in range(8):
        if not isinstance(model, Shadow):
            break
        if model.key == "sklearn.pipeline.Pipeline":
            steps = [step[1] for step in model.get("steps")]
            before = [step.key for step in steps[:-1] if isinstance(step, Shadow)]
            same &= all(key in _ONE_TO_ONE for key in before)
            model = steps[-1]
        elif model.key.startswith("sklearn.model_selection.") and model.has("best_estimator_"):
            model = model.get("best_estimator_")
        else:
            return model, same
    return None, False


def _usable(values: Array | None) -> Array | None:
    if values is None or values.ndim != 1 or not 0 < values.size <= _MAX_FEATURES:
        return None
    values = values.astype(np.float64)
    total = values.sum()
    if not np.isfinite(values).all() or (values < 0).any() or not 0 < total < np.inf:
        return None
    shares: Array = values / total
    return shares


def _ranked(what: str, shares: Array, manifest: Manifest, same_features: bool) -> Importances:
    names = [f"feature {index}" for index in range(len(shares))]
    columns = manifest.inputs.columns if manifest.inputs is not None else []
    if same_features and len(columns) == len(shares):
        names = [column.name or names[index] for index, column in enumerate(columns)]
    elif not same_features:
        names = [f"{name} of the last step" for name in names]
    order = np.argsort(-shares, kind="stable")
    return Importances(what, [names[i] for i in order], [float(shares[i]) for i in order])


# -- by family -----------------------------------------------------------------------------------


def _of_linear(model: Shadow) -> Array | None:
    weights = model.get("coef_")
    if not isinstance(weights, np.ndarray) or weights.dtype.kind != "f" or weights.ndim > 2:
        return None
    sizes: Array = np.abs(weights.astype(np.float64))
    return sizes.mean(axis=0) if sizes.ndim == 2 else sizes


def _of_tree(tree: Any) -> Array | None:
    """Decrease in impurity by feature in one tree, over the weight of all its samples."""
    if not isinstance(tree, Shadow) or tree.key != "sklearn.tree.Tree":
        return None
    nodes = tree.state()["nodes"]
    total = np.zeros(tree.as_integer(tree.arg(0), "n_features", 1, _MAX_FEATURES))
    left, right = nodes["left_child"], nodes["right_child"]
    at = np.flatnonzero(left != -1)
    weight = nodes["weighted_n_node_samples"] * nodes["impurity"]
    np.add.at(total, nodes["feature"][at], weight[at] - weight[left[at]] - weight[right[at]])
    root = float(nodes["weighted_n_node_samples"][0])
    return total / root if root > 0 else None


def _share(total: Array) -> Array:
    sum_ = total.sum()
    return total / sum_ if sum_ > 0 else total


def _of_one_tree(model: Shadow) -> Array | None:
    return _of_tree(model.get("tree_"))


def _of_forest(model: Shadow) -> Array | None:
    return _sum(_of_tree(tree.get("tree_")) for tree in model.get("estimators_"))


def _of_boosted_trees(model: Shadow) -> Array | None:
    trees = model.get("estimators_").flat
    return _sum((_of_tree(tree.get("tree_")) for tree in trees), equal=False)


def _sum(totals: Iterable[Array | None], *, equal: bool = True) -> Array | None:
    """Over all trees, each counting the same where ``equal``; None where one has no figures."""
    whole: Array | None = None
    for total in totals:
        if total is None or (whole is not None and len(whole) != len(total)):
            return None
        each = _share(total) if equal else total
        whole = each if whole is None else whole + each
    return whole


def _of_histograms(model: Shadow) -> Array | None:
    total = np.zeros(model.integer("_n_features", 1, _MAX_FEATURES))
    for iteration in model.get("_predictors"):
        for predictor in iteration:
            nodes = predictor.array("nodes", ndim=1)
            inner = nodes[nodes["is_leaf"] == 0]
            np.add.at(total, inner["feature_idx"], inner["gain"])
    return total


def _of_booster(model: Shadow) -> Array | None:
    booster = model.get("_Booster") if model.has("_Booster") else model
    if not isinstance(booster, Shadow) or booster.arg_count() < 2:
        return None
    header, columns = booster.arg(0), booster.arg(1)
    if not isinstance(header, dict) or not isinstance(columns, dict):
        return None
    if "split_gain" in columns:
        count, feature, gain = (
            len(header["feature_names"]),
            columns["split_feature"],
            columns["split_gain"],
        )
    elif "gain" in columns:
        inner = columns["left"] >= 0
        count = int(header["num_feature"])
        feature, gain = columns["feature"][inner], columns["gain"][inner]
    else:
        return None
    if not 0 < count <= _MAX_FEATURES or len(feature) != len(gain):
        return None
    if len(feature) and not 0 <= int(feature.min()) <= int(feature.max()) < count:
        return None
    total = np.zeros(count)
    np.add.at(total, feature.astype(np.int64), np.maximum(gain.astype(np.float64), 0))
    return total


_WAYS: tuple[tuple[tuple[str, ...], str, Callable[[Shadow], Array | None]], ...] = (
    (_LINEAR, "size of coefficients", _of_linear),
    (_TREES, "decrease in impurity", _of_one_tree),
    (_FORESTS, "decrease in impurity", _of_forest),
    (_FORESTS_OF_ROWS, "decrease in impurity", _of_boosted_trees),
    (_HISTOGRAMS, "gain of splits", _of_histograms),
    (_BOOSTERS, "gain of splits", _of_booster),
)
