"""What models of JAX name: activations and other functions, types of numbers, initialisers.

An initialiser is a closure that JAX makes of a few numbers. Rule: it is stored as the name of the
function that made it and those numbers, and made again by that function; every name is one that is
written down here. No function of the list makes arrays of a size that it is handed.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.builtins import enum_entries, name_entries

__all__ = ["entries", "stand_in"]

_ACTIVATIONS = (
    "celu elu gelu glu hard_sigmoid hard_silu hard_swish hard_tanh identity leaky_relu log_sigmoid "
    "log_softmax mish relu relu6 selu sigmoid silu soft_sign softmax softplus sparse_plus "
    "sparse_sigmoid squareplus standardize swish"
)
_NUMPY = (
    "abs absolute add arccos arcsin arctan argmax argmin cbrt ceil clip cos cosh divide exp exp2 "
    "expm1 floor log log10 log1p log2 max maximum mean min minimum multiply negative prod ravel "
    "reciprocal round sign sin sinc sinh sqrt square squeeze std subtract sum tan tanh var"
)
_NUMBERS = (
    "bfloat16 bool_ complex128 complex64 float16 float32 float64 float8_e3m4 float8_e4m3 "
    "float8_e4m3b11fnuz float8_e4m3fn float8_e4m3fnuz float8_e5m2 float8_e5m2fnuz float8_e8m0fnu "
    "float4_e2m1fn int16 int2 int32 int4 int64 int8 uint16 uint2 uint32 uint4 uint64 uint8"
)
_ELSEWHERE = {
    "jax.lax.dot_general": ("jax.lax:dot_general", "jax._src.lax.lax:dot_general"),
    "jax.lax.conv_general_dilated": (
        "jax.lax:conv_general_dilated",
        "jax._src.lax.convolution:conv_general_dilated",
    ),
    "jax.lax.stop_gradient": ("jax.lax:stop_gradient", "jax._src.lax.lax:stop_gradient"),
    "jax.nn.logsumexp": ("jax.nn:logsumexp", "jax._src.ops.special:logsumexp"),
    "jax.nn.dot_product_attention": (
        "jax.nn:dot_product_attention",
        "jax._src.nn.functions:dot_product_attention",
    ),
    "flax.linen.activation.normalize": ("flax.linen.activation:normalize",),
    "flax.linen.attention.dot_product_attention": ("flax.linen.attention:dot_product_attention",),
    "flax.linen.dtypes.promote_dtype": ("flax.linen.dtypes:promote_dtype",),
    "flax.nnx.nn.attention.dot_product_attention": ("flax.nnx.nn.attention:dot_product_attention",),
    "flax.nnx.nn.dtypes.promote_dtype": ("flax.nnx.nn.dtypes:promote_dtype",),
}

# What made an initialiser, and what it was given: a number, one of some words, or axes.
_MODES = frozenset(["fan_in", "fan_out", "fan_avg", "fan_geo_avg"])
_DISTRIBUTIONS = frozenset(["truncated_normal", "normal", "uniform"])
_MAKERS: dict[str, dict[str, Any]] = {
    "constant": {"value": float},
    "delta_orthogonal": {"scale": float, "column_axis": int},
    "normal": {"stddev": float},
    "orthogonal": {"scale": float, "column_axis": int},
    "truncated_normal": {"stddev": float, "lower": float, "upper": float},
    "uniform": {"scale": float},
    "variance_scaling": {
        "scale": float,
        "mode": _MODES,
        "distribution": _DISTRIBUTIONS,
        "in_axis": tuple,
        "out_axis": tuple,
        "batch_axis": tuple,
    },
}


class Initializer:
    """Stands for an initialiser while it is written."""

    def __init__(self, maker: str, given: dict[str, Any], dtype: Any) -> None:
        self.maker = maker
        self.given = given
        self.dtype = dtype


def stand_in(value: Any) -> Any:
    """What is written in place of a value: an Initializer for one of JAX's closures."""
    module, name = getattr(value, "__module__", ""), getattr(value, "__qualname__", "")
    maker, _, rest = str(name).partition(".")
    if module != "jax._src.nn.initializers" or rest != "<locals>.init" or maker not in _MAKERS:
        return value
    cells = dict(zip(value.__code__.co_freevars, value.__closure__ or (), strict=True))
    if not cells.keys() - {"dtype"} <= _MAKERS[maker].keys():
        raise UnsupportedError("", f"an initialiser that {maker} made of other parts than known.")
    given = {name: cell.cell_contents for name, cell in cells.items() if name != "dtype"}
    return Initializer(maker, given, (value.__defaults__ or (None,))[-1])


def _reduce_initializer(obj: Initializer) -> Reduced:
    return Reduced((obj.maker, obj.given, obj.dtype))


def _build_initializer(cls: Any, args: Sequence[Any]) -> Any:
    from jax.nn import initializers

    maker, given, dtype = args
    more = {} if dtype is None else {"dtype": dtype}
    return getattr(initializers, maker)(**given, **more)


def _check_initializer(shadow: Shadow) -> None:
    maker, given, dtype = shadow.args(3)
    known = _MAKERS.get(maker) if type(maker) is str else None
    if known is None:
        raise shadow.fail(f"{maker!r:.60} makes no initialiser")
    if not isinstance(given, dict) or given.keys() != known.keys():
        raise shadow.fail(f"{maker} is given other parts than it takes")
    for name, kind in known.items():
        if not _fits(given[name], kind):
            raise shadow.fail(f"{name} is not what {maker} takes")
    if dtype is not None and not (isinstance(dtype, Named) and dtype.key in _NUMBER_KEYS):
        raise shadow.fail("its dtype is not one of jax.numpy")


def _fits(value: Any, kind: Any) -> bool:
    if kind is float:
        return type(value) in (int, float)
    if kind is int:
        return type(value) is int and abs(value) < 64
    if kind is tuple:
        many = isinstance(value, (tuple, list)) and len(value) < 64
        return all(_fits(axis, int) for axis in value) if many else _fits(value, int)
    return type(value) is str and value in kind


_NUMBER_KEYS = frozenset(f"jax.numpy.{name}" for name in _NUMBERS.split())


def entries() -> Iterable[Entry]:
    """Functions and types of numbers by name, and initialisers."""
    yield from name_entries("jax.nn", _ACTIVATIONS, module="jax._src.nn.functions")
    yield from name_entries("jax.nn.initializers", "zeros ones")
    yield from name_entries("jax.numpy", f"{_NUMPY} {_NUMBERS}")
    yield from enum_entries(
        "jax.lax.Precision", "jax._src.lax.lax:Precision", "DEFAULT HIGH HIGHEST"
    )
    for key, where in _ELSEWHERE.items():
        yield Entry(key=key, where=where, kind="name")
    yield Entry(
        key="jax.nn.initializers.Initializer",
        where=("holotype.types.jax.functions:Initializer",),
        kind="call",
        reduce=_reduce_initializer,
        build=_build_initializer,
        check=_check_initializer,
    )
