"""How a model of Keras is asked: the golden predictions of a probe.

Rule: the model is as it was afterwards; on some backends, asking moves its random generators on.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

from holotype.types.keras.build import array_of, fill, is_seed

__all__ = ["answers"]


def answers(model: Any) -> Mapping[str, Callable[[Any], Any]] | None:
    """``predict`` of a model of Keras; None where it is none."""
    keras = sys.modules.get("keras")  # what was not imported cannot have made the model
    if keras is None or not isinstance(model, keras.Model):
        return None
    return {"predict": lambda X: _predict(model, X)}


def _predict(model: Any, X: Any) -> Any:
    seeds = [variable for variable in model.variables if is_seed(variable)]
    before = [array_of(variable) for variable in seeds]
    try:
        return model.predict(_given(X), verbose=0)
    finally:
        for variable, stored in zip(seeds, before, strict=True):
            fill(variable, *stored)


def _given(X: Any) -> Any:
    return X.to_numpy() if hasattr(X, "to_numpy") else X
