"""Trees of ensembles: which are the very same as before, however the archive writes them.

A list of trees is compared tree by tree, by the marks of what native code reads of each; boosters
keep all trees in common columns, which are divided again. Rule: how many trees there are and which
are equal is read of the trees themselves, never of a hyper-parameter.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from hashlib import sha256
from typing import Any, NamedTuple

import numpy as np
import numpy.typing as npt

from holotype.compare.difference import TreesChange
from holotype.compare.marks import Marks
from holotype.compare.reading import Child, Half, Items, Listed, Thing
from holotype.graph.nodes import ArrayNode

__all__ = ["BOOSTERS", "WITHOUT_ROUNDS", "Trees", "compared", "of_booster", "of_list"]

Array = npt.NDArray[Any]

_MOST = 200_000  # trees that are looked at one by one
_LISTED = frozenset(
    {
        "sklearn.tree.DecisionTreeClassifier",
        "sklearn.tree.DecisionTreeRegressor",
        "sklearn.tree.ExtraTreeClassifier",
        "sklearn.tree.ExtraTreeRegressor",
        "sklearn.ensemble.TreePredictor",
    }
)


class Trees(NamedTuple):
    """A mark for each tree, and the nodes of all."""

    marks: list[bytes]
    nodes: int


def of_list(half: Half, items: Items, marks: Marks) -> Trees | None:
    """The trees of a list, or of a list of lists; None where it has anything else in it."""
    found: list[bytes] = []
    nodes = 0
    for child in _flat(half, items):
        thing = half.part(child)
        if not isinstance(thing, Thing) or thing.key not in _LISTED:
            return None
        mark = marks.of(thing.named.get("tree_", child))
        if mark is None:
            return None
        found.append(mark)
        nodes += _nodes(half, thing)
    return Trees(found, nodes) if found else None


def _flat(half: Half, items: Items) -> list[Child]:
    count = half.count(items)
    if not 0 < count <= _MOST:
        return []
    flat = []
    for child in half.each(items):
        part = half.part(child)
        flat += half.each(part.items) if isinstance(part, Listed) else [child]
        if not isinstance(part, Listed | Thing) or len(flat) > _MOST:
            return []
    return flat


def _nodes(half: Half, thing: Thing) -> int:
    holder = half.part(thing.named["tree_"]) if "tree_" in thing.named else thing
    if not isinstance(holder, Thing) or "nodes" not in holder.named:
        return 0
    nodes = half.part(holder.named["nodes"])
    shape = nodes.shape if isinstance(nodes, ArrayNode | np.ndarray) else ()
    return int(shape[0]) if shape else 0


# -- boosters ------------------------------------------------------------------------------------


class Columns(NamedTuple):
    """Where a booster's trees stand: an argument or attribute, and which column counts of what.

    ``sizes`` gives from the counts how long each tree's part of a column may be, likeliest first;
    ``nodes`` how many nodes all trees have.
    """

    place: tuple[int | str, ...]
    counts: str
    sizes: Callable[[Array], list[Array]]
    nodes: Callable[[Array], int]


BOOSTERS = {
    "xgboost.Booster": Columns((1,), "nodes", lambda n: [n], lambda n: int(n.sum())),
    "lightgbm.Booster": Columns(
        (1,), "num_leaves", lambda n: [n - 1, n], lambda n: int((2 * n - 1).sum())
    ),
    "catboost.CatBoost": Columns(
        ("model", "trees"),
        "size",
        lambda n: [n, 1 << np.clip(n, 0, 20)],
        lambda n: int(((2 << np.clip(n, 0, 20)) - 1).sum()),
    ),
}
WITHOUT_ROUNDS = frozenset({"xgboost.Booster"})
"""Those that do not record how many rounds were asked for: only the number of trees says it."""
for _name in ("CatBoostClassifier", "CatBoostRegressor", "CatBoostRanker"):
    BOOSTERS[f"catboost.{_name}"] = BOOSTERS["catboost.CatBoost"]


def of_booster(half: Half, thing: Thing) -> tuple[Trees, Child] | None:
    """The trees of a booster, and the node of their columns; None where it has none such."""
    where = BOOSTERS[thing.key]
    child: Child = None
    named: dict[Any, Child] = {**dict(enumerate(thing.args)), **thing.named}
    for step in where.place:
        child = named.get(step)
        named = dict(half.names_of(child) or {}) if child is not None else {}
    columns = {
        str(name): half.peek(part)
        for name, each in named.items()
        if isinstance(part := half.part(each), ArrayNode) and len(part.shape) >= 1
    }
    counts = columns.pop(where.counts, None)
    if counts is None or counts.ndim != 1 or counts.dtype.kind not in "iu" or not len(counts):
        return None
    counts = counts.astype(np.int64)
    if len(counts) > _MOST or counts.min() < 0:
        return None
    if "split" in columns and "model" in thing.named:
        columns |= _told_apart(half, thing, columns.pop("split"))
    return Trees(_divided(counts, columns, where.sizes(counts)), where.nodes(counts)), child


def _told_apart(half: Half, thing: Thing, split: Array) -> dict[str, Array]:
    """CatBoost's splits by what they compare: their numbers change when another border is used.

    The first ones are those of the float features, one for each border, feature by feature.
    """
    features = (
        half.names_of((half.names_of(thing.named["model"]) or {}).get("float_features")) or {}
    )
    found = [half.part(features.get(name)) for name in ("border_count", "border", "flat_index")]
    if not all(isinstance(each, ArrayNode) and len(each.shape) == 1 for each in found):
        return {"split": split}
    counts, borders, places = (half.peek(each) for each in found if isinstance(each, ArrayNode))
    sound = counts.dtype.kind == "i" and len(counts) == len(places) and split.dtype.kind == "i"
    if not sound or counts.min(initial=0) < 0 or int(counts.sum()) != len(borders):
        return {"split": split}
    inside = (split >= 0) & (split < len(borders))
    number = np.where(inside, split, 0)
    if not len(borders):
        return {"split": split}
    return {
        "border": np.where(inside, borders[number], 0),
        "feature": np.where(inside, np.repeat(places, counts)[number], -1),
        "other": np.where(inside, 0, split - len(borders)),
    }


def _divided(counts: Array, columns: dict[str, Array], sizes: Sequence[Array]) -> list[bytes]:
    """A mark for each tree, of its parts of all columns that can be divided into trees."""
    digests = [sha256(int(count).to_bytes(8, "little")) for count in counts]
    for name in sorted(columns):
        column = columns[name]
        lengths = next((s for s in sizes if int(s.sum()) == len(column)), None)
        if lengths is None and len(column) == len(counts):
            lengths = np.ones(len(counts), np.int64)
        if lengths is None:
            multiple, rest = divmod(len(column), max(1, int(sizes[-1].sum())))
            if rest or not multiple:
                continue
            lengths = sizes[-1] * multiple  # several outputs in each leaf
        data = np.ascontiguousarray(column)
        start = 0
        for digest, length in zip(digests, lengths.tolist(), strict=True):
            digest.update(name.encode() + data[start : start + length].tobytes())
            start += length
    return [digest.digest() for digest in digests]


# -- comparing -----------------------------------------------------------------------------------


def compared(path: str, before: Trees, after: Trees) -> TreesChange | None:
    """What became of the trees; None where all are the same, in the same order."""
    if before.marks == after.marks:
        return None
    old, new = Counter(before.marks), Counter(after.marks)
    kept = sum((old & new).values())
    gone, come = len(before.marks) - kept, len(after.marks) - kept
    changed = min(gone, come)
    return TreesChange(
        path=path,
        before=len(before.marks),
        after=len(after.marks),
        kept=kept,
        added=come - changed,
        removed=gone - changed,
        changed=changed,
        nodes_before=before.nodes,
        nodes_after=after.nodes,
    )
