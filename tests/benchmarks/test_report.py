"""The pure parts of the comparison: ratios, verdicts, tables and the chart."""

from __future__ import annotations

import json
from dataclasses import replace
from xml.etree import ElementTree

import pytest

pytest.importorskip("sklearn", reason="the benchmarks compare fitted scikit-learn models")

from benchmarks import chart, report, results, targets

MODELS = "abcdefgh"
MEGABYTE = 1_000_000


def timing(seconds: float, rounds: int = 5) -> results.Timing:
    return results.Timing(seconds, seconds / 2, seconds * 2, seconds, rounds)


def cell(
    model: str,
    peer: str,
    save: float,
    load: float,
    *,
    size: int = 20 * MEGABYTE,
    peak: int = 20 * MEGABYTE,
    rounds: int = 5,
    mapped: float | None = None,
) -> results.Cell:
    loads = {"load": timing(load, rounds)}
    if mapped is not None:
        loads |= {"mapped": timing(mapped), "mapped, verified": timing(load / 4)}
    memory = {way: results.Peak(peak, 20 * MEGABYTE) for way in loads}
    saving = results.Peak(peak // 20, 0)
    return results.Cell(model, peer, size, timing(save, rounds), loads, saving, memory)


@pytest.fixture
def run() -> results.Run:
    """A run in which Holotype takes half the time of its fair peer and reaches every target."""
    cells = []
    for model in MODELS:
        small = 0.001 if model == "a" else 1.0
        cells += [
            cell(model, "holotype", small, small / 2, mapped=small / 200),
            cell(model, "pickle", small, small),
            cell(model, "pickle+sha256", 2 * small, 2 * small),
            cell(model, "skops", 50 * small, 40 * small, rounds=3),
        ]
    about = results.Environment(
        "2030-01-01", "a CPU", 2, "Linux", "/dev/shm", "3.13", {}, (0.5,), (1e9, 2e9)
    )
    about.libraries["scikit-learn"] = "1.9"
    sharing = [results.Sharing(m, MEGABYTE, True, 1.0, 1000, 1.1, True) for m in targets.MAPPABLE]
    return results.Run(about, False, {m: f"model {m}" for m in MODELS}, cells, [], sharing, [])


def changed(run: results.Run, model: str, peer: str, **values: object) -> results.Run:
    cells = [
        replace(c, **values) if (c.model, c.peer) == (model, peer) else c  # type: ignore[arg-type]
        for c in run.cells
    ]
    return replace(run, cells=cells)


def verdicts(run: results.Run) -> dict[str, bool | None]:
    return {target.aim: target.reached for target in targets.judge(run)}


def missed(run: results.Run) -> list[str]:
    return [aim for aim, reached in verdicts(run).items() if reached is False]


def test_geometric_mean_weighs_twice_and_half_alike() -> None:
    assert targets.geometric_mean([0.5, 2.0, 1.0]) == pytest.approx(1.0)


def test_ratios_are_of_medians_to_their_own_base(run: results.Run) -> None:
    assert targets.save_ratio(run, "b", "holotype") == 0.5
    assert targets.load_ratio(run, "b", "holotype") == 0.5
    assert targets.load_ratio(run, "b", "holotype", "mapped") == 0.005
    assert targets.size_ratio(run, "b", "skops") == 1.0
    assert targets.memory_ratio(run, "b", "holotype", "save") == 0.05
    assert targets.memory_ratio(run, "b", "holotype", "load") == 1.0


def test_a_ratio_without_its_base_is_not_measured(run: results.Run) -> None:
    alone = replace(run, cells=[c for c in run.cells if c.peer == "holotype"])
    assert targets.save_ratio(alone, "b", "holotype") is None
    assert targets.load_ratio(alone, "b", "holotype") is None
    assert targets.memory_ratio(alone, "b", "holotype", "save") is None


def test_a_good_run_reaches_every_target(run: results.Run) -> None:
    assert set(verdicts(run).values()) == {True}


@pytest.mark.parametrize(
    ("model", "values", "aim"),
    [
        ("c", {"save": timing(2.5)}, "none above 1.2 × pickle + SHA-256"),
        ("a", {"save": timing(0.0021)}, "(a) saved in under 2 ms"),
        ("e", {"loads": {"load": timing(2.1)}}, "none above 2 × pickle"),
        ("g", {"size": 22 * MEGABYTE}, "size ≤ 1.05"),
        ("h", {"save_memory": results.Peak(3 * MEGABYTE, 0)}, "peak memory of save"),
    ],
)
def test_one_bad_model_misses_its_target_by_name(
    run: results.Run, model: str, values: dict[str, object], aim: str
) -> None:
    found = targets.judge(changed(run, model, "holotype", **values))
    target = next(target for target in found if aim in target.aim)
    assert target.reached is False
    assert f"({model})" in target.figure or f"({model})" in target.aim


def test_slow_everywhere_misses_the_mean_and_not_the_worst(run: results.Run) -> None:
    slower = run
    for model in targets.LARGE:
        slower = changed(slower, model, "holotype", save=timing(2.2))
    assert missed(slower) == ["save, (b)–(h), geometric mean ≤ 0.9 × pickle + SHA-256"]


def test_unshared_memory_misses_its_target(run: results.Run) -> None:
    copied = replace(run, sharing=[replace(found, shared=2.0) for found in run.sharing])
    assert missed(copied) == [
        "mapped arrays are writable and shared between processes until written"
    ]


def test_a_partial_run_reaches_nothing_that_it_did_not_measure(run: results.Run) -> None:
    part = replace(
        run,
        models={"b": "model b"},
        cells=[c for c in run.cells if c.model == "b"],
        sharing=[],
    )
    found = verdicts(part)
    assert found["save, (b)–(h), geometric mean ≤ 0.9 × pickle + SHA-256"] is None
    assert found["save of (b), (d), (f) ≥ 10 × faster than skops"] is None
    assert found["never larger than skops"] is True


def test_a_quick_run_is_not_judged(run: results.Run) -> None:
    assert set(verdicts(replace(run, quick=True)).values()) == {None}


def test_small_models_are_not_judged_by_memory(run: results.Run) -> None:
    for model in MODELS:
        tiny = {"load": results.Peak(1000, 1000)}
        run = changed(run, model, "pickle", load_memory=tiny)
    assert verdicts(run)["peak memory of save ≤ 0.1 × the model, from 10 MB"] is None


def test_markdown_is_a_table_of_ratios_with_slow_peers_marked(run: results.Run) -> None:
    text = report.markdown(run)
    row = next(line for line in text.splitlines() if line.startswith("| (b) model b"))
    assert row == "| (b) model b | 2.00 s | 0.50 | 0.50 | 25 † |"
    assert "† skops on (a), (b), (c), (d), (e), (f), (g), (h): only 3 rounds" in text
    widths = {line.count("|") for line in text.splitlines() if line.startswith("| (")}
    assert all(width > 2 for width in widths)


def test_json_has_the_run_its_ratios_and_its_targets(run: results.Run) -> None:
    found = json.loads(report.json_report(run))
    assert found["ratios"]["b"]["holotype"]["load"]["mapped"] == 0.005
    assert found["run"]["cells"][0]["save"] == {
        "median": 0.001,
        "minimum": 0.0005,
        "maximum": 0.002,
        "processor": 0.001,
        "rounds": 5,
    }
    assert len(found["targets"]) == len(targets.judge(run))


def test_a_failure_is_told(run: results.Run) -> None:
    failed = replace(run, failures=[results.Failure("f", "skops", "TypeError: no")])
    assert "(f) skops failed: TypeError: no" in report.footnotes(failed)


@pytest.mark.parametrize(
    ("value", "text"),
    [(None, "–"), (0.0004, "0.0004"), (0.5, "0.50"), (9.94, "9.94"), (9.96, "10"), (171.4, "171")],
)
def test_a_ratio_has_the_digits_that_mean_something(value: float | None, text: str) -> None:
    assert report.number(value) == text


@pytest.mark.parametrize(
    ("seconds", "text"), [(3.2, "3.20 s"), (0.25, "250 ms"), (0.0123, "12.3 ms"), (4e-5, "40 µs")]
)
def test_a_duration_has_the_unit_that_a_person_would_choose(seconds: float, text: str) -> None:
    assert report.duration(seconds) == text


@pytest.mark.parametrize(
    ("size", "text"), [(17, "17 B"), (2_100, "2.1 KB"), (999_600, "1.0 MB"), (10**9, "1.00 GB")]
)
def test_a_volume_has_the_unit_that_a_person_would_choose(size: int, text: str) -> None:
    assert report.volume(size) == text


def test_the_chart_places_holotype_by_its_ratio(run: results.Run) -> None:
    root = ElementTree.fromstring(chart.svg(run))
    circles = root.iter("{http://www.w3.org/2000/svg}circle")
    dots = {circle[0].text: float(circle.attrib["cx"]) for circle in circles if len(circle)}
    assert dots["holotype: 0.5×"] < dots["pickle+sha256: 2×"] < dots["skops: 40×"]


def test_timing_is_of_medians() -> None:
    samples = [results.Sample(3.0, 5.0), results.Sample(1.0, 4.0), results.Sample(100.0, 6.0)]
    assert results.Timing.of(samples) == results.Timing(3.0, 1.0, 100.0, 5.0, 3)


def test_other_frameworks_are_judged_by_the_best_way_to_keep_them(run: results.Run) -> None:
    cells = [
        cell("k", "holotype", 1.0, 0.5, mapped=0.005),
        cell("k", "pickle", 3.0, 3.0),
        cell("k", "native", 0.5, 1.0),
        cell("k", "safetensors", 0.9, 0.45),
    ]
    found = verdicts(replace(run, models={**run.models, "k": "tensors"}, cells=run.cells + cells))
    assert found["boosters and tensors saved in ≤ 1.2 × the best of others"] is False
    assert found["and loaded, verified, in ≤ 1.2 × the best of others"] is True
    assert found["mapped load of (k) ≥ 50 × faster than torch.load"] is True
    assert "mapped load of (k) ≥ 50 × faster than torch.load" not in verdicts(run)
