"""What can be said of a model without asking: its type, its kind, and the libraries it needs.

No library is imported for this: whatever the model is made of is imported already.
"""

from __future__ import annotations

import platform
import sys
from collections.abc import Iterable, Mapping
from typing import Any

__all__ = ["kind_of", "libraries_of", "type_of", "version_change"]

_DISTRIBUTIONS = {"sklearn": "scikit-learn"}
_STANDARD = frozenset(sys.stdlib_module_names)
_KINDS = (
    "classifier",
    "regressor",
    "clusterer",
    "outlier_detector",
    "density_estimator",
    "transformer",
)


def type_of(model: Any) -> str:
    """The public path of the model's class, such as ``sklearn.pipeline.Pipeline``."""
    cls = type(model)
    parts = cls.__module__.split(".")
    public = [part for i, part in enumerate(parts) if not any(p[0] == "_" for p in parts[: i + 1])]
    return ".".join([*(public or parts), cls.__qualname__])


def kind_of(model: Any) -> str:
    """classifier, regressor, transformer, clusterer, outlier_detector, density_estimator, …

    ``arrays`` for arrays and for dicts and lists of them, ``other`` where nothing is known.
    """
    numpy = sys.modules["numpy"]
    parts = model.values() if type(model) is dict else model if type(model) is list else (model,)
    if len(parts) and all(isinstance(part, numpy.ndarray) for part in parts):
        return "arrays"
    declared = _declared_kind(model)
    if declared in _KINDS:
        return str(declared)
    # Data frames can be transformed too, but are nothing that was fitted.
    return "transformer" if hasattr(model, "transform") and hasattr(model, "fit") else "other"


def _declared_kind(model: Any) -> Any:
    try:
        return model.__sklearn_tags__().estimator_type
    except Exception:  # noqa: BLE001 - tags came with scikit-learn 1.6, and computing them may need fitted parts
        return getattr(model, "_estimator_type", None)


def libraries_of(keys: Iterable[str]) -> dict[str, str]:
    """Name → version of Python, NumPy and each library that ``keys`` name."""
    roots = {key.partition(":")[0].partition(".")[0] for key in keys} - _STANDARD | {"numpy"}
    if "sklearn" in roots:
        roots.add("scipy")
    found = {"python": platform.python_version()}
    for root in sorted(roots):
        module = sys.modules.get(root)
        version = getattr(module, "__version__", None)
        if isinstance(version, str):
            found[_DISTRIBUTIONS.get(root, root)] = version
    return found


def version_change(recorded: Mapping[str, str]) -> tuple[str, str] | None:
    """scikit-learn's version when a model was saved and now, where their minor versions differ.

    scikit-learn promises nothing across minor versions; the other libraries keep their meaning.
    """
    then = recorded.get("scikit-learn")
    now = getattr(sys.modules.get("sklearn"), "__version__", None)
    if then is None or not isinstance(now, str) or then.split(".")[:2] == now.split(".")[:2]:
        return None
    return then, now
