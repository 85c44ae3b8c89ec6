"""CatBoost: what its estimators pickle, parameters and the native bytes of the model in one dict.

The native bytes are read by the functions that serve saving a live model, so they become the same
columns; the library is never asked.
"""

from __future__ import annotations

from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import Odd, Taken, TypeRule
from holotype.types.catboost.estimators import CLASSES, state_of

__all__ = ["TYPES"]

_BYTES = (bytes, bytearray, memoryview)


def _estimator(taken: Taken) -> Reduced:
    state = taken.instance()
    if not all(type(name) is str for name in state):
        raise Odd("its parameters have no names")
    if "__model" in state and not isinstance(state["__model"], _BYTES):
        raise Odd("its model is not bytes")
    return Reduced(state=state_of(state, {}))


TYPES: dict[str, TypeRule] = {f"catboost.{name}": _estimator for name in CLASSES}
