"""Hyper-parameters and steps of a model as JSON, for people and for comparison.

Rule: it is a description and nothing is rebuilt from it. What is no JSON value is given by its
type, a large one by its size; how much is written is bounded, whatever the model holds.
"""

from __future__ import annotations

import math
from typing import Any

import numpy as np

from holotype.archive.theta import Step
from holotype.capsule.parts import (
    LISTS_OF_PARTS,
    attribute,
    named_steps,
    parameters_of,
    type_of,
)
from holotype.digest import is_text
from holotype.graph.specimen import Named, Specimen

__all__ = ["describe_parts", "seeds_of"]

_MAX_DEPTH = 12
_MAX_VALUES = 20_000
_MAX_ITEMS = 100
_MAX_TEXT = 1000
_SEEDS = frozenset({"random_state", "random_seed", "seed"})


def describe_parts(model: Any) -> tuple[dict[str, Any], list[Step]]:
    """The hyper-parameters of a model itself, and the steps that it is made of."""
    walk = _Walk()
    return walk.hyperparameters(model, 0), walk.steps(model, 0)


class _Walk:
    def __init__(self) -> None:
        self.left = _MAX_VALUES

    def hyperparameters(self, model: Any, depth: int) -> dict[str, Any]:
        found = {}
        for name, value in parameters_of(model).items():
            if self.left <= 0:
                break
            if is_text(name) and not (name in LISTS_OF_PARTS and _is_parts(value)):
                found[name] = self.value(value, depth + 1)
        return found

    def steps(self, model: Any, depth: int) -> list[Step]:
        if depth > _MAX_DEPTH:
            return []
        found = []
        for name, part, columns in named_steps(model):
            self.left -= 1
            if self.left <= 0:
                break
            text = isinstance(part, str)  # "passthrough" and "drop" stand for themselves
            found.append(
                Step(
                    name=name if is_text(name) else ascii(name),
                    type=part if text and is_text(part) else type_of(part),
                    columns=_columns(columns),
                    hyperparameters={} if text else self.hyperparameters(part, depth + 1),
                    steps=[] if text else self.steps(part, depth + 1),
                )
            )
        return found

    def value(self, value: Any, depth: int) -> Any:
        """A JSON value that says what this is."""
        self.left -= 1
        if isinstance(value, np.generic):
            value = value.item()
        if value is None or type(value) in (bool, int, float, str):
            return _scalar(value)
        if depth > _MAX_DEPTH or self.left <= 0:
            return {"type": type_of(value)}
        if isinstance(value, np.ndarray):
            return self.array(value, depth)
        if type(value) in (list, tuple, dict) and len(value) > _MAX_ITEMS:
            return {"type": type_of(value), "count": len(value)}
        if type(value) in (list, tuple):
            return [self.value(each, depth + 1) for each in value]
        if type(value) is dict and all(isinstance(key, str) and is_text(key) for key in value):
            return {key: self.value(each, depth + 1) for key, each in value.items()}
        return self.object(value, depth)

    def array(self, value: np.ndarray[Any, Any], depth: int) -> Any:
        if value.ndim == 1 and value.size <= 20 and value.dtype.kind in "biufU":
            return [self.value(each, depth + 1) for each in value]
        return {"type": "numpy.ndarray", "dtype": str(value.dtype), "shape": list(value.shape)}

    def object(self, value: Any, depth: int) -> Any:
        if isinstance(value, Named):
            return {"name": value.entry.key}
        name = attribute(value, "__qualname__")
        if isinstance(name, str) and callable(value):
            module = attribute(value, "__module__")
            return {"name": f"{module}.{name}" if isinstance(module, str) else name}
        if isinstance(value, np.ufunc):
            return {"name": f"numpy.{value.__name__}"}
        said: dict[str, Any] = {"type": type_of(value)}
        own = self.hyperparameters(value, depth)
        steps = self.steps(value, depth) if own or isinstance(value, Specimen) else []
        if own:
            said["hyperparameters"] = own
        if steps:
            said["steps"] = [{"name": each.name, "type": each.type} for each in steps]
        return said


def _is_parts(value: Any) -> bool:
    return isinstance(value, list) and all(isinstance(each, tuple) for each in value)


def _scalar(value: Any) -> Any:
    if type(value) is float and not math.isfinite(value):
        return str(value)
    if type(value) is int and value.bit_length() > 1024:
        return {"type": "builtins.int", "bits": value.bit_length()}
    if type(value) is str:
        value = value if is_text(value) else ascii(value)
        return value if len(value) <= _MAX_TEXT else f"{value[:_MAX_TEXT]}…"
    return value


def _columns(columns: Any) -> list[str | int] | str | None:
    """Which columns a step is given: names, numbers, or what chooses them, in words."""
    if columns is None:
        return None
    if isinstance(columns, str) and is_text(columns):
        return [columns]
    if isinstance(columns, Specimen) and type_of(columns) == "builtins.slice":
        columns = slice(*columns.reduced.args)
    if isinstance(columns, slice):
        ends = ("" if end is None else str(end) for end in (columns.start, columns.stop))
        return ":".join(ends)
    if isinstance(columns, np.ndarray):
        columns = columns.tolist()
    if isinstance(columns, list) and columns and all(type(each) is bool for each in columns):
        columns = [index for index, chosen in enumerate(columns) if chosen]
    if isinstance(columns, int):
        columns = [columns]
    plain = isinstance(columns, list) and all(
        type(each) is int or (type(each) is str and is_text(each)) for each in columns
    )
    if not plain:
        return type_of(columns)
    return columns if len(columns) <= _MAX_VALUES else f"{len(columns)} columns"


def seeds_of(hyperparameters: dict[str, Any], steps: list[Step]) -> dict[str, int]:
    """Seeds among the hyper-parameters, by their path: ``model.forest.random_state``."""
    found: dict[str, int] = {}
    _collect("model", hyperparameters, found)
    waiting = [("model", step) for step in reversed(steps)]
    while waiting:
        path, step = waiting.pop()
        below = f"{path}.{step.name}"
        _collect(below, step.hyperparameters, found)
        waiting += [(below, each) for each in reversed(step.steps)]
    return found


def _collect(path: str, hyperparameters: dict[str, Any], found: dict[str, int]) -> None:
    waiting = [(path, hyperparameters)]
    while waiting:
        at, values = waiting.pop()
        for name, value in values.items():
            if name in _SEEDS and type(value) is int:
                found[f"{at}.{name}"] = value
            elif isinstance(value, dict) and isinstance(value.get("hyperparameters"), dict):
                waiting.append((f"{at}.{name}", value["hyperparameters"]))
