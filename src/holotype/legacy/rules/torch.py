"""PyTorch: tensors over the storages of a file, modules, optimizers, schedulers.

The pickle of ``torch.save`` says of each tensor which storage it looks into and how. Rule: no
tensor is believed that reaches outside of its storage, and no storage whose size is another than
the one that is stated.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.graph.specimen import Named, Specimen
from holotype.graph.table import Entry, Reduced
from holotype.legacy.rules.taken import Foreign, FunctionRule, Odd, Taken, TypeRule
from holotype.legacy.symbols import Global
from holotype.legacy.torchsave import Storage
from holotype.types.table import type_table
from holotype.types.torch.dtypes import DTYPES, EXOTIC, is_shape, stored_dtype
from holotype.types.torch.layers import LAYERS
from holotype.types.torch.modules import HOOKS, own_attributes, state_of
from holotype.types.torch.optim import OPTIMIZERS, SCHEDULERS, reduce_parts, reduce_schedule
from holotype.types.torch.parts import Odd as OddLayer
from holotype.types.torch.parts import Parts
from holotype.types.torch.storage import Layout, Piece

__all__ = ["FUNCTIONS", "TYPES", "constant"]

_SYNONYMS = {
    "bool": "bool",
    "double": "float64",
    "float": "float32",
    "half": "float16",
    "int": "int32",
    "long": "int64",
    "short": "int16",
    "cfloat": "complex64",
    "cdouble": "complex128",
}


def _entry(key: str) -> Entry:
    entry = type_table().entry(key)
    if entry is None:
        raise AssertionError(f"{key} is not in the table")
    return entry


def constant(origin: str) -> Specimen | None:
    """What a global of a file is that is one of torch's dtypes."""
    module, _, name = origin.partition(":")
    name = _SYNONYMS.get(name, name)
    if module != "torch" or not (name in DTYPES or name in EXOTIC):
        return None
    return Specimen(_entry("torch.dtype"), Reduced((name,)))


# -- tensors -------------------------------------------------------------------------------------


def _hooks(value: Any) -> None:
    empty = isinstance(value, Specimen) and not value.reduced.pairs and not value.reduced.args
    if not empty and value not in (None, {}):
        raise Odd("a tensor has hooks")


def _layout(storage: Storage, itemsize: int, offset: Any, shape: Any, strides: Any) -> Layout:
    shape, strides = (_sizes(value) for value in (shape, strides))
    if not is_shape(shape) or not is_shape(strides) or len(shape) != len(strides):
        raise Odd("the shape and the strides of a tensor do not fit each other")
    if type(offset) is not int or offset < 0:
        raise Odd("a tensor begins before its storage")
    last = sum((size - 1) * step for size, step in zip(shape, strides, strict=True))
    if 0 not in shape and (offset + last + 1) * itemsize > len(storage.data):
        raise Odd("a tensor reaches outside of its storage")
    return Layout(shape, strides, offset)


def _sizes(value: Any) -> Any:
    if isinstance(value, Specimen) and value.entry.key == "torch.Size" and value.reduced.args:
        return value.reduced.args[0]
    return tuple(value) if type(value) is list else value


def _piece(storage: Any, dtype: str, offset: Any, shape: Any, strides: Any) -> Piece:
    if type(storage) is not Storage:
        raise Odd("a tensor has no storage")
    if dtype not in DTYPES and dtype not in EXOTIC:
        raise Odd(f"tensors of dtype {dtype} are not in the table")
    layout = _layout(storage, stored_dtype(dtype).itemsize, offset, shape, strides)
    made = Piece(("file", storage.key), storage.bytes_of(dtype), dtype, layout, 0)
    made.who = id(made)
    return made


def _tensor(piece: Piece, grad: Any, state: Any = None) -> Specimen:
    if type(grad) is not bool:
        raise Odd("whether a tensor requires gradients is no truth value")
    return Specimen(_entry("torch.Tensor"), Reduced((piece, grad or None), state))


def _rebuilt(args: Sequence[Any], state: Any = None) -> Specimen:
    """``_rebuild_tensor_v2``."""
    if not 6 <= len(args) <= 7 or (len(args) == 7 and args[6]):
        raise Odd("a tensor has metadata that is not known")
    storage, offset, shape, strides, grad, hooks = args[:6]
    _hooks(hooks)
    if type(storage) is not Storage:
        raise Odd("a tensor has no storage")
    return _tensor(_piece(storage, storage.dtype, offset, shape, strides), grad, state)


def _rebuilt_untyped(args: Sequence[Any], state: Any = None) -> Specimen:
    """``_rebuild_tensor_v3``."""
    if not 7 <= len(args) <= 8 or (len(args) == 8 and args[7]):
        raise Odd("a tensor has metadata that is not known")
    storage, offset, shape, strides, grad, hooks, dtype = args[:7]
    _hooks(hooks)
    return _tensor(_piece(storage, _dtype_name(dtype), offset, shape, strides), grad, state)


def _dtype_name(value: Any) -> str:
    made = constant(f"{value.module}:{value.name}") if type(value) is Global else value
    if not isinstance(made, Specimen) or made.entry.key != "torch.dtype":
        raise Odd("the dtype of a tensor is none")
    return str(made.reduced.args[0])


def _rebuild_v1(taken: Taken) -> Specimen:
    storage, offset, shape, strides = taken.arguments(4)
    return _rebuilt((storage, offset, shape, strides, False, None))


def _rebuild_v2(taken: Taken) -> Specimen:
    return _rebuilt(taken.arguments(6, 7))


def _rebuild_v3(taken: Taken) -> Specimen:
    return _rebuilt_untyped(taken.arguments(7, 8))


def _parameter(taken: Taken) -> Specimen:
    data, grad, hooks, *state = taken.arguments(3, 4)
    _hooks(hooks)
    return _as_parameter(data, grad, _own(state[0]) if state else None)


def _as_parameter(data: Any, grad: Any, state: Any) -> Specimen:
    piece = data.reduced.args[0] if _is_tensor(data) else None
    if type(piece) is not Piece or type(grad) is not bool:
        raise Odd("a parameter is not made of a tensor")
    own = Piece(piece.storage, piece.memory, piece.dtype, piece.layout, 0)
    own.who = id(own)
    return Specimen(_entry("torch.nn.Parameter"), Reduced((own, None if grad else False), state))


def _is_tensor(value: Any) -> bool:
    return isinstance(value, Specimen) and value.entry.key == "torch.Tensor"


def _own(state: Any) -> Any:
    """The attributes that somebody gave a tensor."""
    if type(state) is tuple and len(state) == 2 and not state[1]:
        state = state[0]
    if state is None or type(state) is dict:
        return state or None
    raise Odd("the attributes of a tensor are not a dict")


def _from_type(taken: Taken) -> Specimen:
    function, cls, args, state = taken.arguments(4)
    if type(function) is not Global or type(cls) is not Global or type(args) is not tuple:
        raise Odd("a tensor is made in a way that is not known")
    if (cls.module, cls.name) != ("torch", "Tensor") or function.module != "torch._utils":
        raise Odd(f"a tensor is of the class {cls.module}.{cls.name}"[:200])
    make = {"_rebuild_tensor_v2": _rebuilt, "_rebuild_tensor_v3": _rebuilt_untyped}
    if function.name not in make:
        raise Odd("a tensor is made in a way that is not known")
    return make[function.name](args, _own(state))


# -- sparse tensors ------------------------------------------------------------------------------


def _elements(value: Any) -> tuple[npt.NDArray[Any], str]:
    """The elements of a tensor that is a part of another, row by row; and their dtype."""
    piece = value.reduced.args[0] if _is_tensor(value) else None
    if type(piece) is not Piece:
        raise Odd("a part of a sparse tensor is not a tensor")
    size = math.prod(piece.layout.shape)
    if size * piece.itemsize > max(len(piece.memory), 1):
        raise Odd("a part of a sparse tensor repeats its elements")
    start, stop = piece.span()
    steps = [step * piece.itemsize for step in piece.layout.strides]
    flat = np.frombuffer(piece.elements(start, stop).tobytes(), stored_dtype(piece.dtype))
    laid = np.lib.stride_tricks.as_strided(flat, piece.layout.shape, steps)
    return np.ascontiguousarray(laid).reshape(piece.layout.shape), piece.dtype


def _sparse(taken: Taken) -> Specimen:
    layout, data = taken.arguments(2)
    form = _constant_name(layout, "torch.layout")
    if form not in ("sparse_coo", "sparse_csr", "sparse_csc") or type(data) is not tuple:
        raise Odd(f"sparse tensors of layout {form} are not in the table")
    if len(data) != 4:
        raise Odd("a sparse tensor is not made of its four parts")
    coalesced = None
    if form == "sparse_coo":
        *indices, values, shape, coalesced = data
    else:
        *indices, values, shape = data
    held, dtype = _elements(values)
    exotic = dtype if dtype in EXOTIC else None
    arrays = [_elements(index)[0] for index in indices]
    args = (form, *arrays, held, exotic, _sizes(shape), coalesced, None)
    return Specimen(_entry("torch.Tensor"), Reduced(args))


def _constant_name(value: Any, key: str) -> str:
    if not isinstance(value, Specimen) or value.entry.key != key:
        raise Odd(f"it is no {key}")
    return str(value.reduced.args[0])


# -- small values --------------------------------------------------------------------------------


def _get_layout(taken: Taken) -> Specimen:
    (name,) = taken.arguments(1)
    if type(name) is not str or not name.startswith("torch."):
        raise Odd("it is the name of no layout")
    return Specimen(_entry("torch.layout"), Reduced((name.removeprefix("torch."),)))


def _device(taken: Taken) -> Reduced:
    kind, *index = taken.arguments(1, 2)
    if type(kind) is str and ":" in kind and not index:
        kind, _, number = kind.partition(":")
        if not number.isdecimal():
            raise Odd("the number of a device is none")
        index = [int(number)]
    taken.no_state()
    return Reduced((kind, index[0] if index else None))


def _generator(taken: Taken) -> Reduced:
    (device,) = taken.arguments(1)
    state = taken.plain_state()
    kind = device.reduced.args[0] if isinstance(device, Specimen) and device.reduced.args else None
    if kind != "cpu" or type(state) is not tuple or len(state) != 3:
        raise Odd("a random generator is not one of the CPU")
    return Reduced((_elements(state[2])[0],))


# -- modules, optimizers, schedulers ---------------------------------------------------------------


def _mapping(value: Any) -> dict[Any, Any]:
    if type(value) is dict:
        return value
    if isinstance(value, Specimen) and value.entry.key in (
        "collections.OrderedDict",
        "collections.defaultdict",
    ):
        return dict(value.reduced.pairs or ())
    raise Odd("what should be a dict is none")


def _module(name: str) -> TypeRule:
    def rule(taken: Taken) -> Reduced:
        given = dict(taken.instance())
        for kept in ("_parameters", "_buffers", "_modules"):
            given[kept] = _mapping(given.get(kept, {}))
        if any(_mapping(given[hook]) for hook in HOOKS if given.get(hook) is not None):
            raise Odd("a module has hooks, which are no data")
        if type(given.get("training")) is not bool:
            raise Odd("a module does not say whether it is training")
        if name in ("GRU", "LSTM", "RNN"):
            given.setdefault("proj_size", 0)  # before torch 1.8
        own = {each: _plain(given[each]) for each in own_attributes(given)}
        parts = Parts(name, own, given["_parameters"], given["_buffers"], given["_modules"])
        try:
            return Reduced(state=state_of(given, parts)[0])
        except OddLayer as error:
            raise Odd(str(error)) from None

    return rule


def _plain(value: Any) -> Any:
    if isinstance(value, Named):
        return value.entry.key
    return _sizes(value) if isinstance(value, Specimen) else value


def _optimizer(name: str) -> TypeRule:
    def rule(taken: Taken) -> Reduced:
        given = taken.instance()
        if type(given.get("param_groups")) is not list:
            raise Odd("an optimizer has no groups of parameters")
        state = _mapping(given.get("state"))
        return reduce_parts(name, _mapping(given.get("defaults")), given["param_groups"], state)

    return rule


def _scheduler(taken: Taken) -> Reduced:
    return reduce_schedule(taken.instance())


def _outside(taken: Taken) -> Foreign:
    name = taken.name.replace(":", ".")
    return Foreign(name, taken, "makes a kind of tensor that is not in the table")


FUNCTIONS: dict[str, FunctionRule] = {
    "torch._tensor:_rebuild_from_type_v2": _from_type,
    "torch._utils:_rebuild_parameter": _parameter,
    "torch._utils:_rebuild_parameter_with_state": _parameter,
    "torch._utils:_rebuild_sparse_tensor": _sparse,
    "torch._utils:_rebuild_tensor": _rebuild_v1,
    "torch._utils:_rebuild_tensor_v2": _rebuild_v2,
    "torch._utils:_rebuild_tensor_v3": _rebuild_v3,
    "torch._utils:_rebuild_qtensor": _outside,
    "torch.serialization:_get_layout": _get_layout,
}

TYPES: dict[str, TypeRule] = {
    "torch.Generator": _generator,
    "torch.device": _device,
    **{f"torch.nn.{name}": _module(name) for name in LAYERS},
    **{f"torch.optim.{name}": _optimizer(name) for name in OPTIMIZERS.values()},
    **{f"torch.optim.lr_scheduler.{name}": _scheduler for name in SCHEDULERS.split()},
}
