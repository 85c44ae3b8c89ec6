"""What the layers are worth, when they are left alone, and what a reader never does for a file."""

from __future__ import annotations

import threading
import tracemalloc
from typing import Any

import numpy as np
import numpy.typing as npt
import pytest
import zstandard

from holotype.codec import Coded, arrays, decode, encode, parallel
from holotype.codec.coded import VERSION
from holotype.errors import FormatError, SaveError

RANDOM = np.random.default_rng(0)
COUNT = 300_000
WEIGHTS = (RANDOM.standard_normal(COUNT) * 0.02).astype(np.float32)
BFLOAT16 = (WEIGHTS.view(np.uint32) >> 16).astype(np.uint16)
ROWS = np.zeros(20_000, [("id", "<i4"), ("name", "S3"), ("x", "<f8", 2), ("on", "?")])
ROWS["id"], ROWS["on"] = np.arange(20_000), RANDOM.random(20_000) < 0.5
ROWS["x"] = RANDOM.integers(0, 50, (20_000, 2))


def again(coded: Coded, like: npt.NDArray[Any], **options: Any) -> npt.NDArray[Any]:
    return decode(coded.header, coded.body(), dtype=like.dtype, shape=like.shape, **options)


@pytest.mark.parametrize(
    ("array", "times"),
    [
        (WEIGHTS, 1.19),
        (BFLOAT16, 1.49),
        (BFLOAT16.view("V2"), 1.49),
        (WEIGHTS.astype(np.float16), 1.1),
        (np.sort(RANDOM.integers(0, 1 << 40, COUNT)), 2.6),
        (RANDOM.integers(0, 1000, COUNT), 6),
        (RANDOM.integers(0, 1000, COUNT).astype(">i8"), 6),
        (RANDOM.random(COUNT) < 0.5, 7.9),
        (np.arange(COUNT).view("M8[s]"), 1000),
        (np.full(COUNT, np.pi), 10_000),
        (RANDOM.choice(RANDOM.standard_normal(200), COUNT), 7.8),
        (np.array([f"customer {i}" for i in range(50_000)]), 40),
        (WEIGHTS.astype(np.complex64), 2),
        (ROWS, 15),
    ],
    ids=lambda value: value.dtype.str if isinstance(value, np.ndarray) else "",
)
def test_layers_suit_the_data(array: npt.NDArray[Any], times: float) -> None:
    coded = encode(array)
    assert again(coded, array).tobytes() == array.tobytes()
    assert coded.size * times < array.nbytes


def test_what_does_not_pack_stays_the_arrays_own_memory() -> None:
    array = RANDOM.integers(0, 256, COUNT, np.uint8)
    coded = encode(array)
    assert coded.header == {"codec": VERSION, "layer": "raw", "order": "C"}
    assert np.shares_memory(np.frombuffer(coded.frames[0], np.uint8), array)


def test_a_chunk_that_does_not_pack_costs_a_few_bytes() -> None:
    noise = np.frombuffer(RANDOM.bytes(1 << 20), np.uint8)
    array = np.concatenate([np.zeros(1 << 22, np.uint8), noise])
    coded = encode(array)
    assert coded.size < (1 << 20) * 1.001
    assert (again(coded, array) == array).all()


@pytest.mark.parametrize("level", ["fast", "balanced", "small"])
def test_a_difference_from_the_parent_is_taken_where_it_is_smaller(level: str) -> None:
    step = WEIGHTS + (RANDOM.standard_normal(COUNT) * 1e-6).astype(np.float32)
    coded = encode(step, level=level, parent=WEIGHTS)
    assert coded.needs_parent
    assert coded.size < 0.6 * encode(step, level=level).size
    assert (again(coded, step, parent=WEIGHTS) == step).all()
    assert not encode(step, level=level, parent=WEIGHTS[::-1]).needs_parent


def test_an_equal_array_is_next_to_nothing() -> None:
    coded = encode(WEIGHTS, parent=WEIGHTS.copy())
    assert coded.size < 100
    assert (again(coded, WEIGHTS, parent=WEIGHTS) == WEIGHTS).all()


def test_appended_rows_differ_from_the_parent_only_at_the_end() -> None:
    rows = WEIGHTS.reshape(-1, 100)
    longer = np.concatenate([rows, rows[:50] * 2])
    coded = encode(longer, parent=rows)
    assert coded.size < 0.5 * encode(longer).size
    assert (again(coded, longer, parent=rows) == longer).all()


@pytest.mark.parametrize("parent", [None, WEIGHTS[:0], WEIGHTS.view(np.uint32), BFLOAT16])
def test_without_its_parent_a_difference_is_refused(parent: npt.NDArray[Any] | None) -> None:
    coded = encode(WEIGHTS, parent=WEIGHTS)
    with pytest.raises(FormatError, match="difference"):
        again(coded, WEIGHTS, parent=parent)


def test_an_array_in_fortran_order_keeps_it() -> None:
    array = np.asfortranarray(WEIGHTS.reshape(300, -1))
    result = again(encode(array), array)
    assert result.flags.f_contiguous
    assert (result == array).all()


def test_a_view_with_gaps_is_encoded_as_it_reads() -> None:
    array = WEIGHTS[::-3]
    assert (again(encode(array), array) == array).all()


def test_all_cores_give_the_same_bytes_as_one(monkeypatch: pytest.MonkeyPatch) -> None:
    array = np.tile(WEIGHTS, 8)
    monkeypatch.setattr(parallel, "_cores", lambda: 5)
    many = encode(array)
    assert (again(many, array) == array).all()
    monkeypatch.setattr(parallel, "_cores", lambda: 1)
    assert encode(array) == many


def test_who_comes_while_all_cores_are_taken_works_alone(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(parallel, "_cores", lambda: 2)
    large = 1 << 30

    def names(_: int) -> tuple[str, set[str]]:
        inner = parallel.in_order(lambda _: threading.current_thread().name, range(9), large)
        return threading.current_thread().name, set(inner)

    for own, inner in parallel.in_order(names, range(5), large):
        assert own.startswith("holotype")
        assert inner == {own}
    assert not parallel._taken


def test_objects_are_refused() -> None:
    with pytest.raises(SaveError, match="objects"):
        encode(np.array([{}]))
    with pytest.raises(FormatError, match="objects"):
        decode(
            {"codec": VERSION, "layer": "raw", "order": "C"},
            bytes(8),
            dtype=np.dtype(object),
            shape=(1,),
        )


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(ValueError, match="fast, balanced, small"):
        encode(WEIGHTS, level="best")


def test_a_later_version_is_refused() -> None:
    coded = encode(WEIGHTS)
    with pytest.raises(FormatError, match="newer"):
        again(Coded(coded.header | {"codec": VERSION + 1}, coded.frames), WEIGHTS)


def test_other_sizes_than_expected_are_refused() -> None:
    coded = encode(WEIGHTS)
    for shape in ((COUNT - 1,), (COUNT + 1,), (0,), (10**9,)):
        with pytest.raises(FormatError):
            decode(coded.header, coded.body(), dtype=WEIGHTS.dtype, shape=shape)
    with pytest.raises(FormatError):
        decode(coded.header, coded.body(), dtype=np.dtype(np.float64), shape=WEIGHTS.shape)


def test_a_bomb_takes_no_memory() -> None:
    array = np.zeros(1000)
    bomb = zstandard.ZstdCompressor().compress(bytes(1 << 28))
    frame = b"\0\2" + len(bomb).to_bytes(4, "little") + bomb
    header = encode(array).header | {"frames": [len(frame)]}
    tracemalloc.start()
    try:
        with pytest.raises(FormatError, match="size"):
            decode(header, frame, dtype=array.dtype, shape=array.shape)
        assert tracemalloc.get_traced_memory()[1] < 1 << 20
    finally:
        tracemalloc.stop()


def test_decoding_takes_little_more_memory_than_the_array() -> None:
    array = np.tile(WEIGHTS, 20)
    coded = encode(array)
    body = coded.body()
    tracemalloc.start()
    try:
        decode(coded.header, body, dtype=array.dtype, shape=array.shape)
        peak = tracemalloc.get_traced_memory()[1]
    finally:
        tracemalloc.stop()
    assert peak < array.nbytes + 16 * arrays._CHUNK
