"""Validators see plain data; what is absent or of another kind is an error with its place."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import pytest
from tests.memory import Stored
from tests.memory import store as store_with
from tests.unit.graph.things import TABLE, Box, Fixed, Pair, Point, entry

from holotype.digest import data_digest
from holotype.errors import InvalidStateError
from holotype.graph.parse import parse_blueprint
from holotype.graph.shadow import ABSENT, Named, Shadow, audit, stacked
from holotype.types import builtins, numpy
from holotype.types.table import TypeTable


class Looking:
    """A table whose validators keep what they see, or do what they are told."""

    def __init__(self, *, together: bool = False, alone: bool = True) -> None:
        self.seen: list[Shadow] = []
        self.all: list[Sequence[Shadow]] = []
        self.act: Callable[[Shadow], Any] = self.seen.append
        how: dict[str, Any] = {"check": self._check} if alone else {}
        if together:
            how["check_all"] = self.all.append
        self.table = TypeTable(
            [
                entry("Box", "object", **how),
                entry("Point", "call", own_setstate=True, **how),
                entry("Pair", "call", **how),
                entry("Fixed", "call", reduce=_take, build=_make, setstate=_set, **how),
                *builtins.entries(),
                *numpy.entries(),
            ]
        )

    def _check(self, shadow: Shadow) -> None:
        self.act(shadow)

    def audit(self, stored: Stored) -> list[Shadow]:
        stored = Stored(stored.value, stored.data, self.table)
        blueprint = parse_blueprint(stored.json, self.table, stored=1 << 20)
        audit(blueprint, stored)
        return self.seen


def _take(obj: Any) -> Any:
    found = TABLE.entry("things.Fixed")
    assert found is not None
    assert found.reduce is not None
    return found.reduce(obj)


def _make(cls: Any, args: Any) -> Any:
    return cls(*args)


def _set(obj: Any, state: Any) -> None:
    obj.extra = state


def look(obj: Any) -> Shadow:
    """The shadow of the outermost object, which is checked last."""
    looking = Looking()
    return looking.audit(store_with(obj, looking.table))[-1]


def raw(root: Any, *shared: Any, **arrays: Any) -> Stored:
    data = {name: array.tobytes() for name, array in arrays.items()}
    return Stored({"format": 1, "root": root, "shared": list(shared)}, data)


def array(name: str, value: Any) -> dict[str, Any]:
    node = {"array": name, "dtype": value.dtype.str, "order": "C", "shape": list(value.shape)}
    return {**node, "digest": data_digest(value.tobytes())}


# -- reading -----------------------------------------------------------------------------------

PLAIN: dict[str, Any] = {
    "number": 5,
    "large": 2**70,
    "real": 1.5,
    "nan": float("inf"),
    "yes": True,
    "text": "é",
    "none": None,
    "raw": b"ab",
    "long": b"x" * 99,
    "complex": 1j,
    "list": [1, [2]],
    "tuple": (1, [2]),
    "set": {1},
    "dict": {"a": 1, 2: [3]},
    "scalar": np.int8(7),
    "dtype": np.dtype("f4"),
    "ints": list(range(40)),
    "floats": [0.5] * 40,
    "texts": [str(i) for i in range(40)],
    "same": ["a"] * 40,
    "bytes": [bytes([i]) for i in range(40)],
    "scalars": [np.float32(i) for i in range(40)],
    "lists": [[i] * (i % 3) for i in range(40)],
    "words": {f"w{i}": i for i in range(40)},
}


def test_plain_values_are_seen_as_they_are() -> None:
    shadow = look(Box(**PLAIN))
    assert shadow.key == "things.Box"
    assert shadow.path == "root"
    assert shadow.names() == sorted(PLAIN)
    for name, value in PLAIN.items():
        seen = shadow.get(name)
        assert seen == (tuple(value) if name == "set" else value), name
        assert shadow.has(name)
    assert shadow.get("other") is ABSENT
    assert not shadow.has("other")
    assert repr(ABSENT) == "ABSENT"
    assert type(shadow.get("scalars")[0]) is np.float32


def test_arrays_are_seen_and_cannot_be_changed_through_the_source() -> None:
    shadow = look(
        Box(a=np.eye(2), o=np.array([[1, "a"], [None, 2]], order="F"), e=np.zeros((0, 2)))
    )
    assert shadow.array("a", ndim=2, kind="f", dtype="<f8").tolist() == np.eye(2).tolist()
    assert shadow.get("o").tolist() == [[1, "a"], [None, 2]]
    assert shadow.array("e").shape == (0, 2)
    joined = look(Box(a=[np.arange(i) for i in range(40)])).get("a")
    assert [part.tolist() for part in joined] == [list(range(i)) for i in range(40)]


def test_names_and_objects_are_seen_by_their_keys() -> None:
    shadow = look(
        Box(kind=int, inner=Box(a=1), pair=Pair(1, [2]), boxes=[Box(a=i) for i in range(40)])
    )
    named = shadow.get("kind")
    assert named == Named("builtins.int")
    assert named != Named("builtins.str")
    assert named != "builtins.int"
    assert len({named, Named("builtins.int")}) == 1
    assert shadow.child("inner").get("a") == 1
    assert shadow.child("inner", "things.Box").path == "root.inner"
    assert shadow.child("pair", "things.Box", "things.Pair").args(2) == [1, [2]]
    boxes = shadow.get("boxes")
    assert [box.get("a") for box in boxes] == list(range(40))
    assert boxes[3].path == "root.boxes[3]"


def test_calls_are_seen_with_arguments_and_state() -> None:
    point = Point(1, [2])
    shadow = look(point)
    assert shadow.args(2) == shadow.args(1, 3) == [1, [2]]
    assert (shadow.arg(0), shadow.arg(1), shadow.arg(2)) == (1, [2], ABSENT)
    assert shadow.arg_count() == 2
    assert shadow.state() is ABSENT
    assert shadow.names() == []
    point.extra = (1, "a")
    assert look(point).state() == (1, "a")
    fixed = Fixed(1)
    fixed.extra = [2]
    shadow = look(fixed)
    assert shadow.state() == {"extra": [2]}
    assert (shadow.names(), shadow.get("extra")) == (["extra"], [2])


def test_a_state_that_is_a_dict_of_something_else_is_one_value() -> None:
    for state in ({1: 2}, {"a": 1, "b": [{}]} | {str(i): i for i in range(40)}):
        point = Point(1)
        point.extra = state
        assert look(point).state() == state


def test_references_are_followed_and_looked_into_once() -> None:
    shared = [1, 2]
    shadow = look(Box(a=shared, b=[shared, shared]))
    assert shadow.get("a") is shadow.get("b")[0] is shadow.get("b")[1]
    bomb: Any = ["boom"]
    for _ in range(60):
        bomb = [bomb, bomb]
    seen = look(Box(bomb=bomb)).get("bomb")
    for _ in range(60):
        seen = seen[1]
    assert seen == ["boom"]


def test_records_are_seen_one_by_one() -> None:
    fixed = [Fixed([i]) for i in range(40)]
    for each in fixed:
        each.extra = {"k": each.value}
    looking = Looking()
    seen = looking.audit(store_with(fixed, looking.table))
    assert [shadow.arg(0) for shadow in seen] == [[i] for i in range(40)]
    assert [shadow.get("extra") for shadow in seen] == [{"k": [i]} for i in range(40)]
    assert seen[7].path == "root[7]"
    assert seen[7].state() == {"extra": {"k": [7]}}


def test_an_object_has_one_shadow_whoever_looks_at_it() -> None:
    met: list[Any] = []
    looking = Looking()
    looking.act = lambda shadow: met.append((shadow, shadow.get("boxes"), shadow.get("inner")))
    looking.audit(store_with(Box(boxes=[Box(a=i) for i in range(40)], inner=Box()), looking.table))
    outer, boxes, inner = met[-1]
    assert outer.key == "things.Box"
    assert [each for each, _, _ in met[-42:-1] if each is not inner] == boxes


def test_validators_of_many_get_all_at_once() -> None:
    looking = Looking(together=True, alone=False)
    looking.audit(store_with([Box(a=i) for i in range(40)], looking.table))
    assert (list(map(len, looking.all)), looking.seen) == ([40], [])
    looking = Looking(together=True)
    looking.audit(store_with([Box(a=i) for i in range(40)], looking.table))
    looking.audit(store_with(Box(a=1), looking.table))
    assert list(map(len, looking.all)) == [40, 1]
    assert len(looking.seen) == 41


# -- demands -----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "demand",
    [
        lambda s: s.array("number"),
        lambda s: s.array("other"),
        lambda s: s.array("matrix", ndim=1),
        lambda s: s.array("matrix", kind="iu"),
        lambda s: s.array("matrix", dtype="<f4"),
        lambda s: s.integer("text"),
        lambda s: s.integer("yes"),
        lambda s: s.integer("real"),
        lambda s: s.integer("number", 6),
        lambda s: s.integer("number", 0, 4),
        lambda s: s.text("number"),
        lambda s: s.text("other"),
        lambda s: s.child("number"),
        lambda s: s.child("inner", "things.Pair"),
        lambda s: s.args(1),
    ],
)
def test_a_demand_that_is_not_met_names_object_and_place(demand: Callable[[Shadow], Any]) -> None:
    inside = Box(number=5, yes=True, real=1.5, text="a", matrix=np.eye(2), inner=Box())
    shadow = look(Box(model=inside)).child("model")
    with pytest.raises(InvalidStateError, match=r"^root\.model: things\.Box: "):
        demand(shadow)


def test_a_demand_that_is_met_returns_the_value() -> None:
    shadow = look(Box(number=np.int8(5), text="a", matrix=np.eye(2)))
    assert shadow.integer("number", 5, 5) == 5
    assert type(shadow.integer("number")) is int
    assert shadow.text("text") == "a"
    assert shadow.array("matrix").shape == (2, 2)


# -- what cannot be looked into ----------------------------------------------------------------


def refused(stored: Stored, look_at: Callable[[Shadow], Any]) -> str:
    looking = Looking()
    looking.act = look_at
    with pytest.raises(InvalidStateError) as caught:
        looking.audit(stored)
    return str(caught.value)


def box(node: Any) -> Any:
    return {"object": "things.Box", "state": {"a": node}}


def read(shadow: Shadow) -> Any:
    return shadow.get("a")


def test_containers_that_contain_themselves_are_not_looked_into() -> None:
    lengths = np.array([1], "<i1")
    column = {"column": "list", "items": [{"ref": 0}], "lengths": array("n", lengths)}
    for node in (
        {"list": [{"ref": 0}]},
        {"dict": [["a", {"ref": 0}]]},
        {"objects": [{"ref": 0}], "order": "C", "shape": [1]},
        {"list": column},
    ):
        stored = raw(box({"ref": 0}), node, n=lengths)
        assert "contains itself" in refused(stored, read)


def test_contents_that_nest_too_deeply_are_refused() -> None:
    count = 5000
    shared = [*({"list": [{"ref": i + 1}]} for i in range(count)), None]
    assert "too deeply" in refused(raw(box({"ref": 0}), *shared), read)


def test_whatever_a_validator_raises_is_an_error_of_ours() -> None:
    def stumble(shadow: Shadow) -> None:
        raise ZeroDivisionError("oops")

    message = refused(raw(box(1)), stumble)
    assert message == "root: things.Box cannot be checked: ZeroDivisionError: oops"


# -- many arrays at once -----------------------------------------------------------------------


def stack(arrays: list[Any]) -> tuple[Any, Any]:
    looking = Looking(together=True)
    looking.audit(store_with([Box(a=each) for each in arrays], looking.table))
    shadows = [shadow for group in looking.all for shadow in group]
    return stacked(shadows, "a")


def test_arrays_of_many_records_are_read_undivided() -> None:
    structured = [("x", "<i4"), ("y", "<f8")]
    for make in (
        lambda i: np.arange(i, dtype="<f4"),
        lambda i: np.full((i % 3, 2), i),
        lambda i: np.zeros(i % 2 + 1, structured),
        lambda i: np.zeros(3000) + i,  # too large for a column
    ):
        arrays = [make(i) for i in range(40)]
        data, shapes = stack(arrays)
        assert data.dtype == arrays[0].dtype
        assert data.tobytes() == b"".join(each.tobytes() for each in arrays)
        assert [tuple(row) for row in shapes] == [each.shape for each in arrays]


def test_arrays_of_a_few_objects_are_put_together() -> None:
    data, shapes = stack([np.arange(2.0), np.arange(3.0)])
    assert data.tolist() == [0.0, 1.0, 0.0, 1.0, 2.0]
    assert shapes.tolist() == [[2], [3]]


def test_some_of_many_records_are_put_together() -> None:
    looking = Looking(together=True)
    arrays = [np.arange(i) for i in range(40)]
    looking.audit(store_with([Box(a=each) for each in arrays], looking.table))
    (shadows,) = looking.all
    data, shapes = stacked(shadows[:5], "a")
    assert shapes.tolist() == [[0], [1], [2], [3], [4]]
    assert data.tolist() == [0, 0, 1, 0, 1, 2, 0, 1, 2, 3]
    data, _ = stacked(shadows[2:4], "a")
    assert data.tolist() == [0, 1, 0, 1, 2]


@pytest.mark.parametrize(
    "arrays",
    [
        [np.zeros(1), np.zeros(1, "f4")],
        [np.zeros(1), np.zeros((1, 1))],
        [np.zeros((2, 2)), np.zeros((2, 2), order="F")],
        [np.zeros(1), None],
        [None, np.zeros(1)],
    ],
)
def test_arrays_that_differ_are_not_put_together(arrays: list[Any]) -> None:
    with pytest.raises(InvalidStateError):
        stack(arrays)
