"""The arrays of real boosters come back bit by bit and much smaller; odd ones come back as well."""

from __future__ import annotations

import io
import json
import warnings
from functools import cache
from itertools import pairwise
from typing import Any

import joblib
import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holotype.codec import Coded, belong_together, cut_by_trees, decode_columns, encode_columns
from holotype.codec.boosters.decimals import from_decimals, to_decimals
from holotype.errors import FormatError, SaveError

Columns = dict[str, npt.NDArray[Any]]

RANDOM = np.random.default_rng(0)
ROWS = RANDOM.standard_normal((2000, 8)).astype(np.float32)
TARGET = ROWS[:, 0] * ROWS[:, 1] + ROWS[:, 2] + RANDOM.standard_normal(2000)
CLASSES = np.digitize(TARGET, [-1, 0.5])
MISSING = np.where(RANDOM.random(ROWS.shape) < 0.1, np.nan, ROWS)

# Arguments, rows, target, and how many times smaller than joblib's compress=3 (seen, rounded down).
XGBOOST = {
    "squares": ({"objective": "reg:squarederror", "lambda": 2.5, "eta": 0.05}, ROWS, TARGET, 2.3),
    "logistic": ({"objective": "binary:logistic"}, MISSING, TARGET > 0, 2.1),
    "classes": ({"objective": "multi:softprob", "num_class": 3}, ROWS, CLASSES, 2.1),
    "one leaf at a time": ({"grow_policy": "lossguide", "max_leaves": 40}, ROWS, TARGET, 2.2),
    "exact": ({"tree_method": "exact", "max_depth": 4}, MISSING, TARGET, 1.7),
    "pruned": ({"tree_method": "exact", "gamma": 30}, ROWS, TARGET, 1.2),
    "first norm": ({"alpha": 3.0}, ROWS, TARGET, 1.3),
    "stumps": ({"max_depth": 1}, ROWS, TARGET, 1.2),
}
LIGHTGBM = {
    "squares": ({"objective": "regression"}, ROWS, TARGET, 2),
    "second norm": ({"objective": "regression", "lambda_l2": 3.0}, ROWS, TARGET, 2),
    "logistic": ({"objective": "binary"}, MISSING, TARGET > 0, 2),
    "classes": ({"objective": "multiclass", "num_class": 3}, ROWS, CLASSES, 2),
    "forest": (
        {"boosting": "rf", "bagging_freq": 1, "bagging_fraction": 0.5},
        ROWS,
        TARGET,
        2,
    ),
    "linear": ({"objective": "regression", "linear_tree": True}, ROWS, TARGET, 1.2),
    "categories": ({"categorical_feature": [0]}, np.abs(np.trunc(ROWS * 3)), TARGET, 1.8),
    "absolute": ({"objective": "regression_l1"}, ROWS, TARGET, 1.2),
    "no split": ({"min_data_in_leaf": 1500}, ROWS, TARGET, 0.5),
}


def of_xgboost(name: str) -> Columns:
    xgboost = pytest.importorskip("xgboost", reason="these are XGBoost's trees")
    from holotype.types.xgboost.booster import reduce_bytes

    parameters, rows, target, _ = XGBOOST[name]
    data = xgboost.DMatrix(rows, target)
    booster = xgboost.train({"nthread": 1, **parameters}, data, 40)
    trees = reduce_bytes(bytes(booster.__getstate__()["handle"])).args[1]
    return {name: np.asarray(column) for name, column in trees.items()}


def of_lightgbm(name: str) -> Columns:
    lightgbm = pytest.importorskip("lightgbm", reason="these are LightGBM's trees")
    from holotype.types.lightgbm.booster import reduce_booster

    parameters, rows, target, _ = LIGHTGBM[name]
    data = lightgbm.Dataset(rows, target, free_raw_data=False)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        booster = lightgbm.train({"num_threads": 1, "verbose": -1, **parameters}, data, 40)
    return dict(reduce_booster(booster).args[1])


@cache
def small(family: str) -> tuple[Columns, Coded]:
    columns = (of_xgboost if family == "xgboost" else of_lightgbm)("logistic")
    return columns, encode_columns(columns)


def again(coded: Coded, columns: Columns, body: bytes | None = None) -> Columns:
    return decode_columns(
        json.loads(json.dumps(coded.header)),
        coded.body() if body is None else body,
        dtypes={name: array.dtype for name, array in columns.items()},
        shapes={name: array.shape for name, array in columns.items()},
    )


def assert_same(one: Columns, other: Columns) -> None:
    assert one.keys() == other.keys()
    for name, array in one.items():
        assert (array.dtype, array.shape) == (other[name].dtype, other[name].shape)
        assert array.tobytes() == other[name].tobytes(), name


def by_joblib(columns: Columns) -> int:
    file = io.BytesIO()
    joblib.dump(columns, file, compress=3)
    return len(file.getvalue())


@pytest.mark.parametrize("name", XGBOOST)
def test_xgboost_comes_back_bit_by_bit_and_smaller(name: str) -> None:
    columns = of_xgboost(name)
    assert belong_together(columns)
    coded = encode_columns(columns)
    assert_same(again(coded, columns), columns)
    assert coded.size * XGBOOST[name][3] < by_joblib(columns)


@pytest.mark.parametrize("name", LIGHTGBM)
def test_lightgbm_comes_back_bit_by_bit_and_smaller(name: str) -> None:
    columns = of_lightgbm(name)
    assert belong_together(columns)
    coded = encode_columns(columns)
    assert_same(again(coded, columns), columns)
    assert coded.size * LIGHTGBM[name][3] < by_joblib(columns)


ODD: Any = [0, -1, 1, 5, 2**31 - 1, -(2**31), np.nan, -0.0, np.inf, 1e300, 1e-300, 0.1, 123456.7]


def changed(columns: Columns, name: str, place: int, value: float) -> Columns:
    array = columns[name].copy()
    with np.errstate(all="ignore"):
        if array.size:
            array.reshape(-1)[place % array.size] = np.array(value).astype(array.dtype)
    return columns | {name: array}


@pytest.mark.parametrize("family", ["xgboost", "lightgbm"])
@settings(max_examples=80, deadline=None)
@given(data=st.data())
def test_columns_that_no_booster_has_come_back_as_well(family: str, data: st.DataObject) -> None:
    columns, _ = small(family)
    for _ in range(data.draw(st.integers(1, 3))):
        name = data.draw(st.sampled_from(sorted(columns)))
        place = data.draw(st.sampled_from([0, 1, 2, 7, 100, -1]))
        columns = changed(columns, name, place, data.draw(st.sampled_from(ODD)))
        if data.draw(st.integers(0, 9)) == 0:  # shorter than others
            columns = columns | {name: columns[name][:-1] if columns[name].ndim else columns[name]}
        elif data.draw(st.integers(0, 19)) == 0:
            with np.errstate(all="ignore"):
                columns = columns | {name: columns[name].astype("<f4")}
    assert_same(again(encode_columns(columns), columns), columns)


@pytest.mark.parametrize("family", ["xgboost", "lightgbm"])
@settings(max_examples=150, deadline=None)
@given(data=st.data())
def test_damage_gives_a_format_error_or_other_columns(family: str, data: st.DataObject) -> None:
    columns, coded = small(family)
    frame = data.draw(st.integers(0, len(coded.frames) - 1))
    start = sum(coded.header["frames"][:frame])
    body = bytearray(coded.body())
    for _ in range(data.draw(st.integers(1, 3))):
        place = data.draw(st.integers(0, min(40, coded.header["frames"][frame]) - 1))
        body[start + place] = data.draw(st.integers(0, 255))
    try:
        result = again(coded, columns, bytes(body))
    except FormatError:
        return
    assert {name: array.shape for name, array in result.items()} == {
        name: array.shape for name, array in columns.items()
    }


@pytest.mark.parametrize("name", ["squares", "classes", "pruned"])
def test_pieces_of_whole_trees_make_up_the_columns_again(name: str) -> None:
    for columns in (of_xgboost(name), of_lightgbm("linear" if name == "pruned" else name)):
        trees = len(columns["nodes" if "nodes" in columns else "num_leaves"])
        cuts = [0, 1, 7, trees - 5, trees + 3]
        pieces = [cut_by_trees(columns, *each) for each in pairwise(cuts)]
        assert len(pieces[0]) >= 8
        for piece in pieces:
            assert belong_together(piece)
            assert_same(again(encode_columns(piece), piece), piece)
        for column in pieces[0]:
            joined = np.concatenate([piece[column] for piece in pieces])
            assert joined.tobytes() == columns[column].tobytes()


def test_any_arrays_can_be_encoded_together() -> None:
    columns: Columns = {"a": ROWS, "b": np.arange(1000), "c": np.array(3), "d": np.empty(0)}
    assert not belong_together(columns)
    assert_same(again(encode_columns(columns), columns), columns)


def test_objects_and_unknown_levels_are_refused() -> None:
    with pytest.raises(SaveError, match="objects"):
        encode_columns({"a": np.array([{}])})
    with pytest.raises(ValueError, match="fast, balanced, small"):
        encode_columns({"a": ROWS}, level="best")


def test_decimals_of_six_digits_are_whole_numbers_in_the_same_order() -> None:
    floats = RANDOM.standard_normal(20_000) * 10.0 ** RANDOM.integers(-12, 26, 20_000)
    read = np.array([0.0, 1.0, -1e5, 1e-17, *(float(f"{each:.5e}") for each in floats)])
    codes = to_decimals(read)
    assert (from_decimals(codes) == read).all()
    order = np.argsort(read, kind="stable")
    assert (np.diff(codes[order]) >= 0).all()
