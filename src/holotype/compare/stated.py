"""What a model takes and gives by its own attributes, for where the manifest does not say it.

An archive of an older version of Holotype, or of another writer, may state less than the model
knows. Rule: only what scikit-learn's convention means by a name, of the part that data reaches
first and of the one that answers.
"""

from __future__ import annotations

from typing import Any

import numpy as np

from holotype.archive.theta import Column, Inputs, Outputs
from holotype.compare.brief import json_value
from holotype.compare.reading import Half, Listed, Plain, Thing
from holotype.graph.nodes import ArrayNode

__all__ = ["inputs_stated", "outputs_stated"]

_MAX_DEPTH = 20
_MAX_COUNT = 10_000


def inputs_stated(half: Half) -> Inputs:
    """The number and names of features."""
    first = _ends(half)[0]
    names = _values(half, first, "feature_names_in_") or []
    columns = [Column(name=name) for name in names if isinstance(name, str)]
    count = _number(half, first, "n_features_in_")
    return Inputs(source="model", count=count, columns=columns if len(columns) == count else [])


def outputs_stated(half: Half) -> Outputs:
    """Classes, and the number of outputs."""
    last = _ends(half)[1]
    classes = _values(half, last, "classes_")
    return Outputs(
        count=_number(half, last, "n_outputs_"),
        classes=classes,
        class_count=None if classes is None else len(classes),
    )


def _ends(half: Half) -> tuple[Thing | None, Thing | None]:
    """The parts that data reaches first and that answers, through pipelines and searches."""
    ends = []
    for place in (0, -1):
        part = half.part(half.blueprint.root)
        for _ in range(_MAX_DEPTH):
            inner = _inside(half, part, place) if isinstance(part, Thing) else None
            if inner is None:
                break
            part = inner
        ends.append(part if isinstance(part, Thing) else None)
    return ends[0], ends[1]


def _inside(half: Half, thing: Thing, place: int) -> Thing | None:
    child = thing.named.get("best_estimator_")
    steps = half.part(thing.named["steps"]) if "steps" in thing.named else None
    if child is None and isinstance(steps, Listed) and half.count(steps.items):
        step = half.part(half.each(steps.items)[place])
        if isinstance(step, Listed) and half.count(step.items) == 2:
            child = half.at(step.items, 1)
    part = None if child is None else half.part(child)
    return part if isinstance(part, Thing) else None


def _number(half: Half, thing: Thing | None, name: str) -> int | None:
    part = half.part(thing.named[name]) if thing is not None and name in thing.named else None
    value: Any = part.value if isinstance(part, Plain) else None
    whole = isinstance(value, int | np.integer) and not isinstance(value, bool)
    return int(value) if whole and value >= 0 else None


def _values(half: Half, thing: Thing | None, name: str) -> list[Any] | None:
    """A list of plain values, or a small array of such in one dimension."""
    part = half.part(thing.named[name]) if thing is not None and name in thing.named else None
    if isinstance(part, Listed) and half.count(part.items) <= _MAX_COUNT:
        parts = [half.part(each) for each in half.each(part.items)]
        return [json_value(each) for each in parts if isinstance(each, Plain)]
    if isinstance(part, ArrayNode) and len(part.shape) == 1 and part.shape[0] <= _MAX_COUNT:
        part = half.peek(part)
    if not isinstance(part, np.ndarray) or part.ndim != 1 or part.dtype.kind not in "biufU":
        return None
    return [json_value(Plain(value)) for value in part.tolist()]
