"""What is stored of an archive beside others: what is new, and never more than that."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import numpy as np
import pytest
from sklearn.datasets import load_digits, make_classification
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestClassifier
from sklearn.neighbors import KNeighborsClassifier
from tests.unit.store.stores import MemoryPlace, archive, new_vault, pulled, push

from holotype.codec.chunks import cut_points
from holotype.store import encoding
from holotype.store.packs import Block
from holotype.store.records import Version
from holotype.store.vault import Vault

RANDOM = np.random.default_rng(0)
FLOATS = RANDOM.standard_normal(1 << 17)  # a megabyte


@pytest.fixture
def vault() -> Vault:
    return new_vault(MemoryPlace())


def put(vault: Vault, model: Any, name: str = "m", **options: Any) -> Version:
    """Push a model, and see that it comes back."""
    data = archive(model)
    version = push(vault, name, data, **options)
    assert pulled(new_vault(vault.place), version) == data
    return version


def blocks(vault: Vault) -> Iterator[Block]:
    vault.catalog.refresh()
    for pack in vault.catalog.packs.values():
        yield from pack.blocks


# ------------------------------------------------------------------------------------ what is new


def test_the_same_archive_is_the_same_version_and_adds_nothing(vault: Vault) -> None:
    version = put(vault, {"a": FLOATS})
    keys = set(vault.place.content)  # type: ignore[attr-defined]
    assert put(vault, {"a": FLOATS}) == version
    assert set(vault.place.content) == keys  # type: ignore[attr-defined]


def test_a_copy_under_another_name_is_records_only(vault: Vault) -> None:
    put(vault, {"a": FLOATS})
    packs = {found.key for found in vault.place.list("packs/")}
    version = put(vault, {"a": FLOATS}, "other")
    assert (str(version), version.added) == ("other@1.0.0", 0)
    assert {found.key for found in vault.place.list("packs/")} == packs


def test_an_array_that_stayed_costs_nothing(vault: Vault) -> None:
    put(vault, {"encoder": FLOATS, "head": np.zeros(1000)})
    head = RANDOM.standard_normal(1000)
    version = put(vault, {"encoder": FLOATS, "head": head})
    assert version.added < head.nbytes + 2_000


def test_an_array_that_is_there_twice_is_stored_once(vault: Vault) -> None:
    version = put(vault, {"a": FLOATS, "b": FLOATS.copy(), "c": {"d": FLOATS.copy()}})
    assert version.added < 1.05 * FLOATS.nbytes < version.size / 2


def test_an_array_that_is_also_a_chunk_of_a_larger_one_is_there(vault: Vault) -> None:
    large = RANDOM.standard_normal(9 << 17)
    ends = cut_points(large.view(np.uint8), 8, 1 << 16)
    start, end = next(
        (start // 8, end // 8)
        for start, end in zip([0, *ends], ends, strict=False)
        if end - start >= 1 << 16  # so it is in chunks itself
    )
    version = put(vault, {"a_chunk": large[start:end].copy(), "large": large})
    assert version.added < 1.05 * large.nbytes
    assert put(vault, {"large": large, "other": 1}).added < 3_000


# ---------------------------------------------------------------------------------- what is alike


@pytest.mark.parametrize(
    ("change", "most"),
    [
        (lambda X: np.vstack([X, X[:400] + 1]), 0.25),
        (lambda X: np.vstack([X[:300], X[:30] + 1, X[300:]]), 0.25),
        (lambda X: np.delete(X, slice(500, 530), axis=0), 0.25),
        (lambda X: np.where(np.arange(len(X))[:, None] == 777, 0, X), 0.15),
    ],
    ids=["appended", "inserted", "removed", "changed"],
)
def test_rows_that_stayed_are_shared(vault: Vault, change: Any, most: float) -> None:
    X = RANDOM.standard_normal((8_000, 20))

    def fitted(rows: Any) -> KNeighborsClassifier:
        y = np.arange(len(rows)) % 3
        return KNeighborsClassifier(algorithm="brute").fit(rows, y)

    first = put(vault, fitted(X))
    assert put(vault, fitted(change(X))).added < most * first.added


def test_a_forest_that_was_trained_on_shares_its_trees(vault: Vault) -> None:
    X, y = load_digits(return_X_y=True)
    forest = RandomForestClassifier(20, warm_start=True, random_state=0).fit(X, y)
    first = put(vault, forest)
    second = put(vault, forest.set_params(n_estimators=24).fit(X, y))
    assert second.added < 0.35 * first.added
    assert first.added < 0.15 * first.size


def test_boosted_trees_that_were_trained_on_share_theirs(vault: Vault) -> None:
    X, y = make_classification(2_000, 10, random_state=0)
    model = HistGradientBoostingClassifier(max_iter=100, warm_start=True, random_state=0).fit(X, y)
    first = put(vault, model)
    second = put(vault, model.set_params(max_iter=110).fit(X, y))
    assert second.added < 0.35 * first.added


@pytest.mark.parametrize(("dtype", "step"), [("<f4", 1e-6), ("<f8", 1e-13)])
def test_twenty_steps_are_differences_of_bounded_depth(
    vault: Vault, dtype: str, step: float
) -> None:
    weights = (RANDOM.standard_normal(1 << 15) * 0.02).astype(dtype)
    versions = []
    for _ in range(20):
        weights = weights + (RANDOM.standard_normal(len(weights)) * step).astype(dtype)
        versions.append((push(vault, "m", data := archive({"w": weights})), data))
    first = versions[0][0].added
    assert all(version.added < 0.75 * first for version, _ in versions[1:])
    items = [block for block in blocks(vault) if block.form["kind"] == "items"]
    assert 1 < max(block.depth for block in items) <= encoding._MAX_DEPTH
    texts = [block for block in blocks(vault) if block.form["kind"] == "text"]
    assert 1 < max(block.depth for block in texts) <= encoding._MAX_TEXTS
    fresh = new_vault(vault.place)
    for version, data in versions:
        assert pulled(fresh, version) == data


def test_small_arrays_that_moved_a_little_are_differences(vault: Vault) -> None:
    model = {f"layer{n}": RANDOM.standard_normal(500) for n in range(30)}
    first = put(vault, model)
    second = put(vault, {name: array + 1e-13 for name, array in model.items()})
    assert second.added < 0.5 * first.added


def test_an_array_of_another_dtype_or_size_is_no_base(vault: Vault) -> None:
    put(vault, {"w": FLOATS, "small": FLOATS[:500]})
    put(vault, {"w": FLOATS.astype("<f4"), "small": FLOATS[:400]})
    put(vault, {"w": FLOATS[:3], "small": FLOATS})
    put(vault, {"w": FLOATS.view("<i8"), "small": FLOATS.reshape(-1, 8)})


def test_an_array_that_became_another_is_soon_not_compared_any_more(
    vault: Vault, monkeypatch: pytest.MonkeyPatch
) -> None:
    put(vault, {"w": RANDOM.standard_normal(1 << 22)}, level="none")
    reads = []
    span = encoding.Reader.span
    monkeypatch.setattr(
        encoding.Reader, "span", lambda self, *args: reads.append(args) or span(self, *args)
    )
    put(vault, {"w": RANDOM.standard_normal(1 << 22)})  # 32 MB: eight runs
    assert 1 <= len(reads) <= 5


# -------------------------------------------------------------------------------------- how packed


@pytest.mark.parametrize("level", ["none", "fast", "balanced", "small"])
def test_every_level_gives_back_every_kind_of_array(vault: Vault, level: str) -> None:
    odd = np.zeros(50, {"names": ["a", "b"], "formats": ["<i2", "<f8"], "offsets": [0, 8],
                        "itemsize": 24})  # fmt: skip
    odd["b"] = RANDOM.random(50)
    model = {
        "floats": FLOATS,
        "columns": np.asfortranarray(FLOATS.reshape(64, -1)[:, :500]),
        "swapped": FLOATS[:9_000].astype(">f4"),
        "zeros": np.zeros((300, 300)),
        "empty": np.empty((5, 0, 3), "<f4"),
        "nothing": np.empty(0, "<U5"),
        "point": np.array(3.5),
        "truth": RANDOM.random(10_000) < 0.5,
        "texts": np.array([f"row{n}" for n in range(5_000)]),
        "bytes": np.array([b"ab", b"", b"abcdef"] * 200),
        "structured": odd,
        "nested": np.zeros(80, [("x", "<f4", (2, 3)), ("y", [("z", "?")])]),
        "times": np.arange(4_000).astype("<M8[s]"),
        "complex": FLOATS[:2_000].view("<c16"),
        "half": FLOATS[:3_000].astype("<f2"),
        "one large item": np.array(["x" * 90_000, "y"]),
        "large items": np.array([bytes([n]) * 70_001 for n in range(20)]),
        "many": [RANDOM.standard_normal(40) for _ in range(50)],
    }
    version = put(vault, model, level=level)
    assert version.added < 1.02 * version.size


def test_what_does_not_pack_stays_as_it_is(vault: Vault) -> None:
    noise = np.frombuffer(RANDOM.bytes(3 << 20), "<u8")
    version = put(vault, {"noise": noise}, level="small")
    assert version.added < 1.005 * noise.nbytes + 3_000
    large = [block for block in blocks(vault) if block.raw > 1 << 16]
    assert {block.coded["layer"] for block in large} == {"raw"}


def test_an_array_of_zeros_is_next_to_nothing(vault: Vault) -> None:
    assert put(vault, {"z": np.zeros(4 << 20)}).added < 5_000


def test_blocks_are_of_bounded_size(vault: Vault) -> None:
    forest = RandomForestClassifier(30, random_state=0).fit(*load_digits(return_X_y=True))
    put(vault, [forest, RANDOM.standard_normal(3 << 20), np.zeros(3 << 20)])
    put(vault, [RANDOM.standard_normal(300) for _ in range(900)], "many")
    assert max(block.raw for block in blocks(vault)) <= encoding._RUN + (4 << 18)


def test_large_packs_are_begun_anew(vault: Vault, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("holotype.store.packs.PACK", 1 << 20)
    put(vault, {f"a{n}": RANDOM.standard_normal(1 << 16) for n in range(8)})
    sizes = [found.size for found in vault.place.list("packs/")]
    assert len(sizes) > 1
    assert max(sizes) < (1 << 20) + (1 << 19) + 10_000  # a block more than that
    one = put(vault, {"whole": RANDOM.standard_normal(1 << 19)}, "one", level="none")
    vault.catalog.refresh()
    sizes = [vault.catalog.packs[name].size for name in one.packs]
    assert max(sizes) > 4 << 20  # an array that can be mapped is in one piece
