"""Digests are what FIPS 180-4 and SPEC 1.3 say; canonical JSON is what SPEC 1.4 says."""

from __future__ import annotations

import hashlib
import json
import math
from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from holotype.digest import (
    CHUNK,
    PENDING,
    canonical_json,
    chunk_spans,
    data_digest,
    is_text,
    join_chunks,
    pending,
    sha256,
)

ABC = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"  # FIPS 180-4, B.1
MILLION = bytes(range(256)) * 4096  # exactly one chunk


def test_a_digest_is_the_standards_own_in_lower_case() -> None:
    assert sha256(b"abc") == data_digest(b"abc") == f"sha256:{ABC}"


def test_the_limit_of_a_plain_digest_is_one_mebibyte() -> None:
    assert CHUNK == len(MILLION) == 1_048_576
    assert data_digest(MILLION) == f"sha256:{hashlib.sha256(MILLION).hexdigest()}"


@pytest.mark.parametrize("more", [1, 1000, CHUNK, CHUNK + 1])
def test_above_it_the_digest_is_that_of_the_chunks_raw_digests(more: int) -> None:
    data = MILLION + b"x" * more
    leaves = b"".join(
        hashlib.sha256(data[at : at + 1_048_576]).digest() for at in range(0, len(data), 1_048_576)
    )
    assert data_digest(data) == f"sha256-tree:{hashlib.sha256(leaves).hexdigest()}"


def test_any_buffer_has_the_digest_of_its_bytes() -> None:
    words = memoryview(bytes(8)).cast("d")
    assert data_digest(words) == sha256(bytes(8))


def test_no_bytes_have_one_empty_span() -> None:
    assert list(chunk_spans(0)) == [(0, 0)]
    assert data_digest(b"") == sha256(b"")


@given(st.integers(0, 5 * CHUNK))
def test_spans_cover_all_bytes_in_order_once(size: int) -> None:
    spans = list(chunk_spans(size))
    assert spans[0][0] == 0
    assert spans[-1][1] == size
    assert all(a[1] == b[0] for a, b in pairwise(spans))
    assert all(stop - start <= CHUNK for start, stop in spans)


def test_a_plain_digest_has_one_chunk() -> None:
    with pytest.raises(ValueError, match="too many values"):
        join_chunks([bytes(32), bytes(32)], CHUNK)


@pytest.mark.parametrize("size", [0, CHUNK, CHUNK + 1])
def test_a_pending_digest_has_the_length_and_prefix_of_the_real_one(size: int) -> None:
    real = data_digest(bytes(size))
    assert pending(size) == real.partition(":")[0] + ":" + PENDING
    assert len(pending(size)) == len(real)


def test_lone_surrogates_are_no_text() -> None:
    assert is_text("ä\U0001f600")
    assert not is_text("\ud800")


# ----------------------------------------------------------------------------------- canonical JSON


def test_objects_are_sorted_and_nothing_is_spaced() -> None:
    assert canonical_json({"b": [1, {"d": 0, "c": None}], "a": True}) == (
        b'{"a":true,"b":[1,{"c":null,"d":0}]}'
    )


def test_names_are_sorted_by_their_utf8_bytes() -> None:
    names = ["\U0001f600", "\uffff", "é", "z", "Z", "", "aa", "a"]
    found = json.loads(canonical_json(dict.fromkeys(names, 0)), object_pairs_hook=list)
    assert [name for name, _ in found] == sorted(names, key=str.encode)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.0, b"0.0"),
        (-0.0, b"-0.0"),
        (1.0, b"1.0"),
        (0.1, b"0.1"),
        (1e-5, b"0.00001"),
        (1e-6, b"1e-6"),
        (1.5e-7, b"1.5e-7"),
        (1e15, b"1000000000000000.0"),
        (1e16, b"1e16"),
        (123456789012345680.0, b"1.2345678901234568e17"),
        (5e-324, b"5e-324"),
        (1.7976931348623157e308, b"1.7976931348623157e308"),
        (2**53 - 1, b"9007199254740991"),
        ('"\\/\b\t\n\f\r\x00\x1f\x7f', b'"\\"\\\\/\\b\\t\\n\\f\\r\\u0000\\u001f\x7f"'),
        ("ä\u2028", '"ä\u2028"'.encode()),
    ],
)
def test_numbers_and_text_are_spelled_as_the_specification_says(value: object, text: bytes) -> None:
    assert canonical_json(value) == text


@given(st.floats(allow_nan=False, allow_infinity=False))
def test_a_float_reads_back_as_itself_and_never_as_an_integer(value: float) -> None:
    again = json.loads(canonical_json(value))
    assert type(again) is float
    assert again == value
    assert math.copysign(1, again) == math.copysign(1, value)
