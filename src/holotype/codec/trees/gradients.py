"""What gradient boosting says of inner nodes: everything follows from sums over their leaves.

A node with the sum of gradients A (its sign turned) and the sum of hessians H answers A / (H + p),
p being the penalty on the second norm, and a split gains A² / (H + p) of its children less that of
itself. Rule: IEEE 754's +, −, × and ÷ in a fixed order, so that all machines agree.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any, Final, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.codec.trees.shape import Shape

__all__ = [
    "Floats",
    "Totals",
    "Training",
    "answers",
    "gains",
    "rounded",
    "some_trees",
    "totals",
    "trainings",
    "up",
]

Floats = npt.NDArray[np.float64]

_ENOUGH: Final = 4096  # nodes, to see what a booster was trained with


class Training(NamedTuple):
    """The penalty, and what the answers of leaves were multiplied by after the fit."""

    penalty: float
    scale: float


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


def up(leaves: Floats, shape: Shape) -> Floats:
    """Of all nodes, the sums of what their leaves have."""
    result = np.empty(len(shape.leaf))
    result[shape.leaves] = leaves
    for level in reversed(shape.levels):
        result[shape.inner[level]] = result[shape.left[level]] + result[shape.right[level]]
    return result


def totals(leaves: Floats, hessian: Floats, training: Training, shape: Shape) -> Totals:
    """From the answers of leaves, and the hessians of all nodes."""
    weighted = leaves / training.scale * (hessian[shape.leaves] + training.penalty)
    return Totals(up(weighted, shape), hessian)


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


def trainings(answer: Floats, hessian: Floats, shape: Shape) -> Iterator[Training]:
    """What a booster may have been trained with, by the answers and hessians of all nodes."""
    for penalty in _penalties(answer, hessian, shape):
        yield Training(penalty, 1.0)
        weights = answer * (hessian + penalty)
        left, right = shape.left, shape.right
        both = shape.leaf[left] & shape.leaf[right]
        sums, whole = weights[left[both]] + weights[right[both]], weights[shape.inner[both]]
        for scale in rounded(_middle(sums, whole)):
            yield Training(penalty, scale)


def _penalties(answer: Floats, hessian: Floats, shape: Shape) -> Iterator[float]:
    """By nodes whose children are no leaves, as nothing but the penalty is unknown there."""
    yield 0.0
    yield 1.0
    both = ~shape.leaf[shape.left] & ~shape.leaf[shape.right]
    node, left, right = shape.inner[both], shape.left[both], shape.right[both]
    weights = answer * hessian
    sums = weights[left] + weights[right] - weights[node]
    for penalty in rounded(_middle(sums, answer[node] - answer[left] - answer[right])):
        if penalty > 0:
            yield penalty


def _middle(above: Floats, below: Floats) -> float:
    """The median of fractions that are not mostly noise."""
    clear = np.abs(below) >= np.median(np.abs(below)) if len(below) else np.empty(0, np.bool_)
    return float(np.median(above[clear] / below[clear])) if clear.any() else 0.0


def rounded(number: float) -> Iterator[float]:
    """``number``, and what it was perhaps meant to be."""
    if np.isfinite(number) and number:
        yield float(f"{number:.1g}")
        yield float(f"{number:.2g}")
        yield float(f"{number:.4g}")
        if 1e-9 < abs(number) < 1:
            yield 1 / round(1 / number)
        yield number
