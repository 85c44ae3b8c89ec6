"""SciPy: sparse arrays, distributions, density estimates, interpolators and KD-trees.

Their state in a pickle is their attributes; what the table keeps of these is said by the same
functions that take live objects apart.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.graph.specimen import Named
from holotype.graph.table import Reduced
from holotype.legacy.rules.names import entry_named
from holotype.legacy.rules.taken import (
    Foreign,
    FunctionRule,
    Likeness,
    Odd,
    StandIn,
    Taken,
    TypeRule,
)
from holotype.types.scipy import interpolate
from holotype.types.scipy.sparse import _PARTS
from holotype.types.scipy.sparse import _reduce as _reduce_sparse
from holotype.types.scipy.spatial import _STRUCT
from holotype.types.scipy.spatial import _reduce as _reduce_tree
from holotype.types.scipy.stats import _CONTINUOUS, _DISCRETE

__all__ = ["FUNCTIONS", "TYPES"]


# -- sparse arrays -------------------------------------------------------------------------------


class _Sparse(Likeness):
    format = ""

    @property
    def shape(self) -> Any:
        return self.__dict__["_shape"]

    def __getattr__(self, name: str) -> Any:
        raise Odd(f"a sparse array has no {name}")


_LIKENESSES = {kind: type(kind, (_Sparse,), {"format": kind}) for kind in _PARTS}


def _sparse(kind: str) -> TypeRule:
    likeness = _LIKENESSES[kind]

    def rule(taken: Taken) -> Reduced:
        if not taken.new or taken.args or taken.items:
            raise Odd("it is not made as pickle makes it")
        attributes = dict(taken.attributes())
        if kind == "dok" and "_dict" not in attributes:  # before SciPy 1.13 it was a dict itself
            attributes["_dict"] = dict(taken.pairs)
        elif taken.pairs and kind != "dok":  # of which protocols 0 and 1 keep both
            raise Odd("it is given entries that it does not take")
        if type(attributes.get("_shape")) is not tuple:
            raise Odd("its shape is not a tuple of sizes")
        return _reduce_sparse(likeness(attributes))

    return rule


# -- distributions -------------------------------------------------------------------------------

# Where the support of one of SciPy's distributions ends, if it is not all that is positive.
_SUPPORTS: dict[tuple[float, float], str] = {
    (-math.inf, math.inf): (
        "cauchy crystalball dgamma dpareto_lognorm dweibull exponnorm genextreme genhyperbolic "
        "genlogistic gennorm gumbel_l gumbel_r hypsecant irwinhall jf_skew_t johnsonsu kappa4 "
        "landau laplace laplace_asymmetric loggamma logistic loguniform moyal nct norm "
        "norminvgauss pearson3 powernorm reciprocal skewcauchy skewnorm t truncnorm "
        "truncweibull_min tukeylambda vonmises dlaplace skellam"
    ),
    (0.0, 1.0): (
        "arcsine argus beta bradford gausshyper johnsonsb ksone kstwo powerlaw trapezoid triang "
        "uniform bernoulli"
    ),
    (1.0, math.inf): "pareto truncpareto geom logser yulesimon zipf zipfian",
    (-1.0, 1.0): "rdist semicircular",
    (-math.inf, 0.0): "levy_l weibull_max",
    (-math.pi, math.pi): "cosine vonmises_line",
    (-math.pi / 4, math.pi / 4): "anglit",
    (0.0, 2 * math.pi): "wrapcauchy",
}
_SUPPORT_OF = {name: ends for ends, names in _SUPPORTS.items() for name in names.split()}
_CLASSES = {"loguniform": "reciprocal_gen", "vonmises_line": "vonmises_gen"}


def _distribution(taken: Taken) -> StandIn:
    """One of SciPy's own distributions, known by name, if it is as SciPy makes it."""
    state = taken.instance()
    name, support = state.get("name"), (state.get("a"), state.get("b"))
    entry = entry_named(f"scipy.stats:{name}") if type(name) is str else None
    cls = taken.name.rpartition(":")[2]
    if (
        type(name) is not str
        or entry is None
        or cls != _CLASSES.get(name, f"{name}_gen")
        or support != _SUPPORT_OF.get(name, (0.0, math.inf))
    ):
        raise Odd(f"{name!r:.60} is not one of SciPy's distributions as SciPy makes them")
    return StandIn(Named(entry), taken)


def _frozen(taken: Taken) -> Reduced:
    state = taken.instance()
    args, keywords, dist = state.get("args"), state.get("kwds"), state.get("dist")
    source = taken.source(dist)
    if source is None:
        raise Odd("its distribution is not one of SciPy's")
    return Reduced((dist, args, keywords, source.attributes().get("_random_state")))


def _kde(taken: Taken) -> Reduced:
    state = dict(taken.instance())
    factor = state.pop("covariance_factor", None)
    state.pop("_bw_method", None)
    method = None
    if factor is not None:
        known = factor.taken.args if type(factor) is Foreign and factor.taken is not None else ()
        method = {"scotts_factor": "scott", "silverman_factor": "silverman"}.get(
            known[1] if len(known) == 2 and type(known[1]) is str else ""
        )
        if method is None:
            raise Odd("the bandwidth is computed by a function of its own")
    return Reduced((method,), state)


# -- interpolators -------------------------------------------------------------------------------


def _either(state: dict[str, Any], *names: str) -> Any:
    """The attribute that newer versions of SciPy gave another name."""
    for name in names:
        if name in state:
            return state[name]
    raise Odd(f"it has no {names[0]}")


def _piecewise(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced(
        (
            _either(state, "_c", "c"),
            _either(state, "_x", "x"),
            _either(state, "extrapolate"),
            _either(state, "axis"),
        )
    )


def _bspline(taken: Taken) -> Reduced:
    state = taken.instance()
    return Reduced(
        (
            _either(state, "_t", "t"),
            _either(state, "_c", "c"),
            _either(state, "k"),
            _either(state, "extrapolate"),
            _either(state, "axis"),
        )
    )


def _nd_spline(taken: Taken) -> Reduced:
    state = taken.instance()
    knots, degrees = _either(state, "_t", "t"), _either(state, "_k", "k")
    if "_len_t" in state:  # since SciPy 1.15 one table, whose rows are filled up
        knots = tuple(knots[i, : int(size)] for i, size in enumerate(state["_len_t"]))
    return Reduced(
        (
            tuple(knots),
            _either(state, "_c", "c"),
            tuple(int(degree) for degree in degrees),
            _either(state, "extrapolate"),
        )
    )


class _Grid(Likeness):
    @property
    def grid(self) -> Any:
        return _either(self.__dict__, "_grid", "grid")

    @property
    def values(self) -> Any:
        return _either(self.__dict__, "_values", "values")


def _grid(taken: Taken) -> Reduced:
    # Names of newer versions, so that none of the attributes hides one of the properties.
    state = {f"_{k}" if k in ("grid", "values") else k: v for k, v in taken.instance().items()}
    return interpolate._reduce_grid(_Grid(state))


def _interp(taken: Taken) -> Reduced:
    state = dict(taken.instance())
    call = state.pop("_call", None)
    name = call.name.rpartition(".")[2] if type(call) is Foreign else ""
    if name not in interpolate._CALLS:
        raise Odd("it interpolates by a function of its own")
    slots = {slot: state.pop(slot) for slot in interpolate._SLOTS}
    return Reduced((name,), {**state, **slots})


# -- the others ----------------------------------------------------------------------------------


class _Tree(Likeness):
    """Looks like a KD-tree to the function that takes one apart."""

    __slots__ = ("parts",)

    def __init__(self, parts: tuple[Any, ...]) -> None:
        super().__init__({})
        self.parts = parts

    @property
    def size(self) -> int:
        return int(self.parts[0].nbytes) // _STRUCT.itemsize

    def __getstate__(self) -> Any:
        return self.parts


def _tree(taken: Taken) -> Reduced:
    taken.arguments(0)
    state = taken.state()
    if type(state) is not tuple or len(state) != 10 or not isinstance(state[0], np.ndarray):
        raise Odd("the state of a KD-tree is not known")
    return _reduce_tree(_Tree(state))


def _result(taken: Taken) -> Reduced:
    if taken.args or taken.items or taken.state():
        raise Odd("it is more than a dict")
    return Reduced(pairs=list(dict(taken.pairs).items()))


_GENERATORS = [
    f"scipy.stats._{module}_distns:{_CLASSES.get(name, f'{name}_gen')}"
    for module, names in (("continuous", _CONTINUOUS), ("discrete", _DISCRETE))
    for name in names.split()
]

FUNCTIONS: dict[str, FunctionRule] = dict.fromkeys(_GENERATORS, _distribution)

TYPES: dict[str, TypeRule] = {
    **{
        f"scipy.sparse.{kind}_{flavour}": _sparse(kind)
        for kind in _PARTS
        for flavour in ("array", "matrix")
    },
    **{
        f"scipy.interpolate.{name}": _piecewise
        for names in interpolate._PIECEWISE.values()
        for name in names.split()
    },
    "scipy.interpolate.BSpline": _bspline,
    "scipy.interpolate.NdBSpline": _nd_spline,
    "scipy.interpolate.RegularGridInterpolator": _grid,
    "scipy.interpolate.interp1d": _interp,
    "scipy.optimize.OptimizeResult": _result,
    "scipy.spatial.KDTree": _tree,
    "scipy.spatial.cKDTree": _tree,
    "scipy.stats.gaussian_kde": _kde,
    "scipy.stats.rv_continuous_frozen": _frozen,
    "scipy.stats.rv_discrete_frozen": _frozen,
}
