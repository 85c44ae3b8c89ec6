"""Flax nnx: modules with their parameters inside, variables, random streams, states.

A module is its attributes; what of them are nodes is said beside them. Rule: a name or an attribute
of a file lands in the dict of a new object, never in a constructor; the trace in which flax saw an
object is made anew. A graph definition is nothing to keep: the module that it describes is.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any, NoReturn

from holotype.errors import UnsupportedError
from holotype.graph.reduce import methods_of
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.jax.sizes import check_sizes

__all__ = ["entries"]

_MODULES = {
    "nn.attention": "MultiHeadAttention",
    "nn.linear": "Conv ConvTranspose Einsum Embed Linear LinearGeneral PReLU",
    "nn.lora": "LoRA LoRALinear",
    "nn.normalization": (
        "BatchNorm GroupNorm InstanceNorm LayerNorm RMSNorm SpectralNorm WeightNorm"
    ),
    "nn.recurrent": "Bidirectional GRUCell LSTMCell OptimizedLSTMCell RNN SimpleCell",
    "nn.stochastic": "Dropout",
    "helpers": "Dict List Sequential",
    "rnglib": "Rngs RngStream",
}
_VARIABLES = {
    "variablelib": "BatchStat Cache Intermediate Param Perturbation Variable",
    "nn.lora": "LoRAParam",
    "training.optimizer": "OptArray OptState OptVariable",
    "rnglib": "RngCount RngKey RngState",
}
_NODES = "_pytree__nodes"
_TRACE = "_pytree__state"
_METADATA = frozenset(
    (
        "hijax",
        "ref",
        "eager_sharding",
        "tag",
        "sharding",
        "sharding_names",
        "out_sharding",
        "optimizer_variable",
    )
)


# -- modules -----------------------------------------------------------------------------------


def _reduce_module(obj: Any) -> Reduced:
    _demand(obj, _NODES)
    return Reduced(state=dict(vars(obj)))


def _demand(obj: Any, name: str) -> None:
    try:
        object.__getattribute__(obj, name)  # a variable passes others on to its value
    except AttributeError:
        raise UnsupportedError(
            "", f"a {type(obj).__name__} of this version of Flax.", "Use Flax 0.12 or newer."
        ) from None


def _build_empty(cls: Any, args: Sequence[Any]) -> Any:
    return object.__new__(cls)


def _set_attributes(obj: Any, state: Any) -> None:
    cls: Any = type(obj)
    covered = methods_of(cls) & state.keys()
    if covered:
        raise TypeError(f"{min(covered)} is a method, and no attribute")
    obj.__dict__.update(state)


def _check_module(shadow: Shadow) -> None:
    shadow.args(0)
    state = shadow.state()
    if not isinstance(state, dict):
        raise shadow.fail("its attributes are not a dict")
    for name in state:
        if type(name) is not int and (type(name) is not str or name[:2] == "__"):
            raise shadow.fail(f"{name!r:.60} is not the name of an attribute")
    for name, key in ((_NODES, "flax.nnx.HashableMapping"), (_TRACE, "flax.nnx.PytreeState")):
        value = state.get(name)
        if not isinstance(value, Shadow) or value.key != key:
            raise shadow.fail(f"{name} is not a {key}")
    check_sizes(shadow, {name: value for name, value in state.items() if type(name) is str})


def _reduce_trace(obj: Any) -> Reduced:
    return Reduced((bool(obj._initializing), bool(obj._is_setup)))


def _check_trace(shadow: Shadow) -> None:
    if not all(type(value) is bool for value in shadow.args(2)):
        raise shadow.fail("it is not made of two bools")


def _reduce_mapping(obj: Any) -> Reduced:
    return Reduced((dict(obj._mapping),))


def _check_mapping(shadow: Shadow) -> None:
    (content,) = shadow.args(1)
    if not isinstance(content, dict):
        raise shadow.fail("its content is not a dict")


# -- variables ---------------------------------------------------------------------------------


def _reduce_variable(obj: Any) -> Reduced:
    _demand(obj, "_raw_value")
    metadata = dict(obj._var_metadata)
    for name in sorted(metadata.keys() - _METADATA):
        raise UnsupportedError(
            f".{name}",
            "a variable carries something of its own.",
            "Take it away (hooks of variables are deprecated), and keep it elsewhere.",
        )
    return Reduced((obj._raw_value, metadata))


def _build_variable(cls: Any, args: Sequence[Any]) -> Any:
    from flax.nnx import tracers

    value, metadata = args
    made = object.__new__(cls)
    object.__setattr__(made, "_trace_state", tracers.TraceState())
    object.__setattr__(made, "_var_metadata", metadata)
    object.__setattr__(made, "_raw_value", value)
    return made


def _check_variable(shadow: Shadow) -> None:
    _, metadata = shadow.args(2)
    if not isinstance(metadata, dict) or not metadata.keys() <= _METADATA:
        raise shadow.fail("its metadata is not that of a variable")
    for name, value in metadata.items():
        if not _is_plain(value):
            raise shadow.fail(f"its {name} is not plain")


def _is_plain(value: Any) -> bool:
    if isinstance(value, tuple):
        return all(map(_is_plain, value))
    return value is None or type(value) in (bool, int, str)


# -- states ------------------------------------------------------------------------------------


def _build_state(cls: Any, args: Sequence[Any]) -> Any:
    return cls(args[0])


def _refuse(obj: Any) -> NoReturn:
    raise UnsupportedError(
        "",
        f"a {type(obj).__name__} of nnx describes a module in terms of one process.",
        "Save the module itself (nnx.merge), or its nnx.state(module).",
    )


def _refused(shadow: Shadow) -> NoReturn:
    raise shadow.fail("nothing of this type is ever stored")


def _call(key: str, *where: str, **how: Any) -> Entry:
    return Entry(key=f"flax.nnx.{key}", where=where, kind="call", as_key="never", **how)


def _named(groups: dict[str, str]) -> Iterable[tuple[str, str]]:
    for module, names in groups.items():
        for name in names.split():
            yield name, f"flax.nnx.{module}:{name}"


def entries() -> Iterable[Entry]:
    """Modules, variables and states of nnx, as of Flax 0.12."""
    for name, where in _named(_MODULES):
        yield _call(
            name,
            where,
            quiet=True,
            reduce=_reduce_module,
            build=_build_empty,
            setstate=_set_attributes,
            check=_check_module,
        )
    for name, where in _named(_VARIABLES):
        yield _call(
            name,
            where,
            quiet=True,
            reduce=_reduce_variable,
            build=_build_variable,
            check=_check_variable,
        )
    yield _call(
        "PytreeState", "flax.nnx.pytreelib:PytreeState", reduce=_reduce_trace, check=_check_trace
    )
    yield _call(
        "HashableMapping",
        "flax.typing:HashableMapping",
        reduce=_reduce_mapping,
        check=_check_mapping,
    )
    yield _call(
        "State",
        "flax.nnx.statelib:State",
        reduce=_reduce_mapping,
        build=_build_state,
        check=_check_mapping,
    )
    for name in ("GraphDef", "NodeDef", "VariableDef"):
        yield _call(name, f"flax.nnx.graphlib:{name}", refused=True, reduce=_refuse, check=_refused)
