"""Time series without a state-space form, deterministic terms and splines: counts within bounds.

statsmodels allocates by these counts when it forecasts. Rule: a number of lags, regimes or seasons
is bounded by the observations that are there, or by what nobody ever fits.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.types.statsmodels.checks import check_contents, state_of

__all__ = ["SERIES"]

_MAX_POWER = 64
_MAX_HARMONICS = 4096
_MAX_PERIOD = 1 << 17
_MAX_LAGS = 1 << 16
_MAX_REGIMES = 1 << 16  # combinations of regimes over all lags
_MAX_KNOTS = 4096
_MAX_DEGREE = 5  # of FITPACK's splines


def _check_trend(shadow: Shadow) -> None:
    check_contents(shadow)
    shadow.as_integer(state_of(shadow).get("_order"), "_order", 0, _MAX_POWER)


def _check_fourier(shadow: Shadow) -> None:
    check_contents(shadow)
    shadow.as_integer(state_of(shadow).get("_order"), "_order", 0, _MAX_HARMONICS)


def _check_season(shadow: Shadow) -> None:
    check_contents(shadow)
    state = state_of(shadow)
    if "_period" in state:
        shadow.as_integer(state["_period"], "_period", 1, _MAX_PERIOD)
    if "_initial_period" in state:
        shadow.as_integer(state["_initial_period"], "_initial_period", 0, _MAX_PERIOD)


def _check_process(shadow: Shadow) -> None:
    check_contents(shadow)
    state = state_of(shadow)
    shadow.as_integer(state.get("_order"), "_order", 0, _MAX_POWER)
    shadow.as_integer(state.get("_fourier"), "_fourier", 0, _MAX_HARMONICS)
    terms = state.get("_deterministic_terms")
    if not isinstance(terms, list) or not all(_is_own(each, "deterministic") for each in terms):
        raise shadow.fail("its terms are not those of statsmodels")


def _is_own(value: Any, module: str) -> bool:
    return isinstance(value, Shadow) and value.key.startswith(f"statsmodels.tsa.{module}.")


def _check_lags(*names: str) -> Callable[[Shadow], None]:
    """Counts of lags, and lists of them."""

    def check(shadow: Shadow) -> None:
        check_contents(shadow)
        state = state_of(shadow)
        for name in names:
            value = state.get(name)
            for each in value if isinstance(value, (list, tuple, np.ndarray)) else [value]:
                if each is not None:
                    shadow.as_integer(each, name, 0, _MAX_LAGS)

    return check


def _check_vector(shadow: Shadow) -> None:
    """A vector autoregression: as many coefficients as its lags and series say."""
    check_contents(shadow)
    state = state_of(shadow)
    series = shadow.as_integer(state.get("neqs"), "neqs", 1, _MAX_LAGS)
    lags = shadow.as_integer(state.get("k_ar"), "k_ar", 0, _MAX_LAGS)
    coefs = state.get("coefs")
    if coefs is not None:
        shadow.as_array(coefs, "coefs", ndim=3, kind="fc")
        if coefs.shape != (lags, series, series):
            raise shadow.fail("coefs are not one matrix for each lag")
    for name in ("seasons", "first_season", "k_trend", "k_exog", "k_exog_user", "coint_rank"):
        if state.get(name) is not None:
            shadow.as_integer(state[name], name, 0, _MAX_PERIOD)


def _check_regimes(shadow: Shadow) -> None:
    check_contents(shadow)
    state = state_of(shadow)
    regimes = shadow.as_integer(state.get("k_regimes"), "k_regimes", 1, _MAX_REGIMES)
    order = shadow.as_integer(state.get("order", 0), "order", 0, 64)
    if float(regimes) ** (order + 2) > _MAX_REGIMES:
        raise shadow.fail("it has too many combinations of regimes")


def _check_spline(shadow: Shadow) -> None:
    """The knots of a spline of a generalised additive model."""
    check_contents(shadow)
    state = state_of(shadow)
    degree = shadow.as_integer(state.get("degree"), "degree", 0, _MAX_DEGREE)
    knots = shadow.as_array(state.get("knots"), "knots", ndim=1, kind="f")
    if not 2 * (degree + 1) <= len(knots) <= _MAX_KNOTS:
        raise shadow.fail("there are too few knots for the degree, or too many")
    if not np.isfinite(knots).all() or (np.diff(knots) < 0).any():
        raise shadow.fail("knots are not finite or not in order")


_AR = _check_lags("_lags", "_maxlag", "_hold_back", "_k_ar", "_max_lag", "_ar_lags")

SERIES: dict[str, Callable[[Shadow], None]] = {
    "statsmodels.gam.smooth_basis.UnivariateBSplines": _check_spline,
    "statsmodels.tsa.ar_model.AutoReg": _AR,
    "statsmodels.tsa.ar_model.AutoRegResults": _AR,
    "statsmodels.tsa.ardl.model.ARDL": _AR,
    "statsmodels.tsa.ardl.model.ARDLResults": _AR,
    "statsmodels.tsa.ardl.model.UECM": _AR,
    "statsmodels.tsa.ardl.model.UECMResults": _AR,
    "statsmodels.tsa.deterministic.CalendarFourier": _check_fourier,
    "statsmodels.tsa.deterministic.CalendarSeasonality": _check_season,
    "statsmodels.tsa.deterministic.CalendarTimeTrend": _check_trend,
    "statsmodels.tsa.deterministic.DeterministicProcess": _check_process,
    "statsmodels.tsa.deterministic.Fourier": _check_fourier,
    "statsmodels.tsa.deterministic.Seasonality": _check_season,
    "statsmodels.tsa.deterministic.TimeTrend": _check_trend,
    "statsmodels.tsa.forecasting.theta.ThetaModel": _check_season,
    "statsmodels.tsa.regime_switching.markov_autoregression.MarkovAutoregression": _check_regimes,
    "statsmodels.tsa.regime_switching.markov_autoregression.MarkovAutoregressionResults": (
        _check_regimes
    ),
    "statsmodels.tsa.regime_switching.markov_regression.MarkovRegression": _check_regimes,
    "statsmodels.tsa.regime_switching.markov_regression.MarkovRegressionResults": _check_regimes,
    "statsmodels.tsa.vector_ar.var_model.VARResults": _check_vector,
    "statsmodels.tsa.vector_ar.vecm.VECMResults": _check_vector,
}
