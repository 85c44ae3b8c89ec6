"""Sparse tensors of PyTorch: coordinates, and compressed rows or columns.

The arguments: the name of the layout, its index arrays, the values, their dtype where the array
does not say it, the shape, whether it is coalesced (of coordinates; None otherwise), and whether it
requires gradients. Rule: every index is inside of the shape, and rows do not run backwards.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Reduced
from holotype.types.torch.dtypes import DTYPES, EXOTIC, is_shape, stored_dtype

__all__ = ["build_sparse", "check_sparse", "is_sparse_form", "reduce_sparse"]

AnyArray = npt.NDArray[Any]
_COMPRESSED = ("sparse_csr", "sparse_csc")
_MAX_DENSE = 1 << 40  # elements of the dense form


def is_sparse_form(name: Any) -> bool:
    """Whether it is the name of a layout that is known here."""
    return name == "sparse_coo" or name in _COMPRESSED


def reduce_sparse(obj: Any) -> Reduced:
    """Take a live sparse tensor apart."""
    form = str(obj.layout).removeprefix("torch.")
    if not is_sparse_form(form):
        raise UnsupportedError(
            "", f"tensors of layout {form} are not in the table.", "Save tensor.to_dense()."
        )
    indices: tuple[Any, ...]
    if form == "sparse_coo":
        indices, coalesced = (obj._indices(),), obj.is_coalesced()
        values = obj._values()
    else:
        rows = form == "sparse_csr"
        indices = (
            (obj.crow_indices(), obj.col_indices())
            if rows
            else (obj.ccol_indices(), obj.row_indices())
        )
        values, coalesced = obj.values(), None
    values = values.detach()
    dtype = str(obj.dtype).removeprefix("torch.")
    if dtype not in DTYPES and dtype not in EXOTIC:
        raise UnsupportedError("", f"sparse tensors of dtype {dtype} are not in the table.")
    held = tuple(np.ascontiguousarray(index.detach().numpy()) for index in indices)
    exotic = dtype if dtype in EXOTIC else None
    grad = True if obj.requires_grad else None
    elements = np.ascontiguousarray(_numbers(values, dtype))
    return Reduced((form, *held, elements, exotic, tuple(obj.shape), coalesced, grad))


def _numbers(values: Any, dtype: str) -> AnyArray:
    import torch

    if dtype in DTYPES:
        found: AnyArray = values.numpy()
        return found
    held = stored_dtype(dtype)
    bits: AnyArray = values.contiguous().view(getattr(torch, f"int{8 * held.itemsize}")).numpy()
    return bits.view(held)


def _parts(args: Sequence[Any]) -> tuple[str, Sequence[Any], Any, Any, Any, Any, Any]:
    form = args[0]
    middle = 2 if form == "sparse_coo" else 3
    values, dtype, shape, coalesced, grad = args[middle:]
    return form, args[1:middle], values, dtype, shape, coalesced, grad


def check_sparse(shadow: Shadow) -> tuple[str, tuple[int, ...]]:
    """Demand that a sparse tensor is one; its dtype and shape."""
    form = shadow.arg(0)
    if not is_sparse_form(form):
        raise shadow.fail("there are no tensors of this layout")
    args = shadow.args(7 if form == "sparse_coo" else 8)
    _, indices, values, exotic, shape, coalesced, grad = _parts(args)
    held = shadow.as_array(values, "values")
    name = exotic or next((key for key, text in DTYPES.items() if text == held.dtype.str), None)
    if name is None or (exotic is not None and exotic not in EXOTIC):
        raise shadow.fail("there are no tensors of this dtype")
    if held.dtype != stored_dtype(name) or not is_shape(shape):
        raise shadow.fail("its values or its shape are not those of a tensor")
    real = name in EXOTIC or held.dtype.kind in "fc"
    if grad not in (None, True) or (grad and not real):
        raise shadow.fail("it cannot require gradients")
    if math.prod(max(size, 1) for size in shape) > _MAX_DENSE:
        raise shadow.fail("it claims too many elements")
    if form == "sparse_coo":
        _check_coordinates(shadow, indices[0], held, shape, coalesced)
    else:
        _check_compressed(shadow, form, indices, held, shape)
    return name, shape


def _check_coordinates(
    shadow: Shadow, given: Any, values: AnyArray, shape: tuple[int, ...], coalesced: Any
) -> None:
    indices = shadow.as_array(given, "indices", ndim=2, dtype="<i8")
    count, entries = indices.shape
    if type(coalesced) is not bool:
        raise shadow.fail("whether it is coalesced is no truth value")
    if count > len(shape) or values.shape != (entries, *shape[count:]):
        raise shadow.fail("its values do not fit its indices and shape")
    sizes = np.array(shape[:count], np.int64)[:, None]
    if entries and ((indices < 0) | (indices >= sizes)).any():
        raise shadow.fail("an index is out of bounds")
    if coalesced and entries > 1 and count:
        flat = np.zeros(entries, np.int64)
        for row, size in zip(indices, shape, strict=False):
            flat = flat * size + row
        if (np.diff(flat) <= 0).any():
            raise shadow.fail("it is not coalesced")
    if coalesced and entries > 1 and not count:
        raise shadow.fail("it is not coalesced")


def _check_compressed(
    shadow: Shadow, form: str, given: Sequence[Any], values: AnyArray, shape: tuple[int, ...]
) -> None:
    starts = shadow.as_array(given[0], "the starts of rows", ndim=1, kind="i")
    others = shadow.as_array(given[1], "the indices in rows", ndim=1, dtype=starts.dtype.str)
    if len(shape) < 2 or starts.itemsize < 4:
        raise shadow.fail("it is not a matrix, or a stack of them")
    rows, columns = shape[:2] if form == "sparse_csr" else shape[1::-1]
    if values.shape != (len(others), *shape[2:]) or len(starts) != rows + 1:
        raise shadow.fail("its parts do not fit its shape")
    if starts[0] != 0 or starts[-1] != len(others) or (np.diff(starts) < 0).any():
        raise shadow.fail("its rows do not follow each other")
    if len(others) == 0:
        return
    if others.min() < 0 or others.max() >= columns:
        raise shadow.fail("an index is out of bounds")
    same_row = np.ones(len(others), np.bool_)
    same_row[starts[:-1][starts[:-1] < len(others)]] = False
    if (np.diff(others)[same_row[1:]] <= 0).any():
        raise shadow.fail("the indices in a row do not rise")


def build_sparse(args: Sequence[Any]) -> Any:
    """A live sparse tensor of checked parts."""
    import torch

    form, indices, values, dtype, shape, coalesced, grad = _parts(args)
    held = [torch.from_numpy(index) for index in indices]
    elements = torch.from_numpy(values)
    if dtype is not None:
        signed = values.view(f"i{values.itemsize}")
        elements = torch.from_numpy(signed).view(getattr(torch, dtype))
    if form == "sparse_coo":
        made = torch.sparse_coo_tensor(
            held[0], elements, shape, check_invariants=True, is_coalesced=coalesced
        )
    else:
        make = torch.sparse_csr_tensor if form == "sparse_csr" else torch.sparse_csc_tensor
        made = make(*held, elements, shape, check_invariants=True)
    return made.requires_grad_() if grad else made
