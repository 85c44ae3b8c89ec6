"""The arrays that the walk met: equal by digest and never read, or how far they are apart."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

import numpy as np
import numpy.typing as npt

from holotype.compare import terms
from holotype.compare.difference import ArrayChange, ArrayForm, Effect
from holotype.compare.figures import Task, all_figures, verify_arrays
from holotype.compare.findings import Findings, shown_path
from holotype.compare.reading import Half
from holotype.compare.roles import Role
from holotype.compare.walk import ArrayPair
from holotype.graph.nodes import ArrayNode

__all__ = ["compare_arrays"]

Array = npt.NDArray[Any]
Kind = Literal["added", "removed", "changed", "reshaped", "retyped"]

_EFFECTS: dict[Role, Effect] = {"set": "setting", "run": "run"}
_BATCH = 2000  # pairs whose figures are made together
_MAX_NAMES = 1_000_000  # texts of an array that are compared as terms


def compare_arrays(
    pairs: Sequence[ArrayPair], left: Half, right: Half, found: Findings, *, measure: bool
) -> int:
    """Add what changed to ``found``, and by how much if that is to be measured; how many pairs are
    equal.
    """
    changed = [pair for pair in pairs if not _equal(pair[2], pair[3])]
    for start in range(0, len(changed), _BATCH):
        _batch(changed[start : start + _BATCH], left, right, found, measure)
    return len(pairs) - len(changed)


def _equal(a: Any, b: Any) -> bool:
    if isinstance(a, ArrayNode) and isinstance(b, ArrayNode):
        same = (a.digest, a.dtype, a.shape, a.order) == (b.digest, b.dtype, b.shape, b.order)
        return same and repr(a.dtype) == repr(b.dtype)
    if isinstance(a, np.ndarray) and isinstance(b, np.ndarray):
        return a.dtype == b.dtype and a.shape == b.shape and a.tobytes() == b.tobytes()
    return False


def _batch(
    pairs: Sequence[ArrayPair], left: Half, right: Half, found: Findings, measure: bool
) -> None:
    comparable = [pair for pair in pairs if measure and _comparable(pair[2], pair[3])]
    verify_arrays(
        [
            (half, side)
            for pair in comparable
            for half, side in ((left, pair[2]), (right, pair[3]))
            if isinstance(side, ArrayNode)
        ]
    )
    read = [
        Task(*(half.peek(each) if isinstance(each, ArrayNode) else each for half, each in sides))
        for sides in (((left, pair[2]), (right, pair[3])) for pair in comparable)
    ]
    figures = {id(pair): each for pair, each in zip(comparable, all_figures(read), strict=True)}
    for pair in pairs:
        path, role, a, b = pair
        kind = _kind(a, b)
        effect = _EFFECTS.get(role, "learned")
        if role == "open" and kind in ("added", "removed", "reshaped"):
            effect = "architecture"
        if _are_names(a) and _are_names(b):
            sides = [_names(half, each) for half, each in ((left, a), (right, b))]
            told = terms.compared(shown_path(path), effect, sides[0], sides[1])
            if told is not None:
                found.term(told)
                continue
        found.array(
            ArrayChange(shown_path(path), kind, effect, _form(a), _form(b), figures.get(id(pair)))
        )


def _comparable(a: Any, b: Any) -> bool:
    return a is not None and b is not None and a.shape == b.shape and a.size > 0


def _are_names(each: Any) -> bool:
    if each is None or each.dtype.kind not in "US" or len(each.shape) != 1:
        return False
    return bool(each.shape[0] <= _MAX_NAMES)


def _names(half: Half, each: Any) -> list[str]:
    array = half.peek(each) if isinstance(each, ArrayNode) else each
    return [str(name) for name in array.tolist()]


def _kind(a: Any, b: Any) -> Kind:
    if a is None or b is None:
        return "added" if a is None else "removed"
    if a.shape != b.shape:
        return "reshaped"
    return "changed" if a.dtype == b.dtype else "retyped"


def _form(each: Any) -> ArrayForm | None:
    if each is None:
        return None
    size = each.size if isinstance(each, ArrayNode) else each.nbytes
    dtype = str(each.dtype) if each.dtype.fields is None else "structured"
    return ArrayForm(dtype, tuple(each.shape), int(size))
