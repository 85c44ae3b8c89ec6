"""What a module of PyTorch answers: its forward pass, in evaluation mode and without gradients.

Rule: asking changes nothing in the model. Modes of training are put back, and layers that draw
random numbers draw the same ones every time, from a state that is put back too.
"""

from __future__ import annotations

import sys
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["answers"]


def answers(model: Any) -> Mapping[str, Callable[[Any], Any]] | None:
    """The forward pass of a module; None for what is no module.

    X is a tensor, an array or a DataFrame (of the dtype of the module's parameters if it holds
    floating numbers), a tuple of arguments, or a dict of named ones.
    """
    torch = sys.modules.get("torch")
    if torch is None or not isinstance(model, torch.nn.Module):
        return None

    def forward(x: Any) -> Any:
        with _undisturbed(torch, model):
            if isinstance(x, Mapping):
                return _plain(model(**{name: _tensor(torch, model, x[name]) for name in x}))
            given = x if isinstance(x, tuple) else (x,)
            return _plain(model(*(_tensor(torch, model, each) for each in given)))

    return {"forward": forward}


@contextmanager
def _undisturbed(torch: Any, model: Any) -> Iterator[None]:
    modes = [(module, module.training) for module in model.modules()]
    with torch.random.fork_rng(devices=[]), torch.no_grad():
        torch.manual_seed(0)
        model.eval()
        try:
            yield
        finally:
            for module, training in modes:
                module.training = training


def _tensor(torch: Any, model: Any, value: Any) -> Any:
    """A tensor of what a user hands over."""
    if hasattr(value, "to_numpy"):
        value = value.to_numpy()
    if not isinstance(value, np.ndarray):
        return value
    tensor = torch.from_numpy(np.array(value, order="C"))
    floating = (each.dtype for each in model.parameters() if each.is_floating_point())
    dtype = next(floating, None)
    return tensor if dtype is None or not tensor.is_floating_point() else tensor.to(dtype)


def _plain(value: Any) -> Any:
    """Outputs with arrays in the place of tensors, where NumPy has their dtype."""
    if isinstance(value, Mapping):
        return {name: _plain(value[name]) for name in value}
    if isinstance(value, (list, tuple)):
        parts = [_plain(each) for each in value]
        return parts if isinstance(value, list) else tuple(parts)
    if not hasattr(value, "detach"):
        return value
    found = value.detach()
    try:
        return found.numpy().copy()
    except (TypeError, RuntimeError):  # bfloat16 and others; sparse ones
        return found.clone()
