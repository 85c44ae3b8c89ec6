"""Every hostile old file is reported, and reading it imports and runs nothing."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
from tests import fresh
from tests.conformance.legacy_payloads import EVIL, PAYLOADS, UNREADABLE

from holotype.errors import HolotypeError
from holotype.legacy import scan


@pytest.mark.parametrize("name", PAYLOADS)
def test_what_is_outside_is_reported(name: str) -> None:
    report = scan(PAYLOADS[name]())
    assert report.verdict == "outside", (report.formats, report.problems, report.names)
    assert report.findings
    assert all(finding.reason for finding in report.findings)


@pytest.mark.parametrize("name", UNREADABLE)
def test_what_cannot_be_read_in_full_is_never_clean(name: str) -> None:
    report = scan(UNREADABLE[name](), limit=64 << 20)
    assert not report.complete
    assert report.problems
    assert report.verdict == "unreadable", report.findings


@pytest.mark.parametrize("name", PAYLOADS)
def test_the_reported_text_cannot_steer_a_terminal(name: str) -> None:
    report = scan(PAYLOADS[name]())
    told = [*report.problems, *(f"{f.what}{f.reason}{f.part}" for f in report.findings)]
    assert all(text.isprintable() for text in told), told


def test_a_side_file_is_read_from_the_same_folder_and_not_through_a_link(tmp_path: Path) -> None:
    file = tmp_path / "model.pkl"
    file.write_bytes(UNREADABLE["side_file_that_is_not_there"]())
    (tmp_path / "a.npy").write_bytes(PAYLOADS["array_of_objects"]())
    report = scan(file)
    assert report.verdict == "outside"
    assert [finding.part for finding in report.findings] == ["a.npy"]

    (tmp_path / "a.npy").rename(tmp_path / "elsewhere")
    (tmp_path / "a.npy").symlink_to("elsewhere")
    assert scan(file).verdict == "unreadable"


_CHILD = """
import sys, json
from pathlib import Path
import holotype
from holotype.legacy import scan
from holotype.types.table import type_table
from tests.conformance.legacy_watch import watch

type_table().keys()  # our own table, whole: its parts are loaded when they are first asked for
type_table().entry("unheard_of.Type")
folder = Path(sys.argv[1])
(folder / "honest.pkl").write_bytes(b"\\x80\\x04].")
for file in sorted(folder.iterdir()):
    if file.name.startswith("honest"):
        scan(file)
events = watch(folder)
before = set(sys.modules)
rows = {}
for file in sorted(folder.iterdir()):
    del events[:]
    try:
        verdict = scan(file, limit=64 << 20).verdict
    except holotype.HolotypeError as error:
        verdict = repr(error)
    rows[file.name] = {"verdict": verdict, "events": list(events)}
print(json.dumps({"rows": rows, "imported": sorted(set(sys.modules) - before)}))
"""


@pytest.fixture(scope="module")
def watched(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """What a fresh interpreter was made to do by reading each file, as its audit hook saw it."""
    folder = tmp_path_factory.mktemp("payloads")
    for index, (name, make) in enumerate({**PAYLOADS, **UNREADABLE}.items()):
        (folder / f"{index:03} {name}").write_bytes(make())
    for name in ("pickle in gzip", "torch_file", "zip_in_a_tar_in_a_gzip"):
        (folder / f"honest {name}").write_bytes(PAYLOADS[name]())  # the first use imports codecs
    done = fresh.run(_CHILD, str(folder), timeout=300)
    return json.loads(done.stdout.splitlines()[-1])


def test_reading_imports_nothing(watched: Any) -> None:
    assert watched["imported"] == []


def test_reading_runs_opens_and_writes_nothing(watched: Any) -> None:
    assert {name: row["events"] for name, row in watched["rows"].items() if row["events"]} == {}


def test_the_same_is_found_in_a_process_of_its_own(watched: Any) -> None:
    for name, row in watched["rows"].items():
        if not name.startswith("honest"):
            wanted = "outside" if name.partition(" ")[2] in PAYLOADS else "unreadable"
            assert row["verdict"] == wanted, name


def test_the_watch_would_see_a_pickle_that_runs(tmp_path: Path) -> None:
    (tmp_path / "evil").write_bytes(EVIL.replace(b"echo pwned", b"exit 0    "))
    code = """
import pickle, sys
from pathlib import Path
from tests.conformance.legacy_watch import watch
events = watch(Path(sys.argv[1]))
with open(Path(sys.argv[1]) / "evil", "rb") as file:
    pickle.load(file)
print(events)
"""
    assert "os.system" in fresh.run(code, str(tmp_path)).stdout


def test_the_only_errors_are_of_the_operating_system(tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        scan(tmp_path / "none.pkl")
    with pytest.raises(IsADirectoryError):
        scan(tmp_path)
    assert not issubclass(FileNotFoundError, HolotypeError)


def test_an_array_that_is_a_program_for_pickle_is_told_as_a_polyglot() -> None:
    report = scan(PAYLOADS["joblib_array_that_pickle_takes_for_opcodes"]())
    assert not report.complete
    assert any("pickle.load would take" in problem for problem in report.problems)
    assert "joblib" in report.formats


def test_what_scan_finds_before_a_break_is_not_forgotten() -> None:
    for name in ("broken_after_the_call", "cut_after_the_call", "frame_longer_than_the_file"):
        report = scan(PAYLOADS[name]())
        assert not report.complete, name
        assert [finding.what for finding in report.findings] == ["os.system"], name
