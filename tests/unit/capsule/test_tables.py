"""Equal data have equal digests, however they lie in memory; other data have others."""

from __future__ import annotations

import datetime
import decimal
import hashlib
import uuid
from typing import Any

import msgspec
import numpy as np
import pytest

from holotype.capsule.tables import tabular
from holotype.digest import canonical_json, data_digest, sha256
from holotype.errors import UnsupportedError

NUMBERS = np.arange(12, dtype="<f8").reshape(4, 3)


def digest(data: Any) -> str:
    return tabular(data, "data").digest()


@pytest.mark.parametrize(
    "same",
    [
        np.asfortranarray(NUMBERS),
        NUMBERS.astype(">f8"),
        np.repeat(NUMBERS, 2, axis=0)[::2],
        np.flip(np.flip(NUMBERS, 1).copy(), 1),
        NUMBERS.tolist(),
        tuple(map(tuple, NUMBERS.tolist())),
    ],
    ids=["columns first", "other bytes", "gaps", "backwards", "list", "tuple"],
)
def test_equal_arrays_have_equal_digests_however_they_lie_in_memory(same: Any) -> None:
    assert digest(same) == digest(NUMBERS)


@pytest.mark.parametrize(
    "other",
    [
        NUMBERS[::-1],
        NUMBERS.T,
        NUMBERS.reshape(3, 4),
        NUMBERS.astype("<f4"),
        NUMBERS.astype("<i8"),
        NUMBERS[:3],
        np.where(NUMBERS == 5, np.nan, NUMBERS),
        np.where(NUMBERS == 0, -0.0, NUMBERS),
        NUMBERS.astype(object),
    ],
    ids=["order", "turned", "shape", "narrow", "integers", "fewer", "missing", "zero", "objects"],
)
def test_other_arrays_have_other_digests(other: Any) -> None:
    assert digest(other) != digest(NUMBERS)


def test_the_digest_is_the_one_of_the_specification() -> None:
    said = {
        "content": data_digest(NUMBERS.tobytes()),
        "dtype": "<f8",
        "form": "array",
        "shape": [4, 3],
    }
    assert digest(NUMBERS) == sha256(canonical_json(said))
    lines = b'"a"\n"\xc3\xa4"\n'
    content = [[None, "text", f"sha256:{hashlib.sha256(lines).hexdigest()}"]]
    said = {"content": content, "dtype": None, "form": "text", "shape": [2]}
    assert digest(["a", "ä"]) == sha256(canonical_json(said))


def test_large_data_are_hashed_in_two_levels_in_whatever_way_they_are_read() -> None:
    large = np.random.default_rng(0).integers(0, 9, (700_000, 3), np.int32)
    expected = data_digest(large.tobytes())
    assert expected.startswith("sha256-tree:")
    said = {"content": expected, "dtype": "<i4", "form": "array", "shape": [700_000, 3]}
    assert digest(large) == digest(np.asfortranarray(large)) == sha256(canonical_json(said))
    texts = [f"{number:09}" for number in range(200_000)]
    lines = msgspec.json.Encoder().encode_lines(texts)
    content = [[None, "text", data_digest(lines)]]
    said = {"content": content, "dtype": None, "form": "text", "shape": [200_000]}
    assert digest(texts) == sha256(canonical_json(said))


@pytest.mark.parametrize("shape", [(0,), (0, 3), (3, 0), (2, 3, 4)])
def test_arrays_of_any_shape_have_a_digest(shape: tuple[int, ...]) -> None:
    values = np.ones(shape)
    assert digest(values) == digest(np.asfortranarray(values))
    assert tabular(values, "data").shape == shape


def test_objects_are_what_json_says_of_them() -> None:
    values = np.array(
        [
            None,
            float("nan"),
            "x",
            1,
            True,
            np.float32(0.5),
            np.array([1, 2]),
            datetime.timedelta(1),
            decimal.Decimal("1.5"),
            uuid.UUID(int=1),
        ],
        object,
    )
    plain = [None, None, "x", 1, True, 0.5, [1, 2], "P1D", "1.5", str(uuid.UUID(int=1))]
    lines = msgspec.json.Encoder().encode_lines(plain)
    said = {"content": sha256(lines), "dtype": "object", "form": "array", "shape": [10]}
    assert digest(values) == sha256(canonical_json(said))


@pytest.mark.parametrize(
    ("data", "problem"),
    [
        (object(), "is a object, which is no data"),
        ({"a": 1}, "is a dict"),
        ("text", "is a str"),
        (np.float64(1), "of which nothing is known"),
        (np.zeros(2, "V8"), "of which nothing is known"),
        ([[1, 2], [3]], "different lengths"),
        (np.array([object()]), "what no digest is defined of: an object of type object"),
        (np.array(["\ud800"], object), "what no digest is defined of"),
    ],
)
def test_what_is_no_data_is_refused_with_its_place(data: Any, problem: str) -> None:
    with pytest.raises(UnsupportedError, match=problem) as caught:
        tabular(data, "data['train']").digest()
    assert caught.value.path == "data['train']"


# -------------------------------------------------------------------------------- other libraries


def test_a_sparse_matrix_is_its_values_in_whatever_order_they_are_stored() -> None:
    sparse = pytest.importorskip("scipy.sparse")
    dense = np.array([[0, 1.5, 0], [2, 0, 3], [0, 0, 0]])
    rows = sparse.csr_matrix(dense)
    twice = sparse.coo_matrix(([1.0, 0.5, 2, 3], ([0, 0, 1, 1], [1, 1, 0, 2])), (3, 3))
    back = sparse.csr_matrix((rows.data[[0, 2, 1]], rows.indices[[0, 2, 1]], rows.indptr), (3, 3))
    same = [rows, rows.tocsc(), twice, back, sparse.csr_array(dense)]
    assert len({digest(each) for each in same}) == 1
    assert not back.has_sorted_indices  # what was given stays as it was
    assert digest(sparse.csr_matrix(dense.astype("f4"))) != digest(rows)
    assert [c.values.tolist() for c in tabular(rows, "").columns()] == dense.T.tolist()


def frame() -> Any:
    pandas = pytest.importorskip("pandas")
    return pandas.DataFrame(
        {
            "number": [1.5, None, 3],
            "whole": pandas.array([1, None, 3], "Int64"),
            "all": pandas.array([1, 2, 3], "Int64"),
            "word": ["a", None, "ä"],
            "kind": pandas.Categorical(["x", "y", "x"]),
            "when": pandas.to_datetime(["2020-01-01", None, "2020-01-03"]),
            "zone": pandas.to_datetime(["2020-01-01T12:00"] * 3).tz_localize("Europe/Oslo"),
            "flag": [True, False, True],
            "mixed": [1, "x", None],
        }
    )


def test_a_data_frame_is_its_columns_whatever_the_index_and_the_blocks() -> None:
    data = frame()
    pieces = {name: data[name].copy() for name in data}
    again = type(data)(pieces)
    assert digest(again) == digest(data)
    assert digest(data.set_axis(["i", "j", "k"])) == digest(data)
    assert digest(data.rename(columns={"flag": "other"})) != digest(data)
    assert digest(data[list(data)[::-1]]) != digest(data)
    assert digest(data.astype({"number": "float32"})) != digest(data)
    columns = {column.name: column for column in tabular(data, "").columns()}
    assert columns["whole"].values.dtype == "f8"
    assert columns["all"].values.dtype == "i8"
    assert columns["zone"].values[0] == np.datetime64("2020-01-01T11:00")
    assert columns["kind"].dtype == "category"


def test_a_series_has_a_name_and_one_column() -> None:
    data = frame()
    table = tabular(data["number"], "")
    assert (table.form, table.shape, table.names) == ("series", (3,), ["number"])
    assert table.digest() != tabular(data["number"].rename("x"), "").digest()
    assert tabular(data["number"].rename(None), "").names == [None]


def test_a_column_that_cannot_be_hashed_is_named() -> None:
    data = frame()
    data["odd"] = [object()] * 3
    with pytest.raises(UnsupportedError) as caught:
        digest(data)
    assert caught.value.path == "data['odd']"
    pandas = pytest.importorskip("pandas")
    data = pandas.DataFrame([[1]], columns=pandas.Index(["\ud800"], dtype=object))
    with pytest.raises(UnsupportedError, match="name is not text"):
        digest(data)


def test_a_tensor_is_its_numbers() -> None:
    torch = pytest.importorskip("torch")
    values = torch.arange(6.0).reshape(2, 3)
    assert digest(values) == digest(values.T.contiguous().T)
    assert digest(values) != digest(values.to(torch.float64))
    assert digest(values.to(torch.bfloat16)) == digest(values)
    assert digest(values.requires_grad_()) == digest(values.detach())
    assert tabular(values, "").form == "tensor"


def test_what_gives_an_array_is_one() -> None:
    class Given:
        def __array__(self, dtype: Any = None, copy: Any = None) -> Any:
            return NUMBERS

    assert tabular(Given(), "").shape == (4, 3)
