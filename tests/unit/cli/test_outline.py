"""The drawing of a blueprint: objects, hyper-parameters, arrays, sizes, each shared part once."""

from __future__ import annotations

import io
from typing import Any

import numpy as np
import pytest
from attacks.forge import array, blueprint
from rich.console import Console

import holotype
from holotype.cli.outline import outline


def drawn(described: dict[str, Any], depth: int = 6) -> list[str]:
    """The lines of a drawing, without the guides."""
    output = io.StringIO()
    Console(file=output, width=200, soft_wrap=True, highlight=False).print(
        outline(described, depth=depth)
    )
    return [line.strip(" │├└─") for line in output.getvalue().splitlines()]


def of(model: Any) -> list[str]:
    return drawn(holotype.show(holotype.dumps(model)).blueprint)


def test_plain_values_stand_on_one_line() -> None:
    assert of({"a": 1, "b": 2.5, "c": None, "d": "x", "e": True})[1] == (
        "a=1  b=2.5  c=None  d='x'  e=True"
    )


def test_values_that_json_cannot_write_are_shown_as_they_are() -> None:
    line = of({"a": float("nan"), "b": 2**60, "c": b"xy", "d": (1, "x"), "e": np.float64(0.5)})[1]
    assert line == f"a=nan  b={hex(2**60)}  c=bytes eHk=  d=(1, 'x')  e=0.5"


def test_an_estimator_shows_parameters_before_what_it_learned() -> None:
    state = {"coef_": 1, "alpha": 2, "_private": 3, "tol": 4}
    lines = drawn(blueprint({"object": "library.linear.Ridge", "state": state}))
    assert lines[0] == "Ridge"
    assert lines[1].split("  ") == ["alpha=2", "tol=4", "coef_=1", "_private=3"]


def test_arrays_are_shown_with_dtype_shape_and_size() -> None:
    values = np.zeros((1000, 20))
    lines = drawn(blueprint({"object": "x.Model", "state": {"coef_": array("a", values)}}))
    assert lines[1] == "coef_  float64 array 1000 × 20  160.0 kB"
    assert drawn(blueprint(array("a", np.array(1.0))))[0] == "float64 array scalar  8 B"
    assert drawn(blueprint(array("a", np.zeros(2, [("a", "u1")]))))[0].startswith(
        "structured array"
    )


def test_columns_are_shown_by_what_they_hold() -> None:
    lines = of(
        {"numbers": list(range(1000)), "words": [f"w{i}" for i in range(1000)], "z": [0] * 99}
    )
    assert any("column of int" in line and "int16 array 1000" in line for line in lines)
    assert any("column of str" in line for line in lines)
    assert any("99 × 0" in line for line in lines)


def test_records_are_counted() -> None:
    column = {"column": "repeat", "count": 3, "value": 1}
    records = {"column": "records", "count": 3, "object": "a.b.Tree", "state": {"depth": column}}
    lines = drawn(blueprint({"list": records}))
    assert any("3 × Tree" in line for line in lines)


def test_a_shared_part_is_drawn_once() -> None:
    part = {"inner": "treasure"}
    lines = of([part, part, part])
    assert sum("treasure" in line for line in lines) == 1
    assert sum("shared #0" in line for line in lines) == 3
    assert sum("above" in line for line in lines) == 2


def test_a_model_that_contains_itself_is_drawn() -> None:
    endless: list[Any] = []
    endless.append(endless)
    assert any("above" in line or "shared" in line for line in of(endless))


@pytest.mark.parametrize(
    "shared",
    [[{"ref": 0}], [{"ref": 1}, {"ref": 0}], [{"list": [{"ref": 0}, {"ref": 0}]}]],
)
def test_references_in_a_circle_end(shared: list[Any]) -> None:
    assert len(drawn(blueprint({"ref": 0}, shared))) < 10


def test_more_children_than_a_person_reads_are_counted() -> None:
    lines = of([[i, [i]] for i in range(100)])
    assert any(line.startswith("… ") and line.endswith(" more") for line in lines)


def test_only_so_many_levels_are_drawn() -> None:
    model = {"a": {"b": {"c": {"d": {"e": 1}}}}}
    described = holotype.show(holotype.dumps(model)).blueprint
    lengths = [len(drawn(described, depth)) for depth in (1, 2, 3)]
    assert lengths == sorted(set(lengths))


NODES = [
    1,
    "x",
    None,
    {"float": "nan"},
    {"int": "0x20000000000000"},
    {"complex": [1.0, 2.0]},
    {"bytes": "AAAA"},
    {"bytes": array("a", np.zeros(3, "u1"))},
    {"str": "7aCA"},
    {"dtype": "<f8"},
    {"dtype": {"aligned": False, "fields": [["a", "|u1", 0]], "itemsize": 1}},
    {"scalar": "<f8", "value": 1.5},
    {"scalar": "<c8", "value": "AAAAAAAAAAA="},
    {"name": "numpy.log1p"},
    {"ref": 0},
    {"list": []},
    {"tuple": [{"tuple": []}]},
    {"set": [1]},
    {"frozenset": [1]},
    {"dict": []},
    {"dict": [[1, 2], [{"tuple": [1]}, {"list": []}], ["k", {"list": [[]]}]]},
    {"dict": {"keys": ["a"], "values": [1]}},
    {"objects": [1, {"list": []}], "order": "C", "shape": [2]},
    {"list": {"column": "repeat", "count": 2, "value": None}},
    {"list": {"column": "list", "items": [1], "lengths": array("a", np.zeros(3, "|i1"))}},
    {
        "list": {
            "column": "bytes",
            "data": array("a", np.zeros(3)),
            "lengths": array("b", np.ones(1)),
        }
    },
    {
        "list": {
            "column": "array",
            "data": array("a", np.zeros(3)),
            "shapes": array("b", np.ones(1)),
        }
    },
    {"call": "a.B", "args": [1, {"list": []}], "state": {"list": [1]}},
    {"call": "a.B", "args": [], "state": {"dict": [["x", {"list": []}]]}, "pairs": [[1, 2]]},
    {"object": "a.B", "items": [1, {"list": []}]},
]


@pytest.mark.parametrize("node", NODES, ids=str)
def test_every_form_of_node_is_drawn_where_it_stands(node: Any) -> None:
    lines = drawn(blueprint({"object": "x.Model", "state": {"here": node}}, [{"list": ["shared"]}]))
    assert len(lines) > 1
    assert any("here" in line for line in lines)
    assert drawn(blueprint(node, [{"list": ["shared"]}]))[0]
