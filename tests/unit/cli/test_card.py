"""``holotype card``: where it goes, and in which form."""

from __future__ import annotations

from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

import holotype


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive of a plain model."""
    holotype.dump({"rate": 0.5}, tmp_path / "m.holo", about={"description": "Ünïcode"})
    return tmp_path / "m.holo"


def test_a_card_goes_to_standard_output(run: Run, path: Path) -> None:
    assert run("card", path) == (0, holotype.card(path), "")
    assert run("card", path, "--html") == (0, holotype.card(path, format="html"), "")


def test_a_card_goes_to_a_file_where_one_is_named(run: Run, path: Path, tmp_path: Path) -> None:
    target = tmp_path / "README.md"
    assert run("card", path, "--output", target) == (0, "", "")
    assert target.read_text(encoding="utf-8") == holotype.card(path)
    assert run("card", path, "--html", "--output", target) == (0, "", "")
    assert target.read_text(encoding="utf-8") == holotype.card(path, format="html")


def test_no_file_is_written_for_a_bad_archive(run: Run, tmp_path: Path) -> None:
    (tmp_path / "bad.holo").write_bytes(b"nonsense" * 10)
    result = run("card", tmp_path / "bad.holo", "--output", tmp_path / "card.md")
    assert (result.code, result.out) == (1, "")
    assert "SPEC 2.1" in result.err
    assert not (tmp_path / "card.md").exists()


def test_a_folder_that_is_not_there_exits_with_2(run: Run, path: Path, tmp_path: Path) -> None:
    result = run("card", path, "--output", tmp_path / "none" / "card.md")
    assert (result.code, result.out) == (2, "")
    assert "card.md: No such file or directory" in result.err
