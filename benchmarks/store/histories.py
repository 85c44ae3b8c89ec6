"""Histories: versions of one model as training goes on, the same in every run.

Each is made anew by the training that it is named after; a version is yielded once and may be
changed in place by the next, as warm starts do, so whoever keeps one writes it at once.
"""

from __future__ import annotations

import copy
import importlib
import importlib.util
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from itertools import repeat
from typing import Any

from sklearn.datasets import load_breast_cancer, load_digits, make_classification, make_regression
from sklearn.ensemble import (
    HistGradientBoostingClassifier,
    RandomForestClassifier,
    RandomForestRegressor,
)
from sklearn.neighbors import KNeighborsClassifier

from benchmarks.models import Model

VERSIONS = 20
WIDTH = 1024
"""Of the network's hidden layers."""
CLASSES = 10
EPOCHS = 10
"""Of training before the first checkpoint, of 28 steps each."""
RATE, TUNING_RATE = 1e-3, 1e-4
"""Of AdamW: before the first checkpoint, and from then on."""

Build = Callable[[bool], Iterator[Model]]
"""The endless versions of a model; small ones if so asked."""


@dataclass(frozen=True)
class History:
    """How the versions of one model are made, and what keeping them may cost.

    ``total`` is the most that all versions may take, ``step`` the most that a further one may, both
    over the same versions' raw bytes; ``aim`` says it in words. ``copies`` are one model under a
    new name each time. ``needs`` is its library beside scikit-learn.
    """

    key: str
    title: str
    build: Build
    aim: str = ""
    total: float | None = None
    step: float | None = None
    copies: bool = False
    needs: str = "sklearn"

    @property
    def tensors(self) -> bool:
        """Whether a version is a dict of tensors."""
        return self.needs == "torch"


def _warm_forest(quick: bool) -> Iterator[Model]:
    X, y = make_classification(300 if quick else 3_000, 20, random_state=0)
    return _warm(RandomForestClassifier(random_state=0, warm_start=True), "n_estimators", X, y, 50)


def _warm_boosting(quick: bool) -> Iterator[Model]:
    X, y = load_breast_cancer(return_X_y=True)
    boosting = HistGradientBoostingClassifier(random_state=0, warm_start=True)
    return _warm(boosting, "max_iter", X, y, 10 if quick else 50)


def _warm(model: Model, parameter: str, X: Any, y: Any, by: int, first: int = 0) -> Iterator[Model]:
    """``model`` fitted with ``parameter`` at ``first`` (or ``by``), and ``by`` more each time."""
    count = first or by
    while True:
        yield model.set_params(**{parameter: count}).fit(X, y)
        count += by


def _neighbours(quick: bool) -> Iterator[Model]:
    rows = 500 if quick else 14_600
    X, y = make_classification(rows * 3, 20, random_state=0)
    count = float(rows)
    while True:
        yield KNeighborsClassifier().fit(X[: int(count)], y[: int(count)])
        count *= 1.05


def _anew(quick: bool) -> Iterator[Model]:
    X, y = make_classification(300 if quick else 3_000, 20, random_state=0)
    seed = 0
    while True:
        yield RandomForestClassifier(random_state=seed).fit(X, y)
        seed += 1


def _copied(quick: bool) -> Iterator[Model]:
    return repeat(next(_anew(quick)))


def _network(steps: int, kind: str, *, width: int = WIDTH, frozen: bool = False) -> Build:
    """Checkpoints of a network that learns digits: trained, then ``steps`` further each time.

    It is trained in float32 and saved as ``kind``; ``frozen`` leaves its last layer alone to learn.
    """

    def build(quick: bool) -> Iterator[Model]:
        torch = importlib.import_module("torch")
        size = 64 if quick else width
        X, y = load_digits(return_X_y=True)
        rows, labels = torch.tensor(X / 16, dtype=torch.float32), torch.tensor(y)
        torch.manual_seed(0)
        layer, relu = torch.nn.Linear, torch.nn.ReLU
        network = torch.nn.Sequential(
            layer(64, size), relu(), layer(size, size), relu(), layer(size, CLASSES)
        )

        def learn(steps: int, optimiser: Any) -> None:
            for _ in range(steps):
                batch = torch.randint(0, len(rows), (64,))
                optimiser.zero_grad()
                loss = torch.nn.functional.cross_entropy(network(rows[batch]), labels[batch])
                loss.backward()
                optimiser.step()

        learn(
            2 if quick or width > WIDTH else EPOCHS * 28,
            torch.optim.AdamW(network.parameters(), RATE),
        )
        tuned = (network[-1] if frozen else network).parameters()
        optimiser = torch.optim.AdamW(tuned, TUNING_RATE)
        while True:
            learn(steps, optimiser)
            state = copy.deepcopy(network.state_dict())
            yield {name: each.to(getattr(torch, kind)) for name, each in state.items()}

    return build


def _head() -> float:
    """The last layer's share of the network's numbers."""
    head = (WIDTH + 1) * CLASSES
    return head / (head + (64 + 1) * WIDTH + (WIDTH + 1) * WIDTH)


HISTORIES: dict[str, History] = {
    history.key: history
    for history in (
        History("a", "forest, 50 more trees", _warm_forest, "1.2 of 171 MB", 1.2 / 171),
        History("b", "nearest neighbours, 5 % more rows", _neighbours, "5 of 81 MB", 5 / 81),
        History("c", "boosting, 50 more iterations", _warm_boosting, "0.1 of 2.0 MB", 0.1 / 2),
        *(
            History(
                f"{key}{index}",
                f"{kind} network, {steps} optimiser step{'s' * (steps > 1)}",
                _network(steps, kind),
                f"a step {step} of raw",
                step=step,
                needs="torch",
            )
            for key, kind, aims in (
                ("d", "bfloat16", (0.16, 0.31)),
                ("e", "float32", (0.38, 0.66)),
            )
            for index, steps, step in zip((1, 2), (1, 60), aims, strict=True)
        ),
        History(
            "f",
            "float32 network, only its head tuned",
            _network(60, "float32", frozen=True),
            "a step the head's size",
            step=_head(),
            needs="torch",
        ),
        History("g", "forest, grown anew (shares nothing)", _anew),
        History(
            "h", "one forest under new names", _copied, "a copy 1 % of raw", step=0.01, copies=True
        ),
    )
}


def _large_forest(quick: bool) -> Iterator[Model]:
    rows = 500 if quick else 33_000
    X, y = make_classification(rows, 30, n_informative=10, flip_y=0.1, random_state=0)
    forest = RandomForestClassifier(random_state=0, warm_start=True)
    return _warm(forest, "n_estimators", X, y, 5 if quick else 50, 30 if quick else 300)


def _large_regressor(quick: bool) -> Iterator[Model]:
    X, y = make_regression(500 if quick else 20_000, 20, noise=10, random_state=0)
    forest = RandomForestRegressor(random_state=0, warm_start=True)
    return _warm(forest, "n_estimators", X, y, 10, 10 if quick else 100)


SUBJECTS: dict[str, History] = {
    subject.key: subject
    for subject in (
        History("forest", "forest of classifiers", _large_forest),
        History("regressor", "forest of regressors", _large_regressor),
        History("weights", "float32 network", _network(1, "float32", width=7_000), needs="torch"),
    )
}
"""Large models, whose first two versions are timed: 300 trees and 50 more, 100 and 10 more, a
network of 49 million weights and one step more."""


def available(histories: dict[str, History]) -> dict[str, History]:
    """Those whose library is installed."""
    return {key: one for key, one in histories.items() if importlib.util.find_spec(one.needs)}
