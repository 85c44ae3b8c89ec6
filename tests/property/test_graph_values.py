"""Arbitrary plain values go into a blueprint and come back the same, to the bit and to the type."""

from __future__ import annotations

import contextlib
import copy
import math
import struct
from typing import Any

import numpy as np
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp
from tests.memory import Stored, round_trip, store

from holotype.errors import HolotypeError

# -- values ------------------------------------------------------------------------------------

TEXTS = st.text(st.characters(codec=None, exclude_categories=()), max_size=8)
INTS = st.integers() | st.integers(-130, 130) | st.sampled_from([2**53, -(2**53), 2**63, 2**63 - 1])
FLOATS = st.floats() | st.sampled_from([-0.0, math.nan, math.inf])
COMPLEX = st.builds(complex, FLOATS, FLOATS)
BYTES = st.binary(max_size=8) | st.binary(min_size=60, max_size=70)
SCALARS = st.one_of(
    hnp.from_dtype(np.dtype("f4")),
    hnp.from_dtype(np.dtype("i8")),
    hnp.from_dtype(np.dtype("?")),
    hnp.from_dtype(np.dtype("M8[s]")),
    st.binary(max_size=4).map(np.bytes_),
    TEXTS.map(np.str_),
)
ATOMS = st.none() | st.booleans() | INTS | FLOATS | TEXTS
VALUES = ATOMS | COMPLEX | BYTES | SCALARS
HASHABLE = st.recursive(
    VALUES.filter(lambda value: value == value),
    lambda inner: st.lists(inner, max_size=3).map(tuple) | st.frozensets(inner, max_size=3),
    max_leaves=4,
)
SET_ITEMS = st.recursive(
    st.none() | st.booleans() | INTS | TEXTS | BYTES,
    lambda inner: st.lists(inner, max_size=2).map(frozenset),
    max_leaves=4,
)
DTYPES = st.sampled_from(
    ["f8", "<f4", ">f4", "f2", "i1", ">i4", "u8", "?", "c8", "S3", "U2", "M8[D]"]
)
ARRAYS = DTYPES.flatmap(
    lambda dtype: hnp.arrays(
        dtype, hnp.array_shapes(min_dims=0, max_dims=3, min_side=0, max_side=4)
    )
)
TURNED = ARRAYS.map(lambda array: np.asfortranarray(array) if array.ndim else array)


def long(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """Sequences that are long enough to become columns, mostly of one type."""
    return st.lists(inner, min_size=30, max_size=40)


def nested(inner: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    return st.one_of(
        st.lists(inner, max_size=4),
        st.lists(inner, max_size=4).map(tuple),
        st.dictionaries(HASHABLE, inner, max_size=4),
        st.sets(SET_ITEMS, max_size=4),
        st.frozensets(SET_ITEMS, max_size=4),
    )


TREES = st.recursive(VALUES | ARRAYS | TURNED, nested, max_leaves=12)
COLUMNS = st.one_of(
    *map(long, (INTS, st.integers(-5, 5), FLOATS, TEXTS, BYTES, st.booleans(), st.none(), ATOMS)),
    long(hnp.from_dtype(np.dtype("f4"))),
    long(COMPLEX),
    long(st.lists(INTS, max_size=3)),
    long(hnp.arrays("i2", hnp.array_shapes(min_dims=1, max_dims=2, min_side=0, max_side=3))),
    st.dictionaries(TEXTS | INTS, ATOMS, min_size=30, max_size=40),
    st.sets(TEXTS, min_size=30, max_size=40),
    st.frozensets(INTS, min_size=30, max_size=40),
)

# -- sameness ----------------------------------------------------------------------------------


def form(value: Any) -> Any:
    """A value that equals another's exactly where both are the same to the bit and to the type."""
    kind = type(value)
    if kind is float:
        # NaNs have no payload: which one it was is not kept where it stands alone.
        return kind, "nan" if value != value else struct.pack("<d", value)
    if kind is complex:
        return kind, form(value.real), form(value.imag)
    if kind in (list, tuple):
        return kind, [form(item) for item in value]
    if kind in (set, frozenset):
        return kind, sorted(repr(form(item)) for item in value)
    if kind is dict:
        return kind, [(form(key), form(item)) for key, item in value.items()]
    if isinstance(value, np.ndarray):
        order = value.flags.c_contiguous, value.flags.f_contiguous
        return kind, value.dtype.str, value.shape, order, value.tobytes()
    if isinstance(value, (np.str_, np.bytes_)):
        return kind, value[:], len(value)
    if isinstance(value, np.generic):
        return kind, value.dtype.str, "nan" if value != value else value.tobytes()
    return kind, value


@given(TREES)
def test_a_value_comes_back_the_same(value: Any) -> None:
    assert form(round_trip(value)) == form(value)


@given(COLUMNS)
@settings(max_examples=60, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
def test_a_long_sequence_comes_back_the_same(value: Any) -> None:
    assert form(round_trip(value)) == form(value)


@given(st.lists(ATOMS, max_size=40), st.integers(0, 3))
@settings(max_examples=50)
def test_dict_keys_are_told_apart_by_type(keys: list[Any], shift: int) -> None:
    more = [True, "1", 1.5, "True", None, "None", (1,), b"1"]
    mapping = {key: index for index, key in enumerate([*keys, *more][shift:])}
    back = round_trip(mapping)
    assert [type(key) for key in back] == [type(key) for key in mapping]
    assert form(back) == form(mapping)


def test_one_and_true_are_different_keys_of_different_dicts() -> None:
    for key in (1, True, 1.0, "1"):
        assert [type(each) for each in round_trip({key: 0})] == [type(key)]


# -- sharing and cycles ------------------------------------------------------------------------


def edges(value: Any) -> list[Any]:
    """The graph of containers below ``value``: each once, with the numbers of what it holds."""
    numbers: dict[int, int] = {}
    graph: list[Any] = []
    waiting = [value]
    while waiting:
        item = waiting.pop()
        if id(item) in numbers:
            continue
        numbers[id(item)] = len(graph)
        children = list(item.values()) if type(item) is dict else list(item)
        graph.append((type(item), item, children))
        waiting.extend(child for child in children if isinstance(child, (list, tuple, dict)))
    return [
        (kind, [numbers[id(each)] if is_box(each) else form(each) for each in children])
        for kind, _, children in graph
    ]


def is_box(value: Any) -> bool:
    # Small tuples of plain values have no identity: see SPEC.
    return isinstance(value, (list, dict)) or (isinstance(value, tuple) and any(map(is_box, value)))


@st.composite
def graphs(draw: st.DrawFn) -> Any:
    """Lists, dicts and tuples that refer to each other, back and forth, in every way."""
    count = draw(st.integers(2, 6))
    boxes: list[Any] = [draw(st.sampled_from([list, dict]))() for _ in range(count)]
    for _ in range(draw(st.integers(0, 3))):
        picked = draw(st.lists(st.sampled_from(boxes), min_size=1, max_size=3))
        boxes.append((*picked, draw(st.integers(0, 9))))
    if draw(st.booleans()):  # a long list, whose elements may be met elsewhere
        boxes.append([[draw(st.integers(0, 1)), number] for number in range(40)])
        boxes.extend(boxes[-1][:2])
    for box in boxes[:count]:
        for child in draw(st.lists(st.sampled_from(boxes), max_size=4)):
            if type(box) is list:
                box.append(child)
            else:
                box[len(box)] = child
    return boxes


@given(graphs())
@settings(max_examples=150)
def test_sharing_and_cycles_come_back_the_same(boxes: Any) -> None:
    assert edges(round_trip(boxes)) == edges(boxes)


@given(graphs(), st.data())
@settings(max_examples=50)
def test_any_box_may_be_the_root(boxes: Any, data: st.DataObject) -> None:
    box = data.draw(st.sampled_from(boxes))
    assert edges(round_trip(box)) == edges(box)


@given(ARRAYS)
def test_an_array_that_is_met_twice_comes_back_as_one(array: Any) -> None:
    first, second, other = round_trip([array, array, array.copy()])
    assert first is second
    assert first is not other
    assert form(first) == form(other)


# -- hostile blueprints ------------------------------------------------------------------------

masked: Any = np.ma.array
SAMPLES: list[Any] = [
    [1, "a", b"x", None, True, 2.5, math.nan, 2**70, 1j, "\ud800", b"y" * 80],
    {"a": (1, [2]), 1: {2, 3}, None: frozenset("ab"), (1, 2): -0.0},
    [list(range(40)), ["x"] * 40, [str(i) for i in range(40)], [0.5] * 40, [b"z"] * 40],
    [[[i] for i in range(40)], [np.arange(i) for i in range(40)], {i: i for i in range(40)}],
    [np.eye(3), np.asfortranarray(np.eye(3)), np.array([None, "a"]), np.float32(1), np.dtype("f8")],
    [np.zeros(2, [("a", "i4"), ("b", "U2")]), np.str_("é"), np.datetime64("2020-01-01"), int],
    [
        slice(1, 2),
        range(3),
        bytearray(b"abc"),
        np.random.PCG64(1),
        masked([1, 2], mask=[0, 1]),
    ],
]
STORED = [store(sample) for sample in SAMPLES]
SPARE: list[Any] = [None, True, 0, -1, 7, 2**60, 1.5, "", "a", "|u1", "<U9", [], {}, [[]], [1, 2]]
SPARE += [{"ref": 0}, {"list": []}, {"tuple": [1]}, {"name": "builtins.len"}, {"float": "nan"}]


def places(value: Any) -> list[tuple[Any, Any]]:
    """Every container below a JSON value with every key or index in it."""
    keys = list(value) if isinstance(value, dict) else range(len(value))
    inner = [p for key in keys if isinstance(value[key], (dict, list)) for p in places(value[key])]
    return [*((value, key) for key in keys), *inner]


@given(st.sampled_from(STORED), st.data())
@settings(max_examples=600)
def test_a_blueprint_that_was_tampered_with_is_refused_or_harmless(
    stored: Stored, data: st.DataObject
) -> None:
    value = copy.deepcopy(stored.value)
    for _ in range(data.draw(st.integers(1, 3))):
        found = places(value)
        if not found:
            break
        container, key = data.draw(st.sampled_from(found))
        action = data.draw(st.sampled_from(["replace", "delete", "move", "rename"]))
        if action == "replace":
            container[key] = copy.deepcopy(data.draw(st.sampled_from(SPARE)))
        elif action == "delete":
            del container[key]
        elif action == "move":
            donor, name = data.draw(st.sampled_from(found))
            container[key] = copy.deepcopy(donor.get(name) if type(donor) is dict else SPARE[0])
        elif isinstance(container, dict):
            container[data.draw(st.sampled_from(["items", "pairs", "state", "x"]))] = container[key]
    with contextlib.suppress(HolotypeError):  # and no other error
        Stored(value, stored.data).load()
