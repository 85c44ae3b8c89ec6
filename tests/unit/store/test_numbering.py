"""Versions number themselves by what changed, and a person may only ask for more."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from sklearn.datasets import load_iris
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import StandardScaler

import holotype
from holotype.errors import ConflictError

X, y = load_iris(return_X_y=True)


@pytest.fixture
def store(tmp_path: Path) -> holotype.Store:
    return holotype.Store(tmp_path / "store")


def scaled(strength: float = 1.0, rows: int = 150, columns: int = 4) -> Any:
    model = make_pipeline(StandardScaler(), LogisticRegression(C=strength))
    return model.fit(X[:rows, :columns], y[:rows])


def test_what_was_learned_is_a_patch_parameters_are_minor_and_the_schema_is_major(
    store: holotype.Store,
) -> None:
    numbers = [
        store.push("iris", model).version
        for model in (scaled(), scaled(rows=140), scaled(2.0), scaled(2.0, columns=3))
    ]
    assert numbers == ["1.0.0", "1.0.1", "1.1.0", "2.0.0"]


def test_the_reasons_are_recorded(store: holotype.Store) -> None:
    store.push("iris", scaled())
    assert store.push("iris", scaled(2.0)).reasons[0] == "minor: logisticregression.C 1.0 → 2.0"


def test_the_same_model_is_the_same_version_and_what_is_new_about_it_a_note(
    store: holotype.Store,
) -> None:
    first = store.push("iris", scaled())
    assert store.push("iris", scaled(), metadata={"checked": "twice"}) == first
    (note,) = store.notes("iris")
    assert '"checked":"twice"' in note.manifest
    assert len(store.log("iris")) == 1


def test_the_same_model_with_other_golden_predictions_is_a_patch(store: holotype.Store) -> None:
    store.push("iris", scaled(), probe=None)
    version = store.push("iris", scaled(), probe=X[:5])
    assert version.version == "1.0.1"
    assert "other parts" in version.reasons[0]


def test_a_person_may_ask_for_more_and_not_for_less(store: holotype.Store) -> None:
    store.push("iris", scaled())
    assert store.push("iris", scaled(2.0), version="2.0.0").version == "2.0.0"
    with pytest.raises(ConflictError, match=r"2\.0\.1 is too small a step .* 3\.0\.0 is needed"):
        store.push("iris", scaled(columns=3), version="2.0.1")
    assert store.push("iris", scaled(columns=3), version="3.0.0-rc.1").version == "3.0.0-rc.1"
    assert store.push("iris", scaled(columns=3, rows=140)).version == "3.0.0"


def test_the_number_of_a_removed_version_is_not_used_again(store: holotype.Store) -> None:
    store.push("iris", scaled())
    store.push("iris", scaled(rows=140))
    store.remove("iris@1.0.1")
    assert store.push("iris", scaled(rows=130)).version == "1.0.2"


def test_the_first_version_may_have_any_number(store: holotype.Store) -> None:
    assert store.push("iris", scaled(), version="0.3.0").version == "0.3.0"
    assert store.push("iris", scaled(rows=140)).version == "0.3.1"
