"""Any damage to an archive is seen, and is an error of ours, never of another package."""

from __future__ import annotations

import copy
from typing import Any

import numpy as np
import pytest
from attacks.forge import array, blueprint, reseal
from hypothesis import given, settings
from hypothesis import strategies as st
from tests.unit.archive.samples import SMALL, WHEN

import holotype
from holotype.digest import canonical_json

ARCHIVE = holotype.dumps(SMALL, created=WHEN, metadata={"a": [1, "x"]}, author="Ada")


def refused(data: bytes) -> None:
    """Neither loaded nor verified, and no foreign error by any way."""
    with pytest.raises(holotype.HolotypeError):
        holotype.loads(data)
    assert not holotype.verify(data)
    for use in (holotype.show, holotype.fingerprint, lambda d: holotype.load(d, verify=False)):
        try:
            use(data)
        except holotype.HolotypeError:
            continue


def test_every_changed_byte_is_seen() -> None:
    for at in range(len(ARCHIVE)):
        damaged = bytearray(ARCHIVE)
        damaged[at] ^= 1 << at % 8
        with pytest.raises(holotype.HolotypeError):
            holotype.loads(bytes(damaged))


def test_every_shorter_file_is_seen() -> None:
    for size in range(len(ARCHIVE)):
        with pytest.raises(holotype.HolotypeError):
            holotype.loads(ARCHIVE[:size])


@given(st.integers(0, len(ARCHIVE) - 1), st.integers(1, 255))
def test_no_changed_byte_raises_a_foreign_error(at: int, change: int) -> None:
    damaged = bytearray(ARCHIVE)
    damaged[at] ^= change
    refused(bytes(damaged))


@given(st.data())
def test_no_moved_removed_or_repeated_piece_raises_a_foreign_error(data: st.DataObject) -> None:
    start = data.draw(st.integers(0, len(ARCHIVE)))
    stop = data.draw(st.integers(start, len(ARCHIVE)))
    to = data.draw(st.integers(0, len(ARCHIVE)))
    piece = ARCHIVE[start:stop]
    for damaged in (
        ARCHIVE[:start] + ARCHIVE[stop:],
        ARCHIVE[:to] + piece + ARCHIVE[to:],
        ARCHIVE[:start] + bytes(stop - start) + ARCHIVE[stop:],
    ):
        if damaged != ARCHIVE:
            refused(damaged)


@given(st.binary(max_size=300))
def test_no_bytes_at_all_raise_a_foreign_error(data: bytes) -> None:
    refused(data)


# -------------------------------------------------------------------- sealed again after the damage

VALUES = {"a": np.arange(40, dtype="<i4"), "b": np.frombuffer(b"x\ny\nz", "u1"), "c": np.eye(3)}
NODES = [array(name, values) for name, values in VALUES.items()]
VOCABULARY = """
float int str bytes complex list tuple set frozenset dict ref array objects object call
name scalar dtype column count value keys values data lengths shapes items args state
pairs separator digest order shape records repeat nan inf 0x20000000000000 C F |u1 <f8 |O
collections.deque collections.OrderedDict functools.partial numpy.log1p builtins.range
datetime.timedelta sklearn.svm.SVC scipy.sparse.csr_matrix fields itemsize aligned
"""
WORDS = st.sampled_from(VOCABULARY.split())
PLAIN = (
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.sampled_from([0, 1, -1, 10**15])
    | st.floats(allow_nan=False, allow_infinity=False)
    | WORDS
    | st.text(max_size=5)
)
ANY = st.recursive(
    PLAIN | st.sampled_from(NODES),
    lambda inner: (
        st.lists(inner, max_size=4)
        | st.dictionaries(WORDS, inner, max_size=4)
        | st.builds(lambda tag, item: {tag: item}, WORDS, inner)
        | st.builds(lambda tag, item: {tag: [item]}, WORDS, inner)
        | st.builds(
            lambda column, data: {"list": {"column": column, "data": data}},
            st.sampled_from(["int", "float", "bool", "scalar", "str", "array", "list"]),
            inner,
        )
        | st.builds(
            lambda key, args, state: {"call": key, "args": args, "state": state},
            WORDS,
            st.lists(inner, max_size=3),
            inner,
        )
    ),
    max_leaves=12,
)


@settings(max_examples=400)
@given(ANY, st.lists(ANY, max_size=3))
def test_no_sealed_blueprint_raises_a_foreign_error(root: Any, shared: list[Any]) -> None:
    """Forms are put together at random from the words of the format, with honest digests."""
    text = canonical_json(blueprint(root, shared))
    used = {name: values for name, values in VALUES.items() if f'"array":"{name}"'.encode() in text}
    data = reseal(text, used)
    for use in (
        holotype.loads,
        holotype.show,
        lambda d: holotype.verify(d).require(),
        lambda d: holotype.load(d, mmap=True, verify=False),
    ):
        try:
            use(data)
        except holotype.HolotypeError:
            continue


CHANGES = st.lists(st.tuples(st.integers(0, 10**6), WORDS | PLAIN), min_size=1, max_size=3)
SOUND = holotype.show(ARCHIVE).blueprint


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every (container, index) in a JSON value."""
    found: list[tuple[Any, Any]] = []
    waiting = [value]
    while waiting:
        here = waiting.pop()
        indices = list(here) if isinstance(here, dict) else range(len(here))
        for index in indices:
            found.append((here, index))
            if isinstance(here[index], (dict, list)):
                waiting.append(here[index])
    return found


@settings(max_examples=400)
@given(CHANGES)
def test_no_change_to_a_sound_blueprint_raises_a_foreign_error(changes: list[Any]) -> None:
    changed = copy.deepcopy(SOUND)
    for where, value in changes:
        spots = places(changed)
        container, index = spots[where % len(spots)]
        container[index] = value
    with_arrays = {
        "weights": SMALL["weights"],
        "columns": SMALL["columns"],
    }
    text = canonical_json(changed)
    data = reseal(text, with_arrays)
    for use in (holotype.loads, holotype.show, lambda d: holotype.verify(d).require()):
        try:
            use(data)
        except holotype.HolotypeError:
            continue
