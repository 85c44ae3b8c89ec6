"""Batches of scikit-learn's trees: what follows from the leaves is not stored.

Of inner nodes, counts and weights are the sums of their children's, values the weighted means, and
impurities follow from those; where the last bits differ, the difference is stored. Of leaves, the
values are class counts, or floats. Each assumption is tried on the data; `Misfit` says that the
trees are none of this kind.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from holotype.codec.columns import BITS, plan_for, read_column, write_column
from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.impurity import read_impurity, write_impurity
from holotype.codec.trees.pools import Pools, get_pooled, put_pooled
from holotype.codec.trees.shape import Misfit, Shape, depth_first, from_left
from holotype.codec.trees.streams import Floats, Table, get_numbers, put_numbers
from holotype.codec.trees.sums import (
    AS_STORED,
    EXPECTED,
    Sums,
    larger_left,
    read_samples,
    read_weights,
    write_samples,
    write_weights,
)
from holotype.codec.trees.values import Means, read_values, write_values

__all__ = ["FIELDS", "is_tree", "read_batch", "write_batch"]

FIELDS: Final = (
    "left_child",
    "right_child",
    "feature",
    "threshold",
    "impurity",
    "n_node_samples",
    "weighted_n_node_samples",
    "missing_go_to_left",
)
_FLOATS = ("threshold", "impurity", "weighted_n_node_samples")
_NONE, _NO_FEATURE, _NO_THRESHOLD = -1, -2, -2.0  # what leaves have


def is_tree(nodes: np.dtype[Any]) -> bool:
    """Whether these are the nodes of scikit-learn's trees: its fields, eight bytes apart."""
    names = nodes.names or ()
    if nodes.fields is None or names not in (FIELDS, FIELDS[:-1]):
        return False
    for place, name in enumerate(names):
        wanted = "<f8" if name in _FLOATS else "|u1" if name == FIELDS[-1] else "<i8"
        if nodes.fields[name][0].str != wanted or nodes.fields[name][1] != 8 * place:
            return False
    return True


def write_batch(
    writer: Writer,
    table: Table,
    values: Floats,
    counts: npt.NDArray[np.int64],
    pools: Pools,
    level: str,
) -> Shape:
    """Trees of ``counts`` nodes; ``values`` are [nodes, outputs, classes]. Gives their shape.

    What is expected of odd nodes may overflow, or be no number: the caller ignores such warnings.
    """
    shape = _write_shape(writer, table, counts, level)
    inner, leaf = shape.inner, shape.leaves
    feature = table["feature"]
    if (feature[leaf] != _NO_FEATURE).any() or (feature[inner] < 0).any():
        raise Misfit
    features = feature[inner].astype(np.uint64)
    put_numbers(writer, features, level)
    thresholds = table["threshold"]
    if (thresholds[leaf] != _NO_THRESHOLD).any():
        raise Misfit
    put_pooled(writer, thresholds[inner].view(np.uint64), pools.thresholds, features, level)
    samples = table["n_node_samples"]
    if FIELDS[-1] in table:
        put_numbers(writer, table[FIELDS[-1]] ^ larger_left(samples, shape), level)
    write_samples(writer, samples, shape, level)
    weights = table["weighted_n_node_samples"]
    write_weights(writer, weights, samples, shape, level)
    columns = np.ascontiguousarray(values.reshape(len(values), -1).T)
    classes = write_values(
        writer, columns.reshape(*values.shape[1:], -1), weights, shape, pools, level
    )
    write_impurity(writer, table["impurity"], columns, classes, weights, shape, level)
    return shape


def read_batch(
    reader: Reader,
    dtype: np.dtype[Any],
    tail: tuple[int, int],
    counts: npt.NDArray[np.int64],
    pools: Pools,
    known: Shape | None = None,
) -> tuple[Table, Floats]:
    """The fields of the nodes and their values, [nodes, outputs, classes].

    ``known`` is a shape that these trees may have: finding it again then takes no time.
    """
    total = int(counts.sum())
    shape = _read_shape(reader, counts, known)
    inner, leaf = shape.inner, shape.leaf
    first = shape.first_of_tree(counts)
    features = get_numbers(reader, len(inner))
    words = get_pooled(reader, len(inner), pools.thresholds, features)
    table: Table = {
        "left_child": _spread(leaf, inner, shape.left - first, _NONE),
        "right_child": _spread(leaf, inner, shape.right - first, _NONE),
        "feature": _spread(leaf, inner, features.view(np.int64), _NO_FEATURE),
        "threshold": _spread(leaf, inner, words.view(np.float64), _NO_THRESHOLD),
    }
    going = None
    if FIELDS[-1] in (dtype.names or ()):
        going = get_numbers(reader, total).astype(np.uint8)
    sums = Sums(shape)
    samples = read_samples(reader, shape, sums)
    if going is not None:
        table[FIELDS[-1]] = going ^ larger_left(samples, shape)
    weights = read_weights(reader, samples, shape, sums)
    means = Means(shape, weights)
    columns, classes = read_values(reader, tail, weights, shape, sums, means, pools)
    table["n_node_samples"] = samples
    table["weighted_n_node_samples"] = weights
    table["impurity"] = read_impurity(reader, columns, classes, weights, shape, means)
    values = np.ascontiguousarray(columns.T).reshape(total, *tail)
    return table, values


def _spread(
    leaf: npt.NDArray[np.bool_], inner: npt.NDArray[np.int64], values: npt.NDArray[Any], other: Any
) -> npt.NDArray[Any]:
    result = np.full(len(leaf), other, values.dtype)
    result[inner] = values
    return result


def _write_shape(writer: Writer, table: Table, counts: npt.NDArray[np.int64], level: str) -> Shape:
    left, right = table["left_child"], table["right_child"]
    leaf = left == _NONE
    if ((right == _NONE) != leaf).any():
        raise Misfit
    bits = leaf.view(np.uint8)
    try:
        shape = depth_first(leaf, counts)
        first = shape.first_of_tree(counts)
        fits = (left[shape.inner] == shape.left - first).all() and (
            right[shape.inner] == shape.right - first
        ).all()
    except Misfit:
        fits = False
    inner = np.flatnonzero(~leaf)
    if not fits:
        if (right[inner] != left[inner] + 1).any() or (left[inner] < 0).any():
            raise Misfit
        shape = from_left(leaf, counts, left[inner])
    writer.number(EXPECTED if fits else AS_STORED)
    write_column(writer, bits, plan_for(bits[: 1 << 15], BITS, level=level))
    if not fits:
        put_numbers(writer, left[inner].view(np.uint64), level)
    return shape


def _read_shape(reader: Reader, counts: npt.NDArray[np.int64], known: Shape | None) -> Shape:
    how = reader.number(below=2)
    bits = read_column(reader, int(counts.sum()), np.dtype(np.uint8))
    leaf = bits != 0
    if how == EXPECTED:
        return depth_first(leaf, counts, known)
    return from_left(leaf, counts, get_numbers(reader, int(np.count_nonzero(~leaf))))
