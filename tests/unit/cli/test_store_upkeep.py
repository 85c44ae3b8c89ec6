"""``holotype gc``, ``scrub``, ``copy``, ``compress``, and versions where a file is asked for."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from tests.unit.cli.conftest import Result, Run

import holotype


@pytest.fixture
def store(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> holotype.Store:
    """A store with two versions of a model, which is the default one; their archives are by."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "store"))
    store = holotype.Store()
    for number in range(2):
        random = np.random.default_rng(number)
        holotype.dump({"own": random.normal(size=30_000)}, f"{number}.holo")
        store.push("churn", f"{number}.holo", tags=[f"t{number}"])
    return store


def read(result: Result) -> Any:
    assert (result.code, result.err) == (0, "")
    return json.loads(result.out)


# ---------------------------------------------------------------------------------------------- gc


def test_what_no_version_needs_is_deleted_and_first_only_told(
    run: Run, store: holotype.Store
) -> None:
    whole = store.usage().stored
    store.untag("churn", "t0")
    store.remove("churn@1.0.0")
    would = read(run("gc", "--dry-run", "--json"))
    assert "would be freed: 1 pack would be deleted" in run("gc", "-n").out
    assert (would["store"], would["dry_run"], would["packs"]) == (store.url, True, 1)
    assert store.usage().stored == whole
    did = read(run("gc", "--json"))
    assert {**did, "dry_run": True, "freed": would["freed"]} == would
    assert did["freed"] == whole - store.usage().stored
    assert abs(did["freed"] - would["freed"]) < 1000 < 200_000 < did["freed"]
    assert "0 B freed: 0 packs deleted" in run("gc").out
    assert run("pull", "churn", "again.holo").code == 0
    assert Path("again.holo").read_bytes() == Path("1.holo").read_bytes()


# ------------------------------------------------------------------------------------------- scrub


def test_damage_is_found_told_and_mended(run: Run, store: holotype.Store) -> None:
    sound = read(run("scrub", "--deep", "--json"))
    assert (sound["sound"], sound["store"], sound["damaged"]) == (True, store.url, [])
    assert (sound["deep"], sound["versions"], sound["bytes"]) == (True, 2, store.usage().stored)
    assert run("scrub").out.startswith(f"✓ {store.url}\n  2 packs of ")
    store.copy("backup")

    pack = max(Path("store").glob("packs/*/*"), key=lambda path: path.stat().st_size)
    data = bytearray(pack.read_bytes())
    data[len(data) // 2] ^= 1
    pack.chmod(0o600)
    pack.write_bytes(data)
    result = run("scrub", "--restart", "--report", "report.json")
    assert (result.code, result.err) == (1, "")
    assert result.out.startswith(f"✗ {store.url}\n")
    assert f"✗ damaged packs/{pack.parent.name}/{pack.name}: " in result.out
    assert "needed by churn@1.0." in result.out
    assert "--from URL" in result.out
    assert json.loads(Path("report.json").read_text())["damaged"][0]["repaired"] is False

    mended = read(run("scrub", "--from", "backup", "--json"))
    assert mended["sound"] is True
    assert [each["repaired"] for each in mended["damaged"]] == [True]
    assert read(run("scrub", "--json"))["damaged"] == []


# -------------------------------------------------------------------------------------------- copy


def test_only_what_is_missing_is_copied(run: Run, store: holotype.Store) -> None:
    other = holotype.Store("backup")
    said = read(run("copy", "churn@t0", "--to", "backup", "--json"))
    assert (said["store"], said["to"]) == (store.url, other.url)
    assert [version["version"] for version in said["versions"]] == ["1.0.0"]
    assert (said["known"], said["tags"], said["added"] > 200_000) == ([], [], True)
    printed = run("copy", "churn", "--tags", "--to", "backup").out
    assert "✓ churn@1.0.1" in printed
    assert "1 copied, 1 there already" in printed
    assert "tags set: churn@t0, churn@t1" in printed
    again = read(run("copy", "--all", "--to", "backup", "--json"))
    assert (again["versions"], again["known"]) == ([], ["churn@1.0.0", "churn@1.0.1"])
    assert [str(version) for version in other.log()] == ["churn@1.0.0", "churn@1.0.1"]


def test_another_archive_of_the_same_number_stops_a_copy(run: Run, store: holotype.Store) -> None:
    other = holotype.Store("backup")
    other.push("churn", [1])
    result = run("copy", "churn", "--to", "backup")
    assert (result.code, result.out) == (1, "")
    assert "has another churn@1.0.0" in result.err
    assert len(other.log()) == 1


@pytest.mark.parametrize("arguments", [[], ["churn", "--all"]])
def test_a_copy_needs_to_know_what(arguments: list[str], run: Run, store: holotype.Store) -> None:
    holotype.Store("backup")
    assert run("copy", *arguments, "--to", "backup").code == 2


def test_a_copy_makes_no_store(run: Run, store: holotype.Store) -> None:
    result = run("copy", "churn", "--to", "backup")
    assert result.code == 2
    assert "`holotype init backup` makes one" in result.err
    assert not Path("backup").exists()


# ---------------------------------------------------------------------------------------- compress


def test_an_archive_is_made_small_and_comes_back(run: Run, tmp_path: Path) -> None:
    plain, small, back = (tmp_path / name for name in ("m.holo", "m.z.holo", "back.holo"))
    holotype.dump({"a": np.arange(1e5)}, plain)
    said = read(run("compress", plain, small, "--json"))
    assert said == {
        "source": str(plain),
        "target": str(small),
        "id": holotype.show(plain).id,
        "size": plain.stat().st_size,
        "compressed": small.stat().st_size,
    }
    assert small.stat().st_size < plain.stat().st_size / 10
    assert run("verify", small).code == 0
    assert f"{small} → {back}: " in run("compress", "-d", small, back).out
    assert back.read_bytes() == plain.read_bytes()


def test_a_compressed_archive_is_named_by_the_archive(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    holotype.dump([1], "m.holo")
    assert read(run("compress", "m.holo", "--level", "small", "--json"))["target"] == "m.z.holo"
    there = run("compress", "m.holo")
    assert (there.code, "m.z.holo: is there already" in there.err) == (2, True)
    assert run("compress", "m.holo", "--force").code == 0
    assert "m.holo: is there already" in run("compress", "-d", "m.z.holo").err
    Path("m.holo").unlink()
    assert read(run("compress", "-d", "m.z.holo", "--json"))["target"] == "m.holo"
    assert holotype.load("m.holo") == [1]


def test_what_is_no_compressed_archive_is_not_decompressed(run: Run, tmp_path: Path) -> None:
    holotype.dump([1], tmp_path / "m.holo")
    result = run("compress", "-d", tmp_path / "m.holo", tmp_path / "out.holo")
    assert (result.code, result.out) == (1, "")
    assert not (tmp_path / "out.holo").exists()


# ------------------------------------------------------------------- versions in place of archives


@pytest.mark.parametrize(
    "command",
    [
        *(["show"], ["show", "--json"], ["card"], ["bom"], ["fingerprint"]),
        *(["verify"], ["verify", "--json"], ["doctor"]),
    ],
)
def test_a_version_serves_like_its_file(
    command: list[str], run: Run, store: holotype.Store
) -> None:
    if command == ["bom"]:
        pytest.importorskip("cyclonedx", reason="bills of materials need it")
    of_version, of_file = run(*command, "churn@t0"), run(*command, "0.holo")
    assert of_version.code == 0
    pairs = zip(of_version.out.splitlines(), of_file.out.splitlines(), strict=True)
    others = [theirs for ours, theirs in pairs if ours != theirs]
    # Only the name of the file is another.
    assert len(others) <= 2
    assert all("0" in line for line in others)


def test_a_version_is_loaded_and_found_by_its_id(run: Run, store: holotype.Store) -> None:
    assert read(run("load", "churn@1.0.0", "--json"))["rung"] == "native"
    identity = store.find("churn@1.0.0").id
    assert read(run("show", identity, "--json"))["id"] == identity


def test_a_version_is_pushed_under_another_name_for_a_record(
    run: Run, store: holotype.Store
) -> None:
    said = read(run("push", "other", "churn@1.0.1", "--json"))
    assert (said["name"], said["version"], said["added"]) == ("other", "1.0.0", 0)
    assert said["new"] is True
    assert said["id"] == store.find("churn@1.0.1").id


def test_a_file_comes_before_a_version(run: Run, store: holotype.Store) -> None:
    holotype.dump([1], "churn@1.0.0")
    assert run("fingerprint", "churn@1.0.0").out.startswith(holotype.fingerprint([1]))


@pytest.mark.parametrize("command", ["show", "verify", "doctor", "card"])
def test_a_version_that_is_not_there_exits_with_2(
    command: str, run: Run, store: holotype.Store
) -> None:
    result = run(command, "churn@9.9.9")
    assert (result.code, result.out) == (2, "")
    assert "churn has no version 9.9.9; it has 1.0.0, 1.0.1" in result.err


def test_without_a_store_it_is_a_file_that_is_missing(
    run: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "none"))
    assert "churn@1.0.0: No such file or directory" in run("show", "churn@1.0.0").err
