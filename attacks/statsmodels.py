"""Results of statsmodels: text that is evaluated, and matrices that compiled filters read."""

from __future__ import annotations

from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.registry import attack
from holotype.errors import InvalidStateError


def _dict(**members: Any) -> dict[str, Any]:
    return {"dict": [[name, value] for name, value in members.items()]}


def _list(*items: Any) -> dict[str, Any]:
    return {"list": list(items)}


def _object(key: str, arrays: dict[str, Any] | None = None, **state: Any) -> bytes:
    """An archive of one object of statsmodels; ``arrays`` are attributes too."""
    values = {name: np.asarray(value) for name, value in (arrays or {}).items()}
    nodes = {name: array(name, value) for name, value in values.items()}
    root = {"call": f"statsmodels.{key}", "args": [], "state": _dict(**nodes, **state)}
    return reseal(blueprint(root), values)


def _plain(key: str, **state: Any) -> bytes:
    return reseal(blueprint({"object": f"statsmodels.{key}", "state": state}))


# -- formulas ------------------------------------------------------------------------------------


def _formula(code: str, transforms: Any = None, arrays: Any = None, **values: Any) -> bytes:
    """A design of one column, which is what ``code`` computes."""
    factor = _dict(
        code=code,
        type="numerical",
        values=_dict(**values),
        transforms=transforms or _list(),
        columns=1,
    )
    subterm = _dict(factors=_list(0), contrasts=_list())
    term = _dict(factors=_list(0), subterms=_list(subterm))
    args = [_list("x"), _list(factor), _list(term)]
    return reseal(blueprint({"call": "patsy.DesignInfo", "args": args}), arrays or {})


@attack(InvalidStateError)
def formula_that_runs() -> bytes:
    """A factor that imports a module and calls it; patsy evaluates factors when it predicts."""
    return _formula("__import__('os').system('true')")


@attack(InvalidStateError)
def formula_that_climbs() -> bytes:
    """A factor that goes from a column to its class, and on to everything that there is."""
    return _formula("x.__class__.__mro__[-1].__subclasses__()")


@attack(InvalidStateError)
def formula_that_calls_what_python_has() -> bytes:
    """A factor that calls a function which is in every namespace."""
    return _formula("exec('import os')")


@attack(InvalidStateError)
def formula_with_another_numpy() -> bytes:
    """What is called np is another module."""
    return _formula("np.log(x)", np="os")


@attack(InvalidStateError)
def formula_that_loads_a_file() -> bytes:
    """A function of NumPy that opens the file which the column names."""
    return _formula("np.load(x)", np="numpy")


@attack(InvalidStateError)
def formula_with_a_function_of_the_table() -> bytes:
    """A function that the table may name, in the place of a number."""
    return _formula("f(x)", f={"name": "numpy.exp"})


@attack(InvalidStateError)
def formula_of_its_own_contrast() -> bytes:
    """Categories that are coded by whatever the namespace offers."""
    return _formula("C(x, print)")


@attack(InvalidStateError)
def formula_that_quotes_the_builtins() -> bytes:
    """The namespace of Python itself, by the function that quotes the names of columns."""
    return _formula("Q('__builtins__')")


@attack(InvalidStateError)
def formula_as_a_tower_of_powers() -> bytes:
    """A number with more digits than there is memory, computed at the first prediction."""
    return _formula("x + 9 ** 9 ** 9")


@attack(InvalidStateError)
def formula_that_repeats_a_list() -> bytes:
    """A list of one number, a billion times."""
    return _formula("few * many", few=_list(1), many=10**9)


@attack(InvalidStateError)
def formula_that_nests() -> bytes:
    """Signs in front of signs, deeper than a stack."""
    return _formula("-" * 2000 + "x")


def _spline(code: str, knots: Any, degree: int) -> bytes:
    values = {"knots": np.asarray(knots, "<f8")}
    state = _dict(_all_knots=array("knots", values["knots"]), _degree=degree)
    return _formula(code, _list(state), values)


@attack(InvalidStateError)
def spline_of_any_degree() -> bytes:
    """A degree for which FITPACK's workspace is too small."""
    return _spline("bs(x, df=4)", np.arange(64.0), 12)


@attack(InvalidStateError)
def spline_with_knots_in_disorder() -> bytes:
    """Knots between which an interval is searched for, and never found."""
    return _spline("bs(x, df=4)", [0.0, 1.0, np.nan, -1.0, 0.5, 2.0, 9.0, 3.0], 3)


@attack(InvalidStateError)
def spline_of_more_columns_than_memory() -> bytes:
    """The product of two splines: each row of new data becomes ten thousand numbers."""
    values = {"knots": np.arange(101.0)}
    knots = array("knots", values["knots"])
    bases = [_dict(_all_knots=knots, _constraints=None) for _ in range(2)]
    states = _list(_dict(_constraints=None), *bases)
    return _formula("te(cr(x, df=101), cr(x, df=101))", states, values)


# -- state-space models --------------------------------------------------------------------------


def _filter(arrays: Any = None, **changes: Any) -> bytes:
    """The matrices of a model with one series of five observations and two states."""
    honest = {
        "_design": np.ones((1, 2, 1)),
        "_obs_intercept": np.zeros((1, 1)),
        "_obs_cov": np.zeros((1, 1, 1)),
        "_transition": np.ones((2, 2, 1)),
        "_state_intercept": np.zeros((2, 1)),
        "_selection": np.ones((2, 1, 1)),
        "_state_cov": np.ones((1, 1, 1)),
        "endog": np.zeros((1, 5)),
    }
    shapes = {
        "obs": [1, 5],
        "design": [1, 2, 1],
        "obs_intercept": [1, 1],
        "obs_cov": [1, 1, 1],
        "transition": [2, 2, 1],
        "state_intercept": [2, 1],
        "selection": [2, 1, 1],
        "state_cov": [1, 1, 1],
    }
    state: dict[str, Any] = {
        "k_endog": 1,
        "k_states": 2,
        "k_posdef": 1,
        "nobs": 5,
        "loglikelihood_burn": 0,
        "shapes": _dict(**{name: {"tuple": shape} for name, shape in shapes.items()}),
    }
    key = "tsa.statespace.simulation_smoother.SimulationSmoother"
    return _object(key, {**honest, **(arrays or {})}, **{**state, **changes})


@attack(InvalidStateError)
def states_that_no_matrix_has() -> bytes:
    """More states than the matrices have rows, which a compiled filter reads."""
    return _filter(k_states=2000)


@attack(InvalidStateError)
def transition_of_another_model() -> bytes:
    """A matrix of one state, in a model of two."""
    return _filter({"_transition": np.ones((1, 1, 1))})


@attack(InvalidStateError)
def observations_that_are_not_there() -> bytes:
    """A model of a million observations with five of them."""
    return _filter(nobs=10**6)


@attack(InvalidStateError)
def filter_that_is_not_compiled() -> bytes:
    """A flag for a filter that statsmodels only names: there is no function to call."""
    return _filter(filter_method=0x80)


@attack(InvalidStateError)
def smoother_that_is_not_compiled() -> bytes:
    """Two smoothers at once, whose functions and memory do not fit each other."""
    return _filter(smooth_method=3)


@attack(InvalidStateError)
def likelihood_from_beyond_the_end() -> bytes:
    """The first observation that counts is behind the last one."""
    return _filter(loglikelihood_burn=10**9)


@attack(InvalidStateError)
def start_of_states_beyond_the_last() -> bytes:
    """A block of states that starts where the state vector ends."""
    return _object(
        "tsa.statespace.initialization.Initialization",
        {"constant": np.zeros(2), "stationary_cov": np.zeros((2, 2))},
        k_states=2,
        initialization_type=None,
        approximate_diffuse_variance=1.0,
        _states={"tuple": [0, 1]},
        _initialization={"objects": [{"tuple": [7]}, None], "order": "C", "shape": [2]},
        blocks={"dict": [[{"tuple": [7]}, None]]},
    )


# -- other series, and what is called ------------------------------------------------------------


@attack(InvalidStateError)
def seasons_longer_than_the_series() -> bytes:
    """A period by which exponential smoothing sizes what it writes to."""
    return _object(
        "tsa.holtwinters.model.ExponentialSmoothing",
        {"endog": np.zeros(5), "_y": np.zeros(5)},
        nobs=5,
        seasonal_periods=2**40,
    )


@attack(InvalidStateError)
def smoothing_past_the_series() -> bytes:
    """More observations than there are, over which a compiled loop runs without looking."""
    return _object(
        "tsa.exponential_smoothing.ets.ETSModel",
        {"endog": np.zeros(5)},
        trend=None,
        seasonal=None,
        nobs=10**6,
        seasonal_periods=1,
    )


@attack(InvalidStateError)
def trend_of_a_billion_powers() -> bytes:
    """Powers of time, each a column of a forecast."""
    return _plain("tsa.deterministic.TimeTrend", _constant=True, _order=10**9)


@attack(InvalidStateError)
def regimes_without_number() -> bytes:
    """Regimes over lags, whose combinations are more than there is memory."""
    key = "tsa.regime_switching.markov_autoregression.MarkovAutoregression"
    return _plain(key, k_regimes=8, order=60)


@attack(InvalidStateError)
def weights_by_any_function() -> bytes:
    """A function of the table where statsmodels calls one of its own."""
    kernel = _dict(weights_func={"name": "numpy.exp"})
    return _object("regression.linear_model.OLSResults", cov_kwds=kernel)


@attack(InvalidStateError)
def names_that_reach_into_classes() -> bytes:
    """Names that statsmodels looks up one after the other, and sets what they lead to to None."""
    return _plain("regression.linear_model.OLS", _data_attr=_list("__class__.predict"))


@attack(InvalidStateError)
def wrapper_around_anything() -> bytes:
    """A wrapper, which asks its result for everything, around something that is none."""
    root = {"call": "statsmodels.regression.linear_model.RegressionResultsWrapper", "args": [3]}
    return reseal(blueprint(root))
