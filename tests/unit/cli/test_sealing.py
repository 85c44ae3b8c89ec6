"""``keygen``, ``seal`` and ``verify --policy``: what they print, and their exit codes."""

from __future__ import annotations

import json
import zipfile
from pathlib import Path
from typing import Any

import pytest
import typer
from tests.unit.cli.conftest import Run

pytest.importorskip("cryptography", reason="keys need cryptography")

import holotype


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, as the working directory, and a passphrase."""
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOLOTYPE_PASSPHRASE", "correct horse")
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))
    holotype.dump({"a": 1}, tmp_path / "m.holo")
    return tmp_path


def test_a_key_is_made_and_what_it_prints_is_a_policy(here: Path, run: Run) -> None:
    result = run("keygen", "release.key")
    assert result.code == 0
    id_, *rest = result.out.splitlines()
    assert rest[0].startswith("  private  release.key")
    assert rest[1].startswith("  public   release.key.pub")
    (here / "policy.toml").write_text(
        "\n".join(line[11:] for line in rest[2:]) + "\n[seals]\nrequired = true\n"
    )
    (here / "policy.toml").chmod(0o600)
    assert run("seal", "m.holo", "--key", "release.key").code == 0
    result = run("verify", "m.holo", "--policy", "policy.toml", "--json")
    assert result.code == 0
    (row,) = json.loads(result.out)
    (seal,) = row["seals"]
    assert seal["key"] == id_
    assert (seal["signer"], seal["trusted"], seal["problem"]) == ("NAME", True, None)


def test_keys_in_json(here: Path, run: Run) -> None:
    said = json.loads(run("keygen", "k", "--algorithm", "ecdsa-p256", "--json").out)
    assert said["algorithm"] == "ecdsa-p256"
    assert (said["private"], said["public"]) == ("k", "k.pub")
    assert said["pem"] == (here / "k.pub").read_text()
    result = run("keygen", "k")
    assert (result.code, result.out) == (1, "")
    assert "no key is written over" in result.err


def test_a_passphrase_is_asked_for_twice_and_used_once(
    here: Path, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLOTYPE_PASSPHRASE")
    asked: list[tuple[Any, ...]] = []

    def prompt(words: str, **how: Any) -> str:
        asked.append((words, how.get("hide_input"), how.get("confirmation_prompt")))
        return "spoken"

    monkeypatch.setattr(typer, "prompt", prompt)
    assert run("keygen", "k").code == 0
    assert run("seal", "m.holo", "--key", "k").code == 0
    assert asked == [("Passphrase", True, True), ("Passphrase of k", True, None)]
    assert run("keygen", "open", "--unlocked").code == 0
    assert run("seal", "m.holo", "--key", "open").code == 0
    assert len(asked) == 2


def test_archives_are_sealed_by_name(here: Path, run: Run) -> None:
    made = json.loads(run("keygen", "k", "--json").out)
    holotype.dump([2], here / "other.holo")
    before = holotype.show(here / "m.holo").id
    said = ("--key", "k", "--name", "churn", "--version", "1.4.0")
    rows = json.loads(run("seal", "m.holo", "other.holo", *said, "--json").out)
    assert [row["file"] for row in rows] == ["m.holo", "other.holo"]
    assert rows[0]["id"] == holotype.show(here / "m.holo").id == before
    assert rows[0]["key"] == made["id"]
    assert rows[0]["size"] == (here / "m.holo").stat().st_size
    assert (rows[0]["name"], rows[0]["version"]) == ("churn", "1.4.0")
    result = run("seal", "m.holo", "--key", "k")
    assert before in result.out
    assert made["id"] in result.out


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--key", "k.pub"), 0, "trusted"),
        (("--key", "k.pub", "--name", "churn"), 0, "trusted"),
        (("--key", "k.pub", "--name", "churn", "--version", "1"), 0, "trusted"),
        (("--key", "k.pub", "--name", "fraud"), 1, "fraud was asked for"),
        (("--key", "k.pub", "--name", "churn", "--version", "2"), 1, "churn@2 was asked for"),
        (("--key", "other.pub"), 1, "no signer of the policy"),
        (("--key", "other.pub", "--key", "k.pub"), 0, "trusted"),
        (("--name", "churn"), 1, "no signer of the policy"),
        ((), 0, "signature right, signer unknown"),
    ],
)
def test_verify_holds_seals_against_what_is_asked(
    asked: tuple[str, ...], code: int, said: str, here: Path, run: Run
) -> None:
    run("keygen", "k")
    run("keygen", "other")
    run("seal", "m.holo", "--key", "k", "--name", "churn", "--version", "1")
    result = run("verify", "m.holo", *asked)
    assert result.code == code
    assert said in result.out
    result = run("verify", "m.holo", "--key", holotype.verify("m.holo").seals[0].seal.key)
    assert result.code == 0


@pytest.mark.parametrize(
    ("asked", "code", "said"),
    [
        (("--key", "k.pub"), 0, "native"),
        (("--key", "k.pub", "--name", "churn", "--version", "1"), 0, "native"),
        (("--policy", "policy.toml"), 0, "native"),
        (("--policy", "policy.toml", "--name", "churn"), 0, "native"),
        (("--policy", "policy.toml", "--name", "fraud"), 1, "fraud was asked for"),
        (("--key", "k.pub", "--name", "churn", "--version", "2"), 1, "churn@2 was asked for"),
        (("--key", "other.pub"), 1, "no signer of the policy"),
        (("--key", "other.pub", "--key", "k.pub"), 0, "native"),
        (("--name", "churn"), 1, "no signer of the policy"),
        (("--key", "none.pub"), 2, "No such file"),
        (("--policy", "none.toml"), 2, "No such file"),
        (("--policy", "k.pub"), 1, "k.pub"),
        ((), 0, "native"),
    ],
)
def test_load_opens_what_is_sealed_as_it_is_asked_for(
    asked: tuple[str, ...], code: int, said: str, here: Path, run: Run
) -> None:
    made = json.loads(run("keygen", "k", "--json").out)
    run("keygen", "other")
    (here / "policy.toml").write_text(
        f'[signers.me]\nkeys = ["{made["id"]}"]\n[seals]\nrequired = true\n'
    )
    (here / "policy.toml").chmod(0o600)
    bare = run("load", "m.holo", *asked)
    assert bare.code == (code or (1 if asked else 0))
    run("seal", "m.holo", "--key", "k", "--name", "churn", "--version", "1")
    result = run("load", "m.holo", *asked)
    assert result.code == code
    assert said in result.out + result.err
    assert (result.out == "") == bool(code)
    told = run("load", "m.holo", *asked, "--json")
    assert told.code == code
    assert code or json.loads(told.out)["rung"] == "native"


def test_an_archive_without_seals_fails_where_one_is_asked_for(here: Path, run: Run) -> None:
    run("keygen", "k")
    result = run("verify", "m.holo", "--key", "k.pub", "--json")
    assert result.code == 1
    (row,) = json.loads(result.out)
    assert (row["error_type"], row["seals"]) == ("NotSealedError", [])
    assert row["checks"][-1] == {"name": "seals", "ok": False, "detail": row["error"]}


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("seal", "m.holo"), "--key"),
        (("seal", "m.holo", "--key", "k", "--signature", "x"), "--signature goes with --oms"),
        (("seal", "m.holo", "--key", "k", "--oms", "--name", "x"), "no --name"),
        (("verify", "m.holo", "--signature", "x"), "--signature goes with --oms"),
        (("verify", "m.holo", "--oms"), "one public key"),
        (("verify", "m.holo", "--oms", "--key", "sha256:" + "0" * 64), "one public key"),
        (("verify", "m.holo", "--oms", "--key", "k", "--certificate", "c"), "one public key"),
        (("verify", "m.holo", "--oms", "--identity", "ann"), "go together"),
        (("verify", "m.holo", "--identity", "ann", "--issuer", "x"), "go with --oms"),
        (("verify", "m.holo", "--certificate", "c"), "go with --oms"),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: tuple[str, ...], problem: str, here: Path, run: Run
) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert problem in " ".join(result.err.replace("│", " ").split())


def test_files_that_are_not_there_exit_with_2(here: Path, run: Run) -> None:
    run("keygen", "k")
    for arguments in (
        ("seal", "m.holo", "--key", "none.key"),
        ("seal", "none.holo", "--key", "k"),
        ("verify", "m.holo", "--key", "none.pub"),
        ("verify", "m.holo", "--policy", "none.toml"),
        ("verify", "m.holo", "--oms", "--key", "k.pub"),
    ):
        result = run(*arguments)
        assert result.code == 2, arguments
        assert "No such file or directory" in result.err


def test_a_damaged_archive_is_not_sealed(here: Path, run: Run) -> None:
    run("keygen", "k")
    (here / "m.holo").write_bytes(b"damaged")
    result = run("seal", "m.holo", "--key", "k")
    assert (result.code, result.out) == (1, "")
    assert "SPEC 2.1" in result.err


def test_compressed_archives_are_sealed_and_stay_so(here: Path, run: Run) -> None:
    pytest.importorskip("zstandard", reason="compressed archives need holotype[store]")
    run("keygen", "k")
    assert run("compress", "m.holo", "c.holo").code == 0
    result = run("seal", "c.holo", "--key", "k", "--name", "churn", "--json")
    assert result.code == 0
    (row,) = json.loads(result.out)
    assert row["size"] == (here / "c.holo").stat().st_size
    assert (here / "c.holo").read_bytes().startswith(b"holopack")
    assert "sealed      as churn on" in run("show", "c.holo").out
    assert run("compress", "--decompress", "c.holo", "d.holo").code == 0
    for file in ("c.holo", "d.holo"):
        assert run("verify", file, "--key", "k.pub", "--name", "churn").code == 0
        assert run("load", file, "--key", "k.pub", "--name", "churn").code == 0
        assert run("verify", file, "--key", "k.pub", "--name", "fraud").code == 1


def test_signatures_for_other_tools(here: Path, run: Run) -> None:
    run("keygen", "k", "--algorithm", "ecdsa-p256")
    run("keygen", "other", "--algorithm", "ecdsa-p256")
    with zipfile.ZipFile("m.holo") as file:
        file.extractall("folder")
    result = run("seal", "m.holo", "folder", "--key", "k", "--oms", "--json")
    assert result.code == 0
    rows = json.loads(result.out)
    assert [Path(row["signature"]).name for row in rows] == ["m.holo.sig", "folder.sig"]
    result = run("verify", "m.holo", "folder", "--oms", "--key", "k.pub")
    assert result.code == 0
    assert result.out.count("✓ signature") == 2
    result = run("verify", "m.holo", "--oms", "--key", "other.pub", "--json")
    assert result.code == 1
    assert json.loads(result.out)[0]["error_type"] == "BundleError"
    result = run("seal", "m.holo", "--key", "k", "--oms", "--signature", "elsewhere.sig")
    assert "elsewhere.sig" in result.out
    checked = ("--oms", "--key", "k.pub", "--signature", "elsewhere.sig")
    assert run("verify", "m.holo", *checked).code == 0


def test_an_unpacked_archive_is_verified(here: Path, run: Run) -> None:
    with zipfile.ZipFile("m.holo") as file:
        file.extractall("folder")
    assert run("verify", "folder").code == 0
    (here / "folder" / "blueprint.json").write_text("{}")
    result = run("verify", "folder")
    assert result.code == 1
    assert "✗" in result.out


def test_seals_cannot_steer_a_terminal(here: Path, run: Run) -> None:
    run("keygen", "k")
    result = run("seal", "m.holo", "--key", "k", "--name", "\x1b[2Jchurn")
    assert result.code == 2
    assert "printable" in result.err
