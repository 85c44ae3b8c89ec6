"""``holotype seal``: stand for archives, with a key or by an identity."""

from __future__ import annotations

import sys
from contextlib import nullcontext, redirect_stdout
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from holotype.api.bundles import sign_files
from holotype.api.sealing import seal
from holotype.api.store import Store
from holotype.api.vouching import TOKENS, sign_vouched, token_of
from holotype.cli.sources import meant
from holotype.cli.stores import Address
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.signing.places import find_key
from holotype.signing.seals import require_words

NAME = "seal"
EXAMPLES = (
    "`holotype seal churn.holo --key release.key --name churn --version 1.4.0` · "
    "`holotype seal churn.holo --key keyring:release --json` · "
    "`holotype seal churn@1.4.0 --key release.key` · "
    "`holotype seal churn.holo --key ecdsa.key --oms` · "
    "`holotype seal churn.holo --oms --sigstore` · "
    "`holotype seal churn.holo --oms --sigstore --ambient`"
)


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The archives, or versions in a store; with --oms also unpacked ones.",
            metavar="FILE...",
        ),
    ],
    key: Annotated[
        str | None,
        typer.Option(help="The private key: its file, keyring:NAME, or a PKCS #11 URI."),
    ] = None,
    name: Annotated[
        str | None, typer.Option(help="By which name you mean the model, such as churn.")
    ] = None,
    version: Annotated[
        str | None, typer.Option(help="Which version of that name, such as 1.4.0.")
    ] = None,
    oms: Annotated[
        bool,
        typer.Option(
            "--oms",
            help="Write an OpenSSF model signature beside the archive, which stays as it is.",
        ),
    ] = False,
    signature: Annotated[
        Path | None,
        typer.Option(help="With --oms and one archive: where to; FILE.sig by default."),
    ] = None,
    sigstore: Annotated[
        bool,
        typer.Option(
            "--sigstore",
            help="With --oms: sign by who you are instead of a key; the browser asks you, unless "
            "there is a token.",
        ),
    ] = False,
    identity_token: Annotated[
        str | None,
        typer.Option(
            help="With --sigstore: the file of an OpenID token, or the token itself, which others "
            "on this machine can then see; by default that in SIGSTORE_ID_TOKEN.",
            metavar="FILE",
        ),
    ] = None,
    ambient: Annotated[
        bool,
        typer.Option("--ambient", help="With --sigstore: use the credentials of this CI job."),
    ] = False,
    issuer: Annotated[
        str | None,
        typer.Option(help="With --sigstore: the OpenID provider that the browser asks, a URL."),
    ] = None,
    staging: Annotated[
        bool, typer.Option("--staging", help="With --sigstore: the instance for trying out.")
    ] = False,
    trust_config: Annotated[
        Path | None,
        typer.Option(help="With --sigstore: the trust configuration of an instance of your own."),
    ] = None,
    store: Address = None,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Seal archives: sign their ids, and say by which name and version you mean them.

    Each is verified first, and replaced whole. Its id and its parts stay what they are; more seals
    can follow. A compressed archive stays compressed. A version in a store is sealed by its own
    name and number, and stays as it was pushed. The passphrase of the key is asked for, or taken
    from HOLOTYPE_PASSPHRASE.

    With --oms, a signature of the whole file is written beside it instead, which `model_signing
    verify key` checks. Sealing changes the file: sign last.

    With --oms --sigstore there is no key: Sigstore certifies who you are, and keeps your name and
    a digest of what you sign in a public log. `holotype verify --oms --identity` checks it.

    Exits with 1 where an archive is damaged, the key cannot be used or Sigstore does not sign.
    """
    by = _Identity(identity_token, ambient, issuer, staging, trust_config)
    _check_signer(key, oms, sigstore, by)
    if signature is not None and (not oms or len(files) > 1):
        raise typer.BadParameter("--signature goes with --oms and one archive")
    if oms and (name is not None or version is not None):
        raise typer.BadParameter("an OpenSSF model signature says no --name and no --version")
    try:
        require_words(name, version)
    except ValueError as error:
        raise typer.BadParameter(str(error)) from None
    found = (
        None
        if key is None
        else find_key(key, lambda words: str(typer.prompt(words, hide_input=True, err=True)))
    )
    rows: list[dict[str, Any]] = []
    for file in files:
        quiet = found is None and by.asks  # what moves on a terminal would cover the question
        with nullcontext() if quiet else errors.status(plain(f"sealing {file}")):
            row: dict[str, Any]
            if found is None:
                row, said = _by_identity(file, signature, by)
            elif oms:
                bundle = sign_files(file, found, signature=signature)
                row = {"signature": bundle.signature, "key": bundle.key, "files": bundle.files}
                said = f"{file}: signed by {bundle.key}, in {bundle.signature}"
            else:
                source = meant(file, store)
                if isinstance(source, Path):
                    made = seal(source, found, name=name, version=version)
                else:
                    made = Store(store, create=False).seal(str(file), found)
                row = {
                    "id": made.id,
                    "key": made.key,
                    "name": made.name,
                    "version": made.version,
                    "seal": made.member,
                    "size": made.size,
                }
                said = f"{file}: {made.id} sealed by {made.key}"
        rows.append({"file": str(file), **row})
        if not json:
            console.print(plain(said))
    if json:
        print_json(rows)


class _Identity(NamedTuple):
    """How Sigstore is to know who signs."""

    token: str | None
    ambient: bool
    issuer: str | None
    staging: bool
    trust_config: Path | None

    @property
    def asks(self) -> bool:
        """Whether a person is asked, by a browser or on the terminal."""
        return not self.ambient and token_of(self.token) is None


def _check_signer(key: str | None, oms: bool, sigstore: bool, by: _Identity) -> None:
    """Refuse options that do not go together."""
    if not sigstore and any(by):
        raise typer.BadParameter(
            "--identity-token, --ambient, --issuer, --staging and --trust-config go with --sigstore"
        )
    if sigstore and not oms:
        raise typer.BadParameter("--sigstore goes with --oms")
    if sigstore == (key is not None):
        raise typer.BadParameter("give a key (--key), or sign by who you are (--oms --sigstore)")
    if by.ambient and by.token is not None:
        raise typer.BadParameter("--ambient and --identity-token are two ways to say who you are")
    if by.staging and by.trust_config is not None:
        raise typer.BadParameter("--staging and --trust-config are two instances of Sigstore")
    if sigstore and by.asks and not sys.stdin.isatty():
        raise typer.BadParameter(
            "who are you? There is no terminal, so nobody is asked: give --ambient or "
            f"--identity-token FILE, or set {TOKENS[0]}"
        )


def _by_identity(file: Path, signature: Path | None, by: _Identity) -> tuple[dict[str, Any], str]:
    """Sign one archive; what to say of it. What Sigstore asks does not get into our output."""
    with redirect_stdout(sys.stderr):
        made = sign_vouched(
            file,
            signature=signature,
            identity_token=by.token,
            ambient=by.ambient,
            issuer=by.issuer,
            staging=by.staging,
            trust_config=by.trust_config,
        )
    row = {
        "signature": made.signature,
        "identity": made.identity,
        "issuer": made.issuer,
        "files": made.files,
    }
    said = f"{file}: signed by {made.identity}, says {made.issuer}, in {made.signature}"
    return row, said
