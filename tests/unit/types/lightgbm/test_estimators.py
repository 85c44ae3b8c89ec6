"""An estimator hands LightGBM what it says, and no more, when it predicts."""

from __future__ import annotations

from pathlib import PurePosixPath
from typing import Any

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="estimators are LightGBM's")

import lightgbm
from attacks.lightgbm import dictionary, estimator, texts

import holotype
from holotype.errors import InvalidStateError, UnsupportedError

GOOD: dict[str, dict[str, Any]] = {
    "nothing": {},
    "threads": {"n_jobs": -1, "num_threads": 512},
    "no threads said": {"n_jobs": None},
    "a list of metrics": {"metric": ["auc", "binary_logloss"]},
    "metrics in one text": {"metric": "auc, binary_logloss"},
    "lists of lists": {"interaction_constraints": [[0, 1], [2]]},
    "an array": {"monotone_constraints": np.array([1, 0, 0])},
    "an array of text": {"metric": np.array(["l1", "l2"])},
    "numbers in text": {"num_threads": "4", "num_class": "3"},
    "a number of numpy": {"n_jobs": np.int64(2)},
    "a path": {"forcedsplits_filename": PurePosixPath("/a b/c.json")},
    "weights": {"class_weight": {"a": 1.0}},
    "a random state": {"random_state": np.random.RandomState(0)},
}
BAD: dict[str, dict[str, Any]] = {
    "too many threads": {"n_jobs": 513},
    "too many threads, negative": {"n_jobs": -(10**9)},
    "true threads": {"num_threads": True},
    "threads in text": {"nthread": "4000"},
    "threads in other digits": {"nthread": "\u0664"},
    "threads in a float": {"nthreads": 4.0},
    "threads in a list": {"num_thread": [4]},
    "classes": {"num_class": 4097},
    "classes by another name": {"num_classes": 10**9},
    "two parameters in one": {"boosting_type": "gbdt num_threads=99999"},
    "two parameters in one line each": {"device": "cpu\nnum_threads=99999"},
    "two parameters in a list": {"metric": ["l1", "l2 nthread=99999"]},
    "two parameters in an array": {"metric": np.array(["l1", "l2 nthread=99999"])},
    "two parameters in a list of lists": {"metric": [["l1"], ["l2", "x\tnthread=99999"]]},
    "two parameters in a path": {"data": PurePosixPath("/a nthread=99999")},
    "objects in a list": {"metric": [{"a": 1}]},
    "a name that is two": {"a num_threads": 9999},
    "a name that sets": {"a=b": 1},
    "a list without end": {"metric": [0] * 70_000},
    "a text without end": {"metric": ["a" * 1000] * 2000},
}


@pytest.mark.parametrize("name", GOOD)
def test_parameters_that_set_one_thing_are_kept(name: str) -> None:
    model = lightgbm.LGBMRegressor(**GOOD[name])
    loaded = holotype.loads(holotype.dumps(model))
    assert loaded.get_params().keys() == model.get_params().keys()
    assert holotype.fingerprint(loaded) == holotype.fingerprint(model)


@pytest.mark.parametrize("name", BAD)
def test_parameters_that_set_more_are_refused_when_they_are_saved(name: str) -> None:
    with pytest.raises(UnsupportedError, match="parameters"):
        holotype.dumps(lightgbm.LGBMRegressor(**BAD[name]))


def test_an_honest_estimator_loads_and_predicts() -> None:
    """What the hostile files are changed from."""
    assert holotype.loads(estimator()).predict(np.zeros((2, 3))).shape == (2,)


_FORGED: dict[str, dict[str, Any]] = {
    "threads": {"n_jobs": 10**6},
    "other parameters": {"_other_params": dictionary({"nthread": 10**6})},
    "a name that is two": {"_other_params": dictionary({"a num_threads": 10**6})},
    "a name that is a number": {"_other_params": dictionary({}) | {"dict": [[1, 2]]}},
    "other parameters that are none": {"_other_params": texts("a")},
    "an objective": {"_objective": "regression num_threads=1000000"},
    "ranks": {"_eval_at": texts("1 num_threads=1000000")},
    "classes": {"_n_classes": 10**6},
    "features": {"_n_features": 4},
    "no features": {"_n_features": None},
    "classes that are not counted": {"_classes": texts("a", "b", "c")},
    "a booster that is a number": {"_Booster": 5},
}


@pytest.mark.parametrize("name", _FORGED)
def test_an_estimator_that_lies_is_refused_when_it_is_loaded(name: str) -> None:
    changes = _FORGED[name]
    data = estimator(**changes)
    if name == "a booster that is a number":
        data = _without_arrays(changes)
    with pytest.raises(InvalidStateError):
        holotype.loads(data)


def _without_arrays(changes: dict[str, Any]) -> bytes:
    from attacks.forge import blueprint, reseal

    state = {"_n_features": 3, "n_jobs": 1, **changes}
    return reseal(blueprint({"object": "lightgbm.LGBMRegressor", "state": state}))
