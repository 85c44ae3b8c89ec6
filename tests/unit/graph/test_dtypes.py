"""A dtype has one description, matched against a closed grammar before NumPy sees it."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.errors import BlueprintError, UnsupportedError
from holotype.graph.dtypes import (
    dtype_node,
    padding_of,
    parse_dtype,
    same_dtype,
    tensor_dtype,
)

SIMPLE = [
    *("|b1", "|i1", "|u1", "<i2", ">u2", "<i4", "<u8", "<f2", ">f4", "<f8", "<c8", ">c16"),
    *("|S0", "|S5", "<U0", ">U12", "|V0", "|V16", "<M8", "<M8[ns]", ">m8[25s]", "<m8[D]"),
]


def fields(*items: Any, itemsize: int = 16, aligned: bool = False, **more: Any) -> Any:
    return {"aligned": aligned, "fields": list(items), "itemsize": itemsize, **more}


STRUCTURED = [
    fields(itemsize=0),
    fields(itemsize=8),
    fields(["a", "<f8", 0]),
    fields(["a", "|i1", 0], ["b", "<f8", 8], aligned=True),
    fields(["a", "<f4", 0, [2]], ["b", "|u1", 8, [2, 4]]),
    fields(["a", fields(["x", "<U1", 0], itemsize=8), 0, [1]], ["b", "|S1", 15]),
    fields(["a", "<i4", 0], record=True),
    fields(["a", fields(["b", "<i4", 0], itemsize=4, record=True), 0]),
]


@pytest.mark.parametrize("node", [*SIMPLE, *STRUCTURED], ids=str)
def test_a_description_and_its_dtype_are_one_to_one(node: Any) -> None:
    dtype = parse_dtype(node, "root")
    assert dtype_node(dtype, "root") == node


@pytest.mark.parametrize(
    "text",
    [
        *("f8", "=f8", "float64", "int", "object", "|O", "O", "i1", "|f8", "<i1", "<f16", "<g"),
        *("<M8[1s]", "<M8[0s]", "<M8[generic]", "<m8[x]", "<m8[ns]x", "|S01", "|S", "U5"),
        *("<U1000000000", "|S99999999999", "|V-1", "<f8,<f8", "(2,)<f8", "|V8 ", "", "<c32"),
        *("<M8[999999999999s]", "|T16", "<U999999999"),
    ],
)
def test_text_that_is_no_dtype_of_the_format_is_refused(text: str) -> None:
    with pytest.raises(BlueprintError, match=r"^root: "):
        parse_dtype(text, "root")


REFUSED: dict[str, Any] = {
    "a number": 8,
    "a list": ["<f8"],
    "nothing": None,
    "a member too few": {"aligned": False, "fields": []},
    "a member too many": fields(x=1),
    "records by denial": fields(record=False),
    "fields by number": {"aligned": False, "fields": 1, "itemsize": 8},
    "too many fields": fields(*(["a", "|i1", i] for i in range(4097)), itemsize=5000),
    "a negative size": fields(itemsize=-1),
    "a huge size": fields(itemsize=2**31 + 1),
    "a size of truth": {"aligned": False, "fields": [], "itemsize": True},
    "alignment by number": {"aligned": 0, "fields": [], "itemsize": 0},
    "a field by name": fields("a"),
    "a field of two": fields(["a", "<f8"]),
    "a field of five": fields(["a", "<f8", 0, [1], 1]),
    "a field with a number for a name": fields([1, "<f8", 0]),
    "a field without a name": fields(["", "<f8", 0]),
    "a field twice": fields(["a", "<f4", 0], ["a", "<f4", 4]),
    "a field before the item": fields(["a", "<f8", -8]),
    "a field beyond the item": fields(["a", "<f8", 9]),
    "a field at truth": fields(["a", "<f8", False]),
    "fields that overlap": fields(["a", "<f8", 0], ["b", "<f8", 4]),
    "fields in disorder": fields(["a", "<f4", 8], ["b", "<f4", 0]),
    "a field of no dtype": fields(["a", "|O", 0]),
    "a nested field of no dtype": fields(["a", fields(["b", "x", 0]), 0]),
    "a field of a huge item": fields(["a", "<f8", 0, [2**30]], itemsize=2**31),
    "a field of no shape": fields(["a", "<f8", 0, 2]),
    "a field of many dimensions": fields(["a", "|i1", 0, [1] * 17]),
    "a field of size zero": fields(["a", "|i1", 0, [0]]),
    "a field of negative size": fields(["a", "|i1", 0, [-1]]),
    "a field of size truth": fields(["a", "|i1", 0, [True]]),
    "a field out of alignment": fields(["a", "|i1", 0], ["b", "<f8", 1], aligned=True),
    "an item out of alignment": fields(["a", "<f8", 0], itemsize=12, aligned=True),
}


@pytest.mark.parametrize("what", REFUSED)
def test_a_structure_of_another_form_is_refused(what: str) -> None:
    with pytest.raises(BlueprintError, match=r"^root: "):
        parse_dtype(REFUSED[what], "root")


def test_structures_that_nest_too_deeply_are_refused() -> None:
    node: Any = "<f8"
    for _ in range(32):
        node = fields(["a", node, 0], itemsize=8)
    assert parse_dtype(node, "root").itemsize == 8
    with pytest.raises(BlueprintError, match="nest too deeply"):
        parse_dtype(fields(["a", node, 0], itemsize=8), "root")


@pytest.mark.parametrize(
    "dtype",
    [
        np.dtype(np.longdouble),
        np.dtype(np.clongdouble),
        np.dtype(object),
        np.dtype([("a", object)]),
        np.dtype(("<f8", (2,))),
        np.dtype("f8", metadata={"a": 1}),
        np.dtype([("a", np.dtype("f8", metadata={"a": 1}))]),
        np.dtype([(("title", "a"), "f8")]),
        np.dtype([("\udc80", "f8")]),
        np.dtype({"names": ["a", "b"], "formats": ["i4", "i4"], "offsets": [0, 2]}),
        np.dtype({"names": ["b", "a"], "formats": ["i4", "i4"], "offsets": [4, 0]}),
        np.dtype([("a", "i1", (0,))]),
    ],
    ids=str,
)
def test_a_dtype_that_could_not_come_back_is_refused_when_it_is_saved(dtype: Any) -> None:
    with pytest.raises(UnsupportedError, match=r"^model\.a: "):
        dtype_node(dtype, "model.a")


def test_sameness_sees_what_equality_leaves_out() -> None:
    plain = np.dtype([("a", "i4")])
    record = np.dtype((np.record, plain))
    noted = np.dtype("f8", metadata={"a": 1})
    assert plain == record
    assert not same_dtype(plain, record)
    assert noted == np.dtype("f8")
    assert not same_dtype(noted, np.dtype("f8"))
    assert not same_dtype(np.dtype("f8"), np.dtype("f4"))
    assert same_dtype(np.dtype("q"), np.dtype("l"))
    assert same_dtype(record, np.dtype((np.record, [("a", "i4")])))


def test_safetensors_knows_twelve_of_them() -> None:
    named = {text: tensor_dtype(np.dtype(text)) for text in SIMPLE}
    assert named["<f8"] == "F64"
    assert named["|b1"] == "BOOL"
    assert named["<i2"] == "I16"
    others = [">f4", "<c8", "|S5", "<U0", "|V16", "<M8[ns]"]
    assert {named[text] for text in others} == {"U8"}
    assert tensor_dtype(np.dtype([("a", "f8")])) == "U8"


def padding(dtype: np.dtype[Any]) -> list[tuple[int, int]]:
    return [(part.start, part.stop) for part in padding_of(dtype)]


def test_padding_is_found_in_every_corner() -> None:
    assert padding(np.dtype("f8")) == []
    assert padding(np.dtype([("a", "i1"), ("b", "f8")])) == []
    assert padding(np.dtype([("a", "i1"), ("b", "i4")], align=True)) == [(1, 4)]
    inner = np.dtype({"names": ["x"], "formats": ["i1"], "offsets": [1], "itemsize": 3})
    outer = np.dtype([("a", inner, (2,)), ("b", inner)])
    assert padding(outer) == [(0, 1), (2, 4), (5, 7), (8, 9)]
    nothing = np.dtype({"names": [], "formats": [], "itemsize": 2})
    assert padding(nothing) == [(0, 2)]
