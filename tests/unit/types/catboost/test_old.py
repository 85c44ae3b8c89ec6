"""Pickles of released versions of CatBoost become archives that predict what was predicted then."""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from unittest import mock

import pytest

pytest.importorskip("catboost", reason="these tests need CatBoost")

import catboost

import holotype
from holotype.errors import HolotypeError

OLD = Path(__file__).parent / "old"
VERSIONS = sorted(path.stem for path in OLD.glob("*.pkl"))


def test_there_are_files_of_three_versions():
    assert VERSIONS == ["1.2", "1.2.10", "1.2.7"]


@pytest.mark.parametrize("version", VERSIONS)
def test_a_pickle_of_that_version_predicts_as_it_did(version, tmp_path):
    stored = json.loads((OLD / f"{version}.json").read_text())
    holotype.convert(OLD / f"{version}.pkl", tmp_path / "new.holo")
    models = holotype.load(tmp_path / "new.holo")
    assert models.keys() == stored["answers"].keys()
    pool = catboost.Pool(stored["rows"], cat_features=[0, 2])
    for name, model in models.items():
        answers = model.predict(pool, prediction_type="RawFormulaVal")
        assert answers.tolist() == stored["answers"][name]


@pytest.mark.parametrize(
    "state", [{"__model": "CBM1"}, {"__model": b"CBM1"}, {5: 1}, {"__model": None}]
)
def test_a_pickle_with_another_state_is_refused(state, tmp_path):
    model = catboost.CatBoost()
    with mock.patch.object(catboost.CatBoost, "__getstate__", return_value=state):
        data = pickle.dumps(model)
    (tmp_path / "odd.pkl").write_bytes(data)
    with pytest.raises(HolotypeError):
        holotype.convert(tmp_path / "odd.pkl", tmp_path / "new.holo")
