"""The forms of θ have one spelling, and the published schema says what they are."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import msgspec
import pytest
from tests.unit.archive.test_manifest import manifest

import holotype
from holotype.archive import theta
from holotype.archive.manifest import (
    MAX_NESTING,
    Manifest,
    ModelInfo,
    manifest_schema,
    parse_manifest,
)
from holotype.errors import FormatError, LimitError

SCHEMA = Path(__file__).parents[3] / "docs" / "manifest.schema.json"
SHA = "sha256:" + "ab" * 32


def full() -> Manifest:
    """A manifest that says everything that one can say."""
    column = theta.Column(
        name="age",
        dtype="int64",
        shape=[2],
        categories=["a", 1, 1.5, True, None],
        category_count=5,
        minimum=1,
        maximum=2.5,
        unit="years",
    )
    figures = theta.ColumnStatistics(
        name="age",
        dtype="int64",
        measure="seconds",
        count=9,
        missing=1,
        minimum=0,
        maximum=1.5,
        mean=0.5,
        std=0.1,
        deciles=[0.1] * 9,
        distinct=3,
        top=[theta.Frequency(value="a", count=5)],
        other=4,
    )
    table = theta.Table(form="frame", shape=[9, 1], digest=SHA, dtype="f8", columns=[figures])
    step = theta.Step(name="a", type="x.A", columns=["a", 1], hyperparameters={"b": None}, steps=[])
    return manifest(
        model=ModelInfo(
            "x.Y",
            "ranker",
            1,
            2,
            3,
            {"alpha": [1, {"type": "x"}]},
            [theta.Step(name="p", type="x.P", columns="0:2", steps=[step])],
        ),
        inputs=theta.Inputs(
            source="data", form="frame", dtype="f8", shape=[None, 2], count=2, columns=[column]
        ),
        outputs=theta.Outputs(
            methods=["predict"],
            count=1,
            names=["y"],
            classes=["a", 1],
            class_count=2,
            shape=[None],
            unit="EUR",
        ),
        data={"train": theta.Dataset(features=table, target=table)},
        metrics=[theta.Metric(name="auc", value=1, dataset="test", slice="x")],
        parents=[
            theta.Parent(
                relation="converted_from",
                id=SHA,
                fingerprint=SHA,
                name="a.pkl",
                format="pickle",
                digest=SHA,
            )
        ],
        about=theta.About(
            description="d", licence="MIT", intended_use="u", limitations="l", contacts=["c"]
        ),
        seeds={"a": 1},
        environment=theta.Environment(
            python="3.11.7",
            implementation="CPython",
            platform=theta.Platform(system="Linux", machine="x86_64", release="6", libc="glibc"),
            cpu=["AVX"],
            gpu=["torch: G"],
            requirements=[theta.Requirement(name="numpy", version="2", files=SHA)],
        ),
        probe=theta.ProbeInfo(methods=["predict"], rows=16, synthetic=True),
        origin=theta.Origin(
            program="train.py",
            git=theta.Git(commit="ab" * 20, branch="main", dirty=True, diff=SHA),
            user="ada",
            host="vm",
        ),
    )


def test_what_is_written_is_read() -> None:
    assert parse_manifest(full().to_json()) == full()
    assert parse_manifest(manifest().to_json()) == manifest()


def test_every_member_that_may_be_said_is_in_the_specification() -> None:
    clause = (SCHEMA.parents[1] / "SPEC.md").read_text().partition("**5.6 ")[2]
    clause = clause.partition("## 6. ")[0]
    for name in theta.__all__:
        struct = getattr(theta, name)
        for member in getattr(struct, "__struct_fields__", ()):
            assert f"`{member}`" in clause or f'"{member}"' in clause, f"{name}.{member}"


def test_the_published_schema_is_this_one() -> None:
    text = json.dumps(manifest_schema(), indent=1, ensure_ascii=False) + "\n"
    assert SCHEMA.read_text() == text, "write it again, as docs/manifest.md says at its end"


def test_a_validator_takes_what_is_written_and_refuses_what_is_not_permitted() -> None:
    jsonschema = pytest.importorskip("jsonschema", reason="no other judge of schemas is there")
    validator = jsonschema.Draft202012Validator(manifest_schema())
    validator.check_schema(manifest_schema())
    for said in (full(), manifest(), holotype.show(holotype.dumps([1])).manifest):
        validator.validate(json.loads(said.to_json()))
    for change in ({"format": "1"}, {"more": 1}, {"metrics": [{"name": "x"}]}):
        with pytest.raises(jsonschema.ValidationError):
            validator.validate({**json.loads(full().to_json()), **change})


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"source":"data"', '"source":"rumour"'),
        ('"count":9', '"count":-9'),
        ('"shape":[9,1]', '"shape":[9,-1]'),
        ('"relation":"converted_from"', '"relation":"stolen_from"'),
        (f'"diff":"{SHA}"', '"diff":"md5:00"'),
        (f'"diff":"{SHA}"', f'"diff":"{SHA}\\n"'),
        (f'"files":"{SHA}"', f'"files":"x{SHA}"'),
        ('"commit":"abab', '"commit":"--ab'),
        ('"value":1,', '"value":"1",'),
        ('"value":1,', '"value":1e999,'),
        ('"seeds":{"a":1}', '"seeds":{"a":1.5}'),
        ('"dirty":true', '"dirty":1'),
        ('"measure":"seconds"', '"measure":"soul"'),
        ('"python":"3.11.7"', '"python":null'),
        ('"user":"ada"', '"user":"ada","password":"x"'),
        ('"columns":"0:2"', '"columns":{"a":1}'),
        ('"categories":["a"', '"categories":[["a"]'),
    ],
)
def test_other_forms_are_refused(before: str, after: str) -> None:
    text = full().to_json().decode()
    assert before in text
    with pytest.raises(FormatError, match=r"^manifest\.json cannot be read") as caught:
        parse_manifest(text.replace(before, after, 1).encode())
    assert caught.value.clause == "5.2"


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ('"seeds":{"a":1}', '"seeds":{}'),
        ('"dirty":true', '"dirty":null'),
        ('"missing":1', '"missing":0'),
        ('"methods":["predict"]', '"methods":[]'),
        ('"metrics":[', '"metrics": ['),
        ('"mean":0.5', '"mean":0.50'),
        ('"program":"train.py"', '"program":"\\u0074rain.py"'),
        ('"user":"ada","host":"vm"', '"host":"vm","user":"ada"'),
    ],
)
def test_other_spellings_are_refused(before: str, after: str) -> None:
    text = full().to_json().decode()
    assert before in text
    with pytest.raises(FormatError, match="not written in its one form"):
        parse_manifest(text.replace(before, after, 1).encode())


def deep(levels: int) -> Any:
    value: Any = 1
    for _ in range(levels):
        value = [value]
    return value


def test_hyperparameters_nest_to_a_limit() -> None:
    def model(levels: int) -> ModelInfo:
        return ModelInfo("x", "other", 0, 0, 0, {"a": deep(levels)})

    said = manifest(model=model(MAX_NESTING - 2))
    assert parse_manifest(said.to_json()) == said
    with pytest.raises(LimitError, match="hyper-parameters nest deeper") as caught:
        parse_manifest(manifest(model=model(MAX_NESTING - 1)).to_json())
    assert caught.value.clause == "5.2"


@pytest.mark.parametrize("levels", [100, 5000, 100_000])
def test_steps_inside_steps_do_not_exhaust_the_stack(levels: int) -> None:
    model = msgspec.json.encode(full().model)
    before = model[: model.index(b'"steps":[') + len(b'"steps":[')]
    nested = b'{"name":"a","type":"b","steps":[' * levels + b"]}" * levels + b"]}"
    text = full().to_json().replace(model, before + nested, 1)
    with pytest.raises((FormatError, LimitError)):
        parse_manifest(text)
