"""``holotype init``, ``push``, ``pull``, ``list``, ``log``, ``tag``, ``remove`` on real stores."""

from __future__ import annotations

import json
import pickle
import re
import shutil
from pathlib import Path
from typing import Any

import msgspec
import numpy as np
import pytest
from tests.unit.cli.conftest import Result, Run

import holotype

LINES = "Trained on October.\n\x1b[2JNothing to see."


def dumped(path: Path, more: int = 0) -> Path:
    """A model with an array that all have, and a smaller one that each has for itself."""
    random = np.random.default_rng(0)
    shared = random.normal(size=40_000)
    holotype.dump({"shared": shared, "own": random.normal(size=100) + more}, path)
    return path


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch, run: Run) -> Path:
    """An empty store, which is the default one."""
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "store"))
    assert run("init").code == 0
    return tmp_path / "store"


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three archives, and a store with two versions of one model and one of another."""
    folder = tmp_path_factory.mktemp("three")
    store = holotype.Store(folder / "store")
    store.push("churn", dumped(folder / "a.holo"))
    store.push("churn", dumped(folder / "b.holo", 1), tags=["production"], message=LINES)
    store.push("team/risk", dumped(folder / "c.holo", 2), version="2.0.0-rc.1")
    return folder


@pytest.fixture
def churn(three: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A copy of them, which is the default store."""
    shutil.copytree(three, tmp_path, dirs_exist_ok=True)
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "store"))
    return tmp_path / "store"


def read(result: Result) -> Any:
    assert (result.code, result.err) == (0, "")
    return json.loads(result.out)


# -------------------------------------------------------------------------------------------- init


def test_a_store_is_made_once_and_then_left_alone(run: Run, tmp_path: Path) -> None:
    where = tmp_path / "models"
    assert read(run("init", where, "--json")) == {"store": str(where), "made": True}
    files = sorted(where.rglob("*"))
    assert read(run("init", where, "--json")) == {"store": str(where), "made": False}
    assert sorted(where.rglob("*")) == files
    assert "there is a store already" in run("init", where).out


def test_a_folder_of_other_things_becomes_no_store(run: Run, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("mine")
    result = run("init", tmp_path)
    assert (result.code, result.out) == (2, "")
    assert "holds other things" in result.err
    assert [path.name for path in tmp_path.iterdir()] == ["notes.txt"]


@pytest.mark.parametrize(
    "arguments", [["list"], ["log", "churn"], ["pull", "churn"], ["push", "churn", "a.holo"]]
)
def test_no_other_command_makes_a_store(arguments: list[str], run: Run, tmp_path: Path) -> None:
    result = run(*arguments, "--store", tmp_path / "none")
    assert (result.code, result.out) == (2, "")
    assert result.err.startswith(f"error: there is no store at {tmp_path / 'none'}")
    assert f"`holotype init {tmp_path / 'none'}` makes one" in result.err
    assert not (tmp_path / "none").exists()


# -------------------------------------------------------------------------------------------- push


def test_a_second_version_adds_what_is_new(run: Run, store: Path, tmp_path: Path) -> None:
    first = read(run("push", "churn", dumped(tmp_path / "a.holo"), "--json"))
    second = read(run("push", "churn", dumped(tmp_path / "b.holo", 1), "--json"))
    assert (first["store"], first["new"], first["version"]) == (str(store), True, "1.0.0")
    assert (second["new"], second["version"], second["parent"]) == (True, "1.0.1", "1.0.0")
    assert second["size"] == (tmp_path / "b.holo").stat().st_size
    assert 0 < second["added"] < second["size"] / 20
    assert second["id"] == holotype.show(tmp_path / "b.holo").id


def test_what_is_there_already_is_not_pushed_again(run: Run, churn: Path, tmp_path: Path) -> None:
    files = sorted(churn.rglob("packs/*/*"))
    again = read(run("push", "churn", tmp_path / "a.holo", "--json"))
    assert (again["new"], again["version"]) == (False, "1.0.0")
    assert "it has been there since" in run("push", "churn", tmp_path / "a.holo").out
    assert sorted(churn.rglob("packs/*/*")) == files


def test_a_push_says_what_it_added_and_where(run: Run, store: Path, tmp_path: Path) -> None:
    result = run("push", "churn", dumped(tmp_path / "a.holo"), "--tag", "x", "--level", "fast")
    assert result.code == 0
    assert result.out.startswith(f"✓ churn@1.0.0 in {store}\n")
    assert f" added of {(tmp_path / 'a.holo').stat().st_size / 1000:.1f} kB" in result.out
    assert "tagged x" in result.out
    assert read(run("list", "--json"))["models"][0]["tags"] == {"x": "1.0.0"}


def test_a_number_that_is_taken_is_refused(run: Run, churn: Path, tmp_path: Path) -> None:
    result = run("push", "churn", tmp_path / "c.holo", "--version", "1.0.0")
    assert (result.code, result.out) == (1, "")
    assert "churn@1.0.0 is there already" in result.err


def test_a_model_that_asks_for_trust_is_marked(run: Run, store: Path, tmp_path: Path) -> None:
    def double(x: float) -> float:
        return x * 2

    holotype.dump({"f": double}, tmp_path / "code.holo", embed=[__name__])
    assert "opening it asks for trust: code" in run("push", "f", tmp_path / "code.holo").out


def test_an_old_model_file_gets_a_hint(run: Run, store: Path, tmp_path: Path) -> None:
    (tmp_path / "old.pkl").write_bytes(pickle.dumps({"a": 1}))
    result = run("push", "churn", tmp_path / "old.pkl")
    assert (result.code, result.out) == (1, "")
    assert f"`holotype convert {tmp_path / 'old.pkl'} old.holo`" in result.err


def test_a_damaged_archive_is_not_pushed(run: Run, store: Path, tmp_path: Path) -> None:
    data = bytearray(dumped(tmp_path / "a.holo").read_bytes())
    data[len(data) // 2] ^= 1
    (tmp_path / "a.holo").write_bytes(data)
    result = run("push", "churn", tmp_path / "a.holo")
    assert result.code == 1
    assert "convert" not in result.err
    assert read(run("list", "--json"))["models"] == []


def test_a_name_that_is_none_and_a_file_that_is_not_there(run: Run, store: Path) -> None:
    assert "is no name of a model" in run("push", "a b", "none.holo").err
    assert "is no tag" in run("push", "churn", "none.holo", "--tag", "1.0").err
    missing = run("push", "churn", "none.holo")
    assert (missing.code, missing.out) == (2, "")
    assert "none.holo: No such file or directory" in missing.err


# -------------------------------------------------------------------------------------------- pull


@pytest.mark.parametrize(
    ("spec", "file"),
    [
        ("churn", "b"),
        ("churn@latest", "b"),
        ("churn@production", "b"),
        ("churn@1.0.0", "a"),
        ("team/risk@2.0.0-rc.1", "c"),
    ],
)
def test_what_is_pulled_is_byte_by_byte_what_was_pushed(
    spec: str, file: str, run: Run, churn: Path, tmp_path: Path
) -> None:
    said = read(run("pull", spec, tmp_path / "out.holo", "--json"))
    pushed = (tmp_path / f"{file}.holo").read_bytes()
    assert (tmp_path / "out.holo").read_bytes() == pushed
    assert (said["file"], said["size"]) == (str(tmp_path / "out.holo"), len(pushed))
    identity = run("pull", said["id"], tmp_path / "same.holo")
    assert f"({len(pushed) / 1000:.1f} kB)" in identity.out
    assert (tmp_path / "same.holo").read_bytes() == pushed


def test_a_file_is_named_by_its_version(
    run: Run, churn: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "here").mkdir()
    monkeypatch.chdir(tmp_path / "here")
    assert read(run("pull", "churn", "--json"))["file"] == "churn-1.0.1.holo"
    read(run("pull", "team/risk", tmp_path / "here", "--json"))
    found = sorted(path.name for path in (tmp_path / "here").iterdir())
    assert found == ["churn-1.0.1.holo", "risk-2.0.0-rc.1.holo"]


def test_a_file_that_is_there_stays(run: Run, churn: Path, tmp_path: Path) -> None:
    (tmp_path / "out.holo").write_text("mine")
    result = run("pull", "churn", tmp_path / "out.holo")
    assert (result.code, result.out) == (2, "")
    assert "out.holo: is there already; --force replaces it" in result.err
    assert (tmp_path / "out.holo").read_text() == "mine"
    assert run("pull", "churn", tmp_path / "out.holo", "--force").code == 0
    assert (tmp_path / "out.holo").read_bytes() == (tmp_path / "b.holo").read_bytes()


@pytest.mark.parametrize(
    ("spec", "said"),
    [
        ("churm", "there is churn"),
        ("churn@1.0.7", "it has 1.0.0, 1.0.1"),
        ("churn@staging", "its tags: production"),
        ("sha256:" + "0" * 64, "no version has the id"),
        ("churn@\x1b[2J", "is no tag"),
    ],
)
def test_what_is_not_there_exits_with_2_and_says_what_is(
    spec: str, said: str, run: Run, churn: Path, tmp_path: Path
) -> None:
    result = run("pull", spec, tmp_path / "out.holo")
    assert (result.code, result.out) == (2, "")
    assert said in result.err
    assert "\x1b" not in result.err
    assert not (tmp_path / "out.holo").exists()


def test_a_pull_from_a_damaged_store_exits_with_1_and_writes_nothing(
    run: Run, churn: Path, tmp_path: Path
) -> None:
    for pack in churn.glob("packs/*/*"):
        data = bytearray(pack.read_bytes())
        data[len(data) // 2] ^= 1
        pack.chmod(0o600)
        pack.write_bytes(data)
    result = run("pull", "churn", tmp_path / "out.holo")
    assert (result.code, result.out) == (1, "")
    assert not (tmp_path / "out.holo").exists()


# ----------------------------------------------------------------------------------- list and log


def test_the_list_is_what_the_store_says(run: Run, churn: Path) -> None:
    said = read(run("list", "--json"))
    usage, entries = holotype.Store(churn).usage(), holotype.Store(churn).list()
    assert [said[key] for key in ("store", "versions", "stored", "size")] == [
        str(churn),
        3,
        usage.stored,
        usage.size,
    ]
    assert said["size"] > said["stored"] > 0
    assert [model["name"] for model in said["models"]] == ["churn", "team/risk"]
    assert said["models"][0] == {
        "name": "churn",
        "versions": 2,
        "latest": "1.0.1",
        "pushed": entries[0].latest.pushed.isoformat(),
        "added": entries[0].added,
        "size": entries[0].size,
        "tags": {"production": "1.0.1"},
    }


def test_the_list_in_a_pipe_has_all_columns_and_no_bars(run: Run, churn: Path) -> None:
    lines = run("list").out.splitlines()
    assert lines[0] == str(churn)
    heads = [column.strip() for column in re.split("  +", lines[1])]
    assert heads[:4] == ["model", "versions", "latest", "pushed"]
    assert heads[4:] == ["stored", "full copies", "less", "tags"]
    assert lines[2].startswith("churn")
    assert lines[2].endswith("production 1.0.1")
    assert lines[-1].startswith("2 models, 3 versions: ")
    assert not set("░█▏#") & set("".join(lines))


def test_an_empty_store_says_how_to_begin(run: Run, store: Path) -> None:
    assert "holotype push" in run("list").out
    assert read(run("list", "--json"))["models"] == []


def test_the_log_shows_the_latest_first(run: Run, churn: Path) -> None:
    said = read(run("log", "churn", "--json"))
    assert (said["store"], said["name"]) == (str(churn), "churn")
    second, first = said["versions"]
    assert (first["version"], first["tags"], first["message"]) == ("1.0.0", [], None)
    assert (second["version"], second["tags"], second["message"]) == (
        "1.0.1",
        ["production"],
        LINES,
    )
    lines = run("log", "churn").out.splitlines()
    assert lines[0].startswith("churn  2 versions: ")
    assert lines[1].split()[0] == "1.0.1"
    assert lines[1].endswith("from 1.0.0")
    assert "production" in lines[1]
    assert lines[2] == "    Trained on October."
    assert lines[4:-1] == [f"    · {reason}" for reason in second["reasons"]] != []
    assert lines[-1].split()[0] == "1.0.0"


def test_a_message_cannot_steer_the_terminal(run: Run, churn: Path) -> None:
    assert run("log", "churn").out.splitlines()[3] == "    \\x1b[2JNothing to see."


def test_a_record_from_elsewhere_cannot_steer_the_terminal(run: Run, churn: Path) -> None:
    record = churn / "versions" / "churn" / "1.0.1.json"
    said = msgspec.json.decode(record.read_bytes())
    said |= {"parent": "\x1b]0;x\x07", "level": "\x9b2J", "reasons": ["[red]\u202eabc"]}
    record.chmod(0o600)
    record.write_bytes(msgspec.json.encode(said))
    shown = run("log", "churn").out + run("list").out
    assert "from \\x1b]0;x\\x07" in shown
    assert "· [red]\\u202eabc" in shown
    assert not {"\x1b", "\x07", "\x9b", "\u202e"} & set(shown)


# --------------------------------------------------------------------------------- tag and remove


def test_a_tag_moves_and_goes(run: Run, churn: Path) -> None:
    moved = read(run("tag", "churn@1.0.0", "production", "--json"))
    assert moved == {
        "store": str(churn),
        "name": "churn",
        "tag": "production",
        "version": "1.0.0",
    }
    assert holotype.Store(churn).find("churn@production").version == "1.0.0"
    assert "churn@checked is 1.0.0" in run("tag", "churn@production", "checked").out
    assert "taken away from 1.0.0" in run("tag", "--delete", "churn", "production").out
    again = run("tag", "--delete", "churn", "production")
    assert (again.code, again.out) == (2, "")
    assert "its tags: checked" in again.err
    assert read(run("tag", "-d", "churn", "checked", "--json"))["version"] is None


@pytest.mark.parametrize("tag", ["latest", "1.0", "a b"])
def test_what_is_no_tag_is_refused(tag: str, run: Run, churn: Path) -> None:
    assert run("tag", "churn", tag).code == 2


def test_a_removed_version_stays_in_the_log_with_the_reason(run: Run, churn: Path) -> None:
    held = run("remove", "churn@1.0.1")
    assert held.code == 1
    assert "has the tag production" in held.err
    gone = read(run("remove", "churn@1.0.0", "--why", "Wrong month.", "--json"))
    assert (gone["version"], gone["why_removed"]) == ("1.0.0", "Wrong month.")
    assert [v["version"] for v in read(run("log", "churn", "--json"))["versions"]] == ["1.0.1"]
    with_it = read(run("log", "churn", "--removed", "--json"))["versions"]
    assert [v["why_removed"] for v in with_it] == [None, "Wrong month."]
    assert ": Wrong month." in run("log", "churn", "--removed").out
    assert "was removed" in run("pull", "churn@1.0.0").err
    assert "`holotype gc` frees" in run("remove", "team/risk@latest").out


def test_removing_needs_to_know_which_version(run: Run, churn: Path) -> None:
    result = run("remove", "churn")
    assert result.code == 2
    assert "churn@1.4.0" in result.err
    assert read(run("list", "--json"))["versions"] == 3
