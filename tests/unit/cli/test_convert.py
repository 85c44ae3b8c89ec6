"""``holotype convert``: one file or many, what is refused, and the codes that say so."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import numpy as np
import pytest
from tests.unit.cli.conftest import Run

import holotype

VALUE = {"a": np.arange(100.0)}


@pytest.fixture
def old(tmp_path: Path) -> Path:
    path = tmp_path / "old.pkl"
    path.write_bytes(pickle.dumps(VALUE))
    return path


@pytest.fixture
def foreign(tmp_path: Path) -> Path:
    path = tmp_path / "foreign.pkl"
    path.write_bytes(pickle.dumps([print]))
    return path


def test_a_file_becomes_an_archive(run: Run, old: Path, tmp_path: Path) -> None:
    target = tmp_path / "new.holo"
    result = run("convert", old, target)
    assert (result.code, result.err) == (0, "")
    assert result.out.splitlines()[0].startswith(f"✓ {old} → {target} (")
    assert result.out.splitlines()[1].strip() == holotype.fingerprint(VALUE)
    assert holotype.fingerprint(target) == holotype.fingerprint(VALUE)


def test_an_archive_that_is_there_is_replaced_only_by_force(
    run: Run, old: Path, tmp_path: Path
) -> None:
    target = tmp_path / "new.holo"
    target.write_bytes(b"before")
    result = run("convert", old, target)
    assert result.code == 2
    assert "--force replaces it" in result.err
    assert target.read_bytes() == b"before"
    assert run("convert", old, target, "--force").code == 0
    assert holotype.verify(target)


def test_several_files_go_to_a_folder(run: Run, old: Path, tmp_path: Path) -> None:
    other = tmp_path / "other.npy"
    np.save(other, VALUE["a"])
    result = run("convert", old, other, tmp_path / "archives" / "all")
    assert result.code == 0
    names = sorted(path.name for path in (tmp_path / "archives" / "all").iterdir())
    assert names == ["old.holo", "other.holo"]


def test_one_file_goes_into_a_folder_that_is_there(run: Run, old: Path, tmp_path: Path) -> None:
    (tmp_path / "folder").mkdir()
    assert run("convert", old, tmp_path / "folder").code == 0
    assert (tmp_path / "folder" / "old.holo").exists()


def test_what_is_refused_is_told_and_the_rest_is_converted(
    run: Run, old: Path, foreign: Path, tmp_path: Path
) -> None:
    result = run("convert", foreign, old, tmp_path / "all")
    assert result.code == 1
    assert result.err.startswith(f"✗ {foreign}: model[0]: 1 thing of the file")
    assert "builtins.print" in result.err
    assert [path.name for path in (tmp_path / "all").iterdir()] == ["old.holo"]


def test_a_file_that_is_not_there_exits_with_2(run: Run, old: Path, tmp_path: Path) -> None:
    absent = tmp_path / "absent.pkl"
    result = run("convert", old, absent, tmp_path / "all")
    assert result.code == 2
    assert f"✗ {absent}: " in result.err


def test_json_is_the_only_output(run: Run, old: Path, foreign: Path, tmp_path: Path) -> None:
    result = run("convert", old, foreign, tmp_path / "all", "--json")
    assert (result.code, result.err) == (1, "")
    good, bad = json.loads(result.out)
    assert good["fingerprint"] == holotype.fingerprint(VALUE)
    assert (good["archive"], good["error"]) == (str(tmp_path / "all" / "old.holo"), None)
    assert (bad["archive"], bad["error_type"]) == (None, "UnsupportedError")


def test_files_that_would_become_one_archive_are_refused(run: Run, tmp_path: Path) -> None:
    result = run("convert", tmp_path / "a.pkl", tmp_path / "a.npy", tmp_path / "all")
    assert result.code == 2
    assert "would become a.holo" in result.err.replace("\n", " ")


def test_wrong_usage_exits_with_2(run: Run, old: Path) -> None:
    assert run("convert", old).code == 2
    result = run("convert", old, old, old)
    assert result.code == 2


def test_control_characters_of_a_file_do_not_reach_the_terminal(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "evil.pkl"
    path.write_bytes(b"\x80\x04\x8c\x05\x1b[31m\x8c\x01x\x93.")
    result = run("convert", path, tmp_path / "x.holo")
    assert result.code == 1
    assert "\x1b" not in result.err
