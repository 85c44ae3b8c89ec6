"""Results of statsmodels come back bit for bit: what they are, what they predict, what they say."""

from __future__ import annotations

import pickle
import re
import warnings
from collections.abc import Callable
from typing import Any

import pytest

pytest.importorskip("statsmodels", reason="these tests need statsmodels")

import joblib
import numpy as np
import pandas as pd
import statsmodels
import statsmodels.api as sm
import statsmodels.formula
import statsmodels.formula.api as smf
from statsmodels.discrete.count_model import ZeroInflatedPoisson
from statsmodels.discrete.truncated_model import HurdleCountModel
from statsmodels.gam.api import BSplines, CyclicCubicSplines, GLMGam
from statsmodels.miscmodels.ordinal_model import OrderedModel
from statsmodels.othermod.betareg import BetaModel
from statsmodels.regression.rolling import RollingOLS
from statsmodels.tsa import api as tsa
from statsmodels.tsa.exponential_smoothing.ets import ETSModel
from statsmodels.tsa.forecasting.theta import ThetaModel

import holotype
from holotype.errors import UnsupportedError
from holotype.types.statsmodels.answers import answers

# What statsmodels says of toy data, and NumPy of what statsmodels does.
pytestmark = pytest.mark.filterwarnings("ignore")

N = 80
RNG = np.random.default_rng(0)
DATA = pd.DataFrame(
    {
        "x": RNG.normal(size=N),
        "z": RNG.uniform(0.5, 2, size=N),
        "g": RNG.choice(list("abc"), size=N),
        "k": RNG.integers(0, 8, size=N),
    }
)
DATA["y"] = 1 + 2 * DATA.x - DATA.z + (DATA.g == "b") * 0.5 + RNG.normal(size=N) * 0.3
DATA["b"] = (DATA.y + RNG.normal(size=N) > 0.5).astype(int)
DATA["c"] = RNG.poisson(np.exp(0.3 * DATA.x) + 0.5)
DATA["m"] = RNG.integers(0, 3, size=N)
DATA["p"] = 1 / (1 + np.exp(-DATA.y))
DATA["t"] = RNG.exponential(size=N) + 0.1
X = sm.add_constant(DATA[["x", "z"]])
MONTHS = pd.date_range("2015-01-31", periods=90, freq="ME")
SERIES = pd.Series(
    np.cumsum(RNG.normal(size=90)) * 0.1 + 5 + np.sin(np.arange(90) * np.pi / 6),
    index=MONTHS,
    name="level",
)
PAIR = pd.DataFrame(
    {"a": RNG.normal(size=100).cumsum() * 0.1, "b": RNG.normal(size=100)},
    index=pd.period_range("2001Q1", periods=100, freq="Q"),
)
FAMILIES = sm.families
SHORT: dict[str, Any] = {"disp": 0, "maxiter": 5}


def quietly(make: Callable[[], Any]) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        return make()


LINES: dict[str, Callable[[], Any]] = {
    "ols": lambda: sm.OLS(DATA.y, X).fit(),
    "ols arrays": lambda: sm.OLS(DATA.y.to_numpy(), X.to_numpy()).fit(),
    "ols qr": lambda: sm.OLS(DATA.y, X).fit(method="qr"),
    "ols HC3": lambda: sm.OLS(DATA.y, X).fit(cov_type="HC3"),
    "ols HAC": lambda: sm.OLS(DATA.y, X).fit(cov_type="HAC", cov_kwds={"maxlags": 2}),
    "ols cluster": lambda: sm.OLS(DATA.y, X).fit(
        cov_type="cluster", cov_kwds={"groups": DATA.k.to_numpy()}
    ),
    "ols regularized": lambda: sm.OLS(DATA.y, X).fit_regularized(alpha=0.1),
    "ols missing": lambda: sm.OLS(DATA.y.where(DATA.x > -1), X, missing="drop").fit(),
    "wls": lambda: sm.WLS(DATA.y, X, weights=DATA.z).fit(),
    "gls": lambda: sm.GLS(DATA.y, X, sigma=np.diag(DATA.z.to_numpy())).fit(),
    "glsar": lambda: sm.GLSAR(DATA.y, X, rho=2).iterative_fit(3),
    "rolling": lambda: RollingOLS(DATA.y, X, window=20).fit(),
    "rlm": lambda: sm.RLM(DATA.y, X, M=sm.robust.norms.TukeyBiweight()).fit(),
    "rlm hampel": lambda: sm.RLM(DATA.y, X, M=sm.robust.norms.Hampel()).fit(),
    "quantreg": lambda: sm.QuantReg(DATA.y, X).fit(q=0.3),
    "mixed": lambda: smf.mixedlm("y ~ x", DATA, groups="k", re_formula="~z").fit(),
    "mixed components": lambda: smf.mixedlm(
        "y ~ x", DATA, groups="k", vc_formula={"g": "0 + C(g)"}
    ).fit(),
    "gee": lambda: sm.GEE(DATA.y, X, groups=DATA.k, cov_struct=sm.cov_struct.Exchangeable()).fit(
        maxiter=3
    ),
    "gee autoregressive": lambda: sm.GEE(
        DATA.y, X, groups=DATA.k, cov_struct=sm.cov_struct.Autoregressive(grid=True)
    ).fit(maxiter=3),
    "gee formula": lambda: smf.gee("c ~ x + C(g)", "k", DATA, family=FAMILIES.Poisson()).fit(),
    "phreg": lambda: smf.phreg("t ~ x + C(g)", DATA, status=DATA.b.to_numpy()).fit(),
    "phreg strata": lambda: sm.PHReg(
        DATA.t, DATA[["x", "z"]], status=DATA.b, strata=DATA.k, ties="efron"
    ).fit(),
    "gam": lambda: GLMGam(
        DATA.y, X[["const", "z"]], smoother=BSplines(DATA[["x"]], df=[6], degree=[3]), alpha=[0.1]
    ).fit(),
    "gam cyclic": lambda: GLMGam(
        DATA.c,
        X[["const", "z"]],
        smoother=CyclicCubicSplines(DATA[["x"]], df=[6]),
        alpha=[0.1],
        family=FAMILIES.Poisson(),
    ).fit(),
    "gam formula": lambda: GLMGam.from_formula(
        "y ~ z + C(g)",
        data=DATA,
        smoother=BSplines(DATA[["x"]], df=[6], degree=[3]),
        alpha=[0.1],
    ).fit(),
}

COUNTS: dict[str, Callable[[], Any]] = {
    "logit": lambda: sm.Logit(DATA.b, X).fit(disp=0),
    "logit regularized": lambda: sm.Logit(DATA.b, X).fit_regularized(alpha=0.5, disp=0),
    "probit": lambda: sm.Probit(DATA.b, X).fit(disp=0),
    "mnlogit": lambda: smf.mnlogit("m ~ x", DATA).fit(disp=0),
    "poisson": lambda: sm.Poisson(DATA.c, X, offset=DATA.z).fit(disp=0),
    "negative binomial": lambda: sm.NegativeBinomial(DATA.c, X).fit(disp=0),
    "negative binomial 1": lambda: sm.NegativeBinomial(DATA.c, X, loglike_method="nb1").fit(disp=0),
    "negative binomial p": lambda: sm.NegativeBinomialP(DATA.c, X).fit(disp=0),
    "generalized poisson": lambda: sm.GeneralizedPoisson(DATA.c, X).fit(disp=0),
    "zero inflated": lambda: ZeroInflatedPoisson(DATA.c, X).fit(disp=0),
    "hurdle": lambda: HurdleCountModel(DATA.c, X).fit(disp=0),
    "ordered": lambda: OrderedModel(DATA.m, DATA[["x", "z"]], distr="logit").fit(
        method="bfgs", disp=0
    ),
    "beta": lambda: BetaModel(DATA.p, X).fit(disp=0),
    "glm newton": lambda: sm.GLM(DATA.b, X, family=FAMILIES.Binomial()).fit(method="newton"),
    "glm exposure": lambda: sm.GLM(
        DATA.c, X, family=FAMILIES.Poisson(), exposure=DATA.z, offset=DATA.x
    ).fit(),
    "glm constrained": lambda: smf.glm(
        "c ~ x + z", DATA, family=FAMILIES.Poisson()
    ).fit_constrained("x = 0.3"),
    "glm regularized": lambda: sm.GLM(DATA.c, X, family=FAMILIES.Poisson()).fit_regularized(
        alpha=0.1
    ),
}


def _link(family: str, response: str, link: Any) -> Callable[[], Any]:
    return lambda: sm.GLM(
        DATA[response], X[["const", "x"]], family=getattr(FAMILIES, family)(link())
    ).fit(maxiter=5)


LINKS = {
    f"{family} {link.__name__}": _link(family, response, link)
    for family, response in (
        ("Gaussian", "t"),
        ("Binomial", "b"),
        ("Poisson", "c"),
        ("Gamma", "t"),
        ("InverseGaussian", "t"),
        ("NegativeBinomial", "c"),
        ("Tweedie", "t"),
    )
    for link in getattr(FAMILIES, family).links
}

limit, weights = 0.5, np.linspace(0, 1, N)
FORMULAS = {
    text: (lambda text=text: smf.ols(text, DATA).fit())  # type: ignore[misc]
    for text in (
        "y ~ x + C(g)",
        "y ~ 1",
        "np.log(t) ~ np.exp(x) * z + g:z + I(x**2) + Q('k') - 1",
        "y ~ center(z) + bs(x, df=4, degree=2) + standardize(k)",
        "y ~ cr(x, df=4) + C(g, Treatment('b')) + te(cr(x, df=3), cc(z, df=3))",
        "y ~ C(g, Sum) + C(k, Poly):x + C(b):x",
        "y ~ I(x > limit) + np.maximum(x, limit) + scale(z, ddof=1)",
        "y ~ (x > 0) + I(g == 'a') + I(np.abs(x) ** 0.5)",
    )
}

SERIES_MODELS: dict[str, Callable[[], Any]] = {
    "arima": lambda: tsa.ARIMA(SERIES, order=(1, 1, 1), seasonal_order=(1, 0, 0, 12)).fit(),
    "arima arrays": lambda: tsa.ARIMA(SERIES.to_numpy(), order=(2, 0, 1), trend="ct").fit(),
    "arima gaps": lambda: tsa.ARIMA(SERIES.where(np.arange(90) % 7 != 3), order=(1, 0, 0)).fit(),
    "sarimax": lambda: tsa.SARIMAX(SERIES, order=(1, 0, 1)).fit(disp=0),
    "autoreg": lambda: tsa.AutoReg(SERIES, 3, trend="ct", seasonal=True).fit(),
    "components": lambda: tsa.UnobservedComponents(
        SERIES, "rwalk", cycle=True, freq_seasonal=[{"period": 12, "harmonics": 2}]
    ).fit(**SHORT),
    "factor": lambda: tsa.DynamicFactor(PAIR, k_factors=1, factor_order=1).fit(**SHORT),
    "factor mq": lambda: tsa.DynamicFactorMQ(PAIR, factors=1).fit(disp=0, maxiter=3),
    "varmax": lambda: tsa.VARMAX(PAIR, order=(1, 0)).fit(**SHORT),
    "recursive": lambda: sm.RecursiveLS(DATA.y, X).fit(),
    "winters": lambda: tsa.ExponentialSmoothing(
        SERIES, trend="mul", damped_trend=True, seasonal="mul", seasonal_periods=12, use_boxcox=True
    ).fit(),
    "holt": lambda: tsa.Holt(SERIES, initialization_method="estimated").fit(),
    "simple": lambda: tsa.SimpleExpSmoothing(SERIES, initialization_method="estimated").fit(),
    "ets": lambda: ETSModel(SERIES, error="add", seasonal="add", seasonal_periods=4).fit(**SHORT),
    "smoothing": lambda: tsa.statespace.ExponentialSmoothing(SERIES, trend=True).fit(**SHORT),
    "markov": lambda: tsa.MarkovRegression(SERIES, k_regimes=2).fit(),
    "markov autoregression": lambda: tsa.MarkovAutoregression(SERIES, k_regimes=2, order=1).fit(
        maxiter=5
    ),
    "var": lambda: tsa.VAR(PAIR).fit(2),
    "vecm": lambda: tsa.VECM(PAIR, k_ar_diff=1).fit(),
    "ardl": lambda: tsa.ARDL(PAIR.a, 2, PAIR[["b"]], 2).fit(),
    "theta": lambda: ThetaModel(SERIES).fit(),
    "stl": lambda: tsa.STL(SERIES).fit(),
}

# -- what is asked -------------------------------------------------------------------------------


def _text(said: Any) -> str:
    """A summary, without when it was made."""
    return re.sub(r"(Date|Time): +\S+( \S+ \S+ \d+)?", "", str(said))


def _seeded(result: Any) -> Any:
    seed = "random_state" if statsmodels.__version__.startswith("0.14") else "rng"
    return result.simulate(6, **{seed: np.random.RandomState(3)})


ASKED: dict[str, Callable[[Any], Any]] = {
    "params": lambda result: result.params,
    "bse": lambda result: result.bse,
    "pvalues": lambda result: result.pvalues,
    "conf_int": lambda result: result.conf_int(),
    "cov_params": lambda result: result.cov_params(),
    "llf": lambda result: result.llf,
    "aic": lambda result: result.aic,
    "fittedvalues": lambda result: result.fittedvalues,
    "predict": lambda result: result.predict(),
    "new": lambda result: [ask(_rows(result)) for ask in (answers(result) or {}).values()],
    "forecast": lambda result: result.forecast(4),
    "get_prediction": lambda result: result.get_prediction().summary_frame(),
    "get_forecast": lambda result: result.get_forecast(5).summary_frame(),
    "summary": lambda result: _text(result.summary()),
    "simulate": _seeded,
    "append": lambda result: result.append(np.ones(2)).forecast(2),
    "irf": lambda result: result.irf(4).irfs,
    "t_test": lambda result: str(result.t_test(np.eye(len(np.ravel(result.params)))[0])),
    "influence": lambda result: result.get_influence().summary_frame(),
    "robust": lambda result: result.get_robustcov_results("HC1").bse,
    "margins": lambda result: result.get_margeff().summary_frame(),
    "smoothed": lambda result: result.smoothed_state,
    "random effects": lambda result: result.random_effects,
    "hazard": lambda result: result.baseline_cumulative_hazard,
    "partial": lambda result: result.partial_values(0),
    "gain": lambda result: result.filter_results.kalman_gain,
    "trend": lambda result: result.trend,
}


def _rows(result: Any) -> Any:
    if hasattr(result.model.data, "frame"):
        return DATA.head(7)
    return np.asarray(result.model.exog)[:5]


def same(one: Any, other: Any) -> bool:
    """Whether two answers are the same, bit for bit."""
    if isinstance(one, (pd.Series, pd.DataFrame)):
        return type(one) is type(other) and one.equals(other) and one.index.equals(other.index)
    if isinstance(one, np.ndarray):
        bits = one.dtype == other.dtype and one.shape == other.shape
        return bits and (one.dtype == object or one.tobytes() == other.tobytes())
    if isinstance(one, (list, tuple)):
        return len(one) == len(other) and all(map(same, one, other))
    if isinstance(one, dict):
        return one.keys() == other.keys() and all(same(one[key], other[key]) for key in one)
    if type(one).__name__ == "bunch":  # of PHReg
        return same(vars(one), vars(other))
    return bool(one == other or (one != one and other != other))


def _answer(ask: Callable[[Any], Any], result: Any) -> Any:
    """What it answers, or by what it refuses: not everything makes sense for every model."""
    try:
        return ask(result)
    except Exception as error:
        return f"refused: {type(error).__name__}"


def _changes(result: Any) -> bool:
    """Whether statsmodels leaves something in the result that is not what it was.

    Other covariances take the place of robust ones; a simulation leaves its start in a model.
    """
    robust = str(getattr(result, "cov_type", "")).startswith("HC")
    return robust or "statespace.exponential_smoothing" in type(result).__module__


def check(make: Callable[[], Any]) -> Any:
    """Store and load what is made; everything that is asked is answered alike."""
    result = make()
    stored = holotype.dumps(result)
    again = holotype.loads(stored)
    fingerprint = holotype.fingerprint(stored)
    assert type(again) is type(result)
    assert holotype.fingerprint(holotype.dumps(again)) == fingerprint
    answered = 0
    for name, ask in ASKED.items():
        first = _answer(ask, result)
        assert same(first, _answer(ask, again)), name
        answered += not (isinstance(first, str) and first.startswith("refused"))
    assert answered, "nothing could be asked"
    if not _changes(result):
        assert holotype.fingerprint(holotype.dumps(result)) == fingerprint, "asking changed it"
    return again


@pytest.mark.parametrize("name", LINES)
def test_a_regression_comes_back(name: str) -> None:
    check(LINES[name])


@pytest.mark.parametrize("name", COUNTS)
def test_a_model_of_choices_and_counts_comes_back(name: str) -> None:
    check(COUNTS[name])


@pytest.mark.parametrize("name", LINKS)
def test_every_family_with_every_link_comes_back(name: str) -> None:
    result = LINKS[name]()
    again = holotype.loads(holotype.dumps(result))
    rows = X[["const", "x"]].head(9) * 0.9
    assert same(result.params, again.params)
    assert same(result.predict(rows), again.predict(rows))
    assert same(result.mu, again.mu)


@pytest.mark.parametrize("text", FORMULAS)
def test_a_formula_makes_the_same_columns_of_new_data(text: str) -> None:
    again = check(FORMULAS[text])
    spread = DATA.sample(11, random_state=1)
    assert same(FORMULAS[text]().predict(spread), again.predict(spread))


@pytest.mark.parametrize("name", SERIES_MODELS)
def test_a_time_series_model_comes_back(name: str) -> None:
    check(SERIES_MODELS[name])


def test_a_result_whose_data_was_removed_predicts_and_says_the_same() -> None:
    result = smf.ols("y ~ x + C(g)", DATA).fit()
    whole = holotype.dumps(result)
    said = _text(result.summary())
    result.remove_data()
    stored = holotype.dumps(result)
    again = holotype.loads(stored)
    assert same(again.predict(DATA), result.predict(DATA))
    assert _answer(ASKED["summary"], again) == _answer(ASKED["summary"], result)
    assert _answer(ASKED["summary"], again) == said or statsmodels.__version__.startswith("0.14")
    assert len(stored) < len(whole)


def test_what_is_hung_onto_a_result_comes_back_with_it() -> None:
    result = sm.OLS(DATA.y, X).fit()
    result.note = "of March"
    assert holotype.loads(holotype.dumps(result)).note == "of March"


def test_a_result_stands_inside_of_other_things_and_is_shared() -> None:
    result = sm.OLS(DATA.y, X).fit()
    first, second = holotype.loads(holotype.dumps({"a": result, "b": [result]})).values()
    assert second[0] is first
    assert same(first.params, result.params)


def test_a_formula_that_calls_a_function_of_the_user_is_refused() -> None:
    def half(column: Any) -> Any:
        return column / 2

    result = smf.ols("y ~ half(x)", {"y": DATA.y, "x": DATA.x, "half": half}).fit()
    with pytest.raises(UnsupportedError, match=r"the factor 'half\(x\)' of a formula is not data"):
        holotype.dumps(result)


def test_a_formula_with_a_column_of_the_script_is_refused() -> None:
    result = smf.ols("y ~ x + elsewhere", DATA, eval_env=_around()).fit()
    with pytest.raises(UnsupportedError, match="'elsewhere' is no column, but a Series"):
        holotype.dumps(result)


def test_a_formula_that_formulaic_read_is_refused() -> None:
    options = getattr(statsmodels.formula, "options", None)
    if options is None:
        pytest.skip("this version of statsmodels knows patsy only")
    options.formula_engine = "formulaic"
    try:
        result = smf.ols("y ~ x", DATA).fit()
    finally:
        options.formula_engine = "patsy"
    with pytest.raises(UnsupportedError, match="was read by formulaic"):
        holotype.dumps(result)


def _around() -> Any:
    from patsy import EvalEnvironment

    return EvalEnvironment([{"elsewhere": DATA.z}])


# -- old files -----------------------------------------------------------------------------------


def _converted(result: Any, folder: Any, write: Callable[..., Any]) -> tuple[Any, Any]:
    """The archive that an old file of ``result`` becomes, and what the old file gives back."""
    old, new = folder / "old.pkl", folder / "new.holo"
    with old.open("wb") as file:
        write(result, file)
    assert holotype.scan(old).verdict == "data"
    holotype.convert(old, new)
    with old.open("rb") as file:
        return new, joblib.load(file)


@pytest.mark.parametrize("write", [pickle.dump, joblib.dump], ids=["pickle", "joblib"])
@pytest.mark.parametrize(
    "name", ["ols", "ols arrays", "ols HAC", "wls", "rlm", "quantreg", "gee", "phreg strata"]
)
def test_an_old_file_becomes_what_the_live_result_is(
    name: str, write: Callable[..., Any], tmp_path: Any
) -> None:
    new, again = _converted(LINES[name](), tmp_path, write)
    assert holotype.fingerprint(new) == holotype.fingerprint(holotype.dumps(again))


@pytest.mark.parametrize("name", ["logit", "poisson", "beta", "glm exposure"])
def test_an_old_file_of_choices_and_counts_too(name: str, tmp_path: Any) -> None:
    new, again = _converted(COUNTS[name](), tmp_path, pickle.dump)
    assert holotype.fingerprint(new) == holotype.fingerprint(holotype.dumps(again))


@pytest.mark.parametrize("name", ["negative binomial", "generalized poisson", "glm newton"])
def test_an_old_file_whose_names_were_asked_for_predicts_the_same(name: str, tmp_path: Any) -> None:
    new, again = _converted(COUNTS[name](), tmp_path, pickle.dump)
    loaded = holotype.load(new)
    assert same(loaded.params, again.params)
    assert same(loaded.predict(), again.predict())
    assert same(loaded.bse, again.bse)


def test_an_old_file_of_a_formula_says_that_its_design_is_not_there(tmp_path: Any) -> None:
    result = smf.ols("y ~ x", DATA).fit()
    with pytest.raises(UnsupportedError, match="whose design a pickle does not hold"):
        _converted(result, tmp_path, pickle.dump)
