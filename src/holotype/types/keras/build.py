"""Between a live model of Keras and its configuration and arrays, on any backend.

Rule: a model is constructed without memory for its variables, whose shapes Keras then states;
only when each of them is that of the array which is stored for it does it receive a value. Whatever
a configuration asks for, no more is allocated than the archive holds.
"""

from __future__ import annotations

import contextlib
import copy
import functools
import math
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import numpy as np

from holotype.types.jax.dtypes import bits_of, of_bits
from holotype.types.keras.checks_config import MAX_ELEMENTS

__all__ = [
    "TooLarge",
    "array_of",
    "compile_model",
    "construct",
    "fill",
    "is_seed",
    "measure",
    "variables_of",
]

_PENDING = "uninitialized_variables"
_SIZES = (64, 299, 8)


class TooLarge(ValueError):
    """A result between layers is larger than can be believed."""


class _Unfit(Exception):
    """Shapes cannot be computed for inputs of this size."""


@contextlib.contextmanager
def _unallocated() -> Iterator[None]:
    """Within it, variables are made without values, and no step of Keras fills them later."""
    from keras.src.backend.common import global_state
    from keras.src.backend.common.stateless_scope import StatelessScope

    before = global_state.get_global_attribute(_PENDING)
    global_state.set_global_attribute(_PENDING, [])
    try:
        with StatelessScope(initialize_variables=False):
            yield
    finally:
        global_state.set_global_attribute(_PENDING, before or [])


def construct(cls: Any, config: Mapping[str, Any], custom: Mapping[str, Any]) -> Any:
    """The model of a checked configuration; its variables have shapes and no values."""
    from keras.src.saving.object_registration import CustomObjectScope
    from keras.src.saving.serialization_lib import SafeModeScope

    with _unallocated(), SafeModeScope(True), CustomObjectScope(dict(custom)):
        model = cls.from_config(copy.deepcopy(dict(config)))
    if config.get("trainable") is False and model.trainable:
        model.trainable = False
    return model


def variables_of(model: Any) -> list[Any]:
    """All variables of a model but those of its metrics and optimiser, in Keras' order."""
    return list(model.variables)


def is_seed(variable: Any) -> bool:
    """Whether it is the state of a random generator, whose dtype is the backend's choice."""
    return str(variable.path).endswith("seed_generator_state")


def array_of(variable: Any) -> tuple[np.ndarray[Any, Any], str | None]:
    """The value of a variable as it is stored: values or bits, and the name of their dtype."""
    from keras import ops

    values = np.asarray(ops.convert_to_numpy(variable.value))
    if is_seed(variable):
        values = values.astype(np.uint32)
    return bits_of(values)


def fill(variable: Any, bits: np.ndarray[Any, Any], name: str | None) -> None:
    """Give a variable its stored value; ValueError where it has another shape or type."""
    from keras import ops

    values = of_bits(bits, name)
    if tuple(variable.shape) != values.shape:
        raise ValueError(f"{variable.path} is {tuple(variable.shape)}, its array {values.shape}")
    if is_seed(variable):
        values = values.astype(str(variable.dtype))
    elif str(variable.dtype) != values.dtype.name:
        raise ValueError(f"{variable.path} is {variable.dtype}, its array {values.dtype.name}")
    if variable._value is not None:
        variable.assign(np.array(values))
        return
    # A copy: neither backend may share memory with an archive that is mapped.
    content = np.array(values)
    variable._initializer = lambda shape, dtype=None: ops.convert_to_tensor(content, dtype=dtype)
    variable._deferred_initialize()


def measure(model: Any) -> None:
    """Refuse, with TooLarge, results between layers that could not be believed.

    Where an input leaves sizes open, shapes are computed anew for inputs of some size.
    """
    for layer in model._flatten_layers():
        for node in getattr(layer, "_inbound_nodes", ()):
            _believe(layer, node.output_tensors)
    graph = _graph(model)
    if graph is None or not any(None in tensor.shape[1:] for tensor in graph.inputs):
        return
    for size in _SIZES:
        with contextlib.suppress(_Unfit):  # of a size that does not go with the others
            _walk(graph, [_sized(tensor, size) for tensor in graph.inputs])
            return


def _believe(layer: Any, tensors: Any) -> None:
    for tensor in tensors:
        if math.prod(size for size in tuple(tensor.shape)[1:] if size) > MAX_ELEMENTS:
            raise TooLarge(f"{layer.name} gives {tuple(tensor.shape)}, which is too large")


def _graph(model: Any) -> Any:
    """What runs its layers: of a Sequential model, the functional one within it, if it has one."""
    found = getattr(model, "_functional", model)
    return found if hasattr(found, "_run_through_graph") else None


def _sized(tensor: Any, size: int) -> Any:
    from keras import KerasTensor

    shape = [1, *(each or size for each in tensor.shape[1:])]
    return KerasTensor(shape, dtype=tensor.dtype)


def _walk(graph: Any, inputs: Any) -> Any:
    from keras import tree

    def step(operation: Any, *args: Any, **more: Any) -> Any:
        inner = _graph(operation)
        if inner is not None:
            return _walk(inner, tree.flatten(args))
        try:
            outputs = operation.compute_output_spec(*args, **more)
        except Exception as error:
            raise _Unfit from error
        _believe(operation, tree.flatten(outputs))
        return outputs

    return graph._run_through_graph(inputs, lambda each: functools.partial(step, each))


def compile_model(
    model: Any,
    config: Mapping[str, Any],
    state: Sequence[tuple[np.ndarray[Any, Any], str | None]] | None,
    custom: Mapping[str, Any],
) -> None:
    """Compile as before; with ``state``, the optimiser is where it was in training."""
    from keras.src.saving.object_registration import CustomObjectScope
    from keras.src.saving.serialization_lib import SafeModeScope, deserialize_keras_object

    with SafeModeScope(True), CustomObjectScope(dict(custom)):
        model.compile(**deserialize_keras_object(copy.deepcopy(dict(config))))
    if state is None:
        return
    model.optimizer.build(model.trainable_variables)
    variables = model.optimizer.variables
    if len(variables) != len(state):
        raise ValueError(f"its optimiser has {len(variables)} variables, not {len(state)}")
    for variable, (bits, name) in zip(variables, state, strict=True):
        fill(variable, bits, name)
