"""Tables of FlatBuffers come back as written, and nothing outside the buffer is ever read."""

from __future__ import annotations

import struct

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holotype.types.catboost.flatbuffer import MalformedError, Schema, field, read, write

LEAF: Schema = (field("name", "text"), field("number", "vector", "<i4"))
ROOT: Schema = (
    field("flag", "scalar", "?", False),
    field("wide", "scalar", "<f8", 2.5),
    field("small", "scalar", "<i1", -1),
    field("words", "texts"),
    field("bytes", "vector", "|u1"),
    field("doubles", "vector", "<f8"),
    field("leaf", "table", schema=LEAF),
    field("leaves", "tables", schema=LEAF),
    field("other things", "absent"),
)


def plain(value):
    if isinstance(value, np.ndarray):
        return value.tolist()
    if isinstance(value, dict):
        return {name: plain(each) for name, each in value.items()}
    return [plain(each) for each in value] if isinstance(value, list) else value


LEAVES: Schema = (field("leaves", "tables", schema=LEAF),)


leaves = st.fixed_dictionaries(
    {"name": st.text(max_size=9), "number": st.lists(st.integers(-(2**31), 2**31 - 1), max_size=5)}
)
roots = st.fixed_dictionaries(
    {
        "flag": st.booleans(),
        "wide": st.floats(allow_nan=False),
        "small": st.integers(-128, 127),
        "words": st.lists(st.text(max_size=7), max_size=4),
        "bytes": st.lists(st.integers(0, 255), max_size=13),
        "doubles": st.lists(st.floats(allow_nan=False), max_size=3),
        "leaf": leaves,
        "leaves": st.lists(leaves, max_size=3),
    }
)


@given(roots)
def test_what_is_written_is_read_again(root):
    assert plain(read(write(root, ROOT), ROOT)) == {**root, "other things": None}


@given(roots)
def test_everything_is_aligned_to_its_own_size(root):
    # The library verifies this, and its evaluator reads vectors of doubles where they stand.
    data = write(root, ROOT)
    at = data.find(np.array(root["doubles"], "<f8").tobytes()) if root["doubles"] else 0
    assert len(root["doubles"]) == 0 or at % 8 == 0 or data.count(data[at : at + 8]) > 1


def test_what_is_not_there_is_what_it_stands_for():
    empty = struct.pack("<IHHi", 8, 4, 4, 4)
    found = read(empty, ROOT)
    assert plain(found) == {
        "flag": False,
        "wide": 2.5,
        "small": -1,
        "words": [],
        "bytes": [],
        "doubles": [],
        "leaf": None,
        "leaves": [],
        "other things": None,
    }


HONEST = write(
    {
        "flag": True,
        "wide": 1.0,
        "small": 3,
        "words": ["a", "b"],
        "bytes": [1, 2],
        "doubles": [1.0, 2.0],
        "leaf": {"name": "x", "number": [1]},
        "leaves": [{"name": "y", "number": [2, 3]}] * 2,
    },
    ROOT,
)


@settings(max_examples=400)
@given(st.lists(st.tuples(st.integers(0, len(HONEST) - 1), st.integers(0, 255)), max_size=6))
def test_any_other_bytes_are_read_or_refused(changes):
    data = bytearray(HONEST)
    for place, value in changes:
        data[place] = value
    try:
        found = read(bytes(data), ROOT)
    except MalformedError:
        return
    assert len(str(plain(found))) < 100 * len(HONEST)


@given(st.integers(0, len(HONEST) - 1))
def test_a_buffer_that_is_cut_off_is_refused(length):
    with pytest.raises(MalformedError):
        read(HONEST[:length], ROOT)


OWNER: Schema = (field("leaf", "table", schema=LEAF),)
OWNERS: Schema = (field("owners", "tables", schema=OWNER),)


def sharing(count: int, size: int, *, owners: bool) -> bytes:
    """A list of ``count`` tables; of one and the same, or of owners that all refer to one leaf."""
    head = struct.pack("<IHHHHi", 12, 6, 8, 4, 0, 8) + struct.pack("<II", 4, count)
    body = bytearray(head + bytes(4 * count))
    slots = range(len(head), len(body), 4)
    places = []
    for _ in range(count if owners else 1):
        body += struct.pack("<HHHHi", 6, 8, 4, 0, 8) + bytes(4)
        places.append(len(body) - 8)
    leaf = len(body) + 8
    body += struct.pack("<HHHHi", 8, 12, 0, 4, 8) + struct.pack("<II", 4, size) + bytes(4 * size)
    for slot, place in zip(slots, places if owners else places * count, strict=True):
        struct.pack_into("<I", body, slot, place - slot)
    for place in places:
        struct.pack_into("<I", body, place + 4, leaf - place - 4)
    return bytes(body)


def test_a_table_that_many_refer_to_is_read_once():
    found = read(sharing(1000, 5000, owners=True), OWNERS)["owners"]
    assert len(found) == 1000
    assert all(each["leaf"] is found[0]["leaf"] for each in found)
    assert len(found[0]["leaf"]["number"]) == 5000


def test_a_list_does_not_have_one_element_many_times():
    # Or a megabyte of references to one feature of a megabyte would become a terabyte of columns.
    assert len(read(sharing(1, 5000, owners=False), OWNERS)["owners"]) == 1
    with pytest.raises(MalformedError, match="twice"):
        read(sharing(1000, 5000, owners=False), OWNERS)


def test_vectors_that_are_one_and_the_same_are_refused():
    # Each takes a few bytes of its own, and together they would be far more than the buffer has.
    small = {"name": "", "number": [7, 7]}
    leaves = [small, small, {"name": "", "number": range(999)}]
    data = bytearray(write({"leaves": leaves}, LEAVES))
    two, large = struct.pack("<3I", 2, 7, 7), data.index(struct.pack("<I", 999))
    vectors = [at for at in range(0, large, 4) if data[at : at + 12] == two]
    assert len(vectors) == 2
    for at in range(0, large, 4):
        if at + struct.unpack_from("<I", data, at)[0] in vectors:
            struct.pack_into("<I", data, at, large - at)
    with pytest.raises(MalformedError, match="overlap"):
        read(bytes(data), LEAVES)


def test_a_field_that_the_schema_does_not_know_is_refused():
    data = write({"name": "x", "number": [1]}, LEAF)
    with pytest.raises(MalformedError, match="does not know"):
        read(data, LEAF[:1])


def test_parts_that_must_be_absent_may_be_empty_only():
    schema: Schema = (field("texts of its own", "texts"),)
    absent: Schema = (field("texts of its own", "absent"),)
    with pytest.raises(MalformedError, match="texts of its own"):
        read(write({"texts of its own": ["x"]}, schema), absent)
