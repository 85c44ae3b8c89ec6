"""Distributions with their parameters, and kernel density estimates.

Rule: a distribution is one of SciPy's own, by name, made the way SciPy makes it. What else a
distribution object holds (the source text of its argument parser, which SciPy executes) is never
read from a file; a distribution of the user's own making is refused when it is saved.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes
from holotype.types.builtins import name_entries

__all__ = ["entries"]

_CONTINUOUS = (
    "alpha anglit arcsine argus beta betaprime bradford burr burr12 cauchy chi chi2 cosine "
    "crystalball dgamma dpareto_lognorm dweibull erlang expon exponnorm exponpow exponweib f "
    "fatiguelife fisk foldcauchy foldnorm gamma gausshyper genexpon genextreme gengamma "
    "genhalflogistic genhyperbolic geninvgauss genlogistic gennorm genpareto gibrat gompertz "
    "gumbel_l gumbel_r halfcauchy halfgennorm halflogistic halfnorm hypsecant invgamma invgauss "
    "invweibull irwinhall jf_skew_t johnsonsb johnsonsu kappa3 kappa4 ksone kstwo kstwobign "
    "landau laplace laplace_asymmetric levy levy_l loggamma logistic loglaplace "
    "lognorm loguniform lomax maxwell mielke moyal nakagami ncf nct ncx2 norm norminvgauss "
    "pareto pearson3 powerlaw powerlognorm powernorm rayleigh rdist recipinvgauss reciprocal "
    "rel_breitwigner rice semicircular skewcauchy skewnorm studentized_range t trapezoid triang "
    "truncexpon truncnorm truncpareto truncweibull_min tukeylambda uniform vonmises "
    "vonmises_line wald weibull_max weibull_min wrapcauchy"
)
_DISCRETE = (
    "bernoulli betabinom betanbinom binom boltzmann dlaplace geom hypergeom logser nbinom "
    "nchypergeom_fisher nchypergeom_wallenius nhypergeom planck poisson poisson_binom randint "
    "skellam yulesimon zipf zipfian"
)
_FUNCTIONS = (
    "boxcox circmean circstd circvar describe differential_entropy "
    "energy_distance entropy f_oneway gmean gzscore hmean iqr jarque_bera kendalltau kruskal "
    "ks_2samp kurtosis linregress mannwhitneyu median_abs_deviation mode moment normaltest "
    "pearsonr percentileofscore pmean pointbiserialr rankdata scoreatpercentile sem shapiro "
    "siegelslopes sigmaclip skew spearmanr theilslopes tmax tmean tmin trim1 trim_mean trimboth "
    "tsem tstd ttest_1samp ttest_ind ttest_rel tvar variation wasserstein_distance weightedtau "
    "wilcoxon yeojohnson zmap zscore"
)

_RANDOM = ("numpy.random.RandomState", "numpy.random.Generator")


# -- frozen distributions ----------------------------------------------------------------------

_FROZEN = Attributes("args kwds dist a b")


def _reduce_frozen(obj: Any) -> Reduced:
    _FROZEN.of(obj)
    # random_state, args and kwds of a distribution are all that varies.
    return Reduced((_standard(obj.dist), obj.args, obj.kwds, _own_random_state(obj.dist)))


def _standard(dist: Any) -> Any:
    """SciPy's own distribution, of which a frozen one holds a copy."""
    from holotype.types.table import type_table

    table = type_table()
    entry = table.entry(f"scipy.stats.{dist.name}")
    standard = None if entry is None else table.resolve(entry)
    if type(standard) is not type(dist) or _made_of(standard) != _made_of(dist):
        raise UnsupportedError(
            ".dist",
            f"{dist.name!r} is not one of SciPy's distributions as SciPy makes them.",
            "Distributions of your own cannot be stored as data.",
        )
    return standard


def _made_of(dist: Any) -> dict[str, str]:
    return {k: repr(v) for k, v in dist._updated_ctor_param().items() if k != "seed"}


def _own_random_state(owner: Any) -> Any:
    state = owner._random_state
    return None if state is np.random.mtrand._rand else state  # the process's own stays its own


def _build_frozen(cls: Any, args: Sequence[Any]) -> Any:
    dist, positional, keywords, random_state = args
    made = cls(dist, *positional, **keywords)
    if random_state is not None:
        made.random_state = random_state
    return made


def _check_frozen(names: str) -> Any:
    known = frozenset(f"scipy.stats.{name}" for name in names.split())

    def check(shadow: Shadow) -> None:
        dist, positional, keywords, random_state = shadow.args(4)
        if not isinstance(dist, Named) or dist.key not in known:
            raise shadow.fail("its distribution is not one of SciPy's")
        if not isinstance(positional, tuple) or not isinstance(keywords, dict):
            raise shadow.fail("its parameters are not a tuple and a dict")
        if not all(type(name) is str for name in keywords):
            raise shadow.fail("a parameter's name is not text")
        if not all(map(_is_parameter, (*positional, *keywords.values()))):
            raise shadow.fail("a parameter is not made of numbers")
        _check_random(shadow, random_state)

    return check


def _is_parameter(value: Any) -> bool:
    if isinstance(value, (list, tuple)):
        return all(map(_is_parameter, value))
    if isinstance(value, np.ndarray):
        return value.dtype.kind in "biuf"
    return isinstance(value, (bool, int, float, np.number, np.bool_))


def _check_random(shadow: Shadow, state: Any) -> None:
    if state is not None and not (isinstance(state, Shadow) and state.key in _RANDOM):
        raise shadow.fail(f"its random state is not {' or '.join(_RANDOM)}")


# -- kernel density estimates ------------------------------------------------------------------

_KDE = Attributes(
    "dataset d n factor _weights _data_covariance _data_cho_cov covariance cho_cov log_det",
    "_neff _bw_method covariance_factor",
)
_KDE_STATE = Attributes(" ".join(_KDE.required), "_neff")
_CONSTANT = "use constant"  # SciPy's own mark of a bandwidth that is a number


def _reduce_kde(obj: Any) -> Reduced:
    found = _KDE.of(obj)
    factor, marked = found.pop("covariance_factor", None), found.pop("_bw_method", None)
    method: Any = None
    if factor is not None and marked == _CONSTANT:
        method = factor()
    elif factor is not None:
        rules = {type(obj).scotts_factor: "scott", type(obj).silverman_factor: "silverman"}
        method = rules.get(getattr(factor, "__func__", None))
        if method is None:
            raise UnsupportedError(
                ".covariance_factor",
                "the bandwidth is computed by a function of your own.",
                "Give the number: set_bandwidth(kde.factor).",
            )
    return Reduced((method,), found)


def _build_kde(cls: Any, args: Sequence[Any]) -> Any:
    (method,) = args
    made = cls.__new__(cls)
    if method == "scott":
        made.covariance_factor = made.scotts_factor
    elif method == "silverman":
        made.covariance_factor = made.silverman_factor
    elif method is not None:
        made._bw_method = _CONSTANT
        made.covariance_factor = lambda: method
    return made


def _set_attributes(obj: Any, state: dict[str, Any]) -> None:
    vars(obj).update(state)


def _check_kde(shadow: Shadow) -> None:
    (method,) = shadow.args(1)
    if method not in (None, "scott", "silverman"):
        _check_number(shadow, method, "its bandwidth")
    _KDE_STATE.check(shadow)
    data = shadow.array("dataset", ndim=2, dtype="<f8")
    d, n = shadow.integer("d"), shadow.integer("n")
    if data.shape != (d, n):
        raise shadow.fail("dataset does not have d rows of n points")
    if shadow.array("_weights", ndim=1, dtype="<f8").shape != (n,):
        raise shadow.fail("there is not one weight for each point")
    for name in ("_data_covariance", "_data_cho_cov", "covariance", "cho_cov"):
        square = shadow.array(name, ndim=2, dtype="<f8")
        if square.shape != (d, d):
            raise shadow.fail(f"{name} is not a square of {d}")
        # LAPACK may search for ever in others, when samples are drawn.
        if not np.isfinite(square).all():
            raise shadow.fail(f"{name} is not finite")
    for name in ("factor", "log_det", "_neff"):
        if shadow.has(name):
            _check_number(shadow, shadow.get(name), name)


def _check_number(shadow: Shadow, value: Any, name: str) -> None:
    if isinstance(value, bool) or not isinstance(value, (int, float, np.number)):
        raise shadow.fail(f"{name} is not a number")


def entries() -> Iterable[Entry]:
    """Distributions, frozen ones, density estimates, and functions of ``scipy.stats``."""
    yield from name_entries("scipy.stats", f"{_CONTINUOUS} {_DISCRETE} {_FUNCTIONS}")
    for name, known in (("rv_continuous_frozen", _CONTINUOUS), ("rv_discrete_frozen", _DISCRETE)):
        yield Entry(
            key=f"scipy.stats.{name}",
            where=(f"scipy.stats._distn_infrastructure:{name}",),
            kind="call",
            reduce=_reduce_frozen,
            build=_build_frozen,
            check=_check_frozen(known),
        )
    yield Entry(
        key="scipy.stats.gaussian_kde",
        where=("scipy.stats:gaussian_kde",),
        kind="call",
        reduce=_reduce_kde,
        build=_build_kde,
        setstate=_set_attributes,
        check=_check_kde,
    )
