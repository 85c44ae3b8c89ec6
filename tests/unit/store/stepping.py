"""Actors that take turns at a place, one operation at a time, in an order that a test decides.

Every operation of an actor waits until it is its turn. So the same schedule gives the same run, and
all schedules with few changes of turn can be tried one after the other. An actor that is killed has
every further operation fail, also those by which it would clean up.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator, Sequence
from typing import Any

from holotype.store.places.place import Place

_OPERATIONS = frozenset({"read", "read_into", "map", "write", "find", "list", "delete", "now"})


class Killed(BaseException):
    """What an actor that was killed meets; nobody catches it."""


class Actor:
    """Something that is done at a place, in a thread of its own."""

    def __init__(self, name: str, work: Callable[[Place], Any], place: Place) -> None:
        self.name = name
        self.steps = 0
        self.result: Any = None
        self.error: BaseException | None = None
        self.killed = False
        self.ended = False
        self._place = place
        self._work = work
        self._turn = threading.Semaphore(0)
        self._back = threading.Semaphore(0)
        self._thread = threading.Thread(target=self._run, name=name, daemon=True)
        self._thread.start()
        self._back.acquire()

    def step(self) -> None:
        """Let it do one operation, and go on to the next."""
        self._turn.release()
        self._back.acquire()

    def kill(self) -> None:
        """End it before its next operation."""
        self.killed = True
        self.step()

    def _run(self) -> None:
        _here.actor = self
        try:
            self._wait()
            self.result = self._work(_Stepped(self._place, self))  # type: ignore[arg-type]
        except BaseException as error:
            self.error = error
        self.ended = True
        self._back.release()

    def _wait(self) -> None:
        self._back.release()
        self._turn.acquire()

    def before(self) -> None:
        """Wait for the turn; not in a thread of a pool, which works within its actor's turn."""
        if self.killed:
            raise Killed
        if getattr(_here, "actor", None) is self:
            self.steps += 1
            self._wait()
            if self.killed:
                raise Killed


_here = threading.local()


def current(otherwise: str = "") -> str:
    """The name of the actor that runs."""
    actor = getattr(_here, "actor", None)
    return otherwise if actor is None else actor.name


class _Stepped:
    def __init__(self, place: Place, actor: Actor) -> None:
        self._place = place
        self._actor = actor

    def __getattr__(self, name: str) -> Any:
        attribute = getattr(self._place, name)
        if name not in _OPERATIONS:
            return attribute

        def stepped(*args: Any, **kwargs: Any) -> Any:
            self._actor.before()
            return attribute(*args, **kwargs)

        return stepped


def run(actors: Sequence[Actor], turns: Sequence[tuple[int, int]]) -> None:
    """Each turn lets one actor take so many steps; then each in order goes on to its end."""
    for number, steps in turns:
        for _ in range(steps):
            if actors[number].ended:
                break
            actors[number].step()
    for actor in actors:
        while not actor.ended:
            actor.step()


def schedules(
    lengths: Sequence[int], changes: int, every: int = 1
) -> Iterator[list[tuple[int, int]]]:
    """All ways to begin with one of the actors and change ``changes`` times to another one."""

    def more(last: int, left: int) -> Iterator[list[tuple[int, int]]]:
        if not left:
            yield []
            return
        for number, length in enumerate(lengths):
            if number != last:
                for steps in range(1, length + 1, every):
                    for rest in more(number, left - 1):
                        yield [(number, steps), *rest]

    return more(-1, changes)
