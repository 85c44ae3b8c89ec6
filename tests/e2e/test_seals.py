"""Who stands for a model, from the key to the load: what holds, and what is refused and how."""

from __future__ import annotations

import errno
import os
import shutil
import subprocess
import sys
import zipfile
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from threading import Thread
from typing import Any

import numpy as np
import pytest
from sklearn.linear_model import LogisticRegression
from sklearn.preprocessing import FunctionTransformer

import holotype
from holotype.archive.container import read_directory
from holotype.archive.reader import open_archive
from holotype.archive.seals import sealed_bytes
from holotype.errors import (
    BundleError,
    DigestError,
    ExpiredSealError,
    ForgedSealError,
    FormatError,
    HolotypeError,
    MisplacedSealError,
    MissingLibraryError,
    NotSealedError,
    PolicyError,
    RevokedSealError,
    SigningKeyError,
    UnknownSignerError,
    UnmetPinError,
    UntrustedError,
)
from holotype.signing.places import find_key
from holotype.trust.policy import Policy

pytest.importorskip("cryptography", reason="keys need cryptography")

from holotype.api.bundles import (
    sign_files,
    signature_of,
    verify_files,
    verify_folder,
)
from holotype.api.vouching import verify_vouched

X = np.random.default_rng(0).normal(size=(60, 4))
MODEL = LogisticRegression().fit(X, X[:, 0] > 0)


class Cast:
    """Two signers with keys and a stranger; a folder for archives."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.ids = {}
        for name, algorithm in (
            ("release", "ed25519"),
            ("audit", "ecdsa-p256"),
            ("stranger", "ed25519"),
        ):
            self.ids[name] = holotype.keygen(folder / name, algorithm=algorithm).id

    def policy(self, more: str = "", *, trust: str = "data", times: str = "") -> Policy:
        path = self.folder / "policy.toml"
        release = f'{{ key = "{self.ids["release"]}"{times} }}'
        path.write_text(
            f'[signers.release]\nkeys = [{release}]\ntrust = "{trust}"\n'
            f'[signers.audit]\nkeys = ["{self.ids["audit"]}"]\n{more}'
        )
        path.chmod(0o600)
        return Policy.from_file(path)

    def archive(self, file: str, model: Any = MODEL, **said: Any) -> Path:
        holotype.dump(model, self.folder / file, **said)
        return self.folder / file


PINNED = '[pins.churn]\nsigners = ["release", "audit"]\nthreshold = 2\n'


@pytest.fixture
def cast(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Cast:
    monkeypatch.setenv("HOLOTYPE_PASSPHRASE", "correct horse")
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(tmp_path / "none.toml"))
    return Cast(tmp_path)


# ------------------------------------------------------------------------------------------ sealing


def test_a_seal_changes_neither_the_id_nor_any_part(cast: Cast) -> None:
    path = cast.archive("m.holo")
    before = path.read_bytes()
    made = holotype.seal(path, cast.folder / "release", name="churn", version="1.4.0")
    holotype.seal(path, cast.folder / "audit", name="churn", version="1.4.0")
    last = read_directory(before)[-1]
    end = last.offset + last.size
    after = path.read_bytes()
    assert after[:end] == before[:end]
    assert holotype.show(path).id == holotype.show(before).id == made.id
    assert holotype.fingerprint(path) == holotype.fingerprint(before)
    policy = cast.policy(PINNED)
    model = holotype.load(path, policy=policy, name="churn", version="1.4.0")
    np.testing.assert_array_equal(model.predict(X), MODEL.predict(X))


def test_a_model_is_saved_with_its_seal_at_once(cast: Cast) -> None:
    path = cast.archive("m.holo", seal=cast.folder / "release", name="churn", version="2")
    data = holotype.dumps(MODEL, seal=cast.folder / "release", name="churn")
    for file, version in ((path, "2"), (data, None)):
        report = holotype.verify(file, policy=cast.policy("[seals]\nrequired = true\n"))
        assert report.ok
        (only,) = report.seals
        assert (only.signer, only.checked, only.problem) == ("release", True, None)
        assert (only.seal.name, only.seal.version) == ("churn", version)


def test_a_seal_made_while_saving_is_that_made_later(cast: Cast) -> None:
    path = cast.archive("m.holo", seal=cast.folder / "release")
    with open_archive(path) as reader:
        (seal,) = reader.seals().values()
        parts = read_directory(path.read_bytes())[:-1]
        archive = reader.id
    bare = sealed_bytes(_stripped(path.read_bytes()), [seal], archive)
    assert bare == path.read_bytes()
    assert [part.name for part in parts][:3] == [
        *("manifest.json", "blueprint.json", "parameters.safetensors"),
    ]


def test_a_name_without_a_key_is_a_mistake(cast: Cast) -> None:
    with pytest.raises(ValueError, match="seal=…"):
        holotype.dumps([1], name="churn")


def test_nothing_is_written_where_the_key_cannot_be_used(cast: Cast) -> None:
    (cast.folder / "release").write_bytes(b"damaged")
    with pytest.raises(SigningKeyError):
        cast.archive("m.holo", seal=cast.folder / "release")
    assert not (cast.folder / "m.holo").exists()


def test_nobody_stands_for_a_damaged_archive(cast: Cast) -> None:
    path = cast.archive("m.holo", {"a": np.arange(9.0)})
    data = bytearray(path.read_bytes())
    data[data.index(np.arange(9.0).tobytes()) + 8] ^= 1
    path.write_bytes(data)
    with pytest.raises(DigestError):
        holotype.seal(path, cast.folder / "release")
    assert path.read_bytes() == data


def test_file_objects_are_sealed_in_place_and_bytes_are_not(cast: Cast) -> None:
    path = cast.archive("m.holo")
    with open(path, "r+b") as file:
        holotype.seal(file, cast.folder / "release")
    assert holotype.verify(path, keys=[cast.ids["release"]]).ok
    with pytest.raises(TypeError, match="in place"):
        holotype.seal(path.read_bytes(), cast.folder / "release")
    with open(path, encoding="latin-1") as text, pytest.raises(TypeError, match="binary"):
        holotype.seal(text, cast.folder / "release")  # type: ignore[arg-type]


# -------------------------------------------------------------------------------- compressed ones


def compressed(cast: Cast) -> tuple[Path, Path]:
    """An archive, and the same one compressed."""
    pytest.importorskip("zstandard", reason="compressed archives need holotype[store]")
    plain = cast.archive("plain.holo", probe=X[:8])
    holotype.compress(plain, cast.folder / "small.holo")
    return plain, cast.folder / "small.holo"


def test_a_compressed_archive_is_sealed_as_the_one_in_it(cast: Cast) -> None:
    plain, small = compressed(cast)
    link = cast.folder / "link.holo"
    link.symlink_to(small)
    small.chmod(0o640)
    when = datetime(2026, 1, 1, tzinfo=UTC)
    audit: Any = find_key(cast.folder / "audit")
    audit.sign = cache(audit.sign)  # ECDSA signs otherwise each time
    for key in (cast.folder / "release", audit, cast.folder / "stranger"):
        said: dict[str, Any] = {"name": "churn", "version": "1.4.0", "created": when}
        wanted = holotype.seal(plain, key, **said)
        made = holotype.seal(link, key, **said)
        assert (made.id, made.key, made.member) == (wanted.id, wanted.key, wanted.member)
        assert made.size == small.stat().st_size
        holotype.decompress(small, cast.folder / "back.holo")
        assert (cast.folder / "back.holo").read_bytes() == plain.read_bytes()
    before = small.read_bytes()
    holotype.seal(small, cast.folder / "release", **said)
    assert small.read_bytes() == before  # the same seal is there once
    assert link.is_symlink()
    assert small.stat().st_mode & 0o777 == 0o640
    policy = cast.policy(PINNED)
    for file in (small, before, plain):
        report = holotype.verify(file, policy=policy, name="churn", version="1.4.0")
        assert report.ok, report.error
        assert sorted(each.signer or "" for each in report.seals) == ["", "audit", "release"]
        assert len(holotype.show(file).seals) == 3
    model = holotype.load(small, policy=policy, name="churn")
    np.testing.assert_array_equal(model.predict(X), MODEL.predict(X))
    assert type(refused(small, policy, name="fraud")) is MisplacedSealError


def test_a_sealed_one_is_compressed_with_its_seals(cast: Cast) -> None:
    plain, small = compressed(cast)
    holotype.seal(plain, cast.folder / "release")
    holotype.compress(plain, small)
    holotype.seal(small, cast.folder / "audit")
    with open(small, "r+b") as file:
        holotype.seal(file, cast.folder / "stranger")
    for name in ("release", "audit", "stranger"):
        assert holotype.verify(small, keys=[cast.ids[name]]).ok
    store = holotype.Store(cast.folder / "store")
    store.push("churn", small)
    assert {seal.key for seal in holotype.show(store.source("churn")).seals} == {*cast.ids.values()}


def test_who_seals_a_compressed_archive_at_the_same_time_loses_no_seal(cast: Cast) -> None:
    _, small = compressed(cast)
    key = find_key(cast.folder / "release")
    threads = [
        Thread(target=holotype.seal, args=(small, key), kwargs={"version": str(number)})
        for number in range(6)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {seal.version for seal in holotype.show(small).seals} == set("012345")
    assert holotype.verify(small).ok


def test_a_compressed_archive_that_is_damaged_stays_as_it_was(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    _, small = compressed(cast)
    data = small.read_bytes()
    places = (3, 70, len(data) // 2, len(data) - 100, len(data) - 20)
    spoilt = [data[:at] + bytes([data[at] ^ 4]) + data[at + 1 :] for at in places]
    for damaged in (*spoilt, data[:-1], data[:100], b"holopack", b"holopack" * 40):
        small.write_bytes(damaged)
        with pytest.raises(HolotypeError):
            holotype.seal(small, cast.folder / "release")
        assert small.read_bytes() == damaged
    small.write_bytes(data)

    def full(*_: Any) -> int:
        raise OSError(errno.ENOSPC, "full")

    monkeypatch.setattr(os, "pwritev", full)
    with pytest.raises(OSError, match="full"):
        holotype.seal(small, cast.folder / "release")
    assert small.read_bytes() == data
    assert not [each for each in os.listdir(cast.folder) if each.endswith(".tmp")]


# ------------------------------------------------------------------ each way to fail, and its error


def _stripped(data: bytes) -> bytes:
    from attacks.forge import container

    parts = read_directory(data)
    return container(
        [
            (part.name, data[part.offset : part.offset + part.size])
            for part in parts
            if not part.name.startswith("seals/")
        ]
    )


def test_loading_asks_for_what_verifying_asks_for(cast: Cast) -> None:
    path = cast.archive("m.holo", [1], seal=cast.folder / "release", name="churn", version="1")
    data, public = path.read_bytes(), (cast.folder / "release.pub").read_text()
    cast.policy("[seals]\nrequired = true\n")
    file = cast.folder / "policy.toml"
    for given in (file, str(file), Policy.from_file(file)):
        assert holotype.load(path, policy=given, name="churn", version="1") == [1]
        assert holotype.verify(path, policy=given, name="churn").ok
    stranger = cast.ids["stranger"]
    for keys in ([public], [cast.ids["release"]], [stranger, public]):
        assert holotype.loads(data, keys=keys, name="churn") == [1]
    assert type(refused(path, file, name="fraud")) is MisplacedSealError
    assert type(refused(path, file, version="2")) is MisplacedSealError
    assert type(refused(path, Policy(), keys=[stranger])) is UnknownSignerError
    assert type(refused(_stripped(data), Policy(), keys=[public])) is NotSealedError
    assert type(refused(path, Policy(), keys=[public], version="2")) is MisplacedSealError
    revoked = cast.policy(f'[seals]\nrevoked = ["{cast.ids["release"]}"]\n')
    assert type(refused(path, revoked, keys=[public])) is RevokedSealError
    for wrong in ({"policy": cast.folder / "none.toml"}, {"keys": ["release"]}, {"keys": public}):
        with pytest.raises((OSError, PolicyError, TypeError)):
            holotype.load(path, **wrong)


def test_versions_of_a_store_are_asked_for_their_seals(cast: Cast) -> None:
    store = holotype.Store(cast.folder / "store")
    store.push("churn", [1], seal=cast.folder / "release")
    public = (cast.folder / "release.pub").read_text()
    cast.policy(PINNED)
    assert store.load("churn", keys=[public]) == [1]
    assert store.load("churn", keys=[public], name="churn", version="1.0.0") == [1]
    with pytest.raises(UnmetPinError):
        store.load("churn", policy=cast.folder / "policy.toml")
    with pytest.raises(MisplacedSealError):
        store.load("churn", keys=[public], name="fraud")
    with pytest.raises(UnknownSignerError):
        store.load("churn", keys=[cast.ids["stranger"]])


WITNESS = """
class Model:
    built = []
    def __init__(self):
        self.a = 1
    def __setstate__(self, state):
        self.built.append(state)
        self.__dict__.update(state)
    def __getstate__(self):
        return {"a": 1}
"""


def test_nothing_is_built_of_an_archive_that_does_not_meet_what_is_asked(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    (cast.folder / "witness_of_seals.py").write_text(WITNESS)
    monkeypatch.syspath_prepend(cast.folder)
    from importlib import import_module

    witness = import_module("witness_of_seals")
    monkeypatch.setitem(sys.modules, "witness_of_seals", witness)
    path = cast.archive("m.holo", witness.Model(), seal=cast.folder / "release", name="churn")
    trust = ["witness_of_seals"]
    holotype.load(path, trust=trust, keys=[cast.ids["release"]], name="churn")
    built = len(witness.Model.built)
    assert built
    for asked in (
        {"keys": [cast.ids["stranger"]]},
        {"keys": [cast.ids["release"]], "name": "fraud"},
        {"keys": [cast.ids["release"]], "name": "churn", "version": "1"},
        {"name": "churn"},
    ):
        for restore in (None, "native", "auto"):
            with pytest.raises(HolotypeError):
                holotype.load(path, trust=trust, restore=restore, **asked)
    assert len(witness.Model.built) == built


def refused(path: Path | bytes, policy: Policy | Path, **asked: Any) -> HolotypeError:
    """What ``load`` and ``verify`` both say."""
    with pytest.raises(HolotypeError) as by_load:
        holotype.load(path, policy=policy, **asked)
    report = holotype.verify(path, policy=policy, **asked)
    assert not report.ok
    assert type(report.error) is type(by_load.value)
    assert [check.name for check in report.checks if not check.ok] == ["seals"]
    return by_load.value


def test_each_fault_has_its_own_error(cast: Cast) -> None:
    path = cast.archive("m.holo", seal=cast.folder / "release", name="churn", version="1")
    sealed = path.read_bytes()
    bare, strange = _stripped(sealed), cast.archive("s.holo", seal=cast.folder / "stranger")
    need = "[seals]\nrequired = true\n"
    revoked = f'{need}revoked = ["{cast.ids["release"]}"]\n'
    withdrawn = f'[seals]\nrevoked = ["{holotype.show(path).id}"]\n'
    holotype.load(path, policy=cast.policy(need), name="churn", version="1")
    for file, policy, asked, error in (
        (bare, cast.policy(need), {}, NotSealedError),
        (bare, cast.policy(), {"name": "churn"}, NotSealedError),
        (bare, cast.policy(PINNED), {}, NotSealedError),
        (strange, cast.policy(need), {}, UnknownSignerError),
        (sealed, cast.policy(need, times=", expires = 2020-01-01"), {}, ExpiredSealError),
        (sealed, cast.policy(need, times=", not_after = 2020-01-01"), {}, ExpiredSealError),
        (sealed, cast.policy(need, times=", not_before = 2999-01-01"), {}, ExpiredSealError),
        (sealed, cast.policy(revoked), {}, RevokedSealError),
        (sealed, cast.policy(withdrawn), {}, RevokedSealError),
        (sealed, cast.policy(), {"name": "fraud"}, MisplacedSealError),
        (sealed, cast.policy(), {"name": "churn", "version": "2"}, MisplacedSealError),
        (sealed, cast.policy(PINNED), {"name": "churn"}, UnmetPinError),
        (sealed, cast.policy(PINNED), {}, UnmetPinError),
        (sealed, Policy(), {"name": "churn"}, UnknownSignerError),
    ):
        assert type(refused(file, policy, **asked)) is error, (error, asked)


def test_a_forged_signature_is_refused_where_it_is_looked_at(cast: Cast) -> None:
    path = cast.archive("m.holo")
    with open_archive(path) as reader:
        archive = reader.id
        from holotype.signing.keys import generate
        from holotype.signing.seals import made_seal

        honest, forger = generate(), generate()
        forged = made_seal(
            reader.manifest.to_json(), reader.manifest, forger.sign, honest.spki, name="churn"
        )
    data = sealed_bytes(path.read_bytes(), [forged], archive)
    assert type(refused(data, cast.policy("[seals]\nrequired = true\n"))) is ForgedSealError
    assert isinstance(holotype.verify(data, policy=Policy()).error, ForgedSealError)
    np.testing.assert_array_equal(  # a seal that nobody relies on opens nothing and hinders nothing
        holotype.loads(data, policy=Policy()).predict(X), MODEL.predict(X)
    )


def test_swapped_seals_are_found_without_any_policy(cast: Cast) -> None:
    one = cast.archive("one.holo", seal=cast.folder / "release", name="churn")
    two = cast.archive("two.holo", [2], seal=cast.folder / "release", name="fraud")
    with open_archive(one) as reader:
        (seal,) = reader.seals().values()
    with open_archive(two) as reader:
        archive = reader.id
    swapped = sealed_bytes(_stripped(two.read_bytes()), [seal], archive)
    assert type(refused(swapped, Policy())) is MisplacedSealError


def test_swapped_names_are_found(cast: Cast) -> None:
    """Two sealed archives, each presented under the name of the other."""
    key = cast.folder / "release"
    old = cast.archive("old.holo", [1], seal=key, name="churn", version="1")
    new = cast.archive("new.holo", [2], seal=key, name="churn", version="2")
    fraud = cast.archive("fraud.holo", [3], seal=key, name="fraud", version="1")
    old_bytes, new_bytes = old.read_bytes(), new.read_bytes()
    old.write_bytes(new_bytes)
    new.write_bytes(old_bytes)
    policy = cast.policy()
    for path, name, version in ((old, "churn", "1"), (new, "churn", "2"), (fraud, "churn", "1")):
        error = refused(path, policy, name=name, version=version)
        assert type(error) is MisplacedSealError
    assert holotype.load(old, policy=policy, name="churn", version="2") == [2]


def test_the_policy_of_the_user_is_asked_and_never_that_of_the_file(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = cast.archive("m.holo", metadata={"seals": {"required": False}})
    cast.policy("[seals]\nrequired = true\n")
    monkeypatch.setenv("HOLOTYPE_CONFIG", str(cast.folder / "policy.toml"))
    with pytest.raises(NotSealedError):
        holotype.load(path)
    holotype.seal(path, cast.folder / "audit")
    holotype.load(path)
    (cast.folder / "policy.toml").write_text("[seals]\nrequired = 'no'\n")
    with pytest.raises(PolicyError):
        holotype.load(path)


@pytest.mark.parametrize("flip", range(8))
def test_no_byte_of_a_sealed_archive_can_be_changed(flip: int, cast: Cast) -> None:
    """Every byte of the seal, and some of all others, each time in another bit."""
    path = cast.archive("m.holo", [1], seal=cast.folder / "release", name="churn", context=False)
    data = path.read_bytes()
    policy = cast.policy("[seals]\nrequired = true\n")
    seal = read_directory(data)[-1]
    places = {*range(seal.offset + flip, seal.offset + seal.size, 8), *range(flip, len(data), 61)}
    for at in places:
        changed = data[:at] + bytes([data[at] ^ 1 << flip]) + data[at + 1 :]
        with pytest.raises((FormatError, DigestError)):
            holotype.loads(changed, policy=policy, name="churn")


def test_a_version_in_a_store_goes_by_its_name(cast: Cast) -> None:
    """A pin holds for what a store has by that name, sealed before or after it was pushed."""
    store = holotype.Store(cast.folder / "store")
    path = cast.archive("m.holo", [1])
    store.push("churn", path)
    policy = cast.policy('[pins.churn]\nsigners = ["release"]\n[seals]\nrequired = false\n')
    store.push("other", path)
    with pytest.raises(NotSealedError):
        store.load("churn", policy=policy)
    report = holotype.verify(store.source("churn"), policy=policy)
    assert isinstance(report.error, NotSealedError)
    assert store.load("other", policy=policy) == [1]  # no pin, and no seal demanded
    holotype.seal(path, cast.folder / "release", name="fraud")
    store.push("churn", path)
    with pytest.raises(MisplacedSealError):
        store.load("churn", policy=policy)
    holotype.seal(path, cast.folder / "release", name="churn")
    store.push("churn", path)
    assert store.load("churn", policy=policy) == [1]


# ------------------------------------------------------------------------------------ what it opens


def test_a_seal_opens_code_where_its_signer_is_trusted_for_it(cast: Cast) -> None:
    model = FunctionTransformer(lambda values: values + 1)
    path = cast.archive("code.holo", model, seal=cast.folder / "release")
    assert holotype.show(path).level == "code"
    opened = holotype.load(path, policy=cast.policy(trust="code"))
    np.testing.assert_array_equal(opened.transform(X), X + 1)
    report = holotype.verify(path, policy=cast.policy(trust="code"), run=True)
    assert report.ok, report.error
    for trust in ("data", "named"):
        with pytest.raises(UntrustedError):
            holotype.load(path, policy=cast.policy(trust=trust))
    with pytest.raises(UntrustedError):
        holotype.load(_stripped(path.read_bytes()), policy=cast.policy(trust="code"))
    audited = cast.archive("audited.holo", model, seal=cast.folder / "audit")
    with pytest.raises(UntrustedError):  # by a signer who is trusted, and for data alone
        holotype.load(audited, policy=cast.policy(trust="code"))


def test_pickles_need_the_readers_word_beside_the_seal(cast: Cast) -> None:
    pytest.importorskip("cloudpickle", reason="pickle bytes are made by cloudpickle")
    made = eval("lambda values: values + 1")  # it has no source
    path = cast.archive("o.holo", [made], max_level="opaque", seal=cast.folder / "release")
    assert holotype.show(path).level == "opaque"
    policy = cast.policy(trust="opaque")
    with pytest.raises(UntrustedError):
        holotype.load(path, policy=policy)
    assert holotype.load(path, policy=policy, trust=["opaque:sealed"])[0](1) == 2
    with pytest.raises(UntrustedError):
        holotype.load(path, policy=cast.policy(trust="code"), trust=["opaque:sealed"])
    with pytest.raises(UntrustedError):
        holotype.load(path, trust=["opaque:sealed"])


def test_verify_says_what_it_could_not_check(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without cryptography: nothing that relies on a seal opens, and all else does."""
    from holotype.signing import keys

    path = cast.archive("m.holo", [1], seal=cast.folder / "release")
    relying = cast.policy("[seals]\nrequired = true\n")
    keys._lib.cache_clear()
    monkeypatch.setitem(sys.modules, "cryptography.exceptions", None)
    try:
        assert holotype.load(path) == [1]
        report = holotype.verify(path)
        assert report.ok
        assert "signature not checked" in report.checks[-1].detail
        with pytest.raises(MissingLibraryError, match="pip install"):
            holotype.load(path, policy=relying)
    finally:
        keys._lib.cache_clear()


# ------------------------------------------------------------------------- OpenSSF model signatures


def model_signing(*arguments: Any) -> subprocess.CompletedProcess[str]:
    """The program of that name, in this environment."""
    pytest.importorskip("model_signing", reason="others' signatures are made by model-signing")
    command = [sys.executable, "-m", "model_signing", *map(str, arguments)]
    return subprocess.run(command, capture_output=True, text=True, check=False)


@pytest.fixture
def unpacked(cast: Cast) -> Path:
    path = cast.archive("m.holo", seal=cast.folder / "release")
    with zipfile.ZipFile(path) as file:
        file.extractall(cast.folder / "unpacked")
    return cast.folder / "unpacked"


@pytest.mark.parametrize("what", ["m.holo", "unpacked"])
def test_the_program_model_signing_checks_what_is_signed_here(
    what: str, cast: Cast, unpacked: Path
) -> None:
    model, key = cast.folder / what, cast.folder / "audit"
    made = sign_files(model, key)
    assert made.signature == str(signature_of(model)) == f"{model}.sig"
    verify_files(model, f"{key}.pub")
    check = ("verify", "key", "--public_key", f"{key}.pub", "--signature", made.signature)
    done = model_signing(*check, model)
    assert done.returncode == 0, done.stderr
    changed = model if model.is_file() else model / "blueprint.json"
    changed.write_bytes(changed.read_bytes() + b" ")
    assert model_signing(*check, model).returncode != 0
    with pytest.raises(BundleError, match="not what was signed"):
        verify_files(model, f"{key}.pub")


@pytest.mark.parametrize("what", ["m.holo", "unpacked"])
def test_what_the_program_model_signing_signs_is_checked_here(
    what: str, cast: Cast, unpacked: Path
) -> None:
    model, theirs = cast.folder / what, cast.folder / "theirs"
    holotype.keygen(theirs, algorithm="ecdsa-p256", unlocked=True)
    signature = signature_of(model)
    done = model_signing(*("sign", "key", "--private_key", theirs, "--signature", signature, model))
    assert done.returncode == 0, done.stderr
    verify_files(model, f"{theirs}.pub")
    with pytest.raises(BundleError, match="not of this key"):
        verify_files(model, cast.folder / "audit.pub")
    if model.is_dir():
        (model / "more").write_text("x")
        with pytest.raises(BundleError, match="'more' is there and was not signed"):
            verify_files(model, f"{theirs}.pub")
        (model / "more").unlink()
        (model / "blueprint.json").unlink()
        with pytest.raises(BundleError, match=r"'blueprint\.json' was signed and is not there"):
            verify_files(model, f"{theirs}.pub")


def certified(folder: Path) -> tuple[Path, Path, Path]:
    """A key, its certificate, and that of the authority which gave it."""
    from datetime import UTC, datetime, timedelta

    from cryptography import x509
    from cryptography.hazmat.primitives import hashes, serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    begin = datetime.now(UTC) - timedelta(days=1)
    authority, own = (ec.generate_private_key(ec.SECP256R1()) for _ in range(2))
    root, leaf = (
        x509.Name([x509.NameAttribute(x509.NameOID.COMMON_NAME, name)]) for name in ("root", "ann")
    )

    def certificate(subject: x509.Name, key: Any, *, ca: bool) -> bytes:
        uses = dict.fromkeys(
            (
                *("digital_signature", "content_commitment", "key_encipherment"),
                *("data_encipherment", "key_agreement", "key_cert_sign", "crl_sign"),
                *("encipher_only", "decipher_only"),
            ),
            False,
        )
        uses["key_cert_sign" if ca else "digital_signature"] = True
        made = (
            x509.CertificateBuilder(root, subject, key.public_key(), x509.random_serial_number())
            .not_valid_before(begin)
            .not_valid_after(begin + timedelta(days=30))
            .add_extension(x509.BasicConstraints(ca=ca, path_length=None), critical=True)
            .add_extension(x509.KeyUsage(**uses), critical=True)
        )
        return made.sign(authority, hashes.SHA256()).public_bytes(serialization.Encoding.PEM)

    files = folder / "own.key", folder / "own.pem", folder / "root.pem"
    files[0].write_bytes(
        own.private_bytes(
            serialization.Encoding.PEM,
            serialization.PrivateFormat.PKCS8,
            serialization.NoEncryption(),
        )
    )
    files[1].write_bytes(certificate(leaf, own, ca=False))
    files[2].write_bytes(certificate(root, authority, ca=True))
    return files


def test_signatures_by_certificates_are_checked(cast: Cast, unpacked: Path) -> None:
    path = cast.folder / "m.holo"
    key, own, root = certified(cast.folder)
    done = model_signing(
        *("sign", "certificate", "--private_key", key, "--signing_certificate", own),
        *("--certificate_chain", root, "--signature", signature_of(path), path),
    )
    assert done.returncode == 0, done.stderr
    verify_vouched(path, certificates=[root])
    command = [sys.executable, "-m", "holotype", "verify", str(path), "--oms", "--certificate"]
    shown = subprocess.run([*command, str(root)], capture_output=True, text=True, check=False)
    assert shown.returncode == 0, shown.stderr
    assert "OpenSSF model signature by a certificate" in shown.stdout
    (cast.folder / "other").mkdir()
    _, _, other = certified(cast.folder / "other")
    with pytest.raises(BundleError, match="does not accept"):
        verify_vouched(path, certificates=[other])
    with pytest.raises(FileNotFoundError):
        verify_vouched(path, certificates=[cast.folder / "none.pem"])
    path.write_bytes(path.read_bytes() + b" ")
    with pytest.raises(BundleError, match="does not accept"):
        verify_vouched(path, certificates=[root])


def test_a_signature_inside_the_folder_does_not_sign_itself(cast: Cast, unpacked: Path) -> None:
    key, inside = cast.folder / "audit", unpacked / "model.sig"
    for _ in range(2):  # and can be made again
        sign_files(unpacked, key, signature=inside)
        verify_files(unpacked, f"{key}.pub", signature=inside)


def test_an_unpacked_archive_is_verified_as_the_file_is(cast: Cast, unpacked: Path) -> None:
    packed = holotype.verify(cast.folder / "m.holo", keys=[cast.ids["release"]])
    folder = verify_folder(unpacked, keys=[cast.ids["release"]])
    assert folder.ok
    assert (folder.id, folder.checks) == (packed.id, packed.checks)


@pytest.mark.parametrize("fault", ["more", "less", "link", "no manifest", "other bytes", "empty"])
def test_a_folder_that_is_no_archive_is_not_signed(fault: str, cast: Cast, unpacked: Path) -> None:
    part = unpacked / "parameters.safetensors"
    if fault == "more":
        (unpacked / "run.sh").write_text("#!/bin/sh")
    elif fault == "less":
        part.unlink()
    elif fault == "link":
        part.rename(cast.folder / "elsewhere")
        part.symlink_to(cast.folder / "elsewhere")
    elif fault == "no manifest":
        (unpacked / "manifest.json").unlink()
    elif fault == "other bytes":
        data = part.read_bytes()
        part.write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    else:
        shutil.rmtree(unpacked)
        unpacked.mkdir()
    with pytest.raises((FormatError, DigestError)):
        sign_files(unpacked, cast.folder / "audit")
    assert not signature_of(unpacked).exists()


def test_a_link_in_a_folder_is_not_followed(cast: Cast, unpacked: Path) -> None:
    sign_files(unpacked, cast.folder / "audit")
    (unpacked / "link").symlink_to("/etc/passwd")
    with pytest.raises(HolotypeError, match="link"):
        verify_files(unpacked, cast.folder / "audit.pub")
