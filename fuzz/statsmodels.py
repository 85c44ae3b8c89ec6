"""Results of statsmodels of every kind that predicts in its own way, and how they are asked.

Small ones, each fitted the same way every time.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from fuzz.data import REAL, ROWS, X, Y
from holotype.types.statsmodels.answers import answers

__all__ = ["others", "questions"]


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where statsmodels is not installed."""
    try:
        import statsmodels.api as sm
    except ImportError:
        return {}
    return {
        f"statsmodels {name}": partial(_quietly, make, sm)
        for name, make in (_MAKERS | _SERIES_MAKERS).items()
    }


def _quietly(make: Callable[[Any], Any], sm: Any) -> Any:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of learning too little from toy data
        return make(sm)


def _frame() -> Any:
    import pandas as pd

    frame = pd.DataFrame({f"x{at}": X[:, at] for at in range(3)})
    return frame.assign(y=REAL, b=(Y > 0).astype(int), g=[f"g{each % 3}" for each in range(ROWS)])


def _formula(text: str) -> Callable[[Any], Any]:
    return lambda sm: sm.formula.ols(text, _frame()).fit()


def _series() -> Any:
    import pandas as pd

    values = np.cumsum(np.sin(np.arange(60) * 0.7) + 0.1 * np.arange(60) % 3)
    return pd.Series(values + 50, pd.date_range("2001-01-31", periods=60, freq="ME"))


def _matrix() -> Any:
    import pandas as pd

    columns = np.random.RandomState(0).normal(size=(60, 2))
    return pd.DataFrame(columns, _series().index, ["a", "b"])


def _gam(sm: Any) -> Any:
    smoother = sm.gam.BSplines(_frame()[["x1"]], df=[5], degree=[3])
    return sm.GLMGam(_frame().y, sm.add_constant(_frame()[["x0"]]), smoother=smoother).fit()


_MAKERS: dict[str, Callable[[Any], Any]] = {
    "line": lambda sm: sm.OLS(_frame().y, sm.add_constant(_frame()[["x0", "x1"]])).fit(),
    "formula": _formula("y ~ x0 * C(g) + np.exp(x1) + center(x2)"),
    "splines": _formula("y ~ bs(x0, df=4) + cr(x1, df=3) + Q('x2')"),
    "tensor": _formula("y ~ te(cr(x0, df=3), cc(x1, df=3)) + standardize(x2)"),
    "binomial": lambda sm: sm.GLM(_frame().b, X[:, :2], family=sm.families.Binomial()).fit(),
    "logit": lambda sm: sm.formula.logit("b ~ x0 + C(g, Sum)", _frame()).fit(disp=0, maxiter=3),
    "counts": lambda sm: sm.NegativeBinomial(np.arange(ROWS) % 4, X[:, :2]).fit(disp=0, maxiter=3),
    "additive": _gam,
    "hazards": lambda sm: sm.PHReg(np.arange(1.0, ROWS + 1), X[:, :2]).fit(),
    "groups": lambda sm: sm.GEE(
        _frame().y, X[:, :2], groups=np.arange(ROWS) % 5, cov_struct=sm.cov_struct.Exchangeable()
    ).fit(),
}

_SERIES_MAKERS: dict[str, Callable[[Any], Any]] = {
    "arima": lambda sm: sm.tsa.ARIMA(_series(), order=(1, 1, 1)).fit(method_kwargs={"maxiter": 3}),
    "sarimax": lambda sm: sm.tsa.SARIMAX(
        _series(), exog=np.arange(60.0), order=(1, 0, 0), seasonal_order=(1, 0, 0, 4)
    ).fit(disp=0, maxiter=3),
    "components": lambda sm: sm.tsa.UnobservedComponents(
        _series(), "local linear trend", seasonal=4
    ).fit(disp=0, maxiter=3),
    "recursive": lambda sm: sm.RecursiveLS(REAL, X[:, :2]).fit(),
    "factors": lambda sm: sm.tsa.DynamicFactor(_matrix(), k_factors=1, factor_order=1).fit(
        disp=0, maxiter=3
    ),
    "vector": lambda sm: sm.tsa.VAR(_matrix()).fit(2),
    "lags": lambda sm: sm.tsa.AutoReg(_series(), 2, trend="ct", seasonal=True).fit(),
    "winters": lambda sm: sm.tsa.ExponentialSmoothing(
        _series(), trend="add", seasonal="mul", seasonal_periods=4
    ).fit(),
    "smoothing": lambda sm: sm.tsa.ETSModel(
        _series(), error="add", trend="add", seasonal="mul", seasonal_periods=4
    ).fit(disp=0, maxiter=3),
    "regimes": lambda sm: sm.tsa.MarkovAutoregression(_matrix().a, k_regimes=2, order=1).fit(
        maxiter=2, em_iter=0
    ),
}


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """All predictions, what is computed from the data again, and the filters behind them."""
    found = answers(model)
    if found is None:
        return
    rows = _rows(model, inputs[0])
    for name, ask in found.items():
        yield name, partial(ask, rows)
    for name in ("predict", "summary", "conf_int", "get_prediction", "get_influence"):
        if hasattr(model, name):
            yield name, getattr(model, name)
    yield "simulate", lambda: model.simulate(5)
    yield "likelihood", lambda: model.model.loglike(np.asarray(model.params))
    yield "smooth", lambda: model.model.smooth(np.asarray(model.params))
    yield "again with more", lambda: model.append(np.ones(2)).forecast(2)
    yield "impulses", lambda: model.impulse_responses(4)


def _rows(model: Any, data: Any) -> Any:
    names = getattr(getattr(model.model, "data", None), "frame", None)
    if names is not None:
        return _frame().head(5)
    width = getattr(getattr(model.model, "exog", None), "shape", (0, 0))[-1]
    return np.asarray(data)[:5, : max(int(width), 1)] if np.ndim(data) == 2 else data
