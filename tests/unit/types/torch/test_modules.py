"""Modules of torch.nn as data: every class, and what a file may not say of one."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from attacks.forge import reseal
from safetensors.numpy import load

import holotype
from holotype.errors import HolotypeError, InvalidStateError, UnsupportedError

torch = pytest.importorskip("torch", reason="its modules are stored")
nn = torch.nn

pytestmark = pytest.mark.filterwarnings(
    "ignore:enable_nested_tensor is True:UserWarning", "ignore::FutureWarning"
)


def again(value: Any) -> Any:
    archive = holotype.dumps(value, max_level="data")
    back = holotype.loads(archive)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def facts(module: Any) -> dict[str, Any]:
    """The attributes of a module but tensors and modules."""
    left_out = ("_parameters", "_buffers", "_modules", "_flat_weights", "_flat_weight_refs")
    return {key: value for key, value in vars(module).items() if key not in left_out}


def layers() -> dict[str, Any]:
    """One of every class of the table, and some with other options."""
    encoder, decoder = nn.TransformerEncoderLayer, nn.TransformerDecoderLayer
    plain = (
        "BCELoss BCEWithLogitsLoss CELU CTCLoss CosineEmbeddingLoss CosineSimilarity "
        "CrossEntropyLoss Dropout Dropout1d Dropout2d Dropout3d AlphaDropout FeatureAlphaDropout "
        "ELU Flatten GELU GLU GaussianNLLLoss Hardshrink Hardsigmoid Hardswish Hardtanh "
        "HingeEmbeddingLoss HuberLoss Identity KLDivLoss L1Loss LeakyReLU LogSigmoid LogSoftmax "
        "MSELoss MarginRankingLoss Mish Module ModuleDict ModuleList MultiLabelMarginLoss "
        "MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PReLU PairwiseDistance ParameterDict "
        "ParameterList PoissonNLLLoss RReLU ReLU ReLU6 SELU Sequential SiLU Sigmoid SmoothL1Loss "
        "SoftMarginLoss Softmax Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink "
        "TripletMarginLoss TripletMarginWithDistanceLoss Upsample UpsamplingBilinear2d "
        "UpsamplingNearest2d"
    )
    of_two = (
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d AdaptiveMaxPool2d "
        "AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d BatchNorm1d BatchNorm2d BatchNorm3d "
        "ChannelShuffle CircularPad1d CircularPad2d CircularPad3d CrossMapLRN2d InstanceNorm1d "
        "InstanceNorm2d InstanceNorm3d LayerNorm LocalResponseNorm MaxPool1d MaxPool2d MaxPool3d "
        "MaxUnpool1d MaxUnpool2d MaxUnpool3d PixelShuffle PixelUnshuffle RMSNorm ReflectionPad1d "
        "ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d ReplicationPad3d "
        "SyncBatchNorm Unfold ZeroPad1d ZeroPad2d ZeroPad3d"
    )
    of_two_twice = (
        "ConstantPad1d ConstantPad2d ConstantPad3d Embedding EmbeddingBag Fold FractionalMaxPool2d "
        "FractionalMaxPool3d GRU GRUCell GroupNorm LPPool1d LPPool2d LPPool3d LSTM LSTMCell Linear "
        "MultiheadAttention RNN RNNCell Threshold TransformerEncoderLayer TransformerDecoderLayer"
    )
    convolutions = "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d"
    return {
        **{name: getattr(nn, name)() for name in plain.split()},
        **{name: getattr(nn, name)(2) for name in of_two.split()},
        **{name: getattr(nn, name)(2, 2) for name in of_two_twice.split()},
        **{name: getattr(nn, name)(2, 4, 3) for name in convolutions.split()},
        "AdaptiveLogSoftmaxWithLoss": nn.AdaptiveLogSoftmaxWithLoss(16, 10, [2, 5]),
        "Bilinear": nn.Bilinear(2, 3, 4),
        "NonDynamicallyQuantizableLinear": nn.MultiheadAttention(4, 2).out_proj,
        "Transformer": nn.Transformer(4, 2, 1, 1, 8, batch_first=True),
        "TransformerDecoder": nn.TransformerDecoder(decoder(4, 2, 8), 2, nn.LayerNorm(4)),
        "TransformerEncoder": nn.TransformerEncoder(encoder(4, 2, 8, batch_first=True), 2),
        "Unflatten": nn.Unflatten(1, torch.Size([2, 2])),
        "attention with all": nn.MultiheadAttention(
            8, 2, kdim=3, vdim=5, add_bias_kv=True, add_zero_attn=True, batch_first=True
        ),
        "attention without bias": nn.MultiheadAttention(8, 2, bias=False),
        "batch norm of nothing": nn.BatchNorm1d(3, affine=False, track_running_stats=False),
        "bfloat16": nn.Linear(2, 3).to(torch.bfloat16),
        "channels last": nn.Conv2d(3, 4, 3).to(memory_format=torch.channels_last),
        "complex": nn.Linear(2, 3, dtype=torch.complex64),
        "convolution": nn.Conv2d(
            4, 8, (3, 5), padding="same", dilation=2, padding_mode="reflect", groups=2, bias=False
        ),
        "embedding": nn.Embedding(5, 3, padding_idx=-1, max_norm=1.0, sparse=True),
        "gelu": encoder(4, 2, 8, activation="gelu", norm_first=True),
        "gelu module": encoder(4, 2, 8, activation=nn.GELU(), batch_first=True),
        "gru": nn.GRU(3, 4, 2, bias=False),
        "lists": nn.ModuleList(
            [nn.ParameterList([torch.ones(1)]), nn.ModuleDict({"a": nn.ReLU()})]
        ),
        "lstm": nn.LSTM(4, 6, 3, bidirectional=True, proj_size=2, batch_first=True, dropout=0.1),
        "many": nn.Sequential(*(nn.Linear(2, 2) if i % 2 else nn.ReLU() for i in range(40))),
        "parameters": nn.ParameterDict({"a": torch.ones(2), "b": nn.Parameter(torch.ones(3))}),
        "pool": nn.MaxPool2d((2, 3), stride=None, padding=(1, 1), ceil_mode=True),
        "transposed": nn.ConvTranspose2d(4, 6, 3, 2, 1, 1, groups=2),
        "upsample": nn.Upsample(scale_factor=(2, 3), mode="bilinear", align_corners=False),
        "weighted loss": nn.CrossEntropyLoss(torch.ones(3), label_smoothing=0.1),
    }


LAYERS = layers()


@pytest.mark.parametrize("name", LAYERS)
def test_a_layer_comes_back_as_it_was(name: str) -> None:
    module = LAYERS[name]
    back = again(module)
    assert type(back) is type(module)
    assert repr(back) == repr(module)
    pairs = zip(module.modules(), back.modules(), strict=True)
    assert all(facts(one) == facts(other) for one, other in pairs)
    then, now = module.state_dict(), back.state_dict()
    assert list(then) == list(now)
    assert all(torch.equal(then[key], now[key]) for key in then)
    assert [each.stride() for each in module.parameters()] == [
        each.stride() for each in back.parameters()
    ]
    assert vars(back).keys() == vars(module).keys()


def test_every_class_of_the_table_is_tried() -> None:
    from holotype.types.torch import layers as table

    assert table.LAYERS.keys() <= LAYERS.keys()
    assert table.HOMES.keys() == table.LAYERS.keys()


def test_buffers_that_are_not_saved_with_the_state_stay_so() -> None:
    module = nn.Module()
    module.register_buffer("quiet", torch.ones(2), persistent=False)
    module.register_buffer("loud", torch.ones(2))
    back = again(module)
    assert list(back.state_dict()) == ["loud"]
    assert list(dict(back.named_buffers())) == ["quiet", "loud"]


def test_tied_weights_stay_tied() -> None:
    module = nn.Sequential(nn.Embedding(5, 3), nn.Linear(3, 5, bias=False))
    module[1].weight = module[0].weight
    back = again(module)
    assert back[0].weight is back[1].weight


def hooked() -> Any:
    module = nn.Linear(2, 2)
    module.register_forward_hook(print)
    return module


def marked() -> Any:
    module = nn.Linear(2, 2)
    module.mark = 1
    return module


def cut() -> Any:
    module = nn.Linear(2, 3)
    module.weight = nn.Parameter(torch.ones(2, 2))
    return module


def covered() -> Any:
    module = nn.Linear(2, 2)
    module.forward = len
    return module


@pytest.mark.parametrize(
    ("make", "says"),
    [
        (lambda: torch.jit.script(nn.Linear(2, 2)), "TorchScript"),
        (lambda: torch.jit.trace(nn.Linear(2, 2), torch.ones(1, 2)), "TorchScript"),
        (lambda: torch.compile(nn.Linear(2, 2)), "_orig_mod"),
        (lambda: nn.DataParallel(nn.Linear(2, 2)), r"model\.module"),
        (lambda: nn.LazyLinear(2), "Call it once"),
        (lambda: nn.utils.weight_norm(nn.Linear(2, 2)), "remove_weight_norm"),
        (lambda: nn.utils.parametrizations.weight_norm(nn.Linear(2, 2)), "state_dict"),
        (hooked, "hooks"),
        (marked, "no attribute mark"),
        (cut, r"should be \[3, 2\]"),
        (covered, "no attribute forward"),
    ],
)
@pytest.mark.filterwarnings("ignore::DeprecationWarning")
def test_what_is_more_than_data_is_refused_with_advice(make: Any, says: str) -> None:
    with pytest.raises(UnsupportedError, match=says):
        holotype.dumps(make())


# -- what a file may say ------------------------------------------------------------------------


def changed(module: Any, **members: Any) -> bytes:
    """The archive of a module with other members in its state; None takes one away."""
    archive = holotype.dumps(module)
    value = json.loads(zipfile.ZipFile(io.BytesIO(archive)).read("blueprint.json"))
    arrays = parts_of(archive)
    pairs = value["root"]["state"]["dict"]
    assert isinstance(pairs, list)
    assert members.keys() <= {key for key, _ in pairs} | {"mark", "_compiled_call_impl"}
    kept = [[key, members.get(key, old)] for key, old in pairs]
    kept += [[key, new] for key, new in members.items() if key not in dict(pairs)]
    value["root"]["state"]["dict"] = kept
    text = json.dumps(value)
    return reseal(
        value, {name: held for name, held in arrays.items() if f'"array": "{name}"' in text}
    )


IDENTITY = {"call": "torch.nn.Identity", "args": [], "state": {"dict": [["training", True]]}}


def parts_of(archive: bytes) -> dict[str, Any]:
    """The arrays of an archive by name."""
    return load(zipfile.ZipFile(io.BytesIO(archive)).read("parameters.safetensors"))


@pytest.mark.parametrize(
    ("name", "members"),
    [
        ("Linear", {"in_features": 3}),
        ("Linear", {"out_features": True}),
        ("Linear", {"weight": None}),
        ("Linear", {"training": 1}),
        ("Linear", {"mark": 1}),
        ("Linear", {"_compiled_call_impl": {"name": "builtins.abs"}}),
        ("Linear", {"parameters": {"list": ["weight"]}}),
        ("Linear", {"parameters": {"list": ["weight", "bias", "weight"]}}),
        ("Linear", {"parameters": {"list": ["weight", "bias", "gone"]}}),
        ("Linear", {"parameters": {"list": ["weight", "bias", "training"]}}),
        ("Conv2d", {"stride": {"tuple": [0, 1]}}),
        ("Conv2d", {"stride": {"tuple": [1]}}),
        ("Conv2d", {"groups": 0}),
        ("Conv2d", {"groups": 3}),
        ("Conv2d", {"padding": {"tuple": [60000, 60000]}}),
        ("Conv2d", {"kernel_size": {"tuple": [3, 4]}}),
        ("Conv2d", {"padding_mode": "none"}),
        ("ConvTranspose2d", {"transposed": False}),
        ("BatchNorm1d", {"num_features": 3}),
        ("BatchNorm1d", {"running_mean": {"ref": 0}}),
        ("Embedding", {"padding_idx": 2}),
        ("GroupNorm", {"num_groups": 0}),
        ("LSTM", {"num_layers": 2}),
        ("LSTM", {"num_layers": 2**30}),
        ("LSTM", {"hidden_size": 3}),
        ("LSTM", {"bidirectional": True}),
        ("LSTM", {"mode": "GRU"}),
        ("LSTM", {"proj_size": 1}),
        ("GRU", {"bias": False}),
        ("RNN", {"nonlinearity": "relu"}),
        ("GRUCell", {"hidden_size": 3}),
        ("MultiheadAttention", {"num_heads": 1}),
        ("MultiheadAttention", {"embed_dim": 4}),
        ("MultiheadAttention", {"kdim": 3}),
        (
            "MultiheadAttention",
            {
                "out_proj": {
                    "call": "torch.nn.Identity",
                    "args": [],
                    "state": {"dict": [["training", True]]},
                }
            },
        ),
        ("TransformerEncoderLayer", {"activation": {"name": "builtins.abs"}}),
        ("TransformerEncoderLayer", {"linear1": None}),
        ("PixelShuffle", {"upscale_factor": 0}),
        ("AdaptiveAvgPool2d", {"output_size": 10**5}),
        ("ConstantPad2d", {"padding": {"tuple": [10**6, 0, 0, 10**6]}}),
        ("upsample", {"scale_factor": {"tuple": [1e9, 1.0]}}),
        ("Fold", {"kernel_size": 10**6}),
        ("lists", {"modules": {"list": ["1", "0"]}}),
        ("AdaptiveLogSoftmaxWithLoss", {"cutoffs": {"list": [5, 2, 10]}}),
        ("FractionalMaxPool2d", {"_random_samples": {"list": []}}),
    ],
)
def test_a_file_that_lies_about_a_layer_is_refused(name: str, members: dict[str, Any]) -> None:
    with pytest.raises(HolotypeError) as caught:
        holotype.loads(changed(LAYERS[name], **members))
    if "ref" not in str(members):
        assert isinstance(caught.value, InvalidStateError)


def test_a_parameter_whose_elements_stand_for_several_is_refused() -> None:
    module = nn.Linear(3, 2)
    module.weight = nn.Parameter(torch.ones(1).expand(2, 3))
    with pytest.raises(UnsupportedError, match="stand for several"):
        holotype.dumps(module)


def test_modules_within_modules_do_not_ask_for_endless_work() -> None:
    module = nn.Identity()
    for _ in range(40):
        module = nn.Sequential(module, module)
    with pytest.raises(UnsupportedError, match="too many times"):
        holotype.dumps(module)
    grown = nn.Sequential(*(nn.Upsample(scale_factor=8) for _ in range(10)))
    with pytest.raises(UnsupportedError, match="enlarges"):
        holotype.dumps(grown)


def test_a_module_that_contains_itself_is_refused() -> None:
    module = nn.Sequential(nn.ReLU())
    module.add_module("again", module)
    with pytest.raises(UnsupportedError, match="too many times"):
        holotype.dumps(module)
