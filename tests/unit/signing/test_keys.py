"""Keys: made, kept, read back, and understood by ``openssl``."""

from __future__ import annotations

import shutil
import stat
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from tests.unit.signing.conftest import PASSPHRASE

pytest.importorskip("cryptography", reason="keys need cryptography")

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa

import holotype
from holotype.errors import SigningKeyError
from holotype.signing.dsse import IN_TOTO, pae
from holotype.signing.keys import PrivateKey, check_signature, generate, public_pem
from holotype.signing.places import find_key, read_public
from holotype.signing.seals import Seal
from holotype.signing.spki import ALGORITHMS, algorithm_of

EACH = pytest.mark.parametrize("algorithm", ALGORITHMS)
OPENSSL = shutil.which("openssl")


def openssl(*arguments: Any) -> subprocess.CompletedProcess[bytes]:
    if OPENSSL is None:
        pytest.skip("openssl is not installed")
    return subprocess.run([OPENSSL, *map(str, arguments)], capture_output=True, check=False)


def check(seal: Seal, key: Any = None) -> bool:
    return check_signature(seal.algorithm, seal.spki, seal.signed, seal.signature)


# --------------------------------------------------------------------------------------- algorithms


def test_a_vector_of_rfc_8032_is_signed_as_it_says() -> None:
    """Section 7.1, test 2."""
    secret = "4ccd089b28ff96da9db6c346ec114e0f5b8a319f35aba624da8cf6ed4fb8a6fb"
    public = "3d4017c3e843895a92b70aa74d1b7ebc9c982ccf2ec4968cc0cd55f12af4660c"
    signature = (
        "92a009a9f0d4cab8720e820b5f642540a2b27b5416503f8fb3762223ebdb69da"
        "085ac1e43e15996e458f3613d0f11d8c387b2eaeb4302aeeb00d291612bb0c00"
    )
    key = PrivateKey(ed25519.Ed25519PrivateKey.from_private_bytes(bytes.fromhex(secret)))
    assert key.spki[12:].hex() == public
    assert key.sign(b"\x72").hex() == signature


@EACH
def test_a_signature_is_of_these_bytes_and_this_key(algorithm: Any) -> None:
    key, other = generate(algorithm), generate(algorithm)
    signature = key.sign(b"data")
    assert algorithm_of(key.spki) == algorithm
    assert check_signature(algorithm, key.spki, b"data", signature)
    for spki, data, signed in (
        (other.spki, b"data", signature),
        (key.spki, b"Data", signature),
        (key.spki, b"data", signature[:-1]),
        (key.spki, b"data", signature + b"\0"),
        (key.spki, b"data", b""),
    ):
        assert not check_signature(algorithm, spki, data, signed)


@pytest.mark.parametrize(
    "key",
    [rsa.generate_private_key(65537, 2048), ec.generate_private_key(ec.SECP384R1())],
    ids=["rsa", "p384"],
)
def test_keys_of_other_kinds_are_refused(key: Any, tmp_path: Path) -> None:
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    )
    (tmp_path / "key").write_bytes(pem)
    (tmp_path / "key").chmod(0o600)
    with pytest.raises(SigningKeyError, match="neither Ed25519 nor ECDSA"):
        find_key(tmp_path / "key")


def test_there_are_no_other_algorithms() -> None:
    with pytest.raises(ValueError, match="ed25519 or ecdsa-p256"):
        generate("rsa")


def test_a_private_key_does_not_show_itself() -> None:
    key = generate()
    assert repr(key) == f"<ed25519 key {key.id}>"


# -------------------------------------------------------------------------------------------- files


@EACH
def test_a_key_is_kept_locked_and_found_again(
    algorithm: str, key_file: Callable[..., Path]
) -> None:
    path = key_file(algorithm=algorithm)
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert b"BEGIN ENCRYPTED PRIVATE KEY" in path.read_bytes()
    key = find_key(path)
    assert read_public(f"{path}.pub") == key.spki
    assert public_pem(key.spki) == Path(f"{path}.pub").read_bytes()


def test_a_receipt_says_what_a_policy_needs(tmp_path: Path, locked: str) -> None:
    made = holotype.keygen(tmp_path / "k")
    key: Any = find_key(tmp_path / "k")
    assert (made.id, made.algorithm) == (key.id, "ed25519")
    assert made.public == Path(f"{tmp_path}/k.pub").read_text()
    assert (made.private_path, made.public_path) == (f"{tmp_path}/k", f"{tmp_path}/k.pub")


def test_no_key_is_written_over(key_file: Callable[..., Path]) -> None:
    path = key_file()
    before = path.read_bytes()
    with pytest.raises(SigningKeyError, match="no key is written over"):
        holotype.keygen(path)
    assert path.read_bytes() == before
    path.unlink()
    with pytest.raises(SigningKeyError, match=r"release\.key\.pub is there already"):
        holotype.keygen(path)
    assert not path.exists()  # half a pair is none


def test_the_passphrase_is_asked_for_where_the_environment_has_none(
    key_file: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    path = key_file()
    monkeypatch.delenv("HOLOTYPE_PASSPHRASE")
    asked: list[str] = []

    def ask(words: str) -> str:
        asked.append(words)
        return PASSPHRASE

    assert isinstance(find_key(path, ask), PrivateKey)
    assert asked == [f"Passphrase of {path}"]
    with pytest.raises(SigningKeyError, match="HOLOTYPE_PASSPHRASE"):
        find_key(path)
    monkeypatch.setenv("HOLOTYPE_PASSPHRASE", "another")
    with pytest.raises(SigningKeyError, match="not opened by this passphrase"):
        find_key(path, ask)


def test_a_key_without_a_passphrase_is_for_its_owner_alone(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("HOLOTYPE_PASSPHRASE", raising=False)
    with pytest.raises(SigningKeyError, match="unlocked=True"):
        holotype.keygen(tmp_path / "k")
    with pytest.raises(SigningKeyError, match="passphrase is empty"):
        holotype.keygen(tmp_path / "k", passphrase="")
    assert not (tmp_path / "k").exists()
    holotype.keygen(tmp_path / "k", unlocked=True)
    assert isinstance(find_key(tmp_path / "k"), PrivateKey)
    (tmp_path / "k").chmod(0o640)
    with pytest.raises(SigningKeyError, match="chmod 600"):
        find_key(tmp_path / "k")


@pytest.mark.parametrize("content", [b"", b"nonsense", b"-----BEGIN PRIVATE KEY-----\nAA\n"])
def test_what_is_no_key_is_said_to_be_none(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "k").write_bytes(content)
    (tmp_path / "k").chmod(0o600)
    with pytest.raises(SigningKeyError, match="no private key"):
        find_key(tmp_path / "k")
    with pytest.raises(SigningKeyError, match="no public key"):
        read_public(tmp_path / "k")


# ------------------------------------------------------------------------------------------ openssl


@EACH
def test_openssl_reads_the_keys_and_knows_their_id(
    algorithm: str, key_file: Callable[..., Path]
) -> None:
    path = key_file(algorithm=algorithm)
    done = openssl("pkey", "-in", path, "-passin", "env:HOLOTYPE_PASSPHRASE", "-pubout")
    assert done.stdout == Path(f"{path}.pub").read_bytes(), done.stderr
    der = openssl("pkey", "-pubin", "-in", f"{path}.pub", "-outform", "DER").stdout
    key: Any = find_key(path)
    assert der == key.spki


def test_openssl_checks_a_seal_by_ed25519(seal_of: Callable[..., Seal], tmp_path: Path) -> None:
    assert _verified_by_openssl(seal_of(), tmp_path, "pkeyutl", "-verify", "-rawin", "-pubin")


def test_openssl_checks_a_seal_by_ecdsa(seal_of: Callable[..., Seal], tmp_path: Path) -> None:
    seal = seal_of("ecdsa-p256")
    files = _written(seal, tmp_path)
    done = openssl(
        *("dgst", "-sha256", "-verify", files["key"], "-signature", files["sig"], files["data"])
    )
    assert done.returncode == 0, done.stderr
    files["data"].write_bytes(seal.signed + b" ")
    done = openssl(
        *("dgst", "-sha256", "-verify", files["key"], "-signature", files["sig"], files["data"])
    )
    assert done.returncode != 0


@EACH
def test_what_openssl_signs_is_a_right_signature(
    algorithm: Any, key_file: Callable[..., Path], tmp_path: Path
) -> None:
    path = key_file(algorithm=algorithm)
    signed = pae(IN_TOTO, b"{}")
    (tmp_path / "data").write_bytes(signed)
    kind = ("-rawin",) if algorithm == "ed25519" else ("-rawin", "-digest", "sha256")
    unlock = ("-passin", "env:HOLOTYPE_PASSPHRASE")
    done = openssl(*("pkeyutl", "-sign", *kind, "-inkey", path, *unlock, "-in", tmp_path / "data"))
    assert done.returncode == 0, done.stderr
    assert check_signature(algorithm, read_public(f"{path}.pub"), signed, done.stdout)


def _written(seal: Seal, folder: Path) -> dict[str, Path]:
    files = {name: folder / name for name in ("key", "sig", "data")}
    files["key"].write_bytes(public_pem(seal.spki))
    files["sig"].write_bytes(seal.signature)
    files["data"].write_bytes(seal.signed)
    return files


def _verified_by_openssl(seal: Seal, folder: Path, *command: str) -> bool:
    files = _written(seal, folder)
    arguments = ("-inkey", files["key"], "-sigfile", files["sig"], "-in", files["data"])
    assert openssl(*command, *arguments).returncode == 0
    files["data"].write_bytes(seal.signed + b" ")
    return openssl(*command, *arguments).returncode != 0


# ----------------------------------------------------------------------------- keyrings and devices


class _Memory:
    """A keyring that forgets."""

    def __init__(self) -> None:
        self.kept: dict[tuple[str, str], str] = {}

    def get_password(self, service: str, name: str) -> str | None:
        return self.kept.get((service, name))

    def set_password(self, service: str, name: str, text: str) -> None:
        self.kept[service, name] = text


def test_a_keyring_keeps_keys(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the keyring needs keyring")
    memory = _Memory()
    monkeypatch.setattr(keyring, "get_password", memory.get_password)
    monkeypatch.setattr(keyring, "set_password", memory.set_password)
    made = holotype.keygen("keyring:release")
    assert made.public_path is None
    key: Any = find_key("keyring:release")
    assert key.id == made.id
    with pytest.raises(SigningKeyError, match="no key is written over"):
        holotype.keygen("keyring:release")
    with pytest.raises(SigningKeyError, match="no keyring:audit"):
        find_key("keyring:audit")
    with pytest.raises(SigningKeyError, match="keyring:NAME"):
        holotype.keygen("keyring:")


def test_a_machine_without_a_keyring_says_so(monkeypatch: pytest.MonkeyPatch) -> None:
    keyring = pytest.importorskip("keyring", reason="the keyring needs keyring")
    from keyring.backends.fail import Keyring

    before = keyring.get_keyring()
    keyring.set_keyring(Keyring())
    try:
        with pytest.raises(SigningKeyError, match="cannot be used"):
            find_key("keyring:release")
    finally:
        keyring.set_keyring(before)


@pytest.fixture
def device(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> str:
    """A software HSM with one key; the URI of that."""
    pkcs11 = pytest.importorskip("pkcs11", reason="devices need python-pkcs11")
    module, tool = Path("/usr/lib/softhsm/libsofthsm2.so"), shutil.which("softhsm2-util")
    if tool is None or not module.exists():
        pytest.skip("SoftHSM is not installed")
    from pkcs11 import Attribute, KeyType
    from pkcs11.util.ec import encode_named_curve_parameters

    (tmp_path / "tokens").mkdir()
    (tmp_path / "conf").write_text(f"directories.tokendir = {tmp_path}/tokens\n")
    monkeypatch.setenv("SOFTHSM2_CONF", str(tmp_path / "conf"))
    monkeypatch.setenv("HOLOTYPE_PIN", "1234")
    label = ("--label", "release", "--pin", "1234", "--so-pin", "5678")
    subprocess.run([tool, "--init-token", "--free", *label], check=True, capture_output=True)
    with (
        pkcs11.lib(str(module))
        .get_token(token_label="release")
        .open(rw=True, user_pin="1234") as session
    ):
        curve = {Attribute.EC_PARAMS: encode_named_curve_parameters("secp256r1")}
        parameters = session.create_domain_parameters(KeyType.EC, curve, local=True)
        parameters.generate_keypair(store=True, label="models", id=b"\x01")
    return f"pkcs11:token=release;object=models?module-path={module}"


def test_a_key_in_a_device_seals(
    device: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    holotype.dump([1], tmp_path / "m.holo")
    made = holotype.seal(tmp_path / "m.holo", device, name="churn")
    report = holotype.verify(tmp_path / "m.holo", keys=[made.key], name="churn")
    assert report.ok
    by_id = find_key(device.replace("object=models", "id=%01"))
    assert by_id.spki == find_key(device).spki
    for wrong, problem in (
        (device.replace("object=models", "object=none"), "does not give the key"),
        (device.replace("token=release", "token=none"), "does not give the key"),
        (device.replace("libsofthsm2", "none"), "does not give the key"),
        (device.replace("object=models", "name=models"), "name is not one of"),
        ("pkcs11:token=release;object=models", "no module-path"),
    ):
        with pytest.raises(SigningKeyError, match=problem):
            find_key(wrong)
    monkeypatch.setenv("HOLOTYPE_PIN", "4321")
    with pytest.raises(SigningKeyError, match="PinIncorrect"):
        find_key(device)
    monkeypatch.delenv("HOLOTYPE_PIN")
    with pytest.raises(SigningKeyError, match="HOLOTYPE_PIN"):
        find_key(device)


def test_keys_of_devices_are_not_made_here() -> None:
    with pytest.raises(SigningKeyError, match="tools of the device"):
        holotype.keygen("pkcs11:object=x", unlocked=True)
