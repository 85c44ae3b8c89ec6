"""What is changed is sealed again, differently each time, and the same way for the same case."""

from __future__ import annotations

import contextlib
import pickle

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="these tests need scikit-learn")

from fuzz.anatomy import Body, array_nodes, open_up, places, put, seal, values_of
from fuzz.mutate import LEVELS, Case, changed, changes_of

import holotype
from holotype.errors import BlueprintError, HolotypeError, LimitError

MODEL = {
    "numbers": np.arange(12.0).reshape(3, 4),
    "codes": np.arange(5),
    "order": np.asfortranarray(np.arange(6.0).reshape(2, 3)),
    "none": np.zeros((0, 4)),
    "records": np.zeros(2, [("a", "<i4"), ("b", "<f8")]),
    "text": ["a", "b", 1, None, True, 0.5],
    "long": list(range(50)),
}
ARCHIVE = holotype.dumps(MODEL)
OPENED = open_up(ARCHIVE)
NUMBERS = range(60)


def made(number, only=None, seed=0):
    return changed(Case(seed, "model", number, only), ARCHIVE, OPENED)


def test_an_opened_archive_that_is_sealed_again_is_the_same_model():
    again = holotype.loads(seal(Body(*OPENED)))
    assert pickle.dumps(again) == pickle.dumps(holotype.loads(ARCHIVE))


def test_every_array_is_found_and_can_be_changed():
    body = Body(*OPENED)
    nodes = {place.path: place.value for place in array_nodes(places(body.tree))}
    arrays = {path: values_of(body, node) for path, node in nodes.items()}
    assert sorted(map(np.shape, arrays.values())) == [(0, 4), (2,), (2, 3), (3, 4), (5,), (50,)]
    (path,) = [path for path, array in arrays.items() if array.shape == (3, 4)]
    put(body, nodes[path], arrays[path] * 2)
    loaded = holotype.loads(seal(body))
    assert (loaded["numbers"] == MODEL["numbers"] * 2).all()
    assert (loaded["order"] == MODEL["order"]).all()


def test_an_array_gets_the_bytes_that_its_description_asks_for():
    body = Body(*OPENED)
    node = next(p.value for p in array_nodes(places(body.tree)) if p.value["shape"] == [5])
    node["shape"] = [2, 7]
    assert holotype.loads(seal(body))["codes"].tolist() == [
        [0, 1, 2, 3, 4, 0, 1],
        [2, 3, 4, 0, 1, 2, 3],
    ]


@pytest.mark.parametrize("number", NUMBERS)
def test_a_case_is_the_same_each_time_and_is_never_refused_for_a_digest(number):
    data, change = made(number)
    assert (data, change) == made(number)
    assert change
    if Case(0, "model", number).level == "bytes":
        return
    with contextlib.suppress(BlueprintError, LimitError):
        holotype.loads(data)


def test_cases_differ_and_use_every_level():
    assert len({made(number)[0] for number in NUMBERS}) > 50
    assert len({made(number, seed=1)[0] for number in NUMBERS} - {made(n)[0] for n in NUMBERS}) > 50
    assert {Case(0, "model", number).level for number in NUMBERS} == set(LEVELS)


def test_many_changes_still_load_so_that_models_can_be_asked():
    loaded = 0
    for number in range(200):
        try:
            holotype.loads(made(number)[0])
        except HolotypeError:
            continue
        loaded += 1
    assert 40 < loaded < 180


def test_changes_can_be_left_out():
    number = next(n for n in range(200) if len(changes_of(Case(0, "model", n))) == 3)
    everything, said = made(number)
    first, told = made(number, only=(0,))
    assert first != everything
    assert said.startswith(told)
