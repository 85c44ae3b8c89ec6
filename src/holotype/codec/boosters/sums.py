"""What gradient boosting says of inner nodes: everything follows from sums over their leaves.

A node with the sum of gradients A (its sign turned) and the sum of hessians H answers A / (H + p),
p being the penalty on the second norm, and a split gains A² / (H + p) of its children less that of
itself. Rule: IEEE 754's +, −, × and ÷ in a fixed order, so that all machines agree.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.trees.shape import Shape

__all__ = [
    "Floats",
    "Levels",
    "Totals",
    "answers",
    "gains",
    "penalties",
    "rounded",
    "some_trees",
    "totals",
    "up",
]

Floats = npt.NDArray[np.float64]
Levels = list[npt.NDArray[np.intp]]


_ENOUGH: Final = 4096  # nodes, to see what a booster was trained with


class Totals(NamedTuple):
    """Of all nodes: the sums of gradients and of hessians."""

    gradient: Floats
    hessian: Floats


def some_trees(
    counts: npt.NDArray[Any], others: npt.NDArray[Any] | None = None
) -> tuple[slice, slice]:
    """A few trees in the middle, of those of ``counts`` nodes: which, and which nodes are theirs.

    Or which of ``others``, of which each tree has that many, are theirs.
    """
    middle = len(counts) // 2
    stop = middle + int(np.searchsorted(np.cumsum(counts[middle:]), _ENOUGH)) + 1
    ends = np.cumsum(counts if others is None else others, dtype=np.int64)
    first = int(ends[middle - 1]) if middle else 0
    return slice(middle, stop), slice(first, int(ends[min(stop, len(ends)) - 1]))


def up(leaves: Floats, shape: Shape, levels: Levels) -> Floats:
    """Of all nodes, the sums of what their leaves have; ``levels`` from the roots on."""
    result = np.empty(len(shape.leaf))
    result[shape.leaves] = leaves
    for level in reversed(levels):
        result[shape.inner[level]] = result[shape.left[level]] + result[shape.right[level]]
    return result


def totals(
    answers: Floats, hessian: Floats, penalty: float, shape: Shape, levels: Levels
) -> Totals:
    """From the answers of leaves, and the hessians of all nodes."""
    return Totals(up(answers * (hessian[shape.leaves] + penalty), shape, levels), hessian)


def answers(sums: Totals, penalty: float, shape: Shape) -> Floats:
    """Of inner nodes."""
    inner = shape.inner
    result: Floats = sums.gradient[inner] / (sums.hessian[inner] + penalty)
    return result


def gains(sums: Totals, penalty: float, shape: Shape) -> Floats:
    """Of the splits of inner nodes."""
    hessian = sums.hessian + penalty
    if penalty == 0:  # without the part that all have in common, which would drown the rest
        mean = sums.gradient / hessian
        left, right = shape.left, shape.right
        apart = mean[left] - mean[right]
        result: Floats = hessian[left] * hessian[right] / hessian[shape.inner] * (apart * apart)
        return result
    scores = sums.gradient * sums.gradient / hessian
    return scores[shape.left] + scores[shape.right] - scores[shape.inner]


def penalties(answer: Floats, hessian: Floats, shape: Shape) -> Iterable[float]:
    """What the penalty may be, by the answers of inner nodes whose children are no leaves."""
    left, right = shape.left, shape.right
    both = ~shape.leaf[left] & ~shape.leaf[right]
    node, left, right = shape.inner[both], left[both], right[both]
    below = answer[node] - answer[left] - answer[right]
    above = (
        answer[left] * hessian[left] + answer[right] * hessian[right] - answer[node] * hessian[node]
    )
    clear = np.abs(below) > np.median(np.abs(below)) if len(below) else np.empty(0, np.bool_)
    if clear.any():
        found = float(np.median(above[clear] / below[clear]))
        yield from (each for each in rounded(found) if each > 0)
    yield 0.0
    yield 1.0


def rounded(number: float) -> Iterable[float]:
    """``number``, and what it was perhaps meant to be."""
    if np.isfinite(number) and number:
        yield float(f"{number:.2g}")
        yield float(f"{number:.4g}")
        if abs(number) < 1:
            yield 1 / round(1 / number)
        yield number
