"""Arrays that joblib wrote into the pickle's own stream, or into files beside it.

joblib puts a small wrapper object where an array was; when its unpickler has set the wrapper's
state, it reads the array from the file at that place and goes on after it. So does this hook of the
machine, except that it notes where the elements are and does not touch them.
"""

from __future__ import annotations

from typing import Any

from holotype.errors import LegacyError
from holotype.legacy.dtypes import DtypeReader, size_of
from holotype.legacy.machine import Machine
from holotype.legacy.symbols import (
    Call,
    Dict,
    Global,
    ObjectArray,
    RawArray,
    SideFile,
    Symbol,
)

__all__ = ["ARRAY_WRAPPERS", "SIDE_WRAPPERS", "JoblibArrays", "class_made"]

_MAX_ATTRIBUTES = 100
_HOMES = ("joblib", "sklearn.externals.joblib")
ARRAY_WRAPPERS = frozenset((f"{home}.numpy_pickle", "NumpyArrayWrapper") for home in _HOMES)
SIDE_WRAPPERS = frozenset(
    (f"{home}.{module}", name)
    for home in _HOMES
    for module in ("numpy_pickle", "numpy_pickle_compat")
    for name in ("NDArrayWrapper", "ZNDArrayWrapper")
)
_MAKERS = frozenset({("copyreg", "_reconstructor"), ("copyreg", "__newobj__")})


def class_made(call: Call) -> Global | None:
    """The class of which ``call`` makes an instance as pickle does for ordinary objects."""
    function = call.function
    if type(function) is not Global:
        return None
    if (function.module, function.name) in _MAKERS and call.how == "reduce":
        args = call.args
        first = args[0] if type(args) is tuple and args else None
        return first if type(first) is Global else None
    return function


class JoblibArrays:
    """The hook; one for each file. ``first`` is where its first array begins, None without one."""

    def __init__(self) -> None:
        self.first: int | None = None
        self.raw = 0
        self.objects = 0
        self.side: list[SideFile] = []
        self.dtypes = DtypeReader()

    def __call__(self, machine: Machine, position: int) -> int:
        top = machine.stack[-1]
        if type(top) is not Call:
            return position
        cls = class_made(top)
        if cls is None:
            return position
        name = (cls.module, cls.name)
        if name == ("numpy", "dtype"):
            self.dtypes.note(top)
        elif name in ARRAY_WRAPPERS:
            if self.first is None:
                self.first = position
            found, position = self._read(machine, top, position)
            machine.stack[-1] = found
        elif name in SIDE_WRAPPERS:
            attributes = _attributes(top)
            filename = attributes.get("filename")
            if type(filename) is not str:
                raise LegacyError("joblib's wrapper does not name the file of its array")
            side = SideFile(filename, top)
            self.side.append(side)
            machine.stack[-1] = side
        return position

    def _read(self, machine: Machine, wrapper: Call, position: int) -> tuple[Symbol, int]:
        if position < machine.frame_end:
            raise LegacyError("an array begins inside a frame, where unpicklers disagree")
        attributes = _attributes(wrapper)
        cls = attributes.get("subclass")
        shape, order = attributes.get("shape"), attributes.get("order")
        dtype = self.dtypes.symbol(attributes.get("dtype"))
        if type(shape) is not tuple or order not in ("C", "F"):
            raise LegacyError("joblib's wrapper does not describe an array")
        if dtype.hasobject:
            self.objects += 1
            inner = Machine(machine.data, position, machine.end, log=machine.log)
            inner.run()
            return ObjectArray(inner.value, cls), inner.position
        if attributes.get("numpy_array_alignment_bytes") is not None:
            if position >= machine.end:
                raise LegacyError("the file ends before an array does")
            position += 1 + machine.data[position]
        size = size_of(dtype, shape)
        end = position + size
        if end > machine.end:
            raise LegacyError(
                f"an array of {size} bytes is announced, {machine.end - position} are there"
            )
        self.raw += 1
        data = machine.view[position:end]
        return RawArray(dtype, shape, order, data, position, cls), end


def _attributes(wrapper: Call) -> dict[str, Any]:
    (state, *more) = wrapper.states
    if more:
        raise LegacyError("the state of joblib's wrapper is set twice")
    if type(state) is not Dict or len(state.pairs) > _MAX_ATTRIBUTES:
        raise LegacyError("the state of joblib's wrapper is not known")
    if not all(type(key) is str for key, _ in state.pairs):
        raise LegacyError("joblib's wrapper has an attribute without a name")
    return dict(state.pairs)
