"""The parts of Keras that a model may be made of, by name, each with its settings.

Keys are what Keras writes into a configuration: the public module and the class. The names are
written out, for Keras 3.6 to 3.15, never collected from the installed library. Rule: nothing of the
list reads files, holds functions, or needs another framework; ``Lambda``, layers around modules of
other frameworks and lookup tables (which may be paths) are not on it.
"""

from __future__ import annotations

__all__ = ["FUNCTIONS", "LAYERS", "SETTINGS", "setting_names"]

_BASE = "name trainable dtype"
_LORA = "lora_rank lora_alpha"


def _weight(*names: str) -> str:
    parts = ("initializer", "regularizer", "constraint")
    return " ".join(f"{name}_{part}" for name in names for part in parts)


_DENSE = f"activation use_bias {_weight('kernel', 'bias')} activity_regularizer"
_CONV = f"kernel_size strides padding data_format dilation_rate {_DENSE}"
_DEPTHWISE = f"{_CONV} depth_multiplier {_weight('depthwise')}"
_POOL = "pool_size strides padding data_format"
_NORM = f"axis epsilon center scale {_weight('beta', 'gamma')}"
_CELL = f"{_DENSE} {_weight('recurrent')} dropout recurrent_dropout seed units"
_RNN = "return_sequences return_state go_backwards stateful unroll zero_output_for_mask"
_LSTM = f"{_CELL} recurrent_activation unit_forget_bias"
_GRU = f"{_CELL} recurrent_activation reset_after"
_CONV_LSTM = (
    f"{_CONV} filters {_weight('recurrent')} recurrent_activation unit_forget_bias dropout "
    f"recurrent_dropout seed {_RNN}"
)
_EMBEDDING = f"input_dim output_dim {_weight('embeddings')} activity_regularizer mask_zero"
_ATTENTION = (
    f"num_heads key_dim value_dim dropout use_bias output_shape attention_axes flash_attention "
    f"{_weight('kernel', 'bias')} activity_regularizer seed use_gate sliding_window"
)
_IMAGE = "factor data_format bounding_box_format"
_FILL = "fill_mode fill_value interpolation"

_LAYERS = {
    "Activation": "activation",
    "ActivityRegularization": "l1 l2",
    "Add Average Identity Maximum Minimum Multiply Subtract": "",
    "AdditiveAttention Attention": "dropout score_mode seed use_scale",
    "AlphaDropout Dropout SpatialDropout1D": "noise_shape rate seed",
    "AveragePooling1D AveragePooling2D AveragePooling3D": _POOL,
    "BatchNormalization": (
        f"{_NORM} momentum moving_mean_initializer moving_variance_initializer synchronized "
        "renorm renorm_clipping renorm_momentum"
    ),
    "Bidirectional": "backward_layer layer merge_mode",
    "CategoryEncoding": "num_tokens output_mode sparse",
    "CenterCrop": f"{_IMAGE} height width",
    "Concatenate Softmax UnitNormalization": "axis",
    "Conv1D Conv2D Conv3D": f"{_CONV} filters groups {_LORA}",
    "Conv1DTranspose Conv2DTranspose Conv3DTranspose": f"{_CONV} filters output_padding",
    "ConvLSTM1D ConvLSTM2D ConvLSTM3D": _CONV_LSTM,
    "Cropping1D Cropping2D Cropping3D": "cropping data_format",
    "Dense": f"{_DENSE} units {_LORA} quantization_config",
    "DepthwiseConv1D DepthwiseConv2D": _DEPTHWISE,
    "Discretization": "bin_boundaries epsilon num_bins output_mode sparse",
    "Dot": "axes normalize",
    "ELU": "alpha",
    "EinsumDense": f"{_DENSE} bias_axes equation output_shape {_LORA} quantization_config",
    "Embedding": f"{_EMBEDDING} {_LORA} quantization_config",
    "Flatten": "data_format",
    "GRU": f"{_GRU} {_RNN} use_cudnn",
    "GRUCell": _GRU,
    "GaussianDropout": "rate seed",
    "GaussianNoise": "seed stddev",
    (
        "GlobalAveragePooling1D GlobalAveragePooling2D GlobalAveragePooling3D GlobalMaxPooling1D "
        "GlobalMaxPooling2D GlobalMaxPooling3D"
    ): "data_format keepdims",
    "GroupNormalization": f"{_NORM} groups",
    "GroupedQueryAttention GroupQueryAttention": (
        f"{_ATTENTION} head_dim num_query_heads num_key_value_heads"
    ),
    "InputLayer": "batch_shape sparse ragged optional",
    "LSTM": f"{_LSTM} {_RNN} use_cudnn",
    "LSTMCell": _LSTM,
    "LayerNormalization": f"{_NORM} rms_scaling",
    "LeakyReLU": "negative_slope",
    "Masking": "mask_value",
    "MaxPooling1D MaxPooling2D MaxPooling3D": _POOL,
    "MultiHeadAttention": _ATTENTION,
    "Normalization": "axis invert mean variance",
    "PReLU": f"{_weight('alpha')} shared_axes",
    "Permute": "dims",
    "RMSNormalization": "axis epsilon",
    "RNN": f"{_RNN} cell",
    "RandomBrightness RandomContrast": f"{_IMAGE} seed value_range",
    "RandomCrop": f"{_IMAGE} height seed width",
    "RandomFlip": f"{_IMAGE} mode seed",
    "RandomRotation": f"{_IMAGE} {_FILL} seed",
    "RandomTranslation RandomZoom": f"{_IMAGE} {_FILL} seed height_factor width_factor",
    "ReLU": "max_value negative_slope threshold",
    "RepeatVector": "n",
    "Rescaling": "offset scale",
    "Reshape": "target_shape",
    "Resizing": (
        f"{_IMAGE} {_FILL} antialias crop_to_aspect_ratio pad_to_aspect_ratio height width"
    ),
    "SeparableConv1D SeparableConv2D": f"{_DEPTHWISE} filters {_weight('pointwise')}",
    "SimpleRNN": f"{_CELL} {_RNN}",
    "SimpleRNNCell": _CELL,
    "SpatialDropout2D SpatialDropout3D": "data_format noise_shape rate seed",
    "SpectralNormalization": "layer power_iterations",
    "StackedRNNCells": "cells",
    "TimeDistributed": "layer",
    "UpSampling1D UpSampling2D UpSampling3D": "data_format interpolation size",
    "ZeroPadding1D ZeroPadding2D ZeroPadding3D": "data_format padding",
}

_SCALING = "scale mode distribution seed input_axes output_axes"
_INITIALIZERS = {
    "Constant": "value",
    "GlorotNormal GlorotUniform HeNormal HeUniform LecunNormal LecunUniform": _SCALING,
    "VarianceScaling": _SCALING,
    "Identity": "gain",
    "Ones Zeros": "",
    "Orthogonal OrthogonalInitializer": "gain seed",
    "RandomNormal TruncatedNormal": "mean seed stddev",
    "RandomUniform": "maxval minval seed",
}
_REGULARIZERS = {"L1": "l1", "L1L2": "l1 l2", "L2": "l2", "OrthogonalRegularizer": "factor mode"}
_CONSTRAINTS = {
    "MaxNorm": "axis max_value",
    "MinMaxNorm": "axis max_value min_value rate",
    "NonNeg": "",
    "UnitNorm": "axis",
}
_LOSSES = {
    "BinaryCrossentropy CategoricalCrossentropy": "axis from_logits label_smoothing",
    "BinaryFocalCrossentropy CategoricalFocalCrossentropy": (
        "alpha apply_class_balancing axis from_logits gamma label_smoothing"
    ),
    (
        "CTC CategoricalHinge Hinge KLDivergence LogCosh MeanAbsoluteError "
        "MeanAbsolutePercentageError MeanSquaredError MeanSquaredLogarithmicError Poisson "
        "SquaredHinge"
    ): "",
    "CosineSimilarity Dice": "axis",
    "Huber": "delta",
    "SparseCategoricalCrossentropy": "axis from_logits ignore_class",
    "Tversky": "alpha axis beta",
}
_IOU = "axis ignore_class num_classes sparse_y_pred sparse_y_true target_class_ids threshold"
_METRICS = {
    "AUC": (
        "curve from_logits label_weights multi_label num_labels num_thresholds summation_method "
        "thresholds"
    ),
    (
        "Accuracy CategoricalAccuracy CategoricalHinge Hinge KLDivergence LogCoshError Mean "
        "MeanAbsoluteError MeanAbsolutePercentageError MeanSquaredError "
        "MeanSquaredLogarithmicError Poisson RootMeanSquaredError SparseCategoricalAccuracy "
        "SquaredHinge Sum"
    ): "",
    "BinaryAccuracy": "threshold",
    "BinaryCrossentropy CategoricalCrossentropy": "axis from_logits label_smoothing",
    "BinaryIoU IoU MeanIoU OneHotIoU OneHotMeanIoU": _IOU,
    "ConcordanceCorrelation CosineSimilarity PearsonCorrelation": "axis",
    "F1Score FBetaScore": "average beta threshold",
    "FalseNegatives FalsePositives TrueNegatives TruePositives": "thresholds",
    "Precision Recall": "class_id thresholds top_k",
    "PrecisionAtRecall RecallAtPrecision SensitivityAtSpecificity SpecificityAtSensitivity": (
        "class_id num_thresholds precision recall sensitivity specificity"
    ),
    "R2Score": "class_aggregation num_regressors",
    "SparseCategoricalCrossentropy": "axis from_logits ignore_class",
    "SparseTopKCategoricalAccuracy TopKCategoricalAccuracy": "from_sorted_ids k",
}
_OPTIMIZER = (
    "clipnorm clipvalue ema_momentum ema_overwrite_frequency global_clipnorm "
    "gradient_accumulation_steps learning_rate loss_scale_factor use_ema weight_decay epsilon "
    "is_legacy_optimizer jit_compile"
)
_OPTIMIZERS = {
    "Adadelta": f"{_OPTIMIZER} rho",
    "Adafactor": f"{_OPTIMIZER} beta_2_decay clip_threshold epsilon_1 epsilon_2 relative_step",
    "Adagrad": f"{_OPTIMIZER} initial_accumulator_value",
    "Adam AdamW Adamax Lamb Lion Nadam": f"{_OPTIMIZER} amsgrad beta_1 beta_2",
    "Ftrl": (
        f"{_OPTIMIZER} beta initial_accumulator_value l1_regularization_strength "
        "l2_regularization_strength l2_shrinkage_regularization_strength learning_rate_power"
    ),
    "LossScaleOptimizer": f"{_OPTIMIZER} dynamic_growth_steps initial_scale inner_optimizer",
    "RMSprop": f"{_OPTIMIZER} centered momentum rho",
    "SGD": f"{_OPTIMIZER} momentum nesterov",
}
_SCHEDULES = {
    "CosineDecay": "alpha decay_steps initial_learning_rate warmup_steps warmup_target",
    "CosineDecayRestarts": "alpha first_decay_steps initial_learning_rate m_mul t_mul",
    "ExponentialDecay InverseTimeDecay": "decay_rate decay_steps initial_learning_rate staircase",
    "PiecewiseConstantDecay": "boundaries values",
    "PolynomialDecay": "cycle decay_steps end_learning_rate initial_learning_rate power",
}
# Operations on tensors, of keras.ops, that stand between layers.
_OPS_NUMPY = {
    (
        "Absolute Abs Add Arctan Arctan2 Ceil Cos Cosh Divide Equal Exp Expm1 Floor GetItem "
        "Greater GreaterEqual Less LessEqual Log Log10 Log1p Log2 LogicalAnd LogicalNot LogicalOr "
        "Logaddexp Matmul Maximum Minimum Multiply Negative NotEqual Power Reciprocal Sign Sin "
        "Sinh Sqrt Square Subtract Tan Tanh TrueDivide Where FloorDivide Mod"
    ): "",
    "Max Min Mean Prod Std Sum Var Any All Amax Amin Argmax Argmin": "axis keepdims initial",
    "Clip": "x_min x_max",
    "Concatenate Stack ExpandDims Squeeze Flip Cumsum": "axis dtype",
    "Einsum": "subscripts",
    "Moveaxis": "source destination",
    "Reshape": "newshape",
    "Swapaxes": "axis1 axis2",
    "Transpose": "axes",
    "Ravel": "",
}
_OPS_NN = {
    (
        "HardSigmoid HardSilu HardTanh LogSigmoid Relu Relu6 Selu Sigmoid Silu Softplus Softsign "
        "SparsePlus TanhShrink"
    ): "",
    "Celu Elu": "alpha",
    "Gelu": "approximate",
    "Glu LogSoftmax Softmax Sparsemax": "axis",
    "LeakyRelu": "negative_slope",
    "Normalize": "axis order epsilon",
}

_GROUPS: dict[str, tuple[dict[str, str], str]] = {
    "keras.layers": (_LAYERS, f"{_BASE} activity_regularizer autocast"),
    "keras.initializers": (_INITIALIZERS, ""),
    "keras.regularizers": (_REGULARIZERS, ""),
    "keras.constraints": (_CONSTRAINTS, ""),
    "keras.losses": (_LOSSES, "name reduction dtype"),
    "keras.metrics": (_METRICS, "name dtype"),
    "keras.optimizers": (_OPTIMIZERS, "name"),
    "keras.optimizers.schedules": (_SCHEDULES, "name"),
    "keras.random": ({"SeedGenerator": "seed"}, "name"),
    "keras": (
        {
            "DTypePolicy": "source_name",
            "Functional": "layers input_layers output_layers trainable",
            "Sequential": "layers build_input_shape trainable dtype",
        },
        "name",
    ),
    "keras.src.models.functional": (
        {"Functional": "layers input_layers output_layers trainable"},
        "name",
    ),
    "keras.src.ops.core": ({"Cast": "dtype", "StopGradient": ""}, "name dtype"),
    "keras.src.ops.numpy": (_OPS_NUMPY, "name dtype"),
    "keras.src.ops.nn": (_OPS_NN, "name dtype"),
}

SETTINGS: dict[tuple[str, str], frozenset[str]] = {
    (module, name): frozenset(f"{settings} {base}".split())
    for module, (classes, base) in _GROUPS.items()
    for names, settings in classes.items()
    for name in names.split()
}
"""The settings of each class, by its module and name."""

LAYERS = frozenset(
    (module, name)
    for module, name in SETTINGS
    if module in ("keras.layers", "keras.src.models.functional")
    or module.startswith("keras.src.ops.")
    or name in ("Sequential", "Functional")
)
"""Those that may stand between the layers of a model."""

_FUNCTIONS = (
    "celu elu exponential gelu glu hard_shrink hard_sigmoid hard_silu hard_swish hard_tanh "
    "leaky_relu linear log_sigmoid log_softmax mish relu relu6 selu sigmoid silu soft_shrink "
    "softmax softplus softsign sparse_plus sparse_sigmoid sparsemax squareplus swish tanh "
    "tanh_shrink threshold "
    "binary_crossentropy binary_focal_crossentropy categorical_crossentropy "
    "categorical_focal_crossentropy categorical_hinge cosine_similarity ctc dice hinge huber "
    "kl_divergence log_cosh mean_absolute_error mean_absolute_percentage_error "
    "mean_squared_error mean_squared_logarithmic_error poisson "
    "sparse_categorical_crossentropy squared_hinge tversky binary_accuracy "
    "categorical_accuracy sparse_categorical_accuracy sparse_top_k_categorical_accuracy "
    "top_k_categorical_accuracy"
)

FUNCTIONS = frozenset(_FUNCTIONS.split())
"""Functions that stand by their name in the place of an object."""


def setting_names(module: str, name: str) -> frozenset[str] | None:
    """The settings of a class; None for one that is not on the list."""
    return SETTINGS.get((module, name))
