"""OpenSSF model signatures by an identity (Sigstore) or a certificate: no key is kept anywhere.

Somebody else vouches: a certificate authority, for minutes, for who a token says you are.
``model_signing`` of PyPI speaks with it. Rule: a bundle is checked as its readers will check it
before it is written, and a token stands neither in a message nor in a file.
"""

from __future__ import annotations

import errno
import os
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import msgspec

from holotype.api.bundles import left_out, require_sound, signature_of
from holotype.archive.atomic import replacing, write_at
from holotype.archive.manifest import said_of
from holotype.errors import BundleError, MissingLibraryError, SigningKeyError
from holotype.signing.oms import vouched_bundle

__all__ = ["TOKENS", "VouchedReceipt", "sign_vouched", "token_of", "verify_vouched"]

TOKENS = ("SIGSTORE_ID_TOKEN", "SIGSTORE_IDENTITY_TOKEN")
"""The environment variables that hold a token, as cosign and sigstore name them."""

_ISSUER = "1.3.6.1.4.1.57264.1.1"


class VouchedReceipt(msgspec.Struct, frozen=True):
    """A bundle that was written: its path, by whom as who says, and the digest of each file."""

    signature: str
    identity: str
    issuer: str
    files: dict[str, str]


def sign_vouched(
    path: str | os.PathLike[str],
    *,
    signature: str | os.PathLike[str] | None = None,
    identity_token: str | os.PathLike[str] | None = None,
    ambient: bool = False,
    issuer: str | None = None,
    staging: bool = False,
    trust_config: str | os.PathLike[str] | None = None,
) -> VouchedReceipt:
    """Sign an archive, or a folder into which one was unpacked, by who you are: Sigstore keyless.

    Who you are is said by an OpenID token: the one that is given, that of the environment variable
    ``SIGSTORE_ID_TOKEN`` or ``SIGSTORE_IDENTITY_TOKEN``, or one that your browser gets. Your name
    and a digest of what is signed stand in a public log from then on.

    Args:
        path: the archive or folder, which is verified first.
        signature: where to write the bundle; beside ``path``, with the suffix ``.sig``, by default.
        identity_token: the token, or the path of a file with it.
        ambient: take the token that the CI service gives to its jobs, and ask no browser.
        issuer: the URL of the OpenID provider that the browser asks, instead of Sigstore's.
        staging: use the instance of Sigstore that is for trying out.
        trust_config: a file with a Sigstore client trust configuration: an instance of your own.

    Raises:
        SigningKeyError: there is no token, it was refused, or Sigstore cannot be reached.
        BundleError: what came back would not be accepted by those who verify it.
        ArchiveError: the archive is damaged, or the folder holds none.
        MissingLibraryError: ``model_signing`` is not installed.
    """
    if ambient and identity_token is not None:
        raise ValueError("give a token, or take the ambient one")
    _one_instance(staging, trust_config)
    library = _model_signing()
    target = signature_of(path) if signature is None else Path(os.path.abspath(signature))
    whole = Path(os.path.abspath(path))
    if trust_config is not None:
        _require_instance(trust_config)
    if whole.is_symlink():
        raise BundleError(f"{whole} is a symbolic link, which is not signed: name what it leads to")
    if not os.access(target.parent, os.W_OK):  # what is signed is public: see first where it goes
        os.stat(target.parent)
        raise PermissionError(errno.EACCES, os.strerror(errno.EACCES), os.fspath(target.parent))
    ignored = left_out(whole, target)
    require_sound(whole, ignored)
    token = _ambient() if ambient else token_of(identity_token)
    hashing = library.hashing.Config().set_ignored_paths(
        paths=ignored if whole.is_dir() else (), ignore_git_paths=False
    )
    with tempfile.TemporaryDirectory() as folder:
        made = Path(folder) / "bundle"
        try:
            library.signing.Config().use_sigstore_signer(
                oidc_issuer=issuer,
                identity_token=token,
                use_staging=staging,
                trust_config=None if trust_config is None else Path(trust_config),
            ).set_hashing_config(hashing).sign(whole, made)
        except Exception as error:
            if isinstance(error, OSError) and error.errno is not None:
                raise  # of a file here
            raise SigningKeyError(_explained(error, token)) from None
        bundle = made.read_bytes()
        signed, certificate = vouched_bundle(bundle)
        who, by = _identity(certificate)
        try:
            verify_vouched(
                whole,
                signature=made,
                identity=who,
                issuer=by,
                staging=staging,
                trust_config=trust_config,
            )
        except BundleError as error:
            raise BundleError(f"{error}; no file was written, try again") from None
    with replacing(os.path.realpath(target)) as descriptor:
        write_at(descriptor, [bundle], 0)
    return VouchedReceipt(os.fspath(target), who, by, signed.resources)


def token_of(given: str | os.PathLike[str] | None) -> str | None:
    """The token that is given, itself or in a file, or that of the environment."""
    if given is None:
        return next(filter(None, map(os.environ.get, TOKENS)), None)
    if os.path.isfile(given):
        return Path(given).read_text(encoding="utf-8", errors="replace").strip()
    if os.fspath(given).count(".") != 2:  # a JSON web token has three parts
        raise SigningKeyError(
            "the identity token is neither a JSON web token nor a file that is there: give the "
            f"path of a file with it, or set {TOKENS[0]}"
        )
    return os.fspath(given)


def verify_vouched(
    path: str | os.PathLike[str],
    *,
    signature: str | os.PathLike[str] | None = None,
    certificates: Sequence[str | os.PathLike[str]] = (),
    identity: str | None = None,
    issuer: str | None = None,
    staging: bool = False,
    trust_config: str | os.PathLike[str] | None = None,
) -> None:
    """Check an OpenSSF model signature by a certificate or by an identity (Sigstore).

    ``model_signing`` does it, which asks the network for Sigstore's own trust root.

    Args:
        path: the file or folder, which need not be an archive.
        signature: the bundle; by default ``path`` with the suffix ``.sig``.
        certificates: paths of the certificates, in PEM, of authorities that are trusted.
        identity: who signed, such as an address of electronic mail.
        issuer: the URL of who vouches for that identity.
        staging: it is of the instance of Sigstore that is for trying out.
        trust_config: a file with a Sigstore trust configuration, so that no network is needed.

    Raises:
        BundleError: the bundle is none, is not by these, or the files are others.
        MissingLibraryError: ``model_signing`` is not installed.
    """
    if bool(certificates) == (identity is not None) or (identity is None) != (issuer is None):
        raise ValueError("give certificates, or an identity and its issuer")
    _one_instance(staging, trust_config)
    target = signature_of(path) if signature is None else Path(os.path.abspath(signature))
    whole = Path(os.path.abspath(path))
    for needed in (target, whole, *certificates, trust_config or whole):
        os.stat(needed)
    check = _model_signing().verifying.Config()
    try:
        if certificates:
            check.use_certificate_verifier(certificate_chain=[Path(p) for p in certificates])
        else:
            check.use_sigstore_verifier(
                identity=identity,
                oidc_issuer=issuer,
                use_staging=staging,
                trust_config=None if trust_config is None else Path(trust_config),
            )
        check.verify(whole, target)
    except Exception as error:  # noqa: BLE001 - of any of the packages that it is made of
        said = said_of(error) or type(error).__name__
        raise BundleError(f"model_signing does not accept the bundle: {said}") from None


def _model_signing() -> Any:
    """The library, with those of its modules that are needed."""
    try:
        import model_signing.hashing
        import model_signing.signing
        import model_signing.verifying
    except ImportError:
        raise MissingLibraryError(
            "signatures by certificates and identities need model_signing: "
            "pip install 'holotype[oms]'"
        ) from None
    return model_signing


def _one_instance(staging: bool, trust_config: object) -> None:
    if staging and trust_config is not None:
        raise ValueError("give a trust configuration, or use the staging instance")


def _require_instance(trust_config: str | os.PathLike[str]) -> None:
    """Refuse a trust configuration by which nobody can sign."""
    from sigstore.models import ClientTrustConfig

    text = Path(trust_config).read_text(encoding="utf-8", errors="replace")
    try:
        config = ClientTrustConfig.from_json(text)
        _ = config.signing_config, config.trusted_root
    except Exception as error:  # noqa: BLE001 - of any of the packages that it is made of
        raise SigningKeyError(
            f"{os.fspath(trust_config)} is no Sigstore client trust configuration by which one "
            f"can sign: {said_of(error)}"
        ) from None


def _ambient() -> str:
    from sigstore.oidc import detect_credential

    try:
        token: str | None = detect_credential()
    except Exception as error:  # noqa: BLE001 - of any of the services that it knows
        raise SigningKeyError(_explained(error, None)) from None
    if token is None:
        raise SigningKeyError(
            "there are no ambient credentials: the CI service gives none to this job. On GitHub it "
            f"needs `permissions: id-token: write`; elsewhere set {TOKENS[0]} instead"
        )
    return token


def _identity(certificate: bytes) -> tuple[str, str]:
    """Whom a certificate of Sigstore is of, and who vouched, as verifiers compare them."""
    from cryptography import x509

    found = x509.load_der_x509_certificate(certificate).extensions
    try:
        names = found.get_extension_for_class(x509.SubjectAlternativeName).value
        issuer: Any = found.get_extension_for_oid(x509.ObjectIdentifier(_ISSUER)).value
    except x509.ExtensionNotFound:
        raise BundleError("the certificate says neither who signed nor who vouches") from None
    known = [
        *names.get_values_for_type(x509.RFC822Name),
        *names.get_values_for_type(x509.UniformResourceIdentifier),
    ]
    if not known:
        raise BundleError("the certificate says by no address and no URL who signed")
    return known[0], issuer.value.decode(errors="replace")


def _explained(error: Exception, token: str | None) -> str:
    """Why nothing was signed, and what to do."""
    from sigstore.errors import TUFError
    from sigstore.oidc import ExpiredIdentity, IdentityError

    said: dict[str, None] = {}
    refused = unreachable = False
    for each in _led_to(error):
        response = getattr(each, "response", None)
        if response is not None:
            refused = refused or response.status_code in (400, 401, 403)
        else:
            unreachable = unreachable or isinstance(each, (OSError, TUFError))
            refused = refused or isinstance(each, (ExpiredIdentity, IdentityError))
        said |= dict.fromkeys(filter(None, (str(each), _words(response))))
    text = ": ".join(list(said)[:2]) or type(error).__name__
    if token:
        text = text.replace(token, "…")
    if refused:
        advice = "a token holds for minutes, and is made out to sigstore: get a new one"
    elif unreachable:
        advice = (
            "is there a network? A trust configuration names an instance of your own; signing "
            "with a key (--key) needs none"
        )
    else:
        advice = "try again later"
    return f"Sigstore did not sign, and no file was written: {said_of(Exception(text))}; {advice}"


def _led_to(error: BaseException | None) -> Iterator[BaseException]:
    """An error and its causes, as far as they were given."""
    while error is not None:
        yield error
        error = error.__cause__


def _words(response: Any) -> str:
    """What a server says of a request that it refuses."""
    try:
        return str(response.json()["message"])
    except (AttributeError, KeyError, TypeError, ValueError):
        return ""
