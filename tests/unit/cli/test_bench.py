"""``holotype bench``: your own model beside pickle and joblib, in turns, leaving nothing behind."""

from __future__ import annotations

import json
import sys
import tempfile
from pathlib import Path

import numpy as np
import pytest
from tests.unit.cli.conftest import Run

import holotype

PEERS = ["holotype", "holotype, mapped", "pickle", "pickle + sha256"]
JOBLIB = ["joblib", "joblib compress=3"]


@pytest.fixture
def path(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    monkeypatch.setattr(tempfile, "tempdir", str(scratch))
    holotype.dump({"a": np.arange(1000.0)}, tmp_path / "m.holo")
    return tmp_path / "m.holo"


def test_a_table_compares_all_peers(run: Run, path: Path) -> None:
    pytest.importorskip("joblib")
    result = run("bench", path, "--rounds", "3")
    assert result.code == 0
    for peer in (*PEERS, *JOBLIB):
        assert any(line.strip().startswith(peer) for line in result.out.splitlines())
    assert "ratio to pickle" in result.out
    assert list((path.parent / "scratch").iterdir()) == []


def test_json_has_seconds_and_bytes_also_without_joblib(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "joblib", None)
    result = run("bench", path, "--rounds", "3", "--json")
    assert result.code == 0
    rows = json.loads(result.out)[str(path)]
    assert list(rows) == PEERS
    for row in rows.values():
        assert list(row) == ["save_seconds", "load_seconds", "size_bytes"]
        assert all(value > 0 for value in row.values())
    assert rows["holotype"]["size_bytes"] == path.stat().st_size


def test_fewer_than_three_rounds_are_no_measurement(run: Run, path: Path) -> None:
    assert run("bench", path, "--rounds", "2").code == 2
