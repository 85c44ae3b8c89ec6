"""What the objects of one model say about each other while it is written.

How one object is written may depend on others that the walk meets later: two tensors that look into
one storage are written as views of it. Each says what it has to say; the walk is repeated until it
has heard everything beforehand. Rule: what is written depends on the model alone, never on what
else the process holds.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Sequence
from typing import Any

__all__ = ["Notes"]


class Notes:
    """Facts on topics, each said by some object; kept from one walk over the model to the next."""

    def __init__(self) -> None:
        self._said: dict[Hashable, dict[int, Any]] = {}
        self._known: dict[Hashable, list[Any]] = {}
        self._made: dict[Hashable, Any] = {}

    def tell(self, topic: Hashable, who: int, fact: Any) -> Sequence[Any]:
        """Say something; what others said on the topic in the last walk, or ``fact`` alone.

        ``who`` is the id of an object that lives until the walk ends.
        """
        self._said.setdefault(topic, {})[who] = fact
        return self._known.get(topic, (fact,))

    def made(self, topic: Hashable, make: Callable[[], Any]) -> Any:
        """The one object that stands for what is known on a topic."""
        if topic not in self._made:
            self._made[topic] = make()
        return self._made[topic]

    def settled(self) -> bool:
        """At the end of a walk: whether it heard nothing new, so that what it wrote stands."""
        said = {topic: [*facts.values()] for topic, facts in self._said.items() if len(facts) > 1}
        self._said = {}
        if said == self._known:
            return True
        self._known, self._made = said, {}
        return False

    def forget(self) -> None:
        """A walk was broken off: it counts for nothing."""
        self._said = {}
