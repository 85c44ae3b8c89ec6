"""Arrays, trees, modules and states of JAX, Flax and optax, and how they are asked.

JAX starts threads with its first array, and a child of a process with threads must not use it: who
makes these is a process of its own, and children are forked from one that only imported JAX.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from holotype.types.jax.answers import answers

__all__ = ["INPUTS", "others", "questions"]

INPUTS: dict[str, Any] = {
    "rows": np.linspace(-1.0, 1.0, 24, dtype=np.float32).reshape(6, 4),
    "images": np.linspace(-1.0, 1.0, 96, dtype=np.float32).reshape(2, 4, 4, 3),
    "steps": np.linspace(-1.0, 1.0, 40, dtype=np.float32).reshape(2, 5, 4),
}


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where JAX, Flax or optax is not installed."""
    try:
        import jax
        import optax
        from flax import linen, nnx
    except ImportError:
        return {}

    def with_variables(module: Any, inputs: str = "rows") -> Any:
        return {"module": module, "variables": module.init(jax.random.key(0), INPUTS[inputs])}

    def tree() -> Any:
        numbers = jax.numpy.arange(6.0)
        narrow = [numbers.astype(name) for name in ("bfloat16", "int4", "float8_e5m2")]
        return {"a": numbers.reshape(2, 3), "b": [*narrow, numbers[0]], "k": jax.random.key(1)}

    return {
        "jax tree": tree,
        "jax optimiser": lambda: optax.adamw(0.1).init({"a": jax.numpy.ones(3)}),
        "linen dense": lambda: with_variables(
            linen.Sequential([linen.Dense(3), linen.relu, linen.LayerNorm(), linen.Dense(2)])
        ),
        "linen convolution": lambda: with_variables(
            linen.Sequential(
                [linen.Conv(2, (2, 2), strides=2), linen.ConvTranspose(1, (2, 2), strides=(2, 2))]
            ),
            "images",
        ),
        "linen recurrent": lambda: with_variables(linen.RNN(linen.SimpleCell(2)), "steps"),
        "linen attention": lambda: with_variables(
            linen.MultiHeadDotProductAttention(num_heads=2, qkv_features=4), "steps"
        ),
        "nnx": lambda: nnx.Sequential(
            nnx.Linear(4, 3, rngs=nnx.Rngs(0)),
            nnx.BatchNorm(3, rngs=nnx.Rngs(0)),
            nnx.Dropout(0.5, rngs=nnx.Rngs(0)),
        ),
        "nnx convolution": lambda: nnx.Conv(3, 2, (3, 3), strides=2, rngs=nnx.Rngs(0)),
    }


def questions(model: Any, inputs: tuple[Any, ...] = ()) -> Iterator[tuple[str, Callable[[], Any]]]:
    """All predictions on every kind of input, and what arithmetic every array takes part in."""
    for name, ask in (answers(model) or {}).items():
        for kind, data in INPUTS.items():
            yield f"{name} of {kind}", partial(ask, data)
    yield "sum of the leaves", partial(_sum, model)


def _sum(model: Any) -> Any:
    import jax

    return [np.asarray((leaf + leaf).sum()) for leaf in jax.tree.leaves(model)]
