"""JAX, Flax and optax: arrays and trees of parameters, modules, states of optimisers."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.jax import arrays, dtypes, functions, linen, nnx, states

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of these libraries."""
    for module in (dtypes, arrays, functions, states, linen, nnx):
        yield from module.entries()
