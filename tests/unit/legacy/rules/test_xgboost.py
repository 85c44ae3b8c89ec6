"""What XGBoost pickles of a booster; whole models are in the conformance tests."""

from __future__ import annotations

import pickle
from typing import Any

import numpy as np
import pytest
from tests.unit.legacy.old_files import assert_converted

from holotype.errors import UnsupportedError
from holotype.legacy.convert import read_old

xgboost = pytest.importorskip("xgboost", reason="these tests need XGBoost")


def booster() -> Any:
    data = np.arange(30.0).reshape(10, 3)
    return xgboost.train({"nthread": 1}, xgboost.DMatrix(data, data[:, 0]), 3)


def test_a_booster_is_converted_as_if_it_were_dumped() -> None:
    assert_converted(booster())


@pytest.mark.parametrize(
    ("change", "match"),
    [
        (lambda state: state.update(handle=bytearray(state["handle"][:-9])), "byte"),
        (lambda state: state.update(handle=bytearray(b'{"Model": {}}')), "could not be restored"),
        (lambda state: state.update(handle=None), "not the bytes of its handle"),
        (lambda state: state.update(handle={1}), "not (the )?bytes"),
        (lambda state: state.update(note="mine"), "not the bytes of its handle"),
        (lambda state: state.clear(), "not the bytes of its handle"),
    ],
)
def test_a_handle_of_another_form_is_refused(
    change: Any, match: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    model = booster()
    state = model.__getstate__()
    change(state)
    monkeypatch.setattr(xgboost.Booster, "__getstate__", lambda _: state)
    with pytest.raises(UnsupportedError, match=match):
        read_old(pickle.dumps(model))
