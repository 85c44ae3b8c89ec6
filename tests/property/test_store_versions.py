"""Any archives, pushed in any order: each comes back byte by byte, whatever they share."""

from __future__ import annotations

from typing import Any

import numpy as np
from hypothesis import given, reject, settings
from hypothesis import strategies as st
from tests.property.test_codec import arrays
from tests.unit.store.stores import MemoryPlace, archive, check_clean, new_vault, pulled, push

from holotype.errors import UnsupportedError
from holotype.store.vault import Vault

LEVELS = st.sampled_from(["none", "fast", "balanced", "small"])


@given(
    models=st.lists(
        st.dictionaries(st.sampled_from("abcd"), arrays(), max_size=4), min_size=1, max_size=4
    ),
    levels=st.lists(LEVELS, min_size=4, max_size=4),
)
@settings(max_examples=50, deadline=None)
def test_arrays_of_any_kind(models: list[dict[str, Any]], levels: list[str]) -> None:
    vault = new_vault(MemoryPlace())
    versions = []
    for model, level in zip(models, levels, strict=False):
        try:
            data = archive(model)
        except UnsupportedError:  # fields with titles
            reject()
        versions.append((push(vault, "m", data, level=level), data))
    fresh = new_vault(vault.place)
    for version, data in versions:
        assert pulled(fresh, version) == data


@st.composite
def edits(draw: st.DrawFn) -> Any:
    """A change of the rows of a table, as retraining makes it."""
    where, count = draw(st.floats(0, 1)), draw(st.integers(0, 3_000))
    seed, kind = draw(st.integers(0, 99)), draw(st.sampled_from(["add", "cut", "nudge", "new"]))

    def edit(table: Any) -> Any:
        random = np.random.default_rng(seed)
        start = int(where * len(table))
        stop = min(start + count, len(table))
        if kind == "add":
            return np.insert(table, start, random.standard_normal((count, 8)), axis=0)
        if kind == "cut":
            return np.delete(table, slice(start, stop), axis=0)
        changed = table.copy()
        changed[start:stop] += 1e-12 if kind == "nudge" else random.standard_normal()
        return changed

    return edit


@given(steps=st.lists(st.tuples(edits(), LEVELS), min_size=1, max_size=12))
@settings(max_examples=15, deadline=None)
def test_tables_that_change_row_by_row(steps: list[tuple[Any, str]]) -> None:
    place = MemoryPlace()
    vault = new_vault(place)
    table = np.random.default_rng(0).standard_normal((6_000, 8))
    versions: dict[str, bytes] = {}
    for edit, level in steps:
        table = edit(table)
        data = archive({"table": table, "sums": table.sum(axis=0)})
        versions[str(push(vault, "m", data, level=level))] = data
    check(new_vault(place), versions)
    check_clean(place)
    check(new_vault(place), versions)


def check(vault: Vault, versions: dict[str, bytes]) -> None:
    for spec, data in versions.items():
        assert pulled(vault, vault.find(spec)) == data
