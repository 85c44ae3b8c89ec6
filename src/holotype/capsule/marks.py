"""Asking a model leaves no marks on it: attributes that its methods set are taken back.

Some estimators remember at their first answer what they found out; a model that was saved, or
brought back, is to be the one that it was.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from typing import Any

import numpy as np

__all__ = ["unmarked"]

_MOST_PARTS = 100_000


@contextmanager
def unmarked(model: Any) -> Iterator[None]:
    """Afterwards, each estimator in ``model`` has the attributes that it had, the same objects."""
    before = [(part, dict(vars(part))) for part in _estimators(model)]
    try:
        yield
    finally:
        for part, attributes in before:
            now = vars(part)
            if len(now) != len(attributes) or any(
                now.get(name, now) is not value for name, value in attributes.items()
            ):
                now.clear()
                now.update(attributes)


def _estimators(model: Any) -> list[Any]:
    """The model and what of it can be fitted, in attributes, lists, dicts, arrays of objects."""
    found: list[Any] = []
    seen: set[int] = set()
    waiting = [model]
    while waiting and len(found) < _MOST_PARTS:
        each = waiting.pop()
        if id(each) in seen:
            continue
        seen.add(id(each))
        if isinstance(each, (list, tuple, dict, np.ndarray)):
            waiting.extend(_elements(each))
        elif (
            not isinstance(each, type) and hasattr(type(each), "fit") and hasattr(each, "__dict__")
        ):
            found.append(each)
            waiting.extend(vars(each).values())
    return found


def _elements(container: Any) -> Iterable[Any]:
    """What may be or hold an estimator; nothing of long containers of plain values."""
    if isinstance(container, np.ndarray):
        return container.ravel().tolist() if container.dtype == object else ()
    items = container.values() if isinstance(container, Mapping) else container
    first = next(iter(items), None)
    return () if isinstance(first, (str, bytes, int, float, np.generic)) else items
