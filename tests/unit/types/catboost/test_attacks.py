"""The models that attacks change are honest, so that what is refused is the change."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("catboost", reason="these tests need CatBoost")

import attacks.catboost as attacks
import pandas as pd
from attacks.registry import ATTACKS

import holotype

NAMES = [name for name in ATTACKS if name.startswith("catboost-")]


def test_the_symmetric_tree_predicts_what_its_columns_say():
    model = holotype.loads(attacks.archive(attacks.symmetric(), iterations=5))
    answers = model.predict(np.array([[0.0, 0.0], [1.0, 0.0], [0.0, 2.0], [1.0, 2.0]]))
    assert answers.tolist() == [0.0, 1.0, 2.0, 3.0]
    assert model.get_params()["iterations"] == 5


def test_the_tree_of_steps_predicts_what_its_columns_say():
    model = holotype.loads(attacks.archive(attacks.steps()))
    answers = model.predict(np.array([[0.0, 0.0], [0.0, 2.0], [1.0, 0.0], [1.0, 2.0]]))
    assert answers.tolist() == [0.0, 1.0, 2.0, 2.0]


def test_the_model_with_a_table_predicts():
    model = holotype.loads(attacks.archive(attacks.tables()))
    data = pd.DataFrame({"a": [0.0, 1.0], "b": [0.0, 0.0], "c": ["x", "y"]})
    assert model.predict(data).tolist() == [0.0, 1.0]


@pytest.mark.parametrize("name", NAMES)
def test_each_is_refused(name):
    attack = ATTACKS[name]
    with pytest.raises(attack.error):
        holotype.loads(attack.make())


def test_there_are_attacks():
    assert len(NAMES) >= 20
