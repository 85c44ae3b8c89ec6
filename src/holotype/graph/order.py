"""In which order the shared table is built, so that no reference is followed by recursion.

Every entry is *made*, and what can be made empty is *filled* later: that is how cycles close. Two
things can be asked of another entry: that it is made, which is a must, and that it is complete with
all that it leads to, which is asked where contents are looked at at once (arguments and states of
calls, keys, elements of sets). The second is kept wherever no cycle makes it impossible.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain
from typing import NamedTuple

from holotype.errors import BlueprintError

__all__ = ["Needs", "steps_of"]


class Needs(NamedTuple):
    """What one shared entry refers to, as ``2 * index``, and 1 more where it must be complete.

    ``making`` must be made before this one can be made, ``filling`` before it can be filled.
    """

    making: Sequence[int]
    filling: Sequence[int]
    filled: bool  # whether it is made empty and filled afterwards


def steps_of(needs: Sequence[Needs]) -> list[int]:
    """The steps that build all entries: ``2 * index`` makes one, ``2 * index + 1`` fills it.

    Raises BlueprintError where an entry must be there before it is made.
    """
    backwards = range(len(needs) - 1, -1, -1)
    empty = [need.filled and not need.making for need in needs]
    steps: Iterable[int]
    if all(code >> 1 > i for i in backwards for code in chain(*needs[i][:2])):
        steps = chain.from_iterable((2 * i, 2 * i + 1) for i in backwards)  # as writers put it
    elif all(
        not code & 1 and (code >> 1 > i or empty[code >> 1])
        for i in backwards
        for code in chain(*needs[i][:2])
    ):
        made = (2 * i for i in backwards if empty[i])
        rest = (step for i in backwards for step in (2 * i, 2 * i + 1)[empty[i] :])
        steps = chain(made, rest)  # cycles, but nothing is looked at at once
    else:
        graph = _Graph(needs)
        steps = chain.from_iterable(
            group if len(group) == 1 else _ordered(group, graph.musts)
            for group in _groups(2 * len(needs), graph.all)
        )
    return [step for step in steps if not step & 1 or needs[step >> 1].filled]


class _Graph:
    """Steps, and the steps that come before each: all of them, or only the musts."""

    def __init__(self, needs: Sequence[Needs]) -> None:
        self.needs = needs

    def musts(self, step: int) -> list[int]:
        need = self.needs[step >> 1]
        if step & 1:
            return [step - 1, *(code & ~1 for code in need.filling)]
        made = [code & ~1 for code in need.making]
        if step in made:
            raise _circle(step)
        return made

    def all(self, step: int) -> list[int]:
        need = self.needs[step >> 1]
        if step & 1:
            leads_to = (code | 1 for code in chain(need.making, need.filling))
            return [*self.musts(step), *(code for code in leads_to if code != step)]
        return [*self.musts(step), *(code for code in need.making if code & 1)]


def _circle(step: int) -> BlueprintError:
    return BlueprintError(f"shared[{step >> 1}]", "a value that cannot be changed contains itself")


def _groups(count: int, before: Callable[[int], list[int]]) -> Iterator[list[int]]:
    """Steps in groups that need each other, each group after those that it needs (R. Tarjan).

    ``low`` is the earliest met step that a step is known to lead to; past all in a finished group.
    """
    met = [0] * count  # when, counted from 1
    low = [0] * count
    waiting: list[int] = []
    path: list[tuple[int, Iterator[int]]] = []
    clock = 0
    for start in range(count - 1, -1, -1):
        following = None if met[start] else start
        while following is not None or path:
            if following is not None:
                clock += 1
                met[following] = low[following] = clock
                waiting.append(following)
                path.append((following, iter(before(following))))
            step, others = path[-1]
            following = next((other for other in others if _lead(step, other, met, low)), None)
            if following is None:
                path.pop()
                if path:
                    above = path[-1][0]
                    low[above] = min(low[above], low[step])
                if low[step] == met[step]:
                    group = _cut(waiting, step)
                    for each in group:
                        low[each] = count + 1
                    yield group


def _lead(step: int, other: int, met: list[int], low: list[int]) -> bool:
    """Note that ``step`` leads to ``other``; true where that is to be followed first."""
    if not met[other]:
        return True
    if low[other] <= len(met):
        low[step] = min(low[step], met[other])
    return False


def _cut(waiting: list[int], step: int) -> list[int]:
    """The end of a list from ``step`` on, taken off."""
    group = [waiting.pop()]
    while group[-1] != step:
        group.append(waiting.pop())
    return group


def _ordered(group: list[int], before: Callable[[int], list[int]]) -> list[int]:
    """The steps of one group by what they must come after alone."""
    inside = set(group)
    done: dict[int, bool] = {}
    order: list[int] = []
    for start in group:
        path = [start]
        while path:
            step = path[-1]
            if step not in done:
                done[step] = False
                for other in before(step):
                    if other not in done and other in inside:
                        path.append(other)
                    elif done.get(other) is False:
                        raise _circle(other)
            else:
                path.pop()
                if not done[step]:
                    done[step] = True
                    order.append(step)
    return order
