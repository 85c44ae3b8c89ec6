"""A Booster comes back with what pickle keeps of it; what cannot come back is not saved."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="a Booster is LightGBM's")

import lightgbm
from attacks.lightgbm import booster as forged_booster
from attacks.lightgbm import dictionary, forged, texts
from tests.unit.types.lightgbm.specimens import X, booster

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.lightgbm import booster as room


def copy_of(kind: str) -> Any:
    return pickle.loads(pickle.dumps(booster(kind)))


def test_the_text_is_the_librarys_in_one_call_and_in_two(monkeypatch: pytest.MonkeyPatch) -> None:
    text = booster("plain").model_to_string(num_iteration=-1)
    whole = room._text_of(booster("plain"))
    assert text.startswith(whole.decode())
    assert text[len(whole) :] == "\npandas_categorical:null\n"
    monkeypatch.setattr(room, "_BUFFER", 100)
    assert room._text_of(booster("plain")) == whole


def test_a_library_that_hides_its_functions_is_asked_in_public(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    expected = holotype.fingerprint(booster("plain"))
    text = booster("plain").model_to_string(num_iteration=-1)
    monkeypatch.delattr("lightgbm.basic._safe_call")
    monkeypatch.setattr(lightgbm.Booster, "model_to_string", lambda _, num_iteration: text)
    assert holotype.fingerprint(booster("plain")) == expected


def test_it_has_the_attributes_of_one_that_was_loaded_from_a_file() -> None:
    loaded = holotype.loads(holotype.dumps(booster("plain")))
    from_text = lightgbm.Booster(model_str=booster("plain").model_to_string())
    ours = vars(loaded).keys() - {"name_valid_sets", "_Booster__num_dataset"}
    assert ours == vars(from_text).keys() - {"_Booster__num_dataset"}


def test_what_belongs_to_training_is_left_behind() -> None:
    data = lightgbm.Dataset(X, X[:, 3])
    kept = lightgbm.train({"verbose": -1, "num_threads": 1}, data, 2, keep_training_booster=True)
    assert kept.train_set is data
    loaded = holotype.loads(holotype.dumps(kept))
    assert not hasattr(loaded, "train_set")
    assert np.array_equal(loaded.predict(X), kept.predict(X))


def test_an_attribute_that_is_not_its_own_is_refused() -> None:
    marked = copy_of("plain")
    marked.mark = 1
    with pytest.raises(UnsupportedError, match="'mark'"):
        holotype.dumps(marked)


def test_a_booster_whose_model_was_freed_is_refused() -> None:
    model = lightgbm.Booster.__new__(lightgbm.Booster)
    vars(model).update(_handle=None, _network=False)
    with pytest.raises(UnsupportedError, match="no model"):
        holotype.dumps(model)


def test_parameters_that_set_others_are_refused() -> None:
    """They are handed to LightGBM when training goes on from a Booster."""
    model = copy_of("plain")
    model.params["metric"] = "l1 num_threads=100000"
    with pytest.raises(UnsupportedError, match="metric is a text that sets other"):
        holotype.dumps(model)


def test_a_tree_that_would_not_be_loaded_is_not_saved() -> None:
    """A chain of 1,100 splits, as somebody could have made it by hand."""
    text = copy_of("plain").model_to_string().partition("Tree=0")[0]
    depth = 1100
    fields = {
        "num_leaves": [depth + 1],
        "num_cat": [0],
        **dict.fromkeys(("split_feature", "split_gain", "threshold", "decision_type"), [0] * depth),
        "left_child": [*range(1, depth), ~depth],
        "right_child": [~i for i in range(depth)],
        **dict.fromkeys(("leaf_value", "leaf_weight", "leaf_count"), [0] * (depth + 1)),
        **dict.fromkeys(("internal_value", "internal_weight", "internal_count"), [0] * depth),
        "is_linear": [0],
        "shrinkage": [1],
    }
    lines = "\n".join(f"{name}={' '.join(map(str, values))}" for name, values in fields.items())
    tree = f"Tree=0\n{lines}\n\n\n"
    head = text.partition("tree_sizes=")[0] + f"tree_sizes={len(tree)}\n\n"
    deep = lightgbm.Booster(model_str=f"{head}{tree}end of trees\n\nfeature_importances:\n")
    assert deep.num_trees() == 1
    with pytest.raises(UnsupportedError, match="deeper than 1024"):
        holotype.dumps(deep)


def test_honest_archives_made_by_hand_load_and_predict() -> None:
    """What the hostile ones are changed from."""
    loaded = holotype.loads(forged())
    assert loaded.predict(np.zeros((1, 3))).tolist() == [-0.5 + 0.3]
    assert loaded.feature_name() == ["a", "b", "c"]


_STATES: dict[str, dict[str, Any]] = {
    "an iteration in text": {"best_iteration": "1"},
    "a true iteration": {"best_iteration": True},
    "an iteration too far": {"best_iteration": 2**40},
    "categories in a dict": {"pandas_categorical": dictionary({"a": 1})},
    "categories that are no lists": {"pandas_categorical": texts("abc")},
    "another attribute": {"_network": True},
    "parameters that are none": {"params": texts("a")},
    "parameters that set others": {"params": dictionary({"a num_threads": 10**6})},
}


@pytest.mark.parametrize("name", _STATES)
def test_attributes_that_it_does_not_have_are_refused(name: str) -> None:
    with pytest.raises(InvalidStateError):
        holotype.loads(forged(state=_STATES[name]))


def test_a_booster_without_state_is_refused() -> None:
    from attacks.forge import blueprint, reseal

    node, arrays = forged_booster()
    node["state"] = {"dict": []}
    with pytest.raises(InvalidStateError, match="state"):
        holotype.loads(reseal(blueprint(node), arrays))
