"""What PyTorch wraps around modules and tensors, which is no data: each is refused with what to do.

Rule: these stand in the table only so that saving them says what to save instead; nothing of them
is ever built.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced

__all__ = ["refused_entries"]

_LAZY = "a lazy module has not seen its first input.", "Call it once before saving."
_SCRIPT = (
    "TorchScript is compiled code, which is no data.",
    "Save the module that it was made of, or its state_dict().",
)
# Their own way to be taken apart ends in torch.load, which a trusted name would then run.
_STORAGE = (
    "a storage without a tensor, or the tensor of a class of its own, is not in the table.",
    "Save a plain tensor: torch.Tensor.as_subclass(tensor, torch.Tensor).",
)
_WRAPPED = (
    "a module that is spread over devices or processes is more than its data.",
    "Save what it wraps: model.module.",
)
_LAYERS = (
    "BatchNorm1d BatchNorm2d BatchNorm3d Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d "
    "ConvTranspose3d InstanceNorm1d InstanceNorm2d InstanceNorm3d"
)
_HOMES = {"Batch": "batchnorm", "ConvT": "conv", "Conv1": "conv", "Conv2": "conv", "Conv3": "conv"}

# By where each is defined: what it is, and what to do.
_REFUSED: dict[str, tuple[str, str]] = {
    "torch._dynamo.eval_frame:OptimizedModule": (
        "a module of torch.compile holds compiled code.",
        "Save what it was made of: model._orig_mod.",
    ),
    "torch.distributed.fsdp.fully_sharded_data_parallel:FullyShardedDataParallel": _WRAPPED,
    "torch.fx.graph_module:GraphModule": (
        "a module of torch.fx is generated code.",
        "Save the module that it was traced from, or its state_dict().",
    ),
    "torch.jit._script:RecursiveScriptModule": _SCRIPT,
    "torch.jit._script:ScriptModule": _SCRIPT,
    "torch.jit._trace:TopLevelTracedModule": _SCRIPT,
    "torch.jit._trace:TracedModule": _SCRIPT,
    "torch.nn.modules.linear:LazyLinear": _LAZY,
    "torch.nn.parallel.data_parallel:DataParallel": _WRAPPED,
    "torch.nn.parallel.distributed:DistributedDataParallel": _WRAPPED,
    "torch.nn.parameter:UninitializedBuffer": _LAZY,
    "torch.nn.parameter:UninitializedParameter": _LAZY,
    "torch.storage:TypedStorage": _STORAGE,
    "torch.storage:UntypedStorage": _STORAGE,
    **{
        f"torch.nn.modules.{_HOMES.get(name[:5], 'instancenorm')}:Lazy{name}": _LAZY
        for name in _LAYERS.split()
    },
}


def _refuse(problem: str, advice: str) -> Callable[[Any], Reduced]:
    def reduce(obj: Any) -> Reduced:
        raise UnsupportedError("", problem, advice)

    return reduce


def _check(shadow: Shadow) -> None:
    raise shadow.fail("nothing of this kind is ever built")


def refused_entries() -> Iterable[Entry]:
    """An entry for each, by which it is recognised."""
    for where, words in _REFUSED.items():
        yield Entry(
            key=where.replace(":", "."),
            where=(where,),
            kind="call",
            reduce=_refuse(*words),
            check=_check,
            refused=True,
        )
