"""``holotype fingerprint``: a line for each archive, as ``sha256sum`` writes it."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.cli.conftest import Run

import holotype


@pytest.fixture
def paths(tmp_path: Path) -> list[Path]:
    models = [np.arange(3.0), np.arange(3.0), np.arange(4.0)]
    for number, model in enumerate(models):
        holotype.dump(model, tmp_path / f"{number}.holo", author=str(number))
    return [tmp_path / f"{number}.holo" for number in range(3)]


def test_equal_models_have_equal_fingerprints(run: Run, paths: list[Path]) -> None:
    result = run("fingerprint", *paths)
    assert (result.code, result.err) == (0, "")
    rows = [line.split("  ") for line in result.out.splitlines()]
    assert [row[1] for row in rows] == [str(path) for path in paths]
    assert rows[0][0] == rows[1][0] != rows[2][0]
    assert rows[0][0] == holotype.fingerprint(np.arange(3.0))


def test_json_maps_files_to_fingerprints(run: Run, paths: list[Path]) -> None:
    said = json.loads(run("fingerprint", *paths, "--json").out)
    assert said == {str(path): holotype.fingerprint(path) for path in paths}
