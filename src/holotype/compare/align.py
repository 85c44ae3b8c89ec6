"""Which elements of two lists belong together: so that what was inserted is an insertion.

Elements are matched by their names where they have any, else by what they are (their marks), else
by their types between those that matched. Rule: it takes no more than time in proportion to the
number of elements that differ times that of all.
"""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Sequence
from difflib import SequenceMatcher
from typing import Any, NamedTuple

__all__ = ["Element", "Pair", "align", "common"]

_MAX_MATCHED = 2000  # elements of the differing middle; of more, those of one number are matched


class Element(NamedTuple):
    """One element: its name where it has one, its type, and its mark."""

    name: str | None
    kind: str
    mark: Any


class Pair(NamedTuple):
    """Places in the two lists; None where there is no counterpart. ``moved`` among the others."""

    left: int | None
    right: int | None
    moved: bool = False


def align(left: Sequence[Element], right: Sequence[Element]) -> list[Pair]:
    """Pairs in the order of the right list; what has no counterpart stands where it stood."""
    if _by_name(left) and _by_name(right):
        return _named(left, right)
    return _aligned(left, right)


def _by_name(elements: Sequence[Element]) -> bool:
    names = [each.name for each in elements]
    proper = all(name is not None and not name.isdigit() for name in names)
    return proper and len(set(names)) == len(names)


def _named(left: Sequence[Element], right: Sequence[Element]) -> list[Pair]:
    places = {each.name: index for index, each in enumerate(left)}
    matched = [places.get(each.name) for each in right]
    free = {index for index, each in enumerate(left) if index not in matched}
    for index, found in enumerate(matched):  # what is the very same under another name
        if found is None:
            same = [i for i in sorted(free) if left[i][1:] == right[index][1:]]
            if same and right[index].mark is not None:
                matched[index] = same[0]
                free.discard(same[0])
    kept = _rising([found for found in matched if found is not None])
    pairs = [
        Pair(found, index, found is not None and found not in kept)
        for index, found in enumerate(matched)
    ]
    return _with_removed(pairs, sorted(free))


def _rising(places: Sequence[int]) -> set[int]:
    """The longest rising subsequence: those that kept their order (patience sorting)."""
    tails: list[int] = []
    at: list[int] = []  # positions of the tails
    before: list[int] = []
    for position, place in enumerate(places):
        spot = bisect_left(tails, place)
        before.append(at[spot - 1] if spot else -1)
        tails[spot : spot + 1] = [place]
        at[spot : spot + 1] = [position]
    kept: set[int] = set()
    position = at[-1] if at else -1
    while position >= 0:
        kept.add(places[position])
        position = before[position]
    return kept


def _with_removed(pairs: list[Pair], removed: Sequence[int]) -> list[Pair]:
    """Put each removed element behind the one that it stood behind."""
    result = list(pairs)
    for index in removed:
        spot = 0
        for place, pair in enumerate(result):
            if pair.left is not None and pair.left < index and not pair.moved:
                spot = place + 1
        result.insert(spot, Pair(index, None))
    return result


def _aligned(left: Sequence[Element], right: Sequence[Element]) -> list[Pair]:
    keys = [[(each.kind, each.mark) for each in side] for side in (left, right)]
    start, end = common(*keys)
    pairs = [Pair(index, index) for index in range(start)]
    a, b = range(start, len(left) - end), range(start, len(right) - end)
    if max(len(a), len(b)) > _MAX_MATCHED:
        pairs += _zipped(a, b)
    else:
        for gap_a, gap_b in _gaps(keys[0], keys[1], a, b, pairs):
            _match_kinds(left, right, gap_a, gap_b, pairs)
    pairs += [Pair(len(left) - n, len(right) - n) for n in range(end, 0, -1)]
    return sorted(pairs, key=_place)


def common(left: Sequence[Any], right: Sequence[Any]) -> tuple[int, int]:
    """How many elements are equal at the start, and how many of the others at the end."""
    most = min(len(left), len(right))
    start = 0
    while start < most and left[start] == right[start]:
        start += 1
    end = 0
    while end < most - start and left[-1 - end] == right[-1 - end]:
        end += 1
    return start, end


def _gaps(
    left: Sequence[Any], right: Sequence[Any], a: range, b: range, pairs: list[Pair]
) -> list[tuple[range, range]]:
    """Add the pairs of equal elements; return what lies between them."""
    numbers: dict[Any, int] = {}
    codes = [
        [numbers.setdefault(side[index], len(numbers)) for index in part]
        for side, part in ((left, a), (right, b))
    ]
    gaps: list[tuple[range, range]] = []
    at_a = at_b = 0
    for block in SequenceMatcher(None, codes[0], codes[1], autojunk=False).get_matching_blocks():
        gaps.append((a[at_a : block.a], b[at_b : block.b]))
        pairs += [Pair(a[block.a + n], b[block.b + n]) for n in range(block.size)]
        at_a, at_b = block.a + block.size, block.b + block.size
    return [(x, y) for x, y in gaps if len(x) or len(y)]


def _match_kinds(
    left: Sequence[Element], right: Sequence[Element], a: range, b: range, pairs: list[Pair]
) -> None:
    kinds = [each.kind for each in left], [each.kind for each in right]
    for x, y in _gaps(*kinds, a, b, pairs):
        pairs += _zipped(x, y)


def _zipped(a: range, b: range) -> list[Pair]:
    """In their order; the longer one's rest has no counterpart."""
    both = min(len(a), len(b))
    pairs = [Pair(x, y) for x, y in zip(a[:both], b[:both], strict=True)]
    return [
        *pairs,
        *(Pair(x, None) for x in a[both:]),
        *(Pair(None, y) for y in b[both:]),
    ]


def _place(pair: Pair) -> tuple[float, int]:
    """In the order of the right list; what was removed where it stood in the left one."""
    if pair.right is None:
        return (float(pair.left or 0), 0)
    return (float(pair.right), 1)
