"""Two blueprints, walked side by side: every place at which they differ, and what kind it is.

Rule: a pair of parts is looked at once and nothing is walked by recursion, so neither cycles nor
depth can stop it; lists are aligned before their elements are compared; of large arrays only the
digests are compared here.
"""

from __future__ import annotations

from typing import Any, Literal

import msgspec
import numpy as np

from holotype.compare import trees
from holotype.compare.align import Element, align
from holotype.compare.brief import LONG, brief, in_words, json_value, kind_of, same_number
from holotype.compare.containers import compare_lists, compare_pairs
from holotype.compare.difference import Effect, Kind, Setting, StepChange
from holotype.compare.findings import Findings, shown_path
from holotype.compare.marks import Marks, plain_mark
from holotype.compare.reading import (
    Child,
    Foreign,
    Half,
    Listed,
    Pairs,
    Part,
    Plain,
    Thing,
)
from holotype.compare.roles import (
    Role,
    is_placeholder,
    is_tensor,
    replaced_effect,
    role_below,
    role_of_type,
    structural_effect,
    value_effect,
)
from holotype.graph.nodes import ArrayNode, Ref

__all__ = ["ArrayPair", "Walk"]

_BOOKKEEPING = frozenset({"modules", "parameters", "buffers"})  # names of what stands beside them
_LEARNED = ("learned", "told", "own")

ArrayPair = tuple[str, Role, Any, Any]
"""A path, its role, and an array (node or piece) of each half; None where there is none."""


class Walk:
    """One comparison of two halves; ``newer`` are libraries of another version on the right."""

    def __init__(self, left: Half, right: Half, newer: frozenset[str]) -> None:
        self.left, self.right = left, right
        self.marks = Marks(left), Marks(right)
        self.newer = newer
        self.found = Findings()
        self.arrays: list[ArrayPair] = []
        self._waiting: list[tuple[Child, Child, str, Role]] = []
        self._seen: set[tuple[int, int]] = set()
        self._skipped: set[int] = set()

    def run(self) -> None:
        """Compare everything."""
        self._waiting.append((self.left.blueprint.root, self.right.blueprint.root, "", "open"))
        while self._waiting:
            left, right, path, role = self._waiting.pop()
            start = len(self._waiting)
            self._compare(left, right, path, role)
            self._waiting[start:] = self._waiting[start:][::-1]

    def later(self, left: Child, right: Child, path: str, role: Role) -> None:
        self._waiting.append((left, right, path, role))

    def _compare(self, left: Child, right: Child, path: str, role: Role) -> None:
        if id(left) in self._skipped:
            return
        if type(left) is Ref and type(right) is Ref:
            if (left.index, right.index) in self._seen:
                return
            self._seen.add((left.index, right.index))
        a, b = self.left.part(left), self.right.part(right)
        if isinstance(a, Plain) and isinstance(b, Plain):
            self._plain(a, b, path, role)
        elif _is_array(a) and _is_array(b):
            self.arrays.append((path, role, a, b))
        elif isinstance(a, Thing) and isinstance(b, Thing) and a.key == b.key:
            fitted = any(name[-1:] == "_" for name in (*a.named, *b.named))
            self._things(a, b, path, role_of_type(a.key, a.kind, role, fitted=fitted))
        elif isinstance(a, Listed) and isinstance(b, Listed) and a.kind == b.kind:
            if not self._as_one(left, right, path, role):
                compare_lists(self, a.items, b.items, path, role)
        elif isinstance(a, Pairs) and isinstance(b, Pairs):
            if not self._as_one(left, right, path, role):
                compare_pairs(self, a, b, path, role)
        elif isinstance(a, Foreign) and isinstance(b, Foreign):
            self._foreign(a, b, path, role)
        else:
            self._replaced(left, right, path, role)

    # -- values ----------------------------------------------------------------------------------

    def _plain(self, a: Plain, b: Plain, path: str, role: Role) -> None:
        if plain_mark(a) != plain_mark(b):
            effect = value_effect(role)
            if same_number(a.value, b.value) or (self.newer and is_placeholder(a.value, b.value)):
                effect = "run"
            self.value(path, "changed", effect, role, json_value(a), json_value(b))

    def _as_one(self, left: Child, right: Child, path: str, role: Role) -> bool:
        """Tell small containers of plain values as one value, where both sides are such."""
        if role not in ("open", "set", "run") or not path:
            return False
        a, b = brief(self.left, left), brief(self.right, right)
        if a is LONG or b is LONG or (isinstance(a, dict) and role == "open"):
            return False
        if repr(a) == repr(b):  # which tells 1 from True, and one order of keys from another
            same = self.marks[0].of(left)
            return same is not None and same == self.marks[1].of(right)
        self.value(path, "changed", value_effect(role), role, a, b)
        return True

    def value(
        self, path: str, kind: Kind, effect: Effect, role: Role, before: Any, after: Any
    ) -> None:
        change = Setting(shown_path(path), kind, effect, before, after)
        if role in _LEARNED:
            self.found.value(change)
        else:
            self.found.setting(change)

    def alone(
        self, half: Half, child: Child, path: str, role: Role, *, by_library: bool = False
    ) -> None:
        """What only one half has."""
        gone = half is self.left
        kind: Literal["added", "removed"] = "removed" if gone else "added"
        part = half.part(child)
        if isinstance(part, Thing) and is_tensor(part.key) and part.args:
            child = part.args[0]
            part = half.part(child)
        if _is_array(part):
            self.arrays.append((path, role, part if gone else None, None if gone else part))
            return
        if isinstance(part, Thing | Foreign):
            effect = "run" if by_library else structural_effect(role)
            word = in_words(half, child)
            told = (word, None) if gone else (None, word)
            self.found.step(StepChange(shown_path(path), kind, effect, *told))
            return
        value = brief(half, child)
        value = in_words(half, child) if value is LONG else value
        effect = "run" if by_library else value_effect(role)
        self.value(path, kind, effect, role, *((value, None) if gone else (None, value)))

    def _replaced(self, left: Child, right: Child, path: str, role: Role) -> None:
        a, b = self.left.part(left), self.right.part(right)
        words = in_words(self.left, left), in_words(self.right, right)
        if isinstance(a, Thing | Foreign) or isinstance(b, Thing | Foreign):
            both = isinstance(a, Thing) and isinstance(b, Thing)
            effect = replaced_effect(role, *words) if both else structural_effect(role)
            change = StepChange(shown_path(path), "replaced", effect, *words)
            self.found.step(change)
            return
        told = [
            word if value is LONG else value
            for value, word in zip(
                (brief(self.left, left), brief(self.right, right)), words, strict=True
            )
        ]
        if role == "learned" and told[0] == told[1]:
            return
        self.value(path, "changed", value_effect(role), role, *told)

    # -- objects ---------------------------------------------------------------------------------

    def _things(self, a: Thing, b: Thing, path: str, role: Role) -> None:
        if a.key in trees.BOOSTERS:
            self._booster(a, b, path, role)
        for index in range(max(len(a.args), len(b.args))):
            below = path if is_tensor(a.key) and index == 0 else f"{path}.args[{index}]"
            inner: Role = "run" if is_tensor(a.key) and index else role
            if index < min(len(a.args), len(b.args)):
                self.later(a.args[index], b.args[index], below, inner)
            else:
                half, args = (self.left, a.args) if index < len(a.args) else (self.right, b.args)
                self.alone(half, args[index], below, inner)
        self._members(a, b, path, role)
        if a.state is not None and b.state is not None:
            self.later(a.state, b.state, path, role)
        elif a.state is not None or b.state is not None:
            half, state = (self.left, a.state) if b.state is None else (self.right, b.state)
            self.alone(half, state, path, role)
        if a.items is not None and b.items is not None:
            compare_lists(self, a.items, b.items, path, role)
        if a.pairs is not None and b.pairs is not None:
            compare_pairs(self, a.pairs, b.pairs, path, role)

    def _booster(self, a: Thing, b: Thing, path: str, role: Role) -> None:
        before, after = trees.of_booster(self.left, a), trees.of_booster(self.right, b)
        if before is None or after is None:
            return
        self._skipped.add(id(before[1]))
        change = trees.compared(shown_path(path), before[0], after[0])
        if change is not None:
            bare = role == "told" and a.key in trees.WITHOUT_ROUNDS
            if bare and change.before != change.after:
                change = msgspec.structs.replace(change, effect="setting")
            self.found.tree(change)

    def _members(self, a: Thing, b: Thing, path: str, role: Role) -> None:
        left, right = dict(a.named), dict(b.named)
        if a.key.startswith("torch."):
            for name in _BOOKKEEPING:
                left.pop(name, None)
                right.pop(name, None)
            self._numbered(left, right, path, role)
        other = a.key.partition(".")[0] in self.newer
        for name in [*left, *(name for name in right if name not in left)]:
            below, inner = f"{path}.{name}", role_below(name, role)
            if name in left and name in right:
                self.later(left[name], right[name], below, inner)
            else:
                half, child = (self.left, left[name]) if name in left else (self.right, right[name])
                self.alone(half, child, below, inner, by_library=other)

    def _numbered(
        self, left: dict[str, Child], right: dict[str, Child], path: str, role: Role
    ) -> None:
        """Layers whose names are only their numbers are a list."""
        lists = [
            [(name, side.pop(name)) for name in list(side) if name.isdigit()]
            for side in (left, right)
        ]
        marked = [
            [Element(None, kind_of(half.part(child)), marks.of(child)) for _, child in listed]
            for half, marks, listed in zip((self.left, self.right), self.marks, lists, strict=True)
        ]
        for pair in align(*marked):
            if pair.left is not None and pair.right is not None:
                name, child = lists[1][pair.right]
                self.later(lists[0][pair.left][1], child, f"{path}.{name}", role)
            elif pair.left is not None:
                name, child = lists[0][pair.left]
                self.alone(self.left, child, f"{path}.{name}", role)
            elif pair.right is not None:
                name, child = lists[1][pair.right]
                self.alone(self.right, child, f"{path}.{name}", role)

    def _foreign(self, a: Foreign, b: Foreign, path: str, role: Role) -> None:
        if (a.word, a.text) != (b.word, b.text):
            change = StepChange(shown_path(path), "code", "architecture", a.word, b.word)
            self.found.step(change)
        for name in [*a.named, *(name for name in b.named if name not in a.named)]:
            if name in a.named and name in b.named:
                if a.word.startswith("pickle"):
                    self._opaque(a.named[name], b.named[name], path)
                else:
                    self.later(a.named[name], b.named[name], _below(path, name), role)
            else:
                half, named = (self.left, a.named) if name in a.named else (self.right, b.named)
                self.alone(half, named[name], _below(path, name), role)

    def _opaque(self, left: Child, right: Child, path: str) -> None:
        if self.marks[0].of(left) != self.marks[1].of(right):
            words = in_words(self.left, left), in_words(self.right, right)
            self.found.step(StepChange(shown_path(path), "code", "architecture", *words))


def _below(path: str, name: str) -> str:
    return f"{path}{name}" if name.startswith("[") else f"{path}.{name}"


def _is_array(part: Part) -> bool:
    return isinstance(part, ArrayNode | np.ndarray)
