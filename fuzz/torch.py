"""Networks, tensors and optimizers of PyTorch, and how they are asked."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

import numpy as np

from holotype.types.torch.answers import answers

__all__ = ["others", "questions"]

_INPUTS: tuple[Any, ...] = (
    np.ones((2, 4)),
    np.ones((1, 3, 8, 8)),
    np.ones((3, 2, 4)),
    np.array([[1, 2, 3]]),
    (np.ones((2, 3, 4)), np.ones((2, 3, 4)), np.ones((2, 3, 4))),
    (np.ones((2, 3, 4)), np.ones((2, 3, 4))),
)


def others() -> dict[str, Callable[[], Any]]:
    """Makers by name; none where PyTorch is not installed."""
    try:
        import torch
    except ImportError:
        return {}
    torch.manual_seed(0)
    torch.set_num_threads(1)
    nn = torch.nn
    table = torch.arange(24.0).reshape(6, 4)
    return {
        "torch tensors": lambda: {
            "whole": table,
            "rows": table[1:3],
            "column": table[:, 1],
            "bits": table.view(torch.int32),
            "turned": torch.ones(3, 2).t(),
            "stretched": torch.ones(3, 1).expand(3, 4),
            "half": torch.ones(3, dtype=torch.bfloat16),
            "flags": torch.tensor([True, False]),
            "empty": torch.empty(0, 3),
            "generator": torch.Generator(),
        },
        "torch sparse": lambda: [
            torch.eye(4).to_sparse(),
            torch.eye(4).to_sparse_csr(),
            torch.eye(4).to_sparse_csc(),
        ],
        "torch rows": lambda: nn.Sequential(
            nn.Linear(4, 6), nn.BatchNorm1d(6), nn.ELU(), nn.LayerNorm(6), nn.Linear(6, 3)
        ),
        "torch images": lambda: nn.Sequential(
            nn.Conv2d(3, 4, 3, padding="same", padding_mode="reflect"),
            nn.GroupNorm(2, 4),
            nn.MaxPool2d(2),
            nn.ConvTranspose2d(4, 2, 2, stride=2),
            nn.Upsample(scale_factor=2, mode="bilinear"),
            nn.ReflectionPad2d(1),
            nn.AvgPool2d(3, stride=2, padding=1),
            nn.LocalResponseNorm(2),
            nn.Unfold(2, stride=2),
            nn.Flatten(),
        ),
        "torch pools": lambda: nn.Sequential(
            nn.FractionalMaxPool2d(2, output_size=6),
            nn.AdaptiveMaxPool2d(4),
            nn.LPPool2d(2, 2),
            nn.PixelUnshuffle(2),
            nn.PixelShuffle(2),
            nn.InstanceNorm2d(3),
            nn.Softmax2d(),
        ),
        "torch lstm": lambda: nn.LSTM(4, 3, 2, bidirectional=True, proj_size=2),
        "torch gru": lambda: nn.GRU(4, 3),
        "torch cells": lambda: nn.ModuleList(
            [nn.LSTMCell(4, 3), nn.GRUCell(4, 3), nn.RNNCell(4, 3)]
        ),
        "torch attention": lambda: nn.MultiheadAttention(4, 2, batch_first=True, add_bias_kv=True),
        "torch encoder": lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(4, 2, 8, batch_first=True), 1
        ).eval(),
        "torch decoder": lambda: nn.TransformerDecoderLayer(4, 2, 8, batch_first=True).eval(),
        "torch words": lambda: nn.Sequential(nn.Embedding(5, 4, 0, max_norm=1.0), nn.Linear(4, 2)),
        "torch bags": lambda: nn.EmbeddingBag(5, 4, mode="max"),
        "torch optimizer": _training,
    }


def _training() -> Any:
    import torch

    model = torch.nn.Linear(4, 2)
    optimizer = torch.optim.Adam(model.parameters())
    model(torch.ones(1, 4)).sum().backward()
    optimizer.step()
    return [model, optimizer, torch.optim.lr_scheduler.StepLR(optimizer, 2)]


def questions(model: Any, inputs: tuple[Any, ...]) -> Iterator[tuple[str, Callable[[], Any]]]:
    """Forward passes in both modes, steps of optimizers, and all elements of tensors."""
    import torch

    if isinstance(model, torch.nn.ModuleList):
        for part in model:
            yield from questions(part, inputs)
    elif isinstance(model, torch.nn.Module):
        asked = (answers(model) or {}).get("forward")
        for number, given in enumerate(_INPUTS):
            if asked is not None:
                yield f"forward {number}", partial(asked, given)
        yield "forward, training", lambda: model.train()(torch.ones(2, 4))
        yield "state", lambda: {name: each.sum() for name, each in model.state_dict().items()}
    elif isinstance(model, torch.optim.Optimizer):
        yield "step", partial(_step, model)
    elif isinstance(model, torch.optim.lr_scheduler.LRScheduler):
        yield "step", model.step
    elif isinstance(model, torch.Generator):
        yield "numbers", lambda: torch.randn(2000, generator=model)
    elif isinstance(model, torch.Tensor):
        yield "elements", lambda: model.to_dense().clone().sum()
        yield "product", lambda: model @ torch.ones(4)
        yield "text", lambda: repr(model)


def _step(optimizer: Any) -> None:
    import torch

    for group in optimizer.param_groups:
        for parameter in group["params"]:
            parameter.grad = torch.ones_like(parameter)
    optimizer.step()
