"""What a configuration may say: plain data, and only classes and settings that are on the list.

Keras rebuilds a model from dicts that name modules and classes, and looks those names up. Rule:
before it sees a configuration, every name in it was found in our own list, with settings that the
class has; a name that the caller trusts stands for the class that the archive holds for it, and
any other is refused. Numbers that make a result larger than its input are bounded.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Collection
from typing import Any

import numpy as np

from holotype.types.keras.classes import FUNCTIONS, LAYERS, setting_names

__all__ = ["MAX_ELEMENTS", "Fail", "check_compile_config", "check_model_config"]

Fail = Callable[[str, str], Exception]
"""(where, problem) → the error to raise."""

MAX_ELEMENTS = 1 << 28
"""Elements of one sample between two layers."""

_OBJECT_PARTS = (
    "module class_name config registered_name build_config compile_config name inbound_nodes"
)
_OBJECT = frozenset(_OBJECT_PARTS.split())
_CHILDREN = frozenset(["layer", "backward_layer", "cell"])
_LISTS = frozenset(["layers", "cells"])
_MAX_DIMENSION = 1 << 24
_MAX_DEPTH = 24
_MAX_LAYERS = 1 << 12
_MAX_CALLS = 1 << 13
_MAX_REBUILDS = 1 << 16
_MAX_UNROLLED = 1 << 10
# The largest number that may stand under a name, wherever that makes something larger or longer.
_BOUNDS = {
    "dilation_rate": 1 << 12,
    "gradient_accumulation_steps": 1 << 20,
    "height": 1 << 14,
    "n": 1 << 20,
    "num_bins": 1 << 20,
    "num_classes": 1 << 10,
    "num_labels": 1 << 14,
    "num_regressors": 1 << 20,
    "num_thresholds": 1 << 14,
    "num_tokens": 1 << 20,
    "output_padding": 1 << 12,
    "padding": 1 << 12,
    "pool_size": 1 << 12,
    "power_iterations": 64,
    "size": 1 << 8,
    "steps_per_execution": 1 << 10,
    "width": 1 << 14,
}
_GROWING = ("size",)
_MAX_GROWTH = 1 << 24
_COMPILE_PARTS = (
    "optimizer loss loss_weights metrics weighted_metrics run_eagerly steps_per_execution "
    "jit_compile auto_scale_loss"
)
_COMPILE = frozenset(_COMPILE_PARTS.split())
_DTYPE_NAMES = (
    "bool uint8 uint16 uint32 uint64 int8 int16 int32 int64 bfloat16 float16 float32 float64"
)
_DTYPES = frozenset(_DTYPE_NAMES.split())
_POLICIES = _DTYPES | {"mixed_bfloat16", "mixed_float16"}
_PLAIN = (bool, int, float, str, type(None), np.generic)


class _Walk:
    def __init__(self, fail: Fail, custom: Collection[str]) -> None:
        self.fail = fail
        self.custom = custom
        self.growth = 1
        self.steps = 1  # of a sequence that a layer makes
        self.unrolls = False
        self.calls = 0
        self.rebuilds = 0

    def object(self, node: Any, where: str, depth: int, *, layer: bool = False) -> None:
        """One dict that names a class."""
        if not isinstance(node, dict) or not {"module", "class_name", "config"} <= node.keys():
            raise self.fail(where, "it does not name a module and a class")
        if not node.keys() <= _OBJECT:
            raise self.fail(where, "it says more than Keras writes")
        module, name, registered = node["module"], node["class_name"], node.get("registered_name")
        if name == "function":
            self._function(node, where)
            return
        if type(registered) is str and registered in self.custom:
            settings = None
        else:
            settings = self._settings(module, name, registered, where)
            if layer and (module, name) not in LAYERS:
                raise self.fail(where, f"{module}.{name} is no layer")
        config = node["config"]
        if not isinstance(config, dict):
            raise self.fail(where, "its settings are not a dict")
        if settings is not None and not config.keys() <= settings:
            odd = sorted(map(str, config.keys() - settings))
            raise self.fail(where, f"{name} has no setting {', '.join(odd)[:120]}")
        if node.get("compile_config"):
            raise self.fail(where, "a model within a model is compiled")
        self._shapes(node.get("build_config"), f"{where}.build_config")
        self._nodes(node.get("inbound_nodes", []), f"{where}.inbound_nodes", depth)
        self._config(name, config, where, depth + 1, known=settings is not None)

    def _settings(self, module: Any, name: Any, registered: Any, where: str) -> frozenset[str]:
        if type(module) is not str or type(name) is not str:
            raise self.fail(where, "its module and class are not text")
        settings = setting_names(module, name)
        if settings is None:
            raise self.fail(where, f"{module[:80]}.{name[:80]} is not on the list of Keras' parts")
        if registered is not None and registered != name:
            raise self.fail(where, f"{name} is registered under another name")
        return settings

    def _function(self, node: Any, where: str) -> None:
        name, registered = node["config"], node.get("registered_name")
        if type(name) is str and name in self.custom:
            return
        if node["module"] != "builtins" or name != registered or name not in FUNCTIONS:
            raise self.fail(where, f"the function {str(name)[:80]!r} is not one of Keras")

    def _config(self, cls: str, config: Any, where: str, depth: int, *, known: bool) -> None:
        if depth > _MAX_DEPTH:
            raise self.fail(where, "its parts nest too deeply")
        for name, value in config.items():
            if type(name) is not str:
                raise self.fail(where, "a setting's name is not text")
            path = f"{where}.{name}"
            if not known:
                self.value(value, path, depth)
            elif name in _CHILDREN and value is not None:
                self.object(value, path, depth, layer=True)
            elif name in _LISTS:
                self._layers(cls, value, path, depth)
            else:
                self._setting(cls, name, value, path, depth)

    def _layers(self, cls: str, value: Any, path: str, depth: int) -> None:
        if not isinstance(value, (list, tuple)):
            raise self.fail(path, "it is not a list of layers")
        if cls == "Sequential":  # to which Keras adds one after the other, building all of it anew
            self.rebuilds += len(value) ** 2
        if len(value) > _MAX_LAYERS or self.rebuilds > _MAX_REBUILDS:
            raise self.fail(path, f"{len(value)} layers are more than can be believed")
        for index, each in enumerate(value):
            self.object(each, f"{path}[{index}]", depth, layer=True)

    def _setting(self, cls: str, name: str, value: Any, path: str, depth: int) -> None:
        if name in ("mean", "variance") and cls == "Normalization" and value is not None:
            raise self.fail(path, "constants that are spread over the input; adapt() the layer")
        if name == "quantization_config" and value is not None:
            raise self.fail(path, "quantised layers are not supported")
        if name == "batch_shape":
            self._shape(value, path)
        elif name == "strides" and not cls.endswith("Transpose"):
            self._bounded(value, path, 1 << 24)
        elif name == "unroll":
            self.unrolls = self.unrolls or bool(value)
        elif name in _BOUNDS or name == "strides":
            numbers = self._bounded(value, path, _BOUNDS.get(name, 1 << 8))
            if name in _GROWING or name == "strides":
                self.growth *= max(math.prod(max(each, 1) for each in numbers), 1)
                if self.growth > _MAX_GROWTH:
                    raise self.fail(path, "the layers together make their input too large")
            elif name == "n":
                self.steps = max(self.steps, *numbers, 1)
        elif name == "dtype" and isinstance(value, str):
            if value not in _POLICIES:
                raise self.fail(path, f"{value[:60]!r} is no dtype")
        elif cls == "DTypePolicy" and name == "name" and value not in _POLICIES:
            raise self.fail(path, f"{str(value)[:60]!r} is no dtype policy that is supported")
        elif name == "build_input_shape":
            self._shapes(value, path)
        else:
            self.value(value, path, depth)

    def _bounded(self, value: Any, path: str, most: int) -> list[int]:
        """The integers of a setting, none of which is larger than ``most``."""
        if isinstance(value, (list, tuple)):
            return [each for item in value for each in self._bounded(item, path, most)]
        if value is None or type(value) is str:
            return []
        if type(value) is not int or not -1 <= value <= most:
            raise self.fail(path, f"{str(value)[:40]} is out of bounds")
        return [value]

    def _shape(self, value: Any, path: str) -> None:
        if not isinstance(value, (list, tuple)) or len(value) > 16:
            raise self.fail(path, "it is not a shape")
        for size in value:
            if size is not None and (type(size) is not int or not 0 <= size <= _MAX_DIMENSION):
                raise self.fail(path, "its sizes are out of bounds")
        if math.prod(size for size in value[1:] if size) > MAX_ELEMENTS:
            raise self.fail(path, "an input of this shape is too large")

    def _shapes(self, value: Any, path: str, depth: int = 0) -> None:
        """Shapes, in lists and dicts."""
        if isinstance(value, dict) and depth < 6:
            for name, item in value.items():
                if type(name) is not str:
                    raise self.fail(path, "a name is not text")
                self._shapes(item, path, depth + 1)
        elif isinstance(value, (list, tuple)) and depth < 6:
            for item in value:
                self._shapes(item, path, depth + 1)
        elif value is not None and (type(value) is not int or not -1 <= value <= _MAX_DIMENSION):
            raise self.fail(path, "it is not made of shapes")

    def _nodes(self, nodes: Any, path: str, depth: int) -> None:
        if not isinstance(nodes, (list, tuple)):
            raise self.fail(path, "it is not a list of calls")
        self.calls += len(nodes)
        if self.calls > _MAX_CALLS:
            raise self.fail(path, "there are more calls of layers than can be believed")
        for node in nodes:
            if not isinstance(node, dict) or node.keys() != {"args", "kwargs"}:
                raise self.fail(path, "a call is not said by args and kwargs")
            if not isinstance(node["kwargs"], dict):
                raise self.fail(path, "its keywords are not a dict")
            self.value(node["args"], path, depth + 1)
            self.value(node["kwargs"], path, depth + 1)

    def value(self, value: Any, path: str, depth: int) -> None:
        """Any plain value, with objects of the list in it."""
        if isinstance(value, _PLAIN):
            return
        if depth > _MAX_DEPTH:
            raise self.fail(path, "its parts nest too deeply")
        if isinstance(value, (list, tuple)):
            for item in value:
                self.value(item, path, depth + 1)
        elif not isinstance(value, dict):
            raise self.fail(path, f"a {type(value).__name__} is no plain value")
        elif value.get("class_name") in _SPECIAL and "module" not in value:
            self._special(value, path, depth)
        elif "class_name" in value or "module" in value:
            self.object(value, path, depth + 1)
        else:
            for name, item in value.items():
                if type(name) is not str:
                    raise self.fail(path, "a name is not text")
                self.value(item, path, depth + 1)

    def _special(self, value: dict[str, Any], path: str, depth: int) -> None:
        kind, config = value["class_name"], value.get("config")
        if not isinstance(config, dict) or config.keys() != _SPECIAL[kind]:
            raise self.fail(path, f"{kind} has other parts than Keras writes")
        if "dtype" in config and config["dtype"] not in _DTYPES:
            raise self.fail(path, "its dtype is not one of numbers")
        if "shape" in config:
            self._shape(config["shape"], path)
        for item in config.values():
            self.value(item, path, depth + 1)


_SPECIAL = {
    "__keras_tensor__": {"shape", "dtype", "keras_history"},
    "__tensor__": {"value", "dtype"},
    "__numpy__": {"value", "dtype"},
    "__slice__": {"start", "stop", "step"},
    "__ellipsis__": set(),
}


def check_model_config(cls: str, config: Any, custom: Collection[str], fail: Fail) -> None:
    """Check the configuration of a Sequential or Functional model."""
    walk = _Walk(fail, custom)
    module = "keras" if cls == "Sequential" else "keras.src.models.functional"
    node = {"module": module, "class_name": cls, "config": config}
    walk.object(node, "config", 0, layer=True)
    if walk.unrolls and max(walk.steps, walk.growth) > _MAX_UNROLLED:
        raise fail("config", "a layer unrolls more steps than can be believed")


def check_compile_config(config: Any, custom: Collection[str], fail: Fail) -> None:
    """Check what a model was compiled with."""
    if not isinstance(config, dict) or not config.keys() <= _COMPILE:
        raise fail("compile", "it says more than Keras writes")
    walk = _Walk(fail, custom)
    for name, value in config.items():
        path = f"compile.{name}"
        if name == "steps_per_execution":
            walk._bounded(value, path, _BOUNDS[name])
        elif name == "jit_compile" and value not in (True, False, "auto", None):
            raise fail(path, "it is neither true nor false")
        else:
            walk.value(value, path, 0)
