"""What does not fit in a stored result of statsmodels is noticed before anything is made of it."""

from __future__ import annotations

from typing import Any

import pytest

pytest.importorskip("statsmodels", reason="these tests need statsmodels")

import numpy as np
from tests.unit.types.sklearn.specimen import Specimen
from tests.unit.types.statsmodels.results import MAKERS, fitted, object_of, refused

import holotype
from holotype.errors import InvalidStateError, UnsupportedError

SSM = "tsa.statespace.simulation_smoother.SimulationSmoother"
START = "tsa.statespace.initialization.Initialization"
GIVEN = "tsa.statespace.kalman_smoother.SmootherResults"
ARIMA = "tsa.arima.model.ARIMA"
WINTERS = "tsa.holtwinters.model.ExponentialSmoothing"
ETS = "tsa.exponential_smoothing.ets.ETSModel"
OLS, RESULT = "regression.linear_model.OLS", "regression.linear_model.OLSResults"
SPLINE = "gam.smooth_basis.UnivariateBSplines"
TALL = np.zeros((64, 64, 1), order="F")


@pytest.mark.parametrize("name", MAKERS)
def test_an_honest_result_passes_and_is_built(name: str) -> None:
    built = Specimen(fitted(name)).audit()()
    assert np.array_equal(built.params, fitted(name).params) or isinstance(built.params, dict)


CASES: list[tuple[str, str, str, Any, str]] = [
    # names that statsmodels looks up, and what it calls
    ("ols", OLS, "_data_attr", {"list": ["__class__.fit"]}, "the name of an attribute"),
    ("ols", OLS, "_init_keys", {"list": ["a b"]}, "the name of an attribute"),
    ("ols", OLS, "_init_keys", "exog", "_init_keys is not a list"),
    ("ols", OLS, "weights", {"name": "numpy.exp"}, "none of its own"),
    ("ols", RESULT, "cov_kwds", {"dict": [["f", {"name": "numpy.exp"}]]}, "none of its own"),
    ("ols", RESULT, "normalized_cov_params", "text", "normalized_cov_params is not an array"),
    ("glm", "genmod.families.family.Poisson", "variance", None, "variance is not a function"),
    ("negbin", "discrete.discrete_model.NegativeBinomial", "loglike_method", "x", "is not nb2"),
    ("zip", "discrete.count_model.ZeroInflatedPoisson", "inflation", "x", "is not logit"),
    # matrices that compiled filters read
    ("arima", SSM, "k_states", 3, "not those of the model"),
    ("arima", SSM, "k_posdef", 5, "k_posdef is 5"),
    ("arima", SSM, "nobs", 41, "neither one nor one for each"),
    ("arima", SSM, "_transition", TALL, "_transition has sizes [64, 64, 1]"),
    ("arima", SSM, "_transition", TALL[:2, :2].astype(int), "not of floating point"),
    ("arima", SSM, "_design", np.zeros((1, 2, 7)), "neither one nor one for each"),
    ("arima", SSM, "endog", lambda endog: np.ascontiguousarray(endog.T), "k_endog rows"),
    ("arima", SSM, "shapes", {"dict": []}, "shapes are not those"),
    ("arima", SSM, "filter_method", 4, "filter_method 4 is not one"),
    ("arima", SSM, "filter_method", 0x41, "filter_method 65 is not one"),
    ("arima", SSM, "inversion_method", 64, "inversion_method is 64"),
    ("arima", SSM, "smooth_method", 3, "smooth_method 3 is not one"),
    ("arima", SSM, "loglikelihood_burn", 99, "loglikelihood_burn is 99"),
    ("arima", SSM, "initialization", "known", "initialization is not an Initialization"),
    ("arima", START, "k_states", 3, "not of k_states"),
    ("arima", START, "initialization_type", "other", "is not one of statsmodels'"),
    ("arima", START, "_states", {"tuple": [1, 0]}, "not numbered one by one"),
    ("arima", START, "approximate_diffuse_variance", "1", "is not a number"),
    ("uc", START, "blocks", {"dict": []}, "not of the block that it says"),
    ("uc", START, "blocks", {"dict": [[{"tuple": [0, 2]}, None]]}, "follow each other"),
    ("uc", START, "blocks", {"dict": [[{"tuple": [7]}, None]]}, "a state is 7"),
    ("uc", START, "blocks", {"dict": [[{"tuple": [0]}, None]]}, "a block is not"),
    ("arima", GIVEN, "filtered_state", np.zeros((7, 40)), "filtered_state has sizes"),
    ("arima", GIVEN, "filtered_state", np.zeros((2, 90)), "longer than the observations"),
    ("arima", GIVEN, "nmissing", np.zeros(3, int), "not one for each observation"),
    ("arima", GIVEN, "prefix", "x", "prefix is not one"),
    ("arima", GIVEN, "predicted_state_cov", None, "is not kept for each observation"),
    ("arima", ARIMA, "ssm", None, "ssm is not a SimulationSmoother"),
    ("arima", ARIMA, "order", {"tuple": [10**9, 0, 0]}, "more states than there are"),
    ("arima", ARIMA, "seasonal_order", {"tuple": [1, 0, 0, 10**9]}, "more states than there are"),
    ("arima", ARIMA, "k_ar", 10**9, "more than its data can have"),
    ("arima", f"{ARIMA}Results", "model", None, "model is not a model"),
    # counts of lags, seasons, powers and regimes
    ("autoreg", "tsa.deterministic.TimeTrend", "_order", 10**9, "_order is 1000000000"),
    ("autoreg", "tsa.deterministic.Seasonality", "_period", 10**9, "_period is 1000000000"),
    ("autoreg", "tsa.ar_model.AutoReg", "_lags", {"list": [10**9]}, "_lags is 1000000000"),
    ("autoreg", "tsa.deterministic.DeterministicProcess", "_fourier", -1, "_fourier is -1"),
    ("winters", WINTERS, "nobs", 41, "nobs is 41"),
    ("winters", WINTERS, "seasonal_periods", 10**9, "seasonal_periods is 1000000000"),
    ("winters", WINTERS, "_y", np.zeros(39), "not of one length"),
    ("ets", ETS, "nobs", 41, "nobs is 41"),
    ("ets", ETS, "seasonal_periods", 10**9, "seasonal_periods is 1000000000"),
    ("ets", ETS, "seasonal", "other", "seasonal is not add"),
    ("ets", ETS, "_smoothing_func", None, "_smoothing_func is not of a file"),
    ("var", "tsa.vector_ar.var_model.VARResults", "k_ar", 3, "one matrix for each lag"),
    (
        "markov",
        "tsa.regime_switching.markov_regression.MarkovRegression",
        "k_regimes",
        4096,
        "many",
    ),
    ("gam", SPLINE, "degree", 6, "degree is 6"),
    ("gam", SPLINE, "knots", np.array([0.0, 1.0]), "too few knots"),
    ("gam", SPLINE, "knots", lambda knots: knots[::-1].copy(), "not in order"),
]


@pytest.mark.parametrize(("name", "key", "attribute", "value", "problem"), CASES)
def test_it_is_refused(name: str, key: str, attribute: str, value: Any, problem: str) -> None:
    assert problem in refused(name, key, attribute, value)


def test_what_is_hung_onto_a_wrapper_covers_no_method() -> None:
    again = holotype.loads(holotype.dumps(fitted("ols")))
    again.predict = None
    with pytest.raises(UnsupportedError, match=r"\.predict: an attribute covers a method"):
        holotype.dumps(again)
    specimen = Specimen(fitted("ols"))
    specimen.blueprint["root"]["state"] = {"dict": [["predict", 3]]}
    build = specimen.audit()
    with pytest.raises(InvalidStateError, match="predict is a method"):
        build()


def test_an_attribute_of_a_result_covers_no_method() -> None:
    specimen = Specimen(fitted("ols"))
    result = object_of(specimen, f"statsmodels.{RESULT}")
    result["state"]["dict"].append(["summary", None])
    build = specimen.audit()
    with pytest.raises(InvalidStateError, match="summary is a method"):
        build()
