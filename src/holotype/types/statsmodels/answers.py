"""How a result of statsmodels is asked: every way in which it predicts, by name.

Results of regressions are asked for the rows that they are given. Results of time series are asked
for as many steps after their data as there are rows, which stand for regressors where they have
them. Rule: asking changes nothing that a file would keep.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from functools import partial
from typing import Any

__all__ = ["answers"]

Asked = Callable[[Any], Any]


def answers(model: Any) -> Mapping[str, Asked] | None:
    """The predictions of a result by name; None for what is not a result of statsmodels."""
    if not type(model).__module__.startswith("statsmodels.") or "statsmodels" not in sys.modules:
        return None
    fitted = getattr(model, "model", None)
    if fitted is None or not hasattr(model, "params"):
        return {} if hasattr(model, "predict") else None
    if hasattr(model, "forecast"):
        return _of_series(model, fitted)
    if not hasattr(model, "predict") or ".tsa." in type(fitted).__module__:
        return {}
    module = type(fitted).__module__
    if module.endswith("hazard_regression"):
        return {"predict": lambda rows: vars(model.predict(rows))}
    asked: dict[str, Asked] = {"predict": model.predict}
    if module.endswith(("generalized_linear_model", "discrete_model", "count_model")):
        asked["predict(which='linear')"] = partial(_predict_as, model, "linear")
    if module.endswith("count_model") or type(fitted).__name__ == "Poisson":
        asked["predict(which='prob')"] = partial(_predict_as, model, "prob")
    if module.endswith(("regression.linear_model", "generalized_linear_model")):
        asked["get_prediction"] = lambda rows: model.get_prediction(rows).summary_frame()
    return asked


def _predict_as(model: Any, which: str, rows: Any) -> Any:
    return model.predict(rows, which=which)


def _of_series(model: Any, fitted: Any) -> Mapping[str, Asked]:
    if type(fitted).__name__ in ("VAR", "VECM"):
        return {} if _regressors(fitted) is not None else {"forecast": partial(_vector, model)}
    asked: dict[str, Asked] = {"forecast": partial(_steps, model.forecast, fitted)}
    if hasattr(model, "get_forecast"):
        asked["get_forecast"] = lambda rows: _steps(
            model.get_forecast, fitted, rows
        ).summary_frame()
    return asked


def _vector(model: Any, rows: Any) -> Any:
    if not hasattr(model, "k_ar") or hasattr(model, "coint_rank"):
        return model.predict(steps=len(rows))
    return model.forecast(model.endog[len(model.endog) - model.k_ar :], steps=len(rows))


def _steps(forecast: Callable[..., Any], fitted: Any, rows: Any) -> Any:
    if _regressors(fitted) is None:
        return forecast(len(rows))
    return forecast(len(rows), exog=rows)


def _regressors(fitted: Any) -> Any:
    """What the user gave beside the series, None where nothing."""
    given = getattr(fitted, "_input_exog", getattr(fitted, "exog", None))
    return None if getattr(fitted, "k_exog", 1) == 0 else given
