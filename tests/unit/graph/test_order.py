"""The shared table is built in an order in which everything is there when it is needed."""

from __future__ import annotations

import random

import pytest

from holotype.errors import BlueprintError
from holotype.graph.order import Needs, steps_of

FILLED, MADE = True, False


def made(*codes: int) -> Needs:
    return Needs(codes, (), MADE)


def filled(*codes: int) -> Needs:
    return Needs((), codes, FILLED)


def test_the_order_of_a_writer_is_from_the_end() -> None:
    assert steps_of([]) == []
    assert steps_of([filled(2), made(4), filled()]) == [4, 5, 2, 0, 1]


def test_what_is_needed_comes_first_in_any_order() -> None:
    assert steps_of([made(), made(0), made(2)]) == [0, 2, 4]
    assert steps_of([filled(), made(1)]) == [0, 1, 2]
    assert steps_of([Needs((), (), FILLED), Needs((1,), (0,), FILLED)]) == [0, 1, 2, 3]


def test_cycles_close_where_something_is_filled_later() -> None:
    assert steps_of([filled(0)]) == [0, 1]
    steps = steps_of([filled(2), made(0)])
    assert steps.index(0) < steps.index(2) < steps.index(1)
    # A call with the list that holds it as argument: the list cannot be complete before.
    steps = steps_of([filled(2), Needs((1,), (), FILLED)])
    assert steps.index(0) < steps.index(2) < steps.index(1)


def test_what_is_complete_has_all_that_it_leads_to() -> None:
    # 2 needs 0 complete; 0 leads to 1 through a tuple, and 1 is a list that is filled.
    steps = steps_of([made(2), filled(), made(1)])
    assert steps.index(3) < steps.index(4)
    # 3 needs 0 complete, which is in a cycle with 1 and leads to 2.
    steps = steps_of([filled(2, 4), filled(0), filled(), Needs((1,), (), FILLED)])
    assert max(steps.index(code) for code in (1, 3, 5)) < steps.index(6)


@pytest.mark.parametrize(
    "needs",
    [
        [made(0)],
        [made(2), made(0)],
        [made(2), made(4), made(0)],
        [filled(2), made(2)],
        [made(2), Needs((0,), (), FILLED)],
    ],
    ids=str,
)
def test_what_must_be_there_before_it_is_made_is_refused(needs: list[Needs]) -> None:
    with pytest.raises(BlueprintError, match="contains itself") as caught:
        steps_of(needs)
    assert caught.value.path.startswith("shared[")


def possible(needs: list[Needs]) -> bool:
    """Whether there is an order in which everything is made before it is needed."""
    musts = {}
    for index, need in enumerate(needs):
        musts[2 * index] = {code & ~1 for code in need.making}
        musts[2 * index + 1] = {2 * index, *(code & ~1 for code in need.filling)}
    while ready := {step for step, before in musts.items() if not before & musts.keys()}:
        musts = {step: before for step, before in musts.items() if step not in ready}
    return not musts


def test_any_graph_is_ordered_or_refused() -> None:
    generator = random.Random(0)
    ordered = 0
    for _ in range(3000):
        count = generator.randint(1, 6)
        needs = []
        for _ in range(count):
            codes = [generator.randrange(2 * count) for _ in range(generator.randint(0, 3))]
            cut = generator.choice((0, 0, len(codes)))
            needs.append(Needs(codes[:cut], codes[cut:], generator.random() < 0.7 or cut == 0))
        if not possible(needs):
            with pytest.raises(BlueprintError):
                steps_of(needs)
            continue
        steps = steps_of(needs)
        ordered += 1
        place = {step: index for index, step in enumerate(steps)}
        assert sorted(steps) == sorted(place)
        for index, need in enumerate(needs):
            assert ((2 * index + 1) in place) == need.filled
            for code in need.making:
                assert place[code & ~1] < place[2 * index]
            for code in need.filling:
                assert place[code & ~1] < place[2 * index + 1]
    assert 500 < ordered < 2900


def test_long_chains_and_circles_need_no_stack() -> None:
    count = 20_000
    assert steps_of([made(), *(made(2 * i) for i in range(count))])[-1] == 2 * count
    ring = [filled(2 * (i + 1) % (2 * count)) for i in range(count)]
    assert len(steps_of(ring)) == 2 * count
    with pytest.raises(BlueprintError):
        steps_of([made(2 * (i + 1) % (2 * count)) for i in range(count)])
