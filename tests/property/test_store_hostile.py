"""Whatever stands in a store or a compressed archive gives the right model or an error."""

from __future__ import annotations

import hashlib
import json
import struct
import tracemalloc
from collections.abc import Callable
from contextlib import suppress
from functools import cache
from typing import Any

import numpy as np
import zstandard
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.datasets import load_iris
from sklearn.ensemble import GradientBoostingClassifier
from tests.unit.store.stores import MemoryPlace, archive, new_vault, push

import holotype
from holotype.errors import HolotypeError
from holotype.store.packs import pack_key
from holotype.store.recipes import make_recipe, read_recipe
from holotype.store.texts import zip_text

MOST = 64 << 20  # bytes of memory; the model has less than one megabyte

scalars = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 300),
    st.sampled_from([1 << 29, 1 << 31, 1 << 40, 1 << 63, 1 << 70, -(1 << 63)]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=5),
    st.sampled_from(["items", "trees", "text", "raw", "planes", "|O", "<f8", "<f4", "|V70000"]),
)
values = st.recursive(
    scalars,
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=3), inner),
    max_leaves=4,
)


@st.composite
def changes(draw: st.DrawFn) -> Callable[[Any], Any]:
    """A change of a value of JSON, somewhere inside."""
    path = draw(st.lists(st.integers(0, 1 << 16), min_size=1, max_size=8))
    what = draw(st.sampled_from(["replace", "remove", "repeat", "exchange", "nudge"]))
    new = draw(values)

    def change(value: Any) -> Any:
        where, key = _inside(value, path)
        if where is None:
            return new
        if what == "replace":
            where[key] = new
        elif what == "remove":
            del where[key]
        elif what == "repeat" and isinstance(where, list):
            where.insert(key, where[key])
        elif what == "exchange" and isinstance(where, list):
            other = path[-1] % len(where)
            where[key], where[other] = where[other], where[key]
        elif what == "nudge" and type(where[key]) is int:
            where[key] += path[-1] % 131 - 65
        return value

    return change


def _inside(value: Any, path: list[int]) -> tuple[Any, Any]:
    where: Any = None
    key: Any = None
    for step in path:
        if not isinstance(value, (dict, list)) or not value:
            break
        where, key = (
            value,
            (sorted(value) if isinstance(value, dict) else range(len(value)))[step % len(value)],
        )
        value = value[key]
    return where, key


def bounded(work: Callable[[], None]) -> None:
    """Do it, which may take an error of ours, and not much memory."""
    tracemalloc.start()
    try:
        with suppress(HolotypeError):
            work()
        assert tracemalloc.get_traced_memory()[1] < MOST
    finally:
        tracemalloc.stop()


@cache
def compressed(tmp: str) -> tuple[bytes, str]:
    """A compressed archive of trees, numbers, small arrays and texts; its fingerprint."""
    trees = GradientBoostingClassifier(n_estimators=30, random_state=0)
    model = {
        "trees": trees.fit(*load_iris(return_X_y=True)),
        "numbers": np.arange(20_000),
        "floats": np.random.default_rng(0).standard_normal(10_000).astype("<f4"),
        "small": [np.arange(50.0) + n for n in range(5)],
    }
    data = archive(model)
    holotype.compress(data, tmp)
    with open(tmp, "rb") as file:
        return file.read(), holotype.fingerprint(data)


def taken_apart(data: bytes) -> tuple[bytes, Any]:
    offset, stored, _, _, _ = struct.unpack("<QQQ32s8s", data[-64:])
    text = zstandard.ZstdDecompressor().decompress(data[offset : offset + stored])
    return data[:offset], json.loads(text)


def put_together(bodies: bytes, index: Any) -> bytes:
    text = json.dumps(index).encode()
    told = zip_text(text)
    digest = hashlib.sha256(told).digest()
    return (
        bodies
        + told
        + struct.pack("<QQQ32s8s", len(bodies), len(told), len(text), digest, b"holopack")
    )


@given(changed=st.lists(changes(), min_size=1, max_size=3))
@settings(max_examples=100, deadline=None)
def test_an_index_that_says_something_else(
    changed: list[Callable[[Any], Any]], tmp_path_factory: Any
) -> None:
    data, fingerprint = compressed(str(tmp_path_factory.getbasetemp() / "c"))
    bodies, index = taken_apart(data)
    for change in changed:
        index = change(index)
    forged = put_together(bodies, index)

    def work() -> None:
        assert holotype.fingerprint(holotype.loads(forged, check="none")) == fingerprint

    bounded(work)


@given(
    flips=st.lists(
        st.tuples(st.floats(0, 1, exclude_max=True), st.integers(1, 255)), min_size=1, max_size=4
    )
)
@settings(max_examples=60, deadline=None)
def test_changed_bytes_anywhere(flips: list[tuple[float, int]], tmp_path_factory: Any) -> None:
    data, fingerprint = compressed(str(tmp_path_factory.getbasetemp() / "c"))
    damaged = bytearray(data)
    for share, bits in flips:
        damaged[int(share * len(data))] ^= bits

    def work() -> None:
        assert holotype.fingerprint(holotype.loads(bytes(damaged), check="none")) == fingerprint

    bounded(work)


@cache
def filled() -> tuple[dict[str, Any], list[tuple[str, str]]]:
    """A place with two versions, of which one is a difference, and their fingerprints."""
    place = MemoryPlace()
    vault = new_vault(place)
    weights = np.random.default_rng(0).standard_normal(20_000)
    told = []
    for step in range(2):
        version = push(vault, "m", archive({"w": weights + step * 1e-13, "n": np.arange(99)}))
        vault.tag(str(version), f"t{step}")
        told.append((str(version), version.fingerprint))
    return place.content, told


def look_at_all(place: MemoryPlace, told: list[tuple[str, str]]) -> None:
    vault = new_vault(place)
    for spec, fingerprint in told:
        with suppress(HolotypeError), vault.opened(spec) as found:
            assert holotype.fingerprint(bytes(_whole(found))) == fingerprint
    for work in (vault.entries, vault.versions, vault.tags, vault.usage):
        with suppress(HolotypeError):
            work()


def _whole(found: Any) -> memoryview:
    found.complete()
    view: memoryview = found.view
    return view


@given(number=st.integers(0, 1 << 16), change=changes(), swap=st.booleans())
@settings(max_examples=80, deadline=None)
def test_records_that_say_something_else(
    number: int, change: Callable[[Any], Any], swap: bool
) -> None:
    content, told = filled()
    place = MemoryPlace()
    place.content.update(content)
    records = sorted(key for key in content if key.endswith(".json"))
    key = records[number % len(records)]
    data, time = content[key]
    if swap:
        data = content[records[(number >> 8) % len(records)]][0]
    else:
        data = json.dumps(change(json.loads(data))).encode()
    place.content[key] = (data, time)
    bounded(lambda: look_at_all(place, told))


@given(number=st.integers(0, 1 << 16), changed=st.lists(changes(), min_size=1, max_size=2))
@settings(max_examples=60, deadline=None)
def test_packs_of_a_store_that_say_something_else(
    number: int, changed: list[Callable[[Any], Any]]
) -> None:
    content, told = filled()
    place = MemoryPlace()
    place.content.update(content)
    packs = sorted(key for key in content if key.startswith("packs/"))
    key = packs[number % len(packs)]
    data, time = content[key]
    bodies, index = taken_apart(data)
    for change in changed:
        index = change(index)
    place.content[key] = (put_together(bodies, index), time)
    assert key == pack_key(key.rpartition("/")[2])
    bounded(lambda: look_at_all(place, told))


FILE = bytes(range(200)) * 5
RECIPE = make_recipe(
    memoryview(FILE), [("sha256:" + c * 64, 100 + 200 * n, 90) for n, c in enumerate("abc")]
)


@given(change=changes(), cut=st.integers(-5, 5))
@settings(max_examples=150, deadline=None)
def test_recipes_that_say_something_else(change: Callable[[Any], Any], cut: int) -> None:
    (length,) = struct.unpack_from("<Q", RECIPE)
    head = json.dumps(change(json.loads(RECIPE[8 : 8 + length]))).encode()
    rest = RECIPE[8 + length :]
    data = struct.pack("<Q", len(head)) + head + (rest[:cut] if cut < 0 else rest + bytes(cut))

    def work() -> None:
        found = read_recipe(data, len(FILE))
        spans = sorted(
            [(offset, size) for _, offset, size in found.objects]
            + [(offset, len(part)) for offset, part in found.rest]
        )
        position = 0
        for offset, size in spans:  # each byte of the file comes from one place
            assert (offset, size > 0) == (position, True)
            position += size
        assert position == len(FILE)

    bounded(work)
