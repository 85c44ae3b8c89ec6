"""Tensors, parameters and random states of PyTorch.

`torch.Tensor` and `torch.nn.Parameter` are calls with the arguments *elements* (an array or a
storage), *dtype* (where the array's does not say it), *layout* and *requires_grad*; trailing ones
that say nothing are left out. A sparse tensor begins with the name of its layout. Attributes that
somebody gave a tensor are its state.

Rules: elements are handed over in both directions without being copied; what is not data of this
process's memory (a graph of gradients, a device) is refused with what to do.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NamedTuple

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import ABSENT, Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.torch.dtypes import DTYPES, EXOTIC, stored_dtype
from holotype.types.torch.sparse import (
    build_sparse,
    check_sparse,
    reduce_sparse,
)
from holotype.types.torch.storage import (
    STORAGE,
    BuiltStorage,
    Layout,
    Piece,
    check_elements,
    contiguous_strides,
    is_whole,
    plain_dtype,
    relate_tensor,
    storage_of,
)

__all__ = ["PARAMETER", "TENSOR", "Facts", "facts_of", "piece_of", "tensor_entries"]

TENSOR = "torch.Tensor"
PARAMETER = "torch.nn.Parameter"
_FLOATING = "fc"


class Facts(NamedTuple):
    """What a validator may ask of a tensor.

    ``whole`` is whether no element stands for several, as after ``expand``: some kernels take the
    number of elements for what they may read.
    """

    dtype: str
    shape: tuple[int, ...]
    form: str = "strided"
    whole: bool = True

    @property
    def is_real(self) -> bool:
        """Whether gradients can flow to it: floating or complex."""
        return self.dtype in EXOTIC or stored_dtype(self.dtype).kind in _FLOATING


def facts_of(shadow: Shadow) -> Facts:
    """Check a tensor and say what it is."""
    first = shadow.arg(0)
    if isinstance(first, str):
        dtype, shape = check_sparse(shadow)
        return Facts(dtype, shape, first)
    source, dtype, layout, grad = (*shadow.args(1, 4), None, None, None)[:4]
    plain = plain_dtype(source, dtype, layout)
    if plain is not None:
        facts = Facts(plain, source.shape)
    else:
        name, found = check_elements(shadow, source, dtype, layout)
        facts = Facts(name, found.shape, whole=is_whole(found))
    if grad is not None and type(grad) is not bool:
        raise shadow.fail("whether it requires gradients is no truth value")
    wanted = shadow.key == PARAMETER if grad is None else grad
    if wanted and not facts.is_real:
        raise shadow.fail("only floating and complex tensors can require gradients")
    return facts


# -- on the way out ------------------------------------------------------------------------------


def _refuse(problem: str, advice: str = "") -> UnsupportedError:
    return UnsupportedError("", problem, advice)


def _demand_plain(obj: Any) -> None:
    """Refuse what a tensor may be beside its elements."""
    if obj.device.type == "meta":
        raise _refuse("a tensor on the meta device has no elements.", "Fill it before saving.")
    if obj.device.type != "cpu":
        raise _refuse(
            f"a tensor on {obj.device} would come back on the CPU.",
            "Move it there first: model.cpu() or tensor.cpu().",
        )
    if not obj.is_leaf:
        raise _refuse("a tensor is a step in a graph of gradients.", "Save tensor.detach().")
    if obj._backward_hooks:
        raise _refuse("a tensor has hooks for its gradient.", "Remove them before saving.")
    if obj.is_quantized:
        raise _refuse("quantized tensors are not in the table.", "Save tensor.dequantize().")
    if obj.is_nested:
        raise _refuse("nested tensors are not in the table.", "Save tensor.unbind() as a list.")
    if obj.is_conj() or obj.is_neg():
        raise _refuse(
            "a tensor is a conjugate or negative that is not computed yet.",
            "Save tensor.resolve_conj().resolve_neg().",
        )
    if any(name is not None for name in getattr(obj, "names", ())):
        raise _refuse("a tensor has named dimensions.", "Save tensor.rename(None).")


def piece_of(obj: Any) -> Piece:
    """A live strided tensor as a piece of its storage."""
    import torch

    dtype = str(obj.dtype).removeprefix("torch.")
    if dtype not in DTYPES and dtype not in EXOTIC:
        raise _refuse(f"tensors of dtype {dtype} are not in the table.", "Convert it first.")
    storage = obj.untyped_storage()
    with torch.no_grad():
        flat = torch.empty(0, dtype=torch.uint8).set_(storage, 0, (storage.nbytes(),), (1,))
    layout = Layout(tuple(obj.shape), tuple(obj.stride()), obj.storage_offset())
    return Piece(storage._cdata, flat.numpy(), dtype, layout, id(obj))


def _attributes(obj: Any) -> dict[str, Any] | None:
    found = vars(obj)
    for name in sorted(found):
        _demand_free(type(obj), name)
    return dict(found) or None


def _demand_free(cls: Any, name: str) -> None:
    if not name.isidentifier() or name[:2] == "__" or hasattr(cls, name):
        raise _refuse(f"a tensor's own attribute {name!r} covers one of its class.", "Delete it.")


def _reduce(obj: Any) -> Reduced:
    import torch

    _demand_plain(obj)
    if obj.layout is not torch.strided:
        return reduce_sparse(obj)._replace(state=_attributes(obj))
    default = type(obj) is not torch.Tensor
    grad = None if obj.requires_grad is default else obj.requires_grad
    return Reduced((piece_of(obj), grad), _attributes(obj))


# -- on the way in -------------------------------------------------------------------------------


def _tensor(source: Any, dtype: str | None, layout: Any) -> Any:
    """A tensor over an array or storage, of which it is no view."""
    import torch

    if isinstance(source, BuiltStorage):
        storage, shape, name = source
    else:
        if dtype is None and layout is None and source.size:
            made = torch.from_numpy(source)
            # The stride along an axis of size 1 is whatever NumPy has it.
            if 1 not in source.shape or made.stride() == contiguous_strides(source.shape):
                return made
        name = next((name for name, held in DTYPES.items() if held == source.dtype.str), "")
        storage, shape = storage_of(source), source.shape
    where = Layout(*layout) if layout else Layout(shape, contiguous_strides(shape))
    empty = torch.empty(0, dtype=getattr(torch, dtype or name))
    return empty.set_(storage, where.offset, where.shape, where.strides)


def _build(cls: Any, args: Sequence[Any]) -> Any:
    import torch

    if isinstance(args[0], str):
        return build_sparse(args)
    source, dtype, layout, grad = (*args, None, None, None)[:4]
    made = _tensor(source, dtype, layout)
    if cls is not torch.Tensor:
        return cls(made, requires_grad=grad is None)
    return made.requires_grad_() if grad else made


def _set_attributes(obj: Any, state: Any) -> None:
    for name in state:
        _demand_free(type(obj), name)
    obj.__dict__.update(state)


def _check(shadow: Shadow) -> None:
    facts = facts_of(shadow)
    if shadow.key == PARAMETER and facts.form != "strided":
        raise shadow.fail("sparse parameters are not known")
    state = shadow.state()
    if state is ABSENT:
        return
    if not isinstance(state, dict) or not all(map(str.isidentifier, state)):
        raise shadow.fail("its state is not attributes by name")


# -- random states -------------------------------------------------------------------------------

# What at::CPUGeneratorImpl writes down: seed, words left, whether it is seeded, the next word, the
# words of a Mersenne Twister, then normal numbers that are kept for the next call.
_GENERATOR = np.dtype(
    [
        ("seed", "<u8"),
        ("left", "<i4"),
        ("seeded", "<i4"),
        ("next", "<u8"),
        ("words", "<u8", (624,)),
        ("normal", "V40"),
    ]
)


def _reduce_generator(obj: Any) -> Reduced:
    if obj.device.type != "cpu":
        raise _refuse("a generator of another device than the CPU.", "Leave it out.")
    return Reduced((obj.get_state().numpy(),))


def _build_generator(cls: Any, args: Sequence[Any]) -> Any:
    import torch

    made = cls()
    made.set_state(torch.from_numpy(args[0]))
    return made


def _check_generator(shadow: Shadow) -> None:
    (state,) = shadow.args(1)
    held = shadow.as_array(state, "its state", ndim=1, dtype="|u1")
    if held.nbytes != _GENERATOR.itemsize:
        raise shadow.fail("its state has another size")
    fields = held.view(_GENERATOR)[0]
    left, following = int(fields["left"]), int(fields["next"])
    if fields["seeded"] != 1 or not 1 <= left <= 624 or not 0 <= following <= 624:
        raise shadow.fail("its position is out of bounds")
    if (fields["words"] >> np.uint64(32)).any():
        raise shadow.fail("its words have more than 32 bits")


def tensor_entries() -> Iterable[Entry]:
    """The entries of tensors and what they are made of."""
    common: dict[str, Any] = {
        "kind": "call",
        "quiet": True,
        "reduce": _reduce,
        "relate": relate_tensor,
        "build": _build,
        "setstate": _set_attributes,
        "check": _check,
    }
    yield Entry(key=TENSOR, where=("torch:Tensor", "torch._tensor:Tensor"), **common)
    yield Entry(
        key=PARAMETER, where=("torch.nn:Parameter", "torch.nn.parameter:Parameter"), **common
    )
    yield STORAGE
    yield Entry(
        key="torch.Generator",
        where=("torch:Generator", "torch._C:Generator"),
        kind="call",
        reduce=_reduce_generator,
        build=_build_generator,
        check=_check_generator,
    )
