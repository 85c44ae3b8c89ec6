"""Modules of torch.nn as data: their attributes, parameters, buffers and modules by name.

The state of a module is one dict: ``training``, the attributes of its class, and everything that is
registered under its own name; the lists ``parameters``, ``buffers`` and ``modules`` say which of
these are what, in their order. (No member can have these names: they are methods of a module.)
Attributes that follow from others are computed, not stored. Hooks are refused.

Rule: a module is made empty and filled with what was checked; its constructor does not run.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import ABSENT, Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.torch.checks_layers import check_layer, rnn_weights
from holotype.types.torch.kinds import numbers_of
from holotype.types.torch.layers import HOMES, LAYERS
from holotype.types.torch.parts import OTHER, Child, Odd, Parts
from holotype.types.torch.storage import Layout, is_whole
from holotype.types.torch.tensors import PARAMETER, TENSOR, Facts, facts_of

__all__ = ["HOOKS", "is_module", "module_entries", "own_attributes", "state_of"]

_PREFIX = "torch.nn."
_KEYS = {f"{_PREFIX}{name}": name for name in LAYERS}
_LISTS = ("parameters", "buffers", "modules")
_NOT_PERSISTENT = "_non_persistent_buffers_set"
HOOKS = (
    "_backward_hooks",
    "_backward_pre_hooks",
    "_forward_hooks",
    "_forward_hooks_always_called",
    "_forward_hooks_with_kwargs",
    "_forward_pre_hooks",
    "_forward_pre_hooks_with_kwargs",
    "_load_state_dict_post_hooks",
    "_load_state_dict_pre_hooks",
    "_state_dict_hooks",
    "_state_dict_pre_hooks",
)
_FORGOTTEN = ("_is_full_backward_hook", "_flat_weights", "_flat_weight_refs", "_version")


# -- what follows from the rest --------------------------------------------------------------------


def _conv_padding(a: Mapping[str, Any]) -> Any:
    """How F.pad is told the padding of a convolution, from the last axis to the first."""
    padding = a["padding"]
    if not isinstance(padding, str):
        return tuple(n for n in reversed(numbers_of(padding)) for _ in range(2))
    found: list[int] = []
    for step, size in zip(reversed(a["dilation"]), reversed(a["kernel_size"]), strict=True):
        total = step * (size - 1) if padding == "same" else 0
        found += [total // 2, total - total // 2]
    return found


def _derived(name: str, parts: Parts) -> dict[str, Any]:
    """Attributes of a layer that are not stored, by name."""
    if name.startswith("Conv"):
        return {"_reversed_padding_repeated_twice": _conv_padding(parts.attributes)}
    if name in ("GRU", "LSTM", "RNN"):
        each = [list(weights) for weights in rnn_weights(parts)]
        flat = [weight for weights in each for weight in weights]
        return {"_all_weights": each, "_flat_weights_names": flat}
    if name == "ParameterList":
        return {"_size": len(parts.parameters)}
    if name == "ParameterDict":
        return {"_keys": dict.fromkeys(parts.parameters)}
    return {}


# -- on the way out --------------------------------------------------------------------------------


def state_of(given: Mapping[str, Any], parts: Parts) -> tuple[dict[str, Any], Parts]:
    """The state of a module by its ``__dict__``, of which ``parts`` was made, and what is stored.

    Raises Odd where an attribute is not what must follow from the rest.
    """
    attributes = dict(parts.attributes)
    stated = _derived(parts.name, parts)
    for each in sorted(stated.keys() & attributes.keys()):
        if _plainly(attributes.pop(each)) != _plainly(stated[each]):
            raise Odd(f"{each} does not follow from the rest")
    state: dict[str, Any] = {"training": given["training"]}
    for each, value in sorted(attributes.items()):
        state[each] = given.get(each, value)
    for which, kept in zip(_LISTS, ("_parameters", "_buffers", "_modules"), strict=True):
        if given[kept]:
            state[which] = list(given[kept])
            state.update(given[kept])
    if given.get(_NOT_PERSISTENT):
        state[_NOT_PERSISTENT] = sorted(given[_NOT_PERSISTENT])
    return state, parts._replace(attributes=attributes)


def _plainly(value: Any) -> Any:
    return [_plainly(item) for item in value] if isinstance(value, (list, tuple)) else value


def _reduce(obj: Any) -> Reduced:
    given = dict(vars(obj))
    for hook in HOOKS:
        if given.get(hook):
            raise UnsupportedError(
                f".{hook}",
                "a module has hooks, which are no data.",
                "Remove them before saving (weight_norm and pruning are hooks too: "
                "remove_weight_norm, prune.remove).",
            )
    try:
        state, parts = state_of(given, _parts_of(obj))
        check_layer(parts)
    except Odd as error:
        problem = f"a torch.nn.{type(obj).__name__} would be refused when it is loaded: {error}."
        raise UnsupportedError("", problem) from None
    return Reduced(state=state)


def own_attributes(given: Iterable[str]) -> list[str]:
    """Of the names in a module's ``__dict__``, those of its class's own attributes."""
    known = {"training", "_parameters", "_buffers", "_modules", _NOT_PERSISTENT}
    return [name for name in given if name not in known | {*HOOKS, *_FORGOTTEN}]


def _parts_of(obj: Any) -> Parts:
    """The parts of a live module."""
    given = vars(obj)
    name = _layer_of(type(obj))
    if name is None:
        return Parts(OTHER, {}, {}, {}, {})
    return Parts(
        name,
        {key: _attribute(given[key]) for key in own_attributes(given)},
        {key: _facts(value) for key, value in given["_parameters"].items()},
        {key: _facts(value) for key, value in given["_buffers"].items()},
        {key: _child(value) for key, value in given["_modules"].items()},
    )


def _layer_of(cls: type) -> str | None:
    """The name of a class of torch.nn that is in the table."""
    name = cls.__name__
    return name if HOMES.get(name) == cls.__module__ else None


def _child(module: Any) -> Child | None:
    return None if module is None else Child(id(module), lambda: _parts_of(module))


def _facts(tensor: Any) -> Facts | None:
    if tensor is None:
        return None
    import torch

    if torch.nn.parameter.is_lazy(tensor):
        raise UnsupportedError(
            "", "a lazy module has not seen its first input.", "Call it once before saving."
        )
    form = str(tensor.layout).removeprefix("torch.")
    shape = tuple(tensor.shape)
    whole = form != "strided" or is_whole(Layout(shape, tuple(tensor.stride())))
    return Facts(str(tensor.dtype).removeprefix("torch."), shape, form, whole)


def _attribute(value: Any) -> Any:
    """An attribute as a file would state it: functions by their keys."""
    if isinstance(value, tuple) and type(value) is not tuple:
        return tuple(value)  # torch.Size
    if not callable(value):
        return value
    from holotype.types.table import type_table

    return type_table().name_of(value) or ":"


# -- on the way in ---------------------------------------------------------------------------------


def is_module(value: Any) -> bool:
    """Whether a value of a file is a module: one of the table, or one that the reader trusts."""
    return isinstance(value, Shadow) and (value.key in _KEYS or is_trusted(value))


def _check(shadow: Shadow) -> None:
    shadow.args(0)
    try:
        parts = _described(shadow)
        check_layer(parts)
    except Odd as error:
        raise shadow.fail(str(error)) from None


def _names(shadow: Shadow, which: str) -> list[str]:
    value = shadow.get(which)
    if value is ABSENT:
        return []
    if not isinstance(value, list) or not all(type(name) is str for name in value):
        raise Odd(f"{which} is not a list of names")
    if len(set(value)) != len(value) or not all(map(shadow.has, value)):
        raise Odd(f"{which} names what is not there")
    return value


def _described(shadow: Shadow) -> Parts:
    """The parts of a module that a file describes."""
    if shadow.key not in _KEYS:
        return Parts(OTHER, {}, {}, {}, {})
    parameters, buffers, modules = (_names(shadow, which) for which in _LISTS)
    special = {*_LISTS, "training", _NOT_PERSISTENT}
    registered = [*parameters, *buffers, *modules]
    if len(set(registered)) != len(registered) or not special.isdisjoint(registered):
        raise Odd("one name is registered twice")
    if type(shadow.get("training")) is not bool:
        raise Odd("whether it is training is no truth value")
    silent = shadow.get(_NOT_PERSISTENT)
    if silent is not ABSENT and not (
        isinstance(silent, list)
        and all(type(name) is str for name in silent)
        and set(silent) <= set(buffers)
    ):
        raise Odd("its buffers that are not saved are not among its buffers")
    own = [name for name in shadow.names() if name not in special and name not in {*registered}]
    return Parts(
        _KEYS[shadow.key],
        {name: _stated(shadow.get(name)) for name in own},
        {name: _tensor(shadow, name, PARAMETER) for name in parameters},
        {name: _tensor(shadow, name, TENSOR, PARAMETER) for name in buffers},
        {name: _inner(shadow, name) for name in modules},
    )


def _stated(value: Any) -> Any:
    if isinstance(value, Named):
        return value.key
    if isinstance(value, Shadow):
        if value.key == "torch.Size":
            return value.arg(0)
        if is_trusted(value):
            return ":"
        raise Odd(f"an attribute is a {value.key}")
    return value


def _tensor(shadow: Shadow, name: str, *keys: str) -> Facts | None:
    value = shadow.get(name)
    if value is None:
        return None
    if not isinstance(value, Shadow) or value.key not in keys:
        raise Odd(f"{name} is not a {keys[0]}")
    return facts_of(value)


def _inner(shadow: Shadow, name: str) -> Child | None:
    value = shadow.get(name)
    if value is None:
        return None
    if not is_module(value):
        raise Odd(f"{name} is not a module")
    return Child(id(value), lambda: _described(value))


def _build(cls: Any, args: Sequence[Any]) -> Any:
    import torch

    made = cls.__new__(cls)
    torch.nn.Module.__init__(made)
    return made


def _fill(obj: Any, state: dict[str, Any]) -> None:
    given = dict(state)
    target = vars(obj)
    name = _KEYS[f"{_PREFIX}{type(obj).__name__}"]
    for which, kept in zip(_LISTS, ("_parameters", "_buffers", "_modules"), strict=True):
        target[kept].update({each: given.pop(each) for each in given.pop(which, ())})
    target[_NOT_PERSISTENT].update(given.pop(_NOT_PERSISTENT, ()))
    target.update(given)
    plain = Parts(name, given, target["_parameters"], target["_buffers"], target["_modules"])
    target.update(_derived(name, plain))
    if "_flat_weights_names" in target:
        obj._init_flat_weights()


def module_entries() -> Iterable[Entry]:
    """An entry for each layer."""
    for name in LAYERS:
        yield Entry(
            key=f"{_PREFIX}{name}",
            where=(f"{HOMES[name]}:{name}", f"torch.nn:{name}"),
            kind="call",
            quiet=True,
            reduce=_reduce,
            build=_build,
            setstate=_fill,
            check=_check,
        )
