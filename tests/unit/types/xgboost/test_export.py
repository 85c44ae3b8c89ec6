"""An export becomes columns and the same export again."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest

xgboost = pytest.importorskip("xgboost", reason="what XGBoost exports is parsed")
pytest.importorskip("pandas", reason="categories stand in DataFrames")

from tests.unit.types.xgboost.boosters import KINDS, export_of, parts_of, train  # noqa: E402

from holotype.errors import MissingLibraryError  # noqa: E402
from holotype.types.xgboost.booster import _installed  # noqa: E402
from holotype.types.xgboost.checks_model import sound  # noqa: E402
from holotype.types.xgboost.export import parse, snapshot  # noqa: E402
from holotype.types.xgboost.frame import RawTrees, read_trees  # noqa: E402
from holotype.types.xgboost.layout import parents_of  # noqa: E402
from holotype.types.xgboost.rewrite import write_trees  # noqa: E402
from holotype.types.xgboost.ubjson import Malformed, read, write  # noqa: E402

EACH = pytest.mark.parametrize("kind", KINDS)


@EACH
def test_xgboost_exports_what_it_was_given(kind: str) -> None:
    """Bytes that were written here make a booster that exports the bytes they came from."""
    parts = parts_of(kind)
    sound(parts)
    data, is_pickle = snapshot(parts, _installed())
    assert is_pickle
    booster = xgboost.Booster.__new__(xgboost.Booster)
    booster.__setstate__({"handle": data})
    assert bytes(booster.__getstate__()["handle"]) == export_of(kind)


@EACH
def test_another_version_gets_the_model_alone(kind: str) -> None:
    data, is_pickle = snapshot(parts_of(kind), (*_installed()[:2], 99))
    assert not is_pickle
    booster = xgboost.Booster(model_file=data)
    if kind == "vectors":
        booster.set_param("multi_strategy", "multi_output_tree")
    assert booster.save_raw() == train(kind).save_raw()


def trees_of(value: Any) -> Any:
    return value["Model"]["learner"]["gradient_booster"]["model"]["trees"]


@pytest.mark.parametrize("kind", ["plain", "pruned", "vectors", "frame"])
def test_trees_are_written_as_they_were_read(kind: str) -> None:
    _, trees, _ = parts_of(kind)
    if "gain" not in trees:
        pytest.skip("this XGBoost keeps less of such trees than is written")
    raw = trees_of(read(export_of(kind), {"trees": read_trees}))
    features = raw.stated[0][1]
    written = write_trees(trees, features, trees["outputs"], rows="leaf" in trees)
    again = read(b"{" + sized(5) + b"trees" + written + b"}", {"trees": read_trees})["trees"]
    assert isinstance(again, RawTrees)
    assert again.stated == raw.stated
    assert again.members == raw.members


def sized(count: int) -> bytes:
    return b"L" + count.to_bytes(8, "big")


def test_vectors_for_leaves_stand_elsewhere_in_versions_before() -> None:
    _, trees, _ = parts_of("vectors")
    if "leaf" not in trees:
        pytest.skip("this XGBoost is such a version")
    outputs = trees["outputs"]
    data = write_trees(trees, 3, outputs, rows=False)
    raw = read(b"{" + sized(5) + b"trees" + data + b"}", {"trees": read_trees})["trees"]
    assert "leaf_weights" not in raw.members
    leaf = trees["left"] < 0
    weights = raw.values("base_weights").reshape(-1, outputs)[leaf]
    begins = np.concatenate([np.full(count, at) for at, count in rows_before(trees["nodes"], leaf)])
    values = trees["leaf_value"].reshape(-1, outputs)
    assert np.array_equal(weights, values[trees["leaf"][leaf] + begins])


def rows_before(nodes: Any, leaf: Any) -> Iterator[tuple[int, int]]:
    start = rows = 0
    for count in nodes.tolist():
        leaves = int(leaf[start : start + count].sum())
        yield rows, leaves
        start, rows = start + count, rows + leaves


def test_parents_follow_from_children() -> None:
    columns = {"nodes": np.array([3, 1], "<i4"), "left": np.array([1, -1, -1, -1], "<i4")}
    assert parents_of(columns, -1).tolist() == [-1, 0, 0, -1]


def test_a_version_that_does_not_know_categories_or_vectors_of_scores_is_named() -> None:
    model, _, _ = parts_of("frame")
    if "categories" not in model:
        pytest.skip("this XGBoost is such a version")
    for kind in ("frame", "vectors"):
        with pytest.raises(MissingLibraryError, match=r"3\.1"):
            snapshot(parts_of(kind), (3, 0, 5))


@pytest.mark.parametrize("score", [0.5, 0.1, 1e-7, 123456.789, 3.14159274, 0.999999, 1 / 3])
def test_a_base_score_is_written_as_xgboost_writes_it(score: float) -> None:
    matrix = xgboost.DMatrix(np.eye(3), np.arange(3))
    booster = xgboost.train({"base_score": score, "nthread": 1}, matrix, 1)
    exported = bytes(booster.__getstate__()["handle"])
    data, _ = snapshot(parse(exported), _installed())
    again = xgboost.Booster.__new__(xgboost.Booster)
    again.__setstate__({"handle": data})
    assert bytes(again.__getstate__()["handle"]) == exported


@EACH
def test_bytes_that_were_cut_or_changed_are_refused_or_read(kind: str) -> None:
    """Never another error than Malformed, wherever an old file may have its bytes from."""
    data = export_of(kind)
    rng = np.random.default_rng(0)
    refused = 0
    for _ in range(300):
        changed = bytearray(data[: rng.integers(len(data))] if rng.random() < 0.2 else data)
        for _ in range(rng.integers(1, 4)):
            if changed:
                changed[rng.integers(len(changed))] = rng.integers(256)
        try:
            parse(bytes(changed))
        except Malformed:
            refused += 1
    assert refused > 100


def changed_export(kind: str, *path: str | int, to: Any) -> bytes:
    """The export with one value changed; its trees are left as they are."""
    value = read(export_of(kind), {})
    parent = value
    for part in path[:-1]:
        parent = parent[part]
    parent[path[-1]] = to
    out: list[bytes] = []
    write(value, out)
    return b"".join(out)


LEARNER = ("Model", "learner")
FOREST = (*LEARNER, "gradient_booster", "model")


@pytest.mark.parametrize(
    ("path", "to", "match"),
    [
        (("more",), 1, "more"),
        ((*LEARNER, "learner_model_param", "base_score"), "[]", "base_score"),
        ((*LEARNER, "learner_model_param", "base_score"), "[1E0,]", "base_score"),
        ((*LEARNER, "learner_model_param", "num_class"), "many", "no number"),
        ((*LEARNER, "learner_model_param", "num_feature"), "4", "features"),
        ((*LEARNER, "objective", "reg_loss_param", "scale_pos_weight"), "2", "not the one of"),
        ((*LEARNER, "gradient_booster", "name"), "gbforest", "not known"),
        ((*FOREST, "gbtree_model_param", "num_trees"), "4", "number of trees"),
        ((*FOREST, "tree_info"), [0, 2**40, 0], "another form"),
        ((*FOREST, "trees", 1, "id"), 2, "another number"),
        ((*FOREST, "trees", 1, "more"), 2, "something else"),
        ((*FOREST, "trees", 1, "split_type"), np.zeros(1, "|u1"), "not for every node"),
        ((*FOREST, "trees", 1, "sum_hessian"), np.zeros(1, "<f4"), "not for every node"),
        ((*FOREST, "trees", 1, "base_weights"), np.zeros(1, "<f4"), "another size"),
        ((*FOREST, "trees", 1, "tree_param", "num_nodes"), "1", "number of nodes"),
        ((*FOREST, "trees", 1, "tree_param", "num_feature"), "9", "number of features"),
        ((*FOREST, "trees", 1, "tree_param", "size_leaf_vector"), "3", "sizes of leaves"),
        ((*FOREST, "trees", 1, "tree_param", "num_deleted"), "1", "other holes"),
        ((*FOREST, "trees", 1, "tree_param", "num_deleted"), "x", "parameters of tree 1"),
        (("Config", "learner", "gradient_booster", "name"), "dart", "another kind"),
    ],
)
def test_an_export_of_another_form_is_refused(path: Any, to: Any, match: str) -> None:
    with pytest.raises(Malformed, match=match):
        parse(changed_export("plain", *path, to=to))


@pytest.mark.parametrize(
    ("member", "at", "to", "match"),
    [
        ("right_children", 0, 7, "right child"),
        ("right_children", -1, 1, "leaf with a child"),
        ("parents", 0, 0, "root"),
        ("parents", 1, 1, "parents"),
        ("split_type", 0, 2, "type of split"),
        ("split_type", 0, 1, "categories for other nodes|not for every"),
    ],
)
def test_trees_of_another_form_are_refused(member: str, at: int, to: int, match: str) -> None:
    values = read(export_of("plain"), {})
    for part in FOREST:
        values = values[part]
    array = values["trees"][1][member].copy()
    array[at] = to
    with pytest.raises(Malformed, match=match):
        parse(changed_export("plain", *FOREST, "trees", 1, member, to=array))
