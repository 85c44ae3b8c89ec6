"""Every estimator of scikit-learn comes back and answers bit for bit as it did."""

import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from sklearn.base import BaseEstimator
from tests.conformance.sklearn_models import (
    assert_same_model,
    data_for,
    fit,
    instances,
    label,
    round_trip,
    same,
)

INSTANCES = instances()


def test_there_is_something_to_test():
    kinds = {type(estimator) for estimator in INSTANCES}
    assert len(kinds) > 190
    assert all(issubclass(kind, BaseEstimator) for kind in kinds)


@pytest.mark.parametrize("estimator", INSTANCES, ids=label)
def test_a_fitted_estimator_comes_back_bit_for_bit(estimator):
    X, y = data_for(estimator)
    assert_same_model(fit(estimator, X, y), X, y)


def test_unfitted_estimators_come_back_with_their_parameters_and_nothing_else():
    for estimator in instances():
        loaded = round_trip(estimator)
        assert same(loaded.get_params(), estimator.get_params()), estimator
        assert vars(loaded).keys() == vars(estimator).keys()
