"""Forms: items, trees and texts come back as parts; whatever is no such block is refused."""

from __future__ import annotations

from contextlib import suppress
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_iris
from sklearn.ensemble import RandomForestClassifier
from tests.unit.store.stores import archive

from holotype.archive.reader import open_archive
from holotype.errors import DamagedStoreError
from holotype.store.boosters import boosters, columns_of
from holotype.store.cutting import cut
from holotype.store.forests import Piece
from holotype.store.forms import Bytes, Made, columns, decode_block, items, plain, text, trees
from holotype.store.packs import Block

RANDOM = np.random.default_rng(0)
NEAR = RANDOM.standard_normal(5_000)
DTYPES = ["|b1", "<f4", ">f8", "<u2", "<c16", "|S7", "<U3", "<M8[s]", "|V5", "<i8"]
STRUCTURED = np.dtype({"names": ["a", "b"], "formats": ["<i2", "<f8"], "offsets": [0, 8],
                       "itemsize": 24})  # fmt: skip


def sample(dtype: str | np.dtype[Any]) -> Bytes:
    return RANDOM.integers(0, 2, 400 * np.dtype(dtype).itemsize, np.uint8)


def of(made: Made, *sizes: int) -> tuple[Block, bytes]:
    body = b"".join(bytes(memoryview(each)) for each in made.bodies)
    parts = tuple((f"part{place}", size) for place, size in enumerate(sizes))
    return Block(0, len(body), made.form, made.coded, parts), body


def decoded(made: Made, *sizes: int, base: Bytes | None = None) -> list[bytes]:
    return [part.tobytes() for part in decode_block(*of(made, *sizes), base)]


@pytest.mark.parametrize("dtype", [*DTYPES, STRUCTURED])
@pytest.mark.parametrize("level", ["fast", "small", "none"])
def test_items_of_every_dtype_come_back_as_parts(dtype: str | np.dtype[Any], level: str) -> None:
    data = sample(dtype)
    made = plain(data, np.dtype(dtype)) if level == "none" else items(data, np.dtype(dtype), level)
    assert made.mappable or level != "none"
    cut = 100 * np.dtype(dtype).itemsize
    assert decoded(made, cut, len(data) - cut) == [data[:cut].tobytes(), data[cut:].tobytes()]


def test_items_are_the_difference_from_a_base_that_may_be_shorter_or_longer() -> None:
    data = (NEAR + 1e-13).view(np.uint8)
    for count in (4_000, 5_000, 6_000):
        base = np.resize(NEAR, count).view(np.uint8)
        base = base[: len(base) - 3 * (count != 5_000)]  # of no whole number of items
        made = items(data, np.dtype("<f8"), "balanced", base)
        assert decoded(made, len(data), base=base) == [data.tobytes()]
        if count >= 5_000:
            assert made.needs_base
            assert sum(len(each) for each in made.bodies) < 0.6 * len(data)


def test_a_base_that_is_nothing_like_it_is_not_needed() -> None:
    base = RANDOM.bytes(40_000)
    made = items(NEAR.view(np.uint8), np.dtype("<f8"), "balanced", np.frombuffer(base, np.uint8))
    assert not made.needs_base


def test_a_text_comes_back_with_and_without_one_before() -> None:
    before = b'{"name": "model", "shape": [1, 2, 3]}' * 50
    after = before.replace(b"2", b"7")
    base = np.frombuffer(before, np.uint8)
    assert not text(after).needs_base
    made = text(after, base)
    assert made.needs_base
    assert decoded(made, len(after), base=base) == [after]
    assert decoded(text(after), 10, len(after) - 10) == [after[:10], after[10:]]


def forest() -> list[Piece]:
    model = RandomForestClassifier(6, random_state=0).fit(*load_iris(return_X_y=True))
    states = [tree.tree_.__getstate__() for tree in model.estimators_]
    return [Piece(s["nodes"], s["values"], (len(s["nodes"]),)) for s in states]


def together(pieces: list[Piece]) -> Piece:
    nodes, values = (np.concatenate([piece[place] for piece in pieces]) for place in (0, 1))
    return Piece(nodes, values, tuple(count for piece in pieces for count in piece.counts))


@pytest.mark.parametrize("grouped", [False, True])
def test_trees_come_back_as_nodes_and_then_values(grouped: bool) -> None:
    single = forest()
    pieces = [together(single[:2]), together(single[2:])] if grouped else single
    arrays = [piece.nodes for piece in pieces] + [piece.values for piece in pieces]
    made = trees(pieces, "balanced")
    assert bool(made.form["counts"]) == grouped
    assert sum(len(each) for each in made.bodies) < sum(each.nbytes for each in arrays) / 4
    assert decoded(made, *(each.nbytes for each in arrays)) == [each.tobytes() for each in arrays]


@pytest.fixture(scope="module", params=["xgboost", "lightgbm"])
def booster(request: pytest.FixtureRequest) -> tuple[Block, bytes, list[bytes]]:
    """A block of the arrays of a booster, its body, and the arrays."""
    library = pytest.importorskip(request.param, reason="its trees have a form of their own")
    X, y = load_iris(return_X_y=True)
    if request.param == "xgboost":
        model = library.XGBRegressor(n_estimators=70, max_depth=2, n_jobs=1).fit(X, y)
    else:
        model = library.LGBMRegressor(n_estimators=70, num_leaves=5, n_jobs=1, verbose=-1).fit(X, y)
    data = archive(model)
    with open_archive(data) as reader:
        spans = [(span, span.digest) for span in cut(reader)]
    (found,) = boosters(spans)
    arrays = columns_of(found, np.frombuffer(data, np.uint8))
    own = [arrays[name] for name in sorted(arrays)]
    block, body = of(columns(arrays, "fast"), *(array.nbytes for array in own))
    assert block.form["kind"] == "columns"
    return block, body, [array.tobytes() for array in own]


def test_the_arrays_of_a_booster_come_back_in_the_order_of_their_names(booster: Any) -> None:
    block, body, arrays = booster
    assert [part.tobytes() for part in decode_block(block, body, None)] == arrays
    assert len(body) < sum(map(len, arrays)) / 2


def test_damaged_arrays_of_a_booster_are_refused_or_of_the_right_size(booster: Any) -> None:
    block, body, arrays = booster
    for place in RANDOM.integers(0, len(body), 200).tolist():
        damaged = bytearray(body)
        damaged[place] ^= int(RANDOM.integers(1, 256))
        with suppress(DamagedStoreError):
            assert list(map(len, decode_block(block, damaged, None))) == list(map(len, arrays))
    told = block.form["columns"]
    for odd in (
        [],
        told[1:],
        [[name, "<f8", count] for name, _, count in told],
        [[name, dtype, count + 1] for name, dtype, count in told],
        [[name, dtype, -count] for name, dtype, count in told],
        [[name, dtype, str(count)] for name, dtype, count in told],
        [[str(place), dtype, count] for place, (_, dtype, count) in enumerate(told)],
        [[[], *rest] for _, *rest in told],
        [*told, ["none", "|V0", 1 << 60]],
        {name: count for name, _, count in told},
        5,
        None,
    ):
        with pytest.raises(DamagedStoreError):
            decode_block(changed(block, columns=odd), body, None)


def changed(block: Block, **form: Any) -> Block:
    told = {key: value for key, value in {**block.form, **form}.items() if value is not ...}
    return Block(0, block.size, told, block.coded, block.parts)


ITEMS, ITEMS_BODY = of(items(NEAR.view(np.uint8), np.dtype("<f8"), "fast"), 40_000)
TEXT, TEXT_BODY = of(text(b"x" * 100), 100)
PIECES = forest()
TREES, TREES_BODY = of(
    trees(PIECES, "fast"), *(p.nodes.nbytes for p in PIECES), *(p.values.nbytes for p in PIECES)
)


@pytest.mark.parametrize(
    ("block", "body"),
    [
        (changed(ITEMS, kind="else"), ITEMS_BODY),
        (changed(ITEMS, kind=...), ITEMS_BODY),
        (changed(ITEMS, more=1), ITEMS_BODY),
        (changed(ITEMS, dtype="<f4"), ITEMS_BODY),
        (changed(ITEMS, dtype="|O"), ITEMS_BODY),
        (changed(ITEMS, dtype="|V0"), ITEMS_BODY),
        (changed(ITEMS, dtype="|V7"), ITEMS_BODY),
        (changed(ITEMS, dtype=None), ITEMS_BODY),
        (changed(ITEMS, dtype={"fields": [[[]]]}), ITEMS_BODY),
        (changed(ITEMS, dtype="<f8", kind=[]), ITEMS_BODY),
        (Block(0, 0, ITEMS.form, {}, ITEMS.parts), ITEMS_BODY),
        (Block(0, 0, ITEMS.form, {**ITEMS.coded, "parent": True}, ITEMS.parts), ITEMS_BODY),
        (Block(0, 0, ITEMS.form, ITEMS.coded, (("a", 39_992),)), ITEMS_BODY),
        (ITEMS, ITEMS_BODY[:-1]),
        (ITEMS, b""),
        (changed(TEXT, dtype="|u1"), TEXT_BODY),
        (Block(0, 0, TEXT.form, TEXT.coded, (("a", 1 << 29),)), TEXT_BODY),
        (TEXT, TEXT_BODY[:-1]),
        (changed(TREES, nodes="<f8"), TREES_BODY),
        (changed(TREES, values="<f4"), TREES_BODY),
        (changed(TREES, tail=[1]), TREES_BODY),
        (changed(TREES, tail=[1, 3, 1]), TREES_BODY),
        (changed(TREES, tail=[1, 1 << 60]), TREES_BODY),
        (changed(TREES, tail=[1, -3]), TREES_BODY),
        (changed(TREES, tail=[1, True]), TREES_BODY),
        (changed(TREES, tail=3), TREES_BODY),
        (changed(TREES, tail=[0, 3]), TREES_BODY),
        (changed(TREES, counts=[1]), TREES_BODY),
        (changed(TREES, counts=[0]), TREES_BODY),
        (changed(TREES, counts=[1 << 70]), TREES_BODY),
        (changed(TREES, counts=5), TREES_BODY),
        (changed(TREES, counts="abc"), TREES_BODY),
        (changed(TREES, tail=...), TREES_BODY),
        (Block(0, 0, TREES.form, TREES.coded, TREES.parts[:-1]), TREES_BODY),
        (Block(0, 0, TREES.form, ITEMS.coded, TREES.parts), TREES_BODY),
    ],
)
def test_what_is_not_what_it_says_is_refused(block: Block, body: bytes) -> None:
    with pytest.raises(DamagedStoreError, match="does not decode"):
        decode_block(block, body, None)
