"""What a model says of itself, alive or taken apart: one way to ask for its type and attributes.

A model from an old file has no methods and no library behind it, only the attributes that were
stored (``graph/specimen.py``). Rule: asking never fails; what a model does not know is None.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from contextlib import suppress
from functools import lru_cache
from typing import Any, Literal

from holotype.graph.specimen import Specimen
from holotype.types.table import type_table

__all__ = ["ancestry", "attribute", "end_of", "has", "named_steps", "parameters_of", "type_of"]

_MAX_DEPTH = 20
# Of Keras's configuration: what the steps say, or how they are connected.
_NOT_SETTINGS = frozenset(
    {"name", "layers", "input_layers", "output_layers", "build_input_shape", "dtype"}
)
# Hyper-parameters that are lists of (name, part, …), each the next or beside the other.
LISTS_OF_PARTS = ("steps", "transformers", "transformer_list", "estimators")


def type_of(model: Any) -> str:
    """The public path of the model's class, such as ``sklearn.pipeline.Pipeline``.

    It is the key of the type table for what is there, else it follows from the class's own names.
    """
    if isinstance(model, Specimen):
        return model.entry.key
    cls = type(model)
    entry = type_table().entry_of(cls)
    return _public(cls.__module__, cls.__qualname__) if entry is None else entry.key


@lru_cache(maxsize=4096)
def _public(module: str, name: str) -> str:
    parts = module.split(".")
    public = [part for i, part in enumerate(parts) if not any(p[0] == "_" for p in parts[: i + 1])]
    return ".".join([*(public or parts), name])


def ancestry(model: Any) -> Iterator[str]:
    """The public paths of the model's class and of those that it derives from, itself first."""
    if isinstance(model, Specimen):
        yield model.entry.key
    else:
        yield from (_public(cls.__module__, cls.__qualname__) for cls in type(model).__mro__[:-1])


def attribute(model: Any, name: str) -> Any:
    """An attribute, or None where there is none or computing it fails."""
    if isinstance(model, Specimen):
        state = model.reduced.state
        return state.get(name) if isinstance(state, Mapping) else None
    try:
        return getattr(model, name, None)
    except Exception:  # noqa: BLE001 - a property of somebody's class may raise anything
        return None


def has(model: Any, name: str) -> bool:
    """Whether a live model has this method."""
    return not isinstance(model, Specimen) and callable(attribute(model, name))


def parameters_of(model: Any) -> dict[str, Any]:
    """The hyper-parameters of a model by name, as objects; empty where it has none."""
    if isinstance(model, Specimen):
        return _stated(model)
    if isinstance(model, type):
        return {}
    found: dict[Any, Any] = {}
    with suppress(Exception):  # a model whose parameters cannot be asked for has none
        found = _of_estimator(model) if has(model, "get_params") else _of_others(model)
    return {name: value for name, value in found.items() if isinstance(name, str)}


def _of_estimator(model: Any) -> dict[Any, Any]:
    try:
        return dict(model.get_params(deep=False))
    except TypeError:  # there are models whose get_params takes nothing
        return dict(model.get_params())


def _of_others(model: Any) -> dict[Any, Any]:
    library = type(model).__module__.partition(".")[0]
    if library == "keras":
        config = model.get_config()
        return {name: value for name, value in config.items() if name not in _NOT_SETTINGS}
    torch = sys.modules.get("torch")
    if torch is not None and isinstance(model, torch.nn.Module):
        plain = (bool, int, float, str, tuple, list, type(None))
        own = {name: value for name, value in vars(model).items() if isinstance(value, plain)}
        return {name: v for name, v in own.items() if name[0] != "_" and name != "training"}
    if library == "lightgbm":
        return dict(model.params)
    if library == "xgboost":
        return _of_booster(model)
    if library == "statsmodels":
        formula = attribute(attribute(model, "model"), "formula")
        return {"formula": formula} if isinstance(formula, str) else {}
    return {}


def _of_booster(model: Any) -> dict[str, Any]:
    """What XGBoost trained with: its configuration, without what it says of its own making."""
    import json

    learner = json.loads(model.save_config())["learner"]
    booster = learner["gradient_booster"]
    tables = (booster.get("tree_train_param", {}), booster.get("gbtree_train_param", {}))
    return {**tables[0], **tables[1], **learner["learner_train_param"]}


def _stated(model: Specimen) -> dict[str, Any]:
    """Of an estimator that was taken apart: scikit-learn's names for what is not learned."""
    state = model.reduced.state
    if not isinstance(state, Mapping) or model.entry.kind != "object":
        return {}
    # Forests keep what they make their trees of.
    own = {"estimator", "base_estimator", "estimator_params"} if "estimator_params" in state else ()
    return {
        name: value
        for name, value in sorted(state.items())
        if isinstance(name, str) and name[:1] != "_" and name[-1:] != "_" and name not in own
    }


def end_of(model: Any, end: Literal["first", "last"]) -> Any:
    """The part of a model that data reaches first, or that answers: the model itself if it is one.

    Pipelines are gone through, and searches to the estimator that they found.
    """
    for _ in range(_MAX_DEPTH):
        best = attribute(model, "best_estimator_")
        steps = attribute(model, "steps")
        if best is not None:
            model = best
        elif isinstance(steps, list) and steps and isinstance(steps[0], tuple):
            step = steps[0 if end == "first" else -1]
            model = step[1] if len(step) == 2 else None
        else:
            break
    return model


def named_steps(model: Any) -> Iterator[tuple[str, Any, Any]]:
    """(name, part, columns) of the parts that a model is made of, in order; columns may be None.

    A fitted part is given where there is one: ``ColumnTransformer`` keeps those apart.
    """
    fitted = attribute(model, "transformers_")
    parameters = {} if isinstance(model, type) else _lists(model)
    for name, listed in parameters.items():
        chosen = fitted if name == "transformers" and isinstance(fitted, list) else listed
        for each in chosen:
            if isinstance(each, tuple) and len(each) in (2, 3) and isinstance(each[0], str):
                yield each[0], each[1], each[2] if len(each) == 3 else None
    yield from ((name, part, None) for name, part in _layers(model))


def _lists(model: Any) -> dict[str, Any]:
    own = {name: attribute(model, name) for name in LISTS_OF_PARTS}
    return {name: value for name, value in own.items() if isinstance(value, list)}


def _layers(model: Any) -> Iterator[tuple[str, Any]]:
    torch = sys.modules.get("torch")
    if type(model).__module__.partition(".")[0] == "keras":  # whose layers may be torch's, too
        for layer in attribute(model, "layers") or ():
            yield str(attribute(layer, "name")), layer
    elif torch is not None and isinstance(model, torch.nn.Module):
        yield from model.named_children()
