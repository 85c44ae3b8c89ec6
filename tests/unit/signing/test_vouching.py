"""OpenSSF model signatures by an identity: made against a Sigstore of our own, and refused."""

from __future__ import annotations

import base64
import json
import sys
import threading
import urllib.request
import webbrowser
import zipfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

pytest.importorskip("model_signing", reason="identities need model-signing")
pytest.importorskip("sigstore", reason="identities are certified through sigstore")

from tests.servers.sigstore import ANN, Sigstore

import holotype
from holotype.api.bundles import sign_files
from holotype.api.vouching import TOKENS, sign_vouched, verify_vouched
from holotype.errors import (
    ArchiveError,
    BundleError,
    HolotypeError,
    MissingLibraryError,
    SigningKeyError,
)

FULCIO, REKOR = "/api/v2/signingCert", "/api/v1/log/entries"
OPENID = "/oidc/.well-known/openid-configuration"
AGAIN = "get a new one"


@pytest.fixture
def here(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with an archive, as it is and unpacked, where no environment says who we are."""
    for name in (*TOKENS, "GITHUB_ACTIONS", "GITLAB_CI", "BUILDKITE", "CIRCLECI"):
        monkeypatch.delenv(name, raising=False)
    folder = tmp_path / "models"
    folder.mkdir()
    monkeypatch.chdir(folder)
    holotype.dump({"a": 1}, "m.holo")
    with zipfile.ZipFile("m.holo") as file:
        file.extractall("unpacked")
    (folder / "unpacked" / ".gitignore").write_text("x")
    return folder


@pytest.fixture
def sigstore(tmp_path: Path) -> Iterator[Sigstore]:
    with Sigstore(tmp_path) as services:
        yield services


def content(folder: Path) -> dict[str, bytes]:
    return {str(p): p.read_bytes() for p in folder.rglob("*") if p.is_file()}


def statement(path: str | Path) -> Any:
    """What a bundle says, with the paths that are left out in one order."""
    envelope = json.loads(Path(path).read_bytes())["dsseEnvelope"]
    said = json.loads(base64.b64decode(envelope["payload"]))
    said["predicate"]["serialization"].get("ignore_paths", []).sort()
    return said


# ------------------------------------------------------------------------------------------ signing


@pytest.mark.parametrize("rekor", [1, 2])
def test_what_is_signed_is_accepted_and_nothing_else(
    rekor: int, here: Path, tmp_path: Path
) -> None:
    with Sigstore(tmp_path, rekor) as sigstore:
        trusted = sigstore.trust_config
        made = sign_vouched("m.holo", identity_token=sigstore.token(), trust_config=trusted)
        issuer = sigstore.issuer
        assert (made.identity, made.issuer) == (ANN, issuer)
        assert made.signature == str(here / "m.holo.sig")
        assert len(sigstore.entries) == 1
    # The services are gone: none of them is needed to verify.
    verify_vouched("m.holo", identity=ANN, issuer=issuer, trust_config=trusted)
    for who, by in (("bob@example.com", issuer), (ANN, "https://example.com")):
        with pytest.raises(BundleError, match="does not accept"):
            verify_vouched("m.holo", identity=who, issuer=by, trust_config=trusted)
    stranger = tmp_path / "stranger"
    stranger.mkdir()
    with Sigstore(stranger, rekor) as other, pytest.raises(BundleError, match="does not accept"):
        verify_vouched("m.holo", identity=ANN, issuer=issuer, trust_config=other.trust_config)
    (here / "m.holo").write_bytes(b"other")
    with pytest.raises(BundleError, match="does not accept"):
        verify_vouched("m.holo", identity=ANN, issuer=issuer, trust_config=trusted)


@pytest.mark.parametrize(
    ("path", "signature"),
    [("m.holo", None), ("unpacked", None), ("unpacked", "unpacked/own.sig")],
)
def test_the_same_is_said_as_with_a_key(
    path: str, signature: str | None, here: Path, tmp_path: Path, sigstore: Sigstore
) -> None:
    by = {"identity_token": sigstore.token(), "trust_config": sigstore.trust_config}
    made = sign_vouched(path, signature=signature, **by)
    said = statement(made.signature)
    key = tmp_path / "k"
    holotype.keygen(key, algorithm="ecdsa-p256", unlocked=True)
    keyed = sign_files(path, key, signature=signature)
    assert statement(keyed.signature) == said
    assert made.files == keyed.files
    sign_vouched(path, signature=signature, **by)  # over the other
    verify_vouched(
        path,
        signature=made.signature,
        identity=ANN,
        issuer=sigstore.issuer,
        trust_config=sigstore.trust_config,
    )


def test_a_machine_signs_by_its_url(here: Path, sigstore: Sigstore) -> None:
    url = "https://example.com/team/models/.github/workflows/train.yml#refs/heads/main"
    by = {"issuer": sigstore.issuer, "trust_config": sigstore.trust_config}
    made = sign_vouched("m.holo", identity_token=sigstore.token(url), **by)
    assert made.identity == url
    verify_vouched("m.holo", identity=url, **by)


def test_a_name_that_no_verifier_could_be_told_is_refused(here: Path, sigstore: Sigstore) -> None:
    before = content(here)
    with pytest.raises(BundleError, match="no address and no URL"):
        sign_vouched(
            "m.holo", identity_token=sigstore.token("ann"), trust_config=sigstore.trust_config
        )
    assert content(here) == before


# -------------------------------------------------------------------------------------- who you are


def test_a_token_comes_from_a_file_or_the_environment(
    here: Path, tmp_path: Path, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    trusted = sigstore.trust_config
    (tmp_path / "token").write_text(sigstore.token("file@example.com") + "\n")
    made = sign_vouched("m.holo", identity_token=tmp_path / "token", trust_config=trusted)
    assert made.identity == "file@example.com"
    for name in reversed(TOKENS):
        monkeypatch.setenv(name, sigstore.token(f"{name.lower()}@example.com"))
        made = sign_vouched("m.holo", trust_config=trusted)
        assert made.identity == f"{name.lower()}@example.com"
    made = sign_vouched("m.holo", identity_token=sigstore.token(), trust_config=trusted)
    assert made.identity == ANN


def test_the_credentials_of_a_ci_job_are_used(
    here: Path, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    sigstore.use_ambient(monkeypatch.setenv)
    made = sign_vouched("m.holo", ambient=True, trust_config=sigstore.trust_config)
    assert made.identity == ANN
    sigstore.refusing["/ambient"] = (403, "not this job")
    with pytest.raises(SigningKeyError, match=AGAIN):
        sign_vouched("m.holo", ambient=True, trust_config=sigstore.trust_config)


def test_a_job_without_credentials_asks_no_browser(
    here: Path, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sigstore.oidc.id.detect_credential", lambda audience: None)
    monkeypatch.setattr(webbrowser, "open", lambda url: pytest.fail("a browser was asked"))
    with pytest.raises(SigningKeyError, match=r"no ambient credentials.*id-token: write"):
        sign_vouched("m.holo", ambient=True, trust_config=sigstore.trust_config)


@pytest.mark.filterwarnings("ignore:unclosed <socket:ResourceWarning")  # that sigstore leaves
@pytest.mark.parametrize("named", [False, True])
def test_else_the_browser_asks(
    named: bool, here: Path, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    visits: list[threading.Thread] = []

    def visit(url: str) -> bool:
        def follow() -> None:
            with urllib.request.urlopen(url) as page:
                page.read()

        visits.append(threading.Thread(target=follow))
        visits[0].start()
        return True

    monkeypatch.setattr(webbrowser, "open", visit)
    issuer = sigstore.issuer if named else None
    made = sign_vouched("m.holo", issuer=issuer, trust_config=sigstore.trust_config)
    visits[0].join()
    assert made.identity == ANN


# ---------------------------------------------------------------------------------- what goes wrong


@pytest.mark.parametrize(
    ("place", "status", "advice"),
    [
        (FULCIO, 403, AGAIN),
        (FULCIO, 500, "try again later"),
        (REKOR, 409, "try again later"),
        (REKOR, 503, "try again later"),
        (OPENID, 500, "try again later"),
    ],
)
def test_whoever_refuses_is_heard_and_no_file_is_written(
    place: str, status: int, advice: str, here: Path, sigstore: Sigstore
) -> None:
    (here / "m.holo.sig").write_text("the one before")
    before = content(here)
    sigstore.refusing[place] = (status, "no, thank you")
    token = sigstore.token()
    with pytest.raises(SigningKeyError, match=f"{status}.*no, thank you; .*{advice}") as caught:
        sign_vouched("m.holo", identity_token=token, trust_config=sigstore.trust_config)
    assert token not in str(caught.value)
    assert content(here) == before


@pytest.mark.parametrize(
    ("made", "problem"),
    [
        ({"seconds": -60}, f"expired; .*{AGAIN}"),
        ({"audience": "others"}, f"Audience.*; .*made out to sigstore: {AGAIN}"),
    ],
)
def test_a_token_that_does_not_hold_is_refused(
    made: dict[str, Any], problem: str, here: Path, sigstore: Sigstore
) -> None:
    token = sigstore.token(**made)
    with pytest.raises(SigningKeyError, match=problem) as caught:
        sign_vouched("m.holo", identity_token=token, trust_config=sigstore.trust_config)
    assert token not in str(caught.value)
    assert not sigstore.entries


def test_a_forged_token_is_refused_by_who_vouches(here: Path, sigstore: Sigstore) -> None:
    with Sigstore(sigstore.folder) as other:
        forged = other.token()
    with pytest.raises(SigningKeyError, match=f"error processing the identity token; .*{AGAIN}"):
        sign_vouched("m.holo", identity_token=forged, trust_config=sigstore.trust_config)


@pytest.mark.parametrize("token", ["secret", "no/such/file", ""])
def test_what_is_neither_a_token_nor_a_file_is_not_repeated(
    token: str, here: Path, sigstore: Sigstore
) -> None:
    with pytest.raises(SigningKeyError, match="neither a JSON web token nor a file") as caught:
        sign_vouched("m.holo", identity_token=token, trust_config=sigstore.trust_config)
    assert not token or token not in str(caught.value)


def test_without_a_network_it_says_what_to_do(here: Path, tmp_path: Path) -> None:
    with Sigstore(tmp_path) as gone:
        trusted, token = gone.trust_config, gone.token()
    before = content(here)
    with pytest.raises(SigningKeyError, match=r"refused.*is there a network\?.*--key"):
        sign_vouched("m.holo", identity_token=token, trust_config=trusted)
    assert content(here) == before


def test_without_a_clock_nothing_is_signed(here: Path, tmp_path: Path) -> None:
    before = content(here)
    with Sigstore(tmp_path, rekor=2) as sigstore:
        sigstore.refusing["/timestamp"] = (500, "no time")
        with pytest.raises(SigningKeyError, match="timestamp"):
            sign_vouched(
                "m.holo", identity_token=sigstore.token(), trust_config=sigstore.trust_config
            )
    assert content(here) == before


def test_a_bundle_that_nobody_would_accept_is_not_written(here: Path, sigstore: Sigstore) -> None:
    """The log signs with another key than the one that everybody trusts."""
    (here / "m.holo.sig").write_text("the one before")
    before = content(here)
    trusted = sigstore.trust_config
    sigstore.lose_the_log()
    with pytest.raises(BundleError, match=r"does not accept.*no file was written, try again"):
        sign_vouched("m.holo", identity_token=sigstore.token(), trust_config=trusted)
    assert len(sigstore.entries) == 1
    assert content(here) == before


def test_what_is_damaged_is_not_signed(here: Path, sigstore: Sigstore) -> None:
    (here / "m.holo").write_bytes(b"damaged")
    (here / "unpacked" / "blueprint.json").write_text("{}")
    for path in ("m.holo", "unpacked"):
        with pytest.raises(HolotypeError) as caught:
            sign_vouched(path, identity_token=sigstore.token(), trust_config=sigstore.trust_config)
        assert isinstance(caught.value, ArchiveError)
    assert not sigstore.entries


def test_nothing_is_signed_that_could_not_be_kept(
    here: Path, sigstore: Sigstore, monkeypatch: pytest.MonkeyPatch
) -> None:
    by = {"identity_token": sigstore.token(), "trust_config": sigstore.trust_config}
    with pytest.raises(FileNotFoundError, match="none"):
        sign_vouched("m.holo", signature="none/m.sig", **by)
    monkeypatch.setattr("os.access", lambda *_: False)  # whoever runs this may be allowed anything
    with pytest.raises(PermissionError, match="models"):
        sign_vouched("m.holo", **by)
    assert not sigstore.entries


def test_a_link_is_not_signed(here: Path, sigstore: Sigstore) -> None:
    (here / "link").symlink_to("m.holo")
    with pytest.raises(BundleError, match="symbolic link"):
        sign_vouched("link", identity_token=sigstore.token(), trust_config=sigstore.trust_config)


@pytest.mark.parametrize("text", ["", "{}", "[1]", "\udcff"])
def test_a_trust_configuration_that_is_none(text: str, here: Path, sigstore: Sigstore) -> None:
    (here / "trust.json").write_text(text, errors="surrogateescape")
    with pytest.raises(SigningKeyError, match=r"trust\.json is no Sigstore client trust config"):
        sign_vouched("m.holo", identity_token=sigstore.token(), trust_config="trust.json")


def test_a_trust_configuration_that_trusts_without_signing(here: Path, sigstore: Sigstore) -> None:
    said = json.loads(sigstore.trust_config.read_text())
    said["signingConfig"]["caUrls"] = []
    (here / "trust.json").write_text(json.dumps(said))
    with pytest.raises(SigningKeyError, match="No valid Fulcio CA"):
        sign_vouched("m.holo", identity_token=sigstore.token(), trust_config="trust.json")


@pytest.mark.parametrize(
    "given",
    [{"ambient": True, "identity_token": "a.b.c"}, {"staging": True, "trust_config": "x"}],
)
def test_one_identity_and_one_instance_are_given(given: Any, here: Path) -> None:
    with pytest.raises(ValueError, match="give a"):
        sign_vouched("m.holo", **given)


def test_without_the_library_it_says_what_to_install(
    here: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, "model_signing.signing", None)
    with pytest.raises(MissingLibraryError, match=r"pip install 'holotype\[oms\]'"):
        sign_vouched("m.holo", identity_token="a.b.c")
