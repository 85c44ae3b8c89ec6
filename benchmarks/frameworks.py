"""The models of other frameworks in the comparison, where their libraries are installed."""

from __future__ import annotations

import importlib.util
from collections import OrderedDict
from typing import Any

import numpy as np

Model = Any
Array = np.ndarray[Any, np.dtype[Any]]

__all__ = ["LIBRARIES", "booster_answers", "gradient_booster", "is_tensors", "state_dict"]

LIBRARIES = ("xgboost", "lightgbm", "torch")


def installed(library: str) -> bool:
    """Whether it can be imported, without importing it."""
    return importlib.util.find_spec(library) is not None


def gradient_booster(library: str, features: Array, target: Array, trees: int) -> Model:
    """The native booster of ``library``, of so many trees of about 60 nodes each."""
    if library == "xgboost":
        import xgboost

        data = xgboost.DMatrix(features, target)
        settings = {"objective": "binary:logistic", "max_depth": 6, "nthread": 2, "seed": 0}
        return xgboost.train(settings, data, trees)
    import lightgbm

    settings = {"objective": "binary", "num_threads": 2, "seed": 0, "verbose": -1}
    return lightgbm.train(settings, lightgbm.Dataset(features, target), trees)


def booster_answers(model: Model, features: Array) -> Array:
    """What a native booster of either library predicts."""
    if type(model).__module__.startswith("xgboost"):
        import xgboost

        return np.asarray(model.predict(xgboost.DMatrix(features)))
    return np.asarray(model.predict(features))


def state_dict(tensors: int) -> Model:
    """Weights of a network: so many float32 tensors of 4 MB, 100 of them being 400 MB."""
    import torch

    torch.manual_seed(0)
    return OrderedDict((f"layer.{i}.weight", torch.rand(1000, 1000)) for i in range(tensors))


def is_tensors(model: Model) -> bool:
    """Whether it is a dict of tensors."""
    return (
        isinstance(model, dict)
        and bool(model)
        and all(type(value).__module__ == "torch" for value in model.values())
    )
