"""Entries for models of Keras: a configuration, the arrays of its variables, how it was compiled.

A model is what its configuration and variables make: what else was set on the object is not kept.
Rule: what is saved is built again at once, without memory, and compared: a model whose variables or
settings would not come back is refused then and there.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from typing import Any

import numpy as np

from holotype.errors import HolotypeError, UnsupportedError
from holotype.graph.notes import Notes
from holotype.graph.shadow import Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.jax.dtypes import check_bits
from holotype.types.keras import build
from holotype.types.keras.checks_config import check_compile_config, check_model_config

__all__ = ["entries"]

_Stored = tuple[np.ndarray[Any, Any], str | None]


# -- saving ------------------------------------------------------------------------------------


def _reduce(obj: Any) -> Reduced:
    custom = _custom_parts(obj)
    config = _plain(obj.get_config())
    cls = type(obj).__name__
    check_model_config(cls, config, custom, _cannot_save)
    try:
        again = build.construct(type(obj), config, custom)
        build.measure(again)
    except HolotypeError:
        raise
    except Exception as error:
        raise UnsupportedError(
            "", f"Keras cannot build it again from its configuration: {error}."
        ) from error
    _compare(obj, again, config)
    arrays = [build.array_of(variable) for variable in build.variables_of(obj)]
    reduced = _Parts((config, *_columns(arrays), _compiled(obj, custom), custom))
    reduced.variables = build.variables_of(obj)
    return reduced


class _Parts(Reduced):
    """The parts of a model, and the variables that they were read from."""

    variables: list[Any]


def _relate(reduced: Reduced, notes: Notes) -> Reduced:
    """Refuse two models that share a layer: each would have one of its own afterwards."""
    for variable in reduced.variables if isinstance(reduced, _Parts) else ():
        if len(notes.tell(("keras", id(variable)), id(reduced.args[0]), "a model")) > 1:
            raise UnsupportedError(
                "",
                f"another model has {variable.path} too, and would have one of its own.",
                "Save one model around both, and take parts of it by get_layer().",
            )
    return reduced


def _cannot_save(where: str, problem: str) -> UnsupportedError:
    return UnsupportedError(
        f".{where}",
        f"{problem}.",
        "Use a part of Keras that is on the list, or a registered class of your own.",
    )


def _compare(obj: Any, again: Any, config: Any) -> None:
    before, after = build.variables_of(obj), build.variables_of(again)
    if [_kind(each) for each in before] != [_kind(each) for each in after]:
        raise UnsupportedError(
            "",
            "its variables are not those that its configuration makes.",
            "Layers with variables of their own need get_config() and build() that say so.",
        )
    if _plain(again.get_config()) != config:
        raise UnsupportedError("", "its configuration does not come back as it is.")


def _kind(variable: Any) -> tuple[Any, ...]:
    dtype = "seed" if build.is_seed(variable) else str(variable.dtype)
    return tuple(variable.shape), dtype, bool(variable.trainable)


def _columns(arrays: Sequence[_Stored]) -> tuple[list[Any], list[Any]]:
    return [bits for bits, _ in arrays], [name for _, name in arrays]


def _compiled(obj: Any, custom: dict[str, Any]) -> Any:
    """How it was compiled, and the variables of its optimiser where training began."""
    if not getattr(obj, "compiled", False):
        return None
    config = _plain(obj.get_compile_config())
    if config is None:
        raise UnsupportedError(".compile", "nothing says how it was compiled.")
    # What "auto" came to is another thing on another backend.
    if config.get("jit_compile") == obj._resolve_auto_jit_compile():
        config["jit_compile"] = "auto"
    check_compile_config(config, custom, _cannot_save)
    optimizer = obj.optimizer
    if optimizer is None or not optimizer.built:
        return config, None, None
    return (config, *_columns([build.array_of(variable) for variable in optimizer.variables]))


def _custom_parts(obj: Any) -> dict[str, Any]:
    """Classes and functions that are not Keras' own, by the name under which configs have them."""
    from keras.src.saving import object_registration

    found: dict[str, Any] = {}
    for layer in obj._flatten_layers(include_self=False):
        parts = [type(layer), *(getattr(layer, name, None) for name in _ACTIVATIONS)]
        for part in parts:
            module = getattr(part, "__module__", None)
            if module is None or not callable(part) or module.partition(".")[0] == "keras":
                continue
            part = part if hasattr(part, "__qualname__") else type(part)
            if part.__module__.partition(".")[0] != "keras":
                found[object_registration.get_registered_name(part)] = part
    return found


_ACTIVATIONS = ("activation", "recurrent_activation")


def _plain(value: Any, *, tuples: bool = False) -> Any:
    """A configuration as its JSON would give it back, but for the structure of in- and outputs."""
    if isinstance(value, dict):
        found = {
            name: _plain(item, tuples=tuples or name in _STRUCTURES)
            for name, item in value.items()
            if name not in _LATER or item != _LATER[name]
        }
        if str(found.get("module")).startswith("keras.src.backend."):  # this backend's own
            found.update(module="keras.optimizers", registered_name=None)
        return found
    if isinstance(value, (list, tuple)):
        items = [_plain(item, tuples=tuples) for item in value]
        return tuple(items) if tuples and isinstance(value, tuple) else items
    return value.item() if isinstance(value, np.generic) else value


_STRUCTURES = ("input_layers", "output_layers")
# Settings that later versions of Keras added, where they say what was so before them.
_LATER = {
    "input_axes": None,
    "lora_alpha": None,
    "output_axes": None,
    "quantization_config": None,
    "renorm": False,
    "renorm_clipping": None,
    "renorm_momentum": 0.99,
    "sliding_window": None,
    "use_gate": False,
}


# -- loading -----------------------------------------------------------------------------------


def _build(cls: Any, args: Sequence[Any]) -> Any:
    from keras.layers import Normalization

    config, bits, names, compiled, custom = args
    model = build.construct(cls, config, custom)
    build.measure(model)
    variables = build.variables_of(model)
    if len(variables) != len(bits):
        raise ValueError(f"it has {len(variables)} variables, and {len(bits)} arrays are stored")
    # All are compared before the first receives memory.
    for variable, values in zip(variables, bits, strict=True):
        if tuple(variable.shape) != values.shape:
            raise ValueError(
                f"{variable.path} is {tuple(variable.shape)}, its array {values.shape}"
            )
    for variable, values, name in zip(variables, bits, names, strict=True):
        build.fill(variable, values, name)
    for layer in model._flatten_layers():
        if isinstance(layer, Normalization):
            layer.finalize_state()  # what it computes of its variables
    if compiled is not None:
        settings, values, kinds = compiled
        state = None if values is None else list(zip(values, kinds, strict=True))
        build.compile_model(model, settings, state, custom)
    return model


def _check(cls: str) -> Callable[[Shadow], None]:
    def check(shadow: Shadow) -> None:
        config, bits, names, compiled, custom = shadow.args(5)

        def fail(where: str, problem: str) -> Exception:
            return shadow.fail(f"{where}: {problem}")

        if not isinstance(custom, dict) or not all(type(name) is str for name in custom):
            raise shadow.fail("the parts that are not Keras' own have no names")
        if not all(is_trusted(part) for part in custom.values()):
            raise shadow.fail("a part that is not Keras' own is not one that its reader trusts")
        check_model_config(cls, config, custom, fail)
        _check_arrays(shadow, bits, names)
        if compiled is None:
            return
        if not isinstance(compiled, tuple) or len(compiled) != 3:
            raise shadow.fail("how it was compiled is not said as it should be")
        settings, values, kinds = compiled
        check_compile_config(settings, custom, fail)
        if values is not None:
            _check_arrays(shadow, values, kinds)

    return check


def _check_arrays(shadow: Shadow, bits: Any, names: Any) -> None:
    if not isinstance(bits, list) or not isinstance(names, list) or len(bits) != len(names):
        raise shadow.fail("its arrays are not lists of one length")
    for values, name in zip(bits, names, strict=True):
        check_bits(shadow, values, name)


def entries() -> Iterable[Entry]:
    """The two kinds of models that configurations describe in full."""
    for cls, module in (("Sequential", "sequential"), ("Functional", "functional")):
        yield Entry(
            key=f"keras.{cls}",
            where=(f"keras.src.models.{module}:{cls}",),
            kind="call",
            reduce=_reduce,
            relate=_relate,
            build=_build,
            check=_check(cls),
        )
