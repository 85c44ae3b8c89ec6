"""Functions of PyTorch that models refer to by name, such as the activation of a transformer."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry

__all__ = ["function_entries"]

_FUNCTIONAL = (
    "adaptive_avg_pool1d adaptive_avg_pool2d avg_pool1d avg_pool2d binary_cross_entropy "
    "binary_cross_entropy_with_logits celu cosine_similarity cross_entropy dropout elu gelu glu "
    "hardsigmoid hardswish hardtanh huber_loss interpolate kl_div l1_loss layer_norm leaky_relu "
    "linear log_softmax logsigmoid max_pool1d max_pool2d mish mse_loss nll_loss normalize "
    "one_hot pad prelu relu relu6 rrelu selu sigmoid silu smooth_l1_loss softmax softmin "
    "softplus softshrink softsign tanh tanhshrink threshold"
)


def function_entries() -> Iterable[Entry]:
    """The entries of these functions."""
    for name in _FUNCTIONAL.split():
        where = (f"torch.nn.functional:{name}", f"torch._C._nn:{name}")
        yield Entry(key=f"torch.nn.functional.{name}", where=where, kind="name")
