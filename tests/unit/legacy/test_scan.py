"""The report of one file: verdict, names, findings; and SARIF, which other programs read."""

from __future__ import annotations

import gzip
import io
import os
import pickle
import zipfile
from pathlib import Path

import pytest

import holotype
from holotype.legacy import scan
from holotype.legacy.sarif import sarif
from holotype.legacy.scan import files_in
from holotype.version import __version__

EVIL = b"cos\nsystem\n(S'echo pwned'\ntR."


def test_a_path_and_its_bytes_give_the_same_report(tmp_path: Path) -> None:
    path = tmp_path / "évil name.pkl"
    path.write_bytes(EVIL)
    by_path, by_bytes = scan(path), scan(EVIL, name=str(path))
    assert by_path == by_bytes
    assert by_path.path == str(path)
    assert not by_path


def test_a_large_file_is_mapped_and_read_the_same(tmp_path: Path) -> None:
    path = tmp_path / "large.pkl"
    path.write_bytes(pickle.dumps([bytes(3 << 20), "x"]))
    report = scan(path)
    assert report.verdict == "data"
    assert report.size == path.stat().st_size


def test_names_say_how_they_are_used() -> None:
    report = scan(b"(cos\nsystem\np0\n(tRg0\ncos\npath\nl.")
    first, second = report.names
    assert (first.module, first.name, first.imported, first.called) == ("os", "system", 1, 1)
    assert (first.offset, second.name, second.called) == (1, "path", 0)
    assert [finding.what for finding in report.findings] == ["os.system", "os.path"]


def test_archives_without_a_model_are_no_data(tmp_path: Path) -> None:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w") as file:
        file.writestr("readme.txt", "nothing here")
    assert scan(stream.getvalue()).verdict == "other"
    assert scan(gzip.compress(b"text")).verdict == "other"
    report = scan(holotype.dumps([1, 2]))
    assert report.verdict == "other"
    assert "holotype verify" in report.parts[0].notes[0]


def test_parts_come_before_their_members() -> None:
    report = scan(gzip.compress(gzip.compress(EVIL)))
    assert [part.formats for part in report.parts] == [["gzip"], ["gzip"], ["pickle"]]
    assert [part.packed for part in report.parts] == [True, True, False]


def test_what_is_no_regular_file_is_an_error_of_the_system(tmp_path: Path) -> None:
    os.mkfifo(tmp_path / "pipe.pkl")
    with pytest.raises(OSError, match="no regular file"):
        scan(tmp_path / "pipe.pkl")
    assert list(files_in([tmp_path])) == []


def test_findings_are_capped_and_the_rest_is_counted() -> None:
    program = b"".join(b"cos\nname%d\n0" % i for i in range(1500)) + b"N."
    report = scan(program)
    assert len(report.findings) == 1000
    assert report.parts[0].notes == ["500 more findings are not listed"]


def test_a_sarif_log_has_rules_results_and_places(tmp_path: Path) -> None:
    (tmp_path / "a b.pkl").write_bytes(EVIL)
    (tmp_path / "packed.gz").write_bytes(gzip.compress(EVIL))
    (tmp_path / "cut.pkl").write_bytes(pickle.dumps([1])[:-1])
    (tmp_path / "good.pkl").write_bytes(pickle.dumps([1]))
    log = sarif(scan(path) for path in sorted(tmp_path.iterdir()))
    assert log["version"] == "2.1.0"
    (run,) = log["runs"]
    assert run["tool"]["driver"]["version"] == __version__
    rules = [rule["id"] for rule in run["tool"]["driver"]["rules"]]
    assert rules == ["outside-table", "not-read-in-full"]
    found = {}
    for result in run["results"]:
        assert rules[result["ruleIndex"]] == result["ruleId"]
        (location,) = result["locations"]
        physical = location["physicalLocation"]
        found[physical["artifactLocation"]["uri"].rpartition("/")[2]] = (
            result["level"],
            physical.get("region"),
        )
    assert found == {
        "a%20b.pkl": ("error", {"byteOffset": 0, "byteLength": 1}),
        "packed.gz": ("error", None),
        "cut.pkl": ("warning", None),
    }
    assert scan(EVIL, name="models/x.pkl").path == "models/x.pkl"
    relative = sarif([scan(EVIL, name="models/x.pkl")])["runs"][0]["results"][0]
    location = relative["locations"][0]["physicalLocation"]["artifactLocation"]
    assert location == {"uri": "models/x.pkl"}
