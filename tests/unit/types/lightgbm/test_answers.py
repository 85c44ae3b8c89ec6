"""Every way in which a LightGBM model predicts has a name, and asking changes nothing."""

from __future__ import annotations

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="the models are LightGBM's")

import lightgbm
from tests.unit.types.lightgbm.specimens import X, booster

import holotype
from holotype.types.lightgbm.answers import answers

WAYS = ["predict", "predict(raw_score=True)", "predict(pred_leaf=True)"]


def test_a_booster_is_asked_in_every_way() -> None:
    model = booster("plain")
    before = holotype.fingerprint(model)
    asked = answers(model)
    assert asked is not None
    assert [*asked] == WAYS
    shapes = {name: ask(X).shape for name, ask in asked.items()}
    assert [*shapes.values()] == [(240,), (240,), (240, 5)]
    assert holotype.fingerprint(model) == before


def test_ones_own_objective_has_no_probabilities() -> None:
    model = lightgbm.LGBMClassifier(
        objective=lambda truth, scores: (scores - truth, truth * 0 + 1), n_estimators=2, n_jobs=1
    )
    asked = answers(model.fit(X, X[:, 3] > 3))
    assert asked is not None
    assert [*asked] == WAYS


def test_a_classifier_answers_with_probabilities_too() -> None:
    model = lightgbm.LGBMClassifier(n_estimators=2, n_jobs=1, verbose=-1).fit(X, X[:, 3] > 3)
    asked = answers(model)
    assert asked is not None
    assert asked["predict_proba"](X).shape == (240, 2)
    assert asked["predict"](X).dtype == bool
    assert np.array_equal(
        asked["predict(raw_score=True)"](X), model.booster_.predict(X, raw_score=True)
    )


def test_what_is_not_fitted_has_no_answers() -> None:
    assert answers(lightgbm.LGBMRegressor()) == {}


def test_the_boosters_of_a_cross_validation_answer_each() -> None:
    several = lightgbm.CVBooster()
    several.boosters = [booster("plain"), booster("dart")]
    asked = answers(several)
    assert asked is not None
    assert [*asked] == ["predict"]
    assert np.array_equal(asked["predict"](X), [each.predict(X) for each in several.boosters])


def test_other_models_are_not_ours() -> None:
    assert answers(object()) is None
    assert answers({}) is None
