"""Kinds of attributes that layers have, each with the bounds that keep a first forward small.

Rule: what native code multiplies, divides by or counts to is an integer between bounds.
"""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np

__all__ = ["is_kind", "numbers_of"]

_MAX_INT = 1 << 31
_MAX_WINDOW = 1 << 16
_MAX_AREA = 1 << 24  # elements that padding or an output size makes of one


def _is_int(value: Any, low: int, high: int = _MAX_INT) -> bool:
    whole = isinstance(value, (int, np.integer)) and not isinstance(value, bool)
    return whole and low <= value <= high


def _is_number(value: Any) -> bool:
    return isinstance(value, (int, float, np.integer, np.floating)) and type(value) is not bool


def numbers_of(value: Any) -> tuple[Any, ...]:
    """One number, or a tuple or list of them, as a tuple."""
    return tuple(value) if isinstance(value, (tuple, list)) else (value,)


def _each(low: int, high: int = _MAX_INT, most: int = 3) -> Callable[[Any], bool]:
    def check(value: Any) -> bool:
        numbers = numbers_of(value)
        return 1 <= len(numbers) <= most and all(_is_int(n, low, high) for n in numbers)

    return check


def _pads(value: Any) -> bool:
    if value in ("same", "valid") and isinstance(value, str):
        return True
    numbers = numbers_of(value)
    fit = 1 <= len(numbers) <= 3 and all(_is_int(n, 0, _MAX_WINDOW) for n in numbers)
    return fit and math.prod(1 + 2 * int(n) for n in numbers) <= _MAX_AREA


def _sides(value: Any) -> bool:
    numbers = numbers_of(value)
    if len(numbers) not in (2, 4, 6) or not all(
        _is_int(n, -_MAX_WINDOW, _MAX_WINDOW) for n in numbers
    ):
        return False
    pairs = zip(numbers[::2], numbers[1::2], strict=True)
    return math.prod(1 + abs(int(a)) + abs(int(b)) for a, b in pairs) <= _MAX_AREA


def _outputs(value: Any) -> bool:
    numbers = numbers_of(value)
    if not 1 <= len(numbers) <= 3 or not all(n is None or _is_int(n, 1) for n in numbers):
        return False
    # One number stands for each of the axes, of which there are three at most.
    sizes = [1 if n is None else int(n) for n in numbers]
    return math.prod(sizes if isinstance(value, (tuple, list)) else sizes * 2) <= _MAX_AREA


def _factors(value: Any) -> bool:
    numbers = numbers_of(value)
    fit = 1 <= len(numbers) <= 3 and all(_is_number(n) and 0 < n <= 256 for n in numbers)
    return fit and math.prod(float(n) for n in numbers) <= _MAX_AREA


def _ratios(value: Any) -> bool:
    numbers = numbers_of(value)
    return 1 <= len(numbers) <= 3 and all(_is_number(n) and 0 < n < 1 for n in numbers)


def _shape(value: Any) -> bool:
    return isinstance(value, tuple) and 1 <= len(value) <= 64 and all(_is_int(n, 0) for n in value)


def _reshaped(value: Any) -> bool:
    numbers = numbers_of(value)
    pairs = all(isinstance(n, tuple) and len(n) == 2 for n in numbers)
    sizes = [n[1] for n in numbers] if pairs else list(numbers)
    return 1 <= len(sizes) <= 64 and all(_is_int(n, -1) for n in sizes)


def _choice(*choices: str) -> Callable[[Any], bool]:
    return lambda value: isinstance(value, str) and value in choices


_KINDS: dict[str, Callable[[Any], bool]] = {
    "any": lambda value: True,
    "bag": _choice("sum", "mean", "max"),
    "bool": lambda value: type(value) is bool,
    "count": lambda value: _is_int(value, 0),
    "curve": _choice("tanh", "relu"),
    "factors": _factors,
    "function": lambda value: isinstance(value, str),
    "gelu": _choice("none", "tanh"),
    "integer": lambda value: _is_int(value, -_MAX_INT),
    "integers": _each(0, most=1 << 16),
    "name": lambda value: isinstance(value, str) or _is_int(value, -64, 64),
    "none": lambda value: value is None,
    "number": _is_number,
    "outputs": _outputs,
    "padding": _choice("zeros", "reflect", "replicate", "circular"),
    "pads": _pads,
    "ratios": _ratios,
    "reduction": _choice("none", "mean", "sum", "batchmean", "elementwise_mean"),
    "reshaped": _reshaped,
    "shape": _shape,
    "sides": _sides,
    "size": lambda value: _is_int(value, 1),
    "sizes": _each(1),
    "text": lambda value: isinstance(value, str),
    "upsampling": _choice(
        "nearest", "nearest-exact", "linear", "bilinear", "bicubic", "trilinear", "area"
    ),
    "window": lambda value: _is_int(value, 1, _MAX_WINDOW),
}


def is_kind(kind: str, value: Any) -> bool:
    """Whether a value is of a kind; ``?`` at its end allows None."""
    return (kind[-1:] == "?" and value is None) or _KINDS[kind.rstrip("?")](value)
