"""Whatever stands in a store, one gets what was asked for or an error of ours, and soon."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from attacks.store import STORES, table
from tests import fresh

pytest.importorskip("zstandard", reason="stores need holotype[store]")

NAMES = pytest.mark.parametrize("name", STORES)
UNHARMED = {
    "writers-that-announce-nonsense",
    "writers-that-never-end",
    "everything-condemned",
    "scrub-that-was-done",
    "ten-thousand-packs",
    "number-of-hugeness",
}
"""Stores whose versions are honest, so that all of them must be had."""


@pytest.fixture(scope="module")
def tried(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """What came of all that was tried on each store: see ``hostile_stores.py``."""
    folder = tmp_path_factory.mktemp("stores")
    done = fresh.run(["-m", "tests.conformance.hostile_stores", str(folder)], timeout=600)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    return {row["name"]: row for row in rows}


@NAMES
def test_it_ends_within_the_limits_of_memory_and_time(name: str, tried: Any) -> None:
    assert "killed" not in tried[name]
    assert len(tried[name]["outcomes"]) > 30


@NAMES
def test_no_wrong_model_and_no_error_of_another_package(name: str, tried: Any) -> None:
    odd = {
        way: outcome
        for way, (outcome, _) in tried[name]["outcomes"].items()
        if outcome != "fine" and not outcome.startswith("refused: ")
    }
    assert not odd


@NAMES
def test_nothing_is_written_outside(name: str, tried: Any) -> None:
    assert tried[name]["outside"] == []
    assert tried[name]["precious"]


@NAMES
def test_what_is_damaged_is_refused_and_what_is_honest_is_given(name: str, tried: Any) -> None:
    outcomes = {way: outcome for way, (outcome, _) in tried[name]["outcomes"].items()}
    if name in UNHARMED:
        got = [way for way in outcomes if way.startswith(("load", "map", "pull m", "pull other"))]
        assert {outcomes[way] for way in got} == {"fine"}
    if name in {"id-of-another", "id-changed", "recipe-without-a-file", "size-of-an-exabyte"}:
        for way in ("load m@1.0.0", "pull m@1.0.0", "map m@1.0.0", "copy m@1.0.0"):
            assert outcomes[way].startswith("refused: "), way


def test_the_page_says_what_each_store_tries() -> None:
    page = Path(__file__).parents[2] / "attacks" / "README.md"
    assert table() in page.read_text()
