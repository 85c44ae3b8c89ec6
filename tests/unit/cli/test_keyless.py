"""``seal --oms --sigstore``: from a token to a bundle that others' programs accept."""

from __future__ import annotations

import json
import signal
import subprocess
import sys
import threading
import urllib.request
import webbrowser
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from tests import fresh
from tests.unit.cli.conftest import Run

pytest.importorskip("model_signing", reason="identities need model-signing")
pytest.importorskip("sigstore", reason="identities are certified through sigstore")

from tests.servers.sigstore import ANN, Sigstore

import holotype
from holotype.api.vouching import TOKENS

SEAL = ("seal", "m.holo", "--oms", "--sigstore")


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, as it is and unpacked, where no environment says who we are."""
    for name in (*TOKENS, "GITHUB_ACTIONS"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(folder)
    holotype.dump({"a": 1}, "m.holo")
    with zipfile.ZipFile("m.holo") as file:
        file.extractall("unpacked")
    return folder


@pytest.fixture
def sigstore(tmp_path: Path) -> Iterator[Sigstore]:
    with Sigstore(tmp_path) as services:
        yield services


def program(*arguments: Any) -> subprocess.CompletedProcess[str]:
    """``model_signing`` itself."""
    command = [sys.executable, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.mark.parametrize("rekor", [1, 2])
def test_what_is_signed_is_verified_by_us_and_by_others(
    rekor: int, here: Path, tmp_path: Path, run: Run
) -> None:
    with Sigstore(tmp_path, rekor) as sigstore:
        (tmp_path / "token").write_text(sigstore.token())
        given = ("--identity-token", tmp_path / "token", "--trust-config", sigstore.trust_config)
        result = run("seal", "m.holo", "unpacked", "--oms", "--sigstore", *given, "--json")
        assert (result.code, result.err) == (0, "")
        rows = json.loads(result.out)
        assert [Path(row["signature"]).name for row in rows] == ["m.holo.sig", "unpacked.sig"]
        assert {(row["identity"], row["issuer"]) for row in rows} == {(ANN, sigstore.issuer)}
        said = ("--identity", ANN, "--issuer", sigstore.issuer)
    checked = ("--oms", *said, "--trust-config", sigstore.trust_config)
    result = run("verify", "m.holo", "unpacked", *checked)
    assert result.code == 0
    assert result.out.count(f"✓ signature   OpenSSF model signature by {ANN}") == 2
    check = ("verify", "sigstore", "--trust_config", sigstore.trust_config)
    check += ("--identity", ANN, "--identity_provider", sigstore.issuer)
    for name in ("m.holo", "unpacked"):
        done = program(*check, "--signature", f"{name}.sig", name)
        assert done.returncode == 0, done.stderr
    (here / "unpacked" / "blueprint.json").write_text("{}")
    assert program(*check, "--signature", "unpacked.sig", "unpacked").returncode != 0
    result = run("verify", "m.holo", *checked[:2], "bob@example.com", *checked[3:], "--json")
    assert result.code == 1
    assert json.loads(result.out)[0]["error_type"] == "BundleError"


def test_what_is_signed_by_others_is_verified(here: Path, sigstore: Sigstore, run: Run) -> None:
    trusted = sigstore.trust_config
    done = program(
        *("sign", "sigstore", "--identity_token", sigstore.token(), "--trust_config", trusted),
        *("--signature", "m.holo.sig", "m.holo"),
    )
    assert done.returncode == 0, done.stderr
    said = ("--identity", ANN, "--issuer", sigstore.issuer, "--trust-config", trusted)
    assert run("verify", "m.holo", "--oms", *said).code == 0


def test_who_signed_is_said(
    here: Path, sigstore: Sigstore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SIGSTORE_ID_TOKEN", sigstore.token())
    where = ("--signature", "elsewhere.sig", "--trust-config", sigstore.trust_config)
    result = run(*SEAL, *where)
    said = f"m.holo: signed by {ANN}, says {sigstore.issuer}, in {here / 'elsewhere.sig'}\n"
    assert result == (0, said, "")
    monkeypatch.delenv("SIGSTORE_ID_TOKEN")
    sigstore.use_ambient(monkeypatch.setenv)
    assert run(*SEAL, *where, "--ambient").out == said


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # that sigstore leaves
def test_what_the_browser_is_told_stays_out_of_the_output(
    here: Path, sigstore: Sigstore, run: Run, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits: list[threading.Thread] = []

    def visit(url: str) -> bool:
        def follow() -> None:
            with urllib.request.urlopen(url) as page:
                page.read()

        visits.append(threading.Thread(target=follow))
        visits[0].start()
        print("a text browser says hello")
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    monkeypatch.setattr(sys.stdin, "isatty", lambda: True)
    result = run(*SEAL, "--trust-config", sigstore.trust_config, "--json")
    visits[0].join()
    assert json.loads(result.out)[0]["identity"] == ANN
    assert "hello" in result.err


@pytest.mark.parametrize(
    ("arguments", "problem"),
    [
        (("seal", "m.holo", "--sigstore"), "--sigstore goes with --oms"),
        ((*SEAL, "--key", "k"), "give a key (--key), or sign by who you are"),
        (("seal", "m.holo", "--oms"), "give a key (--key), or sign by who you are"),
        (("seal", "m.holo", "--key", "k", "--ambient"), "go with --sigstore"),
        (("seal", "m.holo", "--key", "k", "--staging"), "go with --sigstore"),
        ((*SEAL, "--ambient", "--identity-token", "a.b.c"), "two ways"),
        ((*SEAL, "--ambient", "--staging", "--trust-config", "x"), "two instances"),
        ((*SEAL, "--ambient", "--name", "x"), "no --name"),
        (SEAL, "There is no terminal"),
        (("verify", "m.holo", "--oms", "--certificate", "c", "--staging"), "go with --identity"),
        (
            (
                *("verify", "m.holo", "--oms", "--identity", "a", "--issuer", "b"),
                *("--staging", "--trust-config", "x"),
            ),
            "two instances",
        ),
    ],
)
def test_wrong_usage_exits_with_2(
    arguments: tuple[str, ...], problem: str, here: Path, run: Run
) -> None:
    result = run(*arguments)
    assert result.code == 2
    assert problem in " ".join(result.err.replace("│", " ").split())


def test_a_refusal_is_one_message(here: Path, sigstore: Sigstore, run: Run) -> None:
    before = sorted(here.rglob("*"))
    trusted = ("--trust-config", sigstore.trust_config)
    sigstore.refusing["/api/v2/signingCert"] = (403, "not you\x1b[2J")
    result = run(*SEAL, "--identity-token", sigstore.token(), *trusted)
    assert (result.code, result.out) == (1, "")
    assert result.err.startswith("error: Sigstore did not sign, and no file was written: 403")
    assert result.err.count("\n") == 1
    assert "\x1b" not in result.err
    result = run(*SEAL, "--identity-token", "none", *trusted)
    assert (result.code, "neither a JSON web token nor a file" in result.err) == (1, True)
    result = run(*SEAL, "--identity-token", sigstore.token(), "--trust-config", "none.json")
    assert (result.code, result.err) == (2, "error: none.json: No such file or directory\n")
    assert sorted(here.rglob("*")) == before


def test_ctrl_c_while_sigstore_thinks_leaves_nothing(here: Path, sigstore: Sigstore) -> None:
    scratch = here.parent / "scratch"
    scratch.mkdir()
    before = sorted(here.rglob("*"))
    sigstore.stuck = "/api/v1/log/entries"
    # A shell has it ignored in what it runs in the background, and a child inherits that.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    process = subprocess.Popen(
        [sys.executable, "-m", "holotype", *SEAL, "--trust-config", str(sigstore.trust_config)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={
            **fresh.ENVIRONMENT,
            "TMPDIR": str(scratch),
            "SIGSTORE_ID_TOKEN": sigstore.token(),
        },
    )
    asked = sigstore.asked.wait(60)
    process.send_signal(signal.SIGINT)
    out, err = process.communicate()
    assert asked
    assert (process.returncode, out) == (130, "")
    assert "Traceback" not in err
    assert list(scratch.iterdir()) == []
    assert sorted(here.rglob("*")) == before
