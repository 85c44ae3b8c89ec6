"""Bounds on those settings of a layer by which a result may be larger than what is stored.

A kernel's shape is compared with the stored one before anything is computed. What a convolution
puts between and around its inputs has no array beside it, so it is bounded here: otherwise a file
of a kilobyte would ask for all memory at its first prediction.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import numpy as np

from holotype.graph.shadow import Shadow

__all__ = ["MAX_GROWTH", "check_sizes"]

MAX_GROWTH = 1 << 12
"""By how much one layer may make its input larger, in elements."""

_MAX_STEP = 1 << 12
_GROWING = ("strides", "input_dilation")
_BOUNDED = ("strides", "input_dilation", "kernel_dilation", "padding", "unroll", "n_steps")


def check_sizes(shadow: Shadow, values: Mapping[str, Any]) -> None:
    """Demand that the settings of a layer, by name, are within bounds."""
    for name in _BOUNDED:
        if name in values:
            numbers = _numbers(shadow, values[name], name, 0)
            if any(not 0 <= number <= _MAX_STEP for number in numbers):
                raise shadow.fail(f"{name} is out of bounds")
            if name in _GROWING and np.prod([max(n, 1) for n in numbers], dtype=float) > MAX_GROWTH:
                raise shadow.fail(f"{name} would make its input larger than can be believed")


def _numbers(shadow: Shadow, value: Any, name: str, depth: int) -> list[int]:
    """The numbers of a setting: one, or several, or pairs of them."""
    if value is None or (type(value) is str and len(value) < 32):
        return []
    if isinstance(value, (list, tuple)) and len(value) <= 16 and depth < 2:
        return [each for item in value for each in _numbers(shadow, item, name, depth + 1)]
    return [shadow.as_integer(value, name)]
