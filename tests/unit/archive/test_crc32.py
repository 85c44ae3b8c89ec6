"""CRC-32 of bytes and of joined pieces agrees with zlib's of the whole."""

from __future__ import annotations

import sys
import zlib
from collections.abc import Iterator
from functools import reduce

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.archive import crc32 as module
from holotype.archive.crc32 import combine, crc32


@pytest.fixture(autouse=True)
def _fresh_engine() -> Iterator[None]:
    module._engine.cache_clear()
    yield
    module._engine.cache_clear()


@given(st.binary(max_size=300), st.binary(max_size=300))
def test_combine_gives_the_sum_of_the_joined_pieces(first: bytes, second: bytes) -> None:
    joined = combine(zlib.crc32(first), zlib.crc32(second), len(second))
    assert joined == zlib.crc32(first + second)


@given(st.lists(st.binary(max_size=70)))
def test_pieces_can_be_joined_in_any_number(pieces: list[bytes]) -> None:
    joined = reduce(lambda crc, piece: combine(crc, zlib.crc32(piece), len(piece)), pieces, 0)
    assert joined == zlib.crc32(b"".join(pieces))


def test_an_empty_second_piece_changes_nothing() -> None:
    assert combine(0x12345678, 0, 0) == 0x12345678


def test_joining_is_associative_far_beyond_32_bit_lengths() -> None:
    a, b, c = zlib.crc32(b"a"), zlib.crc32(b"b"), zlib.crc32(b"c")
    long, longer = 2**33 + 12_345, 2**40 + 1
    left = combine(combine(a, b, long), c, longer)
    assert left == combine(a, combine(b, c, longer), long + longer)


def test_zeros_appended_one_at_a_time_equal_zeros_appended_at_once() -> None:
    zeros = bytes(1 << 20)
    chunk = zlib.crc32(zeros)
    crc = zlib.crc32(b"head")
    for _ in range(5):
        crc = combine(crc, chunk, len(zeros))
    assert crc == combine(zlib.crc32(b"head"), zlib.crc32(zeros * 5), 5 << 20)
    assert crc == zlib.crc32(b"head" + zeros * 5)


def test_the_factor_of_a_length_is_computed_once() -> None:
    module._shift.cache_clear()
    for _ in range(100):
        combine(1, 2, 1 << 20)
    assert module._shift.cache_info().misses == 1


def test_a_negative_length_is_refused() -> None:
    with pytest.raises(ValueError, match="-1 bytes"):
        combine(0, 0, -1)


@given(st.binary(max_size=300), st.integers(0, 2**32 - 1))
def test_crc32_agrees_with_zlib_also_when_continued(data: bytes, value: int) -> None:
    assert crc32(data) == zlib.crc32(data)
    assert crc32(memoryview(data), value) == zlib.crc32(data, value)


def test_isal_is_used_where_it_is_installed() -> None:
    isal_zlib = pytest.importorskip("isal.isal_zlib", reason="isal is not installed")
    assert module._engine() is isal_zlib.crc32


def test_zlib_is_used_where_isal_is_not_installed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, "isal", None)
    assert module._engine() is zlib.crc32
    assert crc32(b"123456789") == 0xCBF43926  # the check value of this CRC
