"""CatBoost: its estimators, with models as columns (see ``columns``).

Nothing here imports the library but what builds or takes apart a live object.
"""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.catboost.estimators import estimator_entries

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of this library."""
    return estimator_entries()
