"""category_encoders: every encoder comes back and encodes alike."""

from __future__ import annotations

import warnings
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("category_encoders", reason="these tests need category_encoders")

import category_encoders as ce
import numpy as np
import pandas as pd
from category_encoders.wrapper import NestedCVWrapper, PolynomialWrapper
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from tests.conformance.scikit_like import assert_converts, assert_kept
from tests.memory import store

import holotype
from holotype.errors import InvalidStateError, UnsupportedError
from holotype.types.table import type_table

# What pandas 3 says of the library's own code.
pytestmark = [
    pytest.mark.filterwarnings("ignore:'future.no_silent_downcasting'"),
    pytest.mark.filterwarnings("ignore:Starting with pandas version 4.0"),
]

RNG = np.random.RandomState(0)
SIZE = 60
X = pd.DataFrame(
    {
        "letter": RNG.choice(list("xyzw"), SIZE),
        "gap": RNG.choice(["p", "q", None], SIZE),
        "number": RNG.normal(size=SIZE),
        "kind": pd.Categorical(RNG.choice(["u", "v"], SIZE)),
    }
)
NEW = X.assign(letter=["?", *X.letter[1:]])
Y = pd.Series((X.number + RNG.normal(size=SIZE) > 0).astype(int))
THREE = pd.Series(RNG.choice(list("klm"), SIZE))

OPTIONS: dict[str, dict[str, Any]] = {
    "BaseNEncoder": {"base": 3},
    "CatBoostEncoder": {"random_state": 0},
    "CountEncoder": {"normalize": True, "min_group_size": 0.2},
    "HashingEncoder": {"max_process": 1, "hash_method": "sha256", "n_components": 5},
    "OneHotEncoder": {"use_cat_names": True, "handle_unknown": "indicator"},
    "OrdinalEncoder": {
        "mapping": [{"col": "letter", "mapping": {"x": 1, "y": 2, "z": 3, "w": 4}}],
        "cols": ["letter"],
    },
    "SummaryEncoder": {"quantiles": (0.25, 0.75)},
}
ENCODERS = [name for name in ce.__all__ if name != "GLMMEncoder" or find_spec("statsmodels")]


def fitted(name: str) -> Any:
    if name == "NestedCVWrapper":
        wrapper = NestedCVWrapper(ce.TargetEncoder(), random_state=0)
        wrapper.fit(X, Y)
        return wrapper
    if name == "PolynomialWrapper":
        wrapper = PolynomialWrapper(ce.TargetEncoder())
        wrapper.fit(X, THREE)
        return wrapper
    return getattr(ce, name)(**OPTIONS.get(name, {})).fit(X, Y)


@pytest.mark.parametrize("name", [*ENCODERS, "NestedCVWrapper", "PolynomialWrapper"])
def test_an_encoder_comes_back(name: str, tmp_path: Path) -> None:
    encoder = fitted(name)
    assert type_table().entry_of(type(encoder)) is not None
    assert_kept(encoder, [lambda each: each.transform(X), lambda each: each.transform(NEW)])
    if name != "CountTargetEncoder":  # whose pickle shares an array that pandas copies on its way
        assert_converts(encoder, tmp_path)


@pytest.mark.parametrize("name", ["BaseNEncoder", "BinaryEncoder", "OrdinalEncoder"])
def test_it_decodes_alike(name: str) -> None:
    encoder = fitted(name)
    encoded = encoder.transform(X)
    assert_kept(encoder, [lambda each: each.inverse_transform(encoded)])


def test_a_pipeline_with_an_encoder() -> None:
    pipeline = make_pipeline(ce.TargetEncoder(), LogisticRegression()).fit(X, Y)
    assert_kept(pipeline, [lambda each: each.predict_proba(X)])


def test_the_name_of_a_wrapper_comes_back() -> None:
    loaded = assert_kept(fitted("NestedCVWrapper"), [lambda each: each.transform(X)])
    assert loaded.__name__ == "TargetEncoder"
    loaded.__name__ = "another"
    with pytest.raises(UnsupportedError, match="not the name of the encoder's class"):
        holotype.dumps(loaded)


def test_a_hash_that_only_some_pythons_have_is_not_saved() -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        encoder = ce.HashingEncoder(hash_method="shake_128", max_process=1)
    with pytest.raises(UnsupportedError, match=r"hash_method.*Use one of"):
        holotype.dumps(encoder)


@pytest.mark.parametrize(
    ("name", "attribute", "value"),
    [
        ("HashingEncoder", "hash_method", "new"),
        ("HashingEncoder", "hash_method", "__doc__"),
        ("HashingEncoder", "process_creation_method", "loky"),
        ("HashingEncoder", "max_process", 100_000),
        ("HashingEncoder", "n_components", 1_000_000_000),
        ("HashingEncoder", "n_components", 9),
        ("BaseNEncoder", "base", 0),
        ("BinaryEncoder", "base", 1 << 40),
        ("TargetEncoder", "n_jobs", 1_000_000),
    ],
)
def test_what_it_would_look_up_or_count_is_checked(name: str, attribute: str, value: Any) -> None:
    stored = store(fitted(name))
    stored.load()

    def change(root: Any) -> None:
        root["state"][attribute] = value

    with pytest.raises(InvalidStateError, match=attribute):
        stored.tampered(change).load()


@pytest.mark.parametrize("state", [{"list": []}, {"dict": [["__class__", 1]]}, {"dict": []}])
def test_the_state_of_a_wrapper_is_attributes_with_an_encoder(state: Any) -> None:
    def change(root: Any) -> None:
        root["state"] = state

    with pytest.raises(InvalidStateError):
        store(fitted("NestedCVWrapper")).tampered(change).load()
