"""Honest models of other frameworks, as far as these are installed, and what each is asked.

JAX runs threads that a fork does not survive well, and Keras may run on it: their models are tried
only where ``--only jax`` or ``--only keras`` asks for them.
"""

from __future__ import annotations

import importlib
import importlib.util
from collections.abc import Callable, Iterator
from typing import Any

__all__ = ["ON_DEMAND", "others", "questions"]

ON_DEMAND = ("jax", "keras")
"""How the names of models begin that are left out unless they are asked for."""

# By the module here that makes and asks them: what must be installed for it.
_NEEDS = {
    "xgboost": ("xgboost",),
    "lightgbm": ("lightgbm",),
    "catboost": ("catboost",),
    "statsmodels": ("statsmodels",),
    "torch": ("torch",),
    "scikit_like": ("imblearn", "category_encoders", "skrub"),
    "jax": ("jax", "flax", "optax"),
    "keras": ("keras",),
}


def others() -> dict[str, Callable[[], Any]]:
    """How to make each model, by name; nothing is imported before one is made."""
    made: dict[str, Callable[[], Any]] = {}
    for name in _installed():
        made |= {_named(name, each): make for each, make in _module(name).others().items()}
    return made


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """What a model of one of them is asked beside what every model is."""
    root = type(model).__module__.partition(".")[0]
    for name, needs in _NEEDS.items():
        if root in needs or (name == "jax" and root == "jaxlib"):
            yield from _module(name).questions(model, inputs)


def _installed() -> Iterator[str]:
    for name, needs in _NEEDS.items():
        if all(importlib.util.find_spec(need) for need in needs):
            yield name


def _module(name: str) -> Any:
    return importlib.import_module(f"fuzz.{name}")


def _named(name: str, model: str) -> str:
    return model if model.startswith(name) or name == "scikit_like" else f"{name} {model}"
