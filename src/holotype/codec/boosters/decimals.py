"""Floats that were read from decimal texts of a few digits, as whole numbers in the same order.

Of six digits, 0 is 0, and 1 is the least number there is: 1.00000e-17. Rule: a code stands for what
reading its text gives, which is one exactly rounded division by a power of ten, or multiplication.
"""

from __future__ import annotations

from typing import Final

import numpy as np
import numpy.typing as npt

__all__ = ["from_decimals", "to_decimals"]

Floats = npt.NDArray[np.float64]
Codes = npt.NDArray[np.int64]

_DIGITS: Final = 6
_LEAST: Final = 10 ** (_DIGITS - 1)  # of the digits, seen as a whole number
_RANGE: Final = 9 * _LEAST  # how many codes there are between one power of ten and the next
_EXACT: Final = 22  # powers of ten up to this one are floats
_POWERS: Final = np.array([float(10**power) for power in range(_EXACT + 1)])
_SHIFT: Final = _EXACT - _DIGITS + 1  # 10**-_SHIFT is the least number
_STEPS: Final = np.array([float(f"1e{power}") for power in range(-_SHIFT, _EXACT + _DIGITS)])


def to_decimals(floats: Floats) -> Codes:
    """The nearest code of each float; of NaN, and what is too large or too small, any."""
    size = np.abs(floats)
    place = np.searchsorted(_STEPS, size, side="right") - 1
    place = np.where(np.isnan(size), -1, place)
    digits = np.rint(_scaled(size, np.maximum(place, 0)))
    digits = np.clip(digits, _LEAST, 10 * _LEAST).astype(np.int64)  # 10 times: the next power's
    codes = np.where(place < 0, 0, np.maximum(place, 0) * _RANGE + digits - _LEAST + 1)
    return np.where(np.signbit(floats), -codes, codes)


def from_decimals(codes: Codes) -> Floats:
    size = np.abs(codes)
    place, rest = np.divmod(np.maximum(size - 1, 0), _RANGE)
    place = np.minimum(place, len(_STEPS) - 1)
    digits = (rest + _LEAST).astype(np.float64)
    power = _EXACT - place
    result = np.where(
        power >= 0,
        digits / _POWERS[np.maximum(power, 0)],
        digits * _POWERS[np.clip(-power, 0, _EXACT)],
    )
    result[size == 0] = 0.0
    signed: Floats = np.where(codes < 0, -result, result)
    return signed


def _scaled(size: Floats, place: npt.NDArray[np.intp]) -> Floats:
    """As many digits before the point as codes have."""
    power = _EXACT - place
    result: Floats = np.where(
        power >= 0,
        size * _POWERS[np.maximum(power, 0)],
        size / _POWERS[np.clip(-power, 0, _EXACT)],
    )
    return result
