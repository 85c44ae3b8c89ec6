"""Differences of small models of every shape: none goes unseen, and the way back is the mirror."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st

import holotype
from holotype.api.comparing import diff
from holotype.compare.difference import Difference
from holotype.compare.page import page_of
from holotype.compare.telling import tell
from holotype.compare.versions import Step, derive

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-3, 3),
    st.sampled_from([2**70, 0.5, -0.0, float("nan"), float("inf"), 1 + 2j, b"raw", "", "text"]),
)
ARRAYS = st.builds(
    lambda kind, shape, value: np.full(shape, value).astype(kind),
    st.sampled_from(["<f8", "<f4", "<i4", "|b1", "<U3", "<c16"]),
    st.sampled_from([(), (0,), (3,), (2, 2)]),
    st.integers(0, 2),
)
NAMES = st.sampled_from(["a", "b", "c_", "_d", "verbose", "1"])
LONG = st.builds(
    lambda count, value: [f"w{i}" for i in range(count)] + [value],
    st.sampled_from([3, 70]),
    st.sampled_from(["w0x", "other"]),
)
VALUES = st.recursive(
    SCALARS | ARRAYS | LONG,
    lambda inner: st.one_of(
        st.lists(inner, max_size=3),
        st.lists(inner, max_size=3).map(tuple),
        st.dictionaries(NAMES, inner, max_size=3),
        st.dictionaries(st.integers(0, 2), inner, max_size=2),
    ),
    max_leaves=6,
)


def turned(value: Any) -> Any:
    """The same with every dict the other way round, and every array in the other order."""
    if isinstance(value, dict):
        return {key: turned(each) for key, each in reversed(value.items())}
    if isinstance(value, (list, tuple)):
        return type(value)(map(turned, value))
    return np.asfortranarray(value) if isinstance(value, np.ndarray) else value


# Without lists of anything: the places of their elements are those of the newer side.
NAMED = st.recursive(
    SCALARS | ARRAYS | LONG, lambda inner: st.dictionaries(NAMES, inner, max_size=4), max_leaves=8
)
PAIRS = st.tuples(VALUES, VALUES) | VALUES.map(lambda value: (value, turned(value)))


def both(before: Any, after: Any) -> tuple[Difference, Difference]:
    sides = [holotype.dumps({"model": each}, context=False) for each in (before, after)]
    return diff(*sides), diff(*sides[::-1])


@settings(deadline=None, max_examples=100)
@given(PAIRS)
def test_what_differs_is_found_and_what_does_not_is_not(pair: tuple[Any, Any]) -> None:
    there, _ = both(*pair)
    changes = sum(len(section.lines) for section in tell(there) if section.title != "Metadata")
    assert (changes == 0) is there.same_model
    assert (derive(there)[0] is Step.SAME) is there.same_model
    assert bool(there.effects) is not there.same_model
    assert not there.left_out
    assert "<script" not in page_of(there)


@settings(deadline=None, max_examples=100)
@given(NAMED, NAMED)
def test_the_way_back_is_the_mirror(before: Any, after: Any) -> None:
    there, back = both(before, after)
    other = {"added": "removed", "removed": "added"}
    for name in ("hyperparameters", "arrays", "values"):
        one = sorted((e.path, other.get(e.kind, e.kind)) for e in getattr(there, name))
        assert one == sorted((e.path, e.kind) for e in getattr(back, name))
    assert [(t.path, t.added, t.removed) for t in there.terms] == [
        (t.path, t.removed, t.added) for t in back.terms
    ]
    figures = {e.path: e.figures for e in back.arrays if e.figures is not None}
    for change in there.arrays:
        if change.figures is not None:
            assert change.figures.equal == figures[change.path].equal
            assert change.figures.largest == figures[change.path].largest
    assert there.effects == back.effects
    assert derive(there)[0] is derive(back)[0]
