"""The layers of torch.nn by name, with the attributes and tensors that each has.

The names are written out, never collected from the installed library. A line says: the class, its
attributes, its parameters, its buffers, separated by bars. After an attribute's colon stands its
kind, one of ``KINDS`` in `attributes_nn`; after a tensor's colon its shape in terms of attributes.
A question mark after a tensor's name says that there may be none.
"""

from __future__ import annotations

from typing import NamedTuple

__all__ = ["HOMES", "LAYERS", "Line"]

_NORM = "num_features:count eps:number momentum:number? affine:bool track_running_stats:bool"
_NORM_TENSORS = (
    "weight?:num_features bias?:num_features"
    " | running_mean?:num_features running_var?:num_features num_batches_tracked?:"
)
_CONV = (
    "in_channels:count out_channels:count kernel_size:sizes stride:sizes padding:pads "
    "dilation:sizes transposed:bool output_padding:pads groups:size padding_mode:padding"
)
_RNN = (
    "mode:text input_size:count hidden_size:count num_layers:size bias:bool batch_first:bool "
    "dropout:number bidirectional:bool proj_size:count"
)
_CELL = "input_size:count hidden_size:count bias:bool"
_POOL = "kernel_size:sizes stride:sizes? padding:pads"
_AVERAGE = f"{_POOL} ceil_mode:bool count_include_pad:bool"
_MAX = f"{_POOL} dilation:sizes return_indices:bool ceil_mode:bool"
_EMBEDDING = (
    "num_embeddings:count embedding_dim:count padding_idx:integer? max_norm:number? "
    "norm_type:number scale_grad_by_freq:bool sparse:bool"
)
_UPSAMPLE = (
    "name:text size:outputs? scale_factor:factors? mode:upsampling align_corners:bool? "
    "recompute_scale_factor:bool?"
)
_LOSS = "reduction:reduction"

_LINES = f"""
AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d | output_size:outputs
AdaptiveLogSoftmaxWithLoss | in_features:count n_classes:size cutoffs:integers div_value:number
  head_bias:bool shortlist_size:count n_clusters:count head_size:count
AdaptiveMaxPool1d AdaptiveMaxPool2d AdaptiveMaxPool3d | output_size:outputs return_indices:bool
AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout | p:number inplace:bool
AvgPool1d | {_AVERAGE}
AvgPool2d AvgPool3d | {_AVERAGE} divisor_override:integer?
BCELoss MultiLabelSoftMarginLoss | {_LOSS} | | weight?:any
BCEWithLogitsLoss | {_LOSS} | | weight?:any pos_weight?:any
BatchNorm1d BatchNorm2d BatchNorm3d InstanceNorm1d InstanceNorm2d InstanceNorm3d
  | {_NORM} | {_NORM_TENSORS}
SyncBatchNorm | {_NORM} process_group:none | {_NORM_TENSORS}
Bilinear | in1_features:count in2_features:count out_features:count
  | weight:out_features,in1_features,in2_features bias?:out_features
CELU ELU | alpha:number inplace:bool
CTCLoss | {_LOSS} blank:count zero_infinity:bool
ChannelShuffle | groups:size
CircularPad1d CircularPad2d CircularPad3d ReflectionPad1d ReflectionPad2d ReflectionPad3d
  ReplicationPad1d ReplicationPad2d ReplicationPad3d | padding:sides
ConstantPad1d ConstantPad2d ConstantPad3d ZeroPad1d ZeroPad2d ZeroPad3d
  | padding:sides value:number
Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d
  | {_CONV} | weight:any bias?:out_channels
CosineEmbeddingLoss HingeEmbeddingLoss MarginRankingLoss | {_LOSS} margin:number
CosineSimilarity | dim:integer eps:number
CrossEntropyLoss | {_LOSS} ignore_index:integer label_smoothing:number | | weight?:any
CrossMapLRN2d LocalResponseNorm | size:window alpha:number beta:number k:number
Embedding | {_EMBEDDING} | weight:num_embeddings,embedding_dim
EmbeddingBag | {_EMBEDDING} mode:bag include_last_offset:bool
  | weight:num_embeddings,embedding_dim
Flatten | start_dim:integer end_dim:integer
Fold | output_size:outputs kernel_size:sizes dilation:sizes padding:pads stride:sizes
FractionalMaxPool2d FractionalMaxPool3d
  | kernel_size:sizes return_indices:bool output_size:outputs? output_ratio:ratios?
  | | _random_samples?:none
GELU | approximate:gelu
GLU Softmax LogSoftmax Softmin | dim:integer?
GRU LSTM | {_RNN} | *
RNN | {_RNN} nonlinearity:curve | *
GRUCell | {_CELL} | *
LSTMCell | {_CELL} | *
RNNCell | {_CELL} nonlinearity:curve | *
GaussianNLLLoss | {_LOSS} full:bool eps:number
GroupNorm | num_groups:size num_channels:size eps:number affine:bool
  | weight?:num_channels bias?:num_channels
Hardshrink Softshrink | lambd:number
Hardsigmoid Hardswish Mish ReLU SELU SiLU | inplace:bool
Hardtanh ReLU6 | min_val:number max_val:number inplace:bool
HuberLoss | {_LOSS} delta:number
Identity LogSigmoid Sigmoid Softmax2d Softsign Tanh Tanhshrink |
KLDivLoss | {_LOSS} log_target:bool
L1Loss MSELoss MultiLabelMarginLoss SoftMarginLoss | {_LOSS}
LPPool1d LPPool2d LPPool3d | norm_type:number kernel_size:sizes stride:sizes? ceil_mode:bool
LayerNorm | normalized_shape:shape eps:number elementwise_affine:bool
  | weight?:*normalized_shape bias?:*normalized_shape
RMSNorm | normalized_shape:shape eps:number? elementwise_affine:bool
  | weight?:*normalized_shape
LeakyReLU | negative_slope:number inplace:bool
Linear NonDynamicallyQuantizableLinear | in_features:count out_features:count
  | weight:out_features,in_features bias?:out_features
MaxPool1d MaxPool2d MaxPool3d | {_MAX}
MaxUnpool1d MaxUnpool2d MaxUnpool3d | {_POOL}
Module ModuleDict ModuleList Sequential | | ** | **
MultiMarginLoss | {_LOSS} p:integer margin:number | | weight?:any
MultiheadAttention | embed_dim:size kdim:count vdim:count _qkv_same_embed_dim:bool num_heads:size
  dropout:number batch_first:bool head_dim:size bias_k:none? bias_v:none? add_zero_attn:bool | *
NLLLoss | {_LOSS} ignore_index:integer | | weight?:any
PReLU | num_parameters:size init:number | weight:num_parameters
PairwiseDistance | norm:number eps:number keepdim:bool
ParameterDict ParameterList | | **
PixelShuffle | upscale_factor:size
PixelUnshuffle | downscale_factor:size
PoissonNLLLoss | {_LOSS} log_input:bool full:bool eps:number
RReLU | lower:number upper:number inplace:bool
SmoothL1Loss | {_LOSS} beta:number
Softplus | beta:number threshold:number
Threshold | threshold:number value:number inplace:bool
Transformer | d_model:size nhead:size batch_first:bool
TransformerDecoder | num_layers:count norm:none?
TransformerDecoderLayer | norm_first:bool activation:function?
TransformerEncoder | num_layers:count enable_nested_tensor:bool use_nested_tensor:bool
  mask_check:bool norm:none?
TransformerEncoderLayer | norm_first:bool activation_relu_or_gelu:integer activation:function?
TripletMarginLoss | {_LOSS} margin:number p:number eps:number swap:bool
TripletMarginWithDistanceLoss | {_LOSS} margin:number? swap:bool
Unflatten | dim:name unflattened_size:reshaped
Unfold | kernel_size:sizes dilation:sizes padding:pads stride:sizes
Upsample UpsamplingBilinear2d UpsamplingNearest2d | {_UPSAMPLE}
"""


class Line(NamedTuple):
    """What a class has: kinds of attributes, shapes of tensors (None where any name may be).

    What is stated as an attribute may instead be registered under that name.
    """

    attributes: dict[str, str]
    parameters: dict[str, str] | None
    buffers: dict[str, str] | None


def _fields(text: str) -> dict[str, str]:
    return dict(part.split(":", 1) for part in text.split())


def _lines() -> dict[str, Line]:
    found: dict[str, Line] = {}
    for line in _LINES.replace("\n  ", " ").strip().splitlines():
        names, attributes, *tensors = line.split("|")
        own = [text.strip() for text in (*tensors, "", "")[:2]]
        parameters, buffers = (None if text[:1] == "*" else _fields(text) for text in own)
        for name in names.split():
            found[name] = Line(_fields(attributes), parameters, buffers)
    return found


# In which module of torch.nn.modules each is defined, which is what it calls itself.
_HOMES: dict[str, str] = {
    "activation": (
        "CELU ELU GELU GLU Hardshrink Hardsigmoid Hardswish Hardtanh LeakyReLU LogSigmoid "
        "LogSoftmax Mish MultiheadAttention PReLU RReLU ReLU ReLU6 SELU SiLU Sigmoid Softmax "
        "Softmax2d Softmin Softplus Softshrink Softsign Tanh Tanhshrink Threshold"
    ),
    "adaptive": "AdaptiveLogSoftmaxWithLoss",
    "batchnorm": "BatchNorm1d BatchNorm2d BatchNorm3d SyncBatchNorm",
    "channelshuffle": "ChannelShuffle",
    "container": "ModuleDict ModuleList ParameterDict ParameterList Sequential",
    "conv": "Conv1d Conv2d Conv3d ConvTranspose1d ConvTranspose2d ConvTranspose3d",
    "distance": "CosineSimilarity PairwiseDistance",
    "dropout": "AlphaDropout Dropout Dropout1d Dropout2d Dropout3d FeatureAlphaDropout",
    "flatten": "Flatten Unflatten",
    "fold": "Fold Unfold",
    "instancenorm": "InstanceNorm1d InstanceNorm2d InstanceNorm3d",
    "linear": "Bilinear Identity Linear NonDynamicallyQuantizableLinear",
    "loss": (
        "BCELoss BCEWithLogitsLoss CTCLoss CosineEmbeddingLoss CrossEntropyLoss GaussianNLLLoss "
        "HingeEmbeddingLoss HuberLoss KLDivLoss L1Loss MSELoss MarginRankingLoss "
        "MultiLabelMarginLoss MultiLabelSoftMarginLoss MultiMarginLoss NLLLoss PoissonNLLLoss "
        "SmoothL1Loss SoftMarginLoss TripletMarginLoss TripletMarginWithDistanceLoss"
    ),
    "module": "Module",
    "normalization": "CrossMapLRN2d GroupNorm LayerNorm LocalResponseNorm RMSNorm",
    "padding": (
        "CircularPad1d CircularPad2d CircularPad3d ConstantPad1d ConstantPad2d ConstantPad3d "
        "ReflectionPad1d ReflectionPad2d ReflectionPad3d ReplicationPad1d ReplicationPad2d "
        "ReplicationPad3d ZeroPad1d ZeroPad2d ZeroPad3d"
    ),
    "pixelshuffle": "PixelShuffle PixelUnshuffle",
    "pooling": (
        "AdaptiveAvgPool1d AdaptiveAvgPool2d AdaptiveAvgPool3d AdaptiveMaxPool1d "
        "AdaptiveMaxPool2d AdaptiveMaxPool3d AvgPool1d AvgPool2d AvgPool3d FractionalMaxPool2d "
        "FractionalMaxPool3d LPPool1d LPPool2d LPPool3d MaxPool1d MaxPool2d MaxPool3d MaxUnpool1d "
        "MaxUnpool2d MaxUnpool3d"
    ),
    "rnn": "GRU GRUCell LSTM LSTMCell RNN RNNCell",
    "sparse": "Embedding EmbeddingBag",
    "transformer": (
        "Transformer TransformerDecoder TransformerDecoderLayer TransformerEncoder "
        "TransformerEncoderLayer"
    ),
    "upsampling": "Upsample UpsamplingBilinear2d UpsamplingNearest2d",
}

LAYERS: dict[str, Line] = _lines()
"""By the name of the class in torch.nn."""

HOMES: dict[str, str] = {
    name: f"torch.nn.modules.{module}" for module, names in _HOMES.items() for name in names.split()
}
"""Where the class is defined."""
