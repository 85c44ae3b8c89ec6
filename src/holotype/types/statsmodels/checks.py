"""What holds for every object of statsmodels, whatever it is.

Rule: what statsmodels calls is its own. A function or class that stands in an attribute is one of
its own or a distribution of SciPy's; a word that it will look up as an attribute is a plain name.
"""

from __future__ import annotations

import re
from typing import Any

import numpy as np

from holotype.graph.shadow import ABSENT, Named, Shadow

__all__ = ["check_contents", "state_of"]

_MAX_DEPTH = 8
_NAMES = ("_data_attr", "_data_attr_model", "_data_in_cache", "_init_keys", "_null_drop_keys")
_DOTTED = re.compile(r"(?!__)[A-Za-z_]\w*(\.(?!__)[A-Za-z_]\w*)*", re.ASCII)
# Families of distributions, and classes that stand for a kind of number.
_CALLABLE = ("scipy.stats.", "statsmodels.", "builtins.complex", "builtins.float", "numpy.float64")


def state_of(shadow: Shadow) -> dict[str, Any]:
    """The attributes of an object, by name."""
    state = shadow.state()
    if state is ABSENT:
        return {}
    if not isinstance(state, dict) or not all(type(name) is str for name in state):
        raise shadow.fail("its state is not attributes by name")
    return state


def check_contents(shadow: Shadow) -> None:
    """Demand of all attributes what is said above."""
    state = state_of(shadow)
    for name, value in state.items():
        if name.startswith("__"):
            raise shadow.fail(f"{name!r:.60} is not the name of an attribute")
        _check_value(shadow, name, value, 0)
    for name in _NAMES:
        if state.get(name) is not None:
            _check_words(shadow, name, state[name])
    _check_covering(shadow, state)


def _check_value(shadow: Shadow, name: str, value: Any, depth: int) -> None:
    if isinstance(value, Named):
        if not value.key.startswith(_CALLABLE) and ":" not in value.key:
            raise shadow.fail(f"{name} is {value.key}, which is none of its own")
    elif isinstance(value, (list, tuple, dict)) and depth < _MAX_DEPTH:
        for each in value.values() if isinstance(value, dict) else value:
            if isinstance(each, (Named, list, tuple, dict)):
                _check_value(shadow, name, each, depth + 1)


def _check_words(shadow: Shadow, name: str, words: Any) -> None:
    if not isinstance(words, (list, tuple)):
        raise shadow.fail(f"{name} is not a list")
    for each in words:
        if type(each) is not str or not _DOTTED.fullmatch(each):
            raise shadow.fail(f"{name} has something other than the name of an attribute")


def _check_covering(shadow: Shadow, state: dict[str, Any]) -> None:
    covariance = state.get("normalized_cov_params")
    if covariance is not None and not isinstance(
        covariance, (np.ndarray, float, np.floating, Shadow)
    ):
        raise shadow.fail("normalized_cov_params is not an array")
    scale = state.get("scale", 1.0)
    if scale is not None and not isinstance(scale, (int, float, np.number, np.ndarray)):
        raise shadow.fail("scale is not a number")
    variance = state.get("variance")
    if shadow.key.startswith("statsmodels.genmod.families.family.") and not (
        isinstance(variance, Shadow)
        and variance.key.startswith("statsmodels.genmod.families.varfuncs.")
    ):
        raise shadow.fail("variance is not a function of statsmodels")
