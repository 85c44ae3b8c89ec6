"""The head of the parameters follows from the arrays alone (SPEC 4.1 to 4.4)."""

from __future__ import annotations

import json
import struct
from typing import Any

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.archive.parameters import (
    ALIGNMENT,
    Stored,
    plan_parameters,
    stored_by_node,
    stored_tensor,
)
from holotype.errors import FormatError
from holotype.graph.arrays import ArrayCollector
from holotype.graph.nodes import ArrayNode


def tensor(name: str, size: int = 8, alignment: int = 8) -> Stored:
    return Stored(name, "U8", (size,), size, alignment, "sha256:" + "0" * 64)


def test_no_arrays_make_a_valid_empty_file() -> None:
    layout = plan_parameters([])
    assert layout.head == struct.pack("<Q", 56) + b"{}" + b" " * 54
    assert (layout.order, layout.offsets, layout.size) == ((), (), 64)


def test_the_head_is_spelled_as_the_specification_says() -> None:
    layout = plan_parameters(
        [
            Stored("b", "F64", (2, 3), 48, 8, ""),
            Stored("a", "I16", (5,), 10, 2, ""),
            Stored("c", "F64", (), 8, 8, ""),
        ]
    )
    text = (
        b'{"a":{"data_offsets":[56,66],"dtype":"I16","shape":[5]},'
        b'"b":{"data_offsets":[0,48],"dtype":"F64","shape":[2,3]},'
        b'"c":{"data_offsets":[48,56],"dtype":"F64","shape":[]}}'
    )
    assert layout.head[8:].rstrip(b" ") == text
    assert struct.unpack_from("<Q", layout.head)[0] == len(layout.head) - 8
    assert [stored.name for stored in layout.order] == ["b", "c", "a"]
    assert layout.offsets == (0, 48, 56)
    assert layout.size == len(layout.head) + 66


@given(st.dictionaries(st.text("abz09.", min_size=1), st.integers(0, 4), max_size=12), st.randoms())
def test_data_stands_by_falling_alignment_then_name_and_is_aligned(
    tensors: dict[str, int], random: Any
) -> None:
    stored = [tensor(name, 16 * (len(name) % 3), 1 << exp) for name, exp in tensors.items()]
    layout = plan_parameters(stored)
    random.shuffle(stored)
    assert plan_parameters(stored) == layout
    assert list(layout.order) == sorted(stored, key=lambda t: (-t.alignment, t.name))
    assert len(layout.head) % ALIGNMENT == 0
    position = 0
    for each, offset in zip(layout.order, layout.offsets, strict=True):
        assert offset == position
        assert offset % each.alignment == 0
        position += each.size
    head = json.loads(layout.head[8:])
    assert {name: entry["data_offsets"] for name, entry in head.items()} == {
        each.name: [offset, offset + each.size]
        for each, offset in zip(layout.order, layout.offsets, strict=True)
    }


def test_a_tensor_that_several_arrays_use_stands_once() -> None:
    assert plan_parameters([tensor("a"), tensor("a"), tensor("b")]) == plan_parameters(
        [tensor("b"), tensor("a")]
    )


@pytest.mark.parametrize(
    "other",
    [
        tensor("a", size=9),
        tensor("a", alignment=4),
        tensor("a")._replace(digest="sha256:" + "1" * 64),
        tensor("a")._replace(dtype="I8"),
        tensor("a")._replace(shape=(2, 4)),
    ],
)
def test_one_tensor_described_in_two_ways_is_refused(other: Stored) -> None:
    with pytest.raises(FormatError, match="the array 'a' in two ways") as caught:
        plan_parameters([tensor("a"), other])
    assert caught.value.clause == "3.5"


def test_the_name_that_safetensors_keeps_for_itself_is_refused() -> None:
    with pytest.raises(FormatError, match="__metadata__") as caught:
        plan_parameters([tensor("__metadata__")])
    assert caught.value.clause == "4.3"


@pytest.mark.parametrize(
    ("array", "kind", "shape", "alignment"),
    [
        (np.zeros((2, 3)), "F64", (2, 3), 8),
        (np.zeros((2, 3), order="F"), "F64", (3, 2), 8),
        (np.zeros(3, ">f8"), "U8", (24,), 8),
        (np.zeros((2, 2), "u1"), "U8", (2, 2), 1),
        (np.zeros((2, 2), bool), "BOOL", (2, 2), 1),
        (np.zeros(3, "<U3"), "U8", (36,), 4),
        (np.zeros(3, "<c16"), "U8", (48,), 16),
        (np.zeros(3, "<M8[s]"), "U8", (24,), 8),
        (np.zeros(2, [("a", "<f8"), ("b", "u1")]), "U8", (18,), 1),
        (np.zeros(2, np.dtype([("a", "<f8"), ("b", "u1")], align=True)), "U8", (32,), 16),
        (np.zeros((), "<i4"), "I32", (), 4),
        (np.zeros((0, 4), "<f4"), "F32", (0, 4), 4),
        (np.zeros(3, "V0"), "U8", (0,), 1),
    ],
)
def test_writer_and_reader_describe_an_array_alike(
    array: np.ndarray[Any, Any], kind: str, shape: tuple[int, ...], alignment: int
) -> None:
    collector = ArrayCollector()
    described = collector.add(array, ["x"])
    node = ArrayNode(
        "x",
        described["array"],
        array.dtype,
        tuple(described["shape"]),
        described["order"],
        "",
        array.nbytes,
    )
    stored = stored_tensor(collector.tensors[0])
    assert stored == stored_by_node(node)
    assert stored == Stored("x", kind, shape, array.nbytes, alignment, "")
