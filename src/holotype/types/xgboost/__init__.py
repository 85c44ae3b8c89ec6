"""XGBoost 2.1 to 3.2: boosters, scikit-learn estimators and callbacks."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.xgboost.booster import BOOSTER
from holotype.types.xgboost.wrappers import wrapper_entries

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The part of the table that XGBoost fills; importing nothing of it."""
    yield BOOSTER
    yield from wrapper_entries()
