"""Recipes: a file follows from one, and what describes no file is refused."""

from __future__ import annotations

import json
import struct
from typing import Any

import pytest

from holotype.errors import DamagedStoreError
from holotype.store.recipes import digests_of, make_recipe, read_recipe

FILE = bytes(range(256)) * 4
ONE, TWO = "sha256:" + "1" * 64, "sha256:" + "2" * 64
OBJECTS = [(ONE, 10, 90), (TWO, 100, 20), (ONE, 200, 90), (TWO, 1004, 20)]


def recipe(head: Any, rest: bytes = b"") -> bytes:
    text = head if isinstance(head, bytes) else json.dumps(head).encode()
    return struct.pack("<Q", len(text)) + text + rest


def test_the_file_follows_from_the_rest_and_the_objects() -> None:
    found = read_recipe(make_recipe(memoryview(FILE), OBJECTS), len(FILE))
    assert list(found.objects) == OBJECTS
    again = bytearray(found.size)
    for offset, data in found.rest:
        again[offset : offset + len(data)] = data
    for _, offset, size in found.objects:
        assert not any(again[offset : offset + size])
        again[offset : offset + size] = FILE[offset : offset + size]
    assert again == FILE
    assert sum(len(data) for _, data in found.rest) == len(FILE) - 220
    assert list(digests_of(found)) == [ONE, TWO]


def test_its_bytes_are_these() -> None:
    made = make_recipe(memoryview(FILE[:40]), [(ONE, 8, 30)])
    head = f'{{"format":1,"segments":[8,["{ONE}",30],2],"size":40}}'.encode()
    assert made == struct.pack("<Q", len(head)) + head + FILE[:8] + FILE[38:40]


@pytest.mark.parametrize("objects", [[], [(ONE, 0, 1024)], [(ONE, 0, 512), (TWO, 512, 512)]])
def test_a_file_may_be_all_rest_or_all_objects(objects: list[tuple[str, int, int]]) -> None:
    found = read_recipe(make_recipe(memoryview(FILE), objects), 1024)
    assert list(found.objects) == objects
    assert bool(found.rest) == (not objects)


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"\0" * 7,
        struct.pack("<Q", 1 << 60),
        recipe(b"{"),
        recipe([]),
        recipe(b"[" * 100_000),
        recipe({"size": 10, "segments": [10], "format": 2}, FILE[:10]),
        recipe({"size": 10, "segments": [10], "more": 1}, FILE[:10]),
        recipe({"size": 11, "segments": [11]}, FILE[:11]),
        recipe({"size": 10, "segments": [10]}, FILE[:9]),
        recipe({"size": 10, "segments": [10]}, FILE[:11]),
        recipe({"size": 10, "segments": [11, -1]}, FILE[:10]),
        recipe({"size": 10, "segments": [5, 5]}, FILE[:10]),
        recipe({"size": 10, "segments": [10, 0]}, FILE[:10]),
        recipe({"size": 10, "segments": [9, [ONE, -1], 2]}, FILE[:11]),
        recipe({"size": 10, "segments": [[ONE, 0], 10]}, FILE[:10]),
        recipe({"size": 10, "segments": [[ONE, 9]]}),
        recipe({"size": 10, "segments": [[ONE, 1 << 70], -(1 << 70), 10]}, FILE[:10]),
        recipe({"size": 10, "segments": [[ONE]]}),
        recipe({"size": 10, "segments": [10.0]}, FILE[:10]),
        recipe({"size": 10}, FILE[:10]),
    ],
)
def test_what_describes_no_such_file_is_refused(data: bytes) -> None:
    with pytest.raises(DamagedStoreError, match="recipe"):
        read_recipe(data, 10)
