"""Whatever stands in compressed data, decoding gives what was asked for or a FormatError, and takes
little more memory than what was asked for.
"""

from __future__ import annotations

import importlib.util
import json
import tracemalloc
from collections.abc import Callable
from typing import Any, NamedTuple

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holotype.codec import (
    Coded,
    Trees,
    decode,
    decode_columns,
    decode_trees,
    encode,
    encode_columns,
    encode_trees,
)
from holotype.errors import FormatError

RANDOM = np.random.default_rng(0)
COUNT = 20_000
FLOATS = (RANDOM.standard_normal(COUNT) * 0.02).astype(np.float32)
TABLE = np.zeros(COUNT, [("id", "<i4"), ("name", "S3"), ("x", ">f8", 2), ("on", "?")])
TABLE["id"], TABLE["x"] = np.arange(COUNT), RANDOM.integers(0, 50, (COUNT, 2))
ARRAYS = {
    "floats": (FLOATS, None),
    "from a parent": (FLOATS + np.float32(1e-6), FLOATS),
    "sorted": (np.sort(RANDOM.integers(0, 1 << 40, COUNT)), None),
    "pool": (RANDOM.choice(RANDOM.standard_normal(200), COUNT), None),
    "bits": (RANDOM.random(COUNT) < 0.5, None),
    "fields": (TABLE, None),
    "constant": (np.full(COUNT, np.pi), None),
    "raw": (RANDOM.integers(0, 256, COUNT, np.uint8), None),
    "columns": (np.asfortranarray(FLOATS.reshape(100, -1)), None),
}


class Subject(NamedTuple):
    coded: Coded
    decode: Callable[[Any, bytes], Any]
    size: int  # bytes of what it decodes to


def of_array(name: str) -> Subject:
    array, parent = ARRAYS[name]

    def run(header: Any, body: bytes) -> None:
        result = decode(header, body, dtype=array.dtype, shape=array.shape, parent=parent)
        assert (result.dtype, result.shape) == (array.dtype, array.shape)

    return Subject(encode(array, parent=parent), run, array.nbytes)


def of_trees(trees: Trees) -> Subject:
    def run(header: Any, body: bytes) -> None:
        result = decode_trees(
            header,
            body,
            nodes=trees.nodes[0].dtype,
            values=trees.values[0].dtype,
            tail=trees.values[0].shape[1:],
            counts=[len(nodes) for nodes in trees.nodes],
        )
        assert [each.shape for each in result.values] == [each.shape for each in trees.values]

    return Subject(encode_trees(trees), run, sum(a.nbytes for part in trees for a in part))


def forests() -> dict[str, Subject]:
    sklearn = pytest.importorskip("sklearn", reason="these are scikit-learn's trees")
    from sklearn import datasets, ensemble

    del sklearn
    digits = datasets.load_digits(return_X_y=True)
    diabetes = datasets.load_diabetes(return_X_y=True)
    fitted = (
        ensemble.RandomForestClassifier(20, random_state=0).fit(*digits),
        ensemble.RandomForestClassifier(9, max_leaf_nodes=90, random_state=0).fit(*digits),
        ensemble.RandomForestRegressor(20, random_state=0).fit(*diabetes),
        ensemble.ExtraTreesRegressor(9, random_state=0).fit(diabetes[0], diabetes[0][:, :2]),
    )
    result = {}
    for number, model in enumerate(fitted):
        states = [tree.tree_.__getstate__() for tree in model.estimators_]
        trees = Trees([s["nodes"] for s in states], [s["values"] for s in states])
        result[f"forest {number}"] = of_trees(trees)
    boosted = ensemble.HistGradientBoostingRegressor(max_iter=30, random_state=0).fit(*diabetes)
    nodes = [tree.nodes for iteration in boosted._predictors for tree in iteration]
    result["boosted"] = of_trees(Trees(nodes, [np.empty((len(each), 0)) for each in nodes]))
    return result


def boosters() -> dict[str, Subject]:
    result = {}
    rows = RANDOM.standard_normal((500, 5))
    if importlib.util.find_spec("xgboost"):
        import xgboost

        from holotype.types.xgboost.booster import reduce_bytes

        data = xgboost.DMatrix(rows, rows[:, 0] > 0)
        booster = xgboost.train({"objective": "binary:logistic", "nthread": 1}, data, 30)
        result["xgboost"] = of_columns(
            reduce_bytes(bytes(booster.__getstate__()["handle"])).args[1]
        )
    if importlib.util.find_spec("lightgbm"):
        import lightgbm

        from holotype.types.lightgbm.booster import reduce_booster

        data = lightgbm.Dataset(rows, rows[:, 0])
        booster = lightgbm.train({"num_threads": 1, "verbose": -1}, data, 30)
        result["lightgbm"] = of_columns(reduce_booster(booster).args[1])
    return result


def of_columns(trees: Any) -> Subject:
    columns = {name: np.asarray(column) for name, column in trees.items()}
    shapes = {name: column.shape for name, column in columns.items()}

    def run(header: Any, body: bytes) -> None:
        dtypes = {name: column.dtype for name, column in columns.items()}
        result = decode_columns(header, body, dtypes=dtypes, shapes=shapes)
        assert {name: column.shape for name, column in result.items()} == shapes

    return Subject(encode_columns(columns), run, sum(c.nbytes for c in columns.values()))


SUBJECTS = {name: of_array(name) for name in ARRAYS} | forests() | boosters()

ODD: Any = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-2, 70),
    st.sampled_from([2**31, 2**63, 2**64, -(2**63), 1e300, "C", "F", "raw", "planes", "trees", ""]),
    st.lists(st.integers(-1, 2**40), max_size=4),
    st.dictionaries(st.text(max_size=2), st.none(), max_size=1),
)


@st.composite
def bodies(draw: st.DrawFn, body: bytes) -> bytes:
    """A few bytes other than they were, mostly those in front, which say how to read the rest."""
    data = bytearray(body)
    for _ in range(draw(st.integers(0, 4))):
        limit = draw(st.sampled_from([8, 64, 512, len(data)]))
        at = draw(st.integers(0, max(min(limit, len(data)) - 1, 0)))
        how = draw(st.sampled_from(["bits", "byte", "number", "cut", "more"]))
        if how == "bits" and at < len(data):
            data[at] ^= draw(st.integers(1, 255))
        elif how == "byte" and at < len(data):
            data[at] = draw(st.sampled_from([0, 1, 2, 3, 4, 8, 16, 127, 255]))
        elif how == "number":
            width = draw(st.sampled_from([4, 8]))
            data[at : at + width] = draw(st.binary(min_size=width, max_size=width))
        elif how == "cut":
            del data[at : at + draw(st.sampled_from([1, 8, len(data)]))]
        else:
            data[at:at] = draw(st.binary(max_size=9))
    return bytes(data)


@st.composite
def headers(draw: st.DrawFn, header: dict[str, Any], length: int) -> dict[str, Any]:
    result: dict[str, Any] = json.loads(json.dumps(header))
    key = draw(st.sampled_from([None, None, *sorted(result)]))
    numbers = result.get("frames")
    if numbers and draw(st.booleans()):  # frames that are as long as the body is now
        numbers[-1] = max(length - sum(numbers[:-1]), 0)
    if key is None:
        return result
    if isinstance(result[key], list) and draw(st.booleans()):
        place = draw(st.integers(0, len(result[key]) - 1))
        result[key][place] = draw(ODD)
    elif draw(st.booleans()):
        result[key] = draw(ODD)
    else:
        del result[key]
    return result


@settings(max_examples=40, deadline=None)
@pytest.mark.parametrize("name", SUBJECTS)
@given(data=st.data())
def test_damage_gives_a_format_error_or_what_was_asked_for(name: str, data: st.DataObject) -> None:
    subject = SUBJECTS[name]
    body = data.draw(bodies(subject.coded.body()))
    header = data.draw(headers(subject.coded.header, len(body)))
    tracemalloc.start()
    try:
        subject.decode(header, body)
    except FormatError:
        pass
    finally:
        peak = tracemalloc.get_traced_memory()[1]
        tracemalloc.stop()
    assert peak < 5 * subject.size + (1 << 20)
