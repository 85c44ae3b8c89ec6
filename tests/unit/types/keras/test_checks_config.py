"""What a configuration may say, without Keras; and that the list has what Keras writes."""

from __future__ import annotations

import os
from typing import Any

import pytest

from holotype.types.keras.checks_config import check_compile_config, check_model_config
from holotype.types.keras.classes import FUNCTIONS, SETTINGS


def part(cls: str, module: str = "keras.layers", /, **settings: Any) -> dict[str, Any]:
    return {"module": module, "class_name": cls, "config": settings, "registered_name": None}


def problem(where: str, what: str) -> Exception:
    return ValueError(f"{where}: {what}")


def check(*layers: Any, custom: tuple[str, ...] = (), **more: Any) -> None:
    config = {"name": "m", "trainable": True, "layers": list(layers), **more}
    check_model_config("Sequential", config, custom, problem)


DENSE = part("Dense", units=2, kernel_initializer=part("Zeros", "keras.initializers"))
OWN = {**part("Own", "mine", anything={"deep": [1]}), "registered_name": "mine>Own"}
CALL = {"args": [{"class_name": "__slice__", "config": dict.fromkeys(("start", "stop", "step"))}]}


def test_what_keras_writes_is_accepted() -> None:
    check(part("InputLayer", batch_shape=(None, 4)), DENSE, part("TimeDistributed", layer=DENSE))
    check({**DENSE, "build_config": {"input_shape": [None, 4]}})
    check({**part("GetItem", "keras.src.ops.numpy"), "inbound_nodes": [{**CALL, "kwargs": {}}]})
    check(OWN, custom=("mine>Own",))
    check(part("Activation", activation="relu"))
    check(DENSE, build_input_shape=[None, 4])


def deep(count: int) -> Any:
    value: Any = 1
    for _ in range(count):
        value = [value]
    return value


REFUSED: dict[str, tuple[Any, str]] = {
    "an unknown class": (part("Lambda"), "not on the list"),
    "another module": (part("Dense", "mine.layers"), "not on the list"),
    "no text": (part(["Dense"]), "not text"),
    "an unknown setting": (part("Dense", unit=1), "has no setting unit"),
    "a name of a setting": (part("Dense", units=1) | {"config": {1: 2}}, "no setting"),
    "settings that are none": (part("Dense") | {"config": "relu"}, "not a dict"),
    "no layer": (part("Zeros", "keras.initializers"), "no layer"),
    "no layer within": (part("TimeDistributed", layer=part("L2", "keras.regularizers")), "layer"),
    "no object within": (part("Bidirectional", layer={"units": 1}), "does not name"),
    "no list of layers": (part("StackedRNNCells", cells=part("LSTMCell")), "not a list of layers"),
    "more than an object": ({**DENSE, "shared_object_id": 1}, "more than Keras writes"),
    "another registration": ({**DENSE, "registered_name": "mine>Dense"}, "another name"),
    "nobody's class": (OWN, "not on the list"),
    "a compiled part": ({**DENSE, "compile_config": {"optimizer": "adam"}}, "is compiled"),
    "a lambda": (
        part("Activation", activation={"class_name": "__lambda__", "config": {"value": "4wEA"}}),
        "does not name",
    ),
    "a function": (
        part("Activation", activation={**part("function", "os"), "config": "system"}),
        "not one of Keras",
    ),
    "a function by two names": (
        part(
            "Activation",
            activation={
                "module": "builtins",
                "class_name": "function",
                "config": "relu",
                "registered_name": "mine>relu",
            },
        ),
        "not one of Keras",
    ),
    "a constant of objects": (
        {
            **part("Add", "keras.src.ops.numpy"),
            "inbound_nodes": [
                {
                    "args": [
                        {"class_name": "__numpy__", "config": {"value": [1], "dtype": "object"}}
                    ],
                    "kwargs": {},
                }
            ],
        },
        "not one of numbers",
    ),
    "a call of the old form": (DENSE | {"inbound_nodes": [[["i", 0, 0, {}]]]}, "args and kwargs"),
    "calls that are none": (DENSE | {"inbound_nodes": "i"}, "not a list of calls"),
    "keywords that are none": (
        DENSE | {"inbound_nodes": [{"args": [], "kwargs": []}]},
        "not a dict",
    ),
    "many calls": (
        DENSE | {"inbound_nodes": [{"args": [], "kwargs": {}}] * 9000},
        "more calls",
    ),
    "a dtype": (part("Dense", dtype="object"), "no dtype"),
    "a policy": (part("Dense", dtype=part("DTypePolicy", "keras", name="int8_from_x")), "policy"),
    "quantisation": (part("Dense", quantization_config=part("Dense")), "quantised"),
    "constants of a normalisation": (part("Normalization", mean=[1.0]), "adapt"),
    "a shape": (part("InputLayer", batch_shape="x"), "not a shape"),
    "a size": (part("InputLayer", batch_shape=[None, -1]), "out of bounds"),
    "a large shape": (part("InputLayer", batch_shape=[None, 1 << 20, 1 << 20]), "too large"),
    "a built shape": (DENSE | {"build_config": {"input_shape": [None, "x"]}}, "made of shapes"),
    "a bound": (part("ZeroPadding1D", padding=1 << 30), "out of bounds"),
    "a bound that is a float": (part("UpSampling1D", size=2.5), "out of bounds"),
    "depth": (part("Masking", mask_value=deep(40)), "too deeply"),
    "no plain value": (part("Masking", mask_value={1, 2}), "no plain value"),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_keras_does_not_write_is_refused(name: str) -> None:
    layer, message = REFUSED[name]
    with pytest.raises(ValueError, match=message):
        check(layer)


def test_layers_together_may_not_grow_without_end() -> None:
    step = part("UpSampling2D", size=[64, 64])
    check(step, step)
    with pytest.raises(ValueError, match="too large"):
        check(step, step, step)


def test_steps_that_a_model_makes_itself_are_unrolled_within_bounds() -> None:
    check(part("RepeatVector", n=1000), part("LSTM", units=1, unroll=True))
    check(part("RepeatVector", n=100_000), part("LSTM", units=1, unroll=False))
    with pytest.raises(ValueError, match="unrolls more steps"):
        check(part("RepeatVector", n=100_000), part("LSTM", units=1, unroll=True))


def test_layers_that_are_added_one_by_one_are_few() -> None:
    check(*[part("ReLU")] * 256)
    with pytest.raises(ValueError, match="more than can be believed"):
        check(*[part("ReLU")] * 257)


def test_what_a_model_is_compiled_with_is_checked() -> None:
    check_compile_config(
        {"optimizer": part("SGD", "keras.optimizers", learning_rate=0.1), "loss": "mse"},
        (),
        problem,
    )
    for config, message in (
        ({"optimiser": "sgd"}, "more than Keras writes"),
        ("sgd", "more than Keras writes"),
        ({"steps_per_execution": 1 << 20}, "out of bounds"),
        ({"jit_compile": "always"}, "neither true nor false"),
        ({"optimizer": part("SGD", "mine")}, "not on the list"),
    ):
        with pytest.raises(ValueError, match=message):
            check_compile_config(config, (), problem)


# -- the list, against Keras -------------------------------------------------------------------

_GIVEN: dict[str, dict[str, Any]] = {
    "Activation": {"activation": "relu"},
    "CategoryEncoding": {"num_tokens": 2},
    "CenterCrop": {"height": 1, "width": 1},
    "Discretization": {"bin_boundaries": [0.5]},
    "Dot": {"axes": 1},
    "EinsumDense": {"equation": "ab,bc->ac", "output_shape": 2},
    "Embedding": {"input_dim": 2, "output_dim": 2},
    "GroupQueryAttention": {"head_dim": 1, "num_query_heads": 1, "num_key_value_heads": 1},
    "InputLayer": {"shape": (2,)},
    "MultiHeadAttention": {"num_heads": 1, "key_dim": 1},
    "Permute": {"dims": (1,)},
    "RandomBrightness": {"factor": 0.1},
    "RandomContrast": {"factor": 0.1},
    "RandomCrop": {"height": 1, "width": 1},
    "RandomRotation": {"factor": 0.1},
    "RandomTranslation": {"height_factor": 0.1, "width_factor": 0.1},
    "RandomZoom": {"height_factor": 0.1},
    "RepeatVector": {"n": 2},
    "Rescaling": {"scale": 2.0},
    "Reshape": {"target_shape": (1,)},
    "Resizing": {"height": 1, "width": 1},
}
_SIZES = {"filters": 2, "kernel_size": 2, "pool_size": 2, "rate": 0.5, "stddev": 0.5, "units": 2}
_WRAPPED = {"Bidirectional": "LSTM", "TimeDistributed": "Dense", "SpectralNormalization": "Dense"}
LAYERS = sorted(name for module, name in SETTINGS if module == "keras.layers")


@pytest.fixture(scope="module")
def keras() -> Any:
    os.environ.setdefault("KERAS_BACKEND", "jax")
    return pytest.importorskip("keras", reason="needs Keras and one of its backends")


def made(keras: Any, name: str) -> Any:
    cls = getattr(keras.layers, name)
    if name in _WRAPPED:
        return cls(made(keras, _WRAPPED[name]))
    if name in ("RNN", "StackedRNNCells"):
        cells = [keras.layers.LSTMCell(2)]
        return cls(cells)
    settings = SETTINGS["keras.layers", name]
    sizes = {each: size for each, size in _SIZES.items() if each in settings}
    return cls(**sizes, **_GIVEN.get(name, {}))


@pytest.mark.parametrize("name", [name for name in LAYERS if name != "GroupedQueryAttention"])
def test_every_setting_that_keras_writes_is_on_the_list(name: str, keras: Any) -> None:
    written = keras.saving.serialize_keras_object(made(keras, name))
    key = written["module"], written["class_name"]
    assert written["config"].keys() <= SETTINGS[key]


def test_every_name_of_the_list_is_of_keras(keras: Any) -> None:
    for module, name in SETTINGS:
        if not module.startswith("keras.src"):
            place = keras
            for step in module.split(".")[1:]:
                place = getattr(place, step)
            assert hasattr(place, name) or name in ("GroupedQueryAttention", "Functional")
    for name in FUNCTIONS:
        assert any(hasattr(getattr(keras, each), name) for each in ("activations", "losses")) or (
            hasattr(keras.metrics, name)
        )
