"""What the scikit-learn conformance tests fit, and how they compare what models answer.

Instances are those of scikit-learn's own common tests, with the parameter sets that it uses there.
Answers are compared bit for bit: dtypes, shapes, signed zeros and NaN included.
"""

from __future__ import annotations

import contextlib
import copy
import inspect
import io
import warnings
from collections.abc import Iterator
from typing import Any

import numpy as np
import scipy.sparse
from sklearn.base import is_regressor
from sklearn.datasets import make_classification, make_regression
from sklearn.exceptions import SkipTestWarning
from sklearn.experimental import enable_halving_search_cv, enable_iterative_imputer  # noqa: F401
from sklearn.utils import all_estimators
from sklearn.utils._testing import SkipTest, set_random_state
from sklearn.utils.estimator_checks import _enforce_estimator_tags_X, _enforce_estimator_tags_y

import holotype

SAMPLES, FEATURES = 60, 8

# What a model is for: these must answer. The others may refuse, as long as both do it alike.
MAIN = ("predict", "predict_proba", "decision_function", "transform")
MORE = (
    "apply",
    "decision_path",
    "get_covariance",
    "get_depth",
    "get_feature_names_out",
    "get_n_leaves",
    "get_precision",
    "get_support",
    "kneighbors",
    "kneighbors_graph",
    "mahalanobis",
    "predict_joint_log_proba",
    "predict_log_proba",
    "radius_neighbors",
    "radius_neighbors_graph",
    "sample",
    "score",
    "score_samples",
)
STAGED = ("staged_decision_function", "staged_predict", "staged_predict_proba")
DEPRECATED = "Class .* is deprecated"  # which scikit-learn says whenever such a one is made


def instances() -> list[Any]:
    """Every estimator of ``all_estimators()`` that can be made, once for each parameter set."""
    found = []
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", SkipTestWarning)
        warnings.filterwarnings("ignore", DEPRECATED, FutureWarning)
        for _, cls in all_estimators():
            with contextlib.suppress(SkipTest):
                found.extend(_instances_of(cls))
    for estimator in found:
        _adjust(estimator)
    return found


def _instances_of(cls: type) -> list[Any]:
    try:
        from sklearn.utils._test_common.instance_generator import _construct_instances
    except ImportError:  # before 1.6
        from sklearn.utils.estimator_checks import (
            _construct_instance,
            _set_checking_parameters,
        )

        estimator = _construct_instance(cls)
        _set_checking_parameters(estimator)
        return [estimator]
    return list(_construct_instances(cls))


def _adjust(estimator: Any) -> None:
    """Parameters that fit the data below, which is small."""
    parameters = estimator.get_params(deep=False)
    name = type(estimator).__name__
    if "patch_size" in parameters:
        estimator.set_params(patch_size=(3, 3))
    if name == "SkewedChi2Sampler":
        estimator.set_params(skewedness=20)
    if name == "GraphicalLasso":
        estimator.set_params(alpha=1)
    if name == "QuadraticDiscriminantAnalysis":
        estimator.set_params(reg_param=1.0)
    set_random_state(estimator, 0)


def label(estimator: Any) -> str:
    """A short name for a parameter set: what ``repr`` prints, on one line."""
    return "".join(repr(estimator).split())[:120]


# -- data ----------------------------------------------------------------------------------------


def data_for(estimator: Any) -> tuple[Any, Any]:
    """X and y that ``estimator`` can be fitted on."""
    odd = _odd_input(estimator)
    if odd is not None:
        return odd
    if is_regressor(estimator):
        X, y = make_regression(n_samples=SAMPLES, n_features=FEATURES, random_state=0)
    else:
        X, y = make_classification(n_samples=SAMPLES, n_features=FEATURES, random_state=0)
    if hasattr(estimator, "dictionary"):
        X = X[:, : estimator.dictionary.shape[1]]
    X = _enforce_estimator_tags_X(estimator, X)
    y = _enforce_estimator_tags_y(estimator, y)
    if _pairwise(estimator):
        X = np.abs(X @ X.T) if X.shape[0] != X.shape[1] else X
    return X, y


def _pairwise(estimator: Any) -> bool:
    return "precomputed" in (
        getattr(estimator, "kernel", None),
        getattr(estimator, "affinity", None),
        getattr(estimator, "metric", None),
    )


def _odd_input(estimator: Any) -> tuple[Any, Any] | None:
    kinds = _input_kinds(estimator)
    texts = ["this is a short text", "and this another one", "they share a word or two"]
    rng = np.random.RandomState(0)
    if "2darray" in kinds:
        return None
    if "string" in kinds:
        return texts, None
    if "dict" in kinds:
        return [{"foo": 1, "bar": 2.5}, {"foo": 3, "baz": 1}], None
    if "3darray" in kinds:
        return rng.rand(4, 6, 6, 3), None
    if "1dlabels" in kinds:
        return np.array(["a", "b", "a", "c"]), None
    if "2dlabels" in kinds:
        return [(1, 2), (3,), (2,)], None
    return None


def _input_kinds(estimator: Any) -> set[str]:
    try:
        from sklearn.utils import get_tags
    except ImportError:  # before 1.6
        return set(estimator._get_tags()["X_types"])
    tags = get_tags(estimator)
    kinds = {
        "string": tags.input_tags.string,
        "dict": tags.input_tags.dict,
        "3darray": tags.input_tags.three_d_array,
        "2darray": tags.input_tags.two_d_array,
        "1dlabels": tags.target_tags.one_d_labels,
        "2dlabels": tags.target_tags.two_d_labels,
    }
    return {kind for kind, there in kinds.items() if there}


def fit(estimator: Any, X: Any, y: Any) -> Any:
    """The fitted estimator; what it warns of while learning from toy data is not our subject."""
    with warnings.catch_warnings(), contextlib.redirect_stdout(io.StringIO()):
        warnings.simplefilter("ignore")
        return estimator.fit(X) if y is None else estimator.fit(X, y)


def round_trip(model: Any) -> Any:
    """The model as it comes back from its archive."""
    data = holotype.dumps(model)
    with warnings.catch_warnings():
        warnings.filterwarnings("ignore", DEPRECATED, FutureWarning)
        return holotype.loads(data)


def assert_same_model(model: Any, X: Any, y: Any) -> None:
    """Same type, parameters and answers; the same fingerprint, whatever was asked meanwhile."""
    first = holotype.fingerprint(model)
    loaded = round_trip(model)
    assert type(loaded) is type(model)
    assert same(loaded.get_params(), model.get_params())
    assert not set(differences(answers(model, X, y), answers(loaded, X, y)))
    assert holotype.fingerprint(model) == first
    assert holotype.fingerprint(loaded) == first


# -- answers -------------------------------------------------------------------------------------


def answers(estimator: Any, X: Any, y: Any) -> dict[str, Any]:
    """What every public prediction method says about X.

    X is copied: NumPy multiplies an array by its own transpose in another order than by an equal
    array's, so a model that kept the very X would differ from itself in the last bit.
    """
    X, y = copy.deepcopy(X), copy.deepcopy(y)
    given: dict[str, Any] = {}
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        for name in MAIN:
            if hasattr(estimator, name):
                given[name] = _call(estimator, name, X)
        for name in (*MORE, *STAGED):
            if hasattr(estimator, name):
                given[name] = _try(estimator, name, X, *((y,) if name == "score" else ()))
        if hasattr(estimator, "inverse_transform") and "transform" in given:
            given["inverse_transform"] = _try(estimator, "inverse_transform", given["transform"])
    return given


def _try(estimator: Any, name: str, *data: Any) -> Any:
    try:
        return _call(estimator, name, *data)
    except Exception as error:
        return (type(error).__name__, str(error))


def _call(estimator: Any, name: str, *data: Any) -> Any:
    method = getattr(estimator, name)
    parameters = list(inspect.signature(method).parameters)
    keywords = {"random_state": 0} if "random_state" in parameters else {}
    if not parameters or parameters[0] in ("indices", "input_features", "n_samples"):
        data = ()
    result = method(*data, **keywords)
    return list(result) if inspect.isgenerator(result) else result


def same(left: Any, right: Any) -> bool:
    """Whether two values are equal bit for bit, types included."""
    if type(left) is not type(right):
        return False
    if isinstance(left, np.ndarray):
        if left.dtype != right.dtype or left.shape != right.shape:
            return False
        if left.dtype == object:
            return all(map(same, left.ravel().tolist(), right.ravel().tolist()))
        return left.tobytes() == right.tobytes()
    if scipy.sparse.issparse(left):
        return left.shape == right.shape and all(
            same(getattr(left, part), getattr(right, part))
            for part in ("data", "indices", "indptr", "row", "col", "offsets")
            if hasattr(left, part)
        )
    if isinstance(left, np.generic):
        return left.tobytes() == right.tobytes()
    if isinstance(left, float):
        return left.hex() == right.hex()
    if isinstance(left, dict):
        return list(left) == list(right) and all(same(left[key], right[key]) for key in left)
    if isinstance(left, (list, tuple)):
        return len(left) == len(right) and all(map(same, left, right))
    if hasattr(left, "iloc"):
        return bool(left.equals(right)) and list(left.dtypes) == list(right.dtypes)
    if isinstance(left, (str, bytes, int, type(None), set)):
        return bool(left == right)
    if hasattr(left, "get_params") and not isinstance(left, type):
        return same(left.get_params(), right.get_params())
    return left is right or holotype.fingerprint(left) == holotype.fingerprint(right)


def differences(left: dict[str, Any], right: dict[str, Any]) -> Iterator[str]:
    """The names of the answers that are not the same."""
    for name in left.keys() | right.keys():
        if name not in left or name not in right or not same(left[name], right[name]):
            yield name
