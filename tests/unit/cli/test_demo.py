"""``holotype demo``: the main job end to end, and a story that fails where a step fails."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

import pytest
from tests.unit.cli.conftest import Run

import holotype
from holotype.cli import demo


def test_without_scikit_learn_it_says_what_to_install(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "sklearn.datasets", None)
    result = run("demo")
    assert result.code == 2
    assert "pip install 'holotype[sklearn]'" in result.err


@pytest.fixture
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    """The same story with a small model, fitted in no time."""
    pytest.importorskip("sklearn")

    def fit() -> tuple[Any, Any]:
        from sklearn.datasets import load_iris
        from sklearn.ensemble import RandomForestClassifier, StackingClassifier
        from sklearn.linear_model import LogisticRegression
        from sklearn.pipeline import make_pipeline
        from sklearn.preprocessing import StandardScaler

        X, y = load_iris(return_X_y=True)
        forest = RandomForestClassifier(5, random_state=0)
        stack = StackingClassifier([("forest", forest)], LogisticRegression(), cv=2)
        return make_pipeline(StandardScaler(), stack).fit(X, y), X[:10]

    monkeypatch.setattr(demo, "_fit", fit)


STEPS = (
    "Fit a pipeline",
    "Keep it",
    "Look at it",
    "Verify every byte",
    "Load it in a fresh process",
    "Save the loaded model again",
    "Damage one bit",
    "Forge it",
)


@pytest.mark.usefixtures("small", "findable")
def test_the_story_has_eight_steps_and_keeps_its_files_where_asked(
    run: Run, tmp_path: Path
) -> None:
    result = run("demo", "--keep", tmp_path / "kept")
    assert (result.code, result.err) == (0, "")
    places = [result.out.index(step) for step in STEPS]
    assert places == sorted(places)
    assert "30 probabilities, bit-identical" in result.out
    assert result.out.count("✓ refused") == 2
    assert "InvalidStateError" in result.out.partition("Forge it")[2]
    kept = sorted(path.name for path in (tmp_path / "kept").iterdir())
    assert kept == ["damaged.holo", "forged.holo", "model.holo", "rows.npy"]
    assert holotype.verify(tmp_path / "kept" / "model.holo")


@pytest.fixture
def findable(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fresh process of the story finds the package where this one found it."""
    from tests import fresh

    monkeypatch.setenv("PYTHONPATH", fresh.ENVIRONMENT["PYTHONPATH"])


@pytest.mark.usefixtures("small")
def test_a_step_that_goes_wrong_ends_the_story_with_1(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(demo, "_predict_elsewhere", lambda *_: b"other predictions")
    result = run("demo")
    assert result.code == 1
    assert "the demo failed: predictions differ" in result.err


@pytest.mark.usefixtures("small")
def test_a_damaged_file_that_loads_ends_the_story(
    run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    def predict(path: Path, rows: Any, _: Path) -> bytes:
        answer: bytes = holotype.load(path).predict_proba(rows).tobytes()
        return answer

    monkeypatch.setattr(demo, "_predict_elsewhere", predict)
    monkeypatch.setattr(demo, "_damaged", lambda path, folder: path)
    result = run("demo")
    assert result.code == 1
    assert "model.holo was loaded" in result.err


@pytest.mark.slow
@pytest.mark.usefixtures("findable")
def test_the_real_story_runs(run: Run) -> None:
    pytest.importorskip("sklearn")
    result = run("demo")
    assert (result.code, result.err) == (0, "")
    assert "RandomForestClassifier" in result.out
