"""The ways in which honest pickles call, and which of them stay inside the type table.

What the table holds may be made as the table says. Beside it stand the small functions by which
libraries write such objects into pickles; each is allowed with arguments of the form that its
library gives it, and in no other way. Rule: only what is written down here or in the table is
inside; everything else is outside, whatever it looks like.
"""

from __future__ import annotations

import re
from collections.abc import Callable
from typing import NamedTuple

from holotype.graph.table import Entry
from holotype.legacy.rules.names import canonical, entry_named
from holotype.legacy.symbols import (
    ByteArray,
    Call,
    Dict,
    Global,
    OldString,
    OutOfBand,
    Persistent,
    Symbol,
    Thing,
)
from holotype.legacy.wrappers import ARRAY_WRAPPERS, SIDE_WRAPPERS, class_made

__all__ = [
    "Target",
    "is_helper",
    "is_known_name",
    "is_random",
    "judge_call",
    "judge_change",
    "target_of",
]

Form = Callable[[tuple[Symbol, ...]], bool]


class Target(NamedTuple):
    """What a symbol names: ``module:name`` under today's path, and its entry if it has one."""

    origin: str
    entry: Entry | None


def target_of(symbol: Symbol) -> Target | None:
    """What a symbol names, also as an attribute of a class of the table; None for all others."""
    if type(symbol) is Global:
        origin = canonical(symbol.module, symbol.name)
        return Target(origin, entry_named(origin))
    attribute = _attribute(symbol)
    if attribute is None:
        return None
    owner, name = attribute
    origin = f"{canonical(owner.module, owner.name)}.{name}"
    entry = entry_named(origin)
    return Target(origin, entry) if entry is not None or origin in _OF_CLASSES else None


def _attribute(symbol: Symbol) -> tuple[Global, str] | None:
    """The class and the name of ``getattr(class, name)``, as protocols before 4 write it."""
    if type(symbol) is not Call or symbol.how != "reduce" or type(symbol.function) is not Global:
        return None
    if (symbol.function.module, symbol.function.name) != ("builtins", "getattr"):
        return None
    match symbol.args:
        case (Global() as owner, str() as name) if name.isidentifier():
            return owner, name
    return None


def is_known_name(symbol: Global) -> bool:
    """Whether it may be named, as a class or function that a model refers to."""
    origin = canonical(symbol.module, symbol.name)
    return (
        entry_named(origin) is not None
        or origin in _NAMED
        or origin in _OF_CLASSES
        or bool(_NAMED_PATTERN.fullmatch(origin))
        or _is_part(origin)
    )


def is_helper(symbol: Global) -> bool:
    """Whether it is a function that may be called in its own form, and do nothing else."""
    return canonical(symbol.module, symbol.name) in _HELPERS or _generated(symbol) is not None


def judge_call(call: Call) -> str:
    """Why a call is outside the table; empty where it is inside."""
    target = target_of(call.function)
    if target is None:
        return "it calls what a file computed" if type(call.function) is not Global else "unknown"
    args = call.args
    if type(args) is not tuple:
        return "its arguments are not known"
    form = _HELPERS.get(target.origin) or _generated(call.function)
    if form is not None and call.how == "reduce":
        return "" if form(args) else "its arguments are not of the form that its library writes"
    if target.entry is None and not _is_part(target.origin):
        return "it is not in the table"
    if call.kwargs is not None and type(call.kwargs) is not Dict:
        return "its arguments are not known"
    if target.entry is None or target.entry.kind == "object":
        if target.origin in _CALLED_PARTS:
            return ""
        empty = not args and (call.kwargs is None or not call.kwargs.pairs)
        made = call.how in ("newobj", "newobj_ex", "obj", "inst")
        return "" if empty and made else "it is called, and the table only makes instances of it"
    if target.entry.kind == "call":
        return ""
    return "it is called, and the table only names it"


def judge_change(thing: Thing) -> str:
    """Why what a pickle does to an object after making it is outside; empty where it is not."""
    if not (thing.states or thing.appended or thing.pairs or thing.added):
        return ""
    if type(thing) is not Call:
        return "it changes what it did not make"
    cls = class_made(thing)
    target = None if cls is None else target_of(cls)
    origin = "" if target is None else target.origin
    if thing.added or (thing.appended and origin not in _LISTS):
        return "it calls a method of it"
    if thing.pairs and origin not in _MAPPINGS:
        return "it sets items of it"
    if _is_distribution(origin) and not all(map(_is_distribution_state, thing.states)):
        return "its state holds a program"
    return ""


# -- forms of arguments ----------------------------------------------------------------------------


def _is_made(symbol: Symbol) -> bool:
    """Whether it is a class of which instances may be made."""
    if type(symbol) is not Global:
        return False
    origin = canonical(symbol.module, symbol.name)
    entry = entry_named(origin)
    if entry is not None:
        return entry.kind != "name" or origin in _NAMED_MADE
    return _is_part(origin)


def _is_bytes(symbol: Symbol) -> bool:
    if type(symbol) is Call:
        return any(_calls(symbol, origin) for origin in _BUFFERS)
    return type(symbol) in (bytes, memoryview, str, ByteArray, OutOfBand, OldString)


def _calls(call: Call, origin: str) -> bool:
    target = target_of(call.function)
    return target is not None and target.origin == origin


def _reconstructor(args: tuple[Symbol, ...]) -> bool:
    if len(args) != 3 or not _is_made(args[0]) or type(args[1]) is not Global:
        return False
    return canonical(args[1].module, args[1].name) in _BASES


def _array(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 3 and _is_array_class(args[0]) and type(args[1]) is tuple


def _is_array_class(symbol: Symbol) -> bool:
    return type(symbol) is Global and canonical(symbol.module, symbol.name) in _ARRAYS


def _masked(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 4 and _is_array_class(args[0]) and _is_array_class(args[1])


def _scalar(args: tuple[Symbol, ...]) -> bool:
    return 1 <= len(args) <= 2 and _is_dtype(args[0])


def _is_dtype(symbol: Symbol) -> bool:
    return type(symbol) is Call and _calls(symbol, "numpy:dtype")


def _dtype(args: tuple[Symbol, ...]) -> bool:
    if not 1 <= len(args) <= 3:
        return False
    first = args[0]
    if type(first) is Global:
        return canonical(first.module, first.name) in _RECORDS
    return type(first) is str and bool(_DTYPE_CODE.fullmatch(first))


def _from_buffer(args: tuple[Symbol, ...]) -> bool:
    return len(args) >= 3 and _is_bytes(args[0]) and _is_dtype(args[1])


def _one_random(args: tuple[Symbol, ...]) -> bool:
    """The name or class of a bit generator, or one that was made."""
    if len(args) > 2:
        return False
    return all(
        (type(arg) is str and arg.isidentifier())
        or type(arg) is Call
        or (type(arg) is Global and is_random(arg))
        for arg in args
    )


def is_random(symbol: Global) -> bool:
    """Whether it names something of ``numpy.random`` that the table or its pickles have."""
    origin = canonical(symbol.module, symbol.name)
    return origin.startswith("numpy.random.") and (
        entry_named(origin) is not None or origin in _HELPERS
    )


def _made_first(args: tuple[Symbol, ...]) -> bool:
    return bool(args) and _is_made(args[0])


def _generated_args(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 3 and _is_made(args[0]) and type(args[1]) is int


def _new_index(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 2 and _is_made(args[0]) and type(args[1]) is Dict


def _latin(args: tuple[Symbol, ...]) -> bool:
    # Whether the text has such bytes is not asked: many calls may share one text of any length.
    return len(args) == 2 and type(args[0]) is str and args[1] in ("latin1", "latin-1")


def _bytearray(args: tuple[Symbol, ...]) -> bool:
    match args:
        case () | (str(), "latin-1"):
            return True
        case (data,):
            return _is_bytes(data)
    return False


def _numbers(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 2 and all(type(arg) in (int, float) for arg in args)


def _one_list(args: tuple[Symbol, ...]) -> bool:
    return not args or (len(args) == 1 and type(args[0]) is list)


def _one_constant(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 1 and (args[0] is None or target_of(args[0]) is not None)


def _getattr(args: tuple[Symbol, ...]) -> bool:
    if target_of(Call(Global("builtins", "getattr"), args)) is not None:
        return True
    match args:
        case (str(), "format"):  # by which skrub's joiner renames columns
            return True
        case (Call() as distribution, "_entropy"):  # in the state of a distribution itself
            cls = class_made(distribution)
            return cls is not None and _is_distribution(canonical(cls.module, cls.name))
    return False


def _pattern(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 2 and type(args[1]) is int and type(args[0]) in (str, bytes)


def _plain(args: tuple[Symbol, ...]) -> bool:
    """Numbers, text and bytes, and objects that were judged when they were made."""
    return len(args) <= _MAX_ARGS and not any(type(arg) is Global for arg in args)


def _no_args(args: tuple[Symbol, ...]) -> bool:
    return not args


def _ufunc(args: tuple[Symbol, ...]) -> bool:
    match args:
        case (str() as module, str() as name):
            return entry_named(canonical(module, name)) is not None
    return False


def _type_alias(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 1 and type(args[0]) is str and bool(_ALIAS.fullmatch(args[0]))


def _one_buffer(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 1 and _is_bytes(args[0])


def _dtype_class(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 1 and type(args[0]) is Global and is_known_name(args[0])


def _tensor(args: tuple[Symbol, ...]) -> bool:
    """Storage, offset, size, stride, requires_grad, and no hooks."""
    if not 6 <= len(args) <= 7 or type(args[0]) is not Persistent:
        return False
    return not _hooks(args[5])


def _hooks(symbol: Symbol) -> bool:
    made = type(symbol) is Call and _calls(symbol, "collections:OrderedDict")
    return not made or bool(symbol.pairs or symbol.args)


def _tensor_of_dtype(args: tuple[Symbol, ...]) -> bool:
    """The same with a dtype at its end."""
    return 7 <= len(args) <= 8 and _tensor(args[:6]) and type(args[6]) is Global


def _jax_array(args: tuple[Symbol, ...]) -> bool:
    """The function, arguments and state of an array of NumPy, and facts about its type."""
    if len(args) != 4 or type(args[0]) is not Global or type(args[1]) is not tuple:
        return False
    made = canonical(args[0].module, args[0].name) == "numpy._core.multiarray:_reconstruct"
    return made and type(args[2]) is tuple and _array(args[1])


def _parameter(args: tuple[Symbol, ...]) -> bool:
    return 3 <= len(args) <= 4 and type(args[0]) is Call and not _hooks(args[2])


def _tensor_of_type(args: tuple[Symbol, ...]) -> bool:
    """A function that makes a tensor, its class, the arguments, and attributes."""
    if len(args) != 4 or type(args[0]) is not Global or type(args[2]) is not tuple:
        return False
    form = _TENSORS.get(canonical(args[0].module, args[0].name))
    cls = type(args[1]) is Global and (args[1].module, args[1].name) == ("torch", "Tensor")
    return form is not None and cls and form(args[2])


def _layout(args: tuple[Symbol, ...]) -> bool:
    return len(args) == 1 and type(args[0]) is str and args[0].startswith("torch.")


# What many calls may share is looked at in part only, or judging would take more than linear time.
_MAX_ARGS = 16
_MAX_ATTRIBUTES = 100
_MAX_TEMPLATE = 1000
_BUFFERS = ("_codecs:encode", "builtins:bytearray", "builtins:bytes", "pyarrow.lib:py_buffer")
_DTYPE_CODE = re.compile(r"[<>=|]?[?a-zA-Z]\d{0,10}")
_ALIAS = re.compile(r"[a-z0-9_\[\], ]{1,60}")
_BASES = frozenset(
    f"builtins:{name}" for name in ("object", "dict", "list", "tuple", "set", "frozenset", "str")
)
_ARRAYS = frozenset(
    {
        "numpy:ndarray",
        "numpy:matrix",
        "numpy.matrixlib.defmatrix:matrix",
        "numpy:recarray",
        "numpy.rec:recarray",
        "numpy._core.records:recarray",
        "numpy.char:chararray",
        "numpy._core.defchararray:chararray",
        "numpy.ma:MaskedArray",
        "numpy.ma.core:MaskedArray",
    }
)
_RECORDS = frozenset({"numpy:record", "numpy._core.records:record"})

_TENSORS: dict[str, Form] = {
    "torch._utils:_rebuild_tensor_v2": _tensor,
    "torch._utils:_rebuild_tensor_v3": _tensor_of_dtype,
}
_HELPERS: dict[str, Form] = {
    "_codecs:encode": _latin,
    "builtins:bytearray": _bytearray,
    "builtins:bytes": _no_args,
    "builtins:complex": _numbers,
    "builtins:frozenset": _one_list,
    "builtins:getattr": _getattr,
    "builtins:set": _one_list,
    "builtins:type": _one_constant,
    "copyreg:__newobj__": _made_first,
    "copyreg:_reconstructor": _reconstructor,
    "jax._src.array:_reconstruct_array": _jax_array,
    "numpy._core.multiarray:_reconstruct": _array,
    "numpy._core.multiarray:scalar": _scalar,
    "numpy._core.numeric:_frombuffer": _from_buffer,
    "numpy._core._internal:_frombuffer": _from_buffer,
    "numpy._core:_DType_reconstruct": _dtype_class,
    "numpy._core:_ufunc_reconstruct": _ufunc,
    "numpy.core:_DType_reconstruct": _dtype_class,
    "numpy.core:_ufunc_reconstruct": _ufunc,
    "numpy.ma.core:_mareconstruct": _masked,
    "numpy.random._pickle:__bit_generator_ctor": _one_random,
    "numpy.random._pickle:__generator_ctor": _one_random,
    "numpy.random._pickle:__randomstate_ctor": _one_random,
    "numpy.random:__RandomState_ctor": _no_args,
    "numpy:dtype": _dtype,
    "pandas._libs.internals:_unpickle_block": _plain,
    "pandas._libs.tslibs.nattype:__nat_unpickle": _plain,
    "pandas._libs.tslibs.nattype:_nat_unpickle": _plain,
    "pandas._libs.tslibs.period:_unpickle_period": _plain,
    "pandas._libs.tslibs.timedeltas:_timedelta_unpickle": _plain,
    "pandas._libs.tslibs.timestamps:_unpickle_timestamp": _plain,
    "pandas.core.indexes.base:_new_Index": _new_index,
    "pandas.core.indexes.datetimes:_new_DatetimeIndex": _new_index,
    "pandas.core.indexes.interval:_new_IntervalIndex": _new_index,
    "pandas.core.indexes.period:_new_PeriodIndex": _new_index,
    "pandas.core.indexes.timedeltas:_new_TimedeltaIndex": _new_index,
    "pyarrow.lib:_restore_array": _plain,
    "pyarrow.lib:py_buffer": _one_buffer,
    "pyarrow.lib:type_for_alias": _type_alias,
    "re:_compile": _pattern,
    "sklearn.metrics._dist_metrics:newObj": _made_first,
    "sklearn.neighbors._ball_tree:newObj": _made_first,
    "sklearn.neighbors._kd_tree:newObj": _made_first,
    "torch._tensor:_rebuild_from_type_v2": _tensor_of_type,
    "torch._utils:_rebuild_parameter": _parameter,
    "torch._utils:_rebuild_parameter_with_state": _parameter,
    "torch._utils:_rebuild_tensor": _plain,
    **_TENSORS,
    "torch._utils:_rebuild_sparse_tensor": _plain,
    "torch.serialization:_get_layout": _layout,
    "torch:Size": _plain,
    "torch:device": _plain,
    "zoneinfo:ZoneInfo._unpickle": _plain,
}
# Functions that Cython writes for each class of its own, with the class as first argument.
_CYTHON = re.compile(r"(?:sklearn|numpy|scipy|pandas)\.[\w.]+:__pyx_unpickle_\w+")

# Classes that objects of the table are made of in pickles, but not in the table.
_PARTS = frozenset(
    {
        "dateutil.relativedelta:relativedelta",
        "lightgbm.basic:_InnerPredictor",
        "numpy.lib._function_base_impl:vectorize",
        "numpy.lib.function_base:vectorize",
        "numpy:vectorize",
        "pandas._libs.internals:BlockPlacement",
        "pandas._libs.sparse:BlockIndex",
        "pandas._libs.sparse:IntIndex",
        "pandas.core.internals.managers:BlockManager",
        "pandas.core.internals.managers:SingleBlockManager",
        *(f"{module}:{name}" for module, name in ARRAY_WRAPPERS | SIDE_WRAPPERS),
    }
)
_CALLED_PARTS = frozenset(
    {
        "pandas._libs.internals:BlockPlacement",
        "pandas._libs.sparse:BlockIndex",
        "pandas._libs.sparse:IntIndex",
        "pandas.core.internals.managers:BlockManager",
        "pandas.core.internals.managers:SingleBlockManager",
    }
)
_DISTRIBUTION = re.compile(r"scipy\.stats\._(?:continuous|discrete)_distns:\w+_gen")
# What scipy runs when a distribution gets its state: this, with the names of its parameters.
_TEMPLATE = re.compile(
    r"""
def _parse_args\(self, (?P<shape>[\w, ]*) (?P<given>[\w=.,+\- ]*)\):
    return \((?P=shape)\), (?P<taken>[\w.,+\- ]*)

def _parse_args_rvs\(self, (?P=shape) (?P=given), size=None\):
    return self\._argcheck_rvs\((?P=shape) (?P=taken), size=size\)

def _parse_args_stats\(self, (?P=shape) (?P=given), moments='mv'\):
    return \((?P=shape)\), (?P=taken), moments
"""
)

# Functions that objects of the table refer to where the table keeps the fact in another way.
_NAMED = frozenset(
    {
        "numpy._core.multiarray:_reconstruct",  # which says how an array of JAX is made
        "fnmatch:fnmatchcase",  # by which skrub's glob selects columns
        "numpy:ndarray",  # the class of an array, among the facts that it is made of
        *_TENSORS,  # which say how a tensor with attributes is made
        "scipy._lib.array_api_compat.numpy._aliases:asarray",
        "sklearn.cluster._kmeans:_kmeans_single_elkan",
        "sklearn.cluster._kmeans:_kmeans_single_lloyd",
    }
)
_NAMED_PATTERN = re.compile(
    r"scipy\.interpolate\._interpolate:interp1d\._call_\w+"
    r"|torch(?:\.cuda|\.storage)?:\w+Storage"
    r"|torch:(?:b?float|u?int|complex|q?u?int|bool|half|double|long|short)\d*(?:_e\dm\d\w{0,5})?"
)
_NAMED_MADE = frozenset({"numpy:ndarray"})
_OF_CLASSES = frozenset(
    {"zoneinfo:ZoneInfo._unpickle"}
    | {f"builtins:str.{name}" for name in ("endswith", "startswith")}  # skrub's filters by name
    | {
        f"scipy.interpolate._interpolate:interp1d._call_{name}"
        for name in ("linear", "linear_np", "nan_spline", "nearest", "previousnext", "spline")
    }
)
_MAPPINGS = frozenset(
    {
        "collections:Counter",
        "collections:OrderedDict",
        "collections:defaultdict",
        "scipy.sparse._dok:dok_array",
        "scipy.sparse._dok:dok_matrix",
        "scipy.sparse.dok:dok_matrix",
        "sklearn.utils:Bunch",
        "sklearn.utils._bunch:Bunch",
        "sklearn.datasets.base:Bunch",
        "sklearn.utils.deprecation:Bunch",
    }
)
_LISTS = frozenset({"collections:deque", "pandas.core.indexes.frozen:FrozenList"})


def _is_part(origin: str) -> bool:
    return origin in _PARTS or _is_distribution(origin)


def _generated(symbol: Symbol) -> Form | None:
    if type(symbol) is Global and _CYTHON.fullmatch(canonical(symbol.module, symbol.name)):
        return _generated_args
    return None


def _is_distribution(origin: str) -> bool:
    return bool(_DISTRIBUTION.fullmatch(origin))


def _is_distribution_state(state: Symbol) -> bool:
    """Whether scipy would run nothing but its own text on getting this state."""
    if type(state) is not Dict or len(state.pairs) > _MAX_ATTRIBUTES:
        return False
    for key, value in state.pairs:
        if type(key) is not str:
            return False
        if key == "_parse_arg_template" and (
            type(value) is not str or len(value) > _MAX_TEMPLATE or not _TEMPLATE.fullmatch(value)
        ):
            return False
    return True
