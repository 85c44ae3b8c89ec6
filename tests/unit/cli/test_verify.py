"""``holotype verify``: every archive is told about, and the code says whether all are sound."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from tests.unit.cli.conftest import Run

import holotype

STEPS = ["container", "manifest", "checksums", "blueprint", "arrays", "contents"]


@pytest.fixture
def good(tmp_path: Path) -> Path:
    holotype.dump({"a": np.arange(100.0)}, tmp_path / "good.holo")
    return tmp_path / "good.holo"


@pytest.fixture
def bad(good: Path) -> Path:
    damaged = good.read_bytes().replace(np.arange(100.0).tobytes(), bytes(800))
    (good.parent / "bad.holo").write_bytes(damaged)
    return good.parent / "bad.holo"


def test_a_sound_archive_exits_with_0_and_lists_the_steps(run: Run, good: Path) -> None:
    result = run("verify", good)
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0] == f"✓ {good}"
    assert [line.split()[:2] for line in lines[1:]] == [["✓", step] for step in STEPS]


def test_a_damaged_archive_exits_with_1_and_says_what_is_wrong(run: Run, bad: Path) -> None:
    result = run("verify", bad)
    assert result.code == 1
    assert result.out.startswith(f"✗ {bad}\n")
    assert "✗ checksums" in result.out
    assert "another CRC-32" in result.out


def test_all_files_are_looked_at_whatever_the_first_says(run: Run, good: Path, bad: Path) -> None:
    result = run("verify", bad, good, good.parent / "none.holo")
    assert result.code == 1
    assert f"✓ {good}" in result.out
    assert "none.holo: No such file or directory" in result.err


def test_json_has_an_entry_for_each_file(run: Run, good: Path, bad: Path) -> None:
    missing = good.parent / "none.holo"
    result = run("verify", good, bad, missing, "--json")
    assert (result.code, result.err) == (1, "")
    first, second, third = json.loads(result.out)
    assert first["file"] == str(good)
    assert first["ok"] is True
    assert first["fingerprint"] == holotype.fingerprint(good)
    assert first["error"] is first["error_type"] is None
    assert [check["name"] for check in first["checks"]] == STEPS
    assert second["ok"] is False
    assert second["error_type"] == "DigestError"
    assert "CRC-32" in second["error"]
    assert third == {"file": str(missing), "ok": False, "error": "No such file or directory"}


def test_only_unreadable_files_exit_with_2(run: Run, good: Path) -> None:
    assert run("verify", good, good.parent / "none.holo").code == 2
    assert run("verify", good.parent / "none.holo", "--json").code == 2


def test_verifying_needs_a_file(run: Run) -> None:
    assert run("verify").code == 2
