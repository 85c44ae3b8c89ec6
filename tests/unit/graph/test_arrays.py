"""Arrays leave as their own memory, each once, with nothing of the heap between their fields."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.errors import UnsupportedError
from holotype.graph.arrays import ArrayCollector, Tensor

PADDED = np.dtype([("a", "i1"), ("b", "<i4"), ("c", "i1")], align=True)


def only(array: Any) -> Tensor:
    arrays = ArrayCollector()
    arrays.add(array, ["a"])
    (tensor,) = arrays.tensors
    return tensor


def test_contiguous_arrays_are_not_copied() -> None:
    for array in (np.arange(6.0), np.ones((2, 3)), np.ones((2, 3), order="F"), np.array(1.0)):
        tensor = only(array)
        chunk = tensor.chunk(0, tensor.size)
        assert np.shares_memory(np.frombuffer(chunk, np.uint8), array)
        assert bytes(chunk) == array.tobytes("A")


@pytest.mark.parametrize(
    ("array", "order", "shape"),
    [
        (np.ones((2, 3)), "C", [2, 3]),
        (np.ones((2, 3), order="F"), "F", [3, 2]),
        (np.ones((4, 6))[::2, ::2], "C", [2, 3]),
        (np.ones((2, 3), ">f4"), "C", [24]),
        (np.ones((2, 3), ">f4", order="F"), "F", [24]),
        (np.array(["ab"]), "C", [8]),
        (np.ones((2, 0)), "C", [2, 0]),
        (np.array(1, "|u1"), "C", []),
    ],
)
def test_safetensors_sees_bytes_or_a_shape_it_can_use(array: Any, order: str, shape: Any) -> None:
    arrays = ArrayCollector()
    node = arrays.add(array, ["a"])
    assert node["order"] == order
    assert node["shape"] == list(array.shape)
    assert arrays.tensors[0].shape == shape
    assert arrays.tensors[0].size == array.nbytes


def test_padding_is_zero_in_every_chunk() -> None:
    dirty = np.frombuffer(bytes(range(1, 121)), PADDED)
    clean = bytearray(range(1, 121))
    for start in range(0, 120, 12):
        clean[start + 1 : start + 4] = clean[start + 9 : start + 12] = bytes(3)
    tensor = only(dirty)
    for start in range(0, 120, 7):
        for stop in (start, start + 1, start + 30, 120):
            stop = max(start, min(stop, 120))
            assert bytes(tensor.chunk(start, stop)) == bytes(clean[start:stop])
    assert dirty.tobytes() == bytes(range(1, 121))


def test_joined_arrays_follow_each_other_in_every_chunk() -> None:
    parts = [np.arange(i, dtype="<i2") for i in (3, 0, 1, 7, 0)]
    arrays = ArrayCollector()
    node = arrays.add_joined(parts, ["a"])
    (tensor,) = arrays.tensors
    whole = b"".join(part.tobytes() for part in parts)
    assert (node["shape"], tensor.size) == ([11], len(whole))
    for start in range(len(whole) + 1):
        for stop in range(start, len(whole) + 1):
            assert bytes(tensor.chunk(start, stop)) == whole[start:stop]


def test_equal_arrays_are_stored_once_and_different_ones_apart() -> None:
    arrays = ArrayCollector()
    small = np.arange(9)
    names = [
        arrays.add(each, ["a"])["array"]
        for each in (small, small.copy(), small.astype("i4"), small.reshape(3, 3), small + 1)
    ]
    assert names == ["a", "a", "a-2", "a-3", "a-4"]
    structured = [arrays.add(np.zeros(2, PADDED), ["s"])["array"] for _ in range(2)]
    assert structured in (["s", "s"], ["s", "s-2"])


def test_a_digest_reaches_every_node_of_its_array() -> None:
    arrays = ArrayCollector()
    nodes = [arrays.add(np.arange(9), ["a"]) for _ in range(2)]
    assert {node["digest"] for node in nodes} == {"sha256:" + "0" * 64}
    arrays.tensors[0].seal("sha256:" + "1" * 64)
    assert {node["digest"] for node in nodes} == {"sha256:" + "1" * 64}
    large = arrays.add(np.zeros(2**18), ["b"])
    assert large["digest"] == "sha256-tree:" + "0" * 64


def test_names_are_short_plain_and_different() -> None:
    arrays = ArrayCollector()
    trails = [["a", "[0]", "b"], ["[0]", "[1]"], [], ["ä"], ["a" * 200], ["__metadata__"], ["ä"]]
    names = [arrays.add(np.array([i]), trail)["array"] for i, trail in enumerate(trails)]
    assert names == ["a[0].b", "[0][1]", "root", "array", "array-2", "array-3", "array-4"]


def test_what_has_no_dtype_of_the_format_is_refused_with_its_place() -> None:
    arrays = ArrayCollector()
    with pytest.raises(UnsupportedError, match=r"^model\.a: "):
        arrays.add(np.zeros(1, np.longdouble), ["a"], "model.a")
    with pytest.raises(UnsupportedError, match=r"^a\.b: "):
        arrays.add(np.zeros(1, np.longdouble), ["a", "b"])
    with pytest.raises(UnsupportedError, match=r"^a: "):
        arrays.add_joined([np.zeros(1, np.longdouble)] * 2, ["a"])
    assert arrays.tensors == []


def test_subclasses_that_come_as_arrays_are_stored_as_arrays() -> None:
    array = np.arange(4).view(np.recarray)
    assert bytes(only(array).chunk(0, 32)) == np.arange(4).tobytes()


def test_alignment_is_the_largest_power_of_two_up_to_16() -> None:
    expected = {
        "i1": 1,
        "i2": 2,
        "f4": 4,
        "f8": 8,
        "c16": 16,
        "S3": 1,
        "S12": 4,
        "V64": 16,
        "V0": 1,
    }
    for text, alignment in expected.items():
        assert only(np.zeros(3, text)).alignment == alignment
