"""``xgboost.Booster``: taken apart from what it pickles, and made from checked parts.

Rule: XGBoost's loader is only given bytes that were written here from values that were checked, and
what a validator would refuse to load is refused when it is saved.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes
from holotype.types.xgboost.checks_model import sound
from holotype.types.xgboost.checks_trees import Unsound
from holotype.types.xgboost.export import Parts, Version, parse, snapshot
from holotype.types.xgboost.ubjson import Malformed

__all__ = ["BOOSTER", "reduce_bytes"]

_ATTRIBUTES = Attributes("handle")


def reduce_bytes(data: bytes) -> Reduced:
    """The parts of a pickled booster; UnsupportedError where they could not be given back."""
    try:
        parts = parse(data)
        sound(parts)
    except (Malformed, Unsound) as error:
        raise UnsupportedError("", f"this Booster could not be restored: {error}.") from None
    return Reduced(tuple(parts))


def _reduce(obj: Any) -> Reduced:
    _ATTRIBUTES.of(obj)
    try:
        exported = obj.__getstate__()["handle"]
    except ValueError as error:  # XGBoostError, whose text has a stack after its first line
        said = re.sub(r"\s+", " ", str(error).partition("Stack trace")[0]).strip()
        raise UnsupportedError(
            "", f"XGBoost cannot export this Booster: {said}", "Train it first, or leave it out."
        ) from None
    if exported is None:
        raise UnsupportedError("", "this Booster is closed.", "Leave it out.")
    return reduce_bytes(bytes(exported))


def _check(shadow: Shadow) -> None:
    try:
        sound(Parts(*shadow.args(3)))
    except Unsound as error:
        raise shadow.fail(str(error)) from None


def _build(cls: Any, args: Sequence[Any]) -> Any:
    model, trees, training = args
    data, is_pickle = snapshot(Parts(model, trees, training), _installed())
    if is_pickle:
        made = cls.__new__(cls)
        made.__setstate__({"handle": data})
    else:
        made = cls()
        made.load_model(data)
        made.set_param("multi_strategy", training["learner_train_param"]["multi_strategy"])
    made.num_features()  # which has it configure itself: now, not at the first prediction
    return made


def _installed() -> Version:
    import xgboost

    found = re.match(r"(\d+)\.(\d+)\.(\d+)", xgboost.__version__)
    major, minor, patch = found.groups() if found else ("0", "0", "0")
    return int(major), int(minor), int(patch)


BOOSTER = Entry(
    key="xgboost.Booster",
    where=("xgboost.core:Booster",),
    kind="call",
    reduce=_reduce,
    build=_build,
    check=_check,
)
