"""Flax linen: modules by their fields, frozen dicts, states of training.

A module of linen is a dataclass that holds no parameters; it is stored as the values of its fields
and made again by its own constructor, outside of any other module. Rule: only a module of the
lists is data; a class of a user's own is kept by its name or as source, at that level of trust, and
what flax keeps in its objects for itself (an identity, the state of a call) is made anew.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable, Iterable, Sequence
from typing import Any

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Named, Shadow, is_trusted
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes
from holotype.types.jax.functions import stand_in
from holotype.types.jax.sizes import check_sizes

__all__ = ["MODULES", "entries"]

_TYPES = "dtype param_dtype"
_INITS = "kernel_init bias_init"
_DENSE = f"use_bias {_TYPES} precision {_INITS} promote_dtype"
_CONV = f"features kernel_size strides padding kernel_dilation mask {_DENSE}"
_CONV_PLUS = (
    f"{_CONV} input_dilation feature_group_count conv_general_dilated conv_general_dilated_cls"
)
_NORM = (
    f"epsilon {_TYPES} use_bias use_scale bias_init scale_init axis_name axis_index_groups "
    "use_fast_variance force_float32_reductions"
)
_ATTENTION = (
    f"num_heads {_TYPES} qkv_features out_features broadcast_dropout dropout_rate deterministic "
    f"precision {_INITS} out_kernel_init out_bias_init use_bias attention_fn decode normalize_qk "
    "force_fp32_for_softmax qkv_dot_general out_dot_general qkv_dot_general_cls "
    "out_dot_general_cls qk_attn_weights_einsum_cls attn_weights_value_einsum_cls"
)
_CELL = f"features gate_fn activation_fn {_INITS} recurrent_kernel_init {_TYPES} carry_init"

# Modules by where they are defined, each with the fields that it may have.
MODULES: dict[str, dict[str, str]] = {
    "activation": {"PReLU": "param_dtype negative_slope_init"},
    "attention": {
        "MultiHeadAttention": _ATTENTION,
        "MultiHeadDotProductAttention": _ATTENTION,
        "SelfAttention": _ATTENTION,
    },
    "combinators": {"Sequential": "layers"},
    "linear": {
        "Conv": _CONV_PLUS,
        "ConvLocal": _CONV_PLUS,
        "ConvTranspose": f"{_CONV} transpose_kernel preferred_element_type",
        "Dense": f"features {_DENSE} dot_general dot_general_cls preferred_element_type",
        "DenseGeneral": f"features axis batch_dims {_DENSE} dot_general dot_general_cls",
        "Einsum": f"shape einsum_str {_DENSE} preferred_element_type",
        "Embed": f"num_embeddings features {_TYPES} embedding_init promote_dtype",
    },
    "normalization": {
        "BatchNorm": f"use_running_average axis momentum {_NORM}",
        "GroupNorm": f"num_groups group_size reduction_axes {_NORM}",
        "InstanceNorm": f"feature_axes {_NORM}",
        "LayerNorm": f"reduction_axes feature_axes {_NORM}",
        "RMSNorm": f"reduction_axes feature_axes {_NORM}",
        "SpectralNorm": (
            f"layer_instance n_steps epsilon {_TYPES} error_on_non_matrix collection_name"
        ),
        "WeightNorm": (
            f"layer_instance epsilon {_TYPES} use_scale scale_init feature_axes variable_filter"
        ),
    },
    "recurrent": {
        "Bidirectional": "forward_rnn backward_rnn merge_fn time_major return_carry",
        "ConvLSTMCell": f"features kernel_size strides padding use_bias {_TYPES} carry_init",
        "GRUCell": _CELL,
        "LSTMCell": _CELL,
        "MGUCell": f"{_CELL} forget_bias_init activation_bias_init reset_gate",
        "OptimizedLSTMCell": _CELL,
        "RNN": (
            "cell time_major return_carry reverse keep_order unroll variable_axes "
            "variable_broadcast variable_carry split_rngs"
        ),
        "SimpleCell": f"{_CELL} residual",
    },
    "stochastic": {"Dropout": "rate broadcast_dims deterministic rng_collection"},
}
_OF_FLAX = frozenset(["_parent_ref", "parent", "name", "_id", "_state", "scope"])


# -- modules -----------------------------------------------------------------------------------


def _reduce_module(obj: Any) -> Reduced:
    if obj.scope is not None:
        raise UnsupportedError(
            "",
            "a bound module belongs to the call that bound it.",
            "Save the module and its variables: module.unbind().",
        )
    names = [field.name for field in dataclasses.fields(obj) if field.init]
    fields: dict[str, Any] = {}
    for name in names:
        if name != "parent":
            fields[name] = stand_in(getattr(obj, name))
    for name in vars(obj).keys() - _OF_FLAX - fields.keys():
        raise UnsupportedError(f".{name}", "a module has no such field.")
    return Reduced((fields,))


def _build_module(cls: Any, args: Sequence[Any]) -> Any:
    (fields,) = args
    return cls(parent=None, **fields)


def _check_module(listed: str) -> Callable[[Shadow], None]:
    known = frozenset(listed.split()) | {"name"}

    def check(shadow: Shadow) -> None:
        (fields,) = shadow.args(1)
        if not isinstance(fields, dict) or not fields.keys() <= known:
            raise shadow.fail("its fields are not those of the module")
        if not (fields.get("name") is None or type(fields["name"]) is str):
            raise shadow.fail("its name is not text")
        check_sizes(shadow, fields)

    return check


def _reduce_nothing(obj: Any) -> Reduced:
    return Reduced()


def _build_id(cls: Any, args: Sequence[Any]) -> Any:
    from flax.ids import uuid

    return uuid()


def _check_nothing(shadow: Shadow) -> None:
    shadow.args(0)


# -- what holds parameters ---------------------------------------------------------------------


def _reduce_frozen(obj: Any) -> Reduced:
    return Reduced((dict(obj._dict),))


def _check_frozen(shadow: Shadow) -> None:
    (content,) = shadow.args(1)
    if not isinstance(content, dict):
        raise shadow.fail("its content is not a dict")


class Apply:
    """Stands for the method ``apply`` of a module while it is written."""

    def __init__(self, module: Any) -> None:
        self.module = module


def _reduce_apply(obj: Apply) -> Reduced:
    return Reduced((obj.module,))


def _build_apply(cls: Any, args: Sequence[Any]) -> Any:
    return args[0].apply


def _check_apply(shadow: Shadow) -> None:
    (module,) = shadow.args(1)
    if not isinstance(module, Shadow) or module.key not in _KEYS:
        raise shadow.fail("it is not a method of a module of flax.linen")


_STATE = Attributes("step apply_fn params tx opt_state")


def _reduce_state(obj: Any) -> Reduced:
    found = _STATE.of(obj)
    owner = getattr(found["apply_fn"], "__self__", None)
    if owner is not None and _key(type(owner)) in _KEYS and found["apply_fn"] == owner.apply:
        found["apply_fn"] = Apply(owner)
    return Reduced(state=found)


def _check_state(shadow: Shadow) -> None:
    _STATE.check(shadow)
    function = shadow.get("apply_fn")
    own = isinstance(function, Shadow) and function.key == _APPLY
    if not (own or isinstance(function, Named) or is_trusted(function) or function is None):
        raise shadow.fail("apply_fn is not a function")
    updates = shadow.get("tx")
    made = isinstance(updates, Shadow) and updates.key.startswith("optax.GradientTransformation")
    if not (made or is_trusted(updates) or updates is None):
        raise shadow.fail("tx is not an optimiser")


_APPLY = "flax.linen.Module.apply"
_KEYS = frozenset(f"flax.linen.{name}" for names in MODULES.values() for name in names)


def _key(cls: type) -> str:
    return f"flax.linen.{cls.__name__}" if cls.__module__.startswith("flax.linen.") else ""


def _call(key: str, *where: str, **how: Any) -> Entry:
    return Entry(key=key, where=where, kind="call", **how)


def entries() -> Iterable[Entry]:
    """Modules, and what flax has around them."""
    for module, classes in MODULES.items():
        for name, fields in classes.items():
            yield _call(
                f"flax.linen.{name}",
                f"flax.linen.{module}:{name}",
                reduce=_reduce_module,
                build=_build_module,
                check=_check_module(fields),
                as_key="never",
            )
    yield Entry(key="flax.linen.Module", where=("flax.linen.module:Module",), kind="name")
    yield _call(
        "flax.ids.FlaxId",
        "flax.ids:FlaxId",
        reduce=_reduce_nothing,
        build=_build_id,
        check=_check_nothing,
    )
    yield _call(
        "flax.linen.module._ModuleInternalState",
        "flax.linen.module:_ModuleInternalState",
        reduce=_reduce_nothing,
        check=_check_nothing,
    )
    yield _call(
        "flax.core.FrozenDict",
        "flax.core.frozen_dict:FrozenDict",
        reduce=_reduce_frozen,
        check=_check_frozen,
        as_key="never",
    )
    yield Entry(
        key="flax.training.TrainState",
        where=("flax.training.train_state:TrainState",),
        kind="object",
        reduce=_reduce_state,
        check=_check_state,
        as_key="never",
    )
    yield _call(
        _APPLY,
        "holotype.types.jax.linen:Apply",
        reduce=_reduce_apply,
        build=_build_apply,
        check=_check_apply,
        as_key="never",
    )
