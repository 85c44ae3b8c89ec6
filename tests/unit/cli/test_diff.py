"""``holotype diff``: what a person sees, what a program reads, and the code that it exits with."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests import fresh
from tests.unit.cli.conftest import Run
from tests.unit.compare.test_compare import hostile

import holotype


@pytest.fixture
def files(tmp_path: Path) -> tuple[Path, Path]:
    """Two archives that differ in a value, an array, a metric and a note."""
    weights = np.arange(64.0)
    old = {"rate": 0.5, "weights": weights, "bias": np.ones(3)}
    new = {"rate": 0.25, "weights": weights + (np.arange(64) >= 32), "bias": np.ones(3)}
    paths = tmp_path / "old.holo", tmp_path / "new.holo"
    holotype.dump(old, paths[0], metrics={"auc": 0.8}, metadata={"ticket": "A"})
    holotype.dump(new, paths[1], metrics={"auc": 0.9}, metadata={"ticket": "B"})
    return paths


def test_a_person_sees_what_changed_and_which_version_follows(
    run: Run, files: tuple[Path, Path]
) -> None:
    result = run("diff", *files, "--after", "1.4.2")
    assert (result.code, result.err) == (0, "")
    norm = np.sqrt(32) / np.linalg.norm(np.arange(64.0))
    for expected in (
        "old.holo → new.holo",
        "The models differ.",
        "1.5.0  Minor: rate 0.5 → 0.25.",
        " ~ rate 0.5 → 0.25",
        "Arrays (1 differ, 1 equal)",
        f"float64[64]; 50 % equal; changed by {norm * 100:.3g} % of its",
        " ~ auc 0.8 → 0.9  (+0.1)",
        " ~ metadata.ticket A → B",
    ):
        assert expected in result.out


def test_the_same_archive_and_the_same_model_are_told_apart(
    run: Run, files: tuple[Path, Path], tmp_path: Path
) -> None:
    result = run("diff", files[0], files[0], "--exit-code")
    assert result.code == 0
    assert "Both are the same archive." in result.out
    again = tmp_path / "again.holo"
    holotype.dump(holotype.load(files[0]), again, metadata={"ticket": "Z"})
    result = run("diff", files[0], again, "--exit-code")
    assert result.code == 0
    assert "The model is the same, bit by bit" in result.out
    assert "Same version: the model is the same, with other metadata." in result.out
    assert " ~ metadata.ticket A → Z" in result.out


def test_a_program_reads_json_and_nothing_else(run: Run, files: tuple[Path, Path]) -> None:
    result = run("diff", *files, "--json", "--after", "1.4.2")
    assert (result.code, result.err) == (0, "")
    assert result.out.isascii()
    said = json.loads(result.out)
    assert (said["same"], said["format"]) == ("nothing", 1)
    assert said["hyperparameters"] == [
        {"path": "rate", "kind": "changed", "effect": "setting", "before": 0.5, "after": 0.25}
    ]
    (weights,) = said["arrays"]
    assert weights["figures"]["equal"] == 32
    assert said["version"]["version"] == "1.5.0"
    assert said["version"]["reasons"][0] == {
        "step": "minor",
        "what": "rate 0.5 → 0.25",
        "count": 1,
        "paths": ["rate"],
    }
    assert set(json.loads(run("diff", *files, "--json").out)["version"]) == {
        "step",
        "derived",
        "reasons",
        "sentence",
    }


def test_exit_codes_are_those_of_diff(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    assert run("diff", *files).code == 0
    assert run("diff", *files, "--exit-code").code == 1
    assert run("diff", *files, "--exit-code", "--json").code == 1
    broken = tmp_path / "broken.holo"
    broken.write_bytes(b"nonsense")
    absent = tmp_path / "absent.holo"
    assert run("diff", files[0], broken).code == 1
    assert run("diff", files[0], absent).code == 2
    for other in (broken, absent):
        result = run("diff", files[0], other, "--exit-code")
        assert result.code == 2
        assert result.err.startswith("error: ")
        assert result.out == ""
    assert run("diff", *files, "--after", "1.4").code == 2


def test_a_page_with_plots_is_written(run: Run, files: tuple[Path, Path], tmp_path: Path) -> None:
    page = tmp_path / "changes.html"
    assert run("diff", *files, "--html", page).code == 0
    text = page.read_text(encoding="utf-8")
    assert text.count("<svg") == 3  # how much arrays changed, how it is spread, and the metrics
    assert "old.holo → new.holo" in text
    assert "Minor: rate 0.5 → 0.25." in text
    assert "<script" not in text
    assert run("diff", *files, "--html", tmp_path / "no" / "page.html").code == 2


def test_long_lists_are_cut_unless_all_is_asked_for(run: Run, tmp_path: Path) -> None:
    paths = tmp_path / "a.holo", tmp_path / "b.holo"
    for value, path in enumerate(paths):
        holotype.dump({f"key{i}": value for i in range(50)}, path)
    result = run("diff", *paths)
    assert "30 more (--all, --json)" in result.out
    assert "key49" not in result.out
    result = run("diff", *paths, "--all")
    assert "key49" in result.out
    assert "more (" not in result.out


def test_hostile_text_is_shown_and_does_nothing(run: Run, tmp_path: Path) -> None:
    paths = tmp_path / "a\x1b[2J.holo", tmp_path / "b.holo"
    for number, path in enumerate(paths):
        path.write_bytes(hostile(float(number)))
    result = run("diff", *paths, "--all")
    assert result.code == 0
    assert all(c.isprintable() or c == "\n" for c in result.out + result.err)
    assert "\\x1b[2J" in result.out
    assert "[red]x[/red]" in result.out
    assert "\x1b" not in run("diff", *paths, "--json").out


@pytest.mark.parametrize("columns", ["30", "120"])
def test_lines_fit_the_terminal_and_nothing_is_lost(files: tuple[Path, Path], columns: str) -> None:
    done = fresh.run(["-m", "holotype", "diff", *map(str, files)], COLUMNS=columns)
    body = done.stdout.split("Minor:")[1].splitlines()[1:]
    assert max(map(len, body)) <= int(columns)
    assert "float64[64]" in done.stdout
    assert "norm" in "".join(line.strip() for line in body)


def test_colours_are_there_where_they_are_wanted(files: tuple[Path, Path]) -> None:
    command = ["-m", "holotype", "diff", *map(str, files)]
    assert "\x1b[" not in fresh.run(command).stdout
    coloured = fresh.run(command, FORCE_COLOR="1", NO_COLOR="", TERM="xterm-256color").stdout
    assert "\x1b[33m ~" in coloured
