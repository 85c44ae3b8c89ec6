"""Every model of skops's own persistence tests comes back, bit for bit instead of nearly."""

from __future__ import annotations

import warnings

import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")
pytest.importorskip("skops", reason="these tests need skops")

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    persist = pytest.importorskip(
        "skops.io.tests.test_persist", reason="skops's tests do not run here", exc_type=Exception
    )

import numpy as np
from sklearn.utils._testing import SkipTest, set_random_state
from tests.conformance.sklearn_models import assert_same_model, fit, label


def models_of_skops():
    """Skops's list, which draws a dictionary at random: the same one every time."""
    before = np.random.get_state()
    np.random.seed(0)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        models = list(persist._tested_estimators())
    np.random.set_state(before)
    return models


@pytest.mark.parametrize("estimator", models_of_skops(), ids=label)
def test_a_model_of_skops_comes_back_bit_for_bit(estimator):
    set_random_state(estimator, random_state=0)
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            X, y = persist.get_input(estimator)
    except (ImportError, SkipTest) as missing:  # photographs need Pillow
        pytest.skip(str(missing)[:60])
    assert_same_model(fit(estimator, X, y), X, y)
