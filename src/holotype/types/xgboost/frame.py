"""How XGBoost writes one tree: arrays in a fixed order, with the same bytes around them.

Those bytes follow from a few sizes, so a tree is read by comparing them and written by repeating
them. Rule: a tree that is written otherwise is not guessed at; its export is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import lru_cache
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.types.xgboost.ubjson import Malformed, Reader, array_head, integer, length, text

__all__ = ["DTYPES", "RawTrees", "Sizes", "frame", "read_trees"]

Array = npt.NDArray[Any]

# The members of a tree in their order, which is that of their names, and their types.
_MEMBERS = (
    ("base_weights", b"d"),
    ("categories", b"l"),
    ("categories_nodes", b"l"),
    ("categories_segments", b"L"),
    ("categories_sizes", b"L"),
    ("default_left", b"U"),
    ("id", b""),
    ("leaf_weights", b"d"),
    ("left_children", b"l"),
    ("loss_changes", b"d"),
    ("parents", b"l"),
    ("right_children", b"l"),
    ("split_conditions", b"d"),
    ("split_indices", b"l"),
    ("split_type", b"U"),
    ("sum_hessian", b"d"),
)
_TYPES = {b"d": ">f4", b"l": ">i4", b"L": ">i8", b"U": "|u1"}
DTYPES = {name: np.dtype(_TYPES[code]) for name, code in _MEMBERS if code}
# Only in trees with vectors for leaves; not in those before 3.2.
_OPTIONAL = frozenset({"leaf_weights", "loss_changes", "sum_hessian"})
_HEADS = {name: text(name) + (array_head(code) if code else b"") for name, code in _MEMBERS}
_PARAMETERS = ("num_deleted", "num_feature", "num_nodes", "size_leaf_vector")
_PARAMETERS_HEAD = text("tree_param") + b"{"
_STATED = re.compile(
    b"".join(re.escape(text(name)) + rb"SL.{8}(\d{1,10})" for name in _PARAMETERS) + b"}}",
    re.DOTALL,
)


class Sizes(NamedTuple):
    """What the bytes around the arrays of a tree follow from.

    ``leaf_values`` is -1 where there are none such, ``statistics`` whether there are any of splits.
    """

    nodes: int
    outputs: int
    features: int
    categories: int = 0
    splits: int = 0
    holes: int = 0
    leaf_values: int = -1
    statistics: bool = True

    def counts(self) -> Iterator[tuple[str, int]]:
        """The members of such a tree, in their order, and how many elements each has."""
        others = {
            "base_weights": self.nodes * self.outputs,
            "categories": self.categories,
            "categories_nodes": self.splits,
            "categories_segments": self.splits,
            "categories_sizes": self.splits,
            "leaf_weights": self.leaf_values,
        }
        for name in _HEADS:
            count = others.get(name, self.nodes)
            if count >= 0 and (self.statistics or name not in ("loss_changes", "sum_hessian")):
                yield name, count


@lru_cache(maxsize=1024)
def frame(sizes: Sizes) -> tuple[tuple[bytes, str, int], ...]:
    """Bytes, and which member follows them with how many bytes of its own.

    The last are followed by nothing; the number of the tree (*id*) has no certain size.
    """
    steps = []
    pending = b"{"
    for name, count in sizes.counts():
        pending += _HEADS[name]
        if name == "id":
            steps.append((pending, name, 0))
            pending = b""
            continue
        pending += length(count)
        if count:
            steps.append((pending, name, count * DTYPES[name].itemsize))
            pending = b""
    stated = (sizes.holes, sizes.features, sizes.nodes, sizes.outputs)
    pending += _PARAMETERS_HEAD
    for name, value in zip(_PARAMETERS, stated, strict=True):
        pending += text(name) + b"S" + text(str(value))
    steps.append((pending + b"}}", "", 0))
    return tuple(steps)


class RawTrees(NamedTuple):
    """What the export holds of all trees: bytes of each member, tree by tree, and parameters.

    ``stated`` has, for each tree, its holes, features, nodes and outputs as it says itself.
    """

    members: dict[str, list[bytes]]
    stated: list[tuple[int, int, int, int]]

    def counts(self, name: str) -> Array:
        """Numbers of elements, tree by tree."""
        size = DTYPES[name].itemsize
        return np.array([len(part) for part in self.members[name]], np.int64) // size

    def values(self, name: str) -> Array:
        """All elements."""
        joined = np.frombuffer(b"".join(self.members[name]), DTYPES[name])
        return joined.astype(DTYPES[name].newbyteorder("<"))


def read_trees(reader: Reader) -> RawTrees:
    """The array of trees, which is by far the largest part of an export."""
    reader.expect(b"[")
    count = reader.count()
    members: dict[str, list[bytes]] = {name: [] for name in DTYPES}
    trees = RawTrees(members, [])
    for number in range(count):
        if not (number and _read_alike(reader, trees, number)):
            _read_tree(reader, trees, number)
    for name in _OPTIONAL:
        if not any(members[name]):
            del members[name]
    if any(len(parts) != count for parts in members.values()):
        raise Malformed("some trees have members that others lack")
    return trees


def _read_alike(reader: Reader, trees: RawTrees, number: int) -> bool:
    """Read a tree that has no categories and no holes, and is else like the one before it."""
    data, at = reader.data, reader.at
    start = at + 1 + len(_HEADS["base_weights"]) + 1
    _, features, _, outputs = trees.stated[-1]
    outputs = outputs or 1
    nodes = int.from_bytes(data[start : start + 8], "big") // outputs
    if not 0 < nodes <= len(data):
        return False
    rows = trees.members["leaf_weights"]
    leaf_values = (nodes + 1) // 2 * outputs if rows and rows[-1] else -1
    statistics = bool(trees.members["sum_hessian"])
    sizes = Sizes(nodes, outputs, features, leaf_values=leaf_values, statistics=statistics)
    found: list[tuple[str, bytes]] = []
    for chunk, name, size in frame(sizes):
        if name == "id":
            chunk += integer(number)
        if not data.startswith(chunk, at):
            return False
        at += len(chunk)
        if size:
            found.append((name, data[at : at + size]))
            at += size
    if at > len(data):
        return False
    for name, part in found:
        trees.members[name].append(part)
    for name in ("categories", "categories_nodes", "categories_segments", "categories_sizes"):
        trees.members[name].append(b"")
    trees.stated.append((0, features, nodes, outputs))
    reader.at = at
    return True


def _read_tree(reader: Reader, trees: RawTrees, number: int) -> None:
    """Read any tree, member by member."""
    data = reader.data
    reader.expect(b"{")
    for name, head in _HEADS.items():
        if name in _OPTIONAL and not data.startswith(head, reader.at):
            continue
        reader.expect(head)
        if name == "id":
            if reader.value() != number:
                raise Malformed(f"tree {number} has another number")
            continue
        count = reader.size()
        start = reader.take(count * DTYPES[name].itemsize)
        trees.members[name].append(data[start : reader.at])
    reader.expect(_PARAMETERS_HEAD)
    stated = _STATED.match(data, reader.at)
    if stated is None:
        raise Malformed(f"the parameters of tree {number} are not those that XGBoost writes")
    holes, features, nodes, outputs = map(int, stated.groups())
    trees.stated.append((holes, features, nodes, outputs))
    reader.at = stated.end()
