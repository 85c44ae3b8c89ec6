"""``holotype scan``: files and folders, what is printed, and the three exit codes."""

from __future__ import annotations

import json
import pickle
from pathlib import Path

import pytest
from tests.unit.cli.conftest import Run

EVIL = b"cos\nsystem\n(S'echo pwned'\ntR."


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "deep").mkdir()
    (tmp_path / "good.pkl").write_bytes(pickle.dumps([1, 2]))
    (tmp_path / "deep" / "evil.txt").write_bytes(EVIL)
    (tmp_path / "notes.md").write_text("no model")
    (tmp_path / "link.pkl").symlink_to("nowhere")
    (tmp_path / "loop").symlink_to(tmp_path)
    return tmp_path


def test_data_exits_with_0(run: Run, folder: Path) -> None:
    result = run("scan", folder / "good.pkl")
    assert (result.code, result.err) == (0, "")
    assert result.out == f"✓ {folder / 'good.pkl'} nothing outside the table (pickle, 20 B)\n"


def test_what_is_outside_exits_with_1_and_is_named(run: Run, folder: Path) -> None:
    result = run("scan", folder / "deep" / "evil.txt")
    assert result.code == 1
    assert "os.system, byte 0: it is not in the table" in result.out


def test_what_cannot_be_read_in_full_exits_with_2(run: Run, folder: Path) -> None:
    (folder / "cut.pkl").write_bytes(pickle.dumps([1, 2])[:-3])
    result = run("scan", folder / "cut.pkl", folder / "good.pkl")
    assert result.code == 2
    assert "? " in result.out
    assert "not readable in full" in result.out


def test_outside_counts_more_than_unreadable(run: Run, folder: Path) -> None:
    assert run("scan", folder / "none.pkl", folder / "deep").code == 1
    assert run("scan", folder / "deep", folder / "none.pkl").code == 1


def test_a_missing_file_exits_with_2(run: Run, folder: Path) -> None:
    result = run("scan", folder / "none.pkl")
    assert result.code == 2
    assert "No such file" in result.err


def test_a_folder_is_walked_and_links_are_not_followed(run: Run, folder: Path) -> None:
    result = run("scan", folder)
    assert result.code == 1
    assert "good.pkl" in result.out
    assert "evil.txt" in result.out
    assert "notes.md" not in result.out
    assert "loop" not in result.out
    assert result.out.splitlines()[-1].startswith("3 files: 1 nothing outside the table; 1 calls")


def test_no_model_is_passed_over_in_a_folder_and_not_when_it_is_named(
    run: Run, folder: Path
) -> None:
    (folder / "only").mkdir()
    (folder / "only" / "notes.md").write_text("no model")
    assert run("scan", folder / "only").code == 0
    assert run("scan", folder / "only" / "notes.md").code == 2
    (folder / "only" / "model.pkl").write_text("no model")
    assert run("scan", folder / "only").code == 2


def test_names_lists_what_is_used(run: Run, folder: Path) -> None:
    (folder / "set.pkl").write_bytes(pickle.dumps({1}, 2))
    result = run("scan", folder / "set.pkl", "--names")
    assert "✓ builtins.set: named 1×, called 1×" in result.out


def test_json_has_an_entry_for_each_file(run: Run, folder: Path) -> None:
    result = run("scan", folder, folder / "none.pkl", "--json")
    assert (result.code, result.err) == (1, "")
    rows = {Path(row["path"]).name: row for row in json.loads(result.out)}
    assert rows["good.pkl"]["verdict"] == "data"
    assert rows["good.pkl"]["complete"] is True
    assert rows["evil.txt"]["findings"] == [
        {"what": "os.system", "reason": "it is not in the table", "part": "", "offset": 0}
    ]
    assert rows["evil.txt"]["names"][0]["called"] == 1
    assert rows["notes.md"]["verdict"] == "other"
    assert rows["none.pkl"] == {
        "path": str(folder / "none.pkl"),
        "verdict": "unreadable",
        "error": "No such file or directory",
    }


def test_sarif_is_written(run: Run, folder: Path) -> None:
    target = folder.parent / f"{folder.name}.sarif"
    assert run("scan", folder, "--sarif", target).code == 1
    log = json.loads(target.read_text())
    assert log["version"] == "2.1.0"
    (result,) = log["runs"][0]["results"]
    assert result["ruleId"] == "outside-table"
    assert result["locations"][0]["physicalLocation"]["region"]["byteOffset"] == 0


def test_the_limit_is_kept(run: Run, folder: Path) -> None:
    import gzip

    (folder / "large.gz").write_bytes(gzip.compress(bytes(10 << 20)))
    assert "1000000000" not in run("scan", folder / "large.gz", "--limit", "1").out
    assert run("scan", folder / "good.pkl", "--limit", "0").code == 2


def test_text_of_a_file_cannot_steer_the_terminal(run: Run, folder: Path) -> None:
    (folder / "steer.pkl").write_bytes(b"c\x1b[2Jos\nsystem\n.")
    assert "\x1b" not in run("scan", folder / "steer.pkl", "--names").out
