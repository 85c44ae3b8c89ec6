"""Lists and dicts of two models, side by side: aligned first, then compared element by element."""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

from holotype.compare import terms, trees
from holotype.compare.align import Element, Pair, align
from holotype.compare.brief import LONG, brief, in_words, kind_of
from holotype.compare.difference import StepChange
from holotype.compare.findings import shown_path
from holotype.compare.reading import Child, Half, Items, Listed, Pairs, Plain
from holotype.compare.roles import Role, role_below, structural_effect, value_effect

if TYPE_CHECKING:
    from holotype.compare.walk import Walk

__all__ = ["compare_lists", "compare_pairs"]

_LISTS_OF_PARTS = (".steps", ".transformers", ".transformers_", ".transformer_list", ".estimators")
_LEARNED = ("learned", "told", "own")
_MAX_NAMED = 20_000  # elements of a list that are aligned
_FEW = 64  # numbers by name, of which more are a vocabulary, wherever they stand


def compare_lists(walk: Walk, a: Items, b: Items, path: str, role: Role) -> None:
    """The elements of lists, tuples, sets or arrays of objects."""
    if _whole(walk, a, b, path, role):
        return
    before = trees.of_list(walk.left, a, walk.marks[0])
    if before is not None:
        after = trees.of_list(walk.right, b, walk.marks[1])
        if after is not None:
            change = trees.compared(shown_path(path), before, after)
            if change is not None:
                walk.found.tree(change)
            return
    counts = walk.left.count(a), walk.right.count(b)
    if max(counts) <= _MAX_NAMED:
        _elements(walk, a, b, path, role)
        return
    marks = walk.marks[0].of_items(a), walk.marks[1].of_items(b)
    if marks[0] is None or marks[0] != marks[1]:  # what comes after those that are compared counts
        told = f"{counts[0]:,} elements", f"{counts[1]:,} elements, not all of them the same"
        walk.value(path, "changed", value_effect(role), role, *told)
        for index in range(min(*counts, _MAX_NAMED)):
            left, right = walk.left.at(a, index), walk.right.at(b, index)
            walk.later(left, right, f"{path}[{index}]", role)


def _whole(walk: Walk, a: Items, b: Items, path: str, role: Role) -> bool:
    """Texts and columns of numbers, as a whole."""
    words = walk.left.words(a), walk.right.words(b)
    if words[0] is not None and words[1] is not None:
        terms_change = terms.compared(shown_path(path), value_effect(role), words[0], words[1])
        if terms_change is not None:
            walk.found.term(terms_change)
        return True
    numbers = walk.left.numbers(a), walk.right.numbers(b)
    if (
        numbers[0] is not None
        and numbers[1] is not None
        and max(len(numbers[0]), len(numbers[1])) > 1
    ):
        walk.arrays.append((path, role, numbers[0], numbers[1]))
        return True
    return False


def _elements(walk: Walk, a: Items, b: Items, path: str, role: Role) -> None:
    left = [_Named.of(walk.left, child) for child in walk.left.each(a)]
    right = [_Named.of(walk.right, child) for child in walk.right.each(b)]
    marked = [
        [Element(each.name, kind_of(half.part(each.child)), marks.of(each.child)) for each in side]
        for half, marks, side in zip(
            (walk.left, walk.right), walk.marks, (left, right), strict=True
        )
    ]
    proper = all(each.name is not None for each in (*left, *right))
    above = path
    if proper:
        above = next((path.removesuffix(s) for s in _LISTS_OF_PARTS if path.endswith(s)), path)
    for pair in align(*marked):
        if pair.left is not None and pair.right is not None:
            _matched(walk, left[pair.left], right[pair.right], pair, above, role)
        elif pair.left is not None:
            gone = left[pair.left]
            walk.alone(walk.left, gone.child, gone.at(above, pair.left), role)
        elif pair.right is not None:
            come = right[pair.right]
            walk.alone(walk.right, come.child, come.at(above, pair.right), role)


def _matched(walk: Walk, old: _Named, new: _Named, pair: Pair, above: str, role: Role) -> None:
    left, right = pair.left or 0, pair.right or 0
    path, effect = new.at(above, right), structural_effect(role)
    if pair.moved:
        places = f"place {left + 1}", f"place {right + 1}"
        walk.found.step(StepChange(shown_path(path), "moved", effect, *places))
    if old.name != new.name:
        walk.found.step(StepChange(shown_path(path), "renamed", effect, old.name, new.name))
    walk.later(old.child, new.child, path, role)
    if old.columns is not None and new.columns is not None:
        walk.later(old.columns, new.columns, f"{path}.columns", role)


def compare_pairs(walk: Walk, a: Pairs, b: Pairs, path: str, role: Role) -> None:
    """The values of dicts, by their keys; a vocabulary as such."""
    words = walk.left.words(a.keys), walk.right.words(b.keys)
    numbers = walk.left.numbers(a.values), walk.right.numbers(b.values)
    many = max(walk.left.count(a.keys), walk.right.count(b.keys)) > _FEW
    if (
        (many or role in _LEARNED)
        and words[0] is not None
        and words[1] is not None
        and numbers[0] is not None
        and numbers[1] is not None
    ):
        told = numbers[0].tolist(), numbers[1].tolist()
        change = terms.compared(shown_path(path), value_effect(role), words[0], words[1], told)
        if change is not None:
            walk.found.term(change)
        return
    left, right = _by_key(walk.left, a), _by_key(walk.right, b)
    common = [key for key in left if key in right]
    if common != [key for key in right if key in left]:
        orders = [", ".join(key[1] for key in list(side)[:_FEW]) for side in (left, right)]
        walk.value(f"{path}.order of keys", "changed", value_effect(role), role, *orders)
    for key in [*left, *(key for key in right if key not in left)]:
        below = f"{path}.{key[1]}" if key[0] == "str" else f"{path}[{key[1]}]"
        inner = role_below(key[1], role) if key[0] == "str" else role
        if key in left and key in right:
            walk.later(left[key], right[key], below, inner)
        elif key in left:
            walk.alone(walk.left, left[key], below, inner)
        else:
            walk.alone(walk.right, right[key], below, inner)


class _Named:
    """An element of a list: of a pair or triple with a name, such as a step, what it names."""

    __slots__ = ("child", "columns", "name")

    def __init__(self, name: str | None, child: Child, columns: Child) -> None:
        self.name, self.child, self.columns = name, child, columns

    @classmethod
    def of(cls, half: Half, child: Child) -> _Named:
        part = half.part(child)
        if isinstance(part, Listed) and part.kind == "tuple" and half.count(part.items) in (2, 3):
            parts = half.each(part.items)
            name = half.part(parts[0])
            if isinstance(name, Plain) and isinstance(name.value, str) and not name.word:
                return cls(name.value, parts[1], parts[2] if len(parts) == 3 else None)
        return cls(None, child, None)

    def at(self, path: str, index: int) -> str:
        return f"{path}[{index}]" if self.name is None else f"{path}.{self.name}"


def _by_key(half: Half, pairs: Pairs) -> Mapping[tuple[str, str], Child]:
    """The values of a dict by type and text of their keys."""
    found: dict[tuple[str, str], Child] = {}
    for key, value in zip(half.each(pairs.keys), half.each(pairs.values), strict=True):
        part = half.part(key)
        if isinstance(part, Plain):
            name = (type(part.value).__name__, f"{part.value!s}"[:400])
        else:
            told = brief(half, key)
            name = ("", in_words(half, key) if told is LONG else str(told)[:400])
        while name in found:
            name = (name[0], f"{name[1]}'")
        found[name] = value
    return found
