"""Trees in arrays: which arrays they are, and where one tree ends and the next begins."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
from sklearn.datasets import load_diabetes, load_iris
from sklearn.ensemble import (
    GradientBoostingClassifier,
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from tests.unit.store.stores import archive

from holotype.archive.reader import open_archive
from holotype.digest import data_digest
from holotype.store.cutting import Span, cut
from holotype.store.forests import Grove, groves, pieces

X, Y = load_iris(return_X_y=True)
U, V = load_diabetes(return_X_y=True)


def groves_of(model: Any) -> tuple[bytes, list[Grove]]:
    data = archive(model)
    with open_archive(data) as reader:
        spans = [(span, span.digest or data_digest(data)) for span in cut(reader)]
    return data, groves(spans)


def arrays_of(data: bytes, grove: Grove) -> tuple[npt.NDArray[Any], npt.NDArray[Any]]:
    own = grove.nodes[0]
    nodes = np.frombuffer(data, np.uint8)[own.offset : own.offset + own.size].view(own.dtype)
    if grove.values is None:
        return nodes, np.empty((len(nodes), 0))
    other = grove.values[0]
    values = np.frombuffer(data, np.uint8)[other.offset : other.offset + other.size].view("<f8")
    return nodes, values.reshape(len(nodes), *grove.tail)


def test_every_tree_of_a_forest_is_found_with_its_values() -> None:
    forest = RandomForestClassifier(5, random_state=0).fit(X, Y)
    data, found = groves_of(forest)
    states = [tree.tree_.__getstate__() for tree in forest.estimators_]
    wanted = [(state["nodes"].tobytes(), state["values"].tobytes()) for state in states]
    told = [arrays_of(data, grove) for grove in found]
    assert sorted((n.tobytes(), v.tobytes()) for n, v in told) == sorted(wanted)
    assert len({grove.kind for grove in found}) == 1


@pytest.mark.parametrize(
    ("model", "count"),
    [
        (RandomForestRegressor(70, max_depth=2, random_state=0).fit(U, V), 70),
        (RandomForestRegressor(70, max_depth=3, random_state=0).fit(U, np.c_[V, V + 1]), 70),
        (GradientBoostingClassifier(n_estimators=30, random_state=0).fit(X, Y), 90),
        (HistGradientBoostingClassifier(max_iter=4).fit(X, Y), 12),
    ],
)
def test_small_trees_in_one_array_are_told_apart(model: Any, count: int) -> None:
    data, found = groves_of(model)
    assert found
    told = [piece for grove in found for piece in pieces(*arrays_of(data, grove))]
    assert sum(len(piece.counts) for piece in told) == count
    assert all(sum(piece.counts) == len(piece.nodes) == len(piece.values) for piece in told)


def stumps(count: int, seed: int = 0) -> npt.NDArray[Any]:
    """Trees of three nodes in one array, as predictors of histogram boosting have them."""
    nodes = np.zeros(3 * count, [("is_leaf", "u1"), ("value", "<f8")])
    nodes["is_leaf"] = np.tile([0, 1, 1], count)
    nodes["value"] = np.random.default_rng(seed).random(3 * count)
    return nodes


def no_values(nodes: npt.NDArray[Any]) -> npt.NDArray[Any]:
    return np.empty((len(nodes), 0))


def test_pieces_are_all_trees_in_order_and_of_bounded_size() -> None:
    nodes = stumps(30_000)
    found = list(pieces(nodes, no_values(nodes)))
    assert np.concatenate([piece.nodes for piece in found]).tobytes() == nodes.tobytes()
    assert all(set(piece.counts) == {3} for piece in found)
    sizes = [piece.nodes.nbytes for piece in found]
    assert max(sizes) < (1 << 16) + 27
    assert min(sizes[:-1]) >= 1 << 12


def test_what_is_trained_on_shares_the_pieces_of_the_trees_it_had() -> None:
    before, after = stumps(10_000), np.concatenate([stumps(10_000), stumps(500, seed=1)])
    had = {piece.nodes.tobytes() for piece in pieces(before, no_values(before))}
    has = [piece.nodes.tobytes() for piece in pieces(after, no_values(after))]
    assert sum(map(len, (piece for piece in has if piece not in had))) < 27 * 500 + (1 << 16)


@pytest.mark.parametrize(
    "leaves", [[0, 0, 0], [0, 1], [1, 0], [0, 1, 1, 0], [0, 0, 1], [0, 1, 1, 0, 1]]
)
def test_nodes_that_are_no_whole_trees_stay_in_one_piece(leaves: list[int]) -> None:
    nodes = np.zeros(len(leaves), [("is_leaf", "u1"), ("value", "<f8")])
    nodes["is_leaf"] = leaves
    (piece,) = pieces(nodes, no_values(nodes))
    assert piece.counts == (len(leaves),)
    assert piece.nodes.tobytes() == nodes.tobytes()


def test_values_of_another_shape_do_not_belong_to_nodes() -> None:
    _, found = groves_of(GradientBoostingClassifier(n_estimators=30).fit(X, Y))
    (nodes, digest), values = found[0].nodes, found[0].values
    assert values is not None
    assert len(groves([(nodes, digest), values])) == 1
    for odd in (
        values[0]._replace(size=values[0].size - 8, shape=(values[0].shape[0] - 1,)),
        values[0]._replace(dtype=np.dtype("<f4")),
        values[0]._replace(name="else"),
        values[0]._replace(dtype=None),
    ):
        assert groves([(nodes, digest), (odd, values[1])]) == []


def test_an_array_is_in_one_grove_only() -> None:
    _, found = groves_of(RandomForestClassifier(3, random_state=0, max_depth=3).fit(X, Y))
    twice = [grove.nodes for grove in found] * 2
    twice += [grove.values for grove in found if grove.values] * 2
    assert len(groves(twice)) == len(found)


def test_what_is_no_tree_is_no_grove() -> None:
    table = np.dtype([("left_child", "<i8"), ("right_child", "<i8")])
    assert groves([(Span("nodes", 0, 160, "a", table, 16, (10,)), "a")]) == []
    assert groves([(Span("nodes", 0, 160, "a", None), "a")]) == []
