"""What must hold of a state-space model before statsmodels makes compiled filters for it.

The compiled code takes matrices of the sizes that the model says, picks its functions by flags,
and writes the start of a block of states where its index says. Rule: every size, flag and index is
compared here; what filtering gave is in the file in full, so that filtering again takes memory in
proportion to the file.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow
from holotype.types.statsmodels.checks import check_contents, state_of

__all__ = [
    "check_filtered",
    "check_initialization",
    "check_representation",
    "check_smoother_results",
    "check_state_model",
]

_MODULE = "statsmodels.tsa.statespace"
_REPRESENTATION = f"{_MODULE}.simulation_smoother.SimulationSmoother"
_INITIALIZATION = f"{_MODULE}.initialization.Initialization"
_RESULTS = f"{_MODULE}.kalman_smoother.SmootherResults"

_MAX_STATES = 1 << 16
_MAX_OBSERVATIONS = 1 << 40
# The last axis is time: one matrix, or one for each observation.
_MATRICES = {
    "design": ("endog", "states"),
    "obs_intercept": ("endog",),
    "obs_cov": ("endog", "endog"),
    "transition": ("states", "states"),
    "state_intercept": ("states",),
    "selection": ("states", "posdef"),
    "state_cov": ("posdef", "posdef"),
}
_FILTERED = {
    "filtered_state": ("states",),
    "filtered_state_cov": ("states", "states"),
    "forecasts": ("endog",),
    "forecasts_error": ("endog",),
    "forecasts_error_cov": ("endog", "endog"),
    "predicted_state": ("states",),
    "predicted_state_cov": ("states", "states"),
    "predicted_diffuse_state_cov": ("states", "states"),
    "_kalman_gain": ("states", "endog"),
    "_standardized_forecasts_error": ("endog",),
    "scaled_smoothed_estimator": ("states",),
    "scaled_smoothed_estimator_cov": ("states", "states"),
    "smoothed_state": ("states",),
    "smoothed_state_cov": ("states", "states"),
    "smoothed_state_disturbance": ("posdef",),
    "smoothed_state_disturbance_cov": ("posdef", "posdef"),
    "missing": ("endog",),
}
_CONVENTIONAL, _UNIVARIATE, _COLLAPSED, _CONCENTRATED, _CHANDRASEKHAR = 1, 0x10, 0x20, 0x100, 0x200
_METHODS = _CONVENTIONAL | _UNIVARIATE | _COLLAPSED | _CONCENTRATED | _CHANDRASEKHAR
_NO_PREDICTED_COV = 0x08
# The flags that compiled code knows, the lowest first that a model may have.
_FLAGS = {
    "conserve_memory": (0, 0x3FF),
    "filter_timing": (0, 1),
    "inversion_method": (1, 0x1F),
    "smooth_method": (0, 0x0F),
    "smoother_output": (0, 0x1F),
    "stability_method": (0, 1),
}
_STARTS = (None, "approximate_diffuse", "diffuse", "known", "stationary")


def _sizes(shadow: Shadow, state: dict[str, Any]) -> dict[str, int]:
    read = shadow.as_integer
    sizes = {
        "endog": read(state.get("k_endog"), "k_endog", 1, _MAX_STATES),
        "states": read(state.get("k_states"), "k_states", 0, _MAX_STATES),
        "nobs": read(state.get("nobs"), "nobs", 0, _MAX_OBSERVATIONS),
    }
    sizes["posdef"] = read(state.get("k_posdef"), "k_posdef", 0, sizes["states"])
    return sizes


def _check_matrix(
    shadow: Shadow, name: str, value: Any, words: tuple[str, ...], sizes: dict[str, int]
) -> int:
    """The length of an array along time, after its other sizes were compared."""
    array = shadow.as_array(value, name, ndim=len(words) + 1, kind="fcbi")
    wanted = tuple(sizes[word] for word in words)
    if array.shape[:-1] != wanted:
        raise shadow.fail(f"{name} has sizes {list(array.shape)}, not those of the model")
    if array.shape[-1] > sizes["nobs"] + 1:
        raise shadow.fail(f"{name} is longer than the observations")
    return int(array.shape[-1])


def _check_flags(shadow: Shadow, state: dict[str, Any]) -> None:
    for name, (low, high) in _FLAGS.items():
        if name in state:
            shadow.as_integer(state[name], name, low, high)
    method = shadow.as_integer(state.get("filter_method", 1), "filter_method", 1, _METHODS)
    if method & ~_METHODS or not method & _CONVENTIONAL:
        raise shadow.fail(f"filter_method {method} is not one that statsmodels has")
    smoothing = state.get("smooth_method", 0)
    if smoothing not in (0, 1, 2, 4, 8):
        raise shadow.fail(f"smooth_method {smoothing} is not one that statsmodels has")


def check_representation(shadow: Shadow) -> None:
    """The matrices of a model, and how it is filtered."""
    check_contents(shadow)
    state = state_of(shadow)
    sizes = _sizes(shadow, state)
    _check_flags(shadow, state)
    for name, words in _MATRICES.items():
        length = _check_matrix(shadow, f"_{name}", state.get(f"_{name}"), words, sizes)
        if length not in (1, sizes["nobs"]):
            raise shadow.fail(f"_{name} is neither one nor one for each observation")
        if state[f"_{name}"].dtype.kind not in "fc":
            raise shadow.fail(f"_{name} is not of floating point")
    endog = state.get("endog")
    if endog is not None:
        shadow.as_array(endog, "endog", ndim=2, kind="fc")
        if endog.shape != (sizes["endog"], sizes["nobs"]) or not endog.flags.f_contiguous:
            raise shadow.fail("endog is not k_endog rows of nobs observations, column by column")
    _check_shapes(shadow, state.get("shapes"), sizes)
    shadow.as_integer(state.get("loglikelihood_burn"), "loglikelihood_burn", 0, sizes["nobs"])
    _check_start(shadow, state, sizes)


def _check_shapes(shadow: Shadow, shapes: Any, sizes: dict[str, int]) -> None:
    """What a model says of its matrices: one, or one for each observation."""
    if not isinstance(shapes, dict) or shapes.keys() != {"obs", *_MATRICES}:
        raise shadow.fail("shapes are not those of its matrices")
    for name, shape in shapes.items():
        words = _MATRICES.get(name, ("endog",))
        *wide, long = shape if isinstance(shape, tuple) and shape else (None,)
        if wide != [sizes[word] for word in words] or long not in (1, sizes["nobs"]):
            raise shadow.fail(f"the shape of {name} is not that of its matrix")


def _check_start(shadow: Shadow, state: dict[str, Any], sizes: dict[str, int]) -> None:
    start = state.get("initialization")
    if start is None:
        return
    if not isinstance(start, Shadow) or start.key != _INITIALIZATION:
        raise shadow.fail("initialization is not an Initialization")
    shadow.as_integer(
        state_of(start).get("k_states"), "its states", sizes["states"], sizes["states"]
    )


def check_initialization(shadow: Shadow) -> None:
    """How a model starts: all of its states alike, or block by block."""
    check_contents(shadow)
    state = state_of(shadow)
    count = shadow.as_integer(state.get("k_states"), "k_states", 0, _MAX_STATES)
    if state.get("initialization_type", "") not in _STARTS:
        raise shadow.fail("initialization_type is not one of statsmodels'")
    constant = shadow.as_array(state.get("constant"), "constant", ndim=1, kind="fc")
    cov = shadow.as_array(state.get("stationary_cov"), "stationary_cov", ndim=2, kind="fc")
    if constant.shape != (count,) or cov.shape != (count, count):
        raise shadow.fail("constant and stationary_cov are not of k_states")
    variance = state.get("approximate_diffuse_variance")
    if isinstance(variance, bool) or not isinstance(variance, (int, float, np.number)):
        raise shadow.fail("approximate_diffuse_variance is not a number")
    if list(_indices(shadow, state.get("_states"), count)) != list(range(count)):
        raise shadow.fail("_states are not numbered one by one")
    blocks, owners = state.get("blocks"), state.get("_initialization")
    if not isinstance(blocks, dict) or not isinstance(owners, np.ndarray):
        raise shadow.fail("its blocks are not a dict")
    if owners.shape != (count,):
        raise shadow.fail("there is not one block for each state")
    _check_blocks(shadow, blocks, owners, count)


def _check_blocks(shadow: Shadow, blocks: dict[Any, Any], owners: Any, count: int) -> None:
    known: dict[int, tuple[int, ...]] = {}
    for index, block in blocks.items():
        states = _indices(shadow, index, count)
        if not states or states != tuple(range(states[0], states[0] + len(states))):
            raise shadow.fail("a block is not of states that follow each other")
        if not isinstance(block, Shadow) or block.key != _INITIALIZATION:
            raise shadow.fail("a block is not an Initialization")
        shadow.as_integer(state_of(block).get("k_states"), "a block", len(states), len(states))
        if not known.keys().isdisjoint(states):
            raise shadow.fail("two blocks have a state in common")
        known.update(dict.fromkeys(states, states))
    for number, owner in enumerate(owners.tolist()):
        mine = None if owner is None else _indices(shadow, owner, count)
        if mine != known.get(number):
            raise shadow.fail("a state is not of the block that it says")


def _indices(shadow: Shadow, index: Any, count: int) -> tuple[int, ...]:
    if not isinstance(index, tuple):
        raise shadow.fail("an index is not a tuple of states")
    return tuple(shadow.as_integer(each, "a state", 0, count - 1) for each in index)


def check_smoother_results(shadow: Shadow) -> None:
    """What a filter and a smoother gave, array by array."""
    check_contents(shadow)
    state = state_of(shadow)
    sizes = _sizes(shadow, state)
    if state.get("prefix") not in ("s", "d", "c", "z"):
        raise shadow.fail("prefix is not one of BLAS")
    for name, words in (_MATRICES | _FILTERED).items():
        if state.get(name) is not None:
            _check_matrix(shadow, name, state[name], words, sizes)
    nmissing = state.get("nmissing")
    if nmissing is not None:
        shadow.as_array(nmissing, "nmissing", ndim=1, kind="biuf")
        if len(nmissing) != sizes["nobs"]:
            raise shadow.fail("nmissing is not one for each observation")
    _check_start(shadow, state, sizes)


# -- models and results around them --------------------------------------------------------------


def check_state_model(shadow: Shadow) -> None:
    """A model with a state-space form: its orders are no larger than its matrices."""
    check_contents(shadow)
    state = state_of(shadow)
    ssm = state.get("ssm")
    if not isinstance(ssm, Shadow) or ssm.key != _REPRESENTATION:
        raise shadow.fail("ssm is not a SimulationSmoother")
    inner = state_of(ssm)
    states = ssm.as_integer(inner.get("k_states"), "k_states", 0, _MAX_STATES)
    nobs = ssm.as_integer(inner.get("nobs"), "nobs", 0, _MAX_OBSERVATIONS)
    _check_orders(shadow, state, 2 * states + 64)
    for name, value in state.items():
        if name.startswith(("k_", "_k_", "order", "seasonal", "max_", "cycle", "loglikelihood")):
            _check_counts(shadow, name, value, max(16 * states + 1024, nobs))


def _check_orders(shadow: Shadow, state: dict[str, Any], most: int) -> None:
    order, seasonal = state.get("order"), state.get("seasonal_order")
    total = 0
    for value, name in ((order, "order"), (seasonal, "seasonal_order")):
        if not isinstance(value, (tuple, list)) or len(value) not in (2, 3, 4):
            continue
        lags = [_largest(each) for each in value]
        period = lags[3] if len(lags) == 4 else 1
        total += sum(lags[:3]) * period
        if total > most * 4:
            raise shadow.fail(f"{name} asks for more states than there are")


def _largest(value: Any) -> int:
    """An order, or how many lags are listed in its place."""
    if isinstance(value, (int, np.integer)):
        return abs(int(value))
    return len(value) if isinstance(value, (list, tuple)) else 0


def _check_counts(shadow: Shadow, name: str, value: Any, most: int) -> None:
    if isinstance(value, (int, np.integer)) and abs(int(value)) > most:
        raise shadow.fail(f"{name} is {int(value)}, more than its data can have")
    if isinstance(value, (list, tuple)):
        for each in value:
            if isinstance(each, (int, np.integer)) and abs(int(each)) > most:
                raise shadow.fail(f"{name} has {int(each)}, more than its data can have")


def check_filtered(shadow: Shadow) -> None:
    """A result of such a model: it holds what filtering the model again would give."""
    check_contents(shadow)
    state = state_of(shadow)
    model, given = state.get("model"), state.get("filter_results")
    if not isinstance(model, Shadow) or not model.key.startswith("statsmodels."):
        raise shadow.fail("model is not a model of statsmodels")
    if given is None:
        return
    if not isinstance(given, Shadow) or given.key != _RESULTS:
        raise shadow.fail("filter_results are not SmootherResults")
    ssm = state_of(model).get("ssm")
    if not isinstance(ssm, Shadow) or ssm.key != _REPRESENTATION:
        raise shadow.fail("its model has no ssm")
    inner, outer = state_of(ssm), state_of(given)
    sizes = _sizes(ssm, inner)
    if _sizes(given, outer) != sizes:
        raise shadow.fail("its model and what filtering gave are not of the same sizes")
    kept = outer.get("predicted_state_cov")
    if not inner.get("conserve_memory", 0) & _NO_PREDICTED_COV and not (
        isinstance(kept, np.ndarray) and kept.shape[-1] == sizes["nobs"] + 1
    ):
        raise shadow.fail("predicted_state_cov is not kept for each observation")
