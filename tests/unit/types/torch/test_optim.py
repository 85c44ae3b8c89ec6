"""Optimizers and schedulers: they go on as if nothing had happened."""

from __future__ import annotations

import io
import json
import zipfile
from typing import Any

import pytest
from attacks.forge import reseal
from safetensors.numpy import load as load_arrays

import holotype
from holotype.errors import InvalidStateError, UnsupportedError

torch = pytest.importorskip("torch", reason="its optimizers are stored")
nn, optim = torch.nn, torch.optim
schedules = torch.optim.lr_scheduler

pytestmark = pytest.mark.filterwarnings(
    "ignore:Detected call of `lr_scheduler:UserWarning",
    "ignore:To get the last learning rate:UserWarning",
)

OPTIMIZERS = (
    "ASGD Adadelta Adafactor Adagrad Adam AdamW Adamax LBFGS Muon NAdam RAdam RMSprop Rprop SGD"
)
SCHEDULES: dict[str, Any] = {
    "ConstantLR": schedules.ConstantLR,
    "CosineAnnealingLR": lambda o: schedules.CosineAnnealingLR(o, 10),
    "CosineAnnealingWarmRestarts": lambda o: schedules.CosineAnnealingWarmRestarts(o, 4),
    "CyclicLR": lambda o: schedules.CyclicLR(o, 0.1, 0.2),
    "ExponentialLR": lambda o: schedules.ExponentialLR(o, 0.9),
    "LambdaLR": lambda o: schedules.LambdaLR(o, abs),
    "LinearLR": schedules.LinearLR,
    "MultiStepLR": lambda o: schedules.MultiStepLR(o, [3, 4]),
    "MultiplicativeLR": lambda o: schedules.MultiplicativeLR(o, abs),
    "OneCycleLR": lambda o: schedules.OneCycleLR(o, 0.1, 100),
    "PolynomialLR": schedules.PolynomialLR,
    "ReduceLROnPlateau": lambda o: schedules.ReduceLROnPlateau(o, patience=1),
    "StepLR": lambda o: schedules.StepLR(o, 3),
    "ChainedScheduler": lambda o: schedules.ChainedScheduler(
        [schedules.ConstantLR(o), schedules.ExponentialLR(o, 0.9)]
    ),
    "SequentialLR": lambda o: schedules.SequentialLR(
        o, [schedules.ConstantLR(o), schedules.ExponentialLR(o, 0.9)], [2]
    ),
}
X = torch.arange(32.0).reshape(8, 4) / 32


def again(value: Any) -> Any:
    archive = holotype.dumps(value, max_level="data")
    back = holotype.loads(archive)
    assert holotype.fingerprint(holotype.dumps(back)) == holotype.fingerprint(archive)
    return back


def network() -> Any:
    torch.manual_seed(0)
    return nn.Sequential(nn.Linear(4, 5), nn.Tanh(), nn.Linear(5, 2))


def learn(net: Any, optimizer: Any, scheduler: Any = None) -> None:
    def loss() -> Any:
        optimizer.zero_grad()
        value = (net(X) ** 2).sum()
        value.backward()
        return value

    for _ in range(3):
        value = optimizer.step(loss)
        if scheduler is not None:
            plateau = isinstance(scheduler, schedules.ReduceLROnPlateau)
            scheduler.step(*([float(value.detach())] if plateau else []))


def same(one: Any, other: Any) -> bool:
    return all(
        torch.equal(*pair) for pair in zip(one.parameters(), other.parameters(), strict=True)
    )


@pytest.mark.parametrize("name", OPTIMIZERS.split())
def test_an_optimizer_goes_on(name: str) -> None:
    if not hasattr(optim, name):
        pytest.skip("this version of torch has none of this name")
    net = network()
    given = [each for each in net.parameters() if each.dim() == 2 or name != "Muon"]
    optimizer = getattr(optim, name)(given, lr=0.01)
    learn(net, optimizer)
    net_again, optimizer_again = again((net, optimizer))
    assert optimizer_again.param_groups[0]["params"][0] is net_again[0].weight
    learn(net, optimizer)
    learn(net_again, optimizer_again)
    assert same(net, net_again)


def test_groups_with_options_of_their_own() -> None:
    net = network()
    groups = [{"params": net[0].parameters(), "lr": 0.5}, {"params": net[2].parameters()}]
    optimizer = optim.AdamW(groups, lr=torch.tensor(0.01), amsgrad=True)
    learn(net, optimizer)
    net_again, optimizer_again = again((net, optimizer))
    learn(net, optimizer)
    learn(net_again, optimizer_again)
    assert same(net, net_again)


def test_sparse_gradients() -> None:
    table = nn.Embedding(5, 3, sparse=True)
    optimizer = optim.SparseAdam(table.parameters())
    table(torch.tensor([1, 2])).sum().backward()
    optimizer.step()
    back = again(optimizer)
    state = back.state[back.param_groups[0]["params"][0]]
    assert torch.equal(state["exp_avg"], optimizer.state[table.weight]["exp_avg"])


@pytest.mark.parametrize("name", SCHEDULES)
def test_a_scheduler_goes_on(name: str) -> None:
    net = network()
    optimizer = optim.SGD(net.parameters(), lr=0.1, momentum=0.9)
    scheduler = SCHEDULES[name](optimizer)
    learn(net, optimizer, scheduler)
    net_again, optimizer_again, scheduler_again = again((net, optimizer, scheduler))
    assert scheduler_again.optimizer is optimizer_again
    learn(net, optimizer, scheduler)
    learn(net_again, optimizer_again, scheduler_again)
    assert same(net, net_again)
    assert scheduler.get_last_lr() == scheduler_again.get_last_lr()


def test_hooks_of_an_optimizer_are_refused() -> None:
    optimizer = optim.SGD(network().parameters())
    optimizer.register_step_pre_hook(print)
    with pytest.raises(UnsupportedError, match="hooks"):
        holotype.dumps(optimizer)


# -- what a file may say ------------------------------------------------------------------------


def changed(model: Any, old: str, new: str) -> bytes:
    """The archive of an optimizer whose blueprint says something else."""
    with zipfile.ZipFile(io.BytesIO(holotype.dumps(model))) as file:
        text = file.read("blueprint.json").decode()
        arrays = load_arrays(file.read("parameters.safetensors"))
    assert old in text
    value = json.loads(text.replace(old, new))
    return reseal(value, {name: held for name, held in arrays.items() if f'"{name}"' in text})


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["lr",0.01]', '["lr",{"list":[{"list":[]}]}]'),
        ('["lr",0.01]', '["lr",{"name":"builtins.abs"}]'),
        ('"param_groups"', '"groups"'),
        ('"params"', '"parameters"'),
        ('["step",', '["step",{"list":[]}],["other",'),
    ],
)
def test_a_file_that_lies_about_an_optimizer_is_refused(old: str, new: str) -> None:
    net = network()
    optimizer = optim.Adam(net.parameters(), lr=0.01)
    learn(net, optimizer)
    with pytest.raises(InvalidStateError):
        holotype.loads(changed(optimizer, old, new))


@pytest.mark.parametrize(
    ("kept", "says"),
    [
        (torch.ones(7), "not of the parameter's shape"),
        (torch.ones(1), "not of the parameter's shape"),
        (torch.ones(1).expand(5, 4), "not a plain tensor"),
        (torch.eye(5, 4).to_sparse(), "not a plain tensor"),
    ],
)
def test_what_is_kept_for_a_parameter_has_its_elements(kept: Any, says: str) -> None:
    net = network()
    optimizer = optim.Adam(net.parameters())
    learn(net, optimizer)
    optimizer.state[net[0].weight]["exp_avg"] = kept
    with pytest.raises(InvalidStateError, match=says):
        holotype.loads(holotype.dumps(optimizer))


def test_a_parameter_whose_elements_stand_for_several_is_refused() -> None:
    optimizer = optim.SGD([torch.ones(1).expand(4)])
    with pytest.raises(InvalidStateError, match="stand for several"):
        holotype.loads(holotype.dumps(optimizer))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('["optimizer",', '["step",1],["optimizer",'),
        ('["step_size",3]', '["step_size",{"name":"builtins.abs"}]'),
        ('["optimizer",', '["_schedulers",{"list":[]}],["optimizer",'),
        ('["optimizer",', '["other",'),
    ],
)
def test_a_file_that_lies_about_a_scheduler_is_refused(old: str, new: str) -> None:
    scheduler = schedules.StepLR(optim.SGD(network().parameters()), 3)
    with pytest.raises(InvalidStateError):
        holotype.loads(changed(scheduler, old, new))


def test_a_scheduler_calls_mathematics_and_what_is_trusted() -> None:
    scheduler = schedules.LambdaLR(optim.SGD(network().parameters()), abs)
    with pytest.raises(InvalidStateError, match="nor one of mathematics"):
        holotype.loads(changed(scheduler, "builtins.abs", "builtins.sorted"))
