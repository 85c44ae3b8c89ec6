"""Tricks with arrays and modules of JAX: bits that are no numbers, settings without end."""

from __future__ import annotations

from typing import Any

import numpy as np

from attacks.forge import array, blueprint, reseal
from attacks.objects import call
from attacks.registry import attack
from holotype.errors import InvalidStateError

EMPTY: dict[str, Any] = {"dict": []}


def values(bits: np.ndarray[Any, Any], *more: Any, key: str = "jax.Array") -> bytes:
    """An archive of an array of JAX that is made of these bits."""
    return reseal(blueprint(call(key, array("bits", bits), *more)), {"bits": bits})


def module(name: str, **fields: Any) -> bytes:
    """An archive of a module of linen with these fields."""
    root = call(f"flax.linen.{name}", {"dict": [[key, each] for key, each in fields.items()]})
    return reseal(blueprint(root))


@attack(InvalidStateError)
def dtype_of_any_name() -> bytes:
    """A dtype that would be looked up in a module of another library."""
    return values(np.zeros(4, "|u1"), "__builtins__", False, False)


@attack(InvalidStateError)
def bits_past_the_type() -> bytes:
    """Integers of four bits in bytes that hold eight."""
    return values(np.full(4, 255, "|u1"), "int4", False, False)


@attack(InvalidStateError)
def bits_of_another_width() -> bytes:
    """Bytes as numbers of two bytes: a view of twice the memory."""
    return values(np.zeros(4, "|u1"), "bfloat16", False, False)


@attack(InvalidStateError)
def array_of_dates() -> bytes:
    """An array of a dtype that JAX has not."""
    return values(np.zeros(4, "<M8[s]"), None, False, False)


@attack(InvalidStateError)
def keys_that_are_too_short() -> bytes:
    """Random keys with one word, where two are read."""
    return values(np.zeros((3, 1), "<u4"), "threefry2x32", key="jax.random.KeyArray")


@attack(InvalidStateError)
def generator_of_any_name() -> bytes:
    """A random generator that somebody registered."""
    return values(np.zeros((3, 2), "<u4"), "mine", key="jax.random.KeyArray")


@attack(InvalidStateError)
def initialiser_of_any_name() -> bytes:
    """A function of a module, by a name from the file."""
    root = call("jax.nn.initializers.Initializer", "__getattr__", EMPTY, None)
    return reseal(blueprint(root))


@attack(InvalidStateError)
def field_that_is_none() -> bytes:
    """A field by which a module would be put into another one."""
    return module("Dense", features=1, parent={"name": "builtins.list"})


@attack(InvalidStateError)
def padding_of_all_memory() -> bytes:
    """A convolution of one number that puts 2**60 zeros around its input."""
    return module("Conv", features=1, kernel_size={"tuple": [1]}, padding=1 << 50)


@attack(InvalidStateError)
def strides_of_all_memory() -> bytes:
    """The same between the elements of the input."""
    many = {"tuple": [4000, 4000, 4000]}
    return module("ConvTranspose", features=1, kernel_size={"tuple": [1, 1, 1]}, strides=many)


@attack(InvalidStateError)
def steps_of_all_time() -> bytes:
    """A normalisation that iterates for years."""
    inner = call("flax.linen.Dense", {"dict": [["features", 1]]})
    return module("SpectralNorm", layer_instance=inner, n_steps=1 << 40)


@attack(InvalidStateError)
def state_with_more_fields() -> bytes:
    """A named tuple with more fields than its class has."""
    return reseal(blueprint(call("optax.ScaleByAdamState", 1, 2, 3, 4)))


@attack(InvalidStateError)
def optimiser_of_functions_of_the_table() -> bytes:
    """A pair of functions that are called with the parameters."""
    root = call("optax.GradientTransformation", {"name": "math.exp"}, {"name": "math.exp"})
    return reseal(blueprint(root))


@attack(InvalidStateError)
def attribute_that_is_magic() -> bytes:
    """An attribute of a module that Python looks up by itself."""
    state = {"dict": [["__class__", {"name": "builtins.list"}]]}
    return reseal(blueprint(call("flax.nnx.Linear", state=state)))


@attack(InvalidStateError)
def variable_with_a_hook() -> bytes:
    """A function that runs whenever a variable is read."""
    metadata = {"dict": [["on_get_value", {"name": "builtins.len"}]]}
    return reseal(blueprint(call("flax.nnx.Param", 1, metadata)))


@attack(InvalidStateError)
def apply_of_another_object() -> bytes:
    """The method ``apply`` of something that is no module."""
    return reseal(blueprint(call("flax.linen.Module.apply", 1)))


@attack(InvalidStateError)
def graph_of_a_module() -> bytes:
    """A definition of a graph, which names classes to be made."""
    return reseal(blueprint(call("flax.nnx.GraphDef")))
