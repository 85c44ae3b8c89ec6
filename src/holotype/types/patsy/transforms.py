"""What patsy's functions learnt from the data: means, scales, knots and constraints.

patsy adds up in the widest floating point of the machine, which is not the same everywhere: such
numbers are kept as sums of doubles, exactly. Rule: as many knots and constraints as one factor may
have are bounded, since a spline's matrices are as large as the square of them.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow

__all__ = ["check_transforms", "learnt", "restore_transform"]

_MAX_BASES = 4096  # of one factor: of a tensor product, all its splines multiplied
_MAX_DEGREE = 5  # of FITPACK's splines
_MAX_PARTS = 3

_LEARNT: dict[str, tuple[str, ...]] = {
    "bs": ("_all_knots", "_degree"),
    "cc": ("_all_knots", "_constraints"),
    "center": ("_count", "_sum"),
    "cr": ("_all_knots", "_constraints"),
    "scale": ("current_M2", "current_mean", "current_n"),
    "standardize": ("current_M2", "current_mean", "current_n"),
    "te": ("_constraints",),
}
_WIDE = frozenset({"_sum", "current_M2", "current_mean"})


def learnt(name: str, transform: Any) -> dict[str, Any]:
    """What a transform learnt, as plain arrays and numbers."""
    found = vars(transform)
    state: dict[str, Any] = {}
    for attribute in _LEARNT[name]:
        value = found.get(attribute)
        state[attribute] = _parts(value) if attribute in _WIDE else value
    if name == "bs":
        state["_degree"] = int(state["_degree"])
        state["_all_knots"] = np.asarray(state["_all_knots"], "<f8")
    return state


def restore_transform(transform: Any, state: dict[str, Any]) -> None:
    """Let a new transform know what another one learnt."""
    for attribute, value in state.items():
        setattr(transform, attribute, _whole(value) if attribute in _WIDE else value)
    vars(transform).pop("_tmp", None)  # memorize_finish() removes it


def _parts(value: Any) -> npt.NDArray[Any]:
    """A wide number, or an array of them, as doubles that add up to it."""
    rest = np.atleast_1d(np.asarray(value))
    if rest.dtype.kind not in "iuf" or rest.ndim != 1:
        raise UnsupportedError("", f"a transform learnt a {rest.dtype}, which is no real number.")
    parts: list[npt.NDArray[Any]] = []
    while len(parts) < _MAX_PARTS:
        part = rest.astype("<f8")
        parts.append(part)
        if not np.isfinite(part).all():
            break
        rest = rest - part
        if not rest.any():
            return np.array(parts)
    raise UnsupportedError("", "what a transform learnt is not finite or not a sum of doubles.")


def _whole(parts: npt.NDArray[Any]) -> npt.NDArray[Any]:
    total = np.zeros(parts.shape[1], np.longdouble)
    for part in parts[::-1]:  # the smallest first, which is exact
        total += part
    return total


# -- before anything is made ---------------------------------------------------------------------


def check_transforms(shadow: Shadow, names: Sequence[str], states: Any) -> None:
    """Demand for each transform of a factor what it learnt, all of it within bounds."""
    if not isinstance(states, list) or len(states) != len(names):
        raise shadow.fail("there is not one state for each transform of a factor")
    bases = []
    for name, state in zip(names, states, strict=True):
        if not isinstance(state, dict) or set(state) != set(_LEARNT[name]):
            raise shadow.fail(f"what {name} learnt is not {', '.join(_LEARNT[name])}")
        bases.append(_check_state(shadow, name, state))
    if math.prod(bases) > _MAX_BASES:
        raise shadow.fail(f"a factor has more than {_MAX_BASES} columns of splines")


def _check_state(shadow: Shadow, name: str, state: dict[str, Any]) -> int:
    width = 0
    for attribute in _WIDE & state.keys():
        parts = shadow.as_array(state[attribute], attribute, ndim=2, dtype="<f8")
        if not 1 <= parts.shape[0] <= _MAX_PARTS or not 1 <= parts.shape[1] <= _MAX_BASES:
            raise shadow.fail(f"{attribute} is not a few doubles for each column")
        if width not in (0, parts.shape[1]) or not np.isfinite(parts).all():
            raise shadow.fail(f"{attribute} is not finite, or of another width")
        width = parts.shape[1]
    for attribute in {"_count", "current_n"} & state.keys():
        shadow.as_integer(state[attribute], attribute, 1)
    if state.get("_constraints") is not None:
        rules = shadow.as_array(state["_constraints"], "_constraints", ndim=2, dtype="<f8")
        if max(rules.shape) > _MAX_BASES or not np.isfinite(rules).all():
            raise shadow.fail("_constraints are too large or not finite")
    return _check_knots(shadow, name, state) if "_all_knots" in state else 1


def _check_knots(shadow: Shadow, name: str, state: dict[str, Any]) -> int:
    knots = shadow.as_array(state["_all_knots"], "_all_knots", ndim=1, dtype="<f8")
    if len(knots) > _MAX_BASES or not np.isfinite(knots).all() or (np.diff(knots) < 0).any():
        raise shadow.fail("_all_knots are too many, not finite or not in order")
    if name == "bs":
        degree = shadow.as_integer(state["_degree"], "_degree", 0, _MAX_DEGREE)
        if len(knots) < 2 * (degree + 1):
            raise shadow.fail("there are too few knots for the degree")
        return len(knots) - degree - 1
    if len(knots) < 2 or (np.diff(knots) == 0).any():
        raise shadow.fail("two knots are the same, or there are fewer")
    rules = state["_constraints"]
    columns = len(knots) - (name == "cc")
    if rules is not None and rules.shape[1] != columns:
        raise shadow.fail("_constraints are not of as many columns as the spline")
    return columns
