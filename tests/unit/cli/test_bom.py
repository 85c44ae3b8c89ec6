"""``holotype bom``: where it goes, and in which standard."""

from __future__ import annotations

import json
import sys
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

import holotype

pytest.importorskip("cyclonedx", reason="it writes CycloneDX")
pytest.importorskip("spdx_tools", reason="it writes SPDX")


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive of a plain model."""
    holotype.dump({"rate": 0.5}, tmp_path / "m.holo")
    return tmp_path / "m.holo"


def test_a_bill_goes_to_standard_output(run: Run, path: Path) -> None:
    result = run("bom", path)
    assert (result.code, result.err) == (0, "")
    assert json.loads(result.out)["bomFormat"] == "CycloneDX"
    assert result.out == holotype.bom(path)


def test_a_bill_goes_to_a_file_where_one_is_named(run: Run, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "m.spdx.json"
    assert run("bom", path, "--format", "spdx", "--output", target) == (0, "", "")
    assert target.read_text() == holotype.bom(path, format="spdx")


def test_an_unknown_standard_is_wrong_usage(run: Run, path: Path) -> None:
    result = run("bom", path, "--format", "swid")
    assert (result.code, result.out) == (2, "")
    assert "spdx" in result.err


def test_a_library_that_is_not_there_exits_with_2(
    run: Run, path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delitem(sys.modules, "holotype.capsule.bom.cyclonedx", raising=False)
    monkeypatch.setitem(sys.modules, "cyclonedx", None)
    for name in [name for name in sys.modules if name.startswith("cyclonedx.")]:
        monkeypatch.delitem(sys.modules, name)
    result = run("bom", path)
    assert (result.code, result.out) == (2, "")
    assert "pip install 'holotype[bom]'" in result.err
