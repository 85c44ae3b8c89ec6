"""``holotype verify``: every digest and every rule."""

from __future__ import annotations

from enum import StrEnum
from pathlib import Path
from typing import Annotated, Any, NamedTuple

import typer

from holotype.api.bundles import verify_files, verify_folder
from holotype.api.checking import Check, Report, verify
from holotype.api.vouching import verify_vouched
from holotype.cli.demands import Keys, Name, PolicyFile, VersionOfName, demands
from holotype.cli.sealed import as_row
from holotype.cli.sources import meant
from holotype.cli.terminal import console, errors, plain, print_json
from holotype.errors import BundleError, NotInStoreError, UntrustedError
from holotype.signing.proof import Witnessed
from holotype.trust.signers import is_key_id

NAME = "verify"
EXAMPLES = (
    "`holotype verify churn.holo` · `holotype verify models/*.holo --json` · "
    "`holotype verify churn.holo --max-level data` · `holotype verify churn.holo --run` · "
    "`holotype verify churn.holo --policy policy.toml --name churn --version 1.4.0` · "
    "`holotype verify churn.holo --key release.key.pub` · "
    "`holotype verify churn.holo --oms --key ecdsa.key.pub` · "
    "`holotype verify churn.holo --oms --identity ann@example.com --issuer https://example.com`"
)


class MaxLevel(StrEnum):
    """The levels of trust, from the least."""

    DATA = "data"
    NAMED = "named"
    CODE = "code"
    OPAQUE = "opaque"


def command(
    files: Annotated[
        list[Path],
        typer.Argument(
            help="The archives, also unpacked ones, or versions in the store.", metavar="FILE..."
        ),
    ],
    max_level: Annotated[
        MaxLevel,
        typer.Option(help="Fail where opening an archive asks for more trust than this."),
    ] = MaxLevel.OPAQUE,
    run: Annotated[
        bool,
        typer.Option("--run", help="Then open each model and compare its golden predictions."),
    ] = False,
    trust: Annotated[
        list[str] | None,
        typer.Option(help="With --run: what to trust beside data; may be repeated."),
    ] = None,
    policy: PolicyFile = None,
    key: Keys = None,
    name: Name = None,
    version: VersionOfName = None,
    oms: Annotated[
        bool,
        typer.Option(
            "--oms",
            help="Also check the OpenSSF model signature beside it, by --key, --certificate or "
            "--identity.",
        ),
    ] = False,
    signature: Annotated[
        Path | None, typer.Option(help="With --oms: the signature; FILE.sig by default.")
    ] = None,
    certificate: Annotated[
        list[Path] | None,
        typer.Option(help="With --oms: an authority whose certificates count; may be repeated."),
    ] = None,
    identity: Annotated[
        str | None, typer.Option(help="With --oms: who signed by Sigstore; needs --issuer.")
    ] = None,
    issuer: Annotated[
        str | None, typer.Option(help="With --oms: who vouches for that identity, a URL.")
    ] = None,
    trust_config: Annotated[
        Path | None,
        typer.Option(help="With --oms: Sigstore's trust configuration, instead of the network's."),
    ] = None,
    staging: Annotated[
        bool, typer.Option("--staging", help="With --oms: Sigstore's instance for trying out.")
    ] = False,
    json: Annotated[bool, typer.Option("--json", help="Print JSON for other programs.")] = False,
) -> None:
    """Check every digest and every rule of archives, constructing nothing of them.

    Seals are held against the policy, which may ask for them. With --run, each model is then opened
    and asked what it was asked when it was saved.

    Exits with 1 where an archive fails a check, asks for too much trust or is not sealed as it must
    be, and with 2 where a file cannot be read.
    """
    signer = _Signer(key or [], certificate or [], identity, issuer, trust_config, staging)
    _check_usage(oms, signature, files, signer)
    asked: dict[str, Any] = {
        "run": run,
        "trust": trust or (),
        **demands(policy, () if oms else signer.keys, name, version),
    }
    failed = unreadable = False
    rows = []
    for file in files:
        try:
            with errors.status(plain(f"verifying {file}")):  # shows on a terminal only
                report = (
                    verify_folder(file, **asked) if file.is_dir() else verify(meant(file), **asked)
                )
                if oms:
                    _judge_signature(report, file, signer, signature)
        except (OSError, NotInStoreError) as error:
            unreadable = True
            said = str(getattr(error, "strerror", None) or error)
            rows.append({"file": str(file), "ok": False, "error": said})
            if not json:
                errors.print(plain(f"✗ {file}: {said}", "red"))
            continue
        _judge_level(report, max_level)
        failed = failed or not report.ok
        rows.append(_row(file, report))
        if not json:
            _print(file, report)
    if json:
        print_json(rows)
    if failed or unreadable:
        raise typer.Exit(1 if failed else 2)


def _judge_level(report: Report, most: MaxLevel) -> None:
    """Add a failed check where an archive, sound or not, asks for more trust than ``most``."""
    levels = list(MaxLevel)
    asking = [
        need
        for need in report.needs
        if levels.index(MaxLevel(str(need.level))) > levels.index(most)
    ]
    if asking:
        listed = ", ".join(f"{need.what} ({need.level})" for need in asking[:20])
        more = f" and {len(asking) - 20} more" if len(asking) > 20 else ""
        problem = f"more than {most.value}: {listed}{more}"
        report.checks.append(Check("level", False, problem))
        report.error = report.error or UntrustedError(asking[0].path, problem, tuple(asking))


class _Signer(NamedTuple):
    """By whom an OpenSSF model signature must be."""

    keys: list[str]
    certificates: list[Path]
    identity: str | None
    issuer: str | None
    trust_config: Path | None
    staging: bool


def _check_usage(oms: bool, signature: Path | None, files: list[Path], signer: _Signer) -> None:
    """Refuse options that do not go together."""
    if signature is not None and (not oms or len(files) > 1):
        raise typer.BadParameter("--signature goes with --oms and one archive")
    if (signer.identity is None) != (signer.issuer is None):
        raise typer.BadParameter("--identity and --issuer go together")
    if (signer.staging or signer.trust_config is not None) and signer.identity is None:
        raise typer.BadParameter("--staging and --trust-config go with --identity")
    if signer.staging and signer.trust_config is not None:
        raise typer.BadParameter("--staging and --trust-config are two instances of Sigstore")
    others = [bool(signer.certificates), signer.identity is not None]
    if not oms and any(others):
        raise typer.BadParameter("--certificate and --identity go with --oms")
    by_key = len(signer.keys) == 1 and not is_key_id(signer.keys[0])
    if oms and (sum([*others, by_key]) != 1 or (any(others) and signer.keys)):
        raise typer.BadParameter(
            "--oms needs the file of one public key (--key), certificates, or an identity"
        )


def _judge_signature(report: Report, file: Path, by: _Signer, signature: Path | None) -> None:
    """Add the check of an OpenSSF model signature."""
    try:
        if by.keys:
            signed = verify_files(file, by.keys[0], signature=signature)
            said = f"OpenSSF model signature of {len(signed.resources)} digests"
        else:
            verify_vouched(
                file,
                signature=signature,
                certificates=by.certificates,
                identity=by.identity,
                issuer=by.issuer,
                staging=by.staging,
                trust_config=by.trust_config,
            )
            said = f"OpenSSF model signature by {by.identity or 'a certificate'}"
        report.checks.append(Check("signature", True, said))
    except BundleError as error:
        report.checks.append(Check("signature", False, str(error)))
        report.error = report.error or error


def _seal(each: Witnessed) -> dict[str, object]:
    return {
        **as_row(each.seal, each.signer),
        "signature_right": True if each.checked else None,
        "trusted": each.checked and each.problem is None,
        "problem": each.problem,
    }


def _row(file: Path, report: Report) -> dict[str, object]:
    return {
        "file": str(file),
        "ok": report.ok,
        "id": report.id,
        "fingerprint": report.fingerprint,
        "level": report.level,
        "seals": [_seal(each) for each in report.seals],
        "error": None if report.error is None else str(report.error),
        "error_type": None if report.error is None else type(report.error).__name__,
        "checks": [{"name": c.name, "ok": c.ok, "detail": c.detail} for c in report.checks],
    }


def _print(file: Path, report: Report) -> None:
    mark, style = ("✓", "green") if report.ok else ("✗", "red")
    console.print(plain(f"{mark} {file}", f"bold {style}"))
    for check in report.checks:
        mark, style = ("✓", "green") if check.ok else ("✗", "red")
        console.print(plain(f"  {mark} {check.name:<11} ", style), plain(check.detail), sep="")
