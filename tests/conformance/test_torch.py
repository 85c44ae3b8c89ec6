"""Whole models of PyTorch: networks, checkpoints, modules of one's own, mixed pipelines."""

from __future__ import annotations

import importlib
import io
import json
import zipfile
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests import fresh

import holotype
from holotype.errors import UntrustedError
from holotype.types.torch.answers import answers

torch = pytest.importorskip("torch", reason="its models are stored")
nn = torch.nn


def block(inside: int, outside: int) -> Any:
    """What torchvision's small residual networks are made of."""
    return nn.Sequential(
        nn.Conv2d(inside, outside, 3, stride=2, padding=1, bias=False),
        nn.BatchNorm2d(outside),
        nn.ReLU(inplace=True),
        nn.Conv2d(outside, outside, 3, padding="same", groups=2),
        nn.GroupNorm(2, outside),
        nn.SiLU(),
        nn.MaxPool2d(2),
    )


def image_network() -> Any:
    torch.manual_seed(0)
    network = nn.Sequential(
        block(3, 8), block(8, 16), nn.AdaptiveAvgPool2d(1), nn.Flatten(), nn.Linear(16, 10)
    )
    network(torch.randn(4, 3, 32, 32))  # running means are no longer those of a new one
    return network


def generator() -> Any:
    torch.manual_seed(1)
    return nn.Sequential(
        nn.Unflatten(1, (8, 2, 2)),
        nn.ConvTranspose2d(8, 4, 4, 2, 1),
        nn.InstanceNorm2d(4, affine=True),
        nn.LeakyReLU(0.2),
        nn.Upsample(scale_factor=2, mode="bilinear"),
        nn.ReflectionPad2d(1),
        nn.Conv2d(4, 4, 3, padding_mode="circular", padding=1),
        nn.PixelShuffle(2),
        nn.Tanh(),
    )


class Classifier(nn.Module):
    """A module of the user's own, as a notebook would have it."""

    def __init__(self, words: int, classes: int) -> None:
        super().__init__()
        self.table = nn.Embedding(words, 8, padding_idx=0)
        self.reader = nn.LSTM(8, 6, 2, batch_first=True, bidirectional=True)
        self.head = nn.Sequential(nn.Dropout(0.2), nn.Linear(12, classes))
        self.register_buffer("scale", torch.tensor(2.0))

    def forward(self, tokens: Any) -> Any:
        read, _ = self.reader(self.table(tokens))
        return self.head(read.mean(1)) * self.scale


def again(model: Any, **how: Any) -> Any:
    archive = holotype.dumps(model)
    back = holotype.loads(archive, **how)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def ask(model: Any, x: Any) -> Any:
    found = answers(model)
    assert found is not None
    return found["forward"](x)


MODELS: dict[str, Any] = {
    "images": (image_network, lambda: np.ones((2, 3, 32, 32))),
    "generator": (generator, lambda: np.ones((2, 32))),
    "attention": (
        lambda: nn.TransformerEncoder(
            nn.TransformerEncoderLayer(8, 2, 16, batch_first=True), 2, nn.LayerNorm(8)
        ),
        lambda: np.ones((2, 5, 8)),
    ),
    "translator": (
        lambda: nn.Transformer(8, 2, 1, 1, 16, batch_first=True),
        lambda: (np.ones((2, 5, 8)), np.ones((2, 3, 8))),
    ),
    "recurrent": (lambda: nn.GRU(4, 6, 2, bidirectional=True), lambda: np.ones((5, 2, 4))),
    "half": (lambda: nn.Linear(4, 3).to(torch.bfloat16), lambda: np.ones((2, 4))),
}


@pytest.mark.parametrize("name", MODELS)
@pytest.mark.parametrize("mode", [True, False])
def test_a_network_answers_bit_by_bit_as_before(name: str, mode: bool) -> None:
    make, x = MODELS[name]
    model = make().train(mode)
    back = again(model)
    assert back.training is mode
    one, other = ask(model, x()), ask(back, x())
    if isinstance(one, tuple):
        one, other = one[0], other[0]
    if isinstance(one, np.ndarray):
        one, other = torch.from_numpy(one), torch.from_numpy(other)
    assert torch.equal(one, other)
    assert holotype.show(holotype.dumps(model)).level == "data"


def test_a_checkpoint_goes_on_training_as_if_nothing_had_happened() -> None:
    torch.manual_seed(0)
    model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    optimizer = torch.optim.AdamW(model.parameters())
    scheduler = torch.optim.lr_scheduler.StepLR(optimizer, 2)
    x = torch.randn(16, 4)

    def learn(net: Any, opt: Any, sched: Any) -> None:
        for _ in range(3):
            opt.zero_grad()
            (net(x) ** 2).mean().backward()
            opt.step()
            sched.step()

    learn(model, optimizer, scheduler)
    whole = {"model": model, "optimizer": optimizer, "scheduler": scheduler, "epoch": 3}
    states = {name: part.state_dict() for name, part in whole.items() if name != "epoch"}
    back, state = again(whole), again(states)
    fresh_model = nn.Sequential(nn.Linear(4, 8), nn.ReLU(), nn.Linear(8, 1))
    fresh_optimizer = torch.optim.AdamW(fresh_model.parameters())
    fresh_scheduler = torch.optim.lr_scheduler.StepLR(fresh_optimizer, 2)
    assert state["model"]._metadata == model.state_dict()._metadata
    fresh_model.load_state_dict(state["model"])
    fresh_optimizer.load_state_dict(state["optimizer"])
    fresh_scheduler.load_state_dict(state["scheduler"])
    learn(model, optimizer, scheduler)
    learn(back["model"], back["optimizer"], back["scheduler"])
    learn(fresh_model, fresh_optimizer, fresh_scheduler)
    for other in (back["model"], fresh_model):
        pairs = zip(model.parameters(), other.parameters(), strict=True)
        assert all(torch.equal(one, two) for one, two in pairs)


def test_a_module_of_ones_own_is_kept_by_source_and_loads_with_trust() -> None:
    torch.manual_seed(0)
    model = Classifier(20, 3).eval()
    archive = holotype.dumps(model, embed=[__name__, *__name__.split(".")[:1]])
    shown = holotype.show(archive)
    assert shown.level == "code"
    assert "class Classifier" in shown.sources[0].text
    with pytest.raises(UntrustedError, match="code:sha256:"):
        holotype.loads(archive)
    back = holotype.loads(archive, trust=[need.argument for need in shown.needs])
    tokens = torch.tensor([[1, 2, 3, 0]])
    assert type(back) is not Classifier
    assert torch.equal(ask_tensor(model, tokens), ask_tensor(back, tokens))


SOURCE = """
from torch import nn

class Net(nn.Module):
    def __init__(self):
        super().__init__()
        self.layer = nn.Linear(3, 2)

    def forward(self, x):
        return self.layer(x).relu()
"""


def test_a_module_of_an_installed_package_is_kept_by_name(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "nets_of_mine.py").write_text(SOURCE)
    monkeypatch.syspath_prepend(tmp_path)
    module = importlib.import_module("nets_of_mine")
    model = module.Net()
    archive = holotype.dumps(model)
    assert holotype.show(archive).level == "named"
    with pytest.raises(UntrustedError):
        holotype.loads(archive)
    back = again(model, trust=["nets_of_mine"])
    assert type(back) is module.Net
    x = np.ones((2, 3))
    assert np.array_equal(ask(back, x), ask(model, x))
    stream = io.BytesIO()
    torch.save(model, stream)
    converted = io.BytesIO()
    assert holotype.convert(stream.getvalue(), converted).level == "named"
    assert holotype.fingerprint(converted.getvalue()) == holotype.fingerprint(archive)


def ask_tensor(model: Any, x: Any) -> Any:
    return torch.from_numpy(ask(model, x))


def test_a_pipeline_with_a_network_in_it_is_one_archive() -> None:
    preprocessing = pytest.importorskip("sklearn.preprocessing", reason="it is the other part")
    x = np.arange(12.0).reshape(4, 3)
    model = {"scaler": preprocessing.StandardScaler().fit(x), "network": nn.Linear(3, 2)}
    back = again(model)
    then = ask(model["network"], model["scaler"].transform(x))
    assert np.array_equal(ask(back["network"], back["scaler"].transform(x)), then)


def test_the_parameters_can_be_read_as_safetensors() -> None:
    safetensors = pytest.importorskip("safetensors.torch", reason="it reads them")
    model = nn.Sequential(nn.Linear(3, 4), nn.ReLU(), nn.Linear(4, 2))
    archive = zipfile.ZipFile(io.BytesIO(holotype.dumps(model)))
    read = safetensors.load(archive.read("parameters.safetensors"))
    state = model.state_dict()
    assert read.keys() == state.keys()
    assert all(torch.equal(read[name], state[name]) for name in state)


PROGRAM = """
import torch, holotype
torch.manual_seed(3)
net = torch.nn.Sequential(torch.nn.Linear(3, 4), torch.nn.LSTM(4, 2, 2))
x = torch.arange(12.0).reshape(3, 4)
model = {"net": net, "views": [x, x[1:], x.t()], "names": {"b", "a"}}
fingerprint = holotype.fingerprint(holotype.dumps(model))
print(fingerprint)
"""


def test_the_fingerprint_is_the_same_in_every_process() -> None:
    here: dict[str, Any] = {}
    exec(PROGRAM.replace("print(fingerprint)", ""), here)
    assert fresh.run(PROGRAM, PYTHONHASHSEED="7").stdout.strip() == here["fingerprint"]


def test_looking_into_an_archive_does_not_import_torch(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    holotype.dump(image_network(), path)
    program = (
        "import sys, holotype\n"
        "holotype.show(sys.argv[1]); report = holotype.verify(sys.argv[1])\n"
        "print('torch' in sys.modules, report.ok)"
    )
    assert fresh.run(program, str(path)).stdout.split() == ["False", "True"]


def test_loading_large_tensors_copies_nothing(tmp_path: Path) -> None:
    path = tmp_path / "m.holo"
    weights = {"a": torch.zeros(1 << 20), "b": torch.ones(1 << 20, dtype=torch.bfloat16)}
    holotype.dump(weights, path)
    back = holotype.load(path, mmap=True, verify=False)
    places = sorted(each.data_ptr() for each in back.values())
    assert places[1] - places[0] in (4 << 20, 2 << 20), "both lie in one mapping of the file"
    described = json.loads(json.dumps(holotype.show(path).blueprint))
    assert [node["call"] for _, node in described["root"]["dict"]] == ["torch.Tensor"] * 2
