"""The rules by which versions number themselves, over small models that were really fitted."""

from __future__ import annotations

from functools import cache
from typing import NamedTuple

import numpy as np
import pandas as pd
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from sklearn.linear_model import LogisticRegression
from sklearn.pipeline import Pipeline
from sklearn.preprocessing import MinMaxScaler, StandardScaler

import holotype
from holotype.api.comparing import diff
from holotype.compare.difference import Difference
from holotype.compare.versions import Step, derive, next_version, parse_version

_RNG = np.random.default_rng(3)
_DATA = _RNG.normal(size=(2, 60, 4))
_SCALERS = {"standard": StandardScaler(), "range": MinMaxScaler()}


class Spec(NamedTuple):
    """How a model is made; what differs between two of them says how their version goes on."""

    columns: tuple[str, ...]
    classes: int
    scalers: tuple[str, ...]
    c: float
    data: int
    seed: int
    warm: bool


SPECS = st.builds(
    Spec,
    st.sampled_from([("a", "b"), ("b", "a"), ("a", "c"), ("a", "b", "c")]),
    st.sampled_from([2, 3]),
    st.sampled_from([(), ("standard",), ("range",), ("standard", "range")]),
    st.sampled_from([0.1, 1.0]),
    st.sampled_from([0, 1]),
    st.sampled_from([0, 1]),
    st.booleans(),
)
VERSIONS = st.tuples(*[st.integers(0, 30)] * 3).map(lambda parts: ".".join(map(str, parts)))


@cache
def archive(spec: Spec) -> bytes:
    table = pd.DataFrame(_DATA[spec.data], columns=list("abcd"))
    labels = np.arange(60) % spec.classes
    steps = [(name, _SCALERS[name]) for name in spec.scalers]
    last = LogisticRegression(C=spec.c, random_state=spec.seed, warm_start=spec.warm)
    model = Pipeline([*steps, ("clf", last)]).fit(table[list(spec.columns)], labels)
    return holotype.dumps(model, context=False)


@cache
def between(before: Spec, after: Spec) -> Difference:
    return diff(archive(before), archive(after))


def expected(before: Spec, after: Spec) -> Step:
    """What the rules say, by how the two were made."""
    if before == after:
        return Step.SAME
    if (before.columns, before.classes) != (after.columns, after.classes):
        return Step.MAJOR
    if (before.scalers, before.c) != (after.scalers, after.c):
        return Step.MINOR
    return Step.PATCH


@settings(deadline=None, max_examples=60)
@given(SPECS, SPECS)
def test_the_step_is_that_of_the_largest_change(before: Spec, after: Spec) -> None:
    assert derive(between(before, after))[0] is expected(before, after)


@settings(deadline=None, max_examples=15)
@given(SPECS)
def test_an_equal_fingerprint_is_the_same_version_whatever_is_said(spec: Spec) -> None:
    said = holotype.dumps(holotype.loads(archive(spec)), metadata={"note": 1}, metrics={"auc": 0.9})
    found = diff(archive(spec), said)
    assert found.same_model
    assert not found.same_archive
    derived = next_version("3.1.4", found)
    assert (derived.version, derived.step) == ("3.1.4", "same")
    assert "other metadata" in derived.sentence


@settings(deadline=None, max_examples=25)
@given(SPECS, SPECS)
def test_the_way_back_is_as_long(before: Spec, after: Spec) -> None:
    """Where nothing widened: columns and classes either way break somebody."""
    assert derive(between(before, after))[0] is derive(between(after, before))[0]


@settings(deadline=None, max_examples=25)
@given(SPECS, SPECS, SPECS)
def test_two_small_steps_are_never_less_than_the_one_that_they_make(
    first: Spec, middle: Spec, last: Spec
) -> None:
    steps = [derive(between(*pair))[0] for pair in ((first, middle), (middle, last))]
    assert derive(between(first, last))[0] <= max(steps)


@settings(deadline=None, max_examples=30)
@given(VERSIONS, SPECS, SPECS)
def test_a_version_grows_exactly_where_the_model_is_another(
    previous: str, before: Spec, after: Spec
) -> None:
    found = between(before, after)
    derived = next_version(previous, found)
    old, new = parse_version(previous), parse_version(derived.version)
    assert (new > old) is not found.same_model
    assert (new == old) is found.same_model
    grown = {"major": 0, "minor": 1, "patch": 2}.get(derived.step)
    if grown is not None:
        assert new[:grown] == old[:grown]
        assert new[grown] == old[grown] + 1
        assert not any(new[grown + 1 :])


@settings(deadline=None, max_examples=30)
@given(VERSIONS, SPECS, SPECS, st.sampled_from(["patch", "minor", "major"]) | VERSIONS)
def test_a_person_may_ask_for_more_and_never_for_less(
    previous: str, before: Spec, after: Spec, asked: str
) -> None:
    found = between(before, after)
    derived = next_version(previous, found)
    wanted = {
        "patch": Step.PATCH,
        "minor": Step.MINOR,
        "major": Step.MAJOR,
    }.get(asked)
    if wanted is None:
        enough = parse_version(asked) >= parse_version(derived.version)
    else:
        enough = wanted >= derive(found)[0]
    if not enough:
        with pytest.raises(ValueError, match="is needed"):
            next_version(previous, found, asked)
        return
    chosen = next_version(previous, found, asked)
    assert parse_version(chosen.version) >= parse_version(derived.version)
    assert (chosen.derived, chosen.asked) == (derived.step, asked)
    assert chosen.reasons == derived.reasons


@settings(deadline=None, max_examples=25)
@given(SPECS, SPECS)
def test_there_is_a_reason_for_each_step_and_the_sentence_says_it(
    before: Spec, after: Spec
) -> None:
    found = between(before, after)
    step, reasons = derive(found)
    assert reasons[0].step == str(step)
    ranks = [Step[reason.step.upper()] for reason in reasons]
    assert ranks == sorted(ranks, reverse=True)
    sentence = next_version("1.0.0", found).sentence
    assert reasons[0].what in sentence
    assert sentence.endswith(".")


@pytest.mark.parametrize(
    "text", ["", "1", "1.2", "1.2.3.4", "01.2.3", "v1.2.3", "1.2.3-rc1", "1.2.x"]
)
def test_what_is_no_version_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="no version"):
        parse_version(text)
