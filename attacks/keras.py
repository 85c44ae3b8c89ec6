"""Tricks with configurations of Keras: names that it looks up, sizes that it would allocate."""

from __future__ import annotations

from typing import Any

from attacks.forge import blueprint, reseal
from attacks.objects import call
from attacks.registry import attack
from holotype.errors import InvalidStateError, UntrustedError


def plain(value: Any) -> Any:
    """The node of a plain value."""
    if isinstance(value, dict):
        return {"dict": [[name, plain(item)] for name, item in value.items()]}
    if isinstance(value, list):
        return {"list": [plain(item) for item in value]}
    return value


def layer(cls: str, module: str = "keras.layers", /, **settings: Any) -> dict[str, Any]:
    """How a configuration says a layer."""
    return {"module": module, "class_name": cls, "config": settings, "registered_name": None}


def sequential(*layers: Any, custom: Any = None, compiled: Any = None, **more: Any) -> bytes:
    """An archive of a model of these layers, without any weights."""
    config = {"name": "s", "trainable": True, "layers": list(layers), **more}
    root = call(
        "keras.Sequential",
        plain(config),
        {"list": []},
        {"list": []},
        None if compiled is None else {"tuple": [plain(compiled), None, None]},
        {"dict": []} if custom is None else custom,
    )
    return reseal(blueprint(root))


INPUT = layer("InputLayer", batch_shape=[None, 4], dtype="float32", name="i")


@attack(InvalidStateError)
def lambda_layer() -> bytes:
    """The layer that holds marshalled bytecode (CVE-2024-3660)."""
    code = {"class_name": "__lambda__", "config": {"value": "4wEAAAAA"}}
    return sequential(INPUT, layer("Lambda", function=code, name="l"))


@attack(InvalidStateError)
def lambda_as_an_activation() -> bytes:
    """The bytecode by itself, where any layer takes a function."""
    code = {"class_name": "__lambda__", "config": {"value": "4wEAAAAA"}}
    return sequential(INPUT, layer("Activation", activation=code, name="l"))


@attack(InvalidStateError)
def function_of_any_module() -> bytes:
    """A module and a function in it, that Keras would import (CVE-2025-1550)."""
    function = {
        "module": "os",
        "class_name": "function",
        "config": "system",
        "registered_name": "system",
    }
    return sequential(INPUT, layer("Activation", activation=function, name="l"))


@attack(InvalidStateError)
def class_of_any_module() -> bytes:
    """The same as a class."""
    return sequential(INPUT, layer("Popen", "subprocess", args=["sh", "-c", "echo owned"]))


@attack(InvalidStateError)
def tool_of_keras_as_a_layer() -> bytes:
    """A function of Keras that loads a file, in the place of a layer (CVE-2025-8747)."""
    return sequential(
        INPUT, layer("get_file", "keras.utils", fname="x", origin="file:///etc/hosts")
    )


@attack(InvalidStateError)
def unsafe_mode_from_within() -> bytes:
    """The call that turns the safe mode off, and then the lambda (CVE-2025-9905, 9906)."""
    off = layer("enable_unsafe_deserialization", "keras.config")
    return sequential(off, INPUT, layer("Lambda", name="l"))


@attack(InvalidStateError)
def layer_of_the_old_form() -> bytes:
    """A layer without a module, which goes to the reader of old files that knows no safe mode."""
    return sequential(INPUT, {"class_name": "Lambda", "config": {"name": "l"}})


@attack(InvalidStateError)
def layer_around_a_module_of_torch() -> bytes:
    """A layer whose configuration is a pickle of torch."""
    return sequential(INPUT, layer("TorchModuleWrapper", module="UEsDBA==", name="t"))


@attack(InvalidStateError)
def vocabulary_that_is_a_path() -> bytes:
    """A table of words that is read from any file of the machine (CVE-2025-12058)."""
    words = layer("StringLookup", vocabulary="/etc/passwd", name="w")
    return sequential(INPUT, words)


@attack(InvalidStateError)
def registered_under_another_name() -> bytes:
    """A name by which a class that the reader once registered would be found."""
    return sequential(INPUT, {**layer("Dense", units=2), "registered_name": "mine>Trainer"})


@attack(InvalidStateError)
def part_that_nobody_vouched_for() -> bytes:
    """A class of the table in the place of one that is trusted."""
    custom = {"dict": [["mine>Twice", {"name": "builtins.list"}]]}
    return sequential(INPUT, custom=custom)


@attack(UntrustedError, sound=True)
def layer_of_a_package() -> bytes:
    """A layer of somebody's package, by name: it waits for its reader's word."""
    custom = {"dict": [["mine>Twice", {"name": "mine.layers:Twice"}]]}
    own = {**layer("Twice", "mine.layers", name="t"), "registered_name": "mine>Twice"}
    return sequential(INPUT, own, custom=custom)


@attack(InvalidStateError)
def loss_of_any_module() -> bytes:
    """The function in what the model was compiled with."""
    function = {"module": "os", "class_name": "function", "config": "system"}
    return sequential(INPUT, compiled={"optimizer": "adam", "loss": function})


@attack(InvalidStateError)
def metric_of_all_memory() -> bytes:
    """A metric that allocates as it is made."""
    metric = layer("MeanIoU", "keras.metrics", num_classes=10**6, name="m")
    return sequential(INPUT, compiled={"optimizer": "adam", "metrics": [metric]})


@attack(InvalidStateError)
def input_of_all_memory() -> bytes:
    """An input of 2**80 elements."""
    return sequential(layer("InputLayer", batch_shape=[None, *[1 << 20] * 4], name="i"))


@attack(InvalidStateError)
def result_of_all_memory() -> bytes:
    """Layers without weights, each of which makes its input 2**16 times larger."""
    steps = [layer("UpSampling2D", size=[256, 256], name=f"u{i}") for i in range(4)]
    image = layer("InputLayer", batch_shape=[None, None, None, 1], dtype="float32", name="i")
    return sequential(image, *steps)


@attack(InvalidStateError)
def more_layers_than_time() -> bytes:
    """Layers that Keras adds one after the other, building the model anew for each."""
    return sequential(INPUT, *[layer("ReLU", name=f"r{i}") for i in range(1000)])


@attack(InvalidStateError)
def layers_that_nest() -> bytes:
    """Layers around layers, as deep as a stack."""
    inner = layer("Dense", units=1)
    for _ in range(30):
        inner = layer("TimeDistributed", layer=inner)
    return sequential(INPUT, inner)
