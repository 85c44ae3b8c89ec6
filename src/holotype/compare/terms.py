"""Vocabularies and other distinct texts: which came, which went, which have another number."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from holotype.compare.difference import MOST_TERMS, Effect, TermsChange

__all__ = ["compared"]

_MAX_TERM = 200  # characters that are shown of one


def compared(
    path: str,
    effect: Effect,
    before: Sequence[str],
    after: Sequence[str],
    numbers: tuple[Sequence[Any], Sequence[Any]] | None = None,
) -> TermsChange | None:
    """None where all is the same; ``numbers`` are what the terms stand for, else their places.

    What stayed has moved only where its place among those that stayed is another: a term that comes
    in before it moves nobody. A number that changed counts as moved.
    """
    old, new = dict.fromkeys(before), dict.fromkeys(after)
    added = [term for term in new if term not in old]
    removed = [term for term in old if term not in new]
    if numbers is None:
        stayed = [term for term in old if term in new], [term for term in new if term in old]
        moved = sum(a != b for a, b in zip(*stayed, strict=True))
        same = not moved and len(before) == len(after)
    else:
        left, right = (
            dict(zip(terms, given, strict=True))
            for terms, given in zip((before, after), numbers, strict=True)
        )
        moved = sum(right[term] != number for term, number in left.items() if term in right)
        same = not moved
    if same and not added and not removed:
        return None
    return TermsChange(
        path=path,
        effect=effect,
        before=len(before),
        after=len(after),
        added=len(added),
        removed=len(removed),
        moved=moved,
        some_added=[_cut(term) for term in sorted(added)[:MOST_TERMS]],
        some_removed=[_cut(term) for term in sorted(removed)[:MOST_TERMS]],
    )


def _cut(term: str) -> str:
    return term if len(term) <= _MAX_TERM else f"{term[: _MAX_TERM - 1]}…"
