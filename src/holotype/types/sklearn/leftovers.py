"""What fitted estimators carry that is no part of the model: it is left out or set to one value.

Rule: the same model has the same fingerprint in every process, and after every prediction. So the
identity of a process, caches, and memory that nobody wrote to do not enter the blueprint.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.table import Reduced
from holotype.types.sklearn.checks_guess import KINDS

__all__ = ["DROPPED", "REDUCED", "VERSION", "attributes"]

VERSION = frozenset({"_sklearn_version"})  # the manifest says which versions there were

# Attributes that are not stored, by the key of the type; of all others, the version is not.
DROPPED: dict[str, frozenset[str]] = {
    # id() of the list of stop words that was last checked.
    "sklearn.feature_extraction.text.CountVectorizer": VERSION | {"_stop_words_id"},
    "sklearn.feature_extraction.text.HashingVectorizer": VERSION | {"_stop_words_id"},
    "sklearn.feature_extraction.text.TfidfVectorizer": VERSION | {"_stop_words_id"},
    # The estimator's own method, put back where fit(scoring=…) had covered it.
    "sklearn.ensemble.HistGradientBoostingClassifier": VERSION | {"_raw_predict"},
    "sklearn.ensemble.HistGradientBoostingRegressor": VERSION | {"_raw_predict"},
}


def attributes(obj: Any) -> dict[str, Any]:
    """What ``__getstate__`` gives, without the version that it adds."""
    return {name: value for name, value in obj.__getstate__().items() if name not in VERSION}


def _reduce_multi_label(obj: Any) -> Reduced:
    """Without the cache of its classes that ``transform`` makes."""
    state = attributes(obj)
    if "_cached_dict" in state:
        state["_cached_dict"] = None
    return Reduced(state=state)


def _reduce_regression(obj: Any) -> Reduced:
    """With the counts of support vectors that dense data gives.

    ``_libsvm_sparse.pyx`` returns ``np.empty`` for them where there are no classes.
    """
    state = attributes(obj)
    if state.get("_sparse") and "_n_support" in state:
        state["_n_support"] = np.full(2, len(state["support_"]), np.int32)
    return Reduced(state=state)


def _reduce_boosting(obj: Any) -> Reduced:
    """Its attributes, where ``init_`` is something that loading can check."""
    from holotype.types.table import type_table

    entry = type_table().entry_of(type(getattr(obj, "init_", None)))
    if entry is not None and entry.key not in KINDS:
        raise UnsupportedError(
            ".init_",
            f"boosting that starts from a {entry.key} could not be checked when it is loaded.",
            "Start from one estimator, such as LogisticRegression or Ridge, or from none.",
        )
    return Reduced(state=attributes(obj))


REDUCED: dict[str, Callable[[Any], Reduced]] = {
    "sklearn.ensemble.GradientBoostingClassifier": _reduce_boosting,
    "sklearn.ensemble.GradientBoostingRegressor": _reduce_boosting,
    "sklearn.preprocessing.MultiLabelBinarizer": _reduce_multi_label,
    "sklearn.svm.NuSVR": _reduce_regression,
    "sklearn.svm.OneClassSVM": _reduce_regression,
    "sklearn.svm.SVR": _reduce_regression,
}
