"""LightGBM: boosters as columns, and the scikit-learn estimators around them."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.lightgbm.booster import (
    build_booster,
    check_booster,
    reduce_booster,
    restate,
)
from holotype.types.lightgbm.estimators import check_estimator, reduce_estimator

__all__ = ["entries"]

_ESTIMATORS = ("LGBMModel", "LGBMClassifier", "LGBMRegressor", "LGBMRanker")


def entries() -> Iterable[Entry]:
    """The part of the table that LightGBM fills; importing nothing of it."""
    yield Entry(
        key="lightgbm.Booster",
        where=("lightgbm:Booster",),
        aliases=("lightgbm.basic:Booster",),
        kind="call",
        reduce=reduce_booster,
        build=build_booster,
        setstate=restate,
        check=check_booster,
    )
    for name in _ESTIMATORS:
        yield Entry(
            key=f"lightgbm.{name}",
            where=(f"lightgbm:{name}",),
            aliases=(f"lightgbm.sklearn:{name}",),
            kind="object",
            reduce=reduce_estimator,
            check=check_estimator,
        )
    yield Entry(
        key="lightgbm.CVBooster",
        where=("lightgbm:CVBooster",),
        aliases=("lightgbm.engine:CVBooster",),
        kind="object",
    )
