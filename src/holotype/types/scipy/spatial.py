"""KD-trees and the distance functions that models name.

A cKDTree is native: its nodes are C structs that hold each other's addresses, and its queries
follow them without looking. Rule: a tree is stored as a table of its nodes, without addresses, in
the order in which SciPy keeps them; it is proved to be a tree over its points before SciPy gets it,
in the form of its own pickles. So a query visits the same nodes as before, whatever version of
SciPy opens the archive.
"""

from __future__ import annotations

import sys
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from holotype.errors import UnsupportedError
from holotype.graph.shadow import Shadow
from holotype.graph.table import Entry, Reduced
from holotype.types.attributes import Attributes
from holotype.types.builtins import name_entries

__all__ = ["entries"]

Array = npt.NDArray[Any]

_WORDS = ["split_dim", "children", "split", "start_idx", "end_idx", "less", "greater"]
_NODE = np.dtype([(name, "<f8" if name == "split" else "<i8") for name in _WORDS])
# scipy/spatial/ckdtree/src/ckdtree_decl.h: struct ckdtreenode, where words have 64 bits.
_STRUCT = np.dtype(
    {
        "names": _WORDS,
        "formats": [_NODE[name] for name in _WORDS],
        "offsets": [0, 8, 16, 24, 32, 56, 64],  # at 40 and 48 are the children's addresses
        "itemsize": 72,
    }
)
_MAX_DEPTH = 4096  # SciPy walks down recursively
_STATE = Attributes("nodes data indices leafsize maxes mins boxsize")


def _fault(state: dict[str, Any]) -> str | None:
    """Why this would not be a tree over its points; None if it is one."""
    data, nodes = state["data"], state["nodes"]
    if not _is(data, "<f8", 2) or not data.flags.c_contiguous or not np.isfinite(data).all():
        return "data is not a table of finite float64 in C order"
    count, width = data.shape
    if not _is(nodes, _NODE, 1) or not len(nodes):
        return "nodes is not a table of at least one node"
    if not _is(state["indices"], "<i8", 1) or len(state["indices"]) != count:
        return "indices does not have one row for each point"
    if count and (int(state["indices"].min()) < 0 or int(state["indices"].max()) >= count):
        return "indices points outside of data"
    for name, length in (("maxes", width), ("mins", width)):
        if not _is(state[name], "<f8", 1) or len(state[name]) != length:
            return f"{name} does not have one number for each dimension"
    return _box_fault(state["boxsize"], data) or _nodes_fault(nodes, count, width)


def _box_fault(box: Any, data: Array) -> str | None:
    if box is None:
        return None
    if not _is(box, "<f8", 1) or len(box) != data.shape[1] or not np.isfinite(box).all():
        return "boxsize is not one float64 for each dimension"
    inside = data[:, box > 0]  # other dimensions do not repeat
    if (inside < 0).any() or (inside >= box[box > 0]).any():
        return "a point lies outside of the box"
    return None


def _is(array: Any, dtype: Any, ndim: int) -> bool:
    return isinstance(array, np.ndarray) and array.dtype == dtype and array.ndim == ndim


def _nodes_fault(nodes: Array, count: int, width: int) -> str | None:
    start, end = nodes["start_idx"], nodes["end_idx"]
    if start[0] != 0 or end[0] != count or (start < 0).any() or (end > count).any():
        return "nodes lie outside of the points"
    if (start > end).any() or (nodes["children"] != end - start).any():
        return "nodes count other points than they have"
    dimension = nodes["split_dim"]
    if (dimension < -1).any() or (dimension >= width).any():
        return "nodes split along a dimension that is not there"
    parents = np.flatnonzero(dimension >= 0)
    less, greater = nodes["less"][parents], nodes["greater"][parents]
    children = np.concatenate([less, greater])
    if len(children) + 1 != len(nodes) or (np.sort(children) != np.arange(1, len(nodes))).any():
        return "nodes are not the children of one parent each"
    if (less <= parents).any() or (greater <= parents).any():
        return "nodes stand before their parents"
    if (
        (start[less] != start[parents]).any()
        or (end[less] != start[greater]).any()
        or (end[greater] != end[parents]).any()
    ):
        return "nodes do not divide their parents' points"
    return "it is too deep" if _depth(nodes) > _MAX_DEPTH else None


def _depth(nodes: Array) -> int:
    """Levels of a tree in which children stand after their parents."""
    level, depth = np.zeros(1, np.int64), 0
    while len(level) and depth <= _MAX_DEPTH:
        inner = nodes[level[nodes["split_dim"][level] >= 0]]
        level, depth = np.concatenate([inner["less"], inner["greater"]]), depth + 1
    return depth


_KDTREE = Attributes("", "_tree")  # a view of the nodes for Python, made on demand


def _reduce(obj: Any) -> Reduced:
    if hasattr(obj, "__dict__"):
        _KDTREE.of(obj)
    raw, data, _, _, leafsize, maxes, mins, indices, boxsize, _ = obj.__getstate__()
    if sys.byteorder != "little" or raw.nbytes != obj.size * _STRUCT.itemsize:
        raise UnsupportedError("", "the nodes of a KD-tree have another layout on this platform.")
    structs = np.frombuffer(raw.tobytes(), _STRUCT)
    nodes = np.zeros(len(structs), _NODE)
    for name in _WORDS:
        nodes[name] = structs[name]
    for name in ("split", "less", "greater"):
        nodes[name][nodes["split_dim"] < 0] = 0  # leaves do not use them
    state = {
        "nodes": nodes,
        "data": data,
        "indices": indices,
        "leafsize": leafsize,
        "maxes": maxes,
        "mins": mins,
        "boxsize": boxsize,
    }
    if fault := _fault(state):
        raise UnsupportedError("", f"this KD-tree is not sound: {fault}.", "Build it anew.")
    return Reduced((), state)


def _build(cls: Any, args: Sequence[Any]) -> Any:
    return cls.__new__(cls)


def _set_state(obj: Any, state: dict[str, Any]) -> None:
    if sys.byteorder != "little" or sys.maxsize < 1 << 62:
        raise ValueError("KD-trees are stored for little-endian machines of 64 bits")
    nodes, box = state["nodes"], state["boxsize"]
    structs = np.zeros(len(nodes), _STRUCT)
    for name in _WORDS:
        structs[name] = nodes[name]
    obj.__setstate__(
        (
            structs.view("S1"),
            state["data"],
            *state["data"].shape,
            state["leafsize"],
            *(state[name] for name in ("maxes", "mins", "indices")),
            box,
            None if box is None else np.concatenate([box, box / 2]),
        )
    )


def _check(shadow: Shadow) -> None:
    shadow.args(0)
    _STATE.check(shadow)
    shadow.integer("leafsize", 1, sys.maxsize)
    if fault := _fault({name: shadow.get(name) for name in shadow.names()}):
        raise shadow.fail(fault)


_DISTANCES = (
    "braycurtis canberra cdist chebyshev cityblock correlation cosine dice euclidean hamming "
    "is_valid_dm is_valid_y jaccard jensenshannon mahalanobis minkowski num_obs_dm num_obs_y pdist "
    "rogerstanimoto russellrao seuclidean sokalsneath sqeuclidean squareform yule"
)


def entries() -> Iterable[Entry]:
    """KD-trees, and the functions of ``scipy.spatial.distance``."""
    for name, module in (("cKDTree", "_ckdtree"), ("KDTree", "_kdtree")):
        yield Entry(
            key=f"scipy.spatial.{name}",
            where=(f"scipy.spatial:{name}", f"scipy.spatial.{module}:{name}"),
            kind="call",
            reduce=_reduce,
            build=_build,
            setstate=_set_state,
            check=_check,
        )
    yield from name_entries("scipy.spatial.distance", _DISTANCES)
