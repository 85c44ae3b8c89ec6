"""What was taken apart elsewhere is written as if it were alive."""

from __future__ import annotations

from typing import Any

import msgspec
from tests.memory import round_trip
from tests.unit.graph.things import TABLE, Box, Pair

from holotype.graph.encode import encode
from holotype.graph.specimen import Named, Specimen
from holotype.graph.table import Entry, Reduced


def entry_of(cls: type) -> Entry:
    found = TABLE.entry_of(cls)
    assert found is not None
    return found


def written(obj: Any) -> Any:
    return msgspec.json.decode(encode(obj, TABLE).to_json())


def test_a_specimen_is_written_as_the_live_object_is() -> None:
    specimen = Specimen(entry_of(Box), Reduced((), {"a": 1, "b": [2.5]}))
    assert written(specimen) == written(Box(a=1, b=[2.5]))
    assert round_trip(Box(a=1, b=[2.5]), TABLE).b == [2.5]


def test_a_class_is_written_by_the_key_of_its_entry() -> None:
    assert written([Named(entry_of(Box))]) == written([Box])


def test_the_parts_of_a_specimen_may_lead_back_to_it() -> None:
    specimen = Specimen(entry_of(Box))
    specimen.reduced = Reduced((), {"own": [specimen]})
    box = Box()
    box.own = [box]
    assert written(specimen) == written(box)


def test_specimens_of_two_types_are_two_columns_of_nothing() -> None:
    boxes = [Box(a=i) for i in range(40)]
    specimens = [Specimen(entry_of(Box), Reduced((), {"a": i})) for i in range(40)]
    assert written(specimens) == written(boxes)
    mixed = [*specimens[:39], Specimen(entry_of(Pair), Reduced((1, 2)))]
    assert "column" not in written(mixed)["root"]["list"]
