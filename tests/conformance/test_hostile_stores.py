"""Whatever stands in a store, one gets what was asked for or an error of ours, and soon."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from attacks.store import STORES, table
from tests import fresh

pytest.importorskip("zstandard", reason="stores need holotype[store]")

UNHARMED = {
    "writers-that-announce-nonsense",
    "writers-that-never-end",
    "everything-condemned",
    "scrub-that-was-done",
    "ten-thousand-packs",
    "number-of-hugeness",
}
"""Stores whose versions are honest, so that all of them must be had."""

HONEST = ("load", "map", "pull m", "pull other")
DECEITFUL = {"id-of-another", "id-changed", "recipe-without-a-file", "size-of-an-exabyte"}
DECEIVED = ("load m@1.0.0", "pull m@1.0.0", "map m@1.0.0", "copy m@1.0.0")


def test_no_store_harms_whoever_opens_it(tmp_path: Path) -> None:
    """All of them in one test, as they are tried in one process: see ``hostile_stores.py``."""
    done = fresh.run(["-m", "tests.conformance.hostile_stores", str(tmp_path)], timeout=600)
    rows = [json.loads(line) for line in done.stdout.splitlines()]
    assert [row["name"] for row in rows] == list(STORES)
    problems = {row["name"]: list(found_in(row)) for row in rows}
    assert not {name: found for name, found in problems.items() if found}


def found_in(row: dict[str, Any]) -> Iterator[str]:
    """What is not as it must be."""
    if "killed" in row or len(row["outcomes"]) <= 30:
        yield "it did not end within the limits of memory and time"
        return
    outcomes = {way: outcome for way, (outcome, _) in row["outcomes"].items()}
    for way, outcome in outcomes.items():
        if outcome != "fine" and not outcome.startswith("refused: "):
            yield f"{way}: {outcome}"
        if row["name"] in UNHARMED and way.startswith(HONEST) and outcome != "fine":
            yield f"{way}: what is honest is not given"
    if row["outside"] or not row["precious"]:
        yield "something outside was written"
    for way in DECEIVED if row["name"] in DECEITFUL else ():
        if not outcomes[way].startswith("refused: "):
            yield f"{way}: what is damaged is not refused"


def test_the_page_says_what_each_store_tries() -> None:
    page = Path(__file__).parents[2] / "attacks" / "README.md"
    assert table() in page.read_text()
