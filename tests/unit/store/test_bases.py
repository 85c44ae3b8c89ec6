"""Differences: from the version before, at most so deep, and then from where the chain begins."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import holotype
from holotype.store.places.local import LocalPlace
from holotype.store.vault import Vault


@pytest.fixture
def store(tmp_path: Path) -> holotype.Store:
    return holotype.Store(tmp_path / "store")


def history(count: int, size: int = 60_000) -> list[np.ndarray]:
    """Weights, each a small step from the one before."""
    rng = np.random.default_rng(0)
    weights = [(rng.standard_normal(size) * 0.02).astype(np.float32)]
    for _ in range(count - 1):
        step = rng.standard_normal(size) * 1e-7
        weights.append((weights[-1] + step).astype(np.float32))
    return weights


def depths(path: Path) -> set[int]:
    vault = Vault(LocalPlace(path))
    vault.catalog.refresh()
    packs = vault.catalog.packs.values()
    return {b.depth for pack in packs for b in pack.blocks if b.form["kind"] == "items"}


def test_twenty_small_steps_cost_little_more_than_one_and_are_never_too_deep(
    store: holotype.Store, tmp_path: Path
) -> None:
    weights = history(20)
    versions = [store.push("net", {"weights": each}) for each in weights]
    whole = versions[0].added
    assert max(version.added for version in versions[1:]) < 0.75 * whole
    assert max(depths(tmp_path / "store")) == 8
    for version, each in zip(versions, weights, strict=True):
        assert (store.load(str(version))["weights"] == each).all()


def test_what_is_unlike_the_version_before_is_stored_by_itself(
    store: holotype.Store, tmp_path: Path
) -> None:
    rng = np.random.default_rng(1)
    for _ in range(3):
        store.push("net", {"weights": rng.standard_normal(60_000).astype(np.float32)})
    assert depths(tmp_path / "store") == {0}


def test_a_longer_array_is_a_difference_as_far_as_the_old_one_reaches(
    store: holotype.Store,
) -> None:
    (before,) = history(1, 30_000)
    rng = np.random.default_rng(2)
    more = (rng.standard_normal(2_000) * 0.02).astype(np.float32)
    after = np.concatenate([before + np.float32(1e-7), more]).astype(np.float32)
    store.push("net", {"weights": before})
    store.push("net", {"weights": after})
    assert (store.load("net")["weights"] == after).all()
