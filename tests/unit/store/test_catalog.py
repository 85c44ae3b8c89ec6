"""The catalog: where parts are, what objects are made of, and what is believed of packs."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest
from tests.unit.store.stores import MemoryPlace

from holotype.digest import data_digest
from holotype.errors import DamagedStoreError
from holotype.store.catalog import Catalog, check_order
from holotype.store.forms import plain
from holotype.store.packs import Base, Block, Pack, PackWriter, pack_key

DATA = [np.full(100, number, "<i8").view(np.uint8) for number in range(6)]
NAMES = [data_digest(data) for data in DATA]
WHOLE = "sha256:" + "f" * 64


def pack(name: str, *blocks: Block, **objects: tuple[str, ...]) -> Pack:
    return Pack(name, 1, blocks, objects)


def block(*numbers: int, base: int | None = None, depth: int = 0) -> Block:
    parts = tuple((NAMES[number], 800) for number in numbers)
    told = None if base is None else Base(0, (NAMES[base],))
    return Block(0, 0, {"kind": "items", "dtype": "<i8"}, {}, parts, told, depth)


def catalog(*packs: Pack) -> Catalog:
    made = Catalog(MemoryPlace())
    for each in packs:
        made.add(each)
    return made


def store(place: MemoryPlace, *numbers: int) -> str:
    """A pack in a place."""
    writer = PackWriter()
    try:
        for number in numbers:
            made: Any = plain(DATA[number], np.dtype("<i8"))
            parts = ((NAMES[number], 800),)
            writer.add(Block(0, 0, made.form, made.coded, parts), made.bodies)
        return writer.finish(place).name
    finally:
        writer.close()


def test_a_part_is_where_a_block_has_it() -> None:
    found = catalog(pack("p", block(0), block(1, 2)))
    where = found.where(NAMES[2])
    assert where is not None
    assert (where.pack, where.number, where.part, where.size) == ("p", 1, 1, 800)
    assert found.where(NAMES[3]) is None
    assert found.parts(NAMES[2]) == (NAMES[2],)
    assert found.parts(NAMES[3]) is None


def test_an_object_is_known_when_all_of_its_parts_are() -> None:
    found = catalog(pack("p", block(0), **{WHOLE: (NAMES[0], NAMES[1])}))
    assert found.parts(WHOLE) is None
    with pytest.raises(DamagedStoreError, match="has lost") as caught:
        found.places(WHOLE)
    assert caught.value.keys == (WHOLE,)
    found.add(pack("q", block(1)))
    assert found.parts(WHOLE) == (NAMES[0], NAMES[1])
    assert [where.pack for where in found.places(WHOLE)] == ["p", "q"]


def test_of_two_ways_to_make_an_object_the_one_that_is_there_is_taken() -> None:
    found = catalog(
        pack("p", **{WHOLE: (NAMES[0], NAMES[1])}), pack("q", block(2), **{WHOLE: (NAMES[2],)})
    )
    assert found.parts(WHOLE) == (NAMES[2],)


def test_a_part_is_taken_from_where_fewest_come_before_it() -> None:
    deep, flat = block(0, base=1, depth=3), block(0)
    for packs in ((pack("p", deep), pack("q", flat)), (pack("q", flat), pack("p", deep))):
        where = catalog(*packs).where(NAMES[0])
        assert where is not None
        assert where.pack == "q"


def test_what_an_object_needs_goes_back_along_differences() -> None:
    found = catalog(
        pack("p", block(0), block(5)),
        pack("q", block(1, base=0, depth=1)),
        pack("r", block(2, base=1, depth=2), block(3), **{WHOLE: (NAMES[2], NAMES[3])}),
    )
    assert found.needed([WHOLE]) == {("p", 0), ("q", 0), ("r", 0), ("r", 1)}
    assert found.needed([NAMES[5]]) == {("p", 1)}


@pytest.mark.parametrize("depths", [(1, 1), (1, 2), (2, 2)])
def test_a_circle_of_differences_is_refused(depths: tuple[int, int]) -> None:
    first = block(0, base=1, depth=depths[0])
    second = block(1, base=0, depth=depths[1])
    found = catalog(pack("p", first), pack("q", second))
    with pytest.raises(DamagedStoreError, match="difference from what comes after"):
        found.needed([NAMES[0]])
    where = found.where(NAMES[0])
    assert where is not None
    with pytest.raises(DamagedStoreError):
        check_order(found, where)


def test_a_difference_from_what_is_lost_is_lost() -> None:
    with pytest.raises(DamagedStoreError, match="has lost"):
        catalog(pack("p", block(0, base=1, depth=1))).needed([NAMES[0]])


def test_refresh_knows_what_is_there_now_and_nothing_else() -> None:
    place = MemoryPlace()
    one, two, three = store(place, 0, 1), store(place, 1, 2), store(place, 3)
    found = Catalog(place)
    found.refresh(without=[three])
    assert found.packs.keys() == {one, two}
    found.refresh()
    assert found.packs.keys() == {one, two}  # what is to be avoided stays avoided
    place.delete(pack_key(one))
    found.refresh()
    assert found.where(NAMES[0]) is None
    where = found.where(NAMES[1])
    assert where is not None
    assert where.pack == two


def test_a_fork_learns_nothing_from_the_other() -> None:
    place = MemoryPlace()
    one = store(place, 0)
    found = Catalog(place)
    found.refresh()
    other = found.fork()
    two = store(place, 1)
    other.refresh()
    assert other.packs.keys() == {one, two}
    assert found.packs.keys() == {one}
    assert found.where(NAMES[1]) is None


def test_packs_that_are_damaged_are_named_where_something_is_missing() -> None:
    place = MemoryPlace()
    whole, broken = store(place, 0), store(place, 1)
    place.write(pack_key(broken), place.read(pack_key(broken))[:-1])
    found = Catalog(place)
    found.read([whole, broken, "0" * 64])
    assert found.packs.keys() == {whole}
    assert found.where(NAMES[0]) is not None
    with pytest.raises(DamagedStoreError) as caught:
        found.places(NAMES[1])
    assert pack_key(broken) in caught.value.keys
    assert broken in str(caught.value)


def test_reading_what_is_known_reads_nothing() -> None:
    place = MemoryPlace()
    name = store(place, 0)
    found = Catalog(place)
    found.read([name])
    place.content.clear()
    found.read([name, name])
    assert found.where(NAMES[0]) is not None
