"""Small fitted results, and a way to break one thing in what is stored of them."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from functools import cache
from typing import Any

import numpy as np
import pandas as pd
import pytest
import statsmodels.api as sm
from statsmodels.tsa import api as tsa
from tests.unit.types.sklearn.specimen import Specimen

from holotype.errors import InvalidStateError

__all__ = ["LINE", "MAKERS", "SERIES", "fitted", "object_of", "refused"]

SERIES = pd.Series(
    np.sin(np.arange(40) * 0.7) + np.arange(40) % 3 + 9.0,
    pd.date_range("2001-01-31", periods=40, freq="ME"),
)
LINE = np.column_stack([np.ones(20), np.linspace(-1, 1, 20)])
MAKERS: dict[str, Callable[[], Any]] = {
    "ols": lambda: sm.OLS(LINE[:, 1] * 2 + 1, LINE).fit(),
    "glm": lambda: sm.GLM(np.arange(20) % 3, LINE, family=sm.families.Poisson()).fit(),
    "negbin": lambda: sm.NegativeBinomial(np.arange(20) % 4, LINE).fit(disp=0, maxiter=2),
    "zip": lambda: sm.ZeroInflatedPoisson(np.arange(20) % 4, LINE).fit(disp=0, maxiter=2),
    "arima": lambda: tsa.ARIMA(SERIES, order=(1, 0, 1)).fit(),
    "uc": lambda: tsa.UnobservedComponents(SERIES, "rwalk", autoregressive=2).fit(
        disp=0, maxiter=2
    ),
    "autoreg": lambda: tsa.AutoReg(SERIES, 2, trend="ct", seasonal=True, period=4).fit(),
    "winters": lambda: tsa.ExponentialSmoothing(SERIES, seasonal="add", seasonal_periods=4).fit(),
    "ets": lambda: tsa.ETSModel(SERIES, seasonal="add", seasonal_periods=4).fit(disp=0, maxiter=2),
    "var": lambda: tsa.VAR(np.random.RandomState(0).normal(size=(40, 2))).fit(1),
    "markov": lambda: tsa.MarkovRegression(SERIES, k_regimes=2).fit(maxiter=2, em_iter=1),
    "gam": lambda: sm.GLMGam(
        SERIES.to_numpy(), smoother=sm.gam.BSplines(np.arange(40.0), df=[5], degree=[3])
    ).fit(),
}


@cache
def fitted(name: str) -> Any:
    """One of them, fitted once."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # of learning too little from toy data
        return MAKERS[name]()


def object_of(specimen: Specimen, key: str, number: int = 0) -> dict[str, Any]:
    """The attributes, as nodes by name, of an object of this key."""
    found: list[dict[str, Any]] = []
    waiting = [specimen.blueprint["root"], *specimen.blueprint["shared"]]
    while waiting:
        node = waiting.pop()
        if isinstance(node, dict):
            if node.get("call") == key or node.get("object") == key:
                found.append(node)
            waiting.extend(node.values())
        elif isinstance(node, list):
            waiting.extend(node)
    return found[number]


def refused(name: str, key: str, attribute: str, value: Any, *, number: int = 0) -> str:
    """What the validators say of a result in which one attribute of an object is another one.

    ``value`` is a node, an array, or a function of the array that stands there.
    """
    specimen = Specimen(fitted(name))
    node = object_of(specimen, f"statsmodels.{key}", number)
    state = node["state"]
    members = state.get("dict")
    if isinstance(members, dict):
        members = _written_out(specimen, state)
    known = dict(map(tuple, members)) if members is not None else state
    if callable(value):
        value = value(_array(specimen, known[attribute]))
    if isinstance(value, np.ndarray):
        value = _put(specimen, value)
    if members is None:
        state[attribute] = value
    else:
        members[:] = [each for each in members if each[0] != attribute] + [[attribute, value]]
    with pytest.raises(InvalidStateError) as caught:
        specimen.audit()
    return str(caught.value)


def _written_out(specimen: Specimen, state: dict[str, Any]) -> list[Any]:
    """A dict that was stored as columns becomes one of pairs."""
    columns = state["dict"]
    keys = specimen.arrays[columns["keys"]["data"]["array"]].decode().split("\n")
    pairs = [list(pair) for pair in zip(keys, columns["values"], strict=True)]
    state["dict"] = pairs
    return pairs


def _array(specimen: Specimen, node: Any) -> Any:
    while "ref" in node:
        node = specimen.blueprint["shared"][node["ref"]]
    specimen.blueprint["root"], kept = node, specimen.blueprint["root"]
    try:
        return specimen.read()
    finally:
        specimen.blueprint["root"] = kept


def _put(specimen: Specimen, array: Any) -> dict[str, Any]:
    node: dict[str, Any] = {}
    specimen.blueprint["root"], kept = node, specimen.blueprint["root"]
    specimen.write(array)
    specimen.blueprint["root"] = kept
    return node
