"""Keys of dicts and elements of sets, looked at before anything hashes them."""

from __future__ import annotations

from typing import Any

from holotype.errors import LegacyError
from holotype.graph.values import check_keys

__all__ = ["checked_elements", "checked_pairs"]

_MAX_BITS = 1 << 12


def checked_pairs(pairs: list[tuple[Any, Any]]) -> list[tuple[Any, Any]]:
    """The pairs, if a dict can have their keys; LegacyError otherwise."""
    _check([key for key, _ in pairs])
    return pairs


def checked_elements(items: list[Any]) -> frozenset[Any]:
    """The items as a set; LegacyError where there is none of them."""
    _check(items)
    return frozenset(items)


def _check(keys: list[Any]) -> None:
    """Refuse keys that have no hash, or such that a process would never be done with."""
    try:
        check_keys(keys)
        for key in keys:
            hash(key)
            if type(key) is int and key.bit_length() > _MAX_BITS:
                raise ValueError("a number is too large")
    except (TypeError, ValueError) as error:
        raise LegacyError(f"a dict or set cannot have these keys: {error}") from None
