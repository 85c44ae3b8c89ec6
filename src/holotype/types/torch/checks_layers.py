"""What must hold between the attributes and the tensors of a layer.

Torch's kernels check most shapes and raise; some, such as those of recurrent layers and of the fast
path of transformers, take counts and sizes from the attributes and read as far as these say. Rule:
here every shape is the one that the constructor makes, so there is nothing left to find out.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from itertools import pairwise

from holotype.types.torch.kinds import is_kind, numbers_of
from holotype.types.torch.layers import LAYERS
from holotype.types.torch.parts import OTHER, Odd, Parts
from holotype.types.torch.tensors import Facts

__all__ = ["check_layer", "rnn_weights"]

_ACTIVATIONS = ("torch.nn.functional.gelu", "torch.nn.functional.relu")
_GATES = {"LSTM": 4, "GRU": 3, "RNN_TANH": 1, "RNN_RELU": 1}
_CELLS = {"LSTMCell": 4, "GRUCell": 3, "RNNCell": 1}
_MAX_CALLS = 1 << 17
_MAX_GROWTH = 26.0  # as a power of two
_MAX_WINDOWS = 1 << 26


def check_layer(parts: Parts) -> None:
    """Raise Odd for what is not as the class makes it."""
    line = LAYERS[parts.name]
    _check_attributes(parts, line.attributes)
    for what, stated, found in (
        ("parameter", line.parameters, parts.parameters),
        ("buffer", line.buffers, parts.buffers),
    ):
        if stated is not None:
            _check_tensors(parts, what, stated, found)
    for name, facts in parts.parameters.items():
        if facts is not None and (facts.form != "strided" or not facts.is_real):
            raise Odd(f"the parameter {name} is not of floating numbers")
    for name, facts in (*parts.parameters.items(), *parts.buffers.items()):
        if facts is not None and not facts.whole:
            raise Odd(f"the elements of {name} stand for several each, as after expand")
    own = _CHECKS.get(parts.name)
    if own is not None:
        own(parts)
    elif parts.children and parts.name not in _COMPOSED:
        raise Odd(f"a {parts.name} contains no other modules")


def _check_attributes(parts: Parts, stated: dict[str, str]) -> None:
    elsewhere = {**parts.parameters, **parts.children}
    for name, kind in stated.items():
        if name in parts.attributes:
            if not is_kind(kind, parts.attributes[name]):
                raise Odd(f"{name} is not what a {parts.name} may have")
        elif name not in elsewhere:
            raise Odd(f"it has no {name}")
    odd = sorted(parts.attributes.keys() - stated.keys())
    if odd:
        raise Odd(f"a {parts.name} has no attribute {', '.join(odd)[:100]} of its own")


def _check_tensors(
    parts: Parts, what: str, stated: dict[str, str], tensors: Mapping[str, Facts | None]
) -> None:
    names = {name.rstrip("?"): text for name, text in stated.items()}
    if tensors.keys() != names.keys():
        raise Odd(f"its {what}s are not those of a {parts.name}")
    for name, facts in tensors.items():
        if facts is None:
            if f"{name}?" not in stated:
                raise Odd(f"it has no {name}")
        elif names[name] == "none":
            raise Odd(f"{name} is given, which is not known")
        elif names[name] != "any":
            _demand_shape(parts, name, _shape_of(parts, names[name]))


def _shape_of(parts: Parts, text: str) -> tuple[int, ...]:
    shape: list[int] = []
    for part in text.split(",") if text else ():
        value = parts.attributes[part.lstrip("*")]
        shape.extend(value if part[:1] == "*" else (value,))
    return tuple(shape)


def _demand_shape(parts: Parts, name: str, shape: tuple[int, ...]) -> None:
    facts = parts.parameters.get(name) or parts.buffers.get(name)
    if facts is None or facts.shape != shape:
        found = "nothing" if facts is None else list(facts.shape)
        raise Odd(f"{name} has the shape {found}, which should be {list(shape)}")


# -- convolutions, norms, embeddings ---------------------------------------------------------------


def _check_conv(parts: Parts) -> None:
    a = parts.attributes
    dimensions = int(parts.name[-2])
    for name in ("kernel_size", "stride", "dilation", "output_padding"):
        parts.demand(len(numbers_of(a[name])) == dimensions, f"{name} has other dimensions")
    if not isinstance(a["padding"], str):
        parts.demand(len(numbers_of(a["padding"])) == dimensions, "padding has other dimensions")
    transposed = "Transpose" in parts.name
    parts.demand(a["transposed"] is transposed, "transposed is not that of its class")
    groups = a["groups"]
    near, far = a["out_channels"], a["in_channels"]
    if transposed:
        near, far = far, near
    parts.demand(near % groups == 0 and far % groups == 0, "channels do not divide into groups")
    _demand_shape(parts, "weight", (near, far // groups, *a["kernel_size"]))


def _check_group_norm(parts: Parts) -> None:
    fits = parts.attributes["num_channels"] % parts.attributes["num_groups"] == 0
    parts.demand(fits, "channels do not divide into groups")


def _check_embedding(parts: Parts) -> None:
    index, count = parts.attributes["padding_idx"], parts.attributes["num_embeddings"]
    parts.demand(index is None or 0 <= index < count, "padding_idx is out of bounds")


def _check_tracked(parts: Parts) -> None:
    tracked = parts.buffers["num_batches_tracked"]
    parts.demand(tracked is None or tracked.dtype == "int64", "num_batches_tracked is no count")
    for name in ("running_mean", "running_var"):
        facts = parts.buffers[name]
        parts.demand(facts is None or facts.is_real, f"{name} is not of floating numbers")


def _check_unfold(parts: Parts) -> None:
    a = parts.attributes
    window, pads = _pair(a["kernel_size"]), _pair(a["padding"])
    size = math.prod(window) * math.prod(1 + 2 * pad for pad in pads)
    parts.demand(size <= _MAX_WINDOWS, "it makes too much of a small image")


def _pair(value: object) -> tuple[int, ...]:
    """Of two axes, for which one number may stand."""
    numbers = numbers_of(value)
    return numbers * (3 - len(numbers)) if 1 <= len(numbers) <= 2 else numbers


# -- recurrent layers ------------------------------------------------------------------------------


def rnn_weights(parts: Parts) -> list[dict[str, tuple[int, ...]]]:
    """Names and shapes of the weights of each layer and direction, in torch's order."""
    a = parts.attributes
    hidden, proj = a["hidden_size"], a["proj_size"]
    rows = _GATES[a["mode"]] * hidden
    out = proj or hidden
    directions = ("", "_reverse") if a["bidirectional"] else ("",)
    found = []
    for layer in range(a["num_layers"]):
        width = a["input_size"] if layer == 0 else out * len(directions)
        for direction in directions:
            end = f"_l{layer}{direction}"
            weights: dict[str, tuple[int, ...]] = {
                f"weight_ih{end}": (rows, width),
                f"weight_hh{end}": (rows, out),
            }
            if a["bias"]:
                weights |= {f"bias_ih{end}": (rows,), f"bias_hh{end}": (rows,)}
            if proj:
                weights[f"weight_hr{end}"] = (proj, hidden)
            found.append(weights)
    return found


def _check_rnn(parts: Parts) -> None:
    a = parts.attributes
    modes = ("RNN_TANH", "RNN_RELU") if parts.name == "RNN" else (parts.name,)
    parts.demand(a["mode"] in modes, "mode is not that of its class")
    parts.demand(not a["proj_size"] or parts.name == "LSTM", "only an LSTM projects")
    parts.demand(a["proj_size"] < max(a["hidden_size"], 1), "it projects to more than it has")
    # Before names are made of it: each layer has weights.
    parts.demand(a["num_layers"] <= len(parts.parameters), "it has fewer layers than it states")
    if parts.name == "RNN":
        parts.demand(a["mode"] == f"RNN_{a['nonlinearity'].upper()}", "its curve is not its mode")
    _demand_weights(parts, {k: v for each in rnn_weights(parts) for k, v in each.items()})


def _check_cell(parts: Parts) -> None:
    a = parts.attributes
    rows, hidden = _CELLS[parts.name] * a["hidden_size"], a["hidden_size"]
    shapes: dict[str, tuple[int, ...] | None] = {
        "weight_ih": (rows, a["input_size"]),
        "weight_hh": (rows, hidden),
        "bias_ih": (rows,) if a["bias"] else None,
        "bias_hh": (rows,) if a["bias"] else None,
    }
    _demand_weights(parts, shapes)


def _demand_weights(parts: Parts, shapes: Mapping[str, tuple[int, ...] | None]) -> None:
    parts.demand(parts.parameters.keys() == shapes.keys(), "its weights are not those of its class")
    for name, shape in shapes.items():
        if shape is None:
            parts.demand(parts.parameters[name] is None, f"{name} should not be there")
        else:
            _demand_shape(parts, name, shape)
    dtypes = {facts.dtype for facts in parts.parameters.values() if facts is not None}
    parts.demand(len(dtypes) <= 1, "its weights are of several dtypes")
    parts.demand(not parts.buffers, "it has buffers, which its class has not")


# -- attention -------------------------------------------------------------------------------------


def _check_attention(parts: Parts) -> None:
    a = parts.attributes
    size = a["embed_dim"]
    parts.demand(a["head_dim"] * a["num_heads"] == size, "its heads do not divide embed_dim")
    same = a["kdim"] == size and a["vdim"] == size
    parts.demand(a["_qkv_same_embed_dim"] is same, "_qkv_same_embed_dim is not so")
    shapes: dict[str, tuple[int, ...] | None] = dict.fromkeys(
        ("in_proj_weight", "q_proj_weight", "k_proj_weight", "v_proj_weight")
    )
    if same:
        shapes["in_proj_weight"] = (3 * size, size)
    else:
        shapes["q_proj_weight"] = (size, size)
        shapes["k_proj_weight"] = (size, a["kdim"])
        shapes["v_proj_weight"] = (size, a["vdim"])
    shapes["in_proj_bias"] = (3 * size,) if parts.parameters.get("in_proj_bias") else None
    if parts.parameters.get("bias_k") is not None:
        shapes |= {"bias_k": (1, 1, size), "bias_v": (1, 1, size)}
    _demand_weights(parts, shapes)
    _demand_linear(parts, "out_proj", size, size)
    parts.demand(parts.children.keys() == {"out_proj"}, "it contains other modules")


def _demand_linear(parts: Parts, name: str, into: int | None, out: int | None) -> int | None:
    child = parts.child(name, "Linear", "NonDynamicallyQuantizableLinear")
    if child.name == OTHER:
        return None
    found = child.attributes.get("in_features"), child.attributes.get("out_features")
    fits = into in (None, found[0]) and out in (None, found[1])
    parts.demand(fits, f"{name} has other sizes than its neighbours")
    return found[1]


def _check_transformer_layer(parts: Parts) -> None:
    _check_activation(parts)
    decoder = parts.name == "TransformerDecoderLayer"
    names = ["self_attn", *(["multihead_attn"] if decoder else [])]
    sizes = {
        child.attributes.get("embed_dim")
        for child in (parts.child(name, "MultiheadAttention") for name in names)
        if child.name != OTHER
    }
    parts.demand(len(sizes) <= 1, "its attentions are of several sizes")
    size = next(iter(sizes), None)
    hidden = _demand_linear(parts, "linear1", size, None)
    _demand_linear(parts, "linear2", hidden, size)
    for number in range(1, 4 if decoder else 3):
        norm = parts.child(f"norm{number}", "LayerNorm", "RMSNorm", "Identity")
        shape = norm.attributes.get("normalized_shape")
        parts.demand(shape is None or size is None or shape == (size,), "a norm is of another size")
        parts.child(f"dropout{number}", "Dropout", "Identity")
    parts.child("dropout", "Dropout", "Identity")


def _check_activation(parts: Parts) -> None:
    function = parts.attributes.get("activation")
    known = function is None or function in _ACTIVATIONS or ":" in function
    parts.demand(known, "activation is not a function that is known")


def _check_transformer(parts: Parts) -> None:
    parts.child("encoder", "TransformerEncoder")
    parts.child("decoder", "TransformerDecoder")
    _check_calls(parts)


def _check_stack(parts: Parts) -> None:
    layers = parts.child("layers", "ModuleList")
    kind = f"{parts.name}Layer"
    for name in layers.children:
        layers.child(name, kind)
    parts.demand(parts.attributes["num_layers"] == len(layers.children), "it counts other layers")
    _check_calls(parts)


def _check_adaptive(parts: Parts) -> None:
    a = parts.attributes
    cutoffs = list(numbers_of(a["cutoffs"]))
    rising = all(x < y for x, y in pairwise(cutoffs))
    parts.demand(rising and cutoffs and cutoffs[-1] == a["n_classes"], "cutoffs do not rise")
    parts.demand(a["n_clusters"] == len(cutoffs) - 1, "n_clusters is another number")
    parts.demand(a["shortlist_size"] == cutoffs[0], "shortlist_size is another number")
    parts.demand(a["head_size"] == cutoffs[0] + a["n_clusters"], "head_size is another number")
    _demand_linear(parts, "head", a["in_features"], a["head_size"])
    tail = parts.child("tail", "ModuleList")
    parts.demand(len(tail.children) == a["n_clusters"], "its tail has another length")
    for name, low, high in zip(tail.children, cutoffs, cutoffs[1:], strict=False):
        projection = tail.child(name, "Sequential")
        parts.demand(list(projection.children) == ["0", "1"], "a projection is not two layers")
        hidden = _demand_linear(projection, "0", a["in_features"], None)
        _demand_linear(projection, "1", hidden, high - low)


# -- containers ------------------------------------------------------------------------------------


def _check_numbered(parts: Parts) -> None:
    held = parts.children if parts.name == "ModuleList" else parts.parameters
    parts.demand(list(held) == [str(i) for i in range(len(held))], "its elements are not numbered")
    _check_calls(parts)


def _check_calls(parts: Parts) -> None:
    """Modules within modules can be shared, so a small file could ask for endless work."""
    calls, growth = _cost(parts, {})
    parts.demand(calls <= _MAX_CALLS, "it calls its modules too many times")
    parts.demand(growth <= _MAX_GROWTH, "it enlarges its input beyond all bounds")


def _cost(parts: Parts, known: dict[int, tuple[int, float]]) -> tuple[int, float]:
    calls, growth = 1, _growth(parts)
    for child in parts.children.values():
        if child is None:
            continue
        if child.key not in known:
            known[child.key] = _MAX_CALLS + 1, 0.0  # of one that contains itself
            known[child.key] = _cost(child.open(), known)
        calls += known[child.key][0]
        growth += known[child.key][1]
        if calls > _MAX_CALLS:
            break
    return calls, growth


def _growth(parts: Parts) -> float:
    a = parts.attributes
    if parts.name.startswith("ConvTranspose"):
        return math.log2(math.prod(numbers_of(a.get("stride", 1))))
    if parts.name.startswith("Upsampl") and a.get("scale_factor") is not None:
        factors = numbers_of(a["scale_factor"])
        return max(0.0, math.log2(math.prod(factors * (3 if len(factors) == 1 else 1))))
    return 0.0


_COMPOSED = frozenset({"TripletMarginWithDistanceLoss"})
_CHECKS: dict[str, Callable[[Parts], None]] = {
    **{f"Conv{t}{n}d": _check_conv for t in ("", "Transpose") for n in (1, 2, 3)},
    **{f"{kind}Norm{n}d": _check_tracked for kind in ("Batch", "Instance") for n in (1, 2, 3)},
    "SyncBatchNorm": _check_tracked,
    "AdaptiveLogSoftmaxWithLoss": _check_adaptive,
    "Embedding": _check_embedding,
    "EmbeddingBag": _check_embedding,
    "Fold": _check_unfold,
    "GRU": _check_rnn,
    "GRUCell": _check_cell,
    "GroupNorm": _check_group_norm,
    "LSTM": _check_rnn,
    "LSTMCell": _check_cell,
    "Module": _check_calls,
    "ModuleDict": _check_calls,
    "ModuleList": _check_numbered,
    "MultiheadAttention": _check_attention,
    "ParameterDict": lambda parts: None,
    "ParameterList": _check_numbered,
    "RNN": _check_rnn,
    "RNNCell": _check_cell,
    "Sequential": _check_calls,
    "Transformer": _check_transformer,
    "TransformerDecoder": _check_stack,
    "TransformerDecoderLayer": _check_transformer_layer,
    "TransformerEncoder": _check_stack,
    "TransformerEncoderLayer": _check_transformer_layer,
    "Unfold": _check_unfold,
}
