"""JAX's arrays, and arrays of keys of its random generators.

An array is its values, whether its type is weak (as that of a Python number, which gives way to the
type of what it meets) and whether it is committed to a device. Rule: values come to the first
device of whoever opens the archive, whatever held them before; what other processes hold cannot be
seen and is refused. The memory is JAX's own afterwards: its arrays never change, NumPy's may.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.jax.dtypes import bits_of, check_bits, of_bits

__all__ = ["entries"]

_WEAK = frozenset("biufc")
_WIDE = frozenset(["<i8", "<u8", "<f8", "<c16"])
# Words of a key, by the generator that takes it.
_KEYS = {"threefry2x32": 2, "rbg": 4, "unsafe_rbg": 4}


def _reduce_array(obj: Any) -> Reduced:
    if obj.is_deleted():
        raise UnsupportedError("", "an array whose memory was given away (donated or deleted).")
    if not obj.is_fully_addressable:
        raise UnsupportedError(
            "",
            "an array of which other processes hold parts.",
            "Gather it first: jax.experimental.multihost_utils.process_allgather.",
        )
    bits, name = bits_of(np.asarray(obj))
    committed = bool(obj.committed) and len(obj.devices()) == 1
    return Reduced((bits, name, bool(obj.weak_type), committed))


def _build_array(cls: Any, args: Sequence[Any]) -> Any:
    import jax
    import jax.numpy as jnp

    bits, name, weak, committed = args
    values = of_bits(bits, name)
    with _wide() if values.dtype.str in _WIDE else contextlib.nullcontext():
        made = jnp.array(values)
        if weak:
            from jax._src.lax.lax import _convert_element_type

            made = _convert_element_type(made, made.dtype, weak_type=True)
        return jax.device_put(made, jax.local_devices()[0]) if committed else made


def _wide() -> Any:
    """Within it, JAX keeps 64 bits, as it does where ``jax_enable_x64`` is set."""
    import jax

    if hasattr(jax, "enable_x64"):
        return jax.enable_x64(True)
    from jax.experimental import enable_x64

    return enable_x64()


def _check_array(shadow: Shadow) -> None:
    bits, name, weak, committed = shadow.args(4)
    check_bits(shadow, bits, name)
    if type(weak) is not bool or type(committed) is not bool:
        raise shadow.fail("whether it is weak or committed is not said by a bool")
    if weak and (name is not None or bits.dtype.kind not in _WEAK):
        raise shadow.fail("its type cannot be weak")


def _reduce_keys(obj: Any) -> Reduced:
    import jax

    kind = str(jax.random.key_impl(obj))
    if kind not in _KEYS:
        raise UnsupportedError(
            "",
            f"keys of the random generator {kind}.",
            f"Those of {', '.join(_KEYS)} can be stored.",
        )
    if not obj.is_fully_addressable:
        raise UnsupportedError("", "an array of keys of which other processes hold parts.")
    return Reduced((np.asarray(jax.random.key_data(obj)), kind))


def _build_keys(cls: Any, args: Sequence[Any]) -> Any:
    import jax
    import jax.numpy as jnp

    words, kind = args
    return jax.random.wrap_key_data(jnp.array(words), impl=kind)


def _check_keys(shadow: Shadow) -> None:
    words, kind = shadow.args(2)
    if type(kind) is not str or kind not in _KEYS:
        raise shadow.fail(f"{kind!r:.60} is not one of JAX's random generators")
    shadow.as_array(words, "its words", dtype="<u4")
    if words.ndim == 0 or words.shape[-1] != _KEYS[kind]:
        raise shadow.fail(f"a key of {kind} has {_KEYS[kind]} words")


def entries() -> Iterable[Entry]:
    """The two kinds of arrays."""
    yield Entry(
        key="jax.Array",
        quiet=True,
        where=("jax._src.array:ArrayImpl", "jaxlib._jax:ArrayImpl"),
        aliases=("jaxlib.xla_extension:ArrayImpl",),
        kind="call",
        reduce=_reduce_array,
        build=_build_array,
        check=_check_array,
        as_key="never",
    )
    yield Entry(
        key="jax.random.KeyArray",
        quiet=True,
        where=("jax._src.random.prng:PRNGKeyArray", "jax._src.prng:PRNGKeyArray"),
        kind="call",
        reduce=_reduce_keys,
        build=_build_keys,
        check=_check_keys,
        as_key="never",
    )
