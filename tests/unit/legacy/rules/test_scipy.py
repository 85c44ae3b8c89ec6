"""SciPy's sparse arrays, distributions, interpolators and trees, from pickles."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import SEEDLESS, assert_converted, fingerprint, model

import holotype
from holotype.errors import HolotypeError, UnsupportedError
from holotype.legacy.rebuild import model_of
from holotype.legacy.symbols import Call, Dict, Global

pytest.importorskip("scipy", reason="these tests need SciPy")

import scipy.interpolate
import scipy.optimize
import scipy.sparse
import scipy.spatial
import scipy.special
import scipy.stats

POINTS = np.random.RandomState(0).rand(40, 3)
KNOTS = np.array([0.0, 0, 0, 0, 1, 1, 1, 1])
GRID = (np.arange(5.0), np.arange(6.0))

OBJECTS: dict[str, Any] = {
    "cubic": scipy.interpolate.CubicSpline([1, 2, 3, 4], [1, 2, 1, 2]),
    "pchip": scipy.interpolate.PchipInterpolator([1, 2, 3, 4], [1, 2, 1, 2]),
    "akima": scipy.interpolate.Akima1DInterpolator(np.arange(6.0), np.arange(6.0) ** 2),
    "pieces": scipy.interpolate.PPoly(np.ones((2, 3)), np.arange(4.0)),
    "bernstein": scipy.interpolate.BPoly(np.ones((2, 3)), np.arange(4.0)),
    "spline": scipy.interpolate.BSpline(KNOTS, [1.0, 2, 3, 4], 3),
    **{
        f"interp1d {kind}": scipy.interpolate.interp1d(POINTS[:, 0], POINTS[:, 1], kind=kind)
        for kind in ("linear", "nearest", "cubic", "previous")
    },
    **{
        f"grid {method}": scipy.interpolate.RegularGridInterpolator(
            GRID, np.arange(30.0).reshape(5, 6), method=method
        )
        for method in ("linear", "cubic", "nearest")
    },
    "kd tree": scipy.spatial.cKDTree(POINTS, leafsize=3),
    "python kd tree": scipy.spatial.KDTree(POINTS),
    "periodic": scipy.spatial.cKDTree(POINTS, boxsize=2),
    "density": scipy.stats.gaussian_kde(POINTS.T),
    "silverman": scipy.stats.gaussian_kde(POINTS.T, bw_method="silverman"),
    "result": scipy.optimize.OptimizeResult(x=1, fun=np.zeros(2)),
    "functions": [scipy.special.expit, scipy.special.softmax, scipy.spatial.distance.cdist],
}


@pytest.mark.parametrize("name", OBJECTS)
def test_an_object_is_converted_as_if_it_were_dumped(name: str) -> None:
    assert_converted(OBJECTS[name], (2, 4, 5))


def test_a_spline_of_several_dimensions_is_converted() -> None:
    if not hasattr(scipy.interpolate, "NdBSpline"):
        pytest.skip("new in SciPy 1.12")
    knots = (KNOTS, np.array([0.0, 0, 1, 1]))
    assert_converted(scipy.interpolate.NdBSpline(knots, np.ones((4, 2)), (3, 1)), (2, 5))


@pytest.mark.parametrize("kind", ["csr", "csc", "bsr", "coo", "dia", "lil", "dok"])
@pytest.mark.parametrize("flavour", ["array", "matrix"])
def test_sparse_arrays_are_converted(kind: str, flavour: str) -> None:
    array = getattr(scipy.sparse, f"{kind}_{flavour}")(np.diag([1.0, 0, 2]))
    assert_converted(array)
    assert_converted(array)


FROZEN: dict[str, Any] = {
    "norm": scipy.stats.norm(0, 2),
    "uniform": scipy.stats.uniform(0, 1),
    "loguniform": scipy.stats.loguniform(1e-3, 1),
    "gamma": scipy.stats.gamma(a=2),
    "beta": scipy.stats.beta(1, 2),
    "von Mises": scipy.stats.vonmises_line(1),
    "poisson": scipy.stats.poisson(2),
    "randint": scipy.stats.randint(1, 5),
}


@pytest.mark.skipif(SEEDLESS, reason="NumPy does not pickle the seed of the random state")
@pytest.mark.parametrize("name", FROZEN)
def test_frozen_distributions_are_converted(name: str) -> None:
    # Their pickles state the process's own random state as it was, as if it were theirs.
    assert_converted(FROZEN[name], (2, 4), reloaded=True)


def test_a_distribution_by_itself_is_known_by_name() -> None:
    data = pickle.dumps([scipy.stats.norm])
    assert fingerprint(data) == holotype.fingerprint([scipy.stats.norm])


@pytest.mark.parametrize(
    "change",
    [
        {"name": "cauchy"},
        {"name": "os.system"},
        {"name": 5},
        {"a": 0.0},
        {"b": 1.0},
    ],
)
def test_a_distribution_that_is_not_as_scipy_makes_it_is_refused(change: dict[str, Any]) -> None:
    state = {"name": "norm", "a": -np.inf, "b": np.inf} | change
    call = Call(
        Global("scipy.stats._continuous_distns", "norm_gen"),
        (),
        None,
        "newobj",
        states=[Dict(list(state.items()))],
    )
    with pytest.raises(UnsupportedError, match="as SciPy makes them"):
        model_of([call])


def test_a_density_with_a_bandwidth_of_its_own_is_refused() -> None:
    density = scipy.stats.gaussian_kde(POINTS.T)
    density.covariance_factor = np.mean
    with pytest.raises(UnsupportedError, match="bandwidth"):
        model(pickle.dumps(density))


def test_a_sparse_array_that_points_outside_of_itself_is_refused() -> None:
    array = scipy.sparse.csr_array(np.eye(3))
    array.indices[1] = 7
    with pytest.raises(UnsupportedError, match="points outside of the shape"):
        model(pickle.dumps(array))


def test_a_kd_tree_whose_nodes_lie_is_refused() -> None:
    data = pickle.dumps(OBJECTS["kd tree"], 4)
    nodes = bytes(OBJECTS["kd tree"].__getstate__()[0])
    assert nodes in data
    with pytest.raises(HolotypeError, match="not sound"):
        model(data.replace(nodes, b"\x07" * len(nodes)))
