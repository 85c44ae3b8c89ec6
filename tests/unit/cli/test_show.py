"""``holotype show``: what a person sees, what a program reads, and that hostile text is tame."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from attacks.forge import array, blueprint, reseal
from attacks.make import ATTACKS
from attacks.seals import envelope, named, statement, with_members
from tests import fresh
from tests.unit.cli.conftest import Run

import holotype
from holotype.digest import canonical_json

WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    """An archive of a plain model with everything that a manifest may say."""
    model = {"weights": np.arange(6.0).reshape(2, 3), "names": ["a", "b"], "rate": 0.5}
    target = tmp_path / "m.holo"
    holotype.dump(model, target, created=WHEN, author="Ada", metadata={"for": "churn"})
    return target


def test_a_person_sees_what_the_model_is_and_where_it_comes_from(run: Run, path: Path) -> None:
    result = run("show", path)
    assert (result.code, result.err) == (0, "")
    archive = holotype.show(path)
    for expected in (
        "m.holo",
        "builtins.dict (other)",
        archive.id,
        archive.fingerprint,
        "1 with 6 elements, 48 B",
        "2026-01-02T03:04:05Z by Ada",
        f"numpy {np.__version__}",
        '{"for":"churn"}',
        "rate=0.5",
        "float64 array 2 × 3",
    ):
        assert expected in result.out


def test_arrays_are_listed_where_that_is_asked_for(run: Run, path: Path) -> None:
    (info,) = holotype.show(path).arrays
    short = info.digest.partition(":")[2][:12]
    assert short not in run("show", path).out
    result = run("show", path, "--arrays")
    (row,) = [line for line in result.out.splitlines() if short in line]
    assert row.split() == [info.name, "float64", "2", "×", "3", "48", "B", short]


def test_structured_dtypes_are_named_shortly(run: Run, tmp_path: Path) -> None:
    rows = np.zeros(3, [("left", "<i8"), ("right", "<i8"), ("threshold", "<f8")])
    holotype.dump([rows], tmp_path / "m.holo")
    assert "structured" in run("show", tmp_path / "m.holo", "--arrays").out


def test_a_program_reads_json_and_nothing_else(run: Run, path: Path) -> None:
    result = run("show", path, "--json")
    assert (result.code, result.err) == (0, "")
    said = json.loads(result.out)
    archive = holotype.show(path)
    assert said["id"] == archive.id
    assert said["fingerprint"] == archive.fingerprint
    assert said["size"] == path.stat().st_size
    assert said["manifest"]["metadata"] == {"for": "churn"}
    assert said["manifest"]["author"] == "Ada"
    (listed,) = said["arrays"]
    (info,) = archive.arrays
    assert listed == {
        "name": info.name,
        "path": info.path,
        "dtype": "float64",
        "shape": [2, 3],
        "order": "C",
        "size": 48,
        "digest": info.digest,
    }


def test_json_is_ascii_whatever_is_in_the_file(run: Run, tmp_path: Path) -> None:
    holotype.dump([1], tmp_path / "m.holo", author="ä\x1b\u202e\U0001f600")
    result = run("show", tmp_path / "m.holo", "--json")
    assert result.out.isascii()
    assert "\x1b" not in result.out
    assert json.loads(result.out)["manifest"]["author"] == "ä\x1b\u202e\U0001f600"


def test_depth_limits_the_drawing(run: Run, tmp_path: Path) -> None:
    holotype.dump({"a": {"b": {"c": {"deep": "treasure"}}}}, tmp_path / "m.holo")
    assert "treasure" in run("show", tmp_path / "m.holo").out
    assert "treasure" not in run("show", tmp_path / "m.holo", "--depth", "2").out


EVIL = "\x1b[2J\x1b]0;title\x07\r\x9b31m\u202e\x00\n[red]markup[/red]"


def test_hostile_text_is_shown_and_does_nothing(run: Run, tmp_path: Path) -> None:
    values = np.arange(3.0)
    state = {EVIL: EVIL, "array": array(EVIL, values), "list": {"list": [EVIL]}}
    root = {"object": f"evil.{EVIL}", "state": state}
    manifest = {
        "author": EVIL,
        "tool": EVIL,
        "metadata": {EVIL: EVIL},
        "libraries": {EVIL: EVIL},
        "model": {"type": EVIL, "kind": EVIL, "arrays": 1, "parameters": 3, "bytes": 24},
    }
    data = reseal(blueprint(root), {EVIL: values}, manifest=manifest)
    (tmp_path / "m.holo").write_bytes(data)
    result = run("show", tmp_path / "m.holo", "--arrays")
    assert result.code == 0
    assert all(c.isprintable() or c == "\n" for c in result.out)
    assert "\\x1b[2J" in result.out
    assert "[red]markup[/red]" in result.out


SAID_SEALED = "these seals were not held against a policy"


def policy(public: Path, name: str) -> Path:
    """A policy with one signer."""
    path = public.with_name("policy.toml")
    path.write_text(
        f"[signers.{json.dumps(name)}]\n"
        f'keys = [{{ key = """{public.read_text()}""", expires = 2030-01-01 }}]\n'
    )
    path.chmod(0o600)
    return path


def test_seals_are_listed_and_not_judged(
    run: Run, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography", reason="keys need cryptography")
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))
    assert "not sealed" in run("show", path).out
    assert json.loads(run("show", path, "--json").out)["seals"] == []
    key = holotype.keygen(tmp_path / "k", unlocked=True)
    when = datetime(2026, 6, 1, 12, tzinfo=UTC)
    holotype.seal(path, tmp_path / "k", name="churn", version="1.4.0", created=when)
    result = run("show", path)
    said = "as churn@1.4.0 on 2026-06-01 12:00:00 UTC by a key that your policy does not know"
    assert said in result.out
    assert f"{key.id} (ed25519): signature right" in result.out
    assert SAID_SEALED in result.out
    assert "not sealed" not in result.out
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(policy(tmp_path / "k.pub", "release")))
    result = run("show", path)
    assert "12:00:00 UTC by release\n" in result.out
    assert "(ed25519, trusted until 2030-01-01): signature right" in result.out
    (row,) = json.loads(run("show", path, "--json").out)["seals"]
    assert row.pop("seal").startswith("seals/")
    assert row == {
        "key": key.id,
        "algorithm": "ed25519",
        "signer": "release",
        "name": "churn",
        "version": "1.4.0",
        "created": "2026-06-01T12:00:00Z",
        "expires": "2030-01-01T00:00:00+00:00",
        "signature_right": True,
        "trusted": None,
        "problem": None,
    }


def test_seals_of_a_version_in_a_store_are_listed(
    run: Run, path: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    pytest.importorskip("cryptography", reason="keys need cryptography")
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))
    monkeypatch.setenv("HOLOTYPE_STORE", str(tmp_path / "store"))
    holotype.keygen(tmp_path / "k", unlocked=True)
    store = holotype.Store()
    store.push("churn", path)
    assert "not sealed" in run("show", "churn@1.0.0").out
    store.seal("churn", tmp_path / "k")
    assert "sealed      as churn@1.0.0 on" in run("show", "churn@1.0.0").out
    (kept,) = (tmp_path / "store" / "seals").rglob("*.json")
    kept.with_name("0" * 64 + ".json").write_bytes(b"\x1b[2J")
    result = run("show", "churn@1.0.0")
    assert result.code == 0
    assert "sealed      as churn@1.0.0 on" in result.out
    assert "is no envelope" in result.out
    assert "\x1b" not in result.out


def test_hostile_seals_are_shown_and_do_nothing(run: Run, tmp_path: Path) -> None:
    spoilt = [
        b"",
        b"\x1b[2J\x9b31m",
        json.dumps({EVIL: EVIL}).encode(),
        canonical_json(envelope(b"\x1b" * 1000)),
        canonical_json(envelope(canonical_json(statement() | {EVIL * 5000: EVIL}))),
        b"[" * 100_000,
        b"\xff" * (4 << 20),
    ]
    for field in ("name", "version", "created"):
        said = statement()
        said["predicate"][field] = EVIL
        spoilt.append(canonical_json(envelope(canonical_json(said))))
    long = statement()
    long["predicate"]["name"] = "\u0915\u0300" * 127  # letters that stand upon each other
    spoilt.append(canonical_json(envelope(canonical_json(long))))
    (tmp_path / "m.holo").write_bytes(with_members(sorted(map(named, spoilt))))
    result = run("show", tmp_path / "m.holo")
    assert (result.code, result.err) == (0, "")
    assert all(c.isprintable() or c == "\n" for c in result.out)
    assert result.out.count("✗") == len(spoilt)
    assert max(map(len, result.out.splitlines())) < 500
    assert SAID_SEALED in result.out
    told = run("show", tmp_path / "m.holo", "--json")
    assert told.code == 0
    assert told.out.isascii()
    assert all(row["problem"] for row in json.loads(told.out)["seals"])


def test_a_hostile_file_name_does_nothing(run: Run, tmp_path: Path) -> None:
    path = tmp_path / "evil\x1b[2J.holo"
    holotype.dump([1], path)
    for result in (run("show", path), run("verify", path), run("fingerprint", path)):
        assert result.code == 0
        assert "\x1b" not in result.out + result.err
    path.write_bytes(b"nonsense")
    for result in (run("show", path), run("verify", path)):
        assert result.code == 1
        assert "\x1b" not in result.out + result.err


@pytest.mark.parametrize(
    "name",
    ["objects-key-with-escape-sequences", "objects-os-system", "bombs-billion-laughs"],
)
def test_a_hostile_archive_can_be_looked_at(name: str, run: Run, tmp_path: Path) -> None:
    path = tmp_path / ATTACKS[name].file
    path.write_bytes(ATTACKS[name].make())
    result = run("show", path)
    assert result.code == 0
    assert all(c.isprintable() or c == "\n" for c in result.out)


def wide(number: int) -> Any:
    return {"object": "other.Model", "state": {f"name_{i}": "x" * 50 for i in range(number)}}


def branching(number: int, levels: int) -> Any:
    below = branching(number, levels - 1) if levels else {"object": "other.Leaf"}
    return {"object": "other.Model", "state": {f"part_{i}": below for i in range(number)}}


@pytest.mark.parametrize(
    "root",
    [
        wide(20_000),
        branching(40, 2),
        {"object": "other." + "M" * 100_000, "state": {"n" * 100_000: "v" * 100_000}},
        {"tuple": [{"int": "0x" + "f" * 50_000}] * 8},
        {"name": "n" * 100_000},
    ],
    ids=["attributes", "parts", "names", "numbers", "key"],
)
def test_a_drawing_ends_however_much_there_is_to_draw(root: Any, run: Run, tmp_path: Path) -> None:
    (tmp_path / "m.holo").write_bytes(reseal(blueprint(root)))
    result = run("show", tmp_path / "m.holo")
    assert result.code == 0
    assert len(result.out.splitlines()) < 3000
    assert len(result.out) < 300_000


def test_showing_imports_no_framework(tmp_path: Path) -> None:
    pytest.importorskip("sklearn")
    from sklearn.linear_model import LogisticRegression

    model = LogisticRegression().fit([[0.0], [1.0]], [0, 1])
    holotype.dump(model, tmp_path / "m.holo")
    code = (
        "import sys; from holotype.cli import main\n"
        "try: main()\n"
        "except SystemExit: pass\n"
        "print([m for m in ('sklearn', 'scipy', 'pandas') if m in sys.modules])"
    )
    out = fresh.run(code, "show", str(tmp_path / "m.holo")).stdout
    assert "LogisticRegression" in out
    assert out.endswith("\n[]\n")
