"""What comparing finds, gathered: each change once, the strongest effect of it, lists bounded."""

from __future__ import annotations

import re
from typing import Any

import msgspec

from holotype.compare.difference import (
    MOST,
    ArrayChange,
    Effect,
    Setting,
    StepChange,
    TermsChange,
    TreesChange,
)

__all__ = ["Findings", "shown_path"]

_STRENGTH: dict[Effect, int] = {"run": 0, "learned": 1, "setting": 2, "architecture": 3}
_TRAILING = re.compile(r"_(?=\.|\[|$)")
_MAX_PATH = 400


class Findings:
    """The changes of a model by path; a fitted copy of a part does not count twice."""

    def __init__(self) -> None:
        self.settings: dict[Any, Setting] = {}
        self.steps: dict[Any, StepChange] = {}
        self.trees: list[TreesChange] = []
        self.terms: list[TermsChange] = []
        self.arrays: list[ArrayChange] = []
        self.values: dict[Any, Setting] = {}
        self.effects: set[Effect] = set()
        self.left_out: dict[str, int] = {}

    def setting(self, change: Setting) -> None:
        """A hyper-parameter, or another value that a person set."""
        key = _TRAILING.sub("", change.path)
        self._keep("hyperparameters", self.settings, key, change)

    def step(self, change: StepChange) -> None:
        """A part of the model."""
        self._keep("steps", self.steps, (_TRAILING.sub("", change.path), change.kind), change)

    def value(self, change: Setting) -> None:
        """A value that was learned."""
        self._keep("values", self.values, change.path, change)

    def tree(self, change: TreesChange) -> None:
        self._add("trees", self.trees, change, change.effect)

    def term(self, change: TermsChange) -> None:
        self._add("terms", self.terms, change, change.effect)

    def array(self, change: ArrayChange) -> None:
        self._add("arrays", self.arrays, change, change.effect)

    def _keep(self, name: str, known: dict[Any, Any], key: Any, change: Any) -> None:
        self.effects.add(change.effect)
        if key in known:
            if _STRENGTH[change.effect] > _STRENGTH[known[key].effect]:
                known[key] = msgspec.structs.replace(known[key], effect=change.effect)
        elif len(known) < MOST:
            known[key] = change
        else:
            self.left_out[name] = self.left_out.get(name, 0) + 1

    def _add(self, name: str, known: list[Any], change: Any, effect: Effect) -> None:
        self.effects.add(effect)
        if len(known) < MOST:
            known.append(change)
        else:
            self.left_out[name] = self.left_out.get(name, 0) + 1


def shown_path(path: str) -> str:
    """A path as it is told: cut where a hostile file makes it long; of the root, the model."""
    path = path.removeprefix(".")
    return path if len(path) <= _MAX_PATH else f"…{path[-_MAX_PATH // 2 :]}"
