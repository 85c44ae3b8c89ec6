"""PyTorch: tensors, modules, optimizers and schedulers."""

from __future__ import annotations

from collections.abc import Iterable

from holotype.graph.table import Entry
from holotype.types.torch.dtypes import small_entries
from holotype.types.torch.functions import function_entries
from holotype.types.torch.modules import module_entries
from holotype.types.torch.optim import optimizer_entries
from holotype.types.torch.refused import refused_entries
from holotype.types.torch.tensors import tensor_entries

__all__ = ["entries"]


def entries() -> Iterable[Entry]:
    """The entries of this library."""
    yield from small_entries()
    yield from tensor_entries()
    yield from module_entries()
    yield from function_entries()
    yield from optimizer_entries()
    yield from refused_entries()
