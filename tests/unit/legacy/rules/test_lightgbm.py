"""Pickles of LightGBM 2.3, 3.3 and 4.3 become archives that open under the version of today.

The files were written by those versions, with what the models answered then to ``rows()``.
"""

from __future__ import annotations

import json
import pickle
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("lightgbm", reason="the models are LightGBM's")

import lightgbm
import numpy as np

import holotype
from holotype.errors import HolotypeError
from holotype.types.lightgbm.answers import answers

FOLDER = Path(__file__).parents[2] / "types" / "lightgbm" / "old"
FILES = sorted(FOLDER.glob("*.pkl"))

pytestmark = pytest.mark.filterwarnings(
    "ignore:the model was saved under:holotype.errors.VersionWarning"
)


def rows() -> Any:
    """What the models were trained on."""
    data = np.arange(240).reshape(80, 3) % np.array([7, 11, 5]) * 1.0
    data[::9, 0] = np.nan
    return data


def test_there_are_files_of_three_versions() -> None:
    assert len(FILES) == 9


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_an_old_pickle_answers_as_it_did_then(file: Path, tmp_path: Path) -> None:
    kind, version = file.stem.split("-")
    said = json.loads((FOLDER / f"answers-{version}.json").read_text())[kind]
    assert holotype.scan(file).verdict == "data"
    holotype.convert(file, tmp_path / "new.holo")
    asked = answers(holotype.load(tmp_path / "new.holo"))
    assert asked is not None
    answer = asked["predict_proba" if kind == "classifier" else "predict"](rows()[:20]).ravel()
    expected = np.array([float.fromhex(number) for number in said])
    if kind == "classifier":  # by the exponential function of the machine's own library
        assert np.allclose(answer, expected, rtol=1e-13, atol=0)
    else:
        assert answer.tolist() == expected.tolist()


def test_what_is_not_fitted_stays_so(tmp_path: Path) -> None:
    model = lightgbm.LGBMRegressor(num_leaves=5)
    vars(model).update(_n_classes=None, _n_features=None, _evals_result=None, _best_score=None)
    holotype.convert(pickle.dumps(model), tmp_path / "new.holo")
    loaded = holotype.load(tmp_path / "new.holo")
    assert (loaded._n_classes, loaded._n_features, loaded._evals_result) == (-1, -1, {})
    assert not hasattr(loaded, "fitted_")


@pytest.mark.parametrize("text", [None, b"tree", "tree", "\udcff"], ids=repr)
def test_a_booster_without_the_text_of_a_model_is_refused(
    text: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lightgbm.Booster, "__getstate__", lambda _: {"_handle": text})
    model = lightgbm.Booster.__new__(lightgbm.Booster)
    vars(model).update(_handle=None, _network=False)
    with pytest.raises(HolotypeError):
        holotype.convert(pickle.dumps(model), tmp_path / "new.holo")
