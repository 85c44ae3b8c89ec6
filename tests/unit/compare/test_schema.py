"""What breaks callers and what does not."""

from __future__ import annotations

from typing import Any

import pytest

from holotype.archive.theta import Column, Inputs, Outputs
from holotype.compare.schema import inputs_changed, outputs_changed, widens


def inputs(**said: Any) -> Inputs:
    return Inputs(source="data", **said)


def columns(*names: str, **said: Any) -> Inputs:
    return inputs(count=len(names), columns=[Column(name=name, **said) for name in names])


BREAKING: dict[str, tuple[Inputs, Inputs]] = {
    "a column that is needed now": (columns("a"), columns("a", "b")),
    "a column that is gone": (columns("a", "b"), columns("a")),
    "another order": (columns("a", "b"), columns("b", "a")),
    "another number of features": (inputs(count=3), inputs(count=4)),
    "numbers that became text": (columns("a", dtype="float64"), columns("a", dtype="str")),
    "a narrower type": (columns("a", dtype="float64"), columns("a", dtype="int64")),
    "a unit": (columns("a", unit="m"), columns("a", unit="ft")),
    "a category that is gone": (
        columns("a", categories=["x", "y"]),
        columns("a", categories=["x"]),
    ),
    "a category of another type": (columns("a", categories=[1]), columns("a", categories=["1"])),
    "data frames where arrays were": (inputs(form="array"), inputs(form="frame")),
    "another side of a batch": (inputs(shape=[None, 3, 8]), inputs(shape=[None, 3, 9])),
    "a side that varied": (inputs(shape=[None, None]), inputs(shape=[None, 8])),
    "another dtype of arrays": (inputs(dtype="float64"), inputs(dtype="float32")),
}
WIDER: dict[str, tuple[Inputs, Inputs]] = {
    "a further category": (columns("a", categories=["x"]), columns("a", categories=["x", "y"])),
    "whole numbers that may have a point": (
        columns("a", dtype="int64"),
        columns("a", dtype="float64"),
    ),
    "a wider type": (columns("a", dtype="int8"), columns("a", dtype="int32")),
    "arrays where data frames were": (inputs(form="frame"), inputs(form="array")),
    "a side that varies now": (inputs(shape=[None, 8]), inputs(shape=[None, None])),
    "names that nobody needs": (
        inputs(count=1, columns=[Column(dtype="int64")]),
        columns("a", dtype="int64"),
    ),
}
NOTHING: dict[str, tuple[Inputs, Inputs]] = {
    "another range in the data": (
        columns("a", minimum=0, maximum=9),
        columns("a", minimum=-5, maximum=2),
    ),
    "what was not known": (columns("a"), columns("a", dtype="float64", unit="m")),
    "what is not known any more": (columns("a", dtype="int64", categories=["x"]), columns("a")),
    "another way to name text": (columns("a", dtype="object"), columns("a", dtype="str")),
    "categories in another order": (
        columns("a", categories=["x", "y"]),
        columns("a", categories=["y", "x"]),
    ),
    "nothing at all": (columns("a", "b", dtype="int64"), columns("a", "b", dtype="int64")),
}


@pytest.mark.parametrize("what", BREAKING)
def test_it_breaks_callers(what: str) -> None:
    assert any(change.breaking for change in inputs_changed(*BREAKING[what]))


@pytest.mark.parametrize("what", WIDER)
def test_it_takes_all_that_it_took(what: str) -> None:
    assert [change.breaking for change in inputs_changed(*WIDER[what])] == [False]


@pytest.mark.parametrize("what", NOTHING)
def test_it_is_no_change_of_the_schema(what: str) -> None:
    assert list(inputs_changed(*NOTHING[what])) == []


def test_a_renamed_column_is_told_by_both_names() -> None:
    changes = list(inputs_changed(columns("a", "old"), columns("a", "new")))
    assert sorted((c.what, c.name) for c in changes) == [
        ("column added", "new"),
        ("column removed", "old"),
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (Outputs(classes=[0, 1], class_count=2), Outputs(classes=[0, 1, 2], class_count=3)),
        (Outputs(classes=[0, 1], class_count=2), Outputs(classes=[1, 0], class_count=2)),
        (Outputs(classes=[0, 1], class_count=2), Outputs(classes=["0", "1"], class_count=2)),
        (Outputs(classes=[0, 1], class_count=2), Outputs(classes=[False, True], class_count=2)),
        (Outputs(class_count=20_000), Outputs(class_count=20_001)),
        (Outputs(count=1), Outputs(count=2)),
        (Outputs(names=["y"]), Outputs(names=["z"])),
        (Outputs(shape=[None, 2]), Outputs(shape=[None, 3])),
        (Outputs(shape=[None, 2]), Outputs(shape=[None, None])),
        (Outputs(unit="m"), Outputs(unit="ft")),
        (Outputs(methods=["predict", "predict_proba"]), Outputs(methods=["predict"])),
    ],
    ids=str,
)
def test_every_other_output_breaks_callers(old: Outputs, new: Outputs) -> None:
    assert [change.breaking for change in outputs_changed(old, new)] == [True]


def test_a_further_method_breaks_nobody() -> None:
    old, new = Outputs(methods=["predict"]), Outputs(methods=["predict", "predict_proba"])
    assert [change.breaking for change in outputs_changed(old, new)] == [False]
    assert not list(outputs_changed(Outputs(), new))


@pytest.mark.parametrize(
    ("old", "new", "wider"),
    [
        ("int64", "float64", True),
        ("uint64", "float64", True),
        ("float32", "float64", True),
        ("bool", "int8", True),
        ("int64", "float32", False),
        ("float64", "float32", False),
        ("float64", "int64", False),
        ("uint8", "int8", False),
        ("str", "object", True),
        ("category", "str", False),
        ("datetime64[ns]", "int64", False),
        ("no such type", "int64", False),
    ],
)
def test_numbers_widen_without_loss_and_text_stays_text(old: str, new: str, wider: bool) -> None:
    assert widens(old, new) is wider
