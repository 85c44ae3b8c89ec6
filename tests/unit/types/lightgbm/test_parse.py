"""The text of a model is taken apart and written again without losing a bit."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

pytest.importorskip("lightgbm", reason="LightGBM writes the texts")

import lightgbm
from tests.unit.types.lightgbm.specimens import KINDS, X, booster

from holotype.types.lightgbm.checks_header import check_header
from holotype.types.lightgbm.checks_trees import check_trees
from holotype.types.lightgbm.columns import Fault, columns_of
from holotype.types.lightgbm.parse import parse_model
from holotype.types.lightgbm.write import write_model

KIND = pytest.mark.parametrize("kind", KINDS)


def text_of(kind: str) -> str:
    return str(booster(kind).model_to_string(num_iteration=-1))


def changed(old: str, new: str, kind: str = "plain") -> bytes:
    text = text_of(kind)
    assert old in text
    return text.replace(old, new, 1).encode()


@KIND
def test_lightgbm_reads_our_text_as_the_model_and_writes_its_own(kind: str) -> None:
    written = write_model(parse_model(text_of(kind).encode())).decode()
    assert lightgbm.Booster(model_str=written).model_to_string(num_iteration=-1) == text_of(kind)


@KIND
def test_columns_have_their_dtypes_and_pass_their_checks(kind: str) -> None:
    model = parse_model(text_of(kind).encode())
    expected = columns_of(kind == "categories", kind == "linear")
    assert {name: column.dtype.str for name, column in model.trees.items()} == expected
    check_header(model.header)
    check_trees(model.trees, X.shape[1], model.header["num_class"])


def test_columns_are_what_lightgbm_says_of_its_trees() -> None:
    model = parse_model(text_of("categories").encode())
    frame = booster("categories").trees_to_dataframe()
    splits, leaves = frame[frame.left_child.notna()], frame[frame.left_child.isna()]
    assert len(model.trees["threshold"]) == len(splits)
    assert sorted(model.trees["leaf_value"]) == sorted(leaves.value)
    names = np.array(model.header["feature_names"])[model.trees["split_feature"]]
    assert sorted(names) == sorted(splits.split_feature)
    assert model.trees["leaf_count"].sum() == 5 * len(X)


def test_our_text_is_ascii_numbers_that_are_read_as_the_same_doubles() -> None:
    model = parse_model(text_of("linear").encode())
    again = parse_model(write_model(model))
    assert all(np.array_equal(again.trees[name], model.trees[name]) for name in model.trees)
    assert again.header == model.header


def test_infinities_and_nan_are_read_and_written() -> None:
    text = text_of("plain").encode()
    model = parse_model(text)
    odd = model.trees["leaf_value"]
    odd[:3] = np.inf, -np.inf, np.nan
    again = parse_model(write_model(model)).trees["leaf_value"]
    assert np.array_equal(again, odd, equal_nan=True)
    assert lightgbm.Booster(model_str=write_model(model).decode()).get_leaf_output(0, 0) == np.inf


def test_infinity_is_a_number_where_lightgbm_reads_it_so() -> None:
    line = text_of("plain").partition("internal_value=")[2].partition(" ")[0]
    model = parse_model(changed(f"internal_value={line}", "internal_value=-inf"))
    assert model.trees["internal_value"][0] == -1e308


def test_the_weight_of_a_lone_leaf_is_no_part_of_the_model() -> None:
    weighed = changed("leaf_weight=\n", "leaf_weight=240\n", "stumps")
    assert parse_model(weighed).trees["leaf_weight"].tolist() == [0.0]


def test_what_older_versions_did_not_write_is_zero() -> None:
    text = text_of("plain")
    kept = [line for line in text.split("\n") if not line.startswith(("is_linear", "leaf_weight"))]
    old = "\n".join(kept).replace("version=v4", "version=v3")
    model = parse_model(old.encode())
    assert not model.trees["is_linear"].any()
    assert not model.trees["leaf_weight"].any()
    assert np.array_equal(model.trees["leaf_value"], parse_model(text.encode()).trees["leaf_value"])


def test_a_text_without_parameters_has_none() -> None:
    text, _, rest = text_of("plain").partition("\nparameters:\n")
    assert rest
    assert parse_model(text.encode()).header["parameters"] is None
    assert write_model(parse_model(text.encode())).endswith(b"feature_importances:\n")


def test_a_booster_without_trees_is_a_model() -> None:
    untrained = lightgbm.Booster({"verbose": -1}, lightgbm.Dataset(X, X[:, 3]))
    model = parse_model(untrained.model_to_string(num_iteration=-1).encode())
    assert len(model.trees["num_leaves"]) == 0
    assert lightgbm.Booster(model_str=write_model(model).decode()).num_trees() == 0


_CHANGES: dict[str, tuple[str, str, str]] = {
    "another version": ("version=v4", "version=v9", "version"),
    "no tree": ("tree\n", "forest\n", "version"),
    "an unknown line of the header": ("label_index=", "label=1\nlabel_index=", "'label'"),
    "a line of the header twice": ("label_index=0", "label_index=0\nlabel_index=0", "twice"),
    "no classes": ("num_class=1\n", "", "KeyError"),
    "classes in words": ("num_class=1\n", "num_class=one\n", "ValueError"),
    "more trees than classes": ("num_tree_per_iteration=1", "num_tree_per_iteration=2", "trees"),
    "a name with a space": ("Column_0", "Column 0", "names"),
    "an unknown line of a tree": ("num_cat=0", "num_cat=0\nnum_dog=0", "line of tree 0"),
    "a line of a tree twice": ("num_cat=0", "num_cat=0\nnum_cat=0", "tree 0"),
    "a line without a value": ("num_cat=0", "num_cat", "tree 0"),
    "no threshold": ("\nthreshold=", "\nsplit_gain=", "tree 0"),
    "another tree": ("Tree=1", "Tree=2", "tree 1"),
    "one leaf more": ("num_leaves=6", "num_leaves=7", "split_feature"),
    "no leaf": ("num_leaves=6", "num_leaves=0", "no leaf"),
    "half a leaf": ("num_leaves=6", "num_leaves=6.5", "another one"),
    "two numbers of leaves": ("num_leaves=6", "num_leaves=6 6", "several"),
    "a linear tree of another sort": ("is_linear=0", "is_linear=2", "another one"),
    "a word for a number": ("threshold=", "threshold=one ", "text"),
    "a feature that is too large": ("split_feature=", "split_feature=99999999999 ", "split"),
    "a line that is no parameter": ("[boosting: gbdt]", "boosting: gbdt", "parameters"),
    "a parameter twice": ("[boosting: gbdt]", "[boosting: x]\n[boosting: x]", "parameters"),
    "a parser": ("end of parameters\n", "end of parameters\n\nparser:\n{}\n", "parser"),
    "no end": ("end of trees", "", "header and trees"),
}


@pytest.mark.parametrize("name", _CHANGES)
def test_what_lightgbm_does_not_write_is_refused(name: str) -> None:
    old, new, said = _CHANGES[name]
    with pytest.raises(Fault, match=said):
        parse_model(changed(old, new))


@pytest.mark.parametrize(
    "text", [b"", b"tree\n", b"\xff\n\n\nend of trees\n", b"\n\nend of trees\n"]
)
def test_what_is_no_text_of_a_model_is_refused(text: bytes) -> None:
    with pytest.raises(Fault):
        parse_model(text)


def test_numbers_print_alike_in_every_column() -> None:
    values: Any = [0.1, -0.0, 1e-7, 1e16, 5e-324, 1.7976931348623157e308, 123456.0]
    model = parse_model(text_of("plain").encode())
    for name in ("threshold", "leaf_value", "internal_weight"):
        model.trees[name][: len(values)] = values
    again = parse_model(write_model(model))
    for name in ("threshold", "leaf_value"):
        assert again.trees[name].tobytes() == model.trees[name].tobytes()
    assert again.trees["internal_weight"][5] == 1e308
