"""How a model of JAX is asked: the golden predictions of a probe.

Modules of nnx hold their parameters; one of linen is asked together with its variables: as a pair
``(module, variables)``, a dict of the two under these names, or a TrainState. Rule: the model is as
it was afterwards, so what a call would count or update is a copy.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Mapping
from typing import Any

import numpy as np

__all__ = ["answers"]

Answers = Mapping[str, Callable[[Any], Any]]


def answers(model: Any) -> Answers | None:
    """The prediction methods of a model of JAX by name; None where it is none."""
    # What was not imported cannot have made the model.
    if "flax.nnx" in sys.modules and _is_nnx(model):
        return {"__call__": lambda X: _nnx(model, X)}
    if "flax.linen" not in sys.modules:
        return None
    state = sys.modules.get("flax.training.train_state")
    if state is not None and isinstance(model, state.TrainState):
        return {"apply": lambda X: _plain(model.apply_fn({"params": model.params}, _given(X)))}
    parts = _parts(model)
    if parts is None:
        return None
    module, variables = parts
    return {"apply": lambda X: _plain(module.apply(variables, _given(X)))}


def _is_nnx(model: Any) -> bool:
    from flax import nnx

    return isinstance(model, nnx.Module) and callable(model)


def _nnx(model: Any, X: Any) -> Any:
    from flax import nnx

    asked = nnx.clone(model)
    asked.eval()
    return _plain(asked(_given(X)))


def _parts(model: Any) -> tuple[Any, Any] | None:
    """A module of linen and its variables, where the model is both."""
    from flax import linen

    if isinstance(model, Mapping) and {"module", "variables"} <= model.keys():
        module, variables = model["module"], model["variables"]
    elif isinstance(model, tuple) and len(model) == 2:
        module, variables = model
    else:
        return None
    known = isinstance(module, linen.Module) and isinstance(variables, Mapping)
    return (module, variables) if known else None


def _given(X: Any) -> Any:
    return X.to_numpy() if hasattr(X, "to_numpy") else X


def _plain(outputs: Any) -> Any:
    import jax

    return jax.tree.map(np.asarray, outputs)
