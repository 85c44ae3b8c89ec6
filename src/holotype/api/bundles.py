"""OpenSSF model signatures of archives and folders: written beside them, and checked."""

from __future__ import annotations

import hashlib
import os
import tempfile
from collections.abc import Collection, Iterator
from pathlib import Path
from typing import Any, BinaryIO

import msgspec

from holotype.api.checking import Check, Report, verify
from holotype.api.sealing import Ask, Key
from holotype.archive.atomic import replacing, write_at
from holotype.archive.unpacked import files_below, repack
from holotype.digest import is_text, sha256
from holotype.errors import BundleError, HolotypeError
from holotype.signing.oms import (
    ALWAYS_LEFT_OUT,
    MAX_BUNDLE,
    WHOLE,
    Scheme,
    Signed,
    checked_bundle,
    made_bundle,
)
from holotype.signing.places import find_key, read_public
from holotype.trust.policy import Policy

__all__ = [
    "BundleReceipt",
    "left_out",
    "require_sound",
    "sign_files",
    "signature_of",
    "verify_files",
    "verify_folder",
]

_PIECE = 4 << 20


class BundleReceipt(msgspec.Struct, frozen=True):
    """A bundle that was written: its path, the key's id, and the digest of each file."""

    signature: str
    key: str
    files: dict[str, str]


def signature_of(path: str | os.PathLike[str]) -> Path:
    """Where the bundle of a model is looked for: beside it, with the suffix ``.sig``."""
    whole = Path(os.path.abspath(path))
    return whole.with_name(f"{whole.name}.sig")


def sign_files(
    path: str | os.PathLike[str],
    key: Key,
    *,
    signature: str | os.PathLike[str] | None = None,
    ask: Ask | None = None,
) -> BundleReceipt:
    """Sign an archive, or a folder into which one was unpacked, as OpenSSF model signing does.

    ``model_signing verify key`` of PyPI checks the bundle that is written. It covers every byte of
    the file: whatever is to be sealed is sealed before.

    Args:
        path: the archive or folder, which is verified first.
        key: an ECDSA key, as for :func:`holotype.seal`.
        signature: where to write the bundle; beside ``path``, with the suffix ``.sig``, by default.
        ask: what asks for a passphrase that the environment does not hold.

    Raises:
        SigningKeyError: the key cannot be used for this.
        ArchiveError: the archive is damaged, or the folder holds none.
    """
    signing = find_key(key, ask) if isinstance(key, (str, os.PathLike)) else key
    target = signature_of(path) if signature is None else Path(os.path.abspath(signature))
    whole = Path(os.path.abspath(path))
    ignored = left_out(whole, target)
    require_sound(whole, ignored)
    found = _digests(whole, Scheme(), frozenset(ignored))
    bundle = made_bundle(whole.name, found, signing, ignored if whole.is_dir() else ())
    with replacing(os.path.realpath(target)) as descriptor:
        write_at(descriptor, [bundle], 0)
    return BundleReceipt(os.fspath(target), sha256(signing.spki), found)


def verify_files(
    path: str | os.PathLike[str],
    public: str | os.PathLike[str],
    *,
    signature: str | os.PathLike[str] | None = None,
) -> Signed:
    """Check an OpenSSF model signature of a file or a folder; what it says.

    Args:
        path: the file or folder, which need not be an archive.
        public: the path of the public key, in PEM.
        signature: the bundle; by default ``path`` with the suffix ``.sig``.

    Raises:
        BundleError: the bundle is none, is not of this key, or the files are others.
    """
    target = signature_of(path) if signature is None else Path(os.path.abspath(signature))
    whole = Path(os.path.abspath(path))
    with open(target, "rb") as file:
        signed = checked_bundle(file.read(MAX_BUNDLE + 1), read_public(public))
    ignored = frozenset((*left_out(whole, target), *signed.scheme.ignore_paths))
    found = _digests(whole, signed.scheme, ignored)
    expected = signed.resources
    if not whole.is_dir() and found.keys() != expected.keys():
        found = {name.replace(WHOLE, whole.name, 1): digest for name, digest in found.items()}
    for name in sorted(found.keys() | expected.keys()):
        if name not in found:
            raise BundleError(f"{name!a} was signed and is not there")
        if name not in expected:
            raise BundleError(f"{name!a} is there and was not signed")
        if found[name] != expected[name]:
            raise BundleError(f"{name!a} is not what was signed: its digest differs")
    return signed


def verify_folder(
    folder: str | os.PathLike[str], *, ignored: frozenset[str] = frozenset(), **asked: Any
) -> Report:
    """``verify`` for an archive that was unpacked into a folder; takes the same arguments.

    ``ignored`` are paths in the folder that are left out.
    """
    with tempfile.TemporaryFile() as file:
        try:
            repack(folder, file, ignored)
        except HolotypeError as error:
            return Report([Check("container", False, str(error))], error)
        file.seek(0)
        return verify(file, **asked)


def require_sound(whole: Path, ignored: Collection[str]) -> None:
    """Verify what is to be signed, a file or a folder; ArchiveError where it is damaged."""
    if whole.is_dir():
        verify_folder(whole, ignored=frozenset(ignored), policy=Policy()).require()
    else:
        verify(whole, policy=Policy()).require()


def left_out(whole: Path, signature: Path) -> tuple[str, ...]:
    """What is left out of a folder: what OMS always leaves out, and the bundle itself."""
    if signature.is_relative_to(whole) and signature != whole:
        return (*ALWAYS_LEFT_OUT, signature.relative_to(whole).as_posix())
    return ALWAYS_LEFT_OUT


def _digests(whole: Path, scheme: Scheme, ignored: frozenset[str]) -> dict[str, str]:
    if not whole.is_dir():
        return dict(_resources(whole, WHOLE, scheme))
    found: dict[str, str] = {}
    for name in files_below(whole, ignored):
        if not is_text(name):
            raise BundleError(f"{name!a}: the name of a file is not UTF-8")
        found.update(_resources(whole / name, name, scheme))
    return found


def _resources(path: Path, name: str, scheme: Scheme) -> Iterator[tuple[str, str]]:
    with open(path, "rb") as file:
        if scheme.shard_size is None:
            yield name, _digest(file, scheme, None)
            return
        size = os.fstat(file.fileno()).st_size
        for start in range(0, size, scheme.shard_size):
            stop = min(start + scheme.shard_size, size)
            yield f"{name}:{start}:{stop}", _digest(file, scheme, stop - start)


def _digest(file: BinaryIO, scheme: Scheme, size: int | None) -> str:
    """The digest of the next ``size`` bytes, or of all that follow."""
    hasher = hashlib.new(scheme.hash_type)
    while size is None or size > 0:
        piece = file.read(_PIECE if size is None else min(_PIECE, size))
        if not piece:
            break
        hasher.update(piece)
        size = None if size is None else size - len(piece)
    return hasher.hexdigest()
