"""What a module answers, and that asking leaves it as it is."""

from __future__ import annotations

from typing import Any

import numpy as np
import pytest

from holotype.types.torch.answers import answers

torch = pytest.importorskip("torch", reason="its modules are asked")
nn = torch.nn


def ask(model: Any, x: Any) -> Any:
    found = answers(model)
    assert found is not None
    return found["forward"](x)


def test_only_modules_answer() -> None:
    assert answers(torch.ones(1)) is None
    assert answers("model") is None


def test_arrays_frames_and_tensors_give_the_same_answer() -> None:
    pandas = pytest.importorskip("pandas", reason="X may be a frame")
    model = nn.Linear(3, 2)
    x = np.arange(6.0).reshape(2, 3)
    expected = model(torch.from_numpy(x).float()).detach().numpy()
    for given in (x, pandas.DataFrame(x), torch.from_numpy(x).float(), (x,), {"input": x}):
        assert np.array_equal(ask(model, given), expected)


def test_asking_changes_nothing() -> None:
    model = nn.Sequential(nn.BatchNorm1d(3), nn.Dropout(0.5), nn.RReLU())
    model[1].eval()
    before = {name: each.clone() for name, each in model.state_dict().items()}
    random = torch.get_rng_state()
    x = np.ones((4, 3))
    assert np.array_equal(ask(model, x), ask(model, x))
    assert [each.training for each in model.modules()] == [True, True, False, True]
    assert all(torch.equal(each, before[name]) for name, each in model.state_dict().items())
    assert torch.equal(torch.get_rng_state(), random)


def test_several_outputs_and_dtypes() -> None:
    output, (hidden, cell) = ask(nn.LSTM(3, 2), np.zeros((4, 1, 3)))
    assert [each.shape for each in (output, hidden, cell)] == [(4, 1, 2), (1, 1, 2), (1, 1, 2)]
    half = ask(nn.Linear(3, 2).bfloat16(), np.zeros((1, 3)))
    assert half.dtype == torch.bfloat16
    assert ask(nn.Embedding(4, 2), np.array([1, 2])).shape == (2, 2)
