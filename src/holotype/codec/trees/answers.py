"""What the nodes of histogram gradient boosting answer and gain.

Where every row weighs the same, the hessian of a node is its count, so answers and gains of inner
nodes follow from the answers of leaves. Elsewhere hessians are not kept, but a gain and three
answers say what the hessians of two children are, and so what their splits gain: H times
(answer - left) × (right - answer), as long as there is no penalty.
"""

from __future__ import annotations

import struct

import numpy as np
import numpy.typing as npt

from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.gradients import (
    Floats,
    Training,
    answers,
    gains,
    some_trees,
    totals,
    trainings,
)
from holotype.codec.trees.shape import Shape, depth_first
from holotype.codec.trees.streams import (
    apart,
    estimate,
    get_numbers,
    get_words,
    put_numbers,
    put_words,
    towards,
)

__all__ = ["read_answers", "write_answers"]

_STORED, _FROM_COUNTS, _FROM_PARENTS = range(3)
_NOTHING = -1.0  # what a leaf gains that could not be split

Counts = npt.NDArray[np.int64]


def write_answers(
    writer: Writer,
    answer: Floats,
    gain: Floats,
    hessian: Floats,
    shape: Shape,
    counts: Counts,
    level: str,
) -> None:
    """``answer`` and ``gain`` of all nodes; ``hessian`` as it would be if all rows weighed one."""
    training = _training(answer, gain, hessian, shape, counts, level)
    writer.real(training.penalty)
    writer.real(training.scale)
    leaves, inner = shape.leaves, shape.inner
    put_words(writer, answer[leaves].view(np.uint64), level)
    sums = totals(answer[leaves], hessian, training, shape)
    expected = answers(sums, training.penalty, shape)
    _put_best(writer, answer[inner], {_FROM_COUNTS: expected}, level)
    choices = {
        _FROM_COUNTS: gains(sums, training.penalty, shape),
        _FROM_PARENTS: _Family(answer, training, shape).gains(gain),
    }
    _put_best(writer, gain[inner], choices, level)
    some = gain[leaves].view(np.uint64) != _bits(_NOTHING)
    put_numbers(writer, some, level)
    put_words(writer, gain[leaves][some].view(np.uint64), level)


def read_answers(reader: Reader, hessian: Floats, shape: Shape) -> tuple[Floats, Floats]:
    """Answers and gains of all nodes."""
    training = Training(reader.real(), reader.real())
    leaves, inner, splits = shape.leaves, shape.inner, len(shape.inner)
    answer, gain = np.empty(len(shape.leaf)), np.empty(len(shape.leaf))
    answer[leaves] = get_words(reader, len(leaves)).view(np.float64)
    sums = totals(answer[leaves], hessian, training, shape)
    if reader.number(below=_FROM_COUNTS + 1) == _STORED:
        answer[inner] = get_words(reader, splits).view(np.float64)
    else:
        expected = answers(sums, training.penalty, shape)
        answer[inner] = towards(expected, get_numbers(reader, splits))
    kind = reader.number(below=_FROM_PARENTS + 1)
    if kind == _STORED:
        gain[inner] = get_words(reader, splits).view(np.float64)
    elif kind == _FROM_COUNTS:
        expected = gains(sums, training.penalty, shape)
        gain[inner] = towards(expected, get_numbers(reader, splits))
    else:
        family = _Family(answer, training, shape)
        family.fill(gain, get_numbers(reader, splits))
    some = get_numbers(reader, len(leaves)) != 0
    of_leaves = np.full(len(leaves), _NOTHING)
    of_leaves[some] = get_words(reader, int(np.count_nonzero(some))).view(np.float64)
    gain[leaves] = of_leaves
    return answer, gain


def _bits(number: float) -> int:
    return int.from_bytes(struct.pack("<d", number), "little")


def _put_best(writer: Writer, actual: Floats, expected: dict[int, Floats], level: str) -> None:
    """``actual``, or what it differs by from what is expected, whichever is smaller."""
    kind, best = _STORED, actual.view(np.uint64)
    least = estimate(best, level)
    for other, floats in expected.items():
        difference = apart(actual, floats)
        size = estimate(difference, level)
        if size < least:
            kind, best, least = other, difference, size
    writer.number(kind)
    (put_words if kind == _STORED else put_numbers)(writer, best, level)


def _training(
    answer: Floats, gain: Floats, hessian: Floats, shape: Shape, counts: Counts, level: str
) -> Training:
    """By some of the trees: what the answers and gains of inner nodes follow best with."""
    trees, nodes = some_trees(counts)
    part = depth_first(shape.leaf[nodes], counts[trees])
    own, gain, hessian = answer[nodes], gain[nodes], hessian[nodes]
    stored = estimate(own[part.inner].view(np.uint64), level)

    def size(training: Training) -> float:
        sums = totals(own[part.leaves], hessian, training, part)
        expected = answers(sums, training.penalty, part)
        of_gains = (gains(sums, training.penalty, part), _Family(own, training, part).gains(gain))
        return min(stored, estimate(apart(own[part.inner], expected), level)) + min(
            estimate(apart(gain[part.inner], each), level) for each in of_gains
        )

    return min(dict.fromkeys(trainings(own, hessian, part)), key=size)


class _Family:
    """How the gains of children follow from those of their parents."""

    def __init__(self, answer: Floats, training: Training, shape: Shape) -> None:
        self._shape = shape
        raw = answer.copy()
        raw[shape.leaves] /= training.scale
        own, left, right = raw[shape.inner], raw[shape.left], raw[shape.right]
        self._apart = left - right
        self._left, self._right = left - own, own - right
        self._of_one = self._left * self._right  # what a split gains for each unit of hessian

    def gains(self, gain: Floats) -> Floats:
        """What is expected of inner nodes; of roots, some number."""
        shape = self._shape
        hessian = np.ones(len(shape.leaf))
        self._pass_on(hessian, gain, slice(None))
        result: Floats = hessian[shape.inner] * self._of_one
        return result

    def fill(self, gain: Floats, folded: npt.NDArray[np.uint64]) -> None:
        """The gains of inner nodes, from what they differ by, roots first."""
        hessian = np.ones(len(gain))
        for level in self._shape.levels:
            nodes = self._shape.inner[level]
            gain[nodes] = towards(hessian[nodes] * self._of_one[level], folded[level])
            self._pass_on(hessian, gain, level)

    def _pass_on(self, hessian: Floats, gain: Floats, level: slice | npt.NDArray[np.intp]) -> None:
        shape = self._shape
        own, apart_ = gain[shape.inner[level]], self._apart[level]
        hessian[shape.left[level]] = own / (self._left[level] * apart_)
        hessian[shape.right[level]] = own / (self._right[level] * apart_)
