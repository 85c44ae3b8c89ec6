"""Batches of the predictors of scikit-learn's histogram gradient boosting.

Children, depth and counts follow from the leaves. A threshold is the border of a bin of a feature,
which the node names: it is stored once for each bin that is in use.
"""

from __future__ import annotations

from typing import Any, Final

import numpy as np
import numpy.typing as npt

from holotype.codec.columns import BITS, plan_for, read_column, write_column
from holotype.codec.frames import Reader, Writer
from holotype.codec.trees.answers import read_answers, write_answers
from holotype.codec.trees.shape import Misfit, Shape, depth_first
from holotype.codec.trees.streams import Table, get_numbers, get_words, put_numbers, put_words
from holotype.codec.trees.sums import Sums, read_samples, write_samples

__all__ = ["is_predictor", "read_predictors", "write_predictors"]

_FIELDS: Final = {
    "value": "<f8",
    "count": "<u4",
    "feature_idx": "<i8",  # before 1.3: <u4
    "num_threshold": "<f8",
    "missing_go_to_left": "|u1",
    "left": "<u4",
    "right": "<u4",
    "gain": "<f8",
    "depth": "<u4",
    "is_leaf": "|u1",
    "bin_threshold": "|u1",
    "is_categorical": "|u1",
    "bitset_idx": "<u4",
}
_OF_SPLITS = ("missing_go_to_left", "is_categorical", "bitset_idx")
_FROM_BINS, _AS_STORED = range(2)

Counts = npt.NDArray[np.int64]


def is_predictor(nodes: np.dtype[Any]) -> bool:
    """Whether these are the nodes of such predictors: packed, in this order."""
    return any(
        nodes == np.dtype(list((_FIELDS | {"feature_idx": index}).items()))
        for index in ("<i8", "<u4")
    )


def write_predictors(writer: Writer, table: Table, counts: Counts, level: str) -> Shape:
    """Trees of ``counts`` nodes, whose shape it gives; `Misfit` if they are none of this kind."""
    if (table["is_leaf"] > 1).any():
        raise Misfit
    leaf = table["is_leaf"] != 0
    shape = depth_first(leaf, counts)
    write_column(writer, table["is_leaf"], plan_for(table["is_leaf"][: 1 << 15], BITS, level=level))
    inner = shape.inner
    features, bins = table["feature_idx"][inner], table["bin_threshold"][inner]
    if len(inner) and not 0 <= features.min() <= features.max() < 1 << 32:
        raise Misfit
    put_numbers(writer, features.astype(np.uint64), level)
    put_numbers(writer, bins, level)
    for name in _OF_SPLITS:
        put_numbers(writer, table[name][inner], level)
    thresholds = table["num_threshold"][inner].view(np.uint64)
    places, first = _bins(features.astype(np.uint64), bins)
    fits = bool((thresholds[first][places] == thresholds).all())
    writer.number(_FROM_BINS if fits else _AS_STORED)
    put_words(writer, thresholds[first] if fits else thresholds, level)
    samples = table["count"].astype(np.int64)
    write_samples(writer, samples, shape, level)
    hessian = samples.astype(np.float64)
    write_answers(writer, table["value"], table["gain"], hessian, shape, counts, level)
    return shape


def read_predictors(
    reader: Reader, dtype: np.dtype[Any], counts: Counts, known: Shape | None = None
) -> Table:
    """The fields of the nodes; what leaves have no use for is zero. ``known`` as `read_batch`'s."""
    total = int(counts.sum())
    leaf = read_column(reader, total, np.dtype(np.uint8)) != 0
    shape = depth_first(leaf, counts, known)
    first = shape.first_of_tree(counts)
    splits = len(shape.inner)
    features = get_numbers(reader, splits)
    bins = get_numbers(reader, splits)
    found: Table = {"feature_idx": features, "bin_threshold": bins}
    for name in _OF_SPLITS:
        found[name] = get_numbers(reader, splits)
    found["left"], found["right"] = shape.left - first, shape.right - first
    if reader.number(below=2) == _FROM_BINS:
        places, used = _bins(features, bins)
        words = get_words(reader, len(used))[places]
    else:
        words = get_words(reader, splits)
    found["num_threshold"] = words.view(np.float64)
    table: Table = {"is_leaf": leaf.view(np.uint8), "depth": _depths(shape)}
    table["count"] = read_samples(reader, shape, Sums(shape))
    hessian = table["count"].astype(np.float64)
    table["value"], table["gain"] = read_answers(reader, hessian, shape)
    for name, values in found.items():
        table[name] = np.zeros(total, values.dtype)
        table[name][shape.inner] = values
    return {name: table[name].astype(dtype[name]) for name in dtype.names or ()}


def _bins(
    features: npt.NDArray[np.uint64], bins: npt.NDArray[Any]
) -> tuple[npt.NDArray[np.intp], npt.NDArray[np.intp]]:
    """For each split, which of the bins in use it is; and for each of these, a split that is it."""
    keys = (features << np.uint64(8)) | (bins & 0xFF)
    _, first, places = np.unique(keys, return_index=True, return_inverse=True)
    return places.reshape(-1), first


def _depths(shape: Shape) -> npt.NDArray[np.int64]:
    result = np.zeros(len(shape.leaf), np.int64)
    for depth, level in enumerate(shape.levels, start=1):
        result[shape.left[level]] = depth
        result[shape.right[level]] = depth
    return result
