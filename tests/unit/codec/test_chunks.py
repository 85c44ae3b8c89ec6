"""Chunks are of the content alone: what is put in, changed or appended costs a chunk or two."""

from __future__ import annotations

from itertools import pairwise

import numpy as np
import numpy.typing as npt
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from holotype.codec.chunks import cut_points

Bytes = npt.NDArray[np.uint8]
RANDOM = np.random.default_rng(0)
NOISE = np.frombuffer(RANDOM.bytes(1 << 19), np.uint8)
KINDS = {
    "noise": NOISE,
    "zeros": np.zeros(1 << 19, np.uint8),
    "periodic": np.resize(np.arange(24, dtype=np.uint8), 1 << 19),
    "few values": RANDOM.integers(0, 3, 1 << 16).view(np.uint8),
    "mostly zero": (NOISE < 3).astype(np.uint8),
    "ascending": np.arange(1 << 16).view(np.uint8),
}


def pieces(data: Bytes, item: int, average: int) -> list[bytes]:
    ends = cut_points(data, item, average)
    return [data[one:other].tobytes() for one, other in pairwise([0, *ends])]


def new_pieces(old: Bytes, new: Bytes, item: int, average: int) -> int:
    known = set(pieces(old, item, average))
    return sum(piece not in known for piece in pieces(new, item, average))


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    item=st.one_of(st.integers(1, 200), st.sampled_from([400, 1001, 4096, 65536])),
    average=st.sampled_from([512, 4096, 1 << 16]),
    count=st.integers(0, 1 << 19),
)
def test_chunks_are_whole_items_within_bounds(
    kind: str, item: int, average: int, count: int
) -> None:
    data = KINDS[kind][: count // item * item]
    ends = cut_points(data, item, average)
    assert b"".join(pieces(data, item, average)) == data.tobytes()
    assert (ends[-1] if ends else 0) == len(data)
    sizes = np.diff([0, *ends])
    assert all(end % item == 0 for end in ends)
    assert all(average / 4 <= size for size in sizes[:-1])
    assert all(0 < size <= max(4 * average, item) for size in sizes)


@settings(max_examples=60, deadline=None)
@given(
    kind=st.sampled_from(sorted(KINDS)),
    item=st.sampled_from([1, 2, 3, 4, 8, 12, 24, 100, 160]),
    place=st.floats(0, 1),
    put=st.integers(0, 40),
    dropped=st.integers(0, 40),
)
def test_a_change_anywhere_costs_few_chunks(
    kind: str, item: int, place: float, put: int, dropped: int
) -> None:
    data = KINDS[kind]
    data = data[: len(data) // item * item]
    at = int(place * (len(data) // item)) * item
    changed = np.concatenate([data[:at], NOISE[: put * item], data[at + dropped * item :]])
    assert new_pieces(data, changed, item, 4096) <= 5


@pytest.mark.parametrize("item", [1, 8, 100])
def test_what_is_appended_leaves_all_but_the_last_chunk(item: int) -> None:
    ends = cut_points(NOISE[: 3000 * item], item, 256 * item)
    longer = cut_points(NOISE[: 5000 * item], item, 256 * item)
    assert longer[: len(ends) - 1] == ends[:-1]
    assert len(longer) > len(ends)


@pytest.mark.parametrize("item", [1, 8, 100])
def test_what_is_put_in_front_leaves_nearly_all_chunks(item: int) -> None:
    data = NOISE[: 5000 * item]
    assert len(pieces(data, item, 1024)) > 4
    assert new_pieces(data, np.concatenate([data[-item:], data]), item, 1024) <= 3


@pytest.mark.parametrize("average", [1024, 4096])
def test_chunks_have_the_average_size_that_was_asked_for(average: int) -> None:
    for item in (1, 2, 4, 8, 24):
        count = len(cut_points(NOISE, item, average))
        assert 0.8 < count * average / len(NOISE) < 1.25


def test_all_equal_values_make_chunks_that_are_all_the_same() -> None:
    for item in (1, 4, 8, 32):
        assert cut_points(KINDS["zeros"], item, 4096) == list(range(16384, (1 << 19) + 1, 16384))


def test_where_data_lie_in_memory_does_not_matter() -> None:
    shifted = np.empty(len(NOISE) + 1, np.uint8)[1:]
    shifted[:] = NOISE
    for item in (2, 8, 24, 400):
        assert cut_points(shifted, item, 4096) == cut_points(NOISE, item, 4096)


@pytest.mark.parametrize(
    ("item", "expected"),
    [
        (1, [4507, 12327, 20728, 48000]),
        (2, [2944, 6038, 12114, 21610, 34906, 38984, 48000]),
        (4, [16552, 30388, 38812, 48000]),
        (8, [3272, 13896, 20752, 24096, 27144, 40976, 48000]),
        (12, [5400, 13956, 21396, 27204, 41196, 48000]),
        (160, [13600, 20960, 23520, 32640, 35520, 46720, 48000]),
        (1200, [4800, 13200, 19200, 21600, 40800, 48000]),
    ],
)
def test_the_cuts_are_these_for_ever(item: int, expected: list[int]) -> None:
    data = (np.arange(6000, dtype=np.uint64) ** 3 % 1_000_003).astype("<u8").view(np.uint8)
    data = data[: len(data) // item * item]
    assert cut_points(data, item, 8192) == expected
