"""θ as ``dump`` gathers it: complete, the same for the same, and none of it in the fingerprint."""

from __future__ import annotations

import pickle
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh
from tests.unit.archive.samples import SMALL, members

import holotype
from holotype.archive.theta import Frequency, Metric, Outputs, Parent
from holotype.errors import UnsupportedError

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
X = np.arange(40.0).reshape(20, 2)
Y = np.array([0, 1] * 10)
SAID: dict[str, Any] = {
    "about": {"licence": "MIT", "contacts": ["a@example.org"]},
    "metrics": {"test": {"auc": 0.5}},
    "parents": {"fine_tuned_from": "sha256:" + "ab" * 32},
    "data": {"train": (X, Y)},
    "seeds": 5,
    "units": {"output": "EUR"},
}


def test_everything_that_is_said_is_in_the_manifest() -> None:
    said = holotype.show(holotype.dumps(SMALL, **SAID, identify=True)).manifest
    assert said.about is not None
    assert (said.about.licence, said.about.contacts) == ("MIT", ["a@example.org"])
    assert said.metrics == [Metric(name="auc", value=0.5, dataset="test")]
    assert said.parents == [Parent(relation="fine_tuned_from", id="sha256:" + "ab" * 32)]
    train = said.data["train"]
    assert (train.features.shape, train.features.columns[0].mean) == ([20, 2], 19.0)
    assert train.target is not None
    assert train.target.columns[0].top == [Frequency(value=v, count=10) for v in (0, 1)]
    assert (said.seeds, said.outputs) == ({"seed": 5}, Outputs(unit="EUR"))
    assert said.inputs is not None
    assert (said.inputs.count, said.inputs.dtype) == (2, "float64")
    assert said.environment is not None
    assert said.origin is not None
    assert said.origin.user
    assert said.origin.host


def test_nothing_said_is_nothing_written() -> None:
    text = members(holotype.dumps([1], context=False))["manifest.json"]
    end = text.index(b'"parts":')
    assert text[end:].count(b"[") == 1
    assert text.endswith(b"}]}")


def test_without_context_neither_the_environment_nor_the_program_is_told() -> None:
    data = holotype.dumps(SMALL, context=False)
    said = holotype.show(data).manifest
    assert said.environment is None
    assert said.origin is None
    assert said.libraries["numpy"] == np.__version__
    assert "environment/requirements.txt" not in members(data)
    both = holotype.show(holotype.dumps(SMALL, context=False, identify=True)).manifest
    assert both.environment is None
    assert both.origin is not None
    assert both.origin.user
    assert both.origin.program is None


def test_names_are_not_told_unless_they_are_asked_for() -> None:
    import getpass
    import platform

    text = members(holotype.dumps(SMALL))["manifest.json"].decode()
    said = holotype.show(holotype.dumps(SMALL)).manifest.origin
    assert said is None or (said.user, said.host) == (None, None)
    assert f'"{platform.node()}"' not in text
    assert f'"{getpass.getuser()}"' not in text
    assert str(Path.cwd()) not in text


def test_equal_models_and_arguments_give_equal_bytes() -> None:
    first = holotype.dumps(SMALL, created=WHEN, **SAID)
    assert holotype.dumps(SMALL, created=WHEN, **SAID) == first
    code = (
        "import sys, holotype; from tests.unit.capsule.test_gather import SAID, SMALL, WHEN;"
        "sys.stdout.write(holotype.dumps(SMALL, created=WHEN, context=False, **SAID).hex())"
    )
    bare = holotype.dumps(SMALL, created=WHEN, context=False, **SAID)
    assert fresh.run(code, PYTHONHASHSEED="9").stdout == bare.hex()


def test_the_fingerprint_depends_on_nothing_that_is_said() -> None:
    bare = holotype.fingerprint(SMALL)
    for said in (SAID, {"context": False}, {"identify": True}, {"metadata": {"a": 1}}):
        assert holotype.fingerprint(holotype.dumps(SMALL, **said)) == bare


@pytest.mark.parametrize(
    "wrong",
    [
        {"about": 5},
        {"metrics": {"a": "x"}},
        {"parents": {"x": "y"}},
        {"data": {"train": object()}},
        {"seeds": "x"},
        {"units": {"height": "m"}},
    ],
)
def test_a_wrong_argument_is_named_and_the_old_archive_stays(
    wrong: dict[str, Any], tmp_path: Path
) -> None:
    path = tmp_path / "m.holo"
    path.write_bytes(b"old")
    with pytest.raises(UnsupportedError, match=rf"^{next(iter(wrong))}"):
        holotype.dump(SMALL, path, **wrong)
    assert path.read_bytes() == b"old"


def test_a_real_model_says_what_it_is_without_being_asked() -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    model = make_pipeline(StandardScaler(), LogisticRegression(random_state=3)).fit(X, Y)
    said = holotype.show(holotype.dumps(model)).manifest
    assert [step.type.rpartition(".")[2] for step in said.model.steps] == [
        "StandardScaler",
        "LogisticRegression",
    ]
    assert said.inputs is not None
    assert said.inputs.count == 2
    assert said.outputs is not None
    assert said.outputs.classes == [0, 1]
    assert said.seeds == {"model.logisticregression.random_state": 3}
    assert said.environment is not None
    assert {"scikit-learn", "scipy"} <= {each.name for each in said.environment.requirements}


def test_a_converted_model_is_described_as_the_live_one_and_names_its_file(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    import hashlib

    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit(X, Y)
    old, new = tmp_path / "old.pkl", tmp_path / "new.holo"
    old.write_bytes(pickle.dumps(model))
    holotype.convert(old, new, about={"licence": "MIT"}, metrics={"auc": 1})
    said, live = holotype.show(new).manifest, holotype.show(holotype.dumps(model)).manifest
    assert said.fingerprint == live.fingerprint
    assert said.model == live.model
    assert said.inputs == live.inputs
    assert said.outputs is not None
    assert said.outputs.classes == [0, 1]
    digest = f"sha256:{hashlib.sha256(old.read_bytes()).hexdigest()}"
    assert said.parents == [
        Parent(relation="converted_from", name="old.pkl", format="pickle", digest=digest)
    ]
    assert (said.environment, said.origin) == (None, None)
    assert said.about is not None
    assert said.metrics == [Metric(name="auc", value=1)]


def test_saving_imports_nothing_that_was_not_there() -> None:
    code = (
        "import sys, numpy as np, holotype; holotype.dumps([np.zeros(2)]);"
        "print([m for m in ('sklearn', 'scipy', 'pandas', 'torch', 'jax') if m in sys.modules])"
    )
    assert fresh.run(code).stdout == "[]\n"


def test_whatever_a_model_answers_it_is_saved() -> None:
    class Rude:
        def __init__(self) -> None:
            self.steps = [("a", 1, 2, 3), 5, ("b",)]

        def __getattr__(self, name: str) -> Any:
            raise RuntimeError(name)

    from holotype.capsule.hyperparameters import describe_parts
    from holotype.capsule.kinds import kind_of
    from holotype.capsule.schema import inputs_of, outputs_of

    assert describe_parts(Rude()) == ({}, [])
    assert kind_of(Rude()) == "other"
    assert inputs_of(Rude(), {}, None) is outputs_of(Rude(), None) is None
