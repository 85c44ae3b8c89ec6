"""What a call of a pickle makes, before its parts are converted.

The protocols have several ways to say "an instance of this class"; here they become one.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.legacy.dtypes import dtype_of
from holotype.legacy.rules.numpy import record_dtype
from holotype.legacy.rules.taken import Foreign
from holotype.legacy.symbols import (
    Call,
    Extension,
    Global,
    OutOfBand,
    Persistent,
    SideFile,
    Symbol,
    Thing,
)

__all__ = ["Making", "bytecode", "dtype_called", "is_dtype", "is_touched", "making_of", "outside"]


class Making:
    """The class of which an instance is made, or the function that is called, and with what.

    ``new`` is whether the constructor is left out; ``base`` is the built-in value of an instance of
    a subclass of a built-in type, by protocols 0 and 1.
    """

    __slots__ = ("args", "base", "cls", "new")

    def __init__(self, cls: Symbol, args: Symbol, new: bool, base: Symbol = None) -> None:
        self.cls = cls
        self.args = args
        self.new = new
        self.base = base


def making_of(call: Call) -> Making:
    """What ``call`` makes. The class may be another Global than any of the file's."""
    function, args, how = _dotted(call.function), call.args, call.how
    if how in ("newobj", "newobj_ex"):
        return Making(function, args, True)
    if how in ("inst", "obj"):
        return Making(function, args, args == ())
    if type(function) is Global and function.module == "copyreg" and type(args) is tuple:
        if function.name == "_reconstructor" and len(args) == 3:
            base = None if _is(args[1], "builtins", "object") else args[2]
            return Making(args[0], (), True, base)
        if function.name == "__newobj__" and args:
            return Making(args[0], args[1:], True)
    return Making(function, args, False)


def _dotted(function: Symbol) -> Symbol:
    """A function of a class, which protocols 0 to 3 take of the class by ``getattr``."""
    if type(function) is Call and _is(function.function, "builtins", "getattr"):
        args = function.args
        if type(args) is tuple and len(args) == 2 and type(args[0]) is Global:
            owner, name = args
            if type(name) is str:
                return Global(owner.module, f"{owner.name}.{name}")
    return function


def _is(symbol: Symbol, module: str, name: str) -> bool:
    return type(symbol) is Global and (symbol.module, symbol.name) == (module, name)


def is_touched(symbol: Thing) -> bool:
    """Whether the file sets something on what it names, instead of on an object of it."""
    return bool(symbol.states or symbol.appended or symbol.pairs or symbol.added)


def is_dtype(call: Call) -> bool:
    """Whether ``call`` makes a dtype of NumPy."""
    return call.how == "reduce" and _is(call.function, "numpy", "dtype")


def dtype_called(call: Call) -> np.dtype[Any]:
    """The dtype that ``call`` makes."""
    record = record_dtype(call)
    return dtype_of(call) if record is None else record


def outside(symbol: Thing) -> Foreign:
    """Of what stands outside of the file, or is found by its own program."""
    match symbol:
        case Persistent():
            return Foreign("a persistent object", problem="is kept outside of the pickle")
        case Extension():
            return Foreign(f"extension {symbol.code}", problem="is known to its own program only")
        case OutOfBand():
            return Foreign(f"buffer {symbol.index}", problem="is kept outside of the pickle")
        case SideFile():
            return Foreign(
                f"the file {symbol.filename[:80]!a}",
                problem="holds an array, as before joblib 0.10: load and dump it again with joblib",
            )
    return Foreign(type(symbol).__name__, problem="is not part of a model")


_NAME_OF_CODE = 11  # the place of the name among the arguments of a code object, since Python 3.8
_BYTECODE = frozenset(
    f"{module}.{name}"
    for module, names in (
        ("cloudpickle.cloudpickle", "_make_function _make_skel_func _fill_function _make_cell"),
        ("cloudpickle.cloudpickle", "_make_skeleton_class _make_skeleton_enum"),
        ("cloudpickle.cloudpickle_fast", "_make_function _make_skeleton_class"),
        ("dill._dill", "_create_function _create_code _create_type"),
        ("types", "FunctionType CodeType"),
        ("marshal", "loads"),
    )
    for name in names.split()
)


def bytecode(foreign: Foreign) -> bool:
    """Name what a function carries as code of a version of Python, if that is what it does."""
    if foreign.name not in _BYTECODE or foreign.taken is None:
        return False
    what = _defined(foreign.taken.args)
    foreign.name = what
    foreign.problem = (
        "is carried as bytecode of one version of Python: load it there and dump it again"
    )
    foreign.taken = None  # what it is made of is of no use
    return True


def _defined(args: tuple[Any, ...]) -> str:
    """What is defined by the arguments of cloudpickle: a code object first, or a class by name."""
    first = args[0] if args else None
    inside = first.taken.args if type(first) is Foreign and first.taken is not None else ()
    if len(inside) > _NAME_OF_CODE and type(inside[_NAME_OF_CODE]) is str:
        return f"the function {inside[_NAME_OF_CODE][:80]}"
    if len(args) > 1 and type(args[1]) is str:
        return f"the class {args[1][:80]}"
    return "a function or class"
