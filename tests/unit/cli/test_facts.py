"""θ in a few short lines, whatever the file says."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from attacks.forge import blueprint, reseal
from tests.unit.archive.test_manifest import manifest
from tests.unit.archive.test_theta import full
from tests.unit.cli.conftest import Run

import holotype
from holotype.archive.theta import Column, Git, Inputs, Metric, Origin, Outputs, Parent
from holotype.cli.facts import facts

EVIL = "\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\x00\n[red]markup[/red]"
SHA = "sha256:" + "ab" * 32


def lines(**said: Any) -> dict[str, str]:
    return dict(facts(manifest(**said)))


def test_what_is_not_known_has_no_line() -> None:
    assert lines() == {}


def test_everything_has_a_line() -> None:
    assert dict(facts(full())) == {
        "takes": "frame of 2 features: age (int64, 1 to 2.5, 5 categories, years)",
        "gives": "predict; 2 classes: a, 1; y; n; EUR",
        "about": "d",
        "for": "u",
        "not for": "l",
        "licence": "MIT",
        "contacts": "c",
        "metrics": "test x auc 1",
        "data": "train frame 9 × 1 (abababababab)",
        "parents": "converted from a.pkl (pickle abababababab)",
        "seeds": "a = 1",
        "made by": "train.py; commit abababababab on main, changed since; ada@vm",
        "made on": "Python 3.11.7 (CPython), Linux x86_64, torch: G; 1 distributions",
    }


@pytest.mark.parametrize(
    ("inputs", "line"),
    [
        (Inputs(source="model", form="text"), "text"),
        (Inputs(source="model", count=3), "3 features"),
        (Inputs(source="model", form="array"), "array"),
        (Inputs(source="model", shape=[None, 3, 4]), "shape n × 3 × 4"),
        (
            Inputs(source="model", columns=[Column(categories=["a"])]),
            "1 features: ? (1 categories)",
        ),
        (
            Inputs(source="model", columns=[Column(name=str(i)) for i in range(9)]),
            "9 features: 0, 1, 2, 3, 4, 5, … 3 more",
        ),
        (
            Inputs(
                source="data",
                columns=[
                    Column(name="t", dtype="datetime64[ns]", minimum=0.0, maximum=1e300),
                    Column(name="x", dtype="f8", minimum=-1234567.891, maximum=10**400),
                ],
            ),
            "2 features: t (datetime64[ns], 1970-01-01 to 1e+300), x (f8, -1.23457e+06 to 1"
            + "0" * 400,
        ),
    ],
)
def test_inputs_are_said_shortly(inputs: Inputs, line: str) -> None:
    said = lines(inputs=inputs)["takes"]
    assert said == (line if len(line) <= 400 else f"{line[:399]}…")


@pytest.mark.parametrize(
    ("outputs", "line"),
    [
        (Outputs(methods=["predict"], count=3), "predict; 3 outputs"),
        (Outputs(class_count=5000), "5000 classes"),
        (Outputs(count=1, shape=[None, 2]), "n × 2"),
    ],
)
def test_outputs_are_said_shortly(outputs: Outputs, line: str) -> None:
    assert lines(outputs=outputs)["gives"] == line


def test_parents_and_origins_of_which_little_is_known_have_a_line() -> None:
    bare = [
        Parent(relation="fine_tuned_from", name="bert"),
        Parent(relation="retrained_from", id=SHA),
    ]
    assert lines(parents=bare)["parents"] == "fine-tuned from bert; retrained from (abababababab)"
    git = Git(commit="cd" * 20, dirty=False)
    assert lines(origin=Origin(git=git))["made by"] == "commit cdcdcdcdcdcd"
    assert lines(origin=Origin(host="vm"))["made by"] == "vm"
    assert lines(metrics=[Metric(name="n", value=10**300)])["metrics"].startswith("n 1000")


def test_a_line_is_short_whatever_there_is_to_say() -> None:
    said = lines(
        metrics=[Metric(name="x" * 1000, value=1)] * 1000,
        seeds={f"seed{index}": index for index in range(1000)},
        outputs=Outputs(methods=["m" * 10_000]),
    )
    assert all(len(line) <= 400 for line in said.values())
    assert said["seeds"].endswith("… 994 more")


def evil(value: Any) -> Any:
    """The same value with hostile text in place of every text that may be any."""
    fixed = {
        "source",
        "relation",
        "digest",
        "id",
        "fingerprint",
        "diff",
        "commit",
        "files",
        "measure",
    }
    if isinstance(value, dict):
        return {name: each if name in fixed else evil(each) for name, each in value.items()}
    if isinstance(value, list):
        return [evil(each) for each in value]
    return EVIL if isinstance(value, str) else value


def test_hostile_text_is_shown_and_does_nothing(run: Run, tmp_path: Path) -> None:
    import msgspec

    said = msgspec.json.decode(full().to_json())
    names = list(said)
    theta = {name: evil(said[name]) for name in names[names.index("parts") + 1 :]}
    (tmp_path / "m.holo").write_bytes(reseal(blueprint(1), manifest=theta))
    result = run("show", tmp_path / "m.holo")
    assert (result.code, result.err) == (0, "")
    assert all(c.isprintable() or c == "\n" for c in result.out)
    assert "[red]markup[/red]" in result.out
    as_json = run("show", tmp_path / "m.holo", "--json")
    assert as_json.out.isascii()
    assert "\x1b" not in as_json.out


def test_a_person_sees_what_matters(run: Run, tmp_path: Path) -> None:
    holotype.dump(
        [1], tmp_path / "m.holo", about={"licence": "MIT"}, metrics={"auc": 0.25}, seeds=7
    )
    out = run("show", tmp_path / "m.holo").out
    for expected in ("licence     MIT", "metrics     auc 0.25", "seeds       seed = 7", "made on "):
        assert expected in out
