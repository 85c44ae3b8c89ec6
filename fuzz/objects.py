"""What models are made of: trees of points, interpolators, random states, frames."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

import numpy as np
import scipy.interpolate
import scipy.spatial
import scipy.stats
from sklearn import (
    ensemble,
    metrics,
    neighbors,
)
from sklearn.gaussian_process import kernels

from fuzz.data import PLACES, POSITIVE, REAL, SPARSE, X, Y

__all__ = ["others"]


def others() -> dict[str, Callable[[], Any]]:
    """What is no estimator."""
    line = np.linspace(0.0, 1.0, 12)
    curve = np.sin(line)
    made: dict[str, Callable[[], Any]] = {
        "kd tree": lambda: neighbors.KDTree(X, leaf_size=5),
        "ball tree": lambda: neighbors.BallTree(
            PLACES, leaf_size=5, metric="haversine", sample_weight=None
        ),
        "ball tree 32": lambda: neighbors.BallTree(
            X, leaf_size=5, metric="seuclidean", V=np.ones(4)
        ),
        "metric": lambda: metrics.DistanceMetric.get_metric("minkowski", p=3, w=np.ones(4)),
        "scipy kd tree": lambda: scipy.spatial.cKDTree(X, leafsize=4, boxsize=None),
        "scipy kd tree in a box": lambda: scipy.spatial.KDTree(POSITIVE % 1, leafsize=4, boxsize=1),
        "quad tree": _quad_tree,
        "cubic": lambda: scipy.interpolate.CubicSpline(line, curve),
        "pchip": lambda: scipy.interpolate.PchipInterpolator(line, curve),
        "bernstein": lambda: scipy.interpolate.BPoly.from_derivatives(line, curve[:, None]),
        "bspline": lambda: scipy.interpolate.make_interp_spline(line, np.column_stack([curve] * 2)),
        "interp1d": lambda: scipy.interpolate.interp1d(line, curve, kind="nearest"),
        "interp1d linear": lambda: scipy.interpolate.interp1d(
            line, curve, fill_value="extrapolate"
        ),
        "interp1d cubic": lambda: scipy.interpolate.interp1d(line, curve, kind="cubic"),
        "interp1d previous": lambda: scipy.interpolate.interp1d(line, curve, kind="previous"),
        "grid": lambda: scipy.interpolate.RegularGridInterpolator(
            (line, line), np.outer(curve, curve)
        ),
        "grid cubic": lambda: scipy.interpolate.RegularGridInterpolator(
            (line, line), np.outer(curve, curve), method="cubic"
        ),
        "nd spline": lambda: scipy.interpolate.NdBSpline(
            (np.r_[0, 0, 0, 0:1:4j, 1, 1, 1],) * 2, np.ones((6, 6)), k=3
        ),
        "kde": lambda: scipy.stats.gaussian_kde(X[:, :2].T),
        "frozen": lambda: scipy.stats.norm(1.0, 2.0),
        "frozen discrete": lambda: scipy.stats.poisson(2.5),
        "random state": lambda: np.random.RandomState(1),
        "generators": lambda: [
            np.random.Generator(bits(1))
            for bits in (
                np.random.MT19937,
                np.random.PCG64,
                np.random.Philox,
                np.random.SFC64,
                np.random.PCG64DXSM,
            )
        ],
        "masked": lambda: np.ma.masked_array(X, X > 1),
        "arrays": lambda: {
            "records": np.zeros(3, [("a", "<i4"), ("b", "<f8", (2,))]),
            "text": np.array(["a", "bcd"]),
            "times": np.array(["2020-01-01", "NaT"], "M8[D]"),
            "objects": np.array([1, "a", None, X], object),
            "long": [*range(40), *range(300, 340)],
            "texts": [f"t{i}" for i in range(50)],
            "keyed": {f"k{i}": float(i) for i in range(40)},
            "matrix": np.matrix(X),
            "few": {1, 2, 3},
        },
        "losses": lambda: [
            ensemble.HistGradientBoostingClassifier(max_iter=1).fit(X, Y)._loss,
            ensemble.HistGradientBoostingRegressor(loss="quantile", quantile=0.3, max_iter=1)
            .fit(X, REAL)
            ._loss,
        ],
        "scorer": lambda: metrics.make_scorer(metrics.fbeta_score, beta=2, average="macro"),
        "kernel": lambda: kernels.Product(kernels.RationalQuadratic(), kernels.DotProduct()),
        "poly": lambda: np.polynomial.Chebyshev([1.0, 2.0, 3.0]),
    }
    for form in ("csr", "csc", "coo", "bsr", "dia", "lil", "dok"):
        made[f"sparse {form}"] = partial(SPARSE.asformat, form)
    made |= _pandas()
    return made


def _quad_tree() -> Any:
    from sklearn.neighbors._quad_tree import _QuadTree

    made = _QuadTree(2, 0)
    made.build_tree(X[:, :2].astype(np.float32))
    return made


def _pandas() -> dict[str, Callable[[], Any]]:
    import pandas as pd

    days = pd.date_range("2024-01-01", periods=4, tz="Europe/Paris")
    frame = pd.DataFrame(
        {
            "number": [1.0, 2.0, np.nan, 4.0],
            "count": pd.array([1, None, 3, 4], "Int64"),
            "kind": pd.Categorical(["a", "b", None, "a"], ordered=True),
            "text": ["x", "y", None, "z"],
            "flag": [True, False, True, True],
            "other": [1.5, 2.5, 3.5, 4.5],
        },
        index=days,
    )
    return {
        "frame": lambda: frame,
        "frame levels": lambda: pd.DataFrame(
            X[:4], index=pd.MultiIndex.from_product([["a", "b"], [1, 2]]), columns=list("abcd")
        ),
        "series sparse": lambda: pd.Series(pd.arrays.SparseArray([0.0, 0.0, 1.0, 2.0])),
        "series intervals": lambda: pd.Series(pd.interval_range(0, 4)),
        "series periods": lambda: pd.Series(pd.period_range("2020-01", periods=4, freq="M")),
        "index range": lambda: pd.RangeIndex(3, 30, 4),
    }
