"""category_encoders: an encoder with a name from ``hashlib``, a wrapper with a name of its own."""

from __future__ import annotations

from holotype.graph.specimen import Specimen
from holotype.graph.table import Reduced
from holotype.legacy.rules.taken import FunctionRule, Likeness, Odd, Taken, TypeRule
from holotype.types.category_encoders import NAME, reduce_hashing

__all__ = ["FUNCTIONS", "TYPES"]


def _hashing(taken: Taken) -> Reduced:
    return reduce_hashing(Likeness(taken.instance()))


def _nested(taken: Taken) -> Reduced:
    """Its attributes, but for the name of the encoder's class."""
    state = dict(taken.instance())
    encoder = state.get("feature_encoder")
    name = state.pop(NAME, None)
    if not isinstance(encoder, Specimen) or encoder.entry.key.rpartition(".")[2] != name:
        raise Odd("it does not have the name of its encoder's class")
    return Reduced(state=state)


FUNCTIONS: dict[str, FunctionRule] = {}

TYPES: dict[str, TypeRule] = {
    "category_encoders.HashingEncoder": _hashing,
    "category_encoders.wrapper.NestedCVWrapper": _nested,
}
