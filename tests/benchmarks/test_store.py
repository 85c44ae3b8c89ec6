"""The comparison of the store: its chunks, its ratios and verdicts, one small history."""

from __future__ import annotations

import json
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

pytest.importorskip("sklearn", reason="the benchmarks compare fitted scikit-learn models")
pytest.importorskip("zstandard", reason="one of the ways to keep versions")

from benchmarks.results import Environment, Timing
from benchmarks.store import report, sizes, ways
from benchmarks.store.histories import HISTORIES, SUBJECTS
from benchmarks.store.results import Kept, Packed, Run, Scrubbed, Series, Timed

DATA = np.random.default_rng(0).integers(0, 256, 3_000_000, np.uint8)


def timing(seconds: float) -> Timing:
    return Timing(seconds, seconds, seconds, seconds, 5)


@pytest.fixture
def run() -> Run:
    """A run in which the store keeps 20 versions in the size of two, and is four times as fast."""
    kept = {
        "store": Kept("store", 50, 100, 3),
        "joblib compress=3": Kept("joblib compress=3", 50, 1000, 20),
    }
    timed = [
        Timed(subject, operation, way, 10**9, stored, timing(work), timing(work + 1), 10**9)
        for subject in SUBJECTS
        for operation in ("first push", "next push", "load")
        for way, work, stored in (("store", 1.0, 10**7), ("joblib compress=3", 4.0, 10**8))
    ]
    packed = [
        Packed("float32", "holotype", 1.2, 900, 900),
        Packed("float32", "zipnn", 1.2, 500, 900),
    ]
    about = Environment(
        "2030-01-01", "a CPU", 2, "Linux", "/dev/shm", "3.13", {}, (0.5,), (1e9, 2e9)
    )
    series = [Series("a", [1000] * 20, kept, 0), Series("f", [1000] * 20, kept, 0)]
    scrubbed = [Scrubbed(10**9, timing(1.0), timing(0.9))]
    return Run(about, False, 20, 5, [], series, timed, scrubbed, packed)


def test_chunks_end_where_the_data_does_and_are_neither_small_nor_large() -> None:
    ends = list(ways.boundaries(DATA))
    lengths = np.diff([0, *ends])
    assert ends[-1] == len(DATA)
    assert lengths[:-1].min() >= 1 << 14
    assert lengths.max() <= 1 << 18


def test_chunks_find_each_other_again_after_an_insertion() -> None:
    ends = set(ways.boundaries(DATA))
    later = {end - 5 for end in ways.boundaries(np.concatenate([DATA[:7], DATA[2:]]))}
    assert len(ends & later) >= len(ends) - 2


def test_chunks_of_what_is_all_alike_are_of_the_largest_size() -> None:
    assert list(ways.boundaries(np.zeros(600_000, np.uint8))) == [1 << 18, 1 << 19, 600_000]


def test_a_history_is_kept_in_all_ways_and_comes_back(tmp_path: Path) -> None:
    said: list[str] = []
    found = sizes.weigh(
        HISTORIES["a"],
        [ways.Store, ways.Archives, ways.Zstd, ways.Chunks, ways.Joblib],
        versions=3,
        quick=True,
        directory=tmp_path,
        progress=said.append,
    )
    assert found.unequal == 0
    assert len(said) == len(found.pickles) == 3
    assert found.pickles == sorted(found.pickles)
    assert found.kept[".holo files"].files == 3
    assert found.kept["store"].size < found.kept[".holo files"].size / 4
    assert found.kept["store"].first < found.kept["store"].size
    assert not list(tmp_path.iterdir())


def test_a_further_version_and_all_of_them_are_shares_of_their_pickles(run: Run) -> None:
    forest = run.series[0]
    assert forest.total("store") == pytest.approx(100 / 20_000)
    assert forest.step("store") == pytest.approx(50 / 19_000)
    assert replace(forest, pickles=[1000]).step("store") is None


def test_verdicts_follow_the_figures(run: Run) -> None:
    found = {target.aim: (target.figure, target.reached) for target in report.targets(run)}
    verdicts = {aim.partition(" ≥")[0].partition(":")[0]: v for aim, (_, v) in found.items()}
    assert verdicts == {
        "(a) forest, 50 more trees": True,
        "(f) float32 network, only its head tuned": True,
        "next push": False,
        "first forest": True,
        "load not slower than joblib.load": True,
        "load": True,
        "scrub": True,
        "weights": True,
        "weights packed": False,
    }
    assert found["next push ≥ 5 × joblib compress=3's speed"][0].startswith("forest 4.00 ×")


def test_what_was_not_complete_is_not_judged(run: Run) -> None:
    assert {target.reached for target in report.targets(replace(run, quick=True))} == {None}
    verdicts = [target.reached for target in report.targets(replace(run, rounds=1))]
    assert verdicts[:2] == [True, True]
    assert set(verdicts[2:]) == {None}
    assert report.targets(replace(run, versions=3))[0].reached is None


def test_an_aim_that_was_measured_in_part_is_missed_or_not_judged(run: Run) -> None:
    part = replace(run, timed=[one for one in run.timed if one.subject == "weights"])
    found = {target.aim: target.reached for target in report.targets(part)}
    assert found["load not slower than joblib.load"] is None
    assert found["next push ≥ 5 × joblib compress=3's speed"] is False


def test_tables_say_ratios_to_the_store(run: Run) -> None:
    text = report.markdown(run)
    assert "| (a) forest, 50 more trees | 20 KB | 100 B in 3 | 10 |" in text
    assert (
        "| forest, 1.00 GB: next push | 1.00 s | 1,000 | 4.00 | 2.50 | 10 | 1.00 | 1.00 |" in text
    )
    assert "0.90 |" in text


def test_what_did_not_come_back_is_said(run: Run) -> None:
    broken = replace(run, series=[replace(run.series[0], unequal=2)], failures=["(b) failed"])
    text = report.markdown(broken)
    assert "(a) 2 versions did not come back byte for byte" in text
    assert "(b) failed" in text


def test_the_json_report_has_the_figures_and_the_aims(run: Run) -> None:
    found = json.loads(report.json_report(run))
    assert found["run"]["series"][0]["kept"]["store"]["size"] == 100
    assert len(found["aims"]) == len(report.targets(run))
