"""scikit-learn 1.4 to 1.9: estimators, what they are made of, and functions they may keep."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator
from typing import Any

from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry
from holotype.types.sklearn.checks_boosting import (
    check_bin_mapper,
    check_boosting,
    check_predictors,
)
from holotype.types.sklearn.checks_svm import check_svm
from holotype.types.sklearn.checks_trees import (
    TREES,
    check_boosted_trees,
    check_forest,
    check_isolation_forest,
    check_tree_owner,
)
from holotype.types.sklearn.estimators import ESTIMATORS, HELPERS, MOVED, PLAIN
from holotype.types.sklearn.functions import FUNCTIONS
from holotype.types.sklearn.layouts import LAID_OUT, reduce_estimator
from holotype.types.sklearn.leftovers import DROPPED, REDUCED, VERSION
from holotype.types.sklearn.native import native_entries
from holotype.types.table import key_of

__all__ = ["entries"]

Check = Callable[[Shadow], None]

_CHECKS: dict[str, Check] = {
    "sklearn.ensemble.ExtraTreesClassifier": check_forest,
    "sklearn.ensemble.ExtraTreesRegressor": check_forest,
    "sklearn.ensemble.GradientBoostingClassifier": check_boosted_trees,
    "sklearn.ensemble.GradientBoostingRegressor": check_boosted_trees,
    "sklearn.ensemble.HistGradientBoostingClassifier": check_boosting,
    "sklearn.ensemble.HistGradientBoostingRegressor": check_boosting,
    "sklearn.ensemble.IsolationForest": check_isolation_forest,
    "sklearn.ensemble.RandomForestClassifier": check_forest,
    "sklearn.ensemble.RandomForestRegressor": check_forest,
    "sklearn.ensemble.RandomTreesEmbedding": check_forest,
    "sklearn.ensemble._BinMapper": check_bin_mapper,
    "sklearn.svm.NuSVC": check_svm,
    "sklearn.svm.NuSVR": check_svm,
    "sklearn.svm.OneClassSVM": check_svm,
    "sklearn.svm.SVC": check_svm,
    "sklearn.svm.SVR": check_svm,
    **dict.fromkeys(TREES, check_tree_owner),
}
_CHECKS_ALL = {"sklearn.ensemble.TreePredictor": check_predictors}


def entries() -> Iterable[Entry]:
    """The part of the table that scikit-learn fills; importing nothing of it."""
    for names, reduce in (
        (ESTIMATORS, reduce_estimator),
        (HELPERS, reduce_estimator),
        (PLAIN, None),
    ):
        for key, where in _written(names):
            checked = key in _CHECKS  # and reads arrays that are contiguous anyway
            yield Entry(
                key=key,
                where=(where, *MOVED.get(key, ())),
                kind="object",
                drop=DROPPED.get(key, VERSION),
                reduce=REDUCED.get(key, None if checked else reduce),
                check=_CHECKS.get(key),
                check_all=_CHECKS_ALL.get(key),
            )
    yield LAID_OUT
    yield from native_entries()
    for key, where in _written(FUNCTIONS):
        yield Entry(key=key, where=(where,), kind="name")


def _written(names: dict[str, str]) -> Iterator[tuple[str, Any]]:
    for module, listed in names.items():
        for name in listed.split():
            yield key_of(module, name), f"{module}:{name}"
